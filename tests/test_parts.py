"""Tables written part by part: the same bytes, however the records are split."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.publish import PublishError, parquet, tables
from extract.publish.tables import TALLIES, Tables, part_of
from extract.record import TABLES
from extract.record.derive import derive
from tests.kill import hashes
from tests.records import records
from tests.test_publish import example


def written(folder: Path, rows: list[dict[str, Any]], cuts: list[int], *, files: bool) -> dict[str, str]:
    """Writes the tables of records that are cut in pieces, the tallies given as tables or as files."""
    release, tallies = folder / "release", folder / "tallies"
    release.mkdir(parents=True)
    tallies.mkdir()
    edges = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    with Tables(release) as made:
        for number, (start, end) in enumerate(pairwise(edges)):
            piece = part_of(rows[start:end])
            path = tallies / f"{number}.parquet"
            pq.write_table(piece[TALLIES], path)
            made.add(piece, path if files else None)
    assert len(list(tallies.iterdir())) == len(edges) - 1  # read, and left
    assert made.rows == {table: pq.read_metadata(release / table / "train.parquet").num_rows for table in TABLES}
    return hashes(release)


@settings(max_examples=25)
@given(
    st.lists(records(), max_size=12, unique_by=lambda r: r["paper_id"]),
    st.lists(st.integers(0, 12), max_size=12),
    st.booleans(),
    st.integers(1, 5),
)
def test_bytes_do_not_depend_on_the_parts(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], cuts: list[int], files: bool, group: int
) -> None:
    rows.sort(key=lambda row: row["paper_id"])
    folder = tmp_path_factory.mktemp("parts")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet, "ROW_GROUP", dict.fromkeys(TABLES, group))
        patch.setattr(tables, "FAN_IN", 2)  # rounds of merging, and files that are made on the way
        patch.setattr(tables, "_BATCH", 3)
        whole = written(folder / "whole", rows, [], files=False)
        assert written(folder / "cut", rows, cuts, files=files) == whole
        assert set(whole) == {f"{table}/train.parquet" for table in TABLES}  # nothing is left of the merging
    for table, expected in derive(rows).items():
        assert pq.read_table(folder / "cut" / "release" / table).to_pylist() == expected


def test_more_parts_than_are_merged_at_once(tmp_path: Path) -> None:
    rows = [{**example(), "paper_id": f"p{n:03}"} for n in range(2 * tables.FAN_IN + 1)]
    whole = written(tmp_path / "whole", rows, [], files=False)
    assert written(tmp_path / "single", rows, list(range(len(rows))), files=True) == whole
    entities = pq.read_table(tmp_path / "single" / "release" / "entities").to_pylist()
    assert {entity["papers"] for entity in entities} == {len(rows)}


@pytest.mark.parametrize("ids", [["a", "a"], ["b", "a"]])
@pytest.mark.parametrize("apart", [False, True])
def test_each_id_stands_once_and_in_order(ids: list[str], apart: bool, tmp_path: Path) -> None:
    empty = part_of([])
    pieces = [[key] for key in ids] if apart else [ids]
    with pytest.raises(PublishError, match=r"the paper_id 'a' stands twice"), Tables(tmp_path) as made:
        for piece in pieces:
            rows = [dict.fromkeys(empty["papers"].schema.names) | {"paper_id": key} for key in piece]
            made.add({**empty, "papers": pa.Table.from_pylist(rows, schema=empty["papers"].schema)})
