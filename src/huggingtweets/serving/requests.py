"""What clients ask for: the requests of OpenAI's API, checked and within bounds.

Fields that mean nothing here, such as tools and the penalties of OpenAI, are read over. Those that would
change what a post is are refused. `null` is a field that is left out, and 1.0 is a whole number, as with
OpenAI.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from ..errors import UserError
from ..types import MAX_SEED, Sampling
from .limits import Limits

COLDEST = 1e-4  # what a temperature of 0 or a top_p of 0 stands for: the likeliest token each time
UNSET = -1  # a seed or a length of programs that were made for llama.cpp, vLLM, Ollama or LM Studio
_HALF = re.compile(
    rb"\\u[dD][89abAB]..(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F]"
)  # of a pair

Count = Annotated[int, Meta(ge=1)]
Temperature = Annotated[float, Meta(ge=0, le=10)]
TopP = Annotated[float, Meta(ge=0, le=1)]
RepetitionPenalty = Annotated[float, Meta(gt=0, le=10)]


class PostsRequest(Struct, frozen=True, kw_only=True):
    """What posts are asked for."""

    bot: str
    prompts: tuple[str, ...]
    choices: int  # posts for each prompt
    sampling: Mapping[str, float]  # fields of `Sampling` that replace the model's own settings
    seed: int | None
    stops: tuple[str, ...]  # texts before which a post ends
    alternatives: int | None  # likeliest tokens to tell beside each sampled one
    whole: bool  # the text of an answer begins with the prompt
    chat: bool  # the form of the answer
    stream: bool
    usage: bool  # whether a stream ends with the numbers of tokens
    longest: int  # tokens of a post, whatever the model's own setting

    @property
    def count(self) -> int:
        """How many posts are asked for."""
        return len(self.prompts) * self.choices

    def settings(self, own: Sampling) -> Sampling:
        """How to sample from a model that has settings of its own."""
        settings = msgspec.structs.replace(own, **self.sampling)
        most = min(settings.max_new_tokens, self.longest)
        return msgspec.structs.replace(settings, max_new_tokens=most)


class StreamOptions(Struct):
    """What a stream tells beside the posts."""

    include_usage: bool | None = None


class _Request(Struct, kw_only=True):
    """What both kinds of requests have."""

    model: str
    n: Count | None = None
    temperature: Temperature | None = None
    top_p: TopP | None = None
    repetition_penalty: RepetitionPenalty | None = None  # not of OpenAI's API, but of vLLM's
    max_tokens: int | None = None
    stop: str | list[str] | None = None
    seed: int | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    logit_bias: dict[str, float] | None = None


Body = TypeVar("Body", bound=_Request)


class CompletionRequest(_Request, kw_only=True):
    """The body of a request to /v1/completions."""

    prompt: str | list[str] | None = None
    logprobs: Annotated[int, Meta(ge=0)] | None = None
    echo: bool | None = None
    best_of: int | None = None
    suffix: str | None = None


class Part(Struct):
    """A part of a message."""

    type: str
    text: str | None = None


class Message(Struct):
    """A message of a chat."""

    role: str
    content: str | list[Part] | None = None

    @property
    def text(self) -> str:
        """Its text, without pictures and the like."""
        if isinstance(self.content, list):
            return "".join(part.text or "" for part in self.content if part.type == "text")
        return self.content or ""


class ChatRequest(_Request, kw_only=True):
    """The body of a request to /v1/chat/completions."""

    messages: list[Message]
    max_completion_tokens: int | None = None
    logprobs: bool | None = None


def completion(body: bytes, limits: Limits) -> PostsRequest:
    """Read a request to /v1/completions.

    Raises:
        UserError: it is none, beyond the bounds, or asks for what is not given.
    """
    asked = _decoded(body, CompletionRequest)
    if asked.echo and asked.logprobs is not None:
        raise UserError(
            "echo with logprobs is not given: the probability of a text tells whether the model has learnt it"
        )
    if asked.suffix or (asked.best_of or 1) > (asked.n or 1):
        raise UserError("suffix and best_of are not supported; leave them out")
    if (asked.logprobs or 0) > limits.alternatives:
        raise UserError(f"logprobs: expected at most {limits.alternatives}")
    prompts = asked.prompt if isinstance(asked.prompt, list) else [asked.prompt or ""]
    return _bounded(
        asked, prompts, limits, asked.max_tokens, alternatives=asked.logprobs, whole=bool(asked.echo)
    )


def chat(body: bytes, limits: Limits) -> PostsRequest:
    """Read a request to /v1/chat/completions: the last message is the beginning of a post.

    Raises:
        UserError: it is none, beyond the bounds, or asks for what is not given.
    """
    asked = _decoded(body, ChatRequest)
    if asked.logprobs:
        raise UserError("logprobs: only /v1/completions tells probabilities")
    if not asked.messages:
        raise UserError("messages: expected at least one, whose text is the beginning of a post")
    most = asked.max_tokens if asked.max_completion_tokens is None else asked.max_completion_tokens
    return _bounded(asked, [asked.messages[-1].text], limits, most, whole=True, chat=True)


def _decoded(body: bytes, kind: type[Body]) -> Body:
    try:
        return msgspec.json.decode(body, type=kind, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        is_half = _HALF.search(body) and not isinstance(error, msgspec.ValidationError)
        reason = "a text holds half of an emoji, a surrogate without the other one" if is_half else error
        raise UserError(f"the body is no such request: {reason}") from error


def _bounded(
    asked: _Request,
    prompts: list[str],
    limits: Limits,
    most: int | None,
    *,
    alternatives: int | None = None,
    whole: bool = False,
    chat: bool = False,
) -> PostsRequest:
    """The request, where it is within the bounds.

    Raises:
        UserError: it is not.
    """
    if asked.logit_bias:
        raise UserError("logit_bias is not supported; leave it out")
    if most is not None:  # programs made for chats ask for thousands of tokens; a post ends by itself
        most = None if most == UNSET else min(most, limits.new_tokens)
    stops = [asked.stop] if isinstance(asked.stop, str) else asked.stop or []
    choices = asked.n or 1
    bounds = {
        "prompts": (len(prompts), 1, limits.choices),
        "n": (choices * len(prompts), 1, limits.choices),
        "characters of the prompt": (max(map(len, prompts), default=0), 0, limits.prompt),
        "max_tokens": (1 if most is None else most, 1, limits.new_tokens),
        "stop": (len(stops), 0, limits.stops),
    }
    for name, (value, least, largest) in bounds.items():
        if not least <= value <= largest:
            raise UserError(f"{name}: {value:,} were asked for; expected {least} to {largest:,}")
    likeliest = asked.temperature == 0 or asked.top_p == 0
    settings = {
        "temperature": COLDEST if likeliest else asked.temperature and max(asked.temperature, COLDEST),
        "top_p": asked.top_p or None,
        "repetition_penalty": asked.repetition_penalty,
        "max_new_tokens": most,
    }
    sampling = {name: value for name, value in settings.items() if value is not None}
    return PostsRequest(
        bot=asked.model,
        prompts=tuple(prompts),
        choices=choices,
        sampling=sampling,
        seed=None if asked.seed in {None, UNSET} else asked.seed % (MAX_SEED + 1),
        stops=tuple(filter(None, stops)),
        alternatives=alternatives,
        whole=whole,
        chat=chat,
        stream=bool(asked.stream),
        usage=bool(asked.stream_options and asked.stream_options.include_usage),
        longest=limits.new_tokens,
    )
