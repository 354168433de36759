"""predictions.png, made to be shared: who the bot writes like, and what it writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..types import Record, Sample
from .picture import draw, plain
from .portrait import portrait

SHOWN = 4  # samples at most
LONGEST = 400  # characters of a sample that can be seen at most


def share_picture(record: Record, avatars: Mapping[str, bytes]) -> bytes:
    """A PNG of 1200 x 630 pixels.

    Args:
        record: what is known of the model.
        avatars: image files by handle; who has none, or a broken one, gets initials.
    """
    posts = sum(author.train for author in record.authors)
    data = {
        "authors": [portrait(author.account, avatars) for author in record.authors],
        "samples": [_parts(sample) for sample in _various(record.report.samples)[:SHOWN]],
        "caption": f"Written by a language model that learnt from {posts:,} posts. Nothing is picked.",
    }
    return draw("share", data)


def _various(samples: Sequence[Sample]) -> list[Sample]:
    """The first sample of every prompt before the second of any; otherwise in their order."""
    firsts = {sample.prompt: sample for sample in reversed(samples)}
    return sorted(samples, key=lambda sample: sample is not firsts[sample.prompt])


def _parts(sample: Sample) -> dict[str, str]:
    prompt, text = plain(sample.prompt), plain(sample.text)
    begins = len(prompt) if text.startswith(prompt) else 0
    return {"prompt": text[:begins][:LONGEST], "continuation": text[begins:][:LONGEST]}
