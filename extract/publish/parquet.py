"""Parquet files whose bytes depend on their rows alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from extract.record.arrow import arrow_schema

# Rows that a reader can skip at once: few enough to read one group quickly, and not so many groups that the statistics,
# which every query reads first (20 kB for each group of papers), weigh more than the rows.
ROW_GROUP = {"papers": 10_000, "speedups": 20_000, "results": 20_000, "mentions": 50_000, "entities": 50_000}
# Asked for single values, but not sorted: a bloom filter for each row group says which to skip.
BLOOMS = {"mentions": ("entity_id",)}
# Hardly a value stands twice in these, so that a dictionary would only be a second copy.
UNIQUE = {
    "papers": ("paper_id", "title", "abstract", "abstract_sha256", "arxiv_id", "doi", "url"),
    "mentions": ("start", "end"),
    "entities": ("entity_id",),
}
_OPTIONS: dict[str, Any] = {
    "version": "2.6",
    "compression": "zstd",
    "compression_level": 9,
    "write_statistics": True,
    "write_page_index": True,
    # pages end where the content says, so that a hub stores what two releases share only once
    "use_content_defined_chunking": True,
}


def _leaves(field: pa.Field, path: str) -> Iterator[str]:
    """The paths of the Parquet columns that a field becomes."""
    if pa.types.is_list(field.type):
        yield from _leaves(field.type.value_field, f"{path}.list.element")
    elif pa.types.is_struct(field.type):
        for inner in field.type:
            yield from _leaves(inner, f"{path}.{inner.name}")
    else:
        yield path


def open_writer(path: Path, table: str, rows: int) -> pq.ParquetWriter:
    """A writer of a table that is sorted by its first column.

    Args:
        path: the file.
        table: which table of a release it is.
        rows: how many rows its row groups have; a smaller table's number of rows.
    """
    blooms = {column: {"ndv": rows, "fpp": 0.05} for column in BLOOMS.get(table, ())} if rows else None
    schema, unique = arrow_schema(table), UNIQUE.get(table, ())
    return pq.ParquetWriter(
        path,
        schema,
        sorting_columns=[pq.SortingColumn(0)],
        use_dictionary=[leaf for field in schema for leaf in _leaves(field, field.name) if leaf not in unique],
        bloom_filter_options=blooms,
        **_OPTIONS,
    )


class TableWriter:
    """Writes a table of a release, sorted by its first column; the file depends on the rows, not on how they come."""

    def __init__(self, path: Path, table: str) -> None:
        path.parent.mkdir(parents=True)
        self.count = 0
        self._schema = arrow_schema(table)
        self._limit = ROW_GROUP[table]
        self._waiting: list[pa.Table] = []
        self._waiting_rows = 0
        self._table = table
        self._path = path
        self._writer: pq.ParquetWriter | None = None  # opened with the first row group, whose size it must know

    def add(self, rows: pa.Table) -> None:
        """Takes rows, in the table's order."""
        self._waiting.append(rows)
        self._waiting_rows += rows.num_rows
        self.count += rows.num_rows
        if self._waiting_rows >= self._limit:
            self._flush(self._waiting_rows - self._waiting_rows % self._limit)

    def _flush(self, number: int) -> None:
        """Writes the first rows that wait, in row groups."""
        rows = pa.concat_tables([self._schema.empty_table(), *self._waiting])
        if self._writer is None:
            self._writer = open_writer(self._path, self._table, min(number, self._limit))
        for start in range(0, number, self._limit):
            group = rows.slice(start, min(self._limit, number - start)).combine_chunks()
            self._writer.write_table(group, row_group_size=self._limit)
        self._waiting = [rows.slice(number)]
        self._waiting_rows -= number

    def __enter__(self) -> TableWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        try:
            if kind is None and (self._waiting_rows or self._writer is None):
                self._flush(self._waiting_rows)
        finally:
            if self._writer is not None:
                self._writer.close()
