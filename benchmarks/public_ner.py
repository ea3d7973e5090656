"""The tagger's recipe on public corpora of named entities, scored on their test parts.

    python benchmarks/public_ner.py --vectors work/vectors --train scierc.train.jsonl --test scierc.test.jsonl

The architecture, optimiser and batches of ``extract/passes/ner/config.cfg``, but for the number of steps; nothing
is chosen on the test part. A document a line: ``tokens``, ``entities`` as ``[start, end, label]`` in tokens, half open.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span
from spacy.training.initialize import init_nlp
from spacy.training.loop import train as train_loop
from spacy.util import filter_spans

from extract.passes.ner.training import load_config
from extract.prepare import blank

Entity = tuple[int, int, str]


def read(nlp: Language, path: Path) -> Iterator[Doc]:
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        doc = Doc(nlp.vocab, words=entry["tokens"])
        doc.ents = filter_spans([Span(doc, a, b, label) for a, b, label in entry["entities"]])
        yield doc


def entities(doc: Doc) -> set[Entity]:
    return {(e.start, e.end, e.label_) for e in doc.ents}


def fit(train: list[Doc], vectors: Path | None, steps: int, seed: int, work: Path) -> Language:
    config = load_config({"training.max_steps": steps, "training.eval_frequency": steps, "system.seed": seed})
    for name in ("vectors", "reference"):
        config.pop(name, None)
    for name in ("train", "dev"):
        DocBin(docs=train[: None if name == "train" else 20]).to_disk(work / f"{name}.spacy")
        config["paths"][name] = str(work / f"{name}.spacy")
    config["paths"]["vectors"] = str(vectors) if vectors else None
    config["components"]["tok2vec"]["model"]["embed"]["include_static_vectors"] = vectors is not None
    (work / "fit").mkdir()
    train_loop(init_nlp(config.interpolate()), work / "fit", stdout=sys.stderr, stderr=sys.stderr)
    return spacy.load(work / "fit" / "model-last")


def f1(nlp: Language, test: list[Doc]) -> tuple[float, float, float]:
    hits = found = wanted = 0
    for doc in test:
        gold = entities(doc)
        plain = Doc(nlp.vocab, words=[t.text for t in doc])
        for _, component in nlp.pipeline:
            plain = component(plain)
        got = entities(plain)
        hits, found, wanted = hits + len(gold & got), found + len(got), wanted + len(gold)
    return hits / max(1, found), hits / max(1, wanted), 2 * hits / max(1, found + wanted)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--test", type=Path, required=True)
    parser.add_argument("--vectors", type=Path, help="folder of vectors in the work folder of `glean train`")
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--seeds", type=int, default=1)
    args = parser.parse_args()
    nlp = blank()
    train, test = list(read(nlp, args.train)), list(read(nlp, args.test))
    scores = []
    for seed in range(args.seeds):
        begin = time.perf_counter()
        with tempfile.TemporaryDirectory() as work:
            model = fit(train, args.vectors, args.steps, seed, Path(work))
            p, r, f = f1(model, test)
        scores.append(f)
        took = time.perf_counter() - begin
        print(f"seed {seed}: strict P {p:.3f} R {r:.3f} F1 {f:.3f} on {args.test.name} ({took:.0f} s)", flush=True)
    print(f"mean F1 {statistics.mean(scores):.3f}, {min(scores):.3f}-{max(scores):.3f} over {len(scores)} seeds")


if __name__ == "__main__":
    main()
