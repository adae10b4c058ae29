"""What the import commands share: their options, and how a reading goes into a region folder."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from megaregion.cli.options import current, needed, output

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from megaregion.region.model import Region
    from megaregion.region.store import Store
    from megaregion.sources.reading import Reading

File = Annotated[str, typer.Argument(metavar="FILE", help="File to read.")]
Encoding = Annotated[str, typer.Option("--encoding", help="Encoding of text, e.g. gb18030.")]
Licence = Annotated[str, typer.Option("--licence", help="Licence of the data, for the log.")]
Url = Annotated[str, typer.Option("--url", help="Where the data came from, for the log.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Read and check only; change nothing.")]


@dataclass(frozen=True, slots=True)
class Bringing:
    """
    One import as it was asked for.

    Attributes
    ----------
    folder
        Region folder.
    licence, url
        Of the data, for the log.
    dry_run
        Read and check only.
    """

    folder: str
    licence: str
    url: str
    dry_run: bool

    @property
    def store(self) -> Store:
        """The region folder, opened."""
        from megaregion.region.store import Store

        return Store.open(needed(self.folder))

    def held(self) -> Region:
        """Read what the region holds so far."""
        return self.store.read()

    def commit(self, reading: Reading, what: str, path: Path, files: Mapping[str, str] | None = None) -> None:
        """
        Put a reading into the region and say what came.

        Parameters
        ----------
        reading
            Tables and findings.
        what
            The import, for the log: `import gtfs`.
        path
            What was read.
        files
            Files of a folder with their hashes; that of the folder is made of them.
        """
        from megaregion.study.regions import import_reading

        out, store = current(), self.store
        rows = {name: len(frame) for name, frame in reading.tables.items() if len(frame)}
        out.notices(reading.notices, shown_per_code=5)
        version, counts = None, dict(reading.notices.counts)
        if not self.dry_run:
            source = self._source(path, files)
            version, found = import_reading(store, reading, message=f"{what} {path.name}", source=source)
            out.notices(found)
            counts |= found.counts
        if out.json:
            out.data({"version": version, "rows": rows, "notices": counts})
            return
        listed = ", ".join(f"{count} {name}" for name, count in rows.items()) or "no rows"
        out.say(
            out.words(
                f"read {listed}; " + ("nothing was changed (dry run)" if self.dry_run else f"now version {version}"),
                f"读取 {listed}；" + ("未作更改（试运行）" if self.dry_run else f"当前版本 {version}"),
            )
        )

    def _source(self, path: Path, files: Mapping[str, str] | None) -> dict[str, Any]:
        """Say where the data came from."""
        about: dict[str, Any] = {"file": path.name, "sha256": digest(path), "licence": self.licence, "url": self.url}
        if files is not None:
            listing = "\n".join(f"{name} {each}" for name, each in files.items())
            about |= {"sha256": hashlib.sha256(listing.encode()).hexdigest(), "files": dict(files)}
        return about


def begin(folder: str, licence: str, url: str, *, dry_run: bool, as_json: bool, quiet: bool, lang: str) -> Bringing:
    """Set how this run prints, and give the import as it was asked for."""
    output(as_json=as_json, quiet=quiet, lang=lang)
    return Bringing(folder, licence, url, dry_run)


def existing(file: str) -> Path:
    """
    Give the path of a file or folder that is there.

    Raises
    ------
    InputError
        If it is not.
    """
    from pathlib import Path

    from megaregion.errors import InputError

    path = Path(file)
    if not path.exists():
        msg = f"{file}: no such file or folder; check the path."
        raise InputError(msg)
    return path


def digest(path: Path) -> str:
    """SHA-256 of a file; "" for a folder."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
