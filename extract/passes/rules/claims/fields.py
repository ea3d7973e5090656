"""The fields that rules read straight off the text: bound, unit, hardware, evidence."""

from __future__ import annotations

from collections.abc import Iterator

from extract.passes.rules.claims.cues import Cue, Sentence
from extract.passes.rules.claims.features import nearest, word
from extract.passes.rules.claims.model import Quantity
from extract.passes.rules.claims.reading import Reading
from extract.passes.rules.claims.sense import Sense, left_edge
from extract.passes.rules.claims.subject import Subject
from extract.passes.rules.claims.vocabulary import BOUNDS, HARDWARE, UNSHARED, match

_ORDER = ("up_to", "at_least", "average", "about")
_EVIDENCE = 12
_UNDER = {"less", "fewer", "below", "under", "<", "≤"}
_HEADED = ("noun-of", "figure-of")
_CHANGED = ("verb-by", "verb-by-subject", "noun-by")
_COORDINATED = {"and", ","}
_PASSIVE = {"is", "are", "was", "were"}
_RELATIVE = {"percent", "ratio"}
_SHARED_REACH = 14
"""Items between two coordinated numbers at most for the hedge of the first to hold for the second."""
_MODIFIERS = 3
"""Items before a noun that may say how sure its number is ("an average latency speedup of 3x")."""


def _hedges(r: Reading, low: int, high: int) -> set[str]:
    """The hedges in a range of items."""
    found: set[str] = set()
    i = low
    while i < high:
        hit = match(BOUNDS, r.norm, r.stem, i, high)
        if hit is None:
            i += 1
        else:
            found.add(hit[0])
            i = hit[1]
    return found


def _shared(r: Reading, s: Sentence, q: Quantity) -> set[str]:
    """The hedges of the number that ``q`` is coordinated with: "up to 3x faster decoding and | 2x less memory"."""
    edge = left_edge(r, s, q.first)
    if edge <= s.begin or r.norm[edge - 1] not in _COORDINATED:
        return set()
    left = max((x for x in s.quantities if x.end < edge), key=lambda x: x.end, default=None)
    if left is None or left.kind not in _RELATIVE or edge - left.end > _SHARED_REACH:
        return set()
    nouns = {n.start for n in s.of("noun")}
    if not UNSHARED.isdisjoint(r.norm[left.end : edge - 1]) or any(
        left.end <= v.start < edge and v.start not in nouns for v in s.of("verb")
    ):
        return set()
    start = left_edge(r, s, left.first)
    if r.norm[edge] in ("a", "an") or not _UNDER.isdisjoint(r.norm[start : left.start]):
        return set()  # "more than 9x faster, a 4x speedup over X", "less than 9% of the data and 3% fewer layers"
    found = _hedges(r, start, left.start) or _shared(r, s, left)
    return found if left.kind == q.kind else found & {"up_to"}


def _head(r: Reading, s: Sentence, q: Quantity, sense: Sense, edge: int) -> int:
    """Where the noun begins whose number it is: "an average | speedup of 3x", "the peak | memory by 3x"; 0 without."""
    if sense.pattern in _HEADED or r.norm[max(s.begin, edge - 1)] == "of":
        nouns = [c for c in (*s.of("noun"), *sense.about) if c.end <= q.start and q.start - c.end < 6]
        if nouns:
            return max(c.start for c in nouns)
    if sense.pattern in _CHANGED and sense.about:
        topic = sense.about[min(q.place, len(sense.about) - 1)]
        return topic.start if topic.end <= q.start else 0
    return 0


