"""Gradient-boosted trees as data: made by LightGBM (Ke et al. 2017), kept as arrays, evaluated here with NumPy."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extract.assemble.logistic import Logistic, sigmoid

TREES = Path(__file__).resolve().parent / "trees.json"
LOGIT = "logit"
"""The column that holds what the logistic regression says, as log odds."""


class Trees:
    """A sum of regression trees over named columns.

    All nodes of all trees stand in one table. A row goes on to ``left`` where its value is at most the threshold, else
    to ``right``; a leaf leads to itself.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.columns = {name: i for i, name in enumerate(data["columns"])}
        self.depth = int(data["depth"])
        self._roots = np.array(data["roots"], dtype=np.int32)
        self._column = np.array(data["column"], dtype=np.int32)
        self._threshold = np.array(data["threshold"], dtype=np.float64)
        self._next = np.array([data["right"], data["left"]], dtype=np.int32).T.ravel()  # right, left, right, left ...
        self._value = np.array(data["value"], dtype=np.float64)

    def as_dict(self) -> dict[str, Any]:
        """As plain data, what ``__init__`` takes."""
        return {
            "columns": list(self.columns),
            "depth": self.depth,
            "roots": self._roots.tolist(),
            "column": self._column.tolist(),
            "threshold": [float(f"{t:.9g}") for t in self._threshold],
            "left": self._next[1::2].tolist(),
            "right": self._next[::2].tolist(),
            "value": [float(f"{v:.5g}") for v in self._value],
        }

    def matrix(self, rows: Sequence[Mapping[str, float]]) -> NDArray[np.float64]:
        """Named values as ``(rows, columns)``; what is missing is zero, names without a column are left out."""
        made = np.zeros((len(rows), len(self.columns)))
        for values, row in zip(made, rows, strict=True):
            for name, value in row.items():
                column = self.columns.get(name)
                if column is not None:
                    values[column] = value
        return made

    def __call__(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """The sum of the leaves that each row of ``(rows, columns)`` reaches."""
        at = np.tile(self._roots, (len(matrix), 1))
        begins = (np.arange(len(matrix), dtype=np.int32) * matrix.shape[1])[:, None]
        values = np.ascontiguousarray(matrix).ravel()
        for _ in range(self.depth):
            goes_left = values.take(begins + self._column.take(at)) <= self._threshold.take(at)
            at = self._next.take(2 * at + goes_left)
        total: NDArray[np.float64] = self._value.take(at).sum(axis=1)
        return total


class Boosted:
    """A logistic regression over all features, and trees that see its verdict and the features that are frequent.

    Two stages as in stacked generalization (Wolpert 1992): the trees learned from verdicts of regressions that had not
    seen the example.
    """

    def __init__(self, linear: Logistic, trees: Trees, threshold: float = 0.5) -> None:
        self.linear, self.trees, self.threshold = linear, trees, threshold

    def scores(self, rows: Sequence[Mapping[str, float]]) -> list[float]:
        """The probability of each row of features."""
        if not rows:
            return []
        matrix = self.trees.matrix(rows)
        matrix[:, self.trees.columns[LOGIT]] = [self.linear.logit(row) for row in rows]
        return [sigmoid(z) for z in self.trees(matrix).tolist()]


def load_boosted() -> Boosted:
    """The packaged model of names."""
    return _load(TREES)


@cache
def _load(path: Path) -> Boosted:
    from extract.assemble.logistic import load

    data = json.loads(path.read_text(encoding="utf-8"))
    return Boosted(load("names"), Trees(data), data["score_threshold"])
