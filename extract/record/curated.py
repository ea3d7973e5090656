"""The JSON Schema of an entry made by hand (``curated.schema.json``), derived from the paper schema.

An entry names its paper and holds any part of its record; what it leaves out stays as it was extracted. Spans may be
given by their text in place of offsets.
"""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any

from extract.record.model import CLAIM_FIELDS, ENTITY_FIELDS, SCHEMA_VERSION
from extract.record.resources import load_schema

URN = "urn:glean:schema:curated:"
LIST_FIELDS = (*ENTITY_FIELDS, *CLAIM_FIELDS)
METADATA = ("arxiv_id", "arxiv_version", "doi", "url", "published", "categories", "authors", "language")
IDENTITY = ("paper_id", "arxiv_id", "doi", "title")  # in the order in which a paper is looked for

_CLEARS = "It replaces what was read; null clears it."
_TEXT = {
    "type": "string",
    "description": "The piece of text itself, verbatim, in place of field, start and end.",
    "minLength": 1,
}
_NTH = {
    "type": "integer",
    "description": "Which occurrence of text is meant, counted from 1, the title first.",
    "minimum": 1,
    "maximum": 100000,
}
_REMOVE = {"type": "boolean", "description": "Whether it is taken out of the record; nothing else is needed then."}
_TOGETHER = {"start": ["end", "field"], "end": ["start", "field"], "nth": ["text"]}


def _place(span: dict[str, Any]) -> dict[str, Any]:
    """How a span is given: by its text, or by offsets."""
    return {"text": _TEXT, "nth": _NTH} | {key: span[key] for key in ("field", "start", "end")}


def _mention(paper: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "description": "Where a name stands: by its text (all occurrences, where nth is not given), or by offsets.",
        "additionalProperties": False,
        "properties": _place(paper["$defs"]["mention"]["properties"]),
        "anyOf": [{"required": ["text"]}, {"required": ["start"]}],
        "dependentRequired": _TOGETHER,
    }


def _entity(kind: str, paper: dict[str, Any]) -> dict[str, Any]:
    own = paper["$defs"][kind]["properties"]
    mentions = {
        "type": "array",
        "description": f"All its places in place of the extracted ones; a new {kind} without them gets every "
        "occurrence of its name and aliases.",
        "items": {"$ref": "#/$defs/mention"},
        "minItems": 1,
    }
    return {
        "type": "object",
        "description": f"A {kind}, known by its entity_id, else by its name.",
        "additionalProperties": False,
        "properties": {key: own[key] for key in ("entity_id", "name", "aliases", "role")}
        | {"mentions": mentions, "remove": _REMOVE},
        "anyOf": [{"required": ["name"]}, {"required": ["entity_id"]}],
    }


def _claim(name: str, paper: dict[str, Any]) -> dict[str, Any]:
    own = paper["$defs"][name]["properties"]
    said = {key: node for key, node in own.items() if key not in ("field", "start", "end", "passes", "score")}
    return {
        "type": "object",
        "description": f"A {name}, known by its evidence, and by its value where several stand there.",
        "additionalProperties": False,
        "properties": {**said, **_place(own), "remove": _REMOVE},
        "anyOf": [{"required": ["text"]}, {"required": ["start"]}],
        "dependentRequired": _TOGETHER,
    }


def _or_null(node: dict[str, Any]) -> dict[str, Any]:
    kinds = [node["type"]] if isinstance(node["type"], str) else node["type"]
    kinds = [*kinds, "null"] if "null" not in kinds else kinds
    return node | {"type": kinds, "description": f"{node['description']} {_CLEARS}"}


@cache
def curated_schema() -> dict[str, Any]:
    """The JSON Schema of an entry made by hand; not to be changed."""
    paper = deepcopy(load_schema())
    own: dict[str, Any] = paper["properties"]
    lists = {
        field: {
            "type": "array",
            "description": f"{own[field]['description']} Those that are not named here stay as they were extracted.",
            "items": {"$ref": f"#/$defs/{own[field]['items']['$ref'].rsplit('/', 1)[1]}"},
        }
        for field in LIST_FIELDS
    }
    properties: dict[str, Any] = {
        "$schema": {"type": "string", "description": "This schema's own address, for editors; optional."},
        "note": {"type": "string", "description": "Anything for people; not part of the dataset."},
        "paper_id": own["paper_id"],
        "title": own["title"] | {"description": "The title: of a new paper, or as it was when the entry was made."},
        "abstract": {
            "type": "string",
            "description": "The abstract: of a new paper, or as it was when the entry was made. It is part of "
            "a release only where that has the texts.",
            "minLength": 1,
        },
        "abstract_sha256": own["abstract_sha256"]
        | {
            "description": "SHA-256 of the abstract as it was when the entry was made: a guard. Where the text has "
            "changed since, offsets are not followed."
        },
        "abstract_chars": own["abstract_chars"],
        **{key: _or_null(own[key]) for key in METADATA},
        "extract": {
            "type": "boolean",
            "description": "false: nothing that the passes find in the paper is kept, only what stands here.",
        },
        "replace": {
            "type": "array",
            "description": "The lists of which only what stands here counts, and nothing that was extracted.",
            "items": {"type": "string", "description": "A list of the record.", "enum": list(LIST_FIELDS)},
            "uniqueItems": True,
        },
        **lists,
    }
    return {
        "$schema": paper["$schema"],
        "$id": f"{URN}{SCHEMA_VERSION}",
        "title": "Entry made by hand",
        "description": "One paper, new or corrected: what stands here adds to what was extracted, or replaces it, "
        "field by field. Derived from paper.schema.json.",
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "anyOf": [{"required": [key]} for key in IDENTITY],
        "$defs": {
            "mention": _mention(paper),
            **{kind: _entity(kind, paper) for kind in ENTITY_FIELDS.values()},
            **{field[:-1]: _claim(field[:-1], paper) for field in CLAIM_FIELDS},
        },
    }
