"""Candidates for the slots of a row, each with the rules that fire for it.

For each slot there is a generator of :class:`Candidate`; the last one is always the empty candidate, which
stands for ``None``. The rankers of :mod:`.linear` choose among them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from extract.passes.rules.claims.cues import Cue, Sentence
from extract.passes.rules.claims.features import clause, word
from extract.passes.rules.claims.model import Quantity
from extract.passes.rules.claims.phrases import measure, shaped_name
from extract.passes.rules.claims.reading import Reading
from extract.passes.rules.claims.sense import Sense

QUANTITIES = ("time", "throughput", "compute", "memory", "size", "length", "energy", "cost", "data", "other")


@dataclass(slots=True)
class Candidate:
    """A possible value of a slot: its items (``None`` for the empty one), its value, the rules that fire."""

    value: str | None
    rules: list[str]
    items: tuple[int, int] | None = None


@dataclass(slots=True, frozen=True)
class Carried:
    """What a result hands on to the next one: its sentence, kind and form, metric and dataset."""

    sentence: int
    tag: str
    metric: str | None
    dataset: str | None


@dataclass(slots=True)
class Row:
    """A quantity whose class is decided, with all that the slots look at."""

    r: Reading
    s: Sentence
    q: Quantity
    sense: Sense
    kind: str
    form: str
    proposed: list[str]
    """Proposed names of the document, the main one first."""
    carried: Carried | None = None
    """The result before this one."""
    compressed: str = "-"
    """What the text speaks about most, of what can be compressed, see :class:`.subject.Subject`."""

    @property
    def tag(self) -> str:
        """Kind and form in one word."""
        return f"{self.kind[:2]}.{self.form}"


def step(distance: int) -> str:
    """A distance in items as one of few steps."""
    return (
        "0"
        if distance <= 0
        else "1"
        if distance == 1
        else "2"
        if distance <= 3
        else "4"
        if distance <= 8
        else "9"
        if distance <= 16
        else "far"
    )


def where(row: Row, start: int, end: int) -> list[str]:
    """Side, distance and what lies between an item range and the quantity."""
    r, s, q = row.r, row.s, row.q
    lo, hi = clause(r, s, q)
    side = "<" if end <= q.start else ">"
    distance = q.start - end if side == "<" else start - q.end
    inside = lo <= start and end <= hi
    crossed = sum(
        1
        for other in s.quantities
        if min(end, q.end) <= other.start
        and other.end <= max(start, q.start)
        and not (other.first == q.first and q.size > 1)
    )
    gap = r.norm[end : q.start] if side == "<" else r.norm[q.end : start]
    commas = sum(1 for w in gap if w in (",", ";", "(", ")", "while", "and"))
    rules = [
        f"side{side}",
        f"near{side}{step(distance)}",
        f"near{side}{step(distance)}&{row.sense.pattern}",
        f"near{side}{step(distance)}&{row.tag}",
        f"crossed{side}{min(crossed, 3)}",
        f"commas{side}{min(commas, 3)}",
        f"inside={inside}&{side}",
        f"before={word(r, start - 1, s.begin, s.end)}",
        f"before={word(r, start - 1, s.begin, s.end)}&{side}",
        f"before2={word(r, start - 2, s.begin, s.end)} {word(r, start - 1, s.begin, s.end)}",
        f"after={word(r, end, s.begin, s.end)}&{side}",
    ]
    if row.q.size > 1:
        rules.append(f"list&{side}&crossed{min(crossed, 2)}")
    return rules


def null(row: Row, found: int) -> list[str]:
    """The rules for the empty candidate, where ``found`` others are."""
    sense = row.sense
    return [
        "none",
        f"none&{row.tag}",
        f"none&{sense.pattern}",
        f"none&{sense.pattern}&{row.tag}",
        f"none&topic={sense.topic}",
        f"none&found{min(found, 3)}",
        f"none&kind={row.q.kind}",
        f"none&list={row.q.size > 1}",
        f"none&governor={sense.governor}",
        f"none&direction={sense.direction}",
    ]


def _carry(row: Row, candidates: list[Candidate], value_of: Callable[[Carried], str | None]) -> None:
    """Marks the candidate that the result before this one had; adds it where the sentence has none."""
    if row.carried is None or row.s.index - row.carried.sentence > 2:
        return
    back = row.s.index - row.carried.sentence
    value = value_of(row.carried)
    same_form = row.carried.tag == f"{row.q.kind}.{row.form}"
    rules = [
        f"carried{back}",
        f"carried{back}&alike={same_form}",
        f"carried{back}&list={row.q.place > 0}",
        f"carried{back}&{row.sense.pattern}",
    ]
    for candidate in candidates:
        if candidate.value == value:
            candidate.rules += rules if value else [f"none-{rule}" for rule in rules]
            return
    if value:
        candidates.append(
            Candidate(value, [*rules, "carried-new", *(f"new-{rule}" for rule in rules), f"new&{row.sense.topic}"])
        )


def _compresses(row: Row, topic: Cue | None) -> bool:
    """Whether the claim is one of compression: what is compressed says whether it is of size, memory or data."""
    cues = [v for v in row.s.of("verb") if v.end <= row.q.start]
    return any(row.r.norm[c.start].startswith("compress") for c in (*([topic] if topic else []), *cues))


def _nearest_compressed(row: Row) -> str:
    """What is compressed by the words of the sentence that stand nearest to the number."""
    found = [(abs(c.start - row.q.start), c.label) for c in row.s.of("compressed")]
    return min(found)[1] if found else "-"


def quantity_candidates(row: Row) -> list[Candidate]:
    """What a speedup is about: one candidate a label, by the cues that speak for it."""
    sense, s, q = row.sense, row.s, row.q
    chosen = (
        sense.about[q.place] if q.size > 1 and len(sense.about) == q.size else sense.about[0] if sense.about else None
    )
    rules: dict[str, list[str]] = {label: [f"prior={label}", f"prior={label}&{row.form}"] for label in QUANTITIES}
    if chosen is not None and chosen.category == "quantity":
        rules[chosen.label] += [
            "about",
            f"about&{sense.pattern}",
            f"about={chosen.label}",
            f"about-head={chosen.label}.{row.r.stem[chosen.end - 1]}",
        ]
        if q.size > 1 and len(sense.about) == q.size:
            rules[chosen.label].append("aligned")  # "memory and latency by 2x and 3x": each its own
            for cue in sense.about:
                if cue.category == "quantity" and cue.label != chosen.label:
                    rules[cue.label].append("misaligned")
        # "energy efficiency", "inference cost": the head alone may mean another thing
        rules["other"].append(f"other-head={row.r.stem[chosen.end - 1]}")
    elif chosen is not None:
        for label in ("other", "time", "data"):
            rules[label].append(f"{label}-metric={row.r.stem[chosen.end - 1]}")
    if sense.implied:
        rules[sense.implied] += ["implied", f"implied&{sense.pattern}", f"implied={sense.implied}"]
        if chosen is not None and chosen.category == "quantity":
            rules[sense.implied].append(f"implied-with={chosen.label}")
            rules[chosen.label].append("about-with-implied")
    if _compresses(row, chosen):
        near = _nearest_compressed(row)
        for label in QUANTITIES:
            rules[label] += [f"{label}&compressed={near}", f"{label}&compressed={row.compressed}"]
    for side, cues in (("<", reversed(s.of("quantity"))), (">", iter(s.of("quantity")))):
        order = 0
        for cue in cues:
            distance = q.start - cue.end if side == "<" else cue.start - q.end
            if distance < 0:
                continue
            label = cue.label
            rules[label].append(f"cue{side}{step(distance)}&order{min(order, 2)}")
            if order == 0:
                rules[label].append(f"cue{side}{label}")
                rules[label].append(f"first{side}&{sense.pattern}")
            order += 1
            if order > 3:
                break
    for n in range(2):
        for label in QUANTITIES:
            rules[label].append(f"{label}&r{n}={word(row.r, q.last + n, s.begin, s.end)}")
    for label in QUANTITIES:
        rules[label].append(f"{label}&{sense.pattern}")
    return [Candidate(label, rules[label]) for label in QUANTITIES]


def metric_candidates(row: Row) -> list[Candidate]:
    """The measure of a result: names of metrics and metric cues in the sentence, or none."""
    r, s, q, sense = row.r, row.s, row.q, row.sense
    found: dict[tuple[int, int], list[str]] = {}
    for start, end, label in s.names:
        if label == "METRIC" and not (start < q.end and q.start < end):
            found.setdefault((start, end), []).append("named")
    cues = [(c, "cue") for c in s.of("metric")]
    if row.q.kind == "unit" or row.form == "absolute":
        cues += [
            (c, "efficiency")
            for c in s.of("quantity")
            if c.end - c.start > 1 or r.norm[c.start] in ("latency", "runtime", "throughput")
        ]
    about = {(c.start, c.end): k for k, c in enumerate(sense.about)}
    others = [(start, end) for start, end, label in s.names if label in ("METHOD", "TASK", "DATASET")]
    costs = {c.end for c in s.of("quantity")} - {c.end for c in s.of("metric")}
    for cue, source in cues:
        covering = next((span for span in found if span[0] <= cue.start and cue.end <= span[1]), None)
        if covering is None and any(start < cue.end and cue.start < end for start, end in others):
            continue  # "Loss Sampling"
        span = covering or measure(r, s, cue)
        if any(other.start < span[1] and span[0] < other.end for other in s.quantities):
            continue
        rules = found.setdefault(span, [])
        rules += [
            source,
            f"{source}.{cue.label}",
            f"cue-word={r.stem[cue.end - 1]}",
            f"cue-word={r.stem[cue.end - 1]}&{sense.pattern}",
        ]
        place = about.get((cue.start, cue.end))
        if place is not None:
            rules += ["about", f"about{min(place, 2)}&{sense.pattern}", f"about&{row.tag}"]
            if q.size > 1 and len(sense.about) == q.size:
                rules.append("aligned" if place == q.place else "misaligned")
    candidates = []
    spans = sorted(found)
    left = [x for x in spans if x[1] <= q.start]
    right = [x for x in spans if x[0] >= q.end]
    for span in spans:
        rules = found[span]
        if "named" in rules and "cue" not in rules:
            rules.append("named-only")
        if span[1] in costs:
            rules += ["efficiency", f"efficiency&{row.tag}", f"efficiency&{row.tag}&{q.kind}"]
        rules += where(row, *span)
        if left and span == left[-1]:
            rules += ["nearest<", f"nearest<&{sense.pattern}", f"nearest<&{row.tag}"]
        if right and span == right[0]:
            rules += ["nearest>", f"nearest>&{sense.pattern}", f"nearest>&{row.tag}"]
        if len(spans) == 1:
            rules += ["only-one", f"only-one&{sense.pattern}&{row.tag}"]
        candidates.append(Candidate(r.piece(*span), rules, span))
    if not candidates:
        for start, end, label, back in s.earlier:
            if label == "METRIC" and back <= 2:
                rules = ["previous", f"previous&{sense.pattern}", f"previous{back}"]
                candidates.append(Candidate(r.piece(start, end), rules, (start, end)))
    candidates.append(Candidate(None, null(row, len(spans))))
    _carry(row, candidates, lambda before: before.metric)
    return candidates


def dataset_candidates(row: Row) -> list[Candidate]:
    """Where a result holds: names of datasets in and before the sentence, names by shape behind "on"."""
    r, s, q = row.r, row.s, row.q
    found: dict[tuple[int, int], list[str]] = {}
    for start, end, label in s.names:
        if label == "DATASET":
            found.setdefault((start, end), ["named"])
    for i in range(s.begin, s.end - 1):
        if r.norm[i] in ("on", "in", "for", "from"):
            j = i + 1
            while j < s.end - 1 and j < i + 3 and r.norm[j] in ("the", "both", "challenging", "popular", "our"):
                j += 1
            span = shaped_name(r, s, j)
            if span and not any(a < span[1] and span[0] < b for a, b, _ in s.names):
                tail = word(r, span[1], s.begin, s.end)
                found.setdefault(span, ["shaped", f"shaped&{r.norm[i]}", f"shaped-tail={tail}"])
    spans = sorted(found)
    right = [x for x in spans if x[0] >= q.last]
    left = [x for x in spans if x[1] <= q.first]
    candidates = []
    for span in spans:
        rules = found[span] + where(row, *span)
        for name, side in (("right", right), ("left", left)):
            if span in side:
                place = side.index(span) if name == "right" else len(side) - 1 - side.index(span)
                rules += [f"{name}{min(place, 3)}", f"{name}{min(place, 3)}&{'list' if q.size > 1 else 'single'}"]
                if q.size > 1 and len(side) >= q.size:
                    nth = side.index(span) - (len(side) - q.size if name == "left" else 0)
                    rules.append(f"aligned-{name}={nth == q.place}")
        if len(spans) == 1:
            rules += ["only-one", f"only-one&{row.tag}"]
        candidates.append(Candidate(r.piece(*span), rules, span))
    if not candidates:
        seen: set[str] = set()
        for start, end, label, back in reversed(s.earlier):
            value = r.piece(start, end)
            if label == "DATASET" and value not in seen:
                seen.add(value)
                origin = "title" if back == s.index else str(min(back, 4))
                rules = ["previous", f"previous{origin}", f"previous&{row.tag}", f"previous-order{min(len(seen), 4)}"]
                candidates.append(Candidate(value, rules, (start, end)))
        for candidate in candidates:
            candidate.rules.append(f"previous-of{min(len(seen), 4)}")
    candidates.append(Candidate(None, null(row, len(spans))))
    _carry(row, candidates, lambda before: before.dataset)
    return candidates
