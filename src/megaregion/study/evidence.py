"""
Evidence: what claims about a region are worth.

Each claim names the measure that would test it. Its verdict is confirmed, contradicted or not decidable; the last says
what data it would take. All figures of an explanation come from the computation.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from megaregion.errors import InputError
from megaregion.region.fingerprint import content_hash
from megaregion.region.lazy import LazyTables, Overlay
from megaregion.region.markup import shown
from megaregion.region.model import Region
from megaregion.study import result_cache
from megaregion.study.claim_rule import UNDECIDED, VERDICTS, agreed
from megaregion.study.claims_file import parse_claims, read_text
from megaregion.study.content_key import question_key
from megaregion.study.input_years import input_years
from megaregion.study.measures import Words
from megaregion.study.regions import example, examples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from megaregion.study.claim import Claim
    from megaregion.study.reading import Reading

FILE = "claims.toml"
"""Claims that come with a region: this file in its folder, or in that of the example that it was made from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """
    What a claim is worth.

    Attributes
    ----------
    id, statement
        The claim.
    claimant
        Who says so, and when: who, date, url.
    verdict
        "confirmed", "contradicted" or "not decidable".
    value
        Computed, in `unit`; None = not known, inf = unreachable.
    unit
        Unit of value, claimed and tolerance, as the claim gives it.
    claimed, relation, tolerance
        What is claimed, "equals", "at least" or "at most" that, and by how much the value may differ.
    words
        Computed and claimed value as people say them: "value" and "claimed".
    sources
        One entry for each table, source, year, vintage and status of the rows that the value rests on.
    years
        Years of these data, and of publication where they have none; `data_of` says which are of what.
    status
        How far the value can be relied on, one of `study.status.STATUSES`.
    variants
        Other readings: id, label, value (in the unit of their measure), unit, words, verdict (None = only told),
        measure, parameters, years, status.
    needs
        What would decide it; None if it is decided.
    explanation
        One paragraph.
    measure, parameters
        What was computed.
    provenance
        Formula, key, content of the region, software, settings, assumptions.
    """

    id: str
    statement: Words
    claimant: Mapping[str, Any]
    verdict: str
    value: float | None
    unit: str
    claimed: float
    relation: str
    tolerance: float
    words: Mapping[str, Words]
    sources: tuple[Mapping[str, Any], ...] = field(repr=False)
    years: tuple[int, ...]
    status: str | None
    variants: tuple[Mapping[str, Any], ...] = field(repr=False)
    needs: Words | None
    explanation: Words = field(repr=False)
    measure: str
    parameters: Mapping[str, Any]
    provenance: Mapping[str, Any] = field(repr=False)

    @property
    def data_of(self) -> Words:
        """Years of each kind of input."""
        return input_years(self.sources)


