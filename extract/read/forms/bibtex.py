"""BibTeX with abstracts, as the ACL Anthology, DBLP, Zotero and JabRef write it.

bibtexparser takes the entries apart, one at a time, so that a file of any length needs the memory of one entry and a
broken entry costs nothing but itself. (pybtex is slower by a fifth and gives an entry up at the same places. For LaTeX,
pylatexenc and latexcodec were tried: they take a hundred times as long as the rest, and the first drops what is behind
an unescaped percent sign; hence the few rules of :func:`plain_text`.)
"""

from __future__ import annotations

import io
import logging
import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO, TextIO

from extract.read.base import Columns, Paper, Reject
from extract.read.fields import make_paper
from extract.read.head import Head
from extract.read.text import check_encoding
from extract.record.ids import sha256_text
from extract.record.resources import load_toml

if TYPE_CHECKING:
    from bibtexparser.model import Block, Entry

NAME = "bibtex"
TRUST = 2

MAX_ENTRY = 1 << 20  # code points; more is a brace that does not close, and must not fill the memory
_MAX_STRINGS = 1 << 20  # code points that all @string definitions of a file may take
_CHUNK = 1 << 16  # code points that are read at once
_MAX_INDENT = 1 << 16  # blanks that may stand before an @

_RULES = load_toml("read/forms/bibtex.toml")
_NOT_PAPERS = frozenset(_RULES["not_papers"])
_MONTHS: dict[str, int] = _RULES["months"]
_ACCENTS: dict[str, str] = _RULES["accents"]
_SIGNS: dict[str, str] = _RULES["signs"]
_GROUPS: dict[str, str] = _RULES["groups"]
_ESCAPED: dict[str, str] = _RULES["escaped"]

_BEGIN = re.compile(r"(?:[ \t]*(?:%[^\n]*)?\n)*[ \t]*@[ \t]*[A-Za-z]\w*[ \t]*[{(]")
_ENTRY = re.compile(r"\n[ \t]*@\w+[ \t]*[{(]")
_TYPE = re.compile(r"[ \t\n]*@(\w*)")
_BLANKS = re.compile(r"[ \t\n\r\f\v]+")
_DELIMITER = re.compile(r'(?<!\\)[{}"#]')
_NAMES = re.compile(r"(?<!\\)[{}]| and |,", re.IGNORECASE)
_URL = re.compile(r"\\url ?\{(.*)\}\Z", re.DOTALL)
_FULL_DAY = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(?:T.*)?\Z", re.DOTALL)
_YEAR = re.compile(r"\d{4}\Z")
_WORD = re.compile(r"[A-Za-z]+|\d+")
_SPECIAL = re.compile(r"[$\\{}]")
_LATEX = re.compile(
    r"(?P<math>\$\$(?:[^$\\]|\\.)+\$\$|\$(?:[^$\\]|\\.)+\$)"
    r"|\{(?P<group>---?|``|''|[`'\"])\}"
    r"|\\(?P<mark>[\"'`^~=.]) ?(?:\{ ?(?P<marked1>\\[ij]|[^\W\d_]) ?\}|(?P<marked2>\\[ij](?![A-Za-z])|[^\W\d_]))"
    r"|\\(?P<hook>[uvHcdbrk])(?: ?\{ ?(?P<hooked1>\\[ij]|[^\W\d_]) ?\}"
    r"| (?P<hooked2>\\[ij](?![A-Za-z])|[^\W\d_](?![^\W\d_])))"
    r"|\\(?P<command>[A-Za-z]+)"
    r"|\\(?P<escaped>.)"
    r"|(?P<open>\{)|(?P<close>\})",
    re.DOTALL,
)


def recognise(head: Head) -> bool:
    """A first line ``@type{``, with nothing but comments (``%``) above it, or the file's ending ``.bib``."""
    return not head.json and (head.suffix == "bib" or _BEGIN.match(head.text) is not None)


def read(stream: BinaryIO, name: str, columns: Columns | None = None) -> Iterator[Paper | Reject]:
    """Papers and rejects in the order of the entries; an entry without an abstract is set aside.

    Args:
        stream: the input's bytes, UTF-8, without compression, from its start.
        name: what messages call the input, and the ``document`` of sources and rejects.
        columns: not looked at: BibTeX has its own names.

    Raises:
        ReadError: the text is in UTF-16 or UTF-32, or is no text.
    """
    check_encoding(stream.read(4096), name)
    stream.seek(0)
    # its warnings quote the text, and go to standard error where nobody set up logging; rejects say the same
    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)
    text = io.TextIOWrapper(stream, "utf-8-sig", "surrogateescape")
    strings, position = _Strings(), 0
    try:
        for line, block in _blocks(text):
            for item in _items(block, line, name, position, strings):
                yield item
                position += 1
    finally:
        text.detach()


