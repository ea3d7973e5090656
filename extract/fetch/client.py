"""Asks a service: one request at a time, again where that may help, and never for more than is sane.

The library is httpx2, which huggingface_hub brings along (httpx with another name and a maintainer); the retries are
tenacity's, because waits and sleep can be given to it, which ``Retry-After`` and the tests need.
"""

from __future__ import annotations

import json
import re
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import TypeVar
from urllib.parse import urlsplit

import httpx2
import tenacity

from extract.fetch.errors import FetchError, MalformedError, PassingError, RefusedError, UnwillingError
from extract.fetch.pace import LONGEST_WAIT, Clock, Pace

T = TypeVar("T")

TRIES = 6
CONNECT_SECONDS = 15.0
READ_SECONDS = 60.0  # for the next bytes; arXiv thinks for long before the first ones
WHOLE_SECONDS = 300.0  # for one answer: against one that trickles
MAX_BODY = 64 * 2**20  # bytes, unpacked; the largest page of arXiv has about 6 MB
MAX_BACKOFF = 60.0  # seconds
MAX_REDIRECTS = 5

_PASSING = {408, 429, 500, 502, 503, 504}
_SAID = 200  # characters of what a service says that are shown
_RATE_LIMIT = re.compile(r";\s*r\s*=\s*(\d+)\s*;\s*t\s*=\s*(\d+)")  # RateLimit: "api";r=0;t=55


