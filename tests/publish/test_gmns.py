"""Streets as a GMNS network."""

import json

import numpy as np
import pandas as pd
import pytest
import shapely

from megaregion.cli.app import run
from megaregion.errors import InputError
from megaregion.publish.gmns import write_gmns
from megaregion.region.model import Region
from megaregion.sources.osm import read_osm

REQUIRED = {
    "node": ["node_id", "x_coord", "y_coord"],
    "link": ["link_id", "from_node_id", "to_node_id", "directed"],
    "use_definition": ["use", "persons_per_vehicle", "pce"],
}
"""Fields that version 0.95 of the specification demands."""


@pytest.fixture
def region():
    """A one-way street uphill from 1 to 2, a footpath from 2 to 3, and a street without a course."""
    line = shapely.to_wkb(shapely.LineString([(120, 30), (120.0005, 30.0005), (120.001, 30.001)]))
    nodes = pd.DataFrame({"node_id": ["1", "2", "3"], "lon": [120.0, 120.001, 120.002], "lat": [30.0, 30.001, 30.0]})
    nodes["elevation_m"] = [5.0, 15.0, None]
    edges = pd.DataFrame(
        {
            "edge_id": ["up", "path", "plain"],
            "from_node_id": ["1", "2", "3"],
            "to_node_id": ["2", "3", "1"],
            "way_id": ["77", "78", None],
            "highway": ["residential", "footway", None],
            "length_m": [200.0, 150.0, 400.0],
            "walk_forward": [True, True, None],
            "walk_backward": [True, False, None],
            "drive_forward": [True, False, True],
            "drive_backward": [False, False, None],
            "drive_speed_m_s": [10.0, None, None],
            "climb_m": [10.0, None, None],
            "descent_m": [0.0, None, None],
            "geometry": [line, None, None],
        }
    )
    return Region("hill").with_tables({"street_nodes": nodes, "street_edges": edges})


def test_each_open_direction_is_a_link(region, tmp_path):
    folder = write_gmns(region, tmp_path / "gmns")
    link = pd.read_csv(folder / "link.csv", dtype={"osm_way_id": "str", "from_node_id": "str", "to_node_id": "str"})
    assert link["link_id"].tolist() == ["up", "up-reverse", "path", "plain", "plain-reverse"]
    assert list(zip(link["from_node_id"], link["to_node_id"], strict=True)) == [
        ("1", "2"),
        ("2", "1"),
        ("2", "3"),
        ("3", "1"),
        ("1", "3"),
    ]
    assert link["directed"].all()
    assert link["allowed_uses"].tolist() == ["walk,auto", "walk", "walk", "walk", "walk"]
    assert link["free_speed"].tolist()[0] == 36
    assert link["free_speed"][1:].isna().all()
    assert link["grade"].tolist()[:2] == [5, -5]
    assert link["length"].tolist() == [0.2, 0.2, 0.15, 0.4, 0.4]
    assert link["dir_flag"].tolist() == [1, -1, 0, 0, 0]
    assert link["geometry"][0] == link["geometry"][1] == "LINESTRING (120 30, 120.0005 30.0005, 120.001 30.001)"
    node = pd.read_csv(folder / "node.csv")
    assert node["z_coord"].tolist()[:2] == [5, 15]
    config = pd.read_csv(folder / "config.csv")
    assert config[["long_length", "speed", "crs", "id_type", "version_number"]].iloc[0].tolist() == [
        *("km", "km/h", "EPSG:4326", "string"),
        0.95,
    ]
    manifest = json.loads((folder / "link.csv.manifest.json").read_text(encoding="utf-8"))
    assert (manifest["rows"], manifest["about"]["specification"]) == (5, "GMNS 0.95")


def check(folder):
    """What the specification demands of ids, references and ranges."""
    tables = {name: pd.read_csv(folder / f"{name}.csv", dtype={"link_id": "str"}) for name in REQUIRED}
    for name, columns in REQUIRED.items():
        assert tables[name][columns].notna().all(axis=None), name
    node, link = tables["node"], tables["link"]
    assert node["node_id"].is_unique
    assert link["link_id"].is_unique
    for end in ("from_node_id", "to_node_id"):
        assert link[end].isin(node["node_id"]).all()
    assert set(link["dir_flag"]) <= {-1, 0, 1}
    assert link["free_speed"].dropna().between(0, 200).all()
    assert link["grade"].dropna().between(-100, 100).all()
    assert set(",".join(link["allowed_uses"]).split(",")) <= set(tables["use_definition"]["use"])
    return tables


def test_a_real_extract_meets_the_specification(shared_data, tmp_path):
    sample = shared_data / "gtfs-samples" / "r5r-porto-alegre"
    reading = read_osm(sample / "poa_osm.pbf", elevation=sample / "poa_elevation.tif")
    tables = check(write_gmns(Region("poa").with_tables(reading.tables), tmp_path))
    edges = reading.tables["street_edges"]
    open_ways = [
        edges[f"walk_{way}"].fillna(value=True)
        | (edges[f"drive_{way}"].fillna(value=False) & edges.drive_speed_m_s.notna())
        for way in ("forward", "backward")
    ]
    assert len(tables["link"]) == sum(int(side.sum()) for side in open_ways)
    lines = shapely.from_wkt(tables["link"]["geometry"].to_numpy())
    start = tables["link"].merge(tables["node"], left_on="from_node_id", right_on="node_id")
    ends = shapely.get_point(lines, np.where(tables["link"]["dir_flag"] == 1, 0, -1))
    assert np.allclose(shapely.get_x(ends), start["x_coord"], atol=1e-6)
    assert np.allclose(shapely.get_y(ends), start["y_coord"], atol=1e-6)


def test_a_region_without_streets_says_how_to_bring_some(tmp_path):
    with pytest.raises(InputError, match=r"region 'desert' has no streets.*import osm"):
        write_gmns(Region("desert"), tmp_path)


def test_the_commands(tmp_path, capsys):
    table = tmp_path / "od.csv"
    table.write_text("from_id,to_id,travel_time_p50\n007,007,0\n007,8,12\n")
    assert run(["export", "omx", str(table), str(tmp_path / "od.omx"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pairs"] == 2
    assert json.loads((tmp_path / "od.omx.manifest.json").read_text())["about"]["table"] == "od.csv"
    assert run(["export", "omx", str(table), str(tmp_path / "od.h5")]) == 2
    assert "ends in '.h5'; expected .omx" in capsys.readouterr().err
    assert run(["export", "omx", str(tmp_path / "none.csv"), str(tmp_path / "od.omx")]) == 2
    assert "none.csv: is not there; expected a table of pairs" in capsys.readouterr().err
    (tmp_path / "bad.parquet").write_bytes(b"no")
    assert run(["export", "omx", str(tmp_path / "bad.parquet"), str(tmp_path / "od.omx")]) == 2
    assert "bad.parquet: cannot be read as a table" in capsys.readouterr().err
    assert run(["export", "gmns", str(tmp_path / "gmns")]) == 2
    assert "has no streets" in capsys.readouterr().err
