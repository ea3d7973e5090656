"""The arithmetic of training: named rules to weights. Needs scikit-learn and scipy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

Example = tuple[list[str], str, float]
"""The rules that fire, the class, the weight."""
Group = tuple[list[list[str]], list[bool], float]
"""The rules of each candidate, which are right, the weight."""


def _kept(rules: Iterable[Iterable[str]], least: int) -> dict[str, int]:
    counts = Counter(rule for names in rules for rule in set(names))
    return {rule: k for k, rule in enumerate(sorted(rule for rule, n in counts.items() if n >= least))}


def _matrix(rules: Sequence[Sequence[str]], index: dict[str, int]) -> Any:
    from scipy.sparse import csr_matrix

    columns: list[int] = []
    ends = [0]
    for names in rules:
        columns += sorted({index[name] for name in names if name in index})
        ends.append(len(columns))
    return csr_matrix((np.ones(len(columns)), columns, ends), shape=(len(rules), len(index)))


def train_classifier(examples: Sequence[Example], strength: float, least: int) -> dict[str, Any]:
    """A multinomial logistic regression; ``strength`` is scikit-learn's C."""
    from sklearn.linear_model import LogisticRegression

    index = _kept((names for names, _, _ in examples), least)
    model = LogisticRegression(C=strength, max_iter=1000)
    weight = np.array([w for _, _, w in examples])
    model.fit(
        _matrix([names for names, _, _ in examples], index), [label for _, label, _ in examples], sample_weight=weight
    )
    table = np.round(model.coef_, 3)
    weights = {rule: table[:, k].tolist() for rule, k in index.items() if np.abs(table[:, k]).max() > 0.008}
    weights["bias"] = (
        (np.array(weights.get("bias", np.zeros(len(model.classes_)))) + model.intercept_).round(4).tolist()
    )
    return {"classes": model.classes_.tolist(), "weights": weights}


def train_ranker(groups: Sequence[Group], strength: float, least: int) -> dict[str, float]:
    """A conditional logit: the right candidates of a group together get the most of its probability."""
    from scipy.optimize import minimize

    index = _kept((rules for group, _, _ in groups for rules in group), least)
    x = _matrix([rules for group, _, _ in groups for rules in group], index)
    right = np.array([mark for _, marks, _ in groups for mark in marks])
    sizes = [len(group) for group, _, _ in groups]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    owner = np.repeat(np.arange(len(groups)), sizes)
    weight = np.array([w for _, _, w in groups])

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        scores = x @ w
        scores -= np.maximum.reduceat(scores, starts)[owner]
        e = np.exp(scores)
        total, good = np.add.reduceat(e, starts), np.add.reduceat(e * right, starts)
        gradient = weight[owner] * (e / total[owner] - e * right / good[owner])
        value = float((weight * (np.log(total) - np.log(good))).sum() + 0.5 / strength * 0.01 * (w @ w))
        return value, x.T @ gradient + 0.01 / strength * w

    found = minimize(loss, np.zeros(len(index)), jac=True, method="L-BFGS-B", options={"maxiter": 300})
    return {rule: round(float(found.x[k]), 3) for rule, k in index.items() if abs(found.x[k]) > 0.008}
