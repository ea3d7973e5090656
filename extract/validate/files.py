"""Whatever a person names: a file of records, a release folder, standard input."""

from __future__ import annotations

import sys
from collections import deque
from os import PathLike
from pathlib import Path

from extract.validate.problem import Problem, Report
from extract.validate.release import check_release
from extract.validate.rows import check_rows, json_rows, parquet_rows
from extract.validate.text import UnreadableError

_KINDS = "JSON, JSON Lines, Parquet or a release folder"


def check_path(path: str | PathLike[str], *, migrated: bool = False) -> Report:
    """Checks a file, a release folder, or ``-`` for standard input; a line of the report for all that is wrong.

    With ``migrated``, records of older schema versions are brought to this one first.
    """
    name, report = str(path), Report()
    try:
        if name == "-":
            name = "stdin"
            rows = json_rows(sys.stdin.buffer, name, report)
            deque(check_rows(rows, name, report, migrated=migrated), maxlen=0)
        elif Path(path).is_dir():
            check_release(Path(path), report, migrated=migrated)
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


def _check_file(path: Path, report: Report, *, migrated: bool) -> None:
    with path.open("rb") as file:
        head = file.peek(4)[:4]
        if head == b"PAR1":
            rows = parquet_rows(path)
        elif head[:2] in (b"\x1f\x8b", b"\xfd7", b"\x28\xb5", b"PK"):
            raise UnreadableError("is compressed: unpack it first")
        else:
            rows = json_rows(file, str(path), report)
        deque(check_rows(rows, str(path), report, migrated=migrated), maxlen=0)
