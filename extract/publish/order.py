"""Records in the order of their ids, in as much memory as one of them needs."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from extract.publish.place import PublishError


class Sorted:
    """Takes records in any order and gives them sorted by ``paper_id`` (by code points), each id once.

    They wait in a table of SQLite, whose key is the order.

    Raises:
        PublishError: two records have one id, or the disk is full.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with _told(path):
            self._table = sqlite3.connect(path, isolation_level=None)
            for setting in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -65536"):
                self._table.execute(f"PRAGMA {setting}")
            self._table.execute("CREATE TABLE records (id TEXT PRIMARY KEY, record BLOB NOT NULL) WITHOUT ROWID")
            self._table.execute("BEGIN")

    def add(self, record: dict[str, Any]) -> None:
        """Takes a record."""
        text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
        row = (record["paper_id"], zlib.compress(text.encode(), 1))
        try:
            with _told(self._path):
                self._table.execute("INSERT INTO records VALUES (?, ?)", row)
        except sqlite3.IntegrityError:
            raise PublishError(f"the paper_id {row[0]!r} stands twice (allowed: each id once)") from None

    def __iter__(self) -> Iterator[dict[str, Any]]:
        with _told(self._path):
            for (blob,) in self._table.execute("SELECT record FROM records ORDER BY id"):
                record: dict[str, Any] = json.loads(zlib.decompress(blob))
                yield record

    def close(self) -> None:
        """Removes the table."""
        self._table.close()
        self._path.unlink(missing_ok=True)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.OperationalError, OSError) as error:
        raise PublishError(f"{path.parent}: cannot be written ({error})") from error
