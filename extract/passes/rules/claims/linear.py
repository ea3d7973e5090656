"""Log-linear models over named rules: a dictionary of weights, no library.

Two shapes: a *classifier* has weights for each class, a *ranker* scores candidates of which one is right.
Weights are read from ``weights.json``, which :mod:`.training` writes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

WEIGHTS = Path(__file__).with_name("weights.json")


class Classifier:
    """A multinomial log-linear model: ``weights[rule]`` has one number for each class."""

    def __init__(self, classes: Sequence[str], weights: dict[str, list[float]]) -> None:
        self.classes = list(classes)
        self.weights = weights

    def scores(self, rules: Iterable[str]) -> list[float]:
        """The probability of each class."""
        rows = [row for row in map(self.weights.get, rules) if row is not None]
        return softmax([sum(column) for column in zip(*rows, strict=True)] if rows else [0.0] * len(self.classes))

    def reasons(self, rules: Iterable[str], label: str, n: int = 4) -> tuple[str, ...]:
        """The rules that speak most for a class, strongest first."""
        k = self.classes.index(label)
        found = [(self.weights[rule][k], rule) for rule in rules if rule in self.weights]
        return tuple(rule for weight, rule in sorted(found, reverse=True)[:n] if weight > 0)


class Ranker:
    """A conditional log-linear model: one weight a rule; the probability of each candidate among all."""

    def __init__(self, weights: dict[str, float]) -> None:
        self.weights = weights

    def scores(self, candidates: Sequence[Iterable[str]]) -> list[float]:
        """The probability of each candidate, given the rules that fire for it."""
        get = self.weights.get
        return softmax([sum([get(rule, 0.0) for rule in rules]) for rules in candidates])


def softmax(scores: Sequence[float]) -> list[float]:
    """Probabilities of scores."""
    if not scores:
        return []
    top = max(scores)
    parts = [math.exp(score - top) for score in scores]
    total = sum(parts)
    return [part / total for part in parts]


class Models:
    """All models of the pass by name, and the thresholds."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.classifiers = {k: Classifier(v["classes"], v["weights"]) for k, v in data["classifiers"].items()}
        self.rankers = {k: Ranker(v) for k, v in data["rankers"].items()}
        self.thresholds: dict[str, float] = data["thresholds"]


@cache
def load_models() -> Models | None:
    """The packaged models; ``None`` before the first training."""
    if not WEIGHTS.is_file():
        return None
    return Models(json.loads(WEIGHTS.read_text(encoding="utf-8")))
