"""The Python API: ``extract.extract``, ``extract.pipeline``, ``extract.build``."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extract.read import Document, Paper, ReadError, Reject, Source, id_of, read_inputs
from extract.read.rejects import RejectLog
from extract.read.text import complaint
from extract.record.ids import sha256_text
from extract.record.model import Record

if TYPE_CHECKING:
    from spacy.language import Language

    from extract.curate import Curated
    from extract.publish import Summary
    from extract.read import Reading


class RejectsError(Exception):
    """Entries had to be set aside where none may be: ``rejects``, and ``problems`` of entries made by hand."""

    def __init__(self, rejects: RejectLog, problems: Sequence[str] = ()) -> None:
        count = len(rejects) + len(problems)
        super().__init__(f"{count:,} {'entry' if count == 1 else 'entries'} set aside, with --strict")
        self.rejects = rejects
        self.problems = list(problems)


Progress = Callable[[int, int | None], None]
_BATCH = 32
_AHEAD = 4  # jobs that wait for each process


def pipeline(*, ner: bool = True) -> Language:
    """A new spaCy pipeline with all passes; its components can be used in anyone's pipeline.

    Args:
        ner: whether to load the trained NER pass; without it the rules work alone.

    Its ``Doc`` carries ``doc.ents`` (NER pass), ``doc.spans["glean_names"]``, ``["glean_proposed"]``,
    ``["glean_speedups"]`` and ``["glean_results"]`` (rule pass; ``span._.claim`` has the fields of a claim).
    """
    from extract.passes import build_pipeline

    return build_pipeline(ner=ner)


@cache
def _shared_pipeline() -> Language:
    return pipeline()


def extract(title: str, abstract: str, **metadata: Any) -> Record:
    """The record of one paper.

    Args:
        title: its title.
        abstract: its abstract; outer white space is trimmed, as offsets then count.
        metadata: further fields of :class:`extract.read.Paper` (``own_id``, ``arxiv_id``, ``published`` ...).

    Raises:
        ValueError: there is no title or no abstract, or one is too long or no Unicode text.
    """
    title, abstract = title.strip(), abstract.strip()
    reason = complaint(title, abstract)
    if reason:
        raise ValueError(reason)
    found = next(records([Paper(title=title, abstract=abstract, **metadata)], with_text=True))
    if isinstance(found, Reject):
        raise ValueError(found.reason)
    return found


def records(papers: Iterable[Paper], *, with_text: bool = False) -> Iterator[Record | Reject]:
    """Yields a valid record for each paper, in order, in this process, or the reason why there is none.

    A paper whose text makes a pass fail, or whose record breaks the schema, is a defect of glean: it is set aside
    and told, and the rest goes on.

    Args:
        papers: what to read.
        with_text: whether the records carry their abstracts.
    """
    from extract.assemble import assemble
    from extract.passes import model_name
    from extract.prepare import make_doc
    from extract.validate import errors

    nlp = _shared_pipeline()
    model = model_name(nlp)
    for batch in batched(papers, _BATCH):
        docs: list[Any] = [make_doc(nlp, p.title, p.abstract) for p in batch]
        try:
            docs = list(nlp.pipe(docs, batch_size=_BATCH))
        except Exception:  # one text among them: each by itself tells which
            docs = [None] * len(batch)
        for doc, paper in zip(docs, batch, strict=True):
            try:
                ready = doc if doc is not None else nlp(make_doc(nlp, paper.title, paper.abstract))
                record = assemble(ready, paper, model=model, with_text=with_text)
            except Exception as error:
                yield _set_aside(paper, f"a pass failed on the text: {type(error).__name__}: {error}")
                continue
            problem = next(errors({**record, "abstract": paper.abstract}, file=record["paper_id"]), None)
            yield record if problem is None else _set_aside(paper, f"the record is not valid: {problem}")


def _set_aside(paper: Paper, reason: str) -> Reject:
    source = paper.sources[0] if paper.sources else Source("input", 0)
    digest = sha256_text(paper.title + paper.abstract)
    return Reject(source.document, source.position, " ".join(reason.split())[:300], digest)


def batched(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Items in lists of at most ``size`` (itertools has it from Python 3.12 on)."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def _worker_start() -> None:
    _shared_pipeline()


def _worker(job: tuple[list[Paper], bool]) -> list[Record | Reject]:
    papers, with_text = job
    return list(records(papers, with_text=with_text))


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
    """
    if workers < 1:
        raise ValueError(f"workers is {workers} (allowed: 1 or more)")
    done = 0
    if total is None and isinstance(papers, Sequence):
        total = len(papers)
    if progress:
        progress(0, total)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # more threads only wait for one another on matrices this small
    jobs = ((batch, with_text) for batch in batched(papers, _BATCH))
    is_small = total is not None and total <= _BATCH
    for batch in _run(jobs, 1 if is_small else workers):
        for item in batch:
            if isinstance(item, Record):
                yield item
            elif set_aside is not None:
                set_aside(item)
        done += len(batch)
        if progress:
            progress(done, total)


