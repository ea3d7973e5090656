"""The flat tables of a release, derived from its records."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
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
    if not record["speedups"]:
        return
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
    if not record["results"]:
        return
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
    """Gathers the entities of some records: as rows of the entities table, or as tallies to be united with others."""

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

    def tallies(self) -> Iterator[Row]:
        """What was counted of each entity (names with how often each is *the* name of a paper), sorted by entity_id."""
        for key in sorted(self.papers):
            names = self.names[key]
            yield {
                "entity_id": key,
                "names": list(names),
                "counts": list(names.values()),
                "papers": self.papers[key],
                "mentions": self.mentions[key],
                "proposed_in": self.proposed.get(key, []),
                "first_seen": self.first.get(key),
            }

    def rows(self) -> Iterator[Row]:
        """The rows of the table, sorted by entity_id."""
        return map(entity_row, self.tallies())


def united(tallies: Iterable[Row]) -> Iterator[Row]:
    """One tally for each entity from those of several sets of records; both sorted by entity_id."""
    for _, group in groupby(tallies, key=itemgetter("entity_id")):
        same = list(group)
        yield same[0] if len(same) == 1 else _sum(same)


def _sum(tallies: list[Row]) -> Row:
    names: Counter[str] = Counter()
    for tally in tallies:
        for name, count in zip(tally["names"], tally["counts"], strict=True):
            names[name] += count
    return {
        "entity_id": tallies[0]["entity_id"],
        "names": list(names),
        "counts": list(names.values()),
        "papers": sum(tally["papers"] for tally in tallies),
        "mentions": sum(tally["mentions"] for tally in tallies),
        "proposed_in": [paper for tally in tallies for paper in tally["proposed_in"]],
        "first_seen": min((tally["first_seen"] for tally in tallies if tally["first_seen"]), default=None),
    }


def entity_row(tally: Row) -> Row:
    """The row of the entities table that the tally of all records gives."""
    names = dict(zip(tally["names"], tally["counts"], strict=True))
    best = min(names, key=lambda n: (-names[n], -len(n), n))
    return {
        "entity_id": tally["entity_id"],
        "type": tally["entity_id"].split("/", 1)[0],
        "name": best,
        "aliases": sorted(set(names) - {best}),
        "papers": tally["papers"],
        "proposed_in": sorted(tally["proposed_in"]),
        "mentions": tally["mentions"],
        "first_seen": tally["first_seen"],
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