@dataclass(frozen=True, slots=True)
class Evidence:
    """
    The claims about a region and their verdicts.

    Attributes
    ----------
    region, version, content
        Name of the region, version and hash of what it holds.
    claims
        One verdict each, in the order of the file.
    """

    region: str
    version: str
    content: str
    claims: tuple[Verdict, ...] = field(repr=False)

    def __iter__(self) -> Iterator[Verdict]:
        return iter(self.claims)

    def __len__(self) -> int:
        return len(self.claims)

    def __getitem__(self, claim: str) -> Verdict:
        """
        Verdict on the claim of an id.

        Raises
        ------
        KeyError
            If there is none.
        """
        return {each.id: each for each in self.claims}[claim]

    def _repr_html_(self) -> str:
        rows = [
            (claim.statement.en, claim.words["claimed"].en, claim.words["value"].en, claim.verdict)
            for claim in self.claims
        ]
        return shown(f"Evidence of {self.region}", self.counts, ("claim", "claimed", "computed", "verdict"), rows)

    @property
    def counts(self) -> dict[str, int]:
        """Claims by verdict."""
        return {verdict: sum(claim.verdict == verdict for claim in self.claims) for verdict in VERDICTS}

    @property
    def table(self) -> pd.DataFrame:
        """One row a claim: id, verdict, value and claimed in unit, status, measure, texts in both languages."""
        rows = [
            {
                "id": claim.id,
                "statement": claim.statement.en,
                "statement_zh": claim.statement.zh,
                "verdict": claim.verdict,
                "value": claim.value,
                "claimed": claim.claimed,
                "unit": claim.unit,
                "data_of": claim.data_of.en,
                "data_of_zh": claim.data_of.zh,
                "status": claim.status or "",
                "measure": claim.measure,
                "needs": claim.needs.en if claim.needs else "",
                "needs_zh": claim.needs.zh if claim.needs else "",
                "explanation": claim.explanation.en,
                "explanation_zh": claim.explanation.zh,
            }
            for claim in self.claims
        ]
        return pd.DataFrame(rows).astype({"value": "float64", "claimed": "float64"})

    def to_dict(self, lang: str = "en") -> dict[str, Any]:
        """
        Give everything as plain values; texts in a language, and each in both beside it.

        Parameters
        ----------
        lang
            "en" or "zh".

        Returns
        -------
        region, version, content, counts and claims: id, statement, verdict, value, unit, sources, needs, ...
        """
        claims = []
        for claim in self.claims:
            plain = asdict(claim)
            for name in ("statement", "needs", "explanation"):
                words = getattr(claim, name)
                plain[name] = words.of(lang) if words else None
                plain[f"{name}_en"], plain[f"{name}_zh"] = (words.en, words.zh) if words else (None, None)
            plain["variants"] = [
                {**variant, "label": variant["label"].of(lang), "words": variant["words"].of(lang)}
                for variant in claim.variants
            ]
            plain["data_of"] = claim.data_of.of(lang)
            plain["words"] = {name: words.of(lang) for name, words in claim.words.items()}
            plain["claimant"] = {**claim.claimant, "who": claim.claimant["who"].of(lang)}
            claims.append(plain)
        about = {"region": self.region, "version": self.version, "content": self.content, "counts": self.counts}
        return {**about, "claims": claims}


