"""The Python API: ``extract.extract``, ``extract.pipeline``, ``extract.build``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extract.read import Paper, ReadError, id_of, read_inputs
from extract.read.text import complaint
from extract.record.model import Record

if TYPE_CHECKING:
    from spacy.language import Language

    from extract.publish import Summary

Progress = Callable[[int, int], None]
_BATCH = 32


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
    paper = Paper(title=title, abstract=abstract, **metadata)
    return next(records([paper], with_text=True))


def records(papers: Iterable[Paper], *, with_text: bool = False) -> Iterator[Record]:
    """Yields a record for each paper, in order, in this process.

    Args:
        papers: what to read.
        with_text: whether the records carry their abstracts.
    """
    from extract.assemble import assemble
    from extract.passes import model_name
    from extract.prepare import make_doc

    nlp = _shared_pipeline()
    model = model_name(nlp)
    pairs = ((make_doc(nlp, p.title, p.abstract), p) for p in papers)
    for doc, paper in nlp.pipe(pairs, as_tuples=True, batch_size=_BATCH):
        yield assemble(doc, paper, model=model, with_text=with_text)


def _worker_start() -> None:
    _shared_pipeline()


def _worker(job: tuple[list[Paper], bool]) -> list[Record]:
    papers, with_text = job
    return list(records(papers, with_text=with_text))


def extract_all(
    papers: Sequence[Paper], *, workers: int = 1, with_text: bool = False, progress: Progress | None = None
) -> Iterator[Record]:
    """Yields a record for each paper, in order, whatever the number of processes.

    Args:
        papers: what to read.
        workers: how many processes; each holds a pipeline of its own and one BLAS thread.
        with_text: whether the records carry their abstracts.
        progress: called with ``(done, all)`` now and then.

    Raises:
        ValueError: ``workers`` is below 1.
    """
    if workers < 1:
        raise ValueError(f"workers is {workers} (allowed: 1 or more)")
    done, total = 0, len(papers)
    if progress:
        progress(0, total)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # more threads only wait for one another on matrices this small
    jobs = [(list(papers[i : i + _BATCH]), with_text) for i in range(0, total, _BATCH)]
    if workers == 1 or len(jobs) < 2:
        batches: Iterable[list[Record]] = map(_worker, jobs)
        for batch in batches:
            yield from batch
            done += len(batch)
            if progress:
                progress(done, total)
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_worker_start) as pool:
        for batch in pool.map(_worker, jobs):
            yield from batch
            done += len(batch)
            if progress:
                progress(done, total)


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
    progress: Progress | None = None,
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
        progress: called with ``(done, all)`` while extracting.

    Raises:
        FileNotFoundError: an input does not exist.
        extract.read.ReadError: an input cannot be read, or none of its entries can.
        extract.publish.PublishError: the folder is taken or cannot be written.
        extract.validate.InvalidRecord: a record breaks the schema, which is a defect of glean.
    """
    from extract.evaluate.published import published_quality
    from extract.publish import check_output, publish
    from extract.sample import sample_inputs
    from extract.validate import checked

    target = Path(out)
    check_output(target, replace=replace)
    reading = read_inputs([str(i) for i in inputs] or sample_inputs(), form, columns)
    if not reading.papers:
        first = reading.rejects[0]
        raise ReadError(f"{first.document}: no entry could be read; the first: {first.reason}")
    found = extract_all(reading.papers, workers=workers, with_text=with_text, progress=progress)
    return publish(
        checked(found),
        target,
        documents=reading.documents,
        version=version or target.resolve().name,
        quality=published_quality(),
        with_text=with_text,
        replace=replace,
    )


__all__ = ["build", "extract", "extract_all", "id_of", "pipeline", "records"]
