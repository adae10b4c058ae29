"""
Write the scenario `metro-2026` of the shipped region and the results in docs/yrd-metro.md from the metro tables.

    python tools/compile_yrd_metro.py

The tables themselves (metro_lines, metro_facts, metro_stations, metro_calls, zones, sources_metro) are compiled by
hand; change them and run this again. The results are written between the two marks in the page.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

import megaregion as mr
from megaregion.study.claim_rule import Band
from megaregion.study.metro_feed import LINKS, STATES, metro_scenario
from megaregion.study.metro_gains import gain_bands, link_gains, stations_as_zones
from megaregion.study.metro_links import link_kilometres
from megaregion.study.regions import example
from megaregion.study.zone_travel import GAINS_MIN, ZoneGains

if TYPE_CHECKING:
    from megaregion.region.model import Region

ROOT = Path(__file__).resolve().parents[1]
SCENARIO = ROOT / "src" / "megaregion" / "examples" / "yrd" / "scenarios" / "metro-2026.toml"
PAGE = ROOT / "docs" / "yrd-metro.md"
BEGIN, END = "<!-- results: written by tools/compile_yrd_metro.py -->", "<!-- end of results -->"

CLAIM = "metro-380-km"
"""Claim of the shipped file whose readings are written."""

MINUTE_S = 60

TOP_PAIRS = 12
"""Pairs of zones listed, each in its better direction."""


def main() -> int:
    """Write both files and say so."""
    region = example("yrd")
    SCENARIO.parent.mkdir(exist_ok=True)
    SCENARIO.write_text(metro_scenario(region).to_toml(), encoding="utf-8")
    tiers = {
        "opened since 2020": STATES[:1],
        "and under construction": STATES[:2],
        "and planned": STATES,
    }
    gains = {name: link_gains(region, states=states) for name, states in tiers.items()}
    at_stations = link_gains(region.with_table("zones", stations_as_zones(region)), states=STATES[:1])
    names = region.table("cities").set_index("city_id")["name_en"]
    parts = [
        "### Kilometres\n",
        markdown(kilometres(link_kilometres(region))),
        readings(region),
        "### People and pairs of zones\n",
        markdown(people(gains)),
        "### Means between the cities, all links\n",
        markdown(cities(gains["and planned"], names)),
        f"### The {TOP_PAIRS} pairs that gain most, links open or under construction\n",
        markdown(pairs(gains["and under construction"])),
        "### From station to station between Shanghai and Suzhou, links opened since 2020\n",
        markdown(pairs(at_stations, of=("310000", "320500")).drop(columns="people at both ends")),
        "### Bands, all links\n",
        markdown(bands(gain_bands(region))),
    ]
    text = PAGE.read_text(encoding="utf-8")
    head, tail = text.split(BEGIN)[0], text.split(END)[1]
    results = "\n".join(parts)
    PAGE.write_text(f"{head}{BEGIN}\n\n{results}\n{END}{tail}", encoding="utf-8")
    sys.stdout.write(f"{SCENARIO.relative_to(ROOT)}\n{PAGE.relative_to(ROOT)}\n")
    return 0


def kilometres(sums: pd.DataFrame) -> pd.DataFrame:
    """Links by role and state, with sums."""
    rows = [
        (row.role.replace("_", " "), row.link, row.state.replace("_", " "), row.lines, km(row.km), row.without_length)
        for row in sums.itertuples()
    ]
    for role, part in sums.groupby("role", sort=False):
        counts = part[["lines", "without_length"]].sum()
        rows.append((role.replace("_", " "), "**sum**", "", counts["lines"], km(part["km"].sum()), counts.iloc[1]))
    return pd.DataFrame(rows, columns=["role", "link", "state", "lines", "km", "lines without length"])


def readings(region: Region) -> str:
    """Say in Markdown how the claim is tested, and the verdict: both as the evidence has them."""
    claim = next(claim for claim in mr.evidence(region).claims if claim.id == CLAIM)
    band = Band.of(claim.claimed, relation=claim.relation, tolerance=claim.tolerance)
    asked = [claim.parameters, *(row["parameters"] for row in claim.variants if row["measure"] == claim.measure)]
    rows = []
    for parameters in sorted(asked, key=lambda one: (one["links"] == "all", STATES.index(one["until"]))):
        row = mr.run(region, measures=[claim.measure], parameters=parameters)[claim.measure].table.iloc[0]
        rows.append(
            {
                "links": " + ".join(LINKS if parameters["links"] == "all" else [parameters["links"]]).replace("_", " "),
                "states": " + ".join(STATES[: STATES.index(parameters["until"]) + 1]).replace("_", " "),
                "km": km(row["value"]),
                "km with a source": f"{row['confirmed_km'] / row['value']:.0%}",
                "lines without length": int(row["without_length"]),
                "of the claim": f"{row['value'] / claim.claimed:.2f}",
                "verdict": band.verdict(row["lowest"], row["highest"]),
            }
        )
    nearest = next(row for row in claim.variants if row["measure"] != claim.measure)
    found = mr.run(region, measures=[nearest["measure"]], parameters=nearest["parameters"])[nearest["measure"]]
    selections, fitting = found.table.iloc[0][["selections", "fitting"]].astype(int)
    return (
        f"### The claim of {claim.claimed:g} km\n\n{markdown(pd.DataFrame(rows))}\n"
        f"Of {selections} selections of links between cities with a length, {fitting} come within "
        f"{claim.tolerance / claim.claimed * 100:g} % of the claim.\n\nVerdict: **{claim.verdict}**.\n"
    )


def people(gains: dict[str, ZoneGains]) -> pd.DataFrame:
    """People by gain, for each set of links."""
    rows = []
    for name, result in gains.items():
        by = result.people
        for minutes in GAINS_MIN:
            row = by[by["minutes"] == minutes].iloc[0]
            if row["pairs"]:
                share = f"{row['person_pair_share']:.1%}"
                rows.append(
                    (name, f"{minutes} min", millions(row["people"]), int(row["zones"]), int(row["pairs"]), share)
                )
        rows.append((name, "mean over person pairs", f"{result.mean_gain_s / 60:.1f} min", "", "", ""))
    columns = ["links", "gain of at least", "people, to some zone of another city", "zones", "pairs", "person pairs"]
    return pd.DataFrame(rows, columns=columns)


def cities(gains: ZoneGains, names: pd.Series[str]) -> pd.DataFrame:
    """Means by pair of cities, minutes."""
    table = gains.cities
    minutes = {
        title: (table[column] / 60).map("{:.1f}".format)
        for column, title in (
            ("before_s", "before, min"),
            ("after_s", "after, min"),
            ("gain_s", "gain, min"),
            ("largest_gain_s", "largest gain of a pair of zones, min"),
        )
    }
    return pd.DataFrame({"from": table["from_id"].map(names), "to": table["to_id"].map(names)} | minutes)


def pairs(gains: ZoneGains, *, of: tuple[str, ...] = ()) -> pd.DataFrame:
    """Pairs of zones that gain most, of two cities if these are named, each once and at least a minute."""
    table = gains.pairs
    table = table[table["gain_s"] >= MINUTE_S]
    if of:
        city = gains.zones.set_index("zone_id")["city_id"]
        table = table[table["from_id"].map(city).isin(of) & table["to_id"].map(city).isin(of)]
    once = table[["from_id", "to_id"]].apply(lambda row: tuple(sorted(row)), axis=1)
    table = table[~once.duplicated()].head(TOP_PAIRS)
    return pd.DataFrame(
        {
            "from": table["from_en"],
            "to": table["to_en"],
            "before, min": (table["before_s"] / 60).round().astype(int),
            "after, min": (table["after_s"] / 60).round().astype(int),
            "gain, min": (table["gain_s"] / 60).round().astype(int),
            "people at both ends": table["people"].map(millions),
        }
    )


def bands(table: pd.DataFrame) -> pd.DataFrame:
    """Assumed figures at their worst, as held and at their best."""
    held = {
        "assumed run times": table["run_time_factor"].map("x {:g}".format),
        "assumed headways": table["headway_factor"].map("x {:g}".format),
        "mean gain, min": (table["mean_gain_s"] / 60).map("{:.1f}".format),
    }
    for minutes in (10, 20, 30):
        held[f"people, {minutes} min"] = table[f"people_{minutes}min"].map(millions)
        held[f"person pairs, {minutes} min"] = table[f"share_{minutes}min"].map("{:.1%}".format)
    return pd.DataFrame(held)


def km(value: float) -> str:
    """Kilometres to ten metres."""
    return f"{value:.2f}"


def millions(value: float) -> str:
    """People in millions."""
    return f"{value / 1e6:.1f} m"


def markdown(table: pd.DataFrame) -> str:
    """Write a table as Markdown."""
    rule = ["---" if table[name].map(lambda cell: isinstance(cell, str)).all() else "---:" for name in table]
    rows = [list(map(str, table.columns)), rule, *([str(cell) for cell in row] for row in table.to_numpy().tolist())]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


if __name__ == "__main__":
    raise SystemExit(main())
