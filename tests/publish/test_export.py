import json
import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from megaregion.publish.export import write_geometries, write_table

TABLE = pd.DataFrame({"city": ["杭州", "上海", "舟山"], "time_s": [2700.0, np.inf, np.nan]})


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("umask", [0o022, 0o027, 0o002])
def test_files_have_the_mode_that_the_umask_gives(tmp_path: Path, umask: int, suffix: str) -> None:
    before = os.umask(umask)
    try:
        path = write_table(TABLE, tmp_path / f"times{suffix}", {})
    finally:
        os.umask(before)
    modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    assert modes == {path.name: 0o666 & ~umask, f"{path.name}.manifest.json": 0o666 & ~umask}


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_table_comes_back_from_its_file(tmp_path: Path, suffix: str) -> None:
    path = write_table(TABLE, tmp_path / f"times{suffix}", {})
    found = pd.read_csv(path) if suffix == ".csv" else pd.read_parquet(path)
    pd.testing.assert_frame_equal(found, TABLE)


def test_unreachable_is_inf_and_no_data_is_blank(tmp_path: Path) -> None:
    path = write_table(TABLE, tmp_path / "times.csv", {})
    assert path.read_text(encoding="utf-8").splitlines() == ["city,time_s", "杭州,2700.0", "上海,inf", "舟山,"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_table(TABLE, tmp_path / "times.csv", {})
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pd.DataFrame, "to_csv", fail)
    with pytest.raises(KeyboardInterrupt):
        write_table(TABLE.head(1), path, {})
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_a_manifest_keeps_numbers_as_numbers_and_is_json_to_every_reader(tmp_path: Path) -> None:
    about = {"max_rides": np.int64(2), "limit_s": np.inf, "none": np.nan, "feeds": ("a", "b")}
    write_table(TABLE, tmp_path / "times.csv", about)

    def refuse(constant: str) -> None:
        pytest.fail(f"{constant} is not JSON")

    text = (tmp_path / "times.csv.manifest.json").read_text(encoding="utf-8")
    found = json.loads(text, parse_constant=refuse)
    assert found["about"] == {"max_rides": 2, "limit_s": "inf", "none": None, "feeds": ["a", "b"]}
    assert (found["rows"], found["columns"]) == (3, ["city", "time_s"])


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".parquet"])
def test_shapes_come_back_from_their_file_and_old_ones_are_replaced(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"land{suffix}"
    for east in (1.0, 2.0):
        table = gpd.GeoDataFrame({"name": ["杭州"]}, geometry=[shapely.box(0.0, 0.0, east, 1.0)], crs="EPSG:4326")
        write_geometries(table, path, {"command": "test"})
    found = gpd.read_parquet(path) if suffix == ".parquet" else gpd.read_file(path)
    assert found["name"].tolist() == ["杭州"]
    assert found.total_bounds.tolist() == [0.0, 0.0, 2.0, 1.0]
    manifest = json.loads((tmp_path / f"land{suffix}.manifest.json").read_text(encoding="utf-8"))
    assert (manifest["rows"], manifest["columns"]) == (1, ["name", "geometry"])
    assert sorted(file.name for file in tmp_path.iterdir()) == [path.name, f"{path.name}.manifest.json"]
