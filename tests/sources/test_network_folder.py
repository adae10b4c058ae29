"""Folders as r5r, r5py and OpenTripPlanner take them."""

import io
import zipfile

import pytest

from megaregion.cli.app import run
from megaregion.errors import InputError
from megaregion.mobility.timetable import Timetable
from megaregion.region.model import Region
from megaregion.region.schema import check_references
from megaregion.region.store import Store
from megaregion.sources.network_folder import look_into, read_network_folder
from support.osm_files import write_pbf

FEED = {
    "agency.txt": "agency_name,agency_url,agency_timezone\nBlue Line,https://blue.example,Asia/Shanghai\n",
    "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\nA,Alpha,30.0,120.0\nB,Beta,30.001,120.001\n",
    "routes.txt": "route_id,route_short_name,route_long_name,route_type\nR,1,Blue,3\n",
    "trips.txt": "route_id,service_id,trip_id\nR,work,T\n",
    "stop_times.txt": (
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence\nT,8:00:00,8:00:00,A,1\nT,8:05:00,8:05:00,B,2\n"
    ),
    "calendar.txt": (
        "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
        "work,1,1,1,1,1,0,0,20191001,20191031\n"
    ),
}


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


@pytest.fixture
def folder(tmp_path):
    """Two feeds, a street, fares, points, and what R5 left behind."""
    path = tmp_path / "town"
    path.mkdir()
    (path / "blue line.zip").write_bytes(zipped(FEED))
    (path / "red.zip").write_bytes(zipped(FEED))
    (path / "fares.zip").write_bytes(zipped({"fares_per_type.csv": "a\n", "__MACOSX/._fares_per_type.csv": "x"}))
    (path / "points.csv").write_text("id,lon,lat\na,120,30\n")
    (path / "network.dat").write_bytes(b"R5")
    (path / "town.osm.pbf.mapdb").write_bytes(b"R5")
    nodes = {1: (120.0, 30.0), 2: (120.001, 30.001), 3: (120.002, 30.001)}
    write_pbf(path / "town.osm.pbf", nodes, [(7, [1, 2, 3], {"highway": "residential"})])
    return path


def codes(notices):
    return sorted({notice.code for notice in notices if notice.code.startswith("network")})


def test_feeds_are_told_by_their_contents(folder):
    found = look_into(folder)
    assert {key: path.name for key, path in found.feeds.items()} == {"blue-line": "blue line.zip", "red": "red.zip"}
    assert found.streets == folder / "town.osm.pbf"
    assert found.elevation is None
    assert found.passed_over == ("fares.zip (a zip without stops and trips: fares_per_type.csv)", "points.csv")


def test_a_feed_has_one_key_however_it_is_read(folder, capsys):
    """By a folder whole, straight from files, and one import at a time."""
    (folder / "green").mkdir()
    for name, text in FEED.items():
        (folder / "green" / name).write_text(text)
    keys = ["blue-line", "green", "red"]
    assert sorted(read_network_folder(folder).tables["feeds"]["feed_id"]) == keys
    timetable = Timetable.from_gtfs(folder)
    assert sorted(timetable.feed_ids) == keys
    passed_over = [notice.message for notice in timetable.notices if notice.code == "file_is_no_feed"]
    assert passed_over == ["fares.zip (a zip without stops and trips: fares_per_type.csv) is passed over."]
    assert Timetable.from_gtfs(folder / "green").feed_ids == ("green",)
    assert list(Timetable.from_gtfs(folder / "blue line.zip").stops) == ["blue-line:A", "blue-line:B"]
    store = Store.create(folder.parent / "t.region", name="t")
    for entry in ("blue line.zip", "red.zip", "green"):
        assert run(["import", "gtfs", str(folder / entry), "--region", str(store.path)]) == 0
    capsys.readouterr()
    assert sorted(store.read().table("feeds")["feed_id"]) == keys


def test_a_feed_may_stand_beside_two_extracts_where_streets_are_not_asked_for(folder):
    (folder / "other.osm.pbf").write_bytes(b"")
    assert sorted(Timetable.from_gtfs(folder).feed_ids) == ["blue-line", "red"]
    (folder / "red.zip").write_bytes(zipped(FEED)[:200])
    with pytest.raises(InputError, match=r"red.zip"):
        Timetable.from_gtfs(folder)


def test_all_of_it_is_one_reading(folder):
    reading = read_network_folder(folder)
    assert sorted(reading.tables["feeds"]["feed_id"]) == ["blue-line", "red"]
    assert sorted(reading.tables["stops"]["stop_id"]) == ["blue-line:A", "blue-line:B", "red:A", "red:B"]
    assert len(reading.tables["street_edges"]) == 1
    assert not len(check_references(reading.into(Region("town")).tables))
    assert codes(reading.notices) == ["network_passed_over"]
    assert "fares.zip (a zip without stops and trips: fares_per_type.csv), points.csv" in reading.notices.render()


def test_a_folder_may_be_a_feed_and_a_subfolder_of_a_zip_is_told_of(folder):
    (folder / "green").mkdir()
    for name, text in FEED.items():
        (folder / "green" / name).write_text(text)
    (folder / "pictures").mkdir()
    assert list(look_into(folder).feeds) == ["blue-line", "green", "red"]
    assert "pictures/" in look_into(folder).passed_over
    (folder / "red.zip").write_bytes(zipped({f"inner/{name}": text for name, text in FEED.items()}))
    with pytest.raises(InputError, match=r"stops.txt.* lie in the subfolder 'inner'; they are expected at the top"):
        read_network_folder(folder)


