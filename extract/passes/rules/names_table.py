"""The curated table of well-known datasets, metrics, tasks and methods, and how their names are written.

The table is the folder ``names``: a file a type, one thing a line, sorted, the name that gives the ``entity_id`` first.
``python -m extract.passes.rules.names_check`` checks it, and prepares it for a quick start: ``prepared.json`` holds
what would take half a second to work out each time a process begins. It counts only while the files are those that it
was made of.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from extract.prepare.tokenizer import words_and_spaces
from extract.record.ids import entity_slug
from extract.record.resources import PACKAGE, load_toml

Entity = tuple[str, str]  # type, entity_id

FILES = ("datasets", "methods", "metrics", "tasks")
FOLDER = "passes/rules/names"
PREPARED = PACKAGE / FOLDER / "prepared.json"
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


def read_entries() -> dict[str, list[list[str]]]:
    """``{type: [[name, alias, ...], ...]}``: the table as it is written."""
    entries: dict[str, list[list[str]]] = {}
    for file in FILES:
        entries.update(load_toml(f"{FOLDER}/{file}.toml"))
    return entries


def entity_of(kind: str, aliases: Sequence[str]) -> Entity:
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


def names_of(table: Mapping[str, Iterable[Sequence[str]]]) -> dict[str, Entity]:
    """``{alias: (type, entity_id)}`` of a table, with the variants that no line claims.

    Raises:
        ValueError: an alias stands for two things.
    """
    names: dict[str, Entity] = {}
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


def is_cased(name: str) -> bool:
    """Whether a name is matched as written: it has a capital behind the first letter, or a single word has one."""
    return name[1:] != name[1:].lower() or (name[:1].isupper() and " " not in name)


def plural(name: str) -> str:
    """The regular plural of a name."""
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return name[:-1] + "ies"
    return name + ("es" if name.endswith(("s", "x", "ch", "sh")) else "s")


_JOINT = "\t"  # no word holds one


class Phrases:
    """Looks up runs of words. (spaCy's PhraseMatcher needs a ``Doc`` for each phrase: a second for all names.)"""

    def __init__(self, entities: Mapping[str, list[Entity]]) -> None:
        """Takes ``{words, joined by tabs: what they stand for}``."""
        self._entities = entities
        self._lengths: dict[str, set[int]] = {}  # first word -> how many words its phrases have
        for joined in entities:
            self._lengths.setdefault(joined.partition(_JOINT)[0], set()).add(joined.count(_JOINT) + 1)

    def found(self, words: Sequence[str]) -> Iterator[tuple[Entity, int, int]]:
        """Yields ``(entity, start, end)`` of all phrases in a text, in words."""
        for start, word in enumerate(words):
            for length in self._lengths.get(word, ()):
                end = start + length
                for entity in self._entities.get(_JOINT.join(words[start:end]), ()) if end <= len(words) else ():
                    yield entity, start, end


@dataclass(frozen=True, slots=True)
class Table:
    """The table, and what follows from it."""

    entries: dict[str, list[list[str]]]  # type -> things, each with its names
    names: dict[str, Entity]  # the names and their variants
    exact: Phrases  # names that are matched as written
    lower: Phrases  # names that are matched in small letters


def prepare() -> dict[str, Any]:
    """The content of ``prepared.json``; entities are told by their place in a list.

    Raises:
        ValueError: an alias stands for two things.
    """
    entries = read_entries()
    names = names_of(entries)
    places = {entity: place for place, entity in enumerate(sorted(set(names.values())))}
    phrases: dict[str, dict[str, list[int]]] = {"exact": {}, "lower": {}}
    for alias, entity in names.items():
        cased = is_cased(alias)
        for form in [alias, plural(alias)] if not cased or entity[0] == "method" else [alias]:
            joined = _JOINT.join(words_and_spaces(form)[0])
            found = (
                phrases["exact"].setdefault(joined, []) if cased else phrases["lower"].setdefault(joined.lower(), [])
            )
            if places[entity] not in found:
                found.append(places[entity])
    named = {name: places[entity] for name, entity in names.items()}
    return {"made_of": _hash(), "entries": entries, "entities": list(places), "names": named, **phrases}


def _hash() -> str:
    digest = hashlib.sha256()
    for file in FILES:
        digest.update((PACKAGE / FOLDER / f"{file}.toml").read_bytes())
    return digest.hexdigest()


@cache
def load_table() -> Table:
    """The table, ready to be used.

    Raises:
        ValueError: an alias stands for two things.
    """
    made = json.loads(PREPARED.read_text(encoding="utf-8")) if PREPARED.is_file() else {}
    if made.get("made_of") != _hash():
        made = prepare()
    entities = [(kind, entity_id) for kind, entity_id in made["entities"]]
    exact, lower = (Phrases({k: [entities[i] for i in v] for k, v in made[key].items()}) for key in ("exact", "lower"))
    return Table(made["entries"], {name: entities[i] for name, i in made["names"].items()}, exact, lower)
