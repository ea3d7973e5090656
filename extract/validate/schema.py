"""JSON Schema errors in plain words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from extract.record.tables import table_schema
from extract.validate.problem import Problem

_LONGEST = 60


def pointer(path: Iterable[str | int]) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def shown(value: Any) -> str:
    """A value as JSON, shortened to what fits a line."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = repr(value)
    text = "".join(c if c.isprintable() else "�" for c in text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


@cache
def validator(table: str = "papers") -> Draft202012Validator:
    """The validator of a table's rows, with format checks."""
    return Draft202012Validator(table_schema(table), format_checker=Draft202012Validator.FORMAT_CHECKER)


def _kinds(kinds: str | list[str]) -> str:
    return " or ".join([kinds] if isinstance(kinds, str) else kinds)


def explain(error: ValidationError) -> Iterator[tuple[list[str | int], str, str]]:
    """Yields ``(path, message, what is allowed)`` of a schema error."""
    path, value, limit = list(error.absolute_path), error.instance, error.validator_value
    schema = error.schema if isinstance(error.schema, dict) else {}
    meaning = str(schema.get("description", ""))
    match error.validator:
        case "additionalProperties":
            names = schema.get("properties", {})
            for name in value:
                if name not in names:
                    yield path, f"unknown property {shown(name)}", ", ".join(n for n in names if n[0] != "$")
        case "required":
            for name in limit:
                if name not in value:
                    described = schema.get("properties", {}).get(name, {}).get("description", "")
                    yield path, f"property {name!r} is missing", described
        case "type":
            yield path, f"{shown(value)} is of the wrong type", _kinds(limit)
        case "enum":
            yield path, f"{shown(value)} is none of the values", ", ".join(shown(v) for v in limit)
        case "const":
            yield path, f"{shown(value)} is not the value", shown(limit)
        case "pattern" | "format":
            yield path, f"{shown(value)} has not the right form", f"{meaning} {error.validator}: {limit}".strip()
        case "minimum" | "exclusiveMinimum" | "maximum" | "exclusiveMaximum":
            signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
            yield path, f"{shown(value)} is out of range", f"{signs[str(error.validator)]} {limit}"
        case "minLength":
            yield path, "is empty", f"at least {limit} character"
        case "maxLength":
            yield path, f"{shown(value)} is too long", f"at most {limit} characters"
        case "minItems":
            yield path, "is empty", f"at least {limit} item"
        case "uniqueItems":
            yield path, f"{shown(value)} holds an item twice", "each item once"
        case _:
            yield path, error.message.splitlines()[0][:200], meaning


def schema_errors(record: Any, *, file: str, line: int | None, table: str = "papers") -> Iterator[Problem]:
    """Yields the schema errors of a record, in the order of their places."""
    found = sorted(validator(table).iter_errors(record), key=lambda e: [str(p) for p in e.absolute_path])
    for error in found:
        for path, message, allowed in explain(error):
            yield Problem(file, line, pointer(path), message, allowed)
