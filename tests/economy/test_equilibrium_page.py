"""The examples of the page about equilibria run and give what the page says."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "equilibrium.md").read_text(encoding="utf-8")


def test_the_numbers_of_the_page_are_those_of_the_code() -> None:
    names: dict[str, Any] = {}
    checked = 0
    for block in re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL):
        marks = {}
        for number, line in enumerate(block.splitlines(), 1):
            mark = re.search(r"  # (?!fmt)(.*)$", line)
            if mark:
                marks[number] = ast.literal_eval(mark[1])
        for node in ast.parse(block).body:
            code = ast.unparse(node)
            if node.lineno in marks:
                found = eval(code, names)  # noqa: S307 - our own page
                assert found == (
                    pytest.approx(marks[node.lineno]) if isinstance(found, float) else marks[node.lineno]
                ), code
                checked += 1
            else:
                exec(code, names)  # noqa: S102 - our own page
    assert checked == 10
    low, middle, high = names["bands"].welfare
    # what the page tells in words, within what 200 draws can say
    said = [float(value) for value in re.search(r"worth ([\d.]+) % .* \(([\d.]+) to ([\d.]+) %\)", PAGE).groups()]
    assert [100 * (value - 1) for value in (middle, low, high)] == pytest.approx(said, abs=0.35)