def evidence(
    region: Region,
    claims: str | Path | None = None,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Evidence:
    """
    Test claims about a region, or give what was found before for exactly the same.

    Parameters
    ----------
    region
        Region that they are about.
    claims
        A claims file; those that come with the region by default.
    progress
        Called with the number of claims tested and their total.

    Returns
    -------
    Evidence
        A verdict for each claim.

    Raises
    ------
    InputError
        If there is no claims file, or it cannot be used; all that is wrong is told at once.

    Examples
    --------
    >>> import megaregion as mr
    >>> found = mr.evidence(mr.open("yrd"))["land-4-percent"]
    >>> found.verdict, round(found.value, 1), found.unit
    ('confirmed', 3.7, '%')
    """
    text, where = claims_text(region, claims)
    content = content_hash(region)
    store = result_cache.store_of(region)
    # the name stands in what is said of missing data
    key = question_key(question="evidence", name=region.name, content=content, claims=text)
    about = {"region": region.name, "version": region.version, "content": content}
    before = result_cache.kept(store, key)
    if before is not None:
        return _unpacked({**before[1], **about})
    tested = []
    found = parse_claims(text, region, where=where)
    for done, claim in enumerate(found):
        tested.append(_test(region, claim))
        if progress is not None:
            progress(done + 1, len(found))
    # what is kept is plain values: give the same whether it was computed or read
    made = _unpacked(json.loads(json.dumps({**about, "claims": [asdict(claim) for claim in tested]})))
    result_cache.keep(store, key, made.table, asdict(made))
    return made


def evidence_of_example(
    name: str, claims: str | Path | None = None, *, progress: Callable[[int, int], None] | None = None
) -> Evidence:
    """
    Test claims about a shipped example; it need not even be opened for what was found before from the same files.

    Parameters
    ----------
    name
        Name of the example.
    claims, progress
        As for `evidence`.
    """
    unopened = Region(name)
    text, _ = claims_text(unopened, claims)
    folder = files("megaregion") / "examples" / name
    parts = {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.is_file()}
    store, key = result_cache.store_of(unopened), question_key(question="evidence", files=parts, claims=text)
    before = result_cache.kept(store, key)
    if before is not None:
        return _unpacked(before[1])
    made = evidence(example(name), claims, progress=progress)
    result_cache.keep(store, key, made.table, asdict(made))
    return made


def claims_text(region: Region, claims: str | Path | None = None) -> tuple[str, str]:
    """
    Give the text of a claims file and its name.

    Raises
    ------
    InputError
        If there is none.
    """
    if claims is not None:
        return read_text(claims), str(claims)
    tables = region.tables.base if isinstance(region.tables, Overlay) else region.tables
    if isinstance(tables, LazyTables) and isinstance(tables.home, Path) and (tables.home / FILE).is_file():
        return read_text(tables.home / FILE), str(tables.home / FILE)
    shipped = files("megaregion") / "examples" / region.name / FILE
    if region.name in examples() and shipped.is_file():
        return shipped.read_text(encoding="utf-8"), f"examples/{region.name}/{FILE}"
    msg = (
        f"region {region.name!r} comes without claims; give a file: `megaregion evidence --claims FILE`, or put it "
        f"into the region folder as {FILE}. `megaregion evidence --template` prints one to begin with."
    )
    raise InputError(msg)


def _test(region: Region, claim: Claim) -> Verdict:
    # measures are found only when something is computed: what was kept before is read at once
    from megaregion.study.explanation import claimed_words, explain  # noqa: PLC0415
    from megaregion.study.reading import read_claim  # noqa: PLC0415

    main = read_claim(region, claim)
    variants = [read_claim(region, claim, variant) for variant in claim.variants]
    readings = [main, *(variant for variant in variants if variant.verdict is not None)]
    verdict = agreed([str(each.verdict) for each in readings]) if claim.decide == "all" else str(main.verdict)
    needs = (claim.needs or main.needs or _which(readings)) if verdict == UNDECIDED else None
    source = claim.source
    return Verdict(
        id=claim.id,
        statement=claim.statement,
        claimant={"who": source.who, "date": source.date, "url": source.url},
        verdict=verdict,
        value=None if pd.isna(main.value) else main.value / claim.factor,
        unit=claim.unit,
        claimed=claim.value,
        relation=claim.relation,
        tolerance=claim.tolerance.around(claim.value),
        words={"value": main.words, "claimed": claimed_words(claim)},
        sources=main.inputs,
        years=main.years,
        status=main.status,
        variants=tuple(_told(variant) for variant in variants),
        needs=needs,
        explanation=explain(claim, main, variants, verdict, needs),
        measure=claim.measure,
        parameters=main.parameters,
        provenance=main.provenance,
    )


def _which(readings: Sequence[Reading]) -> Words:
    missing = next((each.needs for each in readings if each.needs is not None), None)
    return missing or Words("what the claim means: a list, a year, a definition", "该说法的确切所指：名单、年份或定义")


def _told(variant: Reading) -> dict[str, Any]:
    return {
        "id": variant.id,
        "label": variant.label,
        "value": None if pd.isna(variant.value) else variant.value,
        "unit": variant.unit,
        "words": variant.words,
        "verdict": variant.verdict,
        "measure": variant.measure,
        "parameters": dict(variant.parameters),
        "years": variant.years,
        "status": variant.status,
        "sources": variant.inputs,
    }


def _unpacked(packed: Mapping[str, Any]) -> Evidence:
    """Give evidence again from plain values."""
    claims = tuple(_verdict(claim) for claim in packed["claims"])
    return Evidence(packed["region"], packed["version"], packed["content"], claims)


def _verdict(packed: Mapping[str, Any]) -> Verdict:
    values = dict(packed)
    for name in ("statement", "needs", "explanation"):
        values[name] = Words(**values[name]) if values[name] is not None else None
    values["words"] = {name: Words(**words) for name, words in values["words"].items()}
    values["claimant"] = {**values["claimant"], "who": Words(**values["claimant"]["who"])}
    values["variants"] = tuple(
        {
            **variant,
            "label": Words(**variant["label"]),
            "words": Words(**variant["words"]),
            "years": tuple(variant["years"]),
        }
        for variant in values["variants"]
    )
    values["sources"], values["years"] = tuple(values["sources"]), tuple(values["years"])
    return Verdict(**values)
