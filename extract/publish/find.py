"""Records that are there already: a paper of a release, the newest release of a folder, a file of records."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow.parquet as pq

from extract.publish.place import REJECTS, is_release
from extract.read.base import Reject
from extract.record.migrate import migrate
from extract.record.model import Record
from extract.validate import errors
from extract.validate.problem import Problem, Report
from extract.validate.rows import Row, check_rows, json_rows, parquet_rows
from extract.validate.text import UnreadableError

_MARK = "abstract_sha256"  # a field that every record has, and no other input
_HEAD = 1 << 16


def newest_release(folder: str | PathLike[str] = "releases") -> Path | None:
    """The release with the highest version in a folder of releases (2026.11 is above 2026.9), or ``None``."""
    root = Path(folder)
    found = [path for path in root.iterdir() if is_release(path)] if root.is_dir() else []
    return max(found, key=lambda path: _version(path.name), default=None)


def _version(name: str) -> list[tuple[int, str]]:
    """Sorts numbers in a name as numbers."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name) if part]


def find_paper(release: str | PathLike[str], paper_id: str) -> Record | None:
    """The record of a paper in a release; ``None`` if it has no such paper.

    The table is sorted by id and has statistics, so that only the row group which may hold it is read.

    Raises:
        FileNotFoundError: there is no release in the folder.
        ValueError: the table cannot be read, or the record is not valid, or of a newer schema version.
    """
    files = sorted(Path(release).glob("papers/*.parquet"))
    if not files:
        raise FileNotFoundError(f"{release}: there is no release (allowed: a folder with papers/*.parquet)")
    rows = pq.read_table([str(f) for f in files], filters=[("paper_id", "=", paper_id)]).to_pylist()
    if not rows:
        return None
    record = migrate(rows[0])
    problem = next(errors(record, file=f"{release}/papers"), None)
    if problem is not None:
        raise ValueError(str(problem))
    return record


def rejects_of(release: str | PathLike[str]) -> Iterator[Reject]:
    """Yields what was set aside when a release was built.

    Raises:
        FileNotFoundError: the release has no such table (it was built before there was one).
    """
    with (Path(release) / REJECTS).open(encoding="utf-8") as file:
        for line in file:
            yield Reject(**json.loads(line))


def holds_records(path: str) -> bool:
    """Whether a file, or standard input for ``-``, holds records rather than papers to read; nothing is consumed.

    Raises:
        OSError: it cannot be read.
    """
    if path == "-":
        stream: Any = sys.stdin.buffer
        head = stream.peek(_HEAD)
        return f'"{_MARK}"'.encode() in head
    with Path(path).open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(b"PAR1"):
        try:
            return _MARK in pq.read_schema(path).names
        except (OSError, ValueError):  # Arrow's errors are values
            return False
    return f'"{_MARK}"'.encode() in head


def read_records(path: str, report: Report) -> Iterator[Record]:
    """Yields the valid records of a file, or of standard input for ``-``; those of older schemas in this one.

    Args:
        path: the file.
        report: gets what is wrong with the others.
    """
    name = "stdin" if path == "-" else path
    try:
        if path == "-":
            yield from _checked(json_rows(sys.stdin.buffer, name, report), name, report)
            return
        with Path(path).open("rb") as file:
            yield from _checked(_rows(file, path, report), name, report)
    except UnreadableError as error:
        report.problems.append(Problem(name, error.line, "", str(error)))


def _rows(file: BinaryIO, path: str, report: Report) -> Iterator[Row]:
    start = file.read(4)
    file.seek(0)
    return parquet_rows(Path(path), migrated=True) if start == b"PAR1" else json_rows(file, path, report)


def _checked(rows: Iterator[Row], name: str, report: Report) -> Iterator[Record]:
    for value in check_rows(rows, name, report, migrated=True):
        if _MARK in value:  # a row of another table is no record
            yield Record(value)
