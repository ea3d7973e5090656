"""Records of older schema versions, brought to this one; docs/schema-versions.md says when a version changes how.

Each change of the schema since 1.0.0 has one step in :data:`STEPS`, in order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from extract.record.model import SCHEMA_VERSION, Record

FIRST = "1.0.0"
_VERSION = re.compile(r"(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})")


class MigrationError(ValueError):
    """A record cannot be brought to this schema version; the message is one line."""


@dataclass(frozen=True, slots=True)
class Step:
    """From one version of the schema to the next one: ``change`` mends a record in place."""

    before: str
    after: str
    change: Callable[[dict[str, Any]], None]


def _language_and_version(record: dict[str, Any]) -> None:
    """What was not told before stands where a record of 1.1.0 has it."""
    rest = {key: record.pop(key) for key in list(record)}
    for key, value in rest.items():
        record[key] = value
        if key == "arxiv_id":
            record["arxiv_version"] = None
        if key == "authors":
            record["language"] = None


STEPS: Sequence[Step] = (Step("1.0.0", "1.1.0", _language_and_version),)


def parse_version(text: object) -> tuple[int, int, int]:
    """``(major, minor, patch)`` of a schema version.

    Raises:
        MigrationError: it is none.
    """
    found = _VERSION.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise MigrationError(f"{text!r} is no schema version (allowed: MAJOR.MINOR.PATCH)")
    major, minor, patch = map(int, found.groups())
    return major, minor, patch


def version_of(record: Mapping[str, Any]) -> str:
    """The schema version that a record says it has.

    Raises:
        MigrationError: it says none.
    """
    extractor = record.get("extractor")
    version = extractor.get("schema_version") if isinstance(extractor, Mapping) else None
    parse_version(version)
    return str(version)


def migrate(record: Mapping[str, Any]) -> Record:
    """A copy of a record in this glean's schema version; one that has it already is copied unchanged.

    The text beside a record (``abstract_text``) comes along.

    Raises:
        MigrationError: its version is newer than this glean's, or none that ever was.
    """
    migrated = Record(deepcopy(dict(record)))
    migrated.abstract_text = getattr(record, "abstract_text", None)
    version = version_of(record)
    steps = {step.before: step for step in STEPS}
    while version != SCHEMA_VERSION:
        if version not in steps:
            if parse_version(version) > parse_version(SCHEMA_VERSION):
                raise MigrationError(f"schema {version} is newer than this glean's {SCHEMA_VERSION}: update glean")
            raise MigrationError(f"no step leads from schema {version} to {SCHEMA_VERSION} (first version: {FIRST})")
        step = steps[version]
        step.change(migrated)
        version = migrated["extractor"]["schema_version"] = step.after
    return migrated
