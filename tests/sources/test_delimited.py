import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from megaregion.errors import InputError, LimitError
from megaregion.notices import Notice, Notices
from megaregion.sources import delimited
from megaregion.sources.delimited import Delimited, read_delimited


def read(data, **options) -> tuple[Delimited, Notices]:
    notices = Notices()
    return read_delimited(data, file="cities.csv", notices=notices, **options), notices


def only(notices: Notices) -> Notice:
    assert len(notices) == 1, notices.render()
    return next(iter(notices))


def test_cells_stay_the_text_that_they_are():
    got, notices = read(b"city_id, name ,n\n0012,NA,\nnull,None, 1 \n")
    assert list(got.frame.columns) == ["city_id", "name", "n"]
    assert got.frame.to_numpy().tolist() == [["0012", "NA", ""], ["null", "None", " 1 "]]
    assert not got.frame.isna().to_numpy().any()
    assert set(got.frame.dtypes.astype(str)) == {"str"}
    assert got.lines.tolist() == [2, 3]
    assert got.lines.dtype == np.int64
    assert not len(notices)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_whatever_ends_them(end):
    got, _ = read(f"a,b{end}{end}1,2{end}3,4".encode())
    assert got.frame.to_numpy().tolist() == [["1", "2"], ["3", "4"]]
    assert got.lines.tolist() == [3, 4]


def test_quoted_lines_are_counted_and_kept():
    got, _ = read(b'a,"b"\n"1\n\n2","x,""y"""\n3,4\n')
    assert got.frame.to_numpy().tolist() == [["1\n\n2", 'x,"y"'], ["3", "4"]]
    assert got.lines.tolist() == [2, 5]


def test_byte_order_mark_is_dropped():
    for encoding in ("utf-8-sig", "utf-16"):
        got, notices = read("a,b\n苏州,2\n".encode(encoding), encoding=encoding.removesuffix("-sig"))
        assert list(got.frame.columns) == ["a", "b"]
        assert got.frame["a"].tolist() == ["苏州"]
        assert not len(notices)


def test_declared_encoding_and_delimiter(tmp_path):
    path = tmp_path / "cities.txt"
    path.write_bytes("城市;人口\n苏州;2\n".encode("gb18030"))
    got, _ = read(path, encoding="gb18030", delimiter=";")
    assert got.frame.to_dict("list") == {"城市": ["苏州"], "人口": ["2"]}


@pytest.mark.parametrize("data", [b"", b"\n\r\n ", b"\xef\xbb\xbf"])
def test_empty_file_names_the_header_that_is_expected(data):
    got, notices = read(data, expected=("city_id", "name"))
    assert only(notices).message == "file is empty; expected a header line with city_id, name."
    assert only(notices).file == "cities.csv"
    assert len(got.frame) == 0


def test_header_alone_is_a_table_without_rows():
    for data in (b"a,b", b"a,b\n", b"a,b\r\n\r\n"):
        got, notices = read(data)
        assert got.frame.shape == (0, 2)
        assert got.lines.shape == (0,)
        assert not len(notices)


def test_undecodable_bytes_are_placed_and_never_guessed():
    start = "city_id,name\n1,上海\n2,".encode()
    _, notices = read(start + "苏州".encode("gb18030"))
    notice = only(notices)
    assert (notice.code, notice.line, notice.value) == ("undecodable_bytes", 3, "cb d5 d6 dd")
    assert f"byte offset {len(start)} holds cb d5 d6 dd, which is not utf-8" in notice.message
    assert "--encoding gb18030" in notice.fix
    _, notices = read("a,b\n1,2\n".encode("utf-16"))
    assert "--encoding utf-16" in only(notices).fix
    _, notices = read(b"a,b\n1,\xff", encoding="gb18030")
    assert "--encoding utf-8 " in only(notices).fix


def test_unknown_encoding_and_delimiter_are_refused():
    with pytest.raises(InputError, match=r"cities.csv: encoding 'gbx' is not known; expected a name such as utf-8"):
        read(b"a\n", encoding="gbx")
    with pytest.raises(InputError, match=r"cities.csv: delimiter is ';;'; expected one character"):
        read(b"a\n", delimiter=";;")


def test_duplicate_column_names_both_positions():
    _, notices = read(b"id,pop,name,pop\n1,2,3,4\n")
    notice = only(notices)
    assert (notice.code, notice.line, notice.field) == ("duplicate_column", 1, "pop")
    assert "column 'pop' stands at position 2 and again at position 4" in notice.message


def test_rows_of_another_width_are_named_and_left_out():
    got, notices = read(b"a,b,c\n1,2,3\n1\n1,2,3,4\n5,6,7\n")
    short, long = notices
    assert (short.code, short.line, short.field) == ("too_few_cells", 3, "b")
    assert short.message == "row has 1 cells; expected 3, there is none for 'b', 'c'."
    assert (long.code, long.line, long.value) == ("too_many_cells", 4, "4")
    assert long.message == "row has 4 cells; expected 3, the first one too many is '4'."
    assert "double quotes" in long.render()
    assert got.frame["a"].tolist() == ["1", "5"]
    assert got.lines.tolist() == [2, 5]


