"""Builds that are killed: a harness, run by the tests and by hand.

``python -m tests.kill points`` kills a build before each change of the file system, one after the other;
``python -m tests.kill random --kills 300`` kills builds at random times; ``python -m tests.kill full`` has the disk
full at each step. All are resumed to their end, and then the release must be that of an undisturbed build, to the byte.

The passes are replaced by a stand-in that finds capitals and figures, so that a build takes moments; all else is as it
is. ``--light`` leaves out what writes no file in more than one step (merging, charts, waiting for the disk), for many
more builds in the same time.
"""

from __future__ import annotations

import argparse
import errno
import hashlib
import json
import os
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from extract.publish import PublishError, release
from extract.read import Document, Paper, Reject, Source
from extract.read.rejects import Conflicts, RejectLog
from extract.record.factor import factor
from extract.record.ids import paper_id
from extract.record.model import SCHEMA_VERSION, Record
from extract.run import old, part, whole
from extract.run.engines import local
from extract.run.extraction import set_aside

PAPERS = 40
UNREADABLE = "Unreadable"
REFUSED = 3  # exit status of a build that told in one line why it could not go on
_NAME, _FIGURE = re.compile(r"\b[A-Z]\w+"), re.compile(r"(\d+)x faster")
_REMOVES = {"os.rename", "os.remove", "os.rmdir"}
READ: list[str] = []  # ids of the papers that the stand-in has read in this process


# what stands in for the passes


def quick_records(papers: Iterable[Paper], *, with_text: bool = False) -> Iterator[Record | Reject]:
    """A record for each paper, from its text alone; a reject where it asks for that."""
    from extract.assemble.record import described

    for paper in papers:
        READ.append(paper_id(paper.title, paper.own_id, paper.arxiv_id))
        time.sleep(float(os.environ.get("SECONDS_A_PAPER", "0")))
        if paper.title.startswith("Deadly") or (paper.title.startswith("Fragile") and _is_first()):
            os.kill(os.getpid(), signal.SIGKILL)
        if paper.title.startswith(UNREADABLE):
            yield set_aside(paper, "a pass failed on the text")
            continue
        record = described(paper, with_text=with_text)
        spans = {}
        for match in _NAME.finditer(paper.abstract):
            spans.setdefault(match[0], []).append(_span(match, 1 / len(match[0])))
        record |= {"tasks": [], "metrics": [], "results": []}
        for field, kind, start in (("methods", "method", "F"), ("datasets", "dataset", "B")):
            record[field] = [
                {"entity_id": f"{kind}/{name.lower()}", "name": name, "aliases": [], "role": "other", "mentions": found}
                for name, found in sorted(spans.items())
                if name.startswith(start)
            ]
        record["speedups"] = [
            {"value": float(match[1]), "value_high": None, "form": "ratio", "quantity": "time", "phase": None}
            | {"bound": "exact", "factor": factor(float(match[1]), "ratio"), "factor_high": None}
            | {"method": None, "baseline": None, "hardware": None}
            | _span(match, 1 / 3)
            for match in _FIGURE.finditer(paper.abstract)
        ]
        record["extractor"] = {"version": "0", "model": "quick", "schema_version": SCHEMA_VERSION}
        yield record


def _is_first() -> bool:
    try:
        Path(os.environ["DIED_ONCE"]).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _span(match: re.Match[str], score: float) -> dict[str, Any]:
    place = {"field": "abstract", "start": match.start(), "end": match.end()}
    return place | {"passes": ["rule"], "score": round(score, 3)}


_start = local._start


def quick_start(line: Any) -> None:
    """What a process that a build starts does first: it has the stand-in, too."""
    replace(STAND_IN)
    _start(line)


# the hashes are constant because others may edit the code while a test runs
STAND_IN = [
    (part, "records", quick_records),
    (local, "shared_pipeline", lambda: None),
    (local, "_start", quick_start),
    *((module, "extraction_hash", lambda: "quick") for module in (whole, old)),
    (whole, "build_hash", lambda: "quick"),
]
LIGHT = [
    (whole, "read_inputs", lambda sources, *_: _reading(Path(sources[0]))),
    (release, "dataset_card", lambda *_: "card"),
    (release, "gather", lambda *_: None),
    (release, "render", lambda *_: "report"),
    (os, "fsync", lambda *_: None),
]


def replace(replaced: list[tuple[Any, str, Any]]) -> None:
    """Puts stand-ins in their places, in this process."""
    for module, name, value in replaced:
        setattr(module, name, value)


def _reading(path: Path) -> Any:
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    papers = [
        Paper(
            row["title"],
            row["abstract"],
            (Source(path.name, n),),
            own_id=row["id"],
            doi=row.get("doi"),
            published=row.get("published"),
            authors=tuple(row.get("authors", ())),
        )
        for n, row in enumerate(rows)
    ]
    document = Document(path.name, "0" * 64, 1, "jsonl", entries=len(rows))
    return SimpleNamespace(papers=papers, documents=[document], rejects=RejectLog(), conflicts=Conflicts())


