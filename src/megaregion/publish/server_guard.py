"""
Who may ask what, and how often: the outermost layer of the server.

Requests are refused before their body is read: a foreign host name (DNS rebinding), another site's page, a missing
secret, too many requests, a body that is too large or not JSON. Every answer gets the headers that keep a page to
itself.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from megaregion.errors import InputError
from megaregion.publish.server_answer import HTML, NEVER, Answer, error_answer
from megaregion.publish.server_errors import RefusedError
from megaregion.publish.server_pages import STYLE, login_page

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping
    from pathlib import Path

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from megaregion.publish.server_answer import Ready

MAX_BODY = 262_144
"""Most bytes of a body: a scenario of some hundred edits."""

BODY_WITHIN_S = 10.0
"""A body that takes longer to arrive is not waited for."""

MIN_SECRET = 16
"""Fewest characters of a secret."""

SESSION_S = 12 * 3600
"""How long a login holds."""

COOKIE = "megaregion-session"
MAX_CLIENTS = 10_000
"""Readers whose requests are counted; the one longest unseen is forgotten first."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; "
    "connect-src 'self' blob: data:; worker-src blob:; font-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; object-src 'none'"
)
"""
Content-Security-Policy of all pages. No script stands in a page; styles do, as charts carry theirs inside their SVG.
The map starts its worker from a blob.
"""

HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)

_READING = {"GET", "HEAD"}
_WRITING = {"POST", "DELETE"}


@dataclass(slots=True)
class Pace:
    """
    How many requests of a kind a reader may make: a bucket that fills evenly.

    Attributes
    ----------
    per_minute
        Requests that flow in each minute, and how many may come at once.
    """

    per_minute: int
    _buckets: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def wait_s(self, client: str, now: float) -> float:
        """Count a request; give 0 if it may be made, or after how many seconds it may."""
        left, then = self._buckets.pop(client, (float(self.per_minute), now))
        left = min(float(self.per_minute), left + (now - then) * self.per_minute / 60)
        allowed = left >= 1
        self._buckets[client] = (left - 1 if allowed else left, now)
        while len(self._buckets) > MAX_CLIENTS:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - left) * 60 / self.per_minute


def is_local(host: str) -> bool:
    """
    Whether only this machine reaches a server that listens there.

    >>> [is_local(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "192.0.2.7", "example.org")]
    [True, True, True, False, False, False]
    """
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def read_secret(file: Path) -> str:
    """
    Read the secret that readers must give.

    Raises
    ------
    InputError
        If there is no such file, or what stands in it can be guessed.
    """
    try:
        secret = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as problem:
        msg = f"{file}: the secret cannot be read: {problem}. Make one: openssl rand -hex 32 > {file.name}"
        raise InputError(msg) from problem
    if len(secret) < MIN_SECRET or not secret.isascii() or any(letter.isspace() for letter in secret):
        msg = (
            f"{file}: the secret has {len(secret)} characters; expected {MIN_SECRET} or more, letters and digits "
            f"without blanks. Make one: openssl rand -hex 32 > {file.name}"
        )
        raise InputError(msg)
    return secret


