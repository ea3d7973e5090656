"""The grammar of a claim: how a quantity is tied to what it speaks about and to a direction.

One small function for each construction; the first that reads the quantity gives its :class:`Sense`:

    3x fewer FLOPs                         comparative
    a 40% reduction in latency             noun-right
    84.3% top-1 accuracy                   direct
    only 5% of the parameters              share
    reduces the latency of X by 40%        verb-by
    outperforms X by 3% in accuracy        beats-by
    a speedup of up to 3x                  noun-of
    an accuracy of 84.3%                   figure-of
    achieves 84.3% on X                    reaches
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from extract.passes.rules.claims.cues import Cue, Sentence
from extract.passes.rules.claims.model import Quantity
from extract.passes.rules.claims.reading import Reading
from extract.passes.rules.claims.vocabulary import IMPLIED, LEFT_AFTER, LEFT_EDGE, WEAK

_CHANGE = {"reduce", "improve", "speed", "beat", "lose"}
_CHANGE_NOUNS = {"speedup", "reduction", "gain", "drop"}
_BREAKS = {".", ";", ":", "!", "?", "while", "whereas", "but", "which", "that", "where"}
_CLOSED = {
    "than",
    "compared",
    "over",
    "with",
    "by",
    "and",
    "while",
    ",",
    "(",
    ")",
    ".",
    ";",
    "without",
    "when",
    "at",
    "from",
    "versus",
    "against",
}
_LINKS = {
    "in",
    "of",
    "on",
    "for",
    "the",
    "terms",
    "a",
    "an",
    "its",
    "both",
    "overall",
    "average",
    "total",
    "our",
    "their",
    "standard",
}
_REACH = 10


@dataclass(slots=True)
class Sense:
    """How a quantity is read: the construction, the direction of change and the nouns it speaks about."""

    pattern: str
    direction: str = "-"
    governor: str = "-"
    about: list[Cue] = field(default_factory=list)
    implied: str | None = None

    @property
    def topic(self) -> str:
        """``quantity``, ``metric`` or ``-``."""
        if self.about:
            return self.about[0].category
        return "quantity" if self.implied else "-"

    @property
    def label(self) -> str:
        """The label of what it speaks about: ``time``, ``good``, ..."""
        return self.about[0].label if self.about else self.implied or "-"


@dataclass(slots=True)
class _Context:
    r: Reading
    s: Sentence
    q: Quantity
    edge: int
    """First item of the quantity with its bound words."""
    right: int
    """Item behind the quantity's list."""
    topics: list[Cue]
    """Cues of quantities and metrics, in order."""

    def at(self, i: int) -> str:
        """The norm at an item of the sentence, or nothing."""
        return self.r.norm[i] if self.s.begin <= i < self.s.end else ""

    def cue(self, category: str, low: int, high: int) -> Cue | None:
        """The first cue of a category that starts in a range of items."""
        return next((c for c in self.s.of(category) if low <= c.start < high), None)

    def between(self, low: int, high: int, weak: bool = True) -> list[Cue]:
        """Topics that start in a range of items; everyday words only where ``weak``."""
        return [c for c in self.topics if low <= c.start < high and (weak or self.strong(c))]

    def strong(self, c: Cue) -> bool:
        """Whether a topic is a term and no everyday word."""
        return c.end - c.start > 1 or self.r.stem[c.start] not in WEAK


def left_edge(r: Reading, s: Sentence, first: int) -> int:
    """The first item of the words that belong to a number from the left ("by | an average of up to 5%")."""
    i = first
    while i > s.begin and first - i < 8:
        word = r.norm[i - 1]
        if word in ("of", "to"):
            if i - 2 < s.begin or r.norm[i - 2] not in LEFT_AFTER:
                break
        elif word not in LEFT_EDGE:
            break
        i -= 1
    return i


