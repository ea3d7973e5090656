"""The grammar of a claim: how a quantity is tied to what it speaks about and to a direction.

One small function for each construction; the first that reads the quantity gives its :class:`Sense`:

    3x fewer FLOPs                         comparative
    a 40% reduction in latency             noun-right
    84.3% top-1 accuracy                   direct
    only 5% of the parameters              share
    reduces the latency of X by 40%        verb-by
    accelerates X up to 3x                 verb-by
    outperforms X by 3% in accuracy        beats-by
    a speedup of up to 3x                  noun-of
    an accuracy of 84.3%                   figure-of
    achieves 84.3% on X                    reaches
"""

from __future__ import annotations

from collections.abc import Callable

from extract.passes.rules.claims.cues import Cue, Sentence
from extract.passes.rules.claims.model import Quantity
from extract.passes.rules.claims.reading import Reading
from extract.passes.rules.claims.sense import (
    BREAKS,
    CHANGE,
    CHANGE_NOUNS,
    CLOSED,
    REACH,
    Context,
    Sense,
    after,
    beside,
    coordinated,
    group_before,
    head_of,
    inside,
    inside_list,
    left_edge,
    nearby,
    overhead,
)
from extract.passes.rules.claims.vocabulary import IMPLIED, PARALLEL


def _comparative(c: Context) -> Sense | None:
    """ "3x fewer FLOPs", "40% lower latency", "24 times faster"."""
    cue = c.cue("comparative", c.right, c.right + 3)
    if cue is None or any(
        c.at(i) in CLOSED or c.at(i) in ("for", "to", "on", "of", "respectively") for i in range(c.right, cue.start)
    ):
        return None
    if c.at(cue.end) == "than" and c.at(cue.end + 1)[:1].isdigit():
        return None  # "for less than 1%"
    sense = Sense("comparative", cue.label)
    if cue.label in ("fast", "slow"):
        sense.implied = "time"
        return sense
    word = c.r.norm[cue.start]
    if word in ("less", "more") and c.at(cue.end) in IMPLIED:
        sense.implied = IMPLIED[c.at(cue.end)]  # "9x less expensive"
        return sense
    found = inside(c, cue.end, cue.end + 7)
    if not found and word not in IMPLIED:
        found = inside_list(c, cue.end, cue.end + 5)  # "fewer total and trainable parameters"
    phases = {cue.start for cue in c.s.of("phase")}
    if word in IMPLIED and all(x.start in phases and not c.strong(x) for x in found):
        sense.implied = IMPLIED[word]  # "9x cheaper inference" is about cost
    elif found:
        sense.about = coordinated(c, head_of(c, inside_list(c, cue.end, cue.end + 9)))
    else:
        sense.about = [x for x in c.between(max(c.s.begin, c.edge - 6), c.edge) if c.strong(x)][-1:]
    return sense


def _noun_right(c: Context) -> Sense | None:
    """ "a 40% reduction in latency", "2.5x speedup", "30% training time savings"."""
    cue = c.cue("noun", c.right, c.right + 7)
    if cue is None or cue.label not in CHANGE_NOUNS:
        return None
    gap = c.r.norm[c.right : cue.start]
    if any(w in CLOSED or w in ("of", "in", "on", "for", "to") for w in gap):
        return None
    sense = Sense("noun-right", cue.label)
    inner = c.between(c.right, cue.start)
    if inner:
        sense.about = inner[-1:] if inner[-1].category == "quantity" else inner[:1]
    else:
        sense.about = after(c, cue.end)
    if cue.label == "speedup" and (not sense.about or sense.about[0].category != "metric"):
        sense.implied = "time"
    if not sense.about and not sense.implied:
        sense.about = c.between(max(c.s.begin, c.edge - 8), c.edge, weak=False)[-1:]
    return sense


