"""What a build has done so far, on disk, so that one that was cut off can go on.

A hidden folder beside the release, ``.NAME.build``::

    reading/          what was read: written once, renamed when it is whole
      papers.parquet    the papers, sorted by id; a row group is a shard
      reading.json      the call, the documents, conflicts, which papers entries by hand are for
      rejects.jsonl     entries that were set aside
    parts/000000/     what became of a shard: its tables, and part.json; renamed when it is whole
    published.json    the call and the hash of the manifest, written when the release is whole and not yet in its place

A process that works in the folder holds a lock on it, which the system drops with the process. Parts are those of
``reading``: it comes first, and goes first when the work is removed, so that one that was cut off is never half there.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from extract.publish.order import Sorted
from extract.publish.place import MANIFEST, PublishError, lock_of, sync_folder, synchronise, told
from extract.publish.tables import PARTS, TALLIES
from extract.read import Document, Paper, Reject
from extract.read.merge.spool import SCHEMA, paper_of, row_of
from extract.read.rejects import RejectLog
from extract.record.batches import batches
from extract.record.model import Record
from extract.run.account import Account
from extract.run.old import OldRelease
from extract.run.part import Part, Shard

_SMALLEST, _LARGEST = 16, 512  # papers of a shard
_SHARDS = 8  # for each process, at least, as long as they are not below the smallest


def work_folder(target: Path) -> Path:
    """Where a build to ``target`` keeps what is done.

    Raises:
        PublishError: no folder can stand beside this one, or it cannot be looked at.
    """
    with told(target):
        target = target.resolve() if target.is_dir() else target.absolute()
    if not target.name:
        raise PublishError(f"{target}: the folder holds other things (allowed: a new or empty folder)")
    return target.with_name(f".{target.name}.build")


def left_over(target: Path) -> tuple[int, int] | None:
    """``(shards that are done, shards)`` of a build that was cut off; ``None`` if there is none that could go on."""
    try:
        work = Work(target, resume=True)
        shards = work.shards
        if not shards:
            return None
        lock = lock_of(work.folder, wait=False)
        if lock is not None:
            os.close(lock)
        return len(work.done()), shards
    except (OSError, PublishError):  # among them that a build goes on there
        return None


@dataclass(slots=True)
class Work:
    """The folder of a build's work; as a context, locked, and removed at its end if that is good.

    At another end it stays where the inputs are read, so that the build can be resumed.

    Attributes:
        target: the release's folder.
        resume: whether what an earlier build did is to be used; else it is removed when the inputs are read anew, and
            not before: a call that turns out wrong costs nothing.
    """

    target: Path
    resume: bool = False
    folder: Path = field(init=False)
    _lock: int | None = field(init=False, default=None)
    _made: list[Path] = field(init=False, default_factory=list)  # folders above, which were not there

    def __post_init__(self) -> None:
        self.folder = work_folder(self.target)

    # the folder

    def __enter__(self) -> Work:
        with told(self.target):
            self._take()
            try:
                if not self._papers.exists():
                    shutil.rmtree(self._parts, ignore_errors=True)
                self._parts.mkdir(exist_ok=True)
                for left in (*self.folder.glob(".reading*"), *self._parts.glob(".*")):
                    shutil.rmtree(left) if left.is_dir() else left.unlink()
            except BaseException:
                self._give_back()
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                with suppress(OSError):
                    self._empty()
            if kind is None or not self._papers.exists():
                shutil.rmtree(self.folder, ignore_errors=True)
            if kind is not None:
                for parent in self._made:
                    with suppress(OSError):
                        parent.rmdir()
        finally:
            self._give_back()

    def _take(self) -> None:
        """Makes the folder and locks it.

        Raises:
            PublishError: another build has it.
        """
        self._made = [parent for parent in self.folder.parents if not parent.exists()]
        while True:
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                self._lock = lock_of(self.folder, wait=False)
            except FileNotFoundError:
                continue
            except BlockingIOError:
                allowed = "allowed: one at a time; wait for its end"
                raise PublishError(f"{self.target}: another build is writing there ({allowed})") from None
            if self._lock is None or _is_of(self._lock, self.folder):
                return
            self._give_back()  # another build has ended and removed the folder meanwhile

    def _give_back(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _empty(self) -> None:
        """Removes what an earlier build, or this one, did."""
        if self._reading.exists():
            shutil.rmtree(self._reading.rename(self.folder / ".reading.gone"))
        shutil.rmtree(self._parts, ignore_errors=True)
        self._published.unlink(missing_ok=True)

    @contextmanager
    def _readable(self) -> Iterator[None]:
        """Turns what is wrong with files of the folder into one line.

        Raises:
            PublishError: instead of what reading them raises.
        """
        try:
            yield
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:  # Arrow's errors are values
            what = (str(error).splitlines() or [type(error).__name__])[0][:200]
            raise PublishError(
                f"{self.folder}: what a build that was cut off has left cannot be read: {what} "
                "(allowed: a build without --resume, from the start)"
            ) from error

    # what was read

    @property
    def _reading(self) -> Path:
        return self.folder / "reading"

    @property
    def _papers(self) -> Path:
        return self._reading / "papers.parquet"

    @property
    def is_read(self) -> bool:
        """Whether the inputs have been read to their end."""
        return self.resume and self._papers.exists()

    @property
    def shards(self) -> int:
        """How many shards there are; 0 where the inputs are not read."""
        if not self.is_read:
            return 0
        with self._readable():
            return int(pq.read_metadata(self._papers).num_row_groups)

    def keep_reading(
        self, papers: Iterable[Paper], account: Account, workers: int, met: Callable[[], dict[str, Any] | None]
    ) -> None:
        """Puts the papers into shards, sorted by id, and what else was read beside them.

        Args:
            papers: in any order, each id once.
            account: what was read.
            workers: how many processes there are, for the size of shards.
            met: called when the papers have gone through: which of them entries by hand are for.
        """
        new = self.folder / ".reading"
        with told(self.target):
            new.mkdir()
        waiting = Sorted(self.folder / ".reading.sorted")
        try:
            number = 0
            for number, paper in enumerate(papers, 1):
                waiting.add(row_of(paper, number, 0))
            wanted = -(-number // (workers * _SHARDS))
            size = min(_LARGEST, max(_SMALLEST, wanted))
            with told(self.target), pq.ParquetWriter(new / "papers.parquet", SCHEMA, compression="zstd") as writer:
                for shard in batches(waiting, size):
                    writer.write_table(pa.Table.from_pylist(shard, schema=SCHEMA), row_group_size=size)
        finally:
            waiting.close()
        with told(self.target):
            with (new / "rejects.jsonl").open("w", encoding="utf-8") as file:
                file.writelines(json.dumps(asdict(reject)) + "\n" for reject in account.rejects)
            said = {
                "call": account.call,
                "documents": [asdict(document) for document in account.documents],
                "conflicts": account.conflicts,
                "papers": number,
                "met": met(),
            }
            (new / "reading.json").write_text(json.dumps(said), encoding="utf-8")
            synchronise(new)
            self._empty()
            self._parts.mkdir()
            new.rename(self._reading)
            sync_folder(self.folder)
        self.resume = True

    def call(self) -> dict[str, Any]:
        """The call whose inputs were read.

        Raises:
            PublishError: what is kept cannot be read; so with all that follows.
        """
        with self._readable():
            return dict(self._said()["call"])

    def _said(self) -> dict[str, Any]:
        said = json.loads((self._reading / "reading.json").read_text(encoding="utf-8"))
        return dict(said)

    def account(self) -> Account:
        """What was read, as it was kept."""
        rejects = RejectLog()
        with self._readable():
            said = self._said()
            said["documents"] = [Document(**document) for document in said["documents"]]
            with (self._reading / "rejects.jsonl").open(encoding="utf-8") as file:
                for line in file:
                    rejects.add(Reject(**json.loads(line)))
            return Account(rejects=rejects, **said)

    def to_do(self, made: Sequence[Record] = (), old: OldRelease | None = None) -> Iterator[Shard]:
        """Yields the shards that are not done yet, in order.

        Args:
            made: records by hand, sorted by id: each goes with the shard whose ids its own is among.
            old: an earlier release, whose records go with the papers of the same ids.
        """
        done, shards, by_shard = self.done(), range(self.shards), defaultdict(list)
        with self._readable():
            file = pq.ParquetFile(self._papers, pre_buffer=False)
        with file:
            if made:  # what stands before all goes with the first shard
                starts = [self._rows(file, n, ["paper_id"])[0]["paper_id"] for n in shards]
                for record in made:
                    by_shard[max(0, bisect_right(starts, record["paper_id"]) - 1)].append(record)
            for n in shards:
                if n not in done:
                    rows = self._rows(file, n)
                    known = old.between(rows[0]["paper_id"], rows[-1]["paper_id"]) if old else {}
                    yield Shard(n, [paper_of(row) for row in rows], known, by_shard[n])

    def _rows(self, file: pq.ParquetFile, shard: int, columns: list[str] | None = None) -> list[dict[str, Any]]:
        with self._readable():
            rows: list[dict[str, Any]] = file.read_row_group(shard, columns=columns).to_pylist()
            return rows

    # what became of it

    def done(self) -> set[int]:
        """The numbers of the shards that are done."""
        if not self.is_read or not self._parts.is_dir():
            return set()
        return {int(path.name) for path in self._parts.iterdir() if path.name.isdecimal()}

    @property
    def _parts(self) -> Path:
        return self.folder / "parts"

    def _part(self, number: int) -> Path:
        return self._parts / f"{number:06}"

    def keep(self, part: Part) -> None:
        """Writes a part."""
        with told(self.target):
            place = self._part(part.number)
            new = place.with_name(f".{place.name}")
            new.mkdir()
            for name, table in part.tables.items():
                (new / f"{name}.parquet").write_bytes(table)
            (new / "part.json").write_text(part.account(), encoding="utf-8")
            synchronise(new)
            new.rename(place)
            sync_folder(self._parts)

    def accounts(self) -> Iterator[Part]:
        """Yields the parts in order, without their tables."""
        for number in sorted(self.done()):
            with self._readable():
                part = Part.from_account((self._part(number) / "part.json").read_text(encoding="utf-8"), {})
            yield part

    def parts(self) -> Iterator[tuple[dict[str, pa.Table], Path]]:
        """Yields the tables of each part, in order, and the file of its tallies."""
        for number in sorted(self.done()):
            folder = self._part(number)
            with self._readable():
                tables = {name: pq.read_table(folder / f"{name}.parquet") for name in PARTS if name != TALLIES}
                pq.read_metadata(folder / f"{TALLIES}.parquet")  # read later, by another
            yield tables, folder / f"{TALLIES}.parquet"

    def ids(self) -> Iterator[str]:
        """Yields the ids of all records, in order."""
        for number in sorted(self.done()):
            with self._readable():
                papers = pq.read_table(self._part(number) / "papers.parquet", columns=["paper_id"])
            yield from papers["paper_id"].to_pylist()

    # the end

    @property
    def _published(self) -> Path:
        return self.folder / "published.json"

    def is_whole(self, release: Path) -> None:
        """Notes that a release is whole; it is about to be moved to its place."""
        said = {"call": self.call(), "manifest": _hash(release / MANIFEST)}
        with self._published.open("w", encoding="utf-8") as file:
            json.dump(said, file)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(self.folder)

    def published(self) -> dict[str, Any] | None:
        """The call whose release is in its place already: the build was cut off when all was done; ``None`` if none."""
        if not self.resume:
            return None
        try:
            said = json.loads(self._published.read_text(encoding="utf-8"))
            return dict(said["call"]) if said["manifest"] == _hash(self.target / MANIFEST) else None
        except (OSError, ValueError, KeyError, TypeError):  # it is not there, or was cut off itself
            return None


def _is_of(descriptor: int, folder: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), folder.stat())
    except FileNotFoundError:
        return False


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
