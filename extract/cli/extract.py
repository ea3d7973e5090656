"""``glean extract``: records as JSON Lines."""

from __future__ import annotations

import json
import sys

import click

from extract.cli import Failure, options
from extract.cli.quick import without_spacys_commands


@click.command("extract")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@options.reading
@click.option("--with-text", is_flag=True, help="Keep the abstracts in the records.")
@click.option("--strict", is_flag=True, help="Any entry that has to be set aside is an error.")
@options.working
def command(
    inputs: tuple[str, ...],
    form: str | None,
    columns: dict[str, str] | None,
    with_text: bool,
    strict: bool,
    workers: int,
    quiet: bool,
) -> None:
    """Writes one record a line to standard output.

    INPUT is a file, a folder, a pattern, an archive, a Hugging Face dataset (hf://owner/name), or "-" for standard
    input. Progress and what had to be set aside go to standard error.

    \b
    glean extract page.txt > records.jsonl
    curl -s https://example.org/papers.jsonl | glean extract - --format jsonl
    """
    without_spacys_commands()
    from extract.api import extract_all
    from extract.read import read_inputs

    with options.told():
        reading = read_inputs(inputs, form, columns)
    if not quiet:
        options.tell_columns(reading.documents)
    if strict and len(reading.rejects):
        options.tell_rejects(reading.rejects)
        raise Failure(f"{len(reading.rejects):,} set aside, with --strict (allowed: none; see above)")
    out = sys.stdout.buffer
    with options.progress_bar(quiet) as progress:
        for record in extract_all(
            reading.papers,
            total=len(reading.papers),
            workers=workers,
            with_text=with_text,
            progress=progress,
            set_aside=reading.set_aside,
        ):
            out.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
    out.flush()
    if not quiet or strict:
        options.tell_rejects(reading.rejects)
    if strict and len(reading.rejects):
        raise Failure(f"{len(reading.rejects):,} set aside, with --strict")
