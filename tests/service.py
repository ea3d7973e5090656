"""A stand-in for the services that ``glean fetch`` asks: Daily Papers and arXiv's API, in their real shapes, on this
machine. All papers are invented.

What is asked is counted, and the next answers can be scripted to go wrong: see ``Service.script``.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.sax.saxutils import escape

ATOM = "http://www.w3.org/2005/Atom"
OPENSEARCH = "http://a9.com/-/spec/opensearch/1.1/"


@dataclass
class Answer:
    """What goes wrong with an answer; what is not given is as it should be."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    change: Callable[[bytes], bytes] | None = None  # of the right body
    delay: float = 0.0  # seconds before the answer
    cut: int | None = None  # bytes after which the connection ends; the Content-Length is of the whole body
    drop: bool = False  # the connection ends without an answer


EMPTY = Answer(change=lambda body: re.sub(rb"(?s)  <entry>.*</entry>\n", b"", body))  # totalResults stays
SHORT = Answer(change=lambda body: re.sub(rb"(?s)  <entry>.*?</entry>\n", b"", body, count=1))


def busy(status: int = 503, **headers: str) -> Answer:
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, b"")


def paper(n: int, day: str) -> dict[str, Any]:
    """An entry of Daily Papers."""
    author = {"_id": f"{n:024x}", "name": f"Ada Invented {n}", "hidden": False}
    title = f"QuiverDB {n}: Invented Search"
    summary = f"QuiverDB {n} is {2 + n % 7}.5x faster\nthan HNSW on the invented Fletch benchmark."
    when = f"{day}T08:00:00.000Z"
    return {
        "paper": {
            "id": arxiv_id(n),
            "authors": [author],
            "publishedAt": when,
            "submittedOnDailyAt": when,
            "title": title,
            "summary": summary,
            "upvotes": n,
            "discussionId": f"{n:024x}",
            "ai_keywords": ["nearest neighbour search"],
        },
        "publishedAt": when,
        "title": title,
        "summary": summary,
        "thumbnail": f"https://example.org/{n}.png",
        "numComments": 1,
        "isAuthorParticipating": False,
    }


def arxiv_id(n: int) -> str:
    return f"2611.{n:05}"


def entry(n: int, version: int = 1) -> str:
    """An entry of arXiv's feed."""
    identifier = f"http://arxiv.org/abs/{arxiv_id(n)}v{version}"
    title = escape(f"QuiverDB {n}: Invented\n  Search & Retrieval")
    return f"""  <entry>
    <id>{identifier}</id>
    <updated>2026-11-02T17:59:59Z</updated>
    <published>2026-11-01T17:59:59Z</published>
    <title>{title}</title>
    <summary>  QuiverDB {n} is {2 + n % 7}.5x faster
than HNSW on the invented Fletch benchmark.
</summary>
    <author>
      <name>Ada Invented {n}</name>
    </author>
    <arxiv:comment xmlns:arxiv="http://arxiv.org/schemas/atom">9 pages</arxiv:comment>
    <link href="{identifier}" rel="alternate" type="text/html"/>
    <link title="pdf" href="{identifier.replace("/abs/", "/pdf/")}" rel="related" type="application/pdf"/>
    <arxiv:primary_category xmlns:arxiv="http://arxiv.org/schemas/atom" term="cs.CL" scheme="http://arxiv.org/schemas/atom"/>
    <category term="cs.CL" scheme="http://arxiv.org/schemas/atom"/>
  </entry>
"""


def feed(entries: str, total: int, start: int, size: int, query: str) -> bytes:
    """arXiv's feed."""
    link = escape(f"http://arxiv.org/api/query?{query}", {'"': "&quot;"})
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="{ATOM}">
  <link href="{link}" rel="self" type="application/atom+xml"/>
  <title type="html">ArXiv Query: {escape(query)}</title>
  <id>http://arxiv.org/api/Invented0000000000000000000</id>
  <updated>2026-11-20T00:00:00-05:00</updated>
  <opensearch:totalResults xmlns:opensearch="{OPENSEARCH}">{total}</opensearch:totalResults>
  <opensearch:startIndex xmlns:opensearch="{OPENSEARCH}">{start}</opensearch:startIndex>
  <opensearch:itemsPerPage xmlns:opensearch="{OPENSEARCH}">{size}</opensearch:itemsPerPage>
{entries}</feed>
""".encode()


def error_feed(says: str) -> bytes:
    """How arXiv tells an error: a feed with one entry."""
    entries = f"""  <entry>
    <id>http://arxiv.org/api/errors#{says.replace(" ", "_")}</id>
    <title>Error</title>
    <summary>{escape(says)}</summary>
    <updated>2026-11-20T00:00:00-05:00</updated>
    <link href="http://arxiv.org/api/errors#{says.replace(" ", "_")}" rel="alternate" type="text/html"/>
    <author>
      <name>arXiv api core</name>
    </author>
  </entry>
