"""Results of measures for six cities, made up, in the states that an atlas shows."""

import numpy as np
import pandas as pd

from megaregion.publish.atlas_states import AtlasState, AtlasStudy
from megaregion.region.model import Region
from megaregion.study.measures import Words, measure
from megaregion.study.run import Result

# id, names, province, lon, lat, people: illustrative, on a made-up coast
CITIES = [
    ("330100", "杭州市", "Hangzhou", "浙江省", "Zhejiang", 120.2, 30.3, 11_936_010),
    ("310000", "上海市", "Shanghai", "上海市", "Shanghai", 121.4, 31.2, 24_870_895),
    ("320100", "南京市", "Nanjing", "江苏省", "Jiangsu", 118.8, 32.0, 9_314_685),
    ("320500", "苏州市", "Suzhou", "江苏省", "Jiangsu", 120.6, 31.3, 12_748_262),
    ("341300", "宿州市", "Suzhou", "安徽省", "Anhui", 117.0, 33.6, 5_324_476),
    ("330900", "舟山市", "Zhoushan", "浙江省", "Zhejiang", 122.2, 30.0, None),
]
IDS = tuple(sorted(row[0] for row in CITIES))


PEOPLE = {row[0]: row[7] for row in CITIES}


def study_of(region: Region, *years: int) -> AtlasStudy:
    """Make up the results of some years, and with 2019 those of a plan and its base."""
    ids = tuple(reversed(IDS))
    states = [
        AtlasState(
            id=str(year),
            kind="year",
            label=Words(str(year), f"{year}年"),
            year=year,
            before=str(years[0]) if year != years[0] else None,
            region=region,
        )
        for year in years
    ]
    slow = {"2012": 1.2, "2019": 1.0, "plan-base": 1.0, "plan": 0.8}
    if 2019 in years and len(years) > 1:
        for name, words, before in (
            ("plan-base", ("without plan", "无规划"), None),
            ("plan", ("plan", "规划"), "plan-base"),
        ):
            kind = "scenario" if before else "base"
            states.append(AtlasState(id=name, kind=kind, label=Words(*words), year=2019, before=before, region=region))
    results: dict[tuple[str, str, str], Result] = {}
    for state in states:
        made = made_up(ids, slow[state.id], reach_north=state.year == 2019)
        results |= {(name, variant, state.id): result for (name, variant), result in made.items()}
    return AtlasStudy(tuple(states), results)


def made_up(ids: tuple[str, ...], slow: float, *, reach_north: bool) -> dict[tuple[str, str], Result]:
    order = {row[0]: row for row in CITIES}
    lon = np.array([order[city][5] for city in ids])
    lat = np.array([order[city][6] for city in ids])
    typical = np.hypot(lon[:, None] - lon, lat[:, None] - lat) * 2400 * slow + 4200
    away = [ids.index("330900")] + ([] if reach_north else [ids.index("341300")])
    typical[away, :] = np.inf
    typical[:, away] = np.inf
    n = len(ids)
    trains, fastest = np.zeros((n, n)), np.full((n, n), np.inf)
    direct = [
        ("330100", "310000", 163 if slow <= 1 else 75, 45 * 60 * slow),
        ("310000", "330100", 162 if slow <= 1 else 74, 46 * 60 * slow),
        ("310000", "320100", 100, 67 * 60 * slow),
        ("320100", "310000", 100, 68 * 60 * slow),
        *([("320100", "341300", 12, 80 * 60)] if reach_north else []),
    ]
    for origin, destination, count, time in direct:
        trains[ids.index(origin), ids.index(destination)] = count
        fastest[ids.index(origin), ids.index(destination)] = time
    other = ~np.eye(n, dtype=bool).ravel()
    pairs = {"from_id": np.repeat(ids, n)[other], "to_id": np.tile(ids, n)[other]}
    found = {
        (name, ""): made_result(name, pd.DataFrame({**pairs, "value": values.ravel()[other]}), slow)
        for name, values in (("fastest_train", fastest), ("typical_time", typical), ("direct_trains", trains))
    }
    people = [float(PEOPLE[city] or np.nan) for city in ids]
    status = ["unverified" if city == "320500" else "confirmed" for city in ids]
    figures = pd.DataFrame({"city_id": ids, "value": people, "status": status})
    found["population", ""] = made_result("population", figures, slow)
    for minutes in (60, 90):
        reached = pd.DataFrame({"city_id": ids, "value": np.nan_to_num(people) * minutes / 60 / slow})
        found["people_within", str(minutes)] = made_result("people_within", reached, slow, minutes=minutes)
    hub = pd.DataFrame({"value": [3.0 if slow <= 1 else 2.0], "hours": [2.0], "hub": ["310000"]})
    found["cities_within", ""] = made_result("cities_within", hub, slow)
    return found


def made_result(name: str, table: pd.DataFrame, slow: float, **parameters: object) -> Result:
    about = {
        "formula": measure(name).formula.en,
        "formula_zh": measure(name).formula.zh,
        "key": f"key of {name} {slow}",
        "status": "illustrative" if slow < 1 else "confirmed",
        "scenario": None,
        "software": "0.1.0 made up",
        "settings": {"window": ["06:00", "22:00"], "origins": "a rule", "origins_zh": "规则"},
        "inputs": [{"table": "feeds", "source_id": "made-up", "status": "confirmed", "rows": 1, "title": "twice"}],
    }
    return Result(measure(name), parameters, table, about)
