"""What readers yield: papers, and entries that could not be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import BinaryIO, Protocol

from extract.read.head import Head

Columns = Mapping[str, str]


class Chosen(dict[str, str]):
    """The columns that a person chose, and what is taken besides: readers call ``took`` for each shape of their rows.

    Attributes:
        taken: the columns that were taken for each part, in the order in which they came up.
        guessed: whether one of them is neither chosen nor called like its part.
    """

    def __init__(self, chosen: Columns | None = None) -> None:
        super().__init__(chosen or {})
        self.taken: dict[str, list[str]] = {}
        self.guessed = False

    def took(self, columns: Columns, plain: Mapping[str, str]) -> None:
        """Notes which columns were taken; ``plain`` says how else than as the part a column is called that says it."""
        for part, column in columns.items():
            known = self.taken.setdefault(part, [])
            if column not in known and len(known) < _MAX_TOLD:
                known.append(column)
            says = column.casefold().strip() in (part, plain.get(part))
            self.guessed = self.guessed or not (says or self.get(part) == column)


_MAX_TOLD = 4


@dataclass(frozen=True, slots=True)
class Source:
    """A place that a paper was read from: document name, entry number from 0, date it is listed under."""

    document: str
    position: int
    listed: str | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper as its source gives it; title and abstract are trimmed of outer white space and not touched else.

    ``version`` is the number of the revision that the text is of (arXiv's v1, v2 ...) and ``updated`` its day
    (ISO 8601), where the source tells them: of several texts of one paper the newest is kept.
    """

    title: str
    abstract: str
    sources: tuple[Source, ...] = ()
    own_id: str | None = None
    arxiv_id: str | None = None
    doi: str | None = None
    url: str | None = None
    published: str | None = None
    categories: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    version: int | None = None
    updated: str | None = None

    def with_sources(self, sources: tuple[Source, ...]) -> Paper:
        """The same paper, read from these places."""
        return replace(self, sources=sources)


@dataclass(frozen=True, slots=True)
class Reject:
    """An entry that could not be read: where it stands, why, and the SHA-256 of its text (never the text).

    ``position`` is the entry's number from 0, ``line`` its line from 1 where the form has lines.
    """

    document: str
    position: int
    reason: str
    sha256: str
    line: int | None = None


@dataclass(slots=True)
class Document:
    """One input as it was read: its name, SHA-256, size in bytes, form, and how many entries and rejects it gave.

    ``columns`` says of a table which columns were taken for which part of a paper, and ``guessed`` whether any of them
    is neither called like its part nor chosen (``--columns``).
    """

    name: str
    sha256: str
    size: int
    format: str
    entries: int = 0
    rejects: int = 0
    columns: dict[str, list[str]] = field(default_factory=dict)
    guessed: bool = False


class ReadError(Exception):
    """An input that can't be read at all; the message is one line: which, what is wrong, what is allowed."""


class Form(Protocol):
    """A module of :mod:`extract.read.forms`: one form of input.

    ``NAME`` is what ``--format`` calls it. ``TRUST`` says how far its metadata are trusted where sources differ: the
    lowest number comes first.
    """

    NAME: str
    TRUST: int

    def recognise(self, head: Head) -> bool:
        """Whether an input that begins so is of this form."""

    def read(self, stream: BinaryIO, name: str, columns: Columns | None = None) -> Iterator[Paper | Reject]:
        """Yields the papers of an input in order, and a reject for each entry that is none.

        Args:
            stream: the input's bytes, without compression, from its start.
            name: what messages call the input, and the ``document`` of sources and rejects.
            columns: which column holds what, for tables.

        Raises:
            ReadError: the input is not of this form, from the start or from somewhere in it; what was yielded before
                stays.
        """
