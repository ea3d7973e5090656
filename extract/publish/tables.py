"""From records to the tables of a release: part by part, joined without holding them.

A part is what a number of records give, sorted by id: a table for each of papers, speedups, results and mentions, and
the tallies of their entities. Parts whose ids follow one another are the release when they are written one behind the
other; only the tallies, which speak of the same entities in many parts, have to be merged.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import count
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from extract.publish.parquet import TableWriter
from extract.publish.place import PublishError
from extract.record.arrow import arrow_schema
from extract.record.batches import batches
from extract.record.derive import ROWS, Entities, entity_row, united
from extract.record.tables import TABLES

TALLIES = "tallies"
PARTS = ("papers", *ROWS, TALLIES)
TALLY = pa.schema(
    {
        "entity_id": pa.string(),
        "names": pa.list_(pa.string()),
        "counts": pa.list_(pa.int64()),
        "papers": pa.int64(),
        "mentions": pa.int64(),
        "proposed_in": pa.list_(pa.string()),
        "first_seen": pa.string(),
    }
)
FAN_IN = 64  # sorted files that are merged at once: each is open and holds a batch
_BATCH = 512

Row = dict[str, Any]
Part = Mapping[str, pa.Table]


def part_of(records: Sequence[Row]) -> dict[str, pa.Table]:
    """The part that records give.

    Args:
        records: as they are published, sorted by ``paper_id``.
    """
    rows: dict[str, list[Row]] = {table: [] for table in ROWS}
    entities = Entities()
    for record in records:
        for table, derived in ROWS.items():
            rows[table] += derived(record)
        entities.add(record)
    part = {"papers": pa.Table.from_pylist(list(records), schema=arrow_schema("papers"))}
    for table, found in rows.items():
        part[table] = pa.Table.from_pylist(found, schema=arrow_schema(table))
    part[TALLIES] = pa.Table.from_pylist(list(entities.tallies()), schema=TALLY)
    return part


class Tables:
    """Writes the tables of a release from its parts, in the order of their ids.

    Attributes:
        rows: the number of rows of each table, once it is closed.
        models: the trained models that made the records.

    Raises:
        PublishError: an id stands twice, or parts are not in the order of their ids.
    """

    def __init__(self, folder: Path) -> None:
        self.rows: dict[str, int] = {}
        self.models: set[str] = set()
        self._folder = folder
        self._runs = folder / ".runs"
        self._runs.mkdir()
        self._numbers = count()
        self._tallies: list[Path] = []
        self._last = ""
        self._open = ExitStack()
        self._tables = {t: self._open.enter_context(TableWriter(folder / t / "train.parquet", t)) for t in TABLES}

    def add(self, part: Part, tallies: Path | None = None) -> None:
        """Writes a part.

        Args:
            part: its tables.
            tallies: a Parquet file of its tallies, if there is one already; it is read later, and left.
        """
        papers = part["papers"]
        if not papers.num_rows:
            return
        for key in papers.column("paper_id").to_pylist():
            if key <= self._last:
                raise PublishError(f"the paper_id {key!r} stands twice (allowed: each id once)")
            self._last = key
        for table in ("papers", *ROWS):
            self._tables[table].add(part[table])
        models = pc.unique(pc.struct_field(papers.column("extractor"), "model")).to_pylist()
        self.models.update(model for model in models if model)
        self._tallies.append(tallies or self._run(part[TALLIES].to_pylist()))

    def _run(self, tallies: Iterable[Row]) -> Path:
        path = self._runs / f"{next(self._numbers)}.parquet"
        with pq.ParquetWriter(path, TALLY, compression="zstd", compression_level=1, write_statistics=False) as writer:
            for batch in batches(tallies, _BATCH):
                writer.write_table(pa.Table.from_pylist(batch, schema=TALLY))
        return path

    def _entities(self) -> Iterator[Row]:
        """All tallies, one for each entity: an external merge sort (Knuth, TAOCP vol. 3, 5.4) of sorted files."""
        runs, made = self._tallies, False
        while len(runs) > FAN_IN:
            merged = [self._run(_merged(runs[n : n + FAN_IN])) for n in range(0, len(runs), FAN_IN)]
            for path in runs if made else ():
                path.unlink()
            runs, made = merged, True
        yield from _merged(runs)

    def __enter__(self) -> Tables:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._open:
            if kind is None:
                for batch in batches(map(entity_row, self._entities()), _BATCH):
                    self._tables["entities"].add(pa.Table.from_pylist(batch, schema=arrow_schema("entities")))
                for path in self._runs.iterdir():
                    path.unlink()
                self._runs.rmdir()
            else:
                self._open.pop_all().__exit__(kind, error, trace)
        self.rows = {name: table.count for name, table in self._tables.items()}


def _merged(runs: Sequence[Path]) -> Iterator[Row]:
    with ExitStack() as stack:
        files = [stack.enter_context(pq.ParquetFile(path, pre_buffer=False)) for path in runs]
        yield from united(heapq.merge(*map(_rows, files), key=itemgetter("entity_id")))


def _rows(file: pq.ParquetFile) -> Iterator[Row]:
    for batch in file.iter_batches(batch_size=_BATCH):
        yield from batch.to_pylist()
