"""Functional urban areas: cases on paper, one for each rule, and cells against a search by hand."""

from collections import deque

import numpy as np
import pandas as pd
import pytest

from megaregion.economy import city_zones, functional_urban_areas, urban_centres
from megaregion.errors import InputError


def flows(*rows):
    return pd.DataFrame(rows, columns=["from_id", "to_id", "people"])


def border(*pairs):
    return pd.DataFrame([tuple(pair) for pair in pairs], columns=["from_id", "to_id"])


# A and B are cities that exchange too few to be one; p goes to A, q to both (more to B), e lies within A's area and
# sends nobody, x sends enough to B and touches only n, which belongs to none
CITY = pd.Series({"a": "A", "b": "B", "p": None, "q": None, "e": None, "x": None, "n": None})
COMMUTERS = flows(
    ("a", "a", 860),
    ("a", "b", 140),
    ("b", "b", 950),
    ("b", "a", 50),
    ("p", "p", 84),
    ("p", "a", 16),
    ("q", "q", 60),
    ("q", "a", 18),
    ("q", "b", 22),
    ("e", "e", 100),
    ("x", "x", 70),
    ("x", "b", 30),
    ("n", "n", 99),
    ("n", "b", 1),
)
TOUCHING = border("ab", "ap", "pe", "ae", "bq", "bn", "nx")


def areas(found):
    return dict(zip(found.table["zone_id"], found.table["area"].fillna(""), strict=True))


def roles(found):
    return dict(zip(found.table["zone_id"], found.table["role"].fillna(""), strict=True))


def test_a_region_worked_by_hand():
    found = functional_urban_areas(COMMUTERS, CITY, TOUCHING, edge=["n", "x"])
    assert areas(found) == {"a": "A", "b": "B", "p": "A", "q": "B", "e": "A", "x": "", "n": ""}
    assert roles(found) == {
        "a": "city",
        "b": "city",
        "p": "commuting",
        "q": "commuting",
        "e": "enclave",
        "x": "",
        "n": "",
    }
    assert found.merged == {}
    assert found.dropped == ("x",)
    share = dict(zip(found.table["zone_id"], found.table["share"], strict=True))
    assert (share["p"], share["q"], share["x"]) == (0.16, 0.22, 0.3)


def test_cities_that_send_each_other_enough_become_one():
    """At 14 % of its residents A is joined with B, and q's 18 + 22 of 100 go to one city."""
    found = functional_urban_areas(COMMUTERS, CITY, TOUCHING, edge=["n", "x"], threshold=0.14)
    assert found.merged == {"A + B": ("A", "B")}
    assert areas(found)["q"] == "A + B"
    assert found.table.set_index("zone_id")["share"]["q"] == pytest.approx(0.4)


def test_a_chain_of_cities_becomes_one():
    city = pd.Series({"a": "A", "b": "B", "c": "C"})
    rows = flows(("a", "a", 80), ("a", "b", 20), ("b", "b", 100), ("c", "c", 80), ("c", "b", 20))
    found = functional_urban_areas(rows, city, border("ab", "bc"), edge=[])
    assert found.merged == {"A + B + C": ("A", "B", "C")}


def test_a_zone_that_touches_by_way_of_another_is_kept():
    city = pd.Series({"a": "A", "p": None, "r": None})
    rows = flows(("a", "a", 100), ("p", "a", 50), ("p", "p", 50), ("r", "r", 80), ("r", "a", 20))
    near = functional_urban_areas(rows, city, border("ap", "pr"), edge=["r"])
    assert areas(near) == {"a": "A", "p": "A", "r": "A"}
    far = functional_urban_areas(rows, city, border("ap"), edge=["r"])
    assert far.dropped == ("r",)


def test_a_zone_at_the_edge_is_not_surrounded():
    inside = functional_urban_areas(COMMUTERS, CITY, TOUCHING, edge=["e", "n", "x"])
    assert roles(inside)["e"] == ""


