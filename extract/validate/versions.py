"""Releases of other schema versions: each is checked by the schemas that it carries (see docs/schema-versions.md)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
from jsonschema.exceptions import SchemaError

from extract.record.arrow import arrow_type
from extract.record.migrate import MigrationError, migrate, parse_version
from extract.record.model import SCHEMA_VERSION
from extract.validate import errors
from extract.validate.problem import Problem, Report
from extract.validate.rows import parquet_rows
from extract.validate.rules import rule_errors
from extract.validate.schema import Check, schema_errors, validator_of
from extract.validate.text import UnreadableError, parse

_SCHEMAS = "schema/*.schema.json"


def check_by_own_schemas(folder: Path, version: str, *, migrated: bool) -> dict[str, Report]:
    """Checks the rows of all tables of a release by the schemas inside it, and the papers by the rules of this glean.

    Whether the flat tables follow from the papers is known to the version of glean that made them only.

    Args:
        folder: the release.
        version: its schema version.
        migrated: whether the papers, brought to this glean's schema, must be valid by it too.
    """
    parts: dict[str, Report] = {}
    for path in sorted(folder.glob(_SCHEMAS)):
        name = path.name.removesuffix(".schema.json")
        table = "papers" if name == "paper" else name
        part = parts[table] = Report()
        try:
            schema = _schema(path, version)
            check = partial(schema_errors, check=validator_of(schema))
            columns = pa.schema(list(arrow_type(schema, schema)))
        except UnreadableError as error:
            part.problems.append(Problem(str(path), error.line, "", str(error), "the schema of the release's rows"))
            continue
        except (SchemaError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
            message = f"is no schema of a table: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
            part.problems.append(Problem(str(path), None, "", message, "the schema of the release's rows"))
            continue
        for file in sorted((folder / table).glob("*.parquet")):
            try:
                part.problems += _check_file(file, table, columns, check, part, migrated=migrated)
            except UnreadableError as error:
                part.problems.append(Problem(str(file), None, "", str(error), f"the table {table}"))
    return parts


def _schema(path: Path, version: str) -> dict[str, Any]:
    try:
        schema = parse(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise UnreadableError("is not UTF-8") from None
    if not isinstance(schema, dict) or not str(schema.get("$id", "")).endswith(f":{version}"):
        raise UnreadableError(f"is not the schema of version {version} ($id)")
    return schema


def _check_file(
    path: Path, table: str, columns: pa.Schema, check: Check, report: Report, *, migrated: bool
) -> Iterator[Problem]:
    seen: set[str] = set()
    for row in parquet_rows(path, table, columns):
        report.records += 1
        problems = list(check(row.value, file=str(path), line=None))
        if table == "papers" and not problems:
            problems = list(_check_paper(row.value, str(path), migrated=migrated))
            if row.value["paper_id"] in seen:
                message = f"{row.value['paper_id']!r} stands twice"
                problems.append(Problem(str(path), None, "/paper_id", message, "each id once"))
            seen.add(row.value["paper_id"])
        yield from map(row.placed, problems)


def _check_paper(record: dict[str, Any], file: str, *, migrated: bool) -> Iterator[Problem]:
    """What is wrong with a record that its own schema accepts: by the rules, or, migrated, by this glean's schema."""
    try:
        ready: dict[str, Any] = migrate(record)
    except MigrationError as error:
        if migrated:
            yield Problem(file, None, "/extractor/schema_version", str(error), SCHEMA_VERSION)
            return
        ready = record
        # within a major version the fields that the rules speak of are there, and mean the same
        if parse_version(record["extractor"]["schema_version"])[0] != parse_version(SCHEMA_VERSION)[0]:
            return
    yield from errors(ready, file=file) if migrated else rule_errors(ready, file=file, line=None)
