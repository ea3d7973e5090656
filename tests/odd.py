"""Rows of all tables, and all that can be wrong with them, for tests of the two validators."""

from __future__ import annotations

import collections
import copy
import decimal
import enum
import json
import math
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np

from extract.record import load_schema, schema_folder, table_schema
from extract.record.curated import curated_schema
from extract.record.derive import derive

# Values that JSON or Python's reading of it can give, a place for each kind of slip.
NUMBERS: list[Any] = [0, 1, -1, 2, 3.0, 0.5, -0.0, -0.5, 1e308, 5e-324, math.nan, math.inf, -math.inf, True, False]
NUMBERS += [2**31 - 1, 2**31, 2**53 + 1, 2**63, 2**64, -(2**70), 10**400, -(10**400), float(2**31), 1 + 2**-52]
DATES = ["2026-02-30", "2024-02-29", "2023-02-29", "0000-01-01", "0001-01-01", "9999-12-31", "2026-1-1", "20260228"]
DATES += ["2026-W01-1", "2026-02-28T00:00:00", "2026-02-28\n", " 2026-02-28", "٢٠٢٤-01-01", "2026-13-01", "2026-00-10"]
BLANKS = ["\n", "\r", "\x0b", "\x1c", "\x1f", "\x85", "\xa0", "\u180e", "\u2028", "\u3000", "\ufeff", "\u200b"]
TEXTS = ["", " ", "a", "A", "é", "𝔘", "\0", "\ud800", "a\udfff", "rule", "title", "other", "en\n", "x" * 257, "𝔘" * 256]
TEXTS += ["method/a", "method/A", "method/a\n", "method/a/b", "task/", "2403.01234", "2403.01234\n", "cs/0112017"]
TEXTS += ["10.1234/x", "10.1234/x\x1cy", "https://example.org", "https://example.org/\x85", "0" * 64, "0" * 64 + "\n"]
TEXTS += [f"{before}{blank}{after}" for blank in BLANKS for before, after in (("", "b"), ("a", "b"), ("method/a", "b"))]
HOLDERS: list[Any] = [None, [], [None], ["a", "a"], [[]], [1, True], [1, 1.0], [math.nan], {}, {"a": 1}, {"\ud800": 1}]
ODD: list[Any] = [*NUMBERS, *DATES, *TEXTS, *HOLDERS]


class _Text(str):
    pass


class _Number(int):
    pass


class _List(list[Any]):
    pass


class _Kind(enum.Enum):
    RULE = "rule"
    ONE = 1
    LIST = ()


class _TextKind(enum.StrEnum):
    RULE = "rule"


def deep(levels: int) -> list[Any]:
    """Lists in lists; by hand, as what is made by recursion ends."""
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


# Values that only Python code can put there.
STRANGE: list[Any] = [(), ("rule",), {"rule"}, b"a", object(), 1j, decimal.Decimal(1), _Text("rule"), _Number(1)]
STRANGE += [_List(["rule"]), _Kind.RULE, _Kind.ONE, _Kind.LIST, _TextKind.RULE, collections.OrderedDict(a=1)]
STRANGE += [
    collections.UserDict(a=1),
    {1: 2},
    {None: 1},
    {_Text("a"): 1},
    np.float64(0.5),
    np.int64(1),
    np.str_("rule"),
]
STRANGE += [np.bool_(True), np.ones(2), deep(500), deep(100_000)]

Path = tuple[str | int, ...]


def _short(value: Any) -> Any:
    """A value whose lists have one item: as many kinds of places, in less time."""
    if isinstance(value, dict):
        return {key: _short(inner) for key, inner in value.items()}
    return [_short(inner) for inner in value[:1]] if isinstance(value, list) else value


@cache
def example() -> dict[str, Any]:
    """A record in which each list has one item."""
    record = _short(json.loads((schema_folder() / "example.json").read_text(encoding="utf-8")))
    record["sources"] = [{"document": "page.txt", "position": 0, "listed": "Mar 1"}]
    record["methods"][0]["aliases"] = ["Quiver DB"]
    return dict(record)


def tables() -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """By name: a schema that records, rows, rejects or entries have to satisfy, and a value that does."""
    rows = {name: _short(rows[0]) for name, rows in derive([example()]).items()}
    for name in ("speedups", "results"):
        rows[name] |= {"paper_methods": ["method/a"], "paper_tasks": ["task/a"]}
    reject = {"document": "page.txt", "position": 0, "line": 3, "reason": "no abstract", "sha256": "0" * 64}
    found = {name: (table_schema(name), row) for name, row in {"papers": example(), **rows}.items()}
    found["reject"] = (load_schema("reject"), reject)
    found["curated"] = (curated_schema(), _entry())
    return found


def _entry() -> dict[str, Any]:
    """An entry made by hand that holds nearly all that one may hold."""
    known = curated_schema()
    entry = {key: value for key, value in copy.deepcopy(example()).items() if key in known["properties"]}
    entry |= {"note": "a", "extract": True, "replace": ["methods"]}
    for field in ("methods", "tasks", "datasets", "metrics"):
        for entity in entry[field]:
            entity |= {"mentions": [{"text": "a", "nth": 1}, {"field": "title", "start": 0, "end": 1}], "remove": False}
    for field in ("speedups", "results"):
        for claim in entry[field]:
            for key in ("passes", "score"):
                del claim[key]
    return entry


def places(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yields ``(path, value)`` of a value and all values in it."""
    yield path, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield from places(part, (*path, key))


def with_value(whole: Any, path: Path, value: Any) -> Any:
    """A copy of ``whole`` with another value at a path."""
    if not path:
        return value
    changed = copy.deepcopy(whole)
    node = changed
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return changed


def changes(value: Any) -> Iterator[Callable[[], Any]]:
    """Yields what makes another value of one, in its own shape: something more, less, twice, or a little beside it."""
    if isinstance(value, dict):
        for key in value:
            yield lambda key=key: {k: v for k, v in value.items() if k != key}
            yield lambda key=key: {(f"{k} " if k == key else k): v for k, v in value.items()}
        for key in ("extra", "", "\ud800", "$schema", "text", "nth", "start"):
            yield lambda key=key: {**value, key: "a"}
        yield lambda: list(value.items())
        yield lambda: {}
    elif isinstance(value, list):
        yield lambda: [*value, *value]
        yield lambda: [value]
        yield lambda: []
        for item in (None, 1, "ner", "\ud800", math.nan):
            yield lambda item=item: [*value, item]
    elif isinstance(value, str):
        for blank in BLANKS:
            yield lambda blank=blank: value + blank
            yield lambda blank=blank: blank + value
            yield lambda blank=blank: value[:9] + blank + value[9:]
        yield lambda: value.upper()
        yield lambda: value * 300
        yield lambda: value + "\ud800"
    elif isinstance(value, (int, float)):
        for number in (-value, float(value), value + 2**31, value + 0.5, str(value), bool(value)):
            yield lambda number=number: number
