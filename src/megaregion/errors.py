"""
Every error that a user can meet.

```
MegaregionError            something a user can act on; exit code 1
├── InputError             what was given is wrong; exit code 2
│   ├── LimitError         refused before reading: too large, too many, unsafe
│   ├── NoDataError        the region does not hold what an answer needs
│   └── ScenarioError      an edit cannot be made on this region
├── ConvergenceError       a solver stopped before its residual was small; exit code 1
├── ConflictError          somebody else changed the region first; exit code 3
└── StorageError           the disk, or what lies on it; exit code 4
    ├── DamageError        bytes on disk are not what was written
    └── FormatError        written by a newer megaregion
```

Each message says where, what was found, what is accepted and what to do.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from megaregion.notices import Notice


class MegaregionError(Exception):
    """Base of all errors; `exit_code` is what the command line returns."""

    exit_code = 1


class InputError(MegaregionError):
    """
    Input that cannot be used.

    Attributes
    ----------
    notices
        The findings behind the error, all of them; empty if the message says it all.
    """

    exit_code = 2

    def __init__(self, message: str, notices: Iterable[Notice] = ()) -> None:
        super().__init__(message)
        self.notices: tuple[Notice, ...] = tuple(notices)


class LimitError(InputError):
    """Input refused before it is read: above a limit, or unsafe."""


class NoDataError(InputError):
    """
    The region does not hold what an answer needs.

    Attributes
    ----------
    what
        What is missing, in English and Chinese.
    needs
        What would bring it, in English and Chinese.
    """

    def __init__(self, what: str, what_zh: str, *, needs: tuple[str, str]) -> None:
        super().__init__(f"{what} {needs[0]}")
        self.what = (what, what_zh)
        self.needs = needs

    def __reduce__(self) -> tuple[Any, ...]:
        """Let it go from process to process."""
        return partial(NoDataError, needs=self.needs), self.what


class ScenarioError(InputError):
    """One or more edits of a scenario cannot be made on this region."""


class ConvergenceError(MegaregionError):
    """A solver stopped before its residual was below the tolerance: nothing it held is given out."""


class ConflictError(MegaregionError):
    """Another writer committed first and the change cannot be re-applied."""

    exit_code = 3


class StorageError(MegaregionError):
    """The disk refused, or the region folder cannot be used."""

    exit_code = 4


class DamageError(StorageError):
    """An object or a snapshot on disk is not what was written."""


class FormatError(StorageError):
    """The region was written by a newer version of megaregion."""
