"""End to end through the installed command: exit status, one clear line for bad input, nothing lost."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from extract.sample import sample_inputs

GLEAN = Path(sys.executable).with_name("glean")


def glean(*args: object, stdin: bytes = b"", cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run([GLEAN, *map(str, args)], input=stdin, capture_output=True, cwd=cwd, env=env, check=False)


def one_line(run: subprocess.CompletedProcess[bytes], status: int) -> str:
    text = run.stderr.decode()
    assert run.returncode == status, text
    assert "Traceback" not in text
    assert len(text.strip().splitlines()) == 1, text
    return text


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled sample, built once."""
    out = tmp_path_factory.mktemp("build") / "2026.11"
    run = glean("build", "-o", out)
    assert run.returncode == 0, run.stderr.decode()
    return out


# what costs most to import, and is no use for a few abstracts
_COSTLY = ("pandas", "datasets", "requests", "py3langid", "ray", "sklearn")
_EXTRACT = f"""
import sys
from extract.cli import main
try:
    main()
finally:
    print("imported:", [m for m in {_COSTLY} if m in sys.modules], file=sys.stderr)
"""


def test_extracting_one_abstract_imports_little(tmp_path: Path) -> None:
    paper = {
        "title": "Zork",
        "abstract": "We present Zork, a parser of the logs that is 2x faster than the best of ours.",
    }
    (tmp_path / "one.jsonl").write_text(json.dumps(paper))
    command = [sys.executable, "-c", _EXTRACT, "extract", "--quiet", tmp_path / "one.jsonl"]
    run = subprocess.run(command, capture_output=True, check=True)
    assert json.loads(run.stdout)["speedups"][0]["value"] == 2
    assert run.stderr.decode().strip() == "imported: []"


