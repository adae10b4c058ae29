"""How a report writes numbers, and how it cites."""

import math

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from megaregion.publish.report_text import Writer, linked

SOURCES = {name: {"title": name} for name in "abcdef"}


@given(st.floats(0, 1e15))
def test_large_numbers_keep_three_figures(value):
    """What is written, read again, is the value to half a per cent or half of one."""
    for lang, words in (("en", {"tn": 1e12, "bn": 1e9, "m": 1e6}), ("zh", {"万亿": 1e12, "亿": 1e8, "万": 1e4})):
        text = Writer(lang, {}).big(value).replace(",", "")
        factor = 1.0
        for word, size in words.items():
            if text.endswith(word):
                text, factor = text.removesuffix(word), size
                break
        assert math.isclose(float(text) * factor, value, rel_tol=0.0051, abs_tol=0.5)


@given(st.integers(0, 5000))
def test_durations_add_up(minutes):
    text = Writer("zh", {}).time(minutes * 60.0)
    hours, _, rest = text.rpartition("小时") if "小时" in text else ("0", "", text)
    assert int(hours) * 60 + int(rest.removesuffix("分钟").removesuffix("分") or 0) == minutes


def test_missing_and_unreachable_are_words():
    writer = Writer("en", {})
    assert writer.time(math.nan) == "–"
    assert writer.time(math.inf) == "none"
    assert writer.change(math.inf, 60.0, "s") == "–"


def test_changes_carry_sign_and_unit():
    writer = Writer("en", {})
    assert writer.change(2.0e12, 1.5e12, "CNY") == "−CNY 500 bn"
    assert writer.change(0.24, 0.25, "share") == "+1.0 points"
    assert writer.change(5.0, 5.0, "cities") == "0"


@given(st.floats(60, 1e5), st.floats(60, 1e5))
def test_a_change_is_the_difference_of_the_times_beside_it(before, after):
    """Minutes read again from both texts: 3 h 40 and 2 h 46 are 54 minutes apart, whatever the seconds are."""

    def minutes(text):
        hours, _, rest = text.rpartition(" h") if " h" in text else ("0", "", text)
        return 60 * int(hours) + int(rest.removesuffix(" min").strip() or 0)

    writer = Writer("en", {})
    change = writer.change(before, after, "s")
    sign = -1 if change.startswith("−") else 1
    assert sign * minutes(change.strip("+−")) == minutes(writer.time(after)) - minutes(writer.time(before))


@given(st.floats(1e6, 1e13), st.floats(1e6, 1e13))
def test_a_change_of_amounts_adds_up_to_their_last_figure(before, after):
    """In one step of size, the three numbers are those of a sum."""
    writer = Writer("en", {})
    texts = [writer.big(before), writer.big(after), writer.change(before, after, "person").strip("+−")]
    numbers, steps = zip(*(text.split(" ") if " " in text else (text, "") for text in texts), strict=True)
    if len(set(steps)) == 1 and len({len(number.partition(".")[2]) for number in numbers}) == 1:
        first, last, change = (float(number) for number in numbers)
        assert math.isclose(abs(last - first), change, abs_tol=1e-9)


def test_sources_are_numbered_as_they_are_cited_and_runs_are_joined():
    writer = Writer("en", SOURCES)
    assert writer.cite("c", "a", None, "unknown").striptags() == "[1, 2]"
    assert writer.cite("d", "e", "a", "c").striptags() == "[1–4]"
    assert writer.cite("b", "c").striptags() == "[1, 5]"
    assert writer.cited == ["c", "a", "d", "e", "b"]
    assert writer.cite("unknown") == ""


def test_a_name_with_markup_stays_text():
    writer = Writer("en", {})
    writer.paragraph("<b>", Markup("<i>x</i>"))
    assert writer.blocks[-1].text == "&lt;b&gt;<i>x</i>"


def test_only_addresses_of_the_web_become_links():
    assert linked("https://a.example/?q=<x>") == (
        '<a href="https://a.example/?q=&lt;x&gt;">https://a.example/?q=&lt;x&gt;</a>'
    )
    assert "<a" not in linked("javascript:alert(1)")


def test_sections_and_appendices_count_on():
    writer = Writer("en", {})
    writer.section("One", "one")
    writer.part("First", "first")
    writer.section("Gone", "gone")
    writer.take_back()
    writer.section("Two", "two")
    writer.appendices()
    writer.section("Back", "back")
    assert [block.number for block in writer.blocks] == ["1", "1.1", "2", "A"]
