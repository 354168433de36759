"""trackio: files on this machine, no account, no network; `trackio show` opens its dashboard.

Records go to TRACKIO_DIR. Where TRACKIO_SPACE_ID or TRACKIO_SERVER_URL is set, trackio sends them there, and
what it cannot send in the middle of a run it keeps and sends with the next run. A place that does not answer
when a run starts gets nothing: everything is recorded on this machine.

Read of trackio 0.43 and worked around here: it prints to stdout; it keeps a run's settings only from the
first `log` on; it builds paths of run names; it does not mark runs that failed; it leaves a started run
behind for the end of the process, and for the next run to close; and each new run asks the Hub who is
logged in, where a token is found, and waits for the answer without limit.
"""

from __future__ import annotations

import contextvars
import io
import logging
import os
import shlex
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import trackio
import trackio.run
from trackio.cpu import cpu_available
from trackio.gpu import gpu_available

from ..types import Sample, Stage, Tracked
from ._interface import EMPTY
from ._names import valid_name
from ._reachable import trouble

_log = logging.getLogger(__name__)


def create(project: str) -> TrackioTracker:
    """Keep the record of `project` with trackio."""
    tracker = TrackioTracker(project)
    # trackio itself would ask a place that does not answer several times, and wait a minute each time
    if tracker.place and (why := trouble(tracker.place)):
        tracker.stay_local(why)
    return tracker


class TrackioTracker:
    """The runs and artifacts of one trackio project."""

    def __init__(self, project: str) -> None:
        self._project = project
        self._space = os.environ.get("TRACKIO_SPACE_ID", "")
        self._server = os.environ.get("TRACKIO_SERVER_URL", "")
        self.remote = bool(self._space or self._server)
        self._sends = self.remote
        self.later = ""  # trackio sends by itself what it kept

    @contextmanager
    def run(self, stage: Stage, *, group: str, config: Mapping[str, object]) -> Iterator[TrackioRun]:
        """Record one stage.

        Raises:
            RuntimeError: trackio could not keep all of it, said when the block ends.
        """
        with _complaints() as complaints:
            run = self._start(stage, group, {**config, "stage": stage})
            try:
                yield TrackioRun(run)
            except BaseException as error:
                with _quiet():
                    run.alert(f"{stage} ended early", type(error).__name__, trackio.AlertLevel.ERROR)
                raise
            finally:
                with _quiet():
                    trackio.log_cpu(run)  # a stage may be over before trackio looks for the first time
                    run.finish()  # type: ignore[no-untyped-call]
        if complaints:
            raise RuntimeError(complaints[0])

    def _start(self, stage: str, group: str, config: dict[str, Any]) -> trackio.run.Run:
        started = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        name = f"{stage}-{valid_name(group)}-{started}"
        with _quiet():
            if self._sends:
                run = _sent(project=self._project, name=name, group=group, config=config)
            else:
                run = _LocalRun(
                    url=None,
                    client=None,
                    project=self._project,
                    name=name,
                    group=group,
                    config=config,
                    auto_log_cpu=cpu_available(),
                    auto_log_gpu=gpu_available(),
                )
        run.log({}, step=0)  # carries the settings
        return run

    def stay_local(self, why: str) -> None:
        """Record on this machine from now on; say why, and how that is seen and sent later."""
        self._sends = False
        project = shlex.quote(self._project)
        if self._space:
            self.later = f"trackio sync --project {project} --space-id {shlex.quote(self._space)}"
        _log.warning(
            "tracker trackio cannot send (%s); recording on this machine, to see it: %s%s",
            why,
            f"trackio show --project {project}",
            f", to send it later: {self.later}" if self.later else "",
        )

    @property
    def place(self) -> str:
        """Where records are sent to: the Hub, or a server, without its query, which holds the token."""
        if self._space:
            return os.environ.get("HF_ENDPOINT") or "https://huggingface.co"
        return self._server.partition("?")[0]

    def where(self) -> Tracked:
        """The dashboard's address, or the command that opens it."""
        if self._sends:
            space = f"https://huggingface.co/spaces/{self._space}" if "/" in self._space else ""
            url = space if self._space else self.place
            return Tracked(tracker="trackio", project=self._project, url=url)
        command = f"trackio show --project {shlex.quote(self._project)}"
        return Tracked(tracker="trackio", project=self._project, command=command)  # goes on a card: no paths


class TrackioRun:
    """One trackio run. Metrics are queued; trackio's own thread writes them twice a second."""

    def __init__(self, run: trackio.run.Run) -> None:
        self._run = run

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """Queue figures."""
        self._run.log(dict(metrics), step=step)

    def log_samples(self, samples: Sequence[Sample], step: int) -> None:
        """Queue a table."""
        rows = [[sample.prompt, sample.text] for sample in samples]
        self._run.log({"samples": trackio.Table(columns=["prompt", "text"], data=rows)}, step=step)

    def log_pictures(self, pictures: Mapping[str, Path]) -> None:
        """Copy image files into the project."""
        images = {title: trackio.Image(path, caption=title) for title, path in pictures.items()}
        self._run.log(images)

    def use(self, artifact: str) -> None:
        """Record an input."""
        try:
            self._run.use_artifact(artifact)
        except ValueError as error:
            _log.info("trackio does not know %s: %s", artifact, error)

    def save(
        self,
        name: str,
        *,
        kind: str,
        files: Mapping[str, Path] = EMPTY,
        references: Mapping[str, str] = EMPTY,
        metadata: Mapping[str, object] = EMPTY,
    ) -> str:
        """Copy files into trackio's content-addressed store and record them as an output."""
        artifact = trackio.Artifact(name, kind, metadata=dict(metadata))
        for inside, path in files.items():
            artifact.add_file(path, name=inside)
        for inside, uri in references.items():
            artifact.add_reference(uri, name=inside, checksum=uri.startswith("file:"))
        saved = self._run.log_artifact(artifact)
        return f"{saved.name}:{saved.version}"


class _LocalRun(trackio.run.Run):
    """A run that stays on this machine, so that nobody needs to be asked whose it is."""

    def _get_username(self) -> None:
        return None


def _sent(**settings: Any) -> trackio.run.Run:
    """Start a run that is sent away, in a context of its own: there trackio finds no run to close."""
    return contextvars.copy_context().run(lambda: trackio.init(embed=False, **settings))


@contextmanager
def _quiet() -> Iterator[None]:
    """Send what trackio prints to our log, for the moment of one call."""
    printed = io.StringIO()
    try:
        with redirect_stdout(printed):
            yield
    finally:
        if text := printed.getvalue().strip():
            _log.debug("%s", text)


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """Collect what trackio warns about, in its threads too; warnings of others pass.

    trackio raises nothing when figures cannot be written: it warns, once a kind.
    """
    heard: list[str] = []
    show = warnings.showwarning
    home = Path(trackio.__file__).parent

    def hear(message: Warning | str, category: type[Warning], filename: str, *where: Any) -> None:
        if Path(filename).is_relative_to(home):
            heard.append(str(message))
        else:
            show(message, category, filename, *where)

    warnings.showwarning = hear  # type: ignore[assignment]  # it is called with positions only
    try:
        yield heard
    finally:
        warnings.showwarning = show