def test_more_problems_than_are_kept_are_counted():
    _, notices = read(b"a,b\n" + b"1\n" * 1_500 + b"1,2,3\n" * 1_200)
    assert notices.counts == {"too_few_cells": 1_500, "too_many_cells": 1_200}
    assert len(notices) == 2_000


def test_nul_byte_is_placed():
    _, notices = read(b"a,b\n1,x\0y\n")
    notice = only(notices)
    assert (notice.code, notice.line, notice.field, notice.value) == ("nul_byte", 2, "b", "x\\0y")
    _, notices = read(b"a,b\0\n1,2\n")
    assert only(notices).line == 1


def test_unclosed_quote_is_reported_where_it_opened():
    got, notices = read(b'a,b\n1,2\n"x\ny",\n3,"never\n4,5\n')
    notice = only(notices)
    assert (notice.code, notice.line, notice.field) == ("unclosed_quote", 5, "b")
    assert "never closed" in notice.message
    assert got.lines.tolist() == [2, 3, 6]
    _, notices = read(b'a,b\n"one,2\n3,4\n5,"six"\n')
    notice = only(notices)
    assert (notice.line, notice.field) == (2, "a")
    assert "followed by one inside a cell on line 4" in notice.message


def test_a_file_full_of_unclosed_quotes_is_given_up():
    _, notices = read(b"a,b\n" + b'1,"x" y\n' * 100_000)
    assert notices.counts["unclosed_quote"] == 20


def test_unnamed_columns():
    got, notices = read(b"a,b,\n1,2,\n3,4,\n")
    assert (only(notices).code, only(notices).severity) == ("blank_column", "warning")
    assert list(got.frame.columns) == ["a", "b"]
    _, notices = read(b",b\n0,2\n")
    assert "column 1 has no name, yet it holds '0'" in only(notices).message


@pytest.mark.parametrize("rows", [b"1,2\n" * 11, b'1,"2"\n' * 11, b"1,2\n" * 10 + b'1,2"\n', b"1,2\n" * 5_000])
def test_too_many_rows_are_refused(rows, tmp_path):
    path = tmp_path / "cities.csv"
    path.write_bytes(b"a,b\n" + rows)
    with pytest.raises(
        LimitError, match=r"cities.csv line \d+: more than 10 rows; reading stopped at line \d+"
    ) as raised:
        read(path, max_rows=10)
    assert raised.value.exit_code == 2
    assert next(iter(raised.value.notices)).line >= 12
    assert len(read(b"a,b\n" + b"1,2\n" * 10, max_rows=10)[0].frame) == 10


def test_a_long_file_is_refused_before_it_is_in_memory(tmp_path, monkeypatch):
    path = tmp_path / "cities.csv"
    path.write_bytes(b"a,b\n" + b'"1\n",2\n' * 20_000)
    monkeypatch.setattr(delimited, "_CHUNK_BYTES", 1_001)
    monkeypatch.setattr(type(path), "read_bytes", lambda _: pytest.fail("was read whole"))
    with pytest.raises(LimitError, match="more than 1000 rows"):
        read(path, max_rows=1_000)


cells = st.text(st.sampled_from('ab1 ,;"\n\t苏\u00a0'), max_size=5)
pieces = st.text(st.sampled_from('a1,"\n\r苏'), max_size=40)


@given(st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1)),
       st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]), st.sampled_from(["\n", "\r\n"]))  # fmt: skip
def test_reads_what_the_standard_library_wrote(rows, quoting, end):
    stream = io.StringIO()
    writer = csv.writer(stream, quoting=quoting, lineterminator=end)
    names = [f"c{position}" for position in range(len(rows[0]))]
    writer.writerows([names, *rows])
    text = stream.getvalue()
    got, notices = read(text.encode())
    assert not len(notices)
    assert got.frame.to_numpy().tolist() == rows
    reader = csv.reader(io.StringIO(text, newline=""))
    starts, before = [], 0
    for _ in reader:
        starts.append(before + 1)
        before = reader.line_num
    assert got.lines.tolist() == starts[1:]


@given(pieces)
def test_both_ways_of_reading_agree_where_the_fast_one_takes_the_file(text):
    data = ("a,b\n" + text).encode()
    fast = delimited._read_regular(data, "x", ",", 100)
    notices = Notices()
    slow = delimited._read_any(data.decode(), "x", ",", notices, 100)
    if fast is None:
        return
    assert not len(notices), notices.render()
    assert fast.frame.equals(slow.frame)
    assert fast.lines.tolist() == slow.lines.tolist()


def test_regular_files_take_the_fast_way():
    for data in (b"a,b\n1,2\n", b'a,b\r\n"1","2\n"\r\n', b'"a",b\n"x""y",2\n'):
        assert delimited._read_regular(data, "x", ",", 100) is not None
