"""A paper in its own text: in the terminal, as HTML, in notebooks; whatever stands in it."""

from __future__ import annotations

import html.parser
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import extract
from extract.cli import main
from extract.cli.show import command
from extract.publish.find import find_paper, newest_release
from extract.record import load_schema
from extract.record.model import CLAIM_FIELDS, ENTITY_FIELDS
from extract.record.show import LABELS, Mark, clean, marks
from extract.record.show.marks import places, slot_names
from extract.record.show.page import COLORS, fragment, marked, page
from extract.record.show.terminal import STYLES, console, rendered
from tests.records import records
from tests.releases import OLD, records_of
from tests.test_cli import glean, one_line

ROOT = Path(__file__).resolve().parents[1]
TITLE = "FooNet: Fast Parsing"
ABSTRACT = "We propose FooNet. FooNet is 2.5x faster than BarNet on a GPU, and reaches 91.2% accuracy on ImageNet."
PAPER = {"id": "x1", "title": TITLE, "abstract": ABSTRACT}


@pytest.fixture(scope="module")
def record() -> extract.Record:
    return extract.extract(TITLE, ABSTRACT, own_id="x1")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "papers.jsonl"
    path.write_text(json.dumps(PAPER) + "\n")
    return path


def shown(record: Any, **options: Any) -> str:
    terminal = console(width=200, record=True, file=open("/dev/null", "w"), **options)  # noqa: SIM115, PTH123
    terminal.print(rendered(record))
    return terminal.export_text(styles=options.get("force_terminal", False))


class Reader(html.parser.HTMLParser):
    """The elements and the text of a page; every element must be closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def test_every_type_has_a_style_and_a_colour() -> None:
    assert set(LABELS) == {*ENTITY_FIELDS, *CLAIM_FIELDS}
    assert set(LABELS.values()) == set(STYLES) == set(COLORS)


def test_all_fields_of_claims_are_told() -> None:
    for name in CLAIM_FIELDS:
        fields = set(load_schema()["$defs"][name[:-1]]["properties"])
        assert set(slot_names(name)) | {"field", "start", "end", "passes", "score"} == fields


def test_terminal(record: extract.Record) -> None:
    text = shown(record)
    assert TITLE in text and ABSTRACT in text
    for word in (
        "speedup 1  2.5x faster",
        "value 2.5",
        "form ratio",
        "quantity time",
        "baseline BarNet",
        "value_high –",
    ):
        assert word in text
    assert "result 1" in text and "metric accuracy" in text and "dataset ImageNet" in text
    assert re.search(r"FooNet +proposed +method/foonet +title 0-6; abstract 11-17, 19-25", text)
    for label in STYLES:
        assert label.lower() in text
    assert "proposed here" in text


def test_terminal_in_colours(record: extract.Record) -> None:
    text = shown(record, force_terminal=True)
    assert "\x1b[1;4;36mFooNet\x1b[0m" in text  # a method that is proposed here
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert ABSTRACT in plain and "\x1b" not in plain


def test_without_the_text() -> None:
    record = records_of(OLD)[0]
    text = shown(record)
    assert record["abstract_sha256"] in text and f"{record['abstract_chars']} characters" in text
    assert record["methods"][0]["name"] in text
    assert places(record["methods"][0]["mentions"][:4]) in text
    assert "abstract_sha256" not in read(page([record])).text and record["abstract_sha256"] in read(page([record])).text


EVIL = (
    "A \x1b]0;owned\x07\x1b[2J \u202etitle\u2066 \x9b31m \ud800 <script>alert(1)</script> [bold]x[/bold] :smile: &amp;"
)


@pytest.fixture
def evil() -> dict[str, Any]:
    record = records_of(OLD)[0]
    record |= {"title": EVIL, "abstract": EVIL * 3, "authors": [EVIL], "url": "https://x/" + EVIL}
    mention = {"field": "abstract", "start": 0, "end": len(EVIL), "passes": ["rule"], "score": 1.0}
    record["methods"] = [
        {
            "entity_id": "method/" + EVIL,
            "name": EVIL,
            "aliases": [EVIL + "2"],
            "role": "proposed",
            "mentions": [mention],
        }
    ]
    claim = dict.fromkeys(("form", "quantity", "phase", "bound", "method", "baseline", "hardware"), EVIL)
    numbers = {"value": 2.0, "value_high": None, "factor": 2.0, "factor_high": None}
    record["speedups"] = [claim | numbers | mention]
    record["results"] = []
    return record


def test_control_characters_and_markup_do_no_harm_in_the_terminal(evil: dict[str, Any]) -> None:
    text = shown(evil)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)
    assert "[bold]x[/bold] :smile:" in text


def test_nothing_of_a_record_is_markup_of_the_page(evil: dict[str, Any]) -> None:
    text = page([evil])
    assert "<script" not in text and "\x1b" not in text and "\u202e" not in text
    text.encode()
    reader = read(text)
    assert reader.tags <= {"html", "head", "meta", "title", "body", "div", "span", "table", "thead", "tbody", "tr"} | {
        "th",
        "td",
        "p",
        "strong",
        "br",
        "em",
    }
    assert not any(name.startswith("on") or name in ("src", "href") for name in reader.attributes)
    assert "<script>alert(1)</script>" in reader.text and "&amp;" in reader.text


def visible(text: str) -> str:
    """What of displaCy's HTML is the text itself, not a label."""
    text = re.sub(r'<span style="[^"]*position: absolute[^"]*">(?:<span[^>]*>[^<]*</span>)?</span>', "", text)
    return re.sub(r"\s+", " ", read(text).text).strip()


