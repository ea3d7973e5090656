"""Datasets of the Hub and dataset folders. The Hub is the stand-in of ``tests/hub.py``; all texts are invented."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.read.base import Paper, ReadError, Reject
from extract.read.forms import hub
from tests.hub import ROUTES, Handler, Hub, RefusedError
from tests.hub import hub as standing_in
from tests.releases import OLD, records_of, write

ROWS = [{"title": f"Title {n}", "abstract": f"Invented abstract {n}.", "id": f"id{n}"} for n in range(5)]
CONFIGS = """---
configs:
- config_name: first
  data_files: train.jsonl
- config_name: second
  data_files:
  - split: train
    path: train.jsonl
  - split: test
    path: test.jsonl
---
# A dataset
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")


def lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def repository(folder: Path, readme: str = "---\ndataset_info: {}\n---\n", **files: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "README.md").write_text(readme)
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)
    return folder


def ids(location: Path | str, columns: dict[str, str] | None = None) -> list[str | None]:
    found = list(hub.read(str(location), "data", columns))
    assert all(isinstance(x, Paper) for x in found)
    assert [x.sources[0].position for x in found if isinstance(x, Paper)] == list(range(len(found)))
    return [x.own_id for x in found if isinstance(x, Paper)]


ALL = [row["id"] for row in ROWS]


def test_save_to_disk(tmp_path: Path, capfd: pytest.CaptureFixture[str], no_network: None) -> None:
    rows = datasets.Dataset.from_list(ROWS)
    datasets.disable_progress_bars()
    rows.save_to_disk(str(tmp_path / "alone"), num_shards=2)
    datasets.DatasetDict({"train": rows, "test": rows.select([4, 1])}).save_to_disk(str(tmp_path / "splits"))
    datasets.enable_progress_bars()
    capfd.readouterr()
    assert hub.is_dataset(tmp_path / "alone") and hub.is_dataset(tmp_path / "splits")
    assert ids(tmp_path / "alone") == ALL
    assert ids(tmp_path / "splits") == [*ALL, "id4", "id1"]
    assert ids(f"{tmp_path / 'splits'}:test") == ["id4", "id1"]
    with pytest.raises(ReadError, match=r"^data: there is no split 'dev' \(allowed: train, test\)$"):
        ids(f"{tmp_path / 'splits'}:dev")
    assert capfd.readouterr() == ("", "")
    assert not datasets.are_progress_bars_disabled()


def test_a_repository_with_configs(tmp_path: Path, capfd: pytest.CaptureFixture[str], no_network: None) -> None:
    folder = repository(tmp_path / "json", CONFIGS, train_jsonl=lines(ROWS), test_jsonl=lines(ROWS[:2]))
    assert hub.is_dataset(folder)
    assert ids(f"{folder}/first") == ALL
    assert ids(f"{folder}/second") == [*ALL, "id0", "id1"]
    assert ids(f"{folder}/second:test") == ["id0", "id1"]
    for location, problem in {
        str(folder): "it has several configs (allowed: one of them behind a slash: first, second)",
        f"{folder}/third": "there is no config 'third' (allowed: first, second)",
        f"{folder}/second:dev": "there is no split 'dev' (allowed: train, test)",
    }.items():
        with pytest.raises(ReadError) as caught:
            ids(location)
        assert str(caught.value) == f"data: {problem}"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl", "arrow"])
