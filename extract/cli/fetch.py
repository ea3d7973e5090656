"""``glean fetch``: metadata of papers from the public services, as files that ``glean build`` reads."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import click

import extract
from extract.cli import Failure, printable, wrong_call

if TYPE_CHECKING:
    from extract.fetch import Client, Folder, Report
    from extract.fetch.report import Progress

F = TypeVar("F", bound=Callable[..., Any])

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_CONTACT = re.compile(
    r"[!-'*-~](?:[ -'*-~]{0,198}[!-'*-~])?"
)  # printable ASCII without brackets: it stands in a header
_SORTS = ("newest", "oldest", "relevance")
_MAX_LINES = 20


class _Services(click.Group):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args:
            wrong_call(f"no service is given (allowed: {', '.join(sorted(self.commands))})")
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands:
            wrong_call(f"{args[0]!r}: there is no such service (allowed: {', '.join(sorted(self.commands))})")
        return super().resolve_command(ctx, args)


def _date(_ctx: click.Context, param: click.Parameter, value: str | None) -> date | None:
    if value is None:
        return None
    try:
        if not _DATE.fullmatch(value):
            raise ValueError
        found = date.fromisoformat(value)
    except ValueError:
        wrong_call(f"{param.opts[0]} {value!r}: is no date (allowed: YYYY-MM-DD)")
    if found > _today():
        wrong_call(f"{param.opts[0]} {value}: is in the future (allowed: to {_today()}, UTC)")
    return found


def _today() -> date:
    return datetime.now(UTC).date()


def _contact(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    if value and not _CONTACT.fullmatch(value):
        wrong_call(f"--contact {value!r}: is no contact (allowed: an address of mail or web, plain ASCII, no brackets)")
    return value


def _address(_ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    from extract.fetch.client import trustworthy

    if value is None or param.name == "proxy":
        if value is not None and urlsplit(value).scheme not in ("http", "https"):
            wrong_call(f"--proxy {value!r}: is no address of a proxy (allowed: http://HOST:PORT, https://HOST:PORT)")
        return value
    if not trustworthy(value) or urlsplit(value).query or urlsplit(value).fragment:
        wrong_call(f"--base-url {value!r}: cannot be asked (allowed: https://HOST[:PORT][/PATH]; http on this machine)")
    return value.rstrip("/")


def _asking(service: str) -> Callable[[F], F]:
    """The options that both services have."""
    variable = f"GLEAN_{service.upper().replace('-', '_')}_URL"
    options = (
        click.option("--date", "day", callback=_date, metavar="DATE", help="One day (YYYY-MM-DD)."),
        click.option("--from", "first", callback=_date, metavar="DATE", help="First day."),
        click.option("--to", "last", callback=_date, metavar="DATE", help="Last day, included; today if not given."),
        click.option(
            "--output",
            "-o",
            required=True,
            type=click.Path(path_type=Path, file_okay=False),
            metavar="FOLDER",
            help="Where the answers go; made if it is not there.",
        ),
        click.option("--refresh", is_flag=True, help="Ask again for what is there already."),
        click.option(
            "--contact",
            envvar="GLEAN_CONTACT",
            callback=_contact,
            help="Your address, which the User-Agent names, so that the service can reach you. [env: GLEAN_CONTACT]",
        ),
        click.option(
            "--base-url",
            envvar=variable,
            callback=_address,
            metavar="URL",
            help=f"Another address of the service, such as a mirror. [env: {variable}]",
        ),
        click.option("--proxy", envvar="GLEAN_PROXY", callback=_address, metavar="URL", help="[env: GLEAN_PROXY]"),
        click.option("--tries", type=click.IntRange(1, 20), default=6, show_default=True, help="Of each request."),
        click.option(
            "--timeout",
            type=click.FloatRange(0.1, 600),
            default=60.0,
            show_default=True,
            help="Seconds that a service may be silent.",
        ),
        click.option(
            "--interval",
            type=click.FloatRange(0, 3600),
            help="Seconds between requests, where the service's own are not enough.",
        ),
        click.option("--quiet", "-q", is_flag=True, help="No progress and no summary on standard error."),
    )

    def decorate(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


@click.group("fetch", cls=_Services)
def command() -> None:
    """Downloads the metadata of papers into a folder of files, which `glean build` reads.

    The services' answers are kept as they are. A fetch that was broken off goes on where it stopped when the same
    command is given again; what is there already is not asked for again. `glean fetch SERVICE --help` shows a service's
    options.

    \b
    glean fetch daily-papers --date 2026-11-01 -o pages
    glean fetch daily-papers --from 2026-11-01 --to 2026-11-07 -o pages
    glean fetch arxiv --query 'all:"speculative decoding"' --max 1000 -o pages
    glean fetch arxiv --category cs.CL --from 2026-11-01 --to 2026-11-07 -o pages
    glean fetch arxiv --ids 2403.01234,2403.05678v2 -o pages
    """


@command.command("daily-papers")
@_asking("daily-papers")
def daily_papers(day: date | None, first: date | None, last: date | None, **options: Any) -> None:
    """Papers of Hugging Face's Daily Papers, by day.

    One request a second at most. The list of a day is asked for again until a day after its end (UTC), since it grows.

    \b
    glean fetch daily-papers --date 2026-11-01 -o pages
    glean fetch daily-papers --from 2026-11-01 --to 2026-11-07 -o pages
    """
    from extract.fetch import daily_papers as service

    first, last = _range(day, first, last)
    if first is None:
        wrong_call("no day is given (allowed: --date DATE, or --from DATE with or without --to DATE)")
    if first < service.FIRST:
        wrong_call(f"{first}: Daily Papers begin on {service.FIRST} (allowed: days from then to today)")
    wanted = service.days(first, last or _today())

    def fetch(client: Client, folder: Folder, refresh: bool, progress: Progress, report: Report) -> None:
        service.fetch_daily_papers(client, folder, wanted, refresh=refresh, progress=progress, report=report)

    _run(fetch, service.BASE, service.INTERVAL, what="days", **options)


@command.command("arxiv")
@click.option("--query", help="A search in arXiv's language: 'all:\"speculative decoding\" AND cat:cs.CL'.")
@click.option(
    "--ids", metavar="IDS", help="Identifiers with commas between them, a file of them, or - for standard input."
)
@click.option("--category", "categories", multiple=True, metavar="NAME", help="cs.CL; can be given several times (or).")
@click.option("--max", "maximum", type=click.IntRange(1, 30_000), help="How many papers at most.")
@click.option("--sort", type=click.Choice(_SORTS), default="newest", show_default=True, help="Which come first.")
@click.option(
    "--page-size", type=click.IntRange(1, 2000), default=500, show_default=True, help="Papers a request, and a file."
)
@_asking("arxiv")
def arxiv(
    query: str | None,
    ids: str | None,
    categories: tuple[str, ...],
    maximum: int | None,
    sort: str,
    page_size: int,
    day: date | None,
    first: date | None,
    last: date | None,
    **options: Any,
) -> None:
    """Papers of arXiv, by a search, by identifiers, or by category and day of submission (GMT).

    One request each three seconds, 30,000 papers a search: arXiv's rules.

    \b
    glean fetch arxiv --query 'all:"speculative decoding"' --max 1000 -o pages
    glean fetch arxiv --category cs.CL --from 2026-11-01 --to 2026-11-07 -o pages
    glean fetch arxiv --ids 2403.01234,2403.05678v2 -o pages
    """
    from extract.fetch import arxiv as service

    first, last = _range(day, first, last)
    if ids is not None and (query is not None or categories or first or last):
        wrong_call("--ids stands alone (allowed: --ids, or --query, --category and days together)")
    if ids is None and not (query or "").strip() and not (categories or first or last):
        wrong_call("nothing is asked for (allowed: --query, --ids, --category, --date, --from and --to)")
    if query is not None and not query.isascii() and query != query.encode("utf-8", "replace").decode():
        wrong_call("--query: is no text in UTF-8 (allowed: a search in arXiv's language)")
    for name in categories:
        if not service.CATEGORY.fullmatch(name):
            wrong_call(f"--category {name!r}: is no category of arXiv (allowed: such as cs.CL, stat.ML, hep-th)")
    if ids is not None:
        asked = service.Query(ids=_ids(ids), maximum=maximum)
    else:
        search = service.search_of(" ".join((query or "").split()), categories, first, last)
        closes = (last or _today()) if first or last else None
        asked = service.Query(search, closes=closes, sort=sort, page_size=page_size, maximum=maximum)

    def fetch(client: Client, folder: Folder, refresh: bool, progress: Progress, report: Report) -> None:
        service.fetch_arxiv(client, folder, asked, refresh=refresh, progress=progress, report=report)

    _run(fetch, service.BASE, service.INTERVAL, what="papers", **options)


def _range(day: date | None, first: date | None, last: date | None) -> tuple[date | None, date | None]:
    if day and (first or last):
        wrong_call("--date stands alone (allowed: --date, or --from and --to)")
    if first and last and last < first:
        wrong_call(f"--to {last} is before --from {first} (allowed: the same day or a later one)")
    return (day, day) if day else (first, last)


def _ids(given: str) -> tuple[str, ...]:
    """The identifiers of ``--ids``, each once, in their order."""
    from extract.fetch.arxiv import identifier

    path, text = Path(given), given
    try:
        if given == "-":
            text = sys.stdin.buffer.read().decode("utf-8-sig")
        elif path.is_file():
            text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        wrong_call(
            f"--ids {given}: is no text in UTF-8 (allowed: identifiers with commas, blanks or lines between them)"
        )
    except (OSError, ValueError) as error:  # a name that is too long is no file, but may be a list
        if given == "-" or "," not in given:
            wrong_call(f"--ids {given[:80]!r}: cannot be read ({getattr(error, 'strerror', None) or error})")
    found: dict[str, None] = {}
    for word in re.split(r"[\s,]+", re.sub(r"#.*", "", text)):
        if not word:
            continue
        one = identifier(word)
        if one is None:
            allowed = "allowed: 2403.01234, 2403.05678v2, cs/0112017"
            wrong_call(f"--ids: {word[:80]!r} is no identifier of arXiv and no file ({allowed})")
        found[one] = None
    if not found:
        wrong_call("--ids: there is no identifier (allowed: at least one)")
    return tuple(found)


def _run(
    fetch: Callable[[Client, Folder, bool, Progress, Report], None],
    own_base: str,
    own_interval: float,
    *,
    what: str,
    output: Path,
    refresh: bool,
    contact: str | None,
    base_url: str | None,
    proxy: str | None,
    tries: int,
    timeout: float,
    interval: float | None,
    quiet: bool,
) -> None:
    """Fetches, tells what came of it, and ends with the right exit status."""
    from extract.cli.options import progress_bar
    from extract.fetch import Client, Folder, Report
    from extract.fetch.report import silent

    base = base_url or own_base
    if interval is not None and interval < own_interval and _is_own(base, own_base):
        wrong_call(
            f"--interval {interval:g}: is less than the service's rule (allowed: {own_interval:g} seconds or more)"
        )
    tell = partial(_tell, quiet=quiet)
    report = Report()
    try:
        folder = Folder(output)
        client = Client(
            base,
            f"glean-papers/{extract.__version__}" + (f" ({contact})" if contact else ""),
            own_interval if interval is None else interval,
            folder.hidden,
            tries=tries,
            read=timeout,
            proxy=proxy,
            told=tell,
        )
        with client, progress_bar(quiet, what) as bar:
            fetch(client, folder, refresh, bar or silent, report)
    except OSError as error:
        raise Failure(f"{output}: cannot be written ({error.strerror or type(error).__name__})") from None
    except KeyboardInterrupt:
        click.echo(
            printable(f"glean: stopped; {output}: {report.text()}; the same command goes on from there"), err=True
        )
        sys.exit(130)
    _lines(report.problems)
    if not quiet:
        _lines(report.notes)
        tell(f"{output}: {report.text()}")
        if not report.fetched and report.files and not report.problems:
            tell("nothing new was asked for (--refresh asks again)")
    if report.problems:
        sys.exit(1)


def _is_own(base: str, own: str) -> bool:
    """Whether an address is of the service itself, whose rules hold, and of no mirror."""
    host, service = urlsplit(base).hostname or "", ".".join((urlsplit(own).hostname or "").split(".")[-2:])
    return host == service or host.endswith(f".{service}")


def _lines(lines: Sequence[str]) -> None:
    for line in lines[:_MAX_LINES]:
        _tell(line)
    if len(lines) > _MAX_LINES:
        _tell(f"... and {len(lines) - _MAX_LINES:,} more")


def _tell(line: str, *, quiet: bool = False) -> None:
    if not quiet:
        click.echo(printable(f"glean: {line}"), err=True)
