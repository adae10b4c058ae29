"""
A first look at a file that should be an OpenStreetMap extract (PBF): is it one, is it whole, is it safe to unpack.

A PBF file is a row of blocks: four bytes with the length of a header, the header (what the block is and how long), and
the block itself. Only lengths are read here, nothing is unpacked, so a file of any size takes milliseconds.
The format: OpenStreetMap wiki, "PBF Format".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from megaregion.errors import InputError, LimitError

if TYPE_CHECKING:
    from pathlib import Path

MAX_HEADER_BYTES = 64 * 1024
"""Longest header of a block that the format allows."""

MAX_BLOCK_BYTES = 32 * 1024 * 1024
"""Longest block, packed or unpacked, that the format allows."""

_FIX = "Download the file again and compare its MD5 with the one that the server states."
_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5
_PEEK_BYTES = 64  # the size of a block stands before its contents


def check_blocks(path: Path) -> int:
    """
    Refuse a file that is no OpenStreetMap extract in PBF, is cut off, or declares a block above the format's limit.

    Parameters
    ----------
    path
        File, usually ending in .osm.pbf.

    Returns
    -------
    Number of blocks, the header among them.

    Raises
    ------
    InputError
        If it is something else, or not whole; the message says what was found and at which byte.
    LimitError
        If a block declares more than 32 MiB.
    """
    if not path.is_file():
        msg = f"{path}: there is no such file. Check the path."
        raise InputError(msg)
    size = path.stat().st_size
    with path.open("rb") as stream:
        start = stream.read(64)
        if not start:
            msg = f"{path.name}: file is empty; expected an OpenStreetMap extract (.osm.pbf). {_FIX}"
            raise InputError(msg)
        number = at = 0
        while at < size:
            at = _check_block(stream, path.name, number, at, size, start)
            number += 1
    if number == 1:
        msg = f"{path.name}: holds a header and no data; expected nodes and ways. {_FIX}"
        raise InputError(msg)
    return number


def _check_block(stream: BinaryIO, name: str, number: int, at: int, size: int, start: bytes) -> int:
    """Check the block that starts at a byte; return where the next one starts."""
    stream.seek(at)
    header_bytes = int.from_bytes(stream.read(4), "big")
    if number == 0 and (looks := _looks_like(start)):
        msg = f"{name}: not an OSM PBF: {looks}. {_FIX}"
        raise InputError(msg)
    if size - at >= 4 and not 0 < header_bytes <= MAX_HEADER_BYTES:
        what = "not an OSM PBF: first block is not OSMHeader" if number == 0 else f"block {number + 1} at byte {at}"
        shown = f"{header_bytes:,}".replace(",", " ")
        limit = f"{MAX_HEADER_BYTES:,}".replace(",", " ")
        msg = f"{name}: {what}: BlobHeader of {shown} bytes; expected 1 to {limit}. {_FIX}"
        raise InputError(msg)
    header = stream.read(header_bytes)
    kind, block_bytes = _read_header(header)
    whole = len(header) == header_bytes and size - at >= 4
    if whole and number == 0 and kind != "OSMHeader":
        msg = f"{name}: not an OSM PBF: first block is '{kind}', expected 'OSMHeader'. {_FIX}"
        raise InputError(msg)
    if whole and block_bytes < 0:
        msg = f"{name}: block {number + 1} at byte {at} does not say how long it is. {_FIX}"
        raise InputError(msg)
    following = at + 4 + header_bytes + max(block_bytes, 0)
    unpacked = _unpacked_bytes(stream.read(min(_PEEK_BYTES, block_bytes))) if whole else 0
    if max(block_bytes, unpacked) > MAX_BLOCK_BYTES:
        msg = (
            f"{name}: block {number + 1} at byte {at} declares {max(block_bytes, unpacked) / 2**20:.1f} MiB; at most "
            f"{MAX_BLOCK_BYTES // 2**20} MiB are accepted, as the format has it. The file is damaged or made to harm."
        )
        raise LimitError(msg)
    if not whole or following > size:
        msg = (
            f"{name}: cut off: block {number + 1} starts at byte {at} and needs {following - at} bytes, of which the "
            f"file has {size - at}. {_FIX}"
        )
        raise InputError(msg)
    return following


def _looks_like(start: bytes) -> str:
    """Say what the file probably is, from its first bytes; "" if nothing is known."""
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return "it is a web page (HTML), often an error message that was saved under this name"
    if text.startswith(b"<"):
        return "it is XML; convert it with `osmium cat FILE.osm -o FILE.osm.pbf`"
    if text.startswith(b"\x1f\x8b"):
        return "it is gzipped; unpack it first"
    if text.startswith(b"pk\x03\x04"):
        return "it is a zip; unpack it first"
    if text[:1] == b"\x1a" and len(text) > 3 and text[3:4] in {b"\x0a", b"\x78"}:
        return "it looks like a map tile (MVT), which has the same ending; expected an .osm.pbf extract"
    return ""


def _read_header(header: bytes) -> tuple[str, int]:
    """Type of a block and its length in bytes, -1 where that is not said."""
    kind, length = "", -1
    for field, value in _fields(header):
        if field == 1 and isinstance(value, bytes):
            kind = value.decode("ascii", errors="replace")
        elif field == 3 and isinstance(value, int):
            length = value
    return kind, length


def _unpacked_bytes(begin: bytes) -> int:
    """Length of a block when unpacked, where its beginning says so; 0 otherwise."""
    return next((value for field, value in _fields(begin) if field == 2 and isinstance(value, int)), 0)


def _fields(message: bytes) -> list[tuple[int, int | bytes]]:
    """Fields of a protobuf message as far as the bytes go."""
    found: list[tuple[int, int | bytes]] = []
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        wire = tag & 7
        if wire == _VARINT:
            value, at = _varint(message, at)
            found.append((tag >> 3, value))
        elif wire == _BYTES:
            length, at = _varint(message, at)
            found.append((tag >> 3, message[at : at + length]))
            at += length
        elif wire in {_FIXED_64, _FIXED_32}:
            at += 8 if wire == _FIXED_64 else 4
        else:
            break
    return found


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message):
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at += 1
        shift += 7
        if byte < 0x80:
            break
    return value, at
