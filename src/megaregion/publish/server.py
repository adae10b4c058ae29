"""
The server: the atlas, live. Routes, and how each is answered; see `docs/server.md`.

Readers come first: an answer that was given once is sent from memory by the guard, what takes longer is computed in a
few threads, and runs in a process of their own.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import StreamingResponse
from starlette.routing import Route

from megaregion.errors import MegaregionError
from megaregion.publish import server_live as live
from megaregion.publish import server_views as views
from megaregion.publish.server_answer import CSV, FOREVER, HTML, JSON, NEVER, Answer, Ready, error_answer, json_answer
from megaregion.publish.server_errors import MissingError, RefusedError, error_shape
from megaregion.publish.server_guard import Guard
from megaregion.publish.server_isochrone import isochrone
from megaregion.publish.server_pages import STYLE, error_page, style_sheet, waiting_page
from megaregion.publish.server_query import Query
from megaregion.publish.server_runs import OVER
from megaregion.publish.server_view import FORMATS, View

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, MutableMapping

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from megaregion.publish.server_notes import Notes
    from megaregion.publish.server_region import Served
    from megaregion.publish.server_runs import Run, Runs

PACES = {"post": 60, "live": 120, "login": 10}
"""Requests a minute that one reader may make: changes and runs, isochrones and journeys, attempts to log in."""

AT_ONCE = 2
"""Answers that are computed at the same time; kernels use the other cores themselves."""

MAX_LISTENERS = 100
"""Readers that follow runs at the same time."""

LOOK_EVERY_S = 0.1
ALIVE_EVERY_S = 15.0
"""Silence after which listeners are sent a comment, so that nothing between takes the line for dead."""

_HOME = ("/", "/index.html")
_OF_ATLAS = ("/data", "/atlas.", "/assets/", "/THIRD_PARTY")

_TYPES = {
    "html": HTML,
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "csv": CSV,
    "json": JSON,
    "txt": "text/plain; charset=utf-8",
}


@dataclass(slots=True)
class Site:
    """
    All that the server has at hand.

    Attributes
    ----------
    served
        The region.
    files
        The atlas by path, as `publish.atlas.build_files` makes it; None = it is still being made, see `fill`.
    runs, notes
        Of readers.
    paces
        As `PACES`.
    ready
        Answers that are kept.
    listeners
        Readers that follow runs.
    failed
        Why the atlas could not be made.
    """

    served: Served
    files: Mapping[str, bytes] | None
    runs: Runs
    notes: Notes
    paces: MutableMapping[str, int] = field(default_factory=lambda: dict(PACES))
    ready: Ready = field(default_factory=Ready)
    listeners: int = 0
    failed: Exception | None = None
    _assets: dict[str, Answer] = field(default_factory=dict)
    _places: dict[str, str] = field(default_factory=dict)
    _locks: dict[Any, asyncio.Lock] = field(default_factory=dict)
    _heavy: anyio.CapacityLimiter | None = None

    def __post_init__(self) -> None:
        self._assets[f"/{STYLE}"] = Answer(style_sheet(), _TYPES["css"])
        if self.files is not None:
            self.fill(self.files)

    def fill(self, files: Mapping[str, bytes]) -> None:
        """Take the atlas once it is made."""
        for name, content in files.items():
            kind = _TYPES.get(name.rpartition(".")[2], "application/octet-stream")
            if name == "index.html":
                self._assets["/"] = self._assets["/index.html"] = Answer(content, kind)
                continue
            place = f"/assets/{hashlib.sha256(content).hexdigest()[:16]}/{name}"
            self._assets[place] = Answer(content, kind, cache=FOREVER)
            self._places[f"/{name}"] = place
        self.files = files

    def asset(self, path: str) -> Answer | None:
        """
        Give a file of the atlas; one whose address does not name its contents leads to the one that does.

        Raises
        ------
        Exception
            What kept the atlas from being made.
        """
        if self.files is None and (path in _HOME or path.startswith(_OF_ATLAS)):
            if self.failed is not None:
                raise self.failed
            if path in _HOME:
                return Answer(waiting_page(), HTML, 503, NEVER, {"Retry-After": "2"})
            msg = "the atlas is still being made; try again in a moment."
            raise RefusedError(503, msg, {"Retry-After": "2"})
        if path in self._places:
            return Answer(b"", JSON, 307, "no-cache", {"Location": self._places[path]})
        return self._assets.get(path)

    async def computed(self, make: Callable[[], Any]) -> Any:
        """Compute something in one of a few threads, so that readers are not kept waiting."""
        if self._heavy is None:
            self._heavy = anyio.CapacityLimiter(AT_ONCE)
        return await anyio.to_thread.run_sync(make, limiter=self._heavy)

    async def once(self, request: Request, make: Callable[[], tuple[Answer, bool]]) -> Answer:
        """Compute an answer that many may ask for at once only once, and keep it if it lasts."""
        key = (request.scope["path"], request.scope["query_string"])
        lock = self._locks.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                answer = self.ready.get(key)
                if answer is None:
                    answer, lasting = await self.computed(make)
                    if lasting:
                        self.ready.put(key, answer)
                return answer
        finally:
            if not lock.locked():
                self._locks.pop(key, None)

    def may_write(self) -> None:
        """
        Refuse to keep anything on a read-only server.

        Raises
        ------
        RefusedError
            If it is one.
        """
        if self.served.read_only:
            msg = "this server is read-only: nothing is kept. Start it without --read-only to keep notes and scenarios."
            raise RefusedError(403, msg)


def build_app(site: Site, *, hosts: frozenset[str] | None, secret: str = "") -> ASGIApp:
    """
    Build the application.

    Parameters
    ----------
    site
        What is served.
    hosts
        Names by which it may be called; None = any.
    secret
        What readers must give; blank = nothing.
    """
    inner = Starlette(
        routes=[
            Route("/api/about", _about),
            Route("/api/isochrone", _isochrone),
            Route("/api/journey", _journey),
            Route("/api/check", _check, methods=["POST"]),
            Route("/api/runs", _submit, methods=["POST"]),
            Route("/api/runs/{run_id}", _run, methods=["GET", "DELETE"]),
            Route("/api/runs/{run_id}/events", _events),
            Route("/api/scenarios", _keep, methods=["POST"]),
            Route("/api/notes", _notes, methods=["GET", "POST"]),
            Route("/api/notes/{note_id}", _remove_note, methods=["DELETE"]),
            Route("/{path:path}", _page),
        ],
        exception_handlers={
            MegaregionError: _problem,
            RefusedError: _problem,
            HTTPException: _http_problem,
            Exception: _problem,
        },
        lifespan=_lifespan,
    )
    inner.state.site = site
    return Guard(inner, site.ready, hosts=hosts, secret=secret, paces=site.paces)


@contextlib.asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    yield
    await anyio.to_thread.run_sync(app.state.site.runs.close)


def _site(request: Request) -> Site:
    site: Site = request.app.state.site
    return site


async def _page(request: Request) -> Any:
    """Answer with a file of the atlas, or a view in one of its formats."""
    site = _site(request)
    path = request.scope["path"]
    asset = site.asset(path)
    if asset is not None:
        return asset

    def make() -> tuple[Answer, bool]:
        kind = next((ending for ending in FORMATS if ending and path.endswith(ending)), "")
        plain = path.removesuffix(kind)
        query = Query(request.scope["query_string"])
        lang = query.choice("lang", ("en", "zh"))
        view = _view(site, plain.strip("/").split("/"), query, lang)
        rest = "&".join(part for part in request.url.query.split("&") if part and not part.startswith("lang="))
        return view.answer(kind, path=plain, query=rest, lang=lang), view.lasting

    return await site.once(request, make)


def _view(site: Site, parts: list[str], query: Query, lang: str) -> View:  # noqa: PLR0911 - one for each address
    """Find the view that an address names."""
    served = site.served
    match parts:
        case ["measures"]:
            return views.list_measures(served, query)
        case ["measures", name]:
            return views.show_measure(served, query, name, lang=lang)
        case ["matrix", name]:
            return views.show_matrix(served, query, name, lang=lang)
        case ["tables"]:
            return views.list_tables(served, query)
        case ["tables", name]:
            return views.show_table(served, query, name)
        case ["evidence"]:
            return views.show_evidence(served, query)
        case ["scenarios"]:
            return views.list_scenarios(served, query)
        case ["scenarios", name]:
            return views.show_scenario(served, query, name)
        case ["sources"]:
            return views.show_sources(served, query)
        case ["notes"]:
            return views.list_notes(site.notes, query)
        case _:
            address = "/".join(parts)[:100]
            msg = (
                f"nothing at /{address}; there are /, /measures, /matrix/MEASURE, /tables, /evidence, /scenarios, "
                "/sources, /notes and /api/about."
            )
            raise MissingError(msg)


async def _about(request: Request) -> Any:
    site = _site(request)
    Query(request.scope["query_string"]).finish()
    return json_answer(await site.computed(lambda: live.about(site.served, paces=site.paces)))


async def _isochrone(request: Request) -> Any:
    return await _live(request, isochrone)


async def _journey(request: Request) -> Any:
    return await _live(request, live.journey)


async def _live(request: Request, function: Callable[[Served, Query], dict[str, Any]]) -> Any:
    site = _site(request)

    def make() -> tuple[Answer, bool]:
        query = Query(request.scope["query_string"])
        name = request.query_params.get("scenario")
        lasting = not name or site.served.scenario(name).kind != "kept"
        return json_answer(function(site.served, query)), lasting

    return await site.once(request, make)


async def _check(request: Request) -> Any:
    site = _site(request)
    body = live.read_body(await request.body())
    return json_answer(await site.computed(lambda: live.check(site.served, body)), cache=NEVER)


async def _submit(request: Request) -> Any:
    site = _site(request)
    body = live.read_body(await request.body())
    asked = await site.computed(lambda: live.run_request(site.served, body))
    run, known = site.runs.submit(asked, content=site.served.content)
    place = f"/api/runs/{run.id}"
    return json_answer(run.about(), status=200 if known else 202, cache=NEVER, Location=place)


async def _run(request: Request) -> Any:
    site = _site(request)
    run = site.runs.get(request.path_params["run_id"])
    if request.method == "DELETE":
        await anyio.to_thread.run_sync(site.runs.cancel, run.id)
        return json_answer(run.about(), cache=NEVER)
    if run.state != "done":
        return Answer(run.json(), cache=NEVER)
    return await site.once(request, lambda: (Answer(run.json()), True))


async def _events(request: Request) -> Any:
    site = _site(request)
    run = site.runs.get(request.path_params["run_id"])
    if site.listeners >= MAX_LISTENERS:
        msg = f"{MAX_LISTENERS} readers follow runs already; ask GET /api/runs/{run.id} instead."
        raise RefusedError(503, msg, {"Retry-After": "10"})
    return StreamingResponse(_told(site, run), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


async def _told(site: Site, run: Run) -> AsyncIterator[str]:
    """Tell what happens to a run, until it is over."""
    site.listeners += 1
    try:
        seen, quiet_s = -1, 0.0
        while True:
            now, state = run.changes, run.state
            if now != seen:
                seen, quiet_s = now, 0.0
                event = state if state in OVER else "progress"
                yield f"event: {event}\ndata: {json.dumps(run.about(), ensure_ascii=False)}\n\n"
            if state in OVER or site.runs.closing:
                return
            if quiet_s >= ALIVE_EVERY_S:
                quiet_s = 0.0
                yield ": working\n\n"
            await asyncio.sleep(LOOK_EVERY_S)
            quiet_s += LOOK_EVERY_S
    finally:
        site.listeners -= 1


async def _keep(request: Request) -> Any:
    site = _site(request)
    site.may_write()
    body = live.read_body(await request.body())
    kept = await site.computed(lambda: live.keep_scenario(site.served, body))
    return json_answer(kept, status=201, cache=NEVER, Location=f"/scenarios/{kept['name']}")


async def _notes(request: Request) -> Any:
    site = _site(request)
    if request.method != "POST":
        Query(request.scope["query_string"]).finish()
        notes = await anyio.to_thread.run_sync(site.notes.listed)
        return json_answer({"notes": notes, "kept": site.served.folder is not None})
    site.may_write()
    body = live.read_body(await request.body())
    note = await anyio.to_thread.run_sync(site.notes.add, body)
    return json_answer(note, status=201, cache=NEVER)


async def _remove_note(request: Request) -> Any:
    site = _site(request)
    site.may_write()
    await anyio.to_thread.run_sync(site.notes.remove, request.path_params["note_id"])
    return Answer(b"", JSON, 204, NEVER)


async def _problem(request: Request, problem: Exception) -> Any:
    """Answer with the error: as JSON, or as a page where a person looks at one."""
    path = request.scope["path"]
    wants_page = "text/html" in request.headers.get("accept", "") and not path.startswith("/api/")
    if wants_page and not path.endswith(FORMATS[1:]):
        shape = error_shape(problem)
        lang = "zh" if request.query_params.get("lang") == "zh" else "en"
        return Answer(error_page(shape, lang), HTML, shape["status"], NEVER, getattr(problem, "headers", {}))
    return error_answer(problem)


async def _http_problem(request: Request, problem: Exception) -> Any:
    """Answer with what the router found wrong."""
    status = getattr(problem, "status_code", 500)
    headers = dict(getattr(problem, "headers", None) or {})
    accepted = headers.get("allow") or headers.get("Allow") or "GET"
    texts = {404: "nothing at this address; /api/about says what there is.", 405: f"expected {accepted} here."}
    return await _problem(request, RefusedError(status, texts.get(status, str(problem)), headers))
