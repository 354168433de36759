"""What more posts bring: models of one person, trained on more and more of their posts.

    GOMP_SPINCOUNT=1000 python benchmarks/learning_curve.py LOCATION... [--recipe starter]
        [--set KEY=VALUE] [--seeds 0 1 2] [--sizes 100 200 400 800 1600 all] [--posts 200]
        [--out learning-curve.jsonl]

For each location and seed a model is trained on the most recent posts before the held-out tenth, as many as
the size says; the held-out posts are the same for all sizes. Nothing is tracked and no model is kept. Each
finished cell is a line in --out, so that an interrupted run can be resumed.

It measures held-out bits per byte; the share of the base's bits that is saved; closeness, by one classifier
for all sizes, that was trained on all training posts (other people, those of the other locations and of the
sample, are 0, the person's own held-out posts 1); and the share of generated posts that copy a run of eight
words from the model's training posts, beside the person's own. It prints a table in Markdown, mean and range
over seeds, and the rows of MEASURED in dataset/expectation.py: means over timelines and seeds, with the
widest interval that holding out other posts would give.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from huggingtweets import DataConfig, evaluation, models, recipes
from huggingtweets.evaluation import copies, intervals
from huggingtweets.progress import Silence
from huggingtweets.results import Figure
from huggingtweets.types import Dataset, Recipe
from huggingtweets.workflows.data import build_dataset, read, sample_archive

ALL = "all"
SIZES = ("100", "200", "400", "800", "1600", ALL)


class Cell(Struct, frozen=True, kw_only=True):
    """One trained model and its figures."""

    person: str
    recipe: str  # with all its fields, the seed among them
    size: str
    written: int  # posts that it was evaluated by
    seed: int
    posts: int
    bits_per_byte: float
    gain: Figure | None  # share of the base's bits that is saved
    closeness: float | None
    copied: float
    own_copied: float

    def key(self) -> tuple[str, str, str, int]:
        """The settings that tell it from other cells."""
        return self.person, self.recipe, self.size, self.written


def main() -> None:
    """Train and measure the cells that are missing, and print all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("locations", nargs="+", metavar="LOCATION")
    parser.add_argument("--recipe", default="starter")
    parser.add_argument("--set", action="append", default=[], dest="settings", metavar="KEY=VALUE")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--sizes", nargs="+", default=SIZES)
    parser.add_argument("--posts", type=int, default=200, help="to write with each model")
    parser.add_argument("--out", type=Path, default=Path("learning-curve.jsonl"))
    options = parser.parse_args()
    people = _people(options.locations)
    done = {cell.key(): cell for cell in _finished(options.out)}
    cells = []
    for person, whole in people.items():
        for size in options.sizes:
            if size != ALL and int(size) >= len(whole.train):
                continue
            for seed in options.seeds:
                recipe = recipes.load(options.recipe, [*options.settings, f"seed={seed}"])
                key = (person, msgspec.json.encode(recipe).decode(), size, options.posts)
                if key not in done:
                    done[key] = _measured(people, key, recipe, seed)
                    with options.out.open("ab") as file:
                        file.write(msgspec.json.encode(done[key]) + b"\n")
                cells.append(done[key])
    print(_table(cells))
    print("\nMEASURED: tuple[LearningCurvePoint, ...] = (")
    print("\n".join(_rows(cells)) + "\n)")


def _people(locations: Sequence[str]) -> dict[str, Dataset]:
    """Each person's posts, split."""
    people = {}
    for location in locations:
        for author in read(DataConfig(locations=(location,)), Silence()):
            people[author.account.handle] = build_dataset([author], held_out=0.1)
    return people


