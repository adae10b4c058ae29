import numpy as np
import pandas as pd
import pytest
import shapely

from megaregion.errors import InputError
from megaregion.mobility.street_joint import NewStreet, add_streets
from megaregion.mobility.streets import StreetNetwork
from megaregion.region.model import Region
from megaregion.region.points import Points
from megaregion.region.schema import check_frame, conform
from megaregion.sources.osm import read_osm
from support.osm_files import DEGREE_M, street_grid

ROUNDING_S = 2
"""Files keep positions to a centimetre, and times are rounded up to seconds."""


@pytest.fixture
def town(tmp_path):
    """Ten by ten streets, 100 m apart: tables of nodes and of edges."""
    tables = read_osm(street_grid(tmp_path / "town.osm.pbf", 10, 10, maxspeed="36")).tables
    return tables["street_nodes"], tables["street_edges"]


def degrees(*metres):
    return [(x / DEGREE_M, y / DEGREE_M) for x, y in metres]


def time_s(tables, start, end, mode="walk"):
    network = StreetNetwork.from_tables(*tables, mode)
    places = [Points((name,), *np.array(degrees(where)).T) for name, where in (("a", start), ("b", end))]
    reach = network.reach(*(network.place(each) for each in places), 7200)
    return int(reach.time_s[0]) if len(reach.time_s) else np.inf


def test_a_street_between_two_corners_joins_them(town):
    """The diagonal of three blocks: 424 m for 600 m."""
    assert time_s(town, (0, 0), (300, 300)) == pytest.approx(600, abs=ROUNDING_S)
    nodes, edges = add_streets(*town, [degrees((2, 3), (300, 299))], NewStreet())
    assert len(nodes) == len(town[0])
    assert len(edges) == len(town[1]) + 1
    assert time_s((nodes, edges), (0, 0), (300, 300)) == pytest.approx(300 * 2**0.5, abs=ROUNDING_S)


def test_in_the_middle_of_a_block_the_street_is_cut(town):
    """From the middle of one block across to the middle of the next: 100 m instead of 200 m."""
    before = time_s(town, (50, 0), (50, 100))
    tables = add_streets(*town, [degrees((50, 0), (40, 50), (50, 100))], NewStreet(key="new:lane"))
    nodes, edges = tables
    assert (before, len(nodes), len(edges)) == (200, 102, 183)
    assert time_s(tables, (50, 0), (50, 100)) == pytest.approx(2 * np.hypot(10, 50), abs=ROUNDING_S)
    # what was there is as long as it was, and points on it are still placed on it
    cut = edges[edges["way_id"] == "1"]
    assert cut["length_m"].sum() == pytest.approx(900, abs=0.1)
    assert cut["edge_id"].tolist()[-2:] == ["osm:1:0/1", "osm:1:0/2"]
    assert time_s(tables, (20, 0), (80, 0)) == 60
    assert shapely.from_wkb(edges["geometry"].iloc[-1]).length * DEGREE_M == pytest.approx(101.98, abs=0.1)
    region = Region("town").with_tables({"street_nodes": nodes, "street_edges": edges})
    assert not len(region.check())
    assert not len(check_frame("street_edges", edges))


def test_one_end_may_stay_loose_but_not_all(town):
    nodes, _ = add_streets(*town, [degrees((0, 0), (-300, 0))], NewStreet())
    assert nodes["lon"].min() * DEGREE_M == pytest.approx(-300)
    with pytest.raises(InputError, match="no end of its 1 paths lies within 20 m of a street that is open to the same"):
        add_streets(*town, [degrees((-100, 0), (-300, 0))], NewStreet())
    with pytest.raises(InputError, match="path 1 has 1 positions; expected two or more"):
        add_streets(*town, [degrees((0, 0))], NewStreet())


def test_paths_join_the_ones_before(town):
    paths = [degrees((0, 0), (-300, 0)), degrees((-300, 0), (-300, 300)), degrees((-300, 300), (0, 300))]
    tables = add_streets(*town, paths, NewStreet())
    assert len(tables[0]) == 102
    assert time_s(tables, (0, 0), (-300, 300)) == pytest.approx(600, abs=ROUNDING_S)


