"""Every step on record: a run for each stage, its settings and figures, and the artifacts between them.

    read -> raw-dataset -> preprocess -> train-dataset -+
                                     pretrained-model --+-> train -> finetuned-model

    finetuned-model -> evaluate -> report artifact -> report -> card
    finetuned-model -> publish -> published-model

A run uses some artifacts and saves others; following both backwards leads from a model to the posts.
One file adds one tracker: a module with `create(project: str) -> Tracker`.
"""

from __future__ import annotations

import logging

from ..errors import HuggingtweetsError, UserError
from ..registry import Registry
from ..types import Tracked
from ._artifacts import Artifacts, evaluation_metrics, funnel_metrics
from ._interface import Run, Tracker
from ._recorded import RecordedWatcher
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
]

PROJECT = "huggingtweets"  # of the tracker

_log = logging.getLogger(__name__)


def names() -> tuple[str, ...]:
    """The trackers that can be chosen, sorted."""
    return Registry(__name__).names()


def open_tracker(name: str, *, project: str = PROJECT) -> Tracker:
    """Open the tracker called `name`; whatever goes wrong in it later never ends a run.

    Raises:
        UserError: There is no tracker of this name.
        MissingExtra: The tracker's package is not installed.
    """
    registry = Registry(__name__)
    if name not in registry.names():
        raise UserError(f"no tracker {name!r}; choose one of: {', '.join(registry.names())}")
    try:
        return ResilientTracker(name, registry.load(name).create(project))
    except HuggingtweetsError:
        raise
    except Exception as error:  # noqa: BLE001 -- a damaged installation of a tracker must not end a run
        _log.warning("tracker %s cannot be opened: %s; going on without it", name, error)
        return NullTracker()


def reopen(tracked: Tracked) -> Tracker:
    """Open the tracker that a model was recorded with; where this cannot be done here, keep no record."""
    try:
        return open_tracker(tracked.tracker, project=tracked.project or PROJECT)
    except UserError as error:
        _log.warning("this is not recorded: %s", error)
        return NullTracker()
