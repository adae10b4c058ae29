import dataclasses
import datetime as dt
import gzip
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from megaregion.errors import InputError, LimitError
from megaregion.notices import Notices
from megaregion.region.model import Region
from megaregion.region.schema import schema
from megaregion.sources.cells import read_cells
from megaregion.sources.coordinates import wgs84_to_gcj02
from megaregion.sources.tables import read_table

HEADER = "city_id,name,lon,lat"
GOOD = f"{HEADER}\n0012,NA,121.5,31.2\nnull,None,120.5,31.3\n"


@pytest.fixture
def write(tmp_path):
    def write(text, name="cities.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def findings(raised) -> list[tuple]:
    return [(note.code, note.line, note.field) for note in raised.value.notices if note.severity == "error"]


def codes(reading) -> list[str]:
    return [note.code for note in reading.notices]


def test_keys_that_look_like_numbers_or_nothing_stay_text(write):
    got = read_table(write(GOOD), "cities")
    cities = got.tables["cities"]
    assert cities["city_id"].tolist() == ["0012", "null"]
    assert cities["name"].tolist() == ["NA", "None"]
    assert cities["lon"].tolist() == [121.5, 120.5]
    assert list(cities.columns) == [field.name for field in schema("cities").fields]
    assert cities["province"].isna().all()
    assert not len(got.notices)


def test_all_formats_give_one_table(write, tmp_path):
    want = read_table(write(GOOD), "cities").tables["cities"]
    text = pd.read_csv(tmp_path / "cities.csv", dtype=str, keep_default_na=False)
    typed = text.astype({"lon": float, "lat": float})
    typed.to_parquet(tmp_path / "cities.parquet")
    typed.to_excel(tmp_path / "cities.xlsx", index=False)
    (tmp_path / "cities.csv.gz").write_bytes(gzip.compress(GOOD.encode()))
    write(GOOD.replace(",", "\t"), "cities.tsv")
    write(GOOD.replace(",", ";").encode("utf-8-sig"), "semicolon.csv")
    for name in ("cities.parquet", "cities.xlsx", "cities.csv.gz", "cities.tsv"):
        pd.testing.assert_frame_equal(read_table(tmp_path / name, "cities").tables["cities"], want)
    pd.testing.assert_frame_equal(
        read_table(tmp_path / "semicolon.csv", "cities", delimiter=";").tables["cities"], want
    )


def test_another_delimiter_is_seen_but_not_guessed(write):
    with pytest.raises(InputError, match=r"header is the one cell 'city_id;name'; .* fix: pass --delimiter ';'"):
        read_table(write("city_id;name\n1;2\n"), "cities")


def test_another_encoding_is_declared(write):
    path = write("city_id,name,lon,lat\n1,苏州,120.6,31.3\n".encode("gb18030"))
    with pytest.raises(InputError, match=r"cities.csv line 2: byte offset 23 holds cb d5 d6 dd.*--encoding gb18030"):
        read_table(path, "cities")
    assert read_table(path, "cities", encoding="gb18030").tables["cities"]["name"].tolist() == ["苏州"]


def test_all_problems_of_a_file_come_together(write):
    path = write(f"{HEADER},land_area_km2\n1,A,121,31,-5\n1,B,x,31,1\n,C,121,31.0,\n4,D,31.2,121.5,3\n5,E,1,2\n")
    with pytest.raises(InputError, match=r"cities.csv could not be read as table 'cities': 6 problems") as raised:
        read_table(path, "cities")
    assert set(findings(raised)) == {
        ("too_few_cells", 6, "land_area_km2"),
        ("invalid_number", 3, "lon"),
        ("out_of_range", 2, "land_area_km2"),
        ("missing_value", 4, "city_id"),
        ("out_of_range", 5, "lat"),
        ("duplicate_key", 3, "city_id"),
    }
    text = str(raised.value)
    assert "expected a number of at least 0 in km2" in text
    assert "'1' stands on line 2 and again on line 3" in text
    assert "The columns lon (31.2) and lat (121.5) look swapped." in text
    assert raised.value.exit_code == 2


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        ('"1,200"', "write 1200"),
        ("１２００", "write 1200"),
        ("1 200", "write 1200"),
        ('"1,5"', "write 1.5"),
        ("24%", "write 24"),
        ("inf", "leave the cell blank if it is not known"),
        ("NaN", "leave the cell blank if it is not known"),
        ("1_000", "write digits with a point and nothing else: 1200.5"),
        ("about 5", "write digits with a point and nothing else: 1200.5"),
    ],
)
def test_numbers_are_not_guessed(write, value, advice):
    with pytest.raises(InputError) as raised:
        read_table(write(f"{HEADER},land_area_km2\n1,A,121,31,{value}\n"), "cities")
    found = value.strip('"')
    assert (
        f"cities.csv line 2: field 'land_area_km2' is '{found}'; expected a number of at least 0 in km2."
        f"   fix: {advice}   [invalid_number]" in str(raised.value)
    )


