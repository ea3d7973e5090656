"""JSON Lines: one object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from extract.read.base import Columns, Paper, Reject
from extract.read.columns import Objects
from extract.read.head import Head
from extract.read.text import MAX_LINE, lines
from extract.record.ids import sha256_text

NAME = "jsonl"
TRUST = 5


def recognise(head: Head) -> bool:
    """Lines of which each begins an object."""
    return head.json == "lines"


def rows(stream: BinaryIO, name: str) -> Iterator[tuple[int, int, Any | Reject]]:
    """Yields ``(entry number from 0, line from 1, value)``; a :class:`Reject` for a line that is no JSON."""
    position = 0
    for number, data in lines(stream):
        if data is None:
            problem = f"a line of more than {MAX_LINE:,} bytes (allowed: one JSON object a line)"
            yield position, number, Reject(name, position, problem, sha256_text(""), number)
        elif not data.strip():
            continue
        else:
            try:
                yield position, number, json.loads(data.decode("utf-8"))
            except UnicodeDecodeError as error:
                problem = f"byte 0x{data[error.start]:02x} is not UTF-8 (allowed: UTF-8)"
                yield position, number, _reject(data, name, position, problem, number)
            except (ValueError, RecursionError) as error:
                what = error.msg if isinstance(error, json.JSONDecodeError) else "too deeply nested or too large"
                problem = f"not JSON: {what} (allowed: one JSON object a line)"
                yield position, number, _reject(data, name, position, problem, number)
        position += 1


def _reject(data: bytes, name: str, position: int, problem: str, line: int) -> Reject:
    return Reject(name, position, problem, sha256_text(data.decode("utf-8", "replace")), line)


def read(stream: BinaryIO, name: str, columns: Columns | None = None) -> Iterator[Paper | Reject]:
    """Papers and rejects in the order of the lines; a line that is no object is set aside."""
    objects = Objects(name, columns)
    for position, line, row in rows(stream, name):
        yield row if isinstance(row, Reject) else objects(row, position, line)
