"""What the report shows, read from the tables of a release.

The page gets each thing once: papers with their entities and claims, entities by their place in one list. What is null
is left out. Counts are of the whole release, also where it has more papers than a page can carry.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import polars as pl

from extract.publish.place import PublishError
from extract.publish.report.quality import measured
from extract.record.model import ENTITY_FIELDS

# A browser opens this many papers (20 to 50 MB) in two or three seconds; those with the most claims are chosen.
MAX_PAPERS = 20_000
TOP = 12  # entities of each type in the plots
_YEAR = pl.col("published").str.slice(0, 4).cast(pl.Int32)
_PASSES = {"rule": 1, "ner": 2, "curated": 4}
_LINKS = ("method_id", "baseline_id", "metric_id", "dataset_id")
# what a claim's row repeats of its paper, which the page has
_OF_PAPER = {"paper_id", "title", "arxiv_id", "published", "year", "paper_methods", "paper_tasks", "paper_datasets"}

Row = dict[str, Any]


class ReportError(PublishError):
    """A report cannot be made; the message is one line."""


def gather(
    folder: Path, manifest: dict[str, Any], quality: dict[str, Any] | None, *, limit: int = MAX_PAPERS
) -> dict[str, Any]:
    """What the report of a release shows.

    Args:
        folder: the release; its tables are there.
        manifest: its manifest; the files are not needed.
        quality: measured quality as ``glean evaluate`` writes it, or ``None`` where it was not measured.
        limit: how many papers the page carries at most.

    Raises:
        ReportError: a table cannot be read, or has not the columns of this version.
    """
    try:
        return _gather(folder, manifest, quality, limit)
    except (pl.exceptions.PolarsError, OSError) as error:
        first = next(iter(str(error).splitlines()), type(error).__name__)
        raise ReportError(f"{folder}: its tables cannot be read ({first})") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"{type(error).__name__} {error}"
        raise ReportError(f"{folder}: its manifest or tables are not of this version ({what})") from error


def _gather(folder: Path, manifest: dict[str, Any], quality: dict[str, Any] | None, limit: int) -> dict[str, Any]:
    tables = {t: pl.scan_parquet(folder / t / "*.parquet") for t in ("papers", "speedups", "results", "entities")}
    entities = tables["entities"]
    kinds = dict(_collected(entities.group_by("type").len()).iter_rows())
    papers = _shown(tables["papers"], limit)
    named = sorted({e["entity_id"] for f in ENTITY_FIELDS for row in papers[f] for e in row})
    place = {entity_id: n for n, entity_id in enumerate(named)}
    claims = {t: _claims(tables[t], papers, place) for t in ("speedups", "results")}
    years = _years(tables["papers"])
    top = _top(entities)
    return {
        "release": {
            "version": str(manifest["release"]),
            "glean": str(manifest["glean"]),
            "model": _models(manifest["model"]),
            "schema": str(manifest["schema_version"]),
            "with_text": bool(manifest["with_text"]),
        },
        "counts": {
            **{name: int(manifest["counts"][name]) for name in ("entries", "papers", "repeated", "rejects")},
            **{name: int(manifest["rows"][name]) for name in ("speedups", "results", "mentions", "entities")},
            **{f: int(kinds.get(kind, 0)) for f, kind in ENTITY_FIELDS.items()},
            "shown": papers.height,
        },
        "years": years,
        "top": top,
        "trends": _trends(tables["papers"], [row["id"] for rows in top.values() for row in rows], dict(years)),
        "entities": [
            _entity(row)
            for row in _collected(entities.filter(pl.col("entity_id").is_in(named)).sort("entity_id")).iter_rows(
                named=True
            )
        ],
        "papers": [
            _paper(row, place, claims["speedups"][row["paper_id"]], claims["results"][row["paper_id"]])
            for row in papers.iter_rows(named=True)
        ],
        "quality": measured(quality),
    }


def _collected(query: pl.LazyFrame) -> pl.DataFrame:
    """The rows of a query, gone through in pieces: a release may be larger than the memory."""
    return query.collect(engine="streaming")


def _models(model: str | list[str] | None) -> str | None:
    return ", ".join(model) if isinstance(model, list) else model


def _shown(papers: pl.LazyFrame, limit: int) -> pl.DataFrame:
    """The papers that the page carries, sorted by id; where there are too many, those with the most claims."""
    claims = pl.col("speedups").list.len() + pl.col("results").list.len()
    ids = papers.select("paper_id", claims=claims).sort("claims", "paper_id", descending=[True, False]).head(limit)
    columns = [c for c in papers.collect_schema().names() if c not in ("speedups", "results", "extractor")]
    return _collected(papers.select(columns).join(ids, on="paper_id", how="semi").sort("paper_id"))


def _claims(table: pl.LazyFrame, papers: pl.DataFrame, place: dict[str, int]) -> dict[str, list[Row]]:
    """The claims of the papers, in the order of the text, without what is null."""
    found: dict[str, list[Row]] = defaultdict(list)
    ids = papers.lazy().select("paper_id")
    rows = _collected(table.join(ids, on="paper_id", how="semi", maintain_order="left"))
    order = ("paper_id", pl.col("field") == "abstract", "start", "end")
    for row in rows.sort(*order, maintain_order=True).iter_rows(named=True):
        kept = {key: value for key, value in row.items() if key not in _OF_PAPER and value is not None}
        kept |= {key: place[kept[key]] for key in _LINKS if key in kept}
        kept["passes"] = _passes(row["passes"])
        for key in ("factor", "factor_high"):
            if key in kept:
                kept[key] = float(f"{kept[key]:.6g}")
        found[row["paper_id"]].append(kept)
    return found


def _years(papers: pl.LazyFrame) -> list[tuple[int, int]]:
    """``(year, papers)`` of the papers that have a date."""
    dated = papers.filter(pl.col("published").is_not_null()).select(year=_YEAR)
    return list(_collected(dated.group_by("year").len().sort("year")).iter_rows())


def _top(entities: pl.LazyFrame) -> dict[str, list[Row]]:
    """The entities of each type that most papers name."""
    order = ("papers", "mentions", "entity_id")
    columns = {"id": "entity_id", "name": "name", "papers": "papers"}
    found = {}
    for field, kind in ENTITY_FIELDS.items():
        first = entities.filter(pl.col("type") == kind).select("name", *order)
        first = first.sort(*order, descending=[True, True, False]).head(TOP)
        found[field] = _collected(first).select(**columns).to_dicts()
    return found


def _trends(papers: pl.LazyFrame, ids: list[str], years: dict[int, int]) -> dict[str, list[tuple[int, int]]]:
    """``(year, papers)`` of entities."""
    if not years or not ids:
        return {}
    named = pl.concat_list(pl.col(f).list.eval(pl.element().struct.field("entity_id")) for f in ENTITY_FIELDS)
    rows = _collected(
        papers.filter(pl.col("published").is_not_null())
        .select(year=_YEAR, entity_id=named)
        .explode("entity_id")
        .filter(pl.col("entity_id").is_in(ids))
        .group_by("entity_id", "year")
        .len()
        .sort("entity_id", "year")
    )
    found: dict[str, list[tuple[int, int]]] = {}
    for entity_id, year, count in rows.iter_rows():
        found.setdefault(entity_id, []).append((year, count))
    return found


def _passes(names: Iterable[str]) -> int:
    return sum(_PASSES[name] for name in names)


def _entity(row: Row) -> list[Any]:
    proposed = len(row["proposed_in"])
    return [row["entity_id"], row["name"], row["papers"], row["mentions"], proposed, row["first_seen"], row["aliases"]]


def _paper(row: Row, place: dict[str, int], speedups: list[Row], results: list[Row]) -> Row:
    own = {
        "id": row["paper_id"],
        "title": row["title"],
        "abstract": row["abstract"],
        "chars": row["abstract_chars"],
        "arxiv": row["arxiv_id"],
        "doi": row["doi"],
        "url": row["url"],
        "published": row["published"],
        "categories": row["categories"],
        "authors": row["authors"],
        "sources": [[s["document"], s["position"], s["listed"]] for s in row["sources"]],
        "entities": [
            [place[e["entity_id"]], e["name"], e["aliases"], int(e["role"] == "proposed"), _mentions(e["mentions"])]
            for field in ENTITY_FIELDS
            for e in row[field]
        ],
        "speedups": speedups,
        "results": results,
    }
    return {key: value for key, value in own.items() if value not in (None, [])}


def _mentions(mentions: list[Row]) -> list[list[Any]]:
    return [[int(m["field"] == "abstract"), m["start"], m["end"], _passes(m["passes"]), m["score"]] for m in mentions]
