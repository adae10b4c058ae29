"""Lines at a headway: drawn by lot, after half a headway, or in the middle of their share."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from megaregion.errors import InputError
from megaregion.mobility import Timetable, TransferRules, earliest_arrivals, travel_time_matrix
from megaregion.mobility.frequency_draws import draw_offsets, repeat
from support.brute_force import hops_by_vehicle
from support.tiny_region import seconds, tiny_region

PLAIN = TransferRules(city_links=False, walk_distance_m=0)
DAY = ("2019-10-10", "2019-10-10")
MINUTE = 60

RIDE = {"p": [("A", 0, 0), ("B", 600, 600)]}
OTHER = {"q": [("B", 0, 0), ("C", 600, 600)]}


def line(trip, start="6:00", end="10:00", headway=1200, *, exact=False):
    return (trip, seconds(start), seconds(end), headway, exact)


def built(trips, lines, **options):
    region = tiny_region(trips, frequencies=lines, dates=DAY)
    return Timetable.from_region(region, rules=PLAIN, max_travel_time_s=6 * 3600, **options)


def departures(timetable, trip):
    """Departures of a trip from its first stop on the day itself."""
    table = timetable.trip_table
    rows = np.flatnonzero((table["trip_id"] == trip) & (table["day"] == 0))
    return timetable.departure_s[np.isin(timetable.run, rows) & (timetable.hop == 0)].tolist()


def test_drawn_offsets_are_uniform():
    """Chi-square over the 600 seconds of a headway, 60,000 draws: p above 1 % for this seed, fixed for ever."""
    drawn = np.concatenate([draw_offsets(["t:1"], [18_000], [600], number=number, seed=7) for number in range(60_000)])
    counts = np.bincount(drawn, minlength=600)
    assert len(counts) == 600
    assert chisquare(counts).pvalue > 0.01


@pytest.mark.parametrize("other", [("t:2", 18_000), ("t:1", 21_600)], ids=["trip", "interval"])
def test_drawn_offsets_do_not_hang_together(other):
    """Two lines, or two intervals of one: the correlation of 20,000 draws is within 3 / sqrt(20000) of none."""
    trips, starts = zip(("t:1", 18_000), other, strict=True)
    pairs = np.array([draw_offsets(trips, starts, [600, 600], number=n, seed=1) for n in range(20_000)])
    assert abs(np.corrcoef(pairs.T)[0, 1]) < 3 / np.sqrt(20_000)


def test_the_same_seed_gives_the_same_bytes_and_another_does_not():
    timetable = built(RIDE | OTHER, [line("p"), line("q")])
    first, again, other = timetable.draw(4, seed=9), timetable.draw(4, seed=9), timetable.draw(4, seed=10)
    for name in ("departure_s", "arrival_s", "departure_stop", "arrival_stop", "run", "trip", "hop", "flags"):
        assert getattr(first, name).tobytes() == getattr(again, name).tobytes()
    pd.testing.assert_frame_equal(first.trip_table, again.trip_table)
    assert first.departure_s.tobytes() != other.departure_s.tobytes()
    assert first.departure_s.tobytes() != timetable.draw(5, seed=9).departure_s.tobytes()


def test_a_line_keeps_its_draws_whatever_other_lines_there_are():
    alone = built(RIDE, [line("p")])
    among = built({"a": RIDE["p"]} | RIDE | OTHER, [line("a", headway=300), line("p"), line("q", headway=77)])
    for number in range(10):
        assert departures(alone.draw(number, 1), "p") == departures(among.draw(number, 1), "p")


def test_a_drawn_line_leaves_every_headway_within_its_interval():
    timetable = built(RIDE, [line("p", "6:00", "7:10")])  # three and a half headways
    numbers = set()
    for number in range(40):
        drawn = departures(timetable.draw(number, 0), "p")
        assert seconds("6:00") <= drawn[0] < seconds("6:20")
        assert set(np.diff(drawn)) == {1200}
        assert drawn[-1] < seconds("7:10") <= drawn[-1] + 1200
        numbers.add(len(drawn))
    assert numbers == {3, 4}


def test_a_line_moves_in_proportion_to_its_headway():
    wide, tight = built(RIDE, [line("p", headway=1200)]), built(RIDE, [line("p", headway=600)])
    for number in range(10):
        offsets = [departures(t.draw(number, 2), "p")[0] - seconds("6:00") for t in (wide, tight)]
        assert offsets[1] == offsets[0] // 2


def test_exact_times_and_trips_to_the_timetable_are_never_drawn():
    fixed = {"s": [("A", 30_000, 30_000), ("C", 31_000, 31_000)]}
    exact = [line("p", exact=True)]
    timetable = built(RIDE | fixed, exact)
    assert timetable.draw(3, 1) is timetable
    mixed = built(RIDE | OTHER | fixed, [*exact, line("q")]).draw(3, 1)
    assert departures(mixed, "p") == list(range(seconds("6:00"), seconds("10:00"), 1200))
    assert departures(mixed, "s") == [30_000]
    table = mixed.trip_table.set_index("trip_id")["typical"]
    assert (not table["p"].any(), not table["s"].any(), table["q"].all()) == (True, True, True)


LINES = st.lists(
    st.tuples(
        # as long as a headway at least, so that something leaves
        st.sampled_from("pq"),
        st.integers(0, 80_000),
        st.integers(5_000, 9_000),
        st.integers(60, 5_000),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda row: row[:2],
)


@settings(max_examples=40)
@given(LINES, st.integers(0, 3))
def test_a_drawn_timetable_is_in_order(rows, number):
    """Sorted, hop after hop, and each connection that of its trip, moved in time by what the trip table says."""
    lines = [(trip, start, start + span, headway, exact) for trip, start, span, headway, exact in rows]
    timetable = built(RIDE | {"q": [("B", 0, 0), ("B", 5, 5), ("C", 5, 5), ("A", 900, 950)]}, lines).draw(number, 1)
    assert (np.diff(timetable.departure_s) >= 0).all()
    shape = {"p": [600], "q": [5, 5, 900]}
    for run, hops in enumerate(hops_by_vehicle(timetable)):
        assert (np.diff(hops) > 0).all()
        row = timetable.trip_table.iloc[run]
        assert timetable.arrival_s[hops].tolist() == [
            shape[row["trip_id"]][hop] + row["shift_s"] for hop in timetable.hop[hops]
        ]
    assert set(timetable.run) == set(range(len(timetable.trip_table)))
    # whatever is drawn, nothing is lost at midnight: each day leaves as the one before
    horizon = 86_400 + 6 * 3600
    expected = []
    scheduled = [(trip, 0, 1, 1, True) for trip in {"p", "q"} - {trip for trip, *_ in lines}]
    for trip, start, end, headway, exact in lines + scheduled:
        offset = 0 if exact else int(draw_offsets([trip], [start], [headway], number=number, seed=1)[0])
        leaves = np.add.outer(86_400 * np.arange(-3, 4), np.arange(start + offset, end, headway))
        expected += leaves[(leaves >= 0) & (leaves < horizon)].tolist()
    assert sorted(timetable.departure_s[timetable.hop == 0]) == sorted(expected)


def test_a_draw_needs_a_number_and_typical_departures():
    timetable = built(RIDE, [line("p")])
    with pytest.raises(InputError, match="number of the draw is -1; expected 0 or more"):
        timetable.draw(-1, 0)
    with pytest.raises(InputError, match=r"'half_headway' has nothing to draw.*Build it with frequencies='typical'"):
        built(RIDE, [line("p")], frequencies="half_headway").draw(0, 0)
    with pytest.raises(InputError, match="frequencies is 'mean'; expected 'typical' or 'half_headway'"):
        built(RIDE, [line("p")], frequencies="mean")


def test_half_a_headway_by_hand():
    """A step of 60 s stands for every second: whoever comes at 7:00 sharp is there 30 s before the step's middle."""
    rows = repeat(
        pd.DataFrame({"trip_id": ["p"], "start_s": 21_600, "end_s": 21_780, "headway_s": 1200, "exact_times": False}),
        pd.Series(["p"]),
        "half_headway",
    )
    assert rows["departs_s"].tolist() == [21_630, 21_690, 21_750]
    assert rows["wait_s"].tolist() == [570, 570, 570]
    timetable = built(RIDE, [line("p")], frequencies="half_headway")
    result = travel_time_matrix(timetable, ["A"], ["B"], window=("07:00", "08:00"), percentiles=(5, 50, 95))
    wait = result.travel_time_s[:, 0, 0] - 600
    assert abs(wait - 600).max() <= 30
    assert wait[1] == 599  # 570 .. 629 s, each equally often
    assert timetable.trip_table["wait_s"].unique().tolist() == [570]


