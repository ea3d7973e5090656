"""Tables, compression, recognition, merging: every entry is a paper or a counted reject."""

from __future__ import annotations

import gzip
import io
import json
import lzma
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.read import Document, Paper, ReadError, Reject, read_inputs
from extract.read.forms import json_lines, json_list, parquet
from extract.read.forms.separated import CSV, TSV
from extract.read.inputs import read_place
from extract.read.places import find

FORMS = {form.NAME: form for form in (json_lines, json_list, parquet, CSV, TSV)}
read_jsonl, read_csv = json_lines.read, CSV.read

ROWS = [
    {
        "id": "a",
        "title": "One",
        "abstract": "First abstract.",
        "published": "2024-03-01T10:00:00Z",
        "authors": "A B; C D",
    },
    {
        "id": "2403.01234v2",
        "title": "Two",
        "abstract": " Second. ",
        "doi": "https://doi.org/10.1234/x.y",
        "url": "ftp://no",
    },
]


def read_one(path: str, form: str | None = None) -> tuple[Document, list[Paper | Reject]]:
    document, *items = read_place(find([path])[0], form)
    assert isinstance(document, Document)
    return document, [item for item in items if not isinstance(item, Document)]


def lines(rows: list[object]) -> bytes:
    return "\n".join(json.dumps(r) for r in rows).encode()


def write(path: Path, form: str) -> Path:
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist([{"title": r["title"], "abstract": r["abstract"]} for r in ROWS]), path)
    elif form == "json":
        path.write_text(json.dumps(ROWS))
    elif form == "jsonl":
        path.write_bytes(lines(list(ROWS)))
    else:
        separator = "," if form == "csv" else "\t"
        path.write_text(
            "\n".join(separator.join(x) for x in [("Title", "Abstract"), *[(r["title"], r["abstract"]) for r in ROWS]])
        )
    return path


@pytest.mark.parametrize("form", list(FORMS))
def test_every_form_is_recognised_by_content(tmp_path: Path, form: str) -> None:
    document, papers = read_one(str(write(tmp_path / "input.bin", form)))
    assert document.format == form
    assert [(p.title, p.abstract) for p in papers] == [("One", "First abstract."), ("Two", "Second.")]


@pytest.mark.parametrize("compress", [gzip.compress, lzma.compress, lambda b: pa.compress(b, "zstd", asbytes=True)])
def test_compressed(tmp_path: Path, compress) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "papers.jsonl.z"
    if compress is gzip.compress or compress is lzma.compress:
        path.write_bytes(compress(lines(list(ROWS))))
    else:
        with pa.CompressedOutputStream(str(path), "zstd") as out:
            out.write(lines(list(ROWS)))
    assert len(read_one(str(path))[1]) == 2


def test_cut_off_gzip_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(gzip.compress(lines(list(ROWS) * 500))[:-30])
    reading = read_inputs([str(path)])
    assert len(reading.papers) == 2  # what stands before the break is read
    (reject,) = reading.rejects
    assert "broken or cut off" in reject.reason and reject.position == reading.entries - 1


def test_metadata_is_kept_and_normalised() -> None:
    one, two = read_jsonl(io.BytesIO(lines(list(ROWS))), "t")
    assert isinstance(one, Paper) and isinstance(two, Paper)
    assert (one.own_id, one.published, one.authors) == ("a", "2024-03-01", ("A B", "C D"))
    assert (two.arxiv_id, two.doi, two.url, two.abstract) == ("2403.01234", "10.1234/x.y", None, "Second.")


