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
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from extract.prepare.scan import placed_apart, scanned
from extract.prepare.tokenizer import Tokenizer
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
        tokenize = Tokenizer(nlp.vocab)  # names are sought in glean's tokens, whatever the pipeline's own are
        self.keys: dict[int, tuple[str, str]] = {}
        for alias, entity in self.names.items():
            cased = is_cased(alias)
            forms = [alias, plural(alias)] if not cased or entity[0] == "method" else [alias]
            matcher = self.exact if cased else self.folded
            key = nlp.vocab.strings.add("\t".join(entity))
            self.keys[key] = entity
            matcher.add("\t".join(entity), [tokenize(form) for form in forms])

    def _found(self, doc: Doc) -> Iterator[Span]:
        for matcher in (self.exact, self.folded):
            for key, start, end in matcher(doc):
                kind, entity_id = self.keys[key]
                yield Span(doc, start, end, label=kind.upper(), span_id=entity_id)

    def __call__(self, doc: Doc) -> Doc:
        """Finds the known names in ``doc``; of names that overlap the longest is kept."""
        doc.spans["glean_names"] = placed_apart(filter_spans(self._found(scanned(doc))), doc)
        return doc


@Language.factory("glean_names", assigns=["doc.spans"])
def make_names(nlp: Language, name: str) -> Callable[[Doc], Any]:
    """The factory of the known-names component."""
    return KnownNames(nlp, name)
