from pathlib import Path

from megaregion.region.schema import schemas
from megaregion.region.schema_page import schema_page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "table-reference.md"


def test_the_page_in_the_docs_is_current():
    remedy = "python -m megaregion.region.schema_page > docs/table-reference.md"
    assert PAGE.read_text(encoding="utf-8") == schema_page(), (
        f"a schema changed since the page was printed; run {remedy}"
    )


def test_every_field_has_a_row():
    sections = schema_page().split("\n## ")[1:]
    assert [section.split("\n")[0] for section in sections] == sorted(schemas())
    for section in sections:
        fields = schemas()[section.split("\n")[0]].fields
        rows = [line for line in section.splitlines() if line.startswith("| `")]
        assert [row.split("`")[1] for row in rows] == [field.name for field in fields]
        assert {row.count("|") for row in rows} == {8}


def test_a_row_worked_by_hand():
    row = "| `lat` | number | degree | required | -90 to 90 |  | Latitude of the centre, WGS84 |"
    assert row in schema_page().splitlines()
