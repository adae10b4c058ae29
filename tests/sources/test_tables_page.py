import re
from pathlib import Path

import pandas as pd
import pytest

from megaregion.errors import InputError
from megaregion.notices import catalogue
from megaregion.region.model import Region
from megaregion.sources.tables import read_table

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "tables.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```csv (\w+)\n(.*?)```\n.*?```text\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.mark.parametrize(("table", "content", "messages"), EXAMPLES)
def test_every_example_gives_exactly_its_messages(tmp_path, table, content, messages):
    path = tmp_path / f"{table}.csv"
    path.write_text(content, encoding="utf-8")
    cities = pd.DataFrame({"city_id": ["310000"], "name": ["上海市"], "lon": [121.47], "lat": [31.23]})
    region = Region("delta").with_table("cities", cities)
    try:
        notices = read_table(path, table, region=region).notices
    except InputError as problem:
        notices = problem.notices
    shown = [notice.render() for notice in notices]
    assert sorted(shown) == sorted(messages.splitlines())


def test_the_page_names_only_codes_that_exist_and_all_of_these_readers():
    named = set(re.findall(r"\[([a-z_]+)\]$|`([a-z]+(?:_[a-z]+)+)`", PAGE, flags=re.MULTILINE))
    named = {first or second for first, second in named} - {"city_id", "city_facts", "name_zh", "name_en"}
    assert named <= set(catalogue())
    house = Path(__file__).resolve().parents[2] / "src" / "megaregion" / "sources"
    source = "".join(
        (house / f"{name}.py").read_text() for name in ("delimited", "cells", "tables", "workbook", "boundaries")
    )
    used = {code for code in catalogue() if f'"{code}"' in source}
    assert used - named <= {"point_near_pole", "required_table_without_rows"}