def _measured(
    people: Mapping[str, Dataset], key: tuple[str, str, str, int], recipe: Recipe, seed: int
) -> Cell:
    """Train one model on the latest posts before the held-out ones, and measure it."""
    person, _, size, written = key
    whole = people[person]
    data = replace(whole, train=whole.train if size == ALL else whole.train[-int(size) :])
    sys.stderr.write(f"{person}: {len(data.train):,} posts, seed {seed}\n")
    held_out = [post.text for post in data.held_out]
    with tempfile.TemporaryDirectory() as folder:
        models.train(data, recipe, Path(folder), Silence())
        model = models.load(Path(folder))
    base = models.load_base(recipe)
    bits = model.bits(held_out)
    base_bits = base.bits(held_out) if base else []
    samples = model.generate(count=written, sampling=recipe.sampling, seed=seed).samples
    texts = [sample.text for sample in samples]
    material = evaluation.Material.gather(
        [post.text for post in whole.train],
        held_out,
        texts,
        others=_others(people, person),
        fit_ngram=models.ngram_floor,
        seed=seed,
    )
    answers = evaluation.measure(material)
    copying = copies.watch([post.text for post in data.train], held_out)(texts)
    closeness = answers.authorship.whole.closeness.model
    return Cell(
        person=person,
        recipe=key[1],
        size=size,
        written=written,
        seed=seed,
        posts=len(data.train),
        bits_per_byte=sum(bits) / sum(answers.prediction.lengths),
        gain=_gain(bits, base_bits, seed) if base_bits else None,
        closeness=closeness.value if closeness else None,
        copied=copying.rate.value,
        own_copied=copying.own.value if copying.own else 0.0,
    )


def _others(people: Mapping[str, Dataset], person: str) -> dict[str, list[str]]:
    others = {name: [post.text for post in data.train] for name, data in people.items() if name != person}
    for sample in read(DataConfig(locations=(sample_archive(),)), Silence()):
        others[sample.account.handle] = [post.text for post in sample.cleaned.posts]
    return others


def _gain(bits: Sequence[float], base_bits: Sequence[float], seed: int) -> Figure:
    """The share of the base's bits that is saved, with its interval over held-out posts."""
    saved = [before - after for before, after in zip(base_bits, bits, strict=True)]
    return intervals.ratio(saved, base_bits, seed=seed)


def _finished(path: Path) -> Iterable[Cell]:
    if path.exists():
        yield from (msgspec.json.decode(line, type=Cell) for line in path.read_bytes().splitlines())


def _table(cells: Sequence[Cell]) -> str:
    lines = [
        "| person | posts | bits per byte | saved of the base's | closeness | copied | the person's own |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for person, size in dict.fromkeys((cell.person, cell.size) for cell in cells):
        group = [cell for cell in cells if (cell.person, cell.size) == (person, size)]
        gains = [cell.gain.value for cell in group if cell.gain]
        closeness = [cell.closeness for cell in group if cell.closeness is not None]
        shown = [
            _spread([cell.bits_per_byte for cell in group], "{:.3f}".format),
            _spread(gains, _percent),
            _spread(closeness, "{:.2f}".format),
            _spread([cell.copied for cell in group], _percent),
            _spread([cell.own_copied for cell in group], _percent),
        ]
        lines.append(f"| {person} | {group[0].posts:,} | {' | '.join(shown)} |")
    return "\n".join(lines)


def _spread(values: Sequence[float], written: Callable[[float], str]) -> str:
    """Mean and range, or the one value that there is."""
    if not values:
        return "not measured"
    mean = written(statistics.fmean(values))
    return mean if len(values) == 1 else f"{mean} ({written(min(values))} to {written(max(values))})"


def _rows(cells: Sequence[Cell]) -> Iterable[str]:
    """Rows of MEASURED, by number of posts."""
    for size in dict.fromkeys(cell.size for cell in cells):
        group = [cell for cell in cells if cell.size == size and cell.gain]
        gains = [cell.gain for cell in group if cell.gain]
        if gains:
            yield (
                f"    LearningCurvePoint(posts={round(statistics.fmean(cell.posts for cell in group))}, "
                f"gain={statistics.fmean(gain.value for gain in gains):.3f}, "
                f"low={min(gain.low for gain in gains):.3f}, high={max(gain.high for gain in gains):.3f}),"
            )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


if __name__ == "__main__":
    main()
