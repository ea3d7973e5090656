"""Whatever a person names: a file of records, an entry made by hand, a folder of these, a release, standard input."""

from __future__ import annotations

import sys
from collections import deque
from os import PathLike
from pathlib import Path

from extract.record.migrate import MigrationError
from extract.record.model import SCHEMA_VERSION
from extract.validate.entries import YAML, entry_files, entry_problems, read_entry
from extract.validate.entries import migrated as in_this_version
from extract.validate.problem import Problem, Report
from extract.validate.release import MANIFEST, check_release
from extract.validate.rows import check_rows, json_rows, parquet_rows
from extract.validate.text import UnreadableError

_KINDS = "JSON, YAML, JSON Lines, Parquet, a folder of entries or a release folder"


def check_path(path: str | PathLike[str], *, migrated: bool = False) -> Report:
    """Checks a file, a folder of entries, a release folder, or ``-`` for standard input.

    What is wrong is in the report.

    With ``migrated``, records of older schema versions are brought to this one first.
    """
    name, report = str(path), Report()
    try:
        if name == "-":
            name = "stdin"
            rows = json_rows(sys.stdin.buffer, name, report)
            deque(check_rows(rows, name, report, migrated=migrated), maxlen=0)
        elif Path(path).is_dir():
            _check_folder(Path(path), report, migrated=migrated)
        elif name.casefold().endswith(YAML):
            _check_entry(Path(path), None, report, migrated=migrated)
        else:
            _check_file(Path(path), report, migrated=migrated)
    except FileNotFoundError:
        report.missing = True
        report.problems.append(Problem(name, None, "", "there is no such file", _KINDS))
    except OSError as error:
        report.problems.append(Problem(name, None, "", f"cannot be read: {error.strerror or error}", _KINDS))
    except UnreadableError as error:
        report.problems.append(Problem(name, error.line, "", str(error), _KINDS))
    return report


def _check_folder(path: Path, report: Report, *, migrated: bool) -> None:
    """A release, or, where there is no manifest and no table, the entries made by hand that stand in the folder."""
    entries = [] if (path / MANIFEST).exists() or any(path.glob("*/*.parquet")) else list(entry_files(path))
    if not entries:
        check_release(path, report, migrated=migrated)
    for name, file in entries:
        try:
            _check_entry(file, name, report, migrated=migrated)
        except UnreadableError as error:
            report.problems.append(Problem(str(file), error.line, "", str(error), "one entry, JSON or YAML"))
        except OSError as error:
            report.problems.append(Problem(str(file), None, "", f"cannot be read: {error.strerror or error}"))


def _check_entry(path: Path, name: str | None, report: Report, *, migrated: bool) -> None:
    entry = read_entry(path, name)
    report.entries += not entry.is_record
    report.records += entry.is_record
    try:
        report.problems += entry_problems(in_this_version(entry) if migrated else entry)
    except MigrationError as error:
        report.problems.append(entry.problem(["extractor", "schema_version"], str(error), SCHEMA_VERSION))


def _check_file(path: Path, report: Report, *, migrated: bool) -> None:
    with path.open("rb") as file:
        head = file.peek(4)[:4]
        if head == b"PAR1":
            rows = parquet_rows(path, migrated=migrated)
        elif head[:2] in (b"\x1f\x8b", b"\xfd7", b"\x28\xb5", b"PK"):
            raise UnreadableError("is compressed: unpack it first")
        else:
            rows = json_rows(file, str(path), report)
        deque(check_rows(rows, str(path), report, migrated=migrated), maxlen=0)