def test_bad_lines_are_set_aside_with_their_reason() -> None:
    data = (
        b'{"title": "T", "abstract": "A."}\n[1]\n{"title": "no abstract"}\n{oops\n{"title": 3, "abstract": "x"}\n\xff\n'
    )
    data += b'{"title": "s", "abstract": "\\ud800"}\n{"title": "U", "abstract": "B."}'
    found = list(read_jsonl(io.BytesIO(data), "t"))
    assert [isinstance(x, Paper) for x in found] == [True, False, False, False, False, False, False, True]
    reasons = [x.reason for x in found if isinstance(x, Reject)]
    for reason, words in zip(
        reasons,
        ["JSON list", "without an abstract", "not JSON", "type int", "not UTF-8", "lone surrogate"],
        strict=True,
    ):
        assert words in reason
    assert [x.line for x in found if isinstance(x, Reject)] == [2, 3, 4, 5, 6, 7]


def test_deeply_nested_json_is_set_aside() -> None:
    deep = b"[" * 200_000
    found = list(read_jsonl(io.BytesIO(b'{"title": "T", "abstract": "A."}\n' + deep), "t"))
    assert isinstance(found[1], Reject)


def test_wrong_column_counts_are_set_aside() -> None:
    found = list(read_csv(io.BytesIO(b"title,abstract\nA,B\nA,B,C\nonly\nD,E\n"), "t"))
    assert [isinstance(x, Paper) for x in found] == [True, False, False, True]
    assert found[1].reason == "3 columns (allowed: 2, as in the header)"  # type: ignore[union-attr]


def test_columns_are_chosen_or_named_in_the_message() -> None:
    data = b"Name,Summary,abstract\nA,B,C\n"
    (paper,) = read_csv(io.BytesIO(data), "t", {"abstract": "Summary"})
    assert isinstance(paper, Paper) and (paper.title, paper.abstract) == ("A", "B")
    with pytest.raises(ReadError, match=r"no column 'X'.*allowed: Name, Summary, abstract"):
        list(read_csv(io.BytesIO(data), "t", {"title": "X"}))
    with pytest.raises(ReadError, match=r"no column can be taken for the title"):
        list(read_csv(io.BytesIO(b"a,b\n1,2\n"), "t"))


def test_same_paper_from_two_places_is_one(tmp_path: Path) -> None:
    for name, title in (("a.jsonl", "The Same: Title"), ("b.jsonl", "the same – title")):
        (tmp_path / name).write_bytes(lines([{"title": title, "abstract": "Text. " * len(name)}]))
    reading = read_inputs([str(tmp_path / "a.jsonl"), str(tmp_path / "b.jsonl")])
    assert len(reading.papers) == 1
    assert [s.document for s in next(iter(reading.papers)).sources] == ["a.jsonl", "b.jsonl"]


def test_one_id_for_two_papers_sets_the_second_aside(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(lines([{"id": "x", "title": t, "abstract": "Text."} for t in ("One", "Two")]))
    reading = read_inputs([str(path)])
    assert [p.title for p in reading.papers] == ["One"]
    assert "already that of another paper" in next(iter(reading.rejects)).reason


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("x.bin", b"\x7fELF\0\0\0", "binary"),
        ("x.txt", b"just some text", "neither a saved listing page nor a table"),
        ("x.json", b'[{"title": "T", ', "not JSON"),
        ("x.parquet", b"PAR1oops", "not a whole Parquet file"),
        ("x.txt", "title".encode("utf-16"), "UTF-16"),
        ("x.json", b"[]", "no entry"),
    ],
)
def test_unreadable_inputs_are_one_line(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(ReadError, match=words) as caught:
        read_one(str(path))
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


@given(st.binary(max_size=400), st.sampled_from(list(FORMS)))
def test_readers_survive_any_bytes(data: bytes, form: str) -> None:
    try:
        for item in FORMS[form].read(io.BytesIO(data), "x", None):
            assert isinstance(item, Paper | Reject)
    except ReadError as error:
        assert "\n" not in str(error)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["title", "abstract", "id", "x"]), inner)
    ),
    max_leaves=12,
)


@given(st.lists(JSON, max_size=6))
def test_any_json_line_is_a_paper_or_a_reject(rows: list[object]) -> None:
    data = lines([{"title": "T", "abstract": "A."}, *rows])
    assert len(list(read_jsonl(io.BytesIO(data), "x", None))) == len(rows) + 1