def _blocks(text: TextIO) -> Iterator[tuple[int, str]]:
    """Yields ``(line from 1, text)`` from each line that begins with ``@type{`` up to the next.

    Of a text of more than ``MAX_ENTRY`` only the beginning is given, one code point longer than that. What stands
    before the first entry is left out.
    """
    held, line, inside, dropping = "\n", 0, False, False
    while True:
        chunk = text.read(_CHUNK)
        # the last line may be half a beginning, which the next part ends
        searched = max(held.rfind("\n"), 1 if inside else 0)
        held += chunk
        while found := _ENTRY.search(held, searched):
            start = found.start()
            if inside and not dropping:
                yield line, held[: min(start, MAX_ENTRY + 1)]
            line += held.count("\n", 0, start + 1)
            held, searched, inside, dropping = held[start + 1 :], 1, True, False
        if not chunk:
            if inside and not dropping:
                yield line, held[: MAX_ENTRY + 1]
            return
        if inside and not dropping and len(held) > MAX_ENTRY:
            yield line, held[: MAX_ENTRY + 1]
            dropping = True
        if dropping or not inside:
            kept = held.rfind("\n")
            if kept < 0 or len(held) - kept > _MAX_INDENT:
                kept = len(held)  # no entry begins in the middle of a line, or behind so many blanks
            line += held.count("\n", 0, kept)
            held = held[kept:]


def _items(block: str, line: int, name: str, position: int, strings: _Strings) -> Iterator[Paper | Reject]:
    """The entries of a text that begins with ``@type{``: one, or more where they share a line."""
    from bibtexparser.model import Entry, ParsingFailedBlock, String
    from bibtexparser.splitter import Splitter

    def broken(reason: str, raw: str, at: int) -> Reject:
        return Reject(name, position, f"{reason} (allowed: @type{{key, field = {{value}}, ...}})", sha256_text(raw), at)

    if len(block) > MAX_ENTRY:
        if _is_paper(block):
            yield broken(f"an entry of more than {MAX_ENTRY:,} code points", block, line)
        return
    try:
        found: list[Block] = Splitter(block).split().blocks
    except Exception:  # what it does not foresee it raises, of any type, and the other entries must go on
        if _is_paper(block):
            yield broken("not BibTeX", block, line)
        return
    for part in found:
        at = line + (part.start_line or 0)
        while isinstance(part, ParsingFailedBlock) and part.ignore_error_block is not None:
            part = part.ignore_error_block  # a key or field twice: of two fields of one name the first counts
        if isinstance(part, Entry):
            if part.entry_type.casefold() not in _NOT_PAPERS:
                try:
                    yield _paper(part, name, position, at, strings)
                except ValueError:
                    yield broken("not BibTeX: two values without a comma between", part.raw or "", at)
                position += 1
        elif isinstance(part, String):
            with suppress(ValueError):
                strings.define(part.key, part.value)
        elif isinstance(part, ParsingFailedBlock):
            raw = part.raw or ""
            if _is_paper(raw):
                reason = str(getattr(part.error, "abort_reason", ""))
                opened = reason.startswith(("Unexpected block start", "Unexpectedly reached end"))
                what = "a brace or quote does not close" if opened else "something else than fields in an entry"
                yield broken(f"not BibTeX: {what}", raw, at)
                position += 1


def _is_paper(text: str) -> bool:
    found = _TYPE.match(text)
    return found is not None and found.group(1).casefold() not in _NOT_PAPERS


