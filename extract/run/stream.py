"""Papers to records, by any number of processes, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from typing import Any

from extract.read import Paper, Reject
from extract.record.batches import batches
from extract.record.model import Record
from extract.run.engines import local
from extract.run.part import Shard, Task, make_records

Progress = Callable[[int, int | None], None]
_BATCH = 32


def extract_all(
    papers: Iterable[Paper],
    *,
    total: int | None = None,
    workers: int = 1,
    with_text: bool = False,
    progress: Progress | None = None,
    set_aside: Callable[[Reject], None] | None = None,
) -> Iterator[Record]:
    """Yields a record for each paper, in order, whatever the number of processes.

    Papers are taken as they are needed, so that any number of them fits into memory.

    Args:
        papers: what to read.
        total: how many they are, for the progress, where they are no sequence.
        workers: how many processes; each holds a pipeline of its own and one BLAS thread.
        with_text: whether the records carry their abstracts.
        progress: called with ``(done, total)`` now and then; ``total`` is ``None`` where it is not known.
        set_aside: called with each paper that no valid record could be made of.

    Raises:
        ValueError: ``workers`` is below 1.
        RunError: processes die before they have begun.
    """
    check_workers(workers)
    done = 0
    if total is None and isinstance(papers, Sequence):
        total = len(papers)
    if progress:
        progress(0, total)
    is_small = total is not None and total <= _BATCH
    shards = (Shard(number, batch) for number, batch in enumerate(batches(papers, _BATCH)))
    for batch in _ordered(local.run(make_records, shards, Task(with_text), 1 if is_small else workers)):
        for item in batch:
            if isinstance(item, Record):
                yield item
            elif set_aside is not None:
                set_aside(item)
        done += len(batch)
        if progress:
            progress(done, total)


def _ordered(results: Iterable[tuple[int, Any]]) -> Iterator[Any]:
    waiting: dict[int, Any] = {}
    numbers = count()
    number = next(numbers)
    for key, result in results:
        waiting[key] = result
        while number in waiting:
            yield waiting.pop(number)
            number = next(numbers)


def check_workers(workers: int) -> None:
    """Makes sure that there are processes at all.

    Raises:
        ValueError: ``workers`` is below 1.
    """
    if workers < 1:
        raise ValueError(f"workers is {workers} (allowed: 1 or more)")
