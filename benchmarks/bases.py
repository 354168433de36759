"""How good bases are: how well they predict unseen posts, and what a model trained from them reaches.

    GOMP_SPINCOUNT=1000 python benchmarks/bases.py BASE... --held-out SHARD [--posts 4000]
        [--timelines posts.csv ...] [--seeds 0 1 2] [--recipe starter]

Each base is "starter", a folder or a Hub id. It measures the base's size on disk; bits per byte of the last
posts of the held-out shard, one post a row, its end counted; and, for each timeline and seed, held-out bits
per byte of the model that the recipe trains from the base, at its best evaluation. Nothing is generated
during training. Bases take turns within a seed. It prints a table in Markdown: means, and in brackets each
seed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections import deque
from pathlib import Path

from msgspec.structs import replace

from huggingtweets import DataConfig, load_recipe
from huggingtweets.bases.loading import load_base
from huggingtweets.dataset.shards import read_posts
from huggingtweets.machine.device import choose_device
from huggingtweets.progress import Silence
from huggingtweets.results import bits_per_byte
from huggingtweets.training import Predictor, TrainOptions, train
from huggingtweets.types import Dataset, Recipe
from huggingtweets.workflows.data import build_dataset, read


def main() -> None:
    """Measure all bases and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("bases", nargs="+")
    parser.add_argument("--held-out", type=Path, required=True)
    parser.add_argument("--posts", type=int, default=4000)
    parser.add_argument("--timelines", nargs="*", default=[])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--recipe", default="starter")
    options = parser.parse_args()
    unseen = list(deque(read_posts(options.held_out), maxlen=options.posts))
    people = {Path(place).stem: _dataset(place) for place in options.timelines}
    results: dict[tuple[str, str], list[float]] = {(b, who): [] for b in options.bases for who in people}
    for seed in options.seeds:
        for (base, who), seeds in results.items():
            recipe = replace(load_recipe(options.recipe), base=base, seed=seed)
            seeds.append(_best_bits(people[who], recipe))
            print(f"{base} {who} seed {seed}: {seeds[-1]:.4f}", file=sys.stderr, flush=True)
    print(
        "| base | parameters | tokens | MB | unseen posts |",
        *(f" {who}, trained |" for who in people),
        sep="",
    )
    print("|---|--:|--:|--:|--:|", "--:|" * len(people), sep="")
    for base in options.bases:
        means = "".join(f" {_mean(results[base, who])} |" for who in people)
        print(f"| {_own_figures(base, unseen)} |{means}")


def _dataset(location: str) -> Dataset:
    return build_dataset(read(DataConfig(locations=(location,)), Silence()), held_out=0.1)


def _best_bits(data: Dataset, recipe: Recipe) -> float:
    """Held-out bits per byte of the best evaluation of a run."""
    with tempfile.TemporaryDirectory() as folder:
        options = TrainOptions(device=choose_device())
        model = train(data, recipe, load_base(recipe.base), Path(folder), options)
    return min(point.bits_per_byte for point in model.curve[1:])


def _own_figures(name: str, unseen: list[str]) -> str:
    """A base's name, parameters, vocabulary, size on disk and bits per byte of posts it has not seen."""
    loaded = load_base(name)
    bits = bits_per_byte(Predictor(loaded.model, loaded.tokenizer, choose_device()).bits(unseen), unseen)
    place = Path(str(loaded.model.name_or_path)) / "model.safetensors"
    size = f"{place.stat().st_size / 1e6:.1f}" if place.is_file() else ""
    vocabulary = len(loaded.tokenizer)
    return f"{name} | {loaded.base.parameters:,} | {vocabulary:,} | {size} | {bits:.4f}"


def _mean(seeds: list[float]) -> str:
    each = ", ".join(f"{bits:.4f}" for bits in seeds)
    return f"{statistics.mean(seeds):.4f} ({each})" if seeds else ""


if __name__ == "__main__":
    main()
