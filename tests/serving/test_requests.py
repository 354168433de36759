"""What clients send: how requests are read."""

from __future__ import annotations

import json

import pytest

from huggingtweets.errors import UserError
from huggingtweets.serving import requests
from huggingtweets.serving.limits import Limits
from huggingtweets.types import Sampling

MESSAGES = [{"role": "user", "content": "My"}]
READ = {
    "completion": (requests.completion, {"model": "me", "prompt": "My"}),
    "chat": (requests.chat, {"model": "me", "messages": MESSAGES}),
}
COMMON = (
    *("n", "temperature", "top_p", "repetition_penalty", "max_tokens", "stop", "seed"),
    *("stream", "stream_options", "logprobs", "logit_bias"),
)
FIELDS = {
    "completion": (*COMMON, "prompt", "echo", "best_of", "suffix", "user"),
    "chat": (*COMMON, "max_completion_tokens", "tools", "response_format", "user"),
}


def read(kind: str, **fields: object) -> requests.PostsRequest:
    """A request with these fields."""
    parse, body = READ[kind]
    return parse(json.dumps({**body, **fields}).encode(), Limits())


@pytest.mark.parametrize(("kind", "field"), [(kind, field) for kind in READ for field in FIELDS[kind]])
def test_null_is_a_field_that_is_left_out(kind, field):
    """Clients send it for what nobody set."""
    parse, body = READ[kind]
    without = {name: value for name, value in body.items() if name != field}
    assert read(kind, **{field: None}) == parse(json.dumps(without).encode(), Limits())


def test_null_within_a_field_is_left_out():
    """What a stream ends with, and the text of a part of a message, may be unset, too."""
    assert not read("completion", stream_options={"include_usage": None}).usage
    parts = [{"type": "text", "text": None}, {"type": "text", "text": "My"}]
    assert read("chat", messages=[{"role": "user", "content": parts}]).prompts == ("My",)


@pytest.mark.parametrize("kind", READ)
def test_a_whole_number_may_have_a_decimal_point(kind):
    """Some languages know one kind of numbers, and write all of them so."""
    whole, pointed = ({"n": n, "seed": n, "max_tokens": n} for n in (2, 2.0))
    assert read(kind, **pointed) == read(kind, **whole)
    with pytest.raises(UserError, match="int"):
        read(kind, n=1.5)


@pytest.mark.parametrize("kind", READ)
def test_minus_one_is_no_length(kind):
    """Programs that were made for llama.cpp, Ollama or LM Studio send it where nobody chose a length."""
    assert read(kind, max_tokens=-1) == read(kind)
    assert read("chat", max_completion_tokens=-1, max_tokens=5) == read("chat")
    for other in (0, -2):
        with pytest.raises(UserError, match=f"max_tokens: {other} .*expected 1 to"):
            read(kind, max_tokens=other)


@pytest.mark.parametrize("kind", READ)
def test_biases_of_tokens_are_refused(kind):
    """They would change what a post is; an empty set of them would not."""
    assert read(kind, logit_bias={}) == read(kind)
    with pytest.raises(UserError, match="logit_bias is not supported"):
        read(kind, logit_bias={"5": 100})


@pytest.mark.parametrize("kind", READ)
@pytest.mark.parametrize("asked", [1025, 4096, 10**15])
def test_more_tokens_than_a_post_may_have_are_the_most(kind, asked):
    """Programs made for chats ask for thousands, whatever they write; a post ends by itself."""
    longest = Limits().new_tokens
    assert read(kind, max_tokens=asked) == read(kind, max_tokens=longest)


@pytest.mark.parametrize("kind", READ)
def test_a_temperature_or_a_top_p_of_nothing_takes_the_likeliest_token(kind):
    """As with OpenAI: of both, a request may set either to 0."""
    cold = read(kind, temperature=0).settings(Sampling())
    assert 0 < cold.temperature < 0.001
    assert read(kind, top_p=0).settings(Sampling()) == cold
    assert read(kind, top_p=0, temperature=0.9).settings(Sampling()) == cold
    assert read(kind, temperature=1e-9).settings(Sampling()) == cold
    for field in ("temperature", "top_p"):
        with pytest.raises(UserError, match=field):
            read(kind, **{field: -0.1})


@pytest.mark.parametrize("kind", READ)
def test_the_own_setting_of_a_model_is_bounded_as_what_is_asked_for(kind):
    """A model whose posts may have any length does not keep others waiting."""
    own, longest = Sampling(max_new_tokens=50_000), Limits().new_tokens
    for fields in ({}, {"max_tokens": -1}, {"max_tokens": 50_000}):
        assert read(kind, **fields).settings(own).max_new_tokens == longest
    assert read(kind).settings(Sampling(max_new_tokens=90)).max_new_tokens == 90


@pytest.mark.parametrize("prompt", [r"My \ud83d", r"My \ud83d dog", r"My \ude00 dog", r"\ud83d\ude00\ud83d"])
def test_half_of_an_emoji_is_said(prompt):
    """A program that cuts a text cuts emojis; what it then sends is not truncated."""
    with pytest.raises(UserError, match="half of an emoji"):
        requests.completion(b'{"model": "me", "prompt": "%s"}' % prompt.encode(), Limits())
    whole = requests.completion(rb'{"model": "me", "prompt": "\ud83d\ude00"}', Limits())
    assert whole.prompts == ("😀",)
    with pytest.raises(UserError, match="truncated"):
        requests.completion(rb'{"model": "me", "prompt": "\ud83d\ude00', Limits())


@pytest.mark.parametrize("kind", READ)
def test_the_settings_of_sampling_are_those_of_the_request(kind):
    """Where a request says nothing, the model's own hold."""
    own = Sampling(temperature=0.7, repetition_penalty=1.1)
    assert read(kind).settings(own) == own
    asked = {"temperature": 0.9, "top_p": 0.5, "repetition_penalty": 1.3}
    assert read(kind, **asked, max_tokens=7).settings(own) == Sampling(**asked, max_new_tokens=7)
    with pytest.raises(UserError, match="repetition_penalty"):
        read(kind, repetition_penalty=0)
