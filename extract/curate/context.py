"""What merging an entry into a record works with: the texts, what of the entry has gone stale, and what was told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from extract.record.ids import sha256_text
from extract.record.model import Record
from extract.validate.entries import Entry, Steps
from extract.validate.places import FIELDS, Span, places, surface
from extract.validate.problem import Problem

Row = dict[str, Any]


@dataclass(slots=True)
class Slot:
    """A member of a list of the record, and the number of the item of the entry that it comes from."""

    value: Row
    item: int | None = None


@dataclass(slots=True)
class Context:
    """One entry before one record."""

    entry: Entry
    texts: Mapping[str, str | None]  # title and abstract of the record; None where it is not at hand
    stale: set[str] = field(default_factory=set)  # fields whose text has changed since the entry was made
    problems: list[Problem] = field(default_factory=list)

    def tell(self, path: Steps, message: str, allowed: str = "") -> None:
        """Keeps what is wrong at a path of the entry."""
        self.problems.append(self.entry.problem(path, message, allowed))

    def items(self, name: str) -> list[tuple[int, Row]]:
        """The items of a list of the entry, with their numbers."""
        return list(enumerate(self.entry.value.get(name, ())))

    def found(self, given: Row, path: Steps, *, words: bool) -> list[Span]:
        """The places that an item speaks of; none, and what is wrong is told, where they cannot be trusted."""
        if "text" not in given and given["field"] in self.stale:
            self.tell([*path, "start"], f"an offset in the {given['field']} as it was before", "text, or new offsets")
            return []
        spans = places(given, self.texts, words=words)
        if "text" not in given:
            span = spans[0]
            whole = self.texts[span[0]]
            if whole is not None and span[2] > len(whole):
                self.tell([*path, "end"], f"{span[2]} is outside of the {span[0]}", f"up to {len(whole)}")
                return []
        elif not spans:
            self.tell([*path, "text"], self._not_found(given), "verbatim text, or the offsets")
        return spans

    def _not_found(self, given: Row) -> str:
        away = [name for name in FIELDS if self.texts[name] is None and given.get("field", name) == name]
        if away:
            return f"cannot be looked for: the {away[0]} is not at hand"
        what = f"does not stand there {given['nth']} times" if "nth" in given else "does not stand in the text"
        return f"{what}, which has changed" if self.stale else what

    def surface(self, span: Span) -> str | None:
        """The text of a place, or ``None`` where it is not at hand."""
        return surface(span, self.texts)

    def at_hand(self) -> bool:
        """Whether title and abstract both are."""
        return all(self.texts[name] is not None for name in FIELDS)


def context(record: Record, entry: Entry) -> Context:
    """An entry before a record; where its guards do not agree with the record's texts, that is told."""
    abstract = record["abstract"] if record["abstract"] is not None else record.abstract_text
    found = Context(entry, {"title": record["title"], "abstract": abstract})
    given = entry.value
    if given.get("title", record["title"]) != record["title"]:
        found.stale.add("title")
        found.tell(["title"], "is not the paper's title: its offsets and replace are not followed", record["title"])
    for key, value in _guards(given):
        if value != record[key]:
            path = key if key in given else "abstract"
            message = (
                "the abstract is another one than the entry was made from: its offsets and replace are not followed"
            )
            found.stale.add("abstract")
            found.tell([path], message, f"{key} {record[key]}")
            break
    return found


def _guards(given: Row) -> Iterator[tuple[str, Any]]:
    if "abstract_sha256" in given:
        yield "abstract_sha256", given["abstract_sha256"]
    elif "abstract" in given:
        yield "abstract_sha256", sha256_text(given["abstract"])
    if "abstract_chars" in given:
        yield "abstract_chars", given["abstract_chars"]


def place_key(span: Row | Span) -> tuple[bool, int, int]:
    """Sorts spans in the order of the text, the title first."""
    place, start, end = (span["field"], span["start"], span["end"]) if isinstance(span, dict) else span
    return (place != "title", start, end)


def span_of(row: Row) -> Span:
    """The place of a mention or claim."""
    return (row["field"], row["start"], row["end"])


def by_hand(span: Span) -> Row:
    """A place that a person gave, with its provenance."""
    return {"field": span[0], "start": span[1], "end": span[2], "passes": ["curated"], "score": 1.0}
