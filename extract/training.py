"""Training, from annotations to packaged data: what ``glean train`` runs.

The NER pass first (:mod:`extract.passes.ner.training`), then what assembly weighs (:mod:`extract.assemble.training`),
on predictions for papers that the tagger did not learn from: for the reference papers those of the tagger, which has
not seen them, with token scores that learned from the other two thirds; for the further papers that the first tagger
has not seen, those of that tagger.
"""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from spacy.language import Language
from thinc.api import Config

from extract.assemble import frequency
from extract.assemble import training as assembly
from extract.passes import build_pipeline
from extract.passes.ner.data import Annotated, load_annotated, read_texts
from extract.passes.ner.model import MODEL
from extract.passes.ner.scores import scores_of
from extract.passes.ner.training import first_part, fit_further, fit_scores, load_config, train
from extract.prepare import make_doc, to_field

log = logging.getLogger("glean.train")
FOLDS = 3
_OTHERS = 4000  # further papers that assembly learns from; more take long and bring nothing (docs/training.md)


def train_ner(
    gold: Sequence[Path],
    more: Sequence[Path],
    papers: Sequence[Path],
    corpus: Path,
    work: Path,
    output: Path | None = None,
    *,
    version: str,
    overrides: dict[str, Any] | None = None,
) -> Path:
    """Trains the NER pass; returns the folder of the model.

    Raises:
        GoldError: annotations, texts or corpus cannot be used.
    """
    return train(gold, more, papers, corpus, output or MODEL, work, version=version, overrides=overrides)


def predict_unseen(
    reference: Sequence[Annotated],
    more: Sequence[Annotated],
    work: Path,
    overrides: dict[str, Any] | None = None,
) -> tuple[list[assembly.Predicted], list[assembly.Predicted]]:
    """For papers what a tagger says that did not learn from them; kept in the work folder.

    Returns:
        for each reference paper what was predicted, and for each further paper of :func:`_unseen`.
    """
    path = work / "unseen.npz"
    if not path.is_file():
        config = load_config(overrides)
        vectors = work / "vectors"
        first, last = fit_further(more, reference[:50], vectors, work, config) if more else (None, None)
        of_reference: list[assembly.Predicted | None] = [None] * len(reference)
        for k in range(FOLDS):
            rest = [p for i, p in enumerate(reference) if i % FOLDS != k]
            log.info("fold %d of %d", k + 1, FOLDS)
            nlp = fit_scores(rest, last, reference[k::FOLDS][:50], vectors, work / f"fold-{k}", config)
            of_reference[k::FOLDS] = _predicted(nlp, reference[k::FOLDS])
        of_more = []
        if first:
            nlp = fit_scores(reference, first, reference[:50], vectors, work / "first-reference", config)
            of_more = _predicted(nlp, _unseen(more, config))
        _write(path, [p for p in [*of_reference, *of_more] if p is not None])
    kept = _read(path)
    return kept[: len(reference)], kept[len(reference) :]


def _unseen(more: Sequence[Annotated], config: Config) -> Sequence[Annotated]:
    """Further papers that the first tagger did not learn from."""
    return more[len(first_part(more, config)) :][:_OTHERS]


def _predicted(nlp: Language, papers: Sequence[Annotated]) -> list[assembly.Predicted]:
    found = []
    for title, abstract, _ in papers:
        doc = nlp(make_doc(nlp, title, abstract))
        spans = [(*to_field(doc, e.start_char, e.end_char), e.label_) for e in doc.ents]
        found.append(assembly.Predicted(spans, scores_of(doc)))
    return found


def _write(path: Path, predicted: Sequence[assembly.Predicted]) -> None:
    scores = [p.scores for p in predicted if p.scores is not None]
    ends = np.cumsum([len(s) for s in scores])
    spans = np.frombuffer(json.dumps([p.spans for p in predicted]).encode(), dtype=np.uint8)
    with path.open("wb") as file:
        np.savez_compressed(file, spans=spans, scores=np.concatenate(scores).astype(np.float16), ends=ends)


def _read(path: Path) -> list[assembly.Predicted]:
    with np.load(path) as kept:
        spans = json.loads(kept["spans"].tobytes())
        scores = np.split(kept["scores"].astype(np.float32), kept["ends"][:-1])
    return [
        assembly.Predicted([(field, start, end, label) for field, start, end, label in own], rows)
        for own, rows in zip(spans, scores, strict=True)
    ]


def train_assembly(
    gold: Sequence[Path],
    more: Sequence[Path],
    papers: Sequence[Path],
    corpus: Path,
    work: Path,
    *,
    overrides: dict[str, Any] | None = None,
) -> None:
    """Counts the frequencies, fits priors and regressions, and writes them into the package.

    The regressions learn from the reference annotations and the further ones that the first tagger did not learn from,
    the priors from all.

    Raises:
        GoldError: annotations, texts or corpus cannot be used.
    """
    texts = {pid: text for path in papers for pid, text in read_texts(path).items()}
    reference, further = ([p for path in paths for p in load_annotated(path, texts)] for paths in (gold, more))
    random.Random(0).shuffle(reference)
    of_reference, of_more = predict_unseen(reference, further, work, overrides)
    others = _unseen(further, load_config(overrides)) if further else []
    log.info("frequencies")
    frequency.save(*frequency.count(read_texts(corpus).values()))
    nlp = build_pipeline(ner=False)
    for name in ("glean_speedups", "glean_results"):
        nlp.remove_pipe(name)
    log.info("assembly")
    learned = {id(paper) for paper in others}
    rest = [paper for paper in further if id(paper) not in learned]
    samples = assembly.read_samples(nlp, [*reference, *others], [*of_reference, *of_more], rest)
    names, roles = assembly.fit(samples[: len(reference)], samples[len(reference) :])
    assembly.save(names, roles, assembly.priors_of([*reference, *further])[0])
