"""
Claims files: TOML that anybody can write about any region.

All that is wrong in a file is told at once, each with its line, its claim, what was found and what is accepted.
"""

from __future__ import annotations

import math
import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from megaregion.errors import InputError
from megaregion.notices import Notices
from megaregion.region import durable
from megaregion.region.schema import suggest
from megaregion.study.claim import Claim, ClaimSource, Tolerance, Variant
from megaregion.study.claim_rule import RELATIONS
from megaregion.study.measures import Words, measures
from megaregion.study.quantity import written_unit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from megaregion.region.model import Region

MAX_BYTES = 2_000_000
"""Longest claims file that is read; that of the shipped region has some 20 kB."""

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
OF_CLAIM = ("value", "claimed", "years")
"""Placeholders of a note, beside those of variants and of columns of the measure's row."""

_ID = re.compile(r"[a-z0-9][a-z0-9-]*")
_HEADER = re.compile(r"\s*\[\[\s*claims\s*(\.\s*variants\s*)?\]\]\s*(?:#.*)?")
_TOP = ("source", "claims")
_CLAIM = (
    *("id", "statement", "source", "measure", "parameters", "at", "value", "unit", "relation", "tolerance"),
    *("decide", "needs", "domain", "note", "variants"),
)
_VARIANT = ("id", "label", "measure", "parameters", "at", "compare")
_SOURCE = ("en", "zh", "date", "url")
_TOLERANCE = ("absolute", "share", "reason")


def template() -> str:
    """Text of a claims file to begin with: every field explained, one claim that any region with cities can test."""
    return (files("megaregion") / "study" / "claims_template.toml").read_text(encoding="utf-8")


def read_text(path: str | Path) -> str:
    """
    Read a claims file as text.

    Raises
    ------
    InputError
        If there is none, it is too long, or not UTF-8.
    StorageError
        If it cannot be read.
    """
    file = Path(path)
    if not file.exists() or file.is_dir():
        msg = f"{file}: no such claims file; `megaregion evidence --template > {file.name}` makes one."
        raise InputError(msg)
    with durable.explained("read", file), file.open("rb") as stream:
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        msg = f"{file}: more than {MAX_BYTES:,} bytes; expected a claims file (TOML). Split it into several."
        raise InputError(msg)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = problem.object[: problem.start].count(b"\n") + 1
        msg = f"{file} line {line}: byte {problem.start} is not UTF-8; save the claims file as UTF-8."
        raise InputError(msg) from problem


