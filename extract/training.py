"""Training, from annotations to packaged data: what ``glean train`` runs.

The NER pass first (:mod:`extract.passes.ner.training`), then what assembly weighs
(:mod:`extract.assemble.training`), on out-of-fold predictions: three taggers, each trained on two thirds of the papers.
"""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from extract.assemble import frequency
from extract.assemble import training as assembly
from extract.passes import build_pipeline
from extract.passes.ner.data import Annotated, load_annotated, read_texts
from extract.passes.ner.model import MODEL
from extract.passes.ner.training import fit_stages, load_config, train
from extract.prepare import make_doc, to_field

log = logging.getLogger("glean.train")
FOLDS, FOLD_STEPS = 3, 1600


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


def predict_out_of_fold(
    reference: Sequence[Annotated],
    more: Sequence[Annotated],
    work: Path,
    overrides: dict[str, Any] | None = None,
) -> list[list[assembly.Predicted]]:
    """For each reference paper what a tagger finds that did not learn from it; kept in the work folder."""
    path = work / "out-of-fold.json"
    if path.is_file():
        predicted = json.loads(path.read_text(encoding="utf-8"))
        return [[(f, a, b, label) for f, a, b, label in spans] for spans in predicted]
    config = load_config({"training.max_steps": FOLD_STEPS, **(overrides or {})})
    found: list[list[assembly.Predicted]] = [[] for _ in reference]
    for k in range(FOLDS):
        rest = [p for i, p in enumerate(reference) if i % FOLDS != k]
        log.info("fold %d of %d", k + 1, FOLDS)
        nlp = fit_stages(rest, more, reference[k::FOLDS][:50], work / "vectors", work / f"fold-{k}", config)
        for i in range(k, len(reference), FOLDS):
            title, abstract, _ = reference[i]
            doc = nlp(make_doc(nlp, title, abstract))
            found[i] = [(*to_field(doc, e.start_char, e.end_char), e.label_) for e in doc.ents]
    path.write_text(json.dumps(found), encoding="utf-8")
    return found


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

    The regressions learn from the reference annotations, the priors from all.

    Raises:
        GoldError: annotations, texts or corpus cannot be used.
    """
    texts = {pid: text for path in papers for pid, text in read_texts(path).items()}
    reference, further = ([p for path in paths for p in load_annotated(path, texts)] for paths in (gold, more))
    random.Random(0).shuffle(reference)
    predicted = predict_out_of_fold(reference, further, work, overrides)
    log.info("frequencies")
    frequency.save(*frequency.count(read_texts(corpus).values()))
    nlp = build_pipeline(ner=False)
    for name in ("glean_speedups", "glean_results"):
        nlp.remove_pipe(name)
    log.info("assembly")
    samples = assembly.read_samples(nlp, reference, predicted, further)
    names, roles = assembly.fit(samples)
    assembly.save(names, roles, assembly.priors_of([*reference, *further])[0])
