"""arXiv by its API: Atom feeds of papers, by a search or by identifiers.

arXiv asks for three seconds between requests and one connection at a time, gives 2,000 papers a page and 30,000 a
search, and now and then answers a page that should hold papers with an empty or a short feed: that is asked for again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import ParseError, fromstring  # type: ignore[import-untyped]

from extract.fetch.client import Client
from extract.fetch.errors import FetchError, MalformedError, RefusedError, ShortError
from extract.fetch.folder import Folder, Page
from extract.fetch.report import Progress, Report, kept, silent
from extract.record.ids import normalize_arxiv

BASE = "https://export.arxiv.org"
INTERVAL = 3.0  # seconds between requests: arXiv's rule
PAGE_SIZE = 500
MAX_PAGE_SIZE = 2000
MAX_RESULTS = 30_000
IDS_A_PAGE = 100  # so that an address stays below 2,000 characters
SETTLES = timedelta(days=7)  # papers are announced some days after they were submitted
STALE = 24 * 3600.0  # seconds; arXiv's listing changes once a day
CATEGORY = re.compile(r"[a-z]+(?:-[a-z]+)*(?:\.(?:[A-Za-z]{2}|[a-z]+(?:-[a-z]+)+))?")  # cs.CL, hep-th, cond-mat.str-el
SORTS = {
    "newest": ("submittedDate", "descending"),
    "oldest": ("submittedDate", "ascending"),
    "relevance": ("relevance", "descending"),
}

_PATH = "/api/query"
_ATOM = "{http://www.w3.org/2005/Atom}"
_TOTAL = "{http://a9.com/-/spec/opensearch/1.1/}totalResults"
_VERSION = re.compile(r"v[1-9][0-9]*(?=(?:\.pdf)?$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of arXiv: a search, or identifiers.

    Attributes:
        search: in arXiv's language: ``all:"speculative decoding"``.
        ids: identifiers, with or without a version.
        closes: the last day of submission that is asked for, if there is one.
        sort: one of ``SORTS``.
        page_size: papers a page.
        maximum: how many papers at most.
    """

    search: str = ""
    ids: tuple[str, ...] = ()
    closes: date | None = None
    sort: str = "newest"
    page_size: int = PAGE_SIZE
    maximum: int | None = None

    @property
    def stem(self) -> str:
        """What the names of all its files begin with; another query has another."""
        asked = [self.search, self.ids, self.sort, self.page_size] if self.search else [self.ids]
        digest = hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:8]
        slug = "-".join(re.findall(r"[a-z0-9]+", self.search.casefold()))[:40].strip("-")
        return f"arxiv-{f'{slug}-' if slug else ''}{'' if self.search else 'ids-'}{digest}"

    def file_name(self, start: int) -> str:
        """The file of the page that begins with paper ``start``."""
        return f"{self.stem}-{start:05}.xml"

    def is_closed(self, now: float) -> bool:
        """Whether the answer had settled at a time (seconds since 1970): no paper will be added any more."""
        if not self.search:
            return True
        if self.closes is None:
            return False
        end = datetime(self.closes.year, self.closes.month, self.closes.day, tzinfo=UTC) + timedelta(days=1)
        return now >= (end + SETTLES).timestamp()


@dataclass(frozen=True, slots=True)
class Feed:
    """What is in a page: how many papers match in all, and the identifiers of the page's."""

    total: int
    ids: tuple[str, ...]


def search_of(
    query: str | None, categories: Sequence[str] = (), first: date | None = None, last: date | None = None
) -> str:
    """A search in arXiv's language.

    Args:
        query: what the user wrote.
        categories: any of these.
        first: first day of submission (GMT).
        last: last day, included.
    """
    kinds = " OR ".join(f"cat:{c}" for c in categories)
    parts = [f"({kinds})" if len(categories) > 1 else kinds]
    if first or last:
        since, until = first or date(1991, 1, 1), last or date(2099, 12, 31)
        parts.append(f"submittedDate:[{since:%Y%m%d}0000 TO {until:%Y%m%d}2359]")
    others = [p for p in parts if p]
    written = [f"({query})" if others else query] if query else []
    return " AND ".join(written + others)


