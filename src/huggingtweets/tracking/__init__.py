"""Experiment tracking: one run for each stage, with its settings and metrics, and the artifacts between runs.

    read -> raw-dataset -> preprocess -> train-dataset -+
                                     pretrained-model --+-> train -> finetuned-model

    finetuned-model -> evaluate -> report artifact -> report -> card
    finetuned-model -> publish -> published-model

A run uses some artifacts and saves others, so the links lead from a model back to the posts.

| file | what |
|---|---|
| `trackio.py`, `wandb.py`, `none.py` | one tracker each, found by its file name |
| `_interface.py` | what a tracker implements |
| `_resilient.py` | keeps a failing tracker from ending a training run |
| `_connection.py` | checks that a server answers |
| `_recording.py` | what the workflows record |

One more file adds a tracker: a module with `create(project: str) -> Tracker`.
"""

from __future__ import annotations

import logging
import os

from ..errors import HuggingtweetsError, UserError
from ..registry import Registry, suggestion
from ..types import Tracked
from ._interface import Run, Tracker
from ._recording import Artifacts, RecordedWatcher, evaluation_metrics, funnel_metrics
from ._resilient import ResilientTracker
from .none import NullTracker

__all__ = [
    "Artifacts",
    "RecordedWatcher",
    "Run",
    "Tracker",
    "evaluation_metrics",
    "funnel_metrics",
    "names",
    "open_tracker",
    "reopen",
    "require_tracker",
]

PROJECT = "huggingtweets"  # the tracker's project that runs are recorded in

_log = logging.getLogger(__name__)


def names() -> tuple[str, ...]:
    """The names of the trackers that can be chosen, sorted."""
    return Registry(__name__).names()


def require_tracker(name: str) -> None:
    """Refuse a tracker that cannot be had, before any work is done for it.

    Raises:
        UserError: there is no tracker of this name.
        MissingExtra: the tracker's package is not installed.
    """
    registry = Registry(__name__)
    if name not in registry.names():
        raise UserError(
            f"no tracker is called {name!r}; choose one of: {', '.join(registry.names())}"
            f"{suggestion(name, registry.names())}"
        )
    try:
        registry.load(name)
    except HuggingtweetsError:
        raise
    except Exception as error:  # noqa: BLE001 -- a damaged installation of a tracker must not end a run
        _log.debug("tracker %s cannot be loaded: %s", name, error)


def open_tracker(name: str, *, project: str = "") -> Tracker:
    """Open the tracker called `name`. Its later failures are logged and never end a run.

    Args:
        name: of the tracker.
        project: that runs are recorded in; "" for that of the environment (WANDB_PROJECT), or `PROJECT`.

    Raises:
        UserError: there is no tracker of this name.
        MissingExtra: the tracker's package is not installed.
        MissingSecret: the tracker needs a key, which is not in the environment.
    """
    require_tracker(name)
    project = project or os.environ.get(f"{name.upper()}_PROJECT") or PROJECT
    try:
        return ResilientTracker(name, Registry(__name__).load(name).create(project))
    except HuggingtweetsError:
        raise
    except Exception as error:  # noqa: BLE001 -- a damaged installation of a tracker must not end a run
        _log.warning("tracker %s cannot be opened: %s; going on without it", name, error)
        return NullTracker()


def reopen(tracked: Tracked) -> Tracker:
    """Open the tracker that recorded a model's training; record nothing where that is not possible here."""
    try:
        return open_tracker(tracked.tracker, project=tracked.project)
    except UserError as error:
        _log.warning("this is not recorded: %s", error)
        return NullTracker()