def test_zones_of_a_city_by_their_people():
    """Zone k has 30 of 60 thousand in the centre, zone m 20 of 50."""
    centres = np.array([[1, 1, 1, 0, 0]], dtype=np.int32)
    zones = [["k", "m", "s", "k", "m"]]
    people = [[30_000, 20_000, 40_000, 30_000, 30_000]]
    found = city_zones(centres, zones, people)
    assert found.dropna().to_dict() == {"k": "centre 1", "s": "centre 1"}


def clusters_by_hand(dense):
    """Cells that touch by a side, by a search cell by cell."""
    left = set(zip(*np.nonzero(dense), strict=True))
    found = []
    while left:
        cluster, queue = set(), deque([min(left)])
        while queue:
            row, column = queue.popleft()
            if (row, column) in left:
                left.remove((row, column))
                cluster.add((row, column))
                queue += [(row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)]
        found.append(cluster)
    return found


@pytest.mark.parametrize("seed", range(5))
def test_centres_are_the_clusters_with_enough_people_and_what_they_enclose(seed):
    rng = np.random.default_rng(seed)
    density = rng.choice([0.0, 800.0, 2_000.0, 9_000.0], p=[0.3, 0.25, 0.25, 0.2], size=(14, 14))
    density[3:6, 3:6] = 9_000.0
    large = [
        cluster for cluster in clusters_by_hand(density >= 1_500) if sum(density[cell] for cell in cluster) >= 50_000
    ]
    found = urban_centres(density)
    assert found.max() == len(large) > 0
    for cluster in large:
        assert len({found[cell] for cell in cluster}) == 1
        assert found[min(cluster)] > 0
    # what was added has five or more of its centre around it, or is enclosed
    added = (found > 0) & ~np.isin(np.arange(196).reshape(14, 14), [14 * r + c for part in large for r, c in part])
    for row, column in zip(*np.nonzero(added), strict=True):
        around = found[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
        assert (around == found[row, column]).sum() > 1


def test_a_hole_is_filled_and_a_corner_does_not_join():
    """Ring of eight cells of 8,000 around an empty one; two cells that touch by a corner are two clusters."""
    ring = np.full((3, 3), 8_000.0)
    ring[1, 1] = 0
    assert urban_centres(ring).tolist() == [[1, 1, 1], [1, 1, 1], [1, 1, 1]]
    diagonal = np.array([[30_000.0, 0], [0, 30_000.0]])
    assert urban_centres(diagonal).max() == 0
    assert urban_centres(diagonal, cell_area_km2=2).tolist() == [[1, 0], [0, 2]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: urban_centres([1.0, 2.0]), r"shape \(2,\).*expected a grid"),
        (lambda: urban_centres([[-1.0]]), "lowest -1; expected a grid of at least 0"),
        (
            lambda: functional_urban_areas(flows(("a", "z", 1)), CITY, TOUCHING, edge=[]),
            "1 zones are not among the 7 of `city`, as z",
        ),
        (lambda: functional_urban_areas(flows(("a", "b", -1)), CITY, TOUCHING, edge=[]), "people of row 1 is -1"),
        (
            lambda: functional_urban_areas(COMMUTERS.drop(columns="people"), CITY, TOUCHING, edge=[]),
            "columns people lack; expected from_id, to_id and people",
        ),
        (lambda: functional_urban_areas(COMMUTERS, CITY, TOUCHING, edge=[], threshold=15), "threshold is 15; expected"),
        (
            lambda: functional_urban_areas(COMMUTERS, CITY.mask(CITY.notna()), TOUCHING, edge=[]),
            "no zone is in a city",
        ),
    ],
    ids=["shape", "negative", "zone", "people", "column", "threshold", "city"],
)
def test_what_cannot_be_meant(call, message):
    with pytest.raises(InputError, match=message):
        call()
