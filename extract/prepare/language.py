"""The language of an abstract: texts in other languages than English are kept, and marked.

Nearly all are English, and plain so by their function words. Of the rest py3langid tells it (Lui and Baldwin,
"langid.py", 2012, trained anew): a naive Bayes classifier over byte n-grams, whose model is loaded as plain arrays when
it is first needed, which takes most of a second.
"""

from __future__ import annotations

import re

from extract.record.resources import load_toml

_ENOUGH = 600  # code points that are looked at: more does not make it surer
_FEW = 12  # words: below, names and symbols decide
_WORD = re.compile(r"[^\W\d_]{2,}")
_SPACELESS = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_PLAIN = 0.12  # share of function words; the median abstract has 0.21, one in 75 has fewer
_DIFFERENT = 3  # function words, at least
_NONE = "zxx"  # ISO 639: no linguistic content


def language_of(text: str) -> str | None:
    """The ISO 639 code of the language of a text (``"en"``), or ``None`` where it is too short to tell."""
    start = text[:_ENOUGH]
    words = _WORD.findall(start)
    if len(words) < _FEW and len(_SPACELESS.findall(start)) < _FEW:
        return None
    if _is_plainly_english(words):
        return "en"
    from py3langid import classify

    code: str = classify(start)[0]
    return None if code == _NONE else code


def _is_plainly_english(words: list[str]) -> bool:
    english = load_toml("prepare/lexicon.toml")["english_words"]
    found = [word for word in map(str.lower, words) if word in english]
    return len(found) >= _PLAIN * len(words) and len(set(found)) >= _DIFFERENT
