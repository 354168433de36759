# ruff: noqa: T201 -- what it prints is read by the tests
"""A training run in a process of its own, to be killed, interrupted, or run by several at once.

    python -m tests.helpers.trainer_process BASE OUT KEPT [SETTING...]

Prints "step N" at each step, and at the end the digest of the weights and the curve.
"""

from __future__ import annotations

import sys
from pathlib import Path

from huggingtweets import load_recipe
from huggingtweets.files import CheckpointConfig
from huggingtweets.progress import Silence
from huggingtweets.training import Device, load_base, train
from tests.helpers.tiny import tiny_dataset


class Steps(Silence):
    """Tells where training stands."""

    def stepped(self, step, steps, loss, tokens_per_second):
        """Print the step."""
        del steps, loss, tokens_per_second
        print("step", step, flush=True)

    def note(self, message):
        """Print the remark."""
        print(message, flush=True)


def main(base: str, out: str, kept: str, *settings: str) -> None:
    """Train."""
    recipe = load_recipe("starter", [f"base={base}", "epochs=12", "batch_tokens=128", *settings])
    Path(out).mkdir(exist_ok=True)
    done = train(
        tiny_dataset(),
        recipe,
        load_base(base, dropout=recipe.dropout),
        Path(out),
        device=Device("cpu", "test", bf16=False),
        checkpoints=CheckpointConfig(Path(kept), seconds=0.0),
        watcher=Steps(),
    )
    curve = (f"{point.bits_per_byte:.4f}" for point in done.curve)
    print("done", done.digest or "follower", *curve, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
