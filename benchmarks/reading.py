"""How fast JSON Lines are read, and how much memory reading and merging take from 10,000 to 1,000,000 papers.

    python benchmarks/reading.py [--sizes 10000,100000,1000000]

The papers are invented (``invented.py``); one in twenty stands twice, as in sources that overlap. Each measurement is a
process of its own, so that its peak memory is its own. Papers a second are those of one core; `json` beside them is the
standard library's parser alone on the same lines.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import invented

from extract.read import entries, read_inputs


def parse(path: str) -> int:
    with Path(path).open("rb") as file:
        return sum(1 for line in file if json.loads(line))


def read(path: str) -> int:
    return sum(1 for _ in entries([path]))


def merge(path: str) -> int:
    return sum(1 for _ in read_inputs([path]).papers)


STEPS = {"json": parse, "read": read, "merge": merge}


def measure(step: str, path: str) -> None:
    """Prints the papers, the seconds and the peak memory in MB of one step."""
    start = time.perf_counter()
    count = STEPS[step](path)
    seconds = time.perf_counter() - start
    # of the kernel's VmHWM: ru_maxrss begins with what the parent had when it forked
    status = Path("/proc/self/status")
    if status.exists():
        peak = int(next(x for x in status.read_text().splitlines() if x.startswith("VmHWM")).split()[1]) / 1024
    else:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([count, seconds, peak]))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--sizes", default="10000,100000,1000000")
    arguments.add_argument("--step", nargs=2, metavar=("STEP", "FILE"), help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.step:
        measure(*options.step)
        return
    print(
        f"{'papers':>9} {'MB':>6} | {'json':>9} {'read':>9} {'merge':>9} papers/s"
        f" | peak MB {'json':>5} {'read':>5} {'merge':>5}"
    )
    with tempfile.TemporaryDirectory() as folder:
        for size in map(int, options.sizes.split(",")):
            path = Path(folder) / f"{size}.jsonl"
            invented.write(path, size)
            rates, peaks = [], []
            for step in STEPS:
                command = [sys.executable, __file__, "--step", step, str(path)]
                count, seconds, peak = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
                assert count == (size if step != "merge" else size - size // 20), (step, count)
                rates.append(size / seconds)
                peaks.append(peak)
            print(
                f"{size:>9,} {path.stat().st_size / 1e6:>6.0f} | "
                + " ".join(f"{r:>9,.0f}" for r in rates)
                + " papers/s | peak MB "
                + " ".join(f"{p:>5.0f}" for p in peaks),
                flush=True,
            )
            path.unlink()


if __name__ == "__main__":
    main()
