r"""The arXiv metadata snapshot: JSON Lines with one paper a line, some millions of them.

arXiv's feeds wrap title and abstract at about 80 columns: the text has line breaks, each followed by the blanks that
indent the next line, and the abstract begins with two. That is the feed's typesetting and not the author's text, and
the API, the listings and Daily Papers need not break the same abstract at the same places. :func:`unwrap` makes one
blank of a line break and the blanks around it, here and in those forms, so that a paper has the same text and the same
hash wherever it was read, and no quoted span has a line break in it. Other blanks stay as they are. The offsets of a
record count into this text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Any, BinaryIO

from extract.read.base import Columns, Paper, Reject
from extract.read.fields import make_paper
from extract.read.forms.json_lines import rows
from extract.read.forms.json_list import reject
from extract.read.head import Head
from extract.record.ids import normalize_arxiv

NAME = "arxiv-snapshot"
TRUST = 0

_NEEDED = {"id", "title", "abstract", "categories"}
_TELLING = {"versions", "authors_parsed", "update_date"}
# how each line of the snapshot begins: known by that where the head is too short for one whole line
_BEGIN = re.compile(r'^\{ ?"id": ?(?:"[^"\n]{1,40}"|[\d.]{1,12}), ?"submitter": ?', re.MULTILINE)
_IDENTIFIER = re.compile(r"[0-9]{4}\.[0-9]{4,5}\Z")
_DECIMAL = re.compile(r"[0-9]{3,4}\.[0-9]{1,5}\Z")
_VERSION = re.compile(r"v?([1-9]\d{0,2})\Z")
_DAY_LENGTH = len("Mon, 02 Apr 2007")
_MAIL_DATE = re.compile(r"(?:[A-Z][a-z]{2},\s*)?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4})(?!\d)")
_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = {month: number for number, month in enumerate(_NAMES, 1)}


def recognise(head: Head) -> bool:
    """Lines with the snapshot's keys, also where the first line is broken or longer than the head."""
    if head.json == "list":
        return False
    keys = head.first.keys()
    if keys >= _NEEDED and not keys.isdisjoint(_TELLING):
        return head.json == "lines" or "\n" not in head.text.strip()
    return _BEGIN.search(head.text) is not None


def unwrap(text: Any) -> Any:
    """A text without its wrapping: one blank for each line break and the white space around it.

    What is no string is given back as it is, for ``make_paper`` to refuse.
    """
    if not isinstance(text, str) or "\n" not in text:
        return text
    return " ".join(filter(None, map(str.strip, text.split("\n"))))


def mail_day(value: Any) -> date | None:
    """The day of a date as mail has it (RFC 5322), ``Mon, 2 Apr 2007 19:18:42 GMT``; ``None`` for what is none."""
    return _mail_day(value[:_DAY_LENGTH]) if isinstance(value, str) else None


@lru_cache(maxsize=1 << 14)  # arXiv has some ten thousand days, and two of them in each entry
def _mail_day(value: str) -> date | None:
    found = _MAIL_DATE.match(value)
    if not found or found.group(2) not in _MONTHS:
        return None
    try:
        return date(int(found.group(3)), _MONTHS[found.group(2)], int(found.group(1)))
    except ValueError:
        return None


def first_doi(value: Any) -> Any:
    """The first of several DOIs with blanks, commas or semicolons between: the others are of errata."""
    words = value.split(None, 1) if isinstance(value, str) else []
    return words[0].rstrip(",;") if words else None


def identifier(value: Any) -> str | None:
    """The arXiv identifier of an entry, without version, or ``None``.

    Tables that were written again by tools that take ``0704.0010`` for a number have ``704.001``. How many digits an
    identifier has is told by its year and month (four behind the point until 1412, five from 1501 on), so the zeros
    that were lost can be put back without a guess.
    """
    if isinstance(value, str):
        if _IDENTIFIER.match(value) and (value[:4] < "1501") == (len(value) == 9):
            return value
        value = value.strip()
        known = normalize_arxiv(value)
        if known is not None and (not _DECIMAL.match(known) or (known[:4] < "1501") == (len(known) == 9)):
            return known
        if not _DECIMAL.match(value):
            return None
        value = float(value)
    if not isinstance(value, float) or not 704 <= value < 10000:
        return None
    month = int(value)
    written = f"{value:09.4f}" if month < 1501 else f"{value:010.5f}"
    # rounding would make another paper's identifier of a number with too many digits
    return written if 1 <= month % 100 <= 12 and float(written) == value and float(written) != month else None


def _history(versions: Any) -> tuple[date | None, date | None, int | None]:
    """``(day of the first version, day of the last, number of the last)``, each where it is told."""
    told = [v for v in versions if isinstance(v, dict)] if isinstance(versions, list) else []
    if not told:
        return None, None, None
    number = told[-1].get("version")
    found = _VERSION.match(number) if isinstance(number, str) else None
    return mail_day(told[0].get("created")), mail_day(told[-1].get("created")), int(found[1]) if found else None


def _authors(entry: dict[str, Any]) -> Any:
    """Names from ``authors_parsed`` (last, first, suffix; in Unicode), else the string of ``authors`` (in LaTeX)."""
    parsed = entry.get("authors_parsed")
    names = []
    for author in parsed if isinstance(parsed, list) else ():
        if isinstance(author, list) and len(author) > 1:
            last, first, *more = author
            if isinstance(last, str) and isinstance(first, str):
                # what stands behind the suffix is the affiliation
                suffix = more[0] if more and isinstance(more[0], str) else ""
                names.append(f"{first} {last} {suffix}".strip())
    return names or unwrap(entry.get("authors"))


def _categories(value: Any) -> Any:
    """``"cs.CL cs.LG"``; the snapshot's first editions had that string in a list."""
    return " ".join(v for v in value if isinstance(v, str)) if isinstance(value, list) else value


def read(stream: BinaryIO, name: str, columns: Columns | None = None) -> Iterator[Paper | Reject]:
    """Papers and rejects in the order of the lines, one line in memory at a time.

    ``published`` is the day of the first version, ``updated`` that of the last, of which title and abstract are, and
    ``version`` its number. The snapshot's ``update_date`` is left: it is a day of the catalogue, not of the text.
    A line that is no object, or has no arXiv identifier, title or abstract, is set aside.

    Args:
        stream: the input's bytes, UTF-8, without compression, from its start.
        name: what messages call the input, and the ``document`` of sources and rejects.
        columns: not looked at: the form has its own names.
    """
    for position, line, entry in rows(stream, name):
        if isinstance(entry, Reject):
            yield entry
            continue
        if not isinstance(entry, dict):
            problem = "no object (allowed: one JSON object a line, with id, title and abstract)"
            yield reject(name, position, line, problem, entry)
            continue
        own = identifier(entry.get("id"))
        if own is None:
            problem = "no arXiv identifier (allowed: an id such as 0704.0001, 2401.00001 or hep-th/9901001)"
            yield reject(name, position, line, problem, entry)
            continue
        published, updated, version = _history(entry.get("versions"))
        yield make_paper(
            name,
            position,
            title=unwrap(entry.get("title")),
            abstract=unwrap(entry.get("abstract")),
            arxiv_id=own,
            doi=first_doi(entry.get("doi")),
            url=f"https://arxiv.org/abs/{own}",
            published=published,
            updated=updated,
            categories=_categories(entry.get("categories")),
            authors=_authors(entry),
            version=version,
            line=line,
        )
