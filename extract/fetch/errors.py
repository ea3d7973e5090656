"""What can go wrong with a request, and what that means for the ones after it."""

from __future__ import annotations


class FetchError(Exception):
    """An answer cannot be had; the message is one line.

    Attributes:
        ends: whether the requests after it would fare no better, so that the fetch ends here.
    """

    ends = False


class RefusedError(FetchError):
    """The service has answered that it will not give this; asking again does not help.

    Attributes:
        status: the HTTP status; 200 where the body alone says so.
        says: what the service says, in one line; may be empty.
    """

    def __init__(self, message: str, status: int = 200, says: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.says = says
        self.ends = status in (401, 403, 407)  # it does not want this client


class UnwillingError(FetchError):
    """The service asks to wait for longer than a command should sit and wait."""

    ends = True


class PassingError(FetchError):
    """Something that may be gone at the next try: no connection, a busy service, a cut body.

    Attributes:
        wait: seconds that the service asks to wait, or ``None``.
    """

    ends = True

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class MalformedError(PassingError):
    """The body is not what the service promises. It may be the next time; if not, other pages may yet be well."""

    ends = False


class ShortError(MalformedError):
    """A page that is well-formed but holds fewer papers than it should.

    Attributes:
        body: the page.
        entries: how many papers it holds.
    """

    def __init__(self, message: str, body: bytes, entries: int) -> None:
        super().__init__(message)
        self.body = body
        self.entries = entries
