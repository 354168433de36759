"""Pictures of a model that are drawn on the page."""

from __future__ import annotations

import shutil
from pathlib import Path

from .. import reporting
from ..files import whole_file
from ..model_folder import PREDICTIONS, ModelFolder
from ..types import Sample


def post_picture(folder: ModelFolder, sample: Sample) -> bytes:
    """Draw one post; return a PNG file."""
    return reporting.post_picture(folder.record, folder.avatars(), sample)


def pin(folder: ModelFolder, sample: Sample, before: Path) -> bytes:
    """Draw the share picture with this post first, and write it into the folder.

    Args:
        folder: the model.
        sample: the post.
        before: where the picture is kept that the folder had before anything was pinned.

    Returns:
        The PNG file.
    """
    png = reporting.share_picture(folder.record, folder.avatars(), sample)
    present = folder.path / PREDICTIONS
    if not before.is_file() and present.is_file():
        before.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(present, before)
    whole_file(present, png)
    return png


def unpin(folder: ModelFolder, before: Path) -> None:
    """Give the folder the share picture that it had before anything was pinned, if anything was."""
    if before.is_file():
        whole_file(folder.path / PREDICTIONS, before.read_bytes())
        before.unlink()
