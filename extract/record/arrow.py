"""Arrow types and ``datasets.Features`` of the tables, derived from their JSON Schemas."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from extract.record.tables import table_schema

if TYPE_CHECKING:
    from datasets import Features

_INT16, _INT32 = 2**15 - 1, 2**31 - 1


def _resolve(node: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    for _ in range(len(root.get("$defs", ())) + 1):  # no more steps than there are definitions, or it is a circle
        if "$ref" not in node:
            return node
        node = root["$defs"][node["$ref"].rsplit("/", 1)[1]]
    raise TypeError(f"a definition that leads to itself: {node['$ref']}")


def arrow_type(node: dict[str, Any], root: dict[str, Any]) -> pa.DataType:
    """The Arrow type of a schema node: string, int16/32/64 by its maximum, double, list or struct.

    Raises:
        TypeError: the node is of a kind that has no Arrow type here (a union, a map).
    """
    node = _resolve(node, root)
    kinds = [node["type"]] if isinstance(node["type"], str) else [k for k in node["type"] if k != "null"]
    if len(kinds) != 1:
        raise TypeError(f"a union has no Arrow type: {node['type']}")
    kind = kinds[0]
    if kind == "string":
        return pa.string()
    if kind == "number":
        return pa.float64()
    if kind == "integer":
        top = node.get("maximum", 2**63 - 1)
        return pa.int16() if top <= _INT16 else pa.int32() if top <= _INT32 else pa.int64()
    if kind == "array":
        return pa.list_(arrow_type(node["items"], root))
    if kind == "object":
        return pa.struct(
            [pa.field(key, arrow_type(value, root)) for key, value in node["properties"].items() if key[0] != "$"]
        )
    raise TypeError(f"no Arrow type for {kind!r}")


@cache
def arrow_schema(table: str = "papers") -> pa.Schema:
    """The Arrow schema of a table; all columns are nullable, as Parquet readers expect them.

    Raises:
        KeyError: there is no such table.
    """
    root = table_schema(table)
    return pa.schema(list(arrow_type(root, root)))


def features(table: str = "papers") -> Features:
    """The ``datasets.Features`` of a table, from its Arrow schema.

    Raises:
        KeyError: there is no such table.
    """
    from datasets import Features  # slow to import, and needed by few callers

    return Features.from_arrow_schema(arrow_schema(table))
