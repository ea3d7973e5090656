"""The dataset card: YAML front matter for the hub, and what a person wants to know."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, StrictUndefined

from extract.record.tables import TABLES, table_schema

_TEMPLATE = Path(__file__).resolve().parent / "card.md.jinja"
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def front_matter(folder: Path, manifest: dict[str, Any]) -> str:
    """The card's YAML: configs with their files and features, licence, size, tags."""
    from extract.record.arrow import features

    infos, configs = [], []
    for table in TABLES:
        path = folder / table / "train.parquet"
        rows, size = manifest["rows"][table], path.stat().st_size
        info = {"config_name": table, "features": features(table)._to_yaml_list()}
        info |= {
            "splits": [{"name": "train", "num_bytes": size, "num_examples": rows}],
            "download_size": size,
            "dataset_size": size,
        }
        infos.append(info)
        config: dict[str, Any] = {
            "config_name": table,
            "data_files": [{"split": "train", "path": f"{table}/*.parquet"}],
        }
        if table == "papers":
            config["default"] = True
        configs.append(config)
    papers = manifest["counts"]["papers"]
    data = {
        "pretty_name": f"glean {manifest['release']}",
        "license": "cc0-1.0",
        "language": ["en"],
        "task_categories": ["token-classification", "text-retrieval"],
        "tags": ["information-extraction", "scientific-papers", "leaderboards", "speedups", "meta-research"],
        "size_categories": [next((name for limit, name in _SIZES if papers < limit), "n>1M")],
        "configs": configs,
        "dataset_info": infos,
    }
    text: str = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120)
    return text


def _kind(node: dict[str, Any], root: dict[str, Any]) -> str:
    if "$ref" in node:
        return f"struct {node['$ref'].rsplit('/', 1)[1]}"
    kinds = [node["type"]] if isinstance(node["type"], str) else node["type"]
    named = [f"list of {_kind(node['items'], root)}" if k == "array" else k for k in kinds if k != "null"]
    return " or ".join(named) + (" or null" if "null" in kinds else "")


def columns(node: dict[str, Any], root: dict[str, Any]) -> list[tuple[str, str, str]]:
    """``(name, type, description)`` of the properties of an object schema."""
    found = []
    for name, inner in node["properties"].items():
        if name[0] == "$":
            continue
        described = inner.get("description") or root["$defs"][inner["$ref"].rsplit("/", 1)[1]]["description"]
        if "enum" in inner:
            described += " One of: " + ", ".join(f"`{v}`" for v in inner["enum"] if v is not None) + "."
        found.append((name, _kind(inner, root), described.replace("|", "\\|")))
    return found


def dataset_card(folder: Path, manifest: dict[str, Any], quality: dict[str, Any] | None) -> str:
    """The whole card of a release whose tables are already in ``folder``."""
    paper = table_schema("papers")
    environment = Environment(autoescape=False, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["json"] = json.dumps
    template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    return template.render(
        front=front_matter(folder, manifest),
        manifest=manifest,
        quality=quality,
        tables=TABLES,
        columns={name: columns(table_schema(name), table_schema(name)) for name in TABLES},
        structs={name: columns(node, paper) for name, node in paper["$defs"].items()},
    )
