"""Runs the code blocks of the documentation, and writes what they print behind them.

    python -m tests.blocks                  # all pages: writes every output that has changed
    python -m tests.blocks docs/queries.md  # one page
    python -m tests.blocks --check          # writes nothing; exit status 1 where an output differs or a block fails

A page is one session: its blocks run top down, in one process and one scratch folder. It shows the checkout's files
(``releases/2026.11``, ``schema/example.json`` ...), takes what the blocks write, and holds what a reader would bring:
``pages/*.txt``, ``papers.jsonl`` and ``gold.jsonl`` of the bundled sample, and ``my-entry.json``.

- ``python`` and ``sql`` (DuckDB) blocks run in that process; what they print is their output, and, like in a
  notebook, the value of a last expression. Only a ``text`` block behind the code is compared with it.
- ``sh`` blocks are run by bash, which must end with status 0; ``console`` blocks hold their commands behind ``$`` and
  the output behind each.
- ``json``, ``toml`` and ``yaml`` blocks must parse. Other blocks hold no code.
- A comment on the line before a block says otherwise: ``<!-- not run: why -->`` or ``<!-- exit 1 -->``.
- ``...`` in an output stands for anything in its line, and on a line of its own for any lines. The scratch folder is
  called ``/home/you/glean``.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import traceback
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
FENCE = re.compile(
    r"^(?:<!-- (?P<marks>[^\n]*?) -->\n)?(?P<tick>```+)(?P<kind>\w*)[^\n]*\n(?P<code>.*?)^(?P=tick)$", re.M | re.S
)
OUTPUT = re.compile(r"\n\n```text\n(?P<text>.*?)```$", re.M | re.S)
DATA = {"json": json.loads, "toml": tomllib.loads, "yaml": yaml.safe_load}
RUN = {"python", "sql", "sh", "console"}
BROUGHT = {
    "extract/sample/spaced.txt": "pages/spaced.txt",
    "extract/sample/compact.txt": "pages/compact.txt",
    "extract/sample/papers.jsonl": "papers.jsonl",
    "extract/sample/gold.jsonl": "gold.jsonl",
    "schema/example.json": "my-entry.json",
}
PLACE = "/home/you/glean"
HIDDEN = {".git", ".venv", "releases", "schema", "work", "site", "build", "dist"}


class PageError(Exception):
    """A block of a page does not do what the page says."""


@dataclass(slots=True)
class Block:
    """A code block of a page."""

    kind: str
    code: str
    line: int
    section: str
    span: tuple[int, int]  # of the code in the page
    output: tuple[int, int] | None = None  # of the text behind it
    status: int = 0
    skipped: str | None = None


@dataclass(slots=True)
class Outcome:
    """What a block did: its output, and the table that its last expression stands for."""

    text: str = ""
    table: dict[str, list[Any]] | None = None
    error: str | None = None
    commands: list[str] = field(default_factory=list)  # the output of each command of a console block


def pages() -> list[Path]:
    """The pages whose blocks are run."""
    return [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "annotations" / "README.md",
        *sorted((ROOT / "docs").rglob("*.md")),
    ]


def parse(text: str) -> Iterator[Block]:
    """The blocks of a page.

    Raises:
        PageError: a block is indented, or a marker before one is none that is known.
    """
    if indented := re.search(r"^ +```", text, re.M):
        raise PageError(f"line {text[: indented.start()].count(chr(10)) + 1}: a block that is indented is not run")
    for found in FENCE.finditer(text):
        if found["kind"] not in RUN | set(DATA):
            continue
        before = text[: found.start("tick")]
        sections = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", before, flags=re.M | re.S), re.M)
        block = Block(
            found["kind"], found["code"], before.count("\n") + 1, sections[-1] if sections else "", found.span("code")
        )
        marks = found["marks"] or ""
        if marks.startswith("not run: "):
            block.skipped = marks.removeprefix("not run: ")
        elif re.fullmatch(r"exit \d", marks):
            block.status = int(marks[-1])
        elif marks.startswith(("not", "exit")):
            raise PageError(f"line {block.line}: no marker: {marks}")
        behind = OUTPUT.match(text, found.end())
        if behind and block.kind != "console":
            block.output = behind.span("text")
        yield block


def same(shown: str, real: str) -> bool:
    """Whether an output is what the page shows, where ``...`` is anything: on a line of its own, any lines."""
    parts = re.split(r"(^\.\.\.\n|\.\.\.)", shown.rstrip() + "\n", flags=re.M)
    pattern = "".join({"...\n": r"(?:.*\n)*?", "...": ".*"}.get(part, re.escape(part)) for part in parts)
    return re.fullmatch(pattern, real.rstrip() + "\n") is not None


def commands(code: str) -> list[tuple[str, str]]:
    """The commands of a console block, each with the output that stands behind it."""
    parts = re.split(r"^\$ ((?:.*\\\n)*.*)\n", code, flags=re.M)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def run_page(page: Path) -> list[tuple[Block, Outcome]]:
    """Runs the blocks of a page in a process and a folder of their own."""
    blocks = list(parse(page.read_text(encoding="utf-8")))
    with tempfile.TemporaryDirectory(prefix="glean-docs-") as scratch:
        folder = _checkout(Path(scratch) / "glean")
        answer = Path(scratch) / "answer.json"
        environment = os.environ | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "HF_HOME": str(Path(scratch) / "hf"),
            "HF_HUB_OFFLINE": "1",
            "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
            "OMP_NUM_THREADS": "1",
            "COLUMNS": "110",
            "NO_COLOR": "1",
        }
        command = [sys.executable, "-m", "tests.blocks", "--session", str(answer)]
        given = json.dumps([asdict(block) for block in blocks])
        run = subprocess.run(
            command, cwd=folder, env=environment, input=given, text=True, capture_output=True, check=False
        )
        if run.returncode:
            raise PageError(f"{page.name}: the session ended: {run.stderr[-2000:]}")
        told = answer.read_text(encoding="utf-8").replace(str(folder), PLACE)
        return [(b, Outcome(**o)) for b, o in zip(blocks, json.loads(told), strict=True)]


def _checkout(folder: Path) -> Path:
    """A folder that shows the checkout's files and can be written to."""
    (folder / "releases").mkdir(parents=True)
    for path in ROOT.iterdir():
        if path.name not in HIDDEN:
            (folder / path.name).symlink_to(path)
    for path in (ROOT / "releases").iterdir():
        (folder / "releases" / path.name).symlink_to(path)
    shutil.copytree(ROOT / "schema", folder / "schema")
    (folder / "pages").mkdir()
    for name, place in BROUGHT.items():
        shutil.copyfile(ROOT / name, folder / place)
    return folder


