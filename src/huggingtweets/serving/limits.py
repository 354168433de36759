"""How much a client may ask for, and how much is kept in memory."""

from __future__ import annotations

from msgspec import Struct


class Limits(Struct, frozen=True, kw_only=True):
    """The bounds of the server."""

    body: int = 64_000  # bytes of a request
    body_seconds: float = 10.0  # until all of it has come
    prompt: int = 4_000  # characters
    choices: int = 16  # posts of a request: those of `n`, for each prompt
    new_tokens: int = 1_024  # of a post
    stops: int = 4  # texts that end a post
    alternatives: int = 5  # tokens told beside each sampled one
    posts: int = 512  # that are being written or wait for it; more requests are sent away
    seconds: float = 120.0  # that a request may take, its waiting counted
    connections: int = 1_000
    own_connections: int = 500  # of one address
    headers: float = 10.0  # seconds until those of a request have come
    answer: float = 60.0  # seconds that a client may take for each piece of an answer
