"""What was read, beside the papers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from extract.read import Document
from extract.read.rejects import Counting, RejectLog


@dataclass(slots=True)
class Account(Counting):
    """What was read: all that a release says of it, and what a build that goes on has to know.

    Attributes:
        call: what the records depend on: inputs, options, what extracts.
        documents: the inputs.
        rejects: what was set aside.
        conflicts: where sources contradict, as the manifest has them.
        papers: how many papers there are.
        met: which papers entries by hand are for, see :meth:`extract.curate.Curated.met`.
    """

    call: dict[str, Any]
    documents: list[Document]
    rejects: RejectLog
    conflicts: dict[str, Any]
    papers: int = 0
    met: dict[str, Any] | None = None
