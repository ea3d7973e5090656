"""Parquet files whose bytes depend on their rows alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from extract.record.arrow import arrow_schema

ROW_GROUP = {"papers": 2_000, "speedups": 20_000, "results": 20_000, "mentions": 50_000, "entities": 50_000}
_BATCH = 1_000


def batches(rows: Iterable[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    """Rows in lists of at most ``size``."""
    iterator = iter(rows)
    while batch := list(islice(iterator, size)):
        yield batch


def write_table(path: Path, table: str, rows: Iterable[dict[str, Any]]) -> int:
    """Writes one table; returns the number of its rows.

    Compressed by zstd, with statistics and page index, in row groups of a size that a reader can skip.
    """
    schema = arrow_schema(table)
    count = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    options: dict[str, Any] = {
        "compression": "zstd",
        "compression_level": 9,
        "write_page_index": True,
        "write_statistics": True,
        "version": "2.6",
    }
    with pq.ParquetWriter(path, schema, **options) as writer:
        for group in batches(rows, ROW_GROUP[table]):
            parts = [pa.RecordBatch.from_pylist(part, schema=schema) for part in batches(group, _BATCH)]
            writer.write_table(pa.Table.from_batches(parts, schema=schema), row_group_size=ROW_GROUP[table])
            count += len(group)
    return count
