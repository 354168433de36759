"""Tokens per second of training, compared with what people use: same posts, same model, same machine.

    python benchmarks/training_speed.py LOCATION [--shape gpt2] [--tokens 1024] [--steps 12] [--rounds 3]
        [--engines ours trainer]

Each engine runs in a process of its own, one after the other, round after round; medians are shown. The
model has GPT-2's shape (124 million weights) and random weights, or is a named base, which ours trains as its
recipe says. The peers get the same posts, joined by the end token into blocks as long as a step or as the
model sees, as the 2020 program did, and everybody takes `--tokens` tokens a step. "Limit" is 6 x weights x
tokens over the rate of a large matrix product, measured beside each engine in bfloat16, or in float32 on a
processor without bfloat16. A step of `trainer-bf16` takes many times as long on such a one. The engine trl
needs `pip install trl`.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ENGINES = {
    "ours": "huggingtweets",
    "trainer": "transformers.Trainer, float32 (2020)",
    "trainer-bf16": "transformers.Trainer, bf16",
    "trl": "TRL SFTTrainer, packing, bf16",
}
WARM = 3  # steps that are not counted


def main() -> None:
    """Run every engine `rounds` times and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("location")
    parser.add_argument("--shape", choices=("gpt2", "starter", "smollm2-135m"), default="gpt2")
    parser.add_argument("--tokens", type=int, default=1024, help="of a step")
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engine", choices=ENGINES, help="run one of them once, and print its figures")
    options = parser.parse_args()
    if options.engine:
        print(json.dumps(_measure(options)))
        return
    results: dict[str, list[dict[str, float]]] = {engine: [] for engine in options.engines}
    for _ in range(options.rounds):
        for engine, figures in results.items():
            figures.append(_in_a_process(engine, options))
            print(engine, figures[-1], file=sys.stderr)
    _print(results)


def _in_a_process(engine: str, options: argparse.Namespace) -> dict[str, float]:
    command = [sys.executable, __file__, options.location, "--engine", engine, "--shape", options.shape]
    done = subprocess.run(
        [*command, "--tokens", str(options.tokens), "--steps", str(options.steps)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"GOMP_SPINCOUNT": "1000", "HF_HUB_OFFLINE": "1", "TQDM_DISABLE": "1"},
    )
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _print(results: dict[str, list[dict[str, float]]]) -> None:
    ours = [figures["tokens_per_second"] for figures in results.get("ours", next(iter(results.values())))]
    print("| engine | tokens/s, median [lowest, highest] | ours is faster by | of the limit | peak memory |")
    print("|---|---|---|---|---|")
    for engine, rounds in results.items():
        speeds = [figures["tokens_per_second"] for figures in rounds]
        ratio = statistics.median(a / b for a, b in zip(ours, speeds, strict=True))
        share = statistics.median(figures["of_limit"] for figures in rounds)
        memory = statistics.median(figures["peak_mb"] for figures in rounds)
        spread = f"{statistics.median(speeds):,.0f} [{min(speeds):,.0f}, {max(speeds):,.0f}]"
        print(f"| {ENGINES[engine]} | {spread} | {ratio:.1f} | {share:.0%} | {memory:,.0f} MB |")


def _measure(options: argparse.Namespace) -> dict[str, float]:
    base = _base(options.shape)
    limit = matrix_rate() / (6 * base.model.num_parameters())
    runs: dict[str, Callable[..., list[tuple[int, float]]]] = {
        "ours": _ours,
        "trainer": _trainer,
        "trainer-bf16": lambda *arguments: _trainer(*arguments, bf16=True),
        "trl": _trl,
    }
    with tempfile.TemporaryDirectory() as folder:
        run, data = runs[options.engine], _dataset(options.location)
        counted = run(base, data, options.steps, options.tokens, Path(folder))[WARM:]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    speed = sum(tokens for tokens, _ in counted) / sum(seconds for _, seconds in counted)
    return {"tokens_per_second": speed, "of_limit": speed / limit, "peak_mb": peak}


