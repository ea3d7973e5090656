"""What every reader keeps to, whatever bytes it is given; without a fuzzer, so that tests replay cases by it.

``check(form, data)`` raises where a reader does not: any error but :class:`ReadError`, a message of several lines or
without end, a gap in the positions, a paper that no record can be made of, entries that are lost, or more than
``SECONDS`` of processor time.
"""

from __future__ import annotations

import io
import json
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from extract.cli import printable
from extract.curate import Curated
from extract.read import inputs, text
from extract.read.base import Chosen, Document, Paper, ReadError, Reject
from extract.read.forms import FORMS, arxiv_atom, bibtex, json_lines, json_list, listing, parquet, separated
from extract.read.head import WRAPPER
from extract.read.inputs import BY_NAME, id_of, read_place, recognise
from extract.read.places import Place
from extract.record.model import Record
from extract.record.resources import load_schema, schema_folder
from extract.validate import errors
from extract.validate.entries import entry_problems, migrated, read_entry
from extract.validate.problem import Problem
from extract.validate.text import UnreadableError

SECONDS = 2.0
MAX_BYTES = 1 << 16
MAX_MESSAGE = 300

NAMES = (*(form.NAME for form in FORMS), "places", "entry", "auto")
"""What can be fuzzed: the forms, whole files, entries made by hand, and inputs whose form is recognised."""

_NAME = "input"
_LINES = ("jsonl", "arxiv-snapshot")
_OTHER_NAMES = ("a.bib", "a.csv", "a.tsv.gz", "a.jsonl", "a.json", "a.txt")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANKS = re.compile(r"\s{64}")
_LIMITS = 256  # wrappers longer than this are told from other objects only in a window of full size


class WrongError(AssertionError):
    """A reader does not keep to what it promises."""


def check(form: str, data: bytes) -> None:
    """Runs the readers of a form (one of ``NAMES``) over an input.

    Raises:
        WrongError: what they gave is not as it has to be, or took too long; any other error is theirs.
    """
    _CHECKS.get(form, _form)(form, data)


@contextmanager
def _timed(data: bytes) -> Iterator[None]:
    """What is done here must not take long."""
    begun = time.process_time()
    yield
    took = time.process_time() - begun
    hold(took <= SECONDS or len(data) > MAX_BYTES, f"{took:.1f} s of processor time for {len(data):,} bytes")


def hold(condition: object, what: str) -> None:
    if not condition:
        raise WrongError(what)


def _form(form: str, data: bytes) -> None:
    with _timed(data):
        items, error = _read(form, data)
    _check_items(items, data)
    _check_count(form, data, items, error)
    _check_last(form, data)
    if b"\0" not in data and not _has_long_wrapper(data):
        with _limits(_PIECES):
            again, cut = _read(form, data)
        same = again == items and (cut is None) == (error is None)
        hold(same, f"{len(items)} entries, but {len(again)} others where the text comes in small pieces")
    with _limits(_PIECES | _SMALL):
        _check_items(_read(form, data)[0], data, many=True)


def _has_long_wrapper(data: bytes) -> bool:
    """Whether an object that may wrap a list has so much before the list that a small window does not show it."""
    text = data.decode("utf-8", "replace")
    if _BLANKS.search(text):  # the expression takes long where it does not begin with an object
        return "{" in text
    return any(len(found.group()) > _LIMITS for found in WRAPPER.finditer(text))


def _read(form: str, data: bytes) -> tuple[list[Paper | Reject], str | None]:
    """Entries, and the message where the reading ended with one."""
    items: list[Paper | Reject] = []
    try:
        for item in BY_NAME[form].read(io.BytesIO(data), _NAME, Chosen()):
            items.append(item)
    except ReadError as error:
        _check_message(str(error))
        return items, str(error)
    return items, None


_PIECES: dict[tuple[Any, str], int] = {
    (json_list, "WINDOW"): 1 << 9,
    (json_list, "SIZE"): 1 << 9,
    (arxiv_atom, "_CHUNK"): 1 << 7,
    (bibtex, "_CHUNK"): 1 << 6,
    (parquet, "_BATCH"): 1,
}
_SMALL: dict[tuple[Any, str], int] = {
    (bibtex, "MAX_ENTRY"): 1 << 8,
    (bibtex, "_MAX_STRINGS"): 1 << 7,
    (bibtex, "_MAX_INDENT"): 1 << 4,
    (text, "MAX_TITLE"): 30,
    (text, "MAX_ABSTRACT"): 80,
    **{(module, "MAX_LINE"): 1 << 9 for module in (arxiv_atom, json_lines, json_list, listing, separated, text)},
}


