"""How much memory each recipe with a base from the Hub needs, over a whole run of `huggingtweets train`.

    python benchmarks/recipe_memory.py LOCATION [--recipes gpt2 llama-3.2-1b] [--posts 560]

The bases are not fetched: models of their architectures and sizes with random weights stand in for them, with
the starter base's tokenizer, stored in the precision in which the Hub has them; the real ones need a little
more for their larger tokenizers. One epoch of a few posts is enough: the peak is reached within the first
steps or when the model is written.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Shape:
    """What config.json of a base on the Hub says, as far as memory depends on it."""

    kind: str  # model_type
    stored: str  # dtype of its file
    millions: int  # of weights, to know that nothing was mistyped
    settings: dict[str, Any]


def _gpt2(width: int, layers: int, heads: int, millions: int) -> Shape:
    return Shape("gpt2", "float32", millions, {"n_embd": width, "n_layer": layers, "n_head": heads})


def _llama_like(kind: str, millions: int, *dimensions: int) -> Shape:
    names = (
        "vocab_size",
        "hidden_size",
        "intermediate_size",
        "num_hidden_layers",
        "num_attention_heads",
        "num_key_value_heads",
        "head_dim",
    )
    settings = dict(zip(names, dimensions, strict=True))
    return Shape(kind, "bfloat16", millions, {**settings, "tie_word_embeddings": True})


SHAPES = {
    "distilgpt2": _gpt2(768, 6, 12, 82),
    "gpt2": _gpt2(768, 12, 12, 124),
    "gpt2-medium": _gpt2(1024, 24, 16, 355),
    "smollm2-135m": _llama_like("llama", 135, 49_152, 576, 1536, 30, 9, 3, 64),
    "smollm2-360m": _llama_like("llama", 362, 49_152, 960, 2560, 32, 15, 5, 64),
    "gemma-3-270m": _llama_like("gemma3_text", 268, 262_144, 640, 2048, 18, 4, 1, 256),
    "qwen3-0.6b": _llama_like("qwen3", 596, 151_936, 1024, 3072, 28, 16, 8, 128),
    "gemma-3-1b": _llama_like("gemma3_text", 1000, 262_144, 1152, 6912, 26, 4, 1, 256),
    "qwen3-1.7b": _llama_like("qwen3", 1721, 151_936, 2048, 6144, 28, 16, 8, 128),
    "smollm2-1.7b": _llama_like("llama", 1711, 49_152, 2048, 8192, 24, 32, 32, 64),
    "llama-3.2-1b": _llama_like("llama", 1236, 128_256, 2048, 8192, 16, 32, 8, 64),
}


def main() -> None:
    """Run every recipe once and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("location")
    parser.add_argument("--recipes", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--posts", type=int, default=560)
    options = parser.parse_args()
    print("| recipe | weights, millions | method | peak memory, GB |")
    print("|---|--:|---|--:|")
    for name in options.recipes:
        with tempfile.TemporaryDirectory() as folder:
            posts = _some_posts(options.location, options.posts, Path(folder) / "posts.txt")
            # in a process of its own: what starts the run must be small, since Linux counts it, too
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
                millions = apart.submit(_write_base, SHAPES[name], Path(folder) / "base").result()
            peak = _peak(name, posts, Path(folder))
        print(f"| {name} | {millions:,.0f} | {_method(name)} | {peak:.1f} |", flush=True)


def _method(recipe: str) -> str:
    from huggingtweets import load_recipe

    return load_recipe(recipe).method


def _some_posts(location: str, count: int, target: Path) -> Path:
    from huggingtweets import DataConfig, inspect

    [person, *_] = inspect(DataConfig(locations=(location,)))
    texts = [" ".join(post.text.split()) for post in person.author.cleaned.posts]
    target.write_text("\n".join(texts[-count:]) + "\n", "utf-8")
    return target


def _write_base(shape: Shape, folder: Path) -> float:
    """Write a random model of this shape; return how many million weights it has."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    from huggingtweets.bases.loading import load_base

    tokenizer = load_base("starter").tokenizer
    end = tokenizer.eos_token_id
    # Gemma's padding token, whose vector is 0, has the number of the starter's end token
    ends = {"bos_token_id": end, "eos_token_id": end, "pad_token_id": None}
    torch.manual_seed(0)
    config = AutoConfig.for_model(shape.kind, **shape.settings, **ends)
    model = AutoModelForCausalLM.from_config(config, dtype=getattr(torch, shape.stored))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    millions: float = model.num_parameters() / 1e6
    if round(millions) != shape.millions:
        raise ValueError(f"the base of this recipe has {shape.millions} million weights, not {millions:.1f}")
    return millions


def _peak(recipe: str, posts: Path, folder: Path) -> float:
    """Gigabytes that a run needs at most."""
    options = f"--name someone --recipe {recipe} --held-out 0.5 --evaluate --tracker none"
    options += " --set epochs=1 --set evaluations=1"
    command = [sys.executable, "-m", "huggingtweets", "train", str(posts), *options.split()]
    command += ["--base", str(folder / "base"), "--out", str(folder / "model")]
    environment = os.environ | {"HUGGINGTWEETS_HOME": str(folder / "home"), "HF_HUB_OFFLINE": "1"}
    with (folder / "output").open("w+") as output:
        running = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(running.pid, 0)
        if status:
            output.seek(0)
            raise SystemExit(output.read())
    return used.ru_maxrss / 1e6


if __name__ == "__main__":
    main()
