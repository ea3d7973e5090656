"""What readers yield: papers, and entries that could not be read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Source:
    """A place that a paper was read from: document name, entry number from 0, date it is listed under."""

    document: str
    position: int
    listed: str | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper as its source gives it; title and abstract are trimmed of outer white space and not touched else."""

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

    def with_sources(self, sources: tuple[Source, ...]) -> Paper:
        """The same paper, read from these places."""
        return replace(self, sources=sources)


@dataclass(frozen=True, slots=True)
class Reject:
    """An entry that could not be read: where it stands, why, and the SHA-256 of its text (never the text)."""

    document: str
    position: int
    reason: str
    sha256: str
    line: int | None = None


@dataclass(slots=True)
class Document:
    """One input as it was read: its name, hash, size in bytes, form, and what came of it."""

    name: str
    sha256: str
    size: int
    format: str
    entries: int = 0
    rejects: list[Reject] = field(default_factory=list)


class ReadError(Exception):
    """An input that can't be read at all; the message is one line: which, what is wrong, what is allowed."""
