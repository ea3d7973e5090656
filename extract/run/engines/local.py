"""Processes of this machine, each with a pipeline of its own and one BLAS thread."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TypeVar

from extract.read import Paper, id_of
from extract.run.extraction import shared_pipeline
from extract.run.part import Shard, Task

R = TypeVar("R")
Step = Callable[[Shard, Task], R]

_AHEAD = 2  # shards that wait for each process, and no more: the papers are not all to be in memory at once
_TRIES = 2  # times that a shard may be among those on which a process died, before it is looked at alone
DIED = "the process that read it died (of memory, perhaps)"
_ALLOWED = "allowed: as many as there is memory for; see --workers"


class RunError(Exception):
    """The work cannot be done as asked; the message is one line."""


def run(step: Step[R], shards: Iterable[Shard], task: Task, workers: int) -> Generator[tuple[int, R], None, None]:
    """Yields ``(number of the shard, what the step made of it)``, as they come to their end.

    A process that dies (the system ends one when memory runs out) costs nothing but time: its shards are worked on
    again, and where processes die on one shard again and again, the papers that they die of are found and set aside.

    Args:
        step: a function of a module, called in the processes.
        shards: what there is to do; taken as it is needed.
        task: what they have in common.
        workers: how many processes; with 1, the work is done in this one.

    Raises:
        extract.passes.ner.model.ModelError: the model is not the known one.
        RunError: processes die before they have begun, or again and again of no paper alone.
    """
    if workers == 1:
        for shard in shards:
            yield shard.number, step(shard, task)
        return
    from extract.passes.ner.model import check_model  # imports spaCy, which this process does not need else

    check_model()  # told here, in one line; in the processes it would be the end of each of them
    new = iter(shards)
    again: deque[Shard] = deque()
    tries: Counter[int] = Counter()

    def job() -> Shard | None:
        return again.popleft() if again else next(new, None)

    while True:
        lost: list[Shard] = []
        yield from _until_one_dies(step, job, task, workers, lost)
        if not lost:
            return
        if not _lives():
            raise RunError(f"the {workers} processes die before they have begun ({_ALLOWED})")
        for shard in sorted(lost, key=lambda shard: shard.number):
            tries[shard.number] += 1
            if tries[shard.number] < _TRIES:
                again.append(shard)
            else:
                yield shard.number, _suspected(step, shard, task)


def _until_one_dies(
    step: Step[R], job: Callable[[], Shard | None], task: Task, workers: int, lost: list[Shard]
) -> Iterator[tuple[int, R]]:
    """Works on one job after the other, or until a process dies: then ``lost`` has the shards that it may have had."""
    running: dict[Future[R], Shard] = {}
    with _pool(workers) as pool:
        while True:
            while not lost and len(running) < workers * _AHEAD and (shard := job()):
                try:
                    running[_submit(pool, step, shard, task)] = shard
                except BrokenProcessPool:
                    lost.append(shard)
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                shard = running.pop(future)
                try:
                    result = future.result()
                except BrokenProcessPool:
                    lost.append(shard)
                else:
                    yield shard.number, result


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that end when the block does; at once where it ends badly, and where this process is killed."""
    context = get_context("spawn")
    theirs, ours = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=(theirs,))
    try:
        yield pool
        pool.shutdown()
    finally:
        ours.close()
        theirs.close()
        pool.shutdown(cancel_futures=True)


def _submit(pool: ProcessPoolExecutor, step: Step[R], shard: Shard, task: Task) -> Future[R]:
    """Submits a shard; processes that are started by that ignore Ctrl-C, of which this one is told, from the start."""
    if os.name != "posix":
        return pool.submit(step, shard, task)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return pool.submit(step, shard, task)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start(line: Connection) -> None:
    """What a process does first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # it would finish its shard first when the work ends early, and wait for more for ever when its parent is killed
    threading.Thread(target=_end_with, args=(line,), daemon=True).start()
    shared_pipeline()


def _end_with(line: Connection) -> None:
    """Ends this process when the other end of a line is closed, by hand or because its process ended."""
    with suppress(EOFError, OSError):
        line.recv_bytes()
    os._exit(1)


def _lives() -> bool:
    try:
        with _pool(1) as pool:
            pool.submit(os.getpid).result()
    except BrokenProcessPool:
        return False
    return True


def _alone(step: Step[R], shard: Shard, task: Task) -> R:
    with _pool(1) as pool:
        return _submit(pool, step, shard, task).result()


def _suspected(step: Step[R], shard: Shard, task: Task) -> R:
    """What a step makes of a shard on which processes died, without the papers that they die of.

    Raises:
        RunError: it is not a paper alone that they die of.
    """

    def dies(piece: Shard) -> bool:
        try:
            _alone(step, piece, task)
        except BrokenProcessPool:
            return True
        return False

    with suppress(BrokenProcessPool):
        return _alone(step, shard, task)
    try:
        return _alone(step, without_deadly(shard, dies), task)
    except BrokenProcessPool:
        raise RunError(f"processes die of shard {shard.number} again and again ({_ALLOWED})") from None


def without_deadly(shard: Shard, dies: Callable[[Shard], bool]) -> Shard:
    """A shard whose papers that no process outlives are given up, found by halving.

    Args:
        shard: a shard on which processes died.
        dies: whether a process dies of a piece of it.
    """

    def deadly(papers: list[Paper]) -> Iterator[Paper]:
        if not dies(replace(shard, papers=papers)):
            return
        if len(papers) == 1:
            yield papers[0]
            return
        half = len(papers) // 2
        yield from deadly(papers[:half])
        yield from deadly(papers[half:])

    return replace(shard, given_up={id_of(paper): DIED for paper in deadly(shard.papers)})
