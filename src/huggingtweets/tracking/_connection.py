"""Checks that a server answers before a tracker starts, since its library would wait for minutes."""

from __future__ import annotations

import httpx

ANSWER_TIMEOUT = 10.0  # seconds in which a server has to answer


def connection_error(url: str) -> str:
    """Why a server does not answer, in a few words; "" for a server that answers, with any status."""
    try:
        httpx.get(url, timeout=ANSWER_TIMEOUT)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return str(error) or type(error).__name__
    return ""
