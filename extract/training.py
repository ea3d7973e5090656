"""Training, from annotations to packaged data: what ``glean train`` runs.

The NER pass first (:mod:`extract.passes.ner.training`), then what assembly weighs (:mod:`extract.assemble.training`),
on predictions for papers that the tagger did not learn from: for the reference papers those of three taggers, each of
which went on with two thirds of them; for the further papers that the first tagger has not seen, those of that tagger,
gone on with the reference.
"""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from spacy.language import Language

from extract.assemble import frequency
from extract.assemble import training as assembly
from extract.passes import build_pipeline
from extract.passes.ner.data import Annotated, load_annotated, read_texts
from extract.passes.ner.model import MODEL
from extract.passes.ner.training import first_part, fit_further, fit_reference, load_config, train
from extract.prepare import make_doc, to_field

log = logging.getLogger("glean.train")
FOLDS = 3


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
) -> tuple[list[list[assembly.Predicted]], list[list[assembly.Predicted]]]:
    """For papers what a tagger finds that did not learn from them; kept in the work folder.

    Returns:
        for each reference paper its spans, and for each further paper behind the first part of them.
    """
    path = work / "unseen.json"
    if not path.is_file():
        config = load_config(overrides)
        vectors = work / "vectors"
        first, last = fit_further(more, reference[:50], vectors, work, config) if more else (None, None)
        of_reference: list[list[assembly.Predicted]] = [[] for _ in reference]
        for k in range(FOLDS):
            rest = [p for i, p in enumerate(reference) if i % FOLDS != k]
            log.info("fold %d of %d", k + 1, FOLDS)
            nlp = fit_reference(rest, last, reference[k::FOLDS][:50], vectors, work / f"fold-{k}", config)
            of_reference[k::FOLDS] = _predicted(nlp, reference[k::FOLDS])
        of_more = []
        if first:
            nlp = fit_reference(reference, first, reference[:50], vectors, work / "first-reference", config)
            of_more = _predicted(nlp, more[len(first_part(more, config)) :])
        path.write_text(json.dumps([of_reference, of_more]), encoding="utf-8")
    kept = json.loads(path.read_text(encoding="utf-8"))
    return _as_tuples(kept[0]), _as_tuples(kept[1])


def _predicted(nlp: Language, papers: Sequence[Annotated]) -> list[list[assembly.Predicted]]:
    docs = (nlp(make_doc(nlp, title, abstract)) for title, abstract, _ in papers)
    return [[(*to_field(doc, e.start_char, e.end_char), e.label_) for e in doc.ents] for doc in docs]


def _as_tuples(predicted: list[list[list[Any]]]) -> list[list[assembly.Predicted]]:
    return [[(field, start, end, label) for field, start, end, label in spans] for spans in predicted]


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
    seen = len(further) - len(of_more)
    log.info("frequencies")
    frequency.save(*frequency.count(read_texts(corpus).values()))
    nlp = build_pipeline(ner=False)
    for name in ("glean_speedups", "glean_results"):
        nlp.remove_pipe(name)
    log.info("assembly")
    papers_read = [*reference, *further[seen:]]
    samples = assembly.read_samples(nlp, papers_read, [*of_reference, *of_more], further[:seen])
    names, roles = assembly.fit(samples[: len(reference)], samples[len(reference) :])
    assembly.save(names, roles, assembly.priors_of([*reference, *further])[0])
