"""What is answered when something goes wrong: one JSON shape, and a status for each class of error."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from megaregion.errors import (
    ConflictError,
    InputError,
    LimitError,
    MegaregionError,
    NoDataError,
    ScenarioError,
    StorageError,
)
from megaregion.publish.plain import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

STATUSES: tuple[tuple[type[MegaregionError], int], ...] = (
    (LimitError, 413),
    (NoDataError, 404),
    (ScenarioError, 422),
    (InputError, 400),
    (ConflictError, 409),
    (StorageError, 503),
    (MegaregionError, 500),
)
"""Status of each class of error, the narrower class first."""


class RefusedError(Exception):
    """
    A request that is not answered, for a reason that only a server has.

    Attributes
    ----------
    status
        HTTP status.
    headers
        More headers of the answer.
    """

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})


class MissingError(InputError):
    """What the address names does not exist: status 404."""


def status_of(problem: BaseException) -> int:
    """
    Give the HTTP status of an error.

    Examples
    --------
    >>> status_of(LimitError("too large")), status_of(InputError("what?")), status_of(ValueError("our own mistake"))
    (413, 400, 500)
    """
    if isinstance(problem, RefusedError):
        return problem.status
    if isinstance(problem, MissingError):
        return 404
    return next((status for kind, status in STATUSES if isinstance(problem, kind)), 500)


def error_shape(problem: BaseException) -> dict[str, Any]:
    """
    Describe an error as the one shape that every answer with a status above 399 has.

    Returns
    -------
    `{"ok": false, "error", "status", "notices"}`, and `needs` in both languages where data are missing. Of a mistake of
    our own nothing is told but that there was one.
    """
    status = status_of(problem)
    known = isinstance(problem, MegaregionError | RefusedError)
    text = str(problem) if known else "something went wrong in the server; its log says what."
    shape: dict[str, Any] = {"ok": False, "error": text, "status": status, "notices": notices_of(problem)}
    if isinstance(problem, NoDataError):
        shape["needs"] = dict(zip(("en", "zh"), problem.needs, strict=True))
    return shape


def notices_of(holder: Any) -> list[dict[str, Any]]:
    """Notices of an error or a result as plain values."""
    names = ("code", "severity", "message", "file", "line", "field", "value", "fix")
    return [plain({name: getattr(notice, name) for name in names}) for notice in getattr(holder, "notices", ())]


def reason(status: int) -> str:
    """Name of a status, as "Not Found"."""
    return HTTPStatus(status).phrase


def to_json(value: Any) -> bytes:
    """Encode plain values as JSON: missing is null, unreachable "inf"; Chinese text as it is."""
    return json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")
