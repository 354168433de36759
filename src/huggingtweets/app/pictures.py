"""Pictures of a model that are drawn on the page."""

from __future__ import annotations

from .. import reporting
from ..files import readable
from ..model_folder import PREDICTIONS, ModelFolder
from ..types import Sample


def card(folder: ModelFolder, sample: Sample) -> bytes:
    """One post as a picture."""
    return reporting.post_picture(folder.record, folder.avatars(), sample)


def put_first(folder: ModelFolder, sample: Sample) -> bytes:
    """Draw the model's own picture anew, this post first; return it."""
    drawn = reporting.share_picture(folder.record, folder.avatars(), sample)
    beside = folder.path / f".{PREDICTIONS}"
    beside.write_bytes(drawn)
    readable(beside)
    beside.replace(folder.path / PREDICTIONS)
    return drawn
