"""How sure the NER pass's network is of a name: its probabilities for the tokens of the name's occurrences.

Probabilities are told as log odds, for which a logistic regression is made.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from weakref import WeakKeyDictionary

from spacy.tokens import Doc

from extract.passes.ner.scores import CLASSES, TYPES, scores_of

_LEAST = 0.003  # no probability counts as surer than this
_SCALE = 3.0  # brings log odds into the range of the other features
_MOST = 8  # occurrences that are looked at
_OWN = {"METHOD": "METHOD+", "DATASET": "DATASET+"}
_KINDS = {"METHOD": ("METHOD", "METHOD+"), "TASK": ("TASK",), "DATASET": ("DATASET", "DATASET+"), "METRIC": ("METRIC",)}
_BEGINS = {name: CLASSES.index(f"B-{name}") for name in TYPES}
_GOES_ON = {name: CLASSES.index(f"I-{name}") for name in TYPES}


class _Tokens:
    """Parallel lists over the tokens of a text: for each type how likely a token begins or continues a name."""

    def __init__(self, rows: Sequence[Sequence[float]]) -> None:
        self.none = [row[0] for row in rows]
        self.begins = {kind: [sum([row[_BEGINS[n]] for n in names]) for row in rows] for kind, names in _KINDS.items()}
        self.goes_on = {
            kind: [sum([row[_GOES_ON[n]] for n in names]) for row in rows] for kind, names in _KINDS.items()
        }
        self.own = {kind: [row[_BEGINS[name]] + row[_GOES_ON[name]] for row in rows] for kind, name in _OWN.items()}


_READ: WeakKeyDictionary[Doc, _Tokens] = WeakKeyDictionary()


def _tokens(doc: Doc) -> _Tokens | None:
    known = _READ.get(doc)
    if known is None:
        scores = scores_of(doc)
        if scores is None:
            return None
        known = _READ[doc] = _Tokens(scores.tolist())
    return known


def _log_odds(p: float) -> float:
    return math.log((p + _LEAST) / (1 - p + _LEAST)) / _SCALE


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def name_certainty(doc: Doc, bounds: Iterable[tuple[int, int]], label: str) -> dict[str, float]:
    """Evidence for a surface form being a name of one type; empty where no model scored the text.

    Args:
        doc: the text.
        bounds: the tokens of its occurrences, half open.
        label: the type.
    """
    tokens = _tokens(doc)
    if tokens is None:
        return {}
    begins, goes_on = tokens.begins[label], tokens.goes_on[label]
    inside, least, first, behind, anything, whole = [], [], [], [], [], []
    for start, end in [b for b in bounds if b[0] < b[1]][:_MOST]:
        own = [begins[i] + goes_on[i] for i in range(start, end)]
        inside.append(_mean(own))
        least.append(min(own))
        first.append(begins[start])
        behind.append(goes_on[end] if end < len(goes_on) else 0.0)
        anything.append(_mean([1 - tokens.none[i] for i in range(start, end)]))
        whole.append(first[-1] * min(goes_on[start + 1 : end], default=1.0) * (1 - behind[-1]))
    if not inside:
        return {}
    found = {
        "sure": _log_odds(_mean(inside)),
        "sure_most": _log_odds(max(inside)),
        "sure_least": _log_odds(_mean(least)),
        "sure_begin": _log_odds(_mean(first)),
        "sure_longer": _log_odds(_mean(behind)),
        "sure_any": _log_odds(_mean(anything)),
        "sure_span": _log_odds(_mean(whole)),
        "sure_span_most": _log_odds(max(whole)),
    }
    return found | {f"{name}&{label}": found[name] for name in ("sure", "sure_any", "sure_span")}


def own_certainty(doc: Doc, bounds: Iterable[tuple[int, int]], label: str) -> dict[str, float]:
    """Evidence for the paper proposing a method or dataset; empty for other types and where no model scored the text.

    Args:
        doc: the text.
        bounds: the tokens of its mentions, half open.
        label: its type.
    """
    tokens = _tokens(doc)
    if tokens is None or label not in _OWN:
        return {}
    own, shares, odds = [], [], []
    for start, end in [b for b in bounds if b[0] < b[1]][:_MOST]:
        ours = _mean(tokens.own[label][start:end])
        every = _mean([tokens.begins[label][i] + tokens.goes_on[label][i] for i in range(start, end)])
        own.append(ours)
        shares.append(ours / (every + 0.01))
        odds.append(math.log((ours + _LEAST) / (max(every - ours, 0.0) + _LEAST)) / _SCALE)
    if not own:
        return {}
    return {
        "sure_own": _mean(own),
        "sure_own_most": max(own),
        "sure_own_odds": _mean(odds),
        "sure_own_odds_most": max(odds),
        "sure_own_share": _mean(shares),
        "sure_own_share_least": min(shares),
    }
