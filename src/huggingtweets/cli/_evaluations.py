"""Tables of evaluations, for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from ._terminal import console, harmless

if TYPE_CHECKING:
    from ..evaluation.comparison import Difference
    from ..results import Evaluation, Figure
    from ..results.drawings import Headline, Scale
    from ..workflows.evaluate import EvaluatedModel

BETTER = {0: "better", 1: "worse", -1: "no sure difference"}


def print_evaluation(evaluated: EvaluatedModel, *, figures: bool) -> None:
    """The answers in words, every row if `figures` is set, and the files that were written."""
    out, counts = console(), evaluated.evaluation.counts
    print_answers(evaluated.headlines)
    if figures:
        out.print(_every_row(evaluated.evaluation))
        others = ", ".join(f"{name} ({posts:,})" for name, posts in counts.others.items()) or "nobody"
        out.print(harmless(f"\nTold apart from: {others}. Seed {evaluated.evaluation.seed}."), soft_wrap=True)
    for file in (evaluated.model.report_page, evaluated.model.evaluation):
        out.print(harmless(f"  {file}"), soft_wrap=True)


def print_answers(headlines: Sequence[Headline]) -> None:
    """Each question with its short answer and the sentence that it rests on."""
    out = console()
    for headline in headlines:
        out.print(harmless(f"{headline.question} {headline.answer}."), soft_wrap=True)
        out.print(harmless(f"  {headline.sentence}\n"), soft_wrap=True)


def _every_row(evaluation: Evaluation) -> Table:
    """The model between its floors and its ceiling, with 95 % intervals."""
    table = Table("measure", "model", "floors", "ceiling", "better is", box=None)
    for path, row in evaluation.rows().items():
        floors = ", ".join(f"{name} {figure.value:.3f}" for name, figure in row.floors.items())
        table.add_row(
            path,
            _figure(row.model) if row.model else harmless(f"unknown: {row.unknown}"),
            harmless(floors),
            _figure(row.ceiling) if row.ceiling else "",
            row.best,
        )
    return table


def print_comparison(compared: Sequence[tuple[EvaluatedModel, Mapping[str, Difference]]]) -> None:
    """Every figure of each model under its question, and how it differs from the first one's."""
    (first, _), *rest = compared
    table = Table("", *(str(evaluated.model) for evaluated, _ in compared), box=None)
    labels, question = first.evaluation.labels(), ""
    for path, row in first.evaluation.rows().items():
        label = labels[path]
        cells = [_in_words(row.model, label.scale) if row.model else "unknown"]
        for evaluated, differences in rest:
            other, difference = evaluated.evaluation.rows().get(path), differences.get(path)
            cells.append(
                f"{_in_words(other.model, label.scale)}: {BETTER[difference.better]}"
                if other and other.model and difference
                else "unknown"
            )
        if label.heading != question:
            question = label.heading
            table.add_row(question)
        table.add_row(harmless(f"  {label.text}"), *cells)
    console().print(table)


def _in_words(figure: Figure, scale: Scale) -> str:
    """A figure with its interval, as the card has it."""
    from ..reporting.formats import format_interval, format_value

    return f"{format_value(figure, scale)} ({format_interval(figure, scale)})"


def _figure(figure: Figure) -> str:
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"
