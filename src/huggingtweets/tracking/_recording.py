"""What the workflows record: artifacts of a model, metrics of cleaning and evaluation, training progress."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from ..model_folder import FinetunedModel, ModelFolder
from ..progress import Silence, Watcher, memory
from ..results import Evaluation
from ..types import NO_BASE, CurvePoint, Dataset, Funnel, Sample
from ._interface import Run, Tracker


class Artifacts:
    """Saves the artifacts of the model `name`; each method returns the name and version that was saved."""

    def __init__(self, name: str, tracker: Tracker, *, share_data: bool = False) -> None:
        """Give posts to a remote tracker only if `share_data` is true."""
        self._name = name
        self._is_remote = tracker.remote
        self._may_hold_posts = share_data or not tracker.remote

    def watcher(self, watcher: Watcher, run: Run) -> RecordedWatcher:
        """A watcher of a training that logs to a run, with the samples where these may repeat posts."""
        return RecordedWatcher(watcher, run, logs_samples=self._may_hold_posts)

    def raw_dataset(self, run: Run, inputs: Mapping[str, tuple[str, Funnel]], files: Iterable[Path]) -> str:
        """Save what was read, without its content.

        Local files are only referred to, never copied: an archive holds more than posts, messages for
        example. A tracker elsewhere gets no reference either: a path tells of its user.

        Args:
            run: the run that read the posts.
            inputs: handle -> digest of what was read, and the counts of cleaning.
            files: the local files among the locations.
        """
        return run.save(
            f"{self._name}-raw-dataset",
            kind="raw-dataset",
            references={} if self._is_remote else _references(files),
            metadata={
                handle: {"digest": digest, "posts": funnel.read}
                for handle, (digest, funnel) in inputs.items()
            },
        )

    def train_dataset(self, run: Run, data: Dataset, files: Mapping[str, Path]) -> str:
        """Save the training and held-out posts; a remote tracker gets only their digest and counts."""
        return run.save(
            f"{self._name}-train-dataset",
            kind="train-dataset",
            files=files if self._may_hold_posts else {},
            metadata={"digest": data.digest, "train": len(data.train), "held_out": len(data.held_out)},
        )

    def pretrained_model(self, run: Run, model: FinetunedModel) -> str:
        """Save name and digest of the base that training started from; "" for a model without a base."""
        if model.base.name == NO_BASE:
            return ""
        base = msgspec.to_builtins(model.base)
        return run.save("pretrained-model", kind="pretrained-model", metadata=base)

    def finetuned_model(self, run: Run, model: FinetunedModel, *, holds_posts: bool) -> str:
        """Save the trained model; of one that holds posts, a remote tracker gets only the digest."""
        files = {path.name: path for path in sorted(model.folder.iterdir())}
        return run.save(
            self.finetuned_name,
            kind="finetuned-model",
            files=files if self._may_hold_posts or not holds_posts else {},
            metadata={"digest": model.digest, "step": model.step},
        )

    @property
    def finetuned_name(self) -> str:
        """The name of the artifact of the trained model."""
        return f"{self._name}-finetuned-model"

    def report(self, run: Run, model: ModelFolder) -> str:
        """Save the evaluation and its page; a remote tracker gets no page, whose samples may repeat posts."""
        files = [model.evaluation, *([model.report_page] if self._may_hold_posts else [])]
        return run.save(f"{self._name}-report", kind="report", files={file.name: file for file in files})

    def card(self, run: Run, model: ModelFolder) -> str:
        """Save the model card."""
        return run.save(f"{self._name}-card", kind="card", files={model.card.name: model.card})

    def published_model(self, run: Run, url: str, commit: str) -> str:
        """Save the address and the commit of a published model, without its files."""
        return run.save(
            f"{self._name}-published-model",
            kind="published-model",
            references={"repository": url},
            metadata={"url": url, "commit": commit},
        )


def _references(files: Iterable[Path]) -> dict[str, str]:
    """The addresses of files by their names, which are numbered where several files have the same one."""
    references: dict[str, str] = {}
    for file in files:
        number, name = 1, file.name
        while name in references:
            number += 1
            name = f"{file.stem}-{number}{file.suffix}"
        references[name] = file.resolve().as_uri()
    return references


def funnel_metrics(funnels: Iterable[Funnel]) -> dict[str, float]:
    """How many posts cleaning kept, and how many it dropped for each reason, summed over the authors."""
    total = Counter[str]()
    for funnel in funnels:
        total["posts/kept"] += funnel.kept
        total.update({f"posts/dropped/{reason}": count for reason, count in funnel.dropped.items()})
    return dict(total)


def evaluation_metrics(evaluation: Evaluation) -> dict[str, float]:
    """The model's value in each row of an evaluation."""
    return {f"report/{path}": row.model.value for path, row in evaluation.rows().items() if row.model}


class RecordedWatcher(Silence):
    """A watcher that passes all events on to another one, and logs those of training to a run."""

    def __init__(self, watcher: Watcher, run: Run, *, logs_samples: bool = False) -> None:
        """Log samples only where asked to: they are generated to find copies, so no filter has seen them."""
        self._watcher, self._run, self._logs_samples = watcher, run, logs_samples
        self._samples: Sequence[str] = ()

    def stage(self, name: str, detail: str = "") -> None:
        """Pass on that a stage begins."""
        self._watcher.stage(name, detail)

    def read(self, posts: int, expected: int | None) -> None:
        """Pass on how many posts have been read."""
        self._watcher.read(posts, expected)

    def written(self, done: int, total: int) -> None:
        """Pass on how many posts have been written."""
        self._watcher.written(done, total)

    def fetched(self, done: int, total: int) -> None:
        """Pass on how much of a base has been fetched."""
        self._watcher.fetched(done, total)

    def advanced(self, done: int, total: int, unit: str) -> None:
        """Pass on how much of a job is done."""
        self._watcher.advanced(done, total, unit)

    def stepped(self, step: int, steps: int, loss: float, tokens_per_second: float) -> None:
        """Log a training step."""
        self._watcher.stepped(step, steps, loss, tokens_per_second)
        metrics = {"train/loss": loss, "train/tokens_per_second": tokens_per_second}
        self._run.log(metrics | {"train/memory_gb": memory()}, step=step)

    def evaluated(self, point: CurvePoint) -> None:
        """Log an evaluation during training, with the samples that were generated for it."""
        self._watcher.evaluated(point)
        values = {
            "train/epoch": point.epoch,
            "held_out/bits_per_byte": point.bits_per_byte,
            "samples/copied": point.copied,
        }
        metrics = {name: value for name, value in values.items() if value is not None}
        self._run.log(metrics, step=point.step)
        if self._samples:
            samples = [Sample(prompt="", text=text) for text in self._samples]
            self._run.log_samples(samples, step=point.step)
            self._samples = ()

    def sampled(self, samples: Sequence[str]) -> None:
        """Keep the samples until the evaluation that follows, whose step they are logged at."""
        self._watcher.sampled(samples)
        self._samples = samples if self._logs_samples else ()

    def note(self, message: str) -> None:
        """Pass a message on."""
        self._watcher.note(message)
