"""Papers on disk, in the order of their numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.json
import pyarrow.parquet as pq

from extract.read.base import Paper, Source
from extract.record.ids import fold_title, paper_id

BATCH = 2048  # papers that are Python objects at once, at most
_CHARACTERS = 1 << 25  # of them: a paper may list a million authors, and JSON is read in blocks below 2 GB
_GROUP = 8  # batches that become a row group: thousands of small ones would be a large footer
_TEXT, _TEXTS = pa.string(), pa.list_(pa.string())
SCHEMA = pa.schema(
    {
        "n": pa.int64(),
        "trust": pa.int8(),
        "paper_id": _TEXT,
        "folded": _TEXT,
        "title": _TEXT,
        "abstract": _TEXT,
        "own_id": _TEXT,
        "arxiv_id": _TEXT,
        "doi": _TEXT,
        "url": _TEXT,
        "published": _TEXT,
        "updated": _TEXT,
        "version": pa.int32(),
        "categories": _TEXTS,
        "authors": _TEXTS,
        "documents": _TEXTS,
        "positions": pa.list_(pa.int64()),
        "listed": _TEXTS,
    }
)
Row = dict[str, Any]


def row_of(paper: Paper, number: int, trust: int) -> Row:
    """A paper as a row; ``number`` is its place in the order of reading, from 0."""
    return {
        "n": number,
        "trust": trust,
        "paper_id": paper_id(paper.title, paper.own_id, paper.arxiv_id),
        "folded": fold_title(paper.title) or paper.title,
        "title": paper.title,
        "abstract": paper.abstract,
        "own_id": paper.own_id,
        "arxiv_id": paper.arxiv_id,
        "doi": paper.doi,
        "url": paper.url,
        "published": paper.published,
        "updated": paper.updated,
        "version": paper.version,
        "categories": list(paper.categories),
        "authors": list(paper.authors),
        "documents": [s.document for s in paper.sources],
        "positions": [s.position for s in paper.sources],
        "listed": [s.listed for s in paper.sources],
    }


def paper_of(row: Row) -> Paper:
    """The paper of a row."""
    places = zip(row["documents"], row["positions"], row["listed"], strict=True)
    return Paper(
        title=row["title"],
        abstract=row["abstract"],
        sources=tuple(Source(*place) for place in places),
        own_id=row["own_id"],
        arxiv_id=row["arxiv_id"],
        doi=row["doi"],
        url=row["url"],
        published=row["published"],
        categories=tuple(row["categories"]),
        authors=tuple(row["authors"]),
        version=row["version"],
        updated=row["updated"],
    )


def _table(rows: Sequence[Row]) -> pa.Table:
    """Rows as Arrow has them, by way of JSON: ``pa.array`` would import pandas, which takes a third of a second."""
    data = b"\n".join(json.dumps(row, ensure_ascii=False).encode() for row in rows)
    read = pa.json.ReadOptions(use_threads=False, block_size=len(data) + 1)
    return pa.json.read_json(pa.BufferReader(data), read, pa.json.ParseOptions(explicit_schema=SCHEMA))


def _values(row: Row) -> Iterator[str]:
    """The strings of a row."""
    for value in row.values():
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            yield from (item for item in value if isinstance(item, str))


class Spool:
    """Writes rows to a Parquet file."""

    def __init__(self, path: Path) -> None:
        self._writer = pq.ParquetWriter(path, SCHEMA, compression="zstd", compression_level=1, write_statistics=False)
        self._rows: list[Row] = []
        self._size = 0
        self._batches: list[pa.RecordBatch] = []
        self.count = 0

    def add(self, row: Row) -> None:
        """Takes a row."""
        self._rows.append(row)
        self._size += sum(len(value) for value in _values(row))
        self.count += 1
        if len(self._rows) == BATCH or self._size >= _CHARACTERS:
            self._flush()

    def _flush(self, *, is_last: bool = False) -> None:
        if self._rows:
            self._batches += _table(self._rows).to_batches()
            self._rows, self._size = [], 0
        if self._batches and (is_last or len(self._batches) >= _GROUP):
            self._writer.write_table(pa.Table.from_batches(self._batches))
            self._batches = []

    def close(self) -> None:
        """Writes what still waits."""
        self._flush(is_last=True)
        self._writer.close()

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()


def rows(path: Path, columns: list[str] | None = None) -> Iterator[Row]:
    """The rows of a Parquet file, read by batches."""
    with pq.ParquetFile(path, pre_buffer=False) as file:
        for batch in file.iter_batches(batch_size=BATCH, columns=columns):
            yield from batch.to_pylist()