def _run(jobs: Iterator[tuple[list[Paper], bool]], workers: int) -> Iterator[list[Record | Reject]]:
    if workers == 1:
        yield from map(_worker, jobs)
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_worker_start) as pool:
        # a few jobs wait for each process, and no more: the papers are not all to be in memory at once
        waiting = deque(pool.submit(_worker, job) for job in islice(jobs, workers * _AHEAD))
        try:
            while waiting:
                yield waiting.popleft().result()
                waiting.extend(pool.submit(_worker, job) for job in islice(jobs, 1))
        finally:
            for future in waiting:
                future.cancel()


def build(
    inputs: Sequence[str | Path],
    out: str | Path,
    *,
    form: str | None = None,
    columns: Mapping[str, str] | None = None,
    version: str | None = None,
    with_text: bool = False,
    workers: int = 1,
    replace: bool = False,
    since: str | Path | None = None,
    curated: str | Path | None = None,
    strict: bool = False,
    progress: Progress | None = None,
    on_read: Callable[[Sequence[Document]], None] | None = None,
) -> Summary:
    """Reads, extracts, validates and publishes: a whole release.

    Args:
        inputs: files to read, ``-`` for standard input; none for the bundled sample.
        out: the release's folder.
        form: the inputs' form (see ``extract.read.FORMATS``); recognised by content where it is not given.
        columns: which column of a table holds which part of a paper, ``{"title": "Name"}``.
        version: the release's version; the folder's name where it is not given.
        with_text: whether the release carries the abstracts.
        workers: how many processes extract.
        replace: whether a release that already stands in ``out`` is replaced.
        since: an earlier release; the card counts what changed since.
        curated: a folder of entries made by hand, which correct records and add papers.
        strict: whether an entry that cannot be read, or that no record can be made of, stops the build.
        progress: called with ``(done, total)`` while extracting.
        on_read: called with the inputs once they are read, before the extraction: which columns of a table were taken.

    Raises:
        FileNotFoundError: an input, or the earlier release, does not exist.
        extract.read.ReadError: an input cannot be read, or none of its entries can.
        RejectsError: with ``strict``, something had to be set aside; nothing is written.
        extract.publish.PublishError: the folder is taken or cannot be written.
        extract.publish.diff.DiffError: ``since`` is no release that this one can be compared with.
    """
    from extract.curate import read_curated
    from extract.evaluate.published import published_quality
    from extract.publish import check_output, publish
    from extract.publish.diff import about, changes_since
    from extract.sample import sample_inputs

    target = Path(out)
    check_output(target, replace=replace)
    if since is not None:
        about(Path(since))  # what cannot be compared is told before the work is done
    entries = None if curated is None else read_curated(curated)
    reading = read_inputs([str(i) for i in inputs] or sample_inputs(), form, columns)
    if on_read is not None:
        on_read(reading.documents)
    if not len(reading.papers):
        first = next(iter(reading.rejects))
        raise ReadError(f"{first.document}: no entry could be read; the first: {first.reason}")
    _refuse(strict, reading, entries)
    papers = iter(reading.papers) if entries is None else entries.completed(reading.papers)
    found = extract_all(
        papers,
        total=len(reading.papers),
        workers=workers,
        with_text=with_text,
        progress=progress,
        set_aside=reading.set_aside,
    )

    def all_found() -> Iterator[Record]:
        if entries is None:
            yield from found
        else:
            ids: list[str] = []
            for record in entries.corrected(found):
                ids.append(record["paper_id"])
                yield record
            entries.problems += entries.unknown(ids)
            reading.documents += entries.documents()
            reading.count_rejects()
        _refuse(strict, reading, entries)

    summary = publish(
        all_found(),
        target,
        documents=reading.documents,
        rejects=reading.rejects,
        conflicts=reading.conflicts.account(),
        curated=None if entries is None else entries.account,
        version=version or target.resolve().name,
        quality=published_quality(),
        with_text=with_text,
        replace=replace,
        changes=None if since is None else partial(changes_since, since),
    )
    if entries is not None:
        summary.problems = [str(problem) for problem in entries.problems]
        summary.curated = entries.text()
    return summary


def _refuse(strict: bool, reading: Reading, curated: Curated | None) -> None:
    """With ``strict``, ends a build that something had to be set aside of."""
    problems = [] if curated is None else [str(problem) for problem in curated.problems]
    if strict and (len(reading.rejects) or problems):
        raise RejectsError(reading.rejects, problems)


__all__ = ["RejectsError", "build", "extract", "extract_all", "id_of", "pipeline", "records"]
