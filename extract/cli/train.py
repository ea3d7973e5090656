"""``glean train``: the NER pass, and what assembly weighs."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

import click

from extract.cli import Failure, wrong_call

_FILE = click.Path(path_type=Path)


@click.command("train")
@click.option(
    "--gold", required=True, multiple=True, type=_FILE, help="Reference annotations (JSON Lines); repeatable."
)
@click.option("--more", multiple=True, type=_FILE, help="Annotations by others, learned from first; repeatable.")
@click.option("--papers", required=True, multiple=True, type=_FILE, help="Their texts (JSON Lines, .gz); repeatable.")
@click.option("--corpus", required=True, type=_FILE, help="Unlabelled abstracts (JSON Lines, .gz).")
@click.option("--work", default="work", show_default=True, type=_FILE, help="Folder of intermediate files, kept.")
@click.option("--output", type=_FILE, help="Folder of the model; else the package's own.")
@click.option("--version", "version", default="1.0.0", show_default=True, help="Version of the model.")
@click.option("--step", type=click.Choice(["all", "ner", "assembly"]), default="all", show_default=True)
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A setting in place of config.cfg's.")
def command(
    gold: tuple[Path, ...],
    more: tuple[Path, ...],
    papers: tuple[Path, ...],
    corpus: Path,
    work: Path,
    output: Path | None,
    version: str,
    step: str,
    settings: tuple[str, ...],
) -> None:
    """Trains vectors, NER pass and assembly's weights on two CPU cores; needs the extra `train`.

    Each step leaves its files in --work and is skipped where they are there, so a stopped training goes on.

    \b
    glean train --gold train.jsonl --papers papers.jsonl --corpus abstracts.jsonl.gz
    """
    try:
        import floret  # noqa: F401
        import sklearn  # noqa: F401
    except ImportError as error:
        raise Failure(f"training needs {error.name} (allowed: pip install 'glean-papers[train]')") from None
    from extract.evaluate.gold import GoldError
    from extract.training import train_assembly, train_ner

    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        overrides = _settings(settings)
        if step in ("all", "ner"):
            train_ner(gold, more, papers, corpus, work, output, version=version, overrides=overrides)
        if step in ("all", "assembly"):
            train_assembly(gold, more, papers, corpus, work, overrides=overrides)
    except GoldError as error:
        raise Failure(str(error)) from None


def _settings(pairs: tuple[str, ...]) -> dict[str, Any]:
    import srsly

    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or "." not in name:
            wrong_call(f"--set {pair!r} is no setting (allowed: section.name=value, as in config.cfg)")
        try:
            found[name] = srsly.json_loads(value)
        except ValueError:
            found[name] = value
    return found
