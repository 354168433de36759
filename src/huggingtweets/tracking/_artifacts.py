"""The artifacts of one model: what is in each of them, and what of it may leave this machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from ..model_folder import ModelFolder
from ..results import Evaluation
from ..types import NO_BASE, Dataset, FinetunedModel, Funnel
from ._interface import Run, Tracker


class Artifacts:
    """Saves the artifacts of the model `name`; each method returns the version that was saved."""

    def __init__(self, name: str, tracker: Tracker, *, share_data: bool = False) -> None:
        """Let posts go to a remote tracker only where the user shares them."""
        self._name = name
        self.posts_may_go = share_data or not tracker.remote

    def raw_dataset(self, run: Run, read: Mapping[str, tuple[str, Funnel]], files: Iterable[Path]) -> str:
        """What was read: by handle a digest and how many posts; local files are referred to.

        The files themselves are never copied: an archive holds more than posts, messages for example.
        """
        return run.save(
            f"{self._name}-raw-dataset",
            kind="raw-dataset",
            references={file.name: file.resolve().as_uri() for file in files},
            metadata={
                handle: {"digest": digest, "posts": funnel.read} for handle, (digest, funnel) in read.items()
            },
        )

    def train_dataset(self, run: Run, data: Dataset, files: Mapping[str, Path]) -> str:
        """The posts that are learnt from and those held out, where they may go."""
        return run.save(
            f"{self._name}-train-dataset",
            kind="train-dataset",
            files=files if self.posts_may_go else {},
            metadata={"digest": data.digest, "train": len(data.train), "held_out": len(data.held_out)},
        )

    def pretrained_model(self, run: Run, checkpoint: FinetunedModel) -> str:
        """What training started from, by its name and digest; "" where it started from nothing."""
        if checkpoint.base.name == NO_BASE:
            return ""
        based_on = msgspec.to_builtins(checkpoint.base)
        return run.save("pretrained-model", kind="pretrained-model", metadata=based_on)

    def finetuned_model(self, run: Run, checkpoint: FinetunedModel, *, holds_posts: bool) -> str:
        """The trained model; of one that holds posts, the files only where those may go."""
        files = {path.name: path for path in sorted(checkpoint.folder.iterdir())}
        return run.save(
            self.finetuned_name,
            kind="finetuned-model",
            files=files if self.posts_may_go or not holds_posts else {},
            metadata={"digest": checkpoint.digest, "step": checkpoint.step},
        )

    @property
    def finetuned_name(self) -> str:
        """Under which the trained model is saved."""
        return f"{self._name}-finetuned-model"

    def report(self, run: Run, model: ModelFolder, *, shows_posts: bool = False) -> str:
        """What was evaluation, and the page of it; one that shows posts only where those may go."""
        page_may_go = self.posts_may_go or not shows_posts
        files = [model.evaluation, *([model.report_page] if page_may_go else [])]
        return run.save(f"{self._name}-report", kind="report", files={file.name: file for file in files})

    def card(self, run: Run, model: ModelFolder) -> str:
        """The card of the model."""
        return run.save(f"{self._name}-card", kind="card", files={model.card.name: model.card})

    def published_model(self, run: Run, url: str, commit: str) -> str:
        """Where the model was published: an address and a commit there; nothing of it is copied."""
        return run.save(
            f"{self._name}-published-model",
            kind="published-model",
            references={"repository": url},
            metadata={"url": url, "commit": commit},
        )


def funnel_metrics(funnels: Iterable[Funnel]) -> dict[str, float]:
    """How many posts cleaning kept, and dropped for each reason, as figures of a run."""
    total = Counter[str]()
    for funnel in funnels:
        total["posts/kept"] += funnel.kept
        total.update({f"posts/dropped/{reason}": count for reason, count in funnel.dropped.items()})
    return dict(total)


def evaluation_metrics(evaluation: Evaluation) -> dict[str, float]:
    """The model's value in every row of an evaluation, as figures of a run."""
    return {f"report/{path}": row.model.value for path, row in evaluation.rows().items() if row.model}
