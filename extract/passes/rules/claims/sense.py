"""What the constructions of :mod:`.grammar` share: the sense they give and the stretches of text they look at."""

from __future__ import annotations

from dataclasses import dataclass, field

from extract.passes.rules.claims.cues import Cue, Sentence
from extract.passes.rules.claims.model import Quantity
from extract.passes.rules.claims.reading import Reading
from extract.passes.rules.claims.vocabulary import LEFT_AFTER, LEFT_EDGE, WEAK

CHANGE = {"reduce", "improve", "speed", "beat", "lose"}
CHANGE_NOUNS = {"speedup", "reduction", "gain", "drop"}
BREAKS = {".", ";", ":", "!", "?", "while", "whereas", "but", "which", "that", "where"}
CLOSED = {
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
LINKS = {
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
REACH = 10


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
class Context:
    """A quantity with what the constructions look at around it."""

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


def coordinated(c: Context, found: list[Cue]) -> list[Cue]:
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


def head_of(c: Context, found: list[Cue]) -> list[Cue]:
    """Without the modifiers before the head: of "inference-time FLOPs" the FLOPs."""
    k = 0
    while k + 1 < len(found) and found[k + 1].category == found[k].category:
        if c.r.norm[found[k].end : found[k + 1].start] not in ([], ["-"]):
            break
        k += 1
    return found[k:]


def beside(c: Context, about: list[Cue]) -> str | None:
    """The change that a verb right before the number or behind its topic says: "saves 25%", "50% ... pruned"."""
    verb = next((v for v in reversed(c.s.of("verb")) if v.end <= c.edge), None)
    if verb is not None and verb.end >= c.edge - 1 and verb.label in CHANGE:
        return verb.label
    if about:
        i = about[0].end
        while i < about[0].end + 5 and c.at(i) in (
            ")",
            "(",
            "is",
            "are",
            "can",
            "be",
            "was",
            "were",
            "have",
            "been",
            "could",
        ):
            i += 1
        verb = c.cue("verb", i, i + 1)
        if verb is not None and verb.label == "reduce" and c.at(i).endswith("ed"):
            return "reduce"
    return None


def inside(c: Context, low: int, high: int, weak: bool = True) -> list[Cue]:
    """Topics in a stretch that ends at the first word that closes a phrase."""
    stop = low
    while stop < min(high, c.s.end) and c.at(stop) not in CLOSED:
        stop += 1
    return c.between(low, stop, weak)


def after(c: Context, i: int) -> list[Cue]:
    """Topics in the phrase that follows: "in X", "of the X", "in terms of X and Y"."""
    if c.at(i) not in ("in", "of", "on", "for", "to"):
        return []
    loose = c.at(i) not in ("in", "of")
    j = i
    while c.at(j) in LINKS:
        j += 1
    stop = j
    while (
        stop < min(j + REACH, c.s.end)
        and (c.at(stop) not in CLOSED or c.at(stop) in ("and", ","))
        and not c.at(stop)[0].isdigit()
    ):
        stop += 1
    found = [x for x in c.between(j, stop) if c.strong(x) or x.start <= j + 3]
    together = coordinated(c, head_of(c, found))
    if c.q.size > 1 and len(together) == c.q.size:
        return together  # "by 3x and 2x for latency and memory": one each
    if loose:
        # "by 40% on unseen data" says nothing about the data
        found = [x for x in found if x.category == "metric" and c.strong(x)]
    return coordinated(c, head_of(c, found))


def inside_list(c: Context, low: int, high: int) -> list[Cue]:
    """Topics in a stretch, through the commas and "and" of a list."""
    stop = low
    while (
        stop < min(high, c.s.end)
        and (c.at(stop) not in CLOSED or c.at(stop) in ("and", ","))
        and not c.at(stop)[:1].isdigit()
    ):
        stop += 1
    return c.between(low, stop)


def overhead(c: Context, i: int) -> bool:
    """Whether the phrase at ``i`` speaks of a cost that is added."""
    for k in range(i, min(i + 8, c.s.end)):
        if c.at(k) in CLOSED and c.at(k) not in ("and", ","):
            return False
        if any(n.label == "overhead" and n.start == k for n in c.s.of("noun")):
            return True
    return False


def _taken(c: Context, topic: Cue) -> bool:
    """Whether another number speaks of a topic to its right: "2x faster | speed and lower power use by 3x"."""
    word = next((x for x in reversed(c.s.of("comparative")) if x.end <= topic.start), None)
    return word is not None and topic.start - word.end <= 1 and any(x.last == word.start for x in c.s.quantities)


def group_before(c: Context, found: list[Cue]) -> list[Cue]:
    """The last topic and those that are coordinated with it on the left."""
    k = len(found) - 1
    while k > 0 and len(coordinated(c, found[k - 1 : k + 1])) == 2 and not _taken(c, found[k - 1]):
        k -= 1
    return found[max(k, 0) :]


def nearby(c: Context, cue: Cue) -> list[Cue]:
    """The topic right before a cue, or else the first behind it."""
    left = c.between(max(c.s.begin, cue.start - 4), cue.start)
    return left[-1:] or c.between(cue.end, cue.end + 6)[:1]
