"""A large synthetic release: the papers of a real one over and over, with ids, dates and rare names of their own.

Every paper is a draw from the source release. 60 % get an arXiv id and its month as date, the others a title hash.
Entities that only one source paper names are divided over many (as if each group of papers had named its own), so that
there are few frequent and very many rare ones, as in a real release of that size. Titles, values and offsets repeat, so
files are smaller than real ones; what queries have to find, skip and join is as in a real one.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from extract.publish.parquet import ROW_GROUP, open_writer
from extract.record import ENTITY_FIELDS, TABLES, arrow_schema

Ints = NDArray[np.int64]
_PAPERS_A_GROUP = 1_700  # of new papers for one set of rare names: some five papers name each
_CHUNK = 20_000


class _Source:
    """The tables of the source release, and where the rows of each paper stand."""

    def __init__(self, release: Path) -> None:
        self.tables = {t: pq.read_table(release / t).combine_chunks() for t in TABLES}
        ids = self.tables["papers"]["paper_id"]
        self.papers = len(ids)
        self.bounds = {}
        for table in ("speedups", "results", "mentions"):
            owner = pc.index_in(self.tables[table]["paper_id"], ids.combine_chunks()).to_numpy()
            self.bounds[table] = np.searchsorted(owner, np.arange(self.papers + 1))
        self.entity_ids = self.tables["entities"]["entity_id"].combine_chunks()
        self.rare = self.tables["entities"]["papers"].to_numpy() == 1

    def rows(self, table: str, drawn: Ints) -> tuple[pa.Table, Ints]:
        """The rows of drawn papers, and which draw each belongs to."""
        bounds = self.bounds[table]
        lengths = bounds[drawn + 1] - bounds[drawn]
        owner = np.repeat(np.arange(len(drawn)), lengths)
        within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return self.tables[table].take(pa.array(bounds[drawn][owner] + within)), owner


def _paper_ids(papers: int, random: np.random.Generator) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Sorted ``paper_id``, with ``arxiv_id`` and ``published``."""
    known = round(papers * 0.6)
    months = [f"{year:02}{month:02}" for year in range(15, 26) for month in range(1, 13)]
    each = -(-known // len(months))
    arxiv = [f"{months[i // each]}.{i % each:05}" for i in range(known)]
    days = [f"20{i[:2]}-{i[2:4]}-{d:02}" for i, d in zip(arxiv, random.integers(1, 29, known), strict=True)]
    hashed = sorted(f"title:{hashlib.sha256(str(i).encode()).hexdigest()[:16]}" for i in range(papers - known))
    nulls = [None] * len(hashed)
    ids = [f"arxiv:{i}" for i in arxiv] + hashed
    return pa.array(ids), pa.array(arxiv + nulls), pa.array(days + nulls)


class _Names:
    """Entity ids of the new papers: rare ones get the number of the paper's group."""

    def __init__(self, source: _Source, groups: int) -> None:
        self.source, self.groups = source, groups

    def codes(self, ids: pa.Array, group: Ints) -> Ints:
        """A number for each (entity, group)."""
        found = pc.index_in(ids, self.source.entity_ids).to_numpy(zero_copy_only=False).astype(np.int64)
        return np.where(self.source.rare[found], found * self.groups + group, found * self.groups)

    def ids(self, codes: Ints) -> pa.Array:
        entity, group = codes // self.groups, codes % self.groups
        own = pc.binary_join_element_wise("-", pa.array(group).cast(pa.string()), "")
        suffix = pc.if_else(pa.array(self.source.rare[entity] & (group > 0)), own, "")
        return pc.binary_join_element_wise(self.source.entity_ids.take(pa.array(entity)), suffix, "")

    def rename(self, column: pa.Array, group: Ints) -> pa.Array:
        """Ids, lists of ids and lists of entities with new ids; ``group`` has one number for each row."""
        if pa.types.is_list(column.type):
            parents = pc.list_parent_indices(column).to_numpy()
            values = self.rename(pc.list_flatten(column), group[parents])
            lengths = pc.list_value_length(column).to_numpy(zero_copy_only=False)
            offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())
            return pa.ListArray.from_arrays(offsets, values, type=column.type)
        if pa.types.is_struct(column.type):
            parts = [column.field(i) for i in range(column.type.num_fields)]
            return pa.StructArray.from_arrays([self.rename(parts[0], group), *parts[1:]], fields=list(column.type))
        there = pc.is_valid(column)
        new = self.ids(self.codes(column.filter(there), group[there.to_numpy(zero_copy_only=False)]))
        if len(new) == len(column):
            return new
        return pc.replace_with_mask(column, there, new)


def _put(table: pa.Table, **columns: pa.Array) -> pa.Table:
    for name, column in columns.items():
        if name in table.column_names:
            table = table.set_column(table.column_names.index(name), table.schema.field(name), column)
    return table


