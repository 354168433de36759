"""Answers in the form of OpenAI's API: whole, in pieces, or an error."""

from __future__ import annotations

import json
import re
import secrets
import shlex
import time
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from itertools import accumulate
from typing import Any

import msgspec
from starlette.responses import Response

from ..types import PROMPT
from .posts import Post
from .requests import PostsRequest

ADDRESSES = {
    "GET /v1/models": "the bots that there are",
    "POST /v1/completions": "posts that begin with a prompt",
    "POST /v1/chat/completions": "a post that begins with the last message",
    "GET /health": "that the server answers",
    "GET /metrics": "counters for Prometheus",
}
_PIECE = re.compile(r"\s*\S+\s*\Z|\s*\S+|\s+")  # a word, as pieces of a stream


def json_response(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A response with a JSON body."""
    body = msgspec.json.encode(content)
    return Response(body, status, headers, media_type="application/json")


def error_response(
    status: int, message: str, code: str, headers: Mapping[str, str] | None = None
) -> Response:
    """A response that says what is wrong."""
    kind = "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"
    error = {"message": message, "type": kind, "param": None, "code": code}
    return json_response({"error": error}, status, headers)


def about(url: str, bot: str, *, has_key: bool) -> dict[str, Any]:
    """What the server is, its addresses, and a command to try.

    Args:
        url: of the server, as the client calls it.
        bot: one that is served.
        has_key: whether the client sent a key, as it then has to in the command, too.
    """
    headers = "-H 'Content-Type: application/json'" + (" -H 'Authorization: Bearer KEY'" if has_key else "")
    body = json.dumps({"model": bot, "prompt": PROMPT, "echo": True}, ensure_ascii=False)
    return {
        "name": "huggingtweets",
        "about": "Bots that write posts, behind the HTTP API of OpenAI. Their posts are made up by a model.",
        "addresses": ADDRESSES,
        "example": f"curl {url}v1/completions {headers} -d {shlex.quote(body)}",
    }


def answer(request: PostsRequest, posts: Sequence[Post]) -> dict[str, Any]:
    """The whole answer."""
    shape = _chat_choice if request.chat else _completion_choice
    choices = [shape(number, post) for number, post in enumerate(posts)]
    kind = "chat.completion" if request.chat else "text_completion"
    return {**_head(request, kind), "choices": choices, "usage": _usage(request, posts)}


def stream(request: PostsRequest, posts: Sequence[Post]) -> Iterator[bytes]:
    """The answer as server-sent events: one post after the other, word by word."""
    head = _head(request, "chat.completion.chunk" if request.chat else "text_completion")
    for number, post in enumerate(posts):
        for choice in _chat_chunks(number, post) if request.chat else _completion_chunks(number, post):
            yield _event({**head, "choices": [choice]})
    if request.usage:
        yield _event({**head, "choices": [], "usage": _usage(request, posts)})
    yield b"data: [DONE]\n\n"


def _head(request: PostsRequest, kind: str) -> dict[str, Any]:
    prefix = "chatcmpl" if request.chat else "cmpl"
    return {
        "id": f"{prefix}-{secrets.token_hex(12)}",
        "object": kind,
        "created": int(time.time()),
        "model": request.bot,
    }


def _usage(request: PostsRequest, posts: Sequence[Post]) -> dict[str, int]:
    prompt = sum(post.prompt_tokens for post in posts[:: request.choices])
    new = sum(post.new_tokens for post in posts)
    return {"prompt_tokens": prompt, "completion_tokens": new, "total_tokens": prompt + new}


def _completion_choice(number: int, post: Post) -> dict[str, Any]:
    return {
        "index": number,
        "text": post.text,
        "logprobs": _logprobs(post),
        "finish_reason": post.finish,
    }


def _completion_chunks(number: int, post: Post) -> Iterator[dict[str, Any]]:
    """Pieces of a post; with probabilities all of it is one piece, since words are no tokens."""
    *pieces, last = [post.text] if post.tokens else _pieces(post.text)
    for piece in pieces:
        yield {"index": number, "text": piece, "logprobs": None, "finish_reason": None}
    yield {**_completion_choice(number, post), "text": last}


def _chat_choice(number: int, post: Post) -> dict[str, Any]:
    message = {"role": "assistant", "content": post.text, "refusal": None}
    return {"index": number, "message": message, "logprobs": None, "finish_reason": post.finish}


def _chat_chunks(number: int, post: Post) -> Iterator[dict[str, Any]]:
    first = {"role": "assistant", "content": ""}
    deltas = [first, *({"content": piece} for piece in _pieces(post.text) if piece)]
    for delta in deltas:
        yield {"index": number, "delta": delta, "finish_reason": None}
    yield {"index": number, "delta": {}, "finish_reason": post.finish}


def _pieces(text: str) -> list[str]:
    return _PIECE.findall(text) or [""]


def _logprobs(post: Post) -> dict[str, Any] | None:
    if not post.tokens:
        return None
    texts = [token.text for token in post.tokens]
    return {
        "tokens": texts,
        "token_logprobs": [token.logprob for token in post.tokens],
        "top_logprobs": [token.alternatives for token in post.tokens],
        "text_offset": list(accumulate(map(len, texts[:-1]), initial=0)),
    }


def _event(content: object) -> bytes:
    return b"data: " + msgspec.json.encode(content) + b"\n\n"
