"""Rows in the order of their papers' ids, in little memory."""

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
    """Takes rows in any order and gives them sorted by ``paper_id`` (by code points), each id once.

    They wait in a table of SQLite, in the order of coming; its index, which is sorted on disk, gives their order.

    Raises:
        PublishError: two rows have one id, or the disk is full.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._is_indexed = False
        with _told(path):
            path.unlink(missing_ok=True)
            self._table = sqlite3.connect(path, isolation_level=None)
            settings = ("journal_mode = OFF", "synchronous = OFF", "cache_size = -32768", "temp_store = FILE")
            for setting in settings:
                self._table.execute(f"PRAGMA {setting}")
            self._table.execute("CREATE TABLE rows (id TEXT NOT NULL, row BLOB NOT NULL)")
            self._table.execute("BEGIN")

    def add(self, row: dict[str, Any]) -> None:
        """Takes a row."""
        text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
        with _told(self._path):
            self._table.execute("INSERT INTO rows VALUES (?, ?)", (row["paper_id"], zlib.compress(text.encode(), 1)))

    def __iter__(self) -> Iterator[dict[str, Any]]:
        last = None
        with _told(self._path):
            if not self._is_indexed:
                self._table.execute("CREATE INDEX by_id ON rows (id)")
                self._is_indexed = True
            for key, blob in self._table.execute("SELECT id, row FROM rows INDEXED BY by_id ORDER BY id"):
                if key == last:
                    raise PublishError(f"the paper_id {key!r} stands twice (allowed: each id once)")
                last = key
                row: dict[str, Any] = json.loads(zlib.decompress(blob))
                yield row

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
