"""What a feed says about stations: wheelchairs, bicycles, pathways, and transfer rules of single trips and routes."""

import io
import zipfile

import pandas as pd
import pytest

from megaregion.errors import InputError
from megaregion.region.model import Region
from megaregion.region.schema import check_frame, check_references
from megaregion.sources.gtfs import read_gtfs

# two platforms of a station with two entrances, and a stop in the street; T1 ends where T2 begins
FEED = {
    "agency": "agency_name,agency_url,agency_timezone\nBlue Line,https://blue.example,Asia/Shanghai\n",
    "stops": (
        "stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station,wheelchair_boarding\n"
        "S,Station,30.0,120.0,1,,1\nP1,Platform 1,30.0,120.0,0,S,\nP2,Platform 2,30.0,120.0,0,S,2\n"
        "E1,East,30.0,120.001,2,S,0\nE2,West,30.0,119.999,2,S,2\nN,,,,3,S,\nQ,Street,30.1,120.0,0,,0\n"
        "B,Area,30.0,120.0,4,P1,\n"
    ),
    "routes": "route_id,route_type\nR1,1\nR2,1\n",
    "trips": (
        "route_id,service_id,trip_id,wheelchair_accessible,bikes_allowed\n"
        "R1,work,T1,1,2\nR2,work,T2,2,0\nR2,work,T3,,1\n"
    ),
    "stop_times": (
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
        "T1,8:00:00,8:00:00,Q,1\nT1,8:30:00,8:30:00,P1,2\nT2,8:31:00,8:31:00,P1,1\nT2,9:01:00,9:01:00,Q,2\n"
        "T3,8:40:00,8:40:00,P2,1\nT3,9:20:00,9:20:00,Q,2\n"
    ),
    "calendar_dates": "service_id,date,exception_type\nwork,20191001,1\n",
}
WAYS = (
    "pathway_id,from_stop_id,to_stop_id,pathway_mode,is_bidirectional,"
    "length,traversal_time,stair_count,max_slope,min_width\n"
)
RULES = "from_stop_id,to_stop_id,transfer_type,min_transfer_time,from_trip_id,to_trip_id,from_route_id,to_route_id\n"


def zipped(**changes):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in (FEED | changes).items():
            archive.writestr(f"{name}.txt", text)
    return buffer.getvalue()


def read(**changes):
    reading = read_gtfs(zipped(**changes), feed_id="f")
    for name, table in reading.tables.items():
        assert not len(check_frame(name, table)), name
    assert not len(check_references(reading.tables))
    return reading


def found(reading, code):
    return [notice.render().split("   ")[0] for notice in reading.notices if notice.code == code]


def refused(**changes):
    with pytest.raises(InputError) as problem:
        read_gtfs(zipped(**changes), feed_id="f")
    return [notice.render() for notice in problem.value.notices if notice.severity == "error"]


def test_places_that_say_nothing_of_wheelchairs_take_after_their_station():
    stops = read().tables["stops"].set_index("stop_id")["wheelchair"]
    # the boarding area takes after the platform, and that after the station
    assert {stop[2:]: None if pd.isna(value) else bool(value) for stop, value in stops.items()} == {
        "S": True,
        "P1": True,
        "P2": False,
        "E1": True,
        "E2": False,
        "N": True,
        "B": True,
        "Q": None,
    }
    assert str(stops.dtype) == "boolean"
    text = "field 'wheelchair_boarding' is '3'; expected one of 0, 1, 2 or blank."
    assert text in refused(stops=FEED["stops"].replace("P2,Platform 2,30.0,120.0,0,S,2", "P2,,30,120,0,S,3"))[0]


def test_wheelchairs_and_bicycles_of_trips():
    trips = read().tables["trips"]
    assert trips["wheelchair"].tolist() == [True, False, pd.NA]
    assert trips["bicycle"].tolist() == [False, pd.NA, True]
    without = read(trips="route_id,service_id,trip_id\nR1,work,T1\nR2,work,T2\nR2,work,T3\n").tables["trips"]
    assert without[["wheelchair", "bicycle"]].isna().all(axis=None)