def test_displacy_keeps_the_text(record: extract.Record) -> None:
    for field, text in (("title", TITLE), ("abstract", ABSTRACT)):
        assert visible(marked(text, marks(record, field))) == text
    assert "METHOD ★" in fragment(record) and "SPEEDUP" in fragment(record)


PIECES = st.lists(
    st.sampled_from(["Foo", "(", "2.5x", " ", "  ", "<b>", "&lt;", ".", "é", "\n"]), min_size=1, max_size=12
)


@given(PIECES.map("".join), st.lists(st.tuples(st.integers(0, 40), st.integers(1, 10)), max_size=6))
def test_any_spans_of_any_text(text: str, places: list[tuple[int, int]]) -> None:
    spans = [Mark(start, start + length, "METHOD") for start, length in places]
    assert visible(marked(text, spans)) == re.sub(r"\s+", " ", text).strip()


@given(records(with_text=True) | records())
def test_any_record(record: dict[str, Any]) -> None:
    assert shown(record)
    assert read(fragment(record))


@given(st.text())
def test_clean_texts_are_as_long_and_printable(text: str) -> None:
    assert len(clean(text)) == len(text) and clean(text).isprintable()


def test_in_notebooks(record: extract.Record) -> None:
    text = record._repr_html_()
    assert read(text).text and "SPEEDUP" in text and "<body" not in text
    assert json.loads(json.dumps(record)) == record  # a record is a plain dict else


# The command.


def show(*args: object) -> str:
    run = CliRunner().invoke(command, [str(a) for a in args], env={"COLUMNS": "200"}, catch_exceptions=False)
    assert run.exit_code == 0, run.output
    return run.stdout


def test_papers_are_extracted(file: Path) -> None:
    assert "speedup 1  2.5x faster" in show(file)


def test_records_are_shown_as_they_are(file: Path, record: extract.Record, tmp_path: Path) -> None:
    changed = json.loads(json.dumps(record))
    changed["speedups"][0]["hardware"] = "a GPU"
    for name, text in (("a.jsonl", json.dumps(changed) + "\n"), ("b.json", json.dumps(changed, indent=1))):
        (tmp_path / name).write_text(text)
        assert "hardware a GPU" in show(tmp_path / name)
    assert records_of(OLD)[0]["title"] in show(OLD / "papers" / "train.parquet")


def test_standard_input(file: Path) -> None:
    for call in ((), ("--with-text",)):
        made = glean("extract", "-q", *call, file)
        run = glean("show", "-", stdin=made.stdout)
        assert run.returncode == 0 and b"speedup 1" in run.stdout, run.stderr
    assert b"2.5x faster" in glean("show", "-", stdin=file.read_bytes()).stdout


def test_a_paper_of_a_release() -> None:
    record = records_of(OLD)[1]
    text = show(record["paper_id"], "--release", OLD)
    assert record["title"] in text and "The abstract is not here" in text


def test_the_text_is_joined_back() -> None:
    record = records_of(OLD)[0]
    sample = ROOT / "extract" / "sample" / "papers.jsonl"
    text = show(record["paper_id"], "--release", OLD, "--text", sample)
    assert "The abstract is not here" not in text
    paper = next(p for p in map(json.loads, sample.read_text().splitlines()) if p["id"] == record["paper_id"])
    assert " ".join(paper["abstract"].split()[:6]) in text


def test_a_text_that_does_not_fit_is_told(file: Path) -> None:
    run = glean("show", records_of(OLD)[0]["paper_id"], "--release", OLD, "--text", file)
    assert run.returncode == 0
    assert b"no text is that of" in run.stderr and b"The abstract is not here" in run.stdout


