"""The measure: micro-averaged precision, recall and F1 with bootstrap intervals, slots and score bands.

mention   a span counts when type, field, start and end are right (overlap: when spans of one type overlap).
entity    an entity counts when its type is right and one of its names is, after folding case, hyphens and
          plural; entities are matched one to one.
proposed  the same for methods whose role is ``proposed``.
speedups  a row counts when value, value_high (within 1 %), form and quantity are right.
results   a row counts when value, value_high, form and metric are right.
slot      the share of matched rows in which one further field is right too.
band      precision of the extractions whose score lies in a band, which is what a user filters by.

What is marked optional earns nothing and costs nothing.
"""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from extract.evaluate.gold import Span, gold_spans
from extract.record.model import ENTITY_FIELDS
from extract.record.surface import fold

Row = dict[str, Any]
BANDS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_LEVELS = ("mention", "overlap", "entity")
_EXACT_SLOTS = ("phase", "bound", "unit")
_NAMED_SLOTS = ("method", "baseline", "dataset", "hardware")


@dataclass(slots=True)
class Counts:
    """True positives, false positives and false negatives."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn)

    @property
    def precision(self) -> float:
        """tp / (tp + fp), 0 where nothing was found."""
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else 0.0

    @property
    def recall(self) -> float:
        """tp / (tp + fn), 0 where there was nothing to find."""
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        p, r = self.precision, self.recall
        return 2 * p * r / (p + r) if p + r else 0.0


@dataclass(slots=True)
class Quality:
    """What an evaluation finds."""

    papers: int = 0
    figures: dict[str, dict[str, float]] = field(default_factory=dict)
    slots: dict[str, tuple[float, int]] = field(default_factory=dict)
    bands: list[dict[str, Any]] = field(default_factory=list)
    errors: list[tuple[str, str, str, str]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The figures as plain data, rounded to four decimals; without the errors, which quote texts."""
        return {
            "papers": self.papers,
            "figures": {n: {k: round(v, 4) for k, v in f.items()} for n, f in self.figures.items()},
            "slots": {n: [round(share, 4), count] for n, (share, count) in self.slots.items()},
            "bands": [{k: round(v, 4) if isinstance(v, float) else v for k, v in b.items()} for b in self.bands],
        }


def names_of(entity: Row) -> set[str]:
    """The folded names of an annotated or found entity."""
    names = entity["names"] if "names" in entity else [entity["name"], *(entity.get("aliases") or [])]
    return {fold(name) for name in names}


def near(a: float | None, b: float | None) -> bool:
    """Whether two values are the same within 1 %."""
    if a is None or b is None:
        return a is b
    return abs(a - b) <= 0.01 * max(abs(a), abs(b))


def _same_name(a: str | None, b: str | None) -> bool:
    if not a or not b:
        return not a and not b
    x, y = fold(a), fold(b)
    return x in y or y in x


def same_entity(gold: Row, found: Row) -> bool:
    """Whether two entities share a name."""
    return not names_of(gold).isdisjoint(names_of(found))


def _same_number(gold: Row, found: Row) -> bool:
    numbers = ("value", "value_high")
    return gold["form"] == found.get("form") and all(near(gold.get(k), found.get(k)) for k in numbers)


def same_speedup(gold: Row, found: Row) -> bool:
    """Whether value, range, form and quantity are the same."""
    return _same_number(gold, found) and gold["quantity"] == found.get("quantity")


def same_result(gold: Row, found: Row) -> bool:
    """Whether value, range, form and metric are the same."""
    return _same_number(gold, found) and _same_name(gold.get("metric"), found.get("metric"))


@dataclass(slots=True)
class Matching:
    """Annotated rows with their partners, and what is left on either side."""

    pairs: list[tuple[Row, Row]]
    missed: list[Row]
    extra: list[Row]
    right: set[int]  # ids of found rows that match anything, optional rows too

    @property
    def counts(self) -> Counts:
        """How many of each."""
        return Counts(len(self.pairs), len(self.extra), len(self.missed))


def match(gold: Iterable[Row], found: Iterable[Row], same: Callable[[Row, Row], bool]) -> Matching:
    """Greedy one-to-one matching in the order of the annotation, required rows first."""
    rest = list(found)
    result = Matching([], [], [], set())
    for row in sorted(gold, key=lambda r: bool(r.get("optional"))):
        partner = next((f for f in rest if same(row, f)), None)
        if partner is not None:
            rest = [f for f in rest if f is not partner]
            result.right.add(id(partner))
        if row.get("optional"):
            continue
        if partner is None:
            result.missed.append(row)
        else:
            result.pairs.append((row, partner))
    result.extra = rest
    return result


def _found_spans(record: Row) -> dict[Span, float]:
    return {
        (name, m["field"], m["start"], m["end"]): float(m.get("score", 1.0))
        for name in ENTITY_FIELDS
        for entity in record.get(name) or []
        for m in entity.get("mentions") or []
    }


def _overlaps(span: Span, others: Iterable[Span]) -> bool:
    return any(span[1] == o[1] and span[2] < o[3] and o[2] < span[3] for o in others)


def proposed_of(entities: Iterable[Row]) -> list[Row]:
    """Methods in the role; those whose role the annotators disagree on are optional."""
    return [
        {**e, "optional": True} if e.get("role_optional") else e
        for e in entities
        if e.get("role") == "proposed" or e.get("role_optional")
    ]


