"""The results of commands, printed for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Column, Table

from .. import sources as all_sources
from ..model_folder import ModelFolder, prompt_of
from ..results import Game
from ..sources import Source
from ..text.counting import counted
from ..types import Funnel, Reason, Sample
from ._evaluations import print_answers
from ._terminal import PlainConsole, console, harmless, names

if TYPE_CHECKING:
    from ..workflows.inspect import Inspection

REASONS = {  # not those of `reporting`, which takes long to import
    Reason.REPOST: "retweets and boosts",
    Reason.REPLY: "replies",
    Reason.EXCLUDED: "taken out by hand",
    Reason.DATE: "of other days",
    Reason.LANGUAGE: "other languages",
    Reason.SHORT: "short (fewer than three words)",
    Reason.DUPLICATE: "duplicates",
    Reason.NEAR_DUPLICATE: "near duplicates",
    Reason.SAMPLED: "more than the recipe takes of one author",
}

EXAMPLE_LENGTH = 280  # characters


def print_trained(model: ModelFolder) -> None:
    """Print the funnel, figures, samples, answers, and the paths of a trained model."""
    from .. import evaluation
    from ..workflows.evaluate import EvaluatedModel

    record, out = model.record, console()
    for author in record.authors:
        out.print(harmless(f"{author.account.name} @{author.account.handle}"), soft_wrap=True)
        out.print(_funnel_table(author.funnel))
    for metric in record.result.metrics:
        base = f"; the base: {metric.floor:.3f}" if metric.floor is not None else ""
        out.print(harmless(f"Held-out bits per byte: {metric.value:.3f} on {metric.count:,} posts{base}"))
    prompt = prompt_of(record)
    out.print(harmless(f"\n{prompt} ... (seed {record.recipe.seed}, nothing picked)"))
    print_samples([sample for sample in record.result.samples if sample.prompt == prompt])
    if model.evaluation.is_file():
        out.print()
        print_answers(EvaluatedModel(model, evaluation.load(model)).headlines)
    out.print(f"\nModel folder: {model}", markup=False, soft_wrap=True)
    for name in sorted(path.name for path in model.path.iterdir() if path.suffix in {".md", ".png", ".html"}):
        out.print(f"  {model.path / name}", markup=False, soft_wrap=True)
    if record.tracked.command:
        out.print(f"Every step on record: {record.tracked.command}", markup=False, soft_wrap=True)
    out.print(f'Write more: huggingtweets generate {model.argument} "{prompt}"', markup=False, soft_wrap=True)


def print_samples(samples: Sequence[Sample], *, best_of: int = 1) -> None:
    """Print generated posts with their numbers, and whether they were picked."""
    out = console()
    if best_of > 1:
        out.print(harmless(f"Picked: the best of {best_of} each, by style score."))
    for number, sample in enumerate(samples, start=1):
        out.print(harmless(f"{number}. {sample.text}"), soft_wrap=True)


def print_refused(refused: Mapping[str, int], *, missing: int) -> None:
    """Print how many drafts the filters refused and why, on standard error."""
    out = PlainConsole(stderr=True, highlight=False)
    for objection, drafts in refused.items():
        which = "which" if drafts == 1 else "each of which"
        out.print(f"refused: {counted(drafts, 'draft')}, {which} {objection}", style="dim", soft_wrap=True)
    if missing:
        out.print(
            f"missing: {counted(missing, 'post')}. Too many drafts were refused. Another prompt or a higher "
            "--temperature may help; --no-filters shows them all.",
            soft_wrap=True,
        )


def print_game(game: Game, model: ModelFolder) -> None:
    """Print how often the player found the real post, or how many pairs are missing to say something."""
    share, out = game.found, console()
    if game.missing:
        out.print(
            harmless(
                f"\n{counted(share.count, 'pair')} answered so far, which says nothing yet: "
                f"{game.missing} more {'is' if game.missing == 1 else 'are'} needed. What was answered is "
                f"kept: huggingtweets play {model.argument}"
            ),
            soft_wrap=True,
        )
        return
    meaning = "more than chance: it can be told" if game.told_apart else "this may be chance"
    if game.fooled:
        meaning = "less than chance: the model's were taken for the real ones"
    out.print(
        f"\nThe real post was found in {share.value:.0%} of {share.count} pairs "
        f"(95 % interval {share.low:.0%} to {share.high:.0%}; 50% is guessing): {meaning}."
    )
    out.print(harmless(f"Added to {model.report_page}"), soft_wrap=True)


def print_inspection(inspection: Inspection) -> None:
    """Print the account, funnel, examples of one person, and whether the posts are enough."""
    account, cleaned, out = inspection.author.account, inspection.author.cleaned, console()
    out.print(harmless(f"{account.name} @{account.handle} ({all_sources.load(account.source).NAME})"))
    if account.bio:
        out.print(harmless(account.bio))
    out.print(_funnel_table(cleaned.funnel))
    for fact in filter(None, (inspection.dates, inspection.private_details, inspection.language_warning)):
        out.print(harmless(fact))
    for post in cleaned.kept_examples():
        out.print(harmless(f"kept: {_beginning(post.text)}"), soft_wrap=True)
    for reason, texts in cleaned.examples.items():
        for text in texts[:2]:
            out.print(harmless(f"dropped, {REASONS[reason]}: {_beginning(text)}"), soft_wrap=True)
    out.print(harmless(f"\n{inspection.sufficiency.text}\n"), soft_wrap=True)


def print_posts(inspection: Inspection, dropped: Reason | None) -> None:
    """Print kept posts of one person with their ids, or posts that were dropped for a reason."""
    cleaned, out = inspection.author.cleaned, console()
    if dropped is None:
        for post in cleaned.kept_examples(inspection.examples):
            day = f"{post.created_at:%Y-%m-%d} " if post.created_at else ""
            out.print(harmless(f"{post.id}  {day}{post.text}"), soft_wrap=True)
        return
    for text in cleaned.examples.get(dropped, []):
        out.print(harmless(" ".join(text.split())), soft_wrap=True)
    count = cleaned.funnel.dropped.get(dropped, 0)
    out.print(
        harmless(f"{counted(count, 'post')} of @{inspection.author.account.handle}: {REASONS[dropped]}")
    )


def print_sources(sources: Mapping[str, Source]) -> None:
    """Print a table of sources, by their names."""
    table = Table(names("source"), "reads", "for example", box=None)
    for name, source in sources.items():
        table.add_row(*map(harmless, (name, source.SUMMARY, source.EXAMPLE)))
    console().print(table)


def print_models(models: Sequence[ModelFolder], folder: Path) -> None:
    """Print a table of the models below a folder."""
    out = console()
    if not models:
        out.print(harmless(f"No models below {folder}. Make one with: huggingtweets demo"))
        return
    titles = ("posts", "bits per byte", "its base")
    figures = (Column(title, justify="right", min_width=5) for title in titles)
    foldable = (Column(title, overflow="fold") for title in ("made", "recipe"))
    table = Table(names("folder"), *foldable, *figures, box=None)
    for model in models:
        record = model.record
        metric = next(iter(record.result.metrics), None)
        table.add_row(
            harmless(str(model)),
            f"{record.created_at:%Y-%m-%d}",
            harmless(record.recipe.name),
            f"{sum(author.train for author in record.authors):,}",
            f"{metric.value:.3f}" if metric else "",
            f"{metric.floor:.3f}" if metric and metric.floor is not None else "",
        )
    out.print(table)


def _funnel_table(funnel: Funnel) -> Table:
    table = Table(show_header=False, box=None)
    table.add_column(justify="left")
    table.add_column(justify="right")
    table.add_row("posts read", f"{funnel.read:,}")
    for reason, count in funnel.dropped.items():
        table.add_row(f"  - {REASONS[reason]}", f"{count:,}")
    table.add_row("posts kept", f"{funnel.kept:,}")
    return table


def _beginning(post: str) -> str:
    """A post on one line, a long one cut: it is an example, and `--show` prints all of it."""
    line = " ".join(post.split())
    return line if len(line) <= EXAMPLE_LENGTH else f"{line[:EXAMPLE_LENGTH].rstrip()}…"
