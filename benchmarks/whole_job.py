"""Seconds from a file of posts to a finished model folder, and how good the model is, compared with Trainer.

    python benchmarks/whole_job.py LOCATION... [--recipe starter] [--seeds 0 1 2] [--rates 5e-4 1e-3 2e-3]
        [--epochs 4] [--blocks 4] [--set KEY=VALUE]

Each job is a process of its own, timed from its start to its end; ours and the peer take turns. The peer is
what people write: `transformers.Trainer` on the base of the recipe, the same posts joined by the end token
into blocks of 256, `--blocks` a step, `--epochs` epochs with an evaluation after each, cosine, no dropout
(which costs it quality on so little text), float32 or bf16; its learning rate is the best of `--rates` on the
first seed. Ours runs without its evaluation, which the peer has none of, but with its samples, card and
pictures. `--set` changes its recipe, as in `train`: `--set author_posts=100` lets it learn from that many
posts, which shows how long it takes until it is as good as the peer with all of them. Held-out bits per byte
of both come from the same function. A base that has to be fetched is fetched before:
`huggingtweets bases fetch smollm2-135m`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

BLOCK = 256  # tokens: as many as the starter base sees
PEERS = {"trainer": "transformers.Trainer, float32", "trainer-bf16": "transformers.Trainer, bf16"}


def main() -> None:
    """Run every job and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("locations", nargs="+")
    parser.add_argument("--recipe", default="starter")
    parser.add_argument("--epochs", type=int, default=4, help="of the peer")
    parser.add_argument("--blocks", type=int, default=4, help="of 256 tokens, in a step of the peer")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--rates", type=float, nargs="+", default=[5e-4, 1e-3, 2e-3])
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="of our recipe")
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=["trainer-bf16"])
    parser.add_argument("--as-peer", nargs=3, metavar=("RATE", "SEED", "OUT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.as_peer:
        rate, seed, out = options.as_peer
        _peer(options, float(rate), int(seed), Path(out))
        return
    print("| posts | engine | bits per byte, mean (each) | seconds, median (each) | ours is faster by |")
    print("|---|---|---|---|---|")
    for location in options.locations:
        _compare(location, options)


def _compare(location: str, options: argparse.Namespace) -> None:
    ours: list[tuple[float, float]] = []
    theirs: dict[str, list[tuple[float, float]]] = {peer: [] for peer in options.peers}
    rates: dict[str, float] = {}
    for seed in options.seeds:
        ours.append(_timed(location, _as_ours(location, options, seed)))
        print(location, "ours", seed, ours[-1], file=sys.stderr, flush=True)
        for peer, runs in theirs.items():
            tried = [rates[peer]] if peer in rates else options.rates
            results = {
                rate: _timed(location, _as_peer(location, peer, rate, seed, options)) for rate in tried
            }
            rates[peer] = min(results, key=lambda rate: results[rate][0])
            runs.append(results[rates[peer]])
            print(location, peer, seed, results, file=sys.stderr, flush=True)
    name = Path(location).stem
    _print(name, ", ".join(("huggingtweets", *options.set)), ours, ours)
    for peer, runs in theirs.items():
        _print(name, f"{PEERS[peer]}, learning rate {rates[peer]:g}", runs, ours)


def _as_ours(location: str, options: argparse.Namespace, seed: int) -> list[str]:
    changes = [part for change in options.set for part in ("--set", change)]
    how = ["--no-evaluate", "--tracker", "none", "--fresh", "--seed", str(seed), "--out"]
    return ["-m", "huggingtweets", "train", location, "--recipe", options.recipe, *changes, *how]


def _as_peer(location: str, peer: str, rate: float, seed: int, options: argparse.Namespace) -> list[str]:
    settings = ["--recipe", options.recipe, "--epochs", str(options.epochs), "--blocks", str(options.blocks)]
    return [__file__, location, *settings, "--peers", peer, "--as-peer", str(rate), str(seed)]


def _timed(location: str, command: list[str]) -> tuple[float, float]:
    """Held-out bits per byte of the model that a command writes, and the seconds it took."""
    with tempfile.TemporaryDirectory() as folder:
        out = str(Path(folder) / "model")
        environment = os.environ | {"HF_HUB_OFFLINE": "1"}
        started = time.perf_counter()
        subprocess.run([sys.executable, *command, out], check=True, env=environment, capture_output=True)
        seconds = time.perf_counter() - started
        return _bits(location, out), seconds


def _bits(location: str, folder: str) -> float:
    from huggingtweets.bases.loading import load_base
    from huggingtweets.machine.device import choose_device
    from huggingtweets.results import bits_per_byte
    from huggingtweets.training import Predictor

    loaded = load_base(folder)
    texts = [post.text for post in _dataset(location).held_out]
    return bits_per_byte(Predictor(loaded.model, loaded.tokenizer, choose_device()).bits(texts), texts)


def _dataset(location: str) -> Any:
    from huggingtweets import DataConfig
    from huggingtweets.progress import Silence
    from huggingtweets.workflows.data import build_dataset, read

    return build_dataset(read(DataConfig(locations=(location,)), Silence()), held_out=0.1)


def _peer(options: argparse.Namespace, rate: float, seed: int, out: Path) -> None:
    import random

    from transformers import Trainer, TrainingArguments

    from huggingtweets import load_recipe
    from huggingtweets.bases.loading import load_base

    base, data = load_base(load_recipe(options.recipe).base), _dataset(options.locations[0])
    shuffled = [post.text for post in data.train]
    random.Random(seed).shuffle(shuffled)  # noqa: S311 -- no secret
    end, size = base.tokenizer.eos_token_id, BLOCK
    blocks, encode = [], base.tokenizer.encode
    for texts in (shuffled, [post.text for post in data.held_out]):
        ids = [token for text in texts for token in (end, *encode(text, add_special_tokens=False))]
        cut = [ids[i : i + size] for i in range(0, len(ids) - size, size)]
        blocks.append([{"input_ids": block, "labels": block} for block in cut])
    arguments = TrainingArguments(
        output_dir=str(out),
        num_train_epochs=options.epochs,
        per_device_train_batch_size=options.blocks,
        learning_rate=rate,
        lr_scheduler_type="cosine",
        seed=seed,
        bf16=options.peers == ["trainer-bf16"],
        use_cpu=True,
        report_to=[],
        disable_tqdm=True,
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=1,
        save_only_model=True,
        load_best_model_at_end=True,
    )
    trainer = Trainer(base.model, arguments, train_dataset=blocks[0], eval_dataset=blocks[1])
    trainer.train()
    trainer.save_model(str(out))
    base.tokenizer.save_pretrained(out)


def _print(name: str, engine: str, runs: list[tuple[float, float]], ours: list[tuple[float, float]]) -> None:
    bits, seconds = zip(*runs, strict=True)
    ratio = statistics.median(b / a for (_, a), (_, b) in zip(ours, runs, strict=True))
    print(
        f"| {name} | {engine} | {statistics.mean(bits):.3f} ({', '.join(f'{b:.3f}' for b in bits)}) "
        f"| {statistics.median(seconds):.0f} ({', '.join(f'{s:.0f}' for s in seconds)}) | {ratio:.1f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
