"""predictions.png, made to be shared: who the bot writes like, and what it writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..types import Record, Sample
from .context import summed
from .picture import draw, plain
from .portrait import portrait

SHOWN = 4  # samples at most
LONGEST = 1200  # characters of a sample, more than can be seen


def share_picture(record: Record, avatars: Mapping[str, bytes], picked: Sample | None = None) -> bytes:
    """A PNG of 1200 x 630 pixels.

    Args:
        record: what is known of the model.
        avatars: image files by handle; who has none, or a broken one, gets initials.
        picked: a sample that a person wants to stand first; the picture then says so.
    """
    samples = _various(record.result.samples)
    if picked is None:
        return _drawn(record, avatars, samples[:SHOWN], "Nothing is picked.")
    others = [sample for sample in samples if sample.text != picked.text][: SHOWN - 1]
    return _drawn(record, avatars, [picked, *others], "The first is picked by a person.")


def post_picture(record: Record, avatars: Mapping[str, bytes], sample: Sample) -> bytes:
    """A PNG of 1200 x 630 pixels that shows one post, and says that it is a model's and was picked."""
    return _drawn(record, avatars, [sample], "Picked by a person.")


def _drawn(record: Record, avatars: Mapping[str, bytes], samples: Sequence[Sample], honestly: str) -> bytes:
    posts = sum(author.train for author in record.authors)
    data = {
        "authors": [portrait(author.account, avatars) for author in summed(record.authors)],
        "samples": [_parts(sample) for sample in samples],
        "caption": f"Written by a language model that learnt from {posts:,} posts. {honestly}",
    }
    return draw("share", data)


def _various(samples: Sequence[Sample]) -> list[Sample]:
    """The first sample of every prompt before the second of any; otherwise in their order."""
    firsts = {sample.prompt: sample for sample in reversed(samples)}
    return sorted(samples, key=lambda sample: sample is not firsts[sample.prompt])


def _parts(sample: Sample) -> dict[str, str]:
    prompt, text = plain(sample.prompt), plain(sample.text)
    begins = len(prompt) if text.startswith(prompt) else 0
    rest = "…" if len(text) > LONGEST else ""
    return {"prompt": text[:begins][:LONGEST], "continuation": text[begins:LONGEST] + rest}
