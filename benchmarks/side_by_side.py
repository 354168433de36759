"""What two processes of a thread each do beside each other, compared with one alone: the ceiling of a fleet.

    python benchmarks/side_by_side.py [KIND...] [--seconds 4] [--rounds 3]

Kinds are a product of matrices that fit a cache, a copy of memory that does not, a loop of Python, a step of
training of the starter without its optimizer, and a post sampled from the starter. The machine must have no
other work.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

import torch

from huggingtweets.bases.loading import load_base
from huggingtweets.machine.device import choose_device
from huggingtweets.recipes import load
from huggingtweets.tokenization.prefix import with_bos_token
from huggingtweets.training import TrainOptions
from huggingtweets.training.batches import batches, encode
from huggingtweets.training.context import TrainContext
from huggingtweets.types import Sampling

TEXTS = [f"the lamp number {n} was lit at seven and a gull sat on the rail" for n in range(100)]


def matrices() -> Callable[[], object]:
    """A product of two matrices of 128 by 128."""
    left, right, product = torch.randn(128, 128), torch.randn(128, 128), torch.empty(128, 128)
    return lambda: torch.mm(left, right, out=product)


def memory() -> Callable[[], object]:
    """A copy of 128 MB."""
    source = torch.randn(32_000_000)
    target = torch.empty_like(source)
    return lambda: target.copy_(source)


def python() -> Callable[[], object]:
    """A sum of 20,000 squares."""
    return lambda: sum(number * number for number in range(20_000))


def training() -> Callable[[], object]:
    """Loss and gradient of a batch of the starter."""
    base, recipe = load_base("starter"), load("starter")
    context = TrainContext.prepare(base.model, base.tokenizer, TrainOptions(device=choose_device()))
    rows = encode(TEXTS, base.tokenizer, 256)
    [batch, *_] = batches(rows, recipe.batch_tokens, base.tokenizer.eos_token_id, None, packed=context.packed)
    return lambda: context.loss(batch).backward()


def sampling() -> Callable[[], object]:
    """A post of 40 tokens at most."""
    from huggingtweets.generation.transformers_generator import TransformersGenerator

    base = load_base("starter")
    generator = TransformersGenerator(base.model, with_bos_token(base.tokenizer))
    return lambda: generator.generate("My dream is", count=1, seed=1, sampling=Sampling(max_new_tokens=40))


KINDS = {kind.__name__: kind for kind in (matrices, memory, python, training, sampling)}


def serve(kind: str, core: int, connection: Connection) -> None:
    """Do something for as many seconds as asked for, on one core; tell how often a second it was done."""
    os.sched_setaffinity(0, {core})
    torch.set_num_threads(1)
    act = KINDS[kind]()
    act()
    connection.send(0.0)
    while seconds := connection.recv():
        started, times = time.perf_counter(), 0
        while time.perf_counter() - started < seconds:
            act()
            times += 1
        connection.send(times / (time.perf_counter() - started))


def measure(kind: str, seconds: float, rounds: int) -> None:
    """Print how often a second one process does something, and two do."""
    context = multiprocessing.get_context("spawn")
    pipes = [context.Pipe() for _ in range(2)]
    for core, (_, end) in enumerate(pipes):
        context.Process(target=serve, args=(kind, core, end), daemon=True).start()
    ours = [pipe for pipe, _ in pipes]
    for pipe in ours:
        pipe.recv()
    rates: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(rounds):
        for count, measured in rates.items():
            for pipe in ours[:count]:
                pipe.send(seconds)
            measured.append(sum(pipe.recv() for pipe in ours[:count]))
    for pipe in ours:
        pipe.send(0.0)
    one, two = (statistics.median(measured) for measured in rates.values())
    print(f"{kind}: {one:,.2f} a second alone, {two:,.2f} side by side, {two / one:.2f} times", flush=True)


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", default=list(KINDS), metavar="KIND")
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for kind in options.kinds:
        measure(kind, options.seconds, options.rounds)


if __name__ == "__main__":
    main()
