"""Which entries are the same paper: by arXiv id, DOI or the source's own id, else by title and a like abstract.

DuckDB finds the candidates and joins what belongs together, spilling to disk above its share of memory; only entries
that share an identifier or a title with another come into Python, group by group.

An identifier alone is not believed: the entries must have one title or like abstracts as well (but for an arXiv id of
which the sources give two versions: a revision may change everything). Titles alone are not believed either. Entries
whose arXiv ids or DOIs differ are different papers though title and abstract are the same, and so are entries of one
document under different own ids; an entry without identifiers that could be either of two such papers is the first of
them. Else the order of the entries does not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from extract.read.merge.alike import Shingles, alike, shingles
from extract.read.merge.shelf import Shelf
from extract.read.merge.spool import Row, rows

MEMORY = "128MB"
_IDENTIFIERS = ("own_id", "arxiv_id", "doi")
_PAPERS = 16  # different papers of one title, or one id, that a further entry is compared with
_TEXTS = 4  # different texts of each of them
_EDGES = pa.schema({"a": pa.int64(), "b": pa.int64()})


class Same:
    """Tells the entries of a spool that are one paper.

    After :meth:`join`, the table ``parts`` has a row ``(n, leader)`` for each entry that is not alone; ``leader`` is
    the least number among them.
    """

    def __init__(self, spool: Path, folder: Path) -> None:
        self._folder = folder
        self._spool = spool
        self._files = 0
        self.database = duckdb.connect(folder / "same.duckdb")
        self.database.execute(f"SET memory_limit = '{MEMORY}'")
        self.database.execute("SET threads = 1")
        self.database.execute("SET preserve_insertion_order = false")
        self.database.execute("SET temp_directory = ?", [str(folder / "spill")])
        self.database.execute(f"CREATE VIEW spool AS SELECT * FROM read_parquet({_quoted(spool)})")
        # hashes of 64 bits stand for the strings: joins and groups of millions stay small
        columns = ["n", "hash(folded) AS title"]
        columns += [f"CASE WHEN {i} IS NOT NULL THEN hash({i}) END AS {i}" for i in _IDENTIFIERS]
        self.database.execute(f"CREATE TABLE keys AS SELECT {', '.join(columns)} FROM spool")
        self.database.execute("CREATE TABLE edges (a BIGINT, b BIGINT)")
        self.database.execute("CREATE TABLE parts (n BIGINT, leader BIGINT)")

    def join(self) -> None:
        """Finds all entries that are one paper."""
        run = self.database.execute
        for identifier in _IDENTIFIERS:
            run(f"""INSERT INTO edges SELECT first.n, keys.n FROM keys JOIN
                (SELECT {identifier}, title, min(n) AS n FROM keys WHERE {identifier} IS NOT NULL
                 GROUP BY ALL HAVING count(*) > 1) AS first USING ({identifier}, title) WHERE keys.n > first.n""")
            run(f"""CREATE OR REPLACE TABLE unsure AS SELECT n, {identifier} AS key FROM keys JOIN
                (SELECT {identifier} FROM keys WHERE {identifier} IS NOT NULL GROUP BY {identifier}
                 HAVING min(title) <> max(title)) USING ({identifier})""")
            candidates = self.entries("SELECT n, key FROM unsure", "key", ["folded", "abstract", "version"])
            self._add(_judged(candidates, _by_arxiv if identifier == "arxiv_id" else _by_identifier))
        self._connect()
        run("""CREATE OR REPLACE TABLE joined AS SELECT n, title AS key, coalesce(leader, n) AS part
            FROM keys LEFT JOIN parts USING (n)""")
        run("""CREATE OR REPLACE TABLE whole AS SELECT leader AS part, min(arxiv_id) AS arxiv_id, min(doi) AS doi
            FROM parts JOIN keys USING (n) GROUP BY leader""")
        run("""CREATE OR REPLACE TABLE unsure AS SELECT n, key, part,
            coalesce(keys.arxiv_id, whole.arxiv_id) AS arxiv_id, coalesce(keys.doi, whole.doi) AS doi FROM joined JOIN
            (SELECT key FROM joined GROUP BY key HAVING min(part) <> max(part)) USING (key)
            JOIN keys USING (n) LEFT JOIN whole USING (part)""")
        candidates = self.entries("SELECT * FROM unsure", "key", ["own_id", "documents", "abstract"])
        self._add(_judged(candidates, _by_title))
        run("DROP TABLE joined")
        run("DROP TABLE unsure")
        run("DROP TABLE whole")
        self._connect()

    def entries(self, query: str, order: str, columns: list[str]) -> Iterator[Row]:
        """The entries that a query names, with what it says of them and columns of the spool.

        The library sorts numbers only; the texts are put on a shelf as the spool is gone through, and taken from there.
        (Its own sort and join of wide rows run out of a small memory.)

        Args:
            query: gives ``n`` and other columns, each ``n`` once.
            order: the one of them that the rows are sorted by, and by ``n``.
            columns: columns of the spool.
        """
        by_number, by_order = self._file(), self._file()
        if self.write(f"SELECT n FROM ({query}) ORDER BY n", by_number):
            self.write(f"SELECT * FROM ({query}) ORDER BY {order}, n", by_order)
            names = [name for name in columns if name != "n"]
            with Shelf(by_number.with_suffix(".shelf")) as shelf:
                shelf.fill(self._spool, (row["n"] for row in rows(by_number)), names)
                for row in rows(by_order):
                    yield row | shelf.take(row["n"])
            by_order.unlink()
        by_number.unlink()

    def _file(self) -> Path:
        self._files += 1
        return self._folder / f"{self._files}.parquet"

    def ask(self, query: str) -> Iterator[Row]:
        """The rows of a query, through a file: the library would hold a result in memory."""
        path = self._file()
        self.write(query, path)
        yield from rows(path)
        path.unlink()

    def write(self, query: str, path: Path) -> int:
        """Writes the rows of a query to a Parquet file; their number."""
        done = self.database.execute(f"COPY ({query}) TO {_quoted(path)} (FORMAT parquet, ROW_GROUP_SIZE 2048)")
        return int(done.fetchall()[0][0])

    def _add(self, edges: Iterable[tuple[int, int]]) -> None:
        path = self._file()
        found = iter(edges)
        with pq.ParquetWriter(path, _EDGES) as writer:
            while batch := list(islice(found, 65536)):
                columns = [pa.array(column, pa.int64()) for column in zip(*batch, strict=True)]
                writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=_EDGES))
        self.database.execute(f"INSERT INTO edges SELECT a, b FROM read_parquet({_quoted(path)})")
        path.unlink()

    def _connect(self) -> None:
        """The connected components of the edges: the least number spreads along them, with pointers that jump.

        The jumps (Shiloach and Vishkin, 1982) double the reach, so that a long chain takes few rounds.
        """
        run = self.database.execute
        run("CREATE OR REPLACE TABLE ways AS SELECT a, b FROM edges UNION SELECT b, a FROM edges")
        run("CREATE OR REPLACE TABLE parts AS SELECT DISTINCT a AS n, a AS leader FROM ways")
        changed = True
        while changed:
            run("""CREATE OR REPLACE TABLE lower AS SELECT mine.n, least(any_value(mine.leader), min(near.leader)) AS
                leader FROM parts AS mine JOIN ways ON mine.n = a JOIN parts AS near ON b = near.n GROUP BY mine.n""")
            run("""CREATE OR REPLACE TABLE jumped AS SELECT lower.n, far.leader FROM lower JOIN lower AS far
                ON lower.leader = far.n""")
            found = run("SELECT count(*) FROM jumped JOIN parts USING (n) WHERE jumped.leader <> parts.leader")
            changed = found.fetchall() != [(0,)]
            run("CREATE OR REPLACE TABLE parts AS SELECT * FROM jumped")

    def taken(self, united: Path) -> str:
        """The name of a table ``(n, paper_id)`` of papers whose id an earlier one has.

        Args:
            united: the rows that stand for several entries.
        """
        run = self.database.execute
        run("CREATE TABLE final AS SELECT n, hash(paper_id) AS id FROM spool ANTI JOIN parts USING (n)")
        run(f"INSERT INTO final SELECT n, hash(paper_id) FROM read_parquet({_quoted(united)})")
        run("""CREATE TABLE later AS SELECT n FROM final JOIN (SELECT id, min(n) AS least FROM final
            GROUP BY id HAVING count(*) > 1) USING (id) WHERE n > least""")
        run(f"""CREATE TABLE taken AS SELECT n, coalesce(united.paper_id, spool.paper_id) AS paper_id FROM later
            JOIN spool USING (n) LEFT JOIN read_parquet({_quoted(united)}) AS united USING (n)""")
        return "taken"

    def close(self) -> None:
        """Closes the database."""
        self.database.close()


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


@dataclass(frozen=True, slots=True)
class _Text:
    """What an entry says, as far as it tells of which paper it is."""

    folded: str | None
    abstract: str
    shingles: Shingles
    version: int | None


@dataclass(slots=True)
class _Known:
    """Entries of a group that are one paper: the number of the first, and what they all have."""

    n: int
    parts: set[int]
    texts: list[_Text]
    ids: dict[str, str | int]

    def contradicts(self, other: _Known) -> bool:
        """Whether an identifier of both differs."""
        return any(self.ids.get(name, value) != value for name, value in other.ids.items())

    def take(self, other: _Known) -> None:
        """These entries are of the same paper."""
        self.parts |= other.parts
        self.ids |= other.ids
        new = [t for t in other.texts if all((t.folded, t.abstract) != (k.folded, k.abstract) for k in self.texts)]
        self.texts = [*self.texts, *new][:_TEXTS]


_Same = Callable[[_Known, _Known], bool]


def _judged(candidates: Iterable[Row], same: _Same) -> Iterator[tuple[int, int]]:
    """Yields pairs of numbers of entries that are the same within each group of one key."""
    for _, group in groupby(candidates, key=lambda row: row["key"]):
        known: list[_Known] = []
        for row in group:
            new, whole = _entry(row), None
            # what it is one with already comes before what it may be one with besides
            for old in sorted(known, key=lambda old: old.parts.isdisjoint(new.parts)):
                if not same(old, new) or (whole and whole.contradicts(old)):
                    continue
                if old.parts.isdisjoint(new.parts):
                    yield old.n, new.n
                if whole is None:
                    whole = old
                    whole.take(new)
                else:  # what was two papers until now
                    known.remove(old)
                    whole.take(old)
            if whole is None:
                known = [*known[-_PAPERS + 1 :], new]


def _entry(row: Row) -> _Known:
    ids = {name: row[name] for name in ("arxiv_id", "doi") if row.get(name)}
    if row.get("own_id"):
        ids[f"own id in {row['documents'][0] if row['documents'] else ''}"] = row["own_id"]
    text = _Text(row.get("folded"), row["abstract"], shingles(row["abstract"]), row.get("version"))
    n: int = row["n"]
    part: int = row.get("part", n)
    return _Known(n, {part}, [text], ids)


def _by_identifier(old: _Known, new: _Known) -> bool:
    """One title, or like abstracts."""
    return any(o.folded == n.folded or alike(o.shingles, n.shingles) for n in new.texts for o in old.texts)


def _by_arxiv(old: _Known, new: _Known) -> bool:
    """Two revisions that the sources number, however much was rewritten; else as for other identifiers."""
    if any(o.version and n.version and o.version != n.version for n in new.texts for o in old.texts):
        return True
    return _by_identifier(old, new)


def _by_title(old: _Known, new: _Known) -> bool:
    """The same already, or the same or like abstracts and no identifiers that differ."""
    if not old.parts.isdisjoint(new.parts):
        return True
    if old.contradicts(new):
        return False
    return any(o.abstract == n.abstract or alike(o.shingles, n.shingles) for n in new.texts for o in old.texts)
