"""Regions at hand: the shipped examples, region folders on disk, and what is imported into them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from megaregion.errors import InputError
from megaregion.notices import Notices
from megaregion.region import schema as schemas
from megaregion.region.model import Region
from megaregion.region.nearest_centre import land_of, nearest_centre_cells
from megaregion.region.scenario import Scenario, ScenarioResult
from megaregion.region.store import Store
from megaregion.sources.base_map import read_base_map
from megaregion.sources.stations import assign_cities
from megaregion.sources.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.resources.abc import Traversable

    from megaregion.mobility.timetable import Timetable
    from megaregion.sources.reading import Reading


def open_region(path: str | Path, *, version: int | None = None) -> Region:
    """
    Open a region folder, or a shipped example by name.

    Parameters
    ----------
    path
        Folder of a region, or the name of an example such as "yrd" where no region folder has that name.
    version
        An older version; the newest by default.

    Raises
    ------
    StorageError
        If there is no region there, or it is damaged.
    """
    if str(path) in examples() and not (Path(path) / "megaregion.json").exists():
        return example(str(path))
    return Store.open(path).read(version)


def new(path: str | Path, *, name: str | None = None) -> Region:
    """
    Make an empty region folder.

    Parameters
    ----------
    path
        Folder to make; it must not hold anything.
    name
        Name of the region; that of the folder by default.
    """
    folder = Path(path)
    return Store.create(folder, name=name or folder.resolve().name.removesuffix(".region")).read()


def demo(name: str = "yrd", path: str | Path | None = None, *, overwrite: bool = False) -> Region:
    """
    Write a shipped example as a region folder, and open it.

    Parameters
    ----------
    name
        Name of the example.
    path
        Folder to write; `<name>.region` in the working directory by default. Where the example is already, it becomes
        the newest version again if anything differs; older versions stay.
    overwrite
        Also in a folder that holds a region of another name.
    """
    region = example(name)
    folder = Path(path) if path is not None else Path(f"{name}.region")
    exists = (folder / "megaregion.json").exists()
    store = Store.open(folder) if exists else Store.create(folder, name=name)
    if exists and store.name != name and not overwrite:
        msg = (
            f"{folder} holds region {store.name!r}, not the example {name!r}. "
            "Give another folder, or `--overwrite` to make the example its newest version."
        )
        raise InputError(msg)
    store.commit(lambda _: Region(name, region.tables), message=f"example {name}")
    return store.read()


def examples() -> tuple[str, ...]:
    """Names of the shipped examples."""
    folder = files("megaregion") / "examples"
    return tuple(sorted(entry.name for entry in folder.iterdir() if (entry / "region.toml").is_file()))


@cache
def example(name: str) -> Region:
    """
    Read a shipped example; it is not stored anywhere.

    Raises
    ------
    InputError
        If there is no such example.
    """
    if name not in examples():
        msg = f"no example {name!r}; the examples are {', '.join(examples())}.{schemas.suggest(name, examples())}"
        raise InputError(msg)
    folder = files("megaregion") / "examples" / name
    about = about_example(name)
    notices = Notices()
    tables: dict[str, pd.DataFrame] = {}
    for entry in about["tables"]:
        frames = []
        for file in entry.get("files", [entry.get("file")]):
            reading = _read(folder / file, entry["table"])
            notices.extend(reading.notices)
            frames.append(reading.tables[entry["table"]])
        tables[entry["table"]] = frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
    region = Region(name).with_tables(tables)
    for entry in about.get("computed", []):
        if entry["how"] == "nearest_centre":
            cells = nearest_centre_cells(region.table("cities"), land_of(region.table("base_map")))
            region = region.with_table("boundaries", cells)
    return Region(name, region.tables, f"example {name}")


def about_example(name: str) -> dict[str, Any]:
    """Read `region.toml` of a shipped example: title, description, tables, what it does not hold."""
    return tomllib.loads((files("megaregion") / "examples" / name / "region.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippedScenario:
    """
    A scenario that comes with an example.

    Attributes
    ----------
    name, example
        Its name, and the example that it is of.
    scenario
        Its edits; they need what `base` gives.
    stands_on
        What `base` adds to a region: "metro" = the timetable of `study.metro_feed.metro_base`, blank = nothing.
    year
        Timetable year to measure it with.
    """

    name: str
    example: str
    scenario: Scenario
    stands_on: str
    year: int

    def base(self, region: Region) -> Region:
        """Give the region that the scenario is compared with."""
        if self.stands_on == "metro":
            from megaregion.study.metro_feed import metro_base  # noqa: PLC0415

            return metro_base(region)
        return region

    def apply(self, region: Region) -> ScenarioResult:
        """Make the edits on the base of a region."""
        return self.scenario.apply(self.base(region))


def scenario_names(name: str = "yrd") -> tuple[str, ...]:
    """Names of the scenarios that come with an example."""
    return tuple(sorted(entry["name"] for entry in about_example(name).get("scenarios", [])))


def example_scenario(scenario: str, name: str = "yrd") -> ShippedScenario:
    """
    Read a scenario that comes with an example.

    Parameters
    ----------
    scenario
        Its name, as "metro-2026".
    name
        Name of the example.

    Raises
    ------
    InputError
        If the example has no such scenario.

    Examples
    --------
    >>> example_scenario("metro-2026").year
    2019
    """
    known = scenario_names(name)
    if scenario not in known:
        msg = (
            f"no scenario {scenario!r} comes with the example {name!r}; it has {', '.join(known) or 'none'}."
            f"{schemas.suggest(scenario, known)} A scenario of your own is given as the path of its TOML file."
        )
        raise InputError(msg)
    entry = next(each for each in about_example(name)["scenarios"] if each["name"] == scenario)
    text = (files("megaregion") / "examples" / name / entry["file"]).read_text(encoding="utf-8")
    return ShippedScenario(
        name=scenario,
        example=name,
        scenario=Scenario.from_toml(text),
        stands_on=entry.get("stands_on", ""),
        year=entry["year"],
    )


def titles(region: Region) -> tuple[str, str]:
    """Give the region's title in English and Chinese; its name where it has none."""
    if region.name in examples():
        title = about_example(region.name)["title"]
        return title["en"], title["zh"]
    return region.name, region.name


