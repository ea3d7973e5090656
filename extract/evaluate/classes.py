"""What kind of errors an extraction makes: a confusion table of types, and classes of errors with their shares.

The counts of hits, missed and extra things are those of :mod:`.measure`; here each missed or extra thing is given the
first class that fits, by comparing it with everything of the other side in the same paper.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from extract.evaluate.gold import gold_spans
from extract.evaluate.measure import (
    Matching,
    match,
    names_of,
    near,
    proposed_of,
    same_entity,
    same_result,
    same_speedup,
)
from extract.record.model import ENTITY_FIELDS
from extract.record.surface import fold

Row = dict[str, Any]
Span = tuple[str, str, int, int]
NOTHING = "-"


@dataclass(slots=True)
class Classes:
    """Counts of errors.

    ``types[(gold, found)]`` counts mentions with exactly the same place by their two types, ``-`` for none;
    ``missed`` and ``extra`` count classes by figure (``entity``, ``proposed``, ``speedups``, ``results``).
    """

    types: Counter[tuple[str, str]] = field(default_factory=Counter)
    missed: dict[str, Counter[str]] = field(default_factory=dict)
    extra: dict[str, Counter[str]] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """The tables as text."""
        heads = [*ENTITY_FIELDS, NOTHING]
        lines = ["mentions by type, annotated (down) and found (across)", " " * 10 + "".join(f"{h:>10}" for h in heads)]
        for row in heads:
            lines.append(f"{row:10}" + "".join(f"{self.types[row, column]:10}" for column in heads))
        for kind, table in (("missed", self.missed), ("extra", self.extra)):
            for figure, counts in table.items():
                total = sum(counts.values())
                lines.append(f"{figure}, {kind}: {total}")
                lines += [f"  {n:5} {n / total:4.0%}  {name}" for name, n in counts.most_common()]
        return lines


def error_classes(papers: dict[str, tuple[str, str]], gold: dict[str, Row], records: dict[str, Row]) -> Classes:
    """The classes of all errors.

    Args:
        papers: ``{id: (title, abstract)}``.
        gold: annotations by id.
        records: records by ``paper_id``.
    """
    found = Classes()
    for pid, annotation in gold.items():
        record = records.get(pid, {})
        _types(found.types, annotation, record, *papers[pid])
        _entities(found, annotation, record)
        ours = match(proposed_of(annotation["methods"]), proposed_of(record.get("methods") or []), same_entity)
        _count(found, "proposed", ours, partial(_role, other=record), partial(_role, other=annotation))
        for name, same in (("speedups", same_speedup), ("results", same_result)):
            rows = match(annotation[name], record.get(name) or [], same)
            _count(found, name, rows, partial(_claim, other=record), partial(_claim, other=annotation))
    return found


def _count(
    found: Classes, figure: str, matching: Matching, missed: Callable[[Row], str], extra: Callable[[Row], str]
) -> None:
    found.missed.setdefault(figure, Counter()).update(missed(row) for row in matching.missed)
    found.extra.setdefault(figure, Counter()).update(extra(row) for row in matching.extra)


def _types(types: Counter[tuple[str, str]], annotation: Row, record: Row, title: str, abstract: str) -> None:
    required, optional = gold_spans(annotation, title, abstract)
    wanted = {span[1:]: span[0] for span in required}
    free = {span[1:] for span in optional}
    got = {
        (m["field"], m["start"], m["end"]): name
        for name in ENTITY_FIELDS
        for entity in record.get(name) or []
        for m in entity.get("mentions") or []
    }
    for place in wanted.keys() | (got.keys() - free):
        types[wanted.get(place, NOTHING), got.get(place, NOTHING)] += 1


def _entities(found: Classes, annotation: Row, record: Row) -> None:
    for name in ENTITY_FIELDS:
        matching = match(annotation[name], record.get(name) or [], same_entity)
        _count(
            found,
            "entity",
            matching,
            partial(_entity, name=name, other=record, verb="found"),
            partial(_entity, name=name, other=annotation, verb="annotated"),
        )


def _entity(entity: Row, name: str, other: Row, verb: str) -> str:
    """Why an entity has no partner among the entities of the other side."""
    names = names_of(entity)
    for kind in ENTITY_FIELDS:
        if kind != name and any(names & names_of(e) for e in other.get(kind) or []):
            return f"{verb} as another type ({', '.join(sorted((name, kind)))})"
    if any(names & names_of(e) for e in other.get(name) or []):
        return "two entities for one thing"
    words = {w for n in names for w in n.split()}
    for kind in (name, *(k for k in ENTITY_FIELDS if k != name)):
        for e in other.get(kind) or []:
            if any(_inside(a, b) or _inside(b, a) for a in names for b in names_of(e)):
                return "other borders" if kind == name else "other borders and type"
            if kind == name and any(len(words & set(b.split())) > 1 for b in names_of(e)):
                return "other borders"
    return f"nothing {verb} there"


def _inside(a: str, b: str) -> bool:
    return f" {a} " in f" {b} "


def _role(entity: Row, other: Row) -> str:
    names = names_of(entity)
    if any(names & names_of(e) for e in other.get("methods") or []):
        return "the method is there with another role"
    if any(names & names_of(e) for kind in ENTITY_FIELDS for e in other.get(kind) or []):
        return "another type"
    if any(_inside(a, b) or _inside(b, a) for a in names for e in other.get("methods") or [] for b in names_of(e)):
        return "other borders"
    return "no such method there"


def _claim(row: Row, other: Row) -> str:
    """Why a row has no partner: which field differs from the row with the same number."""
    ours = "speedups" if row.get("quantity") else "results"
    theirs = "results" if ours == "speedups" else "speedups"
    same = [r for r in other.get(ours) or [] if near(r.get("value"), row.get("value"))]
    if same:
        partner = same[0]
        for name in ("value_high", "form", "quantity", "metric"):
            a, b = partner.get(name), row.get(name)
            if name == "value_high" and not near(a, b):
                return "the same number with another end of the range"
            if name in ("form", "quantity") and (a or None) != (b or None):
                return f"the same number with another {name}"
            if name == "metric" and ours == "results" and not _alike(a, b):
                return "the same number with another metric" if a and b else "the same number, metric or none"
        return "the same row twice"
    if any(near(r.get("value"), row.get("value")) for r in other.get(theirs) or []):
        return f"among the {theirs}"
    return "no row with this number"


def _alike(a: str | None, b: str | None) -> bool:
    if not a or not b:
        return not a and not b
    x, y = fold(a), fold(b)
    return x in y or y in x
