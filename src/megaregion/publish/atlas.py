"""
The atlas: a folder with one page that opens from disk, and the same numbers as files.

`index.html`, `atlas.js`, `atlas.css` and `THIRD_PARTY.txt` are the built assets of `web/`; `data.js` and `data/` are
written from the region and its results.
"""

from __future__ import annotations

import csv
import hashlib
import html
import io
import json
import math
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from megaregion.errors import StorageError
from megaregion.publish.atlas_data import MATRICES, build_atlas_data, read_matrices
from megaregion.publish.atlas_folder import ASSETS, DATA, KIND, MARKER, check_folder, recover, replace_folder
from megaregion.publish.atlas_reach import REACH_FILE, REACH_TABLE, build_reach
from megaregion.publish.plain import encode, plain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from megaregion.publish.atlas_data import YearResult
    from megaregion.publish.atlas_reach import Reach
    from megaregion.region.model import Region


def write_atlas(
    region: Region,
    results: Mapping[int, YearResult],
    folder: str | Path,
    *,
    overwrite: bool = False,
    title: tuple[str, str] | None = None,
    headline: tuple[str, str] | None = None,
    reach: Reach | None = None,
) -> Path:
    """
    Write the atlas of a region; it opens by double click, without a server or the internet.

    The files are written beside the target; then the old atlas is renamed to `.<name>-old`, the new one to the target,
    and the old one is deleted. What is promised:

    - Files that are not the atlas's own are never deleted: a folder that holds any is refused, before anything is
      computed and again right before the change.
    - A reader sees the old atlas or the new one, never a mixture; for the moment between two renames, none.
    - If a step fails or is interrupted, the old atlas is put back. Where that fails too, or the process is killed
      between the renames, it lies whole in `.<name>-old` beside the target; the next run puts it back first.
    - A killed run may leave a folder `.<name>-new-...`, which may be deleted. Nothing is promised about a power cut.

    Parameters
    ----------
    region
        Region to show.
    results
        Travel times and direct trains by timetable year.
    folder
        Folder to write; its parent is made if need be.
    overwrite
        Replace an atlas that is there already. A folder that is not an atlas, or holds other files as well, is never
        replaced.
    title
        Name of the region in English and in the local language.
    headline
        City ids of the pair shown first; the pair with most direct trains by default.
    reach
        What is reached from one station, a layer that the reader can switch on; None = no such layer.

    Returns
    -------
    Path of the page, `folder/index.html`.

    Raises
    ------
    InputError
        As `check_folder`, or if the results do not fit.
    StorageError
        If the disk refuses.
    """
    target = check_folder(folder, overwrite=overwrite)
    recover(target)
    contents = build_files(region, results, title=title, headline=headline, reach=reach)
    replace_folder(target, contents, overwrite=overwrite)
    return target / "index.html"


def build_files(
    region: Region,
    results: Mapping[int, YearResult],
    *,
    title: tuple[str, str] | None = None,
    headline: tuple[str, str] | None = None,
    reach: Reach | None = None,
) -> dict[str, bytes]:
    """
    Contents of all files of an atlas by path; the same region and results give the same bytes.

    Parameters
    ----------
    region, results, title, headline, reach
        As `write_atlas`.
    """
    data = build_atlas_data(region, results, title=title, headline=headline)
    outlines = build_reach(region, reach, data["cities"]) if reach else None
    data["reach"] = outlines.figures if outlines else None
    contents = {name: _asset(name) for name in ASSETS}
    heading = f"{data['title']['en']} {data['title']['zh']}" if title else data["title"]["en"]
    page = contents["index.html"].decode("utf-8")
    contents["index.html"] = page.replace("{{title}}", html.escape(heading)).encode("utf-8")
    contents[DATA] = f"window.MEGAREGION_ATLAS = {encode(data)};\n".encode("ascii")
    contents["data/cities.csv"] = _cities_csv(data["cities"])
    listing = [_entry("data/cities.csv", contents["data/cities.csv"], meaning="cities in the order of the matrices")]
    ids = [city["id"] for city in data["cities"]]
    for year in sorted(results):
        for name, matrix in read_matrices(ids, results[year]).items():
            path = f"data/{year}_{name}.csv"
            contents[path] = _matrix_csv(ids, matrix)
            listing.append(_entry(path, contents[path], year=year, **_described(name)))
    if outlines and reach:
        contents[REACH_FILE] = f"window.MEGAREGION_REACH = {encode(outlines.shapes)};\n".encode("ascii")
        contents[REACH_TABLE] = _csv(outlines.rows)
        listing += [_entry(path, contents[path], **described) for path, described in _REACH_FILES.items()]
    provenance = {
        "kind": KIND,
        "format": data["format"],
        "region": data["region"],
        "illustrative": data["illustrative"],
        "missing": "a blank cell = no data; a time of inf = not reachable, or no direct train; a count is then 0",
        "files": listing,
        "years": {
            str(year): {
                "feeds": data["by_year"][str(year)]["feeds"],
                "window_s": data["by_year"][str(year)]["window_s"],
                "provenance": plain(results[year].times.provenance),
            }
            for year in sorted(results)
        },
        "reach": {str(year): plain(found.provenance) for year, found in sorted(reach.by_year.items())}
        if reach
        else None,
        "sources": data["sources"],
    }
    contents[MARKER] = (json.dumps(provenance, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode("utf-8")
    return contents


_REACH_FILES = {
    REACH_FILE: {"meaning": "simplified outlines of what is reached from a station, for the page"},
    REACH_TABLE: {
        "unit": "km2, persons",
        "meaning": "land reached from a station within a cut-off by the median journey; people of the cities whose "
        "centre lies inside, latest census; blank = not known",
    },
}


def _asset(name: str) -> bytes:
    entry = files("megaregion.publish").joinpath("static", "atlas", name)
    if not entry.is_file():
        msg = f"the built page asset '{name}' is missing from this installation; install megaregion again."
        raise StorageError(msg)
    return entry.read_bytes()


def _described(name: str) -> dict[str, str]:
    for spec in MATRICES:
        if spec.name == name:
            return {"unit": spec.unit, "meaning": spec.meaning}
    percentile = name.removeprefix("p")
    return {
        "unit": "s",
        "meaning": f"percentile {percentile} of travel time over the departure window; inf = not reachable",
    }


def _entry(path: str, content: bytes, **described: Any) -> dict[str, Any]:
    return {"path": path, "sha256": hashlib.sha256(content).hexdigest(), **described}


def _matrix_csv(ids: list[str], matrix: NDArray[np.float64]) -> bytes:
    rows = [["from_id", *ids]]
    rows += [[city, *(_cell(value) for value in row)] for city, row in zip(ids, matrix.tolist(), strict=True)]
    return _csv(rows)


def _cell(value: float) -> str:
    if math.isnan(value):
        return ""
    return f"{value:.0f}" if math.isinf(value) or value == round(value) else f"{value:.1f}"


def _cities_csv(cities: list[dict[str, Any]]) -> bytes:
    names = list(cities[0])
    return _csv([names, *(["" if city[name] is None else str(city[name]) for name in names] for city in cities)])


def _csv(rows: list[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    # the mark lets spreadsheet programs show Chinese names
    return text.getvalue().encode("utf-8-sig")
