"""An entry into a record: field by field, and only where the whole is valid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from extract.curate.claims import merge_claims
from extract.curate.context import Context, Slot, context
from extract.curate.entities import match_entities, merge_entities
from extract.prepare.language import language_of
from extract.record.curated import LIST_FIELDS, METADATA
from extract.record.ids import paper_id, sha256_text
from extract.record.model import CLAIM_FIELDS, ENTITY_FIELDS, SCHEMA_VERSION, Record
from extract.validate import errors
from extract.validate.entries import Entry, steps
from extract.validate.entry_rules import identity
from extract.validate.problem import Problem

_TEXTS = ("title", "abstract")
_OF_SPANS = ("passes", "score")


def ready(entry: Entry) -> Entry:
    """A valid entry in the form that merging works with: texts trimmed; of a whole record what it says of the paper."""
    value = {key: text for key, text in entry.value.items() if key[0] != "$"}
    if entry.is_record:
        value = {key: part for key, part in value.items() if key not in ("sources", "extractor")}
        value |= {field: [_plain(item) for item in value[field]] for field in LIST_FIELDS}
        value["replace"] = list(LIST_FIELDS)
        if value["abstract"] is None:
            del value["abstract"]
    value |= {key: value[key].strip() for key in _TEXTS if key in value}
    own = value.get("paper_id", "")
    if own.startswith("arxiv:") and value.get("arxiv_id") is None:
        value["arxiv_id"] = own[len("arxiv:") :]
    return replace(entry, value=value)


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    """An item of a record as an entry gives it: without what the passes say of its spans."""
    plain = {key: value for key, value in item.items() if key not in _OF_SPANS}
    if "mentions" in plain:
        plain["mentions"] = [_plain(mention) for mention in plain["mentions"]]
    return plain


def apply(record: Record, entry: Entry) -> tuple[Record, list[Problem]]:
    """A record with an entry merged in, and what of the entry could not be followed.

    What the entry does not speak of stays as it is. An item that cannot be placed (its text is not there, its offsets
    are those of another abstract) is left out, and told; so is a list of ``replace`` then. Where the merged record
    would not be valid, nothing of the entry is applied.

    Args:
        record: a valid record with its text in it or beside it (``abstract_text``); it is not changed.
        entry: an entry of :class:`extract.curate.Curated` for this paper.

    Returns:
        A new record, or ``record`` itself where nothing changes; problems with file, line and pointer of the entry.
    """
    merged = merge(record, entry)
    return merged.record, merged.problems


@dataclass(frozen=True, slots=True)
class Merged:
    """What came of an entry: the record, what could not be followed, and whether nothing at all could."""

    record: Record
    problems: list[Problem]
    refused: bool = False


def merge(record: Record, entry: Entry) -> Merged:
    """As :func:`apply`, which says what it does."""
    ctx = context(record, entry)
    merged = _merged(record, entry, ctx)
    return replace(merged, problems=sorted(merged.problems, key=lambda problem: problem.line or 0))


def _merged(record: Record, entry: Entry, ctx: Context) -> Merged:
    changed: dict[str, Any] = {}
    slots: dict[str, list[Slot]] = {}
    for key in METADATA:
        if key in entry.value:
            value = _metadata(key, record, entry)
            if value != record[key]:
                changed[key] = value
    for field, found in _lists(record, ctx).items():
        slots[field] = found
        values = [slot.value for slot in found]
        if values != record[field]:
            changed[field] = values
    if not changed:
        return Merged(record, ctx.problems)
    source = {"document": entry.name, "position": 0, "listed": None}
    if source not in record["sources"]:
        changed["sources"] = [*record["sources"], source]
    result = Record(record | changed)
    result.abstract_text = record.abstract_text
    broken = [_in_entry(problem, slots, entry) for problem in errors(result, file=entry.file)]
    if broken:
        return Merged(record, [*ctx.problems, *broken], refused=True)
    return Merged(result, ctx.problems)


def _metadata(key: str, record: Record, entry: Entry) -> Any:
    """The value that an entry gives; what the paper was looked for by is no correction of it."""
    value = entry.value[key]
    if key == identity(entry.value) and record[key] is not None:
        return record[key]
    return [] if value is None and key in ("categories", "authors") else value


def _lists(record: Record, ctx: Context) -> dict[str, list[Slot]]:
    given = ctx.entry.value
    asked = set(LIST_FIELDS) if given.get("extract") is False else set(given.get("replace", ()))
    if ctx.stale:
        asked = set()  # that nothing else stands in a text was said of another text
    matches = match_entities(record, ctx)
    found: dict[str, list[Slot]] = {}
    for field in ENTITY_FIELDS:
        entities = merge_entities(field, record, matches, ctx, replace=field in asked)
        if entities is not None:
            found[field] = entities
    for field in CLAIM_FIELDS:
        claims = merge_claims(field, record, ctx, replace=field in asked)
        if claims is not None:
            found[field] = claims
    return found


def _in_entry(problem: Problem, slots: dict[str, list[Slot]], entry: Entry) -> Problem:
    """What is wrong with the merged record, at the place of the entry that it comes from."""
    path = steps(problem.pointer)
    if len(path) > 1 and path[0] in slots and isinstance(path[1], int):
        item = slots[path[0]][path[1]].item
        path = [path[0]] if item is None else [path[0], item, *path[2:]]
    node: Any = entry.value
    for n, part in enumerate(path):
        there = part in node if isinstance(node, dict) else isinstance(node, list) and part in range(len(node))
        if not there:
            path = path[:n]
            break
        node = node[part]
    message = f"the record would not be valid, so nothing is applied: {problem.message}"
    return entry.problem(path, message, problem.allowed)


def blank(entry: Entry) -> Record:
    """The record of a new paper before its entry is applied: nothing but what the paper is.

    Args:
        entry: an entry with a title, and with the abstract or its hash and length.
    """
    given = entry.value
    text = given.get("abstract")
    record = Record(
        paper_id=given.get("paper_id") or paper_id(given["title"], None, given.get("arxiv_id")),
        title=given["title"],
        abstract=None,
        abstract_sha256=given["abstract_sha256"] if text is None else sha256_text(text),
        abstract_chars=given["abstract_chars"] if text is None else len(text),
        arxiv_id=None,
        arxiv_version=None,
        doi=None,
        url=None,
        published=None,
        categories=[],
        authors=[],
        language=None if text is None else language_of(text),
        sources=[{"document": entry.name, "position": 0, "listed": None}],
    )
    record |= {field: [] for field in LIST_FIELDS}
    record["extractor"] = {"version": "hand", "model": None, "schema_version": SCHEMA_VERSION}
    record |= {key: given[key] for key in METADATA if given.get(key) is not None}
    record.abstract_text = text
    return record
