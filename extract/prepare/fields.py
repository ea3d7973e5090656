"""A paper's title and abstract as one ``Doc``, and the way back from it to the fields' offsets."""

from __future__ import annotations

from spacy.language import Language
from spacy.tokens import Doc

from extract.prepare.words import words_of

SEPARATOR = "\n\n"
_KEY = "glean_fields"
_TEXTS = "glean_texts"


def make_text(title: str, abstract: str) -> str:
    """The text that the passes read: title, a blank line, abstract."""
    return title + SEPARATOR + abstract


def make_doc(nlp: Language, title: str, abstract: str) -> Doc:
    """Tokenizes a paper; the ``Doc`` knows where its title and its abstract stand."""
    doc = nlp.make_doc(make_text(title, abstract))
    doc.user_data[_KEY] = (len(title), len(title) + len(SEPARATOR))
    doc.user_data[_TEXTS] = (title, abstract)
    return doc


def fields(doc: Doc) -> tuple[int, int]:
    """Where the title ends and the abstract begins, in code points of ``doc.text``.

    A ``Doc`` that was not made by :func:`make_doc` is all abstract: ``(0, 0)``.
    """
    start, end = doc.user_data.get(_KEY, (0, 0))  # a list, where the Doc was serialized
    return start, end


def copy_fields(doc: Doc, other: Doc) -> None:
    """Tells another ``Doc`` of the same text where title and abstract stand."""
    if _KEY in doc.user_data:
        other.user_data[_KEY] = doc.user_data[_KEY]


def title_and_abstract(doc: Doc) -> tuple[str, str]:
    """The texts of both fields."""
    texts: tuple[str, str] | None = doc.user_data.get(_TEXTS)
    if texts is None:
        text = words_of(doc).text
        title_end, abstract_start = fields(doc)
        texts = doc.user_data[_TEXTS] = (text[:title_end], text[abstract_start:])
    return texts


def to_field(doc: Doc, start: int, end: int) -> tuple[str, int, int]:
    """``(field, start, end)`` of a span of characters of ``doc.text``, in offsets of its field."""
    title_end, abstract_start = fields(doc)
    if start >= abstract_start:
        return "abstract", start - abstract_start, end - abstract_start
    return "title", start, min(end, title_end)
