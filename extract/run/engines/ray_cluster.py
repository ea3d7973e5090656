"""A Ray cluster: Ray Data jobs with a row for each shard, and a pool of actors that hold the pipeline.

What travels are rows, so the nodes need glean and nothing else of the machine where the build was called. Ray is not to
work on a row again: what a lost process or node had comes into the next job, for the actors that have a place then. (A
row that Ray sees to waits until its own actor has started again, for ever where there is no room for that.)
"""

from __future__ import annotations

import json
import logging
import os
import socket
import warnings
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from extract.publish.tables import PARTS
from extract.read.merge.spool import paper_of, row_of
from extract.record.model import Record
from extract.run.code import extraction_hash
from extract.run.engines.local import RunError, without_deadly
from extract.run.extraction import shared_pipeline
from extract.run.part import Part, Shard, Task, make_part

_SHARDS = 32  # of a job, for each actor: few enough for memory, enough for the start of a pool not to count
_TRIES = 3  # jobs in a row that may bring nothing, and actors in a row that may not start
_SUSPECTS = 64  # shards that all processes may die of, and be looked at one by one; with more, it is not the papers
_ANSWER = 10  # seconds that the head of a cluster has to answer
_PROGRESS = 1800  # seconds without a part in which a cluster may make room, by starting machines perhaps
# nothing is sent to Ray's makers, and nothing written to the terminal: it stands in the files of Ray's session, too
_SETTINGS = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_BACKEND_LOG_LEVEL": "fatal", "RAY_DEDUP_LOGS_SKIP_REGEX": "."}
_MEMORY = "allowed: nodes with memory for an actor, about a gigabyte, on each core"
_ROW = pa.schema({"number": pa.int64(), "shard": pa.binary()})
_RESULT = pa.schema(
    [("number", pa.int64()), ("error", pa.string()), ("account", pa.string()), *((t, pa.binary()) for t in PARTS)]
)


class _JobError(RunError):
    """A job ended before its time; others may not."""


def run(
    shards: Iterable[Shard], task: Task, *, workers: int, address: str | None
) -> Generator[tuple[int, Part], None, None]:
    """Yields ``(number of the shard, its part)``, as they come to their end.

    Args:
        shards: what there is to do; taken as it is needed.
        task: what they have in common.
        workers: how many actors, each with one core; one that there is no room for waits until there is.
        address: ``"auto"`` or ``"host:port"``; ``None`` for a cluster of this machine that ends with the work.

    Raises:
        RunError: Ray is not installed, there is no such cluster, a node has no glean or another one, or no process of
            the cluster lives.
    """
    with _cluster(workers, address):
        job = partial(_job, task=task, workers=workers)
        waiting = iter(shards)
        lost: list[Shard] = []
        failures = 0
        while window := [*lost, *islice(waiting, max(0, workers * _SHARDS - len(lost)))]:
            left = {shard.number: shard for shard in window}
            failure = RunError(f"processes die of shard {window[0].number} again and again ({_MEMORY})")
            try:
                for part in job(window):
                    del left[part.number]
                    yield part.number, part
            except _JobError as error:
                failure = error
            lost = list(left.values())
            failures = failures + 1 if len(lost) == len(window) else 0
            if failures == _TRIES:
                raise failure
            if failures == _TRIES - 1 and not isinstance(failure, _JobError) and len(lost) <= _SUSPECTS:
                lost = [without_deadly(shard, partial(_dies, job)) for shard in lost]


def _dies(job: Callable[[Sequence[Shard]], Iterator[Part]], piece: Shard) -> bool:
    """Whether a process dies of a piece of a shard; once may be by chance, as when a node is lost."""
    return not any(list(job([piece])) for _ in range(2))


def _job(shards: Sequence[Shard], task: Task, workers: int) -> Iterator[Part]:
    """Yields the parts of shards; those of which a process dies are left out.

    Raises:
        RunError: the work cannot be done by this cluster.
    """
    for row in _rows(shards, task, workers):
        if row["error"] is not None:
            raise RunError(row["error"])
        yield Part.from_account(row["account"], {name: row[name] for name in PARTS})


