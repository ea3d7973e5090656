"""OpenReview: notes as its API gives them, version 2 and version 1, in its answer, in a list, or one a line.

A note is a submission or an answer to one (review, comment, decision); only submissions are papers. The TL;DR that
authors add is no abstract and is never read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, BinaryIO

from extract.read.base import Columns, Paper, Reject
from extract.read.fields import make_paper, plain
from extract.read.forms.json_lines import rows
from extract.read.forms.json_list import items, reject
from extract.read.head import SIZE, Head

NAME = "openreview"
TRUST = 1

_TELLING = {"forum", "invitation", "invitations", "replyto", "signatures"}
# where the head is too short for the first note, or that is broken
_CONTENT = re.compile(r'"content"\s*:\s*\{')
_FORUM = re.compile(r'"(?:forum|invitations?|signatures)"\s*:')
_FORUM_URL = "https://openreview.net/forum?id="


def recognise(head: Head) -> bool:
    """Objects with a ``content``, and what only notes have: a forum, an invitation, signatures."""
    if not head.json:
        return False
    if first := head.first:
        return isinstance(first.get("content"), dict) and not first.keys().isdisjoint(_TELLING)
    return _CONTENT.search(head.text) is not None and _FORUM.search(head.text) is not None


def read(stream: BinaryIO, name: str, columns: Columns | None = None) -> Iterator[Paper | Reject]:
    """Papers and rejects in the order of the notes, one note in memory at a time.

    Reviews, comments, decisions and deleted notes are set aside, each with its reason.

    Args:
        stream: the input's bytes, UTF-8, without compression, from its start.
        name: what messages call the input, and the ``document`` of sources and rejects.
        columns: not looked at: notes have their own names.

    Raises:
        ReadError: the text is no JSON from some place on; what came before stays.
    """
    head = Head(stream.read(SIZE), name)
    stream.seek(0)
    for position, line, note in (rows if head.json == "lines" else items)(stream, name):
        yield note if isinstance(note, Reject) else _paper(note, name, position, line)


def _paper(note: Any, name: str, position: int, line: int) -> Paper | Reject:
    """A note as a paper, or the reason why it is none."""
    if not isinstance(note, dict):
        return reject(name, position, line, "no object (allowed: a note with its content)", note)
    content = note.get("content")
    if not isinstance(content, dict):
        return reject(name, position, line, "a note without content (allowed: a content with title and abstract)", note)
    own = plain(note.get("id"))
    forum = plain(note.get("forum")) or own
    answered = plain(note.get("replyto"))
    if (answered not in (None, own) or forum != own) and not _value(content, "abstract"):
        problem = "an answer to a paper: review, comment or decision (allowed: submissions, which have an abstract)"
        return reject(name, position, line, problem, note)
    if note.get("ddate") is not None:
        return reject(name, position, line, "a note that was deleted (its ddate is set)", note)
    authors = _value(content, "authors")
    return make_paper(
        name,
        position,
        title=_value(content, "title"),
        abstract=_value(content, "abstract"),
        own_id=own,
        # papers that OpenReview has from elsewhere say where they stand
        arxiv_id=_value(content, "html"),
        doi=_value(content, "doi"),
        url=None if forum is None else _FORUM_URL + forum,
        published=_day(note.get("pdate")) or _day(note.get("cdate")),
        updated=_day(note.get("mdate")),
        authors=authors if isinstance(authors, list | str) else None,
        line=line,
    )


def _value(content: dict[str, Any], key: str) -> Any:
    """A part of the content: bare in version 1 of the API, ``{"value": ...}`` in version 2."""
    found = content.get(key)
    return found.get("value") if isinstance(found, dict) else found


def _day(value: Any) -> date | None:
    """The day (UTC) of a time in milliseconds since 1970; ``None`` for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value / 1000, UTC).date()
    except (ValueError, OverflowError, OSError):
        return None
