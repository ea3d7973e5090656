"""From what a source says of a paper to a :class:`Paper`: identifiers, dates, names in one form."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from extract.read.base import Paper, Reject, Source
from extract.read.text import complaint
from extract.record.ids import arxiv_version, sha256_text

MAX_ID = 256
MAX_VERSION = 999
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?(?![\d.])")
_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.[0-9]{4,9}/\S+)\Z", re.IGNORECASE)
_URL = re.compile(r"https?://\S+\Z")
_SEMICOLON = re.compile(r"\s*;\s*")
_AND = re.compile(r"\s*,\s+and\s+|\s+and\s+|\s*,\s*")
_ESCAPED = re.compile("[\ud800-\udfff]")


def make_paper(
    document: str,
    position: int,
    *,
    title: Any,
    abstract: Any,
    own_id: Any = None,
    arxiv_id: Any = None,
    doi: Any = None,
    url: Any = None,
    published: Any = None,
    updated: Any = None,
    categories: Any = None,
    authors: Any = None,
    version: int | None = None,
    listed: str | None = None,
    line: int | None = None,
) -> Paper | Reject:
    """The paper that an entry's parts make, or the reason why they make none.

    Title and abstract must be strings and are only trimmed. What else cannot be brought into its form (an identifier
    that is none, no day of the calendar) is left out: it is no reason to lose the paper.

    Args:
        document: the input's name.
        position: the entry's number in it, from 0.
        title: the title.
        abstract: the abstract.
        own_id: the source's own key of the paper, which becomes its ``paper_id``.
        arxiv_id: an arXiv identifier or a link to it, with or without version; else the DOI and the URL are looked at.
        doi: a DOI or a link to it.
        url: a web address.
        published: a day, ISO 8601 (a time behind it is cut off), or a ``date``.
        updated: the day of the text's last revision, likewise.
        categories: strings, or one string with blanks, commas or semicolons between.
        authors: names, or objects with a ``name``, or one string with ``;`` or ``and`` between.
        version: the number of the text's revision, where ``arxiv_id`` does not have it.
        listed: the date that a listing shows.
        line: the entry's line from 1, for messages.
    """
    for part, value in (("title", title), ("abstract", abstract)):
        if value is not None and not isinstance(value, str):
            reason = f"the {part} is of type {type(value).__name__} (allowed: a string)"
            return Reject(document, position, reason, digest(title, abstract), line)
    title, abstract = (title or "").strip(), (abstract or "").strip()
    reason_or_none = complaint(title, abstract)
    key = plain(own_id)
    if reason_or_none is None and key is not None and len(key) > MAX_ID:
        reason_or_none = f"id of {len(key)} code points (allowed: up to {MAX_ID})"
    if reason_or_none is not None:
        return Reject(document, position, reason_or_none, digest(title, abstract), line)
    link, own_doi = plain(url), plain(doi)
    arxiv, revision = None, None
    for candidate in (plain(arxiv_id), key, own_doi, link):
        if candidate is not None and arxiv is None:
            arxiv, revision = arxiv_version(candidate)
    return Paper(
        title=title,
        abstract=abstract,
        sources=(Source(document, position, listed),),
        own_id=key,
        arxiv_id=arxiv,
        doi=None if own_doi is None else normal_doi(own_doi),
        url=link if link is not None and _URL.match(link) else None,
        published=day(published),
        categories=() if not categories else strings(categories, blanks=True),
        authors=() if not authors else strings(authors),
        version=revision if version is None or not 1 <= version <= MAX_VERSION else version,
        updated=day(updated),
    )


def digest(*parts: Any) -> str:
    """SHA-256 of what an entry holds; of nothing, where it is nested so deeply that it cannot be written."""
    try:
        written = (p if isinstance(p, str) else json.dumps(p, default=str) for p in parts if p is not None)
        return sha256_text("".join(written))
    except (RecursionError, ValueError):
        return sha256_text("")


def plain(value: Any) -> str | None:
    """A string without outer blanks, or ``None`` for what is empty, no text, or text that is no Unicode."""
    if value is None or isinstance(value, bool | float | dict | list | tuple | bytes):
        return None
    text = str(value).strip()
    return text if text and (text.isascii() or not _ESCAPED.search(text)) else None


def normal_doi(text: str) -> str | None:
    """A DOI without its resolver (``10.1000/182``); DOIs do not tell upper from lower case (ISO 26324)."""
    found = _DOI.match(text)
    return found.group(1).casefold() if found else None


def day(value: Any) -> str | None:
    """A day as ISO 8601 has it, ``YYYY-MM-DD``; ``None`` for a year or month alone and what is no day."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, str):
        return None
    found = _DATE.match(value.strip())
    if not found or found.group(3) is None:
        return None
    try:
        return date(int(found.group(1)), int(found.group(2)), int(found.group(3))).isoformat()
    except ValueError:
        return None


def strings(value: Any, *, blanks: bool = False) -> tuple[str, ...]:
    """Names: a list of strings or of objects with a ``name``, or one string that lists them.

    Args:
        value: what the source gives.
        blanks: whether blanks separate too, as in arXiv's ``cs.CL cs.LG``.
    """
    pieces: Sequence[Any] = ()
    if isinstance(value, str):
        text = " ".join(value.split())  # long runs of blanks would take the expressions long
        if ";" in text:
            pieces = _SEMICOLON.split(text)
        elif blanks and "," not in text:
            pieces = text.split()
        else:
            pieces = _AND.split(text)
    elif isinstance(value, list | tuple):
        pieces = [v.get("name") if isinstance(v, dict) else v for v in value]
    named = (plain(p) for p in pieces)
    return tuple(p for p in named if p is not None)
