"""A server of the shipped region without a network, and scenarios to send to it."""

from contextlib import contextmanager

from starlette.testclient import TestClient

from megaregion.publish.server import PACES, Site, build_app
from megaregion.publish.server_notes import Notes
from megaregion.publish.server_region import Served
from megaregion.publish.server_runs import Runs

ADDRESS = "http://127.0.0.1:8411"
HOSTS = frozenset({"127.0.0.1", "localhost"})

FILES = {
    "index.html": b"<!doctype html><title>atlas</title><script src=atlas.js></script>",
    "atlas.js": b"window.answer = 42;" * 100,
    "data.js": b"window.MEGAREGION_ATLAS = {};",
    "data/cities.csv": b"id\n1\n",
}
"""An atlas in short; the real one is compared in `test_server_process`."""

LAKE_LINE = {
    "name": "lake line",
    "edits": [
        {
            "kind": "add_line",
            "name": "Lake line",
            "feed_ids": ["rail-2019"],
            "mode": 2,
            "line_id": "lake",
            "stops": ["rail:湖州", {"name": "New town", "lon": 120.3, "lat": 31.2, "city_id": "320500"}, "rail:苏州"],
            "speed_kmh": 160,
            "dwell_s": 60,
            "headway_s": 1200,
            "start": "06:00",
            "end": "22:00",
        }
    ],
}

MADE_PACES = dict.fromkeys(PACES, 100_000)


@contextmanager
def opened(
    source="yrd", *, secret="", hosts=HOSTS, runs=None, paces=None, read_only=False, scenarios=(), address=ADDRESS
):
    """A client of a server that is thrown away; errors of its own are answered, not raised."""
    served = Served.open(str(source), scenarios=scenarios, read_only=read_only)
    site = Site(served, FILES, runs or Runs(), Notes(served.folder), paces={**MADE_PACES, **(paces or {})})
    app = build_app(site, hosts=hosts, secret=secret)
    with TestClient(app, base_url=address, raise_server_exceptions=False, follow_redirects=False) as client:
        client.site = site
        yield client
