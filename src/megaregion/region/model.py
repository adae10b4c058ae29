"""A region: named immutable tables that describe the same cities, networks, activities and programmes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from megaregion.errors import InputError
from megaregion.notices import Notices
from megaregion.region import schema as schemas
from megaregion.region.lazy import Overlay
from megaregion.region.markup import shown
from megaregion.region.service_days import check_intervals

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


@dataclass(frozen=True, slots=True)
class Region:
    """
    Named immutable tables.

    Attributes
    ----------
    name
        Short name, also the name of its folder.
    tables
        Frames by table name, conformed to their schema; each is the caller's own.
    version
        Identity of the contents: a snapshot of the store, or "unsaved".
    """

    name: str
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict, repr=False)
    version: str = "unsaved"

    def __post_init__(self) -> None:
        object.__setattr__(self, "tables", Overlay({}, self.tables) if isinstance(self.tables, dict) else self.tables)

    def __contains__(self, name: object) -> bool:
        return name in self.tables

    def table(self, name: str) -> pd.DataFrame:
        """
        One table, with its schema's columns; a known table without rows is empty.

        The frame is the caller's own: changing it does not change the region.

        Raises
        ------
        InputError
            If no schema has that name.
        """
        if name in self.tables:
            return self.tables[name]
        return schemas.schema(name).empty()

    def with_table(self, name: str, frame: pd.DataFrame) -> Region:
        """Make a new region in which one table is replaced."""
        return self.with_tables({name: frame})

    def with_tables(self, tables: Mapping[str, pd.DataFrame]) -> Region:
        """Make a new region in which the given tables are replaced; the others are shared."""
        conformed = {name: schemas.conform(name, frame) for name, frame in tables.items()}
        return Region(self.name, Overlay(self.tables, conformed))

    def _repr_html_(self) -> str:
        rows = [(name, len(frame)) for name, frame in sorted(self.tables.items()) if len(frame)]
        return shown(f"Region {self.name}", {"version": self.version}, ("table", "rows"), rows)

    def check(self) -> Notices:
        """Check every table against its schema and every reference between tables."""
        notices = Notices()
        for name, frame in self.tables.items():
            notices.extend(schemas.check_frame(name, frame))
        notices.extend(schemas.check_references(self.tables))
        notices.extend(check_intervals(self.table("frequencies")))
        return notices

    def city(self, name: str) -> pd.Series:
        """
        Row of table `cities` by id, local name (with or without 市) or English name.

        Raises
        ------
        InputError
            If no city, or more than one, has that name.
        """
        cities = self.table("cities")
        wanted = name.strip()
        match = cities[cities["city_id"] == wanted]
        for column in ("name", "name_en"):
            if match.empty:
                # "Taizhou" may be Taizhou (Jiangsu) or Taizhou (Zhejiang): the message then names both
                plain = r"市$" if column == "name" or "(" in wanted else r"\s*\(.*\)$"
                short = cities[column].fillna("").str.replace(plain, "", regex=True)
                match = cities[(short.str.casefold() == wanted.removesuffix("市").casefold()) & (short != "")]
        if len(match) == 1:
            return match.iloc[0]
        if match.empty:
            names = [*cities["name"].dropna(), *cities["name_en"].dropna()]
            msg = f"no city {name!r} in region {self.name!r}.{schemas.suggest(name, names)}"
        else:
            options = ", ".join(
                f"{row.city_id} {row.name_} {row.name_en}"
                for row in match.rename(columns={"name": "name_"}).itertuples()
            )
            msg = f"city {name!r} is ambiguous in region {self.name!r}: {options}. Give the id or the local name."
        raise InputError(msg)
