"""All of it together: ``build``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any

import extract
from extract.curate import Curated, read_curated
from extract.publish import PublishError, Summary, check_output
from extract.publish.diff import about, changes_since
from extract.publish.place import MANIFEST, clear
from extract.publish.release import publish_parts
from extract.read import Document, ReadError, read_inputs
from extract.read.places import find
from extract.read.rejects import RejectLog
from extract.record.model import Record
from extract.run.account import Account
from extract.run.code import build_hash, extraction_hash
from extract.run.engines import local
from extract.run.engines.local import RunError
from extract.run.old import OldRelease
from extract.run.part import Part, Shard, Task, make_part
from extract.run.stream import Progress, check_workers
from extract.run.work import Work

Engine = Callable[[Iterable[Shard], Task], Generator[tuple[int, Part], None, None]]
_RESUME = "allowed: --resume, which goes on with them"


class RejectsError(Exception):
    """Entries had to be set aside where none may be: ``rejects``, and ``problems`` of entries made by hand."""

    def __init__(self, rejects: RejectLog, problems: Sequence[str] = ()) -> None:
        number = len(rejects) + len(problems)
        super().__init__(f"{number:,} {'entry' if number == 1 else 'entries'} set aside, with --strict")
        self.rejects = rejects
        self.problems = list(problems)


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
    resume: bool = False,
    update: str | Path | None = None,
    since: str | Path | None = None,
    curated: str | Path | None = None,
    strict: bool = False,
    engine: str = "local",
    ray_address: str | None = None,
    progress: Progress | None = None,
    on_read: Callable[[Sequence[Document]], None] | None = None,
    on_note: Callable[[str], None] | None = None,
) -> Summary:
    """Reads, extracts, validates and publishes: a whole release.

    What is done is kept beside ``out`` until the release stands there, so that a build which was cut off can be
    resumed. The same inputs give the same bytes, whatever the number of processes, and however often it was cut off.

    Args:
        inputs: files to read, ``-`` for standard input; none for the bundled sample.
        out: the release's folder.
        form: the inputs' form (see ``extract.read.FORMATS``); recognised by content where it is not given.
        columns: which column of a table holds which part of a paper, ``{"title": "Name"}``.
        version: the release's version; the folder's name where it is not given.
        with_text: whether the release carries the abstracts.
        workers: how many processes extract.
        replace: whether a release that already stands in ``out`` is replaced.
        resume: whether to go on where an earlier build to ``out`` was cut off; without one, a build from the start.
        update: an earlier release; papers whose text has not changed since are not extracted again.
        since: an earlier release; the card counts what changed since.
        curated: a folder of entries made by hand, which correct records and add papers.
        strict: whether an entry that cannot be read, or that no record can be made of, stops the build.
        engine: ``"local"``, processes of this machine, or ``"ray"``, a Ray cluster (the extra ``ray``).
        ray_address: the cluster's address (``"auto"``, ``"host:port"``); a cluster of this machine where not given.
        progress: called with ``(done, total)`` while extracting.
        on_read: called with the inputs once they are read, before the extraction: which columns of a table were taken.
        on_note: called with a line that a person may want to know.

    Raises:
        FileNotFoundError: an input, or the earlier release, does not exist.
        extract.read.ReadError: an input cannot be read, or none of its entries can.
        RejectsError: with ``strict``, something had to be set aside; nothing is written.
        RunError: processes die before they have begun, or there is no such cluster.
        ValueError: ``workers`` is below 1, or there is no such engine.
        extract.publish.PublishError: the folder is taken or cannot be written, another build is writing there, or what
            an earlier build left cannot be resumed by this call.
        extract.publish.diff.DiffError: ``since`` is no release that this one can be compared with.
    """
    from extract.evaluate.published import published_quality
    from extract.sample import sample_inputs

    check_workers(workers)
    target = Path(out)
    run = _engine(engine, workers, ray_address)
    tell = on_note or (lambda _line: None)
    with Work(target, resume) as work:
        entries = None if curated is None else read_curated(curated)
        sources = [str(i) for i in inputs] or sample_inputs()
        call = _call(sources, form, columns, with_text, curated, entries)
        published = work.published()
        if published is not None and _changed(published, call) is None:
            clear(target)
            return _summary_of(target)
        check_output(target, replace=replace)
        if since is not None:
            about(Path(since))  # what cannot be compared is told before the work is done
        old = None if update is None else OldRelease(Path(update))
        if old is not None and old.differs:
            tell(f"{old.differs}: every paper is extracted again")
        if work.is_read:
            _check_call(work.call(), call, target)
            tell(f"goes on where it was cut off: {len(work.done()):,} of {work.shards:,} shards are done")
        else:
            _read(work, sources, form, columns, entries, call, strict=strict, workers=workers, on_read=on_read)
        account = work.account()
        made: list[Record] = []
        if entries is not None:
            entries.meet(account.met or {})
            made = sorted(entries.new_records(), key=lambda record: record["paper_id"])
        _work_off(work, run, Task(with_text, entries), account, old, made, progress)
        if len(work.done()) < work.shards:
            raise RunError(f"{work.shards - len(work.done()):,} of {work.shards:,} shards came to no end ({_RESUME})")
        for part in work.accounts():
            for reject in part.rejects:
                account.set_aside(reject)
            if entries is not None:
                entries.join(part.problems, part.applied, part.added)
        if entries is not None:
            entries.problems += entries.unknown(work.ids())
            account.documents += entries.documents()
            account.count_rejects()
        _refuse(strict, account.rejects, entries)
        summary = publish_parts(
            lambda _folder: work.parts(),
            target,
            documents=account.documents,
            rejects=account.rejects,
            conflicts=account.conflicts,
            curated=None if entries is None else entries.account,
            version=version or target.resolve().name,
            quality=published_quality(),
            with_text=with_text,
            replace=replace,
            changes=None if since is None else partial(changes_since, Path(since)),
            extraction=extraction_hash(),
            before_move=work.is_whole,
        )
    if entries is not None:
        summary.problems = [str(problem) for problem in entries.problems]
        summary.curated = entries.text()
    return summary


def _engine(name: str, workers: int, address: str | None) -> Engine:
    if name == "local":
        return lambda shards, task: local.run(make_part, shards, task, workers)
    if name == "ray":
        from extract.run.engines import ray_cluster

        ray_cluster.check(address)

        def ray(shards: Iterable[Shard], task: Task) -> Generator[tuple[int, Part], None, None]:
            yield from ray_cluster.run(shards, task, workers=workers, address=address)

        return ray
    raise ValueError(f"engine is {name!r} (allowed: 'local', 'ray')")


def _read(
    work: Work,
    sources: Sequence[str],
    form: str | None,
    columns: Mapping[str, str] | None,
    entries: Curated | None,
    call: dict[str, Any],
    *,
    strict: bool,
    workers: int,
    on_read: Callable[[Sequence[Document]], None] | None,
) -> None:
    """Reads the inputs and keeps what they hold."""
    reading = read_inputs(sources, form, columns)
    if on_read is not None:
        on_read(reading.documents)
    if not len(reading.papers):
        first = next(iter(reading.rejects))
        raise ReadError(f"{first.document}: no entry could be read; the first: {first.reason}")
    _refuse(strict, reading.rejects, entries)
    account = Account(call, reading.documents, reading.rejects, reading.conflicts.account())
    papers = iter(reading.papers) if entries is None else entries.completed(reading.papers)
    work.keep_reading(papers, account, workers, (lambda: None) if entries is None else entries.met)


def _work_off(
    work: Work,
    run: Engine,
    task: Task,
    account: Account,
    old: OldRelease | None,
    made: Sequence[Record],
    progress: Progress | None,
) -> None:
    """Has all shards worked on that are not done."""
    done = sum(part.papers for part in work.accounts())
    if progress:
        progress(done, account.papers)
    with closing(run(work.to_do(made, old), task)) as parts:  # the processes end before the lock is given back
        for _, part in parts:
            work.keep(part)
            done += part.papers
            if progress:
                progress(done, account.papers)


def _call(
    sources: Sequence[str],
    form: str | None,
    columns: Mapping[str, str] | None,
    with_text: bool,
    curated: str | Path | None,
    entries: Curated | None,
) -> dict[str, Any]:
    """What the records of a build depend on, as JSON: a build can be resumed by a call that says the same."""
    hands = None
    if entries is not None:
        listed = sorted((entry.name, entry.sha256) for entry in entries.entries)
        hands = hashlib.sha256(json.dumps(listed).encode()).hexdigest()
    return {
        "inputs": list(sources),
        "files": _files(sources, form),
        "--format": form,
        "--columns": dict(columns) if columns else None,
        "--with-text": with_text,
        "--curated": None if curated is None else [str(curated), hands],
        "glean": f"{extract.__version__} {build_hash()}",
    }


def _files(sources: Sequence[str], form: str | None) -> list[list[Any]]:
    """``[where, bytes, time of the last change]`` of each file among the inputs that is there."""
    found = []
    for source in sources:
        with suppress(OSError, ReadError):  # reading it will tell
            for place in find([source], form):
                path = Path(place.where)
                for file in [path] if path.is_file() else sorted(path.rglob("*")):
                    if file.is_file():
                        found.append([str(file), file.stat().st_size, file.stat().st_mtime_ns])
    return found


def _check_call(before: dict[str, Any], now: dict[str, Any], target: Path) -> None:
    """Makes sure that a build is resumed by the call that began it.

    Raises:
        PublishError: the calls differ.
    """
    changed = _changed(before, now)
    if changed is not None:
        raise PublishError(
            f"{target}: {changed} changed since the build that was cut off began "
            "(allowed: the same call on the same inputs, or a build without --resume, from the start)"
        )


def _changed(before: dict[str, Any], now: dict[str, Any]) -> str | None:
    """What two calls differ in, if in anything; inputs that are gone have been read already."""
    names = {"inputs": "the inputs", "glean": "glean or its model"}
    for key, value in now.items():
        if key != "files" and value != before.get(key):
            return names.get(key, key)
    known = set(map(tuple, before["files"]))
    return next((f"the input {file[0]}" for file in now["files"] if tuple(file) not in known), None)


def _refuse(strict: bool, rejects: RejectLog, curated: Curated | None) -> None:
    """With ``strict``, ends a build that something had to be set aside of."""
    problems = [] if curated is None else [str(problem) for problem in curated.problems]
    if strict and (len(rejects) or problems):
        raise RejectsError(rejects, problems)


def _summary_of(release: Path) -> Summary:
    """The summary of a release that stands in its place."""
    manifest = json.loads((release / MANIFEST).read_bytes())
    counts = manifest["counts"]
    return Summary(release.absolute(), counts["entries"], manifest["rows"], counts["rejects"])


__all__ = ["RejectsError", "RunError", "build"]
