"""Durable files: the one thin layer through which the store touches the disk, so that drills can make any call fail."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import shutil
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from megaregion.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEMPORARY = ".tmp-"
"""Start of the name of every file that is still being written; whatever bears it may be swept."""

_CHUNK = 1 << 26
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}
_FULL = {errno.ENOSPC, errno.EDQUOT}
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EACCES}
_NO_LOCKS = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}
_BUSY = {errno.EAGAIN, errno.EACCES}


class FileState(NamedTuple):
    """Size and age of a file: bytes, seconds since 1970, and its number on the disk."""

    size: int
    changed_s: float
    inode: int


class Disk:
    """
    Calls to the file system, one each, with nothing added.

    A drill passes an object with the same methods that fails at the n-th call.
    """

    def inode(self, descriptor: int) -> int:
        """Give the number on the disk of an open file."""
        return os.fstat(descriptor).st_ino

    def make_folder(self, path: Path) -> None:
        """Create a folder and its parents; one that exists is left alone."""
        path.mkdir(parents=True, exist_ok=True)

    def create(self, path: Path) -> int:
        """Create a file that must not exist and open it for writing."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)

    def write(self, descriptor: int, data: memoryview) -> int:
        """Write some of the bytes; returns how many."""
        return os.write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        """Have the disk keep what was written."""
        os.fsync(descriptor)

    def close(self, descriptor: int) -> None:
        """Close a descriptor."""
        os.close(descriptor)

    def sync_folder(self, path: Path) -> None:
        """Have the disk keep the names in a folder."""
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def link(self, source: Path, target: Path) -> None:
        """Give a file a second name, which must not exist."""
        os.link(source, target)

    def replace(self, source: Path, target: Path) -> None:
        """Rename a file over another."""
        source.replace(target)

    def remove(self, path: Path) -> None:
        """Remove a file."""
        path.unlink()

    def read(self, path: Path) -> bytes:
        """Whole contents of a file."""
        return path.read_bytes()

    def names(self, folder: Path) -> list[str]:
        """Sorted names in a folder."""
        return sorted(os.listdir(folder))  # noqa: PTH208  # a drill counts this as one call

    def state(self, path: Path) -> FileState:
        """Size and age of a file."""
        found = path.stat()
        return FileState(found.st_size, found.st_mtime, found.st_ino)

    def touch(self, path: Path) -> None:
        """Make a file look as if written now."""
        os.utime(path)

    def open_to_lock(self, path: Path, *, create: bool) -> int:
        """Open a file that is only locked."""
        flags = os.O_RDWR | os.O_CREAT if create else os.O_RDONLY
        return os.open(path, flags | os.O_CLOEXEC, 0o644)

    def lock(self, descriptor: int, *, exclusive: bool, wait: bool) -> None:
        """Lock an open file among processes; the kernel frees it when the process dies."""
        fcntl.flock(descriptor, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | (0 if wait else fcntl.LOCK_NB))


@contextmanager
def explained(doing: str, path: Path, *, needed: int = 0) -> Iterator[None]:
    """
    Turn an error of the operating system into a `StorageError` that says what to do.

    While reading, a file that is not there is left to the caller, who knows what it means.

    Parameters
    ----------
    doing
        What was being done: "write", "read", or "confirm" for a version that stands but may not be durable.
    path
        File or folder it was done to.
    needed
        Bytes that had to be written.
    """
    try:
        yield
    except OSError as problem:
        if doing == "read" and isinstance(problem, FileNotFoundError):
            raise
        raise StorageError(_explanation(doing, path, needed, problem)) from problem


def _explanation(doing: str, path: Path, needed: int, problem: OSError) -> str:
    reason = os.strerror(problem.errno) if problem.errno else str(problem)
    size = f" ({needed:,} bytes needed)" if needed else ""
    start = f"{path}: cannot {doing}{size}: {reason}."
    if doing == "confirm":
        return (
            f"{start} It is written and complete, but the disk did not confirm that it survives a power cut. "
            "See the log of the region before making the change again."
        )
    if problem.errno in _FULL:
        free = 0
        with suppress(OSError):
            free = shutil.disk_usage(path.parent).free
        return f"{start} {free:,} bytes are free there. Free some space or move the region; it is unchanged."
    if problem.errno == errno.EFBIG:
        return f"{start} A file may not grow that large here: raise the limit (ulimit -f). The region is unchanged."
    if problem.errno in _READ_ONLY and doing != "read":
        return (
            f"{start} The region is read-only for this process: it can be read but not changed. "
            "Correct owner and permissions of the folder, or copy the region to a folder of your own."
        )
    if problem.errno in _READ_ONLY:
        return f"{start} Correct owner and permissions of the folder."
    return f"{start} The region keeps its last complete version; check the disk and try again."


def temporary(folder: Path) -> Path:
    """Name for a new file that is being written."""
    return folder / f"{TEMPORARY}{os.getpid()}-{secrets.token_hex(6)}"


