"""Evidence as a file: a table (CSV), everything (JSON), or a text to read (Markdown, HTML)."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from megaregion.errors import InputError
from megaregion.publish.export import replace_file, write_table
from megaregion.publish.plain import plain
from megaregion.study.citation import citation
from megaregion.study.explanation import VERDICT_WORDS
from megaregion.study.measures import Words
from megaregion.study.status import status_words, worst_status

if TYPE_CHECKING:
    from megaregion.study.evidence import Evidence, Verdict

SUFFIXES = (".csv", ".json", ".md", ".html")

HEADINGS = {
    "claim": Words("claim", "说法"),
    "verdict": Words("verdict", "结论"),
    "value": Words("computed", "计算值"),
    "claimed": Words("claimed", "说法值"),
    "status": Words("status", "状态"),
    "years": Words("data of", "数据年份"),
}

_TITLE = Words("What the claims are worth", "各条说法是否证实")
_STYLE = (
    "body{font:16px/1.6 'Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif;max-width:60rem;margin:2rem auto;"
    "padding:0 1rem;color:#222}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;"
    "border-bottom:1px solid #ccc;vertical-align:top}h2{font-size:1.1rem;margin:1.6rem 0 .2rem}"
)


def evidence_rows(evidence: Evidence, lang: str = "en") -> list[dict[str, str]]:
    """Give a row a claim, as people read it: claim, verdict, value, claimed, status, years."""
    return [
        {
            "claim": claim.statement.of(lang),
            "verdict": VERDICT_WORDS[claim.verdict].of(lang),
            "value": claim.words["value"].of(lang) if claim.value is not None else "",
            "claimed": claim.words["claimed"].of(lang),
            "status": status_words(claim.status).of(lang) if claim.value is not None else "",
            "years": claim.data_of.of(lang),
        }
        for claim in evidence
    ]


def check_evidence_suffix(path: Path) -> None:
    """Refuse a file whose suffix names no format; raises `InputError`."""
    if path.suffix not in SUFFIXES:
        msg = f"output {str(path)!r} ends in {path.suffix or 'nothing'!r}; expected {', '.join(SUFFIXES)}."
        raise InputError(msg)


def write_evidence(evidence: Evidence, path: Path, *, lang: str = "en") -> Path:
    """
    Write verdicts and explanations; the file is old or new, never half.

    Parameters
    ----------
    evidence
        What was found.
    path
        Target; its suffix chooses the format: .csv (with its manifest), .json, .md, .html.
    lang
        Language of texts, "en" or "zh".

    Raises
    ------
    InputError
        If the suffix is not known.
    StorageError
        If the disk refuses.
    """
    check_evidence_suffix(path)
    if path.suffix == ".csv":
        about = {"command": "evidence", "region": evidence.region, "content": evidence.content}
        return write_table(evidence.table, path, about)
    if path.suffix == ".json":
        text = json.dumps(plain(evidence.to_dict(lang)), ensure_ascii=False, indent=1, allow_nan=False)
    else:
        text = _markdown(evidence, lang) if path.suffix == ".md" else _html(evidence, lang)
    replace_file(path, lambda target: Path(target).write_text(text, encoding="utf-8", newline="\n"))
    return path


def _markdown(evidence: Evidence, lang: str) -> str:
    heads = [words.of(lang) for words in HEADINGS.values()]
    lines = [f"# {_TITLE.of(lang)}", "", f"| {' | '.join(heads)} |", "|" + " --- |" * len(heads)]
    rows = ([text.replace("|", r"\|") for text in row.values()] for row in evidence_rows(evidence, lang))
    lines += [f"| {' | '.join(cells)} |" for cells in rows]
    for claim in evidence:
        lines += ["", f"## {claim.statement.of(lang)}", "", claim.explanation.of(lang), ""]
        lines += [f"- {source}" for source in sources(claim, lang)]
    return "\n".join(lines) + "\n"


def _html(evidence: Evidence, lang: str) -> str:
    heads = "".join(f"<th scope=col>{escape(words.of(lang))}" for words in HEADINGS.values())
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(text)}" for text in row.values()) for row in evidence_rows(evidence, lang)
    )
    parts = []
    for claim in evidence:
        listed = "".join(f"<li>{escape(source)}" for source in sources(claim, lang))
        parts.append(
            f"<h2 id={escape(claim.id)}>{escape(claim.statement.of(lang))}</h2>"
            f"<p>{escape(claim.explanation.of(lang))}</p>" + (f"<ul>{listed}</ul>" if listed else "")
        )
    title = escape(_TITLE.of(lang))
    return (
        f"<!doctype html><html lang={'zh-CN' if lang == 'zh' else 'en'}><meta charset=utf-8>"
        f"<meta name=viewport content='width=device-width'><title>{title}</title><style>{_STYLE}</style>"
        f"<h1>{title}</h1><table><thead><tr>{heads}</thead><tbody>{rows}</tbody></table>{''.join(parts)}</html>\n"
    )


def sources(claim: Verdict, lang: str = "en") -> list[str]:
    """
    Give the sources of a claim and then those of its other readings, each once.

    Each has publisher, title, year and reprinter, its address, and how far its figures have been checked.
    """
    found: dict[str, list[str | None]] = {}
    for entry in (*claim.sources, *(entry for variant in claim.variants for entry in variant["sources"])):
        parts = (citation(entry).of(lang), entry.get("url"))
        if text := (", ", "，")[lang == "zh"].join(part for part in parts if part):
            found.setdefault(text, []).append(entry.get("status"))
    return [f"{text} [{status_words(worst_status(statuses)).of(lang)}]" for text, statuses in found.items()]
