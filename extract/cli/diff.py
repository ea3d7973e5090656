"""``glean diff``: what changed between two releases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from extract.cli import Failure, wrong_call

if TYPE_CHECKING:
    from rich.console import Console

    from extract.publish.diff import Changes, Diff

_SIGNS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}


@click.command("diff")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="All changes as one JSON object (see docs/schema-versions.md).")
@click.option("--limit", default=10, show_default=True, type=click.IntRange(0), help="Changes shown of each kind.")
def command(old: Path, new: Path, as_json: bool, limit: int) -> None:
    """Papers, entities and claims that were added, removed or changed from release OLD to release NEW.

    A claim is the same if its paper, kind, field and place are; it changed if anything else differs. A paper changed if
    any field of its record differs but what extracted it; an entity, if its name, aliases or counts do.

    \b
    glean diff releases/2026.10 releases/2026.11
    glean diff --json releases/2026.10 releases/2026.11 > changes.json
    """
    from extract.publish.diff import DiffError, diff

    try:
        found = diff(old, new)
    except FileNotFoundError as error:
        wrong_call(f"{error.filename}: {error.strerror}")
    except DiffError as error:
        raise Failure(str(error)) from None
    if as_json:
        click.echo(json.dumps(found.as_dict(), indent=1, ensure_ascii=False))
    else:
        _show(found, limit)


def _show(found: Diff, limit: int) -> None:
    from rich.table import Table
    from rich.text import Text

    from extract.record.show.marks import clean
    from extract.record.show.terminal import console

    out = console()
    for name, head in (("old", found.old), ("new", found.new)):
        about = f"{name}  {head['release']}  (schema {head['schema_version']}, glean {head['glean']})  {head['folder']}"
        out.print(Text(clean(about)))
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    for column in ("old", "new", *_SIGNS):
        table.add_column(column, justify="right", style=_SIGNS.get(column, ("", ""))[1])
    for name, changes in found.tables.items():
        table.add_row(name, *(f"{n:,}" for n in (changes.old, changes.new, *changes.counts().values())))
    out.print()
    out.print(table)
    out.print()
    if found.extractor_only:
        out.print(f"{found.extractor_only:,} papers differ in nothing but the extractor.")
    for name, columns in found.columns.items():
        for what, names in columns.items():
            if names:
                out.print(Text(clean(f"Columns of {name} that were {what}, and are not compared: {', '.join(names)}")))
    for changes in found.tables.values():
        _show_changes(out, changes, limit)


def _show_changes(out: Console, changes: Changes, limit: int) -> None:
    from rich.padding import Padding
    from rich.text import Text

    from extract.record.show.marks import clean

    rows = {
        "added": changes.added.head(limit).to_dicts(),
        "removed": changes.removed.head(limit).to_dicts(),
        "changed": list(changes.changed_rows(limit)),
    }
    for kind, count in changes.counts().items():
        if not rows[kind]:
            continue
        sign, style = _SIGNS[kind]
        out.print()
        head = Text(f"{changes.table} {kind}: {count:,}", style=f"bold {style}")
        if kind == "changed":
            fields = ", ".join(f"{name} in {n:,}" for name, n in changes.fields().items())
            head.append(clean(f"  ({fields})"), style="not bold dim")
        out.print(head)
        for row in rows[kind]:
            out.print(Text(f"{sign} ", style=style).append(clean(_known(row)), style="default"))
            for name, detail in row.get("changes", {}).items():
                out.print(Padding(Text(f"{name}: ", style="dim").append(clean(_told(detail)), style="not dim"), (0, 4)))
        if count > limit:
            out.print(Text(f"  ... and {count - limit:,} more (--limit shows more, --json all)", style="dim"))


def _known(row: dict[str, Any]) -> str:
    """What a row is known by: its id, the place of a claim, its name or title, and what a claim says."""
    place = f" {row['field']} {row['start']}-{row['end']}" if "start" in row else ""
    says = " ".join(_plain(row[name]) for name in ("value", "form", "quantity", "metric") if row.get(name) is not None)
    parts = [f"{row.get('paper_id') or row['entity_id']}{place}", says, row.get("title") or row.get("name") or ""]
    return "  ".join(part for part in parts if part)


def _told(detail: dict[str, Any]) -> str:
    """What changed in a field, in one line."""
    if "added" in detail:
        ids = [f"+{i}" for i in detail["added"]] + [f"-{i}" for i in detail["removed"]]
        return " ".join(ids) or "mentions or names"
    if "old_items" in detail:
        if detail["old_items"] == detail["new_items"]:
            return "other values"
        return f"{detail['old_items']} → {detail['new_items']}"
    return f"{_plain(detail['old'])} → {_plain(detail['new'])}"


def _plain(value: Any) -> str:
    """A value in some characters."""
    text = "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    if isinstance(value, list):
        text = ", ".join(map(str, value)) or "none"
    return text if len(text) <= 60 else text[:59] + "…"
