"""Known names: well-known datasets, metrics, tasks and methods, found by their aliases.

The table is the folder ``names``: a file a type, one thing a line, sorted, the name that gives the ``entity_id`` first.
``python -m extract.passes.rules.names_check`` checks it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from extract.prepare.scan import placed_apart, scanned
from extract.prepare.tokenizer import words_and_spaces
from extract.prepare.words import words_of
from extract.record.ids import entity_slug
from extract.record.resources import load_toml

FILES = ("datasets", "methods", "metrics", "tasks")
FOLDER = "passes/rules/names"
_BEFORE_NUMBER = re.compile(r"(?<=[A-Za-z])[- ](?=v?\d)")
_SMALL = frozenset(("a", "and", "at", "by", "for", "from", "in", "of", "on", "per", "the", "to", "with"))
_SPELLINGS = (
    ("ization", "isation"),
    ("modeling", "modelling"),
    ("labeling", "labelling"),
    ("behavior", "behaviour"),
    ("neighbor", "neighbour"),
    ("multi-modal", "multimodal"),
    ("multi-task", "multitask"),
    ("spatio-temporal", "spatiotemporal"),
    ("fine-tun", "finetun"),
    ("pre-train", "pretrain"),
)


@cache
def entries() -> dict[str, list[list[str]]]:
    """``{type: [[name, alias, ...], ...]}``: the curated table as it is written."""
    table: dict[str, list[list[str]]] = {}
    for file in FILES:
        table.update(load_toml(f"{FOLDER}/{file}.toml"))
    return table


def entity_of(kind: str, aliases: Sequence[str]) -> tuple[str, str]:
    """``(type, entity_id)`` of a line of the table."""
    return kind, f"{kind}/{entity_slug(aliases[0], keep_plural=True)}"


def variants(alias: str) -> set[str]:
    """Ways of writing an alias that mean the same: the joint before a number, hyphens, titles, British spelling."""
    forms = {alias}
    for joint in ("", " ", "-"):
        forms.add(_BEFORE_NUMBER.sub(joint, alias, count=1))
    for form in list(forms):
        for one, other in _SPELLINGS:
            if one in form:
                forms.add(form.replace(one, other))
            elif other in form:
                forms.add(form.replace(other, one))
    for form in list(forms):
        if not is_cased(form):
            forms.add(form.replace("-", " "))
        elif " " in form and any(word.islower() and len(word) > 3 for word in form.split()):
            forms.add(" ".join(word if word in _SMALL else word[:1].upper() + word[1:] for word in form.split()))
    return forms


def names_of(table: Mapping[str, Iterable[Sequence[str]]]) -> dict[str, tuple[str, str]]:
    """``{alias: (type, entity_id)}`` of a table, with the variants that no line claims.

    Raises:
        ValueError: an alias stands for two things.
    """
    names: dict[str, tuple[str, str]] = {}
    for kind, lines in table.items():
        for aliases in lines:
            entity = entity_of(kind, aliases)
            for alias in aliases:
                if names.setdefault(alias, entity) != entity:
                    raise ValueError(f"names: {alias!r} stands for {names[alias][1]} and {entity[1]}")
    for alias, entity in list(names.items()):
        for form in sorted(variants(alias)):
            names.setdefault(form, entity)
    return names


@cache
def known_names() -> dict[str, tuple[str, str]]:
    """``{alias: (type, entity_id)}`` of the curated table.

    Raises:
        ValueError: an alias stands for two things.
    """
    return names_of(entries())


def is_cased(name: str) -> bool:
    """Whether a name is matched as written: it has a capital behind the first letter, or a single word has one."""
    return name[1:] != name[1:].lower() or (name[:1].isupper() and " " not in name)


def plural(name: str) -> str:
    """The regular plural of a name."""
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return name[:-1] + "ies"
    return name + ("es" if name.endswith(("s", "x", "ch", "sh")) else "s")


class _Phrases:
    """Looks up runs of words. (spaCy's PhraseMatcher needs a ``Doc`` for each phrase: a second for all names.)"""

    def __init__(self) -> None:
        self._lengths: dict[str, list[int]] = {}  # first word -> how many words its phrases have
        self._entities: dict[tuple[str, ...], list[tuple[str, str]]] = {}

    def add(self, words: Sequence[str], entity: tuple[str, str]) -> None:
        """Takes a phrase."""
        lengths = self._lengths.setdefault(words[0], [])
        if len(words) not in lengths:
            lengths.append(len(words))
        entities = self._entities.setdefault(tuple(words), [])
        if entity not in entities:
            entities.append(entity)

    def found(self, words: Sequence[str]) -> Iterator[tuple[tuple[str, str], int, int]]:
        """Yields ``(entity, start, end)`` of all phrases in a text."""
        for start, word in enumerate(words):
            for length in self._lengths.get(word, ()):
                end = start + length
                for entity in self._entities.get(tuple(words[start:end]), ()) if end <= len(words) else ():
                    yield entity, start, end


class KnownNames:
    """Sets ``doc.spans["glean_names"]``: spans with the type as label and the ``entity_id`` as id."""

    def __init__(self, name: str = "glean_names") -> None:
        self.name = name
        self.names = known_names()
        self._exact, self._lower = _Phrases(), _Phrases()
        for alias, entity in self.names.items():
            cased = is_cased(alias)
            for form in [alias, plural(alias)] if not cased or entity[0] == "method" else [alias]:
                if cased:
                    self._exact.add(words_and_spaces(form)[0], entity)
                else:
                    self._lower.add([word.lower() for word in words_and_spaces(form)[0]], entity)

    def _found(self, doc: Doc) -> Iterator[Span]:
        words = words_of(doc).texts  # names are sought in glean's tokens, whatever the pipeline's own are
        for phrases, texts in ((self._exact, words), (self._lower, [word.lower() for word in words])):
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
