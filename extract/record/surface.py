"""When two surface forms count as the same, and where a name stands in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

_JOINTS = re.compile(r"[\s\-‐-–_/~]+")
_DETERMINER = re.compile(r"^(?:the|a|an|our) ")


def fold(text: object) -> str:
    """A name without case, hyphens, blanks, leading determiner and plural s."""
    return _fold(str(text))


@lru_cache(maxsize=2**14)
def _fold(text: str) -> str:
    joined = _JOINTS.sub(" ", text).strip().casefold()
    words = _DETERMINER.sub("", joined).split()
    return " ".join(
        word[:-1] if len(word) > 3 and word[-1] == "s" and not word.endswith("ss") else word for word in words
    )


def _joined(left: str, right: str) -> bool:
    """Whether two neighbouring characters belong to one word: both letters or both digits."""
    return left.isalnum() and right.isalnum() and left.isdigit() == right.isdigit()


def occurrences(name: str, text: str) -> Iterator[tuple[int, int]]:
    """Yields ``(start, end)`` of ``name`` on word boundaries in ``text``, in code points, half open."""
    at = text.find(name) if name else -1
    while at >= 0:
        end = at + len(name)
        if not (at and _joined(text[at - 1], name[0])) and not (end < len(text) and _joined(name[-1], text[end])):
            yield at, end
        at = text.find(name, at + 1)