def test_a_required_number_that_is_infinite(write):
    with pytest.raises(
        InputError, match=r"line 2: field 'lon' is 'inf'.*fix: write the number that it stands for"
    ) as raised:
        read_table(write(f"{HEADER}\n1,A,inf,31\n"), "cities")
    assert findings(raised) == [("invalid_number", 2, "lon")]


def test_a_share_given_in_percent(write, monkeypatch):
    cities = schema("cities")
    share = dataclasses.replace(cities.field("land_area_km2"), maximum=1.0, unit="share")
    fields = tuple(share if field.name == share.name else field for field in cities.fields)
    known = {"cities": dataclasses.replace(cities, fields=fields)}
    monkeypatch.setattr("megaregion.region.schema.schemas", lambda: known)
    with pytest.raises(InputError, match=r"is 24.0; expected a number from 0 to 1 in share. .*did you mean 0.24\?"):
        read_table(write(f"{HEADER},land_area_km2\n1,A,121,31,24\n"), "cities")
    with pytest.raises(InputError, match=r"fix: write 0.24"):
        read_table(write(f"{HEADER},land_area_km2\n1,A,121,31,24%\n"), "cities")


def test_columns_that_are_missing_or_unknown_name_the_closest(write):
    with pytest.raises(InputError) as raised:
        read_table(write("City_ID,name,long,lat\n1,A,121,31\n"), "cities")
    assert findings(raised) == [("missing_column", 1, "city_id"), ("missing_column", 1, "lon")]
    text = str(raised.value)
    assert "column 'city_id' is missing; found City_ID, name, long, lat. Did you mean 'City_ID'?" in text
    assert "column 'lon' is missing; found City_ID, name, long, lat. Did you mean 'long'?" in text
    got = read_table(write(f"{HEADER},provinc,note\n1,A,121,31,B,007\n"), "cities")
    assert codes(got) == ["unknown_column", "unknown_column"]
    assert (
        "column 'provinc' is not part of table 'cities'; it is kept as text. Did you mean 'province'?"
        in got.notices.render()
    )
    assert got.tables["cities"]["note"].tolist() == ["007"]


def test_an_interval_over_midnight_is_reported_with_its_line(write):
    rows = "trip_id,start_s,end_s,headway_s\nt:1,79200,90000,900\nt:2,79200,3600,900\n"
    got = read_table(write(rows, "freq.csv"), "frequencies")
    assert [(notice.code, notice.file, notice.line) for notice in got.notices] == [("empty_frequency", "freq.csv", 3)]


@pytest.mark.parametrize(
    ("inside", "found"),
    [
        (
            ["a.csv", "b.csv"],
            "cities.csv.gz: holds 2 files (a.csv, b.csv); expected one. Give the path",
        ),
        ([], "cities.csv.gz: holds 0 files; expected one."),
    ],
)
def test_a_zip_called_gz_is_read_only_if_it_holds_one_file(tmp_path, inside, found):
    path = tmp_path / "cities.csv.gz"
    with zipfile.ZipFile(path, "w") as archive:
        for name in inside:
            archive.writestr(name, GOOD)
    with pytest.raises(InputError) as raised:
        read_table(path, "cities")
    assert found in str(raised.value)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", GOOD)
    assert len(read_table(path, "cities").tables["cities"]) == len(GOOD.splitlines()) - 1


