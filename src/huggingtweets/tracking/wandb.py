"""Weights & Biases, online or offline (WANDB_MODE), where its usual variables and files say.

Offline, a run is written to a folder that `wandb leet` shows and `wandb sync` sends. Offline wandb knows
no versions and refuses `use_artifact`. So an artifact's version is here an alias made of its digest, which
holds before and after sending, and each run also lists its inputs in its config.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..errors import MissingExtra
from ..types import Sample, Tracked
from ._interface import EMPTY

try:
    import wandb
except ModuleNotFoundError as error:
    raise MissingExtra("wandb", "wandb") from error


def create(project: str) -> WandbTracker:
    """Keep the record of `project` with wandb."""
    return WandbTracker(project)


class WandbTracker:
    """The runs and artifacts of one wandb project."""

    remote = True  # offline runs too: they are written to be sent later

    def __init__(self, project: str) -> None:
        self._project = project
        self._artifacts: dict[str, wandb.Artifact] = {}
        self._url = ""
        self._command = ""

    @contextmanager
    def run(self, stage: str, *, group: str, config: Mapping[str, object]) -> Iterator[WandbRun]:
        """Record one stage; one that ends in an exception is marked as failed."""
        run = wandb.init(
            project=self._project,
            group=group,
            job_type=stage,
            name=f"{stage} {group}",
            config=dict(config),
            settings=_settings(),
        )
        if run.offline:
            self._command = f"wandb leet {shlex.quote(str(Path(run.dir).parent.parent))}"
        else:
            self._url = run.project_url or ""
        try:
            yield WandbRun(run, self._artifacts)
        except BaseException:
            run.finish(exit_code=1)
            raise
        run.finish()

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
        self._run.use_artifact(saved.wait() if saved else artifact)

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


def _settings() -> wandb.Settings:
    """Quiet, and of the user's terminal, repository and code nothing."""
    return wandb.Settings(
        silent=True,
        console="off",
        disable_git=True,
        disable_code=True,
        x_disable_meta=True,
        reinit="create_new",
    )
