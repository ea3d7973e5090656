"""Annotations: one JSON object a paper, entities by their names, claims by their fields."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from extract.record.model import ENTITY_FIELDS
from extract.record.surface import occurrences

Span = tuple[str, str, int, int]  # (entities field, title or abstract, start, end)
_KEYS = (*ENTITY_FIELDS, "speedups", "results")


class GoldError(Exception):
    """Annotations that cannot be used; the message is one line."""


def load_gold(path: Path) -> dict[str, dict[str, Any]]:
    """Annotations by paper id.

    Raises:
        GoldError: the file is missing, or a line is no annotation.
    """
    gold: dict[str, dict[str, Any]] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise GoldError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or 'not UTF-8'})") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except ValueError as error:
            raise GoldError(f"{path}:{number}: not JSON ({error})") from None
        if not isinstance(entry, dict) or "id" not in entry:
            raise GoldError(f"{path}:{number}: no annotation (allowed: an object with id, {', '.join(_KEYS)})")
        missing = [key for key in _KEYS if not isinstance(entry.get(key), list)]
        if missing:
            raise GoldError(f"{path}:{number}: no list {missing[0]!r} (allowed: an object with {', '.join(_KEYS)})")
        gold[str(entry["id"])] = entry
    if not gold:
        raise GoldError(f"{path}: no annotation in it")
    return gold


def gold_spans(annotation: dict[str, Any], title: str, abstract: str) -> tuple[set[Span], set[Span]]:
    """All spans of the annotated entities, and those of entities marked optional.

    Every occurrence of a name on word boundaries is a mention of its entity, longest name first, and no
    two overlap.
    """
    names = [
        (bool(entity.get("optional")), -len(name), name, field)
        for field in ENTITY_FIELDS
        for entity in annotation[field]
        for name in entity["names"]
    ]
    names.sort(key=lambda item: item[:2])
    required: set[Span] = set()
    optional: set[Span] = set()
    for place, text in (("title", title), ("abstract", abstract)):
        free = [True] * len(text)
        for is_optional, _, name, field in names:
            for start, end in occurrences(name, text):
                if all(free[start:end]):
                    free[start:end] = [False] * (end - start)
                    (optional if is_optional else required).add((field, place, start, end))
    return required, optional