def identifier(text: str) -> str | None:
    """An identifier as arXiv wants it, with its version where the text has one, or ``None``."""
    text = text.strip()
    base = normalize_arxiv(text)
    if base is None or not base.isascii():
        return None
    version = _VERSION.search(text)
    return base + (version.group().casefold() if version else "")


def check(body: bytes, start: int, size: int, maximum: int | None = None) -> Feed:
    """What is in a page.

    Args:
        body: the answer.
        start: number of the first paper that was asked for.
        size: how many were asked for.
        maximum: how many papers there can be at most in all.

    Raises:
        MalformedError: the body is no Atom feed, or holds fewer papers than it should (:class:`ShortError`).
        RefusedError: the feed is arXiv's way of telling an error.
    """
    try:
        feed = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise MalformedError("the answer is no whole Atom feed") from None
    if feed.tag != f"{_ATOM}feed":
        raise MalformedError("the answer is XML, but no Atom feed")
    entries = feed.findall(f"{_ATOM}entry")
    ids = tuple((entry.findtext(f"{_ATOM}id") or "").strip() for entry in entries)
    if len(entries) == 1 and "/api/errors" in ids[0]:
        says = " ".join((entries[0].findtext(f"{_ATOM}summary") or "no reason given").split())[:200]
        raise RefusedError(f"arXiv does not understand this: {says}", says=says)
    total = _number(feed.findtext(_TOTAL))
    if total is None:
        raise MalformedError("the feed does not say how many papers match")
    expected = max(0, min(size, min(total, maximum or total) - start))
    if len(ids) < expected:
        raise ShortError(f"the feed holds {len(ids):,} of {expected:,} papers", body, len(ids))
    return Feed(total, ids)


def fetch_arxiv(
    client: Client,
    folder: Folder,
    query: Query,
    *,
    refresh: bool = False,
    progress: Progress = silent,
    report: Report | None = None,
) -> Report:
    """Fetches the answer to a query into a folder, page by page; pages that are there are not asked for again.

    A search that new papers can still come to is asked anew when it was finished more than a day before.

    Args:
        client: asks the service.
        folder: where the pages go.
        query: what is asked.
        refresh: whether pages that are there are asked for again.
        progress: told how many papers are done, of how many.
        report: what to add to; so that the caller has it when the fetch is broken off.

    Returns:
        What was fetched, with a line for each page or paper that could not be.

    Raises:
        OSError: the folder cannot be written.
    """
    report = report if report is not None else Report()
    if query.ids:
        _by_ids(client, folder, query, refresh, progress, report)
    else:
        _by_search(client, folder, query, refresh, progress, report)
    return report


def _by_ids(client: Client, folder: Folder, query: Query, refresh: bool, progress: Progress, report: Report) -> None:
    ids = query.ids[: query.maximum]
    for start in range(0, len(ids), IDS_A_PAGE):
        progress(start, len(ids))
        part = ids[start : start + IDS_A_PAGE]
        params = {"id_list": ",".join(part), "start": "0", "max_results": str(len(part))}

        def whole(body: bytes, part: Sequence[str] = part) -> Feed:
            # identifiers that arXiv does not know are left out: a feed may be short, but not empty where it counts some
            feed = check(body, 0, 0)
            if feed.total and not feed.ids:
                raise ShortError(f"the feed holds 0 of {feed.total:,} papers", body, 0)
            return feed

        try:
            page, fetched = _page(client, folder, query.file_name(start), params, whole, refresh, after=0.0, final=True)
        except FetchError as error:
            report.problems.append(f"identifiers {start + 1:,} to {start + len(part):,}: {error}")
            if error.ends:
                _left(report, "identifiers", start + len(part), len(ids))
                return
            continue
        report.add(page.name, page.entries, fetched=fetched)
        there = set(page.facts.get("ids", ()))
        for missing in (i for i in part if normalize_arxiv(i) not in there):
            report.problems.append(
                f"{missing}: arXiv gives no such paper (allowed: identifiers of papers that are there)"
            )
    progress(len(ids), len(ids))


