"""A region folder: create, open, read, commit, log, results."""

import errno
import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from megaregion.errors import ConflictError, InputError, StorageError
from megaregion.region import objects
from megaregion.region.lazy import Overlay
from megaregion.region.model import Region
from megaregion.region.results import result_key
from megaregion.region.store import META, Store


def cities(*keys):
    return pd.DataFrame({"city_id": list(keys), "name": ["NA"] * len(keys), "lon": 120.0, "lat": 30.0})


def sources(*keys):
    return pd.DataFrame({"source_id": list(keys), "title": list(keys), "year": pd.array([2012] * len(keys), "Int64")})


def put(store, table, frame, **options):
    return store.commit(lambda region: region.with_table(table, frame), message=f"put {table}", **options)


@pytest.fixture
def store(tmp_path):
    return Store.create(tmp_path / "delta", name="delta")


def test_a_new_region_is_empty_and_at_version_0(store):
    region = store.read()
    assert (region.name, region.version, dict(region.tables)) == ("delta", "0", {})
    assert store.head == 0
    assert store.log().empty
    assert store.content_id() == store.content_id(0)
    assert Store.open(store.path) == Store.open(str(store.path))


def test_ids_stay_text_and_blanks_stay_blank(store):
    frame = cities("0012", "NA", "null", "310000").assign(
        name_en=["", None, "None", "Shanghai"], land_area_km2=[1.5, np.nan, 0, 1]
    )
    assert put(store, "cities", frame) == 1
    table = store.read().table("cities")
    assert table["city_id"].tolist() == ["0012", "NA", "null", "310000"]
    assert table["name"].tolist() == ["NA"] * 4
    assert table["name_en"].isna().tolist() == [False, True, False, False]
    assert table["land_area_km2"].isna().tolist() == [False, True, False, False]


def test_a_version_never_changes_and_the_log_tells_what_did(store):
    source = {"url": "https://example.org/yearbook", "licence": "CC0", "retrieved": "2026-01-02"}
    put(store, "cities", cities("a1"), author="Lu", sources=[source])
    put(store, "sources", sources("b1"))
    version = store.commit(lambda region: Region(region.name, {"cities": cities("a2")}), message="only cities")
    assert (version, version.changed) == (3, ("cities", "sources"))
    assert [list(store.read(number).tables) for number in (1, 2, 3)] == [["cities"], ["cities", "sources"], ["cities"]]
    assert store.read(1).table("cities")["city_id"].tolist() == ["a1"]
    assert store.read().version == "3"
    log = store.log()
    assert log["version"].tolist() == [3, 2, 1]
    assert log["changed"].tolist() == ["cities, sources", "sources", "cities"]
    assert log["author"].tolist() == ["", "", "Lu"]
    assert log["rows"].tolist() == [1, 2, 1]
    assert log["sources"].tolist() == [0, 0, 1]
    assert store.snapshot(1).sources == (source,)


def test_a_change_that_changes_nothing_makes_no_version_and_says_so(store):
    put(store, "cities", cities("a1"))
    again = put(store, "cities", cities("a1"))
    assert (again, again.changed) == (1, ())
    assert store.commit(lambda region: region, message="nothing").changed == ()
    assert store.versions() == [1]


def test_only_changed_tables_are_read_and_written(store, monkeypatch):
    put(store, "cities", cities("a1"))
    put(store, "sources", sources("b1"))
    read = []
    get = objects.get
    monkeypatch.setattr(objects, "get", lambda *given, **named: read.append(named["what"]) or get(*given, **named))
    before = sorted(store.path.glob("objects/*/*"))
    put(store, "sources", sources("b2"))
    assert not [what for what in read if "cities" in what]
    assert len(sorted(store.path.glob("objects/*/*"))) == len(before) + 1
    region = store.read()
    assert read.count("table 'cities' of version 3") == 0
    region.table("cities")
    region.table("cities")
    assert read.count("table 'cities' of version 3") == 1


