"""The optuna study of a sweep, in a database that several workers can share."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.exceptions import DuplicatedStudyError, ExperimentalWarning, OptunaError
from optuna.pruners import BasePruner, MedianPruner, NopPruner
from optuna.samplers import TPESampler
from optuna.storages import RDBStorage, fail_stale_trials
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, IntegrityError, SQLAlchemyError

from ...errors import UserError
from ...files.home_folder import home
from .config import DATABASE

ENDED = (TrialState.COMPLETE, TrialState.PRUNED)
HEARTBEAT = 20  # seconds between two signs of life of a trial
GRACE = 90  # seconds without one after which it counts as failed
STARTUP_TRIALS = 5  # finished trials before the first one can be pruned
LOCK_TIMEOUT = 60  # seconds to wait for another worker that has locked the database file
CONNECT_ATTEMPTS = 5
_SETTINGS = "settings"  # the attribute of a study that says which search it is
_ALIVE = "alive"  # that of a trial which gives signs of life; those of earlier versions do not
_ENQUEUED = "fixed_params"  # that of a trial which Optuna gives the settings of one that was enqueued


Objective = Callable[[optuna.Trial], float]
Callback = Callable[[optuna.Study, FrozenTrial], None]


class _Superfluous(Exception):  # noqa: N818 -- no mistake: another process began a trial at the same time
    """The study has as many trials as it shall have."""


class TrialSeededSampler(TPESampler):
    """A TPE sampler (tree-structured Parzen estimator, Bergstra et al. 2011) with a new seed for each trial.

    The seed is made of the study's seed and the number of the trial. So a trial is sampled alike in whichever
    process, and workers of one study do not sample the same.
    """

    def __init__(self, seed: int) -> None:
        """Sample with this seed."""
        super().__init__(seed=seed, multivariate=True)
        self._seed_of_study = seed

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        """Begin anew, with the seed of the trial."""
        state = np.random.SeedSequence((self._seed_of_study, trial.number)).generate_state(1)
        super().__init__(seed=int(state[0]), multivariate=True)
        super().before_trial(study, trial)


def open_study(
    name: str,
    storage: str | None,
    settings: Mapping[str, object],
    first_trial: Mapping[str, int | float] | None,
    *,
    seed: int,
    pruner: BasePruner,
) -> optuna.Study:
    """Create a study, or load an existing one to continue it.

    Args:
        name: of the study in its database.
        storage: URL of the database; None for a file on this machine.
        settings: what identifies the search; an existing study must have the same.
        first_trial: settings of the first trial, before any are sampled; None for no such trial.
        seed: of the sampler.
        pruner: decides which trials are stopped early.

    Raises:
        UserError: the database cannot be used, or holds another search under this name.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with _clear_errors(storage):
        options: dict[str, Any] = {
            "study_name": name,
            "storage": _database(storage),
            "sampler": TrialSeededSampler(seed),
            "pruner": pruner,
        }
        try:
            study = optuna.create_study(direction="minimize", **options)
        except DuplicatedStudyError:
            existing = optuna.load_study(**options)
        else:
            study.set_user_attr(_SETTINGS, dict(settings))
            if first_trial:
                study.enqueue_trial(dict(first_trial))
            return study
        _require_same_search(existing, settings, storage)
        if first_trial:
            _repeat_if_failed(existing, dict(first_trial))
        return existing


