"""The compiled validator (jsonschema-rs): it says "valid" quickly, and leaves all else to python-jsonschema.

It must never call a value valid that python-jsonschema, as :mod:`extract.validate.schema` sets it up, does not. So
types, patterns and formats, in which the two differ (3.0 as an integer, ``\\s``, the year 0), are decided by the same
functions here and there, and only schemas whose keywords all mean the same to both are compiled. "Not valid" is no
verdict: it also stands for values that the compiled validator cannot read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from graphlib import CycleError, TopologicalSorter
from typing import Any

import jsonschema_rs

from extract.validate.strict import FORMATS, TYPES, whole

# Keywords by what they hold. None of them turns a verdict round, as "not" and "oneOf" do.
_ONE_SCHEMA = {"items", "additionalProperties"}
_VALUES = {"enum", "const"}
_NUMBER = {
    *("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"),
    *("minLength", "maxLength", "minItems", "maxItems"),
}
_OTHER = {
    *("title", "description", "type", "pattern", "format", "uniqueItems"),
    *("required", "dependentRequired", "properties", "anyOf", "$ref"),
}
_LARGEST = 1 << 53  # up to here integers and floats compare exactly
_MOST_PARTS = 1000  # schemas in a schema: so deep do values lead, at most, and the stack holds it
_REF = "#/$defs/"


class _Type:
    """The keyword ``type``."""

    def __init__(self, _schema: dict[str, Any], kinds: str | list[str], _path: list[str | int]) -> None:
        self._tests = [TYPES[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds)]

    def validate(self, value: Any) -> None:
        """Raises ValueError where the value is of none of the types."""
        for test in self._tests:
            if test(value):
                return
        raise ValueError("type")


class _Pattern:
    """The keyword ``pattern``."""

    def __init__(self, _schema: dict[str, Any], pattern: str, _path: list[str | int]) -> None:
        self._search = whole(pattern).search

    def validate(self, value: Any) -> None:
        """Raises ValueError where the value is a text in which the pattern is not found."""
        if isinstance(value, str) and not self._search(value):
            raise ValueError("pattern")


def compiled(schema: dict[str, Any]) -> Callable[[Any], bool] | None:
    """What tells whether a value is surely valid; ``None`` where the schema is not one to compile.

    Args:
        schema: a JSON Schema that the meta-schema accepts (draft 2020-12).
    """
    body = {key: value for key, value in schema.items() if key not in ("$schema", "$id")}  # nothing is to be fetched
    if not _is_known(body):
        return None
    is_valid = jsonschema_rs.Draft202012Validator(
        body,
        validate_formats=True,
        formats={name: partial(FORMATS.conforms, format=name) for name in FORMATS.checkers},
        keywords={"type": _Type, "pattern": _Pattern},
    ).is_valid

    def is_surely_valid(value: Any) -> bool:
        try:
            return is_valid(value)
        except ValueError:  # no JSON: a lone surrogate, a key that is no string, a type of another library
            return False

    return is_surely_valid


def _is_known(schema: dict[str, Any]) -> bool:
    """Whether a schema has known keywords only, and an end: no definition leads to itself."""
    definitions = schema.get("$defs", {})
    root = {key: value for key, value in schema.items() if key != "$defs"}
    leads: dict[str | None, set[str]] = {}
    count = 0
    for name, body in ((None, root), *definitions.items()):
        parts = list(_parts(body))
        count += len(parts)
        if count > _MOST_PARTS or not all(map(_has_known_keywords, parts)):
            return False
        leads[name] = {part["$ref"].removeprefix(_REF) for part in parts if "$ref" in part}
        if not leads[name] <= definitions.keys():
            return False
    try:
        TopologicalSorter(leads).prepare()
    except CycleError:
        return False
    return True


def _parts(schema: Any) -> Iterator[dict[str, Any]]:
    """Yields a schema and all schemas in it, but for its definitions."""
    if isinstance(schema, bool):
        return
    yield schema
    inner = [schema[key] for key in _ONE_SCHEMA & schema.keys()]
    for part in (*inner, *schema.get("anyOf", ()), *schema.get("properties", {}).values()):
        yield from _parts(part)


def _has_known_keywords(schema: dict[str, Any]) -> bool:
    for key, value in schema.items():
        if key in _NUMBER:
            if type(value) is not int or abs(value) > _LARGEST:
                return False
        elif key in _VALUES:
            values = value if isinstance(value, list) else [value]
            # a type beside them keeps out what only looks like such a value, as a member of an Enum
            if "type" not in schema or not all(v is None or isinstance(v, str) for v in values):
                return False
        elif key == "$ref":
            if not value.startswith(_REF) or not value.removeprefix(_REF).isidentifier():
                return False
        elif key not in _ONE_SCHEMA | _OTHER:
            return False
    return True
