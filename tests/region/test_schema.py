"""Checks of tables against the schema: what is found, and that it costs little however much is wrong."""

import pandas as pd
import pytest

from megaregion.notices import MAX_PER_CODE, Notices
from megaregion.region import schema as schemas
from megaregion.region.schema import check_frame, check_references, conform


def stops(names, parents=None):
    frame = pd.DataFrame({"stop_id": names, "name": names, "lon": 120.0, "lat": 30.0})
    return conform("stops", frame if parents is None else frame.assign(parent_stop_id=parents))


@pytest.fixture
def calls(monkeypatch):
    """Count how often a message is built and how often the closest key is searched for."""
    counted = {"add": 0, "suggest": 0}
    add, suggest = Notices.add, schemas.suggest

    def counting_add(self, *values, **more):
        counted["add"] += 1
        add(self, *values, **more)

    def counting_suggest(word, known):
        counted["suggest"] += 1
        return suggest(word, known)

    monkeypatch.setattr(Notices, "add", counting_add)
    monkeypatch.setattr(schemas, "suggest", counting_suggest)
    return counted


def test_a_broken_reference_names_row_field_value_and_the_closest_key():
    (notice,) = check_references({"stops": stops(["rail:A1", "rail:B1", "p"], [None, "rail:A2", ""])})
    assert notice.message == (
        "field 'parent_stop_id' is 'rail:A2', which field 'stop_id' of table stops does not have. "
        "Did you mean 'rail:A1'?"
    )
    assert (notice.code, notice.file, notice.line) == ("foreign_key_violation", "stops", 2)
    assert (notice.field, notice.value) == ("parent_stop_id", "rail:A2")


def test_many_broken_references_cost_little(calls):
    names = [f"rail:{row}" for row in range(3_000)]
    notices = check_references({"stops": stops(names, [f"raill:{row}" for row in range(3_000)])})
    assert (len(notices), notices.counts["foreign_key_violation"]) == (MAX_PER_CODE, 3_000)
    assert calls == {"add": MAX_PER_CODE, "suggest": 5}


def test_the_closest_key_of_one_value_is_searched_for_once(calls):
    notices = check_references({"stops": stops(["rail:A1", "x", "y"], [None, "rail:A2", "rail:A2"])})
    assert [notice.message.endswith("Did you mean 'rail:A1'?") for notice in notices] == [True, True]
    assert calls["suggest"] == 1


def test_a_doubled_key_names_both_rows():
    times = pd.DataFrame({"trip_id": "t", "stop_sequence": [1, 2, 2], "stop_id": "s", "arrival_s": 0, "departure_s": 0})
    (notice,) = check_frame("stop_times", conform("stop_times", times))
    assert notice.message == "key trip_id + stop_sequence 't, 2' stands on line 2 and again on line 3."
    assert (notice.code, notice.line, notice.value) == ("duplicate_key", 3, "t, 2")


def test_many_doubled_keys_cost_little(calls):
    notices = check_frame("stops", stops([f"s{row // 2}" for row in range(5_000)]))
    assert (len(notices), notices.counts["duplicate_key"]) == (MAX_PER_CODE, 2_500)
    assert calls["add"] == MAX_PER_CODE
