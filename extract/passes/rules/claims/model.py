"""What the claims pass finds: quantities (numbers with what they count in) and claims (rows with fields)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Quantity:
    """A number in the text with its unit, before anything is said about what it claims.

    ``start`` and ``end`` are offsets into the items of a :class:`~.reading.Reading` (half open, the unit
    and the second number of a range included). ``kind`` is ``percent``, ``points``, ``ratio``,
    ``fraction`` (half, a third), ``unit`` (a figure with a physical unit) or ``plain``.
    """

    value: float
    value_high: float | None
    kind: str
    unit: str
    start: int
    end: int
    rule: str
    sign: str = ""
    before: float | None = None
    """The first number of "from 31.2 to 40.1" where the second one is the claim."""
    first: int = -1
    """Item of the first token of the list that the quantity belongs to; its own start outside lists."""
    last: int = -1
    """Item behind the last token of that list."""
    place: int = 0
    """Position in the list, from 0."""
    size: int = 1
    """How many quantities the list holds."""


@dataclass(slots=True, frozen=True)
class Claim:
    """One row: a speedup or a result with all its fields.

    Names (``method``, ``baseline``, ``hardware``, ``metric``, ``dataset``) are verbatim pieces of the text
    or ``None``. ``start`` and ``end`` are offsets in code points into ``doc.text`` of the evidence, half
    open. ``quantity``, ``phase``, ``bound`` and ``hardware`` are for speedups, ``unit``, ``metric`` and
    ``dataset`` for results. ``rules`` names the rules that fired, ``score`` is a probability.
    """

    kind: str
    value: float
    value_high: float | None
    form: str
    start: int
    end: int
    score: float
    rules: tuple[str, ...]
    quantity: str | None = None
    phase: str | None = None
    bound: str | None = None
    unit: str | None = None
    method: str | None = None
    baseline: str | None = None
    hardware: str | None = None
    metric: str | None = None
    dataset: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The row as plain data, for ``Doc.user_data`` and JSON."""
        return {**{name: getattr(self, name) for name in self.__slots__}, "rules": list(self.rules)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Claim:
        """The row that :meth:`to_dict` gave."""
        return cls(**{**data, "rules": tuple(data["rules"])})
