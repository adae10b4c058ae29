"""One way to read a claim, computed: the value, what it rests on, and whether it bears the claim out."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from megaregion.errors import InputError, NoDataError
from megaregion.study.claim_rule import UNDECIDED
from megaregion.study.measures import Words, measure, measures
from megaregion.study.quantity import quantity
from megaregion.study.run import run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from megaregion.region.model import Region
    from megaregion.study.claim import Claim, Variant
    from megaregion.study.run import Result

LOWEST, HIGHEST = "lowest", "highest"
"""Columns of a measure's table that say between what its value lies, where the data do not tell it exactly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """
    A claim read in one way.

    Attributes
    ----------
    id, label
        Those of the variant; blank and the measure's title for the claim's own reading.
    measure, parameters
        What was computed.
    value
        In the unit of the measure; NaN = not known, inf = unreachable.
    unit
        Unit of the measure.
    verdict
        Verdict by this reading alone; None for one that is only told.
    undecided
        Why it decides nothing; None where it does.
    needs
        What would bring the data, where they are missing.
    inputs
        Sources of the value, as in the provenance of a result.
    status
        How far it can be relied on, one of `study.status.STATUSES`.
    row
        The row of the measure's table.
    provenance
        That of the result, without its inputs.
    """

    id: str
    label: Words
    measure: str
    parameters: Mapping[str, Any]
    value: float = math.nan
    unit: str = ""
    verdict: str | None = None
    undecided: Words | None = None
    needs: Words | None = None
    inputs: tuple[Mapping[str, Any], ...] = ()
    status: str | None = None
    row: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def years(self) -> tuple[int, ...]:
        """Years that the data are of; those in which sources were published where they have none."""
        dated = (entry.get("year") or entry.get("published") for entry in self.inputs)
        return tuple(sorted({int(year) for year in dated if year}))

    @property
    def assumptions(self) -> tuple[Words, ...]:
        """What was assumed."""
        return tuple(Words(**words) for words in self.provenance.get("assumptions", ()))

    @property
    def words(self) -> Words:
        """The value as people say it."""
        return quantity(self.value, self.unit)


def read_claim(region: Region, claim: Claim, variant: Variant | None = None) -> Reading:
    """
    Compute a claim as it stands, or one of its variants.

    Parameters
    ----------
    region
        Region that it is about.
    claim
        What is claimed.
    variant
        Another way to read it.
    """
    asked: Claim | Variant = claim if variant is None else variant
    compared = variant is None or variant.compare
    if asked.measure not in measures():
        return Reading(
            id=variant.id if variant else "",
            label=variant.label if variant else Words(asked.measure, asked.measure),
            measure=asked.measure,
            parameters=asked.parameters,
            unit=claim.measure_unit,
            verdict=UNDECIDED if compared else None,
            undecided=_not_built(claim),
            needs=claim.needs,
        )
    known = measure(asked.measure)
    about: dict[str, Any] = {
        "id": variant.id if variant else "",
        "label": variant.label if variant else known.title,
        "measure": known.name,
        "unit": known.unit,
    }
    try:
        result = run(region, measures=[known.name], parameters=asked.parameters)[known.name]
    except NoDataError as problem:
        return Reading(
            **about,
            parameters=asked.parameters,
            verdict=UNDECIDED if compared else None,
            undecided=_no_data(problem),
            needs=Words(*problem.needs),
        )
    except InputError as problem:
        # what one claim cannot be asked of this region is no reason to leave the others untested
        return Reading(
            **about,
            parameters=asked.parameters,
            verdict=UNDECIDED if compared else None,
            undecided=Words(str(problem).rstrip("."), f"无法计算（{str(problem).rstrip('.')}）"),
            needs=known.needs,
        )
    row = _row(result, asked.at)
    value = float(row.get("value", math.nan))
    undecided, needs = None, None
    if math.isnan(value):
        undecided, needs = Words("the value is not known", "该值未知"), known.needs
    elif result.provenance["status"] == "illustrative":
        undecided = Words("it rests on illustrative figures, which decide nothing", "其依据含示意数据，不能用于判定")
    elif _unserved(result, asked.at, row):
        undecided = Words("the timetable has no station of one of the cities", "时刻表中没有其中一市的车站")
        needs = known.needs
    elif math.isinf(value) and claim.relation == "at least":
        undecided = Words("there is no such way, however long", "没有这样的行程，无论多长")
    verdict = None
    if compared:
        lowest, highest = (float(row.get(name, value)) for name in (LOWEST, HIGHEST))
        verdict = UNDECIDED if undecided else claim.band.verdict(lowest, highest)
        if verdict == UNDECIDED and undecided is None:
            undecided = Words(
                f"the value lies between {quantity(lowest, known.unit).en} and "
                f"{'an unknown amount' if math.isinf(highest) else quantity(highest, known.unit).en}",
                f"该值介于 {quantity(lowest, known.unit).zh} 与"
                f"{'未知上限' if math.isinf(highest) else ' ' + quantity(highest, known.unit).zh} 之间",
            )
    provenance = dict(result.provenance)
    inputs = tuple(provenance.pop("inputs"))
    return Reading(
        **about,
        parameters=result.parameters,
        value=value,
        verdict=verdict,
        undecided=undecided,
        needs=needs,
        inputs=inputs,
        status=provenance["status"],
        row=row,
        provenance=provenance,
    )


def _unserved(result: Result, at: Mapping[str, str], row: Mapping[str, Any]) -> bool:
    """Tell a city that no timetable serves from one that no train reaches: of the first nothing is known."""
    lost = {notice.value for notice in result.notices if notice.code == "place_without_stop"}
    return not lost.isdisjoint({*at.values(), row.get("hub")})


def _row(result: Result, at: Mapping[str, str]) -> dict[str, Any]:
    """Give the row of a table that a claim is about; empty where there is none."""
    chosen = np.ones(len(result.table), dtype=bool)
    for name, key in at.items():
        chosen &= (result.table[name] == key).to_numpy()
    rows = result.table[chosen].to_dict("records")
    return {str(name): value for name, value in rows[0].items()} if rows else {}


def _not_built(claim: Claim) -> Words:
    domain = claim.domain or Words("a domain", "某领域")
    return Words(
        f"no measure {claim.measure!r} yet: it comes with the domain {domain.en}",
        f"尚无指标 {claim.measure!r}：属于“{domain.zh}”领域",
    )


def _no_data(problem: NoDataError) -> Words:
    """Say what is missing, without what would bring it: that is said as needs."""
    what, what_zh = problem.what
    return Words(what.rstrip("."), what_zh.rstrip("。"))
