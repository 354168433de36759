"""Writing posts that pass the text filters: each is looked at as a whole before any part of it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from ..generation.batch import SamplingRequest, Text, TokenProbability
from ..generation.filters import filters_for, objection_to_all
from ..generation.text_generator import MAX_DRAFTS, first_objection
from ..types import MAX_SEED
from .bots import BotName, LoadedModel
from .metrics import Metrics
from .requests import PostsRequest
from .worker import Worker

_NEXT_DRAFT = 1_000_003  # added to a seed for each further draft

Finish = Literal["stop", "length", "content_filter"]


class Post(Struct, frozen=True, kw_only=True):
    """One choice of an answer."""

    text: str  # "" where all drafts were refused
    finish: Finish
    prompt_tokens: int
    new_tokens: int
    tokens: tuple[TokenProbability, ...] = ()


async def write_posts(
    request: PostsRequest, bot: BotName, loaded: LoadedModel, worker: Worker, metrics: Metrics
) -> list[Post]:
    """Write all posts of a request; those of each prompt stand next to each other.

    Raises:
        UserError: a prompt is too long, or the model does not tell probabilities.
    """
    sampling = request.settings(loaded.model.sampling)
    tasks = []
    for number in range(request.count):
        prompt = request.prompts[number // request.choices]
        seed = None if request.seed is None else request.seed + number
        first = SamplingRequest(
            prompt.rstrip(), sampling, seed, bot.speaker, alternatives=request.alternatives
        )
        tasks.append(asyncio.create_task(_write(first, prompt, request, loaded, worker, metrics)))
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()  # the others, where one failed or nobody waits any more


async def _write(
    first: SamplingRequest,
    prompt: str,
    request: PostsRequest,
    loaded: LoadedModel,
    worker: Worker,
    metrics: Metrics,
) -> Post:
    """Sample drafts until one passes the filters; none where they object to every post that begins so."""
    # a hard text takes seconds to look at, and the event loop has all other requests to answer
    text, filters = None, await asyncio.to_thread(filters_for, loaded.filters, prompt)
    hopeless = await asyncio.to_thread(objection_to_all, filters, prompt)
    for draft in range(0 if hopeless else MAX_DRAFTS):
        seed = None if first.seed is None else (first.seed + draft * _NEXT_DRAFT) % (MAX_SEED + 1)
        text = await asyncio.wrap_future(worker.sample(loaded.batch, replace(first, seed=seed)))
        metrics.count("drafts_total", model=request.bot)
        metrics.count("tokens_total", text.new_tokens, model=request.bot)
        post = _post(text, prompt, request)
        shown = post.text if request.whole else prompt + post.text
        if not await asyncio.to_thread(first_objection, filters, shown):
            metrics.count("posts_total", model=request.bot, outcome="sent")
            return post
    metrics.count("posts_total", model=request.bot, outcome="refused")
    return Post(
        text="", finish="content_filter", prompt_tokens=text.prompt_tokens if text else 0, new_tokens=0
    )


def _post(text: Text, prompt: str, request: PostsRequest) -> Post:
    """The post of a text: up to the first stop sequence, and with the prompt where `whole` is set."""
    begin = prompt.rstrip()
    new = text.text[len(begin) :]
    start = 0
    if begin != prompt:
        start = len(new) - len(new.lstrip())  # the prompt has the white space already
    ends = [at for stop in request.stops if (at := new.find(stop, start)) >= 0]
    end = min(ends, default=len(new))
    return Post(
        text=prompt + new[start:end] if request.whole else new[start:end],
        finish="stop" if text.ended or ends else "length",
        prompt_tokens=text.prompt_tokens,
        new_tokens=text.new_tokens,
        tokens=_within(text.tokens, start, end),
    )


def _within(tokens: Sequence[TokenProbability], start: int, end: int) -> tuple[TokenProbability, ...]:
    """The tokens of the characters from `start` to `end`; the first and the last one may be cut."""
    kept, at = [], 0
    for token in tokens:
        begin, at = at, at + len(token.text)
        if begin >= end and token.text:
            break
        if at > start or begin >= start:
            kept.append(replace(token, text=token.text[max(0, start - begin) : max(0, end - begin)]))
    return tuple(kept)
