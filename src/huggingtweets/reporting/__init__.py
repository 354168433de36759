"""Model card and pictures: pure functions of a record and of the authors' avatars."""

from __future__ import annotations

from collections.abc import Mapping

from ..model_folder import CARD, CURVES_PICTURE, FUNNEL_PICTURE, PIPELINE_PICTURE, PREDICTIONS
from ..results import Evaluation
from ..results.drawings import Headline
from ..types import Record
from . import sections
from .card import model_card
from .context import report_context, tuned
from .curves import loss_curve
from .funnel_picture import funnel_picture
from .game import with_game
from .pipeline_picture import pipeline_picture
from .portrait import avatar_pictures
from .report import report_html
from .share_picture import post_picture, share_picture

__all__ = [
    "avatar_pictures",
    "funnel_picture",
    "headlines",
    "loss_curve",
    "model_card",
    "pipeline_picture",
    "post_picture",
    "render",
    "report_html",
    "share_picture",
    "tuned",
    "with_game",
]


def headlines(record: Record, evaluation: Evaluation) -> list[Headline]:
    """The short answers at the top of the report and of the card."""
    return sections.headlines(evaluation, report_context(record, evaluation))


def render(
    record: Record, avatars: Mapping[str, bytes], evaluation: Evaluation | None = None
) -> dict[str, bytes]:
    """Card and pictures of a model by file name, for its folder.

    Args:
        record: what is known of the model.
        avatars: image files by handle; who has none, or a broken one, gets initials.
        evaluation: what was measured of it, if it was.
    """
    pictures = {
        PREDICTIONS: share_picture(record, avatars),
        PIPELINE_PICTURE: pipeline_picture(record),
        FUNNEL_PICTURE: funnel_picture(record),
        **({CURVES_PICTURE: loss_curve(record)} if len(record.curve) > 1 else {}),
        **avatar_pictures(record, avatars),
    }
    card = model_card(record, pictures=tuple(pictures), evaluation=evaluation)
    return {CARD: card.encode(), **pictures}