def _base(shape: str) -> Any:
    """A named base, or the starter's tokenizer with a model of GPT-2's shape."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    from huggingtweets.bases.loading import LoadedBase, load_base

    if shape != "gpt2":
        return load_base(shape)
    starter = load_base("starter")
    torch.manual_seed(0)
    config = GPT2Config(attn_pdrop=0.0, embd_pdrop=0.0, resid_pdrop=0.0)
    return LoadedBase(GPT2LMHeadModel(config), starter.tokenizer, starter.base)


def _dataset(location: str) -> Any:
    from huggingtweets import DataConfig
    from huggingtweets.progress import Silence
    from huggingtweets.workflows.data import build_dataset, read

    return build_dataset(read(DataConfig(locations=(location,)), Silence()), held_out=0.1)


def matrix_rate(size: int = 4096, times: int = 5) -> float:
    """Operations a second of a large matrix product in what this machine trains in, the best of some."""
    import torch

    from huggingtweets.machine.device import choose_device

    dtype = torch.bfloat16 if choose_device().bf16 else torch.float32
    a, b = (torch.randn(size, size).to(dtype) for _ in range(2))
    best = 0.0
    for _ in range(times):
        started = time.perf_counter()
        a @ b
        best = max(best, 2 * size**3 / (time.perf_counter() - started))
    return best


class _EnoughSteps(Exception):  # noqa: N818 -- no error
    pass


def _ours(base: Any, data: Any, steps: int, tokens: int, folder: Path) -> list[tuple[int, float]]:
    from huggingtweets import load_recipe
    from huggingtweets.machine.device import choose_device
    from huggingtweets.progress import Silence
    from huggingtweets.training import TrainOptions, train

    counted: list[tuple[int, float]] = []

    class Count(Silence):
        def stepped(self, step: int, _steps: int, _loss: float, tokens_per_second: float) -> None:
            counted.append((1000, 1000 / tokens_per_second))
            if step >= steps + WARM:
                raise _EnoughSteps

    try:
        recipe = load_recipe(base.base.name, [f"batch_tokens={tokens}"])
        train(data, recipe, base, folder, TrainOptions(device=choose_device(), watcher=Count()))
    except _EnoughSteps:
        return counted
    raise ValueError("too few posts for so many steps")


def _blocks(base: Any, data: Any, size: int) -> Iterator[dict[str, list[int]]]:
    """The posts as in 2020: in random order, joined by the end token, cut into blocks."""
    import random

    texts = [post.text for post in data.train]
    random.Random(0).shuffle(texts)  # noqa: S311
    end, encode = base.tokenizer.eos_token_id, base.tokenizer.encode
    ids = [token for text in texts for token in (end, *encode(text, add_special_tokens=False))]
    for start in range(0, len(ids) - size, size):
        yield {"input_ids": ids[start : start + size], "labels": ids[start : start + size]}


def _arguments(folder: Path, steps: int, *, bf16: bool, rows: int = 1) -> dict[str, Any]:
    """The settings of 2020, with so many rows a step."""
    return {
        "output_dir": str(folder),
        "max_steps": steps + WARM,
        "per_device_train_batch_size": rows,
        "learning_rate": 1.372e-4,
        "lr_scheduler_type": "cosine",
        "bf16": bf16,
        "use_cpu": True,
        "report_to": [],
        "save_strategy": "no",
        "disable_tqdm": True,
        "logging_strategy": "no",
        "gradient_checkpointing": False,
    }


def _clock(tokens: int) -> tuple[Any, list[tuple[int, float]]]:
    from transformers import TrainerCallback

    counted: list[tuple[int, float]] = []

    class Clock(TrainerCallback):
        def on_step_begin(self, *_: Any, **__: Any) -> None:
            self.started = time.perf_counter()

        def on_step_end(self, *_: Any, **__: Any) -> None:
            counted.append((tokens, time.perf_counter() - self.started))

    return Clock(), counted


def _trainer(
    base: Any, data: Any, steps: int, tokens: int, folder: Path, *, bf16: bool = False
) -> list[tuple[int, float]]:
    from transformers import Trainer, TrainingArguments

    _with_dropout(base.model)
    length = min(tokens, base.model.config.max_position_embeddings)
    rows = tokens // length
    clock, counted = _clock(rows * length)
    arguments = TrainingArguments(**_arguments(folder, steps, bf16=bf16, rows=rows))
    Trainer(base.model, arguments, train_dataset=list(_blocks(base, data, length)), callbacks=[clock]).train()
    return counted


def _trl(base: Any, data: Any, steps: int, tokens: int, folder: Path) -> list[tuple[int, float]]:
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    _with_dropout(base.model)
    length = min(tokens, base.model.config.max_position_embeddings)
    rows = tokens // length
    clock, counted = _clock(rows * length)
    arguments = SFTConfig(packing=True, max_length=length, **_arguments(folder, steps, bf16=True, rows=rows))
    SFTTrainer(
        base.model,
        args=arguments,
        train_dataset=Dataset.from_dict({"text": [post.text for post in data.train]}),
        processing_class=base.tokenizer,
        callbacks=[clock],
    ).train()
    return counted


def _with_dropout(model: Any) -> None:
    """2020's dropout of 0.1 everywhere."""
    import torch

    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.1


if __name__ == "__main__":
    main()