def test_kinds_of_files(kind: str, tmp_path: Path, no_network: None) -> None:
    folder = repository(tmp_path / "data")
    rows = datasets.Dataset.from_list(ROWS)
    path = str(folder / f"train.{kind}")
    if kind == "csv":
        rows.to_csv(path)
    elif kind == "parquet":
        rows.to_parquet(path)
    elif kind == "jsonl":
        rows.to_json(path)
    else:
        table = pa.Table.from_pylist(ROWS)
        with pa.OSFile(path, "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
    assert ids(folder) == ALL
    assert ids(folder, {"title": "abstract", "abstract": "title"}) == ALL


def test_a_release_of_glean(tmp_path: Path, no_network: None) -> None:
    records = records_of(OLD)
    for n, record in enumerate(records):
        record["abstract"] = f"Invented abstract {n}."
    release = write(records, tmp_path / "2026.12", with_text=True)
    assert hub.is_dataset(release)
    found = [x for x in hub.read(str(release), "release") if isinstance(x, Paper)]  # "papers" is its default config
    assert [(p.own_id, p.title, p.abstract) for p in found] == [
        (r["paper_id"], r["title"], r["abstract"]) for r in records_of(release)
    ]
    without = list(hub.read(str(write(records, tmp_path / "2026.13")), "release"))
    assert [x.reason for x in without if isinstance(x, Reject)] == ["title without an abstract"] * len(records)


def test_what_is_no_dataset(tmp_path: Path) -> None:
    assert not hub.is_dataset(tmp_path) and not hub.is_dataset(tmp_path / "none")
    (tmp_path / "papers.jsonl").write_text(lines(ROWS))
    (tmp_path / "state.json").write_text("{}")
    assert not hub.is_dataset(tmp_path)
    for text in ("# Papers\n\nconfigs: none\n", "---\ntitle: x\n---\nconfigs:\n", "---\nconfigs: x", "\xff"):
        (tmp_path / "README.md").write_text(text, encoding="latin-1")
        assert not hub.is_dataset(tmp_path)
    (tmp_path / "README.md").write_text("---\r\nlicense: x\r\nconfigs: []\r\n---\r\n", newline="")
    assert hub.is_dataset(tmp_path)


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({}, "it has no data files of a kind that is read"),
        ({"train_pkl": "x"}, "it has no data files of a kind that is read"),
        ({"train_tar": "x"}, "it has files of the kind 'webdataset' (allowed: parquet, json"),
        ({"data_py": "raise SystemExit", "train_jsonl": "{}"}, "it is read by a script of its own"),
        ({"train_jsonl": '{"title": "secret'}, "it cannot be read as a dataset"),
        ({"train_parquet": "secret"}, "it cannot be read as a dataset"),
        ({"train_txt": "secret\nsecret\n"}, "no column can be taken for the title"),
    ],
)
def test_what_cannot_be_read(files: dict[str, str], problem: str, tmp_path: Path, no_network: None) -> None:
    folder = repository(tmp_path / "data", **files)
    with pytest.raises(ReadError) as caught:
        ids(folder)
    message = str(caught.value)
    assert message.startswith(f"data: {problem}") and len(message.splitlines()) == 1 and "secret" not in message


def test_a_broken_saved_dataset(tmp_path: Path, no_network: None) -> None:
    (tmp_path / "state.json").write_text("{}")
    (tmp_path / "dataset_info.json").write_text("[")
    with pytest.raises(ReadError, match=r"^data: it cannot be read as a dataset"):
        ids(tmp_path)


def test_files_outside_are_not_read(tmp_path: Path, no_network: None) -> None:
    (tmp_path / "outside.jsonl").write_text(lines(ROWS))
    for place in ("../outside.jsonl", str(tmp_path / "outside.jsonl")):
        readme = f"---\nconfigs:\n- config_name: default\n  data_files: {place}\n---\n"
        folder = repository(tmp_path / f"data{len(place)}", readme, train_jsonl=lines(ROWS))
        with pytest.raises(ReadError):
            ids(folder)


def test_rows_that_are_no_papers(tmp_path: Path, no_network: None) -> None:
    rows = [ROWS[0], {"title": "A", "abstract": None}, {"title": None, "abstract": "B"}, ROWS[1]]
    found = list(hub.read(str(repository(tmp_path / "data", train_jsonl=lines(rows))), "data"))
    assert [type(x) for x in found] == [Paper, Reject, Reject, Paper]


def test_the_fingerprint_of_a_folder_is_that_of_its_files(tmp_path: Path) -> None:
    first = repository(tmp_path / "a", train_jsonl=lines(ROWS))
    second = repository(tmp_path / "b", train_jsonl=lines(ROWS))
    digest, size = hub.fingerprint(str(first))
    assert (digest, size) == hub.fingerprint(str(second)) and len(digest) == 64
    assert size == sum(p.stat().st_size for p in first.iterdir())
    (second / ".git").mkdir()
    (second / ".git" / "x").write_text("x")
    assert hub.fingerprint(str(second)) == (digest, size)
    assert hub.fingerprint(f"{first}:train")[0] != digest
    (second / "train.jsonl").write_text(lines(ROWS[:4]))
    assert hub.fingerprint(str(second))[0] != digest


@pytest.mark.parametrize("saved", [True, False])
def test_memory_is_that_of_a_batch(saved: bool, tmp_path: Path, no_network: None) -> None:
    abstract = "An invented sentence of some length. " * 40
    folder = tmp_path / "data"
    table = pa.table({"title": [f"T{n}" for n in range(20_000)], "abstract": [abstract] * 20_000})
    if saved:
        datasets.disable_progress_bars()
        datasets.Dataset(table).save_to_disk(str(folder))
        datasets.enable_progress_bars()
    else:
        repository(folder)
        pq.write_table(table, folder / "train.parquet", row_group_size=2_000, use_dictionary=False)
    reader = hub.read(str(folder), "data")
    next(reader)
    tracemalloc.start()
    before = pa.total_allocated_bytes()
    count, most = 1, 0
    for _ in reader:
        count += 1
        if count % 1000 == 0:
            most = max(most, pa.total_allocated_bytes() - before)
    top = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 20_000
    assert top < 12_000_000 and most < 8_000_000  # of 30 MB