def isochrone_station(region: Region, timetables: Sequence[Timetable]) -> str | None:
    """
    Choose the station whose isochrones show a region.

    That of the example, where the region is one; else, of the largest city (latest census), the principal station with
    most departures in the last timetable.

    Parameters
    ----------
    region
        Region with cities.
    timetables
        Of its years in order, one or more; the station is called at in all of them.

    Returns
    -------
    A stop id, or None where there is no such station.
    """
    from megaregion.mobility.places import principal_stations  # noqa: PLC0415 - regions are opened without timetables

    shared = set.intersection(*(set(timetable.stops.ids()) for timetable in timetables))
    if region.name in examples():
        named = about_example(region.name).get("atlas", {}).get("isochrone_from")
        if named in shared:
            return str(named)
    facts = region.table("city_facts")
    census = facts[facts["indicator"] == "population_census"].sort_values(["year", "vintage"], kind="stable")
    people = census.drop_duplicates("city_id", keep="last").set_index("city_id")["value"]
    last = timetables[-1]
    stops = last.stop_table
    stops = stops[stops["stop_id"].isin(shared) & stops["lon"].notna() & stops["lat"].notna()]
    cities = region.table("cities")
    principal = principal_stations(stops, cities)
    for city_id in people.sort_values(ascending=False, kind="stable").index:
        rows = stops.index[principal == city_id]
        if len(rows):
            departures = np.bincount(last.departure_stop, minlength=len(last.stop_table))
            return str(stops.loc[rows[int(np.argmax(departures[rows]))], "stop_id"])
    return None


def import_reading(store: Store, reading: Reading, *, message: str, source: dict[str, Any]) -> tuple[int, Notices]:
    """
    Commit a reading to a region folder.

    Stops get the city that they lie in. References between tables are checked against the merged region.

    Parameters
    ----------
    store
        Region folder.
    reading
        What a reader returned.
    message
        For the log.
    source
        Where the data came from: file, sha256, and what the user says of licence and date.

    Returns
    -------
    Version number, and what was found while merging; the findings of the reading itself are the reader's.

    Raises
    ------
    InputError
        If a reference is broken; the region is unchanged.
    """
    notices = Notices()

    def change(old: Region) -> Region:
        notices.clear()
        merged = reading.into(old)
        if "feeds" in reading.tables:
            notices.extend(_feeds_of_one_year(merged, set(reading.tables["feeds"]["feed_id"])))
        changed = [name for name in reading.tables if len(reading.tables[name])]
        if "stops" in changed or "boundaries" in changed or "cities" in changed:
            merged = _with_cities_of_stops(merged, old.table("stops"), notices, new_outlines="boundaries" in changed)
        broken = schemas.check_references(merged.tables, only=changed)
        broken.raise_errors(message)
        return merged

    version = store.commit(change, message=message, sources=[source])
    return int(version), notices


def _with_cities_of_stops(
    region: Region, known: pd.DataFrame | None, notices: Notices, *, new_outlines: bool = False
) -> Region:
    """Put each stop into its city; with new outlines, also the stops that had one by older or nearest-centre areas."""
    stops, cities = region.table("stops"), region.table("cities")
    if stops.empty or cities.empty:
        return region
    asked = stops
    if new_outlines:
        placed = stops["lon"].notna() & stops["city_id"].isin(cities["city_id"])
        asked = stops.assign(city_id=stops["city_id"].mask(placed, ""))
    boundaries = region.table("boundaries")
    city_id, how = assign_cities(asked, cities, boundaries, known=None if new_outlines else known)
    by_cell = int(((how == "boundary") & (stops["city_id"].fillna("") == "")).sum())
    if by_cell and not new_outlines and (boundaries["kind"] == "nearest_centre").all():
        notices.add(
            "city_by_nearest_centre",
            f"{by_cell} stops got the city whose centre is nearest, for want of outlines and of a city of their own.",
            value=by_cell,
        )
    nowhere = region.table("feeds")["feed_id"].any() and not city_id.isin(cities["city_id"]).any()
    if nowhere:
        notices.add("no_stop_in_a_city", f"none of {len(stops)} stops lies in one of the {len(cities)} cities.")
    return region.with_table("stops", stops.assign(city_id=city_id.where(city_id != "", stops["city_id"])))


def _feeds_of_one_year(region: Region, imported: set[str]) -> Notices:
    """Say when a timetable joins others of its year: their trains add up."""
    notices = Notices()
    feeds = region.table("feeds")
    for row in feeds[feeds["feed_id"].isin(imported)].itertuples():
        others = feeds[(feeds["year"] == row.year) & ~feeds["feed_id"].isin(imported)]["feed_id"].tolist()
        if others:
            notices.add(
                "feeds_of_one_year",
                f"timetable {row.feed_id} of {row.year} joins {', '.join(others)}: their trains add up.",
                value=row.feed_id,
            )
    return notices


def _read(file: Traversable, table: str) -> Reading:
    if file.name.endswith(".geojson"):
        return read_base_map(file)
    with as_file(file) as path:
        return read_table(path, table)
