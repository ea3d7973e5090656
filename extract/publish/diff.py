"""What changed between two releases: papers, entities, speedups and results, by Polars over their Parquet files.

The tables are scanned lazily; only what differs is taken into memory. Columns that just one of the releases has (a
newer schema may have more) are named and left out of the comparison, as are fields inside of columns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from extract.publish.place import MANIFEST
from extract.record.migrate import MigrationError, parse_version
from extract.record.model import ENTITY_FIELDS, SCHEMA_VERSION
from extract.validate.text import UnreadableError, parse

# table -> what a row is known by, and what tells people of it
_KEYS = {
    "papers": ("paper_id",),
    "entities": ("entity_id",),
    "speedups": ("paper_id", "field", "start", "end"),
    "results": ("paper_id", "field", "start", "end"),
}
_HEADS = {"papers": ("title",), "entities": ("name",), "speedups": ("title",), "results": ("title",)}
# fields that are not compared: where a record comes from, what a claim's row repeats of its paper, and of an entity
# what follows from the papers that are told anyway
_SILENT = {
    "papers": ("extractor",),
    "entities": ("type", "proposed_in", "first_seen"),
    "speedups": ("title", "arxiv_id", "published", "year", "paper_datasets", "paper_methods", "paper_tasks"),
    "results": ("title", "arxiv_id", "published", "year", "paper_methods", "paper_tasks"),
}
# claims may share their evidence: those that say the same are paired first, then the others in their order
_ALIKE = {"speedups": ("value", "form", "quantity"), "results": ("value", "form", "metric")}
_OLD, _NEW = "\0old", "\0new"  # end the names of columns of either release; no column is named so
_N = "\0n"
_DIFFERS = "\0differs"
_OTHER = "\0other"
_ROWS = 50_000  # that are compared at a time

F = TypeVar("F", pl.LazyFrame, pl.DataFrame)


class DiffError(Exception):
    """Two folders cannot be compared; the message is one line."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed in one table. ``changed`` holds both values of each field, and the names of those that differ."""

    table: str
    old: int
    new: int
    added: pl.DataFrame
    removed: pl.DataFrame
    changed: pl.DataFrame

    def counts(self) -> dict[str, int]:
        """How many rows were added, removed and changed."""
        return {"added": self.added.height, "removed": self.removed.height, "changed": self.changed.height}

    def fields(self) -> dict[str, int]:
        """In how many of the changed rows each field differs, the most frequent first."""
        found = Counter(name for names in self.changed[_DIFFERS] for name in names)
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def changed_rows(self, limit: int | None = None) -> Iterator[dict[str, Any]]:
        """The changed rows, each with its key and what changed."""
        shown = self.changed if limit is None else self.changed.head(limit)
        for row in shown.iter_rows(named=True):
            known = {name: row[name] for name in (*_KEYS[self.table], *_HEADS[self.table])}
            yield known | {"changes": {name: _detail(name, row) for name in row[_DIFFERS]}}

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain data."""
        return {
            "old": self.old,
            "new": self.new,
            **{f"{name}_count": count for name, count in self.counts().items()},
            "changed_fields": self.fields(),
            "added": self.added.to_dicts(),
            "removed": self.removed.to_dicts(),
            "changed": list(self.changed_rows()),
        }


@dataclass(frozen=True, slots=True)
class Diff:
    """What changed between two releases."""

    old: dict[str, Any]
    new: dict[str, Any]
    tables: dict[str, Changes]
    extractor_only: int
    columns: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain data, in the shape that docs/schema-versions.md describes."""
        return {
            "old": self.old,
            "new": self.new,
            "columns": self.columns,
            **{name: changes.as_dict() for name, changes in self.tables.items()},
            "extractor_only_count": self.extractor_only,
        }

    def summary(self) -> dict[str, Any]:
        """The short form for a dataset card: ``{"since": version, "counts": {table: {"added": 1, ...}}}``."""
        counts = {name: changes.counts() for name, changes in self.tables.items()}
        return {"since": self.old["release"], "counts": counts}