def test_header_alone(write):
    header = "city_id,indicator,year,value,unit\n"
    got = read_table(write(header, "facts.csv"), "city_facts")
    assert codes(got) == ["table_without_rows"]
    assert len(got.tables["city_facts"]) == 0
    with pytest.raises(InputError, match="table 'cities' has a header and no rows"):
        read_table(write(HEADER), "cities")
    with pytest.raises(
        InputError, match=r"cities.csv: file is empty; expected a header line with city_id, name, lon, lat"
    ):
        read_table(write(""), "cities")


def test_whole_numbers_and_blanks(write):
    header = "city_id,indicator,year,value,unit,vintage\n"
    facts = read_table(write(f"{header}1,gdp,2020.0,+1e3,CNY,\n1,gdp,2021,.5,CNY,x\n"), "city_facts").tables[
        "city_facts"
    ]
    assert facts["year"].tolist() == [2020, 2021]
    assert str(facts["year"].dtype) == "int64"
    assert facts["value"].tolist() == [1000.0, 0.5]
    assert facts["vintage"].isna().tolist() == [True, False]
    with pytest.raises(InputError, match=r"field 'year' is '2020.5'; expected a whole number from 1800 to 2100"):
        read_table(write(f"{header}1,gdp,2020.5,1,CNY,\n"), "city_facts")


def test_words_of_a_list(write):
    with pytest.raises(InputError, match=r"line 2: field 'status' is 'sure'; expected one of confirmed, unverified"):
        read_table(write(f"{HEADER},status\n1,A,121,31,sure\n"), "cities")


def test_points_that_stand_where_missing_ones_land(write):
    got = read_table(write(f"{HEADER}\n1,A,0,0\n2,B,121,31\n3,C,10,90\n"), "cities")
    assert [(note.code, note.line) for note in got.notices] == [("point_near_origin", 2), ("point_near_pole", 4)]


def test_chinese_and_projected_coordinates(write):
    lon, lat = wgs84_to_gcj02(121.5, 31.2)
    got = read_table(write(f"{HEADER}\n1,A,{lon:.9f},{lat:.9f}\n"), "cities", crs="gcj02").tables["cities"]
    assert got[["lon", "lat"]].to_numpy()[0] == pytest.approx([121.5, 31.2], abs=1e-8)
    path = write(f"{HEADER}\n1,A,500000,3500000\n")
    with pytest.raises(InputError, match="These are no degrees; pass --crs"):
        read_table(path, "cities")
    got = read_table(path, "cities", crs="EPSG:32651").tables["cities"]
    assert got["lon"].item() == pytest.approx(123)
    assert 31 < got["lat"].item() < 32
    with pytest.raises(InputError, match="'EPSG:1', which is not known"):
        read_table(path, "cities", crs="EPSG:1")


def test_references_into_a_region(write):
    region = Region("delta").with_table("cities", read_table(write(GOOD), "cities").tables["cities"])
    path = write("city_id,indicator,year,value,unit\n0012,gdp,2020,1,CNY\n012,gdp,2020,1,CNY\n", "facts.csv")
    with pytest.raises(InputError, match="could not be read as table 'city_facts': 1 problem") as raised:
        read_table(path, "city_facts", region=region)
    assert (
        "facts.csv line 3: field 'city_id' is '012', which field 'city_id' of table cities in region 'delta' "
        "does not have. Did you mean '0012'?" in str(raised.value)
    )
    assert len(read_table(path, "city_facts").tables["city_facts"]) == 2


