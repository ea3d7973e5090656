"""Candidates for the slots of a row, each with the rules that fire for it.

For each slot there is a generator of :class:`Candidate`; the last one is always the empty candidate, which
stands for ``None``. The rankers of :mod:`.linear` choose among them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from extract.passes.rules.claims.cues import Sentence
from extract.passes.rules.claims.features import clause, word
from extract.passes.rules.claims.grammar import Sense
from extract.passes.rules.claims.model import Quantity
from extract.passes.rules.claims.phrases import measure, noun_phrase, shaped_name
from extract.passes.rules.claims.reading import Reading

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

    @property
    def tag(self) -> str:
        """Kind and form in one word."""
        return f"{self.kind[:2]}.{self.form}"


def _step(distance: int) -> str:
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


def _where(row: Row, start: int, end: int) -> list[str]:
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
        f"near{side}{_step(distance)}",
        f"near{side}{_step(distance)}&{row.sense.pattern}",
        f"near{side}{_step(distance)}&{row.tag}",
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


def _null(row: Row, found: int) -> list[str]:
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
    for side, cues in (("<", reversed(s.of("quantity"))), (">", iter(s.of("quantity")))):
        order = 0
        for cue in cues:
            distance = q.start - cue.end if side == "<" else cue.start - q.end
            if distance < 0:
                continue
            label = cue.label
            rules[label].append(f"cue{side}{_step(distance)}&order{min(order, 2)}")
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
    for cue, source in cues:
        covering = next((span for span in found if span[0] <= cue.start and cue.end <= span[1]), None)
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
        rules += _where(row, *span)
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
    candidates.append(Candidate(None, _null(row, len(spans))))
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
        rules = found[span] + _where(row, *span)
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
                where = "title" if back == s.index else str(min(back, 4))
                rules = ["previous", f"previous{where}", f"previous&{row.tag}", f"previous-order{min(len(seen), 4)}"]
                candidates.append(Candidate(value, rules, (start, end)))
        for candidate in candidates:
            candidate.rules.append(f"previous-of{min(len(seen), 4)}")
    candidates.append(Candidate(None, _null(row, len(spans))))
    _carry(row, candidates, lambda before: before.dataset)
    return candidates


def method_candidates(row: Row) -> list[Candidate]:
    """Whose figure it is: names of methods in the sentence (proposed or not), or none."""
    r, s, q = row.r, row.s, row.q
    found: dict[tuple[int, int], list[str]] = {}
    for start, end, label in s.names:
        if label in ("METHOD", "PROPOSED"):
            found.setdefault((start, end), []).append(label.lower())
    against = s.of("against")
    verbs = s.of("verb")
    spans = sorted(found)
    candidates = []
    for order, span in enumerate(spans):
        start, end = span
        rules = found[span] + _where(row, start, end)
        role = "proposed" if "proposed" in rules else "other"
        if r.piece(start, end) in row.proposed:
            role = "proposed"
        rules += [f"role={role}", f"{role}&order{min(order, 3)}", f"{role}&{row.sense.pattern}", f"{role}&{row.tag}"]
        if start - s.begin <= 2:
            rules += ["sentence-head", f"sentence-head&{role}"]
        after = next((v for v in verbs if v.start >= end), None)
        if after is not None and after.start - end <= 1:
            rules += [f"subject-of={after.label}", f"{role}&subject"]
        before = next((v for v in reversed(verbs) if v.end <= start), None)
        if before is not None and start - before.end <= 2:
            rules += [f"object-of={before.label}", f"{role}&object-of={before.label}"]
        cue = next((a for a in reversed(against) if a.end <= start and a.label != "of"), None)
        if cue is not None and start - cue.end <= 8:
            rules += [f"against={cue.label}", f"against&{role}", f"against&near{_step(start - cue.end)}"]
        right = [x for x in spans if x[0] >= q.last]
        left = [x for x in spans if x[1] <= q.first]
        if left and span == left[-1]:
            rules.append(f"last-left&{role}")
        if right and span == right[0]:
            rules.append(f"first-right&{role}")
        if q.size > 1:
            for side, group in (("right", right), ("left", left)):
                if span in group and len(group) == q.size:
                    rules.append(f"aligned-{side}={group.index(span) == q.place}")
        candidates.append(Candidate(r.piece(start, end), rules, span))
    ours = any(c.label == "our" for c in s.of("manner"))
    empty = _null(row, len(spans))
    empty += [f"none&ours={ours}", f"none&proposed-known={bool(row.proposed)}"]
    if any(c.value in row.proposed for c in candidates):
        empty.append("none&proposed-here")
    candidates.append(Candidate(None, empty))
    return candidates


def baseline_candidates(row: Row) -> list[Candidate]:
    """What it is compared with: phrases behind "than", "over", "compared to", objects of "outperforms"."""
    r, s, q = row.r, row.s, row.q
    found: dict[tuple[int, int], list[str]] = {}
    starts: list[tuple[int, str]] = [(c.end, c.label) for c in s.of("against") if c.label != "of"]
    starts += [(v.end, "beat") for v in s.of("verb") if v.label == "beat"]
    starts += [(v.end, f"verb-{v.label}") for v in s.of("verb") if v.label in ("reduce", "improve", "speed")]
    starts += [(c.end, "of") for c in s.of("against") if c.label == "of" and q.start <= c.start <= q.end + 6]
    topics = {c.start: c.end for c in (*s.of("metric"), *s.of("quantity"))}
    misaligned: set[tuple[int, int]] = set()
    for i, label in starts:
        group: list[tuple[int, int]] = []
        while i < s.end and len(group) < 4:
            while i < s.end and r.norm[i] in ("to", "with", "over", "on", "both", "even") and not group:
                i += 1
            span = noun_phrase(r, s, i)
            if span is not None and label.startswith(("verb", "beat")) and not group:
                head = max((topics[k] for k in range(*span) if k in topics), default=0)
                if head == span[1] and head + 1 < s.end and r.norm[head] in ("of", "for"):
                    # "improves the accuracy of X by 5%"
                    span, label = noun_phrase(r, s, head + 1), f"{label}-of"
            if span is None or any(x.start < span[1] and span[0] < x.end for x in s.quantities):
                break
            order = len(group)
            rules = found.setdefault(span, [])
            rules += [
                f"cue={label}",
                f"cue={label}&order{order}",
                f"cue={label}&{row.sense.pattern}",
                f"cue={label}&{row.tag}",
            ]
            group.append(span)
            i = span[1]
            if i + 1 < s.end and r.norm[i] in (",", "and", "or") and label != "of":
                i += 2 if r.norm[i + 1] in ("and", "or") else 1
            else:
                break
        if q.size > 1 and len(group) == q.size:
            # "by 3x and 2x over A and B": each its own
            misaligned.update(group[: q.place] + group[q.place + 1 :])
            found[group[q.place]].append("aligned")
    for span in misaligned:
        if "aligned" not in found[span]:
            del found[span]
    for start, end, label in s.names:
        if (
            label == "METHOD"
            and not any(a <= start and end <= b for a, b in found)
            and not any(label2 == "PROPOSED" and a == start for a, _, label2 in s.names)
        ):
            found.setdefault((start, end), ["named"])
    names = {(a, b): label for a, b, label in s.names}
    spans = sorted(found)
    right = [x for x in spans if x[0] >= q.last and "named" not in found[x]]
    candidates = []
    for span in spans:
        start, end = span
        rules = found[span] + _where(row, start, end)
        inner = {label for (a, b), label in names.items() if start <= a and b <= end}
        rules += [f"holds={label}" for label in inner] or ["holds=-"]
        rules.append(f"head={word(r, end - 1, s.begin, s.end)}")
        rules.append(f"first={word(r, start, s.begin, s.end)}")
        prior = any(start <= c.start < end and c.label == "prior" for c in s.of("manner"))
        sota = any(start <= c.start < end and c.label == "sota" for c in s.of("noun"))
        rules.append(f"prior={prior or sota}")
        inner_topics = [k for k in topics if start <= k < end]
        if inner_topics:
            rules.append("holds-topic")
            if any(topics[k] == end for k in inner_topics):
                rules.append("is-topic")
        if r.piece(start, end) in row.proposed or "PROPOSED" in inner:
            rules.append("is-proposed")
        if q.size > 1 and span in right and len(right) >= q.size:
            rules.append(f"aligned={right.index(span) == q.place}")
        candidates.append(Candidate(r.piece(start, end), rules, span))
    candidates.append(Candidate(None, _null(row, len([x for x in spans if "named" not in found[x]]))))
    return candidates