def diff(old: str | PathLike[str], new: str | PathLike[str]) -> Diff:
    """Compares two releases.

    Raises:
        FileNotFoundError: there is no such folder.
        DiffError: one is no release, cannot be read, or has a schema of another major version.
    """
    folders = Path(old), Path(new)
    before, after = about(folders[0]), about(folders[1])
    return Diff(before, after, *_tables(folders))


def changes_since(old: str | PathLike[str], folder: Path) -> dict[str, Any]:
    """The short summary for the card of a release whose tables are already in ``folder``; see :meth:`Diff.summary`.

    Raises:
        FileNotFoundError: there is no such folder.
        DiffError: ``old`` is no release, cannot be read, or has a schema of another major version.
    """
    return Diff(about(Path(old)), {}, *_tables((Path(old), folder))).summary()


def _tables(folders: tuple[Path, Path]) -> tuple[dict[str, Changes], int, dict[str, dict[str, list[str]]]]:
    """Changes of all tables, papers of another extractor only, columns that one of the releases has."""
    extractor_only = 0
    tables: dict[str, Changes] = {}
    columns: dict[str, dict[str, list[str]]] = {}
    for table in _KEYS:
        try:
            a, b = (_scan(folder, table) for folder in folders)
            a, b, columns[table] = _alike(a, b, table)
            tables[table] = _claims(a, b, table) if table in _ALIKE else _compare(a, b, table)
            if table == "papers":
                extractor_only = _extractor_only(a, b, tables[table])
        except (pl.exceptions.PolarsError, OSError) as error:
            lines = str(error).splitlines() or [type(error).__name__]
            raise DiffError(f"{folders[0]} and {folders[1]}: table {table} cannot be compared: {lines[0]}") from None
    columns = {table: names for table, names in columns.items() if any(names.values())}
    return tables, extractor_only, columns


def about(folder: Path) -> dict[str, Any]:
    """What the manifest of a release says of it.

    Raises:
        FileNotFoundError: there is no such folder.
        DiffError: it is no release, or one that this glean cannot compare.
    """
    if not folder.exists():
        raise FileNotFoundError(2, "there is no such folder", str(folder))
    path = folder / MANIFEST
    try:
        manifest = parse(path.read_text(encoding="utf-8"))
        head = {key: manifest[key] for key in ("release", "schema_version", "glean", "model")}
        version = str(head["schema_version"])
        major = parse_version(version)[0]
    except (FileNotFoundError, NotADirectoryError):
        raise DiffError(f"{folder}: holds no {MANIFEST}, so it is no release (allowed: a release folder)") from None
    except (OSError, UnicodeDecodeError, UnreadableError, MigrationError, KeyError, TypeError) as error:
        raise DiffError(f"{path}: is no manifest of a release: {str(error).splitlines()[0]}") from None
    ours = parse_version(SCHEMA_VERSION)[0]
    if major != ours:
        allowed = "build it again from its inputs" if major < ours else "update glean"
        message = f"{folder}: has schema {version}, and this glean compares {ours}.x (allowed: {allowed}"
        raise DiffError(f"{message}; glean {head['glean']} made it)")
    return {"folder": str(folder), **head}


def _scan(folder: Path, table: str) -> pl.LazyFrame:
    files = sorted((folder / table).glob("*.parquet"))
    if not files:
        raise DiffError(f"{folder}: the table {table} is missing, so it is no whole release")
    return pl.scan_parquet(files, glob=False)


def _alike(a: pl.LazyFrame, b: pl.LazyFrame, table: str) -> tuple[pl.LazyFrame, pl.LazyFrame, dict[str, list[str]]]:
    """Both frames with the columns that they share, in types that compare, and the columns that they do not share."""
    types = dict(a.collect_schema()), dict(b.collect_schema())
    absent = [name for name in (*_KEYS[table], *_HEADS[table]) if name not in types[0] or name not in types[1]]
    if absent:
        raise DiffError(f"the table {table} of one release has no column {absent[0]!r}, so it is no whole release")
    shared = {name: _common(types[0][name], types[1][name]) for name in types[0] if name in types[1]}
    unlike = {
        "added": [name for name in types[1] if name not in shared],
        "removed": [name for name in types[0] if name not in shared],
    }
    a, b = (
        frame.select(
            pl.col(name) if kinds[name] == kind else _as(name, kinds[name], kind) for name, kind in shared.items()
        )
        for frame, kinds in ((a, types[0]), (b, types[1]))
    )
    return a, b, unlike


