"""Results kept between runs: what counts as another program, and that the user's cache does not grow for ever."""

import os
import shutil

import pandas as pd
import pytest

from megaregion.region import results
from megaregion.region.model import Region
from megaregion.region.store import Store
from megaregion.study import content_key, result_cache


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """Keep results of a test to itself."""
    monkeypatch.setenv(result_cache.SETTING, str(tmp_path / "cache"))


def keep(store, key):
    result_cache.keep(store, key, pd.DataFrame({"value": [1.0]}), {"notices": []})


def age(folder, seconds):
    for file in folder.rglob("*"):
        at = file.stat().st_mtime - seconds
        os.utime(file, (at, at))


def test_old_results_go_from_the_cache_of_the_user_when_there_are_many(monkeypatch, tmp_path):
    monkeypatch.setattr(result_cache, "MOST_KEPT", 6)
    store = result_cache.store_of(Region("paper"))
    for number in range(3):
        keep(store, f"old-key-{number}")
    age(tmp_path / "cache", 2 * result_cache.SPARED_S)
    assert len(results.keys(store)) == 6
    keep(store, "new-key-1")
    assert set(results.keys(store)) == {"new-key-1", "new-key-1-about"}
    assert result_cache.kept(store, "new-key-1") is not None
    assert result_cache.kept(store, "old-key-1") is None


def test_looking_for_old_results_is_rare_where_many_are_new(monkeypatch):
    """It reads every result: a run that keeps a hundred must not do so a hundred times."""
    monkeypatch.setattr(result_cache, "MOST_KEPT", 4)
    monkeypatch.setattr(result_cache, "TIDIED_EACH", 20)
    store = result_cache.store_of(Region("paper"))
    looked = []
    monkeypatch.setattr(type(store), "gc", lambda *_, **__: looked.append(len(results.keys(store))))
    for number in range(25):
        keep(store, f"new-key-{number}")
    assert looked == [6, 26, 46]


def test_results_of_a_region_folder_go_by_gc_alone(monkeypatch, tmp_path):
    monkeypatch.setattr(result_cache, "MOST_KEPT", 0)
    store = Store.create(tmp_path / "own", name="own")
    keep(store, "old-key-1")
    age(tmp_path / "own", 2 * result_cache.SPARED_S)
    keep(store, "new-key-1")
    assert result_cache.kept(store, "old-key-1") is not None


@pytest.mark.parametrize("name", ["megaregion/study/run.py", "megaregion/region/tables/cities.csv"])
def test_another_program_is_one_with_other_source_or_tables(monkeypatch, tmp_path, name):
    source = content_key.Path(content_key.__file__).parents[1]
    for each in (*source.rglob("*.py"), *source.rglob("*.csv")):
        target = tmp_path / "megaregion" / each.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(each, target)
    monkeypatch.setattr(content_key, "__file__", str(tmp_path / "megaregion" / "study" / "content_key.py"))
    fresh = content_key.program_id.__wrapped__
    first = fresh()
    example = tmp_path / "megaregion" / "examples" / "yrd" / "cities.csv"
    example.write_bytes(example.read_bytes() + b"#")
    assert fresh() == first
    changed = tmp_path / name
    changed.write_bytes(changed.read_bytes() + b"#")
    assert fresh() != first
