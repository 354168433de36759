"""Which executors there are, and how one is opened: local.py has that of this machine, ray.py that of Ray."""

from __future__ import annotations

from importlib.util import find_spec

from ...errors import MissingExtra, UserError
from ...registry import suggestion
from ...types import Recipe
from .._trainable import trainings_at_once
from .interface import Executor, Work
from .local import LocalExecutor
from .ray import RayExecutor

EXECUTORS = ("local", "ray")


def require_executor(
    name: str | None, *, workers: int | None = None, address: str | None = None, gpus: float = 0.0
) -> None:
    """Refuse an executor that cannot be had, and options that it has no use for, before any work is done.

    Args:
        name: "local" or "ray"; None: this process does the work.
        workers: as for `open_executor`, like the others.
        address: of a Ray cluster.
        gpus: the share of a GPU for each worker.

    Raises:
        UserError: there is no such executor, or an option would change nothing.
        MissingExtra: Ray is not installed.
    """
    if name is None:
        if workers:
            raise UserError(f"--workers {workers}: one process does all; give --on, too, or leave this out")
    elif name not in EXECUTORS:
        raise UserError(f"--on {name}: choose one of: {', '.join(EXECUTORS)}{suggestion(name, EXECUTORS)}")
    useless = {"--address": address, "--gpus-per-author": gpus}
    for option, value in useless.items():
        if value and name != "ray":
            raise UserError(f"{option} {value}: it is for Ray only; give --on ray, too, or leave this out")
    if name == "ray" and not find_spec("ray"):
        raise MissingExtra("Ray, which spreads work over machines,", "ray")


def open_executor(
    name: str,
    work: Work,
    *,
    workers: int | None,
    recipe: Recipe,
    address: str | None = None,
    gpus: float = 0.0,
) -> Executor:
    """Open an executor by its name.

    Args:
        name: "local" or "ray".
        work: done for each item.
        workers: how many items are done at a time; None: as many as this machine has cores and memory for, or
            the cluster has places.
        recipe: by which an item trains.
        address: of a Ray cluster; None: one is made on this machine.
        gpus: the share of a GPU for each worker, on Ray.

    Raises:
        UserError: there is no such executor.
        MissingExtra: Ray is not installed.
    """
    require_executor(name)
    if name == "ray":
        return RayExecutor(work, workers=workers, address=address, gpus=gpus)
    return LocalExecutor(work, workers or trainings_at_once(recipe))
