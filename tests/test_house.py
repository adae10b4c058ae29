"""The house itself: which way imports go, what the face shows, what help costs, that findings are catalogued."""

import ast
import pkgutil
import subprocess
import sys
import types
from pathlib import Path

import pytest

import megaregion
from megaregion import economy, mobility
from megaregion.errors import InputError
from megaregion.notices import MAX_PER_CODE, Notices, catalogue

SOURCE = Path(megaregion.__file__).parent
LAYERS = ["errors", "notices", "clock", "region", "sources", "mobility", "economy", "study", "publish", "cli"]
"""From the ground up: a package may import those before it. The domains stand side by side above `sources`."""
DOMAINS = {"mobility", "economy"}
"""They never import each other: `study` joins them."""


def imports_of(file):
    """Packages of megaregion that a file imports, `if TYPE_CHECKING` left out: types are no dependency at run time."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    found = set()
    for node in ast.walk(tree):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module == "megaregion":
            names += [f"megaregion.{alias.name}" for alias in node.names]
        found |= {name.split(".")[1] for name in names if name.startswith("megaregion.")}
    return found & set(LAYERS)


@pytest.mark.parametrize("package", LAYERS)
def test_imports_go_one_way(package):
    files = [SOURCE / f"{package}.py"] if (SOURCE / f"{package}.py").exists() else (SOURCE / package).rglob("*.py")
    allowed = set(LAYERS[: LAYERS.index(package) + 1])
    if package in DOMAINS:
        allowed -= DOMAINS - {package}
    for file in files:
        assert imports_of(file) <= allowed, file


def test_the_walk_sees_an_import_that_goes_the_wrong_way(tmp_path):
    wrong = tmp_path / "wrong.py"
    wrong.write_text("def f():\n    from megaregion.cli import app\n    import megaregion.study.compare\n")
    assert imports_of(wrong) == {"cli", "study"}


@pytest.mark.parametrize("name", ["connection_scan", "departure_order", "raptor", "street_search"])
def test_kernels_import_numpy_and_numba_only(name):
    """Nothing else, but constants of one another: their caches do not see what other modules become."""
    tree = ast.parse((SOURCE / "mobility" / f"{name}.py").read_text(encoding="utf-8"))
    top = {
        node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert top <= {"__future__", "typing", "numpy", "numba", "megaregion.mobility.connection_scan"}


@pytest.mark.parametrize("face", [megaregion, economy, mobility])
def test_the_face_is_what_can_be_imported(face):
    for name in face.__all__:
        assert getattr(face, name) is not None
    assert set(dir(face)) == set(face.__all__)


@pytest.mark.parametrize("face", [megaregion, economy, mobility])
def test_no_module_hides_a_name_of_the_face(face):
    """Importing a module sets its name in its package: a function of the same name would be gone after that."""
    modules = {entry.name for entry in pkgutil.iter_modules(face.__path__)}
    functions = {name for name in face.__all__ if not isinstance(getattr(face, name), types.ModuleType)}
    assert modules & functions == set()


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'velocity'"):
        _ = megaregion.velocity


def test_help_and_import_load_nothing_heavy():
    """Help answers in a fraction of a second because it loads neither numpy nor pandas."""
    code = (
        "import sys; from megaregion.cli.app import run; run(['journey', '--help']); import megaregion; "
        "print(sorted({'numpy', 'pandas', 'numba', 'pyarrow', 'shapely', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"


def test_every_code_of_the_catalogue_is_complete():
    for code in catalogue().values():
        assert code.severity in {"error", "warning", "info"}
        for text in (code.summary_en, code.summary_zh, code.fix_en, code.fix_zh):
            assert text
            assert text == text.strip()


def test_every_code_that_is_raised_is_catalogued_and_used():
    """A code stands in the catalogue if and only if some source names it."""
    text = "\n".join(file.read_text(encoding="utf-8") for file in SOURCE.rglob("*.py"))
    # a reader may add what it accepts after a colon
    unused = [code for code in catalogue() if f'"{code}"' not in text and f'"{code}:' not in text]
    assert unused == []


def test_many_findings_are_counted_and_a_few_shown():
    notices = Notices()
    for line in range(MAX_PER_CODE + 500):
        notices.add("missing_value", "blank", file="t.csv", line=line)
    assert len(notices) == MAX_PER_CODE
    assert notices.counts["missing_value"] == MAX_PER_CODE + 500
    with pytest.raises(InputError) as caught:
        notices.raise_errors("reading t.csv")
    text = str(caught.value)
    assert text.startswith(f"reading t.csv: {MAX_PER_CODE + 500} problems; nothing was changed.")
    assert text.endswith(f"... and {MAX_PER_CODE + 495} more of [missing_value]")
