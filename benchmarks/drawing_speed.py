"""How fast posts are written: this program and `transformers.generate`, in float32, bfloat16 and float16.

    GOMP_SPINCOUNT=20000 python benchmarks/drawing_speed.py FOLDER... [--rows 1 5 64] [--tokens 60]
        [--rounds 3] [--threads 2]

Each FOLDER is a base or a model folder. The ways take turns, so that what else the machine does slows all of
them. It prints a table in Markdown: the median of the tokens a second of all rows, in wall-clock time and in
time of the processor, which other work on the machine changes less; and, for each way, the Kullback-Leibler
divergence of its next-token distributions from those of transformers in float32, in nats, over texts that it
wrote in float32. Loading is not timed; no text ends early. Transformers is not tried in float16, in which it
takes several times as long on a CPU; this program uses it for one row alone.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from huggingtweets.generation.decoder import Decoder
from huggingtweets.generation.module_decoder import ModuleDecoder, open_decoder
from huggingtweets.generation.module_weights import decoder_weights
from huggingtweets.generation.sampler import RandomNumbers, sample_tokens, stream_tokens
from huggingtweets.progress import quiet_transformers
from huggingtweets.types import Sampling

PROMPT = "My dream is"
TOP_P = 0.95


class Way(NamedTuple):
    """One way to write."""

    write: Callable[[torch.Tensor, int], object]
    decoder: Callable[[], Decoder]  # what computes its logits


def main() -> None:
    """Measure all folders and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 5, 64])
    parser.add_argument("--tokens", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print("| folder | rows | way | tokens/s | tokens/s of processor time | divergence |")
    print("|---|--:|---|--:|--:|--:|")
    for folder in options.folders:
        prompt, ways = _ways(folder)
        divergences = _divergences(ways, prompt, options.tokens)
        for rows in options.rows:
            speeds = _speeds(ways, prompt.repeat(rows, 1), options.tokens, options.rounds)
            for name, (wall, processor) in speeds.items():
                cells = f"{wall:,.0f} | {processor:,.0f} | {divergences[name]:.1e}"
                print(f"| {folder.name} | {rows} | {name} | {cells} |", flush=True)


def _ways(folder: Path) -> tuple[torch.Tensor, dict[str, Way]]:
    """The prompt, (1, tokens), and the ways to continue it."""
    with quiet_transformers():
        tokenizer = AutoTokenizer.from_pretrained(folder)
        models = {
            dtype: AutoModelForCausalLM.from_pretrained(folder, dtype=dtype).eval()
            for dtype in (torch.float32, torch.bfloat16)
        }
    prompt = torch.tensor([tokenizer(PROMPT)["input_ids"]])
    ways = {}
    for dtype, model in models.items():
        name = str(dtype).removeprefix("torch.")
        ways[f"transformers, {name}"] = Way(_library_writer(model), partial(ModuleDecoder, model))
    for dtype in (*models, torch.float16):
        weights = decoder_weights(models[torch.float32], dtype)
        opened = partial(open_decoder, models[torch.float32], weights)
        ways[f"ours, {str(dtype).removeprefix('torch.')}"] = Way(_writer(opened), opened)
    return prompt, ways


def _library_writer(model: Any) -> Callable[[torch.Tensor, int], object]:
    def write(prompts: torch.Tensor, tokens: int) -> object:
        mask = torch.ones_like(prompts)
        lengths = {"min_new_tokens": tokens, "max_new_tokens": tokens}
        return model.generate(prompts, attention_mask=mask, do_sample=True, top_p=TOP_P, top_k=0, **lengths)

    return write


def _writer(opened: Callable[[], Decoder]) -> Callable[[torch.Tensor, int], object]:
    def write(prompts: torch.Tensor, tokens: int) -> object:
        sampling = Sampling(top_p=TOP_P, max_new_tokens=tokens)
        return list(stream_tokens(opened(), prompts, sampling, RandomNumbers(None).uniform, ()))

    return write


def _speeds(
    ways: Mapping[str, Way], prompts: torch.Tensor, tokens: int, rounds: int
) -> dict[str, tuple[float, float]]:
    """The median tokens a second of each way: in wall-clock time, and in time of the processor."""
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            wall, processor = time.perf_counter(), time.process_time()
            way.write(prompts, tokens)
            seconds[name].append((time.perf_counter() - wall, time.process_time() - processor))
    total = len(prompts) * tokens
    return {
        name: (total / statistics.median(w for w, _ in times), total / statistics.median(p for _, p in times))
        for name, times in seconds.items()
    }


@torch.inference_mode()
def _divergences(ways: Mapping[str, Way], prompt: torch.Tensor, tokens: int) -> dict[str, float]:
    """Of each way from the first, over the same texts: the mean in nats."""
    random = RandomNumbers(0)
    reference = next(iter(ways.values())).decoder()
    prompts = prompt.repeat(5, 1)
    expected, written = [reference.read(prompts, tokens)], []
    for _ in range(tokens):
        written.append(sample_tokens(expected[-1], 1.0, TOP_P, random.uniform))
        expected.append(reference.step(written[-1]))
    divergences = {}
    for name, way in ways.items():
        decoder = way.decoder()
        logits = [decoder.read(prompts, tokens), *map(decoder.step, written)]
        divergences[name] = _divergence(torch.cat(expected), torch.cat(logits))
    return divergences


def _divergence(expected: torch.Tensor, logits: torch.Tensor) -> float:
    exact, other = (part.double().log_softmax(-1) for part in (expected, logits))
    return float((exact.exp() * (exact - other)).sum(-1).mean())


if __name__ == "__main__":
    main()
