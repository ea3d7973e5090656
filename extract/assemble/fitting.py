"""The arithmetic of fitting: named features to weights and trees. Needs scikit-learn and LightGBM."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extract.assemble.logistic import Logistic
from extract.assemble.trees import LOGIT, Boosted, Trees

Example = tuple[dict[str, float], bool]
"""Features, and whether it is annotated."""
OTHERS = "by_others"
"""The feature that says that others annotated an example; no paper has it later."""
_PARTS = 3
_BLOCKS = 40  # runs of examples in each part of a regression's cross-fitting
BOOSTING = {
    "objective": "binary",
    "num_leaves": 32,
    "max_depth": 8,
    "learning_rate": 0.04,
    "min_data_in_leaf": 80,
    "lambda_l2": 3.0,
    "use_missing": False,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "seed": 0,
    "verbose": -1,
}
"""LightGBM's settings; chosen on a third of the training papers that was held out; around them it is flat."""
_TREES = 300
_NODE = ("column", "threshold", "left", "right", "value")
_FREQUENT = 0.012  # the share of examples that a feature has to be in for the trees to see it


def fit_logistic(examples: Sequence[Example], c: float) -> Logistic:
    """Fits a logistic regression with an L2 penalty (scikit-learn)."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    vectorizer = DictVectorizer()
    matrix = vectorizer.fit_transform([f for f, _ in examples])
    model = LogisticRegression(C=c, max_iter=3000)
    model.fit(matrix, [y for _, y in examples])
    weights = dict(zip(vectorizer.get_feature_names_out(), map(float, model.coef_[0]), strict=True))
    weights = {name: weight for name, weight in weights.items() if not name.startswith(OTHERS)}
    return Logistic(weights, float(model.intercept_[0]))


def unseen_logits(examples: Sequence[Example], c: float) -> NDArray[np.float64]:
    """For each example the log odds of a regression that did not learn from it, nor from its neighbours (a paper's
    examples follow one another).
    """
    found = np.zeros(len(examples))
    parts = [int(_PARTS * _BLOCKS * i / len(examples)) % _PARTS for i in range(len(examples))]
    for k in range(_PARTS):
        model = fit_logistic([e for e, part in zip(examples, parts, strict=True) if part != k], c)
        for i, ((features, _), part) in enumerate(zip(examples, parts, strict=True)):
            if part == k:
                found[i] = model.logit(features)
    return found


def fit_boosted(examples: Sequence[Example], c: float) -> Boosted:
    """Fits a logistic regression, and trees upon it (LightGBM)."""
    import lightgbm

    counts = Counter(name for features, _ in examples for name in features if not name.startswith(OTHERS))
    least = _FREQUENT * len(examples)
    columns = [LOGIT, *sorted(name for name, n in counts.items() if n >= least), OTHERS]
    empty = Trees({"columns": columns, "depth": 0, "roots": [], **{k: [] for k in _NODE}})
    matrix = empty.matrix([features for features, _ in examples])
    matrix[:, 0] = unseen_logits(examples, c)
    data = lightgbm.Dataset(matrix, [float(y) for _, y in examples])
    told = lightgbm.train(BOOSTING, data, num_boost_round=_TREES).dump_model()
    return Boosted(fit_logistic(examples, c), Trees(tree_table(told, columns)))


def tree_table(model: dict[str, Any], columns: Sequence[str]) -> dict[str, Any]:
    """The trees that LightGBM dumps, as the data of :class:`~extract.assemble.trees.Trees`."""
    table: dict[str, Any] = {"columns": list(columns), "depth": 0, "roots": [], **{k: [] for k in _NODE}}

    def add(node: dict[str, Any], depth: int) -> int:
        at = len(table["column"])
        table["depth"] = max(table["depth"], depth)
        own = (node.get("split_feature", 0), node.get("threshold", 0.0), at, at, node.get("leaf_value", 0.0))
        for name, value in zip(_NODE, own, strict=True):
            table[name].append(value)
        if "left_child" in node:
            table["left"][at] = add(node["left_child"], depth + 1)
            table["right"][at] = add(node["right_child"], depth + 1)
        return at

    for tree in model["tree_info"]:
        table["roots"].append(add(tree["tree_structure"], 0))
    return table
