"""A stage of a job: watched, timed and on record, all in one `with`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from ..progress import Clock, Watcher
from ..tracking import Run, Tracker
from ..types import Stage


@dataclass(frozen=True)
class Stages:
    """Opens the stages of one model's job."""

    model: str  # name of the model, by which the tracker groups its runs
    watcher: Watcher
    clock: Clock
    tracker: Tracker

    @contextmanager
    def __call__(
        self, stage: Stage, config: Mapping[str, object], detail: str = "", *, announce: bool = True
    ) -> Iterator[Run]:
        """Yield the tracker's run of a stage, which is measured and shown as long as the block lasts.

        Args:
            stage: what is done.
            config: the settings that go on record.
            detail: what is shown beside the stage's name.
            announce: whether the watcher is told that it begins.
        """
        if announce:
            self.watcher.stage(stage, detail)
        with self.clock.measure(stage), self.tracker.run(stage, group=self.model, config=config) as run:
            yield run
