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
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from megaregion.errors import StorageError
from megaregion.publish.atlas_claims import plain_claims
from megaregion.publish.atlas_data import build_atlas_data
from megaregion.publish.atlas_folder import ASSETS, DATA, KIND, MARKER, check_folder, recover, replace_folder
from megaregion.publish.atlas_gpkg import GPKG_FILE, build_geopackage
from megaregion.publish.atlas_search import build_search
from megaregion.publish.atlas_stations import STATION_FILE
from megaregion.publish.atlas_tables import measure_tables
from megaregion.publish.plain import encode, plain

if TYPE_CHECKING:
    from pathlib import Path

    from megaregion.publish.atlas_states import AtlasStudy
    from megaregion.publish.atlas_stations import StationTimes
    from megaregion.region.model import Region
    from megaregion.study.evidence import Evidence

CLAIMS = "data/claims.json"


def write_atlas(
    region: Region,
    study: AtlasStudy,
    folder: str | Path,
    *,
    overwrite: bool = False,
    title: tuple[str, str] | None = None,
    headline: tuple[str, str] | None = None,
    isochrones: StationTimes | None = None,
    evidence: Evidence | None = None,
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
    study
        States and the results of measures in them: `megaregion.publish.atlas_states.gather_study`.
    folder
        Folder to write; its parent is made if need be.
    overwrite
        Replace an atlas that is there already. A folder that is not an atlas, or holds other files as well, is never
        replaced.
    title
        Name of the region in English and in the local language.
    headline
        City ids of the pair shown first; the pair with most direct trains by default.
    isochrones
        Journeys between stations, from which the page draws isochrones of any point; None = it draws none.
    evidence
        Claims with their verdicts, as `mr.evidence(region)` gives them; None = no such question.

    Returns
    -------
    Path of the page, `folder/index.html`.

    Raises
    ------
    InputError
        As `check_folder`, or as `build_atlas_data`.
    StorageError
        If the disk refuses.
    """
    target = check_folder(folder, overwrite=overwrite)
    recover(target)
    contents = build_files(region, study, title=title, headline=headline, isochrones=isochrones, evidence=evidence)
    replace_folder(target, contents, overwrite=overwrite)
    return target / "index.html"


def build_files(
    region: Region,
    study: AtlasStudy,
    *,
    title: tuple[str, str] | None = None,
    headline: tuple[str, str] | None = None,
    isochrones: StationTimes | None = None,
    evidence: Evidence | None = None,
) -> dict[str, bytes]:
    """
    Contents of all files of an atlas by path; the same region and study give the same bytes.

    Parameters
    ----------
    region, study, title, headline, isochrones, evidence
        As `write_atlas`.
    """
    data = build_atlas_data(region, study, title=title, headline=headline)
    data["search"] = build_search(data["cities"], data["stations"])
    data["isochrones"] = isochrones.figures if isochrones else None
    data["claims"] = plain_claims(evidence) if evidence else []
    data["geopackage"] = GPKG_FILE
    contents = {name: _asset(name) for name in ASSETS}
    heading = f"{data['title']['en']} {data['title']['zh']}" if title else data["title"]["en"]
    page = contents["index.html"].decode("utf-8")
    contents["index.html"] = page.replace("{{title}}", html.escape(heading)).encode("utf-8")
    contents[DATA] = f"window.MEGAREGION_ATLAS = {encode(data)};\n".encode("ascii")
    contents["data/cities.csv"] = _cities_csv(data["cities"])
    listing = [_entry("data/cities.csv", contents["data/cities.csv"], meaning="cities in the order of the matrices")]
    for table in measure_tables(study, *([place["id"] for place in data[name]] for name in ("cities", "zones"))):
        contents[table.path] = _csv(table.rows)
        listing.append(_entry(table.path, contents[table.path], **table.about))
    contents[GPKG_FILE] = build_geopackage(data)
    listing.append(_entry(GPKG_FILE, contents[GPKG_FILE], meaning="cities with all measures, stations and lines"))
    if isochrones:
        contents[STATION_FILE] = isochrones.script
        listing.append(_entry(STATION_FILE, isochrones.script, meaning="journeys between stations, for isochrones"))
    if evidence:
        # sorted: what was kept and read again has its keys in another order than what was computed
        claims = json.dumps(plain(evidence.to_dict()), ensure_ascii=False, indent=1, sort_keys=True)
        contents[CLAIMS] = f"{claims}\n".encode()
        listing.append(_entry(CLAIMS, contents[CLAIMS], meaning="claims with verdicts and what they rest on"))
    provenance = {
        "kind": KIND,
        "format": data["format"],
        "region": data["region"],
        "illustrative": data["illustrative"],
        "missing": "a blank cell = no data; inf = not reachable, or no direct train",
        "files": listing,
        "states": [
            {name: state[name] for name in ("id", "kind", "label", "year", "before", "feeds")}
            for state in data["states"]
        ],
        "measures": {
            f"{name}{f' {variant}' if variant else ''}, {state}": plain(result.provenance)
            for (name, variant, state), result in sorted(study.results.items())
        },
        "sources": data["sources"],
    }
    contents[MARKER] = (json.dumps(provenance, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode("utf-8")
    return contents


def _asset(name: str) -> bytes:
    entry = files("megaregion.publish").joinpath("static", "atlas", name)
    if not entry.is_file():
        msg = f"the built page asset '{name}' is missing from this installation; install megaregion again."
        raise StorageError(msg)
    return entry.read_bytes()


def _entry(path: str, content: bytes, **described: Any) -> dict[str, Any]:
    return {"path": path, "sha256": hashlib.sha256(content).hexdigest(), **described}


def _cities_csv(cities: list[dict[str, Any]]) -> bytes:
    names = list(cities[0])
    return _csv([names, *(["" if city[name] is None else str(city[name]) for name in names] for city in cities)])


def _csv(rows: list[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    # the mark lets spreadsheet programs show Chinese names
    return text.getvalue().encode("utf-8-sig")
