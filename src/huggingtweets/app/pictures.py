"""Pictures of a model that are drawn on the page."""

from __future__ import annotations

from .. import reporting
from ..files import readable
from ..model_folder import PREDICTIONS, ModelFolder
from ..types import Sample


def post_picture(folder: ModelFolder, sample: Sample) -> bytes:
    """Draw one post; return a PNG file."""
    return reporting.post_picture(folder.record, folder.avatars(), sample)


def replace_share_picture(folder: ModelFolder, sample: Sample) -> bytes:
    """Draw the share picture with this post first, write it into the folder, and return the PNG file."""
    png = reporting.share_picture(folder.record, folder.avatars(), sample)
    unfinished = folder.path / f".{PREDICTIONS}"
    unfinished.write_bytes(png)
    readable(unfinished)
    unfinished.replace(folder.path / PREDICTIONS)
    return png
