"""The examples of the page about accessibility run and give what the page says."""

import ast
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from megaregion.cli.app import run

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "accessibility.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


def test_the_numbers_of_the_page_are_those_of_the_code() -> None:
    names: dict[str, Any] = {}
    checked = 0
    for line in blocks("python")[0].splitlines():
        code, mark, wanted = line.partition("  # ")
        if mark:
            assert eval(code, names) == ast.literal_eval(wanted), line  # noqa: S307 - our own page
            checked += 1
        else:
            exec(line, names)  # noqa: S102 - our own page
    assert checked == 5


def test_the_isochrones_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(blocks("python")[1], names)  # noqa: S102 - our own page
    assert len(names["found"].table) == 4
    assert (tmp_path / "hongqiao.gpkg").is_file()


@pytest.mark.parametrize("command", blocks("sh")[0].splitlines())
def test_the_commands_of_the_page(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(shlex.split(command)[1:]) == 0
    assert capsys.readouterr().out
    written = re.search(r"-o (\S+)", command)
    assert written is None or (tmp_path / written[1]).is_file()
