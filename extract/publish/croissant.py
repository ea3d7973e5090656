"""``croissant.json``: the release described for machines (Croissant 1.0, https://docs.mlcommons.org/croissant/).

Every table is a record set whose fields follow from its JSON Schema, so a dataset search engine knows the columns, and
``mlcroissant`` loads the rows. What depends on nothing but the release is written: no date of today.
"""

from __future__ import annotations

from typing import Any

from extract.publish.about import AUTHOR, KEYWORDS, LANGUAGE, LICENCE_URL, NAME, TITLE, citation, plain
from extract.record.tables import TABLES, table_schema

CROISSANT = "croissant.json"

Node = dict[str, Any]

# the column that no two rows of a table share
_KEYS = {"papers": "paper_id", "entities": "entity_id"}

# the context that the specification gives; readers know the file by it
_CONTEXT: Node = {
    "@language": LANGUAGE,
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def croissant(manifest: Node) -> Node:
    """The Croissant description of a release.

    Args:
        manifest: its manifest, with the accounts of the Parquet files.
    """
    version = plain(manifest["release"])
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": NAME,
        "description": (
            f"{TITLE}. {manifest['counts']['papers']:,} papers: the methods, tasks, datasets and metrics that their "
            "titles and abstracts name, and the speedups and results they report, each with its place in the text and "
            "a score. README.md is the dataset card."
        ),
        "license": LICENCE_URL,
        "version": version,
        "citeAs": citation(version),
        "creator": {"@type": "sc:Organization", "name": AUTHOR},
        "keywords": list(KEYWORDS),
        "inLanguage": LANGUAGE,
        "isLiveDataset": False,
        "distribution": [_file(table, manifest["files"]) for table in TABLES],
        "recordSet": [_record_set(table) for table in TABLES],
    }


def _file(table: str, files: dict[str, Node]) -> Node:
    path = f"{table}/train.parquet"
    return {
        "@type": "cr:FileObject",
        "@id": path,
        "name": f"{table}.parquet",
        "description": f"The table {table}.",
        "contentUrl": path,  # relative to this file, so that a copy of the folder describes itself
        "contentSize": f"{files[path]['bytes']} B",
        "encodingFormat": "application/x-parquet",
        "sha256": files[path]["sha256"],
    }


def _record_set(table: str) -> Node:
    root = table_schema(table)
    found: Node = {
        "@type": "cr:RecordSet",
        "@id": table,
        "name": table,
        "description": f"One record stands for {TABLES[table]}.",
    }
    if table in _KEYS:
        found["key"] = {"@id": f"{table}/{_KEYS[table]}"}
    columns = ((name, node) for name, node in root["properties"].items() if name[0] != "$")
    found["field"] = [_field(table, f"{table}/{name}", name, node, root) for name, node in columns]
    return found


def _field(table: str, identifier: str, column: str, node: Node, root: Node) -> Node:
    """A column; a column of structs has the fields of the struct as sub-fields."""
    node, repeated = _item(node, root)
    found: Node = {
        "@type": "cr:Field",
        "@id": identifier,
        "name": column,
        "description": node["description"],
    }
    if repeated:
        found["repeated"] = True
    if "properties" not in node:
        return found | {"dataType": _type(node), "source": _source(table, column)}
    found["subField"] = []
    for name, inner in node["properties"].items():
        leaf, several = _item(inner, root)
        if "properties" in leaf:
            continue  # structs in structs are beyond what loaders follow; the flat table `mentions` has these rows
        sub = {"@type": "cr:Field", "@id": f"{identifier}/{name}", "name": name, "description": leaf["description"]}
        sub |= {"repeated": True} if several else {}
        found["subField"].append(sub | {"dataType": _type(leaf), "source": _source(table, column, name)})
    return found


def _item(node: Node, root: Node) -> tuple[Node, bool]:
    """What a column holds, or each element of it where it is a list; its own description comes first."""
    described = node.get("description")
    repeated = node.get("type") == "array"
    if repeated:
        node = node["items"]
    while "$ref" in node:
        node = root["$defs"][node["$ref"].rsplit("/", 1)[1]]
    return {**node, "description": described or node["description"]}, repeated


def _source(table: str, column: str, path: str | None = None) -> Node:
    found: Node = {"fileObject": {"@id": f"{table}/train.parquet"}, "extract": {"column": column}}
    return found | ({"transform": {"jsonPath": path}} if path else {})


def _type(node: Node) -> str:
    kinds = [node["type"]] if isinstance(node["type"], str) else node["type"]
    (kind,) = (k for k in kinds if k != "null")
    if kind == "string" and node.get("format") == "date":
        return "sc:Date"
    return {"string": "sc:Text", "integer": "sc:Integer", "number": "sc:Float", "boolean": "sc:Boolean"}[kind]
