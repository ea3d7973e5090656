"""The dataset card: YAML front matter for the hub, and what a person wants to know."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import yaml
from jinja2 import Environment, StrictUndefined

from extract.publish.about import KEYWORDS, LANGUAGE, LICENCE, NAME, citation, plain
from extract.record.arrow import features
from extract.record.tables import TABLES, table_schema

_TEMPLATE = Path(__file__).resolve().parent / "card.md.jinja"
# the hub's words for sizes
_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
    (1_000_000_000, "100M<n<1B"),
)
# the figures that a reader of the card asks for, in this order
_FIGURES = (
    *(f"entity.{kind}" for kind in ("methods", "tasks", "datasets", "metrics", "all")),
    *("proposed", "mention.all", "speedups", "results"),
)


def front_matter(folder: Path, manifest: dict[str, Any]) -> str:
    """The card's YAML: configs with their files, features and sizes, licence, language, tags.

    A table without rows is no config: ``datasets`` cannot load a split of no rows, and the hub shows none. Sizes are
    those of whole configs, not of splits: ``datasets`` compares the rows of a split with what is declared of it, and
    fails where ``load_dataset`` was asked for some of them only (``filters=``).
    """
    infos: list[dict[str, Any]] = []
    configs: list[dict[str, Any]] = []
    for table in (t for t in TABLES if manifest["rows"][t]):
        path = folder / table / "train.parquet"
        info = {"config_name": table, "features": features(table)._to_yaml_list()}
        infos.append(info | {"download_size": path.stat().st_size, "dataset_size": _arrow_bytes(path)})
        config = {"config_name": table, "data_files": [{"split": "train", "path": f"{table}/*.parquet"}]}
        configs.append(config | ({"default": True} if table == "papers" else {}))
    papers = manifest["counts"]["papers"]
    data: dict[str, Any] = {
        "pretty_name": f"{NAME} {manifest['release']}",
        "license": LICENCE,
        "language": [LANGUAGE],
        "multilinguality": ["monolingual"],
        "annotations_creators": ["machine-generated"],
        "language_creators": ["found"],
        "source_datasets": ["original"],
        "task_categories": ["token-classification", "text-retrieval"],
        "task_ids": ["named-entity-recognition"],
        "tags": list(KEYWORDS),
        "size_categories": [next((name for limit, name in _SIZES if papers < limit), "1B<n<10B")],
    }
    if configs:
        data |= {"configs": configs, "dataset_info": infos}
    text: str = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120)
    return text


def _arrow_bytes(path: Path) -> int:
    """The size of a table in memory, which is what the hub calls its size; read group by group."""
    with pq.ParquetFile(path) as file:
        return sum(file.read_row_group(n).nbytes for n in range(file.num_row_groups))


def _kind(node: dict[str, Any]) -> str:
    if "$ref" in node:
        return f"struct {node['$ref'].rsplit('/', 1)[1]}"
    kinds = [node["type"]] if isinstance(node["type"], str) else node["type"]
    named = [f"list of {_kind(node['items'])}" if k == "array" else k for k in kinds if k != "null"]
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
        found.append((name, _kind(inner), described))
    return found


def _cell(text: object) -> str:
    """A text of ours in one line, with its code, that ends no table cell and has no HTML."""
    return plain(text).replace("|", "\\|").replace("<", "\\<")


def _foreign(text: object) -> str:
    """A text from outside, a file's name say, which is a cell too, and no markup: neither HTML nor link nor image."""
    return plain(text).translate({ord(c): f"\\{c}" for c in "\\`*[]<>&|"})


def _count(number: float) -> str:
    return f"{number:,.0f}"


def _share(number: float | None) -> str:
    return "-" if number is None else f"{number:.2f}"


def dataset_card(
    folder: Path,
    manifest: dict[str, Any],
    quality: dict[str, Any] | None,
    changes: Mapping[str, Any] | None = None,
) -> str:
    """The whole card of a release whose tables are already in ``folder``.

    Args:
        folder: the release.
        manifest: its manifest, but for the files.
        quality: measured quality as ``glean evaluate`` writes it, or ``None`` where it was not measured.
        changes: what changed since an earlier release, ``{"since": version, "counts": {"papers": {"added": 1,
            "removed": 0, "changed": 2}, "speedups": ...}}``, or ``None`` where there is none to compare with.
    """
    environment = Environment(autoescape=False, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"cell": _cell, "foreign": _foreign, "count": _count, "share": _share}
    template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    measured = (quality or {}).get("figures", {})
    text: str = template.render(
        front=front_matter(folder, manifest),
        manifest=manifest,
        quality=quality,
        changes=changes,
        citation=citation(manifest["release"]),
        figures=[(name, measured[name]) for name in _FIGURES if name in measured],
        tables=TABLES,
        columns={name: columns(table_schema(name), table_schema(name)) for name in TABLES},
        structs={name: columns(node, table_schema("papers")) for name, node in table_schema("papers")["$defs"].items()},
    )
    return text.rstrip() + "\n"
