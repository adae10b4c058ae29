"""Claims with their verdicts as the atlas page takes them: every text in both languages, sources once each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from megaregion.publish.atlas_measures import vintage_in_chinese
from megaregion.publish.plain import plain
from megaregion.study.quantity import difference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from megaregion.study.evidence import Evidence
    from megaregion.study.measures import Words

_SOURCE = (
    *("table", "source_id", "title", "title_zh", "publisher", "reprinted_by", "published", "url"),
    *("year", "vintage", "status", "rows"),
)
_PROVENANCE = ("formula", "formula_zh", "settings", "assumptions", "key", "software")


def plain_claims(evidence: Evidence) -> list[dict[str, Any]]:
    """
    Give the claims in their order.

    Parameters
    ----------
    evidence
        Verdicts, as `study.evidence.evidence` gives them.

    Returns
    -------
    id, statement, verdict, value and claimed (in words), tolerance, unit, status, explanation, needs, measure,
    parameters, sources, variants and provenance of each.
    """
    return [
        {
            "id": claim.id,
            "statement": _words(claim.statement),
            "claimant": {"who": _words(claim.claimant["who"]), "date": plain(claim.claimant.get("date"))},
            "verdict": claim.verdict,
            "value": _words(claim.words.get("value")) if claim.value is not None else None,
            "claimed": _words(claim.words.get("claimed")),
            "tolerance": plain(claim.tolerance),
            "tolerance_words": _words(difference(claim.tolerance, claim.unit))
            if claim.tolerance and claim.unit
            else None,
            "unit": claim.unit,
            "status": claim.status,
            "explanation": _words(claim.explanation),
            "needs": _words(claim.needs),
            "measure": claim.measure,
            "parameters": _set(plain(claim.parameters or {})),
            "sources": _sources(claim.sources),
            "variants": [
                {"label": _words(one["label"]), "value": _words(one["words"]), "verdict": one["verdict"]}
                for one in claim.variants
            ],
            "provenance": _set({name: plain((claim.provenance or {}).get(name)) for name in _PROVENANCE}),
        }
        for claim in evidence.claims
    ]


def _words(words: Words | None) -> dict[str, str] | None:
    return None if words is None else {"en": words.en, "zh": words.zh}


def _set(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _sources(sources: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for source in sources:
        entry = _set({name: plain(source.get(name)) for name in _SOURCE}) | vintage_in_chinese(source)
        if entry not in found:
            found.append(entry)
    return found
