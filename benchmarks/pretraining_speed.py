"""Tokens per second of pre-training, compared with plain code: same posts, same shape, same machine.

    python benchmarks/pretraining_speed.py CORPUS... [--size nano] [--steps 12] [--rounds 3]

The plain code is what one writes first, as nanoGPT does it: GPT-2 of transformers, bf16 autocast, posts
joined by the end token into blocks as long as the model sees, the same number of tokens a step, torch's own
cross-entropy over all scores, fused AdamW. Each runs in a process of its own, in turn; medians are shown.
Padding does not count as tokens. "Limit" is 6 x weights x tokens over the rate of a
large matrix product, measured beside each.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any

from training_speed import matrix_rate

WAYS = {"ours": "huggingtweets pretrain (Muon and AdamW)", "plain": "plain code (AdamW)"}
POSTS, WARM = 20_000, 3  # posts in all; steps that are not counted


def main() -> None:
    """Run both `rounds` times and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("corpus", nargs="+", type=Path)
    parser.add_argument("--size", default="nano")
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--way", choices=WAYS, help="run one of them once, and print its figures")
    options = parser.parse_args()
    if options.way:
        print(json.dumps(_measure(options)))
        return
    results: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for _ in range(options.rounds):
        for way, figures in results.items():
            command = [
                sys.executable,
                __file__,
                *map(str, options.corpus),
                "--size",
                options.size,
                "--way",
                way,
            ]
            done = subprocess.run(
                [*command, "--steps", str(options.steps)],
                check=True,
                stdout=subprocess.PIPE,
                text=True,
                env=os.environ | {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "1000"},
            )
            figures.append(json.loads(done.stdout.splitlines()[-1]))
            print(way, figures[-1], file=sys.stderr)
    _print(results)


def _print(results: dict[str, list[dict[str, float]]]) -> None:
    plain = [figures["tokens_per_second"] for figures in results["plain"]]
    print("| way | tokens/s, median [lowest, highest] | times plain | of the limit |")
    print("|---|---|---|---|")
    for way, rounds in results.items():
        speeds = [figures["tokens_per_second"] for figures in rounds]
        ratio = statistics.median(a / b for a, b in zip(speeds, plain, strict=True))
        share = statistics.median(figures["of_limit"] for figures in rounds)
        spread = f"{statistics.median(speeds):,.0f} [{min(speeds):,.0f}, {max(speeds):,.0f}]"
        print(f"| {WAYS[way]} | {spread} | {ratio:.2f} | {share:.0%} |")


def _measure(options: argparse.Namespace) -> dict[str, float]:
    from huggingtweets.dataset.shards import find_shards, read_posts
    from huggingtweets.training.gpt2 import SIZES, new_model
    from huggingtweets.training.vocabulary import learn_vocabulary

    posts = list(islice((post for shard in find_shards(options.corpus) for post in read_posts(shard)), POSTS))
    size = SIZES[options.size]
    tokenizer = learn_vocabulary(posts, size.vocabulary)
    model, _ = new_model(size, tokenizer, seed=0)
    limit = matrix_rate() / (6 * model.num_parameters())
    steps = (_ours if options.way == "ours" else _plain)(model, tokenizer, posts, size, options.steps + WARM)
    speed = statistics.median(tokens / seconds for tokens, seconds in steps[WARM:])
    return {"tokens_per_second": speed, "of_limit": speed / limit}


def _ours(model: Any, tokenizer: Any, posts: list[str], size: Any, steps: int) -> list[tuple[int, float]]:
    from huggingtweets.machine.device import choose_device
    from huggingtweets.training import ProcessGroup, TrainOptions
    from huggingtweets.training.backward import Backward
    from huggingtweets.training.context import TrainContext
    from huggingtweets.training.optimizer import Optimizer
    from huggingtweets.training.packed import PackedRows, write_rows
    from huggingtweets.training.pretrain import recipe_for

    options, timed = TrainOptions(device=choose_device(), process_group=ProcessGroup()), []
    with tempfile.TemporaryDirectory() as folder:
        list(write_rows(posts, tokenizer, size.positions, Path(folder)))
        rows = PackedRows(Path(folder), size.batch_tokens, seed=0, batches=steps)
        context = TrainContext.prepare(model, tokenizer, options)
        optimizer = Optimizer(context.weights, recipe_for(size, 0))
        backward = Backward(context.weights, context.loss, context.process_group, context.watcher)
        for step in range(steps):
            started = time.perf_counter()
            batch = rows[step]
            backward(batch)
            optimizer.step(1.0)
            timed.append((batch.tokens, time.perf_counter() - started))
    return timed


def _plain(model: Any, tokenizer: Any, posts: list[str], size: Any, steps: int) -> list[tuple[int, float]]:
    import torch
    from torch.nn import functional

    ids = torch.tensor([token for post in posts for token in (*tokenizer.encode(post).ids, 0)])
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, betas=(0.9, 0.95), fused=True)
    draw, timed = torch.Generator().manual_seed(0), []
    for _ in range(steps):
        started = time.perf_counter()
        starts = torch.randint(
            len(ids) - size.positions - 1, (size.batch_tokens // size.positions,), generator=draw
        )
        rows = torch.stack([ids[at : at + size.positions + 1] for at in starts.tolist()])
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(rows[:, :-1]).logits
        loss = functional.cross_entropy(logits.flatten(0, 1).float(), rows[:, 1:].flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        timed.append((size.batch_tokens, time.perf_counter() - started))
    return timed


if __name__ == "__main__":
    main()
