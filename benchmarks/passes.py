"""Words a second of each part, one core, as ratios to plain spaCy with the same model in the same run.

OMP_NUM_THREADS=1 python benchmarks/passes.py [INPUT ...] [--rounds 5]

INPUT is anything that glean reads; the bundled sample if there is none. Each round takes papers that no round before
it had, since words that were seen before are faster: more papers give steadier figures.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import spacy

from extract.api import records
from extract.passes import build_pipeline
from extract.passes.ner import MODEL, load_ner
from extract.prepare import blank, make_doc
from extract.read import Paper, read_inputs
from extract.sample import sample_inputs

STOCK = "plain spaCy"


def passed(nlp: Any) -> Callable[[Sequence[Paper]], None]:
    def run(papers: Sequence[Paper]) -> None:
        for _ in nlp.pipe((make_doc(nlp, p.title, p.abstract) for p in papers), batch_size=32):
            pass

    return run


def words(papers: Sequence[Paper]) -> int:
    return sum(len((p.title + " " + p.abstract).split()) for p in papers)


def seconds(work: Callable[[Sequence[Paper]], Any], papers: Sequence[Paper]) -> float:
    begin = time.process_time()
    work(papers)
    return time.process_time() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inputs", nargs="*", metavar="INPUT")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    papers = [Paper(p.title, p.abstract) for p in read_inputs(given.inputs or sample_inputs()).papers]
    parts: dict[str, Callable[[Sequence[Paper]], Any]] = {
        STOCK: passed(spacy.load(MODEL)),  # tokens and NER, without what glean does for its speed
        "tokens": passed(blank()),
        "tokens + rules": passed(build_pipeline(ner=False)),
        "tokens + NER": passed(load_ner()),
        "whole record": lambda some: list(records(some)),
    }
    first, *rest = (papers[i :: given.rounds + 1] for i in range(given.rounds + 1))
    for work in parts.values():
        work(first)  # warm up
    times = {name: [seconds(work, some) for some in rest] for name, work in parts.items()}
    print(f"{sum(map(len, rest)):,} abstracts, {sum(map(words, rest)):,} words, {given.rounds} rounds")
    for name, own in times.items():
        rates = [words(some) / t for some, t in zip(rest, own, strict=True)]
        ratio = statistics.median(stock / t for stock, t in zip(times[STOCK], own, strict=True))
        print(
            f"{name:15} {statistics.median(rates):9,.0f} words/s ({min(rates):,.0f}-{max(rates):,.0f})"
            f" {ratio:6.2f} x the speed of {STOCK}"
        )


if __name__ == "__main__":
    main()
