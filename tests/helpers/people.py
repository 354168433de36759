"""People to measure: the sample's account, real timelines, strangers, and models that fail in known ways."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

import huggingtweets
from huggingtweets.dataset import split

SAMPLE = Path(huggingtweets.__file__).parent / "data" / "sample-archive.zip"
HELD_OUT = 0.1


@cache
def timeline(location: str, source: str = "table") -> tuple[list[str], list[str]]:
    """A person's training and held-out posts."""
    data = huggingtweets.DataConfig(locations=(location,), source=source)
    (result,) = huggingtweets.inspect(data)
    train, held_out = split(result.author.cleaned.posts, HELD_OUT)
    return [post.text for post in train], [post.text for post in held_out]


def sample() -> tuple[list[str], list[str]]:
    """The made-up account that ships with the package."""
    return timeline(str(SAMPLE), "x_archive")


def strangers(count: int = 300, seed: int = 0) -> list[str]:
    """Posts of nobody like the sample's account: football in short, excited lines."""
    rng = random.Random(seed)
    teams = ("rovers", "united", "city", "albion", "wanderers", "athletic", "county", "rangers")
    verbs = ("thrash", "held by", "edge past", "lose to", "sneak by", "crush", "fall to")
    cries = ("lol", "omg", "what a match", "gutted", "get in", "unreal", "so so bad", "love it")
    minutes = (f"{rng.randint(1, 90)}th min" for _ in range(count))
    return [
        f"{rng.choice(cries)}!!! {rng.choice(teams)} {rng.choice(verbs)} {rng.choice(teams)} "
        f"{rng.randint(0, 6)}-{rng.randint(0, 6)} {minute} #{rng.choice(teams)}{rng.randint(1, 99)}"
        for minute in minutes
    ]


def shuffled(texts: list[str], seed: int = 0) -> list[str]:
    """The same words in another order."""
    rng = random.Random(seed)
    return [" ".join(rng.sample(text.split(), len(text.split()))) for text in texts]