@given(st.integers(1, 4000), st.integers(0, 3599))
def test_whoever_comes_waits_half_the_headway(headway, second):
    """On average over a minute to the second, at no second more than half a step off; short headways as they are."""
    rows = repeat(
        pd.DataFrame({"trip_id": ["p"], "start_s": 0, "end_s": 20_000, "headway_s": headway, "exact_times": False}),
        pd.Series(["p"]),
        "half_headway",
    )
    ready_by = (rows["departs_s"] - rows["wait_s"]).to_numpy()
    comes = 8_000 + second + np.arange(60 * min(headway, 60))
    leaves = rows["departs_s"].to_numpy()[np.searchsorted(ready_by, comes)]
    assert abs((leaves - comes).mean() - headway / 2) <= 1
    assert abs(leaves - comes - headway / 2).max() <= 30.5


# the perfect grid of R5's tests: two lines that cross in X, every 20 minutes, 10 minutes from A to X and from X to B;
# 1 minute to board at A is added below, and changing at X takes that minute too
GRID = {"west": [("A", 0, 0), ("X", 600, 600)], "south": [("X", 0, 0), ("B", 600, 600)]}


def grid(**options):
    return built(GRID, [line("west", "5:00", "11:00"), line("south", "5:00", "11:00")], **options)


