"""Releases by a Ray cluster: the same bytes, whatever becomes of its nodes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from extract import build
from extract.read import Paper, Reject, read_inputs
from extract.run.code import extraction_hash
from extract.run.engines import ray_cluster
from extract.run.engines.local import DIED, RunError
from extract.run.extraction import records
from extract.run.part import Part, Shard, Task
from extract.sample import sample_inputs

ray = pytest.importorskip("ray", reason="Ray has no build for this Python")
GLEAN = Path(sys.executable).with_name("glean")
LIMIT = 300  # seconds for a test: a job that stalls fails


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    def late(*_: object) -> None:
        pytest.fail(f"not done in {LIMIT} seconds")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(LIMIT)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two nodes: the head, which works on nothing, and one with room for one actor."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    cluster.add_node(num_cpus=1)
    yield cluster
    ray.shutdown()  # a node that this process is connected to cannot be removed
    cluster.shutdown()


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_cluster_of_this_machine(sample: Path, tmp_path: Path) -> None:
    """It starts, works, says nothing, and ends with the build."""
    out = tmp_path / sample.name
    command = [GLEAN, "build", "--quiet", "-o", out, "--engine", "ray"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert files(out) == files(sample)


def test_a_node_is_lost(cluster: Any, sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is killed while its actor is at work, and the other node has no room for another one."""
    nodes = tmp_path / "nodes"
    nodes.mkdir()

    class Watched(ray_cluster._Extractor):
        def __call__(self, row: pa.Table) -> pa.Table:
            (nodes / ray.get_runtime_context().get_node_id()).touch()
            while len(list(nodes.iterdir())) < 2:  # none has done all before another has begun
                time.sleep(0.1)
            time.sleep(1)
            return super().__call__(row)

    jobs: list[int] = []
    job = ray_cluster._job

    def counted(shards: list[Shard], **told: Any) -> Iterator[Part]:
        jobs.append(len(shards))
        return job(shards, **told)

    monkeypatch.setattr(ray_cluster, "_Extractor", Watched)
    monkeypatch.setattr(ray_cluster, "_job", counted)
    monkeypatch.setattr("extract.run.work._SMALLEST", 4)
    lost = [cluster.add_node(num_cpus=1)]

    def progress(done: int, total: int) -> None:
        if done and lost:
            assert done < total
            cluster.remove_node(lost.pop(), allow_graceful=False)

    out = tmp_path / sample.name
    build([], out, engine="ray", ray_address=cluster.address, workers=2, progress=progress)
    assert jobs[0] == 10 and len(jobs) > 1  # what was lost with the node came again
    assert files(out) == files(sample)
    assert not ray.is_initialized()


def test_goes_on_without_ray(cluster: Any, sample: Path, tmp_path: Path) -> None:
    def progress(done: int, _total: int) -> None:
        if done:
            raise InterruptedError

    out = tmp_path / sample.name
    with pytest.raises(InterruptedError):
        build([], out, engine="ray", ray_address=cluster.address, progress=progress)
    notes: list[str] = []
    build([], out, resume=True, on_note=notes.append)
    assert any("1 of 3 shards are done" in note for note in notes)
    assert files(out) == files(sample)


