"""The part of the report about who gains, and charts of values with bands."""

import math
import re
from types import SimpleNamespace

import pytest

import megaregion as mr
from megaregion.publish.charts_bands import BandRow, bands
from megaregion.publish.charts_rows import Axis
from megaregion.publish.report_text import Entries, Figure, Heading, Paragraph, Table, Writer
from megaregion.publish.report_welfare import write_welfare
from megaregion.study.welfare import welfare_change


def findings(region, *, known=True):
    """What the part reads of findings."""
    cities = region.table("cities").sort_values("city_id")
    return SimpleNamespace(
        region=region,
        then=2012,
        now=2019,
        project=None,
        rows=cities.to_dict("records"),
        result=lambda _: object() if known else None,
    )


def written(lang, *, known=True):
    region = mr.open("yrd")
    sources = {str(row["source_id"]): row for row in region.table("sources").to_dict("records")}
    writer = Writer(lang, sources)
    write_welfare(writer, findings(region, known=known))
    return writer


@pytest.fixture(scope="module", params=["en", "zh"])
def writer(request):
    return written(request.param)


def test_nothing_is_written_where_nothing_is_known():
    assert written("en", known=False).blocks == []


def test_welfare_stands_with_its_band_its_sources_and_its_status(writer):
    region = mr.open("yrd")
    low, middle, high = welfare_change((region, 2012), (region, 2019)).band
    (key,) = (block for block in writer.blocks if isinstance(block, Paragraph) and block.kind == "key")
    for value in (low, middle, high):
        assert f"{100 * value:+.2f}" in key.text
    assert "#source-1" in key.text
    assert ("illustrative" if writer.lang == "en" else "示意") in key.text
    assert isinstance(writer.blocks[0], Heading)


def test_every_city_has_a_row_and_the_certificate_is_told(writer):
    cities, channels = (block for block in writer.blocks if isinstance(block, Table))
    assert len(cities.rows) == 41
    assert len(cities.rows[0]) == len(cities.head) == 5
    assert [row[0] for row in channels.rows] == (
        ["commuting", "business travel", "goods"] if writer.lang == "en" else ["通勤", "商务出行", "货物"]
    )
    (entries,) = (block for block in writer.blocks if isinstance(block, Entries))
    (_, certificate), (_, assumed) = entries.entries
    assert ("converged: 100 of 100" if writer.lang == "en" else "收敛：100") in certificate
    assert ("people stand for jobs" if writer.lang == "en" else "以人口代替") in assumed
    (figure,) = (block for block in writer.blocks if isinstance(block, Figure))
    assert figure.svg.count("<circle") == 41
    text = " ".join(str(block) for block in writer.blocks)
    assert "45 km/h" in text or "45 公里/小时" in text


def test_a_band_is_drawn_from_low_to_high_around_its_value():
    rows = [BandRow("sure", 2.0, 1.0, 3.0), BandRow("open", -1.0, -2.0, 1.0), BandRow("blank", *[math.nan] * 3)]
    svg = bands(rows, Axis(title="x", write=lambda value: f"{value:g}"), title="t", description="d")
    lines = re.findall(r'<line x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)"[^>]*stroke-width="3"([^>]*)', svg)
    discs = [float(x) for x in re.findall(r'<circle cx="([\d.]+)"', svg)]
    assert len(lines) == len(discs) == 2
    for (start, _, end, _), disc in zip(lines, discs, strict=True):
        assert float(start) < disc < float(end)
    # sure = full, on both sides of zero = pale
    assert ["opacity" in line[3] for line in lines] == [False, True]
    # 2 is halfway from 1 to 3, -1 a third of the way from -2 to 1
    (a, _, b, _), (c, _, d, _) = lines
    assert discs[0] == pytest.approx((float(a) + float(b)) / 2, abs=0.1)
    assert (discs[1] - float(c)) / (float(d) - float(c)) == pytest.approx(1 / 3, abs=0.01)
    assert "blank" in svg
