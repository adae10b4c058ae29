"""Matrices as files: Parquet, CSV and OMX, the same bytes whatever the blocks."""

import hashlib
import json
import pickle
import subprocess
import sys
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from megaregion.errors import InputError
from megaregion.mobility import Timetable, travel_time_matrix
from megaregion.mobility.travel_time import TravelTimes, plan_matrix
from megaregion.publish import omx
from megaregion.publish.export import write_table
from megaregion.publish.od_files import check_od_file, write_travel_times
from megaregion.publish.omx import write_omx, write_omx_table
from megaregion.study.blocks import Blocks
from megaregion.study.content_key import question_key
from support.tiny_region import seconds, tiny_region

STOPS = "ABCDE"


@pytest.fixture(scope="module")
def timetable():
    """Two lines through five stops, one way, every 20 and 30 minutes; E is reached by one of them only."""
    trips = {}
    for number in range(6):
        leave = seconds("7:00") + number * 1200
        trips[f"one{number}"] = [(stop, leave + at * 300, leave + at * 300) for at, stop in enumerate("ABCD")]
    for number in range(4):
        leave = seconds("7:10") + number * 1800
        trips[f"two{number}"] = [(stop, leave + at * 420, leave + at * 420) for at, stop in enumerate("CBE")]
    return Timetable.from_region(tiny_region(trips), year=2019, date="2019-10-01")


@pytest.fixture(scope="module")
def plan(timetable):
    return plan_matrix(timetable, window=("07:00", "08:00"), percentiles=(5, 50, 95))


@pytest.fixture(scope="module")
def times(timetable):
    return travel_time_matrix(timetable, window=("07:00", "08:00"), percentiles=(5, 50, 95))


@dataclass(frozen=True)
class Synthetic:
    """A plan of any size whose travel times are made of the row and the column; ids are numbers or text."""

    n_origins: int
    n_destinations: int
    text: bool = True

    @property
    def provenance(self):
        return {"date": "2019-10-01", "feeds": ("t",)}

    def block(self, rows):
        row, column = np.arange(rows.start, rows.stop)[:, None], np.arange(self.n_destinations)[None, :]
        fastest = np.where((row + column) % 7 == 0, np.inf, row * 60.0 + column).astype(np.float32)
        name = (lambda at: f"格{at}") if self.text else (lambda at: str(at + 1))
        return TravelTimes(
            origin_ids=tuple(map(name, rows)),
            destination_ids=tuple(map(name, range(self.n_destinations))),
            percentiles=(50,),
            travel_time_s=(fastest + 30)[None],
            fastest_s=fastest,
            departures=(row + column).astype(np.int32) + np.zeros_like(fastest, np.int32),
            first_arrival_s=fastest + 25_200,
            last_arrival_s=fastest + 28_800,
            window_s=(25_200, 28_800),
            provenance=self.provenance,
        )


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_file_holds_what_the_matrix_holds(plan, times, tmp_path):
    run = write_travel_times(plan, tmp_path / "od.parquet", blocks=Blocks(size=2))
    frame = pd.read_parquet(run.path)
    pd.testing.assert_frame_equal(frame, times.table, check_dtype=True)
    manifest = json.loads((tmp_path / "od.parquet.manifest.json").read_text(encoding="utf-8"))
    assert manifest["rows"] == len(STOPS) ** 2
    assert manifest["columns"] == list(times.table)
    assert manifest["about"]["date"] == "2019-10-01"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["od.parquet", "od.parquet.manifest.json"]


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".omx"])
def test_bytes_do_not_depend_on_blocks_or_backend(plan, tmp_path, suffix):
    files = [
        write_travel_times(plan, tmp_path / f"{number}{suffix}", blocks=blocks).path
        for number, blocks in enumerate(
            [
                Blocks(size=1, workers=1),
                Blocks(size=3, workers=2),
                Blocks(),
                Blocks(size=2, workers=2, backend="processes"),
            ]
        )
    ]
    assert len({digest(path) for path in files}) == 1


def test_csv_is_written_as_any_other_table(plan, times, tmp_path):
    path = write_travel_times(plan, tmp_path / "od.csv", blocks=Blocks(size=2)).path
    whole = write_table(times.table, tmp_path / "whole.csv", {})
    assert path.read_text(encoding="utf-8") == whole.read_text(encoding="utf-8")


def test_peers_columns_say_so_in_the_manifest(tmp_path):
    plan = Synthetic(4, 3)
    path = write_travel_times(plan, tmp_path / "od.csv", columns="r5r", max_trip_min=2, blocks=Blocks(size=1)).path
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[:3] == ["from_id,to_id,travel_time_p50", "格0,格1,0", "格0,格2,0"]
    # origins 2 and 3 take more than two minutes
    assert len(lines) == 1 + 5
    manifest = json.loads(path.with_name("od.csv.manifest.json").read_text(encoding="utf-8"))
    assert manifest["about"]["columns"] == "r5r"
    assert manifest["about"]["max_trip_min"] == 2
    assert manifest["rows"] == 5


