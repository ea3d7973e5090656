"""Bytes to text, and JSON text: strict parsing, and the line on which a value stands."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

_BLANK = re.compile(r"[ \t\r\n]*")


class UnreadableError(Exception):
    """A file is no file of records: what is wrong, and on which line where that is known."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def decoded(data: bytes, first: int = 1) -> str:
    """Text of bytes in UTF-8; ``first`` is the line that they begin on.

    Raises:
        UnreadableError: they are not UTF-8, or hold NUL.
    """
    try:
        text = data.decode("utf-8-sig" if first == 1 else "utf-8")
    except UnicodeDecodeError as error:
        line = first + data.count(b"\n", 0, error.start)
        raise UnreadableError(f"byte 0x{data[error.start]:02x} is not UTF-8", line) from None
    if "\0" in text:
        raise UnreadableError("a binary file", first + text.count("\n", 0, text.index("\0")))
    return text


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"the property {twice[:60]!r} stands twice in one object")
    return found


_DECODER = json.JSONDecoder(parse_constant=_no_constant, object_pairs_hook=_object)
_SKIPPER = json.JSONDecoder()


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _decode(text: str, at: int) -> tuple[Any, int]:
    """The value that begins at ``at``, and where it ends."""
    try:
        value, end = _DECODER.raw_decode(text, at)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except json.JSONDecodeError as error:
        raise UnreadableError(f"not JSON: {error.msg} at column {error.colno}", error.lineno) from None
    except UnicodeEncodeError:
        raise UnreadableError("not JSON text: a lone surrogate", text.count("\n", 0, at) + 1) from None
    except RecursionError:
        raise UnreadableError("not JSON: too deeply nested", text.count("\n", 0, at) + 1) from None
    except ValueError as error:
        raise UnreadableError(f"not JSON: {error}", text.count("\n", 0, at) + 1) from None
    return value, end


def _broken(text: str, at: int, what: str) -> UnreadableError:
    error = json.JSONDecodeError(what, text, at)
    return UnreadableError(f"not JSON: {what} at column {error.colno}", error.lineno)


def parse(text: str) -> Any:
    """A JSON value, strictly: no NaN, no property twice, no lone surrogate, nothing behind it.

    Raises:
        UnreadableError: it is none.
    """
    value, end = _decode(text, _skip(text, 0))
    if (end := _skip(text, end)) < len(text):
        raise _broken(text, end, "Extra data")
    return value


def parse_items(text: str) -> Iterator[tuple[int, Any]]:
    """Yields ``(where it begins, value)`` of each item of a JSON list.

    Raises:
        UnreadableError: it is none.
    """
    at = _skip(text, _skip(text, 0) + 1)
    while not text.startswith("]", at):
        value, end = _decode(text, at)
        yield at, value
        at = _skip(text, end)
        if text.startswith(",", at):
            at = _skip(text, at + 1)
            if text.startswith("]", at):
                raise _broken(text, at, "Illegal trailing comma before end of array")
        elif not text.startswith("]", at):
            raise _broken(text, at, "Expecting ',' delimiter")
    if (at := _skip(text, at + 1)) < len(text):
        raise _broken(text, at, "Extra data")


def offset(text: str, path: Sequence[str | int], at: int = 0) -> int:
    """Where the value at a path begins, in JSON text that parses; of a path that leads nowhere its last value."""
    at = _skip(text, at)
    for part in path:
        inner = _inner(text, at, str(part))
        if inner is None:
            break
        at = inner
    return at


def _inner(text: str, at: int, part: str) -> int | None:
    """Where the property or item ``part`` of the object or list at ``at`` begins."""
    if text[at] not in "{[":
        return None
    is_object, index = text[at] == "{", 0
    at = _skip(text, at + 1)
    while text[at] not in "}]":
        key = str(index)
        if is_object:
            key, at = _SKIPPER.raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)
        if key == part:
            return at
        at = _skip(text, _SKIPPER.raw_decode(text, at)[1])
        if text[at] == ",":
            at = _skip(text, at + 1)
        index += 1
    return None
