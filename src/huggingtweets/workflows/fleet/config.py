"""What `fleet` is asked for, what it knows of each author, and how an author ends."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from ...cleaning import CleaningRules
from ...types import Recipe

EVERYBODY = "_everybody"  # the name of the model of all authors; no author's name begins with "_"
_NO_NAME = r"\s\x00-*,/:-@[-^`{-\x7f"  # of ASCII only letters, digits and _+-. are in a name
Name = Annotated[
    str, Meta(pattern=rf"^[^{_NO_NAME}.][^{_NO_NAME}]*\Z")
]  # as `folder_name` makes them: no path of a strange store


class State(StrEnum):
    """The state of one author."""

    WAITING = "waiting"
    TRAINING = "training"
    DONE = "done"  # the model folder is whole
    FAILED = "failed"  # no model can be made; not tried again unless asked for


class FleetConfig(Struct, frozen=True, kw_only=True):
    """All settings of `fleet`."""

    authors: Path  # a table of authors, a folder of archives, or one table with the posts of many
    store: str  # a folder, or an address of fsspec
    recipe: Recipe  # of those authors that have none of their own
    rules: CleaningRules = CleaningRules()
    held_out: float = 0.1  # share of each author's posts, the latest
    one_model: bool = False  # whether all authors share one model, in which each has a token
    evaluate: bool = True  # whether all questions of the evaluation are asked of each model
    executor: str = "local"  # "local": processes on this machine; "ray"
    address: str | None = None  # of a Ray cluster; None: one is made on this machine
    workers: int | None = None  # authors at a time; None: one for each core or each share of a GPU
    gpus_per_author: float = 0.0  # of a GPU, on Ray
    tracker: str = "trackio"  # records one run for the whole fleet
    lease_seconds: float = 120.0  # after which the work of a worker that is not heard of is taken over
    attempts: int = 5  # workers that may die on one author before the author counts as failed


class Job(Struct, frozen=True, kw_only=True):
    """What all authors of a store share. A store holds one fleet: other settings need another store."""

    recipe: Recipe
    rules: CleaningRules
    held_out: float
    evaluate: bool
    one_model: bool = False
    source_digest: str  # of the file with the authors, "" for a folder
    base_digest: str = ""  # of a base of the user's own, "" for any other and where an earlier version began


class AuthorRequest(Struct, frozen=True, kw_only=True):
    """One author of a fleet, as the user gave them."""

    name: Name  # of the model folder and of the author's files in the store
    locations: tuple[str, ...] = ()  # empty: the rows that the store holds
    handle: str | None = None  # as the option --handle of `train`
    person: str | None = None  # the display name, as the option --name
    recipe: Recipe | None = None  # None: that of the fleet
    weight: float = 1.0  # authors of a larger weight come first
    permission: str = ""  # who gave it, when and how, for the table of results


class Outcome(Struct, frozen=True, kw_only=True):
    """How an author ended: a row of the results. Bits per byte are those of held-out posts."""

    name: Name
    state: State
    reason: str = ""  # of failure
    handle: str = ""
    recipe: str = ""
    posts: int = 0  # learnt from
    held_out: int = 0
    bits_per_byte: float | None = None
    base_bits_per_byte: float | None = None  # before training
    copied: float | None = None  # share of generated posts that copy a training post
    invented: float | None = None  # share of generated words in no word list
    seconds: float = 0.0  # that the training took, evaluation included
    permission: str = ""
    ended_at: datetime | None = None
    worker: str = ""
    input_bytes: int = 0  # of the files with the posts, by which it is noticed that they change; 0: not known
    files: dict[str, str] = {}  # of the model folder -> sha256
    members: tuple[Outcome, ...] = ()  # of the one model of all authors: how each of them ended


class Counts(Struct, frozen=True, kw_only=True):
    """The number of authors in each state."""

    authors: int
    done: int
    failed: int
    training: int  # somebody holds a lease now
    waiting: int


class FleetStatus(Struct, frozen=True, kw_only=True):
    """What a store says of its fleet."""

    store: str
    counts: Counts
    failed: dict[str, str]  # name -> reason
    damaged: tuple[str, ...] = ()  # done, and yet the model folder is not what was written
    changed: tuple[str, ...] = ()  # ended, and the files with their posts have changed since
