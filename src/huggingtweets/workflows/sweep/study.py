"""The search as optuna keeps it: a study in a database that several workers can share."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.exceptions import DuplicatedStudyError, OptunaError
from optuna.pruners import BasePruner, MedianPruner, NopPruner
from optuna.samplers import BaseSampler, TPESampler
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, IntegrityError, SQLAlchemyError

from ...errors import UserError
from ...files import home
from .config import DATABASE

DONE = (TrialState.COMPLETE, TrialState.PRUNED)
BEFORE_PRUNING = 5  # trials that are finished before the first is given up
PATIENT = 60  # seconds that a worker waits for another one's hand on the database file
_SETTINGS = "settings"


class Seeded(BaseSampler):
    """Tree-structured Parzen estimators (Bergstra et al. 2011) whose draws follow from seed and trial number.

    So a search that is resumed goes on with the draws that it would have had, and workers of one study do not
    draw the same.
    """

    def __init__(self, seed: int) -> None:
        """Draw by this seed."""
        self._seed = seed
        self._sampler = TPESampler(seed=seed)

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        """Begin a trial."""
        state = np.random.SeedSequence((self._seed, trial.number)).generate_state(1)
        self._sampler = TPESampler(seed=int(state[0]), multivariate=True)
        self._sampler.before_trial(study, trial)

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """What is drawn together."""
        return self._sampler.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Draw together."""
        return self._sampler.sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Draw one by one, as the first trials do."""
        return self._sampler.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(
        self, study: optuna.Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """End a trial."""
        self._sampler.after_trial(study, trial, state, values)


def opened(
    name: str,
    storage: str | None,
    settings: Mapping[str, object],
    first: Mapping[str, int | float] | None,
    *,
    seed: int,
    pruner: BasePruner,
) -> optuna.Study:
    """Begin a study, or go on with it.

    Args:
        name: of the study in its database.
        storage: address of the database; None for a file of this machine.
        settings: what must be the same for a study to go on.
        first: settings of the first trial, before any are drawn.
        seed: of the draws.
        pruner: says which trials are given up.

    Raises:
        UserError: the database cannot be used, or the study there is another one.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with _one_line(storage):
        database = _database(storage)
        given: dict[str, Any] = {
            "study_name": name,
            "storage": database,
            "sampler": Seeded(seed),
            "pruner": pruner,
        }
        try:
            study = optuna.create_study(direction="minimize", **given)
        except DuplicatedStudyError:
            study = optuna.load_study(**given)
            known = study.user_attrs.get(_SETTINGS, dict(settings))  # not there yet: another worker writes it
            if known != settings:
                differ = ", ".join(key for key in settings if known.get(key) != settings[key])
                raise UserError(
                    f"study {name} in {shown(storage)} is of another search ({differ} differ); "
                    "choose another name with --study, or leave it out"
                ) from None
            return study
        study.set_user_attr(_SETTINGS, dict(settings))
        if first:
            study.enqueue_trial(dict(first))
    return study


def pruning(evaluations: int, *, prune: bool) -> BasePruner:
    """Gives up a trial that is worse than the median of the finished ones at the same point.

    Not before a third of the first person's run: a high learning rate begins badly and may end well.
    """
    return MedianPruner(BEFORE_PRUNING, n_warmup_steps=1 + evaluations // 3) if prune else NopPruner()


def done(study: optuna.Study) -> list[FrozenTrial]:
    """The trials that are finished or were given up, in order."""
    return study.get_trials(deepcopy=False, states=DONE)


def shown(storage: str | None) -> str:
    """Where the database is, without its password."""
    return make_url(storage).render_as_string(hide_password=True) if storage else str(_file())


def _file() -> Path:
    return home() / DATABASE


def _database(storage: str | None) -> RDBStorage:
    if storage is None:
        _file().parent.mkdir(parents=True, exist_ok=True)
        storage = f"sqlite:///{_file()}"
    sqlite = make_url(storage).get_backend_name() == "sqlite"
    return _with_tables(storage, {"connect_args": {"timeout": PATIENT}} if sqlite else {})


def _with_tables(storage: str, options: dict[str, Any], tries: int = 5) -> RDBStorage:
    """Connect, and make the tables where there are none; again where another worker makes them just now."""
    try:
        return RDBStorage(storage, engine_kwargs=options)
    except DatabaseError as error:
        if tries == 1 or not (isinstance(error, IntegrityError) or "already exists" in str(error)):
            raise
    time.sleep(0.5)
    return _with_tables(storage, options, tries - 1)


@contextmanager
def _one_line(storage: str | None) -> Iterator[None]:
    """Turn what databases raise into one line; never with the address as given, which may hold a password."""
    try:
        yield
    except (SQLAlchemyError, OptunaError, ImportError, OSError, ValueError) as error:
        try:
            where = shown(storage)
        except SQLAlchemyError:
            where = "what was given"
        raise UserError(
            f"--storage: {where} cannot be used as a database ({type(error).__name__}); expected an address "
            "like sqlite:///sweep.db or postgresql://user@host/name with its driver installed"
        ) from error
