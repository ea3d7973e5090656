"""``glean evaluate``: the measure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from extract.cli import Failure, options, printable


@click.command("evaluate")
@click.argument("papers")
@click.argument("gold", type=click.Path(path_type=Path))
@options.reading
@click.option("--records", type=click.Path(path_type=Path), help="Records to measure (JSON Lines); else they are made.")
@click.option("--errors", default=0, metavar="N", type=click.IntRange(0), help="Print the first N errors too.")
@click.option("--only", default="", metavar="NAME", help="Errors of this figure only (speedups, entity.tasks, ...).")
@click.option("--classes", is_flag=True, help="Print a confusion table of types and the classes of errors.")
@click.option("--json", "out", type=click.Path(path_type=Path), help="Write the figures to this file.")
@click.option("--publish", is_flag=True, help="Write the figures into the package, for the cards of releases.")
@options.working
def command(
    papers: str,
    gold: Path,
    form: str | None,
    columns: dict[str, str] | None,
    records: Path | None,
    errors: int,
    only: str,
    classes: bool,
    out: Path | None,
    publish: bool,
    workers: int,
    quiet: bool,
) -> None:
    """Precision, recall and F1 of the records of PAPERS against the annotations GOLD.

    PAPERS is any input with ids; GOLD is JSON Lines, one annotation a line, for some or all of them.

    \b
    glean evaluate papers.jsonl dev.jsonl
    """
    from extract.api import extract_all
    from extract.evaluate import GoldError, evaluate, load_gold
    from extract.evaluate.published import publish_quality
    from extract.passes.ner.model import record_figures
    from extract.read import Paper, entries, id_of

    try:
        annotations = load_gold(gold)
        with options.told():
            # every entry as it stands: two annotated ids of one paper are two
            read = (p for p in entries([papers], form, columns) if isinstance(p, Paper))
            texts = {id_of(p): p for p in read if id_of(p) in annotations}
        absent = [pid for pid in annotations if pid not in texts]
        if absent:
            raise GoldError(f"{gold}: paper {absent[0]!r} is not in {papers} (and {len(absent) - 1} more)")
        found = _load_records(records) if records else {}
    except GoldError as error:
        raise Failure(str(error)) from None
    if records is None:
        with options.progress_bar(quiet) as progress:
            made = extract_all(list(texts.values()), workers=workers, progress=progress)
            found = {r["paper_id"]: r for r in made}
    quality = evaluate({pid: (p.title, p.abstract) for pid, p in texts.items()}, annotations, found)
    figures = quality.as_dict()
    figures["gold"] = gold.name
    figures["command"] = f"glean evaluate {Path(papers).name} {gold.name}"
    click.echo(_table(figures))
    for figure, pid, kind, text in [e for e in quality.errors if e[0].startswith(only)][:errors]:
        click.echo("\t".join(printable(part) for part in (figure, pid, kind, text)))
    if classes:
        from extract.evaluate.classes import error_classes

        pairs = {pid: (p.title, p.abstract) for pid, p in texts.items()}
        click.echo("\n".join(map(printable, error_classes(pairs, annotations, found).lines())))
    try:
        if out:
            out.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        if publish:
            publish_quality(figures)
            record_figures({"gold": gold.name, "papers": figures["papers"], **figures["figures"]})
    except OSError as error:
        raise Failure(f"{error.filename}: cannot be written ({error.strerror})") from None


def _load_records(path: Path) -> dict[str, dict[str, Any]]:
    from extract.evaluate import GoldError

    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        return {row["paper_id"]: row for row in rows}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GoldError(f"{path}: no records ({type(error).__name__}; allowed: JSON Lines of records)") from None


def _table(figures: dict[str, Any]) -> str:
    lines = [f"{figures['papers']} papers", f"{'':20} {'P':>6} {'R':>6} {'F1':>6}   95 % interval    gold"]
    for name, f in figures["figures"].items():
        interval = f"{f['low']:.3f}-{f['high']:.3f}"
        lines.append(f"{name:20} {f['p']:6.3f} {f['r']:6.3f} {f['f1']:6.3f}   {interval:13} {f['gold']:7.0f}")
    for name, (share, n) in figures["slots"].items():
        lines.append(f"slot {name:20} {share:6.3f} of {n}")
    for band in figures["bands"]:
        score = f"{band['low']:.1f}-{band['high']:.1f}"
        lines.append(f"precision of {band['kind']:9} with score {score}: {band['precision']:6.3f} of {band['n']}")
    return "\n".join(lines)
