"""``glean push``: a release to the Hugging Face Hub."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

import click

from extract.cli import Failure, printable, wrong_call

_MAX_PROBLEMS = 20


@click.command("push")
@click.argument("release", type=click.Path(path_type=Path))
@click.argument("repo", metavar="REPO")
@click.option("--dry-run", is_flag=True, help="List what would be sent; nothing is written.")
@click.option("--revision", default="main", show_default=True, help="Branch; made if it is not there.")
@click.option("--private", is_flag=True, help="Make the repository private, if it has to be made.")
@click.option("--token-env", metavar="NAME", help="Environment variable of the token; else HF_TOKEN or your login.")
@click.option("--with-text", is_flag=True, help="Push the release although it carries abstracts.")
@click.option("--replace", is_flag=True, help="Move the version's tag from another release of the same version.")
@click.option("--quiet", "-q", is_flag=True, help="No progress and no summary on standard error.")
def command(
    release: Path,
    repo: str,
    dry_run: bool,
    revision: str,
    private: bool,
    token_env: str | None,
    with_text: bool,
    replace: bool,
    quiet: bool,
) -> None:
    """Uploads RELEASE, a release's folder, to the dataset repository REPO (OWNER/NAME) of the Hugging Face Hub.

    The release is validated first, sent as one commit and tagged with its version. The repository is made if it is not
    there. If the push is cut off, push again: files that arrived are not sent twice.

    \b
    glean push releases/2026.11 someone/glean --dry-run
    glean push releases/2026.11 someone/glean --private
    """
    from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars

    from extract.publish.push import PushError, push

    if (quiet or not sys.stderr.isatty()) and not are_progress_bars_disabled():
        disable_progress_bars()

    def tell(line: str) -> None:
        if not quiet:
            click.echo(printable(f"glean: {line}"), err=True)

    try:
        with warnings.catch_warnings(record=True) as caught:  # what the Hub says of the card, as lines and not as code
            plan = push(
                release,
                repo,
                revision=revision,
                token=_token(token_env),
                private=private,
                with_text=with_text,
                replace=replace,
                dry_run=dry_run,
                retrying=tell,
            )
    except PushError as error:
        for problem in error.problems[:_MAX_PROBLEMS]:
            click.echo(printable(str(problem)), err=True)
        if error.call:
            wrong_call(str(error))
        raise Failure(str(error)) from None
    for warning in caught:
        if issubclass(warning.category, UserWarning):
            tell(str(warning.message))
    if dry_run:
        for file in plan.files:
            click.echo(printable(f"{file.state:8}{file.size:>14,}  {file.path}"))
        if plan.makes:
            click.echo(f"the {plan.makes} is not there, or not to be seen without a token; it would be made")
    if not quiet:
        click.echo(printable(plan.text(done=not dry_run)), err=True)


def _token(variable: str | None) -> str | None:
    """The token of an environment variable, or the one that the library finds; ``None`` if there is none."""
    from huggingface_hub import get_token

    if variable is None:
        try:
            token: str | None = get_token()
        except Exception as error:  # it may have to ask somebody for one (OIDC), and fail in many ways
            raise Failure(f"no token is to be had ({' '.join(str(error).split()) or type(error).__name__})") from None
        return token
    if not os.environ.get(variable, "").strip():
        wrong_call(f"--token-env {variable}: the variable is not set")
    return os.environ[variable].strip()
