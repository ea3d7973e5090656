"""Values separated by commas or tabs, with a header line (RFC 4180)."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO, TextIO

from extract.read.base import Columns, Paper, ReadError, Reject
from extract.read.columns import are_known, guess_columns, to_paper
from extract.read.head import Head
from extract.read.text import MAX_LINE, check_encoding
from extract.record.ids import sha256_text


class Separated:
    """The form of a separator."""

    TRUST = 5

    def __init__(self, name: str, separator: str) -> None:
        self.NAME = name
        self._separator = separator

    def recognise(self, head: Head) -> bool:
        """A first line with this separator and the word title, or two known names, in it; or the file's ending."""
        header = head.text.split("\n", 1)[0].casefold()
        names = [name.strip().strip('"') for name in header.split(self._separator)]
        known = len(names) > 1 and ("title" in header or are_known(names))
        return known or head.suffix == self.NAME

    def read(self, stream: BinaryIO, name: str, columns: Columns | None = None) -> Iterator[Paper | Reject]:
        """Papers and rejects in the order of the lines; a line with another number of columns is set aside.

        So is a line with a quote that does not close, and reading goes on with the line behind it.

        Raises:
            ReadError: there is no header that says where title and abstract are.
        """
        peeked = stream.read(4096)
        stream.seek(0)
        check_encoding(peeked, name)
        text = io.TextIOWrapper(stream, "utf-8-sig", "surrogateescape", newline="")
        rows = _rows(text, self._separator)
        try:
            header, problem, _ = next(rows, ([], "", 0))
            if problem:
                raise ReadError(f"{name}: the header has {problem}")
            names = list(reversed(header))  # where two columns have one name, the first is meant
            mapping = guess_columns(header, columns, name)
            for position, (cells, problem, line) in enumerate(rows):
                if not problem and len(cells) != len(header):
                    problem = f"{len(cells)} columns (allowed: {len(header)}, as in the header)"
                if problem:
                    yield Reject(name, position, problem, sha256_text(self._separator.join(cells)), line)
                else:
                    yield to_paper(dict(zip(names, reversed(cells), strict=True)), mapping, name, position, line)
        finally:
            text.detach()


class _Lines:
    """The lines of a text, which can be given back, and are never longer than ``MAX_LINE``."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._back: deque[str] = deque()
        self.taken: list[str] = []
        self.number = 1  # of the first line that is taken

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else self._text.readline(MAX_LINE)
        if not line:
            raise StopIteration
        if len(line) == MAX_LINE:  # the rest of it is passed over: what was read is too long already
            while (rest := self._text.readline(MAX_LINE)) and not rest.endswith(("\n", "\r")):
                pass
            line = _LONG
        self.taken.append(line)
        return line

    def begin(self) -> None:
        """What was taken is done with."""
        self.number += len(self.taken)
        self.taken = []

    def give_back(self) -> None:
        """All but the first of the lines that were taken will come again."""
        self._back.extendleft(reversed(self.taken[1:]))
        self.taken = self.taken[:1]


_LONG = "\0" * 2  # stands for a line that is too long


def _rows(text: TextIO, separator: str) -> Iterator[tuple[list[str], str, int]]:
    """Yields ``(cells, problem, line from 1)`` of each row that is not empty; the problem is empty where there is none.

    Where quotes make no sense, the first line is taken alone, as leniently as may be, and reading goes on behind it:
    the csv module gives all that stands behind a quote that does not close as one cell.
    """
    csv.field_size_limit(MAX_LINE)  # a quote that never closes must not take the rest into memory
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        lines.begin()
        problem = ""
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            problem = _QUOTE
        if problem or any(line is _LONG for line in lines.taken):
            lines.give_back()
            reader = csv.reader(lines, delimiter=separator, strict=True)
            cells, problem = _alone(lines.taken[0], separator)
        if cells:
            yield cells, problem, lines.number


def _alone(line: str, separator: str) -> tuple[list[str], str]:
    """``(cells, problem)`` of a line that is not to go on in the next."""
    if line is _LONG:
        return [line], f"a line of more than {MAX_LINE:,} characters"
    reader = csv.reader([line, ""], delimiter=separator)
    cells = next(reader)
    return (cells, "") if reader.line_num == 1 else ([line], _QUOTE)


_QUOTE = "a quote that does not close (allowed: fields in double quotes, a quote within doubled)"
CSV = Separated("csv", ",")
TSV = Separated("tsv", "\t")
