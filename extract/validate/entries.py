"""Entries made by hand: which files they are, what they hold, and what is wrong with them.

An entry is one paper in one file, JSON or YAML; ``schema/curated.schema.json`` says what it may hold. A whole record is
an entry too: all of it counts then.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from extract.record.curated import IDENTITY, URN, curated_schema
from extract.record.migrate import migrate, version_of
from extract.record.model import SCHEMA_VERSION
from extract.record.resources import load_schema
from extract.validate import errors
from extract.validate.entry_rules import entry_rule_errors
from extract.validate.problem import Problem
from extract.validate.schema import explain, place, pointer, validator_of
from extract.validate.text import UnreadableError, decoded, offset, parse
from extract.validate.yaml_text import parse_yaml

YAML = (".yaml", ".yml")
SUFFIXES = (".json", *YAML)
MAX_BYTES = 1 << 20
_SCHEMA_FILE = "curated.schema.json"

Steps = Sequence[str | int]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as its file gives it.

    Attributes:
        file: what messages call its file.
        name: its path in the folder of entries, with slashes.
        value: what it holds.
        is_record: whether it is a whole record.
        line: the line of a path in it, counted from 1; of a path that leads nowhere, that of its last part that does.
        blanks: places where nothing is filled in.
        sha256: of the file.
        size: of the file, in bytes.
    """

    file: str
    name: str
    value: Any
    is_record: bool
    line: Callable[[Steps], int | None]
    blanks: frozenset[tuple[str | int, ...]] = frozenset()
    sha256: str = ""
    size: int = 0

    def problem(self, path: Steps, message: str, allowed: str = "") -> Problem:
        """What is wrong at a path of the entry."""
        return Problem(self.file, self.line(path), pointer(path), message, allowed)


def entry_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yields ``(path in the folder, with slashes; path)`` of the files of entries, sorted.

    Hidden files and folders and ``*.schema.json`` are passed over; links to folders are not followed.

    Raises:
        OSError: the folder cannot be read.
    """

    def fail(error: OSError) -> None:
        raise error

    found = []
    for parent, folders, names in os.walk(folder, onerror=fail):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            folded = name.casefold()
            if folded.endswith(SUFFIXES) and not name.startswith(".") and not folded.endswith(".schema.json"):
                path = Path(parent, name)
                inner = path.relative_to(folder).as_posix().encode("utf-8", "replace").decode()
                found.append((inner, path))
    yield from sorted(found)


def is_entry(value: Any) -> bool:
    """Whether a JSON value is an entry, not a record: its ``$schema`` says so, or what it holds and does not hold."""
    if not isinstance(value, dict):
        return False
    named = value.get("$schema")
    if isinstance(named, str):
        return named.startswith(URN) or named.endswith(_SCHEMA_FILE)
    return value.keys() <= curated_schema()["properties"].keys() and not value.keys().isdisjoint(IDENTITY)


def _is_record(value: Any) -> bool:
    return isinstance(value, dict) and "extractor" in value and not is_entry(value)


def read_entry(path: Path, name: str | None = None) -> Entry:
    """The entry in a file; whether it is a valid one, :func:`entry_problems` tells.

    Args:
        path: the file.
        name: its path in the folder of entries; else the file's name.

    Raises:
        OSError: the file cannot be read.
        UnreadableError: it is too long, or neither JSON nor YAML.
    """
    if not path.is_file() and path.exists():
        raise UnreadableError("is no file")
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise UnreadableError(f"is more than {MAX_BYTES:,} bytes long, which is no entry of one paper")
    text = decoded(data)
    known: dict[str, Any] = {"file": str(path), "name": name or path.name, "sha256": hashlib.sha256(data).hexdigest()}
    known["size"] = len(data)
    if path.name.casefold().endswith(YAML):
        return _of_yaml(text, **known)
    if not text.strip():
        raise UnreadableError("the file is empty")
    value = parse(text)
    return Entry(value=value, is_record=_is_record(value), line=partial(_line_in_json, text), **known)


# functions of the module, and no closures: entries go to other processes


def _line_in_json(text: str, at: Steps) -> int:
    return text.count("\n", 0, offset(text, at)) + 1


def _line_in_yaml(lines: Mapping[tuple[str | int, ...], int], at: Steps) -> int | None:
    parts = tuple(at)
    return next((lines[parts[:n]] for n in range(len(parts), -1, -1) if parts[:n] in lines), None)


def _of_yaml(text: str, **known: Any) -> Entry:
    tree = parse_yaml(text, curated_schema())
    if tree.value is None:
        raise UnreadableError("the file is empty")
    if is_record := _is_record(tree.value):
        tree = parse_yaml(text, load_schema())
    line = partial(_line_in_yaml, tree.lines)
    return Entry(value=tree.value, is_record=is_record, line=line, blanks=frozenset(tree.blanks), **known)


def steps(text: str) -> list[str | int]:
    """The parts of a JSON pointer; numbers are places in lists."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]
    return [int(part) if part.isdecimal() and part.isascii() else part for part in parts]


def entry_problems(entry: Entry) -> list[Problem]:
    """What is wrong with an entry, as far as it tells by itself, in the order of its lines."""
    return sorted(_problems(entry), key=lambda problem: problem.line or 0)


def _problems(entry: Entry) -> Iterator[Problem]:
    if entry.is_record:
        for blank in sorted(entry.blanks, key=str):
            yield entry.problem(blank, *_BLANK)
        for problem in errors(entry.value, file=entry.file):
            yield entry.problem(steps(problem.pointer), problem.message, problem.allowed)
        return
    for path, message, allowed in entry_errors(entry.value, entry.blanks):
        yield entry.problem(path, message, allowed)


@cache
def _validator() -> Any:
    return validator_of(curated_schema())


_BLANK = ("is not filled in", "a value, or leave the line out")


def entry_errors(
    value: Any, blanks: frozenset[tuple[str | int, ...]] = frozenset()
) -> Iterator[tuple[list[str | int], str, str]]:
    """Yields ``(path, message, what is allowed)`` of what is wrong with an entry: by its schema, else by the rules.

    Args:
        value: the entry.
        blanks: places of a YAML file where nothing is filled in.
    """
    broken = False
    try:
        found = sorted(_validator().iter_errors(value), key=place)
    except RecursionError:
        yield [], "too deeply nested", "what the schema describes"
        return
    told = set()
    for error in found:
        broken = True
        at = tuple(error.absolute_path)
        told.add(at)
        if error.validator == "type" and error.instance is None:
            meaning = error.schema.get("description", "") if isinstance(error.schema, dict) else ""
            yield list(at), "is not filled in" if at in blanks else "null is not allowed", meaning
        else:
            yield from explain(error)
    # a line without a value would clear what was read, which must be meant: null says it
    for at in sorted(blanks - told, key=str):
        broken = True
        yield list(at), "is not filled in", "a value, null to clear it, or leave the line out"
    if not broken:
        yield from entry_rule_errors(value)


def migrated(entry: Entry) -> Entry:
    """A whole record of an older schema version in this one; other entries as they are.

    Raises:
        extract.record.migrate.MigrationError: no way leads from its version to this one.
    """
    if not entry.is_record or version_of(entry.value) == SCHEMA_VERSION:
        return entry
    return replace(entry, value=migrate(entry.value))
