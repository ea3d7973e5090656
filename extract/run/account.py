"""What was read, beside the papers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from extract.read import Document, Reject
from extract.read.rejects import RejectLog


@dataclass(slots=True)
class Account:
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

    def set_aside(self, reject: Reject) -> None:
        """Takes a reject that came up after the reading, and counts it for its document."""
        self.rejects.add(reject)
        for document in self.documents:
            if document.name == reject.document:
                document.rejects += 1
                break

    def count_rejects(self) -> None:
        """Counts the rejects of each document anew, where documents have joined."""
        counts = Counter(reject.document for reject in self.rejects)
        for document in self.documents:
            document.rejects = counts[document.name]
