"""When a service that limits requests wants to be asked again, in each of the ways that services say it."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_HEADERS = (
    "retry-after",  # RFC 9110: seconds, or a date
    "x-rate-limit-reset",  # X: Unix time
    "ratelimit-reset",  # Bluesky: Unix time; the draft standard: seconds
    "x-ratelimit-reset",  # Mastodon: a date as in ISO 8601
)
_MOMENT_FROM = 1e9  # larger numbers are Unix times, smaller ones are seconds from now


def seconds_to_wait(headers: Mapping[str, str]) -> float:
    """Seconds from now, by the first header that tells it; 0 where none does.

    A moment is measured by the service's own clock, where the answer has its date.
    """
    now = _moment(headers.get("date", "")) or time.time()
    for name in _HEADERS:
        value = headers.get(name, "").strip()
        try:
            number = float(value)
            wait = number - now if number >= _MOMENT_FROM else number
        except ValueError:
            moment = _moment(value)
            if moment is None:
                continue
            wait = moment - now
        if not math.isnan(wait):
            return wait
    return 0.0


def _moment(value: str) -> float | None:
    """Unix time of a date as HTTP writes it, or as ISO 8601 does."""
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(value)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return None