@given(st.text("abhf:/@.-_ \n%é", max_size=30))
def test_any_location(text: str) -> None:
    try:
        dataset = hub._locate(f"hf://{text}")
    except ReadError as error:
        assert "allowed" in str(error)
    else:
        assert dataset.repo is not None and dataset.repo.count("/") == 1


@pytest.mark.parametrize(
    ("location", "parts"),
    [
        ("hf://a/b", ("a/b", None, None, None)),
        ("hf://datasets/a/b", ("a/b", None, None, None)),
        ("hf://a/b@v1.0/c:train", ("a/b", "v1.0", "c", "train")),
        ("hf://a/b@refs/pr/3/c", ("a/b", "refs/pr/3", "c", None)),
        ("hf://a/b/c-d", ("a/b", None, "c-d", None)),
        ("hf://a/b:validation", ("a/b", None, None, "validation")),
    ],
)
def test_locations(location: str, parts: tuple[str | None, ...]) -> None:
    found = hub._locate(location)
    assert (found.repo, found.revision, found.config, found.split) == parts


# the Hub


@pytest.fixture
def server() -> Iterator[Hub]:
    with standing_in() as running:
        yield running


SCRIPT = """
import json, sys, time
from extract.read.base import Paper, ReadError
from extract.read.forms import hub
for location in sys.argv[1:]:
    started = time.perf_counter()
    try:
        told = hub.fingerprint(location)
        found = [x.own_id for x in hub.read(location, location)]
    except ReadError as error:
        told, found = None, str(error)
    print(json.dumps([told, found, time.perf_counter() - started]))
"""


def ask(url: str, home: Path, *locations: str, **more: str) -> list[list[Any]]:
    """What another process reads: the libraries take the Hub's address when they are imported."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HUGGING"))}
    env |= {"HF_ENDPOINT": url, "HF_HUB_DISABLE_XET": "1", "HF_HOME": str(home), **more}
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, *locations], env=env, capture_output=True, text=True, timeout=120
    )
    assert (run.returncode, run.stderr) == (0, ""), run.stderr[-3000:]
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_the_hub(server: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"README.md": CONFIGS.encode(), "train.jsonl": lines(ROWS).encode(), "test.jsonl": lines(ROWS[:2]).encode()}
    repo = server.make("someone/papers", files=files)
    first = repo.branches["main"]
    repo.commit("main", {**files, "train.jsonl": lines(ROWS[:1]).encode()}, "less")
    server.make("someone/secret", private=True)
    server.make("someone/gated", files={"README.md": b"# x\n", "train.jsonl": lines(ROWS).encode()})
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(ROWS), sink)
    server.make("someone/plain", files={"data/train-00000.parquet": sink.getvalue().to_pybytes()})

    def resolve(self: Handler, query: Any, body: bytes, name: str, revision: str, path: str) -> None:
        if name == "someone/gated":
            raise RefusedError(403, "not granted", "GatedRepo")
        Handler.resolve(self, query, body, name, revision, path)

    monkeypatch.setattr("tests.hub.ROUTES", [(m, p, resolve if f is Handler.resolve else f) for m, p, f in ROUTES])
    answers = {
        "hf://someone/plain": ALL,
        "hf://someone/papers/second": ["id0", "id0", "id1"],
        f"hf://someone/papers@{first}/second": [*ALL, "id0", "id1"],
        f"hf://someone/papers@{first}/second:test": ["id0", "id1"],
        "hf://someone/papers": "it has several configs (allowed: one of them behind a slash: first, second)",
        "hf://someone/papers@v9/second": "the dataset has no revision 'v9'",
        "hf://someone/none": "the Hub has no such dataset, or it is private and the token set here may not read it",
        "hf://someone/secret": "the Hub has no such dataset, or it is private and the token set here may not read it",
        "hf://someone/gated": "the dataset is gated: its owner has to grant access, "
        "and a token of that account has to be set",
    }
    found = ask(server.url, tmp_path / "home", *answers)
    for (location, expected), (told, got, seconds) in zip(answers.items(), found, strict=True):
        assert got == (f"{location}: {expected}" if isinstance(expected, str) else expected)
        assert seconds < 10
        if isinstance(expected, list):
            assert len(told[0]) == 64 and told[1] > 0
    assert len({told[0] for told, _, _ in found if told}) == 4


def test_the_hub_cannot_be_reached(tmp_path: Path) -> None:
    with standing_in() as gone:
        url = gone.url
    ((_, problem, seconds),) = ask(url, tmp_path, "hf://someone/papers")
    assert problem == "hf://someone/papers: the Hub cannot be reached (ConnectError)" and seconds < 20
    ((_, problem, _),) = ask(url, tmp_path, "hf://someone/papers", HF_HUB_OFFLINE="1")
    assert problem == "hf://someone/papers: the Hub is not asked: offline mode is set (HF_HUB_OFFLINE)"
