"""Stand-off annotations: ids, hashes and offsets in place of other people's text.

An annotation names things verbatim. Its stand-off form has ``[field, start, end]`` in place of every
verbatim piece, and the hash of the abstract it counts in, so annotations of texts that may not be copied can
be kept and shared; whoever has the text gets the annotation back.
"""

from __future__ import annotations

from typing import Any

from extract.evaluate.gold import GoldError
from extract.record.ids import sha256_text
from extract.record.model import CLAIM_FIELDS, ENTITY_FIELDS
from extract.record.surface import occurrences

_VERBATIM = ("method", "baseline", "hardware", "metric", "dataset", "evidence")


def _place(piece: str, title: str, abstract: str) -> list[Any]:
    for field, text in (("title", title), ("abstract", abstract)):
        for start, end in occurrences(piece, text):
            return [field, start, end]
    raise GoldError(f"{piece!r} does not stand in the text on word boundaries")


def to_standoff(annotation: dict[str, Any], title: str, abstract: str) -> dict[str, Any]:
    """The stand-off form of an annotation.

    Raises:
        GoldError: a name does not stand in the text.
    """
    entry: dict[str, Any] = {"id": annotation["id"], "abstract_sha256": sha256_text(abstract)}
    for kind in ENTITY_FIELDS:
        entry[kind] = [
            {**entity, "names": [_place(name, title, abstract) for name in entity["names"]]}
            for entity in annotation[kind]
        ]
    for kind in CLAIM_FIELDS:
        entry[kind] = [
            {k: _place(v, title, abstract) if k in _VERBATIM and v is not None else v for k, v in row.items()}
            for row in annotation[kind]
        ]
    return entry


def from_standoff(entry: dict[str, Any], title: str, abstract: str) -> dict[str, Any]:
    """The annotation that a stand-off entry stands for.

    Raises:
        GoldError: the abstract is not the one that was annotated.
    """
    if sha256_text(abstract) != entry["abstract_sha256"]:
        raise GoldError(f"{entry['id']}: the abstract is not the one that was annotated")
    texts = {"title": title, "abstract": abstract}

    def piece(place: list[Any]) -> str:
        field, start, end = place
        return texts[field][start:end]

    annotation: dict[str, Any] = {"id": entry["id"]}
    for kind in ENTITY_FIELDS:
        annotation[kind] = [{**e, "names": [piece(place) for place in e["names"]]} for e in entry[kind]]
    for kind in CLAIM_FIELDS:
        annotation[kind] = [
            {k: piece(v) if k in _VERBATIM and v is not None else v for k, v in row.items()} for row in entry[kind]
        ]
    return annotation