def _share(c: Context) -> Sense | None:
    """ "only 5% of the parameters", "half the FLOPs", "two-thirds of the training data"."""
    q = c.q
    half = q.rule == "half"
    i = c.right
    if c.at(i) == "of":
        i += 1
    elif not (half and c.at(i) in ("the", "as", "its", "that")):
        return None
    found = head_of(c, inside(c, i, i + 8))
    changed = beside(c, found)
    if changed != "reduce" and overhead(c, i):
        changed = "overhead"
    return Sense("share", changed or "of", about=found[:1])


def _direct(c: Context) -> Sense | None:
    """ "84.3% top-1 accuracy", "with 50% FLOPs", "(12x parameters)"."""
    i = c.right
    while i < c.right + 6 and c.at(i) and c.at(i) not in CLOSED:
        if c.at(i) in ("of", "on", "for", "to") and c.at(i + 1) != "-":  # but "3x the on-device memory"
            break
        if c.at(i) == "in" and i > c.right + 1:
            return None
        found = c.between(i, i + 1)
        if found:
            cue = found[0]
            change = c.cue("noun", cue.end, cue.end + 2)
            about = coordinated(c, head_of(c, inside_list(c, i, i + 9))) or [cue]
            direction = change.label if change and change.label in CHANGE_NOUNS else beside(c, about) or "-"
            if direction != "reduce" and overhead(c, c.right):
                direction = "overhead"
            return Sense("direct-in" if c.at(c.right) == "in" else "direct", direction, about=about)
        i += 1
    return None


def _verb_by(c: Context) -> Sense | None:
    """ "reduces the latency of X by 40%", "outperforms X by 3% in accuracy", "accuracy is improved by 5%"."""
    if c.at(c.edge - 1) not in ("by", "with"):
        return None
    verb = next((v for v in reversed(c.s.of("verb")) if v.label in CHANGE and v.end <= c.edge), None)
    noun = next((n for n in reversed(c.s.of("noun")) if n.label in CHANGE_NOUNS and n.end <= c.edge), None)
    better = next(
        (
            n
            for n in reversed(c.s.of("comparative"))
            if n.label in ("fast", "less", "more", "better") and n.end <= c.edge
        ),
        None,
    )
    if verb is None or (noun is not None and noun.start > verb.end + 12):
        cue = noun or better
        if cue is None:
            return None
        return Sense("noun-by", cue.label, "by", nearby(c, cue))
    sense = Sense("verb-by", verb.label, "by")
    if verb.label == "beat":
        sense.pattern = "beats-by"
        sense.about = after(c, c.right) or c.between(verb.end, c.edge, weak=False)[-1:]
        return sense
    found = c.between(verb.end, c.edge)
    apart = max((x.end for x in c.s.quantities if verb.end <= x.start and x.end <= c.edge), default=verb.end)
    found = [x for x in found if x.start >= apart] or found
    found = [x for x in found if c.strong(x)] or found
    if found:
        sense.about = coordinated(c, head_of(c, found))
    elif c.r.norm[verb.start] in IMPLIED and c.q.kind == "ratio":
        sense.implied = IMPLIED[c.r.norm[verb.start]]  # "compressing X by 1.9x"
    elif verb.label == "speed":
        sense.implied = "time"
    else:
        before = c.between(max(c.s.begin, verb.start - 14), verb.start, weak=False)
        sense.about = after(c, c.right) or group_before(c, before)
        sense.pattern = "verb-by-subject"
    if verb.label == "speed":
        sense.implied = "time"
        sense.about = [x for x in sense.about if x.category == "quantity" and c.strong(x)]
    return sense


def _verb_times(c: Context) -> Sense | None:
    """ "accelerates detectors up to 2.5x", "speeds up tuning 3x": a verb of speed and its object, without "by"."""
    if c.q.kind != "ratio":
        return None
    verb = next((v for v in reversed(c.s.of("verb")) if v.end <= c.edge), None)
    if verb is None or verb.label != "speed" or c.edge - verb.end > 8:
        return None
    if any(c.at(k) in CLOSED or c.at(k) in BREAKS for k in range(verb.end, c.edge)):
        return None
    return Sense("verb-by", "speed", "-", implied="time")


