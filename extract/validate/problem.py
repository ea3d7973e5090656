"""What validation finds."""

from __future__ import annotations

from dataclasses import dataclass, field


def one_line(text: str) -> str:
    """``text`` without line breaks and other characters that are not for printing."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "�" for c in text)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where, what, and what is allowed."""

    file: str
    line: int | None
    pointer: str  # JSON pointer (RFC 6901); "" is the whole record
    message: str
    allowed: str = ""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        allowed = f" (allowed: {self.allowed})" if self.allowed else ""
        return one_line(f"{place}: {self.pointer or '/'}: {self.message}{allowed}")


@dataclass(slots=True)
class Report:
    """What checking a file or a release found."""

    problems: list[Problem] = field(default_factory=list)
    records: int = 0  # rows that were checked; of a release, its papers
    entries: int = 0  # entries made by hand that were checked
    schema_version: str | None = None  # of a release that was checked by the schemas it carries
    missing: bool = False  # there is no such file: the call was wrong, not the data
