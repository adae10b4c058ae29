import itertools
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from megaregion.errors import InputError
from megaregion.mobility import streets
from megaregion.mobility.ground import StraightLine
from megaregion.mobility.street_places import MAX_SNAP_M
from megaregion.mobility.street_search import CLOSED
from megaregion.mobility.streets import StreetNetwork
from megaregion.region.model import Region
from megaregion.region.points import Points
from megaregion.sources.osm import read_osm
from megaregion.sources.road_speeds import read_road_speeds
from support.osm_files import DEGREE_M, street_grid, write_pbf

STREET = {"highway": "residential"}
STEP_M = 100.0
ROUNDING_S = 2
"""Files keep positions to a centimetre, and times are rounded up to seconds."""


@pytest.fixture
def file(tmp_path):
    return tmp_path / "town.osm.pbf"


def at(*metres):
    """Points a number of metres east and north of 0 E 0 N."""
    place = np.array(metres, dtype=float).reshape(-1, 2) / DEGREE_M
    return Points(tuple(f"p{number}" for number in range(len(place))), place[:, 0], place[:, 1])


def table(reach, n_destinations):
    """Times as a matrix, inf = not reached; and the pairs of each origin are in order."""
    n = len(reach.offset) - 1
    matrix = np.full((n, n_destinations), np.inf)
    for origin in range(n):
        part = slice(reach.offset[origin], reach.offset[origin + 1])
        assert (np.diff(reach.destination[part]) > 0).all()
        matrix[origin, reach.destination[part]] = reach.time_s[part]
    assert reach.offset.dtype == np.int64
    assert reach.destination.dtype == reach.time_s.dtype == np.int32
    return matrix


def times(network, origins, destinations, max_time_s=3600):
    return table(network.reach(network.place(origins), network.place(destinations), max_time_s), len(destinations))


def oracle(network, origins, destinations):
    """
    Dijkstra of scipy over a graph in which every point is a node and every edge is cut at its points.

    Shares nothing with the kernel but where points lie: no split costs, no case of points on one edge.
    """
    both = [network.place(points) for points in (origins, destinations)]
    n = network.n_nodes
    number = itertools.count(n)
    names = [[next(number) for _ in placed.edge] for placed in both]
    spots = {}
    for placed, ids in zip(both, names, strict=True):
        for point, (edge, share) in enumerate(zip(placed.edge.tolist(), placed.share.tolist(), strict=True)):
            if edge >= 0:
                spots.setdefault(edge, []).append((share, ids[point], placed.off_ms[point]))
    arcs = {}

    def link(one, other, ms):
        arcs[one, other] = min(arcs.get((one, other), np.inf), max(ms, 1e-6))

    for edge in range(network.n_edges):
        first, last = (int(end[edge]) for end in network.edge_nodes)
        along, against = (int(ms[edge]) for ms in network.edge_ms)
        stops = [(0, first)]
        for share, point, off in sorted(spots.get(edge, [])):
            if share in {0, 1 << 30}:
                on_edge = first if share == 0 else last
            elif stops[-1][0] == share:
                on_edge = stops[-1][1]
            else:
                on_edge = next(number)
                stops.append((share, on_edge))
            link(point, on_edge, off)
            link(on_edge, point, off)
        stops.append((1 << 30, last))
        for (begin, one), (end, other) in itertools.pairwise(stops):
            if along != CLOSED:
                link(one, other, round(along * end / 2**30) - round(along * begin / 2**30))
            if against != CLOSED:
                back = [round(against * (2**30 - share) / 2**30) for share in (begin, end)]
                link(other, one, back[0] - back[1])
    size = next(number)
    pairs = np.array(list(arcs))
    graph = csr_array((np.array(list(arcs.values())), (pairs[:, 0], pairs[:, 1])), shape=(size, size))
    found = dijkstra(graph, indices=names[0])[:, names[1]]
    found[both[0].spot[:, None] == both[1].spot] = 0
    off = [placed.edge < 0 for placed in both]
    found[off[0]] = np.inf
    found[:, off[1]] = np.inf
    return np.ceil(np.round(found) / 1000)


# worked by hand


def test_on_a_grid_the_way_is_the_sum_of_east_and_north(file):
    """Blocks of 100 m at 1 m/s: from one corner to another 3 blocks east and 2 north are 500 s."""
    network = StreetNetwork.from_pbf(street_grid(file, 10, 10))
    assert (network.n_nodes, network.n_edges) == (100, 180)
    corners = at((300, 200), (0, 0), (900, 900))
    assert times(network, at((0, 0)), corners, 1810) == pytest.approx(np.array([[500, 0, 1800]]), abs=ROUNDING_S)
    assert times(network, at((0, 0)), corners, 1790)[0, 2] == np.inf