@dataclass(slots=True)
class Client:
    """Asks one service. Use it as a context manager.

    Attributes:
        base: the service's address, without a path's last slash.
        agent: the User-Agent.
        interval: seconds between two requests, and the first wait before another try.
        folder: where the lock is kept if the user's cache folder cannot be written.
        tries: how often a request is made at most.
        connect: seconds for a connection.
        read: seconds for the next bytes of an answer.
        proxy: address of a proxy; none is taken from the environment.
        clock: the time.
        told: called with one line when something is tried again.
    """

    base: str
    agent: str
    interval: float
    folder: Path
    tries: int = TRIES
    connect: float = CONNECT_SECONDS
    read: float = READ_SECONDS
    proxy: str | None = None
    clock: Clock = field(default_factory=Clock)
    told: Callable[[str], None] = lambda _line: None
    _http: httpx2.Client = field(init=False, repr=False)
    _pace: Pace = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._pace = Pace(urlsplit(self.base).netloc, self.interval, self.clock, self.folder)
        self._http = httpx2.Client(
            headers={"User-Agent": self.agent, "Accept": "application/atom+xml, application/json;q=0.9, */*;q=0.1"},
            timeout=httpx2.Timeout(self.read, connect=self.connect),
            limits=httpx2.Limits(max_connections=1),
            verify=_certificates(),
            trust_env=False,
            proxy=self.proxy,
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, path: str, params: Mapping[str, str], check: Callable[[bytes], T]) -> tuple[bytes, T]:
        """An answer's body, and what ``check`` made of it.

        Args:
            path: the path below ``base``.
            params: the query.
            check: looks at the body; raises :class:`MalformedError` where another try may help, :class:`RefusedError`
                where not.

        Raises:
            FetchError: it cannot be had, after all tries.
        """
        url = httpx2.URL(self.base + path, params=dict(params))

        def once() -> tuple[bytes, T]:
            body = self._once(url)
            return body, check(body)

        again = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(PassingError),
            stop=tenacity.stop_after_attempt(self.tries),
            wait=self._wait,
            sleep=self.clock.sleep,
            before_sleep=self._tell,
            reraise=True,
        )
        return again(once)

    def _wait(self, state: tenacity.RetryCallState) -> float:
        """Seconds before the next try: twice as long each time, spread by chance, and never less than was asked for."""
        backoff = tenacity.wait_exponential(self.interval, max=MAX_BACKOFF) + tenacity.wait_random(0, self.interval)
        error = state.outcome.exception() if state.outcome else None
        return max(backoff(state), (error.wait or 0.0) if isinstance(error, PassingError) else 0.0)

    def _tell(self, state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        wait = state.next_action.sleep if state.next_action else 0.0
        n = f"{state.attempt_number} of {self.tries - 1}"
        self.told(f"{error}; trying again in {wait:.0f} s ({n})")

    def _once(self, url: httpx2.URL) -> bytes:
        """One request, with the redirects that it leads to."""
        for _ in range(MAX_REDIRECTS):
            with self._pace.turn(self.told):
                answer = self._answer(url)
            if isinstance(answer, bytes):
                return answer
            if not trustworthy(str(answer), local=is_local(self.base)):
                raise RefusedError(f"{_place(url)} sends on to {_place(answer)}, which is not https (see --base-url)")
            url = answer
        raise RefusedError(f"{_place(url)} sends on in a circle")

    def _answer(self, url: httpx2.URL) -> bytes | httpx2.URL:
        """The body, or where the service sends us on to."""
        place = _place(url)
        try:
            with self._http.stream("GET", url) as response:
                if response.has_redirect_location:
                    return url.join(response.headers["location"])
                wait = _asked(response.headers, self.clock.now())
                if response.status_code in _PASSING:
                    raise self._busy(place, response.status_code, wait)
                body = self._body(response, place)
                if response.status_code != 200:
                    raise _refusal(place, response.status_code, body)
                if (spent := _rate_limit(response.headers)) is not None:
                    self._pace.hold(spent)
                return body
        except httpx2.TimeoutException as error:
            what = "cannot be reached" if isinstance(error, httpx2.ConnectTimeout) else "does not go on"
            seconds = self.connect if isinstance(error, httpx2.ConnectTimeout) else self.read
            raise PassingError(f"{place} {what}: no answer within {seconds:g} s") from None
        except httpx2.DecodingError:
            raise MalformedError(f"{place} sends a body that cannot be unpacked") from None
        except httpx2.RemoteProtocolError:
            raise PassingError(f"{place} cut the connection off") from None
        except (httpx2.ProxyError, httpx2.ConnectError) as error:
            raise PassingError(f"{place} cannot be reached ({_reason(error)})") from None
        except httpx2.TransportError as error:
            raise PassingError(f"the connection to {place} broke ({_reason(error)})") from None
        except (httpx2.InvalidURL, UnicodeError, ValueError) as error:  # a header that is none, a redirect to nowhere
            raise RefusedError(f"{place} sends an answer that makes no sense ({_one_line(str(error))})") from None

    def _busy(self, place: str, status: int, wait: float | None) -> FetchError:
        """The error of a status that may pass; nobody else asks meanwhile."""
        what = f"{place} answers {status} ({_MEANING[status]})"
        if wait is not None:
            self._pace.hold(wait)
        if wait is not None and wait > LONGEST_WAIT:
            return UnwillingError(f"{what} and asks to wait for {wait:,.0f} s: start the same command again after that")
        return PassingError(what, wait)

    def _body(self, response: httpx2.Response, place: str) -> bytes:
        """The body, unpacked, if it is neither too large nor too slow."""
        started = time.monotonic()
        body = bytearray()
        for piece in response.iter_bytes():
            body += piece
            if len(body) > MAX_BODY:
                raise RefusedError(f"{place} sends more than {MAX_BODY // 2**20} MiB (allowed: less, see --page-size)")
            if time.monotonic() - started > WHOLE_SECONDS:
                raise PassingError(f"{place} is too slow: no whole answer within {WHOLE_SECONDS:g} s")
        return bytes(body)


_MEANING = {
    408: "request took too long",
    429: "too many requests",
    500: "internal error",
    502: "bad gateway",
    503: "not available now",
    504: "gateway took too long",
}


@cache
def _certificates() -> ssl.SSLContext:
    """The certificates that are trusted, read once."""
    return httpx2.create_ssl_context(trust_env=False)


def is_local(address: str) -> bool:
    """Whether an address is one of this machine."""
    try:
        host = urlsplit(address).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def trustworthy(address: str, *, local: bool = True) -> bool:
    """Whether an address may be asked: https, or http on this machine.

    Args:
        address: a whole address.
        local: whether this machine is allowed; no server elsewhere may send us here.
    """
    try:
        parts = urlsplit(address)
        _ = parts.port  # raises for one that is no number
    except ValueError:
        return False
    if "@" in parts.netloc:  # a password would end in the notes of the folder
        return False
    if is_local(address):
        return local and parts.scheme in ("http", "https")
    return parts.scheme == "https" and bool(parts.hostname)


def retry_after(value: str, now: float) -> float | None:
    """Seconds that a ``Retry-After`` header asks to wait: a number of seconds, or a date; ``None`` if it is neither."""
    value = value.strip()
    if re.fullmatch(r"[0-9]{1,9}", value):
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, moment.timestamp() - now)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _asked(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that the headers of a refusal ask to wait."""
    waits = [retry_after(headers["retry-after"], now) if "retry-after" in headers else None, _rate_limit(headers)]
    return max((w for w in waits if w is not None), default=None)


def _rate_limit(headers: Mapping[str, str]) -> float | None:
    """Seconds until the service counts anew, by its ``RateLimit`` header, where nothing is left until then."""
    found = _RATE_LIMIT.search(headers.get("ratelimit", "")[:500])
    if not found or int(found.group(1)) > 0:
        return None
    return float(found.group(2)) + 1.0  # the header has whole seconds


def _refusal(place: str, status: int, body: bytes) -> RefusedError:
    says = _says(body)
    return RefusedError(f"{place} answers {status}{f': {says}' if says else ''}", status, says)


def _says(body: bytes) -> str:
    """What the body of a refusal says, for people: an error in JSON or Atom, or a short plain text."""
    text = body[:20_000].decode("utf-8", "replace")
    if text.lstrip().startswith("{"):
        try:
            said = json.loads(text).get("error")
            return _one_line(said) if isinstance(said, str) else ""
        except (ValueError, RecursionError):
            return ""
    if "<" in text:
        found = re.search(r"<summary[^>]*>([^<]*)</summary>", text)
        return _one_line(found.group(1)) if found else ""
    return _one_line(text)


def _reason(error: Exception) -> str:
    """Why a connection failed, without the number that the system gives it."""
    return _one_line(re.sub(r"\[Errno -?\d+\] ", "", str(error))) or type(error).__name__


def _one_line(text: str) -> str:
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= _SAID else text[: _SAID - 3] + "..."


def _place(url: httpx2.URL) -> str:
    """An address as it is told: without its query, which is long, and without what may be a password."""
    return f"{url.host}:{url.port}" if url.port else url.host