# builds


def write_papers(path: Path, numbers: Iterable[int], change: str = "") -> Path:
    """Invented papers; those from 16 to 31, which are a shard, cannot be read by the stand-in.

    Args:
        path: the file to write.
        numbers: the numbers of the papers, of which their texts are made.
        change: what is appended to every other abstract.
    """
    rows = []
    for n in numbers:
        title = f"{UNREADABLE if 16 <= n < 32 else 'Paper'} {n} on Foos"
        abstract = f"We invent Foo{n % 7}, which is {n + 2}x faster than Bar{n % 3}. Foo{n % 7} is small."
        abstract += change if n % 2 else ""
        rows.append(json.dumps({"id": f"p{n:03}", "title": title, "abstract": abstract}) + "\n")
    path.write_text("".join(rows))
    return path


def write_entries(folder: Path) -> Path:
    """Entries by hand: for a paper, for one that cannot be read, for none, and two new ones, one of them to be read."""
    folder.mkdir()
    entries: dict[str, dict[str, Any]] = {
        "changes": {"paper_id": "p003", "doi": "10.1234/x", "tasks": [{"name": "nothing such"}]},
        "unread": {"paper_id": "p020", "doi": "10.1234/y"},
        "nobody": {"paper_id": "p999", "doi": "10.1234/z"},
        "made": {"paper_id": "p0305", "title": "Made by Hand", "abstract": "Nothing.", "extract": False},
        "new": {"paper_id": "p9", "title": "New", "abstract": "We invent Foo, 4x faster than Bar."},
    }
    for name, entry in entries.items():
        (folder / f"{name}.json").write_text(json.dumps(entry))
    return folder


def hashes(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file of a folder; nothing where there is none."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def hidden(folder: Path) -> list[str]:
    """What a build has left beside its release."""
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))


def forked(function: Callable[[], None], seconds: float | None = None) -> int:
    """Runs a function in a process of its own, which is killed after a time; its exit status, or minus the signal."""
    child = os.fork()
    if child == 0:
        os.setsid()
        status = 1
        try:
            function()
            status = 0
        except PublishError as error:
            status = REFUSED if len(str(error).splitlines()) == 1 else 1
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _called(function: Callable[[], None]) -> None:
    function()


def alive(session: int) -> list[int]:
    """The processes of a session that live."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def kill_before_change(number: int) -> None:
    """Has this process killed before it changes the file system for the given time, from 1."""
    left = number

    def count(event: str, args: tuple[Any, ...]) -> None:
        nonlocal left
        if event in _REMOVES or _makes(event, args):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


def fill_disk_before(number: int) -> None:
    """Has the disk full before this process makes a file or folder for the given time, from 1, and from then on."""
    left = number

    def count(event: str, args: tuple[Any, ...]) -> None:
        nonlocal left
        if _makes(event, args):
            left -= 1
            if left <= 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    sys.addaudithook(count)


def limit_files(size: int) -> None:
    """Has this process fail where it writes a file of more bytes; within libraries, too."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def _makes(event: str, args: tuple[Any, ...]) -> bool:
    is_new = event == "open" and isinstance(args[2], int) and bool(args[2] & os.O_CREAT)
    return is_new or event in ("os.mkdir", "sqlite3.connect")


