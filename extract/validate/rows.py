"""Rows of files: JSON, JSON Lines and Parquet, with the place of each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from extract.record.arrow import arrow_schema
from extract.record.migrate import MigrationError, migrate
from extract.record.model import SCHEMA_VERSION
from extract.record.tables import TABLES
from extract.validate import errors
from extract.validate.entries import entry_errors, is_entry
from extract.validate.problem import Problem, Report
from extract.validate.schema import pointer
from extract.validate.text import UnreadableError, decoded, offset, parse, parse_items

_LINES = (".jsonl", ".ndjson", ".jsonlines")
_BLANK = b" \t\r\n\xef\xbb\xbf"  # and a byte order mark


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a file: JSON Lines have a line, items of a list a pointer, JSON text both."""

    value: Any
    pointer: str = ""
    line: int | None = None
    text: str | None = None  # the file, where lines of values in it can be found
    start: int = 0  # where the row begins in it

    def placed(self, problem: Problem) -> Problem:
        """A problem of the row, with its place in the file."""
        line = self.line
        if self.text is not None:
            parts = [p.replace("~1", "/").replace("~0", "~") for p in problem.pointer.split("/")[1:]]
            at = offset(self.text, parts, self.start)
            line = (line or 1) + self.text.count("\n", self.start, at)
        return replace(problem, line=line, pointer=self.pointer + problem.pointer)

    def __str__(self) -> str:
        return f"line {self.line}" if self.line else f"row {self.pointer[1:]}"


def table_of(names: Iterable[str]) -> str:
    """The table whose columns are most like these; papers, where none is."""
    return _table_of(frozenset(names))


@lru_cache(maxsize=64)  # the rows of a file have the same columns
def _table_of(given: frozenset[str]) -> str:
    def likeness(table: str) -> float:
        columns = set(arrow_schema(table).names)
        return len(columns & given) / len(columns | given)

    return max(TABLES, key=lambda table: (likeness(table), table == "papers"))


def check_rows(
    rows: Iterable[Row],
    file: str,
    report: Report,
    seen: dict[str, str] | None = None,
    *,
    migrated: bool = False,
) -> Iterator[Any]:
    """Checks rows and yields those that are valid.

    Args:
        rows: the rows.
        file: their file, for the messages.
        report: gets the problems and the number of rows.
        seen: ids of papers that came before, with their places.
        migrated: whether records of older schema versions are brought to this one first.
    """
    seen = {} if seen is None else seen
    for row in rows:
        value = row.value
        if _may_be_entry(row, file) and is_entry(value):
            report.entries += 1
            broken = [Problem(file, None, pointer(path), *told) for path, *told in entry_errors(value)]
            report.problems += map(row.placed, broken)
            continue
        problems: list[Problem] = []
        if migrated:
            value, problems = _migrated(value, file)
        table = table_of(value) if isinstance(value, dict) else "papers"
        problems = problems or list(errors(value, file=file, table=table))
        if table == "papers" and isinstance(value, dict) and isinstance(pid := value.get("paper_id"), str):
            if pid in seen:
                message = f"{pid!r} stands twice (first in {seen[pid]})"
                problems.append(Problem(file, None, "/paper_id", message, "each id once"))
            seen.setdefault(pid, str(row))
        report.records += 1
        report.problems += map(row.placed, problems)
        if not problems:
            yield value


def _may_be_entry(row: Row, file: str) -> bool:
    """Whether a row is the whole of a JSON file: an entry made by hand is one paper in one file."""
    return not row.pointer and (row.text is not None or file.casefold().endswith(".json"))


def _migrated(value: Any, file: str) -> tuple[Any, list[Problem]]:
    """A record in this schema version; what says no version, and what is wrong with it, is left to the schema."""
    extractor = value.get("extractor") if isinstance(value, dict) else None
    if not isinstance(extractor, dict) or not isinstance(extractor.get("schema_version"), str):
        return value, []
    try:
        return migrate(value), []
    except MigrationError as error:
        return value, [Problem(file, None, "/extractor/schema_version", str(error), SCHEMA_VERSION)]
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
        message = f"is not valid in its own version, so it cannot be migrated ({type(error).__name__}: {error})"
        return value, [Problem(file, None, "", message, "a record that its schema accepts")]


def _is_lines(line: str, file: str) -> bool:
    """Whether a file whose first line this is holds JSON Lines: the line is an object, or was meant to be one."""
    if file.casefold().endswith(_LINES):
        return True
    line = line.strip()
    if not line.startswith("{"):
        return False
    try:
        json.loads(line)
    except json.JSONDecodeError as error:
        return line.endswith("}") and error.pos < len(line)
    except (ValueError, RecursionError):
        pass
    return True


def json_rows(stream: BinaryIO, file: str, report: Report) -> Iterator[Row]:
    """Rows of JSON (an object or a list) or of JSON Lines, which are read line by line.

    Raises:
        UnreadableError: it is neither.
    """
    head = []
    for line in stream:
        head.append(line)
        if line.strip(_BLANK):
            break
    else:
        raise UnreadableError("the file is empty")
    if _is_lines(decoded(head[-1], len(head)), file):
        yield from _lines(chain(head, stream), file, report)
        return
    text = decoded(b"".join(head) + stream.read())
    if not text.lstrip().startswith("["):
        yield Row(parse(text), "", 1, text)
        return
    line_no, before = 1, 0
    for i, (at, value) in enumerate(parse_items(text)):
        line_no, before = line_no + text.count("\n", before, at), at
        yield Row(value, f"/{i}", line_no, text, at)


def _lines(lines: Iterable[bytes], file: str, report: Report) -> Iterator[Row]:
    for n, data in enumerate(lines, 1):
        line = decoded(data, n)
        if not line.strip():
            continue
        try:
            yield Row(parse(line), line=n)
        except UnreadableError as error:
            report.problems.append(Problem(file, n, "", str(error), "one JSON object a line"))


def parquet_rows(path: Path, table: str | None = None, columns: Any = None, *, migrated: bool = False) -> Iterator[Row]:
    """Rows of a Parquet file, a row group at a time.

    Args:
        path: the file.
        table: the table that it must hold, with exactly its types; else it is told by its columns.
        columns: the Arrow schema of the table, where it is of another version than ours.
        migrated: whether the rows will be migrated, so that they may lack what came with later versions.

    Raises:
        UnreadableError: it is no whole Parquet file, or its columns are those of no table.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            _check_columns(file.schema_arrow, table, columns, migrated=migrated)
            n = 0
            for batch in file.iter_batches(batch_size=1024):
                for value in batch.to_pylist():
                    yield Row(value, f"/{n}")
                    n += 1
    except UnicodeDecodeError:
        raise UnreadableError("a text in it is not UTF-8") from None
    except (pa.ArrowException, OSError) as error:
        raise UnreadableError(f"not a whole Parquet file: {str(error).splitlines()[0]}") from None


def _check_columns(schema: Any, table: str | None, columns: Any, *, migrated: bool) -> None:
    named = table or table_of(schema.names)
    right = arrow_schema(named) if columns is None else columns
    for name in right.names:
        if name not in schema.names and not migrated:
            raise UnreadableError(f"the column {name!r} of the table {named} is missing")
    for name in schema.names:
        if name not in right.names:
            raise UnreadableError(f"the column {name!r} is none of the table {named}")
        if table and schema.field(name).type != right.field(name).type:
            raise UnreadableError(f"the column {name!r} is not of the type {right.field(name).type}")
