"""The nouns: types that several packages share, frozen and free of I/O.

location -> Timeline -> Dataset -> FinetunedModel -> Record (the content of run.json)
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field, to_builtins

from .results import Metric

MAX_SEED = 2**63 - 1  # the largest that every random number generator takes
PROMPT = "My dream is"  # the first prompt of the samples where posts are English, since 2020
NO_BASE = "none"  # the name of the base of a model that has none
MOST_RUNS = 8  # whose weights are averaged; more gain little, as the variance of a mean falls with 1/n
OF_NGRAM = {"name", "summary", "method", "seed", "sampling"}  # fields of a recipe without training
OF_LORA, OF_MUON = {"lora_rank", "lora_alpha", "merge_adapter", "adapter_only"}, {"matrix_rate"}  # of each


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
    UNLISTED = "unlisted"  # left out of public listings; also chats and mail, whose owner gave them


class Reason(StrEnum):
    """Why a post was not kept. Every dropped post is counted under exactly one reason."""

    REPOST = "repost"  # somebody else's words
    REPLY = "reply"  # only when replies are not wanted
    EXCLUDED = "excluded"  # only when posts are taken out by hand
    DATE = "date"  # only when some days are asked for
    LANGUAGE = "language"  # only when one language is asked for
    SHORT = "short"  # fewer than three words that are not links, mentions or hashtags
    DUPLICATE = "duplicate"  # the same text as an earlier kept post
    NEAR_DUPLICATE = "near-duplicate"  # nearly the same text as an earlier kept post
    SAMPLED = "sampled"  # only when a recipe takes so many posts of each author


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


class Timeline(Struct, frozen=True):
    """What every source yields. `posts` can be walked once; memory does not grow with it."""

    account: Account
    posts: Iterable[Post]
    digest: str = ""  # sha256 of the file that was read, "" where there is none
    expected: int | None = None  # how many posts the place announces, for progress only
    handle_is_id: bool = False  # whether the place says so: then its digits are no number to call


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
    split_by: str  # "time", or "position" where dates are missing or all the same
    digest: str


class Sampling(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How text is sampled. Above 1, `repetition_penalty` lowers the tokens that a text already has."""

    temperature: Annotated[float, Meta(gt=0, le=10)] = 1.0  # below 1 safer, above 1 wilder
    top_p: Annotated[float, Meta(gt=0, le=1)] = 0.95  # sample from the likeliest tokens that sum to this
    max_new_tokens: Annotated[int, Meta(ge=1, le=1_000_000)] = 160
    repetition_penalty: Annotated[float, Meta(gt=0, le=10)] | UnsetType = UNSET  # not of n-gram models


