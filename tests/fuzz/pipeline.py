"""What the whole pipeline keeps to, whatever text it is given; without a fuzzer, so that tests replay cases by it.

``check("pipeline", data)``  each paper of a case: a valid record, or one line that says why there is none
``check("release", data)``   a release of them, with everything in it that people and machines read

Cases are texts (:func:`tests.fuzz.pieces.papers`), so that they stay what they are when the pieces change.
"""

from __future__ import annotations

import io
import json
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import yaml
from click.testing import CliRunner
from markdown_it import MarkdownIt

import extract
from extract.cli import cli, printable
from extract.read import ReadError
from extract.read.text import complaint
from extract.record.arrow import arrow_schema
from extract.record.model import CLAIM_FIELDS, ENTITY_FIELDS
from extract.record.show.page import page
from extract.record.show.terminal import console, rendered
from extract.record.tables import TABLES
from extract.validate import errors, validate_path
from tests.fuzz.checks import MAX_MESSAGE, WrongError, hold
from tests.fuzz.pieces import papers
from tests.fuzz.seeds import tarred

NAMES = ("pipeline", "release")
MAX_BYTES = 1 << 12
SECONDS = 4.0  # of processor time, for a text of MAX_BYTES; usual is a tenth of it

_SLOTS = ("method", "baseline", "hardware", "metric", "dataset")
_SHOWN_TAGS = {"html", "head", "meta", "title", "body", "div", "span", "table", "thead", "tbody", "tr", "th", "td"} | {
    *("p", "strong", "br", "em"),
}
_SHOWN_ATTRIBUTES = {"style", "class", "lang", "charset", "name", "content", "http-equiv"}
_REPORT_SCRIPTS = 4
_FRONT_KEYS = {
    *("pretty_name", "license", "language", "multilinguality", "annotations_creators", "language_creators"),
    *("source_datasets", "task_categories", "task_ids", "tags", "size_categories", "configs", "dataset_info"),
}
_FENCE = "---\n"
_CELL_END = re.compile(r"(?<!\\)(?:\\\\)*\|")


def check(form: str, data: bytes) -> None:
    """Runs the pipeline (``form`` is one of ``NAMES``) over a case.

    Raises:
        WrongError: what came out is not as it has to be, or took too long; any other error is the pipeline's.
    """
    {"pipeline": _pipeline, "release": _release}[form](data)


# -- records ---------------------------------------------------------------------------------------------------------


def _pipeline(data: bytes) -> None:
    for title, abstract in papers(data):
        title, abstract = title.strip(), abstract.strip()
        reason = complaint(title, abstract)
        try:
            with _timed(len(title) + len(abstract)):
                record = extract.extract(title, abstract)
        except ValueError as error:
            _check_line(str(error))
            hold(reason is not None, f"no record: {error}")
            continue
        hold(reason is None, f"a record in spite of: {reason}")
        _check_record(record, title, abstract)
        _check_shown(record)


@contextmanager
def _timed(size: int) -> Iterator[None]:
    begun = time.process_time()
    yield
    took = time.process_time() - begun
    hold(took <= SECONDS * max(1, size / MAX_BYTES), f"{took:.1f} s of processor time for {size:,} code points")


def _check_line(message: str) -> None:
    hold(message.strip() and len(message.splitlines()) == 1, f"not one line: {message!r}")
    hold(printable(message).isprintable() and len(message) <= MAX_MESSAGE, f"not to be printed: {message!r}")


def _check_record(record: Any, title: str, abstract: str) -> None:
    """A record of a text: valid, in its places, in the words of the text, and the same as JSON."""
    problems = list(errors(record))
    hold(not problems, f"not valid: {problems}")
    texts = {"title": title, "abstract": abstract}
    hold((record["title"], record["abstract"]) == (title, abstract), "not the text that was given")
    for field in ENTITY_FIELDS:
        for entity in record[field]:
            surfaces = [_slice(texts, mention) for mention in entity["mentions"]]
            hold(surfaces and all(s == s.strip() for s in surfaces), f"surface forms: {surfaces}")
            hold(entity["name"] in surfaces, f"{entity['name']!r} is none of {surfaces}")
            hold(entity["entity_id"].isprintable(), f"entity_id: {entity['entity_id']!r}")
    for field in CLAIM_FIELDS:
        for claim in record[field]:
            piece = _slice(texts, claim)
            hold(any(c.isnumeric() for c in piece) or claim["value"] in (0.5, 2, 3, 4, 10), f"no number: {piece!r}")
            for slot in _SLOTS:
                named = claim.get(slot)
                hold(named is None or (named.strip() and any(named in t for t in texts.values())), f"{slot}: {named!r}")
    text = json.dumps(record, ensure_ascii=False, allow_nan=False).encode()
    hold(json.loads(text) == record, "another record once it has been JSON")


def _slice(texts: dict[str, str], span: dict[str, Any]) -> str:
    piece = texts[span["field"]][span["start"] : span["end"]]
    hold(span["start"] >= 0 and len(piece) == span["end"] - span["start"] > 0, f"no such place: {span}")
    return piece


def _check_shown(record: Any) -> None:
    """Nothing of a record is obeyed by a terminal or a browser."""
    terminal = console(file=io.StringIO(), width=100, no_color=True)
    terminal.print(rendered(record))
    _check_printed(terminal.file.getvalue())
    elements = _Elements(page([record]))
    hold(set(elements.tags) <= _SHOWN_TAGS, f"elements: {set(elements.tags) - _SHOWN_TAGS}")
    hold(elements.attributes <= _SHOWN_ATTRIBUTES, f"attributes: {elements.attributes - _SHOWN_ATTRIBUTES}")