def test_broken_references_beyond_those_kept_are_counted(write):
    region = Region("delta").with_table("cities", read_table(write(GOOD), "cities").tables["cities"])
    rows = "".join(f"{number},gdp,2020,1,CNY\n" for number in range(1_500))
    with pytest.raises(InputError, match="could not be read as table 'city_facts': 1500 problems"):
        read_table(write(f"city_id,indicator,year,value,unit\n{rows}", "facts.csv"), "city_facts", region=region)


def test_references_among_the_rows_themselves(write):
    path = write("stop_id,name,parent_stop_id\nx:1,A,x:2\nx:2,B,\nx:3,C,x:9\n", "stops.csv")
    with pytest.raises(InputError) as raised:
        read_table(path, "stops", region=Region("delta"))
    assert findings(raised) == [("foreign_key_violation", 4, "parent_stop_id")]


def test_spaces_around_keys_are_removed_and_told(write):
    got = read_table(write(f"{HEADER}\n 1 ,A, 121 ,31\n"), "cities")
    assert codes(got) == ["surrounding_spaces"]
    assert got.tables["cities"]["city_id"].tolist() == ["1"]


def test_shapes_do_not_come_as_text(write):
    with pytest.raises(InputError, match="GeoJSON"):
        read_table(write("city_id,kind,geometry\n1,user,POINT (1 2)\n", "boundaries.csv"), "boundaries")


def test_files_that_are_no_tables(write, tmp_path):
    with pytest.raises(InputError, match=r"there is no such file"):
        read_table(tmp_path / "cities.csv", "cities")
    with pytest.raises(InputError, match=r"a file ending in '.xls'; expected .csv, .txt, .tsv"):
        read_table(write("x", "cities.xls"), "cities")
    with pytest.raises(InputError, match=r"cities.xlsx: is not a workbook"):
        read_table(write("x", "cities.xlsx"), "cities")
    with pytest.raises(InputError, match=r"cities.parquet: is not a Parquet file"):
        read_table(write("x", "cities.parquet"), "cities")
    with pytest.raises(InputError, match=r"no table 'citys'.* Did you mean 'cities'"):
        read_table(write(GOOD), "citys")
    with pytest.raises(LimitError, match="more than 1 rows"):
        read_table(write(GOOD), "cities", max_rows=1)


def workbook(path, rows, **sheets):
    book = openpyxl.Workbook()
    for title, content in {"Sheet1": rows, **sheets}.items():
        sheet = book.active if title == "Sheet1" else book.create_sheet(title)
        sheet.title = title
        for row in content:
            sheet.append(row)
    book.save(path)
    return path


def test_keys_that_excel_made_numbers(tmp_path):
    header = HEADER.split(",")
    path = workbook(tmp_path / "cities.xlsx", [header, [12, "A", 121.5, 31], [], [310000.0, "B", "121", 31, None]])
    got = read_table(path, "cities")
    assert got.tables["cities"]["city_id"].tolist() == ["12", "310000"]
    assert codes(got) == ["id_from_number"]
    assert (
        "cities.xlsx[Sheet1] line 2: field 'city_id': 2 keys are stored as numbers, the first is 12"
        in got.notices.render()
    )


def test_what_else_excel_does(tmp_path):
    rows = [
        HEADER.split(","),
        [dt.date(2026, 2, 1), "A", "=1+120", 31],
        ["2", "#N/A", 121, 31],
        ["3", "C", 1, 2, "x"],
    ]
    with pytest.raises(InputError) as raised:
        read_table(workbook(tmp_path / "cities.xlsx", rows), "cities")
    assert findings(raised) == [
        ("id_from_date", 2, "city_id"),
        ("formula_without_value", 2, "lon"),
        ("error_in_cell", 3, "name"),
        ("too_many_cells", 4, ""),
        ("invalid_number", 2, "lon"),
    ]
    with pytest.raises(InputError, match="column 'name' stands at position 2 and again at position 3"):
        read_table(workbook(tmp_path / "cities.xlsx", [["city_id", "name", "name", "lon", "lat"]]), "cities")
    with pytest.raises(InputError, match="sheet is empty"):
        read_table(workbook(tmp_path / "cities.xlsx", []), "cities")


