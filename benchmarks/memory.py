"""How much memory a build takes: at any number of papers, and in a process that extracts for a long time.

    python benchmarks/memory.py [--sizes 10000,100000,1000000] [--workers 2] [--really 20000] [--input FILE]
    python benchmarks/memory.py --report RELEASE   # one that `queries.py --keep RELEASE` has written

The first table is of whole builds without the passes: to extract a million papers takes hours, so each paper gets what
was found in one of the bundled sample, with a name of its own for what it proposes; all else (reading, merging, shards,
processes that hold the pipeline, parts, joining, card, report) is as in any build. The second is of one process that
really extracts, with nearly every longer word new, which is what makes a vocabulary grow; or of FILE (JSON Lines, plain
or .gz). Megabytes are resident, at their highest; those of processes are of the largest.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import invented
import pyarrow.parquet as pq

from extract.assemble import record
from extract.publish.report import gather, render
from extract.read import Paper
from extract.record.model import CLAIM_FIELDS, ENTITY_FIELDS, Record
from extract.run import extraction, part, whole
from extract.run.part import Part, Shard, Task
from extract.run.whole import build

_FOUND = (*ENTITY_FIELDS, *CLAIM_FIELDS, "extractor")
RELEASE = Path(__file__).resolve().parents[1] / "releases" / "2026.11"
_EVERY = 2_000  # papers between two lines of the second table


@cache
def sample() -> list[Record]:
    """What the passes find in the bundled sample."""
    papers = [Paper(entry["title"], entry["abstract"]) for entry in invented.papers(40)]
    return [found for found in extraction.records(papers) if isinstance(found, Record)]


def stand_in(papers: Sequence[Paper], with_text: bool) -> Iterator[Record]:
    """Records without the passes."""
    found = sample()
    for paper in papers:
        number = int((paper.arxiv_id or "0").replace(".", ""))
        of, own = found[number % len(found)], invented.word(number)
        made = record.described(paper, with_text=with_text)
        made |= {field: of[field] for field in _FOUND}
        made |= {field: [_renamed(entity, own) for entity in of[field]] for field in ENTITY_FIELDS}
        yield made


def _renamed(entity: dict[str, Any], own: str) -> dict[str, Any]:
    if entity["role"] != "proposed":
        return entity
    return entity | {"entity_id": f"{entity['entity_id']}-{own}", "name": f"{entity['name']} {own}"}


def make_part(shard: Shard, task: Task) -> Part:
    """The step of a build, without the passes; called in the processes."""
    part.records = stand_in
    record.language_of = lambda _text: "en"
    return part.make_part(shard, task)


def peak(process: int | str) -> float:
    """The highest resident memory of a process so far, in MB."""
    # of the kernel's VmHWM: ru_maxrss begins with what the parent had when it forked
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0.0)


class Children(threading.Thread):
    """Watches the processes that this one starts.

    Attributes:
        peak: the highest resident memory of any of them, in MB.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0.0
        self._own = os.getpid()

    def run(self) -> None:
        while True:
            for task in Path(f"/proc/{self._own}/task").iterdir():
                for child in (task / "children").read_text().split():
                    self.peak = max(self.peak, peak(child))
            time.sleep(0.2)


def measure_build(path: str, workers: int) -> None:
    """Prints seconds and peaks of a build without the passes, as JSON."""
    whole.make_part = make_part
    children = Children()
    children.start()
    peaks: list[float] = []
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "release"
        summary = build([path], target, workers=workers, progress=lambda _done, _all: peaks.append(peak("self")))
    told = {"seconds": time.perf_counter() - begin, "read": peaks[0], "parts": peaks[-1], "all": peak("self")}
    print(
        json.dumps(
            told | {"child": children.peak, "papers": summary.rows["papers"], "entities": summary.rows["entities"]}
        )
    )


def measure_extraction(papers: Iterator[dict[str, Any]]) -> None:
    """Prints, every so many papers, the memory of a process that extracts, and the strings of its vocabulary."""
    nlp = extraction.shared_pipeline()
    print(f"\n| papers | peak MB | MB | strings | CPU ms a paper |\n| {'---: | ' * 5}", flush=True)
    of = (Paper(entry["title"].strip(), entry["abstract"].strip()) for entry in papers)
    begin, done = time.process_time(), 0
    found = extraction.records(of)
    while count := sum(1 for _ in islice(found, _EVERY)):
        done += count
        rate = 1000 * (time.process_time() - begin) / count
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        now = pages * os.sysconf("SC_PAGE_SIZE") / 2**20
        print(f"| {done:,} | {peak('self'):.0f} | {now:.0f} | {len(nlp.vocab.strings):,} | {rate:.1f} |", flush=True)
        begin = time.process_time()


def measure_report(release: Path) -> None:
    """Prints the peaks of making the report of a release, in this process."""
    tables = {t: pq.read_metadata(release / t / "train.parquet").num_rows for t in ("papers", "entities")}
    names = ("speedups", "results", "mentions")
    manifest = json.loads((RELEASE / "manifest.json").read_text(encoding="utf-8"))
    manifest |= {"rows": manifest["rows"] | tables | dict.fromkeys(names, 0)}
    peaks = [peak("self")]
    shown = gather(release, manifest, None)
    peaks.append(peak("self"))
    page = render(shown)
    peaks.append(peak("self"))
    print("| papers | entities | page, MB | peak MB, before | gathered | rendered |")
    print(f"| {'---: | ' * 6}")
    cells = [f"{tables['papers']:,}", f"{tables['entities']:,}", f"{len(page.encode()) / 2**20:.0f}"]
    print(f"| {' | '.join(cells + [f'{p:.0f}' for p in peaks])} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10000,100000,1000000")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--really", type=int, default=20_000, help="papers of the second table; 0 for none")
    parser.add_argument("--input", type=Path, help="papers of the second table")
    parser.add_argument(
        "--report", type=Path, metavar="RELEASE", help="measure the report of this release, and no more"
    )
    parser.add_argument("--build", metavar="FILE", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.build:
        measure_build(args.build, args.workers)
        return
    if args.report:
        measure_report(args.report)
        return
    print("| papers | MB of input | entities | seconds | peak MB, read | parts | publish | of a process |")
    print(f"| {'---: | ' * 8}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for size in map(int, filter(None, args.sizes.split(","))):
            path = Path(folder) / f"{size}.jsonl"
            invented.write(path, size)
            command = [sys.executable, __file__, "--build", str(path), "--workers", str(args.workers)]
            told = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
            cells = [f"{told['papers']:,}", f"{path.stat().st_size / 1e6:,.0f}", f"{told['entities']:,}"]
            cells += [f"{told[name]:,.0f}" for name in ("seconds", "read", "parts", "all", "child")]
            print(f"| {' | '.join(cells)} |", flush=True)
            path.unlink()
    if args.input:
        opened = gzip.open if args.input.suffix == ".gz" else open
        with opened(args.input, "rt", encoding="utf-8") as lines:
            measure_extraction(map(json.loads, islice(lines, args.really)))
    elif args.really:
        measure_extraction(invented.papers(args.really, all_new=True))


if __name__ == "__main__":
    main()
