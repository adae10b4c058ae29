"""The views: each as a page, as JSON and as CSV, and the same figures in all of them and in Python."""

import csv
import gzip
import io
import re

import pytest

import megaregion as mr
from megaregion.publish.plain import plain
from megaregion.publish.server_views import FILTERS
from megaregion.study.measures import measures
from support.served import FILES, opened


@pytest.fixture(scope="module", autouse=True)
def _cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEGAREGION_CACHE", str(tmp_path_factory.mktemp("cache") / "results"))
        yield


@pytest.fixture(scope="module")
def client():
    with opened() as found:
        yield found


def rows_of(answer):
    """Rows of a CSV, cells as text."""
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith("\ufeff".encode())
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def as_cell(value):
    if value is None:
        return ""
    return value if isinstance(value, str) else repr(value)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("gdp_share", {"year": 2021}), ("time_to_all", {"year": 2019}), ("fastest_train", {"year": 2012})],
)
def test_the_twins_and_python_agree(client, name, parameters):
    query = "&".join(f"{key}={value}" for key, value in parameters.items())
    document = client.get(f"/measures/{name}.json?{query}").json()
    expected = mr.run(mr.open("yrd"), measures=[name], parameters=parameters)[name]
    rows = [{key: row[key] for key in expected.table.columns} for row in document["rows"]]
    assert rows == [plain(row) for row in expected.table.to_dict("records")]
    assert document["total"] == len(rows) > 0
    # what the figures rest on is that of Python, the content key among it
    assert document["provenance"] == plain(expected.provenance)
    answer = client.get(f"/measures/{name}.csv?{query}")
    cells = rows_of(answer)
    assert cells == [{key: as_cell(row[key]) for key in document["columns"]} for row in document["rows"]]
    # a table without a manifest is a rumour
    assert answer.headers["link"] == f'</measures/{name}.json?{query}>; rel="describedby"; type="application/json"'
    page = client.get(f"/measures/{name}?{query}").text
    assert f'href="/measures/{name}.csv?{query}"' in page
    assert len(re.findall("<tr", page)) == min(len(rows), 1000) + 1


def test_a_scenario_by_name_gives_what_python_gives(client):
    found = client.get("/measures/time_to_all.json?scenario=metro-2026").json()
    expected = mr.run(mr.open("yrd"), "metro-2026", measures=["time_to_all"])["time_to_all"]
    assert [row["value"] for row in found["rows"]] == [plain(value) for value in expected.table["value"]]
    assert found["provenance"]["scenario_id"] == expected.provenance["scenario_id"]


def test_an_unreachable_value_is_inf_and_a_missing_one_blank(client):
    document = client.get("/measures/fastest_train.json?year=2012").json()
    cells = rows_of(client.get("/measures/fastest_train.csv?year=2012"))
    assert {"inf"} == {
        cell["value"] for cell, row in zip(cells, document["rows"], strict=True) if row["value"] == "inf"
    }


def test_filters_keep_the_rows_they_name(client):
    whole = client.get("/measures/typical_time.json?year=2019").json()["rows"]
    from_hangzhou = client.get("/measures/typical_time.json?year=2019&from=杭州").json()
    assert from_hangzhou["rows"] == [row for row in whole if row["from_id"] == "330100"]
    one = client.get("/measures/typical_time.json?year=2019&from=Hangzhou&to=310000").json()
    assert one["rows"] == [row for row in whole if (row["from_id"], row["to_id"]) == ("330100", "310000")]
    assert client.get("/measures/time_to_all.json?city=上海&lang=zh").json()["rows"][0]["city"] == "上海市"


def test_no_measure_has_a_parameter_that_a_view_takes_for_itself():
    taken = {"lang", "scenario", *(name for names in FILTERS.values() for name in names)}
    for measure in measures().values():
        assert not taken & {parameter.name for parameter in measure.parameters}, measure.name


def test_a_matrix_holds_the_values_of_the_pairs(client):
    rows = client.get("/measures/typical_time.json?year=2019").json()["rows"]
    document = client.get("/matrix/typical_time.json?year=2019").json()
    matrix = {row["from_id"]: row for row in document["rows"]}
    assert all(matrix[row["from_id"]][row["to_id"]] == row["value"] for row in rows)
    assert all(matrix[city][city] is None for city in matrix)
    cells = rows_of(client.get("/matrix/typical_time.csv?year=2019"))
    assert cells == [{key: as_cell(row[key]) for key in document["columns"]} for row in document["rows"]]