def bound(r: Reading, s: Sentence, q: Quantity, sense: Sense) -> str:
    """How sure the number is; of two that apply the first in the order of the guidelines."""
    starts = [(left_edge(r, s, q.start), q.start)]
    if q.size > 1:
        starts.append((left_edge(r, s, q.first), q.first))
    found = {name for low, high in starts for name in _hedges(r, low, high)}
    if q.rule == "half" and not _UNDER.isdisjoint(r.norm[starts[0][0] : q.start]):
        found = found - {"up_to"} | {"at_least"}  # less than half is a factor of more than 2
    behind = r.norm[q.end : q.end + 2]
    if behind[:1] == ["+"] or behind == ["or", "more"] or r.norm[q.end - 2 : q.end - 1] == ["+"]:
        found.add("at_least")
    if not found and q.kind in _RELATIVE:
        found = _shared(r, s, q)
    head = _head(r, s, q, sense, starts[-1][0])
    near = range(head - _MODIFIERS, head) if head else range(0)
    for i in (*near, *range(q.last, min(q.last + 3, s.end))):
        if i < s.begin or i >= s.end:
            continue
        if r.norm[i] in ("average", "averagely", "mean"):
            found.add("average")
        elif r.norm[i] in ("peak", "maximum", "maximal") and i in near:
            found.add("up_to")
    if not found and any(r.norm[i : i + 2] == ["on", "average"] for i in range(s.begin, s.end - 1)):
        return "average"  # "on average, X runs 3x faster and needs 2x less memory"
    return next((name for name in _ORDER if name in found), "exact")


def unit(r: Reading, s: Sentence, q: Quantity) -> str:
    """The unit of a result: ``%``, ``points``, the unit as written, or ``""``."""
    if q.kind == "percent":
        return "%"
    if q.kind == "plain":
        for i in range(q.last, min(q.last + 4, s.end)):
            if r.norm[i] in ("points", "point", "pts"):
                return "points"
            if r.norm[i] in (",", ".", "and", "on", "in", "(", ")"):
                break
        return ""
    return q.unit


def hardware(r: Reading, s: Sentence, q: Quantity) -> str | None:
    """The machine behind "on" or "with" in the sentence."""
    i = s.begin
    while i < s.end:
        if match(HARDWARE, r.norm, r.stem, i, s.end) is not None:
            start = i
            while (
                start > s.begin
                and i - start < 5
                and r.norm[start - 1]
                not in ("on", "with", "using", "in", "for", "a", "an", "the", "and", ",", "(", "of", "to", "by")
            ):
                start -= 1
            if start > s.begin and (
                r.norm[start - 1] in ("on", "using")
                or r.norm[start - 2 : start] in (["on", "a"], ["on", "an"], ["on", "the"])
            ):
                end = i + 1
                while end < s.end and (
                    match(HARDWARE, r.norm, r.stem, end, s.end) is not None
                    or r.norm[end] in ("-", "device", "devices")
                    or (r.norm[end][0].isdigit() and r.text[end - 1] != ",")
                ):
                    end += 1
                return r.piece(start, end)
            if start == i or i - start >= 5:
                i += 1
                continue
        i += 1
    return None


def evidence(r: Reading, s: Sentence, q: Quantity, sense: Sense) -> tuple[int, int]:
    """The items of the shortest piece with the number and what it says of its topic."""
    start, end = q.start, q.end
    cues = list(sense.about)
    if q.size > 1 and len(cues) == q.size:
        cues = [cues[q.place]]
    for category in ("noun", "comparative"):
        left, right = nearest(s.of(category), q.start, q.end)
        if right is not None and sense.pattern in ("noun-right", "comparative") and right.start - q.last < 6:
            cues.append(right)
        if left is not None and sense.pattern in ("noun-of", "noun-by") and q.first - left.end < 8:
            cues.append(left)
    if sense.pattern in ("beats-by", "verb-by", "reaches") and (not cues or sense.pattern != "reaches"):
        left, _ = nearest(s.of("verb"), q.start, q.end)
        if left is not None:
            cues.append(left)
    for cue in cues:
        if cue.end <= q.start and q.start - cue.start <= _EVIDENCE * 2:
            start = min(start, cue.start)
        elif cue.start >= q.end and cue.end - q.end <= _EVIDENCE:
            end = max(end, cue.end)
    return max(start, s.begin), min(end, s.end)


def _own_phase(r: Reading, s: Sentence, sense: Sense, edge: int, cue: Cue) -> bool:
    """Whether a word of inference or training says what was measured or what became faster."""
    if any(x.end + 1 == cue.start and r.norm[x.end] == "of" for x in sense.about[:1]):
        return True  # "the throughput of serving"
    if sense.implied != "time":
        return False
    if cue.end == edge and sense.pattern == "comparative":
        return True  # "decodes 3x faster"
    if cue.end >= s.end or r.norm[cue.end] not in _PASSIVE:
        return False
    return any(v.start == cue.end + 1 for v in s.of("verb") if v.label == "speed")  # "inference is accelerated by 3x"


