"""``glean validate``: files against the schema."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from extract.cli import printable

if TYPE_CHECKING:
    from extract.validate import Report


@click.command("validate")
@click.argument("paths", nargs=-1, required=True, metavar="FILE...")
@click.option("--max-errors", default=100, show_default=True, type=click.IntRange(1), help="Lines printed per file.")
@click.option("--migrate", is_flag=True, help="Bring records of older schema versions to this one first.")
@click.option("--quiet", "-q", is_flag=True, help="Errors only.")
def command(paths: tuple[str, ...], max_errors: int, migrate: bool, quiet: bool) -> None:
    """Checks records against the schema and the rules that JSON Schema cannot state.

    FILE is JSON, JSON Lines, Parquet, a release folder, an entry made by hand (YAML or JSON, see "glean new"), a
    folder of such entries, or "-" for JSON Lines on standard input. Each error is one line on standard error: file,
    line, JSON pointer, what is wrong, what is allowed. A release of another schema version is checked by the schemas
    that it carries.

    \b
    glean validate releases/2026.11
    glean validate my-entry.json
    glean validate curated/
    """
    from extract.validate import validate_path

    failed = missing = False
    for path in paths:
        report = validate_path(path, migrated=migrate)
        missing |= report.missing
        failed |= bool(report.problems) and not report.missing
        for problem in report.problems[:max_errors]:
            click.echo(printable(str(problem)), err=True)
        if len(report.problems) > max_errors:
            click.echo(f"{printable(path)}: ... and {len(report.problems) - max_errors:,} more errors", err=True)
        if not report.problems and not quiet:
            by = f", by its own schema {report.schema_version}" if report.schema_version else ""
            click.echo(f"{printable(path)}: valid ({_counted(report)}{by})")
    if missing or failed:  # a wrong call comes first: what was asked for has not been checked
        sys.exit(2 if missing else 1)


def _counted(report: Report) -> str:
    entries = f"{report.entries:,} {'entry' if report.entries == 1 else 'entries'} made by hand"
    if not report.entries:
        return f"{report.records:,} records"
    return f"{report.records:,} records, {entries}" if report.records else entries