def test_a_table_comes_in_pages_that_make_the_whole(client):
    stops = mr.open("yrd").table("stops")
    found, address = [], "/tables/stops.json?limit=70"
    offset = 0
    while offset is not None:
        page = client.get(f"{address}&offset={offset}").json()
        assert page["total"] == len(stops)
        found += [row["stop_id"] for row in page["rows"]]
        offset = page["next"]
    assert found == stops["stop_id"].tolist()
    assert client.get("/tables/boundaries.json?limit=1").json()["rows"][0]["geometry"].startswith(("POLYGON", "MULTI"))


@pytest.mark.parametrize(
    "path", ["measures", "tables", "sources", "scenarios", "scenarios/metro-2026", "evidence", "notes"]
)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_view_has_three_forms(client, path, lang):
    page = client.get(f"/{path}?lang={lang}", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}">' in page.text
    document = client.get(f"/{path}.json?lang={lang}").json()
    assert set(document["title"]) == {"en", "zh"}
    assert document["title"][lang] in page.text
    assert len(rows_of(client.get(f"/{path}.csv?lang={lang}"))) == len(document["rows"])


def test_evidence_is_that_of_python(client):
    document = client.get("/evidence.json").json()
    assert document["claims"] == plain(mr.evidence(mr.open("yrd")).to_dict())["claims"]


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/measures/typical_time.json?year=x", 400, "'year' is 'x'; expected a year"),
        ("/measures/typical_time.json?year=1950", 404, "no timetable of 1950; it has those of 2012, 2019"),
        ("/measures/typical_time.json?yaer=2019", 400, "Did you mean 'year'?"),
        ("/measures/typical_time.json?year=2012&year=2019", 400, "'year' is given twice"),
        ("/measures/typical_time.json?from=Atlantis", 400, "no city 'Atlantis'"),
        ("/measures/typical_time.json?from=Suzhou", 400, "ambiguous"),
        ("/measures/typical_time.json?scenario=../../etc/passwd", 404, "no scenario"),
        ("/measures/typical_time.json?scenario=/etc/passwd", 404, "no scenario"),
        ("/measures/typical_time.json?lang=fr", 400, "lang is 'fr'; expected en or zh"),
        ("/measures/gdp_within.json?minutes=75", 400, "'minutes' is '75'; expected 60, 90, 120"),
        ("/measures/train_time.json", 400, "cannot be asked without parameter 'origin'"),
        ("/measures/time_to_all.json?from=上海", 400, "no parameter 'from'"),
        ("/measures/nothing.json", 404, "no measure 'nothing'"),
        ("/matrix/gdp.json", 400, "not for pairs"),
        ("/tables/stop.json", 404, "Did you mean 'stops'?"),
        ("/tables/stops.json?limit=0", 400, "limit is '0'; expected a number from 1 to 1000"),
        ("/tables/stops.json?limit=5000", 400, "limit is '5000'"),
        ("/tables/stops.json?offset=-1", 400, "offset is '-1'"),
        ("/tables/stops.json?offset=1.5", 400, "expected a whole number"),
        ("/tables/stops.json?offset=nan", 400, "offset is 'nan'"),
        ("/tables/stops.json?city=上海", 400, "no parameter 'city' here; there are lang, offset, limit"),
        ("/tables/stops.json?limit=%ff", 400, "cannot be read"),
        ("/scenarios/nothing.json", 404, "no scenario 'nothing'; there are metro-2026"),
        ("/tables/..%2f..%2fetc%2fpasswd", 404, "nothing at"),
        ("/..%2f..%2f..%2fetc/passwd", 404, "nothing at"),
        ("/data/../../../etc/passwd", 404, "nothing at"),
        ("/%00", 404, "nothing at"),
        ("/assets/0000000000000000/atlas.js", 404, "nothing at"),
        ("/api/nothing", 404, "nothing at /api/nothing"),
        (f"/tables/stops.json?offset={'9' * 600}", 400, "expected up to 500"),
    ],
)
def test_what_cannot_be_asked_is_said_in_one_shape(client, address, status, words):
    answer = client.get(address)
    document = answer.json()
    assert answer.status_code == document["status"] == status
    assert document["ok"] is False
    assert words in document["error"]
    assert isinstance(document["notices"], list)
    assert "Traceback" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_data_that_are_missing_say_what_would_bring_them(client):
    document = client.get("/measures/typical_time.json?year=1950").json()
    assert "megaregion import rail-timetable" in document["needs"]["en"]
    assert "请导入" in document["needs"]["zh"]


