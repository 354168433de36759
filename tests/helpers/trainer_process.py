# ruff: noqa: T201 -- what it prints is read by the tests
"""A training run in a process of its own, to be killed, interrupted, or run by several at once.

    python -m tests.helpers.trainer_process BASE OUT CHECKPOINTS [SETTING...]

With $BACKEND the processes are connected by it, for example "cuda:gloo": a group that knows GPUs only.
With $HOLD the last step waits until standard input ends, so that no run ends before it is stopped.

Prints "step N" at each step, and at the end the digest of the weights and the curve.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import torch

from huggingtweets import load_recipe
from huggingtweets.bases.loading import load_base
from huggingtweets.files import CheckpointConfig
from huggingtweets.machine.device import Device
from huggingtweets.progress import Silence
from huggingtweets.training import TrainOptions, train
from tests.helpers.tiny import tiny_dataset


class Steps(Silence):
    """Prints every step and remark."""

    def stepped(self, step, steps, loss, tokens_per_second):
        """Print the step, and hold the last one where that is asked for."""
        del loss, tokens_per_second
        print("step", step, flush=True)
        if step == steps and "HOLD" in os.environ:
            sys.stdin.read()

    def note(self, message):
        """Print the remark."""
        print(message, flush=True)


def main(base: str, out: str, checkpoints: str, *settings: str) -> None:
    """Train."""
    if "BACKEND" in os.environ:
        torch.distributed.init_process_group(os.environ["BACKEND"])
    recipe = load_recipe("starter", [f"base={base}", "epochs=12", "batch_tokens=128", *settings])
    Path(out).mkdir(exist_ok=True)
    options = TrainOptions(
        device=Device("cpu", "test", bf16=False),
        checkpoints=CheckpointConfig(Path(checkpoints), seconds=0.0),
        watcher=Steps(),
    )
    loaded = load_base(base, dropout=recipe.dropout)
    trained = train(tiny_dataset(), recipe, loaded, Path(out), options)
    curve = (f"{point.bits_per_byte:.4f}" for point in trained.curve)
    print("done", trained.digest or "follower", *curve, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