class _Tally:
    """Adds papers up."""

    def __init__(self) -> None:
        self.counts: dict[str, list[Counts]] = defaultdict(list)
        self.slots: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        self.scored: dict[str, list[tuple[float, bool]]] = defaultdict(list)
        self.errors: list[tuple[str, str, str, str]] = []

    def add(self, pid: str, annotation: Row, record: Row, title: str, abstract: str) -> None:
        self._spans(annotation, record, title, abstract)
        totals = {level: Counts() for level in _LEVELS}
        for name in ENTITY_FIELDS:
            matching = match(annotation[name], record.get(name) or [], same_entity)
            self.counts[f"entity.{name}"].append(matching.counts)
            self._note(f"entity.{name}", pid, matching)
            for level in _LEVELS:
                totals[level] += self.counts[f"{level}.{name}"][-1]
        for level, total in totals.items():
            self.counts[f"{level}.all"].append(total)
        ours = proposed_of(annotation["methods"])
        matching = match(ours, proposed_of(record.get("methods") or []), same_entity)
        self.counts["proposed"].append(matching.counts)
        self._note("proposed", pid, matching)
        own_names = set().union(*(names_of(e) for e in ours)) if ours else set()
        for name, same in (("speedups", same_speedup), ("results", same_result)):
            rows = record.get(name) or []
            matching = match(annotation[name], rows, same)
            self.counts[name].append(matching.counts)
            self._note(name, pid, matching)
            self.scored[name] += [(float(r.get("score", 1.0)), id(r) in matching.right) for r in rows]
            for gold_row, row in matching.pairs:
                self._slots(name, gold_row, row, own_names)

    def _spans(self, annotation: Row, record: Row, title: str, abstract: str) -> None:
        required, optional = gold_spans(annotation, title, abstract)
        scores = _found_spans(record)
        found = set(scores) - optional
        self.scored["mentions"] += [(scores[s], s in required) for s in sorted(found)]
        for name in ENTITY_FIELDS:
            a = {s for s in required if s[0] == name}
            b = {s for s in found if s[0] == name}
            self.counts[f"mention.{name}"].append(Counts(len(a & b), len(b - a), len(a - b)))
            hits = sum(_overlaps(s, a) for s in b)
            missed = sum(not _overlaps(s, b) for s in a)
            self.counts[f"overlap.{name}"].append(Counts(hits, len(b) - hits, missed))

    def _note(self, name: str, pid: str, matching: Matching) -> None:
        for kind, rows in (("missed", matching.missed), ("extra", matching.extra)):
            for row in rows:
                text = "; ".join(row["names"]) if "names" in row else str(row.get("name") or row)
                self.errors.append((name, pid, kind, text))

    def _slots(self, name: str, gold_row: Row, row: Row, own_names: set[str]) -> None:
        for slot in _EXACT_SLOTS:
            if slot in gold_row or slot in row:
                self._slot(f"{name}.{slot}", (gold_row.get(slot) or None) == (row.get(slot) or None))
        for slot in _NAMED_SLOTS:
            a, b = gold_row.get(slot), row.get(slot)
            if a or b:
                # null and the name of what the paper proposes mean the same method
                ours = slot == "method" and not (a and b) and fold(a or b) in own_names
                self._slot(f"{name}.{slot}", ours or _same_name(a, b))

    def _slot(self, name: str, right: bool) -> None:
        self.slots[name][0] += right
        self.slots[name][1] += 1


def _figure(per_paper: list[Counts], rounds: int) -> dict[str, float]:
    """Figures over all papers, with the 95 % percentile bootstrap interval of F1 over papers (Efron 1979)."""
    total = sum(per_paper, Counts())
    rng = random.Random(0)
    sample = sorted(sum(rng.choices(per_paper, k=len(per_paper)), Counts()).f1 for _ in range(rounds))
    return {
        "p": total.precision,
        "r": total.recall,
        "f1": total.f1,
        "low": sample[int(0.025 * rounds)],
        "high": sample[int(0.975 * rounds)],
        "gold": total.tp + total.fn,
    }


def _bands(kind: str, scored: list[tuple[float, bool]]) -> list[dict[str, Any]]:
    rows = []
    for low, high in itertools.pairwise(BANDS):
        hits = [right for score, right in scored if low <= score < high or (high == 1.0 and score == 1.0)]
        if hits:
            row = {"kind": kind, "low": low, "high": high, "n": len(hits), "precision": sum(hits) / len(hits)}
            rows.append(row)
    return rows


def evaluate(
    papers: dict[str, tuple[str, str]],
    gold: dict[str, Row],
    records: dict[str, Row],
    rounds: int = 1000,
) -> Quality:
    """Measures records against annotations.

    Args:
        papers: ``{id: (title, abstract)}`` as the offsets count them.
        gold: annotations by id.
        records: records by ``paper_id``; a paper without one counts as one with nothing extracted.
        rounds: bootstrap rounds for the intervals.

    Raises:
        KeyError: a paper of ``gold`` is not in ``papers``.
    """
    tally = _Tally()
    for pid, annotation in gold.items():
        title, abstract = papers[pid]
        tally.add(pid, annotation, records.get(pid, {}), title, abstract)
    quality = Quality(papers=len(gold), errors=tally.errors)
    order = [f"{level}.{name}" for level in _LEVELS for name in (*ENTITY_FIELDS, "all")]
    for name in [*order, "proposed", "speedups", "results"]:
        quality.figures[name] = _figure(tally.counts[name], rounds)
    quality.slots = {name: (right / n, n) for name, (right, n) in sorted(tally.slots.items())}
    for kind in ("mentions", "speedups", "results"):
        quality.bands += _bands(kind, tally.scored[kind])
    return quality