def _coordinated(c: _Context, found: list[Cue]) -> list[Cue]:
    """The first topic and those that are coordinated with it ("FLOPs and latency")."""
    kept = found[:1]
    for cue in found[1:]:
        gap = c.r.norm[kept[-1].end : cue.start]
        if (
            len(gap) > 7
            or not any(w in ("and", ",", "/", "&") for w in gap)
            or any(w in ("by", "(", "while", "with") for w in gap)
        ):
            break
        if len(gap) > 2 and cue.category != kept[0].category:
            break
        if any(kept[-1].end <= x.start < cue.start for x in c.s.of("comparative")):
            break
        kept.append(cue)
    return kept


def _head(found: list[Cue]) -> list[Cue]:
    """Without the modifiers before the head: of "inference-time FLOPs" the FLOPs."""
    k = 0
    while k + 1 < len(found) and found[k + 1].start - found[k].end <= 1 and found[k + 1].category == found[k].category:
        k += 1
    return found[k:]


def _inside(c: _Context, low: int, high: int, weak: bool = True) -> list[Cue]:
    """Topics in a stretch that ends at the first word that closes a phrase."""
    stop = low
    while stop < min(high, c.s.end) and c.at(stop) not in _CLOSED:
        stop += 1
    return c.between(low, stop, weak)


def _after(c: _Context, i: int) -> list[Cue]:
    """Topics in the phrase that follows: "in X", "of the X", "in terms of X and Y"."""
    if c.at(i) not in ("in", "of", "on", "for", "to"):
        return []
    loose = c.at(i) not in ("in", "of")
    j = i
    while c.at(j) in _LINKS:
        j += 1
    stop = j
    while (
        stop < min(j + _REACH, c.s.end)
        and (c.at(stop) not in _CLOSED or c.at(stop) in ("and", ","))
        and not c.at(stop)[0].isdigit()
    ):
        stop += 1
    found = [x for x in c.between(j, stop) if c.strong(x) or x.start <= j + 3]
    if loose:
        # "by 40% on unseen data" says nothing about the data
        found = [x for x in found if x.category == "metric" and c.strong(x)]
    return _coordinated(c, _head(found))


def _comparative(c: _Context) -> Sense | None:
    """ "3x fewer FLOPs", "40% lower latency", "24 times faster"."""
    cue = c.cue("comparative", c.right, c.right + 3)
    if cue is None or any(
        c.at(i) in _CLOSED or c.at(i) in ("for", "to", "on", "respectively") for i in range(c.right, cue.start)
    ):
        return None
    if c.at(cue.end) == "than" and c.at(cue.end + 1)[:1].isdigit():
        return None  # "for less than 1%"
    sense = Sense("comparative", cue.label)
    if cue.label in ("fast", "slow"):
        sense.implied = "time"
        return sense
    word = c.r.norm[cue.start]
    found = _inside(c, cue.end, cue.end + 7)
    if found:
        sense.about = _coordinated(c, _head(_inside_list(c, cue.end, cue.end + 9)))
    elif word in IMPLIED:
        sense.implied = IMPLIED[word]
    else:
        sense.about = [x for x in c.between(max(c.s.begin, c.edge - 6), c.edge) if c.strong(x)][-1:]
    return sense


def _inside_list(c: _Context, low: int, high: int) -> list[Cue]:
    stop = low
    while (
        stop < min(high, c.s.end)
        and (c.at(stop) not in _CLOSED or c.at(stop) in ("and", ","))
        and not c.at(stop)[:1].isdigit()
    ):
        stop += 1
    return c.between(low, stop)


def _noun_right(c: _Context) -> Sense | None:
    """ "a 40% reduction in latency", "2.5x speedup", "30% training time savings"."""
    cue = c.cue("noun", c.right, c.right + 7)
    if cue is None or cue.label not in _CHANGE_NOUNS:
        return None
    gap = c.r.norm[c.right : cue.start]
    if any(w in _CLOSED or w in ("of", "in", "on", "for", "to") for w in gap):
        return None
    sense = Sense("noun-right", cue.label)
    inner = c.between(c.right, cue.start)
    if inner:
        sense.about = inner[-1:] if inner[-1].category == "quantity" else inner[:1]
    else:
        sense.about = _after(c, cue.end)
    if cue.label == "speedup" and (not sense.about or sense.about[0].category != "metric"):
        sense.implied = "time"
    if not sense.about and not sense.implied:
        sense.about = c.between(max(c.s.begin, c.edge - 8), c.edge, weak=False)[-1:]
    return sense


