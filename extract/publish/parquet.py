"""Parquet files whose bytes depend on their rows alone."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from extract.record.arrow import arrow_schema

# Rows that a reader can skip at once; some ten megabytes of text at most.
ROW_GROUP = {"papers": 2_000, "speedups": 20_000, "results": 20_000, "mentions": 50_000, "entities": 50_000}
_BATCH = 1_000  # rows that wait as Python objects
_OPTIONS: dict[str, Any] = {
    "version": "2.6",
    "compression": "zstd",
    "compression_level": 9,
    "write_statistics": True,
    "write_page_index": True,
    # pages end where the content says, so that a hub stores what two releases share only once
    "use_content_defined_chunking": True,
}


class TableWriter:
    """Writes a table of a release row by row: zstd, statistics, page index, sorted by its first column."""

    def __init__(self, path: Path, table: str) -> None:
        path.parent.mkdir(parents=True)
        self.count = 0
        self._schema = arrow_schema(table)
        self._limit = ROW_GROUP[table]
        self._rows: list[dict[str, Any]] = []
        self._batches: list[pa.RecordBatch] = []
        self._writer = pq.ParquetWriter(path, self._schema, sorting_columns=[pq.SortingColumn(0)], **_OPTIONS)

    def add(self, rows: Iterable[dict[str, Any]]) -> None:
        """Takes rows, in the table's order."""
        for row in rows:
            self._rows.append(row)
            self.count += 1
            if len(self._rows) == _BATCH:
                self._pack()

    def _pack(self) -> None:
        self._batches.append(pa.RecordBatch.from_pylist(self._rows, schema=self._schema))
        self._rows = []
        if sum(batch.num_rows for batch in self._batches) >= self._limit:
            self._flush()

    def _flush(self) -> None:
        table = pa.Table.from_batches(self._batches, schema=self._schema).combine_chunks()
        self._writer.write_table(table, row_group_size=self._limit)
        self._batches = []

    def __enter__(self) -> TableWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._pack()
                if any(batch.num_rows for batch in self._batches):
                    self._flush()
        finally:
            self._writer.close()
