import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from megaregion.errors import InputError, LimitError
from megaregion.region.model import Region
from megaregion.region.schema import check_references
from megaregion.sources import osm_blocks
from megaregion.sources.osm import read_osm
from megaregion.sources.osm_blocks import check_blocks
from megaregion.sources.osm_tags import drive_speed, highway_classes, highway_of, parse_speed, permissions
from support.osm_files import DEGREE_M, street_grid, write_pbf

STREET = {"highway": "residential"}


@pytest.fixture
def file(tmp_path):
    return tmp_path / "town.osm.pbf"


def line(*lons):
    """Nodes 1, 2, ... on the equator, a hundredth of a degree a unit."""
    return {number: (lon / 100, 0.0) for number, lon in enumerate(lons, start=1)}


def edges_of(reading):
    table = reading.tables["street_edges"].set_index("edge_id")
    return {key: (row.from_node_id, row.to_node_id) for key, row in table.iterrows()}


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def block(kind, data, size=None):
    """A block of a PBF file as the format has it; `size` lies about the length."""
    header = b"\x0a" + varint(len(kind)) + kind + b"\x18" + varint(len(data) if size is None else size)
    return len(header).to_bytes(4, "big") + header + data


# ways become edges


def test_a_way_is_cut_at_junctions_only(file):
    """A way over five nodes crossed at the third by another: two edges, and two of the other."""
    nodes = line(0, 1, 2, 3, 4) | {6: (0.02, 0.01), 7: (0.02, -0.01)}
    reading = read_osm(write_pbf(file, nodes, [(10, [1, 2, 3, 4, 5], STREET), (20, [6, 3, 7], STREET)]))
    assert edges_of(reading) == {
        "osm:10:0": ("osm:1", "osm:3"),
        "osm:10:1": ("osm:3", "osm:5"),
        "osm:20:0": ("osm:6", "osm:3"),
        "osm:20:1": ("osm:3", "osm:7"),
    }
    assert sorted(reading.tables["street_nodes"]["node_id"]) == ["osm:1", "osm:3", "osm:5", "osm:6", "osm:7"]
    first = reading.tables["street_edges"].iloc[0]
    assert first["length_m"] == pytest.approx(0.02 * DEGREE_M, abs=0.01)
    assert shapely.from_wkb(first["geometry"]).coords[:] == [(0.0, 0.0), (0.01, 0.0), (0.02, 0.0)]
    assert not len(reading.notices)


def test_rings_loops_and_repeated_nodes(file):
    """A ring without a junction is one edge from a node to itself; a way that crosses itself is cut there."""
    nodes = line(0, 1, 2, 3) | {5: (0.02, 0.01), 6: (0.01, 0.01)}
    ring = read_osm(write_pbf(file, nodes, [(10, [2, 3, 5, 6, 2], STREET)]))
    assert edges_of(ring) == {"osm:10:0": ("osm:2", "osm:2")}
    knot = read_osm(write_pbf(file, nodes, [(10, [1, 2, 3, 5, 6, 2, 2, 4], STREET)]))
    assert list(edges_of(knot).values()) == [("osm:1", "osm:2"), ("osm:2", "osm:2"), ("osm:2", "osm:4")]


def test_what_is_no_street_is_left_out(file):
    ways = [
        (10, [1, 2], STREET),
        (20, [2, 3], {"route": "ferry"}),
        (30, [2, 3], {"highway": "construction"}),
        (40, [2, 3], {"highway": "motorwey"}),
        (50, [2, 3], {"railway": "platform"}),
        (60, [2, 3], {"railway": "rail"}),
    ]
    reading = read_osm(write_pbf(file, line(0, 1, 2), ways))
    assert list(edges_of(reading)) == ["osm:10:0", "osm:50:0"]
    (notice,) = reading.notices
    assert notice.render().startswith("town.osm.pbf: 1 way has highway=motorwey, which is not known; left out.")


def test_only_streets_of_the_modes_asked_for_come(file):
    ways = [(10, [1, 2], {"highway": "motorway"}), (20, [2, 3], {"highway": "steps"})]
    write_pbf(file, line(0, 1, 2), ways)
    assert list(edges_of(read_osm(file, modes=("walk",)))) == ["osm:20:0"]
    drive = read_osm(file, modes=("drive",)).tables["street_edges"].iloc[0]
    assert drive[["walk_forward", "drive_forward", "drive_backward"]].tolist() == [False, True, False]
    assert drive["drive_speed_m_s"] == pytest.approx(65 * 1.609344 / 3.6, abs=1e-3)
    with pytest.raises(InputError, match="'bike'; expected walk, drive or both"):
        read_osm(file, modes=("bike",))


