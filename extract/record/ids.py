"""Identity of papers: folded titles, hashes and ``paper_id``."""

from __future__ import annotations

import hashlib
import re
import unicodedata

_NOT_WORD = re.compile(r"[\W_]+")
_ARXIV = re.compile(
    r"(?:arxiv:|oai:arxiv\.org:|https?://(?:www\.|export\.)?arxiv\.org/(?:abs|pdf|html)/|(?:https?://(?:dx\.)?doi\.org/|doi:)?"
    r"10\.48550/arxiv\.)?(\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v([1-9]\d{0,2}))?(?:\.pdf)?\Z",
    re.IGNORECASE | re.ASCII,  # no digits of other scripts
)

_SIGNS = str.maketrans({"+": " plus ", "@": " at ", "#": " sharp ", "&": " and ", "α": "alpha", "β": "beta"})
_KEEP_S = ("ss", "us", "is", "as", "os", "ics", "bias", "lens", "series", "species", "news", "gps")


def fold_title(title: str) -> str:
    """A title without what printing changes: NFKC, case-folded, words joined by single blanks."""
    return _NOT_WORD.sub(" ", unicodedata.normalize("NFKC", title).casefold()).strip()


def sha256_text(text: str) -> str:
    """SHA-256 of the UTF-8 bytes of ``text``, in hexadecimal digits; lone surrogates count as ``?``."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def arxiv_version(text: str) -> tuple[str | None, int | None]:
    """``(identifier, version)`` of an arXiv identifier: bare, ``arXiv:``, a link, or arXiv's own DOI; else ``None``s.

    Identifiers from before April 2007 are written as arXiv writes them: ``hep-th/9901001``, ``math.GT/0309136``.
    """
    found = _ARXIV.match(text.strip())
    if not found:
        return None, None
    archive, slash, number = found.group(1).casefold().rpartition("/")
    subject, dot, group = archive.partition(".")
    version = int(found.group(2)) if found.group(2) else None
    return f"{subject}{dot}{group.upper()}{slash}{number}", version


def normalize_arxiv(text: str) -> str | None:
    """The arXiv identifier in ``text`` (see :func:`arxiv_version`) without its version, or ``None``."""
    return arxiv_version(text)[0]


def paper_id(title: str, own_id: str | None = None, arxiv_id: str | None = None) -> str:
    """The paper's id: its source's own, else ``arxiv:<id>``, else ``title:<16 hex digits>``.

    The last is the start of the SHA-256 of the folded title, so the same title gives the same id everywhere.
    """
    if own_id and own_id.strip():
        return "_".join(own_id.split())
    if arxiv_id:
        return f"arxiv:{arxiv_id}"
    return f"title:{sha256_text(fold_title(title) or title)[:16]}"


def _singular(word: str, written: str) -> str:
    """A folded word without the ending of the regular plural ("policies", "losses", "LLMs", but not "FLIQS")."""
    if written.isupper():
        return word
    if written[-1:] == "s" and len(written) > 2 and written[:-1].isupper():
        return word[:-1]
    if len(word) < 4 or not word.endswith("s") or word.endswith(_KEEP_S):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1]


def entity_slug(name: str, *, keep_plural: bool = False) -> str:
    """The part of an ``entity_id`` behind its type: a name without case, accents, hyphens, signs and plural.

    Surface variants of one name give one slug ("Vision Transformers", "vision-transformer"); names that differ in a
    letter or a digit differ ("ResNet-50" and "ResNet-101", "LLM" and "MLLM"). A name that holds no letter or digit
    gives the start of its hash.

    Args:
        name: a surface form.
        keep_plural: whether the last word stays as it is ("Cityscapes"), as for curated names.
    """
    text = unicodedata.normalize("NFKD", name.translate(_SIGNS)).casefold()
    text = "".join(c for c in text if not unicodedata.combining(c))
    words = [w for w in re.split(r"[\W_]+", text) if w]
    if not words:
        return "x" + hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:12]
    written = [w for w in re.split(r"[\W_]+", name) if w]
    if not keep_plural:
        words[-1] = _singular(words[-1], written[-1] if written else "")
    return "-".join(words)[:120].strip("-")
