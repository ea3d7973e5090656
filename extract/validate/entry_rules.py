"""Rules of entries made by hand that JSON Schema cannot state: one small generator each, all of one shape.

A rule takes an entry that its schema accepts and yields ``(path, message, what is allowed)`` for each breach. It speaks
of what the entry alone tells; whether it fits the paper shows when it is merged into a build
(:mod:`extract.curate`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from extract.record.curated import IDENTITY, LIST_FIELDS, METADATA
from extract.record.factor import factor
from extract.record.ids import paper_id, sha256_text
from extract.record.model import CLAIM_FIELDS, ENTITY_FIELDS
from extract.record.surface import fold
from extract.validate.places import Texts, count_text, places
from extract.validate.schema import shown

Entry = dict[str, Any]
Breach = tuple[list[str | int], str, str]
Rule = Callable[[Entry], Iterator[Breach]]
_SLOTS = ("method", "baseline", "hardware", "metric", "dataset")


def identity(entry: Entry) -> str:
    """By which property the paper of an entry is looked for: the first one that it has."""
    return next(key for key in IDENTITY if entry.get(key) is not None)


def texts_of(entry: Entry) -> Texts:
    """Title and abstract as the entry gives them, without outer white space."""
    return {key: entry[key].strip() if key in entry else None for key in ("title", "abstract")}


def _spans(entry: Entry) -> Iterator[tuple[list[str | int], Entry]]:
    for name in ENTITY_FIELDS:
        for i, entity in enumerate(entry.get(name, ())):
            for k, mention in enumerate(entity.get("mentions", ())):
                yield [name, i, "mentions", k], mention
    for name in CLAIM_FIELDS:
        for i, claim in enumerate(entry.get(name, ())):
            yield [name, i], claim


def says_something(entry: Entry) -> Iterator[Breach]:
    """There is something to add or to change."""
    own = identity(entry)
    metadata = [key for key in METADATA if key != own]
    changes = any(key in entry for key in metadata) or any(entry.get(key) for key in (*LIST_FIELDS, "replace"))
    is_paper = "title" in entry and ("abstract" in entry or {"abstract_sha256", "abstract_chars"} <= entry.keys())
    if not changes and not is_paper and entry.get("extract") is not False:
        allowed = f"title and abstract of a new paper, or at least one of {', '.join((*metadata, *LIST_FIELDS))}"
        yield [], "nothing is filled in yet but which paper it is", allowed


def names_a_paper(entry: Entry) -> Iterator[Breach]:
    """What the paper is known by is not null."""
    if all(entry.get(key) is None for key in IDENTITY):
        key = "arxiv_id" if "arxiv_id" in entry else "doi"
        yield [key], "null names no paper", f"one of {', '.join(IDENTITY)}"


def not_blank(entry: Entry) -> Iterator[Breach]:
    """Title and abstract are more than white space."""
    for key, text in texts_of(entry).items():
        if text == "":
            yield [key], "is blank", "text"


def one_way_to_place(entry: Entry) -> Iterator[Breach]:
    """A place is given by its text or by offsets, not both."""
    for path, span in _spans(entry):
        if "text" in span and "start" in span:
            yield [*path, "text"], "stands beside start and end", "text, or field, start and end"


def span_in_order(entry: Entry) -> Iterator[Breach]:
    """``start`` is below ``end``."""
    for path, span in _spans(entry):
        if "start" in span and span["start"] >= span["end"]:
            yield [*path, "end"], f"{span['end']} is not above start {span['start']}", "half open: start < end"


def span_inside(entry: Entry) -> Iterator[Breach]:
    """A span ends inside its field, where the entry tells how long that is."""
    lengths = {key: len(text) for key, text in texts_of(entry).items() if text is not None}
    if "abstract" not in lengths and "abstract_chars" in entry:
        lengths["abstract"] = entry["abstract_chars"]
    for path, span in _spans(entry):
        top = lengths.get(span.get("field", ""))
        if "start" in span and top is not None and span["end"] > top:
            yield [*path, "end"], f"{span['end']} is outside of the {span['field']}", f"up to {top}"


def text_stands_there(entry: Entry) -> Iterator[Breach]:
    """What a place is given by stands in the title or the abstract, where the entry has both."""
    texts = texts_of(entry)
    if None in texts.values():
        return
    for path, span in _spans(entry):
        if "text" not in span:
            continue
        is_mention = len(path) > 2
        all_found = len(places({k: v for k, v in span.items() if k != "nth"}, texts, words=is_mention))
        if span.get("nth", 1) > all_found:
            nth = "nth" in span and all_found > 0
            allowed = f"1 to {all_found}" if nth else "verbatim text"
            yield [*path, "nth" if nth else "text"], f"{shown(span['text'])} {count_text(all_found)}", allowed
        elif not is_mention and all_found > 1 and "nth" not in span and not span.get("remove"):
            yield [*path, "text"], f"{shown(span['text'])} {count_text(all_found)}", f"nth: 1 to {all_found}"


def verbatim(entry: Entry) -> Iterator[Breach]:
    """What a claim names stands in the title or the abstract, where the entry has both."""
    title, abstract = texts_of(entry).values()
    if title is None or abstract is None:
        return
    for name in CLAIM_FIELDS:
        for i, claim in enumerate(entry.get(name, ())):
            for slot in _SLOTS:
                piece = claim.get(slot)
                if piece is not None and piece not in title and piece not in abstract:
                    yield [name, i, slot], f"{shown(piece)} is not in the text", "verbatim text, or null"


def abstract_agrees(entry: Entry) -> Iterator[Breach]:
    """Hash and length are those of the abstract, where both are there."""
    text = texts_of(entry)["abstract"]
    if text is None:
        return
    if entry.get("abstract_chars", len(text)) != len(text):
        yield ["abstract_chars"], f"{entry['abstract_chars']} is not the abstract's length", str(len(text))
    if entry.get("abstract_sha256", right := sha256_text(text)) != right:
        yield ["abstract_sha256"], "is not the abstract's hash", right


def range_in_order(entry: Entry) -> Iterator[Breach]:
    """``value_high`` is above ``value``."""
    for name in CLAIM_FIELDS:
        for i, claim in enumerate(entry.get(name, ())):
            low, high = claim.get("value"), claim.get("value_high")
            if low is not None and high is not None and high <= low:
                yield [name, i, "value_high"], f"{high} is not above {low}", "above value, or null"


def factor_agrees(entry: Entry) -> Iterator[Breach]:
    """``factor`` and ``factor_high`` follow from the values and the form; they may be left out."""
    for i, claim in enumerate(entry.get("speedups", ())):
        for given, value in (("factor", "value"), ("factor_high", "value_high")):
            if given not in claim or value not in claim or "form" not in claim:
                continue
            right, said = factor(claim[value], claim["form"]), claim[given]
            near = None not in (said, right) and math.isclose(said, right or 0, rel_tol=1e-6, abs_tol=1e-6)
            if said is not right and not near:
                message = f"{shown(said)} does not follow from {claim['form']} {shown(claim[value])}"
                yield ["speedups", i, given], message, f"{shown(right)}, or leave it out"


def named_once(entry: Entry) -> Iterator[Breach]:
    """An entity stands once in a list."""
    for name in ENTITY_FIELDS:
        ids: dict[str, int] = {}
        names: dict[str, int] = {}
        for i, entity in enumerate(entry.get(name, ())):
            for key, seen in (("entity_id", ids), ("name", names)):
                if key not in entity:
                    continue
                known = entity[key] if key == "entity_id" else fold(entity[key])
                if known in seen:
                    yield [name, i, key], f"{shown(entity[key])} stands twice", f"see /{name}/{seen[known]}"
                seen.setdefault(known, i)


def id_agrees(entry: Entry) -> Iterator[Breach]:
    """A ``title:`` id is the title's hash, an ``arxiv:`` id the arXiv identifier."""
    own = entry.get("paper_id", "")
    if own.startswith("title:") and "title" in entry and own != (right := paper_id(entry["title"].strip())):
        yield ["paper_id"], f"{shown(own)} is not the hash of the title", right
    if own.startswith("arxiv:") and "arxiv_id" in entry and own != f"arxiv:{entry['arxiv_id']}":
        yield ["arxiv_id"], f"{shown(entry['arxiv_id'])} is not that of paper_id {shown(own)}", own[6:]


def date_exists(entry: Entry) -> Iterator[Breach]:
    """``published`` is a day of the calendar."""
    if entry.get("published") is not None:
        try:
            date.fromisoformat(entry["published"])
        except ValueError:
            yield ["published"], f"{shown(entry['published'])} is no day", "YYYY-MM-DD"


ENTRY_RULES: tuple[Rule, ...] = (
    says_something,
    not_blank,
    one_way_to_place,
    span_in_order,
    span_inside,
    text_stands_there,
    verbatim,
    abstract_agrees,
    range_in_order,
    factor_agrees,
    named_once,
    id_agrees,
    date_exists,
)


def entry_rule_errors(entry: Entry) -> Iterator[Breach]:
    """Yields the breaches of all rules in an entry that its schema accepts."""
    unnamed = list(names_a_paper(entry))
    if unnamed:
        yield from unnamed
        return
    for rule in ENTRY_RULES:
        yield from rule(entry)