def test_a_street_for_cars_has_a_speed_and_a_footpath_is_not_driven(town):
    path = [degrees((0, 0), (300, 300))]
    assert time_s(add_streets(*town, path, NewStreet()), (0, 0), (300, 300), "drive") == pytest.approx(60, abs=2)
    road = NewStreet(highway="primary", drive=True, drive_speed_m_s=20.0)
    assert time_s(add_streets(*town, path, road), (0, 0), (300, 300), "drive") == pytest.approx(21, abs=2)
    with pytest.raises(InputError, match="drive_speed_m_s is None; expected m/s above 0"):
        NewStreet(drive=True)
    with pytest.raises(InputError, match="open to nobody"):
        NewStreet(walk=False)


def test_streets_without_a_course_are_cut_too():
    nodes = pd.DataFrame({"node_id": ["a", "b"], "lon": [0.0, 200 / DEGREE_M], "lat": [0.0, 0.0]})
    edges = pd.DataFrame([{"edge_id": "e", "from_node_id": "a", "to_node_id": "b", "length_m": 200.0}])
    region = Region("r").with_tables({"street_nodes": nodes, "street_edges": edges})
    old = region.table("street_nodes"), region.table("street_edges")
    tables = add_streets(*old, [degrees((100, 0), (100, 100))], NewStreet())
    assert time_s(tables, (100, 100), (0, 0)) == pytest.approx(200, abs=ROUNDING_S)
    assert old[1]["edge_id"].tolist() == ["e"]


def with_roads(town, *metres, drive=True, walk=False):
    """Roads of their own: from, to; metres."""
    edges = [town[1]]
    nodes = [town[0]]
    for number, ends in enumerate(metres):
        keys = [f"road:{number}:{end}" for end in (0, 1)]
        at = np.array(degrees(*ends))
        nodes.append(conform("street_nodes", pd.DataFrame({"node_id": keys, "lon": at[:, 0], "lat": at[:, 1]})))
        row = {"edge_id": f"road:{number}", "from_node_id": keys[0], "to_node_id": keys[1], "length_m": 500.0}
        row |= {"walk_forward": walk, "walk_backward": walk, "drive_forward": drive, "drive_backward": drive}
        row |= {"drive_speed_m_s": 30.0 if drive else np.nan}
        edges.append(conform("street_edges", pd.DataFrame([row])))
    return pd.concat(nodes, ignore_index=True), pd.concat(edges, ignore_index=True)


def test_a_footpath_does_not_join_the_node_of_a_motorway(town):
    """The motorway begins 5 m from the corner at which the footpath ends, the corner of the streets lies 10 m off."""
    motorway = with_roads(town, ((-5, 0), (-500, 0)))
    tables = add_streets(*motorway, [degrees((-10, 0), (-10, 300), (0, 300))], NewStreet())
    assert tables[1]["from_node_id"].iloc[-1] not in {"road:0:0", "road:0:1"}
    assert time_s(tables, (0, 0), (-10, 300)) == pytest.approx(300, abs=12)
    # nothing but a motorway
    with pytest.raises(InputError, match="within 20 m of a street that is open to the same modes"):
        add_streets(*motorway, [degrees((-500, 0), (-500, 300))], NewStreet())
    # a street is cut where the node in reach is closed
    cut = add_streets(*with_roads(town, ((50, 5), (50, 500))), [degrees((50, 3), (50, 60))], NewStreet())
    assert {"osm:1:0/1", "osm:1:0/2"} <= set(cut[1]["edge_id"])


def test_a_street_for_both_joins_what_both_may_use_first(town):
    path = with_roads(town, ((-5, 0), (-500, 0)), drive=False, walk=True)
    road = NewStreet(drive=True, drive_speed_m_s=20.0)
    tables = add_streets(*path, [degrees((-8, 0), (-8, 300))], road)
    assert time_s(tables, (0, 0), (0, 300), "drive") == pytest.approx(15, abs=2)
    # where there is only a footpath it is joined
    assert len(add_streets(*path, [degrees((-500, 0), (-500, 300))], road)[1]) == len(path[1]) + 1
