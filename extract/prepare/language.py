"""The language of an abstract: texts in other languages than English are kept, and marked.

py3langid tells it (Lui and Baldwin, "langid.py", 2012, trained anew): a naive Bayes classifier over byte n-grams, whose
model is loaded as plain arrays.
"""

from __future__ import annotations

import re

_ENOUGH = 600  # code points that are looked at: more does not make it surer
_FEW = 12  # words: below, names and symbols decide
_WORD = re.compile(r"[^\W\d_]{2,}")
_SPACELESS = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_NONE = "zxx"  # ISO 639: no linguistic content


def language_of(text: str) -> str | None:
    """The ISO 639 code of the language of a text (``"en"``), or ``None`` where it is too short to tell."""
    from py3langid import classify  # reads its model, which takes a moment

    start = text[:_ENOUGH]
    if len(_WORD.findall(start)) < _FEW and len(_SPACELESS.findall(start)) < _FEW:
        return None
    code: str = classify(start)[0]
    return None if code == _NONE else code