def test_an_old_version_can_be_brought_back_without_reading_it(store, monkeypatch):
    put(store, "cities", cities("a1"))
    put(store, "cities", cities("a2"))
    monkeypatch.setattr(objects, "get", lambda *_given, **_named: pytest.fail("a table was read"))
    assert store.commit(lambda _: store.read(1), message="back").changed == ("cities",)
    assert store.content_id(3) == store.content_id(1) != store.content_id(2)


def test_equal_data_has_one_content_id_in_two_folders(store, tmp_path):
    other = Store.create(tmp_path / "other", name="other")
    put(store, "cities", cities("a1", "a2"))
    put(other, "cities", cities("a1"))
    assert store.content_id() != other.content_id()
    put(other, "cities", pd.concat([cities("a1"), cities("a2")]))
    assert store.content_id() == other.content_id()
    copied = other.commit(lambda _: store.read(), message="copy")
    assert (copied, other.read().name) == (3, "delta")


def test_the_change_is_made_again_when_another_came_first(store):
    seen = []

    def change(region):
        seen.append(region.version)
        if len(seen) == 1:
            put(store, "cities", cities("first"))
        return region.with_table("sources", sources("second"))

    assert store.commit(change, message="second") == 2
    assert seen == ["0", "1"]
    assert sorted(store.read().tables) == ["cities", "sources"]


def test_a_writer_who_is_always_late_gives_up_and_says_so(store):
    def change(region):
        put(store, "cities", cities(f"after {region.version}"))
        return region.with_table("sources", sources("late"))

    with pytest.raises(
        ConflictError, match=r"committed first 1 times; the newest version is 1.*Nothing of this change"
    ):
        store.commit(change, message="late", retries=0)
    assert list(store.read().tables) == ["cities"]


def test_an_error_in_the_change_is_the_callers_own(store):
    def change(_region):
        raise FileNotFoundError(errno.ENOENT, "no such timetable")

    with pytest.raises(FileNotFoundError, match="no such timetable"):
        store.commit(change, message="import")
    assert store.head == 0


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        (
            {"cities": cities("a1").assign(extra=pd.Timestamp("2020-01-01"))},
            r"table 'cities': column 'extra' holds datetime64",
        ),
        ({"cities": cities("a1").assign(extra=[object()])}, "holds a mixture"),
        ({"cities": cities("a1").drop(columns="name")}, "field 'name' is missing"),
        ({"../evil": cities("a1")}, r"table '\.\./evil': expected small letters"),
        ({"plain": pd.DataFrame({1: [1]})}, r"table 'plain': found column 1; names must be text"),
        ({"plain": pd.DataFrame([[1, 2]], columns=["a", "a"])}, "found column 'a' twice"),
        ({"plain": pd.DataFrame({"a": [1]}, index=["x"])}, r"rows are labelled.*reset_index"),
        ({"plain": pd.DataFrame({"a": pd.Series(["a\ud800"], dtype="object")})}, "column 'a' cannot be stored as str"),
    ],
)
def test_what_would_not_come_back_as_it_was_is_refused(store, tables, message):
    with pytest.raises(InputError, match=message):
        store.commit(lambda region: Region(region.name, tables), message="bad")
    assert store.head == 0


def test_sources_that_are_no_json_are_refused(store):
    with pytest.raises(InputError, match="are no JSON"):
        put(store, "cities", cities("a1"), sources=[{"url": object()}])
    assert store.head == 0


def test_geometry_opens_in_geopandas_as_wgs84(store):
    square = shapely.box(120, 30, 121, 31)
    areas = pd.DataFrame({"city_id": ["0012"], "kind": ["user"], "geometry": [shapely.to_wkb(square)]})
    put(store, "boundaries", areas)
    file = objects.file_of(store, store.snapshot(1).tables["boundaries"].sha256)
    frame = gpd.read_parquet(file)
    assert frame.crs == "OGC:CRS84"
    assert frame.geometry.iloc[0].equals(square)
    assert frame["city_id"].tolist() == ["0012"]
    assert store.read().table("boundaries")["geometry"].tolist() == [shapely.to_wkb(square)]