def _by_search(client: Client, folder: Folder, query: Query, refresh: bool, progress: Progress, report: Report) -> None:
    now = client.clock.now()
    closed = query.is_closed(now)
    after = _stale_before(folder, query, now)
    field_, order = SORTS[query.sort]
    start, end, total = 0, min(query.maximum or MAX_RESULTS, MAX_RESULTS), None
    while start < end:
        size = min(query.page_size, (query.maximum or MAX_RESULTS) - start)
        params = {"search_query": query.search, "start": str(start), "max_results": str(size)}
        params |= {"sortBy": field_, "sortOrder": order}

        def whole(body: bytes, start: int = start, size: int = size) -> Feed:
            return check(body, start, size, query.maximum)

        try:
            page, fetched = _page(client, folder, query.file_name(start), params, whole, refresh, after, final=closed)
        except FetchError as error:
            if total is None:
                report.problems.append(f"papers from {start + 1:,} on: {error}")
                return
            last = min(start + size, end)
            report.problems.append(f"papers {start + 1:,} to {last:,}: {error}")
            if error.ends:
                _left(report, "papers", last, end)
                return
            start += size
            continue
        if page.entries or not start:
            report.add(page.name, page.entries, fetched=fetched)
        if not page.facts.get("whole", True):
            report.problems.append(
                f"{page.name}: {page.facts.get('says')}; kept as it is, and asked for again by the same command"
            )
        known = page.facts.get("total", 0)
        if isinstance(known, int) and known and (total is None or fetched):
            total = known
            end = min(total, query.maximum or MAX_RESULTS, MAX_RESULTS)
        start += size
        progress(min(start, end), end)
        if total is None:
            break
    if total is not None and total > MAX_RESULTS and (query.maximum is None):
        report.problems.append(
            f"the search matches {total:,} papers, and arXiv gives {MAX_RESULTS:,} of a search at most "
            "(allowed: a narrower one, by --from and --to or --category, or --max)"
        )
    if not report.problems and (report.fetched or after or not _finished(folder, query)):
        _finish(folder, query, client.clock.now())


def _page(
    client: Client,
    folder: Folder,
    name: str,
    params: dict[str, str],
    whole: Callable[[bytes], Feed],
    refresh: bool,
    after: float,
    final: bool,
) -> tuple[Page, bool]:
    """A page, and whether it was asked for now."""
    request = json.dumps([client.base + _PATH, params])
    page = folder.known(name, request)
    if page is not None and not refresh and _usable(page, after, final):
        return page, False
    facts: dict[str, Any]
    try:
        body, feed = client.get(_PATH, params, whole)
        entries = len(feed.ids)
        facts = {"total": feed.total, "ids": [normalize_arxiv(i) for i in feed.ids] if "id_list" in params else []}
    except ShortError as error:
        if not error.entries:
            raise
        # part of a page is better than none of it
        body, entries = error.body, error.entries
        facts = {"total": _number(fromstring(body).findtext(_TOTAL)), "whole": False, "says": str(error)}
        final = False
    if not entries and params["start"] == "0" and (held := folder.holds(name)):
        raise MalformedError(kept(name, held))
    return folder.keep(
        name, body, request=request, now=client.clock.now(), final=final, entries=entries, facts=facts
    ), True


def _usable(page: Page, after: float, final: bool) -> bool:
    """Whether a page that is there need not be asked for again.

    One of a search that was open then and is closed now may lack what came in between.
    """
    whole = page.facts.get("whole", True) is True
    return whole and (page.final or (not final and page.fetched > after))


def _finish(folder: Folder, query: Query, now: float) -> None:
    """Notes that all of a search was fetched; there is no such file."""
    folder.keep(f"{query.stem}.done", b"", request=query.stem, now=now, final=False, entries=0)


def _stale_before(folder: Folder, query: Query, now: float) -> float:
    """The time before which pages of a search are too old: when it was last finished, if that is more than a day ago.

    The pages of a search that was broken off never are: it goes on where it stopped.
    """
    done = _finished(folder, query)
    return done.fetched if done is not None and now - done.fetched > STALE else 0.0


def _finished(folder: Folder, query: Query) -> Page | None:
    return folder.known(f"{query.stem}.done", query.stem)


def _left(report: Report, what: str, done: int, total: int) -> None:
    if done < total:
        report.problems.append(f"{what} {done + 1:,} to {total:,}: not asked for; start the same command again")


def _number(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"\s*[0-9]{1,9}\s*", text) else None