def _share(c: _Context) -> Sense | None:
    """ "only 5% of the parameters", "half the FLOPs", "two-thirds of the training data"."""
    q = c.q
    half = q.rule == "half"
    i = c.right
    if c.at(i) == "of":
        i += 1
    elif not (half and c.at(i) in ("the", "as", "its", "that")):
        return None
    found = _head(_inside(c, i, i + 8))
    sense = Sense("share", "overhead" if _overhead(c, i) else "of")
    if found:
        sense.about = found[:1]
    return sense


def _overhead(c: _Context, i: int) -> bool:
    """Whether the phrase at ``i`` speaks of a cost that is added."""
    for k in range(i, min(i + 8, c.s.end)):
        if c.at(k) in _CLOSED and c.at(k) not in ("and", ","):
            return False
        if any(n.label == "overhead" and n.start == k for n in c.s.of("noun")):
            return True
    return False


def _direct(c: _Context) -> Sense | None:
    """ "84.3% top-1 accuracy", "with 50% FLOPs", "(12x parameters)"."""
    i = c.right
    while i < c.right + 6 and c.at(i) and c.at(i) not in _CLOSED and c.at(i) not in ("of", "on", "for", "to"):
        if c.at(i) == "in" and i > c.right + 1:
            return None
        found = c.between(i, i + 1)
        if found:
            cue = found[0]
            after = c.cue("noun", cue.end, cue.end + 2)
            direction = after.label if after and after.label in _CHANGE_NOUNS else "-"
            return Sense(
                "direct-in" if c.at(c.right) == "in" else "direct",
                direction,
                about=_coordinated(c, _inside_list(c, i, i + 9)) or [cue],
            )
        i += 1
    return None


def _verb_by(c: _Context) -> Sense | None:
    """ "reduces the latency of X by 40%", "outperforms X by 3% in accuracy", "accuracy is improved by 5%"."""
    if c.at(c.edge - 1) not in ("by", "with"):
        return None
    verb = next((v for v in reversed(c.s.of("verb")) if v.label in _CHANGE and v.end <= c.edge), None)
    noun = next((n for n in reversed(c.s.of("noun")) if n.label in _CHANGE_NOUNS and n.end <= c.edge), None)
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
        return Sense("noun-by", cue.label, "by", _nearby(c, cue))
    sense = Sense("verb-by", verb.label, "by")
    if verb.label == "beat":
        sense.pattern = "beats-by"
        sense.about = _after(c, c.right) or c.between(verb.end, c.edge, weak=False)[-1:]
        return sense
    found = c.between(verb.end, c.edge)
    apart = max((x.end for x in c.s.quantities if verb.end <= x.start and x.end <= c.edge), default=verb.end)
    found = [x for x in found if x.start >= apart] or found
    found = [x for x in found if c.strong(x)] or found
    if found:
        sense.about = _coordinated(c, _head(found))
    elif verb.label == "speed":
        sense.implied = "time"
    else:
        before = c.between(max(c.s.begin, verb.start - 14), verb.start, weak=False)
        sense.about = _after(c, c.right) or _group_before(c, before)
        sense.pattern = "verb-by-subject"
    if verb.label == "speed":
        sense.implied = "time"
        sense.about = [x for x in sense.about if x.category == "quantity" and c.strong(x)]
    return sense


def _group_before(c: _Context, found: list[Cue]) -> list[Cue]:
    """The last topic and those that are coordinated with it on the left."""
    k = len(found) - 1
    while k > 0 and len(_coordinated(c, found[k - 1 : k + 1])) == 2:
        k -= 1
    return found[max(k, 0) :]


