"""From entries, as they are read, to papers, each once."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

from extract.read.base import Paper, ReadError, Reject
from extract.read.merge.spool import SCHEMA, Row, Spool, paper_of, row_of, rows
from extract.read.merge.unite import Conflict, conflicts, unite
from extract.record.ids import paper_id, sha256_text

# what a paper is made of; the other columns only serve to find its like
_COLUMNS = [name for name in SCHEMA.names if name not in ("trust", "paper_id", "folded")]
_LIKE = 2  # entries that can be one paper; what compares them takes a moment to import


class Gathering:
    """Takes papers as they are read, and gives each once, in the order of first reading, as often as it is asked.

    Everything waits on disk, in a folder that goes with the object; memory is bounded, however many they are.
    """

    def __init__(self) -> None:
        self._home = tempfile.TemporaryDirectory(prefix="glean-", ignore_cleanup_errors=True)
        folder = Path(self._home.name)
        self._read, self._united, self._absent = (folder / f"{n}.parquet" for n in ("read", "united", "absent"))
        self._spool = Spool(self._read)
        self._without = 0
        self._closed = False

    def add(self, paper: Paper, trust: int) -> None:
        """Takes a paper; ``trust`` is that of its form.

        Raises:
            ReadError: the temporary folder cannot be written.
        """
        with _told():
            self._spool.add(row_of(paper, self._spool.count, trust))

    def close(self) -> Iterator[Conflict | Reject]:
        """Ends the taking; to be run to its end. Yields contradictions, and papers whose id another one has.

        Raises:
            ReadError: the temporary folder cannot be written, or there is too little memory.
        """
        with _told():
            yield from self._close()
        self._closed = True

    def _close(self) -> Iterator[Conflict | Reject]:
        self._spool.close()
        if len(self) < _LIKE:
            for path in (self._united, self._absent):
                Spool(path).close()
            return
        from extract.read.merge.same import Same

        same = Same(self._read, self._read.parent)
        try:
            same.join()
            members = same.entries("SELECT n, leader FROM parts", "leader", SCHEMA.names)
            with Spool(self._united) as united:
                for _, group in groupby(members, key=lambda row: row.pop("leader")):
                    entries = list(group)
                    row = unite(entries)
                    row["paper_id"] = paper_id(row["title"], row["own_id"], row["arxiv_id"])
                    united.add(row)
                    yield from conflicts(row, entries)
            taken = same.taken(self._united)
            refused = f"""SELECT keys.n, t.paper_id AS taken FROM keys LEFT JOIN parts USING (n)
                JOIN {taken} AS t ON t.n = coalesce(leader, keys.n)"""
            places = ["title", "abstract", "documents", "positions"]
            yield from map(_refused, same.entries(refused, "n", places))
            absent = f"SELECT n FROM parts WHERE n <> leader UNION SELECT n FROM {taken} ORDER BY n"
            self._without = same.write(absent, self._absent)
        finally:
            same.close()

    def __len__(self) -> int:
        return self._spool.count - self._without

    def __iter__(self) -> Iterator[Paper]:
        if not self._closed:
            raise RuntimeError("papers are known when close() has run to its end")
        absent = (row["n"] for row in rows(self._absent))
        united = rows(self._united, _COLUMNS)
        gone, whole = next(absent, None), next(united, None)
        for row in rows(self._read, _COLUMNS):
            is_gone, is_united = row["n"] == gone, whole is not None and row["n"] == whole["n"]
            if not is_gone:
                yield paper_of(whole if is_united and whole is not None else row)
            gone = next(absent, None) if is_gone else gone
            whole = next(united, None) if is_united else whole


@contextmanager
def _told() -> Iterator[None]:
    """Turns what can go wrong on the way over the disk into one line."""
    try:
        yield
    except Exception as error:
        if not _is_told(error):
            raise
        what = (str(error).splitlines() or [type(error).__name__])[0][:200]
        allowed = "allowed: some space for temporary files; TMPDIR names the folder"
        raise ReadError(f"the inputs cannot be merged: {what} ({allowed})") from error


def _is_told(error: Exception) -> bool:
    if isinstance(error, OSError):
        return True
    import sqlite3

    import duckdb

    return isinstance(error, duckdb.Error | sqlite3.Error)


def _refused(row: Row) -> Reject:
    document, position = (row["documents"][0], row["positions"][0]) if row["documents"] else ("", 0)
    allowed = "allowed: one paper for an id; --columns id= leaves a table's ids aside"
    reason = f"the id {row['taken']} is already that of another paper ({allowed})"
    return Reject(document, position, reason, sha256_text(row["title"] + row["abstract"]))
