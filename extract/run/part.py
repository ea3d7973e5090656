"""The step that is repeated: a shard of papers to a part of the release."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from extract.read import Paper, Reject, id_of
from extract.record.model import Record
from extract.run.extraction import records, renewed, set_aside
from extract.validate.problem import Problem

if TYPE_CHECKING:
    from extract.curate import Curated


@dataclass(frozen=True, slots=True)
class Task:
    """What all shards of a build have in common.

    Attributes:
        with_text: whether the records carry their abstracts.
        curated: the entries made by hand, which have met all papers of the build, or ``None``.
    """

    with_text: bool = False
    curated: Curated | None = None


@dataclass(frozen=True, slots=True)
class Shard:
    """Papers whose ids follow one another.

    Attributes:
        number: the shard's number from 0, in the order of ids.
        papers: sorted by id.
        old: records of an earlier release for some of them, by id: these need not be extracted again.
        made: records by hand whose ids are among those of the papers; nothing reads them.
        given_up: why a paper has no record, by id: the process that read it died.
    """

    number: int
    papers: list[Paper]
    old: Mapping[str, Record] = field(default_factory=dict)
    made: list[Record] = field(default_factory=list)
    given_up: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """What became of a shard.

    Attributes:
        number: the shard's.
        papers: how many papers it had.
        tables: the part's tables as Parquet files, by name (see :mod:`extract.publish.tables`).
        rejects: papers without a record, in their order.
        problems: what is wrong with entries made by hand.
        applied: how many records an entry changed.
        added: how many papers only an entry brought.
    """

    number: int
    papers: int
    tables: dict[str, bytes]
    rejects: list[Reject]
    problems: list[Problem]
    applied: int
    added: int

    def account(self) -> str:
        """All but the tables, as JSON."""
        return json.dumps({key: value for key, value in asdict(replace(self, tables={})).items() if key != "tables"})

    @classmethod
    def from_account(cls, text: str, tables: dict[str, bytes]) -> Part:
        """A part from its account and its tables."""
        told = json.loads(text)
        told["rejects"] = [Reject(**reject) for reject in told["rejects"]]
        told["problems"] = [Problem(**problem) for problem in told["problems"]]
        return cls(tables=tables, **told)


def make_part(shard: Shard, task: Task) -> Part:
    """Extracts, corrects and validates the papers of a shard."""
    from extract.publish.release import published  # publishing takes half a second to import
    from extract.publish.tables import part_of

    curated = None if task.curated is None else task.curated.fork()
    found: list[Record] = [*shard.made]
    rejects: list[Reject] = []
    for item in make_records(shard, task):
        if isinstance(item, Reject):
            rejects.append(item)
        else:
            found.append(item if curated is None else curated.correct(item))
    found.sort(key=lambda record: record["paper_id"])
    tables = part_of([published(record, task.with_text) for record in found])
    return Part(
        number=shard.number,
        papers=len(shard.papers),
        tables={name: _packed(table) for name, table in tables.items()},
        rejects=rejects,
        problems=[] if curated is None else curated.problems,
        applied=0 if curated is None else curated.applied,
        added=0 if curated is None else curated.added,
    )


def make_records(shard: Shard, task: Task) -> list[Record | Reject]:
    """A record or a reject for each paper of a shard, in the order of the papers: nothing else is done to them."""
    found = {id(paper): item for paper, item in _records(shard, task.with_text)}
    return [found[id(paper)] for paper in shard.papers]


def _records(shard: Shard, with_text: bool) -> Iterator[tuple[Paper, Record | Reject]]:
    """A record or a reject for each paper, in no particular order."""
    new = []
    for paper in shard.papers:
        key = id_of(paper)
        if key in shard.given_up:
            yield paper, set_aside(paper, shard.given_up[key])
        elif (known := shard.old.get(key)) is not None and (record := renewed(known, paper, with_text)) is not None:
            yield paper, record
        else:
            new.append(paper)
    yield from zip(new, records(new, with_text=with_text), strict=True)


def _packed(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", compression_level=1, use_dictionary=False, write_statistics=False)
    packed: bytes = sink.getvalue().to_pybytes()
    return packed
