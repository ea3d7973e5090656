"""``glean build``: a whole release."""

from __future__ import annotations

from pathlib import Path

import click

from extract.cli import Failure, options, printable


@click.command("build")
@click.argument("inputs", nargs=-1, metavar="[INPUT]...")
@click.option("-o", "--output", "out", required=True, type=click.Path(path_type=Path), help="Folder of the release.")
@options.reading
@click.option("--release", "version", help="Version of the release; else the folder's name.")
@click.option("--with-text", is_flag=True, help="Keep the abstracts in the release.")
@click.option("--replace", is_flag=True, help="Replace the release that already stands in the folder.")
@click.option("--resume", is_flag=True, help="Go on where an earlier build to the folder was cut off.")
@click.option(
    "--update",
    type=click.Path(path_type=Path),
    help="An earlier release: papers whose text has not changed since are not extracted again.",
)
@click.option(
    "--curated", type=click.Path(path_type=Path), help="A folder of entries made by hand (see glean new) to merge in."
)
@click.option("--strict", is_flag=True, help="Any entry that has to be set aside is an error: nothing is written.")
@click.option(
    "--since", type=click.Path(path_type=Path), help="An earlier release; the card counts what changed since."
)
@click.option(
    "--engine",
    type=click.Choice(("local", "ray")),
    default="local",
    show_default=True,
    help="Processes of this machine, or a Ray cluster (pip install 'glean-papers[ray]').",
)
@click.option("--ray-address", help="Address of the Ray cluster: auto, HOST:PORT; else one is started here.")
@options.working
def command(
    inputs: tuple[str, ...],
    out: Path,
    form: str | None,
    columns: dict[str, str] | None,
    version: str | None,
    with_text: bool,
    replace: bool,
    resume: bool,
    update: Path | None,
    curated: Path | None,
    strict: bool,
    since: Path | None,
    engine: str,
    ray_address: str | None,
    workers: int,
    quiet: bool,
) -> None:
    """Reads, extracts, validates and publishes a whole release.

    INPUT is a file, a folder, a pattern, an archive, a Hugging Face dataset (hf://owner/name), or "-" for standard
    input. Without INPUT the bundled sample of invented papers is built.

    \b
    glean build pages/*.txt -o releases/2026.11
    glean build papers.parquet --columns title=Name,abstract=Summary -o releases/mine
    glean build snapshot.json.gz -o releases/arxiv --workers 8 --resume
    """
    from extract.publish import PublishError, rejects_of
    from extract.publish.diff import DiffError
    from extract.run.whole import RejectsError, RunError, build
    from extract.run.work import left_over

    with options.told(), options.progress_bar(quiet) as progress:
        try:
            summary = build(
                inputs,
                out,
                form=form,
                columns=columns,
                version=version,
                with_text=with_text,
                workers=workers,
                replace=replace,
                resume=resume,
                update=update,
                since=since,
                curated=curated,
                strict=strict,
                engine=engine,
                ray_address=ray_address,
                progress=progress,
                on_read=None if quiet else options.tell_columns,
                on_note=None if quiet else options.tell_note,
            )
        except RejectsError as error:
            options.tell_rejects(error.rejects)
            options.tell_problems(error.problems)
            raise Failure(f"{error} (allowed: none; see above)") from None
        except (PublishError, DiffError, RunError) as error:
            raise Failure(str(error)) from None
        finally:
            if not quiet and (left := left_over(out)) is not None:
                options.tell_note(f"{out}: {left[0]:,} of {left[1]:,} shards are done and kept; --resume goes on there")
    if not quiet:
        options.tell_rejects(rejects_of(summary.folder))
        options.tell_problems(summary.problems)
        click.echo(printable(summary.text()), err=True)
        if summary.curated:
            click.echo(summary.curated, err=True)
