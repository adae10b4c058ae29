"""The two sides of a comparison by --against: which is before and which after, and on what each stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from megaregion.cli.output import Output

Against = Annotated[
    str,
    typer.Option(
        "--against", help="Compare with what was before: a timetable year, or 'base'; a scenario here comes after."
    ),
]


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: what it is called, its region, and the timetable year or date."""

    name: str
    region: Any
    year: int | None
    date: str | None


def two_sides(
    against: str, scenario: str, region: str, when: tuple[int | None, str | None], out: Output
) -> tuple[Side | None, Side]:
    """
    Give what was before, None where nothing is compared, and what comes after.

    What --against names is before, unless it is a scenario and the other side has none: then that is the base, and the
    scenario comes after.

    Raises
    ------
    InputError
        If both sides are the same, or a scenario does not stand on the year asked for.
    """
    from megaregion.cli.travel import choose_year, open_with_scenario
    from megaregion.errors import InputError

    year, date = when
    for each in (scenario, against):
        year = year_of(each, year)
    if not against:
        return None, Side(scenario or "base", open_with_scenario(region, scenario, out), year, date)
    if against.isdigit():
        after = Side(scenario or "", open_with_scenario(region, scenario, out), year, date)
        before = Side(against, open_with_scenario(region, "", out), int(against), None)
        if not scenario:
            chosen = choose_year(after.region, year, date)
            after = Side(date or str(chosen), after.region, year, date)
        return before, after
    if against == "base" and not scenario:
        msg = "--against is 'base', and so is the other side; give what is to be compared with it as --scenario."
        raise InputError(msg)
    first, second = (against, scenario) if scenario else ("base", against)
    after = Side(second, open_with_scenario(region, second, out), year, date)
    opened = base_of(second, region) if first == "base" else open_with_scenario(region, first, out)
    return Side(first, opened, year, date), after


def base_of(scenario: str, region: str) -> Any:
    """Give the region that a scenario, a file or one that ships, is compared with."""
    from megaregion.cli.options import open_region
    from megaregion.study.regions import example_scenario, scenario_names

    opened = open_region(region)
    return example_scenario(scenario).base(opened) if scenario in scenario_names() else opened


def year_of(scenario: str, year: int | None) -> int | None:
    """
    Give the timetable year to measure a scenario with: that which one that ships stands on, else the one asked for.

    Raises
    ------
    InputError
        If another year is asked for than that which the scenario stands on.
    """
    from megaregion.study.regions import scenario_names

    return check_year(scenario, year) if scenario in scenario_names() else year


def check_year(scenario: str, year: int | None) -> int:
    """
    Give the timetable year that a scenario that ships stands on.

    Raises
    ------
    InputError
        If another year is asked for: its edits would find nothing there.
    """
    from megaregion.errors import InputError
    from megaregion.study.regions import example_scenario

    stands_on = example_scenario(scenario).year
    if year is not None and year != stands_on:
        msg = f"--year is {year}, but {scenario} stands on the timetable of {stands_on}; leave --year out."
        raise InputError(msg)
    return stands_on


def said(before: Side, after: Side, out: Output) -> str:
    """Say in one line which side is before and which after."""
    one, other = (out.words(name, "现状" if name == "base" else name) for name in (before.name, after.name))
    return out.words(f"before: {one}; after: {other}", f"此前：{one}；此后：{other}")
