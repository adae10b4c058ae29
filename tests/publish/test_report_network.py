"""The part of the report about whether the cities work as one, and classes of amounts between pairs."""

from types import SimpleNamespace

import numpy as np
import pytest

import megaregion as mr
from megaregion.publish.report_cities import write_further
from megaregion.publish.report_network import TOLD, write_network
from megaregion.publish.report_text import Figure, Heading, Paragraph, Table, Writer
from megaregion.study.run import run


@pytest.fixture(scope="module")
def findings():
    """What the part reads of findings, of both timetable years; people and output are of the years that are known."""
    region = mr.open("yrd")
    cities = region.table("cities").sort_values("city_id", ignore_index=True)
    rows = cities.to_dict("records")
    trains = ("integration_index", "polycentricity_trains", "train_symmetry")
    by_year = {year: dict(run(region, measures=list(trains), parameters={"year": year})) for year in (2012, 2019)}
    facts = dict(run(region, measures=[name for name in TOLD if name not in trains]))
    return SimpleNamespace(
        region=region,
        cities=cities,
        rows=rows,
        years=(2012, 2019),
        facts=facts,
        results=[*by_year[2012].values(), *by_year[2019].values(), *facts.values()],
        result=lambda name, year=2019: facts.get(name) or by_year[year].get(name),
        names=lambda writer: {str(row["city_id"]): writer.city(row) for row in rows},
    )


def written(findings, lang):
    sources = {str(row["source_id"]): row for row in findings.region.table("sources").to_dict("records")}
    writer = Writer(lang, sources)
    write_network(writer, findings)
    return writer.blocks


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_index_centres_and_firms_are_told(findings, lang):
    blocks = written(findings, lang)
    assert sum(isinstance(block, Heading) for block in blocks) == 3
    index, centres, links = (block for block in blocks if isinstance(block, Table))
    assert [row[0] for row in index.rows] == ["2012", "2019"]
    # the base year is 100 with any weights
    assert index.rows[0][1:] == ("100.0",) * 6
    value = findings.result("integration_index").value
    assert index.rows[1][1] == f"{value:.1f}"
    assert [row[1] for row in centres.rows] == ["2020", "2021", "2012", "2019", "2012", "2019"]
    assert len(links.rows) == 9
    assert links.rows[0][1:3] == ("43", "4")
    keys = [str(block.text) for block in blocks if isinstance(block, Paragraph) and block.kind == "key"]
    for words in {
        "en": (
            "2012 = 100",
            "with other weights",
            "Status: unverified",
            "no sample of all firms",
            "cannot tell any link",
        ),
        "zh": ("2012 年 = 100", "若改变分指数权重", "核实状态：未核实", "并非企业抽样", "无法与随机区分"),
    }[lang]:
        assert any(words in key for key in keys), words
    (figure,) = (block for block in blocks if isinstance(block, Figure))
    # only cities that have a listed site stand in it
    assert ("合肥" if lang == "zh" else "Hefei") in figure.svg
    assert ("黄山" if lang == "zh" else "Huangshan") not in figure.svg


def test_what_is_not_known_leaves_no_heading(findings):
    empty = SimpleNamespace(**{**vars(findings), "result": lambda *_: None, "facts": {}, "results": []})
    assert written(empty, "en") == []


def test_pairs_of_amounts_have_classes_of_amounts(findings):
    """A map of pairs that are no times says amounts in its legend."""
    writer = Writer("en", {})
    write_further(writer, findings, "firm_links")
    (figure,) = (block for block in writer.blocks if isinstance(block, Figure))
    assert "1:00" not in figure.svg
    known = findings.result("firm_links").table["value"].dropna()
    assert known.max() == 43
    assert "&gt; 40" in figure.svg or "> 40" in figure.svg
    assert np.isfinite(known).all()
