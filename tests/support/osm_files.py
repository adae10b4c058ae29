"""OpenStreetMap extracts that fit on a sheet of paper."""

from __future__ import annotations

import osmium

DEGREE_M = 111_195.08
"""Metres of one degree along a meridian or the equator, on the sphere of the Earth's mean radius."""


def write_pbf(path, nodes, ways):
    """
    Write an extract.

    `nodes` maps a node id to (lon, lat); `ways` lists (way id, node ids, tags). Nodes that ways name and that are not
    in `nodes` are missing from the file.
    """
    path.unlink(missing_ok=True)
    with osmium.SimpleWriter(str(path)) as writer:
        for node, (lon, lat) in sorted(nodes.items()):
            writer.add_node(osmium.osm.mutable.Node(id=node, location=(lon, lat)))
        for way, members, tags in sorted(ways, key=lambda each: each[0]):
            writer.add_way(osmium.osm.mutable.Way(id=way, nodes=members, tags=tags))
    return path


def street_grid(path, columns, rows, step_m=100.0, **tags):
    """
    Write a grid of streets at 0 E 0 N: node 1 + column + row * columns lies `step_m` apart from its neighbours.

    Rows are ways 1 .., columns are ways 1001 ...
    """
    step = step_m / DEGREE_M
    nodes = {1 + x + y * columns: (x * step, y * step) for x in range(columns) for y in range(rows)}
    tags = {"highway": "residential"} | tags
    ways = [(1 + y, [1 + x + y * columns for x in range(columns)], tags) for y in range(rows)]
    ways += [(1001 + x, [1 + x + y * columns for y in range(rows)], tags) for x in range(columns)]
    return write_pbf(path, nodes, ways)
