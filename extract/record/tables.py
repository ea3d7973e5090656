"""The five tables of a release, each row described by a JSON Schema derived from the paper schema."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from extract.record.model import SCHEMA_VERSION
from extract.record.resources import load_schema

# config name -> what one row stands for
TABLES = {
    "papers": "a paper, the whole nested record",
    "speedups": "an efficiency claim",
    "results": "a quality claim or an absolute efficiency figure",
    "mentions": "one occurrence of an entity in a paper",
    "entities": "an entity over all papers of the release",
}


def _null_or_id(kind: str, slot: str) -> dict[str, Any]:
    return {
        "type": ["string", "null"],
        "description": f"entity_id of the {kind} that `{slot}` names, where it names an entity of the paper.",
        "pattern": f"^{kind}/[^\\s/A-Z]+$",
    }


def _ids(kind: str, plural: str) -> dict[str, Any]:
    return {
        "type": "array",
        "description": f"entity_ids of all {plural} of the paper.",
        "items": {"type": "string", "description": "An entity_id.", "pattern": f"^{kind}/[^\\s/A-Z]+$"},
    }


_ENTITY_ID = {
    "type": "string",
    "description": "The entity, the same in all papers and releases.",
    "pattern": "^(method|task|dataset|metric)/[^\\s/A-Z]+$",
}
_TYPE = {"type": "string", "description": "Type of the entity.", "enum": ["method", "task", "dataset", "metric"]}
_YEAR = {
    "type": ["integer", "null"],
    "description": "Year of `published`, or null.",
    "minimum": 0,
    "maximum": 9999,
}
_COUNT = {"type": "integer", "minimum": 1, "maximum": 2147483647}


def _columns(name: str) -> dict[str, Any]:
    paper = load_schema()
    own: dict[str, Any] = paper["properties"]
    head = {key: own[key] for key in ("paper_id", "title", "arxiv_id", "published")}
    defs: dict[str, Any] = paper["$defs"]
    if name in ("speedups", "results"):
        claim: dict[str, Any] = defs[name[:-1]]["properties"]
        links = {"method_id": _null_or_id("method", "method"), "baseline_id": _null_or_id("method", "baseline")}
        if name == "results":
            links |= {"metric_id": _null_or_id("metric", "metric"), "dataset_id": _null_or_id("dataset", "dataset")}
        else:
            links |= {"paper_datasets": _ids("dataset", "datasets")}
        links |= {"paper_methods": _ids("method", "methods"), "paper_tasks": _ids("task", "tasks")}
        return {**head, "year": _YEAR, **claim, **links}
    if name == "mentions":
        entity: dict[str, Any] = defs["method"]["properties"]
        return {
            "paper_id": own["paper_id"],
            "entity_id": _ENTITY_ID,
            "type": _TYPE,
            "name": entity["name"],
            "role": entity["role"],
            **defs["mention"]["properties"],
        }
    if name == "entities":
        alias = {"type": "string", "description": "A surface form.", "minLength": 1}
        return {
            "entity_id": _ENTITY_ID,
            "type": _TYPE,
            "name": {"type": "string", "description": "Its most frequent name over all papers.", "minLength": 1},
            "aliases": {"type": "array", "description": "All other surface forms, sorted.", "items": alias},
            "papers": _COUNT | {"description": "Number of papers that name it."},
            "proposed_in": {
                "type": "array",
                "description": "paper_ids of the papers that introduce it.",
                "items": own["paper_id"],
            },
            "mentions": _COUNT | {"description": "Number of its mentions in all papers."},
            "first_seen": own["published"]
            | {"description": "The earliest known date of publication of a paper that names it, or null."},
        }
    raise KeyError(name)


def table_schema(name: str) -> dict[str, Any]:
    """The JSON Schema of one row of a table.

    Raises:
        KeyError: there is no such table.
    """
    if name == "papers":
        return load_schema()
    paper = load_schema()
    columns = deepcopy(_columns(name))
    return {
        "$schema": paper["$schema"],
        "$id": f"urn:glean:schema:{name}:{SCHEMA_VERSION}",
        "title": f"Row of the {name} table",
        "description": f"One row stands for {TABLES[name]}. Derived from paper.schema.json.",
        "type": "object",
        "additionalProperties": False,
        "required": list(columns),
        "properties": columns,
    }