def _verb_up_to(c: Context) -> Sense | None:
    """ "improving the mean latency up to 6%": a verb of change with its topic right before "up to"."""
    if c.r.norm[c.edge : c.edge + 2] != ["up", "to"] or c.q.kind not in ("percent", "ratio"):
        return None
    verb = next((v for v in reversed(c.s.of("verb")) if v.label in CHANGE and v.end <= c.edge), None)
    if verb is None or c.edge - verb.end > REACH or any(c.at(k) in BREAKS for k in range(verb.end, c.edge)):
        return None
    found = c.between(verb.end, c.edge, weak=False)
    if not found or found[-1].end != c.edge:
        return None
    return Sense("verb-by", verb.label, "by", coordinated(c, head_of(c, found)))


def _continued(c: Context) -> Sense | None:
    """ "by 80% for trees and | 60% for graphs": a number that goes on with what was said of the one before it."""
    if c.at(c.edge - 1) not in ("and", "or", ","):
        return None
    left = max((x for x in c.s.quantities if x.last < c.edge), key=lambda x: x.last, default=None)
    if left is None or left.kind != c.q.kind or c.edge - left.last > REACH or c.at(left.last) not in PARALLEL:
        return None
    if any(left.last <= x.start < c.edge for x in c.s.of("verb")):
        return None
    if c.at(c.right) not in PARALLEL and c.at(c.right) not in CLOSED:
        return None
    sense = read_sense(c.r, c.s, left)
    return sense if sense.about or sense.implied else None


def _gain_of(c: Context) -> Sense | None:
    """ "a gain of 2.1 BLEU points", "a reduction of 45% in training time"."""
    if c.at(c.edge - 1) != "of":
        return None
    noun = next((n for n in reversed(c.s.of("noun")) if n.end == c.edge - 1), None)
    if noun is None or noun.label not in CHANGE_NOUNS:
        return None
    left = c.between(noun.start - 2, noun.start)[-1:]
    sense = Sense("noun-of", noun.label, "of", left or after(c, c.right) or inside(c, c.right, c.right + 4)[:1])
    if noun.label == "speedup":
        sense.implied = "time"
    elif noun.label == "reduction" and not sense.about:
        # "cuts the latency of X and lowers its energy use, an average reduction of 60% and 27%"
        sense.about = c.between(c.s.begin, noun.start, weak=False)[-c.q.size :]
    return sense


def _bracketed(c: Context) -> Sense | None:
    """ "faster (up to 50 times)", "smaller (3x)"."""
    if c.at(c.edge - 1) != "(":
        return None
    cue = next((x for x in c.s.of("comparative") if x.end == c.edge - 1), None)
    if cue is None:
        return None
    implied = "time" if cue.label == "fast" else IMPLIED.get(c.r.norm[cue.start])
    return Sense("bracketed", cue.label, "(", implied=implied) if implied else None


def _multiple(c: Context) -> Sense | None:
    """ "doubles the throughput", "halving the memory"."""
    if c.q.rule != "multiple-word" or c.q.unit in ("twice", "thrice"):
        return None
    found = inside(c, c.right, c.right + 6)
    direction = "reduce" if c.q.unit.startswith("hal") else "improve"
    return Sense("multiple", direction, about=head_of(c, found)[:1]) if found else None


def _reduced_by(c: Context) -> Sense | None:
    """ "reduces FLOPs by 85% of ...": a verb of change with its object comes before what follows the number."""
    if c.at(c.edge - 1) != "by" or c.at(c.right) != "of":
        return None
    sense = _verb_by(c)
    return sense if sense is not None and sense.pattern == "verb-by" and sense.about else None


