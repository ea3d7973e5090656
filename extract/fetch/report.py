"""What a fetch did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Report:
    """What a fetch did, and what it could not.

    Attributes:
        files: the files that hold the answer, in order, whether they were asked for now or before.
        papers: how many entries these hold.
        fetched: how many of the files were asked for now.
        empty: how many days or queries have no papers.
        notes: lines that are no error.
        problems: one line for each thing that could not be fetched.
    """

    files: list[str] = field(default_factory=list)
    papers: int = 0
    fetched: int = 0
    empty: int = 0
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def add(self, name: str, papers: int, *, fetched: bool) -> None:
        """Counts an answer; one without papers has no file."""
        if papers:
            self.files.append(name)
            self.papers += papers
        else:
            self.empty += 1
        self.fetched += fetched and papers > 0

    def text(self) -> str:
        """One line for people."""
        there = len(self.files) - self.fetched
        return (
            f"{self.papers:,} entries in {len(self.files):,} {'file' if len(self.files) == 1 else 'files'}: "
            f"{self.fetched:,} fetched, {there:,} already there"
            + (f", {self.empty:,} asked for without papers" if self.empty else "")
        )


def kept(name: str, papers: int) -> str:
    """Says that an empty answer does not take the place of papers."""
    return f"the answer is empty, but {name} holds {papers:,} papers from before, which stay (or remove the file)"


Progress = Callable[[int, int], None]


def silent(_done: int, _total: int) -> None:
    """No progress."""
