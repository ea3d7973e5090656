"""Parquet files with a title and an abstract column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from extract.read.base import Columns, Paper, ReadError, Reject
from extract.read.columns import guess_columns, to_paper
from extract.read.head import Head

NAME = "parquet"
TRUST = 5
_BATCH = 1024  # rows that are Python objects at once


def recognise(head: Head) -> bool:
    """Parquet's own first bytes."""
    return head.data.startswith(b"PAR1")


def read(stream: BinaryIO, name: str, columns: Columns | None = None) -> Iterator[Paper | Reject]:
    """Papers and rejects in the order of the rows, read by batches.

    Raises:
        ReadError: the file is broken, or has no column for title or abstract.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # columns that are strings in the file stay so, whatever Arrow types its writer had in memory (categories ...)
        with pq.ParquetFile(stream, pre_buffer=False, page_checksum_verification=False) as file:
            mapping = guess_columns(file.schema_arrow.names, columns, name)
            position = 0
            for batch in file.iter_batches(batch_size=_BATCH, columns=list(dict.fromkeys(mapping.values()))):
                for row in batch.to_pylist():
                    yield to_paper(row, mapping, name, position)
                    position += 1
    except UnicodeDecodeError:
        raise ReadError(f"{name}: a string column is not UTF-8 (allowed: UTF-8)") from None
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        what = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise ReadError(f"{name}: not a whole Parquet file: {what}") from None