def test_points_off_the_street_walk_to_it_first(file):
    """From 30 m beside the middle of a block, to 10 m above the middle of the block opposite."""
    network = StreetNetwork.from_pbf(street_grid(file, 10, 10), speed_m_s=2.0)
    # 30 m to the street, 50 m to the corner, 100 m north, 20 m east, 10 m off
    assert times(network, at((50, -30)), at((120, 110))).tolist() == [[105]]
    assert network.place(at((50, -30))).distance_m == pytest.approx([30], abs=0.01)


def test_two_points_of_one_street_walk_along_it(file):
    network = StreetNetwork.from_pbf(street_grid(file, 10, 10))
    points = at((120, 0), (180, 0), (120, 3))
    assert times(network, points, points).tolist() == [[0, 60, 3], [60, 0, 63], [3, 63, 0]]


def test_one_way_streets_are_driven_one_way(file):
    """A one-way ring of four streets of 100 m at 36 km/h; walking does not mind."""
    nodes = dict(enumerate(at((0, 0), (100, 0), (100, 100), (0, 100)).lon.tolist(), start=1))
    places = at((0, 0), (100, 0), (100, 100), (0, 100))
    nodes = {key: (places.lon[key - 1], places.lat[key - 1]) for key in nodes}
    tags = STREET | {"maxspeed": "36", "oneway": "yes"}
    write_pbf(file, nodes, [(10, [1, 2, 3, 4, 1], tags), (20, [1, 2], {"highway": "construction"})])
    points = at((25, 0), (75, 0))
    drive = StreetNetwork.from_pbf(file, "drive")
    assert times(drive, points, points).tolist() == [[0, 5], [35, 0]]
    assert times(StreetNetwork.from_pbf(file), points, points).tolist() == [[0, 50], [50, 0]]
    tags["oneway"] = "-1"
    write_pbf(file, nodes, [(10, [1, 2, 3, 4, 1], tags)])
    assert times(StreetNetwork.from_pbf(file, "drive"), points, points).tolist() == [[0, 35], [5, 0]]


def test_a_point_at_a_junction_leaves_by_any_street(file):
    """Two one-way streets begin at the middle: whoever stands there drives down either."""
    places = at((0, 0), (100, 0), (200, 0), (0, 100), (200, 100))
    nodes = {key: (places.lon[key - 1], places.lat[key - 1]) for key in range(1, 6)}
    tags = STREET | {"maxspeed": "36"}
    one_way = tags | {"oneway": "yes"}
    ways = [(10, [2, 1], one_way), (20, [2, 3], one_way), (30, [1, 4, 5, 3], tags), (40, [3, 2], {"highway": "steps"})]
    drive = StreetNetwork.from_pbf(write_pbf(file, nodes, [*ways, (50, [5, 2], one_way)]), "drive")
    assert times(drive, at((100, 0)), at((0, 0), (200, 0))) == pytest.approx(np.array([[10, 10]]), abs=ROUNDING_S)


def test_slopes_follow_the_effort_of_the_table():
    nodes = pd.DataFrame({"node_id": ["a", "b"], "lon": [0.0, 100 / DEGREE_M], "lat": [0.0, 0.0]})
    edge = {"edge_id": "e", "from_node_id": "a", "to_node_id": "b", "length_m": 100.0}
    region = Region("hill").with_tables(
        {"street_nodes": nodes, "street_edges": pd.DataFrame([edge | {"effort_forward": 1.5, "effort_backward": 0.9}])}
    )
    network = StreetNetwork.from_region(region)
    assert "Tobler" in network.rule
    assert times(network, at((0, 0), (100, 0)), at((0, 0), (100, 0))).tolist() == [[0, 150], [90, 0]]


def test_rows_appended_to_the_tables_are_streets(file):
    """What an edit appends needs no more than ids, ends and a length; blank permissions are for walking."""
    tables = read_osm(street_grid(file, 10, 10)).tables
    shortcut = {"edge_id": "new:1", "from_node_id": "osm:1", "to_node_id": "osm:100", "length_m": 1300.0}
    edges = pd.concat([tables["street_edges"], pd.DataFrame([shortcut])], ignore_index=True)
    region = Region("town").with_tables({**tables, "street_edges": edges})
    assert times(StreetNetwork.from_region(region), at((0, 0)), at((900, 900))).tolist() == [[1300]]
    assert StreetNetwork.from_region(region, "drive").n_edges == 180


