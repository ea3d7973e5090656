"""A JSON list of objects, also wrapped in an object (``{"papers": [...]}``), or single objects; read item by item.

Several objects, or several that wrap a list, may follow one another, as when answers of a service were put together.

The items are found with the standard library's decoder in a window over the stream. (ijson was tried: it makes ``?`` of
lone surrogates, gives the whole rest up for one byte that is not UTF-8, and its messages quote the text.)
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from extract.read.base import Columns, Paper, ReadError, Reject
from extract.read.columns import Objects
from extract.read.fields import digest
from extract.read.head import SIZE, WRAPPER, Head
from extract.read.text import MAX_LINE, check_encoding

NAME = "json"
TRUST = 5

WINDOW = 16 * SIZE  # bytes that are taken at once
_NUMBER = 3  # what a number that is cut off may end with, and be one without: "1.", "1e", "1e+"
_BLANK = re.compile(r"[ \t\r\n]*")
_ENDS = {"]": "the list", "}": "the object"}
_DECODER = json.JSONDecoder()


def recognise(head: Head) -> bool:
    """A list, or an object over several lines."""
    return head.json in ("list", "object")


class _Window:
    """A part of a text, from the place that is being read on; knows its line."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self.text = ""
        self.at = 0
        self._counted = 0  # code points whose lines are counted
        self._line = 1
        self.ended = False
        self.more()
        self.text = self.text.removeprefix("\ufeff")

    def more(self, size: int = 0) -> bool:
        """Drops what was read and takes more; whether there was more."""
        if self.ended:
            return False
        self._count()
        data = self._stream.read(max(WINDOW, size))
        self.ended = not data
        self.text = self.text[self.at :] + self._decoder.decode(data, final=self.ended)
        self.at = self._counted = 0
        return not self.ended

    def _count(self) -> None:
        if self._counted < self.at:
            self._line += self.text.count("\n", self._counted, self.at)
            self._counted = self.at

    @property
    def line(self) -> int:
        """The line of the place, from 1."""
        self._count()
        return self._line

    def peek(self) -> str:
        """The next character that is no blank, or nothing at the end."""
        while True:
            found = _BLANK.match(self.text, self.at)
            self.at = found.end() if found else self.at
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.more():
                return ""

    def value(self, name: str) -> Any:
        """The value that begins here.

        Raises:
            ReadError: there is none, it is too large, or too deeply nested.
        """
        self.peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self.text, self.at)
            except json.JSONDecodeError as error:
                cut = len(self.text) - self.at
                # what the window cuts off may go on behind it: more text, in doubling steps
                if cut <= MAX_LINE and self.more(cut):
                    continue
                if cut > MAX_LINE:
                    problem = f"an entry of more than {MAX_LINE:,} characters"
                else:
                    problem = f"not JSON: {error.msg}"
                    self._line += self.text.count("\n", self._counted, error.pos)
                raise ReadError(f"{name}:{self._line}: {problem} (allowed: a JSON list of objects)") from None
            except (RecursionError, ValueError):
                line = f"{name}:{self.line}"
                raise ReadError(f"{line}: not JSON: too deeply nested or too large a number") from None
            if len(self.text) - end < _NUMBER and isinstance(value, int | float) and not self.ended:
                self.more()  # a number may go on
                continue
            self.at = end
            return value

    def match(self, what: re.Pattern[str]) -> re.Match[str] | None:
        """What begins here; a window that may be too short to tell is made longer."""
        if len(self.text) - self.at < SIZE:
            self.more()
        return what.match(self.text, self.at)

    def next_or(self, end: str, name: str) -> None:
        """Goes over the comma behind an item, or stays before ``end``, which must stand there else.

        Raises:
            ReadError: neither stands there, or the end behind a comma.
        """
        found = self.peek()
        if found == ",":
            self.at += 1
            if self.peek() == end:
                raise ReadError(f"{name}:{self.line}: not JSON: a comma before the end of {_ENDS[end]}")
        elif found != end:
            what = f"a comma or the end of {_ENDS[end]} is missing" if found else "cut off"
            raise ReadError(f"{name}:{self.line}: not JSON: {what}")


def items(stream: BinaryIO, name: str) -> Iterator[tuple[int, int, Any]]:
    """Yields ``(entry number from 0, line from 1, value)`` of each item of a list, or of the list in a wrapper.

    Raises:
        ReadError: the text is no JSON from some place on; what came before has been yielded.
    """
    window = _Window(stream)
    check_encoding(window.text[:4096].encode("utf-8", "surrogateescape"), name)
    position = 0
    while first := window.peek():
        if wrapped := window.match(WRAPPER):
            window.at = wrapped.end()
        elif first == "[" and not position:
            window.at += 1
        elif first == "[" or (position and first != "{"):
            raise ReadError(f"{name}:{window.line}: not JSON: text behind the end")
        else:
            yield position, window.line, window.value(name)
            position += 1
            continue
        while window.peek() != "]":
            line = window.line
            yield position, line, window.value(name)
            position += 1
            window.next_or("]", name)
        window.at += 1
        if wrapped:
            _rest(window, name)
        elif window.peek():
            raise ReadError(f"{name}:{window.line}: not JSON: text behind the end of the list")


def _rest(window: _Window, name: str) -> None:
    """Goes over the properties that stand behind the list, up to the end of the object that wraps it.

    Raises:
        ReadError: it does not end.
    """
    window.next_or("}", name)
    while window.peek() != "}":
        key = window.value(name)
        if not isinstance(key, str) or window.peek() != ":":
            raise ReadError(f"{name}:{window.line}: not JSON: the name of a property is missing")
        window.at += 1
        window.value(name)
        window.next_or("}", name)
    window.at += 1


def read(stream: BinaryIO, name: str, columns: Columns | None = None) -> Iterator[Paper | Reject]:
    """Papers and rejects in the order of the list.

    Raises:
        ReadError: the text is no JSON from some place on.
    """
    objects = Objects(name, columns)
    for position, line, value in items(stream, name):
        yield objects(value, position, line)


def reject(name: str, position: int, line: int, reason: str, value: Any) -> Reject:
    """An item that is no paper."""
    return Reject(name, position, reason, digest(value), line)
