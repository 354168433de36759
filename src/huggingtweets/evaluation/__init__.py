"""One file per question asked of a person's posts or of a model; `measure` asks all of them.

| question | file |
|---|---|
| is there enough to learn from, and what can be expected? | verdict.py, expectation.py |
| does it predict the person's next posts? | prediction.py, beside ngram.py |
| does it sound like the person? | authorship.py; style.py asks it of one post |
| does it only repeat the person? | copies.py; copy_index.py asks it without the posts |
| is it varied, in the way the person is? | variety.py |
| does it use the person's words? | giveaways.py |
| can a machine tell, can people? | detection.py, game.py |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from ..errors import ModelError
from ..model_folder import ModelFolder
from ..results import Counts, Evaluation, Figure, Row
from .floors import FitNgram, NgramFloor

__all__ = ["Evaluation", "Figure", "NgramFloor", "Row", "load", "measure", "save"]

Progress = Callable[[str, int, int], None]

QUESTIONS = ("prediction", "authorship", "copying", "variety", "giveaways", "detection")


def measure(
    train: Sequence[str],
    held_out: Sequence[str],
    generated: Sequence[str],
    *,
    base: Sequence[str] = (),
    others: Mapping[str, Sequence[str]] | None = None,
    bits: Sequence[float] = (),
    base_bits: Sequence[float] = (),
    fit_ngram: FitNgram,
    hours: Sequence[int] = (),
    seed: int = 0,
    progress: Progress = lambda *_: None,
) -> Evaluation:
    """Ask every question of one model; some seconds for a timeline of 3,000 posts.

    What is missing leaves rows that say what cannot be concluded. Held-out posts that are training posts
    too, or nearly, are left out and counted; so are other people's posts that are the person's.

    Args:
        train: the posts that the model learnt from, in order of time.
        held_out: later posts of the person.
        generated: posts of the model as they came, unpicked.
        base: posts of the model that training started from.
        others: real posts of other people in order of time, by name.
        bits: what each held-out post costs the model, its end counted.
        base_bits: what it costs the base.
        fit_ngram: makes an n-gram model of the training posts, the plainest floor.
        hours: hour of the day of each training post, where it is known.
        seed: of every draw; the same seed gives the same figures.
        progress: called with the question, how many are answered, and of how many.

    Raises:
        NotEnoughPosts: there are fewer than 16 training posts.
        UserError: `bits` or `base_bits` are not one for each held-out post.
    """
    from . import copies  # noqa: PLC0415 -- start-up
    from .material import gather  # noqa: PLC0415 -- the same
    from .questions import authorship, detection, giveaways, prediction, variety  # noqa: PLC0415 -- start-up

    def asking(question: str) -> None:
        progress(question, QUESTIONS.index(question), len(QUESTIONS))

    asking("prediction")
    posts = gather(train, held_out, generated, base, others or {}, fit_ngram, seed)
    predicted = prediction.measure(held_out, posts.kept, posts.ngram, bits, base_bits, seed=seed)
    asking("authorship")
    sounds = authorship.measure(train, posts.others, posts.groups, seed=seed)
    asking("copying")
    copied = copies.measure(posts.originals, posts.groups)
    asking("variety")
    varied = variety.measure(train, posts.groups, seed=seed)
    asking("giveaways")
    words = giveaways.measure(train, posts.others, posts.groups)
    asking("detection")
    told_apart = detection.measure(train, posts.groups, seed=seed)
    return Evaluation(
        seed=seed,
        counts=Counts(
            train=len(train),
            groups={name: len(found) for name, found in posts.groups.items()},
            others={name: len(found) for name, found in posts.others.items()},
            leaked=tuple(posts.leaked),
        ),
        prediction=predicted,
        authorship=sounds,
        copying=copied,
        variety=varied,
        giveaways=words,
        detection=told_apart,
        hours=tuple(hours.count(hour) for hour in range(24)) if hours else (),
    )


def load(model: ModelFolder) -> Evaluation:
    """What was measured of a model.

    Raises:
        ModelError: nothing was, or its report is damaged.
    """
    try:
        return msgspec.json.decode(model.evaluation.read_bytes(), type=Evaluation)
    except (OSError, msgspec.DecodeError) as error:
        raise ModelError(
            f"{model.evaluation} cannot be read ({error}); run huggingtweets evaluate {model}"
        ) from error


def save(evaluation: Evaluation, model: ModelFolder) -> None:
    """Write what was measured of a model, for machines."""
    model.evaluation.write_bytes(msgspec.json.format(msgspec.json.encode(evaluation)))
