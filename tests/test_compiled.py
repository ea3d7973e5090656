"""The compiled validator and python-jsonschema agree; the latter gives every message."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.record import table_schema
from extract.validate import errors
from extract.validate.compiled import compiled
from extract.validate.schema import Validator, schema_errors, validator, validator_of
from tests.odd import ODD, STRANGE, changes, deep, example, places, tables, with_value
from tests.records import records
from tests.releases import OLD

SHARE = 8  # of all values in all places, one in so many is tried: others in each place


def verdicts(check: Validator, value: Any) -> tuple[bool, bool | None]:
    """Of the compiled validator, and of python-jsonschema; ``None`` where that cannot tell."""
    assert check.is_surely_valid is not None
    try:
        strict = bool(check.strict.is_valid(value))
    except RecursionError:
        strict = None
    return check.is_surely_valid(value), strict


def changed(row: dict[str, Any]) -> Iterator[Any]:
    for n, (path, value) in enumerate(places(row)):
        for odd in ODD[n % SHARE :: SHARE]:
            yield with_value(row, path, odd)
        for change in list(changes(value))[n % SHARE :: SHARE]:
            yield with_value(row, path, change())


@pytest.mark.parametrize("table", tables())
def test_both_agree_on_rows_with_a_change(table: str) -> None:
    schema, row = tables()[table]
    check = validator_of(schema)
    assert verdicts(check, row) == (True, True)
    count = {True: 0, False: 0}
    for value in changed(row):
        fast, strict = verdicts(check, value)
        assert fast is strict, value
        count[fast] += 1
    assert min(count.values()) > 10, count


@settings(max_examples=100, deadline=None)
@given(records(with_text=True), st.data())
def test_both_agree_on_records_with_changes(record: dict[str, Any], data: st.DataObject) -> None:
    for _ in range(4):
        fast, strict = verdicts(validator("papers"), record)
        assert fast is strict
        path, value = data.draw(st.sampled_from(list(places(record))[1:]))
        beside = [change() for change in changes(value)]
        record = with_value(record, path, data.draw(st.sampled_from([*ODD, *beside])))


@pytest.mark.parametrize("table", tables())
def test_nothing_that_only_python_has_is_called_valid_wrongly(table: str) -> None:
    schema, row = tables()[table]
    check = validator_of(schema)
    for n, (path, _) in enumerate(places(row)):
        for strange in STRANGE[n % SHARE :: SHARE]:
            fast, strict = verdicts(check, with_value(row, path, strange))
            assert strict or not fast, (path, strange)


def test_messages_are_those_of_python_jsonschema() -> None:
    strict = Validator(table_schema("papers"))
    strict.is_surely_valid = None
    for n, value in enumerate(changed(example())):
        if n % 10 == 0:
            told = [list(schema_errors(value, file="a", line=n, check=check)) for check in (None, strict)]
            assert told[0] == told[1]


def test_what_is_valid_is_told_by_the_compiled_validator_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validator("papers"), "strict", None)
    assert list(schema_errors(example(), file="a", line=1)) == []
    with pytest.raises(AttributeError):
        list(schema_errors({}, file="a", line=1))


def test_our_schemas_are_compiled() -> None:
    assert all(compiled(schema) for schema, _ in tables().values())
    for path in sorted(OLD.parent.glob("release-*/schema/*.schema.json")):
        assert compiled(json.loads(path.read_text())), path


NAMED = {"$defs": {"a": {"type": "string"}}, "$ref": "#/$defs/a"}


@pytest.mark.parametrize(
    "schema",
    [
        {"not": {"type": "string"}},
        {"oneOf": [{"type": "string"}, {"enum": ["a"]}]},
        {"items": {"anyOf": [{"multipleOf": 0.1}]}},
        {"properties": {"a": {"patternProperties": {}}}},
        {"properties": {"a": {"$id": "urn:other", "$ref": "#/$defs/a"}}, "$defs": {"a": True}},
        {"minimum": 0.5},
        {"maximum": 2**60},
        {"enum": ["a"]},  # without a type
        {"type": "integer", "enum": [1, 2]},
        {"type": "number", "const": 1},
        {"$ref": "#/$defs/b"},
        {"$ref": "https://example.invalid/evil.json"},
        {"$ref": "#"},
        {"$defs": {"a": {"items": {"$ref": "#/$defs/a"}}}, "$ref": "#/$defs/a"},
        {"$defs": {"a b": True}, "$ref": "#/$defs/a%20b"},
        {"$defs": {"#": {"not": True}, "a": True}, "$ref": "#/$defs/a"},
        {"properties": {str(n): True for n in range(10)} | {"a": {"properties": {str(n): {} for n in range(1000)}}}},
    ],
)
def test_schemas_that_are_not_compiled(schema: dict[str, Any]) -> None:
    """What the two may take differently, or what could overflow the stack, is left to python-jsonschema."""
    assert compiled(schema) is None


@pytest.mark.parametrize(
    "schema",
    [
        {"type": ["string", "null"], "enum": ["a", None], "maxLength": 1},
        {"type": "array", "maxItems": 2, "minItems": 1, "uniqueItems": True},
        {"type": "array", "items": False},
        {"type": "object", "additionalProperties": {"type": "integer", "minimum": -1, "exclusiveMaximum": 3}},
        {"anyOf": [{"type": "number"}, {"type": "string", "pattern": "^a$"}]},
        {"type": "object", "properties": {"a": False}, "dependentRequired": {"b": ["a"]}},
        {"type": "string", "const": "a"},
        {"format": "date"},
        {"format": "ipv4"},
        {"uniqueItems": True},
        {"required": ["a"]},
        {"$schema": "https://example.invalid/schema", "$id": "https://example.invalid/", **NAMED},
    ],
)
def test_both_agree_on_other_schemas(schema: dict[str, Any]) -> None:
    """A schema that comes with a release is compiled too, where it has the keywords of ours."""
    check = Validator(schema)
    for value in ODD:
        fast, strict = verdicts(check, value)
        unread = "\\ud" in ascii(value) and not fast  # a lone surrogate
        assert unread or fast is strict, value
    for value in STRANGE:
        fast, strict = verdicts(check, value)
        assert strict or not fast


def test_values_deeper_than_the_stack() -> None:
    """A schema that leads to itself, and a value that follows it."""
    schema = {"type": "array", "items": {"$ref": "#"}}
    for check, table in ((validator_of(schema), "papers"), (None, "papers"), (None, "entities")):
        (problem,) = schema_errors(deep(100_000), file="a", line=1, table=table, check=check)
        assert problem.message == "too deeply nested"


def test_an_integer_beyond_all_floats_is_none() -> None:
    (problem,) = errors({**example(), "abstract_chars": 10**400})
    assert (problem.pointer, problem.allowed) == ("/abstract_chars", "integer")
    assert "not a finite number" in problem.message
