"""Making the NER pass: sub-word vectors, then the tagger.

Steps, each of which leaves its files in the work folder and is skipped where they already are:

1. floret vectors (Bojanowski et al. 2017, sub-word vectors; in Bloom embeddings, as spaCy's floret has them) on the
   tokens of unlabelled abstracts;
2. the transition-based tagger (Lample et al. 2016, section 3) learns from the first part of the further annotations,
   then from all of them, and from all of them again with a deeper encoder (:mod:`extract.passes.ner.growing`);
3. a small network learns from the reference annotations how likely each token is part of a name
   (:mod:`extract.passes.ner.scores`);
4. the tagger goes half of the way to one that goes on with the reference (:func:`lean`).

Until the last step the tagger has seen no reference paper, and after the first not the rest of the further ones: so
assembly can learn from predictions for papers that the tagger did not learn from (:mod:`extract.training`). Where there
are no further annotations it learns from the reference.
"""

from __future__ import annotations

import hashlib
import logging
import random
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import DocBin
from thinc.api import Config

from extract.evaluate.gold import GoldError
from extract.passes.ner.data import Annotated, annotated_docs, load_annotated, read_texts
from extract.passes.ner.growing import grow
from extract.passes.ner.ops import fast_ops, keep_vectors
from extract.passes.ner.scores_training import train_scores
from extract.passes.ner.trust import seal
from extract.passes.ner.vectors import HALF_VECTORS, halved
from extract.prepare import blank
from extract.prepare.tokenizer import spans

CONFIG = Path(__file__).resolve().parent / "config.cfg"
log = logging.getLogger("glean.train")
_DONE = "done"
_OWN = ("vectors", "first", "grown", "scores", "reference")  # sections of the configuration that spaCy does not know


def load_config(overrides: dict[str, Any] | None = None) -> Config:
    """The training configuration of the package, with dotted overrides (``{"training.max_steps": 10}``)."""
    return Config().from_disk(CONFIG, overrides=overrides or {}, interpolate=False)


def write_tokens(corpus: Path, work: Path) -> Path:
    """The unlabelled abstracts as tokens, a text a line.

    Raises:
        GoldError: the corpus cannot be read.
    """
    tokens = work / "corpus.txt"
    if tokens.is_file():
        return tokens
    papers = read_texts(corpus).values()
    if not papers:
        raise GoldError(f"{corpus}: no paper in it")
    with tokens.open("w", encoding="utf-8") as out:
        for pair in papers:
            for text in pair:
                words = [text[a:b] for kind, a, b in spans(text) if kind != "space"]
                if words:
                    out.write(" ".join(words) + "\n")
    return tokens


def train_vectors(tokens: Path, work: Path, config: Config) -> Path:
    """floret vectors as a spaCy vocabulary folder; one thread, so that the same text gives the same vectors."""
    folder = work / "vectors"
    if folder.is_dir():
        return folder
    import floret
    from spacy.training.initialize import convert_vectors

    model = floret.train_unsupervised(str(tokens), mode="floret", thread=1, **config["vectors"])
    table = work / "vectors.floret"
    model.save_floret_vectors(str(table))
    nlp = spacy.blank("en")  # only its vocabulary is read again
    convert_vectors(nlp, table, truncate=0, prune=-1, name="glean_floret", mode="floret")
    nlp.to_disk(folder)
    return folder


