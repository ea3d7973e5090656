"""The flat tables of a release, derived from its records."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from extract.record.model import ENTITY_FIELDS
from extract.record.surface import fold

Row = dict[str, Any]


def _links(record: Row, field: str) -> list[tuple[str, str]]:
    """``(folded form, entity_id)`` of all forms of a paper's entities of one type, longest first."""
    forms = [(fold(n), e["entity_id"]) for e in record[field] for n in (e["name"], *e["aliases"])]
    return sorted((f for f in forms if f[0]), key=lambda f: (-len(f[0]), f))


def link(piece: str | None, forms: list[tuple[str, str]]) -> str | None:
    """The entity that a verbatim piece names: the same after folding, else the longest whole words in it."""
    if not piece:
        return None
    folded = fold(piece)
    for form, entity_id in forms:
        if form == folded:
            return entity_id
    padded = f" {folded} "
    return next((entity_id for form, entity_id in forms if f" {form} " in padded), None)


def _head(record: Row) -> Row:
    published = record["published"]
    year = int(published[:4]) if published else None
    return {k: record[k] for k in ("paper_id", "title", "arxiv_id", "published")} | {"year": year}


def _ids(record: Row, field: str) -> list[str]:
    return [e["entity_id"] for e in record[field]]


def speedup_rows(record: Row) -> Iterator[Row]:
    """The rows of the speedups table that a record gives."""
    methods = _links(record, "methods")
    for claim in record["speedups"]:
        yield (
            _head(record)
            | claim
            | {
                "method_id": link(claim["method"], methods),
                "baseline_id": link(claim["baseline"], methods),
                "paper_datasets": _ids(record, "datasets"),
                "paper_methods": _ids(record, "methods"),
                "paper_tasks": _ids(record, "tasks"),
            }
        )


def result_rows(record: Row) -> Iterator[Row]:
    """The rows of the results table that a record gives."""
    methods, metrics, datasets = (_links(record, f) for f in ("methods", "metrics", "datasets"))
    for claim in record["results"]:
        yield (
            _head(record)
            | claim
            | {
                "method_id": link(claim["method"], methods),
                "baseline_id": link(claim["baseline"], methods),
                "metric_id": link(claim["metric"], metrics),
                "dataset_id": link(claim["dataset"], datasets),
                "paper_methods": _ids(record, "methods"),
                "paper_tasks": _ids(record, "tasks"),
            }
        )


def mention_rows(record: Row) -> Iterator[Row]:
    """The rows of the mentions table that a record gives, in the order of the text."""
    rows = []
    for field, kind in ENTITY_FIELDS.items():
        for entity in record[field]:
            for mention in entity["mentions"]:
                head = {
                    "paper_id": record["paper_id"],
                    "entity_id": entity["entity_id"],
                    "type": kind,
                    "name": entity["name"],
                    "role": entity["role"],
                }
                rows.append(head | mention)
    rows.sort(key=lambda r: (r["field"] != "title", r["start"], r["end"]))
    yield from rows


class Entities:
    """Gathers the entities table over all records."""

    def __init__(self) -> None:
        self.names: dict[str, Counter[str]] = defaultdict(Counter)
        self.papers: Counter[str] = Counter()
        self.mentions: Counter[str] = Counter()
        self.proposed: dict[str, list[str]] = defaultdict(list)
        self.first: dict[str, str] = {}

    def add(self, record: Row) -> None:
        """Counts the entities of a record."""
        for field in ENTITY_FIELDS:
            for entity in record[field]:
                key = entity["entity_id"]
                self.papers[key] += 1
                self.mentions[key] += len(entity["mentions"])
                self.names[key][entity["name"]] += 1
                for alias in entity["aliases"]:
                    self.names[key][alias] += 0
                if entity["role"] == "proposed":
                    self.proposed[key].append(record["paper_id"])
                day = record["published"]
                if day:
                    self.first[key] = min(day, self.first.get(key, day))

    def rows(self) -> Iterator[Row]:
        """The rows of the table, sorted by entity_id."""
        for key in sorted(self.papers):
            names = self.names[key]
            best = min(names, key=lambda n: (-names[n], -len(n), n))
            yield {
                "entity_id": key,
                "type": key.split("/", 1)[0],
                "name": best,
                "aliases": sorted(set(names) - {best}),
                "papers": self.papers[key],
                "proposed_in": sorted(self.proposed[key]),
                "mentions": self.mentions[key],
                "first_seen": self.first.get(key),
            }


ROWS = {"speedups": speedup_rows, "results": result_rows, "mentions": mention_rows}


def derive(records: Iterable[Row]) -> dict[str, list[Row]]:
    """The rows of all flat tables, in their order, from records in the order of their ids."""
    tables: dict[str, list[Row]] = {name: [] for name in ROWS}
    entities = Entities()
    for record in records:
        for name, rows in ROWS.items():
            tables[name] += rows(record)
        entities.add(record)
    tables["entities"] = list(entities.rows())
    return tables