@contextmanager
def written(disk: Disk, folder: Path, data: bytes) -> Iterator[Path]:
    """Temporary file that holds the bytes durably; whatever is left of it on the way out is removed."""
    path = temporary(folder)
    try:
        # the name is known before the file exists, so that an interrupt between the two leaves nothing behind
        try:
            _write(disk, path, data)
            yield path
        finally:
            _discard(disk, path)
    except KeyboardInterrupt:
        # it may have come while the file was being discarded
        _discard(disk, path)
        raise


def _write(disk: Disk, path: Path, data: bytes) -> None:
    with explained("write", path, needed=len(data)):
        disk.make_folder(path.parent)
        descriptor = disk.create(path)
        try:
            left = memoryview(data)
            while left:
                left = left[disk.write(descriptor, left[:_CHUNK]) :]
            disk.sync(descriptor)
        finally:
            disk.close(descriptor)


def _discard(disk: Disk, path: Path) -> None:
    # a file that cannot be removed is swept by gc; the error that led here matters more
    with suppress(OSError):
        disk.remove(path)


def publish_over(disk: Disk, path: Path, target: Path, *, size: int) -> None:
    """Rename a durable temporary file to its final name, replacing what was there."""
    with explained("write", target, needed=size):
        disk.make_folder(target.parent)
        disk.replace(path, target)
        disk.sync_folder(target.parent)
        # the folder itself may be new
        disk.sync_folder(target.parent.parent)


def publish_new(disk: Disk, path: Path, target: Path, *, lock: Path) -> bool:
    """
    Give a durable temporary file its final name unless somebody took that name first.

    Parameters
    ----------
    disk
        File layer.
    path
        Temporary file on the same file system.
    target
        Final name.
    lock
        File that writers lock in turn where the file system knows no hard links.

    Returns
    -------
    bool
        False if the name was taken.
    """
    with explained("write", target):
        try:
            disk.link(path, target)
        except FileExistsError:
            return False
        except OSError as problem:
            if problem.errno not in _NO_LINKS:
                raise
            # without hard links a rename is as atomic, and a lock keeps two writers apart
            with locked(disk, lock, exclusive=True, create=True, needed=True):
                if target.name in disk.names(target.parent):
                    return False
                disk.replace(path, target)
    with explained("confirm", target):
        disk.sync_folder(target.parent)
    return True


def release(disk: Disk, descriptor: int) -> None:
    """Close a descriptor that was only locked; the kernel frees the lock whatever it answers."""
    with suppress(OSError):
        disk.close(descriptor)


def pin(disk: Disk, path: Path) -> int:
    """
    Open a file and share a lock on it, so that `gc` leaves it alone until the descriptor is released.

    Raises
    ------
    FileNotFoundError
        If the file is not there, or was removed in this moment.
    """
    descriptor = disk.open_to_lock(path, create=False)
    try:
        _lock(disk, descriptor, exclusive=False, needed=False)
        there = disk.inode(descriptor) == disk.state(path).inode
    except BaseException:
        release(disk, descriptor)
        raise
    if not there:
        release(disk, descriptor)
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    return descriptor


@contextmanager
def locked(disk: Disk, path: Path, *, exclusive: bool, create: bool = False, needed: bool = False) -> Iterator[None]:
    """Hold a lock; on a file system without locks go on without one unless it is needed."""
    descriptor = disk.open_to_lock(path, create=create)
    try:
        _lock(disk, descriptor, exclusive=exclusive, needed=needed)
        yield
    finally:
        release(disk, descriptor)


def _lock(disk: Disk, descriptor: int, *, exclusive: bool, needed: bool) -> None:
    try:
        disk.lock(descriptor, exclusive=exclusive, wait=True)
    except OSError as problem:
        if needed or problem.errno not in _NO_LOCKS:
            raise


@contextmanager
def locked_soon(disk: Disk, path: Path, *, within_s: float, create: bool = False) -> Iterator[bool]:
    """Hold an exclusive lock if nobody else holds one within the time given; yields whether it is held."""
    descriptor = disk.open_to_lock(path, create=create)
    try:
        deadline = time.monotonic() + within_s
        held = try_lock(disk, descriptor)
        while not held and time.monotonic() < deadline:
            time.sleep(0.002)
            held = try_lock(disk, descriptor)
        yield held
    finally:
        release(disk, descriptor)


def wait_while_locked(disk: Disk, path: Path, *, within_s: float) -> None:
    """Wait until nobody holds a lock, at most for the time given; where there are no locks, do not wait."""
    try:
        with locked_soon(disk, path, within_s=within_s, create=True):
            pass
    except OSError as problem:
        if problem.errno not in _NO_LOCKS:
            raise


def try_lock(disk: Disk, descriptor: int) -> bool:
    """Take an exclusive lock if it is free."""
    try:
        disk.lock(descriptor, exclusive=True, wait=False)
    except OSError as problem:
        if problem.errno not in _BUSY:
            raise
        return False
    return True
