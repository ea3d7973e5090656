"""Which column of a table, or property of a JSON object, holds which part of a paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from extract.read.base import Chosen, Columns, Paper, ReadError, Reject
from extract.read.fields import digest, make_paper
from extract.record.resources import load_toml

_COLUMNS: dict[str, list[str]] = load_toml("read/columns.toml")["columns"]

PARTS = tuple(_COLUMNS)
_PLAIN = {part: names[0] for part, names in _COLUMNS.items()}
Row = Mapping[str, Any]
_MAX_LISTED = 12  # names of columns that a message lists
_MAX_CHARS = 150  # of all of them together


def are_known(names: Sequence[str]) -> bool:
    """Whether case-folded names of columns are those of a table of papers: a title's and an abstract's."""
    return all(not set(_COLUMNS[part]).isdisjoint(names) for part in ("title", "abstract"))


def guess_columns(names: Sequence[str], chosen: Columns | None, document: str, lenient: bool = False) -> dict[str, str]:
    """Which column holds which part of a paper, e.g. ``{"title": "Name", "abstract": "Summary"}``.

    Args:
        names: the table's column names.
        chosen: what the caller says (``--columns``), before any guess; an empty name leaves the part aside. A
            :class:`Chosen` is told the result.
        document: the input's name, for messages.
        lenient: whether title and abstract may be missing.

    Raises:
        ReadError: a chosen column is not there, or none can be taken for the title or the abstract.
    """
    mapping = {part: column for part, column in (chosen or {}).items() if column}
    if lenient:
        mapping = {part: column for part, column in mapping.items() if column in names}
    listed = _listed(names)
    for part, column in mapping.items():
        if part not in _COLUMNS:
            raise ReadError(f"{document}: --columns names the part {part!r} (allowed: {', '.join(_COLUMNS)})")
        if column not in names:
            raise ReadError(f"{document}: there is no column {column!r} (allowed: {listed})")
    folded = {name.casefold().strip(): name for name in reversed(names)}
    for part, candidates in _COLUMNS.items():
        if part not in mapping and (chosen or {}).get(part) != "":
            found = next((folded[c] for c in candidates if c in folded), None)
            if found is not None:
                mapping[part] = found
    for part in ("title", "abstract"):
        if part not in mapping and not lenient:
            raise ReadError(
                f"{document}: no column can be taken for the {part} (there are: {listed}; "
                f"allowed: --columns {part}=NAME)"
            )
    if isinstance(chosen, Chosen):
        chosen.took(mapping, _PLAIN)
    return mapping


def _listed(names: Sequence[str]) -> str:
    """The first names, as many as a line has room for."""
    told: list[str] = []
    for name in names[:_MAX_LISTED]:
        written = "".join(c if c.isprintable() else " " for c in name[:60])
        if sum(map(len, told)) + len(written) > _MAX_CHARS:
            break
        told.append(written)
    return ", ".join(told) + (", …" if len(told) < len(names) else "")


def to_paper(row: Row, columns: Columns, document: str, position: int, line: int | None = None) -> Paper | Reject:
    """One row as a paper, or the reason why it is none."""
    cells = {part: row.get(column) for part, column in columns.items()}
    return make_paper(
        document,
        position,
        title=cells.pop("title", None),
        abstract=cells.pop("abstract", None),
        own_id=cells.pop("id", None),
        line=line,
        **cells,
    )


class Objects:
    """Makes papers of JSON objects; guesses their columns once for each set of keys: later ones may have more.

    Attributes:
        told: the columns of the first object that had a title and an abstract.
    """

    def __init__(self, document: str, chosen: Columns | None) -> None:
        self.document = document
        self.chosen = chosen
        self.told: dict[str, str] | None = None
        self._known: dict[tuple[str, ...], dict[str, str]] = {}

    def __call__(self, row: Any, position: int, line: int | None = None) -> Paper | Reject:
        """One JSON value as a paper, or the reason why it is none."""
        if isinstance(row, dict):
            try:
                return to_paper(row, self._columns(row), self.document, position, line)
            except ReadError as error:
                reason = str(error).removeprefix(f"{self.document}: ")
        else:
            reason = f"a JSON {_kind(row)} (allowed: an object with a title and an abstract)"
        return Reject(self.document, position, reason, digest(row), line)

    def _columns(self, row: Row) -> dict[str, str]:
        keys = tuple(row)
        if keys not in self._known:
            if len(self._known) > 1000:  # objects of ever new keys must not fill the memory
                self._known.clear()
            # once an object had title and abstract, one without is a bad entry and not a bad table
            found = guess_columns(keys, self.chosen, self.document, self.told is not None)
            self.told = self.told or found
            self._known[keys] = found
        return self._known[keys]


def _kind(value: Any) -> str:
    names = {list: "list", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")
