"""The nouns: every type that crosses a room's border, frozen and free of I/O.

location -> Timeline -> Dataset -> FinetunedModel -> Record (what run.json, card and pictures show)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from .results import Metric

PROMPT = "My dream is"  # the beginning of the samples on every card, since 2020


class Stage(StrEnum):
    """The stages of a job, as the watcher, the clock, the record and the tracker name them."""

    READ = "read"
    PREPROCESS = "preprocess"
    TRAIN = "train"
    EVALUATE = "evaluate"
    REPORT = "report"
    PUBLISH = "publish"


class PostKind(StrEnum):
    """What a post is to the posts of other people."""

    ORIGINAL = "original"
    REPLY = "reply"  # answers a post, of somebody else or of the author (a thread)
    QUOTE = "quote"  # shows somebody else's post below the author's own words
    REPOST = "repost"  # somebody else's words; never learnt from


class Visibility(StrEnum):
    """Who could read a post where it was published. Anything narrower is never read at all."""

    PUBLIC = "public"
    UNLISTED = "unlisted"  # readable by everyone, left out of public listings


class Reason(StrEnum):
    """Why a post was not kept. Every dropped post is counted under exactly one reason."""

    REPOST = "repost"  # somebody else's words
    REPLY = "reply"  # only when replies are not wanted
    DATE = "date"  # only when some days are asked for
    LANGUAGE = "language"  # only when one language is asked for
    SHORT = "short"  # fewer than three words that are not links, mentions or hashtags
    DUPLICATE = "duplicate"  # the same text as an earlier kept post
    NEAR_DUPLICATE = "near-duplicate"  # nearly the same text as an earlier kept post


class Account(Struct, frozen=True, kw_only=True):
    """A person as one place shows them. `avatar` is an image file's bytes, as found."""

    handle: str  # without a leading @
    name: str
    source: str  # name of the source that read it, for example "x_archive"
    bio: str = ""
    url: str = ""
    avatar: bytes | None = None


class Post(Struct, frozen=True, kw_only=True, gc=False):
    """One public post. `text` is what the person typed, links expanded, entities decoded."""

    id: str
    author: str  # handle
    text: str
    created_at: datetime | None = None  # UTC
    kind: PostKind = PostKind.ORIGINAL
    reply_to: str | None = None  # id of the post answered
    lang: str | None = None  # BCP 47, as the place names it
    url: str = ""
    visibility: Visibility = Visibility.PUBLIC


@dataclass(frozen=True)
class Timeline:
    """What every source yields. `posts` can be walked once; memory does not grow with it."""

    account: Account
    posts: Iterable[Post]
    digest: str = ""  # sha256 of the file that was read, "" where there is none
    expected: int | None = None  # how many posts the place announces, for progress only


class Funnel(Struct, frozen=True, kw_only=True):
    """How many posts came in, how many each reason took out, how many were kept."""

    read: int
    dropped: dict[Reason, int]
    kept: int

    def __post_init__(self) -> None:
        if self.read != self.kept + sum(self.dropped.values()):
            raise ValueError(f"funnel does not add up: {self}")


class Author(Struct, frozen=True, kw_only=True):
    """One person's part in a dataset. `characters` counts the kept text."""

    account: Account
    funnel: Funnel
    characters: int
    train: int  # posts
    held_out: int  # posts
    language: str = ""  # of most kept posts, ISO 639-1
    input_digest: str = ""


class Dataset(Struct, frozen=True, kw_only=True):
    """Training and held-out posts of one or more authors; `digest` is over their texts and order."""

    train: tuple[Post, ...]
    held_out: tuple[Post, ...]
    authors: tuple[Author, ...]
    split_by: str  # "time", or "position" where dates are missing
    digest: str