# where points lie


def test_points_far_off_are_listed_and_reach_nothing(file):
    network = StreetNetwork.from_pbf(street_grid(file, 10, 10))
    points = at((0, -1590), (0, -1610), (50, 0))
    placed = network.place(points)
    assert [notice.value for notice in placed.notices] == ["p1"]
    assert placed.notices.render().startswith(
        "point 'p1' lies 1610 m from the nearest street; at most 1600 m are accepted, so it reaches nothing."
    )
    assert MAX_SNAP_M == 1600
    found = times(network, points, points, 7200)
    assert found.tolist() == [[0, np.inf, 1640], [np.inf] * 3, [1640, np.inf, 0]]


def test_points_are_placed_on_the_mainland_not_on_an_island(file):
    """A footpath of two nodes next to the point has no way out; the grid is 60 m away."""
    street_grid(file, 10, 10)
    island = at((0, -60), (100, -60))
    nodes = {1 + x + y * 10: (x * STEP_M / DEGREE_M, y * STEP_M / DEGREE_M) for x in range(10) for y in range(10)}
    ways = [(1 + y, [1 + x + y * 10 for x in range(10)], STREET) for y in range(10)]
    ways += [(1001 + x, [1 + x + y * 10 for y in range(10)], STREET) for x in range(10)]
    nodes |= {901: (island.lon[0], island.lat[0]), 902: (island.lon[1], island.lat[1])}
    network = StreetNetwork.from_pbf(write_pbf(file, nodes, [*ways, (2000, [901, 902], {"highway": "footway"})]))
    assert network.place(at((50, -60))).distance_m == pytest.approx([60], abs=0.01)
    assert times(network, at((50, -60)), at((50, 100))).tolist() == [[60 + 50 + 100 + 50]]


@pytest.mark.parametrize("latitude", [0.0, 31.2, 65.0])
def test_the_nearest_street_is_nearest_on_the_ground(file, latitude):
    """A street 100 m to the east and another 120 m to the north: far from the equator degrees differ, metres do not."""
    stretch = np.cos(np.radians(latitude))
    spots = {1: (100, -500), 2: (100, 120), 3: (-500, 120)}
    nodes = {key: (x / DEGREE_M / stretch, latitude + y / DEGREE_M) for key, (x, y) in spots.items()}
    network = StreetNetwork.from_pbf(write_pbf(file, nodes, [(10, [1, 2], STREET), (20, [2, 3], STREET)]))
    placed = network.place(Points(("a",), np.zeros(1), np.full(1, latitude)))
    assert placed.distance_m == pytest.approx([100], abs=0.1)
    assert placed.off_ms == pytest.approx([100_000], abs=100)


def test_what_was_found_in_an_extract_is_at_hand(file):
    ways = [(10, [1, 2], STREET), (20, [3, 4], {"highway": "primary", "maxspeed": "signals"})]
    nodes = {key: (key * 0.001, 0.0) for key in range(1, 5)}
    network = StreetNetwork.from_pbf(write_pbf(file, nodes, ways), "drive")
    assert set(network.notices.counts) == {"osm_speed_not_read"}


def test_where_all_is_small_the_largest_piece_is_the_mainland(file):
    network = StreetNetwork.from_pbf(write_pbf(file, {1: (0, 0), 2: (0.001, 0)}, [(10, [1, 2], STREET)]))
    assert np.isfinite(times(network, at((0, 0)), at((111, 0)))).all()