def test_pathways_become_a_table():
    reading = read(
        pathways=WAYS + "w2,N,P2,2,0,,,-24,,\nw1,E1,N,1,1,52.5,40,,0.02,1.8\nw3,N,B,5,1,,35,,,\n"
        "w4,E2,N,4,0,12,,,,\nw5,P2,E1,7,0,,,,,\nw6,E1,N,6,0,0,,,,\nw7,E1,N,3,0,30,,,-0.1,\n"
    )
    ways = reading.tables["pathways"].set_index("pathway_id")
    assert ways["mode"].tolist() == [
        *("walkway", "stairs", "elevator", "escalator", "exit_gate", "fare_gate", "moving_sidewalk")
    ]
    assert ways.loc["f:w1"].tolist() == ["f", "f:E1", "f:N", "walkway", True, 52.5, 40, pd.NA, 0.02, 1.8]
    assert ways.loc["f:w2", ["both_ways", "stair_count"]].tolist() == [False, -24]
    assert ways.loc["f:w2", ["length_m", "min_width_m", "traversal_time_s"]].isna().all()
    assert ways.loc["f:w7", "max_slope"] == -0.1
    assert not len(reading.notices)


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ("w1,E1,X,1,1,,,,,", "field 'to_stop_id' is 'X', which field 'stop_id' of stops.txt does not have."),
        (",E1,N,1,1,,,,,", "field 'pathway_id' is blank; expected a key."),
        ("w1,E1,N,8,1,,,,,", "field 'pathway_mode' is '8'; expected one of 1, 2, 3, 4, 5, 6, 7."),
        ("w1,E1,N,,1,,,,,", "field 'pathway_mode' is ''; expected one of 1, 2, 3, 4, 5, 6, 7."),
        ("w1,E1,N,1,2,,,,,", "field 'is_bidirectional' is '2'; expected one of 0, 1."),
        (
            "w1,E1,N,1,1,-3,,,,",
            "field 'length' is '-3'; expected a number of at least 0 with a decimal point, or blank.",
        ),
        ("w1,E1,N,1,1,,1.5,,,", "field 'traversal_time' is '1.5'; expected a whole number of at least 0 or blank."),
        ("w1,E1,N,2,1,,,many,,", "field 'stair_count' is 'many'; expected a whole number or blank."),
        ("w1,E1,N,1,1,,,,steep,", "field 'max_slope' is 'steep'; expected a number with a decimal point, or blank."),
    ],
)
def test_a_pathway_that_cannot_be_read_is_shown_with_what_is_accepted(row, text):
    problems = refused(pathways=WAYS + row + "\n")
    assert len(problems) == 1
    assert problems[0].startswith(f"pathways.txt line 2: {text}")


def test_pathways_that_lead_nowhere_are_kept_with_a_warning():
    reading = read(pathways=WAYS + "w1,S,N,1,1,,,,,\nw2,N,P1,1,1,,,,,\nw3,E1,P2,7,1,,,,,\n")
    assert found(reading, "pathway_to_wrong_location_type") == [
        (
            "pathways.txt line 2: field 'from_stop_id' is 'S', a station; expected a platform, entrance, node or "
            "boarding area."
        )
    ]
    assert found(reading, "pathway_to_platform_with_boarding_areas") == [
        "pathways.txt line 3: field 'to_stop_id' is 'P1', a platform with boarding areas; expected one of these."
    ]
    assert found(reading, "bidirectional_exit_gate") == [
        "pathways.txt line 4: an exit gate can be walked in both directions; expected 0."
    ]
    assert found(reading, "pathway_unreachable_location") == [
        "stops.txt line 3: no chain of pathways.txt links stop 'P1' with an entrance."
    ]
    assert len(reading.tables["pathways"]) == 3


def test_rules_of_trips_and_routes_are_kept_apart():
    rules = read(
        transfers=RULES + "P1,P2,2,120,,,,\nP1,P2,2,60,T1,T3,,\nP1,P2,3,,,,R1,R2\nP1,P2,1,,T1,,,R2\nP1,P2,0,,,,,R2\n"
    ).tables["transfers"]
    assert rules["transfer_id"].tolist() == [
        "f:P1>P2",
        "f:P1>P2 route >R2",
        "f:P1>P2 route R1>R2",
        "f:P1>P2 trip T1> route >R2",
        "f:P1>P2 trip T1>T3",
    ]
    assert rules["kind"].tolist() == ["minimum_time", "recommended", "forbidden", "guaranteed", "minimum_time"]
    assert rules["to_route_id"].fillna("").tolist() == ["", "f:R2", "f:R2", "f:R2", ""]
    twice = refused(transfers=RULES + "P1,P2,2,60,T1,,,\nP1,P2,2,90,T1,,,\n")
    assert twice[0].startswith(
        "transfers.txt line 3: key from_stop_id + to_stop_id + from_trip_id 'P1, P2, T1' stands on line 2 and again"
    )


