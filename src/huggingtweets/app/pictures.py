"""Pictures of a model that are drawn on the page."""

from __future__ import annotations

from .. import reporting
from ..files import readable
from ..records import Trained
from ..types import Sample

PICTURE = "predictions.png"


def card(trained: Trained, sample: Sample) -> bytes:
    """One post as a picture."""
    return reporting.post_picture(trained.record, avatars(trained), sample)


def put_first(trained: Trained, sample: Sample) -> bytes:
    """Draw the model's own picture anew, this post first; return it."""
    drawn = reporting.share_picture(trained.record, avatars(trained), sample)
    beside = trained.folder / f".{PICTURE}"
    beside.write_bytes(drawn)
    readable(beside)
    beside.replace(trained.folder / PICTURE)
    return drawn


def avatars(trained: Trained) -> dict[str, bytes]:
    """The people's pictures as the model's folder has them."""
    found = {}
    for number, author in enumerate(trained.record.authors, start=1):
        path = trained.folder / f"avatar-{number}.png"
        if path.is_file():
            found[author.account.handle] = path.read_bytes()
    return found
