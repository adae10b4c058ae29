"""Nothing is missing from the reference: commands, options, settings, notice codes, terms, Python names."""

import re
import sys
import tomllib
from importlib.resources import files
from pathlib import Path
from types import ModuleType

import pytest

import megaregion
from megaregion.notices import catalogue

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
sys.path.insert(0, str(ROOT / "tools"))

from docs_site import api_pages, reference_pages  # noqa: E402

PRINTED = sorted(set(reference_pages.pages()) - {"table-reference.md"})
"""Pages that are printed from the program; that of the tables has its own test."""

REPAIR = "is not what the program says now: run `make reference` and commit docs/"


def page(name):
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PRINTED)
def test_the_page_is_current(name):
    assert page(name) == reference_pages.pages()[name], f"docs/{name} {REPAIR}"


@pytest.mark.parametrize("name", sorted(reference_pages.commands()))
def test_every_option_of_every_command_is_explained(name):
    command = reference_pages.commands()[name]
    section = page("cli.md").partition(f"\n## megaregion {name}\n")[2].partition("\n## ")[0]
    assert section, f"docs/cli.md {REPAIR}"
    assert command.help, f"`megaregion {name}` has no help"
    for parameter in command.params:
        for option in (*parameter.opts, *parameter.secondary_opts):
            if option.startswith("-"):
                assert re.search(rf"`[^`]*{re.escape(option)}\b[^`]*` \|", section), (name, option)
        assert parameter.help, f"`megaregion {name}`: {parameter.name} has no help"


def test_every_command_has_an_example():
    lacking = [name for name, shown in reference_pages.examples().items() if not shown]
    assert lacking == [], (
        f"no example of {', '.join(lacking)}: add a line to tools/docs_site/cli_examples.txt, or show it on a page in "
        "docs/, and run `make reference`"
    )


def test_an_example_names_a_command_that_there_is():
    for line in reference_pages.example_lines():
        program, *words = line.split()
        assert program == "megaregion"
        assert {words[0], " ".join(words[:2])} & set(reference_pages.commands()), line


@pytest.mark.parametrize("code", sorted(catalogue()))
def test_every_notice_code_is_explained_in_both_languages(code):
    known = catalogue()[code]
    row = next((line for line in page("notices.md").splitlines() if f'<a id="{code}">' in line), "")
    assert row, f"docs/notices.md {REPAIR}"
    for text in (known.summary_en, known.summary_zh, known.fix_en, known.fix_zh):
        assert " ".join(text.replace("|", "\\|").replace("<", "&lt;").split()) in row


def public(face):
    """Names that can be imported from a face, other faces and the version aside."""
    names = {name for name in face.__all__ if not isinstance(getattr(face, name), ModuleType)}
    return names - {"__version__"}


def faces():
    below = {name: getattr(megaregion, name) for name in megaregion.__all__}
    return {"megaregion": megaregion} | {
        f"megaregion.{name}": face for name, face in below.items() if isinstance(face, ModuleType)
    }


def test_every_public_name_is_on_a_page():
    documented = {face.path: set(face.members) for face in api_pages.faces()}
    assert documented == {path: public(face) for path, face in faces().items()}


def test_every_public_name_says_what_it_is_and_every_parameter_what_it_means():
    pages = api_pages.pages()
    for face in api_pages.faces():
        for name, member in face.members.items():
            assert member.docstring, f"{face.path}.{name} has no docstring"
            entry = pages[face.page].partition(f"{{#{name}}}")[2].partition("\n## ")[0]
            assert len(entry) > 40, f"{face.path}.{name}"
    matrix = pages["api/megaregion.mobility.md"].partition("## travel_time_matrix")[2].partition("\n## ")[0]
    for written in ("`origins` (`", "**Raises**", "`InputError`", "max_rides", "-> TravelTimes"):
        assert written in matrix


def settings_read():
    """Environment variables that the source asks for, by their names."""
    found = set()
    for file in (ROOT / "src").rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        for word in re.findall(r"(?:environ(?:\.get)?|getenv)[(\[]\s*([\w\"']+)", text):
            constant = re.search(rf"^{word}(?:: [^=]+)? = [\"'](\w+)[\"']", text, re.MULTILINE)
            found.add(constant[1] if constant else word.strip("\"'"))
        found |= set(re.findall(r"envvar=[\"'](\w+)[\"']", text))
    return found


def test_every_environment_variable_is_explained():
    assert "MEGAREGION_CACHE" in settings_read()
    lacking = {name for name in settings_read() if f"| `{name}` |" not in page("settings.md")}
    assert lacking == set(), "add them to the first table of docs/settings.md"


def test_every_extra_is_explained():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    explained = set(re.findall(r"^\| `(\w+)` \| ", page("settings.md").partition("## Extras")[2], re.MULTILINE))
    assert set(project["optional-dependencies"]) <= explained, "add them to the table of extras in docs/settings.md"


def test_what_is_cited_is_this_version():
    assert f"\nversion: {megaregion.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


def keys_of(value, before=""):
    if isinstance(value, dict):
        return {found for key, below in value.items() for found in keys_of(below, f"{before}.{key}".lstrip("."))}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return {found for below in value for found in keys_of(below, before)}
    return {before}


def test_every_key_of_region_toml_is_explained():
    for about in (files("megaregion") / "examples").glob("*/region.toml"):
        keys = keys_of(tomllib.loads(about.read_text(encoding="utf-8")))
        lacking = {key for key in keys if f"`{key}`" not in page("settings.md")}
        assert lacking == set(), "add them to the table of region.toml in docs/settings.md"


def test_every_target_of_make_is_explained():
    targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[1].split()
    assert [target for target in targets if f"`make {target}`" not in page("settings.md")] == []


def test_terms_are_whole_and_told_apart():
    terms = reference_pages.glossary()
    for term in terms:
        assert all(term.values()), term
        assert all(text == text.strip() for text in term.values()), term
        assert re.search("[\u4e00-\u9fff]", term["meaning_zh"])
        assert re.fullmatch(r"[a-z0-9-]+", term["key"])
    for field in ("key", "en"):
        assert len({term[field] for term in terms}) == len(terms)


def test_terms_are_words_of_the_product():
    """A term that stands on no other page and in no source is none of ours."""
    others = [path for path in DOCS.rglob("*.md") if path.name != "glossary.md"]
    sources = [*others, *(ROOT / "src").rglob("*.py"), *(ROOT / "src").rglob("*.csv")]
    text = " ".join("\n".join(path.read_text(encoding="utf-8") for path in sources).lower().replace("_", " ").split())
    names = {re.sub(r"\s*\(.*\)", "", term["en"]).lower(): term["key"] for term in reference_pages.glossary()}
    unused = [name for name, key in names.items() if name not in text and key.replace("-", " ") not in text]
    assert unused == [], "use them, or take them out of tools/docs_site/glossary.csv"
