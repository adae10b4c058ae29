"""Charts: what is drawn can be read again, the same input gives the same drawing, and text stays text."""

import math
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from megaregion.publish.charts import (
    CIVIDIS,
    PAPER,
    RDBU,
    Classes,
    Drawing,
    ink_on,
    legend,
    nice_ticks,
    ramp,
    text_width,
)
from megaregion.publish.charts_map import Frame, Name, draw_names
from megaregion.publish.charts_matrix import heat_map
from megaregion.publish.charts_rows import Axis, Curve, Row, curves, dumbbells, ranked_bars, slopes

SVG = "{http://www.w3.org/2000/svg}"
AXIS = Axis(title="Time <h>", write="{:.1f}".format, names=("2012", "2019"))
CLASSES = Classes((60.0, 120.0), ("#00204d", "#707173", "#ffea46"), ("≤ 1", "–2", "> 2"))


def parsed(svg):
    return ET.fromstring(svg)  # noqa: S314 - drawn here


def texts(svg):
    return [each.text for each in parsed(svg).iter(f"{SVG}text") if not each.get("aria-hidden")]


def test_a_palette_ends_in_its_ends_and_its_middle_is_neutral():
    assert ramp(CIVIDIS, 0) == CIVIDIS[0]
    assert ramp(CIVIDIS, 1) == CIVIDIS[-1]
    assert ramp(RDBU, 0.5) == RDBU[5]


@given(st.floats(0, 1))
def test_text_on_a_colour_is_white_or_ink_with_enough_contrast(at):
    """Contrast of 3 to 1 and more, as WCAG wants it of large text, all along the palette."""

    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    one, other = sorted((luminance(ramp(CIVIDIS, at)), luminance(ink_on(ramp(CIVIDIS, at)))))
    assert (other + 0.05) / (one + 0.05) >= 3


def test_a_bound_belongs_to_the_class_below_it():
    assert [CLASSES.colour(value) for value in (60.0, 60.1, 1e9)] == ["#00204d", "#707173", "#ffea46"]


@given(st.floats(-1e6, 1e6), st.floats(0.01, 1e6))
def test_ticks_cover_the_range_and_are_few(low, span):
    ticks = nice_ticks(low, low + span)
    assert ticks[0] <= low + 1e-6 * span
    assert ticks[-1] >= low + span - 1e-6 * max(span, abs(low))
    assert 2 <= len(ticks) <= 14


def test_chinese_is_twice_as_wide_as_latin_or_nearly():
    assert text_width("上海", 10) == 20
    assert text_width("ab", 10) == pytest.approx(11.2)


def test_a_heat_map_shows_classes_no_data_and_unreachable():
    values = np.array([[np.nan, 30.0, np.inf], [90.0, np.nan, 200.0], [np.nan, 60.0, np.nan]])
    svg = heat_map(
        ["上海", "A & B", "C"],
        values,
        CLASSES,
        title="T",
        description="D <x>",
        key="min",
        words=("not reachable", "no data"),
        write="{:.0f}".format,
    )
    root = parsed(svg)
    assert root.find(f"{SVG}title").text == "T"
    assert root.find(f"{SVG}desc").text == "D <x>"
    shown = texts(svg)
    assert {"30", "90", "200", "60", "no data", "not reachable", "A & B"} <= set(shown)
    paths = {each.get("fill"): each.get("d").count("M") for each in root.iter(f"{SVG}path") if each.get("fill")}
    # two of the first class, one of each other; one unreachable, with its dot
    assert [paths[colour] for colour in CLASSES.colours] == [2, 1, 1]
    assert paths["#eceff1"] == 1
    # one of no data in the matrix, one in the key; the diagonal is neither
    assert svg.count('fill="url(#no-data-') == 2
    assert svg.count("<pattern id=") == 1