def test_spacys_commands_are_there_when_they_are_called() -> None:
    code = """
from extract.cli.quick import without_spacys_commands
without_spacys_commands()
import sys
import spacy
assert "requests" not in sys.modules
assert spacy.info(silent=True)["spacy_version"] == spacy.__version__
from spacy.cli.validate import get_model_pkgs
assert spacy.cli.info is not spacy.info
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert run.returncode == 0, run.stderr.decode()


def test_sample_builds_and_validates(release: Path) -> None:
    run = glean("validate", release)
    assert (run.returncode, run.stderr) == (0, b"")
    assert b"valid" in run.stdout
    manifest = json.loads((release / "manifest.json").read_text())
    assert manifest["counts"]["entries"] == 45
    assert manifest["counts"]["papers"] == 40


def test_second_build_is_byte_identical_whatever_the_workers(release: Path, tmp_path: Path) -> None:
    again = tmp_path / "2026.11"
    run = glean("build", "--workers", 2, "-o", again)
    assert run.returncode == 0, run.stderr.decode()
    assert hashes(again) == hashes(release)


def test_a_release_is_not_overwritten_unless_told(release: Path) -> None:
    before = hashes(release)
    line = one_line(glean("build", "-o", release), 1)
    assert "--replace" in line
    assert hashes(release) == before
    assert glean("build", "-o", release, "--replace", "--quiet").returncode == 0
    assert hashes(release) == before


def test_extract_writes_valid_json_lines(tmp_path: Path) -> None:
    run = glean("extract", *sample_inputs(), "--with-text")
    assert run.returncode == 0
    records = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(records) == 40
    for record in records:
        texts = {"title": record["title"], "abstract": record["abstract"]}
        for kind in ("methods", "tasks", "datasets", "metrics"):
            for entity in record[kind]:
                surfaces = {texts[m["field"]][m["start"] : m["end"]] for m in entity["mentions"]}
                assert surfaces <= {entity["name"], *entity["aliases"]}
        for row in record["speedups"] + record["results"]:
            assert texts[row["field"]][row["start"] : row["end"]].strip()
    path = tmp_path / "records.jsonl"
    path.write_bytes(run.stdout)
    assert glean("validate", path).returncode == 0


def test_standard_input_and_broken_entries() -> None:
    data = b'{"id": "a", "title": "FooNet: Fast Parsing", "abstract": "FooNet is 2x faster than BarNet."}\nnonsense\n'
    run = glean("extract", "-", stdin=data)
    assert run.returncode == 0
    assert [json.loads(line)["paper_id"] for line in run.stdout.splitlines()] == ["a"]
    assert run.stderr.decode().startswith("glean: stdin:2: entry 1 set aside: not JSON")


PAGE_IN_LATIN_1 = ("Get trending papers in your email inbox!\n\nÜber Seiten\n\n" + "A page is short. " * 12).encode(
    "latin-1"
)


@pytest.mark.parametrize(
    ("name", "data", "status", "words"),
    [
        ("empty.txt", b"", 1, "empty"),
        ("binary.bin", bytes(range(256)), 1, "binary"),
        ("latin1.txt", PAGE_IN_LATIN_1, 1, "0xdc is not UTF-8"),
        ("utf16.txt", "Get trending papers in your email inbox!".encode("utf-16"), 1, "UTF-16"),
        ("none.txt", b"new\n\nGet trending papers in your email inbox!\n\nSubscribe\n", 1, "no entry"),
        ("lonely.txt", b"Get trending papers in your email inbox!\n\nA Title Alone\n", 1, "title without an abstract"),
        ("notes.md", b"# Notes\n\nNothing to see here.\n", 1, "neither a saved listing page"),
        (None, None, 2, "no such file"),
    ],
)
def test_bad_inputs(tmp_path: Path, name: str | None, data: bytes | None, status: int, words: str) -> None:
    path = tmp_path / (name or "missing.txt")
    if data is not None:
        path.write_bytes(data)
    out = tmp_path / "release"
    line = one_line(glean("build", path, "-o", out), status)
    assert words in line and path.name in line
    assert not out.exists()
    assert [p for p in tmp_path.iterdir() if p != path] == []


def test_rejects_are_told_counted_and_named_in_the_manifest(tmp_path: Path) -> None:
    page = Path(sample_inputs()[1]).read_text() + "\nA Title Without Its Abstract"
    path = tmp_path / "page.txt"
    path.write_text(page)
    run = glean("build", path, "-o", tmp_path / "release")
    assert run.returncode == 0
    assert "title without an abstract" in run.stderr.decode()
    told = "".join(
        (tmp_path / "release" / name).read_text() for name in ("manifest.json", "rejects.jsonl", "README.md")
    )
    assert told.count("title without an abstract") == 3
    assert "A Title Without Its Abstract" not in told


@pytest.mark.parametrize("command", ["build", "extract"])
def test_strict_makes_any_reject_an_error(tmp_path: Path, command: str) -> None:
    path = tmp_path / "page.txt"
    path.write_text(Path(sample_inputs()[1]).read_text() + "\nA Title Without Its Abstract")
    run = glean(command, path, "--strict", *(["-o", tmp_path / "release"] if command == "build" else []))
    assert run.returncode == 1 and run.stdout == b""
    assert "title without an abstract" in run.stderr.decode() and "--strict" in run.stderr.decode()
    assert not (tmp_path / "release").exists()


def test_unwritable_output(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    line = one_line(glean("build", "-o", tmp_path / "file" / "release"), 1)
    assert "file" in line


def test_output_folder_with_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    line = one_line(glean("build", "-o", tmp_path, "--replace"), 1)
    assert str(tmp_path) in line
    assert (tmp_path / "mine.txt").read_text() == "keep"


@pytest.mark.parametrize(
    "call",
    [
        ("frobnicate",),
        ("build",),
        ("build", "--workers", "0", "-o", "x"),
        ("extract", "--format", "docx", "x"),
        ("extract", "--columns", "foo", "x"),
        ("validate",),
    ],
)
def test_wrong_calls(call: tuple[str, ...]) -> None:
    one_line(glean(*call), 2)


def test_validate_says_where_what_and_what_is_allowed(tmp_path: Path) -> None:
    run = glean(
        "extract", "-", stdin=b'{"id": "a", "title": "FooNet", "abstract": "FooNet is 2x faster than BarNet."}\n'
    )
    record = json.loads(run.stdout)
    record["speedups"][0]["form"] = "double"
    record["extra"] = 1
    path = tmp_path / "bad.jsonl"
    path.write_text(json.dumps(record) + "\n")
    run = glean("validate", path)
    text = run.stderr.decode()
    assert run.returncode == 1
    assert f"{path}:1: /speedups/0/form" in text and "percent_decrease" in text
    assert "extra" in text
    assert glean("validate", tmp_path / "nowhere.json").returncode == 2


def test_help_names_every_command() -> None:
    text = glean("--help").stdout.decode()
    for command in ("build", "extract", "validate", "evaluate", "train"):
        assert f"\n  {command} " in text
        assert glean(command, "--help").returncode == 0


def test_evaluate_on_the_sample(tmp_path: Path) -> None:
    folder = Path(sample_inputs()[0]).parent
    out = tmp_path / "quality.json"
    run = glean("evaluate", folder / "papers.jsonl", folder / "gold.jsonl", "--json", out)
    assert run.returncode == 0, run.stderr.decode()
    figures = json.loads(out.read_text())["figures"]
    assert figures["speedups"]["f1"] > 0.7
    assert figures["entity.all"]["f1"] > 0.6
    line = one_line(glean("evaluate", folder / "papers.jsonl", tmp_path / "none.jsonl"), 1)
    assert "none.jsonl" in line


PAPERS = [
    {
        "id": "p1",
        "title": "QuiverDB: Fast Search",
        "abstract": "We present QuiverDB, an index for vector search. QuiverDB is 2.4x faster than HNSW on SIFT1M.",
    },
    {
        "id": "p2",
        "title": "Kurz",
        "abstract": "Wir stellen ein Verfahren vor, das die Suche in Beständen auf das Doppelte beschleunigt und "
        "dabei weniger Speicher braucht als alle bisherigen Verfahren.",
    },
]
CURATED = {
    "one.yaml": "paper_id: p1\ndoi: 10.1234/abc\nspeedups:\n  - text: 2.4x faster than HNSW\n    phase: inference\n",
    "new.yaml": "paper_id: n1\ntitle: DrumNet, A Fast Drum\nabstract: DrumNet is 3x faster than Drum in training.\n",
    "lost.yaml": "paper_id: p9\ndoi: 10.1234/x\n",
    "broken.yaml": "paper_id: p2\ndoi: 7\n",
}


@pytest.fixture
def curated(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "papers.jsonl").write_text("\n".join(map(json.dumps, PAPERS)))
    (tmp_path / "curated").mkdir()
    for name, text in CURATED.items():
        (tmp_path / "curated" / name).write_text(text)
    return tmp_path


def test_entries_by_hand_are_merged_in_told_and_counted(curated: Path) -> None:
    out = curated / "release"
    run = glean("build", curated / "in", "--curated", curated / "curated", "-o", out)
    told = run.stderr.decode()
    assert run.returncode == 0
    assert 'broken.yaml:2: /doi: "7" has not the right form' in told
    assert "lost.yaml:1: /paper_id: no paper has this paper_id: p9 (allowed: " in told
    assert glean("validate", out).returncode == 0
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["counts"] == {"entries": 3, "papers": 3, "repeated": 0, "rejects": 0}
    expected = {"entries": 4, "applied": 1, "added": 1, "for_no_paper": 1, "set_aside": 1, "problems": 2}
    assert manifest["curated"] == expected
    papers = {row["paper_id"]: row for row in pq.read_table(out / "papers").to_pylist()}
    assert set(papers) == {"n1", "p1", "p2"} and papers["p1"]["doi"] == "10.1234/abc"
    assert [s["document"] for s in papers["p1"]["sources"]] == ["papers.jsonl", "one.yaml"]
    assert [(c["passes"], c["phase"], c["score"]) for c in papers["p1"]["speedups"]] == [
        (["curated"], "inference", 1.0)
    ]
    assert [c["passes"] for c in papers["n1"]["speedups"]] == [["rule"]]
    assert (papers["p1"]["language"], papers["p2"]["language"]) == ("en", "de")


@pytest.mark.parametrize("command", ["build", "extract"])
def test_guessed_columns_are_told(tmp_path: Path, command: str) -> None:
    (tmp_path / "papers.csv").write_text("Name,Summary\nQuiverDB,QuiverDB is 2.4x faster than HNSW.\n")
    call = [command, tmp_path / "papers.csv", *(["-o", tmp_path / "release"] if command == "build" else [])]
    run = glean(*call)
    assert "glean: papers.csv: title from 'Name', abstract from 'Summary'" in run.stderr.decode().splitlines()
    if command == "extract":
        assert glean(*call, "--quiet").stderr == b""


def test_strict_holds_for_entries_by_hand(curated: Path) -> None:
    run = glean("build", curated / "in", "--curated", curated / "curated", "--strict", "-o", curated / "release")
    assert run.returncode == 1 and b"broken.yaml:2" in run.stderr and b"--strict" in run.stderr
    assert not (curated / "release").exists()
    assert glean("build", curated / "in", "--curated", curated / "no", "-o", curated / "r").returncode in (1, 2)
