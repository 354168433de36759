"""What settings of a recipe are worth: held-out bits per byte over people, seeds and numbers of posts.

    GOMP_SPINCOUNT=1000 python benchmarks/settings.py LOCATION... [--recipe smollm2-135m]
        [--variant "learning_rate=2e-4 epochs=1"]... [--seeds 0 1 2] [--sizes all] [--out settings.jsonl]

Each variant is a set of changes of the recipe; without any, the recipe is measured as it is. A model is
trained on the most recent posts before the held-out tenth, as many as the size says; the held-out posts are
the same for all. Nothing is sampled during training, so no run stops for copying. Variants take turns
within a person and a seed. Each finished run is a line in --out, so that an interrupted command goes on. It
prints a table in Markdown: the mean of the best held-out figures over the seeds, each seed in brackets,
where in the run it was reached, the base's own figure, and the median of the seconds of the training steps.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from huggingtweets import DataConfig, load_recipe
from huggingtweets.bases.loading import load_base
from huggingtweets.machine.device import choose_device
from huggingtweets.progress import Silence
from huggingtweets.training import TrainOptions, train
from huggingtweets.types import Dataset
from huggingtweets.workflows.data import build_dataset, read

ALL = "all"


class Run(Struct, frozen=True, kw_only=True):
    """One training run and its figures."""

    person: str
    recipe: str
    variant: str
    size: str
    seed: int
    posts: int
    curve: list[tuple[float, float]]  # epoch and held-out bits per byte, the base's own first
    seconds: float  # of the run without loading

    def key(self) -> tuple[str, str, str, str, int]:
        """What tells it from other runs."""
        return self.person, self.recipe, self.variant, self.size, self.seed

    @property
    def best(self) -> tuple[float, float]:
        """Epoch and bits per byte of the best evaluation."""
        return min(self.curve[1:], key=lambda point: point[1])


def main() -> None:
    """Make the runs that are missing, and print all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("locations", nargs="+", metavar="LOCATION")
    parser.add_argument("--recipe", default="smollm2-135m")
    parser.add_argument("--variant", action="append", dest="variants", metavar="'KEY=VALUE ...'")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--sizes", nargs="+", default=[ALL])
    parser.add_argument("--out", type=Path, default=Path("settings.jsonl"))
    options = parser.parse_args()
    people = _people(options.locations)
    done = {run.key(): run for run in _finished(options.out)}
    runs = []
    for seed, person, size, variant in itertools.product(
        options.seeds, people, options.sizes, options.variants or [""]
    ):
        if size != ALL and int(size) >= len(people[person].train):
            continue
        key = (person, options.recipe, variant, size, seed)
        if key not in done:
            done[key] = _run(people[person], key)
            with options.out.open("ab") as file:
                file.write(msgspec.json.encode(done[key]) + b"\n")
            sys.stderr.write(f"{key}: {done[key].best}, {done[key].seconds:.0f} s\n")
        runs.append(done[key])
    print(_table(runs))


def _people(locations: Sequence[str]) -> dict[str, Dataset]:
    """Each person's posts, split."""
    return {
        author.account.handle: build_dataset([author], held_out=0.1)
        for location in locations
        for author in read(DataConfig(locations=(location,)), Silence())
    }


def _run(whole: Dataset, key: tuple[str, str, str, str, int]) -> Run:
    person, name, variant, size, seed = key
    recipe = load_recipe(name, [*variant.split(), f"seed={seed}"])
    data = replace(whole, train=whole.train if size == ALL else whole.train[-int(size) :])
    base = load_base(recipe.base, dropout=recipe.dropout)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        model = train(data, recipe, base, Path(folder), TrainOptions(device=choose_device()))
    return Run(
        person=person,
        recipe=name,
        variant=variant,
        size=size,
        seed=seed,
        posts=len(data.train),
        curve=[(point.epoch, point.bits_per_byte) for point in model.curve],
        seconds=time.perf_counter() - started,
    )


def _finished(path: Path) -> Iterable[Run]:
    if path.exists():
        yield from (msgspec.json.decode(line, type=Run) for line in path.read_bytes().splitlines())


def _table(runs: Sequence[Run]) -> str:
    lines = [
        "| person | posts | settings | base | bits per byte | at epoch | seconds |",
        "|---|--:|---|--:|---|---|--:|",
    ]
    for cell in dict.fromkeys((run.person, run.posts, run.variant, run.size) for run in runs):
        group = [run for run in runs if (run.person, run.posts, run.variant, run.size) == cell]
        person, posts, variant, _ = cell
        bits = [run.best[1] for run in group]
        each = ", ".join(f"{value:.3f}" for value in bits)
        epochs = ", ".join(f"{run.best[0]:.2g}" for run in group)
        seconds = statistics.median(run.seconds for run in group)
        lines.append(
            f"| {person} | {posts:,} | {variant or 'the recipe'} | {group[0].curve[0][1]:.3f} "
            f"| {statistics.fmean(bits):.3f} ({each}) | {epochs} | {seconds:.0f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
