"""The rules that fire for a quantity, as named features.

A rule's name says what it saw: ``verb<=reduce:1`` is a verb of reduction a little to the left of the
quantity. The models weigh these names; a row keeps those that spoke most for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from extract.passes.rules.claims.cues import Cue, Sentence
from extract.passes.rules.claims.model import Quantity
from extract.passes.rules.claims.reading import Reading
from extract.passes.rules.claims.sense import Sense
from extract.passes.rules.claims.verdict import verdict

_CATEGORIES = ("quantity", "noun", "comparative", "metric", "verb", "against")


def _reach(distance: int) -> str:
    """A distance in items as one of few steps."""
    return "0" if distance <= 0 else "1" if distance <= 1 else "2" if distance <= 3 else "3" if distance <= 7 else "4"


def _size(value: float) -> str:
    for step in (1.0, 2.0, 10.0, 30.0, 100.0):
        if value <= step:
            return f"<={step:g}"
    return ">100"


def word(r: Reading, i: int, begin: int, end: int) -> str:
    """The stem at an item; digits are all one; a mark outside the sentence."""
    if i < begin or i >= end:
        return "|"
    norm = r.stem[i]
    return "#" if norm[0].isdigit() else norm


def nearest(cues: list[Cue], first: int, last: int) -> tuple[Cue | None, Cue | None]:
    """The nearest cue that ends before item ``first`` and the nearest that starts at ``last`` or behind."""
    left = right = None
    for cue in cues:
        if cue.end <= first:
            left = cue
        elif cue.start >= last:
            right = cue
            break
    return left, right


def clause(r: Reading, s: Sentence, q: Quantity) -> tuple[int, int]:
    """The stretch around a quantity up to its neighbours outside its list."""
    left, right = s.begin, s.end
    for other in s.quantities:
        if other.end <= q.first:
            left = max(left, other.end)
        elif other.start >= q.last:
            right = min(right, other.start)
            break
    return left, right


def sense_features(r: Reading, s: Sentence, q: Quantity, sense: Sense) -> Iterator[str]:
    """What the grammar read, alone and combined, and the verdict of the decision table on it."""
    decided = verdict(r, s, q, sense)
    yield f"verdict={decided}"
    yield f"verdict={decided}&{q.kind}"
    yield f"verdict={decided}&{sense.pattern}"
    yield f"verdict-kind={decided.partition('.')[0]}"
    kind = q.kind if q.kind != "unit" else q.rule.rpartition("unit-")[2]
    pattern, direction, topic, label = sense.pattern, sense.direction, sense.topic, sense.label
    yield f"pattern={pattern}"
    yield f"direction={direction}"
    yield f"topic={topic}"
    yield f"topic={topic}.{label}"
    yield f"governor={sense.governor}"
    yield f"{kind}&{pattern}"
    yield f"{kind}&{direction}"
    yield f"{kind}&topic={topic}"
    yield f"{kind}&topic={topic}.{label}"
    yield f"{pattern}&{direction}"
    yield f"{pattern}&topic={topic}"
    yield f"{pattern}&governor={sense.governor}&{kind}"
    yield f"{pattern}&governor={sense.governor}&{kind}&topic={topic}.{label}"
    yield f"{direction}&topic={topic}&{kind}"
    yield f"{direction}&topic={topic}.{label}&{kind}"
    yield f"{pattern}&{direction}&topic={topic}&{kind}"
    yield f"{pattern}&topic={topic}.{label}&{kind}"
    if sense.about:
        head = r.stem[sense.about[0].end - 1]
        yield f"head={head}"
        yield f"head={head}&{kind}"
        yield f"head={head}&{direction}"
    if q.before is not None:
        yield f"before-after&topic={topic}"
    if q.sign:
        yield f"sign{q.sign}&{pattern}"


def order_features(q: Quantity, before: tuple[Quantity, str] | None) -> Iterator[str]:
    """What the quantity before this one in the sentence was taken for."""
    if before is None:
        yield "prev=-"
        return
    other, label = before
    alike = other.kind == q.kind
    near = "near" if q.start - other.end < 12 else "far"
    yield f"prev={label}"
    yield f"prev={label}&alike={alike}"
    yield f"prev={label}&alike={alike}&{near}"
    if q.first == other.first and q.size > 1:
        yield f"prev={label}&list"


def quantity_features(r: Reading, s: Sentence, q: Quantity, sentences: int) -> Iterator[str]:
    """The names of the rules that fire for ``q`` in its sentence."""
    kind = q.kind if q.kind != "unit" else q.rule.rpartition("unit-")[2]
    begin, end = s.begin, s.end
    first, last = (q.first, q.last) if q.size > 1 else (q.start, q.end)
    yield "bias"
    yield f"kind={kind}"
    yield f"rule={q.rule.removesuffix('-shared')}"
    yield f"{kind}&size{_size(q.value)}"
    yield f"{kind}&{'decimal' if q.value != int(q.value) else 'whole'}"
    if q.sign:
        yield f"sign{q.sign}"
        yield f"sign{q.sign}&{kind}"
    if q.value_high is not None:
        yield f"range&{kind}"
    if q.before is not None:
        yield "before-after"
    if q.size > 1:
        yield f"list&{kind}"
    # words
    l1, l2, l3 = (word(r, first - n, begin, end) for n in (1, 2, 3))
    r1, r2, r3 = (word(r, last + n, begin, end) for n in (0, 1, 2))
    yield f"l1={l1}"
    yield f"l2={l2}"
    yield f"r1={r1}"
    yield f"r2={r2}"
    yield f"l12={l2} {l1}"
    yield f"r12={r1} {r2}"
    yield f"{kind}&l1={l1}"
    yield f"{kind}&r1={r1}"
    yield f"around={l1} {r1}"
    yield f"{kind}&r12={r1} {r2}"
    if q.size > 1:
        yield f"own-l1={word(r, q.start - 1, begin, end)}"
        yield f"own-r1={word(r, q.end, begin, end)}"
    seen = {f"l~{word(r, first - n, begin, end)}" for n in range(1, 6)}
    seen.update(f"r~{word(r, last + n, begin, end)}" for n in range(5))
    seen.update(f"{kind}&ll~{word(r, first - n, begin, end)}" for n in range(1, 11))
    yield from seen
    yield f"l3={l3}"
    yield f"r3={r3}"
    # cues
    lo, hi = clause(r, s, q)
    close: dict[str, str] = {}
    spots: dict[str, int] = {}
    for category in _CATEGORIES:
        left, right = nearest(s.of(category), first, last)
        names = []
        for side, cue in (("<", left), (">", right)):
            if cue is None:
                continue
            distance = first - cue.end if side == "<" else cue.start - last
            crossing = "x" if cue.start < lo or cue.end > hi else ""
            name = f"{category}{side}{cue.label}{crossing}"
            names.append((distance + (8 if crossing else 0), f"{side}{cue.label}"))
            yield f"{name}:{_reach(distance)}"
            yield name
            yield f"{kind}&{name}"
            close[category + side] = cue.label + crossing
        if names:
            best = min(names)
            spots[category] = best[0]
            yield f"{category}*{best[1]}"
            yield f"{kind}&{category}*{best[1]}"
    about = min((spots.get(c, 99), c) for c in ("quantity", "metric"))
    if about[0] < 99:
        yield f"about={about[1]}:{_reach(about[0])}"
        yield f"{kind}&about={about[1]}"
        verb = close.get("verb<", "-")
        yield f"{verb}+about={about[1]}"
        yield f"{kind}&{verb}+about={about[1]}"
        yield f"{kind}&{verb}+{close.get('noun>', '-')}+{close.get('comparative>', '-')}"
    yield f"{close.get('verb<', '-')}+noun>{close.get('noun>', '-')}"
    yield f"{close.get('verb<', '-')}+metric<{close.get('metric<', '-')}"
    yield f"{close.get('verb<', '-')}+metric>{close.get('metric>', '-')}"
    yield f"{close.get('noun>', '-')}+metric>{close.get('metric>', '-')}"
    yield f"{close.get('noun<', '-')}+metric<{close.get('metric<', '-')}+{l1}"
    for category in ("quantity", "metric", "noun", "comparative", "verb", "manner", "phase"):
        for label in {c.label for c in s.of(category) if lo <= c.start and c.end <= hi}:
            yield f"in-clause={category}.{label}"
            yield f"{kind}&in-clause={category}.{label}"
        for label in {c.label for c in s.of(category)}:
            yield f"in-sentence={category}.{label}"
    if kind == "percent" and r1 == "of":
        label = next((c.label for c in s.of("quantity") if last < c.start <= last + 5), "-")
        yield f"percent-of={label}"
        yield f"percent-of&{l1}"
        yield f"percent-of&verb<{close.get('verb<', '-')}"
    # names
    for start, stop, label in s.names:
        if stop <= first and first - stop < 4:
            yield f"name<{label}:{first - stop}"
        elif start >= last and start - last < 4:
            yield f"name>{label}:{start - last}"
    if any(label == "PROPOSED" for _, _, label in s.names):
        yield "proposed-in-sentence"
    if any(label == "METRIC" for _, _, label in s.names):
        yield f"{kind}&metric-in-sentence"
    # place
    if first > begin and "(" in r.norm[max(begin, first - 3) : first]:
        yield "in-brackets"
        yield f"{kind}&in-brackets&verb<{close.get('verb<', '-')}"
    place = "title" if s.index == 0 else "last" if s.index >= sentences - 2 else "early" if s.index <= 2 else "middle"
    yield f"place={place}"
