"""HTML of the Library tab: a table of the models, and a comparison of their evaluations."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from ...evaluation import questions
from ...model_folder import ModelFolder
from ...reporting.picture import plain
from ...results import Evaluation, Row
from ..actions import go
from ..markup import empty, joined, note

WELCOME = Markup("<h2>Library</h2><p class='ht-lead'>The models made so far.</p>")
NOTHING = empty("No models yet", "What you train is kept here.", go("train", "Train one"))
INCOMPARABLE = note(
    "They learnt from different posts, so their figures cannot be compared: whose posts are easier to guess "
    "says nothing about the models. Choose models of the same posts."
)
COLUMNS = ("whose", "made (UTC)", "recipe", "posts", "bits a letter")
MERGED = note("They are one model now; it is open.")
DELETED = note("Deleted.")

_TABLE = Markup(
    '<div class="ht-scroll" tabindex="0" role="region" aria-label="{caption}"><table class="ht-table">'
    "<caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
)
_HEAD = Markup('<th scope="col">{}</th>')
_CELL = Markup('<td data-label="{}">{}</td>')
_NAME = Markup('<th scope="row">{}</th>')
_ROW = Markup("<tr>{}</tr>")


def title(name: str, folder: ModelFolder) -> str:
    """The title of a model in a list."""
    return f"{plain(folder.record.name)}, {folder.record.recipe.name} ({name})"


def table(library: Sequence[tuple[str, ModelFolder]]) -> Markup:
    """A table of the models."""
    if not library:
        return NOTHING
    rows = []
    for name, folder in library:
        record = folder.record
        metric = next(iter(record.result.metrics), None)
        cells = [
            plain(record.name),
            f"{record.created_at:%d %b %Y, %H:%M}",
            record.recipe.name,
            f"{sum(author.train for author in record.authors):,}",
            f"{metric.value:.2f}" if metric else "",
        ]
        rows.append(_ROW.format(_NAME.format(plain(name)) + joined(map(_CELL.format, COLUMNS, cells))))
    head = joined(map(_HEAD.format, ("model", *COLUMNS)))
    return _TABLE.format(caption="Models made here", head=head, rows=joined(rows))


def comparison(models: Sequence[tuple[ModelFolder, Evaluation | None]]) -> Markup:
    """A table of evaluations of models of the same posts, with 95 % intervals. None: was not evaluated."""
    head = joined(map(_HEAD.format, ("", *(plain(folder.path.name) for folder, _ in models))))
    rows = []
    rows_by_model = [evaluation.rows() if evaluation else {} for _, evaluation in models]
    for path, label in _short_labels().items():
        cells = joined(
            _CELL.format(plain(folder.path.name), _figure(model_rows.get(path)))
            for (folder, _), model_rows in zip(models, rows_by_model, strict=True)
        )
        rows.append(_ROW.format(_NAME.format(label) + cells))
    remark = note("They learnt from the same posts, so the figures can be compared.")
    return remark + _TABLE.format(caption="Measured, with 95 % intervals", head=head, rows=joined(rows))


def _short_labels() -> dict[str, str]:
    """The rows of an evaluation that the comparison shows, by their path, and what it calls them."""
    labels = {name: questions.load(name).ANSWER.labels for name in questions.names()}
    return {
        f"{name}.{path}".rstrip("."): label.short
        for name, by_path in labels.items()
        for path, label in by_path.items()
        if label.short
    }


def confirmation(folders: Sequence[ModelFolder]) -> Markup:
    """The question before models are deleted."""
    return note("Delete for good: " + ", ".join(plain(folder.path.name) for folder in folders) + "?")


def _figure(row: Row | None) -> str:
    if row is None or row.model is None:
        return "unknown"
    return f"{row.model.value:.2f} ({row.model.low:.2f} to {row.model.high:.2f})"
