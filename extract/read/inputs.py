"""From the inputs that a person names to papers: finding, opening, recognising, reading, merging."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from extract.read.base import Chosen, Columns, Document, Form, Paper, ReadError, Reject
from extract.read.forms import FORMS, hub
from extract.read.head import SIZE, Head
from extract.read.merge import Conflict, Gathering
from extract.read.packed import TooLargeError
from extract.read.places import BROKEN, UNREADABLE, Opened, Place, find, one_line, opened
from extract.read.rejects import Conflicts, Counting, RejectLog
from extract.read.text import check_encoding
from extract.record.ids import paper_id, sha256_text

BY_NAME: dict[str, Form] = {form.NAME: form for form in FORMS}
Item = Document | Paper | Reject
_LINE = re.compile(r":(\d+)?:? ?")
FORMATS = (*BY_NAME, hub.NAME)


def recognise(data: bytes, name: str) -> Form:
    """The form of an input by its first bytes, and by its name only where they leave it open.

    Raises:
        ReadError: it is none of the forms.
    """
    head = Head(data, name)
    for form in FORMS:
        if form.recognise(head):
            return form
    allowed = f"allowed: {', '.join(FORMATS)}, plain or .gz, .xz, .zst"
    if b"\0" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ReadError(f"{name}: a binary file ({allowed})")
    check_encoding(data, name)
    raise ReadError(
        f"{name}: neither a saved listing page nor a table of papers, nor another known form ({allowed}; "
        "--format names the form where it cannot be recognised)"
    )


def _items(file: Opened, place: Place, form: str | None, columns: Columns | None) -> Iterator[Item]:
    """The document, then its papers and rejects.

    Raises:
        ReadError: nothing of it could be read.
    """
    label = place.where if place.named and file.name == place.name else file.name
    entries = 0
    try:
        data = file.stream.read(SIZE)
        file.stream.seek(0)
        chosen = BY_NAME[form] if form else recognise(data, label)
        yield Document(file.name, file.sha256, file.size, chosen.NAME)
        for item in chosen.read(file.stream, label, columns):
            entries += 1
            yield item
        problem = file.broken and f"{label}: {file.broken}"
        if not entries and not problem:
            problem = f"{label}: no entry found (allowed: at least one paper)"
    except BROKEN as error:
        problem = f"{label}: the compressed data is broken or cut off ({one_line(error)})"
    except ReadError as error:
        problem = str(error)
    except TooLargeError as error:
        problem = f"{label}: {error}"
    except OSError as error:
        cut = "runcated" in str(error) or "zstd" in str(error).casefold()
        what = "the compressed data is broken or cut off" if cut else "cannot be read"
        problem = f"{label}: {what} ({one_line(error.strerror or error)})"
    if problem:
        if not entries:
            raise ReadError(f"{label}: {file.broken}" if file.broken else problem)
        # what came before the break has been read: the break is one entry more
        yield _break(file.name, entries, problem, file.sha256, label)


def _break(document: str, position: int, problem: str, sha256: str, *labels: str) -> Reject:
    """What an input that cannot be read, or not to its end, is set aside with: the problem without the input's name."""
    line = None
    for label in labels:
        if problem.startswith(f"{label}:"):
            found = _LINE.match(problem, len(label))
            line = int(found.group(1)) if found and found.group(1) else None
            problem = problem[found.end() :] if found else problem
            break
    return Reject(document, position, problem, sha256, line)


def _files(place: Place, form: str | None, columns: Columns | None) -> Iterator[Item]:
    if place.dataset:
        digest, size = hub.fingerprint(place.where)
        yield Document(place.name, digest, size, hub.NAME)
        empty = True
        for item in hub.read(place.where, place.name, columns):
            empty = False
            yield item
        if empty:
            raise ReadError(f"{place.where}: no entry found (allowed: at least one paper)")
        return
    archive: Document | None = None
    names: Counter[str] = Counter()
    refused: list[Reject] = []
    with opened(place) as files:
        try:
            for file in files:
                if isinstance(file, Document):
                    archive = file
                elif isinstance(file, Reject):
                    refused.append(file)
                elif archive is None:
                    yield from _items(file, place, form, columns)
                else:
                    names[file.name] += 1
                    if (times := names[file.name]) > 1:  # an archive may hold two files of one name
                        file.name += f" ({times})"
                    yield from _found(file, place, form, columns)
        except UNREADABLE as error:
            what = "archive" if archive else "compressed data"
            problem = f"the {what} is broken or cut off ({one_line(error)})"
            if isinstance(error, TooLargeError):
                problem = one_line(error)
            if archive is None or not (names or refused):
                raise ReadError(f"{place.where}: {problem}") from None
            refused.append(Reject(place.name, names.total() + len(refused), problem, archive.sha256))
    if archive and refused:
        yield archive
        yield from refused
    elif archive and not names:
        raise ReadError(f"{place.where}: no file in the archive (allowed: an archive with inputs)")


