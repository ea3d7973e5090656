"""One paper from several entries: the newest text, metadata by an order of trust, and where they contradict.

The text is that of the highest version (arXiv's v1, v2 ...), else of the last update, else of the most trusted form,
else the longest. Metadata come from the most trusted entry that has them (``TRUST`` of the forms: arXiv's own before
OpenReview, BibTeX, Daily Papers, tables, listing pages), the ``paper_id`` from the first input that gives one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from extract.read.merge.spool import Row
from extract.record.ids import sha256_text

_METADATA = ("arxiv_id", "doi", "url", "published", "categories", "authors")


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two entries of one paper say different things: what is kept and what is not, each with its place.

    Of abstracts, the SHA-256 stand here.
    """

    paper_id: str
    field: str
    kept: str
    kept_from: str
    other: str
    other_from: str


def unite(entries: Sequence[Row]) -> Row:
    """One row from the rows of one paper, in the order of reading."""
    trusted = sorted(entries, key=lambda r: (r["trust"], r["n"]))
    text = max(entries, key=_newness)
    own_id = next((r["own_id"] for r in entries if r["own_id"]), None)
    united = dict(text) | {
        "n": entries[0]["n"],
        "trust": trusted[0]["trust"],
        "own_id": own_id,
        "documents": [d for r in entries for d in r["documents"]],
        "positions": [p for r in entries for p in r["positions"]],
        "listed": [x for r in entries for x in r["listed"]],
    }
    for field in _METADATA:
        united[field] = next((r[field] for r in trusted if r[field]), united[field])
    return united


def _newness(row: Row) -> tuple[Any, ...]:
    return (row["version"] or 0, row["updated"] or "", -row["trust"], len(row["abstract"]), -row["n"])


def _blanks(text: str) -> str:
    return sha256_text(" ".join(text.split()))


# field -> how its values are compared and shown
_COMPARED: dict[str, tuple[Callable[[Any], Any], Callable[[Any], str]]] = {
    "paper_id": (str, str),
    "arxiv_id": (str, str),
    "doi": (str, str),
    "published": (str, str),
    "title": (str, str),
    "abstract": (_blanks, sha256_text),
}


def conflicts(united: Row, entries: Sequence[Row]) -> Iterator[Conflict]:
    """Yields what the entries say otherwise than the united row, each value once."""
    for field, (fold, show) in _COMPARED.items():
        column = "own_id" if field == "paper_id" else field
        compared = "folded" if field == "title" else column
        kept = united[column]
        if not kept:
            continue
        seen = {fold(united[compared])}
        kept_from = next(_place(r) for r in entries if r[column] == kept)
        for row in entries:
            if row[column] and (folded := fold(row[compared])) not in seen:
                seen.add(folded)
                yield Conflict(united["paper_id"], field, show(kept), kept_from, show(row[column]), _place(row))


def _place(row: Row) -> str:
    return f"{row['documents'][0]}: entry {row['positions'][0]}" if row["documents"] else ""
