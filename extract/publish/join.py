"""Texts back to records: offsets and ``abstract_sha256`` tell whether a text is the one that was read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from extract.read.base import Paper
from extract.record.ids import sha256_text
from extract.record.model import Record


def attach_text(
    records: Iterable[Mapping[str, Any]], papers: Iterable[Paper | Mapping[str, Any] | str]
) -> Iterator[Record]:
    """Yields each record with its abstract, where one of the texts is the one that its offsets count in.

    A record whose text is not among them is yielded as it was, with ``abstract`` null.

    Args:
        records: records or rows of the papers table.
        papers: papers as read by glean, mappings with an ``abstract``, or abstracts.
    """
    texts = {}
    for paper in papers:
        if isinstance(paper, Paper):
            text = paper.abstract
        else:
            text = (paper if isinstance(paper, str) else str(paper["abstract"] or "")).strip()
        texts[sha256_text(text)] = text
    for record in records:
        joined = Record(record)
        joined["abstract"] = texts.get(record["abstract_sha256"], record["abstract"])
        yield joined
