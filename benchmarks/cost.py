"""How many hours and how much money whole corpora take, from measured rates, as a table in Markdown.

    python benchmarks/cost.py --measure papers.jsonl      # the rates of this machine, in seconds of its processors
    python benchmarks/cost.py [--rate N] [--alone N] [--feed N] [--size BYTES] [--price MONEY]

Extraction is spread over cores, no faster than one process feeds them; reading before it and publishing behind it are
the work of that process alone, during which a cluster need not be there. A core is one that was measured.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from itertools import islice
from pathlib import Path

from extract import build

CORPORA = {"arXiv": (2_800_000, (2, 8, 16, 64)), "Semantic Scholar": (200_000_000, (16, 64, 192))}
HEADS = ("corpus", "papers", "cores", "extraction, hours", "reading, publishing, hours", "core hours", "cost", "GB")
FEW = 500  # papers of the build that is subtracted: what a build takes however few papers it has


def cpu(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def seconds(source: Path, out: Path) -> tuple[int, float, float, float]:
    """Papers of a build by two processes, and processor seconds: alone, while others extract, of the others."""
    marks = [cpu(resource.RUSAGE_SELF)]
    before = cpu(resource.RUSAGE_CHILDREN)
    summary = build([source], out, workers=2, progress=lambda *_: marks.append(cpu(resource.RUSAGE_SELF)))
    end = cpu(resource.RUSAGE_SELF)
    alone, fed = marks[1] - marks[0] + end - marks[-1], marks[-1] - marks[1]
    return summary.rows["papers"], alone, fed, cpu(resource.RUSAGE_CHILDREN) - before


def measure(source: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        few = Path(folder) / "few.jsonl"
        with source.open(encoding="utf-8") as lines:
            few.write_text("".join(islice(lines, FEW)), encoding="utf-8")
        seconds(few, Path(folder) / "imported")
        small, large = seconds(few, Path(folder) / "small"), seconds(source, Path(folder) / "large")
        size = sum(path.stat().st_size for path in (Path(folder) / "large").rglob("*") if path.is_file())
    papers, alone, fed, others = (b - a for a, b in zip(small, large, strict=True))
    print(f"--rate {papers / others:.0f} --alone {papers / alone:.0f} --feed {papers / fed:.0f}", end=" ")
    print(f"--size {size / large[0]:.0f}")


def row(corpus: str, papers: int, cores: int, options: argparse.Namespace) -> list[str]:
    spread = papers / min(options.rate * cores, options.feed) / 3600
    alone = papers / options.alone / 3600
    used = spread * cores + alone
    numbers = (f"{papers:,}", f"{cores:,}", f"{spread:,.1f}", f"{alone:,.1f}", f"{used:,.0f}")
    return [corpus, *numbers, f"{used * options.price:,.2f}", f"{papers * options.size / 1e9:,.0f}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measure", type=Path, metavar="FILE", help="JSON Lines of a few thousand papers")
    parser.add_argument("--rate", type=float, default=68, help="papers a second that one core extracts")
    parser.add_argument("--alone", type=float, default=1215, help="papers a second that one process reads, publishes")
    parser.add_argument("--feed", type=float, default=10000, help="papers a second that it can feed to others")
    parser.add_argument("--size", type=float, default=1825, help="bytes of a release for each paper")
    parser.add_argument("--price", type=float, default=0.05, help="of a core for an hour, in any currency")
    options = parser.parse_args()
    if options.measure:
        measure(options.measure)
        return
    print(f"| {' | '.join(HEADS)} |")
    print(f"| --- |{' ---: |' * (len(HEADS) - 1)}")
    for corpus, (papers, machines) in CORPORA.items():
        for cores in machines:
            print(f"| {' | '.join(row(corpus, papers, cores, options))} |")


if __name__ == "__main__":
    main()