class Recipe(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is trained and how: one TOML file in recipes/. Any field can be set with --set key=value."""

    name: str
    base: str  # as `bases.locate` takes it: "starter", a named base, a folder, a GGUF file, a Hub id
    summary: str = ""  # one line, shown where recipes are listed
    method: Literal["full", "lora", "ngram"] = "full"  # which weights are trained; "ngram" has none
    lora_rank: Annotated[int, Meta(ge=1, le=65_536)] = 16  # rank of the LoRA matrices
    lora_alpha: Annotated[int, Meta(ge=1)] = 32  # LoRA's update is scaled by lora_alpha / lora_rank
    adapter_only: bool | UnsetType = UNSET  # save the adapter alone beside a named base, too
    merge_adapter: bool = False  # save the base with LoRA merged into it, not the adapter alone
    frozen_layers: Annotated[int, Meta(ge=1)] | UnsetType = UNSET  # lower layers that keep their weights
    epochs: Annotated[int, Meta(ge=1, le=10_000)] = 4  # passes over the training posts
    learning_rate: Annotated[float, Meta(gt=0, le=1)] = 1e-3  # peak of the schedule
    learning_rate_steps: Annotated[int, Meta(ge=1)] | UnsetType = UNSET  # longer: peak * sqrt(this / steps)
    warmup: Annotated[float, Meta(ge=0, le=1)] = 0.0  # share of the steps in which it rises linearly from 0
    cooldown: Annotated[float, Meta(ge=0, le=1)] = 0.0  # share in which it falls linearly to 0; 0: cosine
    optimizer: Literal["adamw", "muon"] = "adamw"  # "muon": Muon for the layers' matrices, AdamW for the rest
    matrix_rate: Annotated[float, Meta(gt=0, le=1)] = 0.02  # peak learning rate of Muon
    weight_decay: Annotated[float, Meta(ge=0)] = 0.0  # of matrices, decoupled
    beta1: Annotated[float, Meta(ge=0, lt=1)] = 0.9  # AdamW
    beta2: Annotated[float, Meta(ge=0, lt=1)] = 0.999  # AdamW
    dropout: Annotated[float, Meta(ge=0, lt=1)] = 0.0  # of attention, residuals, embeddings, adapters
    batch_tokens: Annotated[int, Meta(ge=1)] = 1024  # most tokens of one optimizer step, padding included
    gradient_clip: Annotated[float, Meta(gt=0)] = 1.0  # largest norm of the gradient
    evaluations: Annotated[int, Meta(ge=1, le=10_000)] = 8  # of the held-out posts, evenly spread
    patience: Annotated[int, Meta(ge=1)] = 2  # evaluations without a better one after which training stops
    averaged_steps: Annotated[int, Meta(ge=1)] | UnsetType = UNSET  # of several runs together; see `runs`
    sampled_tokens: Annotated[int, Meta(ge=1)] | UnsetType = UNSET  # of those that no post has, in a softmax
    opening: str | UnsetType = UNSET  # text between the BOS token and each post
    mix: dict[str, float] = {}  # weight of each author by handle; empty: equal weights
    author_posts: Annotated[int, Meta(ge=1)] | UnsetType = UNSET  # most posts of one author in an epoch
    speakers: bool = False  # a token for each author; needs method "full"
    tuned_on: tuple[str, ...] | UnsetType = UNSET  # digests of the posts by which a sweep chose settings
    seed: Annotated[int, Meta(ge=0, le=MAX_SEED)] = 0
    sampling: Sampling = Sampling()

    def __post_init__(self) -> None:
        for name in ("speakers", "frozen_layers", "sampled_tokens"):
            if getattr(self, name) and self.method != "full":
                raise ValueError(f"{name}: expected method full, not {self.method}")

    def runs(self, steps: int) -> int:
        """How many runs of `steps` each, in other orders, `averaged_steps` allow; weights are averaged."""
        return max(1, min(MOST_RUNS, (self.averaged_steps or 0) // steps))

    def fields_in_use(self) -> dict[str, Any]:
        """The fields that mean something with this method, as plain values."""
        fields: dict[str, Any] = to_builtins(self)
        unused = {*(() if self.method == "lora" else OF_LORA), *(() if self.optimizer == "muon" else OF_MUON)}
        unused |= fields.keys() - OF_NGRAM if self.method == "ngram" else set()
        return {name: value for name, value in fields.items() if name not in unused}


class Base(Struct, frozen=True, kw_only=True):
    """The pretrained model that training started from."""

    name: str  # as users name it: a named base ("smollm2-135m"), a Hub id, a folder's name, or NO_BASE
    digest: str  # sha256 of its weights
    revision: str = ""  # the Hub's commit, "" for local ones
    parameters: int = 0
    architecture: str = ""
    origin: str = ""  # where its files came from, where the name does not say it
    made_from: str = ""  # the model of the Hub that its files were made from, where they came another way
    precision: str = ""  # of its weights, where it is not that of the publisher
    licence: str = ""  # SPDX, "" where it is not known
    languages: tuple[str, ...] = ()  # that it was trained on, ISO 639-1; "many" for more than ten
    dtype: str = "float32"  # of the weights of models that are trained from it
    ancestors: tuple[str, ...] = ()  # digests of the models and posts that it was made of, if it was itself


class CurvePoint(Struct, frozen=True, kw_only=True):
    """One evaluation during training."""

    step: int
    epoch: float
    bits_per_byte: float  # held out
    train_loss: float | None = None  # nats a token, mean since the last point
    copied: float | None = None  # share of samples that copy a training post, where it was counted
    counted: int | UnsetType = UNSET  # samples behind that share; 1.0.0 did not say it


class Sample(Struct, frozen=True, kw_only=True):
    """A generated post, prompt included. Samples are never picked."""

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
    artifacts: dict[str, str] = field(default_factory=dict)  # "train-dataset" -> "name:v0"


class Permission(Struct, frozen=True, kw_only=True):
    """The right by which a model is published, as its publisher states it."""

    kind: Literal["author", "given", "public-figure"]
    words: str = ""  # for "given": who gave it, when and how


class Preparation(Struct, frozen=True, kw_only=True):
    """How posts became a dataset, to repeat it. It holds no path and no address of a server."""

    read_at: datetime  # when the posts were read
    held_out: float  # share of each person's posts
    rules: dict[str, bool | str | None]  # of cleaning
    source: str | None = None  # as the user gave it; None: recognised by looking
    handle: str | None = None  # as the user gave it, like the fields below
    name: str | None = None
    text_column: str | None = None
    one_author: bool = False
    encoding: str | None = None
    same_person: bool = False  # whether all places were those of one person


class Parent(Struct, frozen=True, kw_only=True):
    """One of the models that a merged model is made of."""

    name: str
    digest: str  # of the file of its weights
    weight: float  # in the weighted mean; all weights sum to 1


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
    result: TrainingResult = field(name="report")  # run.json calls it report
    seconds: dict[str, float]  # per stage
    environment: dict[str, str]  # versions, hardware
    tracked: Tracked
    stopped: str = ""  # why training stopped early, "" where it did not
    merged_from: tuple[Parent, ...] = ()  # parents of a merged model, which was not trained itself
    prepared: Preparation | None = None  # None: a merged model, or one of an earlier version