def test_a_person_gets_a_page_that_says_what_is_wrong(client):
    answer = client.get("/measures/nothing?lang=zh", headers={"accept": "text/html,*/*"})
    assert answer.status_code == 404
    assert "<h1>404</h1>" in answer.text
    assert "no measure &#x27;nothing&#x27;" in answer.text


def test_a_mistake_of_our_own_is_told_without_its_insides(client, monkeypatch):
    def broken(*_):
        msg = "secret path /home/x"
        raise ZeroDivisionError(msg)

    monkeypatch.setattr("megaregion.publish.server_views.list_tables", broken)
    answer = client.get("/tables.json?lang=zh&")
    assert answer.status_code == 500
    assert answer.json() == {
        "ok": False,
        "error": "something went wrong in the server; its log says what.",
        "status": 500,
        "notices": [],
    }


def test_a_wrong_method_is_refused_in_the_same_shape(client):
    answer = client.post("/measures.json", json={})
    assert (answer.status_code, answer.json()["status"]) == (405, 405)
    assert client.request("PATCH", "/measures.json").json()["error"].startswith("method 'PATCH'")


def test_the_atlas_is_served_byte_for_byte_and_kept_by_the_reader(client):
    assert client.get("/").content == FILES["index.html"]
    moved = client.get("/atlas.js")
    assert moved.status_code == 307
    assert moved.headers["cache-control"] == "no-cache"
    kept = client.get(moved.headers["location"])
    assert kept.content == FILES["atlas.js"]
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert client.get("/data/cities.csv", follow_redirects=True).content == FILES["data/cities.csv"]


def test_an_answer_that_still_holds_is_not_sent_again(client):
    first = client.get("/measures/time_to_all.json")
    again = client.get("/measures/time_to_all.json", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    other = client.get("/measures/time_to_all.json?year=2012")
    assert other.headers["etag"] != first.headers["etag"]


def test_answers_are_compressed_for_who_wants_it(client):
    plainly = client.get("/measures/time_to_all.json", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plainly.headers
    with client.stream("GET", "/measures/time_to_all.json", headers={"accept-encoding": "gzip"}) as packed:
        raw = b"".join(packed.iter_raw())
    assert packed.headers["content-encoding"] == "gzip"
    assert len(raw) < len(plainly.content)
    assert gzip.decompress(raw) == plainly.content
    head = client.head("/measures/time_to_all.json", headers={"accept-encoding": "identity"})
    assert (head.content, int(head.headers["content-length"])) == (b"", len(plainly.content))


def test_pages_hold_no_script_and_no_foreign_address(client):
    for path in ("/measures", "/measures/typical_time?year=2019", "/tables/sources", "/evidence?lang=zh", "/login"):
        text = client.get(path).text
        assert "<script" not in text
        assert not re.search(r"\son\w+=", text)
        assert not re.search(r'(?:src|href)="(?!/|data:,)', text)


def test_a_table_in_numbers_reads_well(client):
    text = client.get("/measures/gdp_share?year=2021").text
    assert "24.2%" in text
    assert "1 h" in client.get("/measures/typical_time?year=2019&from=上海").text


def test_a_page_in_chinese_speaks_chinese(client):
    text = client.get("/measures/gdp_within?year=2019&lang=zh").text
    assert "<th class=number>阈值内城市数</th>" in text
    assert "<th class=number>生产总值年份</th>" in text
    assert "<dt>依据</dt>" in text
    text = client.get("/evidence?lang=zh").text
    assert "证实" in text
    assert not re.findall(r"<t[hd][^>]*>(?:confirmed|contradicted|not decidable|statement_zh|explanation)</t", text)
    for lang, yes in (("zh", "是"), ("en", "yes")):
        text = client.get(f"/scenarios/metro-2026?lang={lang}").text
        assert f"<td>{yes}</td>" in text
        assert "True" not in text
        assert "{&#x27;" not in text
    # for programs the names stay
    assert client.get("/measures/gdp_within.json?year=2019&lang=zh").json()["columns"][-1] == "gdp_year"