def parse_claims(text: str, region: Region, *, where: str = "claims") -> tuple[Claim, ...]:
    """
    Read claims about a region.

    Parameters
    ----------
    text
        A claims file; `template()` explains its fields.
    region
        Names and ids of cities are looked up in it.
    where
        Name of the file, for messages.

    Raises
    ------
    InputError
        If anything is wrong; `notices` holds all of it.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        msg = f"{where}: not TOML: {problem}. Text stands in quotes, a claim begins with [[claims]]."
        raise InputError(msg) from problem
    reader = _Reader(text, region, where)
    found = reader.document(document)
    reader.notices.raise_errors(f"claims file {where}")
    return found


class _Reader:
    """Reads one file; `notices` grows with each problem, and what is wrong is left out of what is given back."""

    def __init__(self, text: str, region: Region, where: str) -> None:
        self.notices = Notices()
        self._region, self._where = region, where
        # without any cities, names of cities are data that are missing, not slips of the pen
        self._no_cities = region.table("cities").empty
        self._lines = text.splitlines()
        self._starts: list[tuple[int, list[int]]] = []
        for number, line in enumerate(self._lines, start=1):
            header = _HEADER.fullmatch(line)
            if header and not header.group(1):
                self._starts.append((number, []))
            elif header and self._starts:
                self._starts[-1][1].append(number)
        self._at: tuple[str, int | None] = ("", None)

    def document(self, document: Mapping[str, Any]) -> tuple[Claim, ...]:
        self._unknown(document, _TOP, "the file")
        source = self._source(document.get("source"))
        rows = document.get("claims", [])
        if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
            self._wrong("claims", "no claims; expected one or more sections [[claims]]")
            return ()
        claims = []
        seen: set[str] = set()
        for number, row in enumerate(rows):
            start = self._starts[number] if len(self._starts) == len(rows) else None
            name = row.get("id") if isinstance(row.get("id"), str) else f"number {number + 1}"
            self._at = (f"claim {name}", start[0] if start else None)
            claim = self._claim(row, source, start[1] if start else ())
            if claim is not None:
                if claim.id in seen:
                    self._wrong("id", f"{claim.id!r} is the id of another claim as well; expected one of its own")
                seen.add(claim.id)
                claims.append(claim)
        return tuple(claims)

    def _claim(self, row: Mapping[str, Any], source: ClaimSource, variant_lines: Sequence[int]) -> Claim | None:
        before = len(self.notices)
        self._unknown(row, _CLAIM, "a claim")
        identity = self._identity(row)
        statement = self._words(row, "statement", needed=True)
        value, unit = self._number(row, "value"), self._text(row, "unit")
        domain, needs = self._words(row, "domain"), self._words(row, "needs")
        name = self._measure(row, domain=domain)
        if name is not None and name not in measures() and needs is None:
            self._wrong("needs", "missing; a claim whose measure no domain brings yet says what data it needs")
        parameters = self._parameters(row.get("parameters", {}), name, "parameters")
        at = self._row_keys(row.get("at", {}), name)
        self._convertible(unit, name)
        relation = self._choice(row, "relation", RELATIONS, "equals")
        decide = self._choice(row, "decide", ("main", "all"), "main")
        tolerance = self._tolerance(row.get("tolerance", {}))
        own_source = self._source(row["source"]) if "source" in row else source
        note = self._words(row, "note")
        own = self._at
        variants = self._variants(row.get("variants", []), name or "", parameters, at, (unit or "", variant_lines))
        self._at = own
        if decide == "all" and not any(variant.compare for variant in variants):
            self._wrong("decide", "'all' without readings; expected one or more [[claims.variants]] that compare")
        self._placeholders(note, variants)
        if len(self.notices) > before or statement is None or value is None or unit is None or name is None:
            return None
        return Claim(
            id=identity,
            statement=statement,
            source=own_source,
            measure=name,
            value=value,
            unit=unit,
            parameters=parameters,
            at=at,
            relation=relation,
            tolerance=tolerance,
            decide=cast("Any", decide),
            needs=needs,
            domain=domain,
            note=note,
            variants=variants,
        )

    def _variants(
        self,
        rows: Any,
        measure: str,
        parameters: Mapping[str, Any],
        at: Mapping[str, str],
        unit_and_lines: tuple[str, Sequence[int]],
    ) -> tuple[Variant, ...]:
        unit, lines = unit_and_lines
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            self._wrong("variants", f"is {rows!r}; expected sections [[claims.variants]]")
            return ()
        found: list[Variant] = []
        claim = self._at[0]
        for number, row in enumerate(rows):
            shown = row.get("id") if isinstance(row.get("id"), str) else f"number {number + 1}"
            self._at = (f"{claim}, variant {shown}", lines[number] if len(lines) == len(rows) else None)
            self._unknown(row, _VARIANT, "a variant")
            identity, label = self._identity(row), self._words(row, "label", needed=True)
            name = self._measure(row, domain=None) if "measure" in row else measure
            same = name == measure
            given = row.get("parameters", {})
            merged = {**parameters, **given} if same and isinstance(given, dict) else given
            own_parameters = self._parameters(merged, name, "parameters")
            own_at = self._row_keys(row.get("at", at if same else {}), name)
            compare = row.get("compare", True)
            if not isinstance(compare, bool):
                self._wrong("compare", f"is {compare!r}; expected true or false")
            elif compare:
                self._convertible(unit or None, name, "; or set compare = false to tell it only")
            if any(identity == other.id for other in found):
                self._wrong("id", f"{identity!r} is the id of another variant of this claim as well")
            if label is not None and name is not None:
                found.append(
                    Variant(
                        id=identity,
                        label=label,
                        measure=name,
                        parameters=own_parameters,
                        at=own_at,
                        compare=bool(compare),
                    )
                )
        return tuple(found)

    def _measure(self, row: Mapping[str, Any], *, domain: Words | None) -> str | None:
        name = self._text(row, "measure")
        if name is None or name in measures() or domain is not None:
            return name
        self._wrong(
            "measure",
            f"{name!r} is no measure; `megaregion measures` lists them.{suggest(name, list(measures()))} "
            "One that a later domain will bring names it: domain = { en = ..., zh = ... }",
        )
        return None

    def _parameters(self, given: Any, name: str | None, field: str) -> dict[str, Any]:
        if not isinstance(given, dict):
            self._wrong(field, f"is {given!r}; expected a table, as {{ year = 2019 }}")
            return {}
        if name is not None and name in measures():
            places = {each.name for each in measures()[name].parameters if each.kind == "city"} & set(given)
            try:
                measures()[name].read(
                    {key: None if self._no_cities and key in places else given[key] for key in given}, self._region
                )
            except InputError as problem:
                self._wrong(field, str(problem).rstrip("."))
        return dict(given)

    def _row_keys(self, given: Any, name: str | None) -> dict[str, str]:
        if name is None or name not in measures():
            return dict(given) if isinstance(given, dict) else {}
        keys = measures()[name].keys
        if not isinstance(given, dict) or set(given) != set(keys):
            found = ", ".join(given) if isinstance(given, dict) and given else "nothing"
            shape = {
                "value": "has one value and takes no `at`",
                "city": "has a value for each city",
                "zone": "has a value for each zone",
            }
            wanted = ", ".join(f'{key} = "..."' for key in keys) or "nothing"
            about = shape.get(measures()[name].shape, "has a value for each pair of cities")
            self._wrong("at", f"names {found}, but measure {name!r} {about}; expected {{ {wanted} }}")
            return {}
        if self._no_cities:
            return {key: str(city) for key, city in given.items()}
        found_cities = {}
        for key, city in given.items():
            try:
                found_cities[key] = str(self._region.city(str(city))["city_id"])
            except InputError as problem:
                self._wrong("at", f"{key}: {str(problem).rstrip('.')}")
        return found_cities

    def _convertible(self, unit: str | None, name: str | None, advice: str = "") -> None:
        if unit is None or name is None or name not in measures():
            return
        wanted = measures()[name].unit
        try:
            found = written_unit(unit).unit
        except InputError as problem:
            self._wrong("unit", str(problem).removeprefix("unit ").rstrip("."))
            return
        if found != wanted:
            self._wrong("unit", f"is {unit!r}, which measure {name!r} has not: it is in {wanted!r}{advice}")

    def _tolerance(self, given: Any) -> Tolerance:
        if not isinstance(given, dict):
            self._wrong("tolerance", f"is {given!r}; expected {{ absolute = ..., reason = ... }} or {{ share = ... }}")
            return Tolerance()
        self._unknown(given, _TOLERANCE, "a tolerance")
        sizes = [name for name in ("absolute", "share") if name in given]
        size = self._number(given, sizes[0], field="tolerance") if len(sizes) == 1 else 0.0
        if len(sizes) > 1 or (given and not sizes):
            self._wrong("tolerance", "expected one of absolute (in the unit of the claim) and share (of its value)")
        elif size is not None and size < 0:
            self._wrong("tolerance", f"{sizes[0]} is {size!r}; expected 0 or more")
        reason = self._words(given, "reason", needed=bool(given), field="tolerance")
        return Tolerance(
            absolute=(size or 0.0) if sizes == ["absolute"] else 0.0,
            share=(size or 0.0) if sizes == ["share"] else 0.0,
            reason=reason,
        )

    def _source(self, given: Any) -> ClaimSource:
        if given is None:
            return ClaimSource(who=Words("not named", "未注明"))
        if not isinstance(given, dict):
            self._wrong("source", f"is {given!r}; expected {{ en = ..., zh = ..., date = ..., url = ... }}")
            return ClaimSource(who=Words("", ""))
        self._unknown(given, _SOURCE, "a source")
        who = self._words({"source": {key: given[key] for key in ("en", "zh") if key in given}}, "source", needed=True)
        texts = {key: given.get(key, default) for key, default in (("date", "unknown"), ("url", ""))}
        for key, text in texts.items():
            if not isinstance(text, str):
                texts[key] = str(text)
        return ClaimSource(who=who or Words("", ""), **texts)

    def _placeholders(self, note: Words | None, variants: Sequence[Variant]) -> None:
        known = {variant.id for variant in variants}
        for text in (note.en, note.zh) if note is not None else ():
            for name in PLACEHOLDER.findall(text):
                parts = name.split(".")
                of_variant = parts[0] == "variant" and len(parts) in {2, 3} and parts[1] in known
                if name not in OF_CLAIM and not of_variant and not (parts[0] == "row" and len(parts) == 2):
                    accepted = [f"{{{each}}}" for each in (*OF_CLAIM, *(f"variant.{each}" for each in sorted(known)))]
                    self._wrong("note", f"has a placeholder {{{name}}}; expected one of {', '.join(accepted)}")

    def _identity(self, row: Mapping[str, Any]) -> str:
        found = self._text(row, "id")
        if found is not None and not _ID.fullmatch(found):
            self._wrong("id", f"is {found!r}; expected small letters, digits and dashes, as land-share")
        return found or ""

    def _words(
        self, row: Mapping[str, Any], name: str, *, needed: bool = False, field: str | None = None
    ) -> Words | None:
        given = row.get(name)
        if given is None and not needed:
            return None
        if isinstance(given, str) and given.strip():
            return Words(given, given)
        if isinstance(given, dict) and set(given) == {"en", "zh"}:
            texts = [text for text in (given["en"], given["zh"]) if isinstance(text, str) and text.strip()]
            if len(texts) == len(given):
                return Words(*texts)
        found = "is missing" if given is None else f"is {given!r}"
        inside = f"{name} " if field else ""
        self._wrong(field or name, f"{inside}{found}; expected text, or {{ en = ..., zh = ... }}")
        return None

    def _text(self, row: Mapping[str, Any], name: str) -> str | None:
        given = row.get(name)
        if isinstance(given, str) and given.strip():
            return given
        self._wrong(name, f"{'is missing' if given is None else f'is {given!r}'}; expected text")
        return None

    def _number(self, row: Mapping[str, Any], name: str, *, field: str | None = None) -> float | None:
        given = row.get(name)
        if isinstance(given, int | float) and not isinstance(given, bool) and math.isfinite(given):
            return float(given)
        self._wrong(field or name, f"{'is missing' if given is None else f'is {given!r}'}; expected a number")
        return None

    def _choice(self, row: Mapping[str, Any], name: str, choices: Sequence[str], default: str) -> str:
        given = row.get(name, default)
        if given in choices:
            return str(given)
        self._wrong(name, f"is {given!r}; expected {', '.join(choices)}.{suggest(str(given), choices)}".rstrip("."))
        return default

    def _unknown(self, row: Mapping[str, Any], known: Sequence[str], what: str) -> None:
        for name in row:
            if name not in known:
                self._wrong(name, f"is no field of {what}; expected {', '.join(known)}.{suggest(name, known)}")

    def _wrong(self, field: str, found: str) -> None:
        claim, start = self._at
        named = ": ".join(part for part in (claim, f"field '{field}'") if part)
        self.notices.add(
            "claim_unusable",
            f"{named} {found}.".replace("..", "."),
            file=self._where,
            field=field,
            line=self._line_of(field, start),
        )

    def _line_of(self, field: str, start: int | None) -> int | None:
        """Line of a field of the section that starts there, or of its header."""
        begin = start or 0
        for number in range(begin, len(self._lines)):
            line = self._lines[number]
            if start is not None and re.match(r"\s*\[", line):
                break
            if re.match(rf"\s*\"?{re.escape(field)}\"?\s*=", line):
                return number + 1
            if start is None and re.match(r"\s*\[\[", line):
                break
        return start
