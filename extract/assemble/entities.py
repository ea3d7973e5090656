"""Names of one thing together.

Policy: surface forms of one type are one entity when they fold to the same slug (case, plural, hyphen, accents), also
after the abbreviations in them are written out ("image SR", "multimodal LLMs"), when an abbreviation ties them, when a
coined short name spells a capitalised long one ("TLift", "Temporal Lifting"), when the title sets them beside each
other ("SplitNet: Layered Token Routing for ..."), or when the curated table gives them one id. Nothing else merges:
"ResNet-50" and "ResNet-101", "LLM" and "MLLM" stay apart. "A, called B" merges nothing either: on the training papers A
was the name of something else each time. The name is the form that occurs most often, of equal ones the longest; a form
whose type differs from that of its abbreviation partner takes the type of the surer of the two.
"""

from __future__ import annotations

import re
from collections import ChainMap, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from spacy.tokens import Doc

from extract.assemble.linking import entity_id, known_id, slug
from extract.assemble.logistic import Logistic, load
from extract.assemble.mentions import Mention
from extract.assemble.roles import features, token_bounds
from extract.assemble.surfaces import Surface
from extract.passes.rules.abbreviations import best_long_form
from extract.passes.rules.names_table import load_table
from extract.passes.rules.roles import Context
from extract.prepare.fields import title_and_abstract

_ARTICLE = re.compile(r"^(?:an?|the|our) ", re.IGNORECASE)


@dataclass(slots=True)
class Entity:
    """One thing that a paper names."""

    kind: str
    entity_id: str
    name: str
    aliases: list[str]
    role: str
    mentions: list[Mention]


def align_types(surfaces: dict[str, Surface]) -> None:
    """Gives both sides of an abbreviation the type of the surer one."""
    for surface in sorted(surfaces.values(), key=lambda s: -s.score):
        for partner in sorted(surface.partners):
            other = surfaces.get(partner)
            if other is not None and other.label != surface.label and other.score < surface.score:
                other.label = surface.label


class _Groups:
    """Union-find over surface forms."""

    def __init__(self) -> None:
        self.parent: dict[str, str] = {}

    def find(self, text: str) -> str:
        self.parent.setdefault(text, text)
        while self.parent[text] != text:
            self.parent[text] = self.parent[self.parent[text]]
            text = self.parent[text]
        return text

    def join(self, a: str, b: str) -> None:
        self.parent[max(self.find(a), self.find(b))] = min(self.find(a), self.find(b))


@cache
def _common_acronyms() -> dict[str, str]:
    """Acronyms of the curated table with their long forms."""
    table = {}
    for kind, lines in load_table().entries.items():
        for aliases in lines:
            if kind in ("method", "task") and " " in aliases[0]:
                table.update({a: aliases[0] for a in aliases[1:] if a.isupper() and " " not in a})
    return table


def written_out(text: str, abbreviations: Mapping[str, str]) -> str:
    """A name of several words with the abbreviations in it replaced by their long forms."""
    words = []
    for word in text.split(" "):
        bare = word[:-1] if word.endswith("s") and word[:-1].isupper() else word
        words.append(abbreviations.get(word) or abbreviations.get(bare) or word)
    return " ".join(words)


def spells(short: str, long: str) -> bool:
    """Whether a coined one-word name is made of the letters of a capitalised name of several words, from its start.

    Every capital of the short name must be the initial of a word of the long one, in order.
    """
    if " " in short or len(short) < 3 or not any(c.isupper() for c in short[1:]) or " " not in long:
        return False
    initials = [w[0] for w in re.split(r"[\s-]+", long) if w]
    if sum(c.isupper() for c in initials) < 2 or not short[0].isupper() or short[0] != initials[0]:
        return False
    rest = iter(c.casefold() for c in initials)
    capitals = [c.casefold() for c in short if c.isupper()]
    return all(c in rest for c in capitals) and best_long_form(short, long) == 0


