"""What is known of a base that was pre-trained here."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from ..types import CurvePoint


class Pretrained(Struct, frozen=True, kw_only=True):
    """All that is known of a base from `pretrain`: the content of pretrained.json and of its card."""

    size: str
    base: str  # where its weights came from, "" where they were random
    parameters: int
    vocabulary: int
    corpus: list[str]  # names of its shards
    corpus_digest: str
    about: str  # the corpus in a few words
    licence: str  # of the corpus
    posts: int  # in training
    held_out_posts: int
    tokens: int  # processed in training, padding and repetitions included
    curve: tuple[CurvePoint, ...]
    samples: tuple[str, ...]  # not picked
    languages: tuple[str, ...] = ()  # of most posts, ISO 639-1
    seconds: float  # of all training steps
    environment: dict[str, str]
    created_at: datetime
    version: str  # of huggingtweets
    model_digest: str  # of the file of its weights
