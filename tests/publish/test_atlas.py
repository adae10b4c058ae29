import csv
import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path

import pytest

from megaregion.errors import InputError, StorageError
from megaregion.publish import atlas_folder
from megaregion.publish.atlas import write_atlas
from megaregion.publish.atlas_states import AtlasStudy
from megaregion.region.model import Region
from support.made_atlas import study_of

STATES = ("2012", "2019", "plan-base", "plan")
REPOSITORY = Path(__file__).resolve().parents[2]
ASSETS = REPOSITORY / "src" / "megaregion" / "publish" / "static" / "atlas"


def snapshot(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_an_atlas_is_a_page_its_data_and_files(region: Region, study: AtlasStudy, tmp_path: Path) -> None:
    page = write_atlas(region, study, tmp_path / "deep" / "atlas", title=("A <b> & c", "测试"))
    assert page == tmp_path / "deep" / "atlas" / "index.html"
    assert "<title>A &lt;b&gt; &amp; c 测试 · megaregion</title>" in page.read_text(encoding="utf-8")
    assert (page.parent / "data.js").read_text(encoding="ascii").startswith("window.MEGAREGION_ATLAS = {")
    assert [path.name for path in page.parent.parent.iterdir()] == ["atlas"]


def test_every_matrix_has_a_twin_that_says_where_it_is_from(region: Region, study: AtlasStudy, tmp_path: Path) -> None:
    folder = write_atlas(region, study, tmp_path / "atlas").parent
    known = json.loads((folder / "data" / "provenance.json").read_text(encoding="utf-8"))
    assert {entry["path"] for entry in known["files"]} == {
        f"data/{path.name}" for path in (folder / "data").iterdir() if path.name != "provenance.json"
    }
    for entry in known["files"]:
        assert hashlib.sha256((folder / entry["path"]).read_bytes()).hexdigest() == entry["sha256"]
    with (folder / "data" / "2019_fastest_train.csv").open(encoding="utf-8-sig") as lines:
        rows = {row["from_id"]: row for row in csv.DictReader(lines)}
    assert rows["330100"]["310000"] == "2700"
    assert rows["330100"]["341300"] == "inf"
    assert rows["330100"]["330100"] == ""
    assert known["measures"]["fastest_train, 2019"]["settings"]["window"] == ["06:00", "22:00"]
    assert known["states"][1]["feeds"][0]["first_date"] == "2019-10-01"
    assert [state["id"] for state in known["states"]] == ["2012", "2019", "plan-base", "plan"]
    assert known["illustrative"] is True


def test_page_and_files_agree_on_what_has_no_value(region: Region, study: AtlasStudy, tmp_path: Path) -> None:
    folder = write_atlas(region, study, tmp_path / "atlas").parent
    known = json.loads((folder / "data" / "provenance.json").read_text(encoding="utf-8"))
    page = json.loads((folder / "data.js").read_text(encoding="ascii").partition(" = ")[2].rstrip(";\n"))
    measures = {measure["name"]: measure for measure in page["measures"]}
    tables = [entry for entry in known["files"] if "state" in entry]
    assert len(tables) == 3 * 4
    for entry in tables:
        with (folder / entry["path"]).open(encoding="utf-8-sig") as lines:
            cells = [cell for row in list(csv.reader(lines))[1:] for cell in row[1:]]
        held = measures[entry["measure"]]["values"][""]
        about = held[entry["state"]]
        shown = held[about["same"]]["values"] if "same" in about else about["values"]
        assert [cell == "" for cell in cells] == [value is None for value in shown]
        assert [cell == "inf" for cell in cells] == [value == "inf" for value in shown]
        assert entry["unit"] == measures[entry["measure"]]["unit"]
    assert "inf = not reachable" in known["missing"]


def test_figures_of_cities_and_of_the_region_have_tables(region: Region, study: AtlasStudy, tmp_path: Path) -> None:
    folder = write_atlas(region, study, tmp_path / "atlas").parent
    with (folder / "data" / "people_within.csv").open(encoding="utf-8-sig") as lines:
        rows = {row["city_id"]: row for row in csv.DictReader(lines)}
    assert list(rows["310000"]) == ["city_id", *(f"{state} {m}" for state in STATES for m in (60, 90))]
    assert rows["310000"]["2019 60"] == "24870895"
    with (folder / "data" / "values.csv").open(encoding="utf-8-sig") as lines:
        single = list(csv.DictReader(lines))
    assert {"measure": "cities_within", "choice": "", "state": "2012", "value": "2", "unit": "cities"} in single


def test_the_same_region_gives_the_same_files(region: Region, study: AtlasStudy, tmp_path: Path) -> None:
    first = write_atlas(region, study, tmp_path / "a").parent
    second = write_atlas(region, study, tmp_path / "b").parent
    assert snapshot(first) == snapshot(second)


def test_an_atlas_is_replaced_only_when_told(region: Region, study: AtlasStudy, tmp_path: Path) -> None:
    folder = write_atlas(region, study, tmp_path / "atlas").parent
    (folder / ".DS_Store").write_bytes(b"left by a file manager")
    with pytest.raises(InputError, match="holds an atlas already; pass overwrite=True"):
        write_atlas(region, study, folder)
    write_atlas(region, study_of(region, 2019), folder, overwrite=True)
    assert not (folder / "data" / "2012_direct_trains.csv").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["atlas"]


@pytest.mark.parametrize("name", ["notes.txt", "data/mine.csv", "pictures/map.png", ".git/", "link", "data/2019.csv"])
def test_what_a_user_put_into_an_atlas_is_never_deleted(
    region: Region, study: AtlasStudy, tmp_path: Path, name: str
) -> None:
    folder = write_atlas(region, study_of(region, 2019), tmp_path / "atlas").parent
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    if name.endswith("/"):
        path.mkdir()
    elif name == "link":
        path.symlink_to(tmp_path)
    else:
        path.write_text("mine", encoding="utf-8")
    before = snapshot(folder)
    shown = "pictures/" if name.startswith("pictures") else name
    with pytest.raises(InputError) as caught:
        write_atlas(region, study, folder, overwrite=True)
    assert str(caught.value) == (
        f"atlas folder '{folder}' holds what is not the atlas's own: {shown}; a new atlas would delete it. "
        "Move it elsewhere or choose another folder; nothing was changed."
    )
    assert snapshot(folder) == before
    assert os.path.lexists(path)
    assert [path.name for path in tmp_path.iterdir()] == ["atlas"]


def test_a_file_put_there_while_the_atlas_is_computed_is_kept(
    region: Region, study: AtlasStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_atlas(region, study, tmp_path / "atlas").parent
    write_bytes = Path.write_bytes

    def write(path: Path, content: bytes) -> int:
        (folder / "notes.txt").write_text("mine", encoding="utf-8")
        return write_bytes(path, content)

    monkeypatch.setattr(Path, "write_bytes", write)
    with pytest.raises(InputError, match=r"not the atlas's own: notes\.txt"):
        write_atlas(region, study, folder, overwrite=True)
    assert (folder / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_many_strange_files_are_counted(region: Region, study: AtlasStudy, tmp_path: Path) -> None:
    folder = write_atlas(region, study_of(region, 2019), tmp_path / "atlas").parent
    for at in range(8):
        (folder / f"note{at}.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match=r"note0\.txt, .*note4\.txt and 3 more; a new atlas"):
        write_atlas(region, study, folder, overwrite=True)


@pytest.mark.parametrize(
    ("folder", "what"),
    [
        (".", "is the working directory"),
        ("../here", "is the working directory"),
        ("inner/..", "is the working directory"),
        ("..", "holds the working directory"),
        ("/", "is the root of a disk"),
    ],
)
def test_a_folder_that_cannot_be_moved_is_refused(
    region: Region,
    study: AtlasStudy,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    folder: str,
    what: str,
) -> None:
    (tmp_path / "here" / "inner").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(InputError, match=f"{what}; expected a folder that can be moved .* Give the name of a folder"):
        write_atlas(region, study, folder, overwrite=True)


def test_an_atlas_in_which_one_stands_is_not_pulled_away(
    region: Region, study: AtlasStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_atlas(region, study, tmp_path / "atlas").parent
    monkeypatch.chdir(folder / "data")
    with pytest.raises(InputError, match="holds the working directory"):
        write_atlas(region, study, folder, overwrite=True)


@pytest.mark.parametrize("kind", ["folder", "file", "link", "forged"])
def test_what_is_not_an_atlas_is_never_replaced(region: Region, study: AtlasStudy, tmp_path: Path, kind: str) -> None:
    target = tmp_path / "precious"
    if kind == "file":
        target.write_text("mine", encoding="utf-8")
    else:
        real = tmp_path / "real" if kind == "link" else target
        (real / "data").mkdir(parents=True)
        (real / "thesis.txt").write_text("mine", encoding="utf-8")
        if kind == "forged":
            (real / "data" / "provenance.json").write_text('["megaregion atlas"]', encoding="utf-8")
        if kind == "link":
            target.symlink_to(real)
    before = snapshot(tmp_path)
    with pytest.raises(InputError, match="exists and is not an atlas"):
        write_atlas(region, study, target, overwrite=True)
    assert snapshot(tmp_path) == before


def test_an_empty_folder_may_be_used(region: Region, study: AtlasStudy, tmp_path: Path) -> None:
    (tmp_path / "atlas").mkdir()
    assert write_atlas(region, study, tmp_path / "atlas").is_file()


@pytest.mark.parametrize("call", range(1, 4))
def test_a_failing_disk_leaves_the_old_atlas(
    region: Region,
    study: AtlasStudy,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    call: int,
) -> None:
    folder = write_atlas(region, study, tmp_path / "atlas").parent
    before = snapshot(tmp_path)
    calls = 0
    replace, write_bytes = os.replace, Path.write_bytes

    def count() -> None:
        nonlocal calls
        calls += 1
        if calls == call:
            raise OSError(28, "No space left on device")

    def failing_replace(*args: str) -> None:
        count()
        replace(*args)

    def failing_write(path: Path, content: bytes) -> int:
        if path.name == "data.js":
            count()
        return write_bytes(path, content)

    monkeypatch.setattr(os, "replace", failing_replace)
    monkeypatch.setattr(Path, "write_bytes", failing_write)
    with pytest.raises(StorageError, match="No space left on device; free some space"):
        write_atlas(region, study_of(region, 2019), folder, overwrite=True)
    assert snapshot(tmp_path) == before


class Killed(BaseException):
    """What a test raises where the process would be killed."""


@pytest.mark.parametrize("call", [1, 2, 3])
def test_an_atlas_interrupted_and_not_put_back_is_there_after_the_next_run(
    region: Region,
    study: AtlasStudy,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    call: int,
) -> None:
    folder = write_atlas(region, study, tmp_path / "atlas").parent
    before = snapshot(folder)
    replace, calls = os.replace, 0

    def killed(*args: str) -> None:
        nonlocal calls
        calls += 1
        # a killed process does nothing any more, and so puts nothing back
        if calls >= call:
            raise Killed
        replace(*args)

    with monkeypatch.context() as patch, suppress(Killed):
        patch.setattr(os, "replace", killed)
        patch.setattr(atlas_folder, "_delete", lambda _: killed())
        write_atlas(region, study_of(region, 2019), folder, overwrite=True)
    after = snapshot(folder) if folder.exists() else snapshot(tmp_path / ".atlas-old")
    assert call == 3 or after == before
    with pytest.raises(InputError, match="holds an atlas already"):
        write_atlas(region, study, folder)
    write_atlas(region, study, folder, overwrite=True)
    assert snapshot(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["atlas"]


def test_an_atlas_that_cannot_be_put_back_is_kept_and_named(
    region: Region, study: AtlasStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_atlas(region, study, tmp_path / "atlas").parent
    before = snapshot(folder)
    replace = os.replace

    def failing(source: str, target: str) -> None:
        if Path(target) == folder:
            raise OSError(5, "Input/output error")
        replace(source, target)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(StorageError, match=r"could not be put back: .*It is whole in '.*\.atlas-old'; rename that"):
        write_atlas(region, study_of(region, 2019), folder, overwrite=True)
    assert snapshot(tmp_path / ".atlas-old") == before


def test_a_folder_in_the_way_is_not_taken_for_a_left_over(region: Region, study: AtlasStudy, tmp_path: Path) -> None:
    (tmp_path / ".atlas-old").mkdir()
    (tmp_path / ".atlas-old" / "thesis.txt").write_text("mine", encoding="utf-8")
    before = snapshot(tmp_path)
    with pytest.raises(InputError, match=r"\.atlas-old' exists and is not an atlas"):
        write_atlas(region, study, tmp_path / "atlas")
    assert snapshot(tmp_path) == before


def test_the_shipped_page_is_built_from_the_source_beside_it() -> None:
    if not (REPOSITORY / "web").is_dir():
        pytest.skip("the page's source in web/ is not part of an installation")
    listed = dict(
        reversed(line.split("  ", 1)) for line in (ASSETS / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    )
    fresh = {
        str(path.relative_to(REPOSITORY)): path
        for folder in ("src", "page", "scripts")
        for path in (REPOSITORY / "web" / folder).rglob("*")
        if path.is_file()
    }
    fresh |= {
        f"web/{name}": REPOSITORY / "web" / name
        for name in ("package.json", "package-lock.json", "tsconfig.json", "vite.config.ts")
    }
    fresh |= {str(path.relative_to(REPOSITORY)): path for path in ASSETS.iterdir() if path.name != "SHA256SUMS"}
    changed = {
        name
        for name in listed.keys() | fresh.keys()
        if name not in fresh or listed.get(name) != hashlib.sha256(fresh[name].read_bytes()).hexdigest()
    }
    assert not changed, f"run `cd web && npm ci && npm test && npm run build` and commit: {sorted(changed)}"


def test_no_file_of_the_page_or_its_source_names_a_package_registry() -> None:
    # in parts, so that this file names none either
    parts = [("npmjs", "org"), ("npmjs", "com"), ("yarnpkg", "com"), ("unpkg", "com"), ("jsdelivr", "net")]
    hosts = [".".join(part) for part in parts]
    places = [ASSETS, *(REPOSITORY / "web" / name for name in ("src", "page", "scripts", "test"))]
    files = [path for place in places for path in sorted(place.rglob("*")) if path.is_file()]
    files += [path for path in (REPOSITORY / "web").glob("*") if path.is_file()]
    assert ASSETS / "THIRD_PARTY.txt" in files
    texts = {path: path.read_text(encoding="utf-8", errors="replace").casefold() for path in files}
    assert [(path.name, host) for path, text in texts.items() for host in hosts if host in text] == []


def test_the_lock_file_names_no_host_and_the_map_library_is_a_safe_one() -> None:
    lock = REPOSITORY / "web" / "package-lock.json"
    if not lock.is_file():
        pytest.skip("the page's source in web/ is not part of an installation")
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    assert '"resolved"' not in text
    version = json.loads(text)["packages"]["node_modules/maplibre-gl"]["version"]
    # before 6.4.1 an attribution could carry a script (GHSA-jrc7-96c5-q579)
    assert tuple(int(part) for part in version.split(".")) >= (6, 4, 1)
