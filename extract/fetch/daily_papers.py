"""Daily Papers of Hugging Face: a list of papers for each day.

One request a day, and another where the day has more than a page. A day without papers gives no file. The list of a day
goes on growing for some hours after its end, so it is only held to be final when it was asked for a day later.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from extract.fetch.client import Client
from extract.fetch.errors import FetchError, MalformedError, RefusedError
from extract.fetch.folder import Folder, Page
from extract.fetch.report import Progress, Report, kept, silent

BASE = "https://huggingface.co"
INTERVAL = 1.0  # seconds between requests; the Hub allows 500 in 5 minutes to those who do not log in
LIMIT = 100  # papers a page: the most that the service gives
MAX_PAGES = 20  # of a day
FIRST = date(2023, 5, 4)  # the first day there is
SETTLES = timedelta(days=1)  # how long after its end a day's list may still change

_PATH = "/api/daily_papers"


def days(first: date, last: date) -> list[date]:
    """All days from the first to the last, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def file_name(day: date, page: int = 0) -> str:
    """``daily-papers-2026-11-01.json``; the further pages of a day have their number behind it."""
    return f"daily-papers-{day.isoformat()}{f'-{page}' if page else ''}.json"


def is_over(day: date, now: float) -> bool:
    """Whether the list of a day has settled at a time (seconds since 1970)."""
    end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    return now >= (end + SETTLES).timestamp()


def check(body: bytes) -> list[str]:
    """The ids of the papers of a page.

    Raises:
        MalformedError: the body is no page of Daily Papers.
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise MalformedError("the answer is not whole JSON") from None
    if not isinstance(found, list):
        raise MalformedError(f"the answer is a JSON {type(found).__name__}, not a list of papers")
    papers = [entry.get("paper") if isinstance(entry, dict) else None for entry in found]
    if not all(isinstance(paper, dict) for paper in papers):
        raise MalformedError('the answer has entries without "paper"')
    return [str(paper.get("id", "")) for paper in papers if isinstance(paper, dict)]


def fetch_daily_papers(
    client: Client,
    folder: Folder,
    wanted: list[date],
    *,
    limit: int = LIMIT,
    refresh: bool = False,
    progress: Progress = silent,
    report: Report | None = None,
) -> Report:
    """Fetches the lists of some days into a folder; days that are there and final are not asked for again.

    Args:
        client: asks the service.
        folder: where the lists go.
        wanted: the days.
        limit: papers a page.
        refresh: whether days that are there are asked for again.
        progress: told how many days are done, of how many.
        report: what to add to; so that the caller has it when the fetch is broken off.

    Returns:
        What was fetched, with a line for each day that could not be.

    Raises:
        OSError: the folder cannot be written.
    """
    report = report if report is not None else Report()
    for n, day in enumerate(wanted):
        progress(n, len(wanted))
        try:
            for page, fetched in _pages(client, folder, day, limit, refresh):
                if page.entries or page.name == file_name(day):  # an empty further page is no day without papers
                    report.add(page.name, page.entries, fetched=fetched)
                if not page.final and page.name == file_name(day):
                    report.notes.append(f"{day}: its list may still grow; the same command asks for it again")
        except FetchError as error:
            report.problems.append(f"{day}: {_explained(error)}")
            if error.ends:
                if n + 1 < len(wanted):
                    report.problems.append(
                        f"{wanted[n + 1]} to {wanted[-1]}: not asked for; start the same command again"
                    )
                break
    else:
        progress(len(wanted), len(wanted))
    return report


def _pages(client: Client, folder: Folder, day: date, limit: int, refresh: bool) -> Iterator[tuple[Page, bool]]:
    """The pages of a day, and whether each was asked for now."""
    seen: set[str] = set()
    for number in range(MAX_PAGES):
        params = {"date": day.isoformat(), "limit": str(limit)} | ({"p": str(number)} if number else {})
        name, request = file_name(day, number), json.dumps([client.base + _PATH, params])
        page = folder.known(name, request)
        fetched = refresh or page is None or not page.final
        if fetched or page is None:
            body, ids = client.get(_PATH, params, check)
            if number and seen.issuperset(ids):
                ids = []  # a server that does not know of pages sends the first one again
            seen.update(ids)
            if not ids and not number and (held := folder.holds(name)):
                raise MalformedError(kept(name, held))
            now = client.clock.now()
            page = folder.keep(name, body, request=request, now=now, final=is_over(day, now), entries=len(ids))
        yield page, fetched
        if page.entries < limit:
            return


def _explained(error: FetchError) -> str:
    if isinstance(error, RefusedError) and error.status in (400, 404):
        return f"there is no list for this day ({error}; allowed: a day from {FIRST} to today, UTC, that has papers)"
    return str(error)