def minutes(timetable, **options):
    """Travel times from A to B in minutes at 5, 25, 50, 75 and 95 per cent of an hour of departures."""
    result = travel_time_matrix(
        timetable, ["A"], ["B"], window=("07:00", "08:00"), percentiles=(5, 25, 50, 75, 95), **options
    )
    return (result.travel_time_s[:, 0, 0] + MINUTE) / MINUTE


def test_the_perfect_grid_is_uniform_where_one_always_waits_ten_minutes():
    """Uniform on 31 .. 51 minutes; a percentile is the time of a whole second, so up to a second below."""
    assert minutes(grid()) == pytest.approx([32, 36, 41, 46, 50], abs=1 / 60)


def test_the_perfect_grid_is_flat_where_one_waits_half_the_headway():
    """1 + 10 + 10, and the same again, give or take the half step of each of two waits."""
    assert minutes(grid(frequencies="half_headway")) == pytest.approx([42] * 5, abs=1)


def test_the_perfect_grid_is_triangular_where_both_lines_are_drawn():
    """
    Triangular on 22 .. 62 minutes with mode 42: F(22 + x) = x^2 / 800 up to 42.

    Within a draw the first wait takes every value and the second one; 400 draws of it, uniform on 20 minutes, leave
    an error of 20 / sqrt(12 x 400) = 0.29 minutes; three of them are allowed.
    """
    expected = [22 + np.sqrt(800 * share) for share in (0.05, 0.25)]
    expected = [*expected, 42, *(84 - each for each in reversed(expected))]
    assert minutes(grid(), draws=400, seed=1) == pytest.approx(expected, abs=0.87)
    assert minutes(grid(), draws=20, seed=1).tobytes() == minutes(grid(), draws=20, seed=1).tobytes()


def test_a_real_feed_is_drawn_whole(shared_data):
    """Sao Paulo: whatever is drawn, each line leaves as often as its intervals allow, one more or less each."""
    timetable = Timetable.from_gtfs(shared_data / "gtfs-samples" / "r5r-sao-paulo" / "spo.zip", date="2019-05-13")
    drawn = timetable.draw(0, seed=1)
    counts = [t.trip_table[t.trip_table["day"] == 0].groupby("trip_id").size() for t in (timetable, drawn)]
    intervals = timetable.layout.intervals
    rows = pd.Series(intervals.trip_ids).value_counts()
    fewer = counts[0] - counts[1]
    assert (fewer >= 0).all()
    assert (fewer <= rows.reindex(fewer.index)).all()
    # every interval of the feed is a minute short of whole hours, so some lose a departure
    assert fewer.sum() > 0
    assert (np.diff(drawn.departure_s) >= 0).all()


@pytest.mark.parametrize("how", ["typical", "half_headway"])
def test_two_searches_agree_on_lines_at_a_headway(shared_data, how):
    """Sao Paulo, drawn or with fixed waits: rounds forward in time arrive when scans back in time do."""
    feed = shared_data / "gtfs-samples" / "r5r-sao-paulo" / "spo.zip"
    timetable = Timetable.from_gtfs(feed, date="2019-05-13", frequencies=how, max_travel_time_s=4 * 3600)
    if how == "typical":
        timetable = timetable.draw(3, seed=1)
    ids = list(timetable.stops)[::60]
    scanned = travel_time_matrix(timetable, ids, ids, window=("08:00", "08:01")).first_arrival_s
    rounds = [earliest_arrivals(timetable, stop, "08:00")[-1][timetable.stops.positions(ids)] for stop in ids]
    away = ~np.eye(len(ids), dtype=bool)
    assert np.isfinite(scanned[away]).mean() > 0.5
    assert scanned[away].tolist() == np.array(rounds)[away].tolist()