def fit(
    train: Sequence[Annotated],
    dev: Sequence[Annotated],
    vectors: Path | None,
    start: Path | None,
    work: Path,
    config: Config,
) -> Path:
    """Trains the tagger; returns the folder of the pipeline after the last step, with averaged weights.

    Args:
        train: annotated papers to learn from.
        dev: annotated papers whose figures are printed while training; they decide nothing.
        vectors: the vocabulary folder of :func:`train_vectors`, or ``None`` to do without.
        start: what an earlier call returned, to go on from there; ``None`` to begin.
        work: folder for intermediate files; a training that ended there is not done again.
        config: the configuration.
    """
    from spacy.training.initialize import init_nlp
    from spacy.training.loop import train as train_loop

    out = work / "fit"
    if (out / _DONE).is_file():
        return out / "model-last"
    out.mkdir(parents=True, exist_ok=True)
    nlp = blank()
    settings = config.copy()
    for name in _OWN:
        settings.pop(name, None)
    for name, papers in (("train", train), ("dev", dev)):
        path = work / f"{name}.spacy"
        DocBin(docs=annotated_docs(nlp, papers)).to_disk(path)
        settings["paths"][name] = str(path)
    settings["paths"]["vectors"] = str(vectors) if vectors else None
    if start is not None:
        for name in settings["nlp"]["pipeline"]:
            settings["components"][name] = {"source": str(start)}
    with fast_ops():
        model = init_nlp(settings.interpolate())
        train_loop(model, out, stdout=sys.stderr, stderr=sys.stderr)
    (out / _DONE).touch()
    return out / "model-last"


def fit_further(
    more: Sequence[Annotated], dev: Sequence[Annotated], vectors: Path | None, work: Path, config: Config
) -> tuple[Path, Path]:
    """Two taggers that know no reference paper: of the first part of the further papers, then of all of them.

    The second one learns from all of them twice: as it is, and with a deeper encoder.

    Args:
        more: papers with annotations that are not quite like the reference.
        dev: as for :func:`fit`.
        vectors: as for :func:`fit`.
        work: folder for intermediate files.
        config: the configuration; its sections ``first`` and ``grown`` have the settings of the first and the last of
            these trainings.
    """
    part = first_part(more, config)
    first = fit(_shuffled(part), dev, vectors, None, work / "first", _changed(config, "first"))
    mixed = _shuffled(more)
    further = fit(mixed, dev, vectors, first, work / "further", config)
    deeper = grow(further, config["grown"]["depth"], work / "deeper")
    return first, fit(mixed, dev, vectors, deeper, work / "grown", _changed(config, "grown"))


def first_part(more: Sequence[Annotated], config: Config) -> Sequence[Annotated]:
    """Those of the further papers that the first tagger learns from, in the order in which they were given."""
    return more[: round(len(more) * config["first"]["share"])]


def fit_scores(
    reference: Sequence[Annotated],
    tagger: Path | None,
    dev: Sequence[Annotated],
    vectors: Path | None,
    work: Path,
    config: Config,
) -> Language:
    """A tagger with token scores, which learn from the reference annotations.

    Args:
        reference: papers whose annotations are the measure.
        tagger: the folder of a trained tagger; without one, it learns from the reference, too.
        dev: as for :func:`fit`.
        vectors: as for :func:`fit`.
        work: folder for intermediate files.
        config: the configuration; its section ``scores`` has the settings of the scores.
    """
    with fast_ops():
        trained = spacy.load(tagger or fit(reference, dev, vectors, None, work, config))
    # the tagger gets an encoder of its own, so that it can be sourced into other pipelines
    trained.replace_listeners("tok2vec", "ner", ["model.tok2vec"])
    trained.remove_pipe("tok2vec")
    keep_vectors(trained.get_pipe("ner").model)
    train_scores(trained, reference, config["scores"], config["system"]["seed"])
    return trained


def lean(
    nlp: Language,
    tagger: Path,
    reference: Sequence[Annotated],
    dev: Sequence[Annotated],
    vectors: Path | None,
    work: Path,
    config: Config,
) -> None:
    """Takes a tagger half of the way to one that goes on with the reference: the mean of the weights of both.

    All of the way it would be worse on papers that it has not seen; half of it keeps what it knows (Wortsman et al.
    2022, "Robust fine-tuning of zero-shot models").

    Args:
        nlp: what :func:`fit_scores` made; its ``ner`` is changed.
        tagger: the folder of the tagger that it was made from.
        reference: papers whose annotations are the measure.
        dev: as for :func:`fit`.
        vectors: as for :func:`fit`.
        work: folder for intermediate files.
        config: the configuration; its section ``reference`` has the settings of this training.
    """
    with fast_ops():
        other = spacy.load(fit(reference, dev, vectors, tagger, work, _changed(config, "reference")))
    other.replace_listeners("tok2vec", "ner", ["model.tok2vec"])
    keep_vectors(other.get_pipe("ner").model)
    pairs = zip(nlp.get_pipe("ner").model.walk(), other.get_pipe("ner").model.walk(), strict=True)
    for mine, theirs in pairs:
        for name in mine.param_names:
            if mine.has_param(name):
                mine.set_param(name, (mine.get_param(name) + theirs.get_param(name)) / 2)


