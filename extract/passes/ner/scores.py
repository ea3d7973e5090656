"""How likely each token begins or continues a name, by type and by whether the paper proposes it.

The tagger decides and does not say how surely. A small network on its encoder's vectors does: those of a token and of
the two on either side, one hidden layer, a softmax over 13 classes. Assembly weighs the probabilities beside what the
tagger decided. The encoder runs once for both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.pipeline import Pipe
from spacy.tokens import Doc
from spacy.util import minibatch
from thinc.api import Maxout, Model, Softmax, chain, expand_window, with_array

NAME = "glean_scores"
TYPES = ("METHOD+", "METHOD", "TASK", "DATASET+", "DATASET", "METRIC")
"""The types of names; those with a plus are what the paper proposes."""
CLASSES = ("O", *(f"{part}-{name}" for name in TYPES for part in "BI"))
"""The classes of a token: no name, begins one, continues one."""
Floats = NDArray[np.float32]


def build_head(width: int, window: int, hidden: int) -> Model[list[Floats], list[Floats]]:
    """The network: from the vectors of a text's tokens, ``width`` each, to the probabilities of ``CLASSES``."""
    around = expand_window(window_size=window)
    layer = Maxout(nO=hidden, nI=width * (2 * window + 1), nP=3)
    return chain(with_array(chain(around, layer), pad=window), with_array(Softmax(nO=len(CLASSES), nI=hidden)))  # type: ignore[arg-type, return-value]


class TokenScores(Pipe):  # type: ignore[misc]
    """The component: writes ``(tokens, 13)`` probabilities where :func:`scores_of` reads them."""

    def __init__(self, name: str, width: int, window: int, hidden: int) -> None:
        self.name = name
        self.model = build_head(width, window, hidden)
        self.model.initialize()

    def __call__(self, doc: Doc) -> Doc:
        """Reads ``doc.tensor``, which the ``ner`` component in front has set and which nobody needs behind it."""
        self._score([doc])
        return doc

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 64) -> Iterator[Doc]:
        """The same for many texts, a batch at a time."""
        for docs in minibatch(stream, batch_size):
            self._score(docs)
            yield from docs

    def _score(self, docs: Iterable[Doc]) -> None:
        docs = [doc for doc in docs if len(doc.tensor)]
        if docs:
            for doc, scores in zip(docs, self.model.predict([doc.tensor for doc in docs]), strict=True):
                doc.user_data[NAME] = scores
                doc.tensor = np.zeros((0,), dtype="f")

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Writes the weights."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "model").write_bytes(self.model.to_bytes())

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> TokenScores:
        """Reads the weights.

        Raises:
            ValueError: they are of another network.
        """
        self.model.from_bytes((Path(path) / "model").read_bytes())
        return self

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """The weights."""
        return bytes(self.model.to_bytes())

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> TokenScores:
        """Takes the weights of :meth:`to_bytes`."""
        self.model.from_bytes(data)
        return self


@Language.factory(NAME, default_config={"width": 128, "window": 2, "hidden": 64})
def make_scores(nlp: Language, name: str, width: int, window: int, hidden: int) -> TokenScores:
    """The component, untrained."""
    return TokenScores(name, width, window, hidden)


def scores_of(doc: Doc) -> Floats | None:
    """The probabilities of ``CLASSES``, a row for each token, or ``None`` where no model said any."""
    scores: Floats | None = doc.user_data.get(NAME)
    return scores if scores is not None and len(scores) == len(doc) else None


def keep_scores(doc: Doc, scores: Floats) -> None:
    """Puts probabilities where :func:`scores_of` reads them."""
    doc.user_data[NAME] = scores
