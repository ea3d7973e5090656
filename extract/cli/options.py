"""Options that several commands share, and how their progress and rejects are told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from extract.cli import Failure, printable, wrong_call
from extract.read import FORMATS, Document, ReadError, Reject
from extract.read.columns import PARTS

if TYPE_CHECKING:
    from extract.record import Record

F = TypeVar("F", bound=Callable[..., Any])

MAX_REJECTS_SHOWN = 20


def reading(function: F) -> F:
    """``--format`` and ``--columns``."""
    form = click.option(
        "--format", "form", type=click.Choice(FORMATS), help="Form of the inputs, where it is not to be guessed."
    )
    columns = click.option(
        "--columns",
        callback=_columns,
        metavar="PART=NAME,...",
        help="Which column holds what, for tables: title=Name,abstract=Summary; id= leaves a part aside. "
        f"Parts: {', '.join(PARTS)}.",
    )
    return form(columns(function))


def working(function: F) -> F:
    """``--workers`` and ``--quiet``."""
    workers = click.option(
        "--workers", type=click.IntRange(1, 1024), default=1, show_default=True, help="Processes that extract."
    )
    quiet = click.option("--quiet", "-q", is_flag=True, help="No progress and no summary on standard error.")
    return workers(quiet(function))


def _columns(_ctx: click.Context, _param: click.Parameter, value: str | None) -> dict[str, str] | None:
    if value is None:
        return None
    chosen = {}
    for pair in value.split(","):
        part, equals, name = pair.partition("=")
        if not equals or part.strip() not in PARTS or (not name and part.strip() in ("title", "abstract")):
            wrong_call(f"--columns {value!r}: {pair!r} is not PART=NAME (allowed parts: {', '.join(PARTS)})")
        chosen[part.strip()] = name
    return chosen


@contextmanager
def told() -> Iterator[None]:
    """Turns what can go wrong with inputs into one line and the right exit status."""
    try:
        yield
    except FileNotFoundError as error:
        wrong_call(f"{error.filename}: there is no such file")
    except ReadError as error:
        raise Failure(str(error)) from None


@contextmanager
def progress_bar(quiet: bool, what: str = "extracting") -> Iterator[Callable[[int, int | None], None] | None]:
    """A progress bar with rate and time left on standard error, if it is a terminal."""
    from rich.console import Console

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    rate = TextColumn("{task.fields[rate]}")
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), rate, TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=None, rate="")
        begin: list[float] = []  # time, and what was done before: a build may go on where one was cut off

        def update(done: int, total: int | None) -> None:
            begin.extend(() if begin else (time.monotonic(), done))
            seconds = time.monotonic() - begin[0]
            rate = f"{(done - begin[1]) / seconds:,.0f}/s" if done > begin[1] and seconds else ""
            bar.update(task, completed=done, total=total, rate=rate)

        yield update


def tell_columns(documents: Iterable[Document]) -> None:
    """A line on standard error for each table of which a column was guessed."""
    for document in documents:
        if document.guessed:
            taken = (f"{part} from {' or '.join(map(repr, names))}" for part, names in document.columns.items())
            click.echo(printable(f"glean: {document.name}: {', '.join(taken)}"), err=True)


def tell_note(line: str) -> None:
    """A line on standard error."""
    click.echo(printable(f"glean: {line}"), err=True)


def tell_rejects(rejects: Iterable[Reject]) -> None:
    """A line on standard error for each entry that was set aside, up to a number of them."""
    n = -1
    for n, reject in enumerate(rejects):
        if n < MAX_REJECTS_SHOWN:
            line = f":{reject.line}" if reject.line else ""
            place = f"{reject.document}{line}: entry {reject.position}"
            click.echo(printable(f"glean: {place} set aside: {reject.reason}"), err=True)
    if (more := n + 1 - MAX_REJECTS_SHOWN) > 0:
        click.echo(f"glean: ... and {more:,} more set aside", err=True)


def tell_problems(problems: Iterable[str]) -> None:
    """A line on standard error for each thing that is wrong with entries made by hand."""
    for problem in problems:
        click.echo(f"glean: {printable(problem)}", err=True)


def record_of(release: Path, paper_id: str) -> Record | None:
    """The record of a paper in a release, ``None`` where there is none; ends the command if it cannot be read."""
    from extract.publish import find_paper

    if not release.is_dir():
        wrong_call(f"{release}: there is no such folder")
    try:
        return find_paper(release, paper_id)
    except FileNotFoundError as error:
        raise Failure(str(error)) from None
    except (OSError, ValueError) as error:  # Arrow's errors are values
        raise Failure(f"{release}: the papers cannot be read: {str(error).splitlines()[0]}") from None
