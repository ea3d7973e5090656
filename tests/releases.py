"""Releases for tests: written from records that were made by hand or read from another release."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from extract.publish import publish
from extract.read.base import Document

OLD = Path(__file__).parent / "data" / "release-1.0.0"
"""A release of three invented papers, as glean 0.1.0 wrote it with schema 1.0.0. It is never written anew."""


def records_of(release: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(release / "papers").to_pylist()
    return deepcopy(rows)


def write(records: Iterable[dict[str, Any]], folder: Path, **options: Any) -> Path:
    """A release of records, as a build writes it."""
    rows = list(records)
    document = Document("invented.jsonl", "0" * 64, 1, "jsonl", entries=len(rows))
    options = {"version": folder.name, **options}
    publish(rows, folder, documents=[document], **options)
    return folder
