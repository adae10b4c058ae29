"""Where results may be written: into a folder that is there, and that no region keeps its own files in."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING

from megaregion.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

_META = "megaregion.json"
"""File that every region folder holds."""


_FULL = {errno.ENOSPC, errno.EDQUOT}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}


def advice(problem: OSError) -> str:
    """
    Say what helps where the disk refused.

    Examples
    --------
    >>> advice(PermissionError(13, "Permission denied"))
    'choose a folder that you may write to'
    """
    if problem.errno in _REFUSED:
        return "choose a folder that you may write to"
    return "free some space or choose another place" if problem.errno in _FULL else "choose another place"


def check_output_place(path: Path | str, inputs: Iterable[Path | str] = ()) -> None:
    """
    Refuse to write a file where nothing should be written, before anything is computed.

    Parameters
    ----------
    path
        File to write.
    inputs
        Files that are read for it; blank ones are none.

    Raises
    ------
    InputError
        If its folder does not exist or belongs to a region, if it is a folder, or one of the files read.
    """
    path = Path(path)
    folder = path.parent
    if not folder.is_dir():
        msg = f"output '{path}': there is no folder '{folder}'. Make it, or choose another place."
        raise InputError(msg)
    if path.is_dir():
        msg = f"output '{path}' is a folder; expected the name of a file in it."
        raise InputError(msg)
    whole = path.resolve()
    for above in whole.parents:
        if (above / _META).is_file():
            msg = (
                f"output '{path}' lies in the region folder '{above}', where only megaregion keeps files. Choose "
                "another place."
            )
            raise InputError(msg)
    for each in inputs:
        if each and Path(each).resolve() == whole:
            msg = f"output '{path}' is also what is read; it would be lost. Choose another name."
            raise InputError(msg)