def make_pruner(evaluations: int, *, prune: bool) -> BasePruner:
    """The pruner, which stops a trial that is worse than the median of the finished ones at the same step.

    It waits for a third of the training on the first person, since a high learning rate starts badly and can
    end well.

    Args:
        evaluations: how many evaluations each training has.
        prune: False for a pruner that stops no trial.
    """
    return MedianPruner(STARTUP_TRIALS, n_warmup_steps=1 + evaluations // 3) if prune else NopPruner()


def ended_trials(study: optuna.Study) -> list[FrozenTrial]:
    """The trials that are finished or were pruned, in order."""
    return study.get_trials(deepcopy=False, states=ENDED)


def trials_taken(study: optuna.Study) -> int:
    """How many trials have ended or run now, in any process; what killed processes ran counts as failed."""
    _fail_killed_trials(study)
    return _taken_before(study, len(study.get_trials(deepcopy=False)))


def run_trial(
    study: optuna.Study, objective: Objective, count: int, callbacks: Sequence[Callback] = ()
) -> None:
    """Run a trial, unless the study has `count` of them that have ended or run elsewhere.

    Args:
        study: whose sampler gives the settings.
        objective: what is minimized.
        count: trials that the study shall have.
        callbacks: called with the trial when it has ended.

    Raises:
        KeyboardInterrupt: somebody asked to stop; the trial counts as failed.
    """
    is_lost, interrupt = False, None

    def run(trial: optuna.Trial) -> float:
        nonlocal is_lost, interrupt
        if _taken_before(study, trial.number) >= count:
            raise _Superfluous
        trial.set_user_attr(_ALIVE, value=True)
        try:
            return objective(trial)
        except KeyboardInterrupt as error:
            interrupt = error
            raise
        finally:  # on a machine that slept it gave no sign of life, and another process may have noticed
            is_lost = study.get_trials(deepcopy=False)[trial.number].state is TrialState.FAIL

    def tell(study: optuna.Study, trial: FrozenTrial) -> None:
        for callback in callbacks if trial.state in ENDED else ():
            callback(study, trial)

    try:
        study.optimize(run, n_trials=1, callbacks=[tell], catch=(_Superfluous,))
    except (OptunaError, ValueError):  # nothing can be told any more of a trial that counts as failed
        if interrupt:
            raise interrupt from None
        if not is_lost:
            raise


def _fail_killed_trials(study: optuna.Study) -> None:
    with _without_experimental_warnings():
        fail_stale_trials(study)


def _taken_before(study: optuna.Study, number: int) -> int:
    """How many of the trials before this one have ended or run now."""
    trials = study.get_trials(deepcopy=False, states=(*ENDED, TrialState.RUNNING))
    return sum(trial.number < number and (trial.state in ENDED or _runs(trial)) for trial in trials)


def _runs(trial: FrozenTrial) -> bool:
    """Whether a trial gives signs of life, or has begun so lately that the first is still to come."""
    now = datetime.now()  # noqa: DTZ005 -- Optuna's dates are local, too
    return _ALIVE in trial.user_attrs or now - (trial.datetime_start or now) < timedelta(seconds=GRACE)


def display_url(storage: str | None) -> str:
    """The URL of the database without its password, or the path of the file on this machine."""
    return make_url(storage).render_as_string(hide_password=True) if storage else str(_file())


def database_url(storage: str | None) -> str:
    """The URL of the database, also where it is the file on this machine."""
    return storage or f"sqlite:///{_file()}"


def _require_same_search(study: optuna.Study, settings: Mapping[str, object], storage: str | None) -> None:
    # Another worker that has just created the study may not have written its settings yet, an earlier
    # version not all of them.
    known = {**settings, **study.user_attrs.get(_SETTINGS, {})}
    if differ := ", ".join(key for key in known if known[key] != settings.get(key)):
        raise UserError(
            f"study {study.study_name} in {display_url(storage)} is of another search ({differ} differ); "
            "choose another name with --study, or leave it out"
        )


def _repeat_if_failed(study: optuna.Study, first_trial: dict[str, Any]) -> None:
    """Enqueue the first trial again where it failed, as a trial does that is interrupted or was killed."""
    states = {
        trial.state
        for trial in study.get_trials(deepcopy=False)
        if trial.system_attrs.get(_ENQUEUED, trial.params) == first_trial
    }
    if states == {TrialState.FAIL}:
        study.enqueue_trial(first_trial)


def _repeat_if_enqueued(study: optuna.Study, killed: FrozenTrial) -> None:
    """Enqueue a trial again whose process was killed, if it was the first one; others are sampled anew."""
    if _ENQUEUED in killed.system_attrs:
        study.enqueue_trial(killed.system_attrs[_ENQUEUED])


def _file() -> Path:
    return home() / DATABASE


def _database(storage: str | None) -> RDBStorage:
    if storage is None:
        _file().parent.mkdir(parents=True, exist_ok=True)
    storage = database_url(storage)
    is_sqlite = make_url(storage).get_backend_name() == "sqlite"
    return _connect(storage, {"connect_args": {"timeout": LOCK_TIMEOUT}} if is_sqlite else {})


def _connect(storage: str, options: dict[str, Any], attempts: int = CONNECT_ATTEMPTS) -> RDBStorage:
    """Connect and create missing tables; try again if another worker is just creating them."""
    try:
        with _without_experimental_warnings():
            return RDBStorage(
                storage,
                engine_kwargs=options,
                heartbeat_interval=HEARTBEAT,
                grace_period=GRACE,
                heartbeat_stale_trial_callback=_repeat_if_enqueued,
            )
    except DatabaseError as error:
        if attempts == 1 or not (isinstance(error, IntegrityError) or "already exists" in str(error)):
            raise
    time.sleep(0.5)
    return _connect(storage, options, attempts - 1)


@contextmanager
def _without_experimental_warnings() -> Iterator[None]:
    """Inside, Optuna does not warn that what it has had for years may change."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        yield


@contextmanager
def _clear_errors(storage: str | None) -> Iterator[None]:
    """Turn errors of the database into a `UserError`, which never shows the URL with its password."""
    try:
        yield
    except (SQLAlchemyError, OptunaError, ImportError, OSError, ValueError) as error:
        try:
            url = display_url(storage)
        except SQLAlchemyError:
            url = "what was given"
        raise UserError(
            f"--storage: {url} cannot be used as a database ({type(error).__name__}); expected an address "
            "like sqlite:///sweep.db or postgresql://user@host/name with its driver installed"
        ) from error
