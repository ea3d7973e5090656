"""The entries of a folder, and which papers of a build they are for."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from copy import copy
from dataclasses import asdict
from os import PathLike
from pathlib import Path
from typing import Any

from extract.curate.merge import blank, merge, ready
from extract.curate.near import near
from extract.read.base import Document, Paper, ReadError, Source
from extract.read.text import complaint
from extract.record.ids import fold_title, paper_id
from extract.record.migrate import MigrationError
from extract.record.model import SCHEMA_VERSION, Record
from extract.validate import errors
from extract.validate.entries import Entry, entry_files, entry_problems, migrated, read_entry
from extract.validate.entry_rules import identity
from extract.validate.problem import Problem
from extract.validate.text import UnreadableError

Key = tuple[str, str]  # property, value as it is compared

_ONE = "one entry, JSON or YAML"
_ARXIV = "arxiv:"


def read_curated(folder: str | PathLike[str]) -> Curated:
    """The entries of a folder and of the folders in it.

    What is wrong with a file is a problem of the result; a file that cannot be used is set aside and counted.

    Raises:
        extract.read.ReadError: there is no such folder, or it cannot be read.
    """
    root = Path(folder)
    curated = Curated()
    if not root.is_dir():
        raise ReadError(f"{root}: {'is a file' if root.exists() else 'there is no such folder'} (allowed: a folder)")
    try:
        files = list(entry_files(root))
    except OSError as error:
        raise ReadError(f"{root}: cannot be read ({error.strerror or error})") from None
    for name, path in files:
        try:
            curated.add(read_entry(path, name))
        except UnreadableError as error:
            curated.leave_out([Problem(str(path), error.line, "", str(error), _ONE)])
        except OSError as error:
            curated.leave_out([Problem(str(path), None, "", f"cannot be read: {error.strerror or error}", _ONE)])
    return curated


class Curated:
    """Entries made by hand, before the papers of one build.

    Attributes:
        entries: those that can be used, in the order of their files.
        problems: what is wrong, in the order in which it was found: with files, and with what was merged so far.
        set_aside: number of files that cannot be used.
        applied: number of records that an entry changed.
        added: number of papers that only an entry brought.
    """

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.problems: list[Problem] = []
        self.set_aside = 0
        self.applied = 0
        self.added = 0
        self._by_key: dict[Key, Entry] = {}
        self._by_title = False  # whether any entry knows its paper by its title alone
        self._met: dict[str, str] = {}  # name of an entry -> paper_id of its paper
        self._new: set[str] = set()  # names of entries that brought their papers

    def __len__(self) -> int:
        return len(self.entries)

    def fork(self) -> Curated:
        """The same entries with the same papers met, and nothing counted yet: for a part of the records."""
        other = copy(self)
        other.problems, other.applied, other.added = [], 0, 0
        return other

    def join(self, problems: Iterable[Problem], applied: int, added: int) -> None:
        """Counts what became of a part of the records."""
        self.problems += [problem for problem in problems if problem not in self.problems]
        self.applied += applied
        self.added += added

    def met(self) -> dict[str, Any]:
        """Which papers the entries are for, once :meth:`completed` has gone through: as JSON, for :meth:`meet`."""
        problems = [asdict(problem) for problem in self.problems]
        return {"met": self._met, "new": sorted(self._new), "problems": problems}

    def meet(self, met: dict[str, Any]) -> None:
        """Takes what :meth:`met` of the same entries said before."""
        self._met, self._new = dict(met["met"]), set(met["new"])
        self.join([Problem(**problem) for problem in met["problems"]], 0, 0)

    def leave_out(self, problems: list[Problem]) -> None:
        """Counts a file that cannot be used, and keeps why."""
        self.set_aside += 1
        self.problems += problems

    def add(self, entry: Entry) -> None:
        """Takes an entry, if it is valid and the only one of its paper."""
        try:
            entry = migrated(entry)
            problems = entry_problems(entry)
        except MigrationError as error:
            problems = [entry.problem(["extractor", "schema_version"], str(error), SCHEMA_VERSION)]
        if not problems:
            entry = ready(entry)
            problems = list(self._clashes(entry))
        if problems:
            self.leave_out(problems)
            return
        self.entries.append(entry)
        key = _key(entry)
        self._by_key[key] = entry
        self._by_title |= key[0] == "title"

    def _clashes(self, entry: Entry) -> Iterator[Problem]:
        other = self._by_key.get(_key(entry))
        if other is not None:
            yield entry.problem([identity(entry.value)], f"{other.file} is for the same paper", "one entry for a paper")
        if "title" in entry.value and "abstract" in entry.value:
            reason = complaint(entry.value["title"], entry.value["abstract"])
            if reason:
                yield entry.problem([], reason)

    def find(
        self, own_id: str, arxiv_id: str | None = None, doi: str | None = None, title: str | None = None
    ) -> Entry | None:
        """The entry of a paper, by its ``paper_id``, else by arXiv identifier, DOI or title; ``None`` without one."""
        if arxiv_id is None and own_id.startswith(_ARXIV):
            arxiv_id = own_id[len(_ARXIV) :]
        keys = [("paper_id", own_id), ("arxiv_id", arxiv_id or ""), ("doi", (doi or "").casefold())]
        if title and self._by_title:  # folding is slow before millions of papers
            keys.append(("title", fold_title(title)))
        return next((self._by_key[key] for key in keys if key in self._by_key), None)

    def _meet(self, own_id: str, arxiv_id: str | None, doi: str | None, title: str) -> Entry | None:
        """The entry of a paper of the build; an entry is for one paper."""
        entry = self.find(own_id, arxiv_id, doi, title)
        if entry is None:
            return None
        first = self._met.setdefault(entry.name, own_id)
        if first != own_id:
            message = f"is that of {first} and of {own_id}; only the first is changed"
            problem = entry.problem([identity(entry.value)], message, "paper_id")
            if problem not in self.problems:
                self.problems.append(problem)
            return None
        return entry

    def completed(self, papers: Iterable[Paper]) -> Iterator[Paper]:
        """Yields the papers of a build, and behind them those that only an entry brings and that are to be read.

        The papers may be any number in any order; each once.
        """
        for paper in papers:
            own_id = paper_id(paper.title, paper.own_id, paper.arxiv_id)
            self._meet(own_id, paper.arxiv_id, paper.doi, paper.title)
            yield paper
        yield from self.new_papers()

    def new_papers(self, known_ids: Container[str] = ()) -> Iterator[Paper]:
        """Yields the papers that only an entry brings, with title and abstract, for the passes to read.

        Args:
            known_ids: ``paper_id``s of the build's inputs, where :meth:`completed` has not seen them.
        """
        for entry in self.entries:
            given = entry.value
            if not self._is_new(entry, known_ids) or "abstract" not in given or given.get("extract") is False:
                continue
            self._bring(entry)
            yield Paper(
                title=given["title"],
                abstract=given["abstract"],
                sources=(Source(entry.name, 0),),
                own_id=given.get("paper_id"),
                arxiv_id=given.get("arxiv_id"),
                doi=given.get("doi"),
                url=given.get("url"),
                published=given.get("published"),
                categories=tuple(given.get("categories") or ()),
                authors=tuple(given.get("authors") or ()),
            )

    def new_records(self, known_ids: Container[str] = ()) -> Iterator[Record]:
        """Yields the records of papers that only an entry brings and that no pass reads: all of it is by hand.

        Args:
            known_ids: ``paper_id``s of the build, where neither :meth:`completed` nor :meth:`corrected` has seen them.
        """
        for entry in self.entries:
            if not self._is_new(entry, known_ids) or ("abstract" in entry.value and entry.value.get("extract", True)):
                continue
            start = blank(entry)
            merged = merge(start, entry)
            self.problems += merged.problems
            broken = [] if merged.refused else [entry.problem([], p.message, p.allowed) for p in errors(merged.record)]
            self._bring(entry)
            if merged.refused or broken:
                self._new.discard(entry.name)
                self.leave_out(broken)
                continue
            self.added += 1
            yield merged.record

    def _is_new(self, entry: Entry, known_ids: Container[str]) -> bool:
        """Whether an entry's paper is not of the inputs, and the entry says enough to make it one."""
        given = entry.value
        texts = "abstract" in given or ("abstract_sha256" in given and "abstract_chars" in given)
        return entry.name not in self._met and "title" in given and texts and _own_id(entry) not in known_ids

    def _bring(self, entry: Entry) -> None:
        self._met[entry.name] = _own_id(entry)
        self._new.add(entry.name)

    def correct(self, record: Record) -> Record:
        """A record with its entry merged in; the record itself where there is none, or nothing changes."""
        entry = self._meet(record["paper_id"], record["arxiv_id"], record["doi"], record["title"])
        if entry is None:
            return record
        merged = merge(record, entry)
        self.problems += merged.problems
        self.applied += merged.record is not record
        self.added += entry.name in self._new
        return merged.record

    def corrected(self, records: Iterable[Record]) -> Iterator[Record]:
        """Yields each record with its entry merged in, and behind them those of :meth:`new_records`."""
        for record in records:
            yield self.correct(record)
        yield from self.new_records()

    def unknown(self, known_ids: Iterable[str] = ()) -> list[Problem]:
        """What entries name no paper of the build; to be asked when all records have gone through.

        Args:
            known_ids: ``paper_id``s of the build, among which near ones are looked for.
        """
        lost = {entry.name: entry for entry in self.entries if entry.name not in self._met}
        found = near([_own_id(entry) for entry in lost.values()], known_ids) if lost else {}
        problems = []
        for entry in lost.values():
            key = identity(entry.value)
            alike = found.get(_own_id(entry), [])
            allowed = f"perhaps {' or '.join(alike)}" if alike else "a paper of the inputs, or title and abstract too"
            problems.append(entry.problem([key], f"no paper has this {key}: {entry.value[key]}", allowed))
        return problems

    def documents(self) -> list[Document]:
        """The files of the entries, for the manifest; to be asked when all records have gone through.

        One that brought a paper has one entry, others have none: they change what another document gave.
        """
        return [
            Document(entry.name, entry.sha256, entry.size, "curated", entries=int(entry.name in self._new))
            for entry in self.entries
        ]

    def account(self) -> dict[str, int]:
        """How many entries there are and what became of them; to be asked when all records have gone through."""
        return {
            "entries": len(self.entries) + self.set_aside,
            "applied": self.applied,
            "added": self.added,
            "for_no_paper": sum(entry.name not in self._met for entry in self.entries),
            "set_aside": self.set_aside,
            "problems": len(self.problems),
        }

    def text(self) -> str:
        """One line for people."""
        counts = self.account()
        return (
            f"{counts['entries']:,} entries by hand: {counts['applied']:,} records changed, {counts['added']:,} papers "
            f"added, {counts['for_no_paper']:,} for no paper, {counts['set_aside']:,} set aside"
        )


def _key(entry: Entry) -> Key:
    """What the paper of an entry is looked for by."""
    name = identity(entry.value)
    value: str = entry.value[name]
    if name == "paper_id" and value.startswith(_ARXIV):
        return "arxiv_id", value[len(_ARXIV) :]
    if name == "doi":
        return name, value.casefold()
    return name, fold_title(value) if name == "title" else value


def _own_id(entry: Entry) -> str:
    """The ``paper_id`` that the paper of an entry has, as far as the entry tells."""
    given = entry.value
    if identity(given) == "doi" and "title" not in given:
        return str(given["doi"])
    return paper_id(given.get("title", ""), given.get("paper_id"), given.get("arxiv_id"))