def test_html(file: Path, tmp_path: Path) -> None:
    assert show(file, "--html").startswith("<!doctype html>")
    show(file, "--html", "-o", tmp_path / "page.html")
    assert read((tmp_path / "page.html").read_text(encoding="utf-8")).text.count("2.5x faster") >= 1


def test_many_papers_are_cut_short(tmp_path: Path, record: extract.Record) -> None:
    path = tmp_path / "many.jsonl"
    path.write_text("".join(json.dumps(record | {"paper_id": f"p{n}"}) + "\n" for n in range(5)))
    run = glean("show", path, "--limit", 2)
    assert run.stdout.count(b"speedup 1") == 2 and b"more papers" in run.stderr
    assert glean("show", path, "--limit", 5).stderr == b""


def test_records_that_are_not_valid(tmp_path: Path, record: extract.Record) -> None:
    path = tmp_path / "bad.jsonl"
    bad = json.loads(json.dumps(record)) | {"paper_id": "y", "methods": 3}
    path.write_text(json.dumps(bad) + "\n" + json.dumps(record) + "\n")
    run = glean("show", path)
    assert run.returncode == 1 and b"2.5x faster" in run.stdout
    assert f"{path}:1: /methods".encode() in run.stderr and b"Traceback" not in run.stderr


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs the command in this process; its one line on standard error."""

    def run(*args: object, status: int) -> str:
        monkeypatch.setattr("sys.argv", ["glean", "show", *map(str, args)])
        with pytest.raises(SystemExit) as stopped:
            main()
        text = capsys.readouterr().err
        assert stopped.value.code == status, text
        assert len(text.strip().splitlines()) == 1, text
        return text

    return run


def test_wrong_calls(tmp_path: Path, file: Path, line: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert "has no paper" in one_line(glean("show", "nope", "--release", OLD), 2)
    monkeypatch.chdir(tmp_path)
    assert "no release in releases/" in line("nope", status=2)
    assert "no such folder" in line("nope", "--release", tmp_path / "none", status=2)
    assert "no release" in line("nope", "--release", tmp_path, status=1)
    assert "is a folder" in line(tmp_path, status=2)
    assert "--html" in line(file, "-o", tmp_path / "x", status=2)
    assert "is a file" in line(file, "--release", OLD, status=2)
    assert "cannot be written" in line(file, "--html", "-o", tmp_path / "no" / "x", status=1)
    assert "no such file" in line(file, "--text", tmp_path / "none", status=2)
    assert "has no paper" in line("x" * 5000, "--release", OLD, status=2)
    (tmp_path / "empty.jsonl").write_text("")
    line(tmp_path / "empty.jsonl", status=1)


def test_broken_releases(tmp_path: Path, line: Callable[..., str]) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "train.parquet").write_bytes(b"PAR1 no PAR1")
    assert "cannot be read" in line("x", "--release", tmp_path, status=1)
    line(tmp_path / "papers" / "train.parquet", status=1)


def test_a_release_of_another_schema(tmp_path: Path, line: Callable[..., str]) -> None:
    table = pq.read_table(OLD / "papers" / "train.parquet")
    (tmp_path / "papers").mkdir()
    rows = table.to_pylist()
    for row in rows:
        row["extractor"]["schema_version"] = "9.0.0"
    for told, words in (
        (pa.Table.from_pylist(rows, table.schema), "update glean"),
        (table.drop_columns(["methods"]), "'methods' is missing"),
        (table.drop_columns(["extractor"]), "no schema version"),
        (table.drop_columns(["paper_id"]), "cannot be read"),
    ):
        pq.write_table(told, tmp_path / "papers" / "train.parquet")
        assert words in line(rows[0]["paper_id"], "--release", tmp_path, status=1)


def test_the_newest_release(tmp_path: Path) -> None:
    assert newest_release(tmp_path / "none") is None and newest_release(tmp_path) is None
    for name in ("2026.9", "2026.11", "2026.2", "notes"):
        (tmp_path / name).mkdir()
        if name != "notes":
            (tmp_path / name / "manifest.json").write_text('{"glean": "1", "files": {}}')
    found = newest_release(tmp_path)
    assert found is not None and found.name == "2026.11"


def test_find_paper() -> None:
    assert find_paper(OLD, "nope") is None
    found = find_paper(OLD, records_of(OLD)[2]["paper_id"])
    assert found is not None and extract.validate(found) == []
    with pytest.raises(FileNotFoundError):
        find_paper(OLD / "schema", "x")
