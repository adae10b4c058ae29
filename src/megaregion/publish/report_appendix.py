"""What a report holds for machines: all figures as plain values, and as files."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from megaregion.publish.plain import plain

if TYPE_CHECKING:
    import pandas as pd

    from megaregion.publish.report_findings import Findings
    from megaregion.study.run import Result

FORMAT = 1
"""Version of the document."""


def appendix_data(findings: Findings) -> dict[str, Any]:
    """Gather all figures of a report as plain values: missing is null, unreachable is "inf"."""
    region = findings.region
    results = [
        *((year, result) for year in findings.years for result in findings.by_year[year].values()),
        *((None, result) for result in findings.facts.values()),
    ]
    document = {
        "kind": "megaregion report",
        "format": FORMAT,
        "region": {"name": region.name, "version": region.version, "title": _words(findings.title)},
        "timetable_years": list(findings.years),
        "cities": findings.cities[["city_id", "name", "name_en"]].to_dict("records"),
        "results": [_result(year, result) for year, result in results],
        "reach": findings.reach.figures if findings.reach is not None else None,
        "scenario": _project(findings),
        "evidence": findings.evidence.to_dict() if findings.evidence is not None else None,
        "missing": [
            {"what": _words(each.what), "year": each.year, "why": _words(each.why), "needs": _words(each.needs)}
            for each in findings.missing
        ],
        "sources": region.table("sources").sort_values("source_id").to_dict("records"),
    }
    return dict(plain(document))


def appendix_files(findings: Findings, data: dict[str, Any]) -> dict[str, bytes]:
    """Give the files that go with a PDF: the document, and a CSV for each result."""
    text = json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    found = {"report.json": text.encode("utf-8")}
    for year in findings.years:
        for name, result in findings.by_year[year].items():
            found[f"{name}_{year}.csv"] = _csv(result.table)
    for name, result in findings.facts.items():
        found[f"{name}.csv"] = _csv(result.table)
    if findings.project is not None:
        for name, result in findings.project.after.items():
            found[f"scenario_{name}.csv"] = _csv(result.table)
        if findings.project.zones is not None:
            found["scenario_zone_pairs.csv"] = _csv(findings.project.zones.pairs)
    return found


def _result(year: int | None, result: Result) -> dict[str, Any]:
    about = result.provenance
    return {
        "measure": result.measure.name,
        "title": _words(result.measure.title),
        "timetable_year": year,
        "unit": result.measure.unit,
        "formula": about["formula"],
        "parameters": dict(result.parameters),
        "settings": about["settings"],
        "status": about["status"],
        "assumptions": about["assumptions"],
        "key": about["key"],
        "content": about["content"],
        "software": about["software"],
        "inputs": [
            {name: entry.get(name) for name in ("table", "source_id", "year", "vintage", "status", "rows")}
            for entry in about["inputs"]
        ],
        "columns": [str(name) for name in result.table.columns],
        "rows": [list(row) for row in result.table.itertuples(index=False, name=None)],
    }


def _project(findings: Findings) -> dict[str, Any] | None:
    project = findings.project
    if project is None:
        return None
    zones = project.zones
    return {
        "scenario": project.scenario.to_dict(),
        "id": project.scenario.id,
        "year": project.year,
        "stands_on": project.stands_on,
        "changed_pairs": project.changed.to_dict("records"),
        "zones": None
        if zones is None
        else {
            "mean_gain_s": dict(zones.mean_gain_s),
            "by_gain": zones.by_gain.to_dict("records"),
            "settings": dict(zones.settings),
        },
    }


def _words(words: Any) -> dict[str, str]:
    return {"en": words.en, "zh": words.zh}


def _csv(table: pd.DataFrame) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(
        ["" if value is None else str(value) for value in plain(list(row))]
        for row in table.itertuples(index=False, name=None)
    )
    # the mark lets spreadsheet programs show Chinese names
    return text.getvalue().encode("utf-8-sig")
