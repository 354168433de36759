"""The server that a tracker sends to: whether it answers, as libraries wait for minutes, and its address."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import httpx

ANSWER_TIMEOUT = 10.0  # seconds in which a server has to answer
_ADDRESS = re.compile(r"(\w+://)(?:[^\s'\"/?#]*@)?([^\s'\"?#]*)(?:[?#][^\s'\"]*)?")


def connection_error(url: str) -> str:
    """Why a server does not answer, in a few words; "" for a server that answers, with any status."""
    try:
        httpx.get(url, timeout=ANSWER_TIMEOUT)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return str(error) or type(error).__name__
    return ""


def public_address(url: str) -> str:
    """An address as records and cards show it: without name, password and query, which may hold a token."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def with_public_addresses(message: str) -> str:
    """A message of a library with its addresses as `public_address` gives them, however damaged they are."""
    return _ADDRESS.sub(r"\1\2", message)
