"""The paragraph under a verdict, written from the numbers by rule: what was computed, what it rests on, what else."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from megaregion.study.claim_rule import CONFIRMED, CONTRADICTED, UNDECIDED
from megaregion.study.claims_file import PLACEHOLDER
from megaregion.study.input_years import input_years
from megaregion.study.measures import Words, measures
from megaregion.study.quantity import difference, quantity
from megaregion.study.status import status_words, worst_status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from megaregion.study.claim import Claim
    from megaregion.study.reading import Reading

VERDICT_WORDS = {
    CONFIRMED: Words("confirmed", "证实"),
    CONTRADICTED: Words("contradicted", "不符"),
    UNDECIDED: Words("not decidable", "无法判定"),
}

_RELATION = {
    "equals": Words("", ""),
    "at least": Words("at least ", "至少 "),
    "at most": Words("at most ", "至多 "),
}


def claimed_words(claim: Claim) -> Words:
    """Say what is claimed, with its relation."""
    amount, relation = quantity(claim.value * claim.factor, claim.measure_unit), _RELATION[claim.relation]
    return Words(relation.en + amount.en, relation.zh + amount.zh)


def explain(
    claim: Claim, main: Reading, variants: Sequence[Reading], verdict: str, needs: Words | None = None
) -> Words:
    """
    Write the paragraph of one claim.

    Parameters
    ----------
    claim
        What is claimed.
    main
        The claim as it stands, computed.
    variants
        Its other readings, computed.
    verdict
        The verdict on the claim.
    needs
        What would decide it; None if it is decided.
    """
    word = VERDICT_WORDS[verdict]
    parts = [Words(f"{word.en.capitalize()}.", f"{word.zh}。"), _computed(claim, main)]
    if claim.decide == "all" and main.measure in measures():
        parts.append(_together(main, variants, verdict))
    if main.inputs:
        parts.append(_basis(main))
    if variants:
        parts.append(_readings(variants))
    if claim.note is not None:
        parts.append(_note(claim, main, variants))
    if needs is not None:
        parts.append(Words(f"To decide it: {_closed(needs.en)}", f"要判定需要：{_closed(needs.zh, '。')}"))
    return Words(" ".join(part.en for part in parts), "".join(part.zh for part in parts))


def _computed(claim: Claim, main: Reading) -> Words:
    claimed = claimed_words(claim)
    if main.undecided is not None:
        reason = main.undecided
        return Words(
            f"Claimed: {claimed.en}. It cannot be tested: {_closed(reason.en)}",
            f"说法：{claimed.zh}。无法检验：{_closed(reason.zh, '。')}",
        )
    off, dated = _off(claim, main), input_years(main.inputs)
    years = Words(f"; {dated.en}", f"；{dated.zh}") if dated.en else dated
    return Words(
        f"Claimed: {claimed.en}. Computed: {main.words.en} ({_lower(main.label.en)}{years.en}){off.en}.",
        f"说法：{claimed.zh}。计算：{main.words.zh}（{main.label.zh}{years.zh}）{off.zh}。",
    )


def _off(claim: Claim, main: Reading) -> Words:
    """Say how far off the value is, and what is allowed."""
    around, reason = claim.tolerance.around(claim.value), claim.tolerance.reason
    allowed = difference(around, claim.unit)
    why = Words(f" ({reason.en})", f"（{reason.zh}）") if reason else Words("", "")
    by = main.value / claim.factor - claim.value
    if not math.isfinite(by):
        return Words("", "")
    if main.verdict != CONTRADICTED:
        # more than "at least" so much needs no tolerance
        if not around or (claim.relation == "at least" and by >= 0) or (claim.relation == "at most" and by <= 0):
            return Words("", "")
        return Words(f", within the tolerance of {allowed.en}{why.en}", f"，在容差 {allowed.zh}{why.zh}之内")
    amount = difference(abs(by), claim.unit)
    en = f", {amount.en} {'more' if by > 0 else 'less'} than claimed"
    zh = f"，比说法{'多' if by > 0 else '少'} {amount.zh}"
    if around:
        en, zh = f"{en}; the tolerance is {allowed.en}{why.en}", f"{zh}；容差为 {allowed.zh}{why.zh}"
    return Words(en, zh)


def _together(main: Reading, variants: Sequence[Reading], verdict: str) -> Words:
    readings = [main, *(variant for variant in variants if variant.verdict is not None)]
    counts = {each: sum(reading.verdict == each for reading in readings) for each in VERDICT_WORDS}
    told_en = ", ".join(f"{count} {VERDICT_WORDS[each].en}" for each, count in counts.items() if count)
    told_zh = "、".join(f"{count} 种{VERDICT_WORDS[each].zh}" for each, count in counts.items() if count)
    if verdict == UNDECIDED:
        split = counts[CONFIRMED] and counts[CONTRADICTED]
        why = (
            Words("they do not agree", "各种理解结论不一") if split else Words("not all can be tested", "并非都可检验")
        )
        return Words(
            f"The claim does not say which of its {len(readings)} readings it means, and {why.en}: {told_en}.",
            f"该说法未指明是 {len(readings)} 种理解中的哪一种，而{why.zh}：{told_zh}。",
        )
    return Words(
        f"The claim does not say which of its {len(readings)} readings it means; all are {VERDICT_WORDS[verdict].en}.",
        f"该说法未指明是 {len(readings)} 种理解中的哪一种；各种理解均{VERDICT_WORDS[verdict].zh}。",
    )


def _basis(main: Reading) -> Words:
    tables = list(dict.fromkeys(str(entry["table"]) for entry in main.inputs))
    named = f"table{'s' if len(tables) != 1 else ''} {', '.join(tables)}"
    sources = {str(entry["source_id"]) for entry in main.inputs if entry.get("source_id")}
    status = status_words(worst_status(entry.get("status") for entry in main.inputs))
    count = f"{len(sources)} source{'s' if len(sources) != 1 else ''}" if sources else "no named source"
    count_zh = f"{len(sources)} 个来源" if sources else "未注明来源"
    assumed, told = main.assumptions, status_words(main.status)
    en = f"It rests on {count} ({named}), of status {status.en}"
    zh = f"依据：{count_zh}（{'、'.join(tables)} 表），状态：{status.zh}"
    if assumed:
        en += f", and on assumptions, so that it is {told.en}: {'; '.join(each.en for each in assumed)}"
        zh += f"；另含假设，故结果为{told.zh}：{'；'.join(each.zh for each in assumed)}"
    return Words(f"{en}.", f"{zh}。")


def _readings(variants: Sequence[Reading]) -> Words:
    told = []
    for variant in variants:
        marks = [VERDICT_WORDS[variant.verdict]] if variant.verdict is not None else []
        if variant.status not in {None, "confirmed"}:
            marks.append(status_words(variant.status))
        if math.isnan(variant.value):
            why = variant.undecided
            en, zh = (f" ({why.en})", f"（{why.zh}）") if why is not None else ("", "")
            told.append(Words(f"{variant.label.en}: no data{en}", f"{variant.label.zh}：无数据{zh}"))
        else:
            told.append(
                Words(
                    f"{variant.label.en}: {variant.words.en}"
                    + (f" ({', '.join(each.en for each in marks)})" if marks else ""),
                    f"{variant.label.zh}：{variant.words.zh}"
                    + (f"（{'，'.join(each.zh for each in marks)}）" if marks else ""),
                )
            )
    return Words(
        f"Other readings: {'; '.join(each.en for each in told)}.", f"其他理解：{'；'.join(each.zh for each in told)}。"
    )


def _note(claim: Claim, main: Reading, variants: Sequence[Reading]) -> Words:
    """Fill the placeholders of a note from what was computed."""
    by_id = {variant.id: variant for variant in variants}

    def filled(text: str, lang: str) -> str:
        def value_of(name: str) -> str:
            parts = name.split(".")
            if name == "value":
                return main.words.of(lang)
            if name == "claimed":
                return claimed_words(claim).of(lang)
            if name == "years":
                return _span(main.years)
            if parts[0] == "row":
                return _cell(main.row.get(parts[1]), lang)
            reading = by_id[parts[1]]
            return reading.words.of(lang) if len(parts) == 2 else _cell(reading.row.get(parts[2]), lang)

        return PLACEHOLDER.sub(lambda found: value_of(found.group(1)), text)

    return Words(filled(claim.note.en, "en"), filled(claim.note.zh, "zh")) if claim.note else Words("", "")


def _cell(value: Any, lang: str) -> str:
    if value is None or value != value:  # noqa: PLR0124 - not a number
        return Words("not known", "未知").of(lang)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _span(years: Sequence[int]) -> str:
    if not years:
        return "?"
    return str(years[0]) if len(years) == 1 else f"{years[0]}-{years[-1]}"


def _lower(text: str) -> str:
    """Put a title into the middle of a sentence; an abbreviation stays as it is."""
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def _closed(text: str, stop: str = ".") -> str:
    return text if text.endswith((".", "。")) else text + stop
