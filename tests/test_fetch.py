"""``glean fetch`` against a stand-in for the services (``tests/service.py``): whole, resumed, patient, never rude."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.cli.fetch import command
from extract.fetch import Client, Folder, Query, Report, fetch_arxiv, fetch_daily_papers
from extract.fetch import arxiv as arxiv_service
from extract.fetch import client as client_module
from extract.fetch.arxiv import CATEGORY, identifier, search_of
from extract.fetch.client import _rate_limit, retry_after, trustworthy
from extract.fetch.daily_papers import days, file_name, is_over
from extract.fetch.folder import HIDDEN
from extract.fetch.pace import LONGEST_WAIT, Clock, Pace
from extract.read import read_inputs
from tests.service import ATOM, EMPTY, SHORT, Answer, Service, arxiv_id, busy, error_feed, service

GLEAN = Path(sys.executable).with_name("glean")
DAY = date(2026, 11, 2)
LATER = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()


class Time:
    """A clock that tests set; who sleeps is there at once."""

    def __init__(self, now: float = LATER) -> None:
        self.now = now
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if seconds:
            self.slept.append(seconds)

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now, self.sleep)


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The locks of tests stay out of the user's folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    for name in ("GLEAN_CONTACT", "GLEAN_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with service() as running:
        monkeypatch.setenv("GLEAN_DAILY_PAPERS_URL", running.url)
        monkeypatch.setenv("GLEAN_ARXIV_URL", running.url)
        yield running


@pytest.fixture
def when() -> Time:
    return Time()


def asking(server: Service, folder: Folder, when: Time, **options: Any) -> Client:
    return Client(
        server.url, "glean-papers/test", **{"interval": 3.0, "folder": folder.hidden, "clock": when.clock, **options}
    )


def daily(server: Service, path: Path, when: Time, *wanted: date, **options: Any) -> Report:
    folder = Folder(path)
    refresh, limit = options.pop("refresh", False), options.pop("limit", 100)
    with asking(server, folder, when, **options) as client:
        return fetch_daily_papers(client, folder, list(wanted), refresh=refresh, limit=limit)


def arxiv(server: Service, path: Path, when: Time, query: Query, **options: Any) -> Report:
    folder = Folder(path)
    refresh = options.pop("refresh", False)
    with asking(server, folder, when, **options) as client:
        return fetch_arxiv(client, folder, query, refresh=refresh)


def files(path: Path) -> list[str]:
    return sorted(p.name for p in path.iterdir() if p.name != HIDDEN)


def ids(path: Path) -> list[str]:
    """The papers of a folder of feeds."""
    found = []
    for name in files(path):
        root = ElementTree.parse(path / name).getroot()
        found += [e.findtext(f"{{{ATOM}}}id") or "" for e in root.iter(f"{{{ATOM}}}entry")]
    return [i.rpartition("/")[2].partition("v")[0] for i in found]


def cli(*arguments: object, **options: Any) -> Result:
    return CliRunner().invoke(command, [str(a) for a in arguments], **options)


def glean(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [GLEAN, "fetch", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def said(run: Result, status: int) -> str:
    assert run.exit_code == status, run.output
    assert "Traceback" not in run.output
    return run.output


QUERY = Query("all:quiver", page_size=4)


# Daily Papers


def test_days_are_kept_as_they_came_and_not_asked_for_again(server: Service, tmp_path: Path, when: Time) -> None:
    server.days = {"2026-11-02": 3, "2026-11-03": 2}
    wanted = days(DAY, date(2026, 11, 4))
    report = daily(server, tmp_path / "pages", when, *wanted)
    assert (report.papers, report.fetched, report.empty, report.problems) == (5, 2, 1, [])
    assert files(tmp_path / "pages") == ["daily-papers-2026-11-02.json", "daily-papers-2026-11-03.json"]
    first = json.loads((tmp_path / "pages" / file_name(DAY)).read_bytes())
    assert [entry["paper"]["id"] for entry in first] == [arxiv_id(2000 + n) for n in range(3)]
    again = daily(server, tmp_path / "pages", when, *wanted)
    assert (again.papers, again.fetched, again.empty) == (5, 0, 1)
    assert len(server.requests) == 3
    assert server.requests[0] == ("/api/daily_papers", {"date": "2026-11-02", "limit": "100"})
    assert daily(server, tmp_path / "pages", when, *wanted, refresh=True).fetched == 2
    assert len(server.requests) == 6


def test_a_day_of_several_pages(server: Service, tmp_path: Path, when: Time) -> None:
    server.days = {"2026-11-02": 7}
    report = daily(server, tmp_path / "pages", when, DAY, limit=3)
    assert report.papers == 7
    assert files(tmp_path / "pages") == [f"daily-papers-2026-11-02{end}.json" for end in ("-1", "-2", "")]
    server.days = {"2026-11-02": 6}  # the last page is full, so that an empty one follows
    assert daily(server, tmp_path / "even", when, DAY, limit=3).empty == 0
    assert len(files(tmp_path / "even")) == 2


def test_a_server_that_knows_of_no_pages(server: Service, tmp_path: Path, when: Time) -> None:
    server.days = {"2026-11-02": 3}
    page = json.dumps([{"paper": {"id": str(n)}} for n in range(3)]).encode()
    server.script(Answer(body=page), times=5)
    assert daily(server, tmp_path / "pages", when, DAY, limit=3).papers == 3
    assert len(server.requests) == 2


def test_a_day_that_is_not_over_is_not_final(server: Service, tmp_path: Path) -> None:
    server.days = {"2026-11-02": 1}
    when = Time(datetime(2026, 11, 2, 20, tzinfo=UTC).timestamp())
    assert "may still grow" in daily(server, tmp_path / "pages", when, DAY).notes[0]
    server.days = {"2026-11-02": 5}
    when.now = LATER
    assert daily(server, tmp_path / "pages", when, DAY).papers == 5
    assert daily(server, tmp_path / "pages", when, DAY).fetched == 0
    assert len(server.requests) == 2


def test_a_day_is_settled_a_day_after_its_end() -> None:
    assert not is_over(DAY, datetime(2026, 11, 3, 23, 59, tzinfo=UTC).timestamp())
    assert is_over(DAY, datetime(2026, 11, 4, tzinfo=UTC).timestamp())


@pytest.mark.parametrize("status", [400, 404])
def test_a_day_that_the_service_does_not_have(server: Service, tmp_path: Path, when: Time, status: int) -> None:
    server.days = {"2026-11-03": 1}
    server.script(Answer(status, body=b'{"error": "Invalid date"}'))
    report = daily(server, tmp_path / "pages", when, DAY, date(2026, 11, 3))
    assert report.papers == 1
    assert len(report.problems) == 1 and len(server.requests) == 2
    assert "2026-11-02: there is no list for this day (127.0.0.1" in report.problems[0]
    assert f"answers {status}: Invalid date" in report.problems[0] and "allowed" in report.problems[0]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'[{"paper": {"id": "2611.0', "not whole JSON"),
        (b"\xff\xfe", "not whole JSON"),
        (b"[" * 100_000, "not whole JSON"),
        (b'{"error": "later"}', "JSON dict, not a list"),
        (b'[{"title": "bare"}]', 'without "paper"'),
        (b"<html>busy</html>", "not whole JSON"),
    ],
)
def test_malformed_days_are_asked_for_again_and_then_told(
    server: Service, tmp_path: Path, when: Time, body: bytes, words: str
) -> None:
    server.days = {"2026-11-02": 1, "2026-11-03": 1}
    server.script(Answer(body=body))
    assert daily(server, tmp_path / "once", when, DAY).problems == []
    server.script(Answer(body=body), times=3)
    report = daily(server, tmp_path / "ever", when, DAY, date(2026, 11, 3), tries=3)
    assert len(report.problems) == 1 and words in report.problems[0]
    assert files(tmp_path / "ever") == ["daily-papers-2026-11-03.json"]  # the next day is not lost


# arXiv


def test_pages_of_a_search(server: Service, tmp_path: Path, when: Time) -> None:
    server.matches = 10
    report = arxiv(server, tmp_path / "pages", when, QUERY)
    assert (report.papers, report.fetched, report.problems) == (10, 3, [])
    assert ids(tmp_path / "pages") == [arxiv_id(n) for n in range(10)]
    assert files(tmp_path / "pages")[0].startswith("arxiv-all-quiver-") and files(tmp_path / "pages")[0].endswith(
        "-00000.xml"
    )
    assert server.requests[1][1] == {
        "search_query": "all:quiver",
        "start": "4",
        "max_results": "4",
        "sortBy": "submittedDate",
        "sortOrder": "descending",
    }
    # three seconds between the end of a request and the start of the next
    assert when.slept == [pytest.approx(3.0)] * 2
    assert arxiv(server, tmp_path / "pages", when, QUERY).fetched == 0
    assert len(server.requests) == 3


def test_at_most_so_many(server: Service, tmp_path: Path, when: Time) -> None:
    server.matches = 10
    report = arxiv(server, tmp_path / "pages", when, Query("all:quiver", page_size=4, maximum=6))
    assert (report.papers, len(server.requests)) == (6, 2)
    assert server.requests[1][1]["max_results"] == "2"
    report = arxiv(server, tmp_path / "pages", when, Query("all:quiver", page_size=4, maximum=9))
    assert (report.papers, report.fetched) == (9, 2)  # the second page was not whole, the third not there


def test_nothing_matches(server: Service, tmp_path: Path, when: Time) -> None:
    report = arxiv(server, tmp_path / "pages", when, QUERY)
    assert (report.papers, report.empty, report.problems, files(tmp_path / "pages")) == (0, 1, [], [])


@pytest.mark.parametrize("trouble", [EMPTY, SHORT])
def test_pages_that_lack_papers_are_asked_for_again(
    server: Service, tmp_path: Path, when: Time, trouble: Answer
) -> None:
    server.matches = 10
    server.script(None, trouble, trouble)
    report = arxiv(server, tmp_path / "pages", when, QUERY)
    assert (report.papers, report.problems, len(server.requests)) == (10, [], 5)


def test_a_page_that_stays_empty_is_told_and_the_others_are_fetched(
    server: Service, tmp_path: Path, when: Time
) -> None:
    server.matches = 10
    server.script(None, EMPTY, EMPTY)
    report = arxiv(server, tmp_path / "pages", when, QUERY, tries=2)
    assert report.problems == ["papers 5 to 8: the feed holds 0 of 4 papers"]
    assert report.papers == 6
    assert arxiv(server, tmp_path / "pages", when, QUERY).fetched == 1  # only what was missing


def test_a_page_that_stays_short_is_kept_but_not_final(server: Service, tmp_path: Path, when: Time) -> None:
    server.matches = 10
    server.script(None, SHORT, SHORT)
    report = arxiv(server, tmp_path / "pages", when, QUERY, tries=2)
    assert len(report.problems) == 1 and "holds 3 of 4" in report.problems[0]
    assert report.papers == 9
    assert arxiv(server, tmp_path / "pages", when, QUERY).fetched == 1
    assert ids(tmp_path / "pages") == [arxiv_id(n) for n in range(10)]


def test_an_error_feed_is_told_at_once(server: Service, tmp_path: Path, when: Time) -> None:
    server.script(Answer(body=error_feed("incorrect id format for quiver")))
    report = arxiv(server, tmp_path / "pages", when, QUERY)
    assert "incorrect id format for quiver" in report.problems[0] and len(server.requests) == 1
    server.script(Answer(400, body=error_feed("max_results must be non-negative")))
    report = arxiv(server, tmp_path / "pages", when, QUERY)
    assert "answers 400: max_results must be non-negative" in report.problems[0] and len(server.requests) == 2
    assert files(tmp_path / "pages") == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"Rate exceeded.", "no whole Atom feed"),
        (b"", "no whole Atom feed"),
        (b"<html><body>busy</body></html>", "XML, but no Atom feed"),
        (b'<?xml version="1.0" encoding="martian"?><feed/>', "no whole Atom feed"),
        (
            b'<!DOCTYPE f [<!ENTITY a "aaaa">]><feed xmlns="http://www.w3.org/2005/Atom">&a;</feed>',
            "no whole Atom feed",
        ),
        (b'<feed xmlns="http://www.w3.org/2005/Atom"></feed>', "does not say how many"),
    ],
)
def test_malformed_feeds(server: Service, tmp_path: Path, when: Time, body: bytes, words: str) -> None:
    server.matches = 3
    server.script(Answer(body=body))
    assert arxiv(server, tmp_path / "once", when, QUERY).papers == 3
    server.script(Answer(body=body), times=3)
    report = arxiv(server, tmp_path / "ever", when, QUERY, tries=3)
    assert words in report.problems[0] and files(tmp_path / "ever") == []


def test_identifiers(server: Service, tmp_path: Path, when: Time) -> None:
    wanted = tuple(f"{arxiv_id(n)}v2" if n == 7 else arxiv_id(n) for n in range(130))
    server.unknown = {arxiv_id(120)}
    report = arxiv(server, tmp_path / "pages", when, Query(ids=wanted))
    assert report.papers == 129 and len(server.requests) == 2
    assert len(report.problems) == 1 and report.problems[0].startswith(f"{arxiv_id(120)}: arXiv gives no such paper")
    assert server.requests[1][1]["max_results"] == "30"
    assert b"2611.00007v2" in (tmp_path / "pages" / files(tmp_path / "pages")[0]).read_bytes()
    again = arxiv(server, tmp_path / "pages", when, Query(ids=wanted))
    assert len(server.requests) == 2 and again.problems == report.problems


def test_more_than_arxiv_gives(server: Service, tmp_path: Path, when: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arxiv_service, "MAX_RESULTS", 6)
    server.matches = 10
    report = arxiv(server, tmp_path / "pages", when, QUERY)
    assert report.papers == 6 and "matches 10 papers, and arXiv gives 6" in report.problems[0]


def test_an_open_search_is_asked_anew_after_a_day(server: Service, tmp_path: Path, when: Time) -> None:
    server.matches = 6
    arxiv(server, tmp_path / "pages", when, QUERY)
    when.now += 23 * 3600
    assert arxiv(server, tmp_path / "pages", when, QUERY).fetched == 0
    when.now += 2 * 3600
    server.matches = 9
    server.script(None, Answer(403))
    assert arxiv(server, tmp_path / "pages", when, QUERY).fetched == 1  # and then it was broken off
    report = arxiv(server, tmp_path / "pages", when, QUERY)
    assert (report.papers, report.fetched) == (9, 2)  # goes on: the first page is new already
    assert arxiv(server, tmp_path / "pages", when, QUERY).fetched == 0
    when.now += 25 * 3600
    assert arxiv(server, tmp_path / "pages", when, QUERY).fetched == 3


def test_a_closed_search_is_not_asked_anew(server: Service, tmp_path: Path, when: Time) -> None:
    closed = Query("cat:cs.CL", page_size=4, closes=date(2026, 11, 7))
    server.matches = 6
    when.now = datetime(2026, 11, 8, tzinfo=UTC).timestamp()
    server.script(None, Answer(403))
    assert arxiv(server, tmp_path / "pages", when, closed).papers == 4
    when.now = LATER  # closed meanwhile: what was fetched before may lack papers
    assert arxiv(server, tmp_path / "pages", when, closed).fetched == 2
    when.now += 365 * 24 * 3600
    assert arxiv(server, tmp_path / "pages", when, closed).fetched == 0


# retries and pace


TROUBLES = [
    busy(429),
    busy(500),
    busy(502),
    busy(503),
    busy(504),
    Answer(cut=100),
    Answer(cut=0),
    Answer(drop=True),
    Answer(headers={"Content-Encoding": "gzip"}),
]


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda t: f"{t.status}-{t.cut}-{t.drop}")
def test_what_may_pass_is_tried_again(server: Service, tmp_path: Path, when: Time, trouble: Answer) -> None:
    server.days = {"2026-11-02": 2}
    server.script(trouble, times=5)
    told: list[str] = []
    report = daily(server, tmp_path / "pages", when, DAY, told=told.append)
    assert (report.papers, report.problems, len(server.requests), len(told)) == (2, [], 6, 5)
    assert all("trying again in" in line and line.startswith("127.0.0.1") for line in told)
    waits = [s for s in when.slept if s >= 3.0]
    for n, wait in enumerate(waits):
        assert 3 * 2**n <= wait <= 3 * 2**n + 3


def test_what_does_not_pass_ends_the_fetch(server: Service, tmp_path: Path, when: Time) -> None:
    server.days = {"2026-11-02": 2}
    server.script(None, *[busy(503)] * 3)
    report = daily(server, tmp_path / "pages", when, *days(DAY, date(2026, 11, 20)), tries=3)
    assert report.papers == 2 and len(server.requests) == 4  # no request for each of the other days
    assert "2026-11-03: 127.0.0.1" in report.problems[0] and "503 (not available now)" in report.problems[0]
    assert report.problems[1].startswith("2026-11-04 to 2026-11-20: not asked for")


@pytest.mark.parametrize("status", [401, 403, 410, 418, 501, 204, 304])
def test_other_statuses_are_told_at_once(server: Service, tmp_path: Path, when: Time, status: int) -> None:
    server.script(Answer(status, body=b"" if status in (204, 304) else b"no\x1b[31m entry\nfor you"))
    report = daily(server, tmp_path / "pages", when, DAY)
    assert len(server.requests) == 1 and f"answers {status}" in report.problems[0]
    assert "\x1b" not in report.problems[0] and "\n" not in report.problems[0]


def test_slow_answers(server: Service, tmp_path: Path, when: Time) -> None:
    server.days = {"2026-11-02": 2}
    server.script(Answer(delay=0.5))
    told: list[str] = []
    assert daily(server, tmp_path / "pages", when, DAY, read=0.1, told=told.append).papers == 2
    assert "no answer within 0.1 s" in told[0]


def test_a_closed_port(server: Service, tmp_path: Path, when: Time) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = Folder(tmp_path / "pages")
    client = Client(f"http://127.0.0.1:{port}", "test", 1.0, folder.hidden, tries=2, clock=when.clock)
    with client:
        report = fetch_daily_papers(client, folder, [DAY])
    assert f"127.0.0.1:{port} cannot be reached" in report.problems[0]


def test_retry_after_is_obeyed(server: Service, tmp_path: Path, when: Time) -> None:
    server.days = {"2026-11-02": 2}
    moment = format_datetime(datetime.fromtimestamp(when.now + 90, UTC), usegmt=True)
    server.script(busy(429, Retry_After="40"), busy(503, Retry_After=moment))
    started = when.now
    assert daily(server, tmp_path / "pages", when, DAY).papers == 2
    assert when.slept[0] == 40
    assert 89 <= when.now - started <= 92


def test_rate_limit_header_is_obeyed(server: Service, tmp_path: Path, when: Time) -> None:
    server.days = {"2026-11-02": 2}
    limits = {"RateLimit": '"api";r=0;t=55', "RateLimit-Policy": '"fixed window";"api";q=500;w=300'}
    server.script(Answer(429, limits, b""), Answer(headers=limits))
    started = when.now
    assert daily(server, tmp_path / "pages", when, DAY, date(2026, 11, 3)).problems == []
    assert when.now - started >= 112  # before the second try, and before the next day


def test_who_asks_for_hours_is_not_waited_for(server: Service, tmp_path: Path, when: Time) -> None:
    server.script(busy(429, Retry_After="7200"))
    report = daily(server, tmp_path / "pages", when, DAY)
    assert "asks to wait for 7,200 s" in report.problems[0] and when.slept == []


def test_a_body_without_end(server: Service, tmp_path: Path, when: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "MAX_BODY", 1000)
    server.days = {"2026-11-02": 9}
    report = daily(server, tmp_path / "pages", when, DAY)
    assert "sends more than" in report.problems[0] and len(server.requests) == 1


def test_redirects(server: Service, tmp_path: Path, when: Time) -> None:
    server.days = {"2026-11-02": 2}
    server.script(Answer(302, {"Location": f"{server.url}/moved/api/daily_papers?date=2026-11-02"}, b""))
    assert daily(server, tmp_path / "pages", when, DAY).papers == 2
    for target in (
        "http://example.org/x",
        "ftp://127.0.0.1/x",
        "file:///etc/passwd",
        "http://[::1",
        "https://a@b.example/",
    ):
        server.script(Answer(302, {"Location": target}, b""))
        report = daily(server, tmp_path / "other", when, DAY)
        assert len(report.problems) == 1 and len(report.problems[0]) < 300, target
    server.script(Answer(302, {"Location": "/api/daily_papers?date=2026-11-02"}, b""), times=9)
    assert "in a circle" in daily(server, tmp_path / "other", when, DAY).problems[0]


def test_no_proxy_is_taken_from_the_environment(
    server: Service, tmp_path: Path, when: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server.days = {"2026-11-02": 2}
    assert daily(server, tmp_path / "pages", when, DAY).papers == 2


def test_the_pace_holds_for_all_processes(server: Service, tmp_path: Path) -> None:
    """Two commands at once, to two folders: never two requests at once, and the interval between them."""
    server.matches = 6
    started = time.monotonic()
    options = ("--query", "all:quiver", "--page-size", "2", "--interval", "0.2", "-q", "-o")
    runs = [subprocess.Popen([GLEAN, "fetch", "arxiv", *options, tmp_path / name]) for name in "ab"]
    assert [run.wait(60) for run in runs] == [0, 0]
    assert server.most_at_once == 1 and len(server.requests) == 6
    assert time.monotonic() - started >= 5 * 0.2


def test_a_proxy_that_was_asked_for(server: Service, tmp_path: Path) -> None:
    server.days = {"2026-11-02": 2}
    options = ("--base-url", "http://localhost:9", "--proxy", server.url, "--tries", 1, "-o", tmp_path / "pages")
    assert "2 entries in 1 file" in said(cli("daily-papers", "--date", "2026-11-02", *options), 0)


def test_a_pace_that_is_broken_or_far_off(tmp_path: Path, when: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    pace = Pace("example.org:80", 1.0, when.clock, tmp_path)
    note = tmp_path / "cache" / "glean" / "fetch" / "example.org-80.next"
    for text in ("", "nan", "1e300", "tomorrow", str(when.now + 1e9)):
        note.write_text(text)
        before = when.now
        with pace.turn(lambda _line: None):
            pass
        assert when.now - before <= LONGEST_WAIT


def test_a_cache_folder_that_cannot_be_written(tmp_path: Path, when: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with Pace("example.org", 1.0, when.clock, tmp_path / "here").turn(lambda _line: None):
        pass
    assert (tmp_path / "here" / "example.org.next").exists()


# the folder


def test_files_that_were_changed_or_removed_are_asked_for_again(server: Service, tmp_path: Path, when: Time) -> None:
    server.days = {"2026-11-02": 2, "2026-11-03": 2, "2026-11-04": 2}
    wanted = days(DAY, date(2026, 11, 4))
    daily(server, tmp_path / "pages", when, *wanted)
    (tmp_path / "pages" / file_name(DAY)).unlink()
    (tmp_path / "pages" / file_name(date(2026, 11, 3))).write_bytes(b"[")
    assert daily(server, tmp_path / "pages", when, *wanted).fetched == 2


@given(st.binary(max_size=200), st.integers(0, 400))
def test_a_broken_index_costs_requests_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes, cut: int
) -> None:
    path = tmp_path_factory.mktemp("index")
    index = path / HIDDEN / "pages.jsonl"
    Folder(path).keep("a.json", b"[1]", request="a", now=1.0, final=True, entries=1)
    index.write_bytes(index.read_bytes()[:cut] + junk)
    folder = Folder(path)
    folder.known("a.json", "a")
    folder.keep("b.json", b"[2]", request="b", now=2.0, final=True, entries=1)
    page = Folder(path).known("b.json", "b")
    assert page is not None and page.entries == 1


def test_an_empty_answer_takes_no_papers_away(server: Service, tmp_path: Path, when: Time) -> None:
    server.days, server.matches = {"2026-11-02": 2}, 3
    daily(server, tmp_path / "pages", when, DAY)
    arxiv(server, tmp_path / "pages", when, QUERY)
    before = files(tmp_path / "pages")
    server.days, server.matches = {}, 0
    assert "holds 2 papers from before" in daily(server, tmp_path / "pages", when, DAY, refresh=True).problems[0]
    assert "holds 3 papers from before" in arxiv(server, tmp_path / "pages", when, QUERY, refresh=True).problems[0]
    assert files(tmp_path / "pages") == before


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    old, new = (tmp_path / HIDDEN / f"a.json.{n}.partial" for n in "12")
    Folder(tmp_path)
    old.write_text("[")
    new.write_text("[")
    os.utime(old, (1, 1))
    Folder(tmp_path)
    assert new.exists() and not old.exists()


# the command


def test_daily_papers_by_the_command(server: Service, tmp_path: Path) -> None:
    server.days = {"2026-11-01": 2, "2026-11-02": 1}
    options = ("--from", "2026-11-01", "--to", "2026-11-02", "--interval", 0, "--contact", "mailto:me@example.org")
    run = cli("daily-papers", *options, "-o", tmp_path / "pages")
    assert said(run, 0).strip().endswith("pages: 3 entries in 2 files: 2 fetched, 0 already there")
    assert server.agents == {f"glean-papers/{__import__('extract').__version__} (mailto:me@example.org)"}
    assert "0 fetched, 2 already there" in said(cli("daily-papers", *options, "-o", tmp_path / "pages"), 0)
    assert said(cli("daily-papers", *options, "-q", "-o", tmp_path / "pages"), 0) == ""
    assert cli("daily-papers", *options, "-q", "--refresh", "-o", tmp_path / "pages").exit_code == 0
    assert len(server.requests) == 4


def test_arxiv_by_the_command(server: Service, tmp_path: Path) -> None:
    server.matches = 3
    period = ("--from", "2026-11-01", "--to", "2026-11-07")
    said(cli("arxiv", "--category", "cs.CL", *period, "--interval", 0, "-o", tmp_path / "a"), 0)
    assert server.requests[-1][1]["search_query"] == "cat:cs.CL AND submittedDate:[202611010000 TO 202611072359]"
    (tmp_path / "ids.txt").write_text(
        f"\ufeff# mine\n{arxiv_id(1)}\nhttps://arxiv.org/abs/{arxiv_id(2)}v3, {arxiv_id(1)}\n"
    )
    said(cli("arxiv", "--ids", tmp_path / "ids.txt", "--interval", 0, "-o", tmp_path / "b"), 0)
    assert server.requests[-1][1]["id_list"] == f"{arxiv_id(1)},{arxiv_id(2)}v3"
    said(cli("arxiv", "--ids", "-", "--interval", 0, "-o", tmp_path / "c", input=arxiv_id(4)), 0)
    assert ids(tmp_path / "c") == [arxiv_id(4)]


def test_what_could_not_be_fetched_gives_status_1(server: Service, tmp_path: Path) -> None:
    server.days = {"2026-11-01": 2}
    server.script(None, Answer(404))
    options = ("--from", "2026-11-01", "--to", "2026-11-02", "--interval", 0, "-o", tmp_path / "pages")
    run = glean("daily-papers", *options, "-q")
    lines = run.stderr.splitlines()
    assert run.returncode == 1 and len(lines) == 1
    assert lines[0].startswith("glean: 2026-11-02: there is no list for this day")
    assert files(tmp_path / "pages") == ["daily-papers-2026-11-01.json"]


DAILY = ("daily-papers", "-o", "out")
ARXIV = ("arxiv", "-o", "out")
TOMORROW = (datetime.now(UTC).date() + timedelta(days=1)).isoformat()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "no service is given (allowed: arxiv, daily-papers)"),
        (("scholar",), "'scholar': there is no such service (allowed: arxiv, daily-papers)"),
        (("daily-papers", "--date", "2026-11-01"), "--output"),
        (DAILY, "no day is given"),
        ((*DAILY, "--date", "2026-13-01"), "is no date (allowed: YYYY-MM-DD)"),
        ((*DAILY, "--date", "20261101"), "is no date"),
        ((*DAILY, "--date", "２０２６-11-01"), "is no date"),
        ((*DAILY, "--date", TOMORROW), "is in the future"),
        ((*DAILY, "--date", "2020-01-01"), "begin on 2023-05-04"),
        ((*DAILY, "--from", "2026-11-02", "--to", "2026-11-01"), "is before --from"),
        ((*DAILY, "--date", "2026-11-02", "--to", "2026-11-03"), "--date stands alone"),
        ((*DAILY, "--to", "2026-11-03"), "no day is given"),
        (ARXIV, "nothing is asked for"),
        ((*ARXIV, "--query", " "), "nothing is asked for"),
        ((*ARXIV, "--query", "all:\udcff"), "is no text"),
        ((*ARXIV, "--query", "all:x", "--ids", "2403.01234"), "--ids stands alone"),
        ((*ARXIV, "--ids", "2403.01234", "--date", "2026-11-01"), "--ids stands alone"),
        ((*ARXIV, "--ids", "missing.txt"), "'missing.txt' is no identifier of arXiv and no file"),
        ((*ARXIV, "--ids", ","), "there is no identifier"),
        ((*ARXIV, "--ids", "x" * 9000), "cannot be read"),
        ((*ARXIV, "--category", "cs.CL OR all:x"), "is no category of arXiv"),
        ((*ARXIV, "--query", "all:x", "--max", "0"), "--max"),
        ((*ARXIV, "--query", "all:x", "--page-size", "2001"), "--page-size"),
        ((*ARXIV, "--query", "all:x", "--base-url", "http://example.org"), "cannot be asked"),
        ((*ARXIV, "--query", "all:x", "--base-url", "https://a:b@example.org"), "cannot be asked"),
        ((*ARXIV, "--query", "all:x", "--base-url", "https://example.org:port"), "cannot be asked"),
        ((*ARXIV, "--query", "all:x", "--contact", "a\nHost: b"), "is no contact"),
        ((*ARXIV, "--query", "all:x", "--proxy", "nowhere"), "is no address of a proxy"),
        (
            (*ARXIV, "--query", "all:x", "--base-url", "https://arxiv.org", "--interval", "1"),
            "less than the service's rule",
        ),
    ],
)
def test_wrong_calls(arguments: tuple[str, ...], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert words in said(cli(*arguments), 2)
    assert not list(tmp_path.iterdir())  # nothing was made


def test_a_folder_that_cannot_be_made(server: Service, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert cli("daily-papers", "--date", "2026-11-01", "-o", tmp_path / "file").exit_code == 2
    text = said(cli("daily-papers", "--date", "2026-11-01", "-o", tmp_path / "file" / "in"), 1)
    assert "cannot be written" in text


def test_killed_and_started_again(server: Service, tmp_path: Path) -> None:
    server.matches = 10
    server.script(None, None, Answer(delay=20))
    options = ("--query", "all:quiver", "--page-size", "2", "--interval", "0", "-o", tmp_path / "pages")
    run = subprocess.Popen([GLEAN, "fetch", "arxiv", *options], stderr=subprocess.PIPE)
    while len(server.requests) < 3:
        assert run.poll() is None
        time.sleep(0.02)
    run.kill()
    run.communicate(timeout=30)
    assert len(ids(tmp_path / "pages")) == 4  # whole, and nothing else
    again = glean("arxiv", *options)
    assert again.returncode == 0 and "3 fetched, 2 already there" in again.stderr
    assert sorted(ids(tmp_path / "pages")) == [arxiv_id(n) for n in range(10)]
    assert len(server.requests) == 3 + 3


def test_stopped_by_the_user(server: Service, tmp_path: Path) -> None:
    server.matches = 10
    server.script(None, Answer(delay=20))
    options = ("--query", "all:quiver", "--page-size", "5", "--interval", "0", "-o", tmp_path / "pages")
    run = subprocess.Popen([GLEAN, "fetch", "arxiv", *options], stderr=subprocess.PIPE, text=True)
    while len(server.requests) < 2:
        assert run.poll() is None
        time.sleep(0.02)
    run.send_signal(signal.SIGINT)
    _, text = run.communicate(timeout=30)
    assert run.returncode == 130 and len(text.splitlines()) == 1
    assert "stopped" in text and "5 entries in 1 file" in text and "the same command goes on" in text


def test_what_is_fetched_is_read(server: Service, tmp_path: Path, when: Time) -> None:
    server.days, server.matches = {"2026-11-02": 3}, 3
    daily(server, tmp_path / "pages", when, DAY)
    arxiv(server, tmp_path / "pages", when, QUERY)
    reading = read_inputs([str(tmp_path / "pages")])
    assert {paper.arxiv_id for paper in reading.papers} == {arxiv_id(n) for n in (0, 1, 2, 2000, 2001, 2002)}
    assert {document.format for document in reading.documents} == {"daily-papers", "arxiv-atom"}
    assert all("HNSW" in paper.abstract for paper in reading.papers)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.sampled_from([None, EMPTY, SHORT, *TROUBLES, Answer(403), Answer(body=b"<")]), max_size=12))
def test_whatever_goes_wrong_the_same_command_brings_it_to_an_end(
    tmp_path_factory: pytest.TempPathFactory, troubles: list[Answer | None]
) -> None:
    when, path = Time(), tmp_path_factory.mktemp("pages")
    with service() as server:
        server.matches = 10
        server.script(*troubles)
        for _ in range(len(troubles) + 1):
            report = arxiv(server, path, when, QUERY, tries=2)
            assert all(ElementTree.parse(path / name) for name in files(path))
            if not report.problems:
                break
        asked = len(server.requests)
        assert ids(path) == [arxiv_id(n) for n in range(10)]
        assert arxiv(server, path, when, QUERY).fetched == 0 and len(server.requests) == asked


# what is made of texts


@given(st.text(max_size=80))
def test_names_of_files_are_plain(text: str) -> None:
    name = Query(search_of(text, ["cs.CL"])).file_name(0)
    assert name.isascii() and len(name) < 80 and all(c.isalnum() or c in "-." for c in name)
    assert name.startswith("arxiv-") and name.endswith("-00000.xml")


@given(st.text(max_size=20), st.text(max_size=20))
def test_other_queries_have_other_names(one: str, other: str) -> None:
    if one and other and one != other:
        assert Query(one).stem != Query(other).stem
    assert Query("a", page_size=1).stem != Query("a", page_size=2).stem


@given(st.text(max_size=60), st.floats(0, 4e9))
def test_headers_that_make_no_sense_do_no_harm(text: str, now: float) -> None:
    wait = retry_after(text, now)
    assert wait is None or wait >= 0
    assert _rate_limit({"ratelimit": text}) is None or "r" in text


@given(st.text(max_size=60))
def test_addresses_that_make_no_sense_are_not_asked(text: str) -> None:
    assert trustworthy(text) in (True, False)


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("https://export.arxiv.org", True),
        ("http://export.arxiv.org", False),
        ("http://localhost:8000/x", True),
        ("http://127.0.0.1", True),
        ("http://[::1]:1", True),
        ("http://localhost.example.org", False),
        ("ftp://localhost", False),
        ("https://", False),
        ("", False),
    ],
)
def test_addresses(address: str, good: bool) -> None:
    assert trustworthy(address) is good


def test_no_server_elsewhere_sends_us_to_this_machine() -> None:
    assert not trustworthy("http://127.0.0.1/", local=False)
    assert not trustworthy("https://localhost/", local=False)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2403.01234", "2403.01234"),
        ("2403.01234V2", "2403.01234v2"),
        ("arXiv:2403.01234v10", "2403.01234v10"),
        ("https://arxiv.org/abs/2403.01234v2", "2403.01234v2"),
        ("https://arxiv.org/pdf/2403.01234v2.pdf", "2403.01234v2"),
        ("hep-th/9901001v1", "hep-th/9901001v1"),
        ("2403", None),
        ("", None),
        ("2403.01234,2403.05678", None),
    ],
)
def test_identifiers_of_arxiv(text: str, found: str | None) -> None:
    assert identifier(text) == found


def test_searches() -> None:
    first, last = date(2026, 11, 1), date(2026, 11, 7)
    assert search_of("all:x") == "all:x"
    assert search_of("all:x OR ti:y", ["cs.CL", "cs.LG"]) == "(all:x OR ti:y) AND (cat:cs.CL OR cat:cs.LG)"
    assert search_of(None, [], first, last) == "submittedDate:[202611010000 TO 202611072359]"
    assert search_of(None, ["hep-th"], None, last) == "cat:hep-th AND submittedDate:[199101010000 TO 202611072359]"
    for name in (
        "cs.CL",
        "hep-th",
        "cond-mat.str-el",
        "math.GT",
        "physics.ao-ph",
        "q-bio.QM",
        "astro-ph.HE",
        "eess.AS",
    ):
        assert CATEGORY.fullmatch(name), name
    for name in ("cs", "physics"):
        assert CATEGORY.fullmatch(name), name
