"""``entity_id``: the same for the same thing over papers and releases.

In order: the curated table of known names; else the folded long form where the short form is a bare acronym
("CL" alone says little); else the folded most telling form. Folding takes away case, accents, hyphens and the
plural, and nothing that tells things apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache

from extract.passes.rules.names_table import is_cased, load_table, plural
from extract.record.ids import entity_slug

slug = lru_cache(maxsize=2**14)(entity_slug)  # names come back, in a paper and from paper to paper


@cache
def _folded_names() -> dict[tuple[str, str], str]:
    """``{(type, form): entity_id}``: cased names as written, others in lower case, with their plurals."""
    table: dict[tuple[str, str], str] = {}
    for alias, (kind, entity_id) in load_table().names.items():
        for form in (alias, plural(alias)):
            table.setdefault((kind, form if is_cased(alias) else form.casefold()), entity_id)
    return table


def known_id(kind: str, name: str) -> str | None:
    """The curated ``entity_id`` of a name of a type, or ``None``."""
    table = _folded_names()
    return table.get((kind, name)) or table.get((kind, name.casefold()))


def is_bare_acronym(name: str) -> bool:
    """Whether a name is a short run of capitals, which different papers use for different things."""
    letters = name.rstrip("s")
    return len(letters) <= 5 and letters.isalpha() and letters.isupper()


def entity_id(kind: str, names: Sequence[str]) -> str:
    """The id of the entity that has these surface forms, best form first.

    Args:
        kind: ``method``, ``task``, ``dataset`` or ``metric``.
        names: its surface forms in the paper.
    """
    for name in names:
        found = known_id(kind, name)
        if found:
            return found
    telling = [name for name in names if not is_bare_acronym(name)] or list(names)
    return f"{kind}/{slug(telling[0])}"
