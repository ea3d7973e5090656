"""Rows on disk that are taken by their number."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from extract.read.merge.spool import Row, rows


class Shelf:
    """A table of SQLite: written in the order of the numbers, read in any order, in as much memory as its cache."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._table = sqlite3.connect(path, isolation_level=None)
        for setting in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -16384"):
            self._table.execute(f"PRAGMA {setting}")
        self._table.execute("CREATE TABLE rows (n INTEGER PRIMARY KEY, row BLOB NOT NULL)")

    def fill(self, spool: Path, numbers: Iterable[int], columns: list[str]) -> None:
        """Puts rows of a spool on the shelf.

        Args:
            spool: the spool, in the order of its numbers.
            numbers: which rows, in ascending order.
            columns: their columns, without ``n``.
        """
        wanted = iter(numbers)
        number = next(wanted, None)
        self._table.execute("BEGIN")
        for row in rows(spool, ["n", *columns]):
            if row["n"] == number:
                del row["n"]
                packed = zlib.compress(json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogatepass"), 1)
                self._table.execute("INSERT INTO rows VALUES (?, ?)", (number, packed))
                number = next(wanted, None)
                if number is None:
                    break
        self._table.execute("COMMIT")

    def take(self, number: int) -> Row:
        """The row with a number."""
        (packed,) = self._table.execute("SELECT row FROM rows WHERE n = ?", (number,)).fetchone()
        row: Row = json.loads(zlib.decompress(packed).decode("utf-8", "surrogatepass"))
        return row

    def __enter__(self) -> Shelf:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._table.close()
        self._path.unlink(missing_ok=True)