def _shuffled(papers: Sequence[Annotated]) -> list[Annotated]:
    mixed = list(papers)
    random.Random(0).shuffle(mixed)
    return mixed


def _changed(config: Config, section: str) -> Config:
    """The configuration with the settings of a section of glean's own."""
    changed = config.copy()
    changed["training"]["max_steps"] = config[section]["max_steps"]
    changed["training"]["optimizer"]["learn_rate"] |= config[section]["learn_rate"]
    return changed


def sha256_file(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def save(nlp: Language, target: Path, version: str, notes: dict[str, Any]) -> None:
    """Writes the trained pipeline where the package looks for it; nothing in it depends on when or where."""
    nlp.meta["name"] = "glean_ner"
    nlp.meta["version"] = version
    nlp.meta["description"] = "METHOD, TASK, DATASET and METRIC in titles and abstracts of papers"
    nlp.meta["license"] = "Apache-2.0"
    nlp.meta["glean"] = notes
    nlp.meta["performance"] = {}  # spaCy's own are of papers that it learned from
    config = nlp.config
    for name in ("paths", "corpora", "training", "pretraining", "initialize"):
        config.pop(name, None)
    config["nlp"]["vectors"] = {"@vectors": HALF_VECTORS}
    nlp.vocab.vectors = halved(nlp.vocab.vectors)
    if target.exists():
        shutil.rmtree(target)
    nlp.to_disk(target, exclude=["lookups"])
    seal(target)


def train(
    gold: Sequence[Path],
    more: Sequence[Path],
    papers: Sequence[Path],
    corpus: Path,
    target: Path,
    work: Path,
    *,
    version: str,
    dev: Path | None = None,
    overrides: dict[str, Any] | None = None,
) -> Path:
    """All steps; returns the folder of the model.

    Args:
        gold: the reference annotations, quoting or stand-off.
        more: further annotations.
        papers: JSON Lines with their texts, plain or .gz.
        corpus: unlabelled abstracts, JSON Lines, plain or .gz.
        target: where the model goes.
        work: folder for intermediate files, kept so that a stopped training goes on.
        version: version of the model.
        dev: annotations to report figures on; they decide nothing.
        overrides: dotted settings in place of those of ``config.cfg``.

    Raises:
        GoldError: annotations, texts or corpus cannot be used.
    """
    work.mkdir(parents=True, exist_ok=True)
    config = load_config(overrides)
    texts = {pid: text for path in papers for pid, text in read_texts(path).items()}
    reference, further = ([p for path in paths for p in load_annotated(path, texts)] for paths in (gold, more))
    dev_papers = load_annotated(dev, texts) if dev else reference[:50]
    log.info("%d papers with reference annotations, %d more", len(reference), len(further))
    log.info("vectors")
    vectors = train_vectors(write_tokens(corpus, work), work, config)
    log.info("training")
    tagger = fit_further(further, dev_papers, vectors, work, config)[1] if further else None
    nlp = fit_scores(reference, tagger, dev_papers, vectors, work / "reference", config)
    if tagger is not None:
        lean(nlp, tagger, reference, dev_papers, vectors, work / "reference", config)
    notes = {
        "papers": len(reference),
        "more_papers": len(further),
        "gold_sha256": {path.name: sha256_file(path) for path in (*gold, *more)},
        "corpus_sha256": sha256_file(corpus),
        "config_sha256": sha256_file(CONFIG),
        "overrides": overrides or {},
    }
    save(nlp, target, version, notes)
    return target
