"""Reading the entities off encoded tokens: spaCy's transition-based tagger, for many texts at once.

spaCy's own loop takes one action after the other (Lample et al. 2016, section 3.2). Outside a name the best action
depends on the token alone, so that those of all tokens are found at once; inside one it depends on where the name
began, and all names that begin are followed together. The actions are those that the greedy loop takes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from spacy.pipeline import EntityRecognizer

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Found = tuple[int, int, str]  # first token, the one behind the last, label


class Decoder:
    """The tagger's weights behind the encoder, as they are now.

    Raises:
        ValueError: the tagger's model has another shape.
    """

    def __init__(self, ner: EntityRecognizer) -> None:
        model = ner.model
        (_, _, linear), lower, upper = model.get_ref("tok2vec").layers, model.get_ref("lower"), model.get_ref("upper")
        weights, pad = (
            lower.get_param("W"),
            lower.get_param("pad")[0],
        )  # (3, hidden, pieces[, width])
        if not model.attrs["has_upper"] or len(weights) != 3 or linear.name != "linear":
            raise ValueError("not a TransitionBasedParser.v2 for names")
        self._ops = linear.ops
        self._linear = linear
        self._hidden = weights.shape[1]
        self._features = [_pieces_first(w).reshape(-1, weights.shape[3]) for w in weights]
        self._none = [_pieces_first(p).ravel() for p in pad]
        self._bias = _pieces_first(lower.get_param("b")).ravel()
        self._out, self._out_bias = np.asarray(upper.get_param("W")), np.asarray(upper.get_param("b"))
        names = [ner.moves.get_class_name(number) for number in range(ner.moves.n_moves)]
        self._kinds = np.array([name[0] for name in names])
        self._labels = [name[2:] for name in names]
        self._unseen = np.zeros(len(names), dtype=bool)
        self._unseen[list(model.attrs["unseen_classes"])] = True
        named = np.array([bool(label) for label in self._labels])
        self._begin, self._unit = (self._kinds == "B") & named, (self._kinds == "U") & named
        self._outside = self._kinds == "O"
        same = np.array([[a == b for b in self._labels] for a in self._labels])
        self._inside, self._last = (same & (self._kinds == kind) for kind in "IL")  # for each action that begins

    def __call__(self, vectors: Floats, last: Flags, space: Flags) -> list[Found]:
        """The names in texts that stand one behind the other.

        Args:
            vectors: of all tokens, ``(tokens, width)``.
            last: whether a name that has begun has to end with the token (it ends a text or a sentence), ``(tokens,)``.
            space: whether the token is white space, with which no name begins, ``(tokens,)``.
        """
        tokens = self._linear.predict(vectors)
        first = self._ops.gemm(tokens, self._features[0], trans2=True)
        may = self._outside | (self._unit & ~space[:, None]) | (self._begin & ~(last | space)[:, None])
        action = self._best(first + self._none[1] + self._none[2], may)
        begins = np.flatnonzero(self._begin[action])
        ends = dict(zip(begins.tolist(), self._ends(tokens, first, begins, action[begins], last).tolist(), strict=True))
        found, free = [], 0
        for at in np.flatnonzero(self._begin[action] | self._unit[action]).tolist():
            if at >= free:
                free = ends.get(at, at + 1)
                found.append((at, free, self._labels[action[at]]))
        return found

    def _ends(self, tokens: Floats, first: Floats, begins: Ints, actions: Ints, last: Flags) -> Ints:
        """Where the names end that begin at some tokens with some actions."""
        ends = begins + 1
        start = self._ops.gemm(tokens[begins], self._features[1], trans2=True)
        going = np.arange(len(begins))
        while len(going):
            at = ends[going]
            before = self._ops.gemm(tokens[at - 1], self._features[2], trans2=True)
            begun = actions[going]
            may = self._last[begun] | (self._inside[begun] & ~last[at][:, None])
            action = self._best(first[at] + start[going] + before, may)
            ends[going] += 1
            going = going[self._kinds[action] == "I"]
        return ends

    def _best(self, states: Floats, may: Flags) -> Ints:
        """The best action of those that may be taken, ``(states, actions)``, in each state; the first of equal ones."""
        if not len(states):
            return np.zeros(0, dtype=np.int64)
        states += self._bias
        best = states[:, : self._hidden]
        for piece in range(self._hidden, states.shape[1], self._hidden):
            best = np.maximum(best, states[:, piece : piece + self._hidden])
        scores = self._ops.gemm(best, self._out, trans2=True) + self._out_bias
        scores[:, self._unseen] = scores.min()
        found: Ints = np.where(may, scores, -np.inf).argmax(axis=1)
        return found


def _pieces_first(weights: Any) -> Floats:
    """(hidden, pieces, ...) as (pieces, hidden, ...), so that the pieces of a maxout stand one behind the other."""
    return np.ascontiguousarray(np.swapaxes(weights, 0, 1))
