"""Texts back to records: offsets and ``abstract_sha256`` tell whether a text is the one that was read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from extract.read.base import Paper
from extract.record.ids import sha256_text
from extract.record.model import Record


def attach_text(
    records: str | PathLike[str] | Iterable[Mapping[str, Any]],
    papers: Iterable[Paper | Mapping[str, Any] | str],
    *,
    missing: list[str] | None = None,
) -> Iterator[Record]:
    """Yields each record with its abstract, where one of the texts is the one that its offsets count in.

    A record whose text is not among them is yielded as it was.

    Args:
        records: a release's folder, or records, or rows of the papers table.
        papers: papers as glean reads them, mappings with an ``abstract``, or abstracts.
        missing: gets the ``paper_id`` of each record that is left without its text.

    Raises:
        FileNotFoundError: there is no release in the folder.
    """
    texts = {sha256_text(text): text for text in map(_abstract, papers)}
    for record in _read(records) if isinstance(records, (str, PathLike)) else records:
        joined = Record(record)
        if joined["abstract"] is None:
            joined["abstract"] = texts.get(joined["abstract_sha256"])
            if joined["abstract"] is None and missing is not None:
                missing.append(joined["paper_id"])
        yield joined


def _abstract(paper: Paper | Mapping[str, Any] | str) -> str:
    if isinstance(paper, Paper):
        return paper.abstract
    return (paper if isinstance(paper, str) else str(paper["abstract"] or "")).strip()


def _read(folder: str | PathLike[str]) -> Iterator[dict[str, Any]]:
    import pyarrow.parquet as pq

    files = sorted(Path(folder).glob("papers/*.parquet"))
    if not files:
        raise FileNotFoundError(f"{folder}: there is no release (allowed: a folder with papers/*.parquet)")
    for path in files:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=1024):
                yield from batch.to_pylist()
