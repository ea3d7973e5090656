"""JSON Schema errors in plain words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from typing import Any

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError
from referencing import Registry
from referencing.exceptions import Unresolvable

from extract.record.tables import table_schema
from extract.validate.compiled import compiled
from extract.validate.problem import Problem, one_line
from extract.validate.strict import FORMATS, TYPES, whole

_LONGEST = 60
Check = Callable[..., Iterator[Problem]]  # (record, *, file, line) -> problems
_SIGNS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}


def pointer(path: Iterable[str | int]) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def shown(value: Any) -> str:
    """A value as JSON, shortened to what fits a line."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        text = str(value) if isinstance(value, (int, float)) else f"a value of type {type(value).__name__}"
    text = one_line(text[: _LONGEST + 1])
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _pattern(validator: Any, pattern: str, value: Any, _schema: Any) -> Iterator[ValidationError]:
    if validator.is_type(value, "string") and not whole(pattern).search(value):
        yield ValidationError(f"does not match {pattern}")


_Validator = validators.extend(
    Draft202012Validator,
    {"pattern": _pattern},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many(
        {name: partial(lambda _checker, value, test: test(value), test=test) for name, test in TYPES.items()}
    ),
)


class Validator:
    """What is wrong with values by a schema: told by python-jsonschema, where the compiled validator finds something.

    Attributes:
        strict: python-jsonschema, with our types, patterns and formats; its word counts.
        is_surely_valid: the compiled validator; ``None`` where there is none for this schema.
    """

    def __init__(self, schema: dict[str, Any], **options: Any) -> None:
        """Takes a schema that the meta-schema accepts, and options of python-jsonschema."""
        self.strict = _Validator(schema, format_checker=FORMATS, **options)
        self.is_surely_valid = compiled(schema)

    def iter_errors(self, value: Any) -> Iterator[ValidationError]:
        """Yields the errors of a value.

        Raises:
            RecursionError: it is too deeply nested.
            referencing.exceptions.Unresolvable: the schema refers to what it does not hold.
        """
        if self.is_surely_valid is None or not self.is_surely_valid(value):
            yield from self.strict.iter_errors(value)


@cache
def validator(table: str) -> Validator:
    """The validator of a table's rows, with format checks."""
    return Validator(table_schema(table))


def validator_of(schema: dict[str, Any]) -> Validator:
    """The validator of a schema that came with a release; it fetches nothing from elsewhere.

    Raises:
        SchemaError: it is no JSON Schema.
    """
    _Validator.check_schema(schema, format_checker=FORMATS)
    return Validator(schema, registry=Registry())


def _wrong_type(value: Any, kinds: str | list[str]) -> tuple[str, str]:
    """The message, and what is allowed, for a value of the wrong type."""
    kinds = [kinds] if isinstance(kinds, str) else kinds
    allowed = " or ".join(kinds)
    if isinstance(value, str) and "string" in kinds:
        return f"{shown(value)} holds a lone surrogate", "Unicode text"
    meant = (int, float) if "number" in kinds else int if "integer" in kinds else ()
    if isinstance(value, meant) and not isinstance(value, bool):
        return f"{shown(value)} is not a finite number", allowed
    return f"{shown(value)} is of the wrong type", allowed


def _meaning(properties: dict[str, Any], name: str) -> str:
    return str(properties.get(name, {}).get("description", ""))


def explain(error: ValidationError) -> Iterator[tuple[list[str | int], str, str]]:
    """Yields ``(path, message, what is allowed)`` of a schema error."""
    path, value, limit = list(error.absolute_path), error.instance, error.validator_value
    schema = error.schema if isinstance(error.schema, dict) else {}
    properties: dict[str, Any] = schema.get("properties", {})
    meaning = str(schema.get("description", ""))
    match error.validator:
        case "additionalProperties":
            names = ", ".join(name for name in properties if name[0] != "$")
            for name in value:
                if name not in properties:
                    yield [*path, str(name)[:_LONGEST]], "unknown property", names
        case "required":
            for name in limit:
                # the library makes an error of each missing property, and names it only in its message
                if name not in value and error.message.startswith(f"{name!r} "):
                    yield path, f"property {name!r} is missing", _meaning(properties, name)
        case "dependentRequired":
            for given, name in ((given, name) for given, needed in limit.items() for name in needed):
                if error.message == f"{name!r} is a dependency of {given!r}":  # one error each, as above
                    yield path, f"property {name!r} is missing beside {given!r}", _meaning(properties, name)
        case "anyOf" if all(set(way) == {"required"} for way in limit):
            names = ", ".join(name for way in limit for name in way["required"])
            yield path, "a property is missing", f"at least one of {names}"
        case "type":
            yield path, *_wrong_type(value, limit)
        case "enum":
            yield path, f"{shown(value)} is none of the values", ", ".join(shown(v) for v in limit)
        case "const":
            yield path, f"{shown(value)} is not the value", shown(limit)
        case "pattern" | "format":
            yield path, f"{shown(value)} has not the right form", f"{meaning} {error.validator}: {limit}".strip()
        case "minimum" | "exclusiveMinimum" | "maximum" | "exclusiveMaximum":
            yield path, f"{shown(value)} is out of range", f"{_SIGNS[str(error.validator)]} {limit}"
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


def place(error: ValidationError) -> list[tuple[int, str]]:
    """Sorts paths by property, and by number in a list."""
    return [(part, "") if isinstance(part, int) else (-1, part) for part in error.absolute_path]


def schema_errors(
    record: Any, *, file: str, line: int | None, table: str = "papers", check: Validator | None = None
) -> Iterator[Problem]:
    """Yields the schema errors of a record, in the order of their places; ``check`` is for another schema than ours."""
    try:
        found = sorted((check or validator(table)).iter_errors(record), key=place)
    except RecursionError:
        yield Problem(file, line, "", "too deeply nested", "what the schema describes")
        return
    except Unresolvable as lost:
        yield Problem(file, line, "", f"its schema refers to what it does not hold: {lost}", "a schema that is whole")
        return
    for error in found:
        for path, message, allowed in explain(error):
            yield Problem(file, line, pointer(path), message, allowed)
