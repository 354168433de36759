"""trackio: records in files on this machine, without account or network. `trackio show` opens its dashboard.

Records are written to TRACKIO_DIR. With TRACKIO_SPACE_ID or TRACKIO_SERVER_URL trackio sends them to a Space
or a server; what it cannot send during a run it keeps and sends with the next run. If the server does not
answer when the tracker is opened, nothing is sent, and everything is recorded on this machine.

Behaviour of trackio 0.43 that this module works around:

- it prints to standard output;
- it stores the settings of a run only with the first `log`;
- it makes file paths of run names;
- it does not mark failed runs;
- it keeps a started run open until the process ends, or until the next run starts;
- where a token is present, each new run asks the Hub for the user's name, without a timeout;
- it makes a Space that is not there yet, and makes it public;
- with what it keeps to send it stores the server's whole address, also where that holds a password;
- where the Hub takes no token, it asks for one at the terminal.
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
from typing import Any, NoReturn

import huggingface_hub
import trackio
import trackio.run
import trackio.utils
from trackio.cpu import cpu_available
from trackio.gpu import gpu_available

from ..errors import MissingSecret
from ..types import Sample, Stage, Tracked
from ._connection import connection_error, public_address
from ._interface import EMPTY, valid_name

_log = logging.getLogger(__name__)


def create(project: str) -> TrackioTracker:
    """Record in a project of trackio; where its folder is made first here, no other user can read it.

    Raises:
        OSError: it cannot be made.
        MissingSecret: runs should be sent to a Space, and there is no token.
    """
    trackio.utils.TRACKIO_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    tracker = TrackioTracker(project)
    # trackio itself would try several times, and wait a minute each time
    if tracker.destination and (reason := connection_error(tracker.destination)):
        tracker.record_locally(reason)
    elif tracker.needs_token and not huggingface_hub.get_token():
        _refuse_login()
    return tracker


class TrackioTracker:
    """The runs and artifacts of one trackio project."""

    def __init__(self, project: str) -> None:
        self._project = project
        self._space = os.environ.get("TRACKIO_SPACE_ID", "")
        self._server = os.environ.get("TRACKIO_SERVER_URL", "")
        self.remote = bool(self._space or self._server)
        self._sends = self.remote
        self.sync_command = ""  # trackio sends by itself what it kept

    @contextmanager
    def run(self, stage: Stage, *, group: str, config: Mapping[str, object]) -> Iterator[TrackioRun]:
        """Record one stage.

        Raises:
            RuntimeError: trackio could not store everything; raised when the block ends.
        """
        with _collected_warnings() as messages:
            run = self._start(stage, group, {**config, "stage": stage})
            try:
                yield TrackioRun(run)
            except BaseException as error:
                with _quiet():
                    run.alert(f"{stage} ended early", type(error).__name__, trackio.AlertLevel.ERROR)
                raise
            finally:
                with _quiet():
                    trackio.log_cpu(run)  # a short stage ends before trackio's first measurement
                    run.finish()  # type: ignore[no-untyped-call]
        if messages:
            raise RuntimeError(messages[0])

    def _start(self, stage: str, group: str, config: dict[str, Any]) -> trackio.run.Run:
        started = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        name = f"{stage}-{valid_name(group)}-{started}"
        with _quiet():
            if self._sends:
                run = _start_remote(project=self._project, name=name, group=group, config=config)
                if not self._space:  # this only marks what is to be sent, to wherever the next run sends
                    run._remote_storage_key = public_address(self._server)  # noqa: SLF001 -- there is no option
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
        run.log({}, step=0)  # stores the settings
        return run

    def record_locally(self, reason: str) -> None:
        """Send nothing from now on; log the reason, and the commands that show the record and send it."""
        self._sends = False
        project = shlex.quote(self._project)
        if self._space:
            self.sync_command = f"trackio sync --project {project} --space-id {shlex.quote(self._space)}"
        _log.warning(
            "tracker trackio cannot send (%s); recording on this machine, to see it: %s%s",
            reason,
            f"trackio show --project {project}",
            f", to send it later: {self.sync_command}" if self.sync_command else "",
        )

    @property
    def needs_token(self) -> bool:
        """Whether records go to a Space of the Hub."""
        return bool(self._space)

    @property
    def destination(self) -> str:
        """The Hub's or server's address that records are sent to, without its query, which holds a token."""
        if self._space:
            return os.environ.get("HF_ENDPOINT") or "https://huggingface.co"
        return self._server.partition("?")[0]

    def where(self) -> Tracked:
        """The dashboard's address, or the command that opens it."""
        if self._sends:
            space = f"https://huggingface.co/spaces/{self._space}" if "/" in self._space else ""
            url = space if self._space else public_address(self._server)
            return Tracked(tracker="trackio", project=self._project, url=url)
        command = (
            f"trackio show --project {shlex.quote(self._project)}"  # shown on the card, so without paths
        )
        return Tracked(tracker="trackio", project=self._project, command=command)


class TrackioRun:
    """A run of trackio. Metrics are queued; a thread of trackio writes them twice a second."""

    def __init__(self, run: trackio.run.Run) -> None:
        self._run = run

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """Queue metrics."""
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
    """A run on this machine, for which trackio need not ask the Hub for the user's name."""

    def _get_username(self) -> None:
        return None


def _start_remote(**settings: Any) -> trackio.run.Run:
    """Start a run that is sent, in a new context, where trackio finds no earlier run that it would close.

    A Space that is not there yet is made for its owner alone: names, figures and weights are sent to it.
    """
    login = huggingface_hub.login
    huggingface_hub.login = _refuse_login  # type: ignore[assignment]  # it takes what the other takes
    try:
        return contextvars.copy_context().run(lambda: trackio.init(embed=False, private=True, **settings))
    finally:
        huggingface_hub.login = login


def _refuse_login(**_: object) -> NoReturn:
    raise MissingSecret(
        "TRACKIO_SPACE_ID: the Hub needs a token that may write; put one into HF_TOKEN or run hf auth login, "
        "or keep the record on this machine and unset TRACKIO_SPACE_ID"
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Redirect what trackio prints inside the block to the log."""
    printed = io.StringIO()
    try:
        with redirect_stdout(printed):
            yield
    finally:
        if text := printed.getvalue().strip():
            _log.debug("%s", text)


@contextmanager
def _collected_warnings() -> Iterator[list[str]]:
    """Collect trackio's warnings, of its threads too; warnings of other packages are shown as usual.

    trackio raises nothing when metrics cannot be written: it warns, once for each kind of failure.
    """
    messages: list[str] = []
    show = warnings.showwarning
    package = Path(trackio.__file__).parent

    def collect(message: Warning | str, category: type[Warning], filename: str, *rest: Any) -> None:
        if Path(filename).is_relative_to(package):
            messages.append(str(message))
        else:
            show(message, category, filename, *rest)

    warnings.showwarning = collect  # type: ignore[assignment]  # warnings calls it with positional arguments
    try:
        yield messages
    finally:
        warnings.showwarning = show
