"""Ids that are almost another id: what a person who mistyped one may have meant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

_SHOWN = 3
_ALIKE = 0.65
_MOST = 5000  # candidates that are kept for one id


def near(wanted: Sequence[str], known: Iterable[str]) -> dict[str, list[str]]:
    """The known ids that are most like each wanted one, best first; wanted ones with none are left out.

    The known ids may be millions and are read once: only those that begin or end like a wanted one are compared.
    """
    by_start: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    by_end: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for one in wanted:
        length = max(1, len(one) * 3 // 5)
        by_start[length][one[:length]].add(one)
        by_end[length][one[-length:]].add(one)
    candidates: dict[str, list[str]] = defaultdict(list)
    for other in known:
        for length in by_start:
            for one in by_start[length].get(other[:length], set()) | by_end[length].get(other[-length:], set()):
                if len(candidates[one]) < _MOST and abs(len(one) - len(other)) < 4:
                    candidates[one].append(other)
    found = {one: get_close_matches(one, others, _SHOWN, _ALIKE) for one, others in candidates.items()}
    return {one: others for one, others in found.items() if others}