class Guard:
    """
    The outermost application.

    Parameters
    ----------
    app
        What answers.
    ready
        Answers that are kept; they are sent from here, right after the checks.
    hosts
        Names by which the server may be called; None = any, for one that needs a secret.
    secret
        What readers must give; blank = nothing.
    paces
        Requests a minute and reader, by kind: "post", "live" and "login".
    clock
        Seconds; tests pass their own.
    """

    def __init__(
        self,
        app: ASGIApp,
        ready: Ready,
        *,
        hosts: frozenset[str] | None,
        secret: str = "",
        paces: MutableMapping[str, int],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._app, self._ready, self._hosts, self._clock = app, ready, hosts, clock
        self._secret = secret
        self._paces = {kind: Pace(per_minute) for kind, per_minute in paces.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *HEADERS]
            await send(message)

        headers: dict[bytes, bytes] = dict(scope["headers"])
        try:
            self._check_caller(scope, headers)
            entry = await self._entry(scope, headers, receive)
            if entry is not None:
                await entry(scope, receive, sealed)
                return
            self._check_pace(scope)
        except RefusedError as refusal:
            await error_answer(refusal)(scope, receive, sealed)
            return
        if scope["method"] in _READING:
            answer = self._ready.get((scope["path"], scope["query_string"]))
            if answer is not None:
                await answer(scope, receive, sealed)
                return
        await self._app(scope, _bounded(receive), sealed)

    def _check_caller(self, scope: Scope, headers: dict[bytes, bytes]) -> None:
        """Refuse a foreign name of this server, pages of other sites, and bodies that are not JSON."""
        method, path = scope["method"], scope["path"]
        host = headers.get(b"host", b"").decode("latin-1")
        if self._hosts is not None and _bare(host) not in self._hosts:
            msg = f"this server is not called {host[:100]!r}; ask for {min(self._hosts)}."
            raise RefusedError(403, msg)
        if method not in _READING | _WRITING:
            msg = f"method {method[:20]!r} is not accepted; expected GET, HEAD, POST or DELETE."
            raise RefusedError(405, msg, {"Allow": "GET, HEAD, POST, DELETE"})
        site = headers.get(b"sec-fetch-site", b"")
        origin = headers.get(b"origin", b"").decode("latin-1")
        live = path.startswith("/api/")
        foreign = site in {b"cross-site", b"same-site"} and (live or method in _WRITING)
        # the scheme may differ behind a proxy that speaks TLS; the name may not
        if foreign or (method in _WRITING and origin and urlsplit(origin).netloc.lower() != host.lower()):
            msg = "a page of another site asked for this; only pages of this server may."
            raise RefusedError(403, msg)
        if method != "POST":
            return
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > MAX_BODY:
            size = length.decode("latin-1")[:20]
            msg = f"the body has {size} bytes; expected up to {MAX_BODY:,}."
            raise RefusedError(413, msg, {"Connection": "close"})
        kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
        wanted = b"application/x-www-form-urlencoded" if path == "/login" else b"application/json"
        if kind != wanted:
            msg = f"content type is {kind.decode('latin-1')[:80]!r}; expected {wanted.decode()}."
            raise RefusedError(415, msg)

    def _check_pace(self, scope: Scope) -> None:
        method, path = scope["method"], scope["path"]
        if method in _WRITING:
            self._count("post", scope)
        elif path in {"/api/isochrone", "/api/journey"}:
            self._count("live", scope)

    def _count(self, kind: str, scope: Scope) -> None:
        client = scope.get("client") or ("unknown", 0)
        wait_s = self._paces[kind].wait_s(str(client[0]), self._clock())
        if wait_s > 0:
            seconds = max(1, round(wait_s + 0.5))
            per_minute = self._paces[kind].per_minute
            msg = f"too many requests: {per_minute} a minute are answered; try again in {seconds} s."
            raise RefusedError(429, msg, {"Retry-After": str(seconds)})

    async def _entry(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive) -> ASGIApp | None:
        """Give what answers at the door: the login, or a refusal; None = let in."""
        if not self._secret:
            return None
        if scope["path"] == "/login":
            if scope["method"] == "POST":
                return await self._login(scope, receive)
            return Answer(login_page(), HTML, cache=NEVER)
        # the login has a style as well
        if self._knows_secret(headers) or scope["path"] == f"/{STYLE}":
            return None
        if b"text/html" in headers.get(b"accept", b"") and scope["method"] == "GET":
            return Answer(b"", HTML, 303, NEVER, {"Location": "/login"})
        msg = "this server needs its secret: send `Authorization: Bearer ...`, or log in at /login."
        raise RefusedError(401, msg, {"WWW-Authenticate": 'Bearer realm="megaregion"'})

    def _knows_secret(self, headers: dict[bytes, bytes]) -> bool:
        given = headers.get(b"authorization", b"")
        if given[:7].lower() == b"bearer ":
            return hmac.compare_digest(_digest(given[7:].strip()), _digest(self._secret.encode()))
        for part in headers.get(b"cookie", b"").decode("latin-1").split(";"):
            name, _, value = part.strip().partition("=")
            if name == COOKIE:
                until, _, seal = value.partition(".")
                if not (until.isascii() and until.isdigit()) or len(until) > 12 or int(until) < self._clock():
                    return False
                return hmac.compare_digest(seal.encode("latin-1"), self._seal(until).encode())
        return False

    async def _login(self, scope: Scope, receive: Receive) -> ASGIApp:
        self._count("login", scope)
        given = parse_qs((await _body(_bounded(receive))).decode("latin-1")).get("secret", [""])[0]
        if not hmac.compare_digest(_digest(given.encode()), _digest(self._secret.encode())):
            return Answer(login_page(refused=True), HTML, 401, NEVER)
        until = str(int(self._clock()) + SESSION_S)
        cookie = f"{COOKIE}={until}.{self._seal(until)}; Path=/; HttpOnly; SameSite=Strict; Max-Age={SESSION_S}"
        if scope["scheme"] == "https":
            cookie += "; Secure"
        return Answer(b"", HTML, 303, NEVER, {"Location": "/", "Set-Cookie": cookie})

    def _seal(self, until: str) -> str:
        return hmac.new(self._secret.encode(), f"session {until}".encode(), hashlib.sha256).hexdigest()


def _digest(text: bytes) -> bytes:
    """Hash first, so that comparing takes as long whatever the length."""
    return hashlib.sha256(text).digest()


def _bare(host: str) -> str:
    """Name of a Host header without its port."""
    if host.startswith("["):
        return host.partition("]")[0].lstrip("[").lower()
    return host.partition(":")[0].lower()


def _bounded(receive: Receive) -> Receive:
    """Refuse a body that grows too large while it comes, or comes too slowly."""
    size = 0
    ended = False

    async def counted() -> Message:
        nonlocal size, ended
        if ended:
            # what comes now is only that the reader has gone
            return await receive()
        try:
            message = await asyncio.wait_for(receive(), BODY_WITHIN_S)
        except TimeoutError as problem:
            msg = f"the body did not arrive within {BODY_WITHIN_S:g} s."
            raise RefusedError(408, msg, {"Connection": "close"}) from problem
        size += len(message.get("body", b""))
        ended = not message.get("more_body", False)
        if size > MAX_BODY:
            msg = f"the body has more than {MAX_BODY:,} bytes."
            raise RefusedError(413, msg, {"Connection": "close"})
        return message

    return counted


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message: Any = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)
