"""Saved listing pages of trending papers: title and abstract in turn, among site furniture.

Two layouts occur: paragraphs separated by blank lines, and one line each without any. In both a title is
one short paragraph and its abstract the longer one behind it. Which a paragraph is, is told by its form and
by what follows it, so one missing abstract does not turn all later titles into abstracts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from extract.read.base import Columns, Paper, ReadError, Reject
from extract.read.fields import make_paper
from extract.read.head import Head
from extract.read.text import MAX_LINE, decode
from extract.record.ids import sha256_text
from extract.record.resources import load_toml

NAME = "listing"
TRUST = 6

_PAGE = load_toml("read/forms/listing.toml")
_FURNITURE = frozenset(_PAGE["furniture"])
_DATE = re.compile(
    rf"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? )?(?:(?:{'|'.join(_PAGE['months'])})\.? \d{{1,2}}(?:,? \d{{4}})?"
    rf"|\d{{1,2}} (?:{'|'.join(_PAGE['months'])})\.?(?: \d{{4}})?|\d{{4}}-\d{{2}}-\d{{2}})\Z",
    re.IGNORECASE,
)
_COUNT = re.compile(r"[\d.,]+[kKmM]?\Z")
_SENTENCE_END = re.compile(r"[.!?][\"')\]}*$]*\Z")
_HEAD_LINES = 12


def recognise(head: Head) -> bool:
    """The first lines of a saved page."""
    lines = [line.strip().casefold() for line in head.text.splitlines()[:_HEAD_LINES]]
    return any(signature in lines for signature in _PAGE["signatures"])


def _is_furniture(text: str) -> bool:
    return text.casefold() in _FURNITURE or _COUNT.match(text) is not None


def _looks_like_abstract(text: str) -> bool:
    """Long, or shorter and made of sentences."""
    words = text.count(" ") + 1
    if len(text) >= 400 or words >= 55:
        return True
    return words >= 10 and _SENTENCE_END.search(text) is not None and not text.endswith("?")


def _paragraphs(text: str) -> Iterator[tuple[int, str]]:
    """``(line number from 1, paragraph)``; where blank lines separate, lines between them belong together."""
    lines = text.split("\n")
    blank = sum(not line.strip() for line in lines)
    if blank * 3 < len(lines):  # the compact layout
        yield from ((n, line.strip()) for n, line in enumerate(lines, 1) if line.strip())
        return
    start, held = 0, []  # type: int, list[str]
    for n, line in enumerate([*lines, ""], 1):
        if line.strip():
            # furniture, dates and titles that miss their blank line still stand alone
            if not held:
                start = n
            held.append(line)
        elif held:
            paragraph = "\n".join(held).strip()
            if len(held) > 1 and not _looks_like_abstract(paragraph):
                yield from ((start + k, piece.strip()) for k, piece in enumerate(held))
            else:
                yield start, paragraph
            held = []


def _unglue(title: str) -> str:
    """The first title without the button's word that the page's text glues to it."""
    for prefix in _PAGE["glued_prefixes"]:
        rest = title[len(prefix) :]
        if title.startswith(prefix) and rest and not rest[0].isspace() and not rest[0].islower():
            return str(rest)
    return title


def read(stream: BinaryIO, name: str, columns: Columns | None = None) -> Iterator[Paper | Reject]:
    """Yields the papers of a page in order, and a :class:`Reject` for each paragraph that is neither.

    Raises:
        ReadError: the file is empty, binary, in another encoding, too large for a page, or has no entry at all.
    """
    data = stream.read(MAX_LINE + 1)
    if len(data) > MAX_LINE:
        raise ReadError(f"{name}: a page of more than {MAX_LINE:,} bytes (allowed: saved listing pages)")
    rest = [(n, p) for n, p in _paragraphs(decode(data, name)) if not _is_furniture(p)]
    listed: str | None = None
    position = 0
    i = 0
    while i < len(rest):
        line, title = rest[i]
        i += 1
        if _DATE.match(title):
            listed = title
            continue
        if position == 0:
            title = _unglue(title)
        reason = None
        abstract = ""
        following = [p for _, p in rest[i : i + 2] if not _DATE.match(p)]
        if _looks_like_abstract(title) and not (following and _looks_like_abstract(following[0]) and len(title) < 400):
            reason = "text without a title"
        elif not following or not _looks_like_abstract(following[0]):
            reason = "title without an abstract"
        else:
            while _DATE.match(rest[i][1]):  # a date between a title and its abstract
                listed = rest[i][1]
                i += 1
            abstract = rest[i][1]
            i += 1
        if reason is None:
            yield make_paper(name, position, title=title, abstract=abstract, listed=listed, line=line)
        else:
            yield Reject(name, position, reason, sha256_text(title + abstract), line)
        position += 1
    if position == 0:
        raise ReadError(f"{name}: no entry found (allowed: a title and its abstract in turn, one paragraph each)")