def test_staying_seated_names_the_ends_of_the_trips_where_the_feed_does_not():
    reading = read(transfers=RULES + ",,4,,T1,T2,,\n,,5,,T2,T1,,\n")
    rules = reading.tables["transfers"]
    assert rules[["from_stop_id", "to_stop_id", "kind"]].to_numpy().tolist() == [
        ["f:P1", "f:P1", "in_seat"],
        ["f:Q", "f:Q", "no_in_seat"],
    ]
    assert not len(reading.notices)
    without = refused(transfers=RULES + "P1,P1,4,,T1,,,\n,,5,,T1,T2,,\n")
    assert [text.split("   ")[0] for text in without] == [
        "transfers.txt line 2: field 'to_trip_id' is blank; transfer_type 4 and 5 join two trips."
    ]
    assert "field 'from_stop_id' is blank; expected a key." in refused(transfers=RULES + ",P1,2,60,,,,\n")[0]


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ("P1,P2,2,60,T9,,,", "field 'from_trip_id' is 'T9', which field 'trip_id' of trips.txt does not have."),
        ("P1,P2,2,60,,T9,,", "field 'to_trip_id' is 'T9', which field 'trip_id' of trips.txt does not have."),
        ("P1,P2,2,60,,,R9,", "field 'from_route_id' is 'R9', which field 'route_id' of routes.txt does not have."),
        ("P1,P2,2,60,,,,R9", "field 'to_route_id' is 'R9', which field 'route_id' of routes.txt does not have."),
    ],
)
def test_a_rule_of_an_unknown_trip_or_route_names_both_files(row, text):
    problems = refused(transfers=RULES + row + "\n")
    assert len(problems) == 1
    assert problems[0].startswith(f"transfers.txt line 2: {text}")
    assert problems[0].endswith("[foreign_key_violation]")


def test_rules_that_do_not_fit_together_are_kept_with_a_warning():
    reading = read(
        transfers=RULES + "P1,P2,2,60,T1,,R2,\nP2,Q,2,60,T1,,,\nE1,P2,2,60,,,,\nS,Q,2,60,T3,,,\nS,S,4,,T1,T2,,\n"
    )
    assert found(reading, "transfer_with_invalid_trip_and_route") == [
        "transfers.txt line 2: trip 'T1' runs on route 'R1', but field 'from_route_id' is 'R2'; the trip counts."
    ]
    # T3 calls at a platform of S, so a rule for S is one for it
    assert found(reading, "transfer_with_invalid_trip_and_stop") == [
        "transfers.txt line 3: trip 'T1' does not call at stop 'P2'."
    ]
    assert found(reading, "transfer_with_invalid_stop_location_type") == [
        "transfers.txt line 4: field 'from_stop_id' is 'E1', a place of kind entrance; expected a stop or station.",
        "transfers.txt line 6: field 'from_stop_id' is 'S', a place of kind station; expected a stop.",
        "transfers.txt line 6: field 'to_stop_id' is 'S', a place of kind station; expected a stop.",
    ]
    rules = reading.tables["transfers"].set_index("transfer_id")
    assert pd.isna(rules.loc["f:P1>P2 trip T1> route R2>", "from_route_id"])
    assert len(rules) == 5


def test_importing_again_leaves_nothing_of_the_old_pathways_and_keeps_what_is_referred_to():
    first = read(pathways=WAYS + "w1,E1,P2,1,1,,,,,\n", transfers=RULES + "P1,P1,4,,T1,T2,,\n")
    region = first.into(Region("r"))
    assert len(region.table("pathways")) == 1
    again = read().into(region)
    assert again.table("pathways").empty
    assert again.table("transfers").empty
    assert not len(again.check())


def test_real_flags_of_porto_alegre_are_those_of_the_file(shared_data):
    path = shared_data / "gtfs-samples" / "r5r-porto-alegre" / "poa_eptc.zip"
    with zipfile.ZipFile(path) as archive, archive.open("trips.txt") as stream:
        raw = pd.read_csv(stream, dtype=str, keep_default_na=False).set_index("trip_id")["wheelchair_accessible"]
    trips = read_gtfs(path, feed_id="f").tables["trips"]
    expected = raw.map({"1": True, "2": False}).reindex(trips["trip_id"].str.removeprefix("f:"))
    assert trips["wheelchair"].fillna(value=False).tolist() == expected.fillna(value=False).astype(bool).tolist()
    assert trips["wheelchair"].isna().tolist() == expected.isna().tolist()
    assert trips["wheelchair"].any()
    assert trips["bicycle"].isna().all()


def test_the_subway_of_new_york_keeps_its_rules_of_stations(shared_data):
    rules = read_gtfs(shared_data / "gtfs-samples" / "gtfs_kit" / "nyc_subway_gtfs.zip", feed_id="f").tables[
        "transfers"
    ]
    assert (rules["kind"] == "minimum_time").all()
    assert rules["transfer_id"].is_unique
    assert rules[["from_trip_id", "to_trip_id", "from_route_id", "to_route_id"]].isna().all(axis=None)
