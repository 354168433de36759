"""One model of all authors of a fleet, each with a token of their own; trained in the driver's process.

Lease, checkpoint and outcome are those of an author, under a name that no author can have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from ... import models
from ...errors import HuggingtweetsError, UserError
from ...progress import Silence, Watcher
from ...results import bits_per_byte
from ...text.counting import counted
from ...tracking import RecordedWatcher, Run
from ...types import Dataset, Recipe
from ..data import AuthorPosts, DataConfig, most_posts, posts_of, read
from ..train import TrainConfig, train
from . import leases
from .authors import input_bytes
from .config import EVERYBODY, AuthorRequest, Job, Outcome, State
from .leases import Lease
from .store import Store
from .worker import CHECKPOINT_SECONDS, Assignment, AuthorWorker, data_config, done, reason, upload

FEWEST = 2  # posts of an author: one to learn from, and one held out


def train_one_model(
    store: Store,
    job: Job,
    requests: Sequence[AuthorRequest],
    lease_seconds: float,
    watcher: Watcher,
    run: Run,
) -> None:
    """Train the model of all authors, unless it was trained before.

    Raises:
        UserError: another process trains it.
        KeyboardInterrupt: somebody asked to stop; the training is kept in the store.
    """
    worker = _OneModelWorker(store.address, job, lease_seconds, requests=requests, watcher=watcher, run=run)
    if not worker(Assignment(request=AuthorRequest(name=EVERYBODY), owner=leases.new_owner())):
        raise UserError(f"{store.shown}: another process trains this model; see huggingtweets fleet status")


@dataclass(frozen=True, kw_only=True)
class _OneModelWorker(AuthorWorker):
    """Trains one model of several authors."""

    requests: Sequence[AuthorRequest]
    watcher: Watcher
    run: Run

    def _make(self, store: Store, request: AuthorRequest, lease: Lease, folder: Path) -> Outcome:
        members, authors = self._read(store, folder)
        config = TrainConfig(
            data=DataConfig(locations=(), rules=self.job.rules, held_out=self.job.held_out),
            recipe=self.job.recipe,
            out=folder / "model",
            tracker="none",
            evaluate=self.job.evaluate,
            checkpoint_seconds=CHECKPOINT_SECONDS,
            checkpoint_folder=folder / "checkpoint",
            name=Path(store.address).name,
        )
        model = train(config, _LeasedWatcher(self.watcher, self.run, lease.check), authors)
        lease.check()
        held_out_bits = _held_out_bits(posts_of(model), model.path, self.job.recipe)
        outcome = done(request, model, upload(store, request.name, model.path, lease.check))
        author_by_handle = {author.account.handle: author for author in model.record.authors}

        def completed(member: Outcome) -> Outcome:
            author, bits = author_by_handle[member.handle], held_out_bits[member.handle]
            return replace(
                member,
                recipe=self.job.recipe.name,
                posts=author.train,
                held_out=author.held_out,
                bits_per_byte=bits.model,
                base_bits_per_byte=bits.base,
            )

        ended = (each if each.state is State.FAILED else completed(each) for each in members)
        return replace(outcome, handle="", members=tuple(ended))

    def _failed(self, request: AuthorRequest, why: str) -> Outcome:
        members = tuple(_member(each, State.FAILED, why) for each in self.requests)
        return replace(super()._failed(request, why), members=members)

    def _read(self, store: Store, folder: Path) -> tuple[list[Outcome], list[AuthorPosts]]:
        """What became of each author, and the posts of those that can be used, as many as training needs."""
        members: list[Outcome] = []
        posts: dict[str, AuthorPosts] = {}
        self.watcher.stage("read", counted(len(self.requests), "author"))
        for number, request in enumerate(self.requests, start=1):
            try:
                author = self._read_one(store, request, folder, posts)
            except HuggingtweetsError as error:
                members.append(_member(request, State.FAILED, reason(error)))
            else:
                handle = author.account.handle
                posts[handle.casefold()] = author
                members.append(replace(_member(request, State.DONE), handle=handle))
            self.watcher.read(number, len(self.requests))
        return members, list(posts.values())

    def _read_one(
        self, store: Store, request: AuthorRequest, folder: Path, others: dict[str, AuthorPosts]
    ) -> AuthorPosts:
        config = data_config(store, request, self.job, folder)
        [author, *_] = read(config, Silence(), 0, most=most_posts(self.job.recipe, self.job.held_out))
        if len(author.cleaned.posts) < FEWEST:
            raise UserError(
                f"{len(author.cleaned.posts)} posts are left to learn from; at least {FEWEST} are needed"
            )
        if author.account.handle.casefold() in others:
            raise UserError(
                f"@{author.account.handle} is another author, too; give both the same handle in a table"
            )
        return author


class _LeasedWatcher(RecordedWatcher):
    """Tells another watcher and the tracker; stops a training whose lease is lost."""

    def __init__(self, watcher: Watcher, run: Run, check: Callable[[], None]) -> None:
        super().__init__(watcher, run)
        self._check = check

    def stepped(self, step: int, steps: int, loss: float, tokens_per_second: float) -> None:
        """Check the lease, and tell."""
        self._check()
        super().stepped(step, steps, loss, tokens_per_second)


def _member(request: AuthorRequest, state: State, why: str = "") -> Outcome:
    return Outcome(
        name=request.name,
        state=state,
        reason=why,
        handle=request.handle or "",
        permission=request.permission,
        input_bytes=input_bytes(request),
    )


class _Bits(NamedTuple):
    """Bits per byte of an author's held-out posts."""

    model: float
    base: float | None  # None: the model was trained from none


def _held_out_bits(data: Dataset, folder: Path, recipe: Recipe) -> dict[str, _Bits]:
    """What the model and its base need for each author's held-out posts, by handle."""
    texts, authors = [post.text for post in data.held_out], [post.author for post in data.held_out]
    bits = models.load(folder).bits(texts, authors)
    base = models.load_base(recipe)
    base_bits = base.bits(texts) if base else []
    places: dict[str, list[int]] = defaultdict(list)
    for place, author in enumerate(authors):
        places[author].append(place)

    def of(all_bits: Sequence[float], own: Sequence[int]) -> float:
        return bits_per_byte([all_bits[place] for place in own], [texts[place] for place in own])

    return {
        author: _Bits(of(bits, own), of(base_bits, own) if base_bits else None)
        for author, own in places.items()
    }
