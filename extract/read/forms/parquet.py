"""Parquet files with a title and an abstract column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from extract.read.base import Columns, Paper, ReadError, Reject
from extract.read.columns import guess_columns, to_paper
from extract.read.head import Head
from extract.read.packed import most

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

NAME = "parquet"
TRUST = 5
_BATCH = 1024  # rows that are unpacked at once
_ROOM = 1 << 27  # bytes of texts that are Python objects at once, however often one text is repeated


def recognise(head: Head) -> bool:
    """Parquet's own first bytes."""
    return head.data.startswith(b"PAR1")


def read(stream: BinaryIO, name: str, columns: Columns | None = None) -> Iterator[Paper | Reject]:
    """Papers and rejects in the order of the rows, read by batches.

    Raises:
        ReadError: the file is broken, unpacks to far more than its size, or has no column for title or abstract.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # columns that are strings in the file stay so, whatever Arrow types its writer had in memory (categories ...)
        options: dict[str, Any] = {"pre_buffer": False, "page_checksum_verification": False}
        with pq.ParquetFile(stream, **options) as file:
            mapping = guess_columns(file.schema_arrow.names, columns, name)
            chosen = list(dict.fromkeys(mapping.values()))
            texts = _texts(file, chosen, name, most(stream.seek(0, 2)))
        # each text once: a file of some bytes can repeat one of megabytes in every row
        with pq.ParquetFile(stream, read_dictionary=texts, **options) as file:
            position = 0
            for batch in file.iter_batches(batch_size=_BATCH, columns=chosen):
                step = max(1, _ROOM // max(1, _longest(batch)))
                for start in range(0, batch.num_rows, step):
                    for row in _rows(batch.slice(start, step)):
                        yield to_paper(row, mapping, name, position)
                        position += 1
    except UnicodeDecodeError:
        raise ReadError(f"{name}: a string column is not UTF-8 (allowed: UTF-8)") from None
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        what = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise ReadError(f"{name}: not a whole Parquet file: {what}") from None


def _longest(batch: pa.RecordBatch) -> int:
    """How many bytes of text a row has at most."""
    import pyarrow.compute as pc

    found = (pc.max(pc.binary_length(c.dictionary)).as_py() for c in batch.columns if hasattr(c, "dictionary"))
    return sum(length or 0 for length in found)


def _rows(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    """The rows of a batch whose texts are references to distinct ones."""
    whole = [c.dictionary_decode() if hasattr(c, "dictionary") else c for c in batch.columns]
    rows: list[dict[str, Any]] = type(batch).from_arrays(whole, batch.schema.names).to_pylist()
    return rows


def _texts(file: pq.ParquetFile, columns: list[str], name: str, limit: int) -> list[str]:
    """Those of some columns that hold texts; refuses a file whose columns unpack to more than ``limit`` bytes."""
    found = []
    for n in range(len(file.schema)):
        leaf = file.schema.column(n)
        if leaf.path.split(".")[0] not in columns:
            continue
        groups = (file.metadata.row_group(g).column(n) for g in range(file.metadata.num_row_groups))
        if any(group.total_uncompressed_size > limit for group in groups):
            raise ReadError(f"{name}: its column {leaf.name!r} unpacks to more than {limit:,} bytes (allowed: no more)")
        if leaf.path == leaf.name and leaf.physical_type == "BYTE_ARRAY":  # a list's are few and short
            found.append(leaf.path)
    return found
