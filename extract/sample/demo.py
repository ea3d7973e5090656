"""What ``make demo`` shows: what a release holds, a few of its claims, where its files are, how to query them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console
from rich.table import Table

_SIGNS = {"up_to": "≤ ", "at_least": "≥ ", "about": "~", "average": "avg ", "exact": ""}


def _number(row: dict[str, Any]) -> str:
    high = f"-{row['value_high']:g}" if row["value_high"] is not None else ""
    unit = "x" if row["form"] == "ratio" else " %"
    return f"{_SIGNS[row['bound']]}{row['value']:g}{high}{unit}"


def show(release: Path, console: Console) -> None:
    """Prints counts, the largest speedups, the most frequent entities, the files and two queries."""
    tables = {name: pl.read_parquet(release / name / "*.parquet") for name in ("papers", "speedups", "results")}
    entities = pl.read_parquet(release / "entities" / "*.parquet")
    console.print(f"\n[bold]{release}[/] (invented papers: the bundled sample)")
    console.print(
        f"{tables['papers'].height} papers, {tables['speedups'].height} speedups, "
        f"{tables['results'].height} results, {entities.height} entities"
    )
    claims = tables["speedups"].sort("factor", "paper_id", "start", descending=[True, False, False], nulls_last=True)
    grid = Table("claim", "of", "when", "method", "against", "score", title="Largest reported speedups")
    for row in claims.head(8).iter_rows(named=True):
        cells = (row["quantity"], row["phase"] or "", row["method"] or "", row["baseline"] or "", f"{row['score']:.2f}")
        grid.add_row(_number(row), *cells)
    console.print(grid)
    top = entities.sort("papers", "entity_id", descending=[True, False]).head(8)
    grid = Table("entity", "type", "papers", title="Most frequent entities")
    for row in top.iter_rows(named=True):
        grid.add_row(row["name"], row["type"], str(row["papers"]))
    console.print(grid)
    console.print("Query it:", style="bold")
    console.print(f'  datasets.load_dataset("{release}", "speedups", split="train")', markup=False, soft_wrap=True)
    query = f'  polars.scan_parquet("{release}/speedups/*.parquet").filter(pl.col("factor") > 2).collect()'
    console.print(query, markup=False, soft_wrap=True)
    console.print(f"Files: {release}/README.md is the dataset card; docs/ says more.", markup=False, soft_wrap=True)


if __name__ == "__main__":
    show(Path(sys.argv[1]), Console())
