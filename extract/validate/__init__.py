"""Validate: records and releases against the schema, and against rules that JSON Schema cannot state.

``schema``    JSON Schema errors as :class:`Problem` in plain words
``rules``     cross-field rules, one small generator each
``entries``   entries made by hand, JSON or YAML, and their rules (``entry_rules``)
``files``     JSON, YAML, JSON Lines, Parquet, release folders and folders of entries
``versions``  releases of other schema versions, by the schemas that they carry
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from os import PathLike
from typing import Any

from extract.validate.problem import Problem, Report


def errors(record: Any, *, file: str = "record", line: int | None = None, table: str = "papers") -> Iterator[Problem]:
    """Yields what is wrong with a record: schema errors, or, where there are none, broken rules.

    Args:
        record: a record, or a row of one of the other tables.
        file: name of its file, for the messages.
        line: its line there.
        table: which table it is a row of.
    """
    from extract.validate.rules import rule_errors
    from extract.validate.schema import schema_errors

    broken = False
    for problem in schema_errors(record, file=file, line=line, table=table):
        broken = True
        yield problem
    if not broken and table == "papers":
        yield from rule_errors(record, file=file, line=line)


def validate(what: str | PathLike[str] | Mapping[str, Any]) -> list[Problem]:
    """What is wrong with a record, or with a file or release folder; an empty list if it is valid."""
    if isinstance(what, Mapping):
        return list(errors(what))
    return validate_path(what).problems


def validate_path(path: str | PathLike[str], *, migrated: bool = False) -> Report:
    """Checks JSON, YAML, JSON Lines, Parquet, a folder of entries, a release folder, or ``-``.

    ``-`` is JSON Lines on standard input.

    With ``migrated``, records of older schema versions are brought to this one first.
    """
    from extract.validate.files import check_path

    return check_path(path, migrated=migrated)


__all__ = ["Problem", "Report", "errors", "validate", "validate_path"]
