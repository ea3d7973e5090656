"""Known names: well-known datasets, metrics, tasks and methods, found by their aliases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from spacy.language import Language
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from extract.record.ids import entity_slug
from extract.record.resources import load_toml


@cache
def known_names() -> dict[str, tuple[str, str]]:
    """``{alias: (type, entity_id)}`` of the curated table.

    Raises:
        ValueError: an alias stands for two things.
    """
    names: dict[str, tuple[str, str]] = {}
    for kind, entries in load_toml("passes/rules/names.toml").items():
        for aliases in entries:
            entity = (kind, f"{kind}/{entity_slug(aliases[0], keep_plural=True)}")
            for alias in aliases:
                if names.setdefault(alias, entity) != entity:
                    raise ValueError(f"names.toml: {alias!r} stands for {names[alias][1]} and {entity[1]}")
    return names


def is_cased(name: str) -> bool:
    """Whether a name is matched as written: it has a capital behind the first letter, or a single word has one."""
    return any(c.isupper() for c in name[1:]) or (name[:1].isupper() and " " not in name)


def plural(name: str) -> str:
    """The regular plural of a name."""
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return name[:-1] + "ies"
    return name + ("es" if name.endswith(("s", "x", "ch", "sh")) else "s")


class KnownNames:
    """Sets ``doc.spans["glean_names"]``: spans with the type as label and the ``entity_id`` as id."""

    def __init__(self, nlp: Language, name: str = "glean_names") -> None:
        self.name = name
        self.names = known_names()
        self.exact = PhraseMatcher(nlp.vocab, attr="ORTH")
        self.folded = PhraseMatcher(nlp.vocab, attr="LOWER")
        self.keys: dict[int, tuple[str, str]] = {}
        for alias, entity in self.names.items():
            cased = is_cased(alias)
            forms = [alias, plural(alias)] if not cased or entity[0] == "method" else [alias]
            matcher = self.exact if cased else self.folded
            key = nlp.vocab.strings.add("\t".join(entity))
            self.keys[key] = entity
            matcher.add("\t".join(entity), [nlp.make_doc(form) for form in forms])

    def _found(self, doc: Doc) -> Iterator[Span]:
        for matcher in (self.exact, self.folded):
            for key, start, end in matcher(doc):
                kind, entity_id = self.keys[key]
                yield Span(doc, start, end, label=kind.upper(), span_id=entity_id)

    def __call__(self, doc: Doc) -> Doc:
        """Finds the known names in ``doc``; of names that overlap the longest is kept."""
        doc.spans["glean_names"] = filter_spans(self._found(doc))
        return doc


@Language.factory("glean_names", assigns=["doc.spans"])
def make_names(nlp: Language, name: str) -> Callable[[Doc], Any]:
    """The factory of the known-names component."""
    return KnownNames(nlp, name)
