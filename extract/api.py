"""The Python API: ``extract.extract``, ``extract.extract_all``, ``extract.pipeline``; builds: ``extract.run.whole``."""

from __future__ import annotations

from typing import Any

from extract.read import Paper, Reject
from extract.read.text import complaint
from extract.record.model import Record
from extract.run.extraction import pipeline, records
from extract.run.stream import extract_all


def extract(title: str, abstract: str, **metadata: Any) -> Record:
    """The record of one paper.

    Args:
        title: its title.
        abstract: its abstract; outer white space is trimmed, as offsets then count.
        metadata: further fields of :class:`extract.read.Paper` (``own_id``, ``arxiv_id``, ``published`` ...).

    Raises:
        ValueError: there is no title or no abstract, or one is too long or no Unicode text.
    """
    title, abstract = title.strip(), abstract.strip()
    reason = complaint(title, abstract)
    if reason:
        raise ValueError(reason)
    found = next(records([Paper(title=title, abstract=abstract, **metadata)], with_text=True))
    if isinstance(found, Reject):
        raise ValueError(found.reason)
    return found


__all__ = ["extract", "extract_all", "pipeline", "records"]