def test_create_refuses_what_is_there_and_starts_afresh_when_told(store, tmp_path):
    put(store, "cities", cities("a1"))
    with pytest.raises(StorageError, match="holds a region already"):
        Store.create(store.path, name="again")
    again = Store.create(store.path, name="again", overwrite=True)
    assert again.id == store.id
    assert (again.read().name, list(again.read().tables)) == ("again", [])
    assert again.read(1).table("cities")["city_id"].tolist() == ["a1"]
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("do not touch")
    with pytest.raises(StorageError, match=r"holds 'chapter\.txt' and no region; expected an empty folder"):
        Store.create(tmp_path / "thesis", name="thesis", overwrite=True)
    assert [entry.name for entry in (tmp_path / "thesis").iterdir()] == ["chapter.txt"]


def test_a_creation_that_was_interrupted_can_be_made_again(store):
    (store.path / META).unlink()
    assert Store.create(store.path, name="delta").head == 0


@pytest.mark.parametrize("path", ["nowhere", "file", "empty"])
def test_open_says_what_is_missing(tmp_path, path):
    (tmp_path / "file").write_text("text")
    (tmp_path / "empty").mkdir()
    with pytest.raises(StorageError, match=r"found no megaregion\.json|is a file; expected the folder of a region"):
        Store.open(tmp_path / path)


def test_results_are_kept_by_everything_they_were_computed_from(store):
    parts = {
        "region": store.content_id(),
        "scenario": "",
        "measure": "travel_time",
        "software": {"megaregion": "0.1.0"},
    }
    key = result_key(parameters={"window": [6, 22]}, **parts)
    assert key != result_key(parameters={"window": [6, 21]}, **parts)
    assert store.get_result(key) is None
    frame = pd.DataFrame({"origin": ["0012"], "travel_time_s": np.array([np.inf], dtype="float32")})
    store.put_result(key, frame)
    store.put_result(key, frame)
    pd.testing.assert_frame_equal(store.get_result(key), frame)
    with pytest.raises(ConflictError, match="The same inputs must give the same result"):
        store.put_result(key, frame.assign(origin="0013"))
    with pytest.raises(InputError, match="expected 8 to 128 letters"):
        store.get_result("../../secret")
    pointer = json.loads((store.path / "results" / f"{key}.json").read_text())
    assert pointer["key"] == key


def test_an_overlay_stays_flat_and_in_order():
    base = {"a": cities("1"), "b": cities("2")}
    layered = Overlay(Overlay(base, {"c": cities("3")}), {"a": cities("4")})
    assert layered.base is base
    assert list(layered) == ["a", "b", "c"]
    assert len(layered) == 3
    assert layered["a"]["city_id"].tolist() == ["4"]
    assert "z" not in layered


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from(["cities", "sources"]), st.integers(0, 3)),
        st.tuples(st.just("drop"), st.sampled_from(["cities", "sources"]), st.just(0)),
        st.tuples(st.just("back"), st.just(""), st.integers(1, 9)),
        st.tuples(st.just("gc"), st.just(""), st.just(0)),
    ),
    max_size=8,
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS)
def test_any_history_reads_back_as_a_list_of_dictionaries_would(tmp_path_factory, steps):
    store = Store.create(tmp_path_factory.mktemp("history") / "r", name="r")
    history = [{}]
    make = {"cities": cities, "sources": sources}
    for kind, table, number in steps:
        now = dict(history[-1])
        if kind == "put":
            now[table] = number
            put(store, table, make[table](*(f"{number}-{row}" for row in range(number))))
        elif kind == "drop":
            now.pop(table, None)
            store.commit(
                lambda region, gone=table: Region(region.name, {n: f for n, f in region.tables.items() if n != gone}),
                message="drop",
            )
        elif kind == "back" and number < len(history):
            now = dict(history[number])
            store.commit(lambda _, number=number: store.read(number), message="back")
        elif kind == "gc":
            store.gc(dry_run=False, min_age_s=0)
        if now != history[-1]:
            history.append(now)
    assert store.head == len(history) - 1
    for version, tables in enumerate(history):
        found = {name: len(frame) for name, frame in store.read(version).tables.items()}
        assert found == tables
    assert not store.check(deep=True).of("error")
