"""Weights & Biases, online or offline (WANDB_MODE), where its usual variables and files say.

Offline, a run is written to a folder that `wandb leet` shows and `wandb sync` sends. So are runs whose
server does not answer. Offline wandb knows no versions and refuses `use_artifact`. So an artifact's version
is here an alias made of its digest, which holds before and after sending, and each run also lists its inputs
in its config.
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
from ._interface import EMPTY
from ._reachable import ANSWER, trouble

os.environ.setdefault("WANDB_ERROR_REPORTING", "false")  # read when wandb is imported, and by its process
try:
    import wandb
    from wandb.errors import CommError
    from wandb.sdk.lib import wbauth
except ModuleNotFoundError as error:
    raise MissingExtra("wandb", "wandb") from error

NOT_SENT = {"offline", "dryrun", "disabled"}  # modes
SENDING = 300  # seconds that the end of a run waits for what is not sent yet
RETRIES = 2  # of a request, at most some seconds apart

_log = logging.getLogger(__name__)


def create(project: str) -> WandbTracker:
    """Keep the record of `project` with wandb.

    Raises:
        MissingSecret: runs are to be sent, and there is no key; wandb would stop and ask for one.
    """
    tracker = WandbTracker(project)
    settings = wandb.setup(wandb.Settings(silent=True)).settings
    if settings.mode in NOT_SENT:
        return tracker
    if not wbauth.authenticate_session(host=settings.base_url, source="huggingtweets", prompt=False):
        raise MissingSecret(
            "wandb has no API key; set WANDB_API_KEY or run wandb login, or keep the record on this machine "
            "with WANDB_MODE=offline"
        )
    if why := trouble(settings.base_url):
        tracker.go_offline(why)
    return tracker


class WandbTracker:
    """The runs and artifacts of one wandb project."""

    remote = True  # offline runs too: they are written to be sent later

    def __init__(self, project: str) -> None:
        self._project = project
        self._artifacts: dict[str, wandb.Artifact] = {}
        self._mode: Literal["offline"] | None = None  # None: what the user's settings say
        self.later = ""
        self._url = ""
        self._command = ""

    @contextmanager
    def run(self, stage: Stage, *, group: str, config: Mapping[str, object]) -> Iterator[WandbRun]:
        """Record one stage; one that ends in an exception is marked as failed.

        Raises:
            TimeoutError: not all of it could be sent, said when the block ends.
        """
        run = self._start(stage, group, dict(config))
        try:
            yield WandbRun(run, self._artifacts)
        except BaseException:
            run.finish(exit_code=1)
            raise
        run.finish()

    def _start(self, stage: str, group: str, config: dict[str, object]) -> wandb.Run:
        """Start a run, offline from the first time on that the server does not take it."""
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
        self.later = _sync(Path(run.dir).parent)
        if run.offline:
            self._command = f"wandb leet {_without_home(Path(run.dir).parent.parent)}"
        else:
            self._url = run.project_url or ""
        return run

    def go_offline(self, why: str) -> None:
        """Record on this machine from now on; say why, and how that is sent later."""
        self._mode = "offline"
        self.later = _sync(Path(wandb.setup().settings.wandb_dir) / "offline-run-*")
        _log.warning(
            "tracker wandb cannot send (%s); recording on this machine, to send it later: %s", why, self.later
        )

    def where(self) -> Tracked:
        """The project's address or, offline, the command that shows its folder."""
        return Tracked(tracker="wandb", project=self._project, url=self._url, command=self._command)


class WandbRun:
    """One wandb run. `artifacts` are those saved by this process, by name and version."""

    def __init__(self, run: wandb.Run, artifacts: dict[str, wandb.Artifact]) -> None:
        self._run = run
        self._artifacts = artifacts

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """Queue figures."""
        self._run.log(dict(metrics), step=step)

    def log_samples(self, samples: Sequence[Sample], step: int) -> None:
        """Queue a table."""
        rows = [[sample.prompt, sample.text] for sample in samples]
        self._run.log({"samples": wandb.Table(columns=["prompt", "text"], data=rows)}, step=step)

    def log_pictures(self, pictures: Mapping[str, Path]) -> None:
        """Copy image files into the run."""
        self._run.log({title: wandb.Image(str(path), caption=title) for title, path in pictures.items()})

    def use(self, artifact: str) -> None:
        """Record an input, in the config and, online, in the lineage."""
        name, _, version = artifact.partition(":")
        self._run.config[f"inputs/{name}"] = version
        if self._run.offline or self._run.disabled:
            return
        saved = self._artifacts.get(artifact)
        try:
            self._run.use_artifact(saved.wait(timeout=SENDING) if saved else artifact)
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


def _without_home(folder: Path) -> str:
    """A folder of runs for a shell, in words that name nobody: they stay in the model's folder."""
    if os.environ.get("WANDB_DIR"):
        return f'"$WANDB_DIR/{folder.name}"'
    return shlex.quote(folder.name)


def _sync(runs: Path) -> str:
    """The command that sends runs; a pattern is the shell's to resolve."""
    return f"wandb sync {shlex.quote(str(runs.parent))}/{runs.name}"


def _settings() -> wandb.Settings:
    """Quiet, never waiting for long, and of the user's terminal, repository and code nothing."""
    return wandb.Settings(
        silent=True,
        console="off",
        disable_git=True,
        disable_code=True,
        x_disable_meta=True,
        reinit="create_new",
        init_timeout=2 * ANSWER,
        finish_timeout=SENDING,
        finish_timeout_raises=True,
        x_graphql_retry_max=RETRIES,
        x_file_stream_retry_max=RETRIES,
        x_file_transfer_retry_max=RETRIES,
        x_graphql_retry_wait_max_seconds=4,
        x_graphql_timeout_seconds=ANSWER,
        x_file_stream_retry_wait_max_seconds=4,
        x_file_stream_timeout_seconds=ANSWER,
        x_file_transfer_retry_wait_max_seconds=4,
    )