def _session(answer: Path) -> None:
    """Runs the blocks that stand on standard input: the process of a page."""
    names: dict[str, Any] = {"__name__": "__main__"}
    outcomes = []
    for given in json.load(sys.stdin):
        block = Block(**given)
        outcome = Outcome()
        try:
            if block.skipped is None:
                outcome = _RUNNERS.get(block.kind, _parse_data)(block, names)
        except PageError as error:
            outcome.error = str(error)
        except Exception:
            outcome.error = traceback.format_exc(limit=-2)
        outcomes.append(asdict(outcome))
    answer.write_text(json.dumps(outcomes, default=str))


def _python(block: Block, names: dict[str, Any]) -> Outcome:
    body = ast.parse(block.code, f"line {block.line}")
    last = body.body.pop() if body.body and isinstance(body.body[-1], ast.Expr) else None
    printed, value = io.StringIO(), None
    with contextlib.redirect_stdout(printed):
        exec(compile(body, f"<line {block.line}>", "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), f"<line {block.line}>", "eval"), names)
            if value is not None:
                print(repr(value))
    return Outcome(printed.getvalue(), _table(value))


def _sql(block: Block, _names: dict[str, Any]) -> Outcome:
    import duckdb

    found = duckdb.sql(block.code)
    if found is None:
        return Outcome()
    rows = found.fetchall()
    return Outcome(table={name: [row[i] for row in rows] for i, name in enumerate(found.columns)})


def _table(value: Any) -> dict[str, list[Any]] | None:
    """Columns of a data frame or of a list of rows."""
    if hasattr(value, "to_dict") and hasattr(value, "get_columns"):
        columns: dict[str, list[Any]] = value.to_dict(as_series=False)
        return columns
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        return {name: [row[name] for row in value] for name in value[0]}
    return None


def _shell(block: Block, _names: dict[str, Any]) -> Outcome:
    return Outcome(_bash(block.code, block.status))


def _console(block: Block, _names: dict[str, Any]) -> Outcome:
    typed = [command for command, _ in commands(block.code)]
    outputs = [_bash(command, block.status if command == typed[-1] else 0) for command in typed]
    return Outcome("".join(outputs), commands=outputs)


def _bash(code: str, status: int) -> str:
    command = ["bash", "-euo", "pipefail", "-c", code]
    both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "stdin": subprocess.DEVNULL}
    run = subprocess.run(command, text=True, check=False, **both)
    if run.returncode != status:
        raise PageError(f"exit status {run.returncode}, not {status}: {run.stdout[-2000:]}")
    return re.sub(r"[ \t]+$", "", run.stdout, flags=re.M)  # tables of the terminal fill their lines with blanks


def _parse_data(block: Block, _names: dict[str, Any]) -> Outcome:
    DATA[block.kind](block.code)
    return Outcome()


_RUNNERS = {"python": _python, "sql": _sql, "sh": _shell, "console": _console}


def refreshed(text: str, run: list[tuple[Block, Outcome]]) -> str:
    """The page with the outputs of a run; what still holds stays as it is.

    Raises:
        PageError: a block failed.
    """
    failed = [f"line {block.line}: {outcome.error}" for block, outcome in run if outcome.error]
    if failed:
        raise PageError("\n".join(failed))
    for block, outcome in reversed(run):
        if block.skipped is not None:
            continue
        if block.kind == "console":
            pieces = zip(commands(block.code), outcome.commands, strict=True)
            code = "".join(f"$ {c}\n{shown if same(shown, real) else real}" for (c, shown), real in pieces)
            text = text[: block.span[0]] + code + text[block.span[1] :]
        elif block.output is not None and not same(text[slice(*block.output)], outcome.text):
            text = text[: block.output[0]] + outcome.text.rstrip() + "\n" + text[block.output[1] :]
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="*", type=Path, help="Markdown files; all pages where none is named")
    parser.add_argument("--check", action="store_true", help="write nothing, and fail where an output differs")
    parser.add_argument("--session", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.session:
        _session(options.session)
        return
    wrong = 0
    for page in options.pages or pages():
        text = page.read_text(encoding="utf-8")
        try:
            new = refreshed(text, run_page(page))
        except PageError as error:
            print(f"{page}: {error}", file=sys.stderr)
            wrong = 1
            continue
        if new != text:
            wrong |= options.check
            print(f"{page}: {'differs' if options.check else 'written anew'}")
            if not options.check:
                page.write_text(new, encoding="utf-8")
    sys.exit(wrong)


if __name__ == "__main__":
    main()
