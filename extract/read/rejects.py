"""What was set aside, and what contradicts: counted without end, and held in bounded memory."""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import IO, Any

from extract.read.base import Document, Reject
from extract.read.merge import Conflict

MAX_CONFLICTS = 1_000  # listed; all are counted
_MAX_REASONS = 100
_PARTICULAR = re.compile(r"\d[\d,.]*|'[^']*'|\"[^\"]*\"| \(.*|: .*")


class Reasons:
    """Counts reasons by kind: without what is particular to an entry (numbers, names)."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, reason: str) -> None:
        """Counts a reason."""
        kind = " ".join(_PARTICULAR.sub("", reason).split())
        if kind not in self._counts and len(self._counts) >= _MAX_REASONS:
            kind = "other reasons"
        self._counts[kind] += 1

    def counts(self) -> dict[str, int]:
        """How many there are of each kind, the most frequent first."""
        return dict(sorted(self._counts.items(), key=lambda item: (-item[1], item[0])))


class RejectLog:
    """Rejects in the order in which they are told; on disk once they are many."""

    def __init__(self) -> None:
        self._file: IO[str] = tempfile.SpooledTemporaryFile(1 << 20, "w+", encoding="utf-8")  # noqa: SIM115
        self._count = 0

    def add(self, reject: Reject) -> None:
        """Takes a reject."""
        self._file.seek(0, 2)
        self._file.write(json.dumps(asdict(replace(reject, reason=_written(reject.reason)))) + "\n")
        self._count += 1

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Reject]:
        self._file.seek(0)
        while line := self._file.readline():
            place = self._file.tell()
            yield Reject(**json.loads(line))
            self._file.seek(place)  # others may have read or added meanwhile


class Counting:
    """What has ``documents`` and the ``rejects`` of them, and counts the one for the other."""

    __slots__ = ()
    documents: list[Document]
    rejects: RejectLog

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


def _written(reason: str) -> str:
    return " ".join(reason.split())[:500].encode("utf-8", "backslashreplace").decode()


@dataclass(slots=True)
class Conflicts:
    """Where entries of one paper contradict: all counted by field, the first listed."""

    by_field: Counter[str] = field(default_factory=Counter)
    listed: list[Conflict] = field(default_factory=list)

    def add(self, conflict: Conflict) -> None:
        """Takes a contradiction."""
        self.by_field[conflict.field] += 1
        if len(self.listed) < MAX_CONFLICTS:
            self.listed.append(conflict)

    def account(self) -> dict[str, Any]:
        """As the manifest has them."""
        return {"by_field": dict(sorted(self.by_field.items())), "listed": [asdict(c) for c in self.listed]}