def write(release: Path, folder: Path, papers: int, seed: int = 1) -> dict[str, int]:
    """Writes a release of ``papers`` papers (tables only), and returns the rows of each table."""
    source, random = _Source(release), np.random.default_rng(seed)
    ids, arxiv, published = _paper_ids(papers, random)
    drawn, groups = random.integers(0, source.papers, papers), max(1, papers // _PAPERS_A_GROUP)
    group, names = random.integers(0, groups, papers), _Names(source, groups)
    gathered = _Gathered(source, names)
    counts = dict.fromkeys(TABLES, 0)
    for table in TABLES:
        (folder / table).mkdir(parents=True)
    waiting: dict[str, list[pa.Table]] = {t: [] for t in TABLES}
    writers = {t: open_writer(folder / t / "train.parquet", t, ROW_GROUP[t]) for t in TABLES}

    def put(name: str, rows: pa.Table | None) -> None:
        """Writes whole row groups; the last rows when there is nothing more (``None``)."""
        if rows is not None:
            counts[name] += rows.num_rows
            waiting[name].append(rows.cast(arrow_schema(name)))
        size = ROW_GROUP[name]
        held = sum(t.num_rows for t in waiting[name])
        ready = held if rows is None else held - held % size
        if ready:
            joined = pa.concat_tables(waiting[name]).combine_chunks()
            writers[name].write_table(joined.slice(0, ready), row_group_size=size)
            waiting[name] = [joined.slice(ready)]

    for start in range(0, papers, _CHUNK):
        part = slice(start, min(start + _CHUNK, papers))
        length = part.stop - part.start
        head = [a.slice(part.start, length) for a in (ids, arxiv, published)]
        rows = source.tables["papers"].take(pa.array(drawn[part]))
        number = pa.array(np.arange(part.start, part.stop)).cast(pa.string())
        title = pc.binary_join_element_wise(rows["title"].combine_chunks(), number, " ")
        hashes = pa.array([hashlib.sha256(n.encode()).hexdigest() for n in number.to_pylist()])
        fields = {f: names.rename(rows[f].combine_chunks(), group[part]) for f in ENTITY_FIELDS}
        own = {"paper_id": head[0], "arxiv_id": head[1], "published": head[2], "title": title}
        put("papers", _put(rows, **own, abstract_sha256=hashes, **fields))
        for table in ("speedups", "results", "mentions"):
            rows, owner = source.rows(table, drawn[part])
            of = {name: column.take(pa.array(owner)) for name, column in own.items()}
            of["year"] = pc.utf8_slice_codeunits(of["published"], 0, 4).cast(pa.int16())
            linked = [n for n in rows.column_names if n.endswith("_id") or n.startswith("paper_")]
            linked = [n for n in linked if n not in own]
            if table == "mentions":
                codes = names.codes(rows["entity_id"].combine_chunks(), group[part][owner])
                gathered.add(codes, owner + part.start, rows["role"])
            renamed = {n: names.rename(rows[n].combine_chunks(), group[part][owner]) for n in linked}
            put(table, _put(rows, **of, **renamed))
    put("entities", gathered.table(ids, published))
    for table, writer in writers.items():
        put(table, None)
        writer.close()
    return counts


class _Gathered:
    """Counts of the entities table."""

    def __init__(self, source: _Source, names: _Names) -> None:
        self.source, self.names = source, names
        size = len(source.entity_ids) * names.groups
        self.mentions = np.zeros(size, np.int32)
        self.papers = np.zeros(size, np.int32)
        self.first = np.full(size, np.iinfo(np.int64).max)
        self.proposed: list[tuple[Ints, Ints]] = []

    def add(self, codes: Ints, paper: Ints, role: pa.ChunkedArray) -> None:
        size = len(self.mentions)
        self.mentions += np.bincount(codes, minlength=size).astype(np.int32)
        once, where = np.unique(codes * 2**32 + paper, return_index=True)
        self.papers += np.bincount(once >> 32, minlength=size).astype(np.int32)
        np.minimum.at(self.first, codes, paper)
        new = pc.equal(role, "proposed").to_numpy(zero_copy_only=False)[where]
        self.proposed.append((codes[where][new], paper[where][new]))

    def table(self, ids: pa.Array, published: pa.Array) -> pa.Table:
        """The rows, sorted by id; the first paper stands for the first date."""
        codes = np.flatnonzero(self.papers)
        named = self.names.ids(codes)
        order = pc.sort_indices(named)
        codes = codes[order.to_numpy()]
        of, paper = (np.concatenate(parts) for parts in zip(*self.proposed, strict=True))
        by_code = np.lexsort((paper, of))
        ends = np.searchsorted(of[by_code], codes, side="right")
        starts = np.searchsorted(of[by_code], codes, side="left")
        owners = np.repeat(starts, ends - starts) + _ranges(ends - starts)
        offsets = pa.array(np.concatenate([[0], np.cumsum(ends - starts)]), pa.int32())
        rows = self.source.tables["entities"].take(pa.array(codes // self.names.groups))
        return _put(
            rows,
            entity_id=named.take(order),
            papers=pa.array(self.papers[codes]),
            mentions=pa.array(self.mentions[codes]),
            proposed_in=pa.ListArray.from_arrays(offsets, ids.take(pa.array(paper[by_code][owners]))),
            first_seen=published.take(pa.array(self.first[codes])),
        )


def _ranges(lengths: Ints) -> Ints:
    """0, 1 ... for each length."""
    return np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
