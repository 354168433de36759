"""What the text filters cost and what they refuse: posts of one model with filters and without.

    GOMP_SPINCOUNT=1000 python benchmarks/filters.py MODEL [--posts 400] [--seeds 0 1 2]
        [--against LOCATION]

For each seed the same model generates so many posts without filters, and so many with them. It prints in
Markdown, mean and range over seeds: posts a second, share of drafts that were refused and why, share of posts
with a run of eight words from one training post and of posts that nearly are one, and closeness (other people
are 0, the person's own held-out posts 1). The model is loaded before the clock starts.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from huggingtweets import ModelFolder, evaluation, models
from huggingtweets.generation.filters import load_filters
from huggingtweets.generation.text_generator import TextFilter
from huggingtweets.models import Model
from huggingtweets.progress import Silence
from huggingtweets.results import Evaluation
from huggingtweets.types import Dataset
from huggingtweets.workflows._other_people import other_people
from huggingtweets.workflows.data import posts_of


class Round(NamedTuple):
    """The posts of one seed and their evaluation."""

    speed: float  # posts a second
    written: int
    refused: Mapping[str, int]  # drafts by objection
    answers: Evaluation

    @property
    def share_refused(self) -> float:
        """Of all drafts."""
        drafts = sum(self.refused.values())
        return drafts / (drafts + self.written)


def main() -> None:
    """Generate and measure posts with filters and without, and print both."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model")
    parser.add_argument("--posts", type=int, default=400)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--against", action="append", default=[], metavar="LOCATION")
    options = parser.parse_args()
    folder = ModelFolder.find(options.model)
    record = folder.record
    data, others = posts_of(folder), other_people(options.against, Silence())
    model = models.load(folder.path)
    model.generate(count=8, seed=0)  # warms up
    ways: dict[str, Sequence[TextFilter]] = {"without filters": (), "with filters": load_filters(folder.path)}
    rounds: dict[str, list[Round]] = {way: [] for way in ways}
    for seed in options.seeds:
        for way, filters in ways.items():
            rounds[way].append(_round(model, filters, data, others, options.posts, seed))
    print(f"{record.name}, recipe {record.recipe.name}, {options.posts} posts, seeds {options.seeds}\n")
    print(_table(rounds))
    for way, seeds in rounds.items():
        reasons = sum((Counter(one.refused) for one in seeds), Counter[str]())
        drafts = reasons.total() + sum(one.written for one in seeds)
        for reason, count in reasons.most_common():
            print(f"\n{way}: {count} of {drafts} drafts refused, each of which {reason}")


def _round(
    model: Model,
    filters: Sequence[TextFilter],
    data: Dataset,
    others: Mapping[str, Sequence[str]],
    count: int,
    seed: int,
) -> Round:
    started = time.perf_counter()
    written = model.generate(count=count, seed=seed, filters=filters)
    seconds = time.perf_counter() - started
    material = evaluation.Material.gather(
        [post.text for post in data.train],
        [post.text for post in data.held_out],
        [sample.text for sample in written.samples],
        others=others,
        fit_ngram=models.ngram_floor,
        seed=seed,
    )
    answers = evaluation.measure(material)
    return Round(len(written.samples) / seconds, len(written.samples), written.refused, answers)


def _table(rounds: Mapping[str, Sequence[Round]]) -> str:
    lines = [
        "| | posts/s | drafts refused | copied runs | near copies | closeness | closeness, topic hidden |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for way, seeds in rounds.items():
        cells = [
            _spread([one.speed for one in seeds], "{:.1f}".format),
            _spread([one.share_refused for one in seeds], "{:.1%}".format),
            *(_row(seeds, path, "{:.1%}") for path in ("copying.copied", "copying.near")),
            *(_row(seeds, f"authorship.{reader}.closeness", "{:.2f}") for reader in ("whole", "style")),
        ]
        lines.append(f"| {way} | {' | '.join(cells)} |")
    rows = seeds[0].answers.rows()
    own = [rows[path].ceiling for path in ("copying.copied", "copying.near")]
    shares = " | ".join(f"{figure.value:.1%}" if figure else "unknown" for figure in own)
    lines.append(f"| the person's own held-out posts | | | {shares} | 1 | 1 |")
    return "\n".join(lines)


def _row(seeds: Sequence[Round], path: str, form: str) -> str:
    rows = [one.answers.rows()[path] for one in seeds]
    values = [row.model.value for row in rows if row.model]
    return _spread(values, form.format) if values else f"unknown: {rows[0].unknown}"


def _spread(values: Sequence[float], written: Callable[[float], str]) -> str:
    """Mean and range."""
    return f"{written(statistics.fmean(values))} ({written(min(values))} to {written(max(values))})"


if __name__ == "__main__":
    main()
