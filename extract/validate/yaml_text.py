"""YAML of entries made by hand: strict parsing, and the line on which each value stands.

What a plain (unquoted) word is, the schema says: where it wants a text, ``2403.01230``, ``2024-03-01``, ``no`` and
``Null`` are texts. Anchors, aliases, tags and a second document have no meaning here and are refused, so that a small
file cannot become a large one. The parser's events are followed one by one: nothing is constructed, and nothing
recurses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from extract.validate.text import UnreadableError

Path = tuple[str | int, ...]

MAX_DEPTH = 40
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULL = ("null", "~", "Null", "NULL")
_TRUE, _FALSE = ("true", "True", "TRUE"), ("false", "False", "FALSE")
_INTEGER = re.compile(r"[-+]?[0-9]{1,40}")
_NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,9})?")
_TEXT_TAGS = (None, "!", "tag:yaml.org,2002:str")


@dataclass(slots=True)
class Tree:
    """A value with the line of each part of it, counted from 1, and the places where nothing is filled in."""

    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    blanks: set[Path] = field(default_factory=set)


@dataclass(slots=True)
class _Open:
    """A mapping or sequence that is being read."""

    value: dict[str, Any] | list[Any]
    path: Path
    key: str | None = None  # of the mapping's next value


def parse_yaml(text: str, schema: dict[str, Any]) -> Tree:
    """A YAML document, strictly; plain words are what the schema wants in their place.

    Args:
        text: the document.
        schema: the JSON Schema that it is meant to satisfy; only ``properties``, ``items``, ``type`` and local
            ``$ref`` are read.

    Raises:
        UnreadableError: it is no YAML, or uses what is not allowed here.
    """
    try:
        return _tree(yaml.parse(text, Loader=_LOADER), schema)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise UnreadableError(f"not YAML: {error.problem or error.context}", mark.line + 1 if mark else None) from None
    except yaml.reader.ReaderError as error:
        raise UnreadableError(f"not YAML: {error.reason}") from None
    except yaml.YAMLError as error:
        raise UnreadableError(f"not YAML: {str(error).splitlines()[0]}") from None
    except UnicodeError:
        raise UnreadableError("not YAML: a lone surrogate") from None


def _tree(events: Iterator[Any], schema: dict[str, Any]) -> Tree:
    tree, stack, documents = Tree(), list[_Open](), 0
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise UnreadableError("a second document begins (allowed: one entry in one file)", line)
        elif isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise UnreadableError("anchors and aliases (& and *) are not allowed: write it out, or quote it", line)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            stack.pop()
        elif isinstance(event, yaml.ScalarEvent) and stack and _wants_key(stack[-1]):
            _take_key(stack[-1], event.value, line, tree)
        elif isinstance(event, yaml.NodeEvent):
            if stack and _wants_key(stack[-1]):
                raise UnreadableError("a list or mapping is no name of a property", line)
            path = _put_path(stack)
            tree.lines.setdefault(path, line)
            value = _value(event, path, schema, tree, line)
            _put(stack, value, tree)
            if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
                if len(stack) >= MAX_DEPTH:
                    raise UnreadableError("not YAML of an entry: too deeply nested", line)
                stack.append(_Open(value, path))
    return tree


def _wants_key(outer: _Open) -> bool:
    return isinstance(outer.value, dict) and outer.key is None


def _take_key(outer: _Open, key: str, line: int, tree: Tree) -> None:
    if key in outer.value:
        raise UnreadableError(f"the property {key[:60]!r} stands twice in one object", line)
    outer.key = key
    tree.lines[(*outer.path, key)] = line


def _put_path(stack: list[_Open]) -> Path:
    if not stack:
        return ()
    outer = stack[-1]
    return (*outer.path, len(outer.value) if outer.key is None else outer.key)


def _put(stack: list[_Open], value: Any, tree: Tree) -> None:
    if not stack:
        tree.value = value
        return
    outer = stack[-1]
    if isinstance(outer.value, list):
        outer.value.append(value)
    else:
        outer.value[str(outer.key)] = value
        outer.key = None


def _value(event: Any, path: Path, schema: dict[str, Any], tree: Tree, line: int) -> Any:
    if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
        if event.tag not in (None, "!"):
            raise UnreadableError(f"the tag {event.tag[:60]} is not allowed", line)
        return {} if isinstance(event, yaml.MappingStartEvent) else []
    if event.tag not in _TEXT_TAGS:
        raise UnreadableError(f"the tag {event.tag[:60]} is not allowed", line)
    if not event.implicit[0]:  # quoted, or a block: a text
        return event.value
    if event.value == "":
        tree.blanks.add(path)
        return None
    return plain(event.value, _kinds(schema, path))


def _kinds(schema: dict[str, Any], path: Path) -> tuple[str, ...]:
    """The types that the schema allows at a path; none where it says nothing."""
    node: Any = schema
    for part in path:
        node = node.get("items", {}) if isinstance(part, int) else node.get("properties", {}).get(part, {})
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rsplit("/", 1)[1]]
    kinds = node.get("type", ())
    return (kinds,) if isinstance(kinds, str) else tuple(kinds)


def plain(text: str, kinds: tuple[str, ...] = ()) -> Any:
    """What an unquoted word is, where these types are allowed; by YAML 1.2 where there are none."""
    if text in _NULL and ("string" not in kinds or "null" in kinds):
        return None
    if "string" in kinds:
        return text
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        return float(text)
    return text
