"""Training the network that scores tokens (:mod:`extract.passes.ner.scores`)."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import minibatch
from thinc.api import Adam, fix_random_seed

from extract.evaluate.gold import gold_spans
from extract.passes.ner.data import LABELS, Annotated
from extract.passes.ner.ops import fast_ops
from extract.passes.ner.scores import CLASSES, NAME
from extract.prepare import make_doc
from extract.prepare.fields import fields

_PLUS = {"METHOD", "DATASET"}


def token_classes(doc: Doc, paper: Annotated) -> NDArray[np.int64]:
    """The annotated class of each token of a paper's ``Doc``, as a position in ``CLASSES``."""
    title, abstract, annotation = paper
    texts = {"title": title, "abstract": abstract}
    offsets = {"title": 0, "abstract": fields(doc)[1]}
    ours = {
        (field, name)
        for field in LABELS
        for entity in annotation[field]
        if entity.get("role") == "proposed"
        for name in entity["names"]
    }
    classes = np.zeros(len(doc), dtype=np.int64)
    for field, place, start, end in sorted(set().union(*gold_spans(annotation, title, abstract))):
        span = doc.char_span(start + offsets[place], end + offsets[place], alignment_mode="expand")
        kind = LABELS[field]
        if kind in _PLUS and (field, texts[place][start:end]) in ours:
            kind += "+"
        if span is not None:
            classes[span.start : span.end] = CLASSES.index(f"I-{kind}")
            classes[span.start] = CLASSES.index(f"B-{kind}")
    return classes


def train_scores(nlp: Language, papers: Sequence[Annotated], settings: dict[str, Any], seed: int) -> None:
    """Trains the network on the vectors that a trained tagger gives, and puts it behind the tagger.

    Args:
        nlp: a pipeline whose ``ner`` sets ``doc.tensor`` (:func:`extract.passes.ner.ops.keep_vectors`).
        papers: what to learn from.
        settings: ``window``, ``hidden``, ``epochs``, ``batch`` (papers), ``dropout`` (of what the encoder says),
            ``learn_rate``.
        seed: of the first weights and of the order.
    """
    docs = [make_doc(nlp, title, abstract) for title, abstract, _ in papers]
    ner = nlp.get_pipe("ner")
    for batch in minibatch(docs, 64):
        ner.predict(batch)
    vectors = [np.asarray(doc.tensor, dtype=np.float32) for doc in docs]
    eye = np.eye(len(CLASSES), dtype=np.float32)
    wanted = [eye[token_classes(doc, paper)] for doc, paper in zip(docs, papers, strict=True)]
    fix_random_seed(seed)
    sizes = {"width": vectors[0].shape[1], "window": settings["window"], "hidden": settings["hidden"]}
    with fast_ops():
        model = nlp.add_pipe(NAME, after="ner", config=sizes).model  # type: ignore[attr-defined]
    optimizer = Adam(settings["learn_rate"])
    order = list(range(len(docs)))
    rng, chance, kept = random.Random(seed), np.random.default_rng(seed), 1 - settings["dropout"]
    for _ in range(settings["epochs"]):
        rng.shuffle(order)
        for batch in minibatch(order, settings["batch"]):
            masks = [(chance.random(vectors[i].shape) < kept) / np.float32(kept) for i in batch]
            found, backprop = model.begin_update([vectors[i] * mask for i, mask in zip(batch, masks, strict=True)])
            tokens = sum(map(len, found))
            backprop([(f - wanted[i]) / tokens for f, i in zip(found, batch, strict=True)])
            model.finish_update(optimizer)
    with model.use_params(optimizer.averages):
        averaged = model.to_bytes()
    model.from_bytes(averaged)
