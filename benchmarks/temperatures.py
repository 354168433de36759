"""What temperatures do to a model's posts: their sense, their closeness to the person, their variety.

    python benchmarks/temperatures.py MODEL... [--temperatures 0.5 0.7 0.85 1.0] [--repetition-penalty 1.1]
        [--count 300] [--seed 0]

Each model is asked all questions of the evaluation at each temperature; no file of it is changed. Posts are
as they come, unfiltered. A table in Markdown is printed for each model: its figure and, in the last column,
that of the person's own held-out posts.
"""

from __future__ import annotations

import argparse
import sys

from msgspec.structs import replace

from huggingtweets.model_folder import ModelFolder
from huggingtweets.progress import Silence
from huggingtweets.results import Row
from huggingtweets.workflows._other_people import other_people
from huggingtweets.workflows.data import posts_of
from huggingtweets.workflows.evaluate import measure_folder

ROWS = {
    "sense.invented": "words that do not exist",
    "authorship.whole.closeness": "closeness, all words",
    "authorship.style.closeness": "closeness, style alone",
    "variety.distinct.2": "distinct pairs of words",
    "variety.self_bleu": "self-BLEU",
    "variety.repeated": "pairs of words that the post had",
    "variety.distributions.length.distance": "distance of lengths",
    "copying.copied": "copied",
    "detection": "told from the person",
}


def main() -> None:
    """Measure each model at each temperature, and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--temperatures", type=float, nargs="+", default=[0.5, 0.7, 0.85, 1.0])
    parser.add_argument("--repetition-penalty", type=float, default=1.0)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for model in options.models:
        folder = ModelFolder.find(model)
        columns = []
        for temperature in options.temperatures:
            changes = {"temperature": temperature, "repetition_penalty": options.repetition_penalty}
            columns.append(_rows(folder, changes, options.count, options.seed))
            print(f"{model} at {temperature:g} is done", file=sys.stderr, flush=True)
        _print_table(folder, options.temperatures, columns)


def _rows(folder: ModelFolder, changes: dict[str, float], count: int, seed: int) -> dict[str, Row]:
    """The figures of a model's posts with other settings of sampling."""
    recipe = folder.record.recipe
    record = replace(folder.record, recipe=replace(recipe, sampling=replace(recipe.sampling, **changes)))
    answers, _ = measure_folder(
        folder,
        record,
        posts_of(folder),
        other_people((), Silence()),
        count=count,
        seed=seed,
        watcher=Silence(),
    )
    return answers.rows()


def _print_table(folder: ModelFolder, temperatures: list[float], columns: list[dict[str, Row]]) -> None:
    print(f"{folder.record.name}, {folder.record.recipe.name}\n")
    print("| |", *(f" {temperature:g} |" for temperature in temperatures), " the person |", sep="")
    print("|---|", "--:|" * (len(temperatures) + 1), sep="")
    for path, label in ROWS.items():
        rows = [column[path] for column in columns if path in column]
        figures = [row.model for row in rows] + [rows[0].ceiling if rows else None]
        cells = (f" {figure.value:.3f} |" if figure else " |" for figure in figures)
        print(f"| {label} |", *cells, sep="", flush=True)
    print(flush=True)


if __name__ == "__main__":
    main()