def titled(title: str, surfaces: dict[str, Surface]) -> tuple[str, str] | None:
    """The two names of a title like "SplitNet: Layered Token Routing for ...", if both are found and of one type."""
    short, colon, rest = title.partition(":")
    rest = _ARTICLE.sub("", rest.strip())
    if not colon or short not in surfaces:
        return None
    label = surfaces[short].label
    longs = [t for t in surfaces if " " in t and rest.startswith(t) and surfaces[t].label == label]
    longs = [t for t in longs if not known_id(label.lower(), t)]  # "SplitNet: Speculative Decoding with ..." uses it
    return (short, max(longs, key=len)) if longs else None


def group(surfaces: dict[str, Surface], title: str = "") -> list[list[str]]:
    """The surface forms of each entity."""
    abbreviations = ChainMap({}, _common_acronyms())  # the table has hundreds, a paper a few
    for text, surface in surfaces.items():
        if surface.is_short:
            abbreviations[text] = min(surface.partners)
    own = [t for t, s in surfaces.items() if s.label == "METHOD" and not s.partners]
    coined = [t for t in own if " " not in t and not known_id("method", t)]
    long_names = [t for t in own if " " in t and not known_id("method", t)]
    groups = _Groups()
    first: dict[tuple[str, str], str] = {}
    for text, surface in surfaces.items():
        groups.find(text)
        kind = surface.label.lower()
        keys = [(kind, slug(text))]
        if " " in text:
            keys.append((kind, slug(written_out(text, abbreviations))))
        known = known_id(kind, text)
        if known:
            keys.append((kind, known))
        for key in keys:
            groups.join(text, first.setdefault(key, text))
        for partner in surface.partners:
            if partner in surfaces and surfaces[partner].label == surface.label:
                groups.join(text, partner)
    for short in coined:
        for long in long_names:
            if spells(short, long):
                groups.join(short, long)
    pair = titled(title, surfaces)
    if pair:
        groups.join(*pair)
    members: dict[str, list[str]] = defaultdict(list)
    for text in surfaces:
        members[groups.find(text)].append(text)
    return list(members.values())


def find_entities(
    doc: Doc, surfaces: dict[str, Surface], mentions: list[Mention], roles: Logistic | None = None
) -> list[Entity]:
    """The entities of a paper, in the order in which they first stand in it."""
    roles = roles or load("roles")
    by_text: dict[str, list[Mention]] = defaultdict(list)
    for mention in mentions:
        by_text[mention.text].append(mention)
    context = Context(doc, [token_bounds(doc, m) for m in mentions])
    found = []
    title = title_and_abstract(doc)[0]
    for texts in group({t: s for t, s in surfaces.items() if t in by_text}, title):
        own = sorted((m for t in texts for m in by_text[t]), key=lambda m: m.start)
        kind = surfaces[texts[0]].label.lower()
        names = sorted(texts, key=lambda t: (-len(by_text[t]), -len(t), t))
        score = roles(features(doc, context, own))
        role = "proposed" if kind != "task" and score >= roles.threshold else "other"
        found.append(Entity(kind, entity_id(kind, names), names[0], sorted(names[1:]), role, own))
    return _distinct(sorted(found, key=lambda e: e.mentions[0].start))


def _distinct(entities: list[Entity]) -> list[Entity]:
    """Entities of one id are one entity: a long form and a known acronym can meet only through their id."""
    by_id: dict[str, Entity] = {}
    for entity in entities:
        known = by_id.get(entity.entity_id)
        if known is None:
            by_id[entity.entity_id] = entity
            continue
        known.mentions = sorted([*known.mentions, *entity.mentions], key=lambda m: m.start)
        known.aliases = sorted({*known.aliases, entity.name, *entity.aliases} - {known.name})
        known.role = "proposed" if "proposed" in (known.role, entity.role) else "other"
    return list(by_id.values())