def test_ids_of_two_drawings_differ():
    one, other = Drawing(9, 9), Drawing(9, 9)
    for drawing in (one, other):
        drawing.hatch(0, 0, 5, 5)
    ids = {drawing.svg(title, "").partition('pattern id="')[2][:16] for drawing, title in ((one, "a"), (other, "b"))}
    assert len(ids) == 2


def test_bars_are_as_long_as_their_values():
    svg = ranked_bars([Row("上海", 4.0, 2.0), Row("X", 2.0), Row("none", math.nan)], AXIS, title="T", description="D")
    bars = [float(each.get("width")) for each in parsed(svg).iter(f"{SVG}rect") if each.get("fill") == "#0b6e6e"]
    # the first box is the key
    assert bars[1] == pytest.approx(2 * bars[2], abs=0.2)
    assert len(bars) == 3
    assert "none" in texts(svg)


def test_dumbbells_write_both_values_and_leave_out_what_is_unreachable():
    svg = dumbbells([Row("A", 3.6, 6.1), Row("Z", math.inf, math.inf)], AXIS, title="T", description="D")
    assert {"3.6", "6.1", "A", "Z"} <= set(texts(svg))
    assert svg.count("<circle") == 2


def test_slopes_colour_the_largest_rise_and_fall():
    rows = [Row("up", 1, 3), Row("down", 3, 1), Row("same", 2, 2), Row("new", 4, math.nan)]
    svg = slopes(rows, Axis(title="rank", write="{:.0f}".format, names=("2012", "2019")), title="T", description="D")
    lines = {each.get("stroke") for each in parsed(svg).iter(f"{SVG}line")}
    assert lines == {"#b2182b", "#2166ac", "#9aa5ae"}
    assert "1  up (+2)" in texts(svg)
    assert "3  down (−2)" in texts(svg)
    assert not any("new" in text for text in texts(svg))


def test_curves_rise_on_the_sheet():
    svg = curves(
        [Curve("2019", "#123456", ((0.0, 0.0), (1.0, 0.5)))],
        AXIS,
        across=[(0.0, "0"), (1.0, "1 h")],
        title="T",
        description="D",
    )
    path = next(each.get("d") for each in parsed(svg).iter(f"{SVG}path"))
    start, end = (tuple(map(float, point.split())) for point in path.removeprefix("M").split("L"))
    assert end[0] > start[0]
    assert end[1] < start[1]


def test_a_long_key_stays_on_the_sheet():
    drawing = Drawing(440, 30)
    assert legend(drawing, 0, 0, [("#000000", "a rather long label")] * 4) == pytest.approx(440)


def test_a_map_is_true_to_scale_in_its_middle():
    """One degree of latitude is as long as 1 / cos(lat) degrees of longitude."""
    frame = Frame.around((119.0, 59.5, 121.0, 60.5), width=400)
    x0, y0 = frame.at(119.0, 60.0)
    x1, y1 = frame.at(121.0, 60.0)
    _, y2 = frame.at(119.0, 61.0)
    assert x1 - x0 == pytest.approx(y0 - y2, rel=1e-6)
    assert y1 == y0


def test_a_map_does_not_look_beyond_what_is_known():
    frame = Frame.around((10.0, 0.0, 11.0, 2.0), width=400, highest=200, within=(10.0, 20.0))
    assert frame.west == pytest.approx(10.0)


def test_of_two_names_on_one_place_the_weightier_stays_beside_its_place():
    drawing = Drawing(100, 100)
    frame = Frame.around((0.0, -1.0, 2.0, 1.0), width=100)
    names = [Name("small", 0.9, 0.0, 1.0), Name("small too", 0.9, 0.0, 0.5), Name("large", 0.9, 0.0, 9.0)]
    draw_names(drawing, frame, names)
    written = texts(drawing.svg("", ""))
    assert written[0] == "large"
    assert len(written) < 3 or len(set(written)) == 3
    assert PAPER in drawing.marks[0]