class _Strings:
    """The abbreviations of a file: BibTeX's months and what ``@string`` defines."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {word: word for word in _MONTHS}
        self._size = 0

    def define(self, key: str, value: str) -> None:
        """Remembers an abbreviation, as long as there is room for it."""
        text = self.value(value)
        self._size += len(key) + len(text)
        if self._size <= _MAX_STRINGS:
            self._known[key.casefold()] = text

    def value(self, raw: str) -> str:
        """The text of a value: without its braces or quotes, parts put together, abbreviations written out.

        An abbreviation that was not defined before is empty, as for BibTeX.

        Raises:
            ValueError: it is more than one value; a comma is missing.
        """
        if "#" not in raw:
            return self._part(raw)
        parts, depth, quoted, start = [], 0, False, 0
        for found in _DELIMITER.finditer(raw):
            sign = found.group()
            if sign == "{":
                depth += 1
            elif sign == "}":
                depth -= 1
            elif depth <= 0 and sign == '"':
                quoted = not quoted
            elif depth <= 0 and not quoted and sign == "#":
                parts.append(self._part(raw[start : found.start()]))
                start = found.end()
        return "".join([*parts, self._part(raw[start:])])[:MAX_ENTRY]

    def _part(self, raw: str) -> str:
        part = raw.strip()
        if len(part) > 1 and part[0] + part[-1] in ("{}", '""'):
            inner = part[1:-1]
            if "{" in inner or part[0] in inner:
                depth = 0
                for found in _DELIMITER.finditer(inner):
                    sign = found.group()
                    depth += (sign == "{") - (sign == "}")
                    # {A} year = {2031} and "A" year = "2031": the first delimiter is not closed by the last
                    if (depth < 0 and part[0] == "{") or (depth <= 0 and sign == part[0] == '"'):
                        raise ValueError("more than one value")
            return inner
        return part if part.isdigit() else self._known.get(part.casefold(), "")


def _paper(entry: Entry, name: str, position: int, line: int, strings: _Strings) -> Paper | Reject:
    """An entry as a paper, or the reason why it is none."""
    raw: dict[str, str] = {}
    for field in entry.fields:
        raw.setdefault(field.key.casefold(), field.value)

    def text(key: str) -> str:
        return plain_text(strings.value(raw[key])) if key in raw else ""

    archive = text("archiveprefix") or text("eprinttype")
    link = _BLANKS.sub(" ", strings.value(raw.get("url", ""))).strip()
    if inner := _URL.match(link):
        link = inner.group(1)
    return make_paper(
        name,
        position,
        title=text("title"),
        abstract=text("abstract"),
        own_id=entry.key,
        arxiv_id=text("eprint") if archive.casefold() == "arxiv" else None,
        doi=text("doi"),
        url=plain_text(link),
        published=_published(text("date"), text("year"), text("month"), text("day")),
        categories=text("primaryclass"),
        authors=_authors(strings.value(raw.get("author", ""))),
        line=line,
    )


def _published(date: str, year: str, month: str, day: str) -> str | None:
    """The day of publication where it is fully known: ``date``, or ``year``, ``month`` and ``day``.

    The day may stand in ``month`` too, as in ``month = jan # "~5"``; a range of days is none.
    """
    if _FULL_DAY.match(date):
        return date
    if not _YEAR.match(year):
        return None
    words = _WORD.findall(month)
    numbers = [w for w in words if w.isdigit()]
    named = {_MONTHS[w] for w in map(str.casefold, words) if w in _MONTHS}
    if day:
        numbers.append(day)
    if named:
        numbers = [str(n) for n in named] + numbers
    if len(numbers) != 2 or len(words) - len(numbers) + bool(day) > 0 or not numbers[1].isdecimal():
        return None
    return f"{year}-{int(numbers[0][:9]):02}-{int(numbers[1][:9]):02}"


def _authors(value: str) -> tuple[str, ...]:
    """Names in the order in which they are read: ``Last, First and {The Team}`` are ``First Last``, ``The Team``.

    What stands in braces is one piece: no "and" and no comma in it separates.
    """
    value = _BLANKS.sub(" ", value).strip()
    names: list[list[str]] = [[]]
    depth, start = 0, 0
    for found in _NAMES.finditer(value):
        sign = found.group()
        if sign in "{}":
            depth += 1 if sign == "{" else -1
        elif depth <= 0:
            names[-1].append(value[start : found.start()])
            start = found.end()
            if sign != ",":
                names.append([])
    names[-1].append(value[start:])
    written = []
    for pieces in names:
        plain = [p for p in map(plain_text, pieces) if p]
        # "Last, First" and "Last, Jr, First"
        name = " ".join([plain[-1], *plain[:-1]]) if len(plain) > 1 else "".join(plain)
        if name and name.casefold() != "others":
            written.append(name)
    return tuple(written)


def plain_text(value: str) -> str:
    """A value without BibTeX's markup: accents and signs as Unicode, no protective braces, single blanks.

    What is left as it stands: formulas (``$...$``), commands with their arguments (``\\textbf{...}``), escaped dollars
    and braces, dashes and quotes of several characters outside braces of their own, bare ``~``.
    """
    value = _BLANKS.sub(" ", value).strip()
    if "\\" not in value and "{" not in value and "}" not in value:
        return value
    done: list[str] = []
    kept: list[bool] = []  # for each open brace, whether it is written
    at = argument = 0  # an opening brace at `argument` holds what a command is applied to
    while special := _SPECIAL.search(value, at):
        start = special.start()
        done.append(value[at:start])
        found = _LATEX.match(value, start)
        if found is None:  # a dollar without another, a backslash at the end
            done.append(value[start])
            at = start + 1
            continue
        at, kind = found.end(), found.lastgroup
        if found["math"]:
            done.append(found.group())
        elif found["group"]:
            done.append(_GROUPS[found["group"]])
        elif mark := found["mark"] or found["hook"]:
            letter = found["marked1"] or found["marked2"] or found["hooked1"] or found["hooked2"]
            done.append(unicodedata.normalize("NFC", letter[-1] + _ACCENTS[mark]))
        elif kind == "command":
            sign = _SIGNS.get(found["command"])
            if sign is None:
                done.append(found.group())
                argument = at + (value[at : at + 1] == " ")
            else:
                done.append(sign)
                # TeX takes the blank behind a command as its end, and {} as nothing
                at += 2 if value[at : at + 2] == "{}" else value[at : at + 1] == " "
        elif kind == "escaped":
            done.append(_ESCAPED.get(found["escaped"], found.group()))
        elif kind == "open":
            kept.append(0 < argument == start or value[start - 1 : start] in ("_", "^"))
            done.append("{" if kept[-1] else "")
        elif not kept or kept.pop():
            done.append("}")
            argument = at
    done.append(value[at:])
    return _BLANKS.sub(" ", "".join(done)).strip()
