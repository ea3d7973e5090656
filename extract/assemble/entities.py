"""Names of one thing together.

Policy: surface forms of one type are one entity when they fold to the same slug (case, plural, hyphen, accents),
when an abbreviation ties them, or when the curated table gives them one id. Nothing else merges: "ResNet-50" and
"ResNet-101", "LLM" and "MLLM" stay apart. The name is the form that occurs most often, of equal ones the
longest; a form whose type differs from that of its abbreviation partner takes the type of the surer of the two.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from spacy.tokens import Doc

from extract.assemble.linking import entity_id, known_id
from extract.assemble.logistic import Logistic, load
from extract.assemble.mentions import Mention
from extract.assemble.roles import features, token_bounds
from extract.assemble.surfaces import Surface
from extract.passes.rules.roles import Context
from extract.record.ids import entity_slug


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


def group(surfaces: dict[str, Surface]) -> list[list[str]]:
    """The surface forms of each entity."""
    groups = _Groups()
    first: dict[tuple[str, str], str] = {}
    for text, surface in surfaces.items():
        groups.find(text)
        kind = surface.label.lower()
        keys = [(kind, entity_slug(text))]
        known = known_id(kind, text)
        if known:
            keys.append((kind, known))
        for key in keys:
            groups.join(text, first.setdefault(key, text))
        for partner in surface.partners:
            if partner in surfaces and surfaces[partner].label == surface.label:
                groups.join(text, partner)
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
    for texts in group({t: s for t, s in surfaces.items() if t in by_text}):
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
