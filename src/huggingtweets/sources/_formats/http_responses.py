"""Reads the response of a web service: it is an answer, a refusal, or a reason to try again later."""

from __future__ import annotations

import math
import time
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpcore
import httpx
from msgspec import Struct

from ...errors import Unreachable

Strings = Mapping[str, str]

REDIRECT = {301, 302, 303, 307, 308}  # statuses
_NOT_MODIFIED = 304
_OK = {200, _NOT_MODIFIED}
_WITHOUT_BODY = REDIRECT | {_NOT_MODIFIED}  # whatever their headers say of one
_UNPACKED = {"", "identity"}  # encodings that are none
_RETRY = {408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529}
_TOO_MANY_REQUESTS = 429
_RATE_LIMITED = {_TOO_MANY_REQUESTS, 503}
_RATE_LIMIT_HEADERS = (
    "retry-after",  # RFC 9110: seconds, or a date
    "x-rate-limit-reset",  # X: Unix time
    "ratelimit-reset",  # Bluesky: Unix time; the draft standard: seconds
    "x-ratelimit-reset",  # Mastodon: a date as in ISO 8601
)
_UNIX_TIME_FROM = 1e9  # larger numbers are Unix times, smaller ones are seconds from now
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS  # tells zlib to find out which of the two it is


class Refused(Unreachable):
    """The service refuses the request, and a later request would be refused too.

    `content` is the body of the response. It is never shown to the user as it is.
    """

    def __init__(self, message: str, status: int, content: bytes) -> None:
        super().__init__(message)
        self.status = status
        self.content = content


class RetryLater(Exception):  # noqa: N818 -- the next try may succeed
    """The same request may succeed later; `wait` is how many seconds the service asks to wait."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


class Answer(Struct, frozen=True):
    """A response with status 200, or with 304 if the request was conditional."""

    url: str  # after all redirects, as `shown` writes it
    status: int
    headers: Strings  # by lower-case names
    content: bytes


def shown(url: httpx.URL | str) -> str:
    """Write an address as messages may show it: without user, password and query."""
    return str(httpx.URL(url).copy_with(userinfo=b"", query=None, fragment=None))


def read_response(url: httpx.URL, response: httpx.Response, limit: int) -> Answer:
    """Read the body of a response of at most `limit` bytes. The body of a redirect is skipped.

    Raises:
        RetryLater: The service is overloaded or out of order, or the body is damaged.
        Refused: The service refuses the request.
        Unreachable: The body is too large.
    """
    _check_status(url, response, limit)
    content = b"" if response.status_code in _WITHOUT_BODY else _read_content(url, response, limit)
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(shown(url), response.status_code, headers, content)


def describe_failure(error: Exception) -> str:
    """Say in a few words why no whole response arrived."""
    if isinstance(error, httpcore.TimeoutException):
        return "no answer in time"
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "its certificate cannot be trusted"
    if isinstance(error, httpcore.ConnectError):
        return "no connection"
    return "the answer breaks off or is damaged"


def seconds_to_wait(headers: Mapping[str, str]) -> float:
    """Return how many seconds the service asks to wait, by the first header that says so; 0 if none does.

    If the response has a `Date` header, moments are compared to it rather than to the clock of this machine.
    """
    now = _unix_time(headers.get("date", "")) or time.time()
    for name in _RATE_LIMIT_HEADERS:
        value = headers.get(name, "").strip()
        try:
            number = float(value)
            wait = number - now if number >= _UNIX_TIME_FROM else number
        except ValueError:
            moment = _unix_time(value)
            if moment is None:
                continue
            wait = moment - now
        if not math.isnan(wait):
            return wait
    return 0.0


def _unix_time(value: str) -> float | None:
    """Read a date as HTTP or ISO 8601 writes it."""
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = parse(value)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return None


def _check_status(url: httpx.URL, response: httpx.Response, limit: int) -> None:
    status = response.status_code
    if status in _RETRY:
        wait = seconds_to_wait(response.headers) if status in _RATE_LIMITED else 0.0
        limited = status == _TOO_MANY_REQUESTS
        raise RetryLater("too many requests" if limited else f"it is out of order (status {status})", wait)
    if status not in _OK | REDIRECT:
        content = _read_content(url, response, limit)
        raise Refused(f"{shown(url)} refuses to answer (status {status})", status, content)


def _read_content(url: httpx.URL, response: httpx.Response, limit: int) -> bytes:
    """Read and decompress a body piece by piece, so that a small one cannot become a huge one in one step."""
    encoding = response.headers.get("content-encoding", "").strip().lower()
    unzip = None if encoding in _UNPACKED else zlib.decompressobj(_GZIP_OR_ZLIB)
    content = bytearray()
    try:
        for piece in response.iter_raw():
            content += unzip.decompress(piece, limit + 1 - len(content)) if unzip else piece
            if len(content) > limit:
                raise Unreachable(f"{shown(url)} answers with more than {limit:,} bytes, which is too much")
    except zlib.error as error:
        raise RetryLater("the answer is damaged") from error
    if unzip and not unzip.eof:
        raise RetryLater("the answer breaks off")
    return bytes(content)
