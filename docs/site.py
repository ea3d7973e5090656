"""Hooks of the documentation site: pages that are made from code, schema, notebook and the files beside ``docs/``."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from extract.cli import COMMANDS, cli
from extract.publish.card import columns
from extract.record import TABLES, table_schema
from extract.validate.rules import RULES

ROOT = Path(__file__).resolve().parents[1]


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the generated pages."""
    for uri, page in PAGES.items():
        files.append(File.generated(config, uri, content=page()))
    for path in sorted((ROOT / "docs" / "notebooks").glob("*.ipynb")):
        files.append(File.generated(config, f"notebooks/{path.stem}.md", content=_notebook(path)))
    return files


def _commands() -> str:
    parts = ["# Commands\n\nWhat `glean COMMAND --help` prints.\n"]
    context = click.Context(cli, info_name="glean", max_content_width=100)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        inner = click.Context(command, info_name=name, parent=context, max_content_width=100)
        parts.append(f"## glean {name}\n\n```text\n{command.get_help(inner)}\n```\n")
    return "\n".join(parts)


def _table(rows: list[tuple[str, str, str]]) -> str:
    cells = (f"| `{name}` | {kind} | {_escaped(text)} |" for name, kind, text in rows)
    return "\n".join(("| field | type | meaning |", "| --- | --- | --- |", *cells)) + "\n"


def _escaped(text: str) -> str:
    """A text that ends no table cell and opens no tag."""
    return text.replace("|", "\\|").replace("<", "&lt;")


def _record() -> str:
    schema = table_schema("papers")
    head = f"# The record\n\n{schema['description']} Made from `schema/paper.schema.json` ({schema['$id']}).\n"
    parts = [head, "## paper\n", _table(columns(schema, schema))]
    for name, node in schema["$defs"].items():
        parts += [f"## {name}\n", node["description"] + "\n", _table(columns(node, schema))]
    return "\n".join(parts)


def _tables() -> str:
    parts = ["# The tables\n\nA release has one Parquet folder, and one `datasets` config, for each.\n"]
    for name, what in TABLES.items():
        schema = table_schema(name)
        parts.append(f"## {name}\n\nOne row stands for {what}.\n")
        parts.append("See [the record](record.md).\n" if name == "papers" else _table(columns(schema, schema)))
    return "\n".join(parts)


def _rules() -> str:
    head = "# Rules of validation\n\nBeyond the schema, `glean validate` asks, in this order:\n"
    rows = [f"| {rule.__name__.replace('_', ' ')} | {inspect.getdoc(rule)} |" for rule in RULES]
    return "\n".join((head, "| rule | what it asks |", "| --- | --- |", *rows)) + "\n"


def _beside(name: str) -> Callable[[], str]:
    """A page that lies beside ``docs/``, with its links turned to the pages here."""

    def page() -> str:
        text = (ROOT / name).read_text(encoding="utf-8")
        return re.sub(r"\]\(docs/", "](", text)

    return page


def _notebook(path: Path) -> str:
    cells: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "\n\n".join(part for cell in cells for part in _cell(cell)) + "\n"


def _cell(cell: dict[str, Any]) -> Iterator[str]:
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        yield source
        return
    yield f"```python\n{source}\n```"
    for output in cell["outputs"]:
        text = output.get("text") or output.get("data", {}).get("text/plain")
        if text:
            yield f"```text\n{''.join(text).rstrip()}\n```"


PAGES: dict[str, Callable[[], str]] = {
    "reference/commands.md": _commands,
    "reference/record.md": _record,
    "reference/tables.md": _tables,
    "reference/rules.md": _rules,
    "contributing.md": _beside("CONTRIBUTING.md"),
    "security.md": _beside("SECURITY.md"),
    "changelog.md": _beside("CHANGELOG.md"),
}