def test_the_key_of_a_plan_is_the_same_in_another_process(plan, tmp_path):
    path = tmp_path / "plan"
    path.write_bytes(pickle.dumps(plan))
    code = (
        "import pickle, sys; from megaregion.study.content_key import question_key; "
        "print(question_key(plan=pickle.load(open(sys.argv[1], 'rb'))))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == question_key(plan=plan)


def test_another_window_is_another_question(timetable, plan):
    other = plan_matrix(timetable, window=("07:00", "08:01"), percentiles=(5, 50, 95))
    assert question_key(plan=other) != question_key(plan=plan)
    again = plan_matrix(timetable, window=("07:00", "08:00"), percentiles=(5, 50, 95))
    assert question_key(plan=again) == question_key(plan=plan)


def read_omx(path):
    """What another program reads, and what the validator of the format's own library says."""
    openmatrix = pytest.importorskip("openmatrix")
    file = openmatrix.open_file(str(path))
    try:
        matrices = {name: np.array(file[name]) for name in file.list_matrices()}
        attributes = {name: (file[name].attrs.unit.decode(), float(file[name].attrs.NA)) for name in matrices}
        lookups = {name: list(file.mapping(name)) for name in file.list_mappings()}
        version, shape = file.version(), tuple(map(int, file.shape()))
    finally:
        file.close()
    return matrices, attributes, lookups, version, shape


def test_omx_is_read_by_its_own_library(plan, times, tmp_path, capsys):
    path = write_travel_times(plan, tmp_path / "od.omx", blocks=Blocks(size=2)).path
    matrices, attributes, lookups, version, shape = read_omx(path)
    assert (version, shape) == (b"0.2", (5, 5))
    assert set(matrices) == set(times.table) - {"from_id", "to_id"}
    for name in ("fastest_s", "first_arrival_s", "last_arrival_s", "departures"):
        assert np.array_equal(matrices[name], getattr(times, name).astype(np.float64))
    for percentile in (5, 50, 95):
        assert np.array_equal(matrices[f"travel_time_p{percentile:02g}_s"], times.percentile_s(percentile))
    assert attributes["fastest_s"] == ("s", np.inf)
    assert attributes["departures"] == ("", np.inf)
    assert lookups == {"from_id": [stop.encode() for stop in STOPS], "to_id": [stop.encode() for stop in STOPS]}
    validator = pytest.importorskip("openmatrix.validator")
    file = validator.open_file(str(path))
    try:
        # check 12 says that the library does not support what it looks for
        checks = [getattr(validator, f"check{number}")(file) for number in range(1, 12)]
    finally:
        file.close()
    capsys.readouterr()
    assert [check for check in checks if not check[0]] == []


@pytest.mark.parametrize("text", [True, False])
def test_omx_in_memory_and_in_blocks_and_from_a_table_hold_the_same(tmp_path, monkeypatch, text):
    # chunks of two rows, so that blocks and chunks do not meet
    monkeypatch.setattr(omx, "_CHUNK_CELLS", 8)
    plan = Synthetic(7, 4, text)
    blocks = write_travel_times(plan, tmp_path / "blocks.omx", blocks=Blocks(size=3)).path
    whole = plan.block(range(7))
    memory = write_omx(whole, tmp_path / "memory.omx")
    table = write_omx_table(whole.table, tmp_path / "table.omx")
    read = [read_omx(path) for path in (blocks, memory, table)]
    for other in read[1:]:
        assert other[1:] == read[0][1:]
        for name, matrix in read[0][0].items():
            assert np.array_equal(other[0][name], matrix), name
    ids = read[0][2]["from_id"]
    assert ids == (["格".encode() + str(at).encode() for at in range(7)] if text else list(range(1, 8)))


def test_pairs_that_a_table_leaves_out_are_not_available(tmp_path):
    table = pd.DataFrame({"from_id": ["1", "2", "2"], "to_id": ["7", "7", "8"], "travel_time_p50": [5, None, 3]})
    matrices, attributes, lookups, _, _ = read_omx(write_omx_table(table, tmp_path / "od.omx"))
    assert matrices["travel_time_p50"].tolist() == [[5, np.inf], [np.inf, 3]]
    assert attributes == {"travel_time_p50": ("min", np.inf)}
    assert lookups == {"from_id": [1, 2], "to_id": [7, 8]}


def test_what_cannot_be_written_says_what_is_accepted(tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"'od.xlsx' ends in '.xlsx'; expected .csv, .parquet or .omx"):
        write_travel_times(Synthetic(1, 1), tmp_path.relative_to(tmp_path) / "od.xlsx")
    with pytest.raises(InputError, match=r"columns 'r5r' cannot be written to od.omx; expected si"):
        check_od_file(tmp_path / "od.omx", "r5r")
    with pytest.raises(InputError, match="5 origins and 0 destinations: there is nothing to write"):
        write_omx(Synthetic(5, 0).block(range(5)), tmp_path / "od.omx")
    table = pd.DataFrame({"from_id": ["1", "1"], "to_id": ["7", "7"], "travel_time_p50": [5, 6]})
    with pytest.raises(InputError, match="row 2 gives the pair '1' to '7' a second time; expected each pair once"):
        write_omx_table(table, tmp_path / "od.omx")
    with pytest.raises(InputError, match="the table has no column 'to_id'; it has from_id, travel_time_p50"):
        write_omx_table(table.drop(columns="to_id"), tmp_path / "od.omx")
    with pytest.raises(InputError, match="the table has no column of numbers"):
        write_omx_table(table.drop(columns="travel_time_p50"), tmp_path / "od.omx")
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(InputError, match=r"package h5py.* pip install 'megaregion\[exchange\]' .*, or write"):
        check_od_file(tmp_path / "od.omx")


def test_a_run_that_was_stopped_goes_on(plan, tmp_path):
    path = tmp_path / "od.parquet"

    def stop(done, total):
        del total
        if done >= 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_travel_times(plan, path, blocks=Blocks(size=1, workers=1, progress=stop))
    run = write_travel_times(replace(plan), path, blocks=Blocks(size=2))
    assert (run.n_reused, run.n_computed, run.n_rows) == (2, 3, 25)
    assert len(pq.read_table(path)) == 25
