"""Models of many people: one job for all authors of a list, on this machine or on a Ray cluster.

authors -> the store -> workers that train one author each, as `train` does -> a table of results and its page

Truth lies in the store alone. Driver and workers may die at any moment; the same call goes on.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from msgspec.structs import replace

from ... import tracking
from ...bases import own_weights
from ...errors import OutputExists, RecipeError, StoreUnavailable, UserError
from ...files import sha256
from ...progress import Silence, Watcher
from ...signals import first_signal_noted
from ...text.counting import counted
from ...tracking import Run
from ...types import Recipe, Stage
from .._executors import open_executor, require_executor
from .._executors.interface import Executor
from .._trainable import require_trainable
from . import records
from .authors import is_table_of_authors, read_folder, read_table, require_authors, with_earlier_names
from .config import AuthorRequest, Counts, FleetConfig, FleetStatus, Job, Outcome, State
from .driver import Driver
from .one_model import train_one_model
from .parts import split_table
from .results import FleetResults, write_results
from .store import Store
from .worker import AuthorWorker

__all__ = [
    "Counts",
    "FleetConfig",
    "FleetResults",
    "FleetStatus",
    "Outcome",
    "State",
    "fleet",
    "fleet_results",
    "fleet_retry",
    "fleet_status",
    "require_executor",
]

MOST_NAMED = 5  # authors in a line
AUTHOR_POSTS = 200  # of each author in an epoch of one model, where the recipe does not say


def fleet(config: FleetConfig, watcher: Watcher | None = None) -> FleetResults:
    """Train a model for each author that has not ended yet, or one of all, and write the table of results.

    Args:
        config: all settings.
        watcher: told of each stage, and of progress.

    Raises:
        UserError: something in `config` cannot be used, or the store fails.
        KeyboardInterrupt: somebody asked to stop; what was being trained has ended, the rest waits.
    """
    watcher = watcher or Silence()
    tracker = tracking.open_tracker(config.tracker)
    _check(config)
    if config.executor == "local":  # other machines may have other bases
        require_trainable(config.recipe, watcher)
    store, job = Store(config.store), _job(config)
    requests = _register(config.authors, job, store, watcher)
    name = f"fleet {Path(config.store).name}"
    settings = {"authors": len(requests), "recipe": config.recipe.name, "executor": config.executor}
    tracked = tracker.run(Stage.TRAIN, group=name, config=settings)
    if not config.one_model:
        return _train_each(config, store, job, requests, watcher, tracked)
    _note_changed(store, records.changed(requests, records.load_outcomes(store)), watcher)
    with tracked as run:
        train_one_model(store, job, requests, config.lease_seconds, watcher, run)
    return write_results(store)


def _train_each(
    config: FleetConfig,
    store: Store,
    job: Job,
    requests: Sequence[AuthorRequest],
    watcher: Watcher,
    tracked: AbstractContextManager[Run],
) -> FleetResults:
    """Train a model for each author, in several processes."""
    with first_signal_noted() as stop, tracked as run:
        outcomes = records.load_outcomes(store)
        ended = {r.name: outcomes[r.name] for r in requests if r.name in outcomes}
        watcher.stage("fleet", f"{counted(len(requests), 'author')}, {len(ended):,} ended before")
        _note_changed(store, records.changed(requests, outcomes), watcher)
        with _executor(config, store, job) as executor:
            driver = Driver(
                store=store,
                executor=executor,
                watcher=watcher,
                run=run,
                lease_seconds=config.lease_seconds,
                attempts=config.attempts,
                total=len(requests),
                ended=ended,
            )
            driver.hand_out(sorted(requests, key=lambda request: -request.weight), stop)
        results = write_results(store)
    if stop.number:
        raise KeyboardInterrupt(stop.number)
    return results


def _note_changed(store: Store, names: Sequence[str], watcher: Watcher) -> None:
    if names:
        first = ", ".join(names[:MOST_NAMED]) + (", …" if len(names) > MOST_NAMED else "")
        watcher.note(
            f"{counted(len(names), 'author')} ended with other posts than there are now ({first}); to train "
            f"again: huggingtweets fleet retry {shlex.quote(store.shown)}, then this command"
        )


def fleet_status(store: str, *, check: bool = False) -> FleetStatus:
    """How far the fleet of a store is; without `check` nothing but the store is looked at.

    Args:
        store: a folder, or an address of fsspec.
        check: whether every model is read, to find those that are not what was written, and authors whose
            files have changed since they ended.

    Raises:
        ModelError: the store holds no fleet.
    """
    return records.status(Store(store), check=check)


def fleet_retry(store: str, names: Sequence[str] = ()) -> tuple[str, ...]:
    """Let the next `fleet` train authors that failed, whose model is damaged, or whose files have changed.

    Args:
        store: a folder, or an address of fsspec.
        names: of the authors; empty: all that failed, are damaged or have changed.

    Returns:
        The names.

    Raises:
        UserError: an author did not end, or there is none of this name.
    """
    opened = Store(store)
    status = records.status(opened, check=True)
    candidates = {*status.failed, *status.damaged, *status.changed}
    unknown = [name for name in names if name not in candidates]
    if unknown:
        raise UserError(
            f"{', '.join(unknown)}: neither failed nor damaged, with the same posts as before; see "
            f"huggingtweets fleet status {shlex.quote(opened.shown)} --check"
        )
    to_try = tuple(names) or tuple(sorted(candidates))
    for name in to_try:
        records.forget_outcome(opened, name)
    return to_try


def fleet_results(store: str) -> FleetResults:
    """Write the table of results and its page anew, and return the rows.

    Raises:
        ModelError: the store holds no fleet.
    """
    return write_results(Store(store))


def _check(config: FleetConfig) -> None:
    """Refuse what cannot work, before anything is done.

    Raises:
        UserError: there are no authors, or there is no such executor, or not for one model.
        RecipeError: one model of all authors cannot be trained by this method.
        OutputExists: the store would be the folder of the authors.
        StoreUnavailable: other processes cannot reach the store.
    """
    require_authors(config.authors)
    if config.one_model and config.executor != "local":
        raise UserError(f"--on {config.executor}: one model is trained by one process; leave --on out")
    require_executor(config.executor, address=config.address, gpus=config.gpus_per_author)
    if config.one_model and config.workers:
        raise UserError(f"--workers {config.workers}: one model is trained by one process; leave this out")
    if config.one_model and config.recipe.method != "full":
        raise RecipeError(
            f"--one-model needs a recipe with method full, not {config.recipe.method}: each author has a "
            "token that has to learn"
        )
    if config.authors.is_dir() and Path(config.store).resolve() == config.authors.resolve():
        raise OutputExists(
            f"--out {config.store} is the folder of the authors, and what is written there would be taken "
            "for more of them; choose another"
        )
    if config.store.startswith("memory:"):
        raise StoreUnavailable(f"--out {config.store}: other processes do not see it; give a folder")


def _job(config: FleetConfig) -> Job:
    """What all authors share."""
    is_list = config.authors.is_dir() or is_table_of_authors(config.authors)
    return Job(
        recipe=_recipe_of_all(config.recipe) if config.one_model else config.recipe,
        rules=config.rules,
        held_out=config.held_out,
        evaluate=config.evaluate,
        one_model=config.one_model,
        source_digest="" if is_list else sha256(config.authors),
        base_digest=own_weights(config.recipe.base),
    )


def _recipe_of_all(recipe: Recipe) -> Recipe:
    """The recipe of one model: a token for each author, and a number of posts of each in an epoch."""
    return replace(recipe, speakers=True, author_posts=recipe.author_posts or AUTHOR_POSTS)


def _register(path: Path, job: Job, store: Store, watcher: Watcher) -> list[AuthorRequest]:
    """The authors, as the store has them from now on; one large table is split once.

    Raises:
        OutputExists: the store holds a fleet with other settings.
        LocationError: there are no authors.
    """
    is_known = records.require_same(store, job)
    if path.is_dir():
        requests = read_folder(path)
    elif not job.source_digest:
        requests = read_table(path)
    elif is_known:
        return records.load_authors(store)
    else:
        watcher.stage("read", str(path))
        requests = split_table(path, store, watcher)
    if not job.source_digest and records.load_job(store):
        requests = with_earlier_names(requests, records.load_authors(store))
    if job.one_model:
        _require_one_recipe(requests)
    if job.one_model and is_known:
        records.require_same_authors(store, requests)
    records.save_fleet(store, job, requests)
    return requests


def _require_one_recipe(requests: Sequence[AuthorRequest]) -> None:
    """Check that no author has a recipe of their own, which one model of all could not follow.

    Raises:
        RecipeError: somebody has.
    """
    if own := next((request for request in requests if request.recipe), None):
        raise RecipeError(
            f"{own.name} has a recipe of their own, and one model of all has one; leave the column out, and "
            "give --recipe"
        )


def _executor(config: FleetConfig, store: Store, job: Job) -> Executor:
    """What does the work."""
    return open_executor(
        config.executor,
        AuthorWorker(str(store.local) if store.local else store.address, job, config.lease_seconds),
        workers=config.workers,
        recipe=config.recipe,
        address=config.address,
        gpus=config.gpus_per_author,
    )