class Sampling(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How text is drawn from a model. The defaults are those of 2020."""

    temperature: Annotated[float, Meta(gt=0, le=10)] = 1.0  # below 1 safer, above 1 wilder
    top_p: Annotated[float, Meta(gt=0, le=1)] = 0.95  # draw from the likeliest tokens that sum to this
    max_new_tokens: Annotated[int, Meta(ge=1)] = 160


class Recipe(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is trained and how: one TOML file in recipes/. Any field can be set with --set key=value."""

    name: str
    base: str  # "starter" (ships with the package), a folder, or a Hub id
    summary: str = ""  # one line for people who choose
    method: Literal["full", "lora", "ngram"] = "full"  # which weights move; "ngram" has none and only counts
    lora_rank: Annotated[int, Meta(ge=1)] = 16  # of the small matrices beside each layer
    lora_alpha: Annotated[int, Meta(ge=1)] = 32  # they count alpha / rank
    merge_adapter: bool = False  # whether LoRA ends in a whole model instead of an adapter beside its base
    epochs: Annotated[int, Meta(ge=1)] = 4  # passes over the training posts
    learning_rate: Annotated[float, Meta(gt=0, le=1)] = 1e-3  # the highest one of the cosine
    warmup: Annotated[float, Meta(ge=0, le=1)] = 0.0  # share of the steps in which it rises from 0
    cooldown: Annotated[float, Meta(ge=0, le=1)] = 0.0  # share in which it falls to 0; 0: all, by a cosine
    optimizer: Literal["adamw", "muon"] = "adamw"  # "muon" moves the matrices of layers, AdamW the rest
    matrix_rate: Annotated[float, Meta(gt=0, le=1)] = 0.02  # the highest learning rate of Muon
    weight_decay: Annotated[float, Meta(ge=0)] = 0.0  # of matrices; AdamW's
    beta1: Annotated[float, Meta(ge=0, lt=1)] = 0.9  # AdamW
    beta2: Annotated[float, Meta(ge=0, lt=1)] = 0.999  # AdamW
    dropout: Annotated[float, Meta(ge=0, lt=1)] = 0.0  # of attention, residuals, embeddings, adapters
    batch_tokens: Annotated[int, Meta(ge=1)] = 1024  # at most so many in one optimizer step, padding too
    gradient_clip: Annotated[float, Meta(gt=0)] = 1.0  # highest norm
    evaluations: Annotated[int, Meta(ge=1)] = 8  # on held-out posts, spread over the run
    patience: Annotated[int, Meta(ge=1)] = 2  # evaluations without progress after which training stops
    mix: dict[str, float] = {}  # how much of each person a model of several hears; empty: the same of each
    speakers: bool = False  # whether a model of several people knows who speaks; "full" only
    seed: Annotated[int, Meta(ge=0)] = 0
    sampling: Sampling = Sampling()

    def __post_init__(self) -> None:
        if self.speakers and self.method != "full":
            raise ValueError(f"speakers need method full, where their tokens can learn, not {self.method}")


NO_BASE = "none"  # the base of what learns from nothing but the posts


class Base(Struct, frozen=True, kw_only=True):
    """The pretrained model a run started from."""

    name: str  # "starter", a Hub id, a folder's name, or NO_BASE
    digest: str  # sha256 of its weights
    revision: str = ""  # the Hub's commit, "" for local ones
    parameters: int = 0
    architecture: str = ""
    origin: str = ""  # where its files came from, where the name does not say it
    precision: str = ""  # of its weights, where it is not that of the publisher
    licence: str = ""  # SPDX, "" where it is not known


class CurvePoint(Struct, frozen=True, kw_only=True):
    """One evaluation during training."""

    step: int
    epoch: float
    bits_per_byte: float  # held out
    train_loss: float | None = None  # nats a token, mean since the last point
    copied: float | None = None  # share of samples that copy a training post, where it was counted


@dataclass(frozen=True)
class FinetunedModel:
    """A trained model on disk, in the form that transformers loads."""

    folder: Path
    base: Base
    step: int
    curve: tuple[CurvePoint, ...]
    digest: str  # sha256 of the file of its weights
    stopped: str = ""  # why training ended before its time


class Sample(Struct, frozen=True, kw_only=True):
    """A generated post, prompt included, as it came: nothing is picked."""

    prompt: str
    text: str


class TrainingResult(Struct, frozen=True, kw_only=True):
    """What is known of a model when its training ends, before any evaluation."""

    metrics: tuple[Metric, ...]
    samples: tuple[Sample, ...] = ()


class Tracked(Struct, frozen=True, kw_only=True):
    """Where the record of each step can be explored."""

    tracker: str  # "trackio", "wandb" or "none"
    project: str = ""
    url: str = ""
    command: str = ""  # the command that opens it, where it is local
    artifacts: dict[str, str] = field(
        default_factory=dict
    )  # artifact -> version, "train-dataset" -> "name:v0"


class Permission(Struct, frozen=True, kw_only=True):
    """By what right somebody's model is published, as the one who publishes it says."""

    kind: Literal["author", "given", "public-figure"]
    words: str = ""  # of a given one: who gave it, when, how


class Preparation(Struct, frozen=True, kw_only=True):
    """How posts became a dataset, so that it can be done again; no path and no address of a server."""

    read_at: datetime  # when the posts were read
    held_out: float  # share of each person's posts
    rules: dict[str, bool | str | None]  # of cleaning
    source: str | None = None  # asked for; None where it was found out by looking
    handle: str | None = None  # asked for, and so on
    name: str | None = None
    text_column: str | None = None


class Parent(Struct, frozen=True, kw_only=True):
    """A trained model that another was merged from."""

    name: str
    digest: str  # of the file of its weights
    weight: float  # its share of the mean, all together 1


class Record(Struct, frozen=True, kw_only=True):
    """All that is known of one model: the content of run.json, and all that card and pictures show."""

    name: str  # the model's name, "handle" or "a + b"
    created_at: datetime
    version: str  # of huggingtweets
    recipe: Recipe
    base: Base
    authors: tuple[Author, ...]  # without avatars
    split_by: str
    dataset_digest: str
    model_digest: str
    curve: tuple[CurvePoint, ...]
    result: TrainingResult = field(name="report")  # as files made earlier call it
    seconds: dict[str, float]  # per stage
    environment: dict[str, str]  # versions, hardware
    tracked: Tracked
    stopped: str = ""  # why training ended before its time
    merged_from: tuple[Parent, ...] = ()  # of a mean of trained models, which was not trained itself
    prepared: Preparation | None = None  # None for merged models, and for those made before it was recorded


class Pretrained(Struct, frozen=True, kw_only=True):
    """All that is known of a base that was made here: the content of pretrained.json, and of its card."""

    size: str
    base: str  # what its weights were before, "" where they were random
    parameters: int
    vocabulary: int
    corpus: list[str]  # names of its shards
    corpus_digest: str
    about: str  # the corpus in a few words, as whoever made the base said
    licence: str  # of the corpus
    posts: int  # learnt from
    held_out_posts: int
    tokens: int  # seen in training, padding counted, those seen again counted again
    curve: tuple[CurvePoint, ...]
    samples: tuple[str, ...]  # as they came
    seconds: float  # that all training steps took
    environment: dict[str, str]
    created_at: datetime
    version: str  # of huggingtweets
    model_digest: str  # of the file of its weights