def explicit_phase(r: Reading, s: Sentence, q: Quantity, sense: Sense) -> str | None:
    """The phase that the claim itself names: "training time", "faster during inference", "speeds up fine-tuning"."""
    cues = s.of("phase")
    for about in sense.about[:1]:
        inner = [c for c in cues if about.start - 2 <= c.start < about.end + 1]
        if inner and all(r.norm[i] not in (",", "and", "by") for i in range(inner[-1].end, about.start)):
            return inner[q.place].label if len(inner) == q.size else inner[-1].label
    for i in range(q.last, min(q.last + 5, s.end - 1)):
        if r.norm[i] in ("in", "during", "for", "at"):
            cue = next((c for c in cues if i < c.start <= i + 2), None)
            if cue is not None:
                return cue.label
        if r.norm[i] in (",", "while", "(", ")", "."):
            break
    edge = left_edge(r, s, q.first)
    own = next((c for c in cues if _own_phase(r, s, sense, edge, c)), None)
    if own is not None:
        return own.label
    if (
        sense.pattern == "comparative"
        and edge - 2 >= s.begin
        and r.norm[edge - 1] in ("is", "are", "was", "runs", "becomes")
    ):
        before = next((c for c in cues if c.end == edge - 1), None)
        if before is not None:
            return before.label
    if sense.pattern.startswith("verb-by") and sense.implied == "time":
        verb, _ = nearest([v for v in s.of("verb") if v.label == "speed"], q.start, q.end)
        if verb is not None:
            inner = [c for c in cues if verb.end <= c.start < verb.end + 4]
            if inner:
                return inner[0].label
    return None


def phase_features(r: Reading, s: Sentence, q: Quantity, sense: Sense, label: str, subject: Subject) -> Iterator[str]:
    """The rules for the phase of a speedup: its words near by and in its sentence, and all words of the text."""
    document = subject.phases
    yield "bias"
    yield f"quantity={label}"
    yield f"pattern={sense.pattern}"
    cues = s.of("phase")
    left, right = nearest(cues, q.start, q.end)
    for side, cue in (("<", left), (">", right)):
        if cue is not None:
            distance = q.start - cue.end if side == "<" else cue.start - q.end
            step = "1" if distance <= 2 else "2" if distance <= 6 else "3"
            yield f"{side}{cue.label}:{step}"
            yield f"{side}{cue.label}"
            yield f"{side}word={r.stem[cue.start]}"
    labels = {c.label for c in cues}
    for i in range(q.last, min(q.last + 7, s.end - 1)):
        if r.norm[i] in ("in", "during", "for", "at", "of"):
            cue = next((c for c in cues if i < c.start <= i + 3), None)
            if cue is not None:
                yield f"explicit={cue.label}"
                yield f"explicit&{r.norm[i]}={cue.label}"
                break
        elif r.norm[i] in (",", "while", "(", ")", "."):
            break
    yield f"sentence={'+'.join(sorted(labels)) or '-'}"
    for cue in cues:
        yield f"word={r.stem[cue.start]}"
    for about in sense.about[:2]:
        for i in range(max(s.begin, about.start - 2), about.end):
            yield f"topic-word={r.stem[i]}"
        inner = {c.label for c in cues if about.start - 2 <= c.start < about.end + 3}
        yield f"topic={'+'.join(sorted(inner)) or '-'}"
    for name, count in document.items():
        yield f"{name}:{min(count, 4)}"
    if r.sentences and r.sentences[0][1] < 60:
        for i in range(*r.sentences[0]):
            yield f"title-word={r.stem[i]}"
    total = {k: v for k, v in document.items() if k.startswith("text.")}
    lead = total.get("text.inference", 0) - total.get("text.training", 0)
    yield f"lead={max(-3, min(3, lead))}"
    yield f"lead={max(-3, min(3, lead))}&sentence={'+'.join(sorted(labels)) or '-'}"
    yield f"quantity={label}&sentence={'+'.join(sorted(labels)) or '-'}"
    yield f"head={word(r, q.last, s.begin, s.end)}"
    yield from (f"text~{stem}" for stem in subject.words)