def _rows(shards: Sequence[Shard], task: Task, workers: int) -> Iterator[dict[str, Any]]:
    import ray.data
    from ray.util.annotations import RayDeprecationWarning

    try:
        data = ray.data.from_arrow(
            [pa.Table.from_pydict({"number": [s.number], "shard": [_sent(s)]}, _ROW) for s in shards]
        )
        data.context.enable_progress_bars = False
        data.context.print_on_execution_start = False
        data.context.max_errored_blocks = -1
        data.context.max_consecutive_actor_init_deaths = _TRIES
        data.context.execution_no_progress_timeout_s = _PROGRESS
        with warnings.catch_warnings():
            # this Ray still takes how often to try, and says that a later one will not
            warnings.simplefilter("ignore", RayDeprecationWarning)
            data = data.map_batches(
                _Extractor,
                fn_constructor_args=(task, extraction_hash()),
                batch_size=1,
                batch_format="pyarrow",
                # one row at a time for an actor: with it, no other is lost
                compute=ray.data.ActorPoolStrategy(size=min(workers, len(shards)), max_tasks_in_flight_per_actor=1),
                num_cpus=1,
                max_restarts=-1,
                max_task_retries=0,
            )
        yield from data.iter_rows()
    except Exception as error:
        text = [line.strip() for line in str(error).splitlines() if line.strip()]
        what = f"{type(error).__name__}: {text[-1] if text else 'no reason given'}"
        raise _JobError(f"the Ray cluster cannot do the work ({what})") from error


class _Extractor:
    """An actor of the pool."""

    def __init__(self, task: Task, wanted: str) -> None:
        self._task = task
        self._is_same = extraction_hash() == wanted
        if self._is_same:
            shared_pipeline()

    def __call__(self, row: pa.Table) -> pa.Table:
        number = row["number"][0].as_py()
        found = dict.fromkeys(_RESULT.names) | {"number": number}
        if not self._is_same:
            where = socket.gethostname()
            found["error"] = f"{where}: another glean, model or libraries than here (allowed: the same on every node)"
        else:
            try:
                part = make_part(_received(number, row["shard"][0].as_py()), self._task)
                found |= part.tables | {"account": part.account()}
            except Exception as error:  # Ray would leave the row out, as if a process had died
                found["error"] = f"shard {number}: {type(error).__name__}: {' '.join(str(error).split())}"
        return pa.Table.from_pylist([found], schema=_RESULT)


def _sent(shard: Shard) -> bytes:
    """A shard as it travels."""
    said = {
        "papers": [row_of(paper, 0, 0) for paper in shard.papers],
        "old": dict(shard.old),
        "made": shard.made,
        "given_up": dict(shard.given_up),
    }
    return zlib.compress(json.dumps(said).encode(), level=1)


def _received(number: int, packed: bytes) -> Shard:
    said = json.loads(zlib.decompress(packed))
    old = {key: Record(record) for key, record in said["old"].items()}
    papers = [paper_of(row) for row in said["papers"]]
    return Shard(number, papers, old, [Record(record) for record in said["made"]], said["given_up"])


def check(address: str | None) -> None:
    """Makes sure, before any work is done, that Ray is there and something listens at the address of its cluster.

    Raises:
        RunError: it is not; Ray itself would try for minutes.
    """
    if find_spec("ray") is None:
        raise RunError("Ray is not installed (allowed: pip install 'glean-papers[ray]')")
    if address is None or address == "auto":
        return
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65535 or "/" in host:
        raise _no_cluster(address, "that is no address")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_ANSWER).close()
    except OSError as error:
        raise _no_cluster(address, error.strerror or str(error)) from None


def _no_cluster(address: str | None, what: str) -> RunError:
    allowed = "auto on a machine of the cluster, HOST:PORT of its head, or none for a cluster of this machine"
    return RunError(f"--ray-address {address}: {what} (allowed: {allowed})")


@contextmanager
def _cluster(workers: int, address: str | None) -> Iterator[None]:
    """Joins a cluster, or starts one of this machine; at the end, what was joined is left and what was started ends.

    Raises:
        RunError: there is none.
    """
    check(address)
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    import ray
    import ray.data

    for handler in logging.getLogger("ray.data").handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setLevel(logging.CRITICAL + 1)  # that is the terminal
    if ray.is_initialized():
        yield
        return
    start: dict[str, Any] = {"address": address}
    if address is None:
        start = {"address": "local", "num_cpus": workers, "include_dashboard": False}
    try:
        with _silence():
            ray.init(**start, log_to_driver=False, logging_level=logging.CRITICAL)
    except Exception as error:
        raise _no_cluster(address, str(error).partition("\n")[0].partition(". ")[0]) from None
    try:
        yield
    finally:
        ray.shutdown()


@contextmanager
def _silence() -> Iterator[None]:
    """Nothing on standard error: Ray says there that it is to say nothing."""
    kept = os.dup(2)
    try:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
