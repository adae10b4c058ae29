"""Figures that another program publishes for its own sample, from the same folder with the same options."""

import pytest

from megaregion.mobility import StreetNetwork, Timetable
from megaregion.mobility.travel_time import plan_matrix
from megaregion.region.model import Region
from megaregion.sources.network_folder import read_network_folder
from megaregion.sources.points import read_points
from megaregion.study.od_matrix import OdTask

R5R_MINUTES = {
    "public_market": 0,
    "bus_central_station": 13,
    "gasometer_museum": 12,
    "santa_casa_hospital": 13,
    "townhall": 3,
    "piratini_palace": 14,
    "metropolitan_cathedral": 15,
    "farroupilha_park": 18,
    "moinhos_de_vento_hospital": 20,
    "farrapos_station": 20,
}
"""Median minutes from the public market of Porto Alegre, 2019-05-13, 14:00 to 14:10: r5r, "Travel time matrices"."""

WALKED = ("santa_casa_hospital", "townhall", "piratini_palace", "metropolitan_cathedral")
"""Places that r5r walks to: nothing but streets and speed comes in."""

TOLERANCE_MIN = 1
"""R5 looks at one departure a minute and rounds down; stops and doors meet the streets at slightly different points."""


def test_medians_of_r5rs_own_example_agree_to_a_minute(shared_data):
    sample = shared_data / "gtfs-samples" / "r5r-porto-alegre"
    region = read_network_folder(sample, elevation=False).into(Region("poa"))
    streets = StreetNetwork.from_region(region)
    timetable = Timetable.from_region(region, date="2019-05-13", streets=streets)
    points = read_points(sample / "poa_points_of_interest.csv").points
    plan = plan_matrix(
        timetable,
        points,
        points,
        streets=streets,
        window=("14:00", "14:10"),
        percentiles=(50,),
        max_rides=3,
        max_walk_time_s=3600,
        max_travel_time_s=3600,
    )
    table = OdTask(plan, "r5r")(range(1)).to_pandas()
    assert set(table["from_id"]) == {"public_market"}
    ours = dict(zip(table["to_id"], table["travel_time_p50"], strict=True))
    assert {place: ours[place] for place in WALKED} == {place: R5R_MINUTES[place] for place in WALKED}
    assert {place: ours[place] for place in R5R_MINUTES} == pytest.approx(R5R_MINUTES, abs=TOLERANCE_MIN)