def test_references_hold_and_a_new_extract_replaces_the_old(file):
    region = read_osm(street_grid(file, 3, 3)).into(Region("town"))
    assert not len(region.check())
    region = read_osm(write_pbf(file, line(0, 1), [(10, [1, 2], STREET)])).into(region)
    assert region.table("street_edges")["edge_id"].tolist() == ["osm:10:0"]
    assert len(region.table("street_nodes")) == 2
    assert not len(check_references(region.tables))


def test_the_name_of_the_file_does_not_matter(file):
    other = street_grid(file, 3, 3).rename(file.with_name("town.osm"))
    assert len(read_osm(other).tables["street_nodes"]) == 9


# files that are none


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "file is empty"),
        (b"<!DOCTYPE html><html>404</html>" * 9, "not an OSM PBF: it is a web page"),
        (b"<?xml version='1.0'?><osm version='0.6'></osm>", "it is XML; convert it with"),
        (b"\x1f\x8b\x08\x00" + b"0" * 99, "it is gzipped"),
        (b"\x1a\x9f\x02\x0a" + b"water" * 99, "it looks like a map tile"),
        (b"<" * 1 + b"5u" * 99, "it is XML"),
        (
            b"id,lon,lat\n" * 20,
            r"first block is not OSMHeader: BlobHeader of 1 768 172 652 bytes; expected 1 to 65 536",
        ),
        (block(b"OSMData", b"x" * 40), "first block is 'OSMData', expected 'OSMHeader'"),
        (block(b"OSMHeader", b"x" * 40), "holds a header and no data"),
        (block(b"OSMHeader", b"x" * 40)[:30], r"cut off: block 1 starts at byte 0 and needs \d+ bytes"),
        (block(b"OSMHeader", b"\0") + b"\0\0", "cut off: block 2 starts at byte"),
        (block(b"OSMHeader", b"\0") + b"\xff" * 60, r"block 2 at byte \d+: BlobHeader of 4 294 967 295 bytes"),
    ],
)
def test_a_file_that_is_no_extract_is_refused(file, content, found):
    file.write_bytes(content)
    with pytest.raises(InputError, match=found) as raised:
        read_osm(file)
    assert str(raised.value).startswith("town.osm.pbf: ")


def test_the_message_says_what_to_do(file):
    file.write_bytes(b"<html>" + b"." * 99)
    with pytest.raises(InputError, match=r"Download the file again and compare its MD5"):
        check_blocks(file)
    with pytest.raises(InputError, match=r"there is no such file. Check the path"):
        check_blocks(file.with_name("none.osm.pbf"))


def test_a_download_that_was_cut_off_is_refused_wherever_it_was_cut(file):
    whole = street_grid(file, 5, 5).read_bytes()
    assert check_blocks(file) >= 2
    for length in range(1, len(whole)):
        file.write_bytes(whole[:length])
        # where a block ends nothing shows that more should follow, but that there are no streets
        with pytest.raises(InputError, match=r"cut off|holds a header and no data|holds no street"):
            read_osm(file)


def test_a_block_above_the_limit_of_the_format_is_refused_before_it_is_read(file):
    packed = block(b"OSMHeader", b"\0") + block(b"OSMData", b"x", size=osm_blocks.MAX_BLOCK_BYTES + 1)
    file.write_bytes(packed)
    with pytest.raises(LimitError, match=r"block 2 at byte \d+ declares 32.0 MiB; at most 32 MiB are accepted"):
        check_blocks(file)
    bomb = b"\x10" + varint(900 * 2**20) + b"\x1a\x02xx"
    file.write_bytes(block(b"OSMHeader", b"\0") + block(b"OSMData", bomb))
    with pytest.raises(LimitError, match=r"declares 900\.0 MiB"):
        check_blocks(file)


def test_damage_inside_a_block_is_one_error(file):
    content = bytearray(street_grid(file, 30, 30).read_bytes())
    content[-400:-300] = b"\x55" * 100
    file.write_bytes(bytes(content))
    with pytest.raises(InputError, match=r"town\.osm\.pbf: damaged: it could not be unpacked"):
        read_osm(file)


# defects of the data


def test_a_few_missing_nodes_cut_their_ways(file):
    """Node 99 is missing: its way becomes two; 1 way of 30 is below the limit."""
    nodes = line(*range(40))
    ways = [(way, [way, way + 1], STREET) for way in range(1, 30)] + [(90, [31, 32, 99, 33, 34], STREET)]
    reading = read_osm(write_pbf(file, nodes, ways))
    found = edges_of(reading)
    assert found["osm:90:0"] == ("osm:31", "osm:32")
    assert found["osm:90:1"] == ("osm:33", "osm:34")
    assert "1 of 30 ways (3.3%) refer to nodes that the file lacks, such as 90; these ways end there." in (
        reading.notices.render()
    )


