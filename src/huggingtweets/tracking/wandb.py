"""Weights & Biases, online or offline (WANDB_MODE), configured by its usual variables and files.

An offline run is written to a folder that `wandb leet` shows and `wandb sync` sends. Runs whose server does
not answer are written the same way. Offline wandb assigns no versions and refuses `use_artifact`. Therefore
an artifact's version is here an alias made of its digest, which is the same before and after sending, and
each run also lists its inputs in its config.
"""

from __future__ import annotations

import logging
import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from ..errors import MissingExtra, MissingSecret
from ..types import Sample, Stage, Tracked
from ._connection import ANSWER_TIMEOUT, connection_error, public_address
from ._interface import EMPTY

os.environ.setdefault("WANDB_ERROR_REPORTING", "false")  # read when wandb is imported, and by its service
try:
    import wandb
    from wandb.errors import CommError
    from wandb.sdk.lib import wbauth
except ModuleNotFoundError as error:
    raise MissingExtra("wandb", "wandb") from error

OFFLINE_MODES = {"offline", "dryrun", "disabled"}
UPLOAD_TIMEOUT = 300  # seconds that the end of a run waits for its uploads
RETRIES = 2  # of a request
RETRY_WAIT = 4  # seconds, at most, between two of them

_log = logging.getLogger(__name__)


def create(project: str) -> WandbTracker:
    """Record in a project of wandb.

    Raises:
        MissingSecret: runs should be sent, and there is no API key; wandb itself would stop and ask for one.
    """
    tracker = WandbTracker(project)
    settings = wandb.setup(wandb.Settings(silent=True)).settings
    if settings.mode in OFFLINE_MODES:
        return tracker
    if not wbauth.authenticate_session(host=settings.base_url, source="huggingtweets", prompt=False):
        raise MissingSecret(
            "wandb has no API key; set WANDB_API_KEY or run wandb login, or keep the record on this machine "
            "with WANDB_MODE=offline"
        )
    if reason := connection_error(settings.base_url):
        tracker.go_offline(reason)
    return tracker


class WandbTracker:
    """The runs and artifacts of one wandb project."""

    remote = True  # offline runs too, since they are written to be sent later

    def __init__(self, project: str) -> None:
        self._project = project
        self._artifacts: dict[str, wandb.Artifact] = {}
        self._mode: Literal["offline"] | None = None  # None: as the user's settings say
        self.sync_command = ""
        self._url = ""
        self._command = ""

    @contextmanager
    def run(self, stage: Stage, *, group: str, config: Mapping[str, object]) -> Iterator[WandbRun]:
        """Record one stage; a stage that raises is marked as failed.

        Raises:
            TimeoutError: not everything could be sent in time; raised when the block ends.
        """
        run = self._start(stage, group, dict(config))
        try:
            yield WandbRun(run, self._artifacts)
        except BaseException:
            run.finish(exit_code=1)
            raise
        run.finish()

    def _start(self, stage: str, group: str, config: dict[str, object]) -> wandb.Run:
        """Start a run. After the server has refused one, this and all later runs are offline."""
        name = f"{stage} {group}"
        while True:
            try:
                run = wandb.init(
                    project=self._project,
                    group=group,
                    job_type=stage,
                    name=name,
                    config=config,
                    mode=self._mode,
                    settings=_settings(),
                )
            except wandb.Error as error:
                if self._mode:
                    raise
                self.go_offline(str(error).partition("\n")[0])
            else:
                break
        self.sync_command = _sync_command(Path(run.dir).parent)
        if run.offline:
            self._command = f"wandb leet {_anonymous_path(Path(run.dir).parent.parent)}"
        else:
            self._url = public_address(run.project_url or "")
        return run

    def go_offline(self, reason: str) -> None:
        """Send nothing from now on; log the reason, and the command that sends the record later."""
        self._mode = "offline"
        self.sync_command = _sync_command(Path(wandb.setup().settings.wandb_dir) / "offline-run-*")
        _log.warning(
            "tracker wandb cannot send (%s); recording on this machine, to send it later: %s",
            reason,
            self.sync_command,
        )

    def where(self) -> Tracked:
        """The address of the project; offline, the command that shows its folder."""
        return Tracked(tracker="wandb", project=self._project, url=self._url, command=self._command)