def _check_printed(text: str) -> None:
    odd = [c for c in text if not c.isprintable() and c != "\n"]
    hold(not odd, f"printed: {odd}")


class _Elements(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.data: list[tuple[str | None, str]] = []
        self._id: str | None = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self._id = dict(attrs).get("id")

    def handle_data(self, data: str) -> None:
        self.data.append((self._id, data))


# -- releases --------------------------------------------------------------------------------------------------------


def _release(data: bytes) -> None:
    with tempfile.TemporaryDirectory(prefix="glean-fuzz-") as folder:
        home = Path(folder)
        inputs, known = _inputs(home, papers(data))
        out = home / "out"
        try:
            extract.build(inputs, out, with_text=True, version=_release_name(data))
        except ReadError as error:
            _check_line(str(error).replace(folder, ""))
            hold(not out.exists(), "a release in spite of an error")
            return
        hold({path.name for path in home.iterdir()} == {*known, "out"}, f"written beside it: {list(home.iterdir())}")
        report = validate_path(out)
        hold(not report.problems, f"not valid: {report.problems[:3]}")
        _check_tables(out)
        _check_card((out / "README.md").read_text(encoding="utf-8"))
        _check_report((out / "report.html").read_text(encoding="utf-8"), out)
        _check_commands(inputs[0], out)


def _release_name(data: bytes) -> str:
    return data[:60].decode("utf-8", "replace")


def _inputs(home: Path, given: list[tuple[str, str]]) -> tuple[list[Path], set[str]]:
    """A file of all papers whose name is hostile too, and an archive whose members want to get out."""
    rows = [
        {"title": t, "abstract": a, "authors": [t, a[:50]], "categories": [t[:40]], "url": "https://example.org/" + t}
        for t, a in given
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows).encode()
    name = re.sub("[/\0]", "_", given[0][0])[:60].encode("utf-8", "replace").decode().strip(".") or "x"
    file, archive = home / f"{name}.jsonl", home / "archive.tar"
    file.write_bytes(lines)
    member = given[-1][1][:80].replace("\0", "_").encode("utf-8", "replace").decode()
    archive.write_bytes(
        tarred({"../up.jsonl": lines, "/abs.jsonl": lines, f"in/{member}.csv": b"title,abstract\nA,B\n"}, 2)
    )
    return [file, archive], {file.name, archive.name}


def _check_tables(out: Path) -> None:
    """The columns and the metadata of Parquet files come from the schema alone."""
    for table in TABLES:
        found = pq.read_metadata(out / table / "train.parquet")
        hold(found.schema.to_arrow_schema().equals(arrow_schema(table)), f"{table}: other columns")
        hold(set(found.metadata) == {b"ARROW:schema"}, f"{table}: {found.metadata}")


def _check_card(card: str) -> None:
    """The front matter has our keys only, and the text has the elements of our template only."""
    hold(card.startswith(_FENCE), "no front matter")
    front, fence, body = card.removeprefix(_FENCE).partition("\n" + _FENCE)
    keys = set(yaml.safe_load(front))
    hold(fence and keys <= _FRONT_KEYS, f"front matter: {keys}")
    tokens = MarkdownIt("commonmark").enable("table").parse(body)
    inner = [child for token in tokens for child in token.children or ()]
    kinds = {token.type for token in (*tokens, *inner)}
    odd = kinds & {"html_block", "html_inline", "image", "link_open", "hr", "blockquote_open", "ordered_list_open"}
    hold(not odd, f"the card has {odd}")
    hold(sum(token.tag == "h1" for token in tokens if token.nesting == 1) == 1, "more than one title")
    for token in tokens:
        if token.type == "table_open" and token.map:
            rows = body.split("\n")[token.map[0] : token.map[1]]
            hold(len({len(_CELL_END.findall(row)) for row in rows}) == 1, f"cells that break: {rows}")


def _check_report(text: str, out: Path) -> None:
    """The page has our scripts only, and carries the titles as data."""
    elements = _Elements(text)
    hold(elements.tags.count("script") == _REPORT_SCRIPTS, f"{elements.tags.count('script')} scripts")
    odd = {"img", "iframe", "link", "object", "embed", "base", "canary", "b"} & set(elements.tags)
    hold(not odd and not any(name.startswith("on") for name in elements.attributes), f"elements: {odd}")
    data = json.loads("".join(text for found, text in elements.data if found == "data"))
    titles = sorted(row["title"] for row in data["papers"])
    hold(titles == sorted(pq.read_table(out / "papers", columns=["title"])["title"].to_pylist()), "titles differ")


def _check_commands(file: Path, out: Path) -> None:
    """What the commands print of these papers, a terminal prints."""
    for arguments in (
        ["show", str(file)],
        ["show", "--release", str(out), _first_id(out)],
        ["diff", str(out), str(out)],
    ):
        run = CliRunner().invoke(cli, arguments, standalone_mode=False)
        hold(run.exception is None or isinstance(run.exception, SystemExit), f"{arguments[0]}: {run.exception!r}")
        _check_printed(run.output)


def _first_id(out: Path) -> str:
    return str(pq.read_table(out / "papers", columns=["paper_id"])["paper_id"][0].as_py())


__all__ = ["MAX_BYTES", "NAMES", "WrongError", "check"]