def _found(file: Opened, place: Place, form: str | None, columns: Columns | None) -> Iterator[Item]:
    """A file that nobody named: where it cannot be read, it is one reject."""
    known = False
    try:
        for item in _items(file, place, form, columns):
            known = known or isinstance(item, Document)
            yield item
    except ReadError as error:
        if not known:
            yield Document(file.name, file.sha256, file.size, form or "unknown")
        yield _break(file.name, 0, str(error), file.sha256, file.name)


def read_place(place: Place, form: str | None = None, columns: Columns | None = None) -> Iterator[Item]:
    """One input: each :class:`Document` in it (an archive has several), followed by its papers and rejects.

    Raises:
        FileNotFoundError: there is no such file.
        ReadError: a person named this input, and nothing of it can be read.
    """
    document = Document(place.name, "", 0, "")
    chosen = Chosen(columns)
    try:
        for item in _files(place, form, chosen):
            if isinstance(item, Document):
                document = item
                chosen.taken, chosen.guessed = document.columns, False
                yield document
                continue
            document.entries += 1
            document.guessed = chosen.guessed
            if isinstance(item, Paper):
                yield item.with_sources(tuple(replace(s, document=document.name) for s in item.sources))
            else:
                document.rejects += 1
                yield replace(item, document=document.name)
    except ReadError as error:
        if place.named:
            raise
        if not document.format:
            document = Document(place.name, sha256_text(""), 0, form or "unknown")
            yield document
        document.entries += 1
        document.rejects += 1
        yield _break(place.name, document.entries - 1, str(error), document.sha256, place.where, place.name)


@dataclass(slots=True)
class Reading(Counting):
    """What was read: the papers, each once, and an account of every input.

    Papers and rejects wait on disk: they can be gone through more than once, and are gone with this object.
    """

    papers: Gathering = field(default_factory=Gathering)
    documents: list[Document] = field(default_factory=list)
    rejects: RejectLog = field(default_factory=RejectLog)
    conflicts: Conflicts = field(default_factory=Conflicts)

    @property
    def entries(self) -> int:
        """Entries in all inputs, rejects and repeated papers included."""
        return sum(d.entries for d in self.documents)


def id_of(paper: Paper) -> str:
    """The ``paper_id`` that the record of a paper gets."""
    return paper_id(paper.title, paper.own_id, paper.arxiv_id)


def entries(
    sources: Sequence[str], form: str | None = None, columns: Columns | None = None
) -> Iterator[Paper | Reject]:
    """Every entry of all inputs as it stands there, one after the other; nothing is merged or held.

    Raises:
        FileNotFoundError: there is no such file.
        ReadError: an input cannot be read at all.
    """
    for place in find(sources, form):
        for item in read_place(place, form, columns):
            if not isinstance(item, Document):
                yield item


def read_inputs(
    sources: Sequence[str],
    form: str | None = None,
    columns: Columns | None = None,
) -> Reading:
    """Reads all inputs; every paper once.

    Args:
        sources: files, folders, patterns, archives, ``hf://`` datasets, ``-`` for standard input.
        form: the form of all of them (one of ``FORMATS``), where it is not to be recognised.
        columns: which column of a table holds which part of a paper.

    Raises:
        FileNotFoundError: there is no such file.
        ReadError: an input that a person named cannot be read at all.
    """
    reading = Reading()
    for place in find(sources, form):
        trust = 9
        for item in read_place(place, form, columns):
            if isinstance(item, Document):
                reading.documents.append(item)
                trust = hub.TRUST if item.format == hub.NAME else getattr(BY_NAME.get(item.format), "TRUST", 9)
            elif isinstance(item, Paper):
                reading.papers.add(item, trust)
            else:
                reading.rejects.add(item)
    for told in reading.papers.close():
        if isinstance(told, Conflict):
            reading.conflicts.add(told)
        else:
            reading.set_aside(told)
    return reading