def _common(a: pl.DataType, b: pl.DataType) -> pl.DataType:
    """The type with the fields that two types share; of plain types the second."""
    if isinstance(a, pl.Struct) and isinstance(b, pl.Struct):
        theirs = {f.name: f.dtype for f in b.fields}
        shared = [f for f in a.fields if f.name in theirs]
        return pl.Struct([pl.Field(f.name, _common(_type(f.dtype), _type(theirs[f.name]))) for f in shared])
    if isinstance(a, pl.List) and isinstance(b, pl.List):
        return pl.List(_common(_type(a.inner), _type(b.inner)))
    return b


def _type(kind: Any) -> pl.DataType:
    """A data type, also where Polars gives its class."""
    found: pl.DataType = kind() if isinstance(kind, type) else kind
    return found


def _as(name: str, kind: pl.DataType, wanted: pl.DataType) -> pl.Expr:
    return _project(pl.col(name), kind, wanted).alias(name)


def _project(column: pl.Expr, kind: pl.DataType, wanted: pl.DataType) -> pl.Expr:
    """A column with only the fields of a type."""
    if kind == wanted:
        return column
    if isinstance(kind, pl.List) and isinstance(wanted, pl.List):
        return column.list.eval(_project(pl.element(), _type(kind.inner), _type(wanted.inner)))
    if isinstance(kind, pl.Struct) and isinstance(wanted, pl.Struct):
        kinds = {f.name: _type(f.dtype) for f in kind.fields}
        inner = [
            _project(column.struct.field(f.name), kinds[f.name], _type(f.dtype)).alias(f.name) for f in wanted.fields
        ]
        return pl.when(column.is_not_null()).then(pl.struct(inner))
    return column.cast(wanted)


def _compared(frame: pl.LazyFrame | pl.DataFrame, table: str) -> list[str]:
    silent = {*_KEYS[table], *_SILENT[table], _N}
    return [name for name in frame.collect_schema().names() if name not in silent]


def _pairs(a: pl.LazyFrame, b: pl.LazyFrame, table: str, key: Sequence[str]) -> pl.LazyFrame:
    """Rows with one key whose fields differ: both values of each field, and which differ."""
    names = _compared(a, table)
    types = a.collect_schema()
    joined = a.join(b.select(*key, pl.all().exclude(key).name.suffix(_NEW)), on=list(key), how="inner")
    differ = [pl.col(name).ne_missing(pl.col(name + _NEW)) for name in names]
    which = pl.concat_list(
        pl.when(unlike).then(pl.lit(name)) for name, unlike in zip(names, differ, strict=True)
    ).list.drop_nulls()
    # values are kept of the fields that differ only: most of a record is as it was
    values = (
        pl.when(unlike).then(_value(name + end, _type(types[name]))).alias(name + (end or _OLD))
        for name, unlike in zip(names, differ, strict=True)
        for end in ("", _NEW)
    )
    head = (pl.col(name + _NEW).alias(name) for name in _HEADS[table])
    return joined.filter(pl.any_horizontal(differ)).select(*_KEYS[table], *head, which.alias(_DIFFERS), *values)


def _value(name: str, kind: pl.DataType) -> pl.Expr:
    """What is told of a field: its value; of a list of entities their ids, of other nested lists their length."""
    if not isinstance(kind, pl.List) or not isinstance(kind.inner, pl.Struct):
        return pl.col(name)
    if name.removesuffix(_NEW) in ENTITY_FIELDS:
        return pl.col(name).list.eval(pl.element().struct.field("entity_id"))
    return pl.col(name).list.len()


def _heads(frame: pl.LazyFrame, table: str) -> pl.LazyFrame:
    told = [*_KEYS[table], *_HEADS[table], *_ALIKE.get(table, ())]
    return frame.select(name for name in told if name in frame.collect_schema().names()).sort(_KEYS[table])