def test_the_sheet_that_is_meant(tmp_path):
    rows = [line.split(",") for line in GOOD.splitlines()]
    path = workbook(tmp_path / "book.xlsx", [["x"]], cities=rows, other=rows[:2])
    assert len(read_table(path, "cities").tables["cities"]) == 2
    assert len(read_table(path, "cities", sheet="other").tables["cities"]) == 1
    with pytest.raises(
        InputError, match=r"there is no sheet 'none'; the sheets are Sheet1, cities, other. Name one with"
    ):
        read_table(path, "cities", sheet="none")
    with pytest.raises(InputError, match="has 3 sheets and none is called 'stops'"):
        read_table(path, "stops")


def parquet(path, **columns):
    pq.write_table(pa.table(columns), path)
    return path


def test_parquet_types_are_checked(tmp_path):
    path = tmp_path / "cities.parquet"
    good = {"city_id": ["1"], "name": ["A"], "lon": [121.5], "lat": [31.2]}
    wrong = good | {"name": pa.array([b"\xcb\xd5"]), "lon": pa.array([True])}
    with pytest.raises(InputError) as raised:
        read_table(parquet(path, **wrong), "cities")
    assert findings(raised) == [("wrong_column_type", None, "name"), ("wrong_column_type", None, "lon")]
    assert "field 'name' has the type binary; expected text." in str(raised.value)
    broken = pa.StringArray.from_buffers(1, pa.array([0, 2], pa.int32()).buffers()[1], pa.py_buffer(b"\xcb\xd5"))
    with pytest.raises(InputError, match="field 'name' is not UTF-8"):
        read_table(parquet(path, **good | {"name": broken}), "cities")
    got = read_table(parquet(path, **good | {"city_id": [12.0]}), "cities")
    assert codes(got) == ["id_from_number"]
    assert got.tables["cities"]["city_id"].tolist() == ["12"]
    with pytest.raises(InputError, match="field 'city_id' has the type double; expected a key, kept as text"):
        read_table(parquet(path, **good | {"city_id": [12.5]}), "cities")
    with pytest.raises(InputError, match=r"line 1: field 'lon' is 'x'; expected a number"):
        read_table(parquet(path, **good | {"lon": ["x"]}), "cities")
    with pytest.raises(InputError, match=r"line 1: field 'lon' is blank"):
        read_table(parquet(path, **good | {"lon": pa.array([None], pa.float64())}), "cities")
    with pytest.raises(LimitError, match="has 2 rows; at most 1 rows"):
        read_table(parquet(path, a=[1, 2]), "cities", max_rows=1)


def test_more_problems_than_are_kept_are_counted(write):
    rows = "".join(f"{number},A,x,-91\n" for number in range(1_500))
    with pytest.raises(InputError, match=r"could not be read as table 'cities': 3000 problems") as raised:
        read_table(write(f"{HEADER}\n{rows}"), "cities")
    assert "... and 1495 more of [invalid_number]" in str(raised.value)
    assert "... and 1495 more of [out_of_range]" in str(raised.value)
    assert len(raised.value.notices) == 2_000


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_every_finite_number_is_read_exactly(values):
    field = schema("city_facts").field("value")
    text = pd.Series([repr(value) for value in values], dtype="str")
    notices = Notices()
    got, wrong = read_cells(field, text, file="x", lines=np.arange(len(values)), notices=notices)
    assert got.tolist() == values
    assert not wrong.any()
    assert not len(notices)


@given(st.lists(st.text(min_size=1), min_size=1))
def test_a_cell_is_read_as_a_number_only_where_python_reads_the_same(texts):
    field = schema("city_facts").field("value")
    column = pd.Series(texts, dtype="str")
    got, wrong = read_cells(field, column, file="x", lines=np.arange(len(texts)), notices=Notices())
    for text, number, bad in zip(texts, got, wrong, strict=True):
        if not np.isnan(number):
            assert float(text) == number
        elif not bad:
            assert not text.strip()
