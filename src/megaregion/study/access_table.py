"""Accessibility of the cities of a region, or of points, with how evenly it is spread over people."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Unpack

import pandas as pd

from megaregion.errors import InputError
from megaregion.mobility.equity import gini, palma
from megaregion.mobility.opportunities import accessibility
from megaregion.mobility.places import Places
from megaregion.mobility.travel_time import MatrixOptions, TravelTimes, travel_time_matrix
from megaregion.notices import Notices
from megaregion.region.schema import suggest
from megaregion.study.city_travel import city_figure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from megaregion.mobility.decay import Decay
    from megaregion.mobility.timetable import Timetable
    from megaregion.region.model import Region
    from megaregion.region.points import Points

PEOPLE = "population_census"
"""Indicator that weights cities."""


@dataclass(frozen=True, slots=True)
class AccessTable:
    """
    Accessibility by place.

    Attributes
    ----------
    table
        By id of the place: its accessibility, one column a measure.
    weights
        People of each place, or None: places then count one each.
    provenance
        What the numbers rest on.
    notices
        What was found.
    """

    table: pd.DataFrame = field(repr=False)
    weights: pd.Series | None = field(repr=False)
    provenance: Mapping[str, Any] = field(repr=False)
    notices: Notices = field(repr=False)

    def equity(self) -> pd.DataFrame:
        """
        Say how evenly each measure is spread over people.

        Returns
        -------
        DataFrame
            By measure: gini, palma, and mean, what a person reaches on average. Places whose people are not known are
            left out; NaN where the measure of another is not known.
        """
        counted = self.table if self.weights is None else self.table[self.weights.notna().to_numpy()]
        people = None if self.weights is None else self.weights.dropna().to_numpy()
        rows = []
        for name in counted:
            value = counted[name].to_numpy()
            mean = value.mean() if people is None else (value * people).sum() / people.sum()
            rows.append({"measure": name, "gini": gini(value, people), "palma": palma(value, people), "mean": mean})
        return pd.DataFrame(rows, columns=["measure", "gini", "palma", "mean"]).set_index("measure")


def access_of_cities(
    region: Region,
    timetable: Timetable,
    indicators: Sequence[str],
    decay: Sequence[Decay],
    *,
    percentile: float = 50,
    figures_of: int | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    **options: Unpack[MatrixOptions],
) -> AccessTable:
    """
    Measure what can be reached from each city, from centre to centre, the city itself among it.

    Parameters
    ----------
    region
        Gives cities and their figures.
    timetable
        Timetable of a service day.
    indicators
        Figures of table `city_facts` to sum.
    decay
        How they lose weight with travel time.
    percentile
        Which percentile of travel time counts.
    figures_of
        Year whose figures are taken, or the nearest; that of the timetable by default.
    workers, progress, **options
        As for `travel_time_matrix`.

    Raises
    ------
    InputError
        If the region has no cities, or no such figures.
    """
    cities = region.table("cities").sort_values("city_id", kind="stable")
    if cities.empty:
        msg = f"region {region.name!r} has no cities. Bring them with `megaregion import table cities FILE`."
        raise InputError(msg)
    year = figures_of if figures_of is not None else timetable.year
    if year is None:
        msg = f"the timetables of {timetable.date} stand for several years; say of which year figures are to be."
        raise InputError(msg)
    known = sorted(set(region.table("city_facts")["indicator"]))
    figures = {}
    for indicator in indicators:
        if indicator not in known:
            held = ", ".join(known) or "none"
            msg = f"region {region.name!r} has no figure {indicator!r} of cities; it has {held}."
            raise InputError(msg + suggest(indicator, known))
        figures[indicator] = city_figure(region, indicator, year)
    amounts = pd.DataFrame({name: figure.reindex(cities["city_id"]) for name, figure in figures.items()})
    places = Places.cities(timetable, cities)
    options = {**options, "percentiles": (percentile,)}
    times = travel_time_matrix(timetable, places, places, workers=workers, progress=progress, **options)
    people = city_figure(region, PEOPLE, year).reindex(cities["city_id"]) if PEOPLE in known else None
    years = {name: int(figure.name) for name, figure in figures.items()}  # type: ignore[call-overload]
    return _access(times, amounts, people, decay, percentile, {"figures": years, "weights": PEOPLE})


def access_of_points(  # noqa: PLR0913 - one keyword for each choice that a result names
    timetable: Timetable,
    origins: Points,
    destinations: Points,
    amounts: pd.DataFrame,
    decay: Sequence[Decay],
    *,
    weights: pd.Series | None = None,
    percentile: float = 50,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    **options: Unpack[MatrixOptions],
) -> AccessTable:
    """
    Measure what can be reached from each point, from door to door.

    Parameters
    ----------
    timetable
        Timetable of a service day.
    origins, destinations
        Points.
    amounts
        What there is at the destinations, by their ids.
    decay, percentile, workers, progress, **options
        As for `access_of_cities`.
    weights
        People at the origins, by their ids.
    """
    options = {**options, "percentiles": (percentile,)}
    times = travel_time_matrix(timetable, origins, destinations, workers=workers, progress=progress, **options)
    people = None if weights is None else weights.reindex(list(origins.ids))
    about = {"figures": list(amounts), "weights": None if weights is None else weights.name}
    return _access(times, amounts, people, decay, percentile, about)


def _access(
    times: TravelTimes,
    amounts: pd.DataFrame,
    weights: pd.Series | None,
    decay: Sequence[Decay],
    percentile: float,
    about: Mapping[str, Any],
) -> AccessTable:
    table = accessibility(times, amounts, decay=decay, percentile=percentile)
    provenance = {**times.provenance, **about, "decay": [each.label for each in decay], "percentile": percentile}
    # places that are both origins and destinations are noted once
    notices = Notices(dict.fromkeys(times.notices))
    for name, amount in amounts.items():
        unknown = amount.index[amount.isna()]
        if len(unknown):
            own = [column for column in table if str(column).startswith(f"{name}_")]
            hidden = int(table[own].isna().any(axis=1).sum())
            message = (
                f"{name}: {len(unknown)} of {len(amount)} places have no figure, {unknown[0]!r} the first. Sums of "
                f"{hidden} of {len(table)} origins are not known."
            )
            notices.add("amount_not_known", message, field=str(name), value=unknown[0])
    return AccessTable(table, weights, provenance, notices)
