"""An entry to fill in, as YAML with comments that say what each property means and may be.

Nothing but which paper it is stands there at first: what is left out stays as it was extracted, so an entry should hold
only what a person knows better.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any

from extract.record.curated import LIST_FIELDS, METADATA, curated_schema
from extract.record.model import CLAIM_FIELDS, ENTITY_FIELDS, Record
from extract.validate.problem import one_line

SCHEMA_FILE = "curated.schema.json"
_WIDTH = 110

_HEAD = (
    'An entry made by hand; "glean validate" checks it, "glean build --curated FOLDER" merges it into a release. A '
    'line that begins with "#" says nothing: take "# " away where you know better. What is left out stays as it was '
    "extracted."
)
_MENTIONS = (
    'Without mentions, all occurrences of name and aliases are taken. One is {text: "FooNet", nth: 2}, or '
    '{field: "title", start: 0, end: 6} in code points from 0, half open. {name: "FooNet", remove: true} takes it out.'
)
_CLAIMS = (
    "Each is known by its evidence, verbatim; {text: ..., remove: true} takes it out. What it names is verbatim too."
)
_SPEEDUP = {
    "text": "2.3x faster",
    "value": 2.3,
    "value_high": None,
    "form": "ratio",
    "quantity": "time",
    "phase": None,
    "bound": "exact",
    "method": "FooNet",
    "baseline": None,
    "hardware": None,
}
_RESULT = {
    "text": "91.2% accuracy",
    "value": 91.2,
    "value_high": None,
    "unit": "%",
    "form": "absolute",
    "metric": "accuracy",
    "dataset": None,
    "method": "FooNet",
    "baseline": None,
}
_METADATA = {
    "arxiv_id": "2403.01234",
    "arxiv_version": 1,
    "doi": "10.1234/example",
    "url": "https://example.org/paper",
    "published": "2024-03-01",
    "categories": ["cs.CL"],
    "authors": ["Ada Example", "Bo Example"],
    "language": "en",
}


def scalar(value: Any) -> str:
    """A value in one line of YAML; texts are quoted, so that no reader takes them for a number or a date."""
    if isinstance(value, str):
        quoted = json.dumps(value, ensure_ascii=False)
        return "".join(c if c.isprintable() else _escaped(c) for c in quoted)
    if isinstance(value, list):
        return f"[{', '.join(map(scalar, value))}]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {scalar(part)}" for key, part in value.items()) + "}"
    return json.dumps(value)


def _escaped(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


def _comment(text: str) -> Iterator[str]:
    yield from (f"# {part}" for part in wrap(one_line(text), _WIDTH, break_on_hyphens=False))


def _allowed(node: Mapping[str, Any]) -> str:
    """What a property means, and which values it may have."""
    values = [str(json.dumps(v)).strip('"') for v in node.get("enum", ())]
    return ", ".join(values) or str(node.get("description", "")).split(". ")[0].rstrip(".")


def as_yaml(known: Mapping[str, Any], record: Record | None = None) -> str:
    """The template of an entry.

    Args:
        known: what of the paper is known: ``paper_id``, ``arxiv_id``, ``doi`` or ``title``, at least one.
        record: the paper's record, whose values are shown in comments.
    """
    lines = [f"# yaml-language-server: $schema=./{SCHEMA_FILE}", *_comment(_HEAD), ""]
    own = curated_schema()["properties"]
    lines += [f"{key}: {scalar(value)}" for key, value in known.items()]
    if record is not None:
        lines += ["", *_comment(own["abstract_sha256"]["description"])]
        lines += [f"abstract_sha256: {scalar(record['abstract_sha256'])}"]
    elif "title" in known:
        lines += ["", "# The abstract, in lines of any length behind >-.", "abstract:"]
        lines += ["#   >-", "#   We present ..."]
        lines += ["", *_comment(own["extract"]["description"]), "# extract: false"]
    else:
        lines += ["", "# A paper that is not among the inputs of the build needs both of these.", "# title: The Title"]
        lines += ["# abstract: >-", "#   We present ..."]
    lines += ["", *_comment("Metadata replace what was read; null clears it.")]
    for key in METADATA:
        if key not in known:
            value = _METADATA[key] if record is None else record[key]
            lines.append(f"# {key}: {scalar(value)}")
    for field in LIST_FIELDS:
        lines += ["", *_list(field, record)]
    lines += ["", *_comment(own["replace"]["description"]), f"# replace: [{', '.join(LIST_FIELDS)}]", ""]
    return "\n".join(lines)


def _list(field: str, record: Record | None) -> Iterator[str]:
    schema = curated_schema()
    yield from _comment(schema["properties"][field]["description"])
    if field in ("methods", "speedups"):
        yield from _comment(_MENTIONS if field == "methods" else _CLAIMS)
    yield f"# {field}:"
    kind = ENTITY_FIELDS.get(field, field[:-1])
    node = schema["$defs"][kind]["properties"]
    rows = [] if record is None else record[field]
    if field in CLAIM_FIELDS:
        example = _SPEEDUP if field == "speedups" else _RESULT
        for row in rows:
            yield from _item(_claim(row, record, example), {})
        if not rows:
            yield from _item(example, node)
        return
    for row in rows:
        names = {"entity_id": row["entity_id"], "name": row["name"], "aliases": row["aliases"], "role": row["role"]}
        yield from _item(names | {"mentions": [_place(mention) for mention in row["mentions"]]}, {})
    if not rows:
        yield from _item(_entity(kind), node)


def _entity(kind: str) -> dict[str, Any]:
    names = {
        "method": ("FooNet", "Foo Network"),
        "task": ("parsing", "dependency parsing"),
        "dataset": ("BarBank", "Bar Treebank"),
        "metric": ("LAS", "labelled attachment score"),
    }
    name, alias = names[kind]
    return {"name": name, "aliases": [alias], "role": "other"}


def _place(span: Mapping[str, Any]) -> dict[str, Any]:
    return {key: span[key] for key in ("field", "start", "end")}


def _claim(row: Mapping[str, Any], record: Record | None, example: Mapping[str, Any]) -> dict[str, Any]:
    """A claim of a record as an entry gives it: by its text where that is at hand, else by its offsets."""
    text = None
    if record is not None and (row["field"] == "title" or record["abstract"] is not None):
        text = record.surface(dict(row))
        if (record["title"] + "\0" + (record["abstract"] or "")).count(text) > 1:
            text = None
    place = _place(row) if text is None else {"text": text}
    return place | {key: row[key] for key in example if key != "text"}


def _item(item: Mapping[str, Any], meanings: Mapping[str, Any]) -> Iterator[str]:
    for n, (key, value) in enumerate(item.items()):
        line = f"#   {'-' if n == 0 else ' '} {key}: {scalar(value)}"
        meaning = one_line(_allowed(meanings[key])) if key in meanings else ""
        yield f"{line}  # {meaning}" if meaning else line


def as_json(known: Mapping[str, Any], record: Record | None = None) -> str:
    """The same in JSON, which has no comments: which paper it is, and empty lists."""
    entry: dict[str, Any] = {"$schema": f"./{SCHEMA_FILE}", **known}
    if record is not None:
        entry["abstract_sha256"] = record["abstract_sha256"]
    elif "title" in known:
        entry["abstract"] = ""
    entry |= {field: [] for field in LIST_FIELDS}
    return json.dumps(entry, indent=2, ensure_ascii=False) + "\n"
