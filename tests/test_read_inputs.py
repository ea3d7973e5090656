"""From what a person names to entries: folders, patterns, pipes, compression, archives, odd files; nothing is lost."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import os
import struct
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract import build
from extract.read import Paper, ReadError, Reading, Reject, entries, read_inputs
from extract.read.fields import strings
from extract.read.forms import json_lines, json_list, separated
from extract.read.forms.separated import CSV, TSV
from extract.read.head import Head
from extract.read.inputs import recognise
from extract.read.places import find
from extract.run.whole import RejectsError

GLEAN = Path(sys.executable).with_name("glean")


def zstd(data: bytes) -> bytes:
    out = pa.BufferOutputStream()
    with pa.CompressedOutputStream(out, "zstd") as stream:
        stream.write(data)
    return out.getvalue().to_pybytes()


COMPRESS: dict[str, Callable[[bytes], bytes]] = {"gz": gzip.compress, "xz": lzma.compress, "zst": zstd}


def rows(start: int, end: int) -> list[dict[str, str]]:
    return [{"title": f"Paper {i}", "abstract": f"Text number {i}."} for i in range(start, end)]


def lines(start: int, end: int) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows(start, end)).encode()


def table(start: int, end: int, separator: str = ",") -> bytes:
    return "\n".join(separator.join(r.values()) for r in [{"t": "title", "a": "abstract"}, *rows(start, end)]).encode()


def parquet(start: int, end: int) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows(start, end)), out, row_group_size=50)
    return out.getvalue()


def read(*paths: Path | str, **how: Any) -> Reading:
    """Reads, and checks the account: every entry is in one paper or one reject, and each place once."""
    reading = read_inputs([str(p) for p in paths], **how)
    places = [(s.document, s.position) for p in reading.papers for s in p.sources]
    places += [(r.document, r.position) for r in reading.rejects]
    assert len(places) == len(set(places)) == reading.entries == sum(d.entries for d in reading.documents)
    assert len(reading.rejects) == sum(d.rejects for d in reading.documents)
    assert {document for document, _ in places} <= {d.name for d in reading.documents}
    for reject in reading.rejects:
        assert "\n" not in reject.reason and str(Path(paths[0]).parent) not in reject.reason
    return reading


def reasons(reading: Reading) -> list[str]:
    return [r.reason for r in reading.rejects]


# --- places -----------------------------------------------------------------------------------------------------------


def test_folders_are_read_whole_and_hidden_files_left_out(tmp_path: Path) -> None:
    for name in ("b/papers.jsonl", "a/papers.jsonl", "a/.hidden.jsonl", ".git/papers.jsonl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(lines(0, 2))
    assert [d.name for d in read(tmp_path).documents] == ["a/papers.jsonl", "b/papers.jsonl"]
    reading = read(tmp_path / "a", tmp_path / "b", tmp_path / "a" / "papers.jsonl")
    assert [d.name for d in reading.documents] == ["a/papers.jsonl", "b/papers.jsonl"]  # each once, told apart
    assert (reading.entries, len(reading.papers)) == (4, 2)


def test_what_cannot_be_read_in_a_folder_is_set_aside_and_named_it_is_an_error(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "papers.jsonl").write_bytes(lines(0, 2))
    (folder / "empty.csv").write_bytes(b"")
    (folder / "notes.txt").write_bytes(b"just some text")
    (folder / "cut.parquet").write_bytes(parquet(0, 9)[:-9])
    (folder / "gone.jsonl").symlink_to("nowhere")
    (folder / "loop.jsonl").symlink_to("loop.jsonl")
    (folder / "again.jsonl").symlink_to("papers.jsonl")
    os.mkfifo(folder / "pipe")
    reading = read(folder)
    assert len(reading.papers) == 2
    assert [(r.document, r.position) for r in reading.rejects] == [
        (name, 0) for name in ("cut.parquet", "empty.csv", "gone.jsonl", "loop.jsonl", "notes.txt")
    ]
    for name in ("empty.csv", "notes.txt", "cut.parquet", "loop.jsonl"):
        with pytest.raises(ReadError):
            read(folder / name)
        with pytest.raises(ReadError):  # also where the folder is named too
            read(folder, folder / name)
    with pytest.raises(FileNotFoundError):
        read(folder / "gone.jsonl")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read everything")
def test_what_may_not_be_read_in_a_folder_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(lines(0, 2))
    (tmp_path / "b.jsonl").write_bytes(lines(2, 4))
    (tmp_path / "b.jsonl").chmod(0)
    (tmp_path / "c").mkdir(mode=0)
    reading = read(tmp_path)
    assert [r.document for r in reading.rejects] == ["b.jsonl", "c"]
    with pytest.raises(ReadError, match="permission denied"):
        read(tmp_path / "b.jsonl")


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_bytes(lines(0, 1))
    (tmp_path / "in" / "round").symlink_to(tmp_path)
    assert [d.name for d in read(tmp_path / "in").documents] == ["a.jsonl"]


def test_patterns(tmp_path: Path) -> None:
    for name in ("x/1.csv", "x/y/2.csv", "[1].csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(table(0, 1))
    assert [p.name for p in find([f"{tmp_path}/**/*.csv"])] == ["[1].csv", "1.csv", "2.csv"]
    assert [p.name for p in find([f"{tmp_path}/[1].csv"])] == ["[1].csv"]  # a file of that name comes first
    with pytest.raises(ReadError, match="no file fits"):
        find([f"{tmp_path}/*.tsv"])


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b"])
def test_names_that_cannot_be_files_are_one_line(name: str) -> None:
    with pytest.raises((ReadError, FileNotFoundError)):
        find([name])


def test_a_pipe_is_read_like_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(gzip.compress(lines(0, 500))))
    writer.start()
    assert len(read(pipe).papers) == 500
    writer.join()


def test_a_file_is_no_dataset(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(table(0, 1))
    with pytest.raises(ReadError, match="no such dataset"):
        read(tmp_path / "a.csv", form="hf")


def test_the_installed_command_reads_standard_input_and_says_what_it_guessed() -> None:
    def glean(data: bytes, *more: str) -> subprocess.CompletedProcess[bytes]:
        command = [GLEAN, "extract", "-", *more]
        return subprocess.run(command, input=data, capture_output=True, check=False)

    data = b'Name,Summary,DOI,x\nFooNet,"FooNet is 2x faster.",10.1234/x,1\nBar,"open\n'
    run = glean(zstd(data))
    assert run.returncode == 0 and len(run.stdout.splitlines()) == 1
    assert run.stderr.decode().splitlines() == [
        "glean: stdin: title from 'Name', abstract from 'Summary', doi from 'DOI'",
        "glean: stdin:3: entry 1 set aside: a quote that does not close (allowed: fields in double quotes, "
        "a quote within doubled)",
    ]
    run = glean(b"", "--quiet")
    assert (run.returncode, run.stderr) == (
        1,
        b"glean: -: the file is empty (allowed: a file with at least one paper)\n",
    )


def test_columns_are_told_where_one_was_guessed(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"Title,Abstract,id\nA,B.,1\n")
    (tmp_path / "b.csv").write_bytes(b"Name,Abstract\nC,D.\n")
    (tmp_path / "c.jsonl").write_bytes(b'{"title": "E", "abstract": "F."}\n{"name": "G", "summary": "H.", "doi": ""}\n')
    (tmp_path / "d.json").write_bytes(b'[{"id": "1", "title": "I", "summary": "J."}]')
    found = {d.name: (d.guessed, d.columns) for d in read(tmp_path).documents}
    assert found == {
        "a.csv": (False, {"title": ["Title"], "abstract": ["Abstract"], "id": ["id"]}),
        "b.csv": (True, {"title": ["Name"], "abstract": ["Abstract"]}),
        "c.jsonl": (True, {"title": ["title", "name"], "abstract": ["abstract", "summary"], "doi": ["doi"]}),
        "d.json": (True, {"title": ["title"], "abstract": ["summary"], "id": ["id"]}),
    }
    assert not read(tmp_path / "b.csv", columns={"title": "Name"}).documents[0].guessed  # it was chosen


# --- compression and archives -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(COMPRESS))
def test_compressed_files_cut_anywhere(tmp_path: Path, kind: str) -> None:
    whole = COMPRESS[kind](lines(0, 300))
    path = tmp_path / f"papers.jsonl.{kind}"
    path.write_bytes(whole)
    assert len(read(path).papers) == 300
    path.write_bytes(whole + COMPRESS[kind](lines(300, 320)))
    assert len(read(path).papers) == 320  # put together
    for cut in [*range(1, 40), *range(40, len(whole), 97), len(whole) - 1]:
        path.write_bytes(whole[:cut])
        try:
            reading = read(path)
        except ReadError as error:
            assert "\n" not in str(error)
        else:
            assert "broken or cut off" in reasons(reading)[-1] or "not JSON" in reasons(reading)[-1]
    for garbage in (whole[:6] + b"\xff" * 60, whole + b"garbage", whole[:50] + b"\0" * 60 + whole[110:]):
        path.write_bytes(garbage)
        try:
            assert reasons(read(path)) or (kind == "xz" and garbage.startswith(whole))  # lzma reads over what follows
        except ReadError as error:
            assert "\n" not in str(error)


def tar(files: list[tuple[Any, bytes]], mode: str = "w") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in files:
            member = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def zipped(files: list[tuple[Any, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return out.getvalue()


def odd_member(name: str, kind: bytes) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, "a.jsonl"
    return member


FILES = [("a.jsonl", lines(0, 3)), ("in/b.csv", table(3, 6)), ("in/c.parquet", parquet(6, 9))]
BAD = [("../up.jsonl", lines(9, 10)), ("/abs.jsonl", lines(9, 10)), ("in/../../x.csv", b"x")]


@pytest.mark.parametrize("kind", ["tar", "tar.gz", "tar.xz", "tar.zst", "zip"])
def test_archives(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"x.{kind}"
    if kind == "zip":
        link, locked = zipfile.ZipInfo("link.jsonl"), [("..\\up.jsonl", b"x"), ("C:/x.csv", b"x")]
        link.external_attr = 0xA1FF << 16
        odd = [*BAD, *locked, (link, b"a.jsonl"), ("__MACOSX/._a.jsonl", b"x"), ("in/", b"")]
        path.write_bytes(zipped([*FILES, *odd]))
        refused = 6
    else:
        kinds = (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE)
        odd = [*BAD, *((odd_member(f"odd{i}", t), b"") for i, t in enumerate(kinds))]
        odd += [(odd_member("in", tarfile.DIRTYPE), b""), (".hidden.jsonl", b"x")]
        data = tar([*FILES, *odd])
        path.write_bytes(data if kind == "tar" else COMPRESS[kind[4:]](data))
        refused = 8
    reading = read(path)
    assert [(d.name, d.format, d.entries, d.rejects) for d in reading.documents] == [
        (f"x.{kind}/a.jsonl", "jsonl", 3, 0),
        (f"x.{kind}/in/b.csv", "csv", 3, 0),
        (f"x.{kind}/in/c.parquet", "parquet", 3, 0),
        (f"x.{kind}", "archive", refused, refused),
    ]
    assert len(reading.papers) == 9
    assert all("in the archive (allowed: plain files)" in reason for reason in reasons(reading))
    assert [p.name for p in tmp_path.iterdir()] == [path.name] and not (tmp_path.parent / "up.jsonl").exists()


def test_tar_cut_anywhere_or_with_a_broken_header(tmp_path: Path) -> None:
    whole, path = tar(FILES), tmp_path / "x.tar"
    for cut in range(300, len(whole) - 9 * 1024, 212):
        path.write_bytes(whole[:cut])
        try:
            reading = read(path)
        except ReadError as error:
            assert "archive is broken or cut off" in str(error) or cut < 512
        else:  # the library ends without a word where the next header is cut off
            assert "archive is broken or cut off" in reasons(reading)[-1] or "Parquet" in reasons(reading)[-1], cut
    path.write_bytes(whole[:1024] + b"\xff" * 512 + whole[1536:])
    reading = read(path)
    assert len(reading.papers) == 3 and "broken or cut off" in reasons(reading)[-1]


def test_a_broken_member_of_a_zip_costs_itself_only(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    data = bytearray(zipped([("a.jsonl", lines(0, 3)), ("b.jsonl", lines(3, 900)), ("c.jsonl", lines(900, 903))]))
    at = data.index(b"b.jsonl")
    data[at + 500 : at + 504] = b"\xff\0\xff\0"
    path.write_bytes(data)
    reading = read(path)
    assert {d.name[6:] for d in reading.documents} == {"a.jsonl", "b.jsonl", "c.jsonl"}
    assert len(reading.papers) >= 6 and len(reading.rejects) >= 1
    for flag, words in ((8, "encrypted"), (10, "cannot be unpacked")):  # of the directory at the end
        data = bytearray(zipped([("a.jsonl", lines(0, 3)), ("b.jsonl", lines(3, 6))]))
        at = data.index(b"PK\x01\x02")
        data[at + flag : at + flag + 2] = struct.pack("<H", 1 if flag == 8 else 99)
        path.write_bytes(data)
        reading = read(path)
        assert len(reading.papers) == 3 and words in reasons(reading)[0]


@pytest.mark.parametrize(
    "data", [zipped([]), zipped([(".hidden", b"x")]), tar([(".hidden", b"x")]), zipped(FILES)[:-9]]
)
def test_archives_without_anything_to_read_are_one_line(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.bin").write_bytes(data)
    with pytest.raises(ReadError, match="archive"):
        read(tmp_path / "x.bin")
    with pytest.raises(ReadError, match="archive"):
        build([tmp_path / "x.bin"], tmp_path / "out")


def test_files_of_one_name_in_an_archive_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    path.write_bytes(tar([("a.jsonl", lines(0, 2)), ("a.jsonl", lines(2, 4))]))
    assert [d.name for d in read(path).documents] == ["x.tar/a.jsonl", "x.tar/a.jsonl (2)"]


def test_an_archive_in_an_archive_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(zipped([("y.zip", zipped(FILES)), ("a.jsonl.gz", gzip.compress(lines(0, 2)))]))
    reading = read(tmp_path / "x.zip")
    assert len(reading.papers) == 2 and "binary" in reasons(reading)[0]


@settings(max_examples=60)
@given(st.sampled_from(["tar", "zip", "gz", "xz", "zst", "parquet"]), st.data())
def test_any_damage_is_papers_rejects_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, kind: str, data: st.DataObject
) -> None:
    make = {"tar": lambda: tar(FILES)[:4096], "zip": lambda: zipped(FILES), "parquet": lambda: parquet(0, 60)}
    whole = bytearray(make[kind]() if kind in make else COMPRESS[kind](lines(0, 60)))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("damage") / "x"
    path.write_bytes(whole[: data.draw(st.integers(1, len(whole)))])
    try:
        list(entries([str(path)]))
    except ReadError as error:
        assert "\n" not in str(error)


# --- tables -----------------------------------------------------------------------------------------------------------


def found(form: Any, data: bytes) -> list[str | int]:
    """The titles of papers and the lines of rejects; positions are checked."""
    items = list(form.read(io.BytesIO(data), "x"))
    assert [i.sources[0].position if isinstance(i, Paper) else i.position for i in items] == list(range(len(items)))
    return [i.title if isinstance(i, Paper) else i.line for i in items]


def test_a_quote_that_does_not_close_costs_its_line_only() -> None:
    assert found(CSV, b'title,abstract\nA,B\nC,"D\nE,F\nG,H\n') == ["A", 3, "E", "G"]
    assert found(TSV, b'title\tabstract\n"A\tB\nC\tD') == [2, "C"]
    assert found(CSV, b'title,abstract\nA,"B') == [2]
    assert found(CSV, b'title,abstract\n"A ""q"" a","B,\nb"\n') == ['A "q" a']


def test_line_ends_blank_lines_and_two_columns_of_one_name() -> None:
    for end in (b"\n", b"\r\n", b"\r"):
        assert found(CSV, end.join([b"\xef\xbb\xbftitle,abstract", b"A,B", b"", b"C,D", b"E", b"F,G"])) == [
            "A",
            "C",
            5,
            "F",
        ]
    assert found(CSV, b"\n\ntitle,abstract\nA,B\n") == ["A"]
    assert found(CSV, b"title,abstract,title\nA,B,C\n") == ["A"]


def test_lines_without_end_are_set_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(separated, "MAX_LINE", 64)
    long = b"x" * 500
    data = b'title,abstract\nA,B\nC,%b\nD,"E\n%b"\nF,G\nH,"%b' % (long, long, b"i\n" * 90)
    titles = found(CSV, data + b"\nY,Z\n")
    assert titles[:2] == ["A", 3] and "F" in titles and titles[-1] == "Y"
    monkeypatch.setattr("extract.read.text.MAX_LINE", 64)
    data = lines(0, 1) + b'{"title": "%b"}\n' % long + lines(1, 2) + long
    assert found(json_lines, data) == ["Paper 0", 2, "Paper 1", 4]


@settings(max_examples=150)
@given(st.lists(st.lists(st.text('a "\n,\r', max_size=5), min_size=2, max_size=2), max_size=6), st.booleans())
def test_csv_that_is_well_formed_comes_back(cells: list[list[str]], quoted: bool) -> None:
    import csv

    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
    writer.writerow(["title", "abstract"])
    writer.writerows([[f"T{a}", f"A{b}"] for a, b in cells])
    assert found(CSV, out.getvalue().encode()) == [f"T{a}".strip() for a, _ in cells]


@settings(max_examples=150)
@given(st.lists(st.sampled_from(['A,"b', "C,d", 'E,"f"', 'G,"h" i', '""', 'J,"k""', "", "L", 'M,""""']), max_size=8))
def test_no_line_of_a_csv_is_lost(pieces: list[str]) -> None:
    data = "\n".join(["title,abstract", *pieces]).encode()
    items = list(CSV.read(io.BytesIO(data), "x"))
    said = " ".join(i.title + i.abstract for i in items if isinstance(i, Paper))
    lines = {i.line for i in items if isinstance(i, Reject)}
    for number, piece in enumerate(pieces, 2):
        if piece == "C,d":
            assert "Cd" in said or "C,d" in said or number in lines


