"""arXiv's feeds: the Atom XML of the API, and the daily listings as Atom or RSS 2.0.

The text goes through expat, guarded by defusedxml, piece by piece, and only the parts of the entry that is being read
are in memory. A document type declaration is refused before anything in it is read: feeds have none, and entities
that multiply or name other files need one. Title and abstract are freed of their wrapping as in
:mod:`extract.read.forms.arxiv_snapshot`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ErrorString

from extract.read.base import Columns, Paper, ReadError, Reject
from extract.read.fields import day, make_paper
from extract.read.forms.arxiv_snapshot import first_doi, mail_day, unwrap
from extract.read.head import Head
from extract.read.text import MAX_LINE, check_encoding
from extract.record.ids import arxiv_version, sha256_text

NAME = "arxiv-atom"
TRUST = 0

_CHUNK = 1 << 16  # bytes
_ATOM = "{http://www.w3.org/2005/Atom}"
_ARXIV = "{http://arxiv.org/schemas/atom}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_ROOTS = (f"{_ATOM}feed", f"{_ATOM}entry", "rss")
_ENTRIES = (f"{_ATOM}entry", "item")
# elements whose text is wanted, and what it is called below
_TEXTS = {
    f"{_ATOM}id": "id",
    f"{_ATOM}title": "title",
    f"{_ATOM}summary": "summary",
    f"{_ATOM}published": "published",
    f"{_ATOM}updated": "updated",
    f"{_ARXIV}doi": "doi",
    f"{_ARXIV}DOI": "doi",
    f"{_ARXIV}announce_type": "announced",
    f"{_DC}creator": "creator",
    "guid": "id",
    "title": "title",
    "description": "summary",
    "pubDate": "published",
    "link": "link",
    "category": "category",
}
_AUTHOR, _PERSON = f"{_ATOM}author", f"{_ATOM}name"
_BEGIN = re.compile(r"<(?:[\w-]+:)?(?:feed|rss|entry)[\s>]")
_ERROR_ID = re.compile(r"https?://(?:export\.)?arxiv\.org/api/errors")
# what the daily listings put before the abstract
_PREAMBLE = re.compile(r"\s*arXiv:\S{1,40}\s+Announce Type:\s*[\w-]{1,40}\s+Abstract:", re.IGNORECASE)
_CATEGORY = re.compile(r"[a-z][a-z-]+(?:\.[A-Za-z-]+)?\Z")  # authors also give classes of MSC (68T50) and ACM (I.2.7)


def recognise(head: Head) -> bool:
    """XML with a feed in it that names arXiv."""
    return head.text.startswith("<") and bool(_BEGIN.search(head.text)) and "arxiv.org" in head.text


class _Entry:
    """The texts of one entry by part, as far as they are read."""

    def __init__(self, line: int) -> None:
        self.line = line
        self.parts: dict[str, list[str]] = {}

    def add(self, part: str, text: str | None) -> None:
        if text:
            self.parts.setdefault(part, []).append(text)

    def first(self, part: str) -> str | None:
        return self.parts.get(part, [None])[0]


class _Target:
    """What the parser tells its events to; keeps the entries that are whole until they are taken.

    Attributes:
        root: the document's outermost element, once it has begun.
        entries: whole entries.
    """

    def __init__(self) -> None:
        self.root: str | None = None
        self.entries: list[_Entry] = []
        self.line_of: Callable[[], int] = int
        self._entry: _Entry | None = None
        self._depth = 0
        self._inside = 0  # the depth of the entry
        self._author = False
        self._part: str | None = None
        self._until = 0  # the depth of the element of the part
        self._text: list[str] = []

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        self._depth += 1
        if self.root is None:
            self.root = tag
        if self._entry is None:
            if tag in _ENTRIES and self.root in _ROOTS:
                self._entry, self._inside = _Entry(self.line_of()), self._depth
            return
        level = self._depth - self._inside
        if level == 1:
            self._author = tag == _AUTHOR
            if tag in _TEXTS:
                self._part = _TEXTS[tag]
            elif tag == f"{_ATOM}category":
                self._entry.add("category", attributes.get("term"))
            elif tag == f"{_ARXIV}primary_category":
                self._entry.add("primary", attributes.get("term"))
            elif tag == f"{_ATOM}link":
                if attributes.get("title") == "doi":
                    self._entry.add("doi", attributes.get("href"))
                elif attributes.get("rel", "alternate") == "alternate":
                    self._entry.add("link", attributes.get("href"))
        elif level == 2 and self._author and tag == _PERSON:
            self._part = "author"
        if self._part is not None and not self._until:
            self._until = self._depth

    def data(self, text: str) -> None:
        """Text between tags."""
        if self._part is not None:
            self._text.append(text)

    def end(self, _tag: str) -> None:
        """An element ends."""
        if self._entry is not None:
            if self._part is not None and self._depth == self._until:
                self._entry.add(self._part, "".join(self._text).strip())
                self._part, self._until, self._text = None, 0, []
            if self._depth == self._inside:
                self.entries.append(self._entry)
                self._entry = None
        self._depth -= 1

    def close(self) -> None:
        """The document ends."""

    def take(self) -> list[_Entry]:
        """The entries that became whole since the last call."""
        taken, self.entries = self.entries, []
        return taken


def _paper(entry: _Entry, name: str, position: int) -> Paper | Reject:
    title, summary = entry.first("title"), entry.first("summary")
    identifier, version = arxiv_version(entry.first("id") or "")
    if identifier is None:
        identifier, version = arxiv_version(entry.first("link") or "")
    if identifier is None:
        if title == "Error" or _ERROR_ID.match(entry.first("id") or ""):
            problem = "an error message of arXiv's API and no paper (allowed: answers to a query that it understands)"
        else:
            problem = "no arXiv identifier (allowed: an id such as http://arxiv.org/abs/2401.00001v1)"
        return Reject(name, position, problem, sha256_text(f"{title or ''}{summary or ''}"), entry.line)
    published, updated, listed = entry.first("published"), entry.first("updated"), None
    preamble = _PREAMBLE.match(summary or "")
    daily = preamble is not None or "announced" in entry.parts
    if daily:
        # the days of a listing are its own, not those of the paper
        listed, published, updated = day(published) or day(mail_day(published)), None, None
    if summary and preamble:
        summary = summary[preamble.end() :]
    authors = entry.parts.get("author") or entry.parts.get("creator") or []
    categories = dict.fromkeys(entry.parts.get("primary", []) + entry.parts.get("category", []))
    return make_paper(
        name,
        position,
        title=unwrap(title),
        abstract=unwrap(summary),
        arxiv_id=identifier,
        doi=first_doi(entry.first("doi")),
        url=f"https://arxiv.org/abs/{identifier}",
        published=published,
        updated=updated,
        categories=[c for c in categories if _CATEGORY.match(c)],
        authors=unwrap(authors[0]) if daily and len(authors) == 1 else [unwrap(a) for a in authors],
        version=version,
        listed=listed,
        line=entry.line,
    )


def read(stream: BinaryIO, name: str, columns: Columns | None = None) -> Iterator[Paper | Reject]:
    """Papers and rejects in the order of the feed.

    ``published`` is the day (UTC) of the first version, ``updated`` that of the one whose number ``version`` is. The
    daily listings tell only the day of the listing, which becomes the ``listed`` of the source.

    Args:
        stream: the input's bytes, UTF-8, without compression, from its start.
        name: what messages call the input, and the ``document`` of sources and rejects.
        columns: not looked at: the form has its own names.

    Raises:
        ReadError: the text is no XML from some place on, no feed, has a document type declaration, or an entry of more
            than ``MAX_LINE`` bytes; what came before stays.
    """
    from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
    from defusedxml.ElementTree import DefusedXMLParser  # type: ignore[import-untyped]

    target = _Target()
    parser = DefusedXMLParser(target=target, forbid_dtd=True)
    expat = parser.parser
    target.line_of = lambda: int(expat.CurrentLineNumber)
    position, held, begun = 0, 0, False
    problem: str | None = None
    ended = False
    while problem is None and not ended:
        # expat begins a tag that goes on behind its text anew each time: more text, in doubling steps
        data = stream.read(max(_CHUNK, held))
        ended = not data
        if not begun:
            check_encoding(data, name)
            begun = True
        try:
            if ended:
                parser.close()
            else:
                parser.feed(data)
        except DefusedXmlException:
            line = expat.CurrentLineNumber
            problem = f"{name}:{line}: a document type declaration, which is not read (allowed: XML without)"
        except ParseError as error:
            line, column = error.position
            problem = f"{name}:{line}:{column + 1}: not XML: {ErrorString(error.code)} (allowed: an Atom or RSS feed)"
        except (LookupError, ValueError):
            line = expat.CurrentLineNumber
            problem = f"{name}:{line}: not XML in an encoding that can be read (allowed: UTF-8)"
        if problem is None and target.root not in (None, *_ROOTS):
            problem = f"{name}: XML, but no feed (allowed: an Atom or RSS feed of arXiv)"
        whole = target.take()
        for entry in whole:
            yield _paper(entry, name, position)
            position += 1
        held = 0 if whole else held + len(data)
        if problem is None and held > MAX_LINE:
            problem = f"{name}: an entry of more than {MAX_LINE:,} bytes (allowed: the entries of a feed)"
    if problem is not None:
        raise ReadError(problem)