class Harness:
    """A build, again and again, in folders of its own.

    Attributes:
        kills: how often a build was killed so far.
        problems: what went wrong.
    """

    def __init__(self, folder: Path, workers: int, *, light: bool) -> None:
        self.kills = 0
        self.problems: list[str] = []
        self._folder = folder
        self._workers = workers
        self._inputs = [str(write_papers(folder / "papers.jsonl", range(PAPERS)))]
        self._entries = write_entries(folder / "entries")
        before = write_papers(folder / "before.jsonl", range(2, PAPERS + 9), change=" Or so.")
        self._before, self._after = folder / "before", folder / "after" / "r"
        # here, what is loaded once is loaded before any fork; but the threads of the merge do not outlive one
        (_called if light else forked)(lambda: self._build(self._before, inputs=[str(before)]))
        start = time.monotonic()
        forked(lambda: self._build(self._after, update=self._before))
        self.seconds = time.monotonic() - start
        self._whole, self._old = hashes(self._after), hashes(self._before)
        if not self._whole or not self._old:
            raise RuntimeError("the undisturbed build fails")

    def _build(self, target: Path, inputs: list[str] | None = None, **options: Any) -> None:
        options = {"workers": self._workers, "curated": self._entries, "version": "1", **options}
        whole.build(inputs or self._inputs, target, **options)

    def _fresh(self, replaces: bool) -> Path:
        """A place for a release; where it replaces one, that is updated as well."""
        place = Path(tempfile.mkdtemp(dir=self._folder))
        if replaces:
            shutil.copytree(self._before, place / "r")
        return place

    def _start(self, place: Path, replaces: bool, *, resume: bool) -> Callable[[], None]:
        more = {"replace": True, "update": place / "r"} if replaces else {}
        return lambda: self._build(place / "r", resume=resume, **more)

    def points(self, *, replaces: bool) -> None:
        """Kills a build before each of its changes of the file system, and resumes it."""
        number = 1
        while self._broken(kill_before_change, number, -signal.SIGKILL, replaces):
            number += 1

    def full(self, *, replaces: bool) -> None:
        """Has the disk full before each file or folder that a build makes, and resumes the build when it is not."""
        number = 1
        while self._broken(fill_disk_before, number, REFUSED, replaces):
            number += 1
        size = 0
        while self._broken(limit_files, size, REFUSED, replaces):
            size = size * 2 + 100

    def _broken(self, fault: Callable[[int], None], number: int, expected: int, replaces: bool) -> bool:
        """Whether a fault, of the given number, ends a build; what is left is resumed."""
        place, when = self._fresh(replaces), f"{fault.__name__} {number}"

        def build() -> None:
            fault(number)
            self._start(place, replaces, resume=False)()

        status = forked(build)
        self.kills += status == expected
        if status not in (0, expected):
            self.problems.append(f"{when}: ends with {status}")
        self._check(place, replaces, when)
        self._finish(place, replaces, when)
        return status == expected

    def at_random(self, kills: int, seed: int, *, replaces: bool) -> None:
        """Kills builds, and those that resume them, at random times."""
        dice = random.Random(seed)
        while self.kills < kills:
            place, often = self._fresh(replaces), dice.choice((1, 1, 2, 5))
            for n in range(often):
                run = self._start(place, replaces, resume=n > 0)
                if forked(run, dice.uniform(0, self.seconds)) == -signal.SIGKILL:
                    self.kills += 1
                self._check(place, replaces, f"seed {seed}, kill {self.kills}")
            self._finish(place, replaces, f"seed {seed}, kill {self.kills}")

    def _check(self, place: Path, replaces: bool, when: str) -> None:
        """A release is whole or absent."""
        allowed = [{}, self._whole, *([self._old] if replaces else [])]
        if hashes(place / "r") not in allowed:
            self.problems.append(f"{when}: {place}/r is no whole release")

    def _finish(self, place: Path, replaces: bool, when: str) -> None:
        """Resumes a build to its end: nothing that was done is done again, and nothing is left but the release."""
        read = place / "read.json"
        parts = place / ".r.build" / "parts"
        is_read = (place / ".r.build" / "reading" / "papers.parquet").exists()
        done = [path / "part.json" for path in parts.glob("[0-9]*")] if is_read else []
        papers = {path: json.loads(path.read_text())["papers"] for path in done}

        def finish() -> None:
            READ.clear()
            self._start(place, replaces, resume=True)()
            read.write_text(json.dumps(READ))

        status = forked(finish)
        is_same = hashes(place / "r") == self._whole
        if status and not is_same:
            self.problems.append(f"{when}: resuming it fails")
        elif not is_same:
            self.problems.append(f"{when}: {place}/r differs from the release of an undisturbed build")
        if self._workers == 1 and not status:
            number = len(json.loads(read.read_text()))
            if number > PAPERS + 1 - sum(papers.values()):
                self.problems.append(f"{when}: {number} papers are read again, with {sum(papers.values())} done")
        # where all was done but the last of the clearing up, a build that is resumed finds a release and says so
        if not status and (left := hidden(place)):
            self.problems.append(f"{when}: {place} has {', '.join(left)}")
        if not self.problems:
            shutil.rmtree(place)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("how", choices=("points", "random", "full"))
    parser.add_argument("--kills", type=int, default=300, help="how many, at random times")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--replace", action="store_true", help="builds update and replace a release")
    parser.add_argument("--light", action="store_true", help="leave out what writes no file in more than one step")
    call = parser.parse_args()
    if call.light:
        replace(LIGHT)
    with tempfile.TemporaryDirectory(prefix="kill-") as folder:
        harness = Harness(Path(folder), call.workers, light=call.light)
        start = time.monotonic()
        if call.how == "points":
            harness.points(replaces=call.replace)
        elif call.how == "full":
            harness.full(replaces=call.replace)
        else:
            harness.at_random(call.kills, call.seed, replaces=call.replace)
        seconds = time.monotonic() - start
    for problem in harness.problems:
        print(problem)
    print(f"{harness.kills} kills in {seconds:.0f} s, {len(harness.problems)} problems")
    sys.exit(bool(harness.problems))


if __name__ == "__main__":
    replace(STAND_IN)
    main()
