"""Logistic regression as data: weights in JSON, the sum and the sigmoid here."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

_LEAST = 0.02  # smaller weights, half of all, change nothing that can be measured
WEIGHTS = Path(__file__).resolve().parent / "weights.json"


def sigmoid(z: float) -> float:
    """The probability of log odds."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, z))))


class Logistic:
    """A fitted logistic regression over named features."""

    def __init__(self, weights: Mapping[str, float], bias: float, threshold: float = 0.5) -> None:
        self.weights = dict(weights)
        self.bias = bias
        self.threshold = threshold

    def logit(self, features: Mapping[str, float]) -> float:
        """The log odds, for features that may be any subset of those that were fitted."""
        weight = self.weights.get
        return self.bias + sum([weight(name, 0.0) * value for name, value in features.items()])

    def __call__(self, features: Mapping[str, float]) -> float:
        """The probability."""
        return sigmoid(self.logit(features))

    def scores(self, rows: Sequence[Mapping[str, float]]) -> list[float]:
        """The probability of each row of features."""
        return [self(row) for row in rows]

    def as_dict(self) -> dict[str, object]:
        """As plain data."""
        weights = {name: round(w, 4) for name, w in sorted(self.weights.items()) if abs(w) >= _LEAST}
        return {"bias": round(self.bias, 4), "threshold": round(self.threshold, 4), "weights": weights}


@cache
def load(name: str) -> Logistic:
    """A packaged model by its name (``names``, ``roles``)."""
    data = json.loads(WEIGHTS.read_text(encoding="utf-8"))[name]
    return Logistic(data["weights"], data["bias"], data["threshold"])
