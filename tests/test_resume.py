"""Builds that are cut off: killed, out of disk, interrupted. Resumed, they give the release of an undisturbed build."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from extract.publish import PublishError
from extract.read import Paper
from extract.run import whole, work
from extract.run.engines import local
from extract.run.part import Shard, Task, make_records
from extract.run.work import left_over
from tests import kill
from tests.kill import READ, alive, hashes, hidden, write_entries, write_papers

GLEAN = Path(sys.executable).with_name("glean")
ROOT = Path(__file__).resolve().parents[1]
QUICK = "from tests import kill; kill.replace(kill.STAND_IN); from extract.cli import main; main()"
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1"}


@pytest.fixture
def papers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A file of invented papers, with a stand-in for the passes."""
    for module, name, value in kill.STAND_IN:
        monkeypatch.setattr(module, name, value)
    READ.clear()
    return write_papers(tmp_path / "papers.jsonl", range(40))


@pytest.fixture
def quick(papers: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, with stand-ins for what is slow and of no account here."""
    for module, name, value in kill.LIGHT:
        monkeypatch.setattr(module, name, value)
    return papers


class StoppedError(Exception):
    pass


def stopping(after: int) -> Callable[[int, int | None], None]:
    """A progress that ends a build once so many papers are done."""

    def progress(done: int, _total: int | None) -> None:
        if done >= after:
            raise StoppedError

    return progress


def cut_off(papers: Path | str, target: Path, after: int = 16, **options: Any) -> None:
    with pytest.raises(StoppedError):
        whole.build([papers], target, progress=stopping(after), **options)
    assert not target.exists()


def undisturbed(papers: Path, folder: Path, **options: Any) -> dict[str, str]:
    whole.build([papers], folder / "undisturbed" / "r", **options)
    return hashes(folder / "undisturbed" / "r")


# the harness


@pytest.mark.parametrize("how", ["points", "full", "random"])
def test_whatever_is_left_is_resumed(how: str) -> None:
    command = [sys.executable, "-m", "tests.kill", how, "--light", "--kills", "25"]
    command += ["--replace"] if how == "points" else []
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=ENVIRONMENT, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert int(run.stdout.split()[0]) >= 25


def started(*arguments: object, code: str | None = None, **environment: str) -> subprocess.Popen[str]:
    command = [str(GLEAN)] if code is None else [sys.executable, "-c", code]
    command += ["build", *map(str, arguments)]
    env = ENVIRONMENT | environment
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True, env=env)


def until(condition: Callable[[], Any], seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_build_with_processes_that_is_killed(tmp_path: Path) -> None:
    papers = tmp_path / "papers.jsonl"
    lines = (ROOT / "extract" / "sample" / "papers.jsonl").read_text().splitlines()
    with papers.open("w") as file:
        for n in range(48):
            row = json.loads(lines[n % len(lines)])
            file.write(json.dumps({"id": f"p{n:02}", "title": row["title"], "abstract": row["abstract"]}) + "\n")
    parts = tmp_path / ".r.build" / "parts"
    first = started(papers, "-o", tmp_path / "r", "--workers", 2)
    until(lambda: any(parts.glob("0*")) or first.poll() is not None)
    first.kill()
    first.communicate()
    assert first.returncode == -signal.SIGKILL
    until(lambda: not alive(first.pid))  # the processes that it started have ended by themselves
    assert hidden(tmp_path) == [".r.build"]
    done = len(list(parts.glob("0*")))
    second = started(papers, "-o", tmp_path / "r", "--workers", 2, "--resume")
    told = second.communicate()[1]
    assert second.returncode == 0, told
    assert f"goes on where it was cut off: {done} of 3 shards are done" in told
    assert hidden(tmp_path) == []
    assert hashes(tmp_path / "r") == undisturbed(papers, tmp_path)


def test_ctrl_c_is_one_line_and_keeps_what_is_done(papers: Path, tmp_path: Path) -> None:
    parts = tmp_path / ".r.build" / "parts" / "000001"
    build = started(papers, "-o", tmp_path / "r", "--workers", 2, code=QUICK, SECONDS_A_PAPER="0.1")
    until(lambda: parts.exists() or build.poll() is not None)
    os.killpg(build.pid, signal.SIGINT)
    told = build.communicate()[1]
    assert build.returncode == 130
    assert "shards are done and kept; --resume goes on there" in told
    assert [line for line in told.splitlines() if line and not line.startswith("glean: ")] == []
    assert told.endswith("glean: stopped\n")
    until(lambda: not alive(build.pid))
    whole.build([papers], tmp_path / "r", resume=True)
    assert hashes(tmp_path / "r") == undisturbed(papers, tmp_path)


def test_two_commands_at_once_of_which_one_is_terminated(papers: Path, tmp_path: Path) -> None:
    read = tmp_path / ".r.build" / "reading"
    first = started(papers, "-o", tmp_path / "r", "--workers", 2, code=QUICK, SECONDS_A_PAPER="3")
    until(lambda: read.exists() or first.poll() is not None)
    for extra in ((), ("--resume",), ("--replace",)):
        second = started(papers, "-o", tmp_path / "r", "--quiet", *extra, code=QUICK)
        told = second.communicate()[1]
        assert (second.returncode, len(told.splitlines())) == (1, 1), told
        assert "another build is writing there (allowed: one at a time" in told
    assert first.poll() is None
    first.terminate()
    first.communicate()
    assert first.returncode == -signal.SIGTERM
    until(lambda: not alive(first.pid))
    assert hidden(tmp_path) == [".r.build"]
    whole.build([papers], tmp_path / "r", resume=True)
    assert hashes(tmp_path / "r") == undisturbed(papers, tmp_path)


# processes that die


def with_title(papers: Path, number: int, title: str) -> Path:
    rows = [json.loads(line) for line in papers.read_text().splitlines()]
    rows[number]["title"] = title
    papers.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return papers


def test_a_process_that_dies_costs_nothing(quick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_title(quick, 5, "Fragile, Once")
    monkeypatch.setenv("DIED_ONCE", str(tmp_path / "died"))
    whole.build([quick], tmp_path / "r", workers=2)
    assert (tmp_path / "died").exists()
    assert hashes(tmp_path / "r") == undisturbed(quick, tmp_path)


def test_a_paper_that_processes_die_of_is_set_aside(
    quick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "_TRIES", 1)  # each try starts processes anew
    with_title(write_papers(quick, range(17)), 16, "Deadly, Always")
    whole.build([quick], tmp_path / "r", workers=2)
    manifest = json.loads((tmp_path / "r" / "manifest.json").read_text())
    assert manifest["rows"]["papers"] == 16
    assert manifest["inputs"][0]["rejects"] == 1
    rejects = [json.loads(line) for line in (tmp_path / "r" / "rejects.jsonl").read_text().splitlines()]
    assert [reject["reason"] for reject in rejects] == [local.DIED]


def papers_of(*titles: str) -> list[Paper]:
    return [Paper(title, "We invent Foo.", own_id=title) for title in titles]


@pytest.mark.parametrize("deadly", ["", "a", "g", "ad", "bcg", "abcdefg"])
def test_deadly_papers_are_found_by_halving(deadly: str) -> None:
    shard = local.without_deadly(
        Shard(0, papers_of(*"abcdefg")), lambda piece: any(paper.title in deadly for paper in piece.papers)
    )
    assert shard.given_up == dict.fromkeys(deadly, local.DIED)
    assert len(shard.papers) == 7


def test_processes_that_die_of_no_paper_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def alone(_step: Any, shard: Shard, _task: Task) -> int:
        if len(shard.papers) - len(shard.given_up) > 2:
            raise BrokenProcessPool
        return len(shard.papers)

    monkeypatch.setattr(local, "_alone", alone)
    assert local._suspected(make_records, Shard(0, papers_of("a", "b")), Task()) == 2
    with pytest.raises(local.RunError, match=r"die of shard 7 again and again \(allowed: "):
        local._suspected(make_records, Shard(7, papers_of("a", "b", "c")), Task())


def test_processes_that_never_begin(quick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "_start", os._exit)  # what it is given is no status: it fails
    with pytest.raises(local.RunError, match=r"^the 2 processes die before they have begun \(allowed: [^\n]*\)$"):
        whole.build([quick], tmp_path / "r", workers=2)
    whole.build([quick], tmp_path / "r", resume=True)
    assert hashes(tmp_path / "r") == undisturbed(quick, tmp_path)


class Breaking:
    """A pool that works at once, and breaks when it is asked for the given time."""

    def __init__(self, after: int) -> None:
        self.left = after

    def submit(self, step: Any, *arguments: Any) -> Future[Any]:
        self.left -= 1
        if self.left < 0:
            raise BrokenProcessPool
        future: Future[Any] = Future()
        future.set_result(step(*arguments))
        return future


@pytest.mark.parametrize("after", range(1, 7))
def test_no_shard_is_lost_with_a_pool(after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    pools = iter([after, after, 0, 100, 100])

    @contextmanager
    def pool(_workers: int) -> Iterator[Breaking]:
        yield Breaking(next(pools))

    monkeypatch.setattr(local, "_pool", pool)
    monkeypatch.setattr(local, "_lives", lambda: True)
    shards = (Shard(n, []) for n in range(20))
    found = dict(local.run(lambda shard, _: shard.number, shards, Task(), 2))
    assert found == {n: n for n in range(20)}


def test_an_engine_that_loses_a_shard_makes_no_release(
    quick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = local.run
    monkeypatch.setattr(local, "run", lambda *_: (item for item in run(*_) if item[0] != 1))
    with pytest.raises(local.RunError, match="1 of 3 shards came to no end"):
        whole.build([quick], tmp_path / "r")
    assert not (tmp_path / "r").exists()


# what a build that goes on depends on


def test_what_is_done_is_not_done_again(quick: Path, tmp_path: Path) -> None:
    cut_off(quick, tmp_path / "r", after=32)
    assert left_over(tmp_path / "r") == (2, 3)
    READ.clear()
    whole.build([quick], tmp_path / "r", resume=True, workers=1)
    assert [f"p{n:03}" for n in range(32, 40)] == READ


@pytest.mark.parametrize("shard", [1, 3, 17, 1000])
def test_the_size_of_shards_does_not_show(
    shard: int, quick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = write_entries(tmp_path / "entries")
    expected = undisturbed(quick, tmp_path, curated=entries)
    monkeypatch.setattr(work, "_SMALLEST", shard)
    monkeypatch.setattr(work, "_LARGEST", shard)
    whole.build([quick], tmp_path / "r", curated=entries)
    assert hashes(tmp_path / "r") == expected


def test_the_number_of_processes_does_not_show(quick: Path, tmp_path: Path) -> None:
    entries = write_entries(tmp_path / "entries")
    cut_off(quick, tmp_path / "r", curated=entries, with_text=True)
    whole.build([quick], tmp_path / "r", curated=entries, with_text=True, workers=3, resume=True)
    assert hashes(tmp_path / "r") == undisturbed(quick, tmp_path, curated=entries, with_text=True)


def test_inputs_that_change_are_refused_and_those_that_vanish_are_not_missed(quick: Path, tmp_path: Path) -> None:
    expected = undisturbed(quick, tmp_path)
    cut_off(quick, tmp_path / "r")
    kept = quick.read_bytes()
    write_papers(quick, range(41))
    with pytest.raises(PublishError, match=r"^[^\n]*: the input [^\n]*papers\.jsonl changed since [^\n]*$"):
        whole.build([quick], tmp_path / "r", resume=True)
    assert left_over(tmp_path / "r") == (1, 3)
    quick.unlink()
    whole.build([quick], tmp_path / "r", resume=True)
    assert hashes(tmp_path / "r") == expected
    assert kept not in [path.read_bytes() for path in tmp_path.iterdir() if path.is_file()]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"with_text": True}, "--with-text changed"),
        ({"form": "jsonl"}, "--format changed"),
        ({"columns": {"title": "id"}}, "--columns changed"),
        ({"curated": "entries"}, "--curated changed"),
    ],
)
def test_another_call_does_not_go_on(change: dict[str, Any], words: str, quick: Path, tmp_path: Path) -> None:
    cut_off(quick, tmp_path / "r")
    if "curated" in change:
        change = {"curated": write_entries(tmp_path / "entries")}
    with pytest.raises(PublishError, match=words):
        whole.build([quick], tmp_path / "r", resume=True, **change)
    whole.build([quick], tmp_path / "r", **change)
    assert hashes(tmp_path / "r") == undisturbed(quick, tmp_path, **change)


def test_another_glean_does_not_go_on(quick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_off(quick, tmp_path / "r")
    monkeypatch.setattr(whole, "build_hash", lambda: "later")
    with pytest.raises(PublishError, match="glean or its model changed since"):
        whole.build([quick], tmp_path / "r", resume=True)


def test_a_wrong_call_costs_nothing(quick: Path, tmp_path: Path) -> None:
    cut_off(quick, tmp_path / "r")
    with pytest.raises(FileNotFoundError):
        whole.build([tmp_path / "none.jsonl"], tmp_path / "r")
    with pytest.raises(PublishError):
        whole.build([quick], tmp_path / "r", update=tmp_path / "none")
    assert left_over(tmp_path / "r") == (1, 3)
    READ.clear()
    whole.build([quick], tmp_path / "r")
    assert len(READ) == 40  # but a good one without --resume begins anew


def test_standard_input_that_was_read_is_not_read_again(
    papers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Standard:
        buffer = io.BytesIO(papers.read_bytes())

    monkeypatch.setattr(sys, "stdin", Standard)
    cut_off("-", tmp_path / "r")
    monkeypatch.setattr(sys, "stdin", None)
    whole.build(["-"], tmp_path / "r", resume=True)
    assert json.loads((tmp_path / "r" / "manifest.json").read_text())["counts"]["papers"] == 24


def test_strict_keeps_what_is_done(quick: Path, tmp_path: Path) -> None:
    with pytest.raises(whole.RejectsError, match="16 entries set aside"):
        whole.build([quick], tmp_path / "r", strict=True)
    READ.clear()
    whole.build([quick], tmp_path / "r", resume=True)
    assert READ == []
    assert hashes(tmp_path / "r") == undisturbed(quick, tmp_path)


def overwrite(name: str, data: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(data) and None


@pytest.mark.parametrize(
    "damage",
    [
        overwrite("reading/reading.json", b"{"),
        overwrite("reading/reading.json", b"[]"),
        overwrite("reading/reading.json", b'{"call": 1}'),
        overwrite("reading/papers.parquet", b"PAR1"),
        overwrite("reading/rejects.jsonl", b'{"document": 1}\n'),
        overwrite("parts/000000/part.json", b'{"number": 0}'),
        overwrite("parts/000000/papers.parquet", b"PAR1"),
        overwrite("parts/000000/tallies.parquet", b""),
        lambda folder: (folder / "parts" / "000000" / "speedups.parquet").unlink(),
    ],
)
def test_a_damaged_folder_is_one_line(damage: Callable[[Path], None], quick: Path, tmp_path: Path) -> None:
    cut_off(quick, tmp_path / "r")
    damage(tmp_path / ".r.build")
    with pytest.raises(PublishError, match=r"^[^\n]*\.r\.build: [^\n]* cannot be read: [^\n]* \(allowed: [^\n]*\)$"):
        whole.build([quick], tmp_path / "r", resume=True)
    assert not (tmp_path / "r").exists()
    whole.build([quick], tmp_path / "r")
    assert hashes(tmp_path / "r") == undisturbed(quick, tmp_path)


# places


def test_the_second_of_two_builds_is_refused(quick: Path, tmp_path: Path) -> None:
    seen = []

    def progress(done: int, _total: int | None) -> None:
        if done:
            for resume in (False, True):
                with pytest.raises(PublishError, match=r"another build is writing there \(allowed: one at a time"):
                    whole.build([quick], tmp_path / "r", resume=resume)
            seen.append(left_over(tmp_path / "r"))

    whole.build([quick], tmp_path / "r", progress=progress)
    assert seen == [None] * 3  # nothing is left over: it is at work
    assert hashes(tmp_path / "r") == undisturbed(quick, tmp_path)


def test_a_release_behind_a_link_is_resumed(quick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = undisturbed(quick, tmp_path, version="1")
    whole.build([write_papers(tmp_path / "old.jsonl", range(9))], tmp_path / "real")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoppedError):
        whole.build([quick], "link", replace=True, progress=stopping(16), version="1")
    whole.build([quick], tmp_path / "real", replace=True, resume=True, version="1")
    assert (tmp_path / "link").is_symlink()
    assert hashes(tmp_path / "real") == expected
    assert hidden(tmp_path) == []


@pytest.mark.parametrize("place", ["/", "link", "file", "file/r"])
def test_places_for_no_release(place: str, quick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("nowhere")
    with pytest.raises(PublishError, match=r"^[^\n]*(holds other things|leads nowhere|is a file|cannot be written)"):
        whole.build([quick], place)
    assert hidden(tmp_path) == []


def test_a_folder_that_may_not_be_written_is_one_line(quick: Path, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o555)

    def build() -> None:
        if os.geteuid() == 0:
            os.seteuid(65534)
        whole.build([quick], tmp_path / "closed" / "r")

    tmp_path.chmod(0o755)
    for folder in (tmp_path, *tmp_path.parents[:2]):  # of the test's own, so that another user comes so far
        folder.chmod(0o755)
    assert kill.forked(build) == kill.REFUSED


def test_half_a_replaced_release_is_never_brought_back(quick: Path, tmp_path: Path) -> None:
    """A build that is killed while it removes the old release leaves pieces; they are no release to go back to."""
    whole.build([quick], tmp_path / "r")
    shutil.copytree(tmp_path / "r", tmp_path / ".r.partial-0")
    (tmp_path / ".r.partial-0" / "papers" / "train.parquet").unlink()
    shutil.rmtree(tmp_path / "r")
    cut_off(quick, tmp_path / "r")
    whole.build([quick], tmp_path / "r", resume=True)
    assert hashes(tmp_path / "r") == undisturbed(quick, tmp_path)
    assert hidden(tmp_path) == []
