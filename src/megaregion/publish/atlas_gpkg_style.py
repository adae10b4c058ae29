"""
Graduated styles as QGIS keeps them in a GeoPackage (QML), with the classes and colours of the page.

Written by hand: QGIS is not needed to make them. Elements and options are those of QGIS 3.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

STYLE_TABLE = (
    "CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), "
    "f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, "
    "styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME)"
)
"""As QGIS makes it."""

CIVIDIS = ("#002051", "#3c4d6e", "#7f7c75", "#bbaf71", "#fdea45")
"""cividis at equal steps, dark to light (Nunez, Anderton and Renslow 2018)."""

_PAPER, _RAIL = "#fbfaf7", "#0b6e6e"
_WIDTHS_MM = (0.2, 0.45, 0.8, 1.3, 2.0)


def class_bounds(values: Sequence[float], classes: int = len(CIVIDIS)) -> list[tuple[float, float]]:
    """
    Cut values into classes of similar numbers; equal values stay together.

    Examples
    --------
    >>> class_bounds([1.0, 2.0, 3.0, 4.0], classes=2)
    [(1.0, 2.0), (2.0, 4.0)]
    >>> class_bounds([7.0, 7.0])
    [(7.0, 7.0)]
    """
    found = np.unique(np.quantile(values, np.linspace(0, 1, classes + 1), method="inverted_cdf")).tolist()
    if len(found) == 1:
        return [(found[0], found[0])]
    return list(pairwise(found))


def graduated_areas(column: str, values: Sequence[float], dark_is_low: bool) -> str:  # noqa: FBT001 - one shape for all
    """Colour areas by a column."""
    bounds = class_bounds(values)
    symbols = [
        _symbol(
            at, "fill", "SimpleFill", {"color": _rgb(colour), "outline_color": _rgb(_PAPER), "outline_width": "0.2"}
        )
        for at, colour in enumerate(_colours(len(bounds), dark_is_low=dark_is_low))
    ]
    return _qml(column, bounds, symbols, "GraduatedColor")


def graduated_points(column: str, values: Sequence[float], dark_is_low: bool) -> str:  # noqa: FBT001 - as above
    """Colour points by a column."""
    bounds = class_bounds(values)
    symbols = [
        _symbol(at, "marker", "SimpleMarker", {"color": _rgb(colour), "name": "circle", "size": "3"})
        for at, colour in enumerate(_colours(len(bounds), dark_is_low=dark_is_low))
    ]
    return _qml(column, bounds, symbols, "GraduatedColor")


def graduated_lines(column: str, values: Sequence[float]) -> str:
    """Draw lines the wider the larger a column."""
    bounds = class_bounds(values)
    symbols = [
        _symbol(at, "line", "SimpleLine", {"line_color": _rgb(_RAIL), "line_width": f"{width:g}", "capstyle": "round"})
        for at, width in enumerate(_WIDTHS_MM[-len(bounds) :])
    ]
    return _qml(column, bounds, symbols, "GraduatedSize")


def _colours(n: int, *, dark_is_low: bool) -> list[str]:
    """Give so many colours, spread over all of them."""
    if n == 1:
        return [CIVIDIS[len(CIVIDIS) // 2]]
    chosen = [CIVIDIS[round(at * (len(CIVIDIS) - 1) / (n - 1))] for at in range(n)]
    return chosen if dark_is_low else chosen[::-1]


def _qml(column: str, bounds: Sequence[tuple[float, float]], symbols: Sequence[str], method: str) -> str:
    ranges = "".join(
        f'<range lower="{low!r}" upper="{high!r}" symbol="{at}" label="{low:,.6g} - {high:,.6g}" render="true"/>'
        for at, (low, high) in enumerate(bounds)
    )
    # a name of a field is quoted as in an expression
    attribute = quoteattr('"' + column + '"')
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        '<qgis version="3.28.0" styleCategories="Symbology">'
        f'<renderer-v2 type="graduatedSymbol" attr={attribute} graduatedMethod="{method}" symbollevels="0" '
        'enableorderby="0" forceraster="0">'
        f"<ranges>{ranges}</ranges><symbols>{''.join(symbols)}</symbols></renderer-v2></qgis>"
    )


def _symbol(number: int, kind: str, layer: str, options: dict[str, str]) -> str:
    listed = "".join(f'<Option name="{name}" type="QString" value="{value}"/>' for name, value in options.items())
    return (
        f'<symbol name="{number}" type="{kind}" alpha="1" clip_to_extent="1" force_rhr="0">'
        f'<layer class="{layer}" enabled="1" locked="0" pass="0"><Option type="Map">{listed}</Option></layer></symbol>'
    )


def _rgb(colour: str) -> str:
    return ",".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5)) + ",255"
