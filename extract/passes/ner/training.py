"""Making the NER pass: sub-word vectors, pre-training of the encoder, training of the tagger.

Three steps, each of which leaves its file in the work folder and is skipped where that file already is:

1. floret vectors (Bojanowski et al. 2017, sub-word vectors; in Bloom embeddings, as spaCy's floret has them) on the
   tokens of unlabelled abstracts;
2. the encoder learns to predict the first and last characters of masked tokens (``spacy pretrain``,
   characters objective) on the same abstracts;
3. the transition-based tagger (Lample et al. 2016, section 3) learns from the annotations.
"""

from __future__ import annotations

import hashlib
import json
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
from extract.prepare import blank
from extract.prepare.tokenizer import spans

CONFIG = Path(__file__).resolve().parent / "config.cfg"
log = logging.getLogger("glean.train")


def load_config(overrides: dict[str, Any] | None = None) -> Config:
    """The training configuration of the package, with dotted overrides (``{"training.max_steps": 10}``)."""
    return Config().from_disk(CONFIG, overrides=overrides or {}, interpolate=False)


def write_corpus(corpus: Path, work: Path) -> tuple[Path, Path]:
    """The unlabelled abstracts as tokens (for vectors) and as shuffled JSON Lines (for pre-training).

    Raises:
        GoldError: the corpus cannot be read.
    """
    tokens, texts = work / "corpus.txt", work / "corpus.jsonl"
    if tokens.is_file() and texts.is_file():
        return tokens, texts
    papers = list(read_texts(corpus).values())
    if not papers:
        raise GoldError(f"{corpus}: no paper in it")
    with tokens.open("w", encoding="utf-8") as out:
        for pair in papers:
            for text in pair:
                words = [text[a:b] for kind, a, b in spans(text) if kind != "space"]
                if words:
                    out.write(" ".join(words) + "\n")
    random.Random(0).shuffle(papers)
    with texts.open("w", encoding="utf-8") as out:
        for title, abstract in papers:
            out.write(json.dumps({"text": f"{title}\n\n{abstract}"}) + "\n")
    return tokens, texts


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


def pretrain_encoder(texts: Path, vectors: Path, work: Path, config: Config) -> Path:
    """The encoder's weights after pre-training on the unlabelled abstracts."""
    weights = work / "pretrained.bin"
    if weights.is_file():
        return weights
    from spacy.training.pretrain import pretrain

    settings = config.copy()
    settings["paths"]["corpus"] = str(texts)
    settings["paths"]["vectors"] = str(vectors)
    del settings["vectors"]
    folder = work / "pretrain"
    folder.mkdir(exist_ok=True)
    pretrain(settings.interpolate(), folder, silent=False)
    last = max(folder.glob("model*.bin"), key=lambda p: p.stat().st_mtime)
    shutil.copy(last, weights)
    return weights


def fit(
    train: Sequence[Annotated],
    dev: Sequence[Annotated],
    vectors: Path | None,
    weights: Path | None,
    work: Path,
    config: Config,
) -> Language:
    """Trains the tagger; returns the pipeline after the last step, with averaged weights.

    Args:
        train: annotated papers to learn from.
        dev: annotated papers whose figures are printed while training; they decide nothing.
        vectors: the vocabulary folder of :func:`train_vectors`, or ``None`` to do without.
        weights: the encoder of :func:`pretrain_encoder`, or ``None`` for random ones.
        work: folder for intermediate files.
        config: the configuration.
    """
    from spacy.training.initialize import init_nlp
    from spacy.training.loop import train as train_loop

    nlp = blank()
    settings = config.copy()
    settings.pop("vectors", None)
    for name, papers in (("train", train), ("dev", dev)):
        path = work / f"{name}.spacy"
        DocBin(docs=annotated_docs(nlp, papers)).to_disk(path)
        settings["paths"][name] = str(path)
    settings["paths"]["vectors"] = str(vectors) if vectors else None
    settings["paths"]["init_tok2vec"] = str(weights) if weights else None
    model = init_nlp(settings.interpolate())
    out = work / "fit"
    out.mkdir(exist_ok=True)
    train_loop(model, out, stdout=sys.stderr, stderr=sys.stderr)
    trained = spacy.load(out / "model-last")
    # the tagger gets an encoder of its own, so that it can be sourced into other pipelines
    trained.replace_listeners("tok2vec", "ner", ["model.tok2vec"])
    trained.remove_pipe("tok2vec")
    return trained


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
    if target.exists():
        shutil.rmtree(target)
    nlp.to_disk(target, exclude=["lookups"])


def train(
    gold: Sequence[Path],
    papers: Sequence[Path],
    corpus: Path,
    target: Path,
    work: Path,
    *,
    version: str,
    dev: Path | None = None,
    overrides: dict[str, Any] | None = None,
) -> Path:
    """All three steps; returns the folder of the model.

    Args:
        gold: annotations, quoting or stand-off.
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
    annotated = [paper for path in gold for paper in load_annotated(path, texts)]
    random.Random(0).shuffle(annotated)
    dev_papers = load_annotated(dev, texts) if dev else annotated[:50]
    log.info("%d annotated papers", len(annotated))
    tokens, lines = write_corpus(corpus, work)
    log.info("vectors")
    vectors = train_vectors(tokens, work, config)
    log.info("pre-training")
    weights = pretrain_encoder(lines, vectors, work, config)
    log.info("training")
    nlp = fit(annotated, dev_papers, vectors, weights, work, config)
    notes = {
        "papers": len(annotated),
        "gold_sha256": {path.name: sha256_file(path) for path in gold},
        "corpus_sha256": sha256_file(corpus),
        "config_sha256": sha256_file(CONFIG),
        "overrides": overrides or {},
    }
    save(nlp, target, version, notes)
    return target
