"""What validation finds."""

from __future__ import annotations

from dataclasses import dataclass, field


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
        return f"{place}: {self.pointer or '/'}: {self.message}{allowed}"


@dataclass(slots=True)
class Report:
    """What checking a file found."""

    problems: list[Problem] = field(default_factory=list)
    records: int = 0
    missing: bool = False  # there is no such file: the call was wrong, not the data
