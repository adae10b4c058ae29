"""An answer that is ready to send, compressed once, and the answers that are kept ready."""

from __future__ import annotations

import gzip
import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from megaregion.publish.server_errors import error_shape, to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from starlette.types import Receive, Scope, Send

JSON = "application/json"
HTML = "text/html; charset=utf-8"
CSV = "text/csv; charset=utf-8"

REVALIDATE = "no-cache"
"""A reader keeps the answer and asks each time whether it still holds; if so the answer is 304 and has no body."""

FOREVER = "public, max-age=31536000, immutable"
"""For addresses that name their contents."""

NEVER = "no-store"

_SMALL = 600
"""Bytes below which compressing is not worth it."""

_LEVEL = 6


@dataclass(slots=True)
class Answer:
    """
    Status, headers and body; an ASGI application of its own.

    Parameters
    ----------
    body
        What is sent.
    media_type
        Of the body.
    status
        HTTP status.
    cache
        Value of Cache-Control.
    headers
        More headers.
    """

    body: bytes
    media_type: str = JSON
    status: int = 200
    cache: str = REVALIDATE
    headers: Mapping[str, str] = field(default_factory=dict)
    tag: bytes = field(init=False, default=b"")
    _plain: list[tuple[bytes, bytes]] = field(init=False, default_factory=list)
    _packed: tuple[bytes, list[tuple[bytes, bytes]]] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        shared = [
            (b"content-type", self.media_type.encode()),
            (b"cache-control", self.cache.encode()),
            (b"vary", b"accept-encoding"),
        ]
        shared += [(name.lower().encode(), value.encode("latin-1")) for name, value in self.headers.items()]
        if self.status == 200 and self.cache != NEVER:
            self.tag = b'"' + hashlib.sha256(self.body).hexdigest()[:32].encode() + b'"'
            shared.append((b"etag", self.tag))
        self._plain = [*shared, (b"content-length", str(len(self.body)).encode())]
        if len(self.body) >= _SMALL:
            packed = gzip.compress(self.body, _LEVEL, mtime=0)
            length = (b"content-length", str(len(packed)).encode())
            self._packed = (packed, [*shared, (b"content-encoding", b"gzip"), length])

    @property
    def size(self) -> int:
        """Bytes that it takes in memory."""
        return len(self.body) + (len(self._packed[0]) if self._packed else 0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, or 304 where the reader has it already."""
        del receive
        accepts, known = b"", b""
        for name, value in scope["headers"]:
            if name == b"accept-encoding":
                accepts = value
            elif name == b"if-none-match":
                known = value
        if self.tag and known and (self.tag in known or known == b"*"):
            kept = [pair for pair in self._plain if pair[0] not in {b"content-length", b"content-type"}]
            await send({"type": "http.response.start", "status": 304, "headers": kept})
            await send({"type": "http.response.body", "body": b""})
            return
        body, headers = self.body, self._plain
        if self._packed is not None and b"gzip" in accepts:
            body, headers = self._packed
        await send({"type": "http.response.start", "status": self.status, "headers": list(headers)})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def json_answer(value: Any, *, status: int = 200, cache: str = REVALIDATE, **headers: str) -> Answer:
    """Answer with JSON; underscores in names of headers are dashes."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(to_json(value), JSON, status, cache, named)


def error_answer(problem: BaseException) -> Answer:
    """Answer with the one shape of errors."""
    shape = error_shape(problem)
    return Answer(to_json(shape), JSON, shape["status"], NEVER, getattr(problem, "headers", {}))


class Ready:
    """
    Answers by address, kept up to a number of bytes; the one longest unused goes first.

    Parameters
    ----------
    limit_bytes
        How much may be kept.
    """

    def __init__(self, limit_bytes: int = 256_000_000) -> None:
        self._limit = limit_bytes
        self._size = 0
        self._answers: OrderedDict[tuple[Any, ...], Answer] = OrderedDict()
        self._turn = Lock()

    def __len__(self) -> int:
        return len(self._answers)

    def get(self, key: tuple[Any, ...]) -> Answer | None:
        """Give the answer to an address, or None."""
        answer = self._answers.get(key)
        if answer is not None:
            with self._turn:
                if key in self._answers:
                    self._answers.move_to_end(key)
        return answer

    def put(self, key: tuple[Any, ...], answer: Answer) -> Answer:
        """Keep an answer."""
        with self._turn:
            before = self._answers.pop(key, None)
            self._size += answer.size - (before.size if before else 0)
            self._answers[key] = answer
            while self._size > self._limit and len(self._answers) > 1:
                self._size -= self._answers.popitem(last=False)[1].size
        return answer

    def drop(self, paths: Iterable[str]) -> None:
        """Forget what is kept for some paths: they have changed."""
        gone = set(paths)
        with self._turn:
            for key in [key for key in self._answers if key[0] in gone]:
                self._size -= self._answers.pop(key).size