def test_findings_say_in_which_feed_the_file_lies_and_errors_of_all_feeds_come_together(folder):
    (folder / "red.zip").write_bytes(
        zipped({**FEED, "stop_times.txt": FEED["stop_times.txt"].replace("8:05:00", "8.5")})
    )
    (folder / "blue line.zip").write_bytes(zipped({**FEED, "trips.txt": "route_id,service_id,trip_id\nX,work,T\n"}))
    (folder / "town.osm.pbf").write_bytes(b"<!DOCTYPE html>")
    with pytest.raises(InputError) as caught:
        read_network_folder(folder)
    text = str(caught.value)
    assert "cannot read the GTFS feed blue line.zip" in text
    assert "cannot read the GTFS feed red.zip" in text
    assert "town.osm.pbf" in text
    assert caught.value.notices

    more = {**FEED, "calendar.txt": FEED["calendar.txt"].replace("20191031", "20201031")}
    (folder / "red.zip").write_bytes(zipped(more))
    (folder / "blue line.zip").unlink()
    (folder / "town.osm.pbf").unlink()
    notices = read_network_folder(folder).notices
    assert [notice.file for notice in notices if notice.code == "gtfs_year_assumed"] == ["red.zip"]


def test_without_streets_walks_are_straight_lines_and_without_feeds_there_is_no_transport(folder):
    (folder / "town.osm.pbf").rename(folder.parent / "town.osm.pbf")
    (folder / "heights.tif").write_bytes(b"II")
    reading = read_network_folder(folder)
    assert "street_edges" not in reading.tables
    assert codes(reading.notices) == ["network_heights_unused", "network_passed_over", "network_without_streets"]
    assert "walks are straight lines" in reading.notices.render()
    assert "heights in heights.tif are not used: there are no streets" in reading.notices.render()
    streets = folder.parent / "streets"
    streets.mkdir()
    (folder.parent / "town.osm.pbf").rename(streets / "town.osm.pbf")
    reading = read_network_folder(streets)
    assert set(reading.tables) == {"street_nodes", "street_edges"}
    assert codes(reading.notices) == ["network_without_feeds"]


def test_two_extracts_or_rasters_or_feeds_of_one_name_are_named(folder):
    (folder / "other.pbf").write_bytes(b"x")
    with pytest.raises(InputError, match=r"holds 2 street extracts: other.pbf, town.osm.pbf; expected one.*osmium"):
        look_into(folder)
    (folder / "other.pbf").unlink()
    for name in ("a.tif", "b.tiff"):
        (folder / name).write_bytes(b"x")
    with pytest.raises(InputError, match=r"holds 2 rasters of heights: a.tif, b.tiff; expected one"):
        look_into(folder)
    (folder / "a.tif").unlink()
    (folder / "blue:line.zip").write_bytes(zipped(FEED))
    with pytest.raises(InputError, match=r"blue line.zip and .*blue:line.zip would both be the feed 'blue-line'"):
        look_into(folder)


def test_what_is_no_such_folder_says_what_is_accepted(folder, tmp_path):
    with pytest.raises(InputError, match=r"red.zip: is a file; expected a folder.*import gtfs"):
        look_into(folder / "red.zip")
    with pytest.raises(InputError, match=r"nowhere: is not there; expected a folder"):
        look_into(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"empty: holds neither a GTFS feed .* it is empty"):
        look_into(tmp_path / "empty")
    (tmp_path / "empty" / "points.csv").write_text("id\n")
    with pytest.raises(InputError, match=r"holds neither a GTFS feed .*; it holds points.csv"):
        look_into(tmp_path / "empty")


def test_the_command_brings_it_into_a_region(folder, tmp_path, capsys):
    region = tmp_path / "region"
    assert run(["new", str(region), "-q"]) == 0
    assert run(["import", "network", str(folder), "--region", str(region), "--licence", "CC0", "--dry-run"]) == 0
    assert len(Store.open(region).read().table("feeds")) == 0
    assert run(["import", "network", str(folder), "--region", str(region), "--licence", "CC0"]) == 0
    assert "2 feeds" in capsys.readouterr().err
    store = Store.open(region)
    assert sorted(store.read().table("feeds")["feed_id"]) == ["blue-line", "red"]
    assert len(store.read().table("street_edges")) == 1
    # a second time doubles nothing
    assert run(["import", "network", str(folder), "--region", str(region), "--lang", "zh"]) == 0
    assert len(Store.open(region).read().table("trips")) == 2
    assert "当前版本" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "feeds", "streets", "passed_over"),
    [
        ("r5r-porto-alegre", ["poa_eptc", "poa_trensurb"], "poa_osm.pbf", "fares_poa.zip (a zip without stops"),
        ("r5r-sao-paulo", ["spo"], "spo_osm.pbf", "spo_hexgrid.csv"),
        ("otp", ["caltrain_gtfs"], "portland-central-filtered.osm.pbf", ""),
        ("conveyal-r5", [], "porto_portugal.osm.pbf", ""),
    ],
)
def test_the_samples_of_the_peers_are_found_as_they_are(shared_data, name, feeds, streets, passed_over):
    found = look_into(shared_data / "gtfs-samples" / name)
    assert sorted(found.feeds) == feeds
    assert found.streets.name == streets
    assert any(text.startswith(passed_over) for text in (*found.passed_over, ""))


def test_porto_alegre_is_read_whole(shared_data):
    reading = read_network_folder(shared_data / "gtfs-samples" / "r5r-porto-alegre")
    assert sorted(reading.tables["feeds"]["feed_id"]) == ["poa_eptc", "poa_trensurb"]
    # slopes are known: the folder holds heights
    assert reading.tables["street_edges"]["effort_forward"].notna().any()
    assert not len(check_references(reading.into(Region("poa")).tables))
