"""HTML of the Library tab: a table of the models, and a comparison of their evaluations."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from ...evaluation import questions
from ...model_folder import ModelFolder
from ...reporting.picture import plain
from ...results import Evaluation, Row
from ..actions import go
from ..language import ENGLISH, N_, _, day_and_time, number
from ..markup import empty, heading, joined, note, spoken

COLUMNS = (N_("whose"), N_("made"), N_("recipe"), N_("posts"), N_("bits per byte"))

_TABLE = Markup(
    '<div class="ht-scroll" tabindex="0" role="region" aria-label="{caption}"><table class="ht-table">'
    "<caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
)
_HEAD = Markup('<th scope="col">{}</th>')
_CELL = Markup('<td data-label="{}">{}</td>')
_NAME = Markup('<th scope="row">{}</th>')
_ROW = Markup("<tr>{}</tr>")


def welcome() -> Markup:
    """What the tab is for."""
    return heading(_("Library"), _("The models made so far."))


def nothing() -> Markup:
    """Before there are models."""
    return empty(_("No models yet"), _("What you train is kept here."), go("train", _("Train one")))


def incomparable() -> Markup:
    """Why there is no table of models of different posts."""
    return note(
        _(
            "They learnt from different posts, so their figures cannot be compared: some posts are easier "
            "to predict than others. Choose models of the same posts."
        )
    )


def title(name: str, folder: ModelFolder) -> str:
    """The title of a model in a list."""
    return f"{plain(folder.record.name)}, {folder.record.recipe.name} ({name})"


def table(library: Sequence[tuple[str, ModelFolder]]) -> Markup:
    """A table of the models."""
    if not library:
        return nothing()
    columns = [_(name) for name in COLUMNS]
    rows = []
    for name, folder in library:
        record = folder.record
        metric = next(iter(record.result.metrics), None)
        cells = [
            plain(record.name),
            day_and_time(record.created_at),
            record.recipe.name,
            number(sum(author.train for author in record.authors)),
            number(round(metric.value, 2)) if metric else "",
        ]
        rows.append(_ROW.format(_NAME.format(plain(name)) + joined(map(_CELL.format, columns, cells))))
    head = joined(map(_HEAD.format, (_("model"), *columns)))
    return _TABLE.format(caption=_("Models made here"), head=head, rows=joined(rows))


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
        rows.append(_ROW.format(_NAME.format(spoken(label, ENGLISH)) + cells))
    remark = note(_("They learnt from the same posts, so the figures can be compared."))
    return remark + _TABLE.format(caption=_("Measured, with 95% intervals"), head=head, rows=joined(rows))


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
    return note(
        _("Delete for good: {models}?").format(
            models=", ".join(plain(folder.path.name) for folder in folders)
        )
    )


def _figure(row: Row | None) -> str:
    if row is None or row.model is None:
        return _("unknown")
    return _("{value} ({low} to {high})").format(
        value=number(round(row.model.value, 2)),
        low=number(round(row.model.low, 2)),
        high=number(round(row.model.high, 2)),
    )