# properties and an oracle


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Streets that were thrown on a sheet: one-way, crossing, with dead ends."""
    rng = np.random.default_rng(7)
    columns = rows = 14
    nodes = {
        1 + x + y * columns: tuple((np.array([x, y]) * STEP_M + rng.uniform(-30, 30, 2)) / DEGREE_M)
        for x in range(columns)
        for y in range(rows)
    }
    ways = []
    for y in range(rows):
        members = [1 + x + y * columns for x in range(columns)]
        cut = int(rng.integers(2, columns - 2))
        oneway = {"oneway": str(rng.choice(["yes", "no", "-1"]))}
        ways += [(10 + y, members[: cut + 1], STREET | oneway), (110 + y, members[cut:], STREET)]
    for x in range(columns):
        kept = [1 + x + y * columns for y in range(rows) if rng.random() > 0.15]
        ways.append((210 + x, kept, STREET | {"maxspeed": str(rng.integers(10, 60))}))
    return write_pbf(tmp_path_factory.mktemp("town") / "town.osm.pbf", nodes, ways)


@pytest.mark.parametrize("mode", ["walk", "drive"])
def test_times_are_those_of_another_program(town, mode):
    network = StreetNetwork.from_pbf(town, mode)
    rng = np.random.default_rng(11)
    origins, destinations = at(*rng.uniform(-50, 1350, (40, 2))), at(*rng.uniform(-50, 1350, (60, 2)))
    mine, theirs = times(network, origins, destinations), oracle(network, origins, destinations)
    assert np.isfinite(theirs).mean() > 0.5
    assert np.array_equal(mine, theirs)
    short = times(network, origins, destinations, 300)
    assert np.array_equal(short, np.where(theirs <= 300, theirs, np.inf))


def test_walking_without_slopes_is_the_same_both_ways(town):
    network = StreetNetwork.from_pbf(town)
    points = at(*np.random.default_rng(5).uniform(0, 1300, (50, 2)))
    there = times(network, points, points)
    assert np.array_equal(there, there.T)
    # rounding up makes no sum of two ways shorter than the way itself
    assert (there[:, None, :] <= there[:, :, None] + there[None, :, :]).all()


@pytest.mark.parametrize("mode", ["walk", "drive"])
def test_the_search_from_the_other_side_gives_the_same(town, mode):
    """Few destinations are searched from; the answer must not depend on it."""
    network = StreetNetwork.from_pbf(town, mode)
    points = at(*np.random.default_rng(5).uniform(0, 1300, (50, 2)))
    few = points.take(np.arange(7))
    whole = times(network, points, points)
    assert np.array_equal(times(network, points, few), whole[:, :7])
    assert np.array_equal(times(network, few, points), whole[:7])


@settings(max_examples=25)
@given(st.lists(st.tuples(st.floats(-40, 1340), st.floats(-40, 1340)), min_size=2, max_size=6))
def test_any_points_agree_with_the_other_program(places):
    points = at(*places)
    assert np.array_equal(times(NETWORK[0], points, points), oracle(NETWORK[0], points, points))


NETWORK = []


@pytest.fixture(scope="module", autouse=True)
def _one_network(town):
    NETWORK[:] = [StreetNetwork.from_pbf(town, "drive")]


def test_little_room_changes_nothing(town, monkeypatch):
    network = StreetNetwork.from_pbf(town)
    points = at(*np.random.default_rng(5).uniform(0, 1300, (50, 2)))
    whole = times(network, points, points)
    monkeypatch.setattr(streets, "_PAIRS_AT_ONCE", 1)
    assert np.array_equal(times(network, points, points), whole)


def test_a_network_can_be_sent_to_another_process(town):
    network = StreetNetwork.from_pbf(town)
    points = at((0, 0), (500, 700))
    again = pickle.loads(pickle.dumps(network))  # noqa: S301 - our own bytes
    assert np.array_equal(times(again, points, points), times(network, points, points))
    placed = pickle.loads(pickle.dumps(network.place(points)))  # noqa: S301
    assert np.array_equal(table(again.reach(placed, placed, 3600), 2), times(network, points, points))


def test_nothing_to_reach(town):
    network = StreetNetwork.from_pbf(town)
    nothing, some = at(), at((0, 0))
    assert times(network, nothing, some).shape == (0, 1)
    assert times(network, some, nothing).shape == (1, 0)
    assert times(network, some, at((0, 0), (5, 0)), 0).tolist() == [[0, np.inf]]


# speeds of cars


def test_congestion_by_class_and_by_way(file, tmp_path):
    nodes = {key: (key * 0.001, 0.0) for key in range(1, 5)}
    ways = [
        (way, [way, way + 1], {"highway": name, "maxspeed": "72"})
        for way, name in enumerate(("primary", "secondary", "primary"), start=1)
    ]
    write_pbf(file, nodes, ways)
    listed = tmp_path / "speeds.csv"
    listed.write_text("osm_id,max_speed,speed_type\n3,18,km/h\n2,0.25,scale\n")

    def speeds(**options):
        network = StreetNetwork.from_pbf(file, "drive", **options)
        return (0.001 * DEGREE_M / network.edge_ms[0] * 1000).round(1).tolist()

    assert speeds() == [20, 20, 20]
    assert speeds(congestion={"primary": 0.5}) == [10, 20, 10]
    assert speeds(congestion={"primary": 0.5, "*": 0.8}) == [10, 16, 10]
    own = read_road_speeds(listed)
    assert speeds(road_speeds=own) == [20, 5, 5]
    assert "2 ways at speeds of their own" in StreetNetwork.from_pbf(file, "drive", road_speeds=own).rule


def test_faults_of_a_table_of_speeds_are_told_together(tmp_path):
    listed = tmp_path / "speeds.csv"
    listed.write_text("osm_id,max_speed,speed_type\n1,fast,scale\n2,0,scale\n3,1,mph\n3,1,scale\n")
    with pytest.raises(InputError, match=r"speeds\.csv could not be read as road speeds: 4 problems") as raised:
        read_road_speeds(listed)
    for text in (
        "line 2: field 'max_speed' is 'fast'",
        "line 3: field 'max_speed' is '0'; expected a number above 0",
        "line 4: field 'speed_type' is 'mph'; expected scale or km/h",
        "line 5: key osm_id '3' stands on line 4 and again on line 5",
    ):
        assert text in str(raised.value)
    listed.write_text("osm_id,speed\n1,2\n")
    with pytest.raises(InputError, match="column 'max_speed' is missing; found osm_id, speed"):
        read_road_speeds(listed)


# options that make no sense


def test_options_that_make_no_sense_are_refused(town):
    nowhere = Region("nowhere")
    with pytest.raises(InputError, match=r"region 'nowhere' has no streets. Bring them with `megaregion import osm"):
        StreetNetwork.from_region(nowhere)
    with pytest.raises(InputError, match="mode is 'bike'; expected walk or drive"):
        StreetNetwork.from_pbf(town, "bike")
    with pytest.raises(InputError, match="speed_m_s is -1; expected metres a second above 0"):
        StreetNetwork.from_pbf(town, speed_m_s=-1)
    with pytest.raises(InputError, match="speed_m_s is a walking speed"):
        StreetNetwork.from_pbf(town, "drive", speed_m_s=1)
    with pytest.raises(InputError, match="congestion and road_speeds are for mode 'drive'"):
        StreetNetwork.from_pbf(town, congestion={"primary": 0.5})
    with pytest.raises(InputError, match="congestion of 'primary' is 0; expected speed over free speed, above 0"):
        StreetNetwork.from_pbf(town, "drive", congestion={"primary": 0})
    network = StreetNetwork.from_pbf(town)
    placed = network.place(at((0, 0)))
    with pytest.raises(InputError, match="max_time_s is -1; expected whole seconds from 0 to"):
        network.reach(placed, placed, -1)


def test_a_region_whose_streets_are_closed_to_a_mode_says_how_to_bring_them(file):
    tables = read_osm(street_grid(file, 3, 3), modes=("walk",)).tables
    with pytest.raises(InputError, match="none open to mode 'drive'; import the extract with --mode drive,walk"):
        StreetNetwork.from_region(Region("town").with_tables(tables), "drive")


def test_an_edge_without_its_node_is_refused(file):
    tables = read_osm(street_grid(file, 3, 3)).tables
    with pytest.raises(InputError, match="edge 'osm:1:0' starts or ends at a node that table 'street_nodes' does not"):
        StreetNetwork.from_tables(tables["street_nodes"].iloc[1:], tables["street_edges"])


# real streets


@pytest.mark.parametrize(
    "path",
    [
        "r5r-porto-alegre/poa_osm.pbf",
        "conveyal-r5/porto_portugal.osm.pbf",
        "otp/portland-central-filtered.osm.pbf",
    ],
)
@pytest.mark.parametrize("mode", ["walk", "drive"])
def test_times_on_real_streets_are_those_of_another_program(shared_data, path, mode):
    network = StreetNetwork.from_pbf(shared_data / "gtfs-samples" / path, mode)
    rng = np.random.default_rng(2)
    lon, lat = (rng.choice(axis, 40) for axis in (network.shapes.lon, network.shapes.lat))
    points = Points(tuple(map(str, range(40))), lon, lat)
    mine, theirs = times(network, points, points, 7200), oracle(network, points, points)
    assert np.array_equal(mine, np.where(theirs <= 7200, theirs, np.inf))
    assert np.isfinite(mine).sum() > 100


def test_streets_are_no_shorter_than_straight_lines(shared_data):
    network = StreetNetwork.from_pbf(shared_data / "gtfs-samples/r5r-porto-alegre/poa_osm.pbf")
    cells = pd.read_csv(shared_data / "gtfs-samples/r5r-porto-alegre/poa_hexgrid.csv").head(200)
    points = Points.from_table(cells)
    line = StraightLine(speed_m_s=1.0, detour=1.0)
    straight = table(line.reach(line.place(points), line.place(points), 10_800), 200)
    assert (times(network, points, points, 3600) >= straight - 1).all()
