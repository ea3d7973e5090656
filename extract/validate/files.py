"""Files of records, and whole releases."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from os import PathLike
from pathlib import Path
from typing import Any

from extract.record.arrow import arrow_schema
from extract.record.tables import TABLES
from extract.validate import errors
from extract.validate.problem import Problem, Report

_JSON_KINDS = "JSON, JSON Lines, Parquet or a release folder"


class _UnreadableError(Exception):
    """A file is no file of records: line or none, what is wrong."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def _no_constants(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    if len(set(keys)) < len(keys):
        twice = next(k for k in keys if keys.count(k) > 1)
        raise ValueError(f"the property {twice!r} stands twice in one object")
    return dict(pairs)


def _parse(text: str) -> Any:
    """JSON, strictly: no NaN, no property twice, no lone surrogates.

    Raises:
        _UnreadableError: it is none.
    """
    try:
        value = json.loads(text, parse_constant=_no_constants, object_pairs_hook=_unique)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except json.JSONDecodeError as error:
        raise _UnreadableError(f"not JSON: {error.msg} at column {error.colno}", error.lineno) from None
    except UnicodeEncodeError:
        raise _UnreadableError("not JSON text: a lone surrogate") from None
    except (ValueError, RecursionError) as error:
        reason = "too deeply nested" if isinstance(error, RecursionError) else str(error)
        raise _UnreadableError(f"not JSON: {reason}") from None
    return value


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _UnreadableError(f"byte 0x{data[error.start]:02x} is not UTF-8", line) from None


def _table_of(row: Any) -> str:
    """The table whose columns a row has; papers where it is not another one's."""
    if isinstance(row, dict):
        for table in TABLES:
            if table != "papers" and set(row) == set(arrow_schema(table).names):
                return table
    return "papers"


def _check_rows(rows: Iterable[tuple[int | None, Any]], name: str, report: Report) -> None:
    seen: dict[str, int | None] = {}
    for line, row in rows:
        table = _table_of(row)
        report.records += 1
        report.problems += errors(row, file=name, line=line, table=table)
        pid = row.get("paper_id") if isinstance(row, dict) and table == "papers" else None
        if isinstance(pid, str):
            if pid in seen:
                where = f" (first in line {seen[pid]})" if seen[pid] else ""
                report.problems.append(Problem(name, line, "/paper_id", f"{pid!r} stands twice{where}", "each id once"))
            seen.setdefault(pid, line)


def _json_rows(data: bytes, name: str, report: Report) -> Iterator[tuple[int | None, Any]]:
    """Rows of a JSON file (an object or a list) or of JSON Lines, told by whether each line is JSON."""
    text = _decoded(data)
    if not text.strip():
        raise _UnreadableError("the file is empty")
    lines = [(n, line) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
    is_lines = len(lines) > 1 and lines[0][1].rstrip().endswith("}") and lines[0][1].startswith("{")
    if not is_lines:
        value = _parse(text)
        yield from ((None, row) for row in (value if isinstance(value, list) else [value]))
        return
    for n, line in lines:
        try:
            yield n, _parse(line)
        except _UnreadableError as error:
            report.problems.append(Problem(name, n, "", str(error), "one JSON object a line"))


def _parquet_rows(path: Path) -> Iterator[tuple[int | None, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        names = file.schema_arrow.names
        table = next((t for t in TABLES if names == arrow_schema(t).names), None)
        if table is None:
            raise _UnreadableError(f"the columns are of no table of a release ({', '.join(names[:8])})")
        if not file.schema_arrow.equals(arrow_schema(table), check_metadata=False):
            differing = next(f.name for f in arrow_schema(table) if file.schema_arrow.field(f.name).type != f.type)
            raise _UnreadableError(
                f"the column {differing!r} is not of the type {arrow_schema(table).field(differing).type}"
            )
        for batch in file.iter_batches(batch_size=1024):
            yield from ((None, row) for row in batch.to_pylist())
    except (pa.ArrowException, OSError) as error:
        raise _UnreadableError(f"not a whole Parquet file: {str(error).splitlines()[0]}") from None


def check_path(path: str | PathLike[str]) -> Report:
    """Checks a file, a release folder, or ``-`` for JSON Lines on standard input."""
    name, report = str(path), Report()
    try:
        if name == "-":
            _check_rows(_json_rows(sys.stdin.buffer.read(), "stdin", report), "stdin", report)
        elif Path(path).is_dir():
            _check_release(Path(path), report)
        else:
            with Path(path).open("rb") as file:
                is_parquet = file.read(4) == b"PAR1"
            if is_parquet:
                _check_rows(_parquet_rows(Path(path)), name, report)
            else:
                _check_rows(_json_rows(Path(path).read_bytes(), name, report), name, report)
    except FileNotFoundError:
        report.missing = True
        report.problems.append(Problem(name, None, "", "there is no such file", _JSON_KINDS))
    except OSError as error:
        report.problems.append(Problem(name, None, "", f"cannot be read: {error.strerror}", _JSON_KINDS))
    except _UnreadableError as error:
        report.problems.append(Problem(name, error.line, "", str(error), _JSON_KINDS))
    return report


def _check_release(folder: Path, report: Report) -> None:
    """All tables, the manifest's hashes and counts, and that the flat tables follow from the papers."""
    manifest_path = folder / "manifest.json"
    if not manifest_path.is_file():
        raise _UnreadableError("the folder holds no manifest.json, so it is no release")
    manifest = _parse(_decoded(manifest_path.read_bytes()))
    try:
        files: dict[str, dict[str, Any]] = manifest["files"]
        counts: dict[str, int] = manifest["rows"]
        listed = {name: (entry["sha256"], entry["bytes"]) for name, entry in files.items()}
    except (KeyError, TypeError, AttributeError):
        report.problems.append(Problem(str(manifest_path), None, "", "no manifest of a release", "files and rows"))
        return
    for name, (digest, _size) in sorted(listed.items()):
        path = folder / name
        if ".." in Path(name).parts or not path.is_file():
            report.problems.append(Problem(str(manifest_path), None, f"/files/{name}", "there is no such file"))
            continue
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                report.problems.append(
                    Problem(str(path), None, "", "is not the file of the manifest", f"SHA-256 {digest}")
                )
    rows: dict[str, list[dict[str, Any]]] = {}
    for table in TABLES:
        part = Report()
        found = []
        for path in sorted((folder / table).glob("*.parquet")):
            try:
                found += [row for _, row in _parquet_rows(path)]
            except _UnreadableError as error:
                part.problems.append(Problem(str(path), None, "", str(error)))
        _check_rows(((None, row) for row in found), f"{folder}/{table}", part)
        if counts.get(table) != len(found):
            message = f"{counts.get(table)} rows of {table}, but the table has {len(found)}"
            part.problems.append(Problem(str(manifest_path), None, f"/rows/{table}", message))
        report.problems += part.problems
        report.records += part.records if table == "papers" else 0
        rows[table] = found
    if not report.problems:
        report.problems += _flat_tables_follow(folder, rows)


def _flat_tables_follow(folder: Path, rows: dict[str, list[dict[str, Any]]]) -> Iterator[Problem]:
    from extract.record.derive import derive

    for table, expected in derive(rows["papers"]).items():
        if expected != rows[table]:
            first = next(
                (i for i, (a, b) in enumerate(zip(expected, rows[table], strict=False)) if a != b), len(expected)
            )
            message = f"row {first} does not follow from the papers table"
            yield Problem(f"{folder}/{table}", None, "", message, "what glean build writes")
