"""Known names: the names of the curated table (:mod:`.names_table`) where they stand in a text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from extract.passes.rules.names_table import load_table
from extract.prepare.scan import placed_apart, scanned
from extract.prepare.words import words_of


class KnownNames:
    """Sets ``doc.spans["glean_names"]``: spans with the type as label and the ``entity_id`` as id."""

    def __init__(self, name: str = "glean_names") -> None:
        self.name = name
        self._table = load_table()

    def _found(self, doc: Doc) -> Iterator[Span]:
        words = words_of(doc).texts  # names are sought in glean's tokens, whatever the pipeline's own are
        for phrases, texts in ((self._table.exact, words), (self._table.lower, [word.lower() for word in words])):
            for (kind, entity_id), start, end in phrases.found(texts):
                yield Span(doc, start, end, label=kind.upper(), span_id=entity_id)

    def __call__(self, doc: Doc) -> Doc:
        """Finds the known names in ``doc``; of names that overlap the longest is kept."""
        doc.spans["glean_names"] = placed_apart(filter_spans(self._found(scanned(doc))), doc)
        return doc


@Language.factory("glean_names", assigns=["doc.spans"])
def make_names(nlp: Language, name: str) -> Callable[[Doc], Any]:
    """The factory of the known-names component."""
    return KnownNames(name)
