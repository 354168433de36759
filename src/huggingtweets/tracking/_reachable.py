"""Whether a place that records are sent to answers, asked before a tracker would wait for it."""

from __future__ import annotations

import httpx

ANSWER = 10.0  # seconds in which it has to


def trouble(url: str) -> str:
    """Why there is no answer from `url`, in a few words; "" where there is one, whatever it says."""
    try:
        httpx.get(url, timeout=ANSWER)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return str(error) or type(error).__name__
    return ""
