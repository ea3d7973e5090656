"""Where a verbatim piece stands in a paper's title and abstract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from extract.record.surface import occurrences

Span = tuple[str, int, int]  # field, start, end: code points, half open

FIELDS = ("title", "abstract")
Texts = Mapping[str, str | None]  # field -> its text; None where it is not at hand


def everywhere(text: str, whole: str) -> Iterator[tuple[int, int]]:
    """Yields ``(start, end)`` of a piece in a text, whatever stands beside it."""
    at = whole.find(text) if text else -1
    while at >= 0:
        yield at, at + len(text)
        at = whole.find(text, at + 1)


def places(given: Mapping[str, Any], texts: Texts, *, words: bool) -> list[Span]:
    """The places that an item of an entry speaks of, by its offsets or by its ``text``, ``field`` and ``nth``.

    Args:
        given: the item, as its schema accepts it.
        texts: title and abstract.
        words: whether ``text`` is a name: then places inside a word count only where there are no others.

    Returns:
        All occurrences in the order of the text, title first; with ``nth`` that one; none where it does not stand
        there.
    """
    if "text" not in given:
        return [(given["field"], given["start"], given["end"])]
    fields = [given["field"]] if "field" in given else FIELDS
    found: list[Span] = []
    for find in (occurrences, everywhere) if words else (everywhere,):
        for field in fields:
            found += [(field, start, end) for start, end in find(given["text"], texts[field] or "")]
        if found:
            break
    if "nth" in given:
        return found[given["nth"] - 1 : given["nth"]]
    return found


def count_text(found: int) -> str:
    """How often a piece stands in a text, in words."""
    return f"stands {found} times in the text" if found else "does not stand in the text"


def surface(span: Span, texts: Texts) -> str | None:
    """The text of a place; ``None`` where it is not at hand or the place is not in it."""
    field, start, end = span
    text = texts[field]
    return None if text is None or not 0 <= start < end <= len(text) else text[start:end]