"""
    return feed(entries, 1, 0, 1, "")


class Service(ThreadingHTTPServer):
    """The server.

    ``days`` are the papers of each day, ``matches`` how many papers every search finds, ``requests`` the paths and
    parameters that were asked for, ``agents`` the User-Agents.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.days: dict[str, int] = {}
        self.matches = 0
        self.unknown: set[str] = set()  # identifiers that arXiv does not have
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.agents: set[str] = set()
        self.busy = 0
        self.most_at_once = 0
        self.lock = threading.Lock()
        self._script: list[Answer | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def script(self, *answers: Answer | None, times: int = 1) -> None:
        """The next answers; ``None`` is one as it should be."""
        self._script += [*answers] * times

    def next_answer(self) -> Answer:
        with self.lock:
            return (self._script.pop(0) if self._script else None) or Answer()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are part of the tests."""


class Handler(BaseHTTPRequestHandler):
    """Answers."""

    server: Service
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        given = {name: values[0] for name, values in parse_qs(parts.query).items()}
        with self.server.lock:
            self.server.requests.append((parts.path, given))
            self.server.agents.add(self.headers["User-Agent"])
            self.server.busy += 1
            self.server.most_at_once = max(self.server.most_at_once, self.server.busy)
        try:
            self._answer(self.server.next_answer(), *self._right(parts.path, given))
        finally:
            with self.server.lock:
                self.server.busy -= 1

    def _answer(self, answer: Answer, status: int, body: bytes, kind: str) -> None:
        time.sleep(answer.delay)
        if answer.drop:
            self.close_connection = True
            return
        if answer.body is not None:
            body = answer.body
        elif answer.change:
            body = answer.change(body)
        self.send_response(status if answer.status == 200 else answer.status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: answer.cut])
        self.close_connection = answer.cut is not None

    def _right(self, path: str, given: dict[str, str]) -> tuple[int, bytes, str]:
        if path.endswith("/api/daily_papers"):
            return self._daily_papers(given)
        if path.endswith("/api/query"):
            return 200, self._arxiv(given), "application/atom+xml; charset=utf-8"
        return 404, b"not here", "text/plain"

    def _daily_papers(self, given: dict[str, str]) -> tuple[int, bytes, str]:
        day, limit, page = given["date"], int(given.get("limit", 50)), int(given.get("p", 0))
        kind = "application/json; charset=utf-8"
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", day):
            return 400, json.dumps({"error": "Invalid date"}).encode(), kind
        numbers = range(self.server.days.get(day, 0))[page * limit : (page + 1) * limit]
        first = int(day[-2:]) * 1000
        return 200, json.dumps([paper(first + n, day) for n in numbers]).encode(), kind

    def _arxiv(self, given: dict[str, str]) -> bytes:
        start, size = int(given.get("start", 0)), int(given.get("max_results", 10))
        if "id_list" in given:
            asked = [i for i in given["id_list"].split(",") if i not in self.server.unknown]
            found = [re.fullmatch(r"2611\.(\d{5})(?:v(\d+))?", i) for i in asked]
            entries = "".join(entry(int(m[1]), int(m[2] or 1)) for m in found[start : start + size] if m)
            return feed(entries, len(asked), start, size, urlencode(given))
        numbers = range(self.server.matches)[start : start + size]
        return feed("".join(map(entry, numbers)), self.server.matches, start, size, urlencode(given))

    def log_message(self, *_arguments: Any) -> None:
        pass


@contextmanager
def service() -> Iterator[Service]:
    """The server, running."""
    server = Service()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
