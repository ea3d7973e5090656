"""``glean new``: a template for an entry made by hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from extract.cli import Failure, options, printable, wrong_call

if TYPE_CHECKING:
    from extract.record.model import Record

_KINDS = (".yaml", ".yml", ".json")


@click.command("new")
@click.argument("paper_id", required=False)
@click.option("--arxiv", metavar="ID", help="arXiv identifier of the paper, or a link to it.")
@click.option("--doi", metavar="DOI", help="DOI of the paper.")
@click.option("--title", metavar="TEXT", help="Title of the paper: for a new one.")
@click.option(
    "--from", "release", type=click.Path(path_type=Path), metavar="RELEASE", help="Show what this release has of it."
)
@click.option("-o", "--output", "out", type=click.Path(path_type=Path), help="Write to this file (.yaml or .json).")
def command(
    paper_id: str | None, arxiv: str | None, doi: str | None, title: str | None, release: Path | None, out: Path | None
) -> None:
    """Writes a template for an entry made by hand: a new paper, or a correction of one.

    PAPER_ID is the paper's id in a release. The template says what each property means and may be. Beside a file that
    it writes, glean puts the JSON Schema of entries, with which editors help; nothing is overwritten. "glean validate"
    tells what is left to fill in.

    \b
    glean new --arxiv 2403.01234 -o curated/2403.01234.yaml
    glean new --title "FooNet: Fast Parsing" -o curated/foonet.yaml
    glean new arxiv:2403.01234 --from releases/2026.11 -o curated/2403.01234.yaml
    """
    from extract.curate.template import as_json, as_yaml

    if out is not None and out.suffix.casefold() not in _KINDS:
        wrong_call(f"{out}: is neither YAML nor JSON by its name (allowed: {', '.join(_KINDS)})")
    known = _known(paper_id, arxiv, doi, title)
    record = None
    if release is not None:
        record = _record(release, known)
        known = {"paper_id": record["paper_id"]}
    text = (as_json if out is not None and out.suffix.casefold() == ".json" else as_yaml)(known, record)
    if out is None:
        click.echo(text, nl=False)
        return
    _write(out, text)


def _known(paper_id: str | None, arxiv: str | None, doi: str | None, title: str | None) -> dict[str, str]:
    from extract.record.ids import normalize_arxiv
    from extract.validate.entries import entry_errors

    known: dict[str, str] = {}
    if paper_id is not None:
        known["paper_id"] = paper_id.strip()
    if arxiv is not None:
        known["arxiv_id"] = normalize_arxiv(arxiv) or arxiv
    if doi is not None:
        known["doi"] = doi.strip()
    if title is not None:
        known["title"] = " ".join(title.split())
    if not known:
        wrong_call("which paper is it? (allowed: PAPER_ID, --arxiv, --doi or --title)")
    for path, message, allowed in entry_errors(known):
        if path:  # without one: that nothing is filled in yet
            wrong_call(f"{path[0]}: {message} (allowed: {allowed})")
    return known


def _record(release: Path, known: dict[str, str]) -> Record:
    own_id = known.get("paper_id") or (f"arxiv:{known['arxiv_id']}" if "arxiv_id" in known else None)
    if own_id is None:
        wrong_call("--from needs the paper's id (allowed: PAPER_ID or --arxiv)")
    record = options.record_of(release, own_id)
    if record is None:
        wrong_call(f"{release}: has no paper {own_id!r} (allowed: a paper_id of the release)")
    return record


def _write(out: Path, text: str) -> None:
    from extract.curate.template import SCHEMA_FILE
    from extract.record.curated import curated_schema
    from extract.record.write import as_text

    try:
        if out.exists():
            wrong_call(f"{out}: is there already (allowed: a new file)")
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("x", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(text)
        schema = out.with_name(SCHEMA_FILE)
        if not schema.exists():
            schema.write_text(as_text(curated_schema()), encoding="utf-8")
    except (OSError, ValueError) as error:  # a NUL in the name is a value
        raise Failure(f"{out}: cannot be written ({getattr(error, 'strerror', None) or error})") from None
    click.echo(f"{printable(str(out))}: written; glean validate tells what is left to fill in", err=True)