def _between(frame: pl.LazyFrame, key: str, low: str | None, high: str | None) -> pl.LazyFrame:
    frame = frame if low is None else frame.filter(pl.col(key) >= low)
    return frame if high is None else frame.filter(pl.col(key) < high)


def _compare(a: pl.LazyFrame, b: pl.LazyFrame, table: str) -> Changes:
    """Compares rows that have an id, a range of ids at a time: tables are sorted by it, and the rest is not read."""
    (key,) = _KEYS[table]
    cuts = [None, *a.select(pl.col(key).sort().gather_every(_ROWS, _ROWS)).collect()[key], None]
    found = []
    for low, high in pairwise(cuts):
        x, y = (_between(frame, key, low, high) for frame in (a, b))
        frames = [
            x.select(pl.len()),
            y.select(pl.len()),
            _heads(y.join(x, on=key, how="anti"), table),
            _heads(x.join(y, on=key, how="anti"), table),
            _pairs(x, y, table, [key]).sort(key),
        ]
        found.append(pl.collect_all(frames, engine="streaming"))
    before, after, added, removed, changed = (pl.concat(parts) for parts in zip(*found, strict=True))
    return Changes(table, before.sum().item(), after.sum().item(), added, removed, changed)


def _numbered(frame: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    return frame.with_columns(pl.int_range(pl.len()).over(by).alias(_N))


def _claims(a: pl.LazyFrame, b: pl.LazyFrame, table: str) -> Changes:
    """Compares claims; several may have one key, so that they are paired by what they say, then in their order."""
    before, after = pl.collect_all([a.select(pl.len()), b.select(pl.len())])
    key = list(_KEYS[table])
    whole = [*key, *_compared(a, table)]
    # what is in both releases alike, as often, is left out before anything is taken into memory
    one, two = (frame.with_columns(pl.int_range(pl.len()).over(whole).alias(_N)) for frame in (a, b))
    by = [*whole, _N]
    rest = pl.collect_all([x.join(y, on=by, how="anti", nulls_equal=True) for x, y in ((one, two), (two, one))])
    changed = []
    for names in ([*key, *(n for n in _ALIKE[table] if n in whole)], key):
        left, right = (_numbered(frame, names) for frame in rest)
        by = [*names, _N]
        pairs = [x.join(y, on=by, how="semi", nulls_equal=True) for x, y in ((left, right), (right, left))]
        # a row's number among the pairs of its key is all that a pair shares for certain (null is no value to join by)
        sorted_pairs = [_numbered(frame.sort(by, nulls_last=True, maintain_order=True), key) for frame in pairs]
        changed.append(_pairs(sorted_pairs[0].lazy(), sorted_pairs[1].lazy(), table, [*key, _N]).collect())
        rest = [x.join(y, on=by, how="anti", nulls_equal=True) for x, y in ((left, right), (right, left))]
    removed, added = (_heads(frame.lazy(), table).collect() for frame in rest)
    told = pl.concat(changed).sort(key)
    return Changes(table, before.item(), after.item(), added, removed, told)


def _extractor_only(a: pl.LazyFrame, b: pl.LazyFrame, changes: Changes) -> int:
    """How many papers differ in nothing but what extracted them."""
    key = _KEYS["papers"]
    if "extractor" not in a.collect_schema().names():
        return 0
    pairs = a.select(*key, "extractor").join(b.select(*key, pl.col("extractor").alias(_OTHER)), on=list(key))
    unlike = pairs.filter(pl.col("extractor").ne_missing(pl.col(_OTHER)))
    rest = unlike.join(changes.changed.select(key).lazy(), on=list(key), how="anti")
    count: int = rest.select(pl.len()).collect().item()
    return count


def _detail(name: str, row: dict[str, Any]) -> dict[str, Any]:
    """What changed in a field: its values, or of entities those that came and went, or of other items how many."""
    old, new = row[name + _OLD], row[name + _NEW]
    if name in ENTITY_FIELDS:
        return {
            "added": [i for i in new or () if i not in (old or ())],
            "removed": [i for i in old or () if i not in (new or ())],
        }
    if name in ("speedups", "results", "sources"):
        return {"old_items": old, "new_items": new}
    return {"old": old, "new": new}
