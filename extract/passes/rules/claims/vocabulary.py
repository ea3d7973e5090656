"""The vocabulary of the claim rules, read from ``vocabulary.toml`` and composed once."""

from __future__ import annotations

from extract.record.resources import load_toml

_DATA = load_toml("passes/rules/claims/vocabulary.toml")

MARKUP: frozenset[str] = frozenset(_DATA["markup"])
NUMBER_WORDS: dict[str, float] = _DATA["number_words"]
FOLD_WORDS: dict[str, float] = _DATA["fold_words"]
MULTIPLES: dict[str, float] = _DATA["multiples"]
FRACTIONS: dict[str, float] = _DATA["fractions"]
COMPOUND_TAILS: frozenset[str] = frozenset(_DATA["compound_tails"])
LIST_GLUE: frozenset[str] = frozenset(_DATA["list_glue"])
RANGE_OPENERS: frozenset[str] = frozenset(_DATA["range_openers"])
STOPS: frozenset[str] = frozenset(_DATA["phrase_stops"])
AFTER_THAN: frozenset[str] = frozenset(_DATA["after_than"])
"""Words that may stand between "than" and what is compared with."""
ACHIEVED: frozenset[str] = frozenset(_DATA["achieved"])
"""Words that tie a measure by "by" to whose it is."""
DETERMINERS: frozenset[str] = frozenset(_DATA["determiners"])

WEAK: frozenset[str] = frozenset(_DATA["weak"]["nouns"])
RATES: frozenset[str] = frozenset(_DATA["rates"]["nouns"])
LEFT_EDGE: frozenset[str] = frozenset(_DATA["left_edge"]["words"])
LEFT_AFTER: frozenset[str] = frozenset(_DATA["left_edge"]["after_words"])

Phrases = dict[str, list[tuple[tuple[str, ...], str]]]


def _forms(verb: str) -> list[str]:
    """The forms of a verb that is listed by its base; a listed form with ``!`` stands for itself."""
    if verb.endswith("!"):
        return [verb[:-1]]
    head, _, rest = verb.partition(" ")
    tail = f" {rest}" if rest else ""
    if head.endswith("e"):
        forms = [head, head + "s", head + "d", head[:-1] + "ing"]
    elif head.endswith("y") and head[-2:-1] not in "aeo":
        forms = [head, head[:-1] + "ies", head[:-1] + "ied", head + "ing"]
    elif head.endswith(("s", "sh", "ch", "x")):
        forms = [head, head + "es", head + "ed", head + "ing"]
    else:
        forms = [head, head + "s", head + "ed", head + "ing"]
    return [form + tail for form in forms]


def _phrases(groups: dict[str, list[str]], verbs: bool = False) -> Phrases:
    """Phrases by their first word, the longest first; hyphens of the vocabulary are blanks."""
    index: Phrases = {}
    for label, entries in groups.items():
        for entry in entries:
            for form in _forms(entry) if verbs else [entry]:
                words = tuple(form.replace("-", " ").split())
                index.setdefault(words[0], []).append((words, label))
    for found in index.values():
        found.sort(key=lambda pair: -len(pair[0]))
    return index


def _merged(*parts: Phrases) -> Phrases:
    index: Phrases = {}
    for part in parts:
        for word, found in part.items():
            index.setdefault(word, []).extend(found)
    for found in index.values():
        found.sort(key=lambda pair: -len(pair[0]))
    return index


def _labelled(prefix: str, groups: dict[str, list[str]]) -> dict[str, list[str]]:
    return {f"{prefix}.{label}": words for label, words in groups.items()}


CUES: Phrases = _merged(
    _phrases(_labelled("quantity", _DATA["quantity"])),
    _phrases(_labelled("noun", _DATA["noun"])),
    _phrases(_labelled("comparative", _DATA["comparative"])),
    _phrases(_labelled("metric", _DATA["metric"])),
    _phrases(_labelled("against", _DATA["against"])),
    _phrases(_labelled("likeness", _DATA["likeness"])),
    _phrases(_labelled("phase", _DATA["phase"])),
    _phrases(_labelled("manner", _DATA["manner"])),
    _phrases(_labelled("compressed", _DATA["compressed"])),
    _phrases(_labelled("verb", _DATA["verb"]), verbs=True),
)
"""Every cue phrase: first word -> [(words, label)], labels such as ``quantity.time`` or ``verb.reduce``."""

PARALLEL: frozenset[str] = frozenset(_DATA["parallel"])
"""Words that tie a number to one of several cases."""
UNSHARED: frozenset[str] = frozenset(_DATA["unshared"])
"""Words between two coordinated numbers that keep the hedge of the first from the second."""
BOUNDS: Phrases = _phrases(_DATA["bound"])
UNITS: Phrases = _phrases(_DATA["units"])
HARDWARE: Phrases = _phrases({"hardware": _DATA["hardware"]})
IMPLIED: dict[str, str] = _DATA["implied"]
"""Comparatives and nouns that say their quantity themselves: faster -> time."""


def match(phrases: Phrases, norm: list[str], stems: list[str], i: int, end: int) -> tuple[str, int] | None:
    """The longest phrase at item ``i``: ``(label, item behind it)``; hyphens between its words are passed."""
    word = norm[i]
    found = phrases.get(word)
    if found is None:
        word = stems[i]
        found = phrases.get(word)
        if found is None:
            return None
    for words, label in found:
        j = i + 1
        for wanted in words[1:]:
            if j < end and norm[j] == "-":
                j += 1
            if j >= end or (norm[j] != wanted and stems[j] != wanted):
                break
            j += 1
        else:
            return label, j
    return None
