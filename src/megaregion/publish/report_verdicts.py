"""The part of a report about claims: what was claimed, what the data say, and the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from megaregion.publish.report_text import Writer
    from megaregion.study.evidence import Evidence, Verdict

VERDICTS = {
    "confirmed": ("confirmed", "证实"),
    "contradicted": ("contradicted", "不符"),
    "not decidable": ("not decidable", "无法判定"),
}


def write_verdicts(writer: Writer, evidence: Evidence) -> None:
    """Write a table of all verdicts and a paragraph for each."""
    claims = evidence.claims
    verdicts = [each.verdict for each in claims]
    writer.paragraph(
        writer.say(
            f"{len(claims)} claims were tested against the data: "
            + ", ".join(f"{verdicts.count(name)} {words[0]}" for name, words in VERDICTS.items())
            + ". A claim is not decidable where the data that would test it are not at hand.",
            f"共检验{len(claims)}条说法："
            + "，".join(f"{words[1]}{verdicts.count(name)}条" for name, words in VERDICTS.items())
            + "。缺少检验所需数据的说法为“无法判定”。",
        )
    )
    rows = []
    for number, each in enumerate(claims, start=1):
        rows.append(
            (
                str(number),
                writer.of(each.statement),
                writer.of(each.words["claimed"]),
                writer.of(each.words["value"]) + (writer.status(each.status) if _doubtful(each) else ""),
                verdict_mark(writer, each.verdict),
                writer.of(each.data_of) or "–",
                _cited(writer, each),
            )
        )
    writer.table(
        (
            "#",
            writer.say("Claim", "说法"),
            writer.say("Claimed", "所称"),
            writer.say("Computed", "计算值"),
            writer.say("Verdict", "结论"),
            writer.say("Data of", "数据年份"),
            writer.say("Source", "来源"),
        ),
        rows,
        writer.say("What is claimed, what the data say, and the verdict.", "所称内容、数据结果与结论。"),
        narrow=True,
    )
    writer.part(writer.say("Explanations", "逐条说明"), "evidence-explained")
    for number, each in enumerate(claims, start=1):
        statement = Markup("<strong>{}. {}</strong> ").format(number, writer.of(each.statement))
        writer.paragraph(statement, writer.of(each.explanation))


def verdict_mark(writer: Writer, verdict: str) -> Markup:
    """Verdict in words, with the class that gives it its colour."""
    kind = verdict.replace(" ", "-")
    return Markup('<span class="verdict {}">{}</span>').format(kind, writer.say(*VERDICTS[verdict]))


def _doubtful(verdict: Verdict) -> bool:
    return verdict.value is not None and verdict.status != "confirmed"


def _cited(writer: Writer, verdict: Verdict) -> Markup | str:
    return writer.cite(*(entry.get("source_id") for entry in verdict.sources)) or "–"
