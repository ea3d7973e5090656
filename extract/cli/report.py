"""``glean report``: the HTML report of a release."""

from __future__ import annotations

from pathlib import Path

import click

from extract.cli import Failure, options


@click.command("report")
@click.argument("release", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", "out", type=click.Path(path_type=Path), metavar="FILE", help="Write it there, not into RELEASE."
)
@click.option("--quiet", "-q", is_flag=True, help="No summary on standard error.")
def command(release: Path, out: Path | None, quiet: bool) -> None:
    """Makes the HTML report of RELEASE: one file that works offline.

    glean build makes it too. Without -o it is renewed in the release's folder, report.html, and the manifest with it.

    \b
    glean report releases/2026.11
    glean report releases/2026.11 -o report.html
    """
    import extract
    from extract.evaluate.published import published_quality
    from extract.publish import PublishError
    from extract.publish.release import renew_report
    from extract.publish.report import REPORT, read_manifest, write_report

    with options.told():
        try:
            # what this version measured says nothing of a release that another version made
            same = read_manifest(release)["glean"] == extract.__version__
            quality = published_quality() if same else None
            if out is None or out.resolve() == (release / REPORT).resolve():
                written = renew_report(release, quality)
            else:
                written = write_report(release, out, quality)
        except PublishError as error:
            raise Failure(str(error)) from None
    if not quiet:
        click.echo(f"{written}: {written.stat().st_size / 1e6:,.1f} MB", err=True)
