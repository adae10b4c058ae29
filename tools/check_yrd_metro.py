"""
Check the metro tables of the shipped Yangtze River Delta region and print how many of their figures are confirmed.

    python tools/check_yrd_metro.py [SHARED]

SHARED is a folder with check data that is not part of the repository: `metro/yrd_metro_line_stations_2026-08.csv.gz`
(lines with the positions of their stations) and `metro/metro_segment_openings_shanghai_hangzhou_nanjing.csv` (opening
dates). Without it only the tables themselves are checked. Check data put no figure into a table.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from megaregion.region import schema as schemas
from megaregion.region.sphere import great_circle_m

FOLDER = Path(__file__).resolve().parents[1] / "src" / "megaregion" / "examples" / "yrd"

TABLES = ("metro_lines", "metro_facts", "metro_stations", "metro_calls", "zones")

FOREIGN = {"cities": ("cities.csv",), "sources": ("sources.csv", "sources_rail.csv", "sources_metro.csv")}

CITIES = {"310000": "shanghai", "320500": "suzhou", "320200": "wuxi", "320400": "changzhou"}

CHECK_LINES = {
    "sh-1": "1号线",
    "sh-2": "2号线",
    "sh-3": "3号线",
    "sh-17": "17号线",
    "sh-airport": "市域机场线",
    "sz-1": "1号线",
    "sz-5": "5号线",
    "sz-6": "6号线",
    "sz-8": "8号线",
    "sz-11": "11号线",
    "wx-1": "1号线",
    "wx-2": "2号线",
    "wx-3": "3号线",
    "wx-4": "4号线",
    "wx-s1": "S1线",
    "cz-1": "1号线",
    "cz-2": "2号线",
}
"""Lines whose whole length is held, with their names in the check data."""

OPENINGS = {
    "sh-1": "1",
    "sh-2": "2",
    "sh-3": "3",
    "sh-5": "5",
    "sh-9": "9",
    "sh-10": "10",
    "sh-11": "11",
    "sh-17": "17",
    "sh-airport": "Airport Link",
    "sh-jinshan": "Jinshan Railway",
}
"""Lines of Shanghai, with their names in the file of opening dates."""

LENGTH_RATIO = (0.92, 1.20)
"""Held length over the sum of straight lines between stations: curves lengthen it, ends counted in may shorten it."""

POSITION_TOLERANCE_M = 5_000.0
"""Positions are written to 0.01 degrees, most of them recalled; beyond this one is of another place."""


def read(name: str) -> pd.DataFrame:
    """Read one table of the shipped region, conformed to its schema."""
    files = FOREIGN.get(name, (f"{name}.csv",))
    raw = [pd.read_csv(FOLDER / file, dtype="str", keep_default_na=False, na_values=[""]) for file in files]
    return schemas.conform(name, pd.concat(raw, ignore_index=True))


def coverage() -> pd.DataFrame:
    """Count figures by kind and status."""
    facts, stations, zones = read("metro_facts"), read("metro_stations"), read("zones")
    counts = {
        **{f"{indicator}": group["status"] for indicator, group in facts.groupby("indicator")},
        "state and opening": read("metro_lines")["status"],
        "station positions": stations["status"],
        "people of zones": zones["people_status"],
        "centres of zones": zones["position_status"],
    }
    statuses = ["confirmed", "unverified", "illustrative"]
    table = pd.DataFrame({name: column.value_counts() for name, column in counts.items()}).T
    return table.reindex(columns=statuses).fillna(0).astype(int)


def position_differences(shared: Path) -> pd.DataFrame:
    """Measure how far each station is from that of its name in its city in the check data; others are left out."""
    check = check_stations(shared)
    stations = read("metro_stations")
    rows = []
    for row in stations[stations["station_id"].str.startswith("metro:")].itertuples():
        same = check[(check["name"] == row.name) & (check["city"] == CITIES[row.city_id])]
        if row.station_id == "metro:花桥":
            same = check[check["name"] == row.name]  # it lies in Suzhou and stands under Shanghai in the check data
        if len(same):
            far = great_circle_m(
                np.full(len(same), row.lon),
                np.full(len(same), row.lat),
                same["lng_wgs84"].to_numpy(),
                same["lat_wgs84"].to_numpy(),
            )
            rows.append((row.station_id, row.status, float(far.min())))
    return pd.DataFrame(rows, columns=["station_id", "status", "distance_m"])


def length_differences(shared: Path) -> pd.DataFrame:
    """Divide the held length of whole lines by the sum of straight lines between their stations in the check data."""
    check = check_stations(shared)
    lines = read("metro_lines").set_index("line_id")
    facts = read("metro_facts").query("indicator == 'length'").set_index("line_id")["value"]
    rows = []
    for line_id, name in CHECK_LINES.items():
        city = CITIES[lines.loc[line_id, "cities"].split()[-1]]
        of_line = check[(check["city"] == city) & (check["line"] == name)].sort_values("seq")
        lon, lat = of_line["lng_wgs84"].to_numpy(), of_line["lat_wgs84"].to_numpy()
        straight = float(great_circle_m(lon[:-1], lat[:-1], lon[1:], lat[1:]).sum()) / 1000
        rows.append((line_id, facts[line_id], straight, facts[line_id] / straight))
    return pd.DataFrame(rows, columns=["line_id", "length_km", "straight_km", "ratio"])


def opening_differences(shared: Path) -> pd.DataFrame:
    """Put opening dates of lines of Shanghai beside the first opening in the check data."""
    check = pd.read_csv(shared / "metro" / "metro_segment_openings_shanghai_hangzhou_nanjing.csv", dtype="str")
    first = check[check["city"] == "Shanghai"].groupby("line")["opened"].min()
    held = read("metro_lines").set_index("line_id")["opened"]
    rows = [(line_id, held[line_id], first[name]) for line_id, name in OPENINGS.items()]
    extension = check[(check["line"] == "11") & check["to"].str.startswith("Huaqiao")]["opened"].iloc[0]
    rows.append(("sh-11-huaqiao", held["sh-11-huaqiao"], extension))
    return pd.DataFrame(rows, columns=["line_id", "held", "check"])


def check_stations(shared: Path) -> pd.DataFrame:
    """Lines with their stations; what stands in brackets after a name is cut off."""
    check = pd.read_csv(shared / "metro" / "yrd_metro_line_stations_2026-08.csv.gz")
    return check.assign(name=check["station"].str.replace(r"\(.*\)", "", regex=True))


def main(arguments: list[str]) -> int:
    """Print findings, coverage and differences; exit 1 if anything is wrong."""
    tables = {name: read(name) for name in (*TABLES, *FOREIGN)}
    notices = schemas.check_references(tables, only=TABLES)
    for name in TABLES:
        notices.extend(schemas.check_frame(name, tables[name], file=f"{name}.csv"))
    say = sys.stdout.write
    say(f"{notices.render()}\n" if len(notices) else "tables: no findings\n")
    say(f"{coverage().to_string()}\n")
    wrong = len(notices)
    if arguments:
        shared = Path(arguments[0])
        positions = position_differences(shared)
        far = positions[positions["distance_m"] > POSITION_TOLERANCE_M]
        for status, part in positions.groupby("status"):
            median, worst = part["distance_m"].median() / 1000, part["distance_m"].max() / 1000
            say(f"positions, {status}: {len(part)} compared, median {median:.1f} km off, at most {worst:.1f} km\n")
        lengths = length_differences(shared)
        outside = lengths[~lengths["ratio"].between(*LENGTH_RATIO)]
        low, high = lengths["ratio"].min(), lengths["ratio"].max()
        say(f"lengths: {len(lengths)} compared, {low:.2f} to {high:.2f} of the straight lines\n")
        openings = opening_differences(shared)
        differ = openings[openings["held"] != openings["check"]]
        say(f"openings: {len(openings)} compared, {len(differ)} differ\n")
        for frame in (far, outside, differ):
            say(f"{frame.to_string(index=False)}\n" if len(frame) else "")
            wrong += len(frame)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
