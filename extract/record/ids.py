"""Identity of papers: folded titles, hashes and ``paper_id``."""

from __future__ import annotations

import hashlib
import re
import unicodedata

_NOT_WORD = re.compile(r"[\W_]+")
_ARXIV = re.compile(
    r"(?:arxiv:|https?://arxiv\.org/(?:abs|pdf)/)?((?:\d{4}\.\d{4,5})|(?:[a-z-]+(?:\.[A-Z]{2})?/\d{7}))(v\d+)?(?:\.pdf)?$",
    re.I,
)


def fold_title(title: str) -> str:
    """A title without what printing changes: NFKC, case-folded, words joined by single blanks."""
    return _NOT_WORD.sub(" ", unicodedata.normalize("NFKC", title).casefold()).strip()


def sha256_text(text: str) -> str:
    """SHA-256 of the UTF-8 bytes of ``text``, in hexadecimal digits; lone surrogates count as ``?``."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def normalize_arxiv(text: str) -> str | None:
    """The arXiv identifier in ``text`` (bare, ``arxiv:`` or a link) without its version, or ``None``."""
    found = _ARXIV.match(text.strip())
    return found.group(1) if found else None


def paper_id(title: str, own_id: str | None = None, arxiv_id: str | None = None) -> str:
    """The paper's id: its source's own, else ``arxiv:<id>``, else ``title:<16 hex digits>``.

    The last is the start of the SHA-256 of the folded title, so the same title gives the same id everywhere.
    """
    if own_id and own_id.strip():
        return "_".join(own_id.split())
    if arxiv_id:
        return f"arxiv:{arxiv_id}"
    return f"title:{sha256_text(fold_title(title) or title)[:16]}"