@contextmanager
def _limits(values: dict[tuple[Any, str], int]) -> Iterator[None]:
    """Lower limits of the readers, so that small inputs reach them."""
    before = {(module, name): getattr(module, name) for module, name in values}
    try:
        for (module, name), value in values.items():
            setattr(module, name, value)
        yield
    finally:
        for (module, name), value in before.items():
            setattr(module, name, value)


def _check_items(items: list[Paper | Reject], data: bytes, document: str = _NAME, many: bool = False) -> None:
    """Positions without gaps, papers that records can be made of, rejects that say why.

    Args:
        items: what was read from one document.
        data: the document, whose lines are counted; of an archive, nothing.
        document: its name.
        many: whether lines are cut where they are too long.
    """
    most = None if many or not data else 1 + data.count(b"\n") + data.count(b"\r")
    for number, item in enumerate(items):
        if isinstance(item, Paper):
            _check_paper(item)
            (source,) = item.sources
            hold((source.document, source.position) == (document, number), f"entry {number} is {source}")
            hold(source.listed is None or _is_text(source.listed), f"listed: {source.listed!r}")
            continue
        hold(type(item) is Reject, f"neither paper nor reject: {type(item)}")
        hold((item.document, item.position) == (document, number), f"entry {number} is {item}")
        _check_message(item.reason)
        hold(_SHA256.fullmatch(item.sha256), f"no hash: {item}")
        hold(item.line is None or (item.line >= 1 and (most is None or item.line <= most)), f"no such line: {item}")


def _check_paper(paper: Paper) -> None:
    for value in (paper.title, paper.abstract):
        hold(value and value == value.strip() and not _SURROGATE.search(value), f"not trimmed text: {value!r}")
    known = {"paper_id": id_of(paper)}
    known |= {field: getattr(paper, field) for field in ("arxiv_id", "doi", "url", "published")}
    for field, value in known.items():
        hold(value is None or (_is_text(value) and _pattern(field).fullmatch(value)), f"{field}: {value!r}")
    hold(len(known["paper_id"]) <= 256, f"paper_id: {known['paper_id']!r}")
    for day in (paper.published, paper.updated):
        hold(day is None or date.fromisoformat(day).isoformat() == day, f"no day: {day!r}")
    for value in (*paper.categories, *paper.authors):
        hold(_is_text(value), f"no name: {value!r}")
    hold(paper.version is None or (type(paper.version) is int and paper.version > 0), f"version: {paper.version!r}")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != "" and not _SURROGATE.search(value)


@cache
def _pattern(field: str) -> re.Pattern[str]:
    return re.compile(load_schema()["properties"][field]["pattern"])


def _check_message(message: str) -> None:
    hold(message.strip() and len(message.splitlines()) == 1, f"not one line: {message!r}")
    hold(printable(message).isprintable(), f"cannot be printed: {message!r}")
    hold(len(message) <= MAX_MESSAGE, f"a message of {len(message)} code points: {message!r}")


def _check_count(form: str, data: bytes, items: list[Paper | Reject], error: str | None) -> None:
    """One entry for each line that is not blank, for each item of a list, for each row; none is lost."""
    if form in _LINES:
        lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
        expected = sum(bool(line.strip()) for line in lines)
    elif form in ("json", "daily-papers", "openreview"):
        nested = max(data.count(b"["), data.count(b"{")) > 100
        try:
            value = None if nested else json.loads(data.decode("utf-8-sig"))
        except ValueError:
            return
        if not isinstance(value, list):
            return
        expected = len(value)
    else:
        return
    hold(len(items) == expected and error is None, f"{len(items)} entries of {expected} (error: {error})")


_TITLE, _ABSTRACT = "The Last One", "It is read."
_LAST = {
    "jsonl": f'\n{{"title": "{_TITLE}", "abstract": "{_ABSTRACT}"}}\n',
    "arxiv-snapshot": f'\n{{"id": "1601.00321", "title": "{_TITLE}", "abstract": "{_ABSTRACT}"}}\n',
    "bibtex": f"\n@misc{{last, title = {{{_TITLE}}}, abstract = {{{_ABSTRACT}}}}}\n",
    "csv": f"\n{_TITLE},{_ABSTRACT}\n",
    "tsv": f"\n{_TITLE}\t{_ABSTRACT}\n",
}
_FIRST = {"csv": "title,abstract\n", "tsv": "title\tabstract\n"}


