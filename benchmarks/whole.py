"""How fast all of it is, in one table: stations, whole builds, bare NER and other libraries on the same text.

    python benchmarks/whole.py [--papers 1000] [--rounds 3] [--quick] [--input FILE]

FILE is JSON Lines with ``title`` and ``abstract``, plain or .gz; without it the papers are invented ones.

Everything that is compared runs in the same rounds, one after the other (every other round in the opposite order), each
in processes of its own with one thread for matrices; medians of the rounds are shown. Look at ratios, not at the clock.
Words are counted by white space. Commands are timed twice, on all papers and on 32 of them; the difference is what the
papers take, without starting.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import invented
from runners import RUNNERS
from stations import STATIONS

HERE = Path(__file__).resolve().parent
FEW = 32  # papers of the short run of each command
ENVIRONMENT = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS"), "1")
GLEAN = [sys.executable, "-c", "from extract.cli import main; main()"]
Commands = list[list[str]]


def run(commands: Commands) -> dict[str, float]:
    """Runs commands side by side; the seconds by the clock and those of the processors, children included."""
    before = os.times()
    begin = time.perf_counter()
    started = [subprocess.Popen(c, env=ENVIRONMENT, stdout=subprocess.DEVNULL) for c in commands]
    if sum(process.wait() != 0 for process in started):
        raise SystemExit(f"{commands[0]}: failed")
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return {"seconds": time.perf_counter() - begin, "cpu": cpu}


def answer(command: list[str]) -> dict[str, Any]:
    """What a runner prints."""
    told: dict[str, Any] = json.loads(
        subprocess.run(command, env=ENVIRONMENT, check=True, stdout=subprocess.PIPE).stdout
    )
    return told


def runner(name: str, *more: str, python: str = sys.executable) -> list[str]:
    return [python, str(HERE / "runners.py"), name, *more]


def median(values: list[float]) -> float:
    return statistics.median(values)


def line(*cells: str) -> None:
    print("| " + " | ".join(cells) + " |", flush=True)


def head(*cells: str) -> None:
    line(*cells)
    line("---", *["---:"] * (len(cells) - 1))


def side_by_side(name: str, number: int) -> Callable[[Path, Path], Commands]:
    return lambda file, _out: [runner(name, str(file), "--part", f"{n}/{number}") for n in range(number)]


def build(*options: str) -> Callable[[Path, Path], Commands]:
    return lambda file, out: [[*GLEAN, "build", str(file), "-o", str(out), "--quiet", *options]]


def contestants(with_ray: bool) -> dict[str, Callable[[Path, Path], Commands]]:
    """What is timed as a command: the commands for a file of papers and a folder for the release."""
    found = {}
    for number, of in ((1, "one process"), (2, "two processes")):
        found |= {
            f"{RUNNERS['spacy-ner'][1]}, {of}": side_by_side("spacy-ner", number),
            f"{RUNNERS['glean-ner'][1]}, {of}": side_by_side("glean-ner", number),
            f"`glean build --workers {number}`": build("--workers", str(number)),
        }
    if with_ray:
        found["`glean build --engine ray --workers 2`"] = build("--engine", "ray", "--workers", "2")
    return found


def prepare(folder: Path, papers: int, source: Path | None) -> tuple[Path, Path]:
    """The files of all papers and of a few; no paper twice, so that all read the same text."""
    file, few = folder / "papers.jsonl", folder / "few.jsonl"
    titles: set[str] = set()
    with file.open("w", encoding="utf-8") as out, few.open("w", encoding="utf-8") as first:
        for entry in invented.papers(papers * 2) if source is None else real(source):
            if entry["title"] not in titles:
                titles.add(entry["title"])
                print(json.dumps(entry), file=out)
                if len(titles) <= FEW:
                    print(json.dumps(entry), file=first)
            if len(titles) == papers:
                break
    return file, few


def real(source: Path) -> Iterator[dict[str, Any]]:
    opened = gzip.open if source.suffix == ".gz" else open
    with opened(source, "rt", encoding="utf-8") as lines:
        for entry in map(json.loads, lines):
            if entry.get("title", "").strip() and entry.get("abstract", "").strip():
                yield entry


def measure(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """All measurements of all rounds."""
    file, few = prepare(folder, args.papers, args.input)
    one = folder / "one.jsonl"
    one.write_text(few.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    taken: dict[str, Any] = {"stations": [], "peers": defaultdict(list), "commands": defaultdict(list)}
    taken |= {"start": defaultdict(list), "load": []}
    timed = contestants(with_ray=not args.without_ray and has_ray())
    peer = str(min(args.papers, args.peer_papers))
    for number in range(args.rounds):
        taken["load"].append(os.getloadavg()[0])
        taken["stations"].append(answer([sys.executable, str(HERE / "stations.py"), str(file)]))
        for name in sorted(timed, key=list(timed).index, reverse=bool(number % 2)):
            commands = timed[name]
            release = folder / f"release-{number}"
            whole = run(commands(file, release))
            short = run(commands(few, release.with_name(f"few-{number}")))
            for built in (release, release.with_name(f"few-{number}")):
                subprocess.run(["rm", "-rf", str(built)], check=True)
            taken["commands"][name].append((whole, short))
        for name in RUNNERS:
            command = runner(name, str(file), "--first", peer, python=args.peers_python)
            taken["peers"][name].append(answer(command))
        for name, command in (
            ("`glean --help`", [*GLEAN, "--help"]),
            ("`glean extract`, one abstract", [*GLEAN, "extract", str(one), "--quiet"]),
        ):
            taken["start"][name] += [run([command]) for _ in range(5)]
        if args.raw:
            args.raw.write_text(json.dumps(taken), encoding="utf-8")
    return taken


def has_ray() -> bool:
    return not subprocess.run([sys.executable, "-c", "import ray"], stderr=subprocess.DEVNULL, check=False).returncode


def print_stations(rounds: list[dict[str, Any]]) -> None:
    papers, words = rounds[0]["papers"], rounds[0]["words"]
    print(f"\n{papers:,} papers, {words:,} words, one core, seconds of the processor\n")
    head("station", "words/s", "ms a paper", "x NER", "share of the build")
    seconds = {s: [r["seconds"][s] for r in rounds] for s in STATIONS}
    seconds["all"] = [sum(r["seconds"].values()) for r in rounds]
    for name, values in seconds.items():
        to_ner = median([v / n for v, n in zip(values, seconds["NER"], strict=True)])
        share = median([v / n for v, n in zip(values, seconds["all"], strict=True)])
        middle = max(1e-9, median(values))
        line(name, f"{words / middle:,.0f}", f"{1000 * middle / papers:.2f}", f"{to_ner:.2f}", f"{share:.1%}")


def print_commands(commands: dict[str, list[Any]], papers: int, words: int) -> None:
    print(f"\nCommands, {papers:,} papers; words/s without starting, and with it\n")
    head(
        "",
        "words/s",
        "with start",
        "CPU ms a paper",
        "x spaCy's NER",
        "x glean's NER",
        "CPU x spaCy's",
        "CPU x glean's",
    )
    share = words / papers
    rest = papers - FEW

    def rates(name: str) -> dict[str, list[float]]:
        pairs = commands[name]
        return {
            "net": [rest * share / (w["seconds"] - s["seconds"]) for w, s in pairs],
            "gross": [words / w["seconds"] for w, _ in pairs],
            "cpu": [1000 * (w["cpu"] - s["cpu"]) / rest for w, s in pairs],
        }

    for name in commands:
        own = rates(name)
        processes = "one process" if "one process" in name or "--workers 1" in name else "two processes"
        ratios = []
        for measure in ("net", "cpu"):
            for who in ("spaCy", "glean"):
                base = rates(f"bare NER, as {who} runs it, {processes}")[measure]
                pairs = zip(own[measure], base, strict=True)
                ratios.append(median([a / b if measure == "net" else b / a for a, b in pairs]))
        cells = [f"{median(own['net']):,.0f}", f"{median(own['gross']):,.0f}", f"{median(own['cpu']):.1f}"]
        cells += [f"{ratio:.2f}" for ratio in ratios]
        if "ray" in name:  # its processes are children of nobody: their seconds are not known
            cells[2] = cells[5] = cells[6] = ""
        line(name, *cells)


def print_peers(peers: dict[str, list[dict[str, Any]]]) -> None:
    print("\nOne process each, seconds of the processor\n")
    head("", "papers", "words/s", "ms a paper", "x spaCy's NER")
    base = [1000 * t["cpu"] / t["papers"] for t in peers["spacy-ner"]]
    for name, told in peers.items():
        what = RUNNERS[name][1]
        if "missing" in told[0]:
            line(f"{what}: {told[0]['missing']}", "", "", "", "")
            continue
        own = [1000 * t["cpu"] / t["papers"] for t in told]
        ratio = median([b / a for a, b in zip(own, base, strict=True)])
        rate = median([t["words"] / t["cpu"] for t in told])
        line(what, f"{told[0]['papers']:,}", f"{rate:,.0f}", f"{median(own):.2f}", f"{ratio:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--papers", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="200 papers, one round")
    parser.add_argument("--input", type=Path, help="papers to use instead of invented ones")
    parser.add_argument("--peer-papers", type=int, default=30, help="how many papers other libraries get")
    parser.add_argument("--peers-python", default=sys.executable, help="an interpreter that has them, and glean")
    parser.add_argument("--without-ray", action="store_true")
    parser.add_argument("--raw", type=Path, help="a file for the figures of all rounds, written after each")
    args = parser.parse_args()
    if args.quick:
        args.papers, args.rounds, args.peer_papers = 200, 1, 16
    with tempfile.TemporaryDirectory() as folder:
        taken = measure(args, Path(folder))
    first = taken["stations"][0]
    loads = ", ".join(f"{load:.1f}" for load in taken["load"])
    print(f"{args.rounds} rounds, load of the machine at their begin: {loads} ({os.cpu_count()} cores)")
    print_stations(taken["stations"])
    print_commands(taken["commands"], first["papers"], first["words"])
    print_peers(taken["peers"])
    print("\nFrom the call to the end\n")
    head("", "median, s", "fastest, s", "CPU, median, s")
    for name, runs in taken["start"].items():
        seconds = [told["seconds"] for told in runs]
        line(name, f"{median(seconds):.2f}", f"{min(seconds):.2f}", f"{median([told['cpu'] for told in runs]):.2f}")
    if args.without_ray or not has_ray():
        print("\nRay: left out (pip install 'glean-papers[ray]')")


if __name__ == "__main__":
    main()