class WandbRun:
    """A run of wandb. `artifacts` holds those that this process has saved, by "name:version"."""

    def __init__(self, run: wandb.Run, artifacts: dict[str, wandb.Artifact]) -> None:
        self._run = run
        self._artifacts = artifacts

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """Queue metrics."""
        self._run.log(dict(metrics), step=step)

    def log_samples(self, samples: Sequence[Sample], step: int) -> None:
        """Queue a table."""
        rows = [[sample.prompt, sample.text] for sample in samples]
        self._run.log({"samples": wandb.Table(columns=["prompt", "text"], data=rows)}, step=step)

    def log_pictures(self, pictures: Mapping[str, Path]) -> None:
        """Copy image files into the run."""
        self._run.log({title: wandb.Image(str(path), caption=title) for title, path in pictures.items()})

    def use(self, artifact: str) -> None:
        """Record an input in the config and, online, in the lineage."""
        name, _, version = artifact.partition(":")
        self._run.config[f"inputs/{name}"] = version
        if self._run.offline or self._run.disabled:
            return
        saved = self._artifacts.get(artifact)
        try:
            self._run.use_artifact(saved.wait(timeout=UPLOAD_TIMEOUT) if saved else artifact)
        except (ValueError, CommError) as error:
            _log.info("wandb does not know %s: %s", artifact, error)

    def save(
        self,
        name: str,
        *,
        kind: str,
        files: Mapping[str, Path] = EMPTY,
        references: Mapping[str, str] = EMPTY,
        metadata: Mapping[str, object] = EMPTY,
    ) -> str:
        """Record an output; its files are sent in the background."""
        artifact = wandb.Artifact(name, type=kind, metadata=dict(metadata))
        for inside, path in files.items():
            artifact.add_file(str(path), name=inside)
        for inside, uri in references.items():
            artifact.add_reference(uri, name=inside, checksum=uri.startswith("file:"))
        version = artifact.digest[:12]
        self._run.log_artifact(artifact, aliases=["latest", version])
        self._artifacts[f"{name}:{version}"] = artifact
        return f"{name}:{version}"


def _anonymous_path(folder: Path) -> str:
    """A folder of runs, quoted for a shell, without the user's name, since it is stored with the model."""
    if os.environ.get("WANDB_DIR"):
        return f'"$WANDB_DIR/{folder.name}"'
    return shlex.quote(folder.name)


def _sync_command(runs: Path) -> str:
    """The command that sends runs. A pattern in the last part of the path is left for the shell."""
    return f"wandb sync {shlex.quote(str(runs.parent))}/{runs.name}"


def _settings() -> wandb.Settings:
    """Settings that print nothing, wait for seconds only, and record no terminal, repository or code."""
    return wandb.Settings(
        silent=True,
        console="off",
        disable_git=True,
        disable_code=True,
        x_disable_meta=True,
        reinit="create_new",
        init_timeout=2 * ANSWER_TIMEOUT,
        finish_timeout=UPLOAD_TIMEOUT,
        finish_timeout_raises=True,
        x_graphql_retry_max=RETRIES,
        x_file_stream_retry_max=RETRIES,
        x_file_transfer_retry_max=RETRIES,
        x_graphql_retry_wait_max_seconds=RETRY_WAIT,
        x_graphql_timeout_seconds=ANSWER_TIMEOUT,
        x_file_stream_retry_wait_max_seconds=RETRY_WAIT,
        x_file_stream_timeout_seconds=ANSWER_TIMEOUT,
        x_file_transfer_retry_wait_max_seconds=RETRY_WAIT,
    )
