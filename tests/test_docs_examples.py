"""What the pages show has been run and prints what they say."""

import re
import shlex
import sys
from pathlib import Path

import pytest

from megaregion.cli.app import run

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from docs_site import page_examples, reference_pages  # noqa: E402
from docs_site.sample_files import write_sample_files  # noqa: E402

READMES = [ROOT / "README.md", ROOT / "README.zh.md"]
PAGES = [*page_examples.pages(ROOT / "docs"), *READMES]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_page_shows_what_is_printed(page, tmp_path):
    text = page.read_text(encoding="utf-8")
    assert page_examples.played(text, tmp_path) == text, (
        f"run `python tools/run_examples.py {page.relative_to(ROOT).as_posix()}` and read what has changed"
    )


def test_a_page_that_says_something_else_is_seen(tmp_path):
    text = "```console run\n$ megaregion explain file_is_no_feed | head -1\nsomething else\n```\n"
    assert "file_is_no_feed (info)" in page_examples.played(text, tmp_path)


def test_a_command_that_fails_is_no_example(tmp_path):
    with pytest.raises(ValueError, match=r"ended with 4: .*no region"):
        page_examples.played("```console run\n$ megaregion log --region nowhere\n```\n", tmp_path)


def test_only_some_programs_run(tmp_path):
    with pytest.raises(ValueError, match="cannot be run here"):
        page_examples.played("```console run\n$ rm -rf x\n```\n", tmp_path)


def test_the_examples_of_the_commands_run(tmp_path, monkeypatch, capsys):
    """One after the other, in one folder: later ones use what earlier ones wrote."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEGAREGION_CACHE", "off")
    write_sample_files(tmp_path)
    for line in reference_pages.example_lines():
        code = run(shlex.split(line)[1:])
        assert code == 0, (line, capsys.readouterr().err)
    capsys.readouterr()


@pytest.mark.parametrize("page", READMES, ids=lambda page: page.name)
def test_figures_of_the_readme_are_those_of_the_pages(page):
    """What stands in bold in the table of questions stands on the page that the question leads to."""
    rows = re.findall(
        r"^\| \[[^]]+]\((docs/questions/[^)]+)\) \| .*? \| (.*) \|$", page.read_text("utf-8"), re.MULTILINE
    )
    figures = [(ROOT / target, figure) for target, shown in rows for figure in re.findall(r"\*\*([^*]+)\*\*", shown)]
    assert len(figures) >= 10
    for target, figure in figures:
        printed = " ".join("".join(body for _, body in page_examples.BLOCK.findall(target.read_text("utf-8"))).split())
        assert figure in printed, (target.name, figure)


def test_both_readmes_show_the_same_figures():
    shown = []
    for page in READMES:
        rows = re.findall(r"^\| \[[^]]+]\((docs/questions/[^)]+)\) (.*)$", page.read_text("utf-8"), re.MULTILINE)
        shown.append({target: sorted(re.findall(r"\*\*([^*]+)\*\*", row)) for target, row in rows})
    assert shown[0] == shown[1]


def test_both_readmes_ask_the_same_questions():
    english, chinese = (re.findall(r"\]\((docs/questions/[^)#]+)", page.read_text("utf-8")) for page in READMES)
    assert set(english) == set(chinese)
    headings = [len(re.findall(r"^## ", page.read_text("utf-8"), re.MULTILINE)) for page in READMES]
    assert headings[0] == headings[1]
