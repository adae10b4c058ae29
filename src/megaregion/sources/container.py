"""
One guarded view of a folder, a zip, a gzipped file or bytes.

Nothing is ever unpacked to disk. The whole listing is checked before anything is opened, and bytes are counted again
while they stream, because the sizes that a zip states are only what its writer claims.
"""

from __future__ import annotations

import gzip
import io
import lzma
import re
import stat
import struct
import zipfile
import zlib
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any, BinaryIO, NamedTuple

from megaregion.errors import InputError, LimitError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

MEBIBYTE = 1_048_576

_ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
_GZIP_MAGIC = b"\x1f\x8b"
_NESTED = (".zip", ".jar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".tar")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_DRIVE = re.compile(r"[A-Za-z]:")
_JUNK = re.compile(r"(?:^|/)(?:__MACOSX/|\.)")  # what file managers leave behind; never data
_CHUNK_BYTES = MEBIBYTE
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerLimits:
    """
    Sizes above which a source is refused.

    Attributes
    ----------
    max_entries
        Entries of one container.
    max_entry_bytes
        Bytes of one entry when unpacked.
    max_total_bytes
        Bytes of all entries together when unpacked.
    max_ratio
        Unpacked over packed size of one entry; timetables reach about 20, zip bombs 1000.
    small_bytes
        An entry that unpacks to less is never refused for its ratio: a short file of equal rows does no harm.
    """

    max_entries: int = 10_000
    max_entry_bytes: int = 4_096 * MEBIBYTE
    max_total_bytes: int = 8_192 * MEBIBYTE
    max_ratio: float = 100.0
    small_bytes: int = MEBIBYTE


DEFAULT_LIMITS = ContainerLimits()


class _Opened(NamedTuple):
    """An entry being read, with its packed and its declared size in bytes where they are stated."""

    stream: IO[bytes] | gzip.GzipFile
    packed: int | None = None
    declared: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """
    Files at the top of a folder or of an archive, by basename.

    Attributes
    ----------
    name
        Name to show in messages, without the folders above it.
    files
        Basenames that can be opened, sorted.
    subfolders
        Basenames by folder below the top; they cannot be opened, a reader may say where they lie.
    limits
        Sizes above which reading stops.
    """

    name: str
    files: tuple[str, ...]
    subfolders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    limits: ContainerLimits = DEFAULT_LIMITS
    _open: Callable[[str, ExitStack], _Opened] = field(repr=False)

    def __contains__(self, name: object) -> bool:
        return name in self.files

    def open(self, name: str) -> BinaryIO:
        """
        Stream one file; its bytes are counted and reading stops above a limit.

        Parameters
        ----------
        name
            One of `files`.

        Raises
        ------
        InputError
            If there is no such file.
        LimitError
            While reading, if the file is larger than a limit or than its archive declared, or is damaged.
        """
        if name not in self.files:
            msg = f"{self.name}: there is no file '{name}'; it holds {', '.join(self.files[:20]) or 'no files'}."
            raise InputError(msg)
        with ExitStack() as handles:
            opened = self._open(name, handles)
            counted = _Counted(opened, handles.pop_all(), f"{self.name}: entry '{name}'", self.limits)
        return io.BufferedReader(counted, _CHUNK_BYTES)

    def read(self, name: str) -> bytes:
        """Read one file whole; see `open`."""
        with self.open(name) as stream:
            return stream.read()

    def only(self) -> str:
        """
        Name of the one file that it holds.

        Raises
        ------
        InputError
            If it holds none, or several.
        """
        if len(self.files) == 1:
            return self.files[0]
        shown = f" ({', '.join(self.files[:5])}{', ...' if len(self.files) > 5 else ''})" if self.files else ""
        msg = f"{self.name}: holds {len(self.files)} files{shown}; expected one. Give the path of the one file to read."
        raise InputError(msg)


def open_container(
    source: Path | str | bytes,
    *,
    name: str = "",
    allowed: Collection[str] | None = None,
    limits: ContainerLimits = DEFAULT_LIMITS,
) -> Container:
    r"""
    Look into a folder, a zip, a gzipped file, a plain file, or the bytes of one of the last three.

    Parameters
    ----------
    source
        Path or contents.
    name
        Name to show in messages and, for bytes that are no archive, of the one file; by default that of the path.
    allowed
        Basenames that may be opened; anything else is left out of `files` (an unsafe entry is refused all the same).
    limits
        Sizes above which a source is refused.

    Raises
    ------
    InputError
        If the path does not exist or is not the archive that its ending says.
    LimitError
        If the source is unsafe or too large; the message names the entry.

    Examples
    --------
    >>> box = open_container(b"stop_id\nA\n", name="stops.txt")
    >>> box.files, box.read("stops.txt")
    (('stops.txt',), b'stop_id\nA\n')
    """
    if isinstance(source, bytes):
        name = name or "bytes"
        return _of_file(name, source[:4], lambda: io.BytesIO(source), len(source), allowed, limits)
    path = Path(source)
    name = name or path.name or str(path)
    if path.is_dir():
        return _of_folder(path, name, allowed, limits)
    if not path.exists():
        msg = f"{path}: there is no such file or folder. Check the path."
        raise InputError(msg)
    if not path.is_file():
        msg = f"{path}: is neither a file nor a folder. Give a folder, a .zip, a .gz or a plain file."
        raise LimitError(msg)
    with path.open("rb") as stream:
        magic = stream.read(4)
    return _of_file(name, magic, lambda: path.open("rb"), path.stat().st_size, allowed, limits)


class _Counted(io.RawIOBase):
    """Raw stream that counts what it hands out and turns damage into a message."""

    def __init__(self, opened: _Opened, handles: ExitStack, what: str, limits: ContainerLimits) -> None:
        self._opened, self._handles, self._what, self._limits, self._count = opened, handles, what, limits, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            chunk = self._opened.stream.read(len(buffer))
        except (*_DAMAGE, OSError) as problem:
            # an error of the disk has a number; what the unpackers raise has none
            if isinstance(problem, OSError) and problem.errno is not None:
                raise
            msg = (
                f"{self._what} is damaged or its header lies: {problem} (after {self._count:,} bytes). "
                "Download or write the file again."
            )
            raise LimitError(msg) from problem
        self._count += len(chunk)
        self._check(ended=not chunk)
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        self._handles.close()
        super().close()

    def _check(self, *, ended: bool) -> None:
        declared = self._opened.declared
        _check_size(self._what, self._count, self._opened.packed, self._limits, found="unpacks to at least")
        if declared is not None and (self._count > declared or (ended and self._count != declared)):
            msg = (
                f"{self._what} holds {self._count:,} bytes but its header declares {declared:,}. "
                "Download or write the file again."
            )
            raise LimitError(msg)


def _of_file(
    name: str,
    magic: bytes,
    opener: Callable[[], BinaryIO],
    n_bytes: int,
    allowed: Collection[str] | None,
    limits: ContainerLimits,
) -> Container:
    if magic.startswith(_ZIP_MAGIC):
        return _of_zip(name, opener, n_bytes, allowed, limits)
    if magic.startswith(_GZIP_MAGIC):
        inner = name.removesuffix(".gz")
        if inner.lower().endswith(_NESTED):
            msg = (
                f"{name}: an archive inside an archive is refused ('{inner}'). Unpack the outer one and give the inner."
            )
            raise LimitError(msg)

        def open_gzip(_: str, handles: ExitStack) -> _Opened:
            packed_stream = handles.enter_context(opener())
            unpacked = handles.enter_context(gzip.GzipFile(fileobj=packed_stream))
            return _Opened(unpacked, packed=n_bytes)

        return Container(name=name, files=_allowed([inner], allowed), limits=limits, _open=open_gzip)
    if name.lower().endswith((".zip", ".gz")):
        kind = "zip" if name.lower().endswith(".zip") else "gzip"
        found = f"it begins with {magic!r}" if n_bytes else "it is empty"
        msg = f"{name}: is not a {kind} file: {found}. An error page may have been saved instead; download it again."
        raise InputError(msg)
    _check_size(f"{name}:", n_bytes, None, limits, found="has")
    return Container(
        name=name,
        files=_allowed([name], allowed),
        limits=limits,
        _open=lambda _, handles: _Opened(handles.enter_context(opener()), declared=n_bytes),
    )


def _of_folder(path: Path, name: str, allowed: Collection[str] | None, limits: ContainerLimits) -> Container:
    inside: list[str] = []
    subfolders: dict[str, tuple[str, ...]] = {}
    root = path.resolve()
    for entry in sorted(path.iterdir(), key=lambda entry: entry.name):
        if _JUNK.search(entry.name):
            continue
        if entry.is_symlink() and not entry.resolve().is_relative_to(root):
            msg = f"{name}: entry '{entry.name}' is a link that leaves the folder. Put a copy of the file there."
            raise LimitError(msg)
        if entry.is_dir():
            below = sorted(item.name for item in entry.iterdir() if item.is_file() and not _JUNK.search(item.name))
            subfolders[entry.name] = tuple(below)
        elif entry.is_file():
            inside.append(entry.name)
        else:
            msg = f"{name}: entry '{entry.name}' is a device or a pipe, not a file. Remove it."
            raise LimitError(msg)
    _refuse_collisions(name, inside)
    files = _allowed(inside, allowed)
    for file in files:
        _check_size(f"{name}: entry '{file}'", (path / file).stat().st_size, None, limits, found="has")
    return Container(
        name=name,
        files=files,
        subfolders=subfolders,
        limits=limits,
        _open=lambda file, handles: _Opened(handles.enter_context((path / file).open("rb"))),
    )


def _of_zip(
    name: str,
    opener: Callable[[], BinaryIO],
    n_bytes: int,
    allowed: Collection[str] | None,
    limits: ContainerLimits,
) -> Container:
    try:
        with opener() as raw, zipfile.ZipFile(raw) as archive:
            listing = archive.infolist()
    except _DAMAGE as problem:
        msg = f"{name}: the zip cannot be opened: {problem}. It may have been cut off; download it again."
        raise InputError(msg) from problem
    _check_listing(name, listing, n_bytes, limits)
    entries = {_parts(info): info for info in listing if not info.is_dir() and not _JUNK.search(_slashed(info))}
    _refuse_collisions(name, ["/".join(parts) for parts in entries])
    top = {parts[0]: info for parts, info in entries.items() if len(parts) == 1}
    below: dict[str, list[str]] = {}
    for parts in sorted(entries):
        if len(parts) > 1:
            below.setdefault("/".join(parts[:-1]), []).append(parts[-1])

    def open_entry(file: str, handles: ExitStack) -> _Opened:
        info = top[file]
        try:
            archive = handles.enter_context(zipfile.ZipFile(handles.enter_context(opener())))
            stream = handles.enter_context(archive.open(info))
            head = stream.read(4)
            stream.seek(0)
        except _DAMAGE as problem:
            msg = f"{name}: entry '{file}' is damaged or its header lies: {problem}. Download or write the file again."
            raise LimitError(msg) from problem
        if head.startswith((*_ZIP_MAGIC, _GZIP_MAGIC)):
            msg = (
                f"{name}: entry '{file}' is an archive inside an archive, which is refused. Give the inner one itself."
            )
            raise LimitError(msg)
        return _Opened(stream, packed=info.compress_size, declared=info.file_size)

    return Container(
        name=name,
        files=_allowed(top, allowed),
        subfolders={folder: tuple(names) for folder, names in below.items()},
        limits=limits,
        _open=open_entry,
    )


def _check_listing(name: str, listing: list[zipfile.ZipInfo], n_bytes: int, limits: ContainerLimits) -> None:
    """Refuse an archive by its listing alone, naming the entry."""
    if len(listing) > limits.max_entries:
        msg = f"{name}: has {len(listing):,} entries; at most {limits.max_entries:,} are accepted. Split the archive."
        raise LimitError(msg)
    seen: set[str] = set()
    for info in listing:
        reason = _unsafe(info)
        if info.orig_filename in seen:
            reason = "stands in the archive twice"
        seen.add(info.orig_filename)
        if reason:
            msg = (
                f"{name}: entry '{info.orig_filename}' {reason}; the archive is refused. "
                "Write it again with plain files only."
            )
            raise LimitError(msg)
        _check_size(f"{name}: entry '{info.filename}'", info.file_size, info.compress_size, limits, found="declares")
    total = sum(info.file_size for info in listing)
    if total > limits.max_total_bytes:
        msg = (
            f"{name}: its {len(listing):,} entries declare {total:,} bytes together; "
            f"at most {limits.max_total_bytes:,} are accepted. Split the archive."
        )
        raise LimitError(msg)
    packed = sum(info.compress_size for info in listing)
    if packed > n_bytes or any(info.header_offset < 0 for info in listing):
        msg = (
            f"{name}: its entries claim {packed:,} packed bytes in an archive of {n_bytes:,}, or begin before it: "
            "they overlap or their headers lie. Download or write the file again."
        )
        raise LimitError(msg)


def _unsafe(info: zipfile.ZipInfo) -> str:
    """Reason why an entry is unsafe, or nothing."""
    written = info.orig_filename
    slashed = written.replace("\\", "/")
    kind = stat.S_IFMT(info.external_attr >> 16)
    reasons = {
        "has a name with a NUL byte, or no name": "\x00" in written or not written,
        "has an absolute path": slashed.startswith("/") or _DRIVE.match(slashed) is not None,
        "climbs out of the archive with '..'": ".." in PurePosixPath(slashed).parts,
        "is a symbolic link": kind == stat.S_IFLNK,
        "is a device, a pipe or a socket": kind not in {0, stat.S_IFLNK, stat.S_IFREG, stat.S_IFDIR},
        "is encrypted": bool(info.flag_bits & 0x1),
        f"is packed with method {info.compress_type}, which is not supported": info.compress_type not in _METHODS,
        "is an archive inside an archive": slashed.lower().endswith(_NESTED) and not _JUNK.search(slashed),
    }
    return next((reason for reason, found in reasons.items() if found), "")


def _check_size(what: str, n_bytes: int, packed: int | None, limits: ContainerLimits, *, found: str) -> None:
    if n_bytes > limits.max_entry_bytes:
        msg = f"{what} {found} {n_bytes:,} bytes; at most {limits.max_entry_bytes:,} are accepted. Split the file."
        raise LimitError(msg)
    if packed is not None and n_bytes > limits.small_bytes and n_bytes > limits.max_ratio * max(packed, 1):
        msg = (
            f"{what} {found} {n_bytes:,} bytes from {packed:,} packed, "
            f"a ratio of {n_bytes / max(packed, 1):,.0f}; at most {limits.max_ratio:g} is accepted (a zip bomb?). "
            "If you trust the file, unpack it and give the folder."
        )
        raise LimitError(msg)


def _refuse_collisions(name: str, files: list[str]) -> None:
    """Refuse names that differ by case only: which one is meant depends on the computer."""
    seen: dict[str, str] = {}
    for file in sorted(files):
        twin = seen.setdefault(file.casefold(), file)
        if twin != file:
            msg = (
                f"{name}: entries '{twin}' and '{file}' differ by case only; the source is refused. Remove one of them."
            )
            raise LimitError(msg)


def _slashed(info: zipfile.ZipInfo) -> str:
    return info.orig_filename.replace("\\", "/")


def _parts(info: zipfile.ZipInfo) -> tuple[str, ...]:
    return PurePosixPath(_slashed(info)).parts


def _allowed(files: Collection[str], allowed: Collection[str] | None) -> tuple[str, ...]:
    return tuple(sorted(file for file in files if allowed is None or file in allowed))
