"""The decision table: which row a construction speaks for when nothing else is known.

The verdict is one voice among the rules: the models learn how far to trust it.
"""

from __future__ import annotations

from extract.passes.rules.claims.cues import Sentence
from extract.passes.rules.claims.model import Quantity
from extract.passes.rules.claims.reading import Reading
from extract.passes.rules.claims.sense import Sense, left_edge
from extract.passes.rules.claims.vocabulary import RATES

_DOWN = {"reduce", "reduction", "less", "drop", "lose"}
_UP = {"improve", "gain", "more", "better", "beat", "speed", "speedup", "fast"}
_FAST = {"speed", "speedup", "fast"}
_SHARE = 8
"""Items between two shares of one list at most."""
_SPARING = {
    "only",
    "just",
    "merely",
    "mere",
    "with",
    "using",
    "use",
    "uses",
    "require",
    "requires",
    "requiring",
    "needs",
    "at",
    "than",
}


def _spares(r: Reading, s: Sentence, q: Quantity, edge: int) -> bool:
    """Whether the words before the number say that little is used: "with only 5% of ...", all of a list included."""
    if any(word in _SPARING for word in r.norm[max(s.begin, edge - 1) : q.start]):
        return True
    if edge - 1 < s.begin or r.norm[edge - 1] not in ("and", ","):
        return False
    left = max((x for x in s.quantities if x.end < edge and x.kind == q.kind), key=lambda x: x.end, default=None)
    if left is None or r.norm[left.end : left.end + 1] != ["of"] or edge - left.end > _SHARE:
        return False
    return _spares(r, s, left, left_edge(r, s, left.start))  # "only 9% of its parameters and 10% of its FLOPs"


def _speedup(r: Reading, s: Sentence, q: Quantity, sense: Sense, edge: int) -> str:
    direction = sense.direction
    head = r.stem[sense.about[0].end - 1] if sense.about else ""
    if direction in ("overhead", "slow", "worse") or (direction in _DOWN and head in RATES):
        return "none"
    if q.kind in ("ratio", "plain") and (q.kind == "ratio" or direction != "-"):
        return "speedup.ratio"
    if q.kind != "percent":
        return "result.absolute"
    if sense.pattern == "share" and direction not in _DOWN:
        return "speedup.percent_of" if _spares(r, s, q, edge) else "share"
    if direction in _FAST:
        return "speedup.percent_increase"
    if direction in _DOWN:
        return "speedup.percent_decrease"
    if direction in _UP:
        return "speedup.percent_increase" if head in RATES else "speedup.percent_decrease"
    if sense.pattern == "direct" and _spares(r, s, q, edge):
        return "speedup.percent_of"
    return "figure"


def _quality(r: Reading, q: Quantity, sense: Sense, edge: int, begin: int) -> str:
    direction, bad = sense.direction, sense.label == "bad"
    governor = r.norm[edge - 1] if edge > begin else ""
    if q.before is not None:
        return "result.absolute"
    if direction in ("drop", "lose"):
        return "result.gain" if bad and direction == "drop" else "result.loss"
    if direction in ("reduce", "reduction", "less"):
        return "result.gain" if bad or q.kind == "ratio" else "result.loss"
    if direction in ("overhead", "worse", "slow"):
        return "result.loss"
    if sense.pattern == "share":
        return "result.retained"
    if q.sign == "+" or governor == "by" or (q.kind == "ratio" and sense.topic == "metric"):
        return "result.gain"
    if direction in _UP and sense.pattern in (
        "comparative",
        "noun-right",
        "noun-of",
        "verb-by",
        "beats-by",
        "noun-by",
        "verb-by-subject",
        "multiple",
    ):
        return "result.gain"
    return "result.absolute"


def verdict(r: Reading, s: Sentence, q: Quantity, sense: Sense) -> str:
    """``speedup.ratio``, ``result.gain``, ``none`` ...: what the construction alone says."""
    edge = left_edge(r, s, q.first)
    if sense.topic == "quantity":
        return _speedup(r, s, q, sense, edge)
    if sense.topic == "metric":
        return _quality(r, q, sense, edge, s.begin)
    if sense.direction == "keep":
        return "result.retained"
    if sense.direction in ("lose", "drop"):
        return "result.loss"
    if sense.pattern in ("beats-by", "noun-right", "noun-of", "comparative") or q.sign == "+":
        return f"bare-gain.{sense.direction in _UP}"
    if sense.pattern in ("verb-by", "verb-by-subject", "noun-by"):
        return f"bare-by.{sense.direction}"
    return f"bare.{sense.pattern}"


def settled_efficiency(r: Reading, s: Sentence, q: Quantity, sense: Sense) -> str | None:
    """The form of a speedup in percent where its construction leaves no choice."""
    if sense.direction in ("reduce", "reduction", "less") and sense.governor == "to":
        return "percent_of"  # "reduces the bit rate to 26%"
    if sense.pattern == "bracketed" or sense.direction == "-":
        return None
    told = verdict(r, s, q, sense)
    return told.removeprefix("speedup.") if told in ("speedup.percent_increase", "speedup.percent_decrease") else None


def settled_form(r: Reading, s: Sentence, q: Quantity, sense: Sense) -> str | None:
    """The form of a result where the text leaves no choice."""
    if q.before is not None:
        return "absolute"
    if q.sign == "+":
        return "gain"
    if sense.pattern in ("noun-right", "noun-of") and sense.direction == "drop" and sense.label != "bad":
        return "loss"
    edge = left_edge(r, s, q.start)
    kept = any(v.label == "keep" and v.end == edge for v in s.of("verb"))
    if kept and sense.pattern in ("share", "direct") and q.kind == "percent":
        return "retained"
    return None