def _gain_of(c: _Context) -> Sense | None:
    """ "a gain of 2.1 BLEU points", "a reduction of 45% in training time"."""
    if c.at(c.edge - 1) != "of":
        return None
    noun = next((n for n in reversed(c.s.of("noun")) if n.end == c.edge - 1), None)
    if noun is None or noun.label not in _CHANGE_NOUNS:
        return None
    left = c.between(noun.start - 2, noun.start)[-1:]
    sense = Sense("noun-of", noun.label, "of", left or _after(c, c.right) or _inside(c, c.right, c.right + 4)[:1])
    if noun.label == "speedup":
        sense.implied = "time"
    return sense


def _multiple(c: _Context) -> Sense | None:
    """ "doubles the throughput", "halving the memory"."""
    if c.q.rule != "multiple-word" or c.q.unit in ("twice", "thrice"):
        return None
    found = _inside(c, c.right, c.right + 6)
    direction = "reduce" if c.q.unit.startswith("hal") else "improve"
    return Sense("multiple", direction, about=_head(found)[:1]) if found else None


def _reduced_by(c: _Context) -> Sense | None:
    """ "reduces FLOPs by 85% of ...": a verb of change with its object comes before what follows the number."""
    if c.at(c.edge - 1) != "by" or c.at(c.right) != "of":
        return None
    sense = _verb_by(c)
    return sense if sense is not None and sense.pattern == "verb-by" and sense.about else None


def _nearby(c: _Context, cue: Cue) -> list[Cue]:
    left = c.between(max(c.s.begin, cue.start - 4), cue.start)
    return left[-1:] or c.between(cue.end, cue.end + 6)[:1]


def _figure_of(c: _Context) -> Sense | None:
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
        (n for n in reversed(c.s.of("noun")) if n.label in _CHANGE_NOUNS and low <= n.start and n.end <= head), None
    )
    near = [x for x in c.between(low, head) if c.strong(x) or x.end >= head - 1]
    last = near[-1] if near else None
    if noun is not None and (
        last is None
        or noun.end >= last.end
        or not any(w in (",", "and", "with") for w in c.r.norm[noun.end : last.start])
    ):
        if any(c.at(k) in _BREAKS for k in range(noun.end, head)):
            return None
        sense = Sense("noun-of", noun.label, governor)
        sense.about = _after(c, c.right) or ([last] if last is not None and last.end > noun.start - 5 else [])
        if noun.label == "speedup":
            sense.implied = "time"
        return sense
    if last is None or any(c.at(k) in _BREAKS for k in range(last.end, head)):
        return None
    if governor == "-" and head - last.end > 1:
        return None
    verb = next(
        (v for v in reversed(c.s.of("verb")) if v.label in _CHANGE and v.end <= c.edge and v.start >= low - 6), None
    )
    return Sense("figure-of", verb.label if verb else "-", governor, _coordinated(c, near[-2:])[-1:])


def _reaches(c: _Context) -> Sense | None:
    """ "achieves 84.3% on X", "runs in 8 ms", "retaining 97%"."""
    verb = next((v for v in reversed(c.s.of("verb")) if v.end <= c.edge and v.start >= c.edge - 5), None)
    if verb is None:
        return None
    return Sense("reaches", verb.label, c.at(c.edge - 1) if verb.end < c.edge else "-")


_CONSTRUCTIONS: tuple[Callable[[_Context], Sense | None], ...] = (
    _comparative,
    _noun_right,
    _gain_of,
    _multiple,
    _reduced_by,
    _share,
    _direct,
    _verb_by,
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
    c = _Context(r, s, q, left_edge(r, s, q.first), q.last, kept)
    for construction in _CONSTRUCTIONS:
        sense = construction(c)
        if sense is not None:
            if sense.governor == "-":
                sense.governor = c.at(c.edge - 1) or "|"
            if sense.direction == "-" and sense.governor == "by":
                verb = next((v for v in reversed(s.of("verb")) if v.label in _CHANGE and v.end <= c.edge), None)
                sense.direction = verb.label if verb else "-"
            return sense
    return Sense("loose", governor=c.at(c.edge - 1) or "|")
