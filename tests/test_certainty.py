"""What the probabilities of tokens tell assembly: on made-up probabilities, and through the packaged model."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc

from extract.assemble.certainty import name_certainty, own_certainty
from extract.passes.ner.scores import CLASSES, keep_scores, scores_of
from extract.prepare import blank, make_doc

WORDS = ["We", "propose", "FlatNet", "for", "image", "tagging", "on", "Tagbase"]


def doc_with(rows: dict[int, str], certain: float = 0.9) -> Doc:
    """A ``Doc`` whose tokens have the given classes with the given probability, and otherwise none."""
    doc = make_doc(blank(), "", " ".join(WORDS))
    scores = np.full((len(doc), len(CLASSES)), (1 - certain) / (len(CLASSES) - 1), dtype=np.float32)
    at = {token.text: token.i for token in doc}
    best = {at[WORDS[i]]: c for i, c in rows.items()}
    for i in range(len(doc)):
        scores[i, CLASSES.index(best.get(i, "O"))] = certain
    keep_scores(doc, scores)
    return doc


def place(doc: Doc, first: int, last: int) -> list[tuple[int, int]]:
    at = {token.text: token.i for token in doc}
    return [(at[WORDS[first]], at[WORDS[last]] + 1)]


def test_a_scored_name_is_surer_than_another_type_or_another_span() -> None:
    doc = doc_with({2: "B-METHOD+", 4: "B-TASK", 5: "I-TASK"})
    task = name_certainty(doc, place(doc, 4, 5), "TASK")
    assert task["sure_span"] > 0 > name_certainty(doc, place(doc, 4, 5), "METHOD")["sure_span"]
    assert task["sure_span"] > name_certainty(doc, place(doc, 4, 4), "TASK")["sure_span"]  # goes on behind
    assert task["sure_span"] > name_certainty(doc, place(doc, 5, 5), "TASK")["sure_span"]  # does not begin there
    assert task["sure_span"] > name_certainty(doc, place(doc, 4, 6), "TASK")["sure_span"]  # ends before


def test_what_is_proposed_is_told_apart() -> None:
    doc = doc_with({2: "B-METHOD+", 7: "B-DATASET"})
    ours, theirs = own_certainty(doc, place(doc, 2, 2), "METHOD"), own_certainty(doc, place(doc, 7, 7), "DATASET")
    assert ours["sure_own_odds"] > 0 > theirs["sure_own_odds"]
    assert own_certainty(doc, place(doc, 4, 5), "TASK") == {}  # tasks are nobody's


def test_without_a_model_there_is_no_evidence() -> None:
    doc = make_doc(blank(), "A title", "We propose FlatNet.")
    assert scores_of(doc) is None
    assert name_certainty(doc, [(0, 1)], "METHOD") == own_certainty(doc, [(0, 1)], "METHOD") == {}


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=12), st.floats(0, 1))
def test_any_bounds_give_finite_evidence(bounds: list[tuple[int, int]], certain: float) -> None:
    doc = doc_with({2: "B-METHOD+", 4: "B-TASK"}, certain)
    inside = [(a, b) for a, b in bounds if b <= len(doc)]
    for label in ("METHOD", "TASK", "DATASET", "METRIC"):
        found = name_certainty(doc, inside, label) | own_certainty(doc, inside, label)
        assert all(np.isfinite(v) for v in found.values())
        assert bool(found) == any(a < b for a, b in inside)