def test_a_process_dies(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its shard is left out, not worked on again, and the others are worked on."""

    class Deadly(ray_cluster._Extractor):
        def __init__(self, *_: object) -> None:
            """Without the pipeline, which takes seconds to load."""

        def __call__(self, row: pa.Table) -> pa.Table:
            number = row["number"][0].as_py()
            if number == 0:
                os._exit(1)
            return pa.Table.from_pylist(
                [{"number": number, "account": part(Shard(number, [])).account()}], ray_cluster._RESULT
            )

    monkeypatch.setattr(ray_cluster, "_Extractor", Deadly)
    with ray_cluster._cluster(1, cluster.address):
        parts = list(ray_cluster._job([Shard(number, []) for number in range(2)], Task(), workers=1))
    assert [part.number for part in parts] == [1]


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Jobs without a cluster: which shards each had, how many parts it brings, what it dies of, how it ends."""
    monkeypatch.setattr(ray_cluster, "_cluster", lambda *_: nullcontext())
    monkeypatch.setattr(ray_cluster, "_SHARDS", 2)
    told = SimpleNamespace(windows=[], brings=2, deadly=set(), error=None)

    def job(shards: list[Shard], **_: object) -> Iterator[Part]:
        told.windows.append([shard.number for shard in shards])
        living = [s for s in shards if not told.deadly & ({paper.own_id for paper in s.papers} - set(s.given_up))]
        yield from map(part, living[: told.brings])
        if told.error is not None:
            raise told.error

    monkeypatch.setattr(ray_cluster, "_job", job)
    return told


def part(shard: Shard) -> Part:
    rejects = [Reject("", 0, reason, own_id) for own_id, reason in shard.given_up.items()]
    return Part(shard.number, len(shard.papers), {}, rejects, [], 0, 0)


def run(*numbers: int) -> dict[int, Part]:
    shards = [Shard(n, [Paper("A", "B.", own_id=f"{n}{k}") for k in "abc"]) for n in numbers]
    return dict(ray_cluster.run(shards, Task(), workers=1, address=None))


def test_what_a_job_does_not_bring_comes_into_the_next(jobs: Any) -> None:
    """Also if it ends before its time."""
    jobs.brings, jobs.error = 1, ray_cluster._JobError("ended")
    assert sorted(run(0, 1, 2)) == [0, 1, 2]
    assert jobs.windows == [[0, 1], [1, 2], [2]]


def test_jobs_that_bring_nothing_end_the_build(jobs: Any) -> None:
    jobs.brings, jobs.error = 0, ray_cluster._JobError("ended")
    with pytest.raises(RunError, match="ended"):
        run(0, 1, 2)
    assert jobs.windows == [[0, 1]] * 3
    jobs.error = None
    with pytest.raises(RunError, match=r"processes die of shard 0 again and again \(allowed: "):
        run(0, 1, 2)


def test_papers_that_processes_die_of(jobs: Any) -> None:
    """They are found and set aside."""
    jobs.deadly = {"0b", "2a", "2c"}
    parts = run(0, 1, 2)
    assert {n: [(reject.sha256, reject.reason) for reject in parts[n].rejects] for n in sorted(parts)} == {
        0: [("0b", DIED)],
        1: [],
        2: [("2a", DIED), ("2c", DIED)],
    }


def test_what_travels() -> None:
    paper = next(iter(read_inputs(sample_inputs()).papers))
    record = next(records([paper]))
    shard = Shard(7, [paper, replace(paper, version=2)], {"a": record}, [record], {"a": DIED})
    assert ray_cluster._received(7, ray_cluster._sent(shard)) == shard


def test_a_defect_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not taken for a paper that processes die of."""

    def defect(*_: object) -> Part:
        raise ZeroDivisionError("division\nby zero")

    monkeypatch.setattr(ray_cluster, "make_part", defect)
    row = pa.Table.from_pylist([{"number": 3, "shard": ray_cluster._sent(Shard(3, []))}])
    found = ray_cluster._Extractor(Task(), extraction_hash())(row).to_pylist()
    assert [(one["number"], one["error"]) for one in found] == [(3, "shard 3: ZeroDivisionError: division by zero")]


def test_another_glean_on_a_node(cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_cluster, "extraction_hash", lambda: "that of another")
    with pytest.raises(RunError, match=r"^\S+: another glean, model or libraries than here \(allowed: [^\n]+\)$"):
        build([], tmp_path / "r", engine="ray", ray_address=cluster.address)
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("nonsense", "that is no address"),
        ("ray://127.0.0.1:1", "that is no address"),
        ("127.0.0.1:65536", "that is no address"),
        ("127.0.0.1:1", "Connection refused"),
    ],
)
def test_no_such_cluster(address: str, what: str) -> None:
    with pytest.raises(RunError) as told:
        ray_cluster.check(address)
    assert str(told.value).startswith(f"--ray-address {address}: {what} (allowed: auto ")
    assert "\n" not in str(told.value)


def test_a_cluster_is_looked_for_before_anything_is_read(tmp_path: Path) -> None:
    call = [GLEAN, "build", tmp_path / "none.txt", "-o", tmp_path / "r", "--engine", "ray", "--ray-address", "here"]
    done = subprocess.run(call, capture_output=True, text=True, timeout=LIMIT)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("glean: --ray-address here: that is no address") and done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_without_ray(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(RunError, match=r"Ray is not installed \(allowed: pip install 'glean-papers\[ray\]'\)"):
        build([], tmp_path / "r", engine="ray")
    assert list(tmp_path.iterdir()) == []
