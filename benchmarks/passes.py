"""Words a second of each part on the bundled sample, one core, as ratios to the bare NER pass in the same run.

OMP_NUM_THREADS=1 python benchmarks/passes.py [--rounds 5]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

from extract.api import records
from extract.passes import build_pipeline
from extract.passes.ner import load_ner
from extract.prepare import blank, make_doc
from extract.read import Paper, read_inputs
from extract.sample import sample_inputs


def seconds(work: Callable[[], Any], rounds: int) -> list[float]:
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    papers = list(read_inputs(sample_inputs()).papers) * 5
    words = sum(len((p.title + " " + p.abstract).split()) for p in papers)
    plain, ner, rules = blank(), load_ner(), build_pipeline(ner=False)

    def run(nlp: Any) -> None:
        for _ in nlp.pipe((make_doc(nlp, p.title, p.abstract) for p in papers), batch_size=64):
            pass

    parts: dict[str, Callable[[], Any]] = {
        "tokens": lambda: run(plain),
        "tokens + rules": lambda: run(rules),
        "tokens + NER": lambda: run(ner),
        "whole record": lambda: list(records([Paper(p.title, p.abstract) for p in papers])),
    }
    for work in parts.values():
        work()  # warm up
    times = {name: seconds(work, rounds) for name, work in parts.items()}
    base = statistics.median(times["tokens + NER"])
    print(f"{len(papers)} abstracts, {words:,} words, median of {rounds} rounds (fastest-slowest)")
    for name, t in times.items():
        middle = statistics.median(t)
        rate = f"{words / middle:9,.0f} words/s ({words / max(t):,.0f}-{words / min(t):,.0f})"
        print(f"{name:15} {rate:40} {middle / base:5.2f} x the time of tokens + NER")


if __name__ == "__main__":
    main()