def test_too_many_missing_nodes_are_an_error(file):
    ways = [(10, [1, 2], STREET), (20, [2, 3, 99], STREET)]
    with pytest.raises(InputError, match=r"1 of 2 ways \(50.0%\) refer to nodes .*; at most 5% are accepted"):
        read_osm(write_pbf(file, line(0, 1, 2), ways))


def test_a_file_with_the_history_of_ways_is_refused(file):
    with pytest.raises(InputError, match="1 ways stand in the file several times, such as 10; expected each way once"):
        read_osm(write_pbf(file, line(0, 1, 2), [(10, [1, 2], STREET), (10, [1, 2, 3], STREET)]))


def test_islands_are_counted_by_mode(file):
    ways = [(10, [1, 2], STREET), (20, [2, 3], {"highway": "footway"}), (30, [3, 4], STREET), (40, [5, 6], STREET)]
    messages = [notice.message for notice in read_osm(write_pbf(file, line(*range(6)), ways)).notices]
    assert messages == ["1 of 4 edges of the walking network lie on 1 islands, such as ways 40."]
    ways[0] = (10, [1, 2, 3], STREET)
    ways[1] = (20, [3, 4], {"highway": "footway"})
    ways[2] = (30, [4, 5], STREET)
    ways[3] = (40, [5, 6], STREET)
    messages = [notice.message for notice in read_osm(write_pbf(file, line(*range(6)), ways)).notices]
    assert messages == ["1 of 3 edges of the driving network lie on 1 islands, such as ways 10."]


def test_odd_speed_limits_are_counted_and_their_class_counts(file):
    values = ["50 mph", "RU:urban", "signals", "-20", "RU:urban"]
    nodes = line(*range(10))
    ways = [(way, [way, way + 1], STREET | {"maxspeed": value}) for way, value in enumerate(values, start=1)]
    reading = read_osm(write_pbf(file, nodes, ways))
    speeds = reading.tables["street_edges"]["drive_speed_m_s"].to_numpy() * 3.6 / 1.609344
    assert speeds == pytest.approx([50, 25, 25, 25, 25], abs=0.01)
    shown = [(notice.value, notice.message.split(",")[0]) for notice in reading.notices]
    assert shown == [
        ("-20", "1 way has maxspeed=-20"),
        ("RU:urban", "2 ways have maxspeed=RU:urban"),
        ("signals", "1 way has maxspeed=signals"),
    ]


def test_a_file_without_streets_is_an_error(file):
    with pytest.raises(InputError, match=r"holds no street open to drive or walk; .*\[osm_without_streets\]"):
        read_osm(write_pbf(file, line(0, 1), [(10, [1, 2], {"building": "yes"})]))


def test_what_lies_outside_the_extract_is_counted(file):
    stops = pd.DataFrame({"stop_id": ["a", "b"], "name": ["a", "b"], "lon": [0.005, 9.0], "lat": [0.0, 0.0]})
    region = Region("town").with_table("stops", stops)
    reading = read_osm(write_pbf(file, line(0, 1), [(10, [1, 2], STREET)]), region=region)
    assert "1 of 2 stops of region 'town' lie outside the extract" in reading.notices.render()


# tags


@pytest.mark.parametrize(
    ("highway", "tags", "walk", "drive"),
    [
        ("residential", {}, "<>", "<>"),
        ("residential", {"oneway": "yes"}, "<>", ">"),
        ("residential", {"oneway": "-1"}, "<>", "<"),
        ("residential", {"junction": "roundabout"}, "<>", ">"),
        ("residential", {"junction": "roundabout", "oneway": "no"}, "<>", "<>"),
        ("residential", {"oneway": "yes", "oneway:foot": "yes"}, ">", ">"),
        ("motorway", {}, "", ">"),
        ("motorway", {"foot": "yes"}, "<>", ">"),
        ("trunk", {"motorroad": "yes"}, "", "<>"),
        ("trunk", {"motorroad": "yes", "sidewalk": "left"}, "<>", "<>"),
        ("primary", {"foot": "no"}, "", "<>"),
        ("primary", {"foot": "use_sidepath", "sidewalk": "both"}, "", "<>"),
        ("service", {"access": "private"}, "", ""),
        ("service", {"access": "private", "foot": "yes"}, "<>", ""),
        ("service", {"access": "no", "sidewalk": "both"}, "", ""),
        ("service", {"access": "destination"}, "<>", "<>"),
        ("service", {"access": "no", "motor_vehicle": "permissive"}, "", "<>"),
        ("residential", {"motor_vehicle": "no"}, "<>", ""),
        ("residential", {"motor_vehicle": "no", "motorcar": "yes"}, "<>", "<>"),
        ("footway", {"access": "yes"}, "<>", ""),
        ("footway", {"foot:backward": "no"}, ">", ""),
        ("pedestrian", {"motor_vehicle": "yes"}, "<>", "<>"),
        ("steps", {"motor_vehicle": "yes"}, "<>", ""),
        ("construction", {"foot": "yes"}, "", ""),
    ],
)
def test_permissions(highway, tags, walk, drive):
    found = permissions(highway, tags)
    shown = [
        "<" * back + ">" * forth
        for forth, back in ((found.walk_forward, found.walk_backward), (found.drive_forward, found.drive_backward))
    ]
    assert shown == [walk, drive]


