"""What the library shows."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from ...model_folder import ModelFolder
from ...reporting.picture import plain
from ...results import Evaluation, Row
from ..markup import empty, joined, note

WELCOME = Markup("<h2>Library</h2><p class='ht-lead'>The models made so far.</p>")
NOTHING = empty("No models yet", "What you teach is kept here.")
MERGED = note("They are one model now; it is open.")
DELETED = note("Deleted.")

_TABLE = Markup(
    '<div class="ht-scroll" tabindex="0" role="region" aria-label="{words}"><table class="ht-table">'
    "<caption>{words}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
)
_HEAD = Markup('<th scope="col">{}</th>')
_CELL = Markup("<td>{}</td>")
_NAME = Markup('<th scope="row">{}</th>')
_ROW = Markup("<tr>{}</tr>")
MEASURES: tuple[tuple[str, str], ...] = (
    ("prediction.bits_per_byte", "bits for a letter of unseen posts (fewer is better)"),
    ("authorship.whole.closeness", "sounds like the person (1 is the person)"),
    ("copying.copied", "posts that copy one of the person's"),
    ("variety.self_bleu", "repeats itself (less is better)"),
    ("detection", "a machine can tell (0.5 is guessing)"),
)


def title(name: str, folder: ModelFolder) -> str:
    """A model in a list."""
    return f"{plain(folder.record.name)}, {folder.record.recipe.name} ({name})"


def table(library: Sequence[tuple[str, ModelFolder]]) -> Markup:
    """All models."""
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
        rows.append(_ROW.format(_NAME.format(plain(name)) + joined(map(_CELL.format, cells))))
    head = joined(map(_HEAD.format, ("model", "whose", "made (UTC)", "recipe", "posts", "bits a letter")))
    return _TABLE.format(words="Models made here", head=head, rows=joined(rows))


def compared(found: Sequence[tuple[ModelFolder, Evaluation | None]]) -> Markup:
    """What was measured of several models, side by side, with the intervals."""
    head = joined(map(_HEAD.format, ("", *(plain(folder.path.name) for folder, _ in found))))
    rows = []
    measured = [evaluation.rows() if evaluation else {} for _, evaluation in found]
    for path, words in MEASURES:
        cells = joined(_CELL.format(_figure(rows_of.get(path))) for rows_of in measured)
        rows.append(_ROW.format(_NAME.format(words) + cells))
    same = len({folder.record.dataset_digest for folder, _ in found}) == 1
    fair = (
        "They learnt from the same posts, so the figures can be compared."
        if same
        else "They learnt from different posts: figures of different posts are not to be compared."
    )
    return _TABLE.format(words="Measured, with 95 % intervals", head=head, rows=joined(rows)) + note(fair)


def sure(found: Sequence[ModelFolder]) -> Markup:
    """What would be deleted."""
    return note("Delete for good: " + ", ".join(plain(folder.path.name) for folder in found) + "?")


def _figure(row: Row | None) -> str:
    if row is None or row.model is None:
        return "unknown"
    return f"{row.model.value:.2f} ({row.model.low:.2f} to {row.model.high:.2f})"
