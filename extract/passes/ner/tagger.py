"""The ``ner`` component as glean runs it: spaCy's, with an encoder and a decoder that read many texts at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spacy.attrs import IS_SPACE, SENT_START
from spacy.language import Language
from spacy.pipeline import EntityRecognizer
from spacy.tokens import Doc, Span
from thinc.api import NumpyOps

from extract.passes.ner.decoder import Decoder, Found
from extract.passes.ner.encoder import Encoder

NAME = "glean_ner"


class Tagger(EntityRecognizer):  # type: ignore[misc]
    """spaCy's tagger; it also leaves the encoder's vectors in ``doc.tensor``.

    What it finds is what spaCy's own loop finds. That loop still does what the faster one cannot: other architectures,
    a GPU, beam search, and texts in which some entities are set. Weights are read anew when training has changed them.
    """

    _fast: tuple[Encoder, Decoder] | None = None
    _read = b""  # the biases with which the weights were read: every step of training changes them

    def predict(self, docs: Sequence[Doc]) -> Any:
        """For each text its names, or spaCy's own states."""
        docs = [docs] if isinstance(docs, Doc) else list(docs)
        fast = self._faster() if any(map(len, docs)) and not any(d.has_annotation("ENT_IOB") for d in docs) else None
        if fast is None:
            return super().predict(docs)
        encoder, decoder = fast
        embed = self.model.get_ref("tok2vec").layers[0].get_ref("embed")
        vectors = encoder(embed.predict(docs))
        for doc, own in zip(docs, vectors, strict=True):
            doc.tensor = own
        return _Names(docs, decoder(np.concatenate(vectors), *_borders(docs)))

    def set_annotations(self, docs: Sequence[Doc], predicted: Any) -> None:
        """Sets ``doc.ents``."""
        if not isinstance(predicted, _Names):
            super().set_annotations(docs, predicted)
            return
        for doc, names in zip(docs, predicted, strict=True):
            doc.set_ents([Span(doc, *name) for name in names], default="outside")

    def _faster(self) -> tuple[Encoder, Decoder] | None:
        biases = b"".join(node.get_param("b").tobytes() for node in self.model.walk() if node.has_param("b"))
        if biases != self._read:
            self._read, self._fast = biases, self._made()
        return self._fast

    def _made(self) -> tuple[Encoder, Decoder] | None:
        if self.cfg["beam_width"] != 1 or not isinstance(self.model.ops, NumpyOps):
            return None
        try:
            return Encoder(self.model.get_ref("tok2vec").layers[0].get_ref("encode")), Decoder(self)
        except (ValueError, KeyError, IndexError, AttributeError):  # another architecture
            return None


class _Names(list[list[Found]]):
    """For each text its names, by token."""

    def __init__(self, docs: Sequence[Doc], found: Sequence[Found]) -> None:
        super().__init__([] for _ in docs)
        texts, begin = iter(zip(docs, self, strict=True)), 0
        doc, own = next(texts)
        for start, end, label in found:
            while start >= begin + len(doc):
                begin += len(doc)
                doc, own = next(texts)
            own.append((start - begin, end - begin, label))


def _borders(docs: Sequence[Doc]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """For each token whether a text or a sentence ends with it, and whether it is white space."""
    attributes = [doc.to_array([SENT_START, IS_SPACE]) for doc in docs]
    last = [np.append(own[1:, 0] == 1, True)[: len(own)] for own in attributes]
    return np.concatenate(last), np.concatenate([own[:, 1] == 1 for own in attributes])


@Language.factory(
    NAME,
    assigns=["doc.ents", "token.ent_iob", "token.ent_type"],
    default_config={
        "moves": None,
        "update_with_oracle_cut_size": 100,
        "incorrect_spans_key": None,
        "scorer": {"@scorers": "spacy.ner_scorer.v1"},
    },
)
def make_tagger(
    nlp: Language,
    name: str,
    model: Any,
    moves: Any,
    update_with_oracle_cut_size: int,
    incorrect_spans_key: str | None,
    scorer: Any,
) -> Tagger:
    """The component, with the settings of spaCy's ``ner``."""
    return Tagger(
        nlp.vocab,
        model,
        name=name,
        moves=moves,
        update_with_oracle_cut_size=update_with_oracle_cut_size,
        incorrect_spans_key=incorrect_spans_key,
        scorer=scorer,
    )