# --- JSON -------------------------------------------------------------------------------------------------------------

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from([1e5, -0.5, 1e-300, float("nan"), float("-inf")])
    | st.text('ä€😀\ud800"\\[]{},: a', max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["title", "abstract", "x"]), inner),
    max_leaves=8,
)


@settings(max_examples=200)
@given(st.lists(VALUES, max_size=5), st.integers(8, 40), st.booleans(), st.sampled_from([None, 1]))
def test_a_list_is_the_same_however_windows_cut_it(
    values: list[Any], window: int, escaped: bool, indent: int | None
) -> None:
    text = json.dumps(values, ensure_ascii=escaped, indent=indent)
    data = text.encode("utf-8", "surrogatepass")

    def all_items() -> list[tuple[int, int, str]]:
        return [(n, line, repr(value)) for n, line, value in json_list.items(io.BytesIO(data), "x")]

    with pytest.MonkeyPatch.context() as patch:
        whole = all_items()
        patch.setattr(json_list, "WINDOW", window)
        assert all_items() == whole
    assert len(whole) == len(values)


@pytest.mark.parametrize("number", ["1.5", "12", "1e5", "1E+5", "-1.25e-3", "-0.0", "NaN", "-Infinity", "true", "null"])
def test_numbers_at_the_end_of_a_window(number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for before in range(12):
        data = ("[" + " " * before + f"{number}, {number}]").encode()
        monkeypatch.setattr(json_list, "WINDOW", 8)
        values = [value for _, _, value in json_list.items(io.BytesIO(data), "x")]
        assert repr(values) == repr([json.loads(number)] * 2)


def test_objects_that_follow_one_another_are_all_read() -> None:
    pretty = "\n".join(json.dumps(row, indent=2) for row in rows(0, 3)).encode()
    assert recognise(pretty, "x").NAME == "json"
    assert found(json_list, pretty) == ["Paper 0", "Paper 1", "Paper 2"]
    pages = [json.dumps({"count": 2, "papers": rows(i, i + 2), "next": {"a": [1]}}) for i in (0, 2)]
    for between in ("", "\n"):
        data = between.join(pages).encode()
        assert recognise(data, "x").NAME == "json"
        assert found(json_list, data) == [f"Paper {i}" for i in range(4)]
    for cut in range(len(pages[0]) - 1, len(pages[0]) - 25, -1):  # what is wrapped does not end in silence
        with pytest.raises(ReadError, match="not JSON"):
            found(json_list, pages[0][:cut].encode())


def test_json_that_is_not_what_it_seems() -> None:
    broken = [b"oops\n", b"[1]\n", b"null\n", b"# a comment\n", b'{"title": \n']
    for first in broken:
        data = first + lines(0, 3)
        assert recognise(data, "papers.jsonl").NAME == "jsonl"
        assert found(json_lines, data)[1:] == ["Paper 0", "Paper 1", "Paper 2"]
    assert recognise(json.dumps(rows(0, 2), indent=1).encode(), "papers.jsonl").NAME == "json"
    assert recognise(lines(0, 1), "papers").NAME == "json" and found(json_list, lines(0, 1)) == ["Paper 0"]
    paper = b'{"title": "T", "abstract": "A.", "results": [{"x": 1}]}\n'
    assert recognise(paper * 2, "x").NAME == "jsonl"  # a paper with a list, not a list in a wrapper
    assert Head(b'{"count": 2, "notes": [{').json == "object"


def test_json_breaks_are_told_with_their_line(tmp_path: Path) -> None:
    text = json.dumps(rows(0, 3), indent=1)
    (tmp_path / "x.json").write_text(text[: text.index("Paper 2") + 3])
    reading = read(tmp_path / "x.json")
    (reject,) = reading.rejects
    assert len(reading.papers) == 2 and reject.line == 11 and reject.reason.startswith("not JSON")
    (tmp_path / "y.jsonl").write_bytes(lines(0, 1) + b"[" * 100_000 + b"\n" + b"1" * 10_000 + b"\n" + lines(1, 2))
    assert [r.line for r in read(tmp_path / "y.jsonl").rejects] == [2, 3]


def test_runs_of_blanks_take_no_time() -> None:
    assert strings("A One" + " " * 300_000 + "B Two and" + "\t" * 300_000 + "C") == ("A One B Two", "C")


# --- to the end -------------------------------------------------------------------------------------------------------


def test_every_entry_is_in_the_account_of_a_release(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    nul = json.dumps({"title": "Nul\0Net", "abstract": "NulNet is 2x faster\0than Bar."}) + "\n{oops\n"
    (folder / "a.jsonl").write_text(nul + lines(0, 3).decode())
    (folder / "b.csv").write_bytes(table(1, 4) + b"\nonly one\n" + "Ein Titel,Eine Fläche.\n".encode("latin-1"))
    (folder / "c.parquet").write_bytes(parquet(3, 5))
    (folder / "d.tar.gz").write_bytes(gzip.compress(tar([("e.json", json.dumps(rows(0, 1)).encode()), *BAD])))
    (folder / "f.txt").write_bytes(b"not a paper")
    (folder / "g.jsonl").write_text('{"title": "日本語の題", "abstract": "要旨はここにあります。"}\n')
    summary = build([folder], tmp_path / "out")
    manifest = json.loads((summary.folder / "manifest.json").read_text())
    counts = manifest["counts"]
    assert counts == {"entries": 18, "papers": 7, "repeated": 4, "rejects": 7}
    assert counts["entries"] == counts["papers"] + counts["repeated"] + counts["rejects"]
    rejects = [json.loads(line) for line in (summary.folder / "rejects.jsonl").read_text().splitlines()]
    assert len(rejects) == 7 == sum(manifest["rejects_by_reason"].values())
    assert {n["name"]: n["rejects"] for n in manifest["inputs"]} == {
        "a.jsonl": 1, "b.csv": 2, "c.parquet": 0, "d.tar.gz/e.json": 0, "d.tar.gz": 3, "f.txt": 1, "g.jsonl": 0,
    }  # fmt: skip
    papers = pq.read_table(summary.folder / "papers").to_pylist()
    places = [(s["document"], s["position"]) for p in papers for s in p["sources"]]
    places += [(r["document"], r["position"]) for r in rejects]
    assert len(places) == len(set(places)) == 18
    assert str(tmp_path) not in (summary.folder / "rejects.jsonl").read_text()
    with pytest.raises(RejectsError):
        build([folder], tmp_path / "strict", strict=True)
    assert not (tmp_path / "strict").exists()