def _figure_of(c: Context) -> Sense | None:
    """ "a speedup of 3x", "an accuracy of 84.3%", "accuracy (84.3%)", "latency reduction of 40%"."""
    i = c.edge
    governor = c.at(i - 1)
    if governor not in (
        "of",
        "(",
        ":",
        "=",
        "to",
        "at",
        "is",
        "are",
        "was",
        "were",
        "from",
        "by",
        "with",
        "as",
        "reaches",
        ",",
    ):
        i += 1
        governor = "-"
    low = max(c.s.begin, i - 1 - 9)
    head = i - 1
    noun = next(
        (n for n in reversed(c.s.of("noun")) if n.label in CHANGE_NOUNS and low <= n.start and n.end <= head), None
    )
    near = [x for x in c.between(low, head) if c.strong(x) or x.end >= head - 1]
    last = near[-1] if near else None
    if noun is not None and (
        last is None
        or noun.end >= last.end
        or not any(w in (",", "and", "with") for w in c.r.norm[noun.end : last.start])
    ):
        if any(c.at(k) in BREAKS for k in range(noun.end, head)):
            return None
        sense = Sense("noun-of", noun.label, governor)
        sense.about = after(c, c.right) or ([last] if last is not None and last.end > noun.start - 5 else [])
        if noun.label == "speedup":
            sense.implied = "time"
        return sense
    if last is None or any(c.at(k) in BREAKS for k in range(last.end, head)):
        return None
    if governor == "-" and (head - last.end > 1 or c.at(c.edge - 1) in ("and", "or")):
        return None  # "reduces latency and 90% of ...": the number begins a phrase of its own
    verb = next(
        (v for v in reversed(c.s.of("verb")) if v.label in CHANGE and v.end <= c.edge and v.start >= low - 6), None
    )
    told = group_before(c, near) if governor in ("to", "by") and last.category == "quantity" else near[-1:]
    return Sense("figure-of", verb.label if verb else "-", governor, told)


def _reaches(c: Context) -> Sense | None:
    """ "achieves 84.3% on X", "runs in 8 ms", "retaining 97%"."""
    verb = next((v for v in reversed(c.s.of("verb")) if v.end <= c.edge and v.start >= c.edge - 5), None)
    if verb is None:
        return None
    return Sense("reaches", verb.label, c.at(c.edge - 1) if verb.end < c.edge else "-")


_CONSTRUCTIONS: tuple[Callable[[Context], Sense | None], ...] = (
    _comparative,
    _noun_right,
    _gain_of,
    _bracketed,
    _multiple,
    _reduced_by,
    _share,
    _direct,
    _verb_by,
    _verb_up_to,
    _verb_times,
    _continued,
    _figure_of,
    _reaches,
)


def read_sense(r: Reading, s: Sentence, q: Quantity) -> Sense:
    """How ``q`` is tied to its sentence; the first construction that reads it, or ``loose``."""
    topics = sorted((*s.of("quantity"), *s.of("metric")), key=lambda cue: (cue.start, cue.end))
    # of two readings of the same words the longer one holds
    kept: list[Cue] = []
    for cue in topics:
        if kept and cue.start < kept[-1].end:
            if cue.end - cue.start > kept[-1].end - kept[-1].start:
                kept[-1] = cue
            continue
        kept.append(cue)
    c = Context(r, s, q, left_edge(r, s, q.first), q.last, kept)
    for construction in _CONSTRUCTIONS:
        sense = construction(c)
        if sense is not None:
            if sense.governor == "-":
                sense.governor = c.at(c.edge - 1) or "|"
            if sense.direction == "-" and sense.governor == "by":
                verb = next((v for v in reversed(s.of("verb")) if v.label in CHANGE and v.end <= c.edge), None)
                sense.direction = verb.label if verb else "-"
            return sense
    return Sense("loose", governor=c.at(c.edge - 1) or "|")