def _check_last(form: str, data: bytes) -> None:
    """Nothing that stands before a whole entry keeps it from being read, where entries are told by lines."""
    if form not in _LAST:
        return
    items, error = _read(form, _FIRST.get(form, "").encode() + data + _LAST[form].encode())
    if error is not None:
        hold(form not in _LINES and not items, f"the last entry is lost: {error}")
        return
    last = items[-1] if items else None
    told = isinstance(last, Paper) and (last.title, last.abstract) == (_TITLE, _ABSTRACT)
    hold(told, f"the last entry is lost: {last}")


def _auto(_form_: str, data: bytes) -> None:
    for name in (_NAME, *_OTHER_NAMES):
        try:
            with _timed(data):
                form = recognise(data[: inputs.SIZE], name).NAME
        except ReadError as error:
            _check_message(str(error))
            continue
        if name == _NAME:
            _form(form, data)


def _places(_form_: str, data: bytes) -> None:
    """The bytes as a file, with whatever compression and archive they are."""
    path = _folder() / _NAME
    path.write_bytes(data)
    found: list[tuple[Document, list[Paper | Reject]]] = []
    try:
        with _timed(data):
            for item in read_place(Place(str(path), _NAME)):
                if isinstance(item, Document):
                    found.append((item, []))
                else:
                    found[-1][1].append(item)
    except ReadError as error:
        _check_message(str(error).replace(str(path), _NAME))
    for document, items in found:
        hold(_SHA256.fullmatch(document.sha256), f"no hash: {document}")
        hold(_is_text(document.name), f"no name: {document}")
        if document.format == "archive":  # what it is told of are members, by their numbers
            numbers = [item.position for item in items if isinstance(item, Reject)]
            hold(len(numbers) == len(items) and numbers == sorted(set(numbers)), f"no such members: {items}")
            for item in items:
                _check_message(item.reason)  # type: ignore[union-attr]
        else:
            _check_items(items, b"", document.name)
        hold(document.entries == len(items), f"{len(items)} entries in {document}")
        hold(document.rejects == sum(isinstance(i, Reject) for i in items), f"rejects are miscounted: {document}")


@cache
def _folder() -> Path:
    global _kept
    _kept = tempfile.TemporaryDirectory(prefix="glean-fuzz-")
    return Path(_kept.name)


_kept: tempfile.TemporaryDirectory[str] | None = None


def _entry(_form_: str, data: bytes) -> None:
    """The bytes as a file of an entry made by hand, YAML and JSON: read, validated, and merged where it is valid."""
    for name in ("entry.yaml", "entry.json"):
        path = _folder() / name
        path.write_bytes(data)
        try:
            with _timed(data):
                entry = read_entry(path, name)
        except UnreadableError as error:
            _check_message(str(error))
            hold(error.line is None or error.line >= 1, f"no such line: {error.line}")
            continue
        try:
            _check_problems(entry_problems(migrated(entry)))  # takes as long as there are problems, so not timed
        except ValueError as error:  # of a version that nothing leads from
            _check_message(str(error))
        curated = Curated()
        curated.add(entry)
        record = Record(json.loads(_example()))
        for made in curated.corrected([record]):
            hold(not list(errors(made)), f"not a valid record: {list(errors(made))}")
        for paper in curated.new_papers():
            _check_paper(paper)
        _check_problems([*curated.problems, *curated.unknown()])
        hold(curated.set_aside + len(curated) == 1, "an entry is lost")
        hold(curated.set_aside == 0 or curated.problems, "set aside without a word")


@cache
def _example() -> str:
    return (schema_folder() / "example.json").read_text("utf-8")


def _check_problems(problems: list[Problem]) -> None:
    for problem in problems:
        hold(problem.message.strip() and str(problem).isprintable(), f"cannot be printed: {problem}")
        hold(len(problem.message) <= MAX_MESSAGE, f"a message of {len(problem.message)} code points: {problem}")
        hold(problem.line is None or problem.line >= 1, f"no such line: {problem}")


_CHECKS: dict[str, Callable[[str, bytes], None]] = {"auto": _auto, "places": _places, "entry": _entry}