def test_speeds():
    assert parse_speed("30 knots") == pytest.approx(30 * 1852 / 3600)
    assert parse_speed("80; 50") == pytest.approx(50 / 3.6)
    for text in ("", "none", "0", "walk", "50 furlongs", "fast|20"):
        assert parse_speed(text) is None
    assert drive_speed("primary", {"maxspeed": "none"}) == (highway_classes()["primary"].speed_m_s, "none")
    assert drive_speed("primary", {"maxspeed": "none", "maxspeed:forward": "36"}) == (10.0, "")


def test_the_page_about_streets_has_the_table_that_is_used():
    page = (Path(__file__).resolve().parents[2] / "docs" / "streets.md").read_text(encoding="utf-8")
    rows = [row.split("|")[1:4] for row in re.findall(r"^\|.*\|$", page, flags=re.MULTILINE)]
    told = {}
    for names, walk, drive in (row for row in rows if row[1].strip() in {"yes", "no"}):
        speeds = re.findall(r"\d+", drive)
        for group, pair in zip(names.split(";"), (drive.split(";") * 2)[: names.count(";") + 1], strict=True):
            speeds = [float(each) for each in re.findall(r"\d+", pair)]
            for place, name in enumerate(re.findall(r"\w+", group)):
                told[name] = (walk.strip() == "yes", speeds[min(place, len(speeds) - 1)] if speeds else None)
    used = {
        name: (known.walk, known.speed_m_s and round(known.speed_m_s / 0.44704, 6))
        for name, known in highway_classes().items()
        if known.walk or known.drive
    }
    assert {name: values for name, values in told.items() if name in used} == used


def test_every_class_is_either_open_or_closed_and_has_a_speed_if_cars_use_it():
    for highway, known in highway_classes().items():
        assert (known.speed_m_s is not None) == known.drive, highway
    assert highway_of({"highway": "Unclassified; tertiary"}) == "unclassified"


def test_lengths_of_the_parts_add_up_to_the_ways(file):
    """An independent sum: distances between the nodes that were written."""
    rng = np.random.default_rng(3)
    nodes = {number: tuple(rng.uniform(0, 0.02, 2)) for number in range(1, 60)}
    ways = [(10 + way, rng.integers(1, 60, 12).tolist(), STREET) for way in range(20)]
    table = read_osm(write_pbf(file, nodes, ways)).tables["street_edges"]
    for way, members, _ in ways:
        # PBF keeps seven decimals
        place = np.radians([np.round(nodes[node], 7) for node in members])
        flat = (place[1:] - place[:-1]) * [np.cos(0.00017), 1]
        written = np.hypot(*flat.T).sum() * 6_371_008.8
        assert table.loc[table["way_id"] == str(way), "length_m"].sum() == pytest.approx(written, rel=1e-4)


@pytest.mark.parametrize(
    ("path", "n_nodes"),
    [("r5r-porto-alegre/poa_osm.pbf", 19_369), ("otp/portland-central-filtered.osm.pbf", 9_872)],
)
def test_real_extracts_are_read(shared_data, path, n_nodes):
    tables = read_osm(shared_data / "gtfs-samples" / path).tables
    nodes, edges = tables["street_nodes"], tables["street_edges"]
    # a few streets more or less would be a change of the rules
    assert len(nodes) == pytest.approx(n_nodes, rel=0.01)
    assert not len(Region("r").with_tables(tables).check())
    assert edges["edge_id"].is_unique
    lines = shapely.from_wkb(edges["geometry"].to_numpy())
    ends = shapely.get_coordinates(shapely.get_point(lines, 0))
    place = nodes.set_index("node_id").loc[edges["from_node_id"], ["lon", "lat"]].to_numpy()
    assert np.array_equal(ends, place)
