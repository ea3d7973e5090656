"""``glean show``: a paper with its spans."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from extract.cli import Failure, options, printable, wrong_call
from extract.cli.quick import without_spacys_commands

if TYPE_CHECKING:
    from extract.validate import Report


@click.command("show")
@click.argument("what", metavar="PAPER_ID|FILE")
@click.option(
    "--release", type=click.Path(path_type=Path), help="The release of PAPER_ID; else the newest in releases/."
)
@click.option("--text", "texts", metavar="FILE", help="Papers whose abstracts are joined back.")
@options.reading
@click.option("--html", "as_html", is_flag=True, help="An HTML page (by displaCy) in place of the terminal.")
@click.option("-o", "--output", "out", type=click.Path(path_type=Path), help="Write the page to this file.")
@click.option("--limit", default=10, show_default=True, type=click.IntRange(1), help="Papers of FILE that are shown.")
def command(
    what: str,
    release: Path | None,
    texts: str | None,
    form: str | None,
    columns: dict[str, str] | None,
    as_html: bool,
    out: Path | None,
    limit: int,
) -> None:
    """Shows a paper in its own text: names and claims coloured, and all fields of the claims below.

    PAPER_ID is a paper of a release. FILE holds records (as "glean extract" writes them), or papers in any form that
    glean reads, which are extracted first; "-" is standard input. Colours follow NO_COLOR and FORCE_COLOR.

    \b
    glean show arxiv:2403.01234
    glean show arxiv:2403.01234 --release releases/mine --text papers.jsonl
    glean show my-paper.json --html -o my-paper.html
    """
    from extract.publish import attach_text
    from extract.read import Paper, entries
    from extract.validate import Report

    if out is not None and not as_html:
        wrong_call("-o is for --html (allowed: --html -o FILE)")
    is_file = what == "-" or os.path.exists(what)  # noqa: PTH110  (a Path fails on what no file can be named)
    if is_file and release is not None:
        wrong_call(f"{what!r} is a file, so --release has no meaning (allowed: a paper's id with --release)")
    report = Report()
    with options.told():
        # --format and --columns speak of the file that is read; of --text only where no FILE is
        found: Iterable[Any] = _of_file(what, form, columns, report) if is_file else [_of_release(what, release)]
        chosen = list(islice(found, limit + 1))
        if texts is not None:
            # every text as it stands there: a merged paper has only its newest
            read = entries([texts], *((None, None) if is_file else (form, columns)))
            papers = (item for item in read if isinstance(item, Paper))
            missing: list[str] = []
            chosen = list(attach_text(chosen, papers, missing=missing))
            for paper_id in missing[:limit]:
                click.echo(printable(f"glean: {texts}: no text is that of {paper_id} (by its SHA-256)"), err=True)
    _write(chosen[:limit], as_html, out)
    if len(chosen) > limit:
        click.echo(f"glean: {printable(what)}: there are more papers (--limit shows more than {limit})", err=True)
    for problem in report.problems[: options.MAX_REJECTS_SHOWN]:
        click.echo(printable(str(problem)), err=True)
    if report.problems:
        sys.exit(1)


def _of_release(paper_id: str, release: Path | None) -> Any:
    from extract.publish import newest_release

    folder = release if release is not None else newest_release()
    if folder is None:
        wrong_call(f"{paper_id!r} is no file, and there is no release in releases/ (allowed: --release DIR)")
    record = options.record_of(folder, paper_id)
    if record is None:
        wrong_call(
            f"{folder}: has no paper {paper_id!r}, nor is there such a file (allowed: a paper_id of the release)"
        )
    return record


def _of_file(path: str, form: str | None, columns: dict[str, str] | None, report: Report) -> Iterator[Any]:
    """Records of a file: as they are, or extracted from its papers."""
    without_spacys_commands()
    from extract.api import records
    from extract.publish import holds_records, read_records
    from extract.read import read_inputs

    if Path(path).is_dir():
        wrong_call(f"{path}: is a folder (allowed: a file, or a paper's id with --release {path})")
    if form is None and columns is None and holds_records(path):
        yield from read_records(path, report)
        return
    reading = read_inputs([path], form, columns)
    options.tell_rejects(reading.rejects)
    for found in records(reading.papers, with_text=True):
        if isinstance(found, dict):
            yield found
        else:
            options.tell_rejects([found])


def _write(records: list[Any], as_html: bool, out: Path | None) -> None:
    if not as_html:
        from extract.record.show.terminal import console, rendered

        terminal = console()
        for n, record in enumerate(records):
            if n:
                terminal.rule(style="dim")
            terminal.print(rendered(record))
        return
    from extract.record.show.page import page

    html = page(records)
    if out is None:
        click.echo(html, nl=False)
        return
    try:
        out.write_text(html, encoding="utf-8")
    except OSError as error:
        raise Failure(f"{out}: cannot be written ({error.strerror})") from None
