"""Time, bytes and row groups of typical queries over a synthetic release of a million papers.

python benchmarks/queries.py [--papers 1000000] [--rounds 5] [--keep FOLDER]
    [--without-blooms] [--all-dictionaries] [--papers-a-group 10000]   # another layout, to compare

One thread each, files in the system's cache, a fresh connection for every run. Milliseconds are the clock's and, in
brackets, the processor's, which a busy machine changes less. Bytes and row groups are DuckDB's own account of what it
read, footers included: a longer session reads those once.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("POLARS_MAX_THREADS", "1")  # read when Polars is imported

import duckdb
import polars as pl
import synthetic

from extract.publish import parquet

SOURCE = Path(__file__).resolve().parents[1] / "releases" / "2026.11"
SPECULATIVE, DETECTION, COCO = "method/speculative-decoding", "task/object-detection", "dataset/coco"

Query = tuple[str, str, Callable[[Callable[[str], pl.LazyFrame], dict[str, Any]], pl.LazyFrame]]
QUERIES: list[Query] = [
    (
        "a paper by id",
        "SELECT title, published, url FROM papers WHERE paper_id = $paper",
        lambda t, p: t("papers").filter(pl.col("paper_id") == p["paper"]).select("title", "published", "url"),
    ),
    (
        "a whole nested record by id",
        "SELECT * FROM papers WHERE paper_id = $paper",
        lambda t, p: t("papers").filter(pl.col("paper_id") == p["paper"]),
    ),
    (
        "the mentions of a paper, with its title",
        "SELECT entity_id, field, start, title FROM mentions JOIN papers USING (paper_id) WHERE paper_id = $paper",
        lambda t, p: (
            t("mentions")
            .filter(pl.col("paper_id") == p["paper"])
            .join(t("papers").filter(pl.col("paper_id") == p["paper"]).select("paper_id", "title"), on="paper_id")
            .select("entity_id", "field", "start", "title")
        ),
    ),
    (
        "an entity by id",
        "SELECT name, aliases, papers FROM entities WHERE entity_id = $rare",
        lambda t, p: t("entities").filter(pl.col("entity_id") == p["rare"]).select("name", "aliases", "papers"),
    ),
    (
        "the papers that name a rare entity",
        "SELECT DISTINCT paper_id FROM mentions WHERE entity_id = $rare",
        lambda t, p: t("mentions").filter(pl.col("entity_id") == p["rare"]).select("paper_id").unique(),
    ),
    (
        "how many papers name a frequent entity",
        "SELECT count(DISTINCT paper_id) FROM mentions WHERE entity_id = $frequent",
        lambda t, p: t("mentions").filter(pl.col("entity_id") == p["frequent"]).select(pl.col("paper_id").n_unique()),
    ),
    (
        "speedups of a task by year",
        "SELECT year, count(*), median(factor) FROM speedups WHERE list_contains(paper_tasks, $task) GROUP BY year",
        lambda t, p: (
            t("speedups")
            .filter(pl.col("paper_tasks").list.contains(p["task"]))
            .group_by("year")
            .agg(pl.len(), pl.col("factor").median())
        ),
    ),
    (
        "claims by quantity and value",
        "SELECT paper_id, factor FROM speedups WHERE quantity = 'size' AND factor > 2 AND score > 0.5",
        lambda t, p: (
            t("speedups")
            .filter(pl.col("quantity") == "size", pl.col("factor") > 2, pl.col("score") > 0.5)
            .select("paper_id", "factor")
        ),
    ),
    (
        "best claim against each baseline, with its name",
        """SELECT name, max(factor), count(*) FROM speedups JOIN entities ON entity_id = baseline_id
           WHERE quantity = 'time' AND list_contains(paper_methods, $frequent) GROUP BY entity_id, name""",
        lambda t, p: (
            t("speedups")
            .filter(pl.col("quantity") == "time", pl.col("paper_methods").list.contains(p["frequent"]))
            .drop_nulls("baseline_id")
            .group_by("baseline_id")
            .agg(pl.col("factor").max(), claims=pl.len())
            .join(t("entities").select("entity_id", "name"), left_on="baseline_id", right_on="entity_id")
            .select("name", "factor", "claims")
        ),
    ),
    (
        "leaderboard of a dataset and metric",
        """SELECT method, value, paper_id FROM results
           WHERE dataset_id = $dataset AND metric_id = 'metric/ap' AND form = 'absolute'
           ORDER BY value DESC LIMIT 20""",
        lambda t, p: (
            t("results")
            .filter(
                pl.col("dataset_id") == p["dataset"], pl.col("metric_id") == "metric/ap", pl.col("form") == "absolute"
            )
            .select("method", "value", "paper_id")
            .sort("value", descending=True)
            .head(20)
        ),
    ),
    (
        "entities first seen in a month",
        "SELECT entity_id, papers FROM entities WHERE first_seen >= '2025-12-01' ORDER BY papers DESC LIMIT 20",
        lambda t, p: (
            t("entities")
            .filter(pl.col("first_seen") >= "2025-12-01")
            .select("entity_id", "papers")
            .sort("papers", descending=True)
            .head(20)
        ),
    ),
    (
        "which datasets go with one",
        """SELECT id, count(*) AS papers
           FROM (SELECT unnest(ids) AS id
                 FROM (SELECT list_transform(datasets, lambda d: d.entity_id) AS ids FROM papers)
                 WHERE list_contains(ids, $dataset))
           WHERE id <> $dataset GROUP BY id ORDER BY papers DESC LIMIT 20""",
        lambda t, p: (
            t("papers")
            .select(id=pl.col("datasets").list.eval(pl.element().struct.field("entity_id")))
            .filter(pl.col("id").list.contains(p["dataset"]))
            .explode("id")
            .filter(pl.col("id") != p["dataset"])
            .group_by("id")
            .agg(papers=pl.len())
            .sort("papers", descending=True)
            .head(20)
        ),
    ),
]


def connect(release: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET threads = 1; SET memory_limit = '2GB'")
    for table in synthetic.TABLES:
        connection.execute(f"CREATE VIEW {table} AS FROM '{release}/{table}/*.parquet'")
    return connection


def timed(work: Callable[[], Any], rounds: int) -> str:
    """Median milliseconds, and those of them that the processor worked for us."""
    wall, worked = [], []
    for _ in range(rounds):
        begin, own = time.perf_counter(), time.process_time()
        work()
        worked.append(time.process_time() - own)
        wall.append(time.perf_counter() - begin)
    return f"{statistics.median(wall) * 1e3:,.0f} ({statistics.median(worked) * 1e3:,.0f})"


def in_duckdb(release: Path, sql: str, values: dict[str, Any]) -> int:
    """Rows of the answer."""
    used = {name: value for name, value in values.items() if f"${name}" in sql}
    with connect(release) as connection:
        return len(connection.execute(sql, used).fetchall())


def touched(release: Path, sql: str, values: dict[str, Any], folder: Path) -> tuple[int, int, int]:
    """Bytes read, row groups scanned and row groups of the tables, from DuckDB's profile."""
    used = {name: value for name, value in values.items() if f"${name}" in sql}
    output = folder / "profile.json"
    with connect(release) as connection:
        connection.execute("PRAGMA enable_profiling = 'json'")
        connection.execute(f"PRAGMA profiling_output = '{output}'")
        connection.execute(sql, used).fetchall()
    profile = json.loads(output.read_text())
    query = profile["query"]
    read = profile["io"]["total_bytes_read"]
    return read, query["total_row_groups_scanned"], query["total_row_groups_to_scan"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--papers", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="where the release is kept, and taken from where it is there already")
    parser.add_argument("--without-blooms", action="store_true", help="write no bloom filters, to see what they save")
    parser.add_argument(
        "--all-dictionaries", action="store_true", help="dictionaries also where each value stands once"
    )
    parser.add_argument("--papers-a-group", type=int, default=parquet.ROW_GROUP["papers"])
    options = parser.parse_args()
    parquet.ROW_GROUP["papers"] = options.papers_a_group
    if options.without_blooms:
        parquet.BLOOMS.clear()
    if options.all_dictionaries:
        parquet.UNIQUE.clear()
    with tempfile.TemporaryDirectory(prefix="glean-queries-") as scratch:
        release = options.keep or Path(scratch) / "release"
        if not (release / "papers").exists():
            try:
                synthetic.write(SOURCE, release, options.papers)
            except BaseException:
                shutil.rmtree(release, ignore_errors=True)
                raise
        measure(release, options.rounds, Path(scratch))


def measure(release: Path, rounds: int, scratch: Path) -> None:
    """Prints the tables of files and queries."""
    import pyarrow.parquet as pq

    print("| table | rows | MB | row groups | footer, kB |\n| --- | ---: | ---: | ---: | ---: |")
    for table in synthetic.TABLES:
        path = release / table / "train.parquet"
        footer = pq.read_metadata(path)
        size, kilobytes = path.stat().st_size / 1e6, footer.serialized_size / 1e3
        print(f"| {table} | {footer.num_rows:,} | {size:,.1f} | {footer.num_row_groups} | {kilobytes:,.0f} |")

    def scan(table: str) -> pl.LazyFrame:
        return pl.scan_parquet(release / table / "*.parquet")

    ids = scan("papers").select("paper_id").collect()["paper_id"]
    names = scan("entities").filter(pl.col("papers") == 3).select("entity_id").head(1000).collect()["entity_id"]
    values = {"paper": ids[len(ids) // 3], "rare": names[-1]}
    values |= {"frequent": SPECULATIVE, "task": DETECTION, "dataset": COCO}
    print("\n| query | rows | DuckDB, ms (CPU) | Polars, ms (CPU) | MB read | row groups read |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, sql, lazy in QUERIES:
        rows = in_duckdb(release, sql, values)
        in_polars = lazy(scan, values).collect().height
        if rows != in_polars or not rows:
            raise AssertionError(
                f"{name}: {rows} rows with DuckDB, {in_polars} with Polars (wanted: as many, and some)"
            )
        read, groups, of = touched(release, sql, values, scratch)
        duck = timed(lambda sql=sql: in_duckdb(release, sql, values), rounds)
        pola = timed(lambda lazy=lazy: lazy(scan, values).collect(), rounds)
        print(f"| {name} | {rows:,} | {duck} | {pola} | {read / 1e6:,.1f} | {groups} of {of} |")
    print(f"\npeak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB")


if __name__ == "__main__":
    main()
