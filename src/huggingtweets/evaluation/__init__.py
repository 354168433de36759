"""One file per question that is asked of a model; `measure` asks all of them.

| question | file |
|---|---|
| does it make sense? | questions/sense.py |
| does it predict the person's next posts? | questions/prediction.py |
| does it sound like the person? | questions/authorship.py; style.py asks it of one post |
| does it only repeat the person? | questions/copying.py; copies.py finds the copies |
| is it varied, in the way the person is? | questions/variety.py |
| does it use the person's words? | questions/giveaways.py |
| can a machine tell, can people? | questions/detection.py, game.py |

docs/add-a-measure.md says how to add one.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from ..errors import ModelError
from ..files import whole_file
from ..model_folder import ModelFolder, no_model
from ..progress import Silence, Watcher
from ..results import Counts, Evaluation, Figure, Game, Row
from . import questions
from .floors import NgramFloor
from .material import Material

__all__ = [
    "Evaluation",
    "Figure",
    "Material",
    "NgramFloor",
    "Row",
    "decode",
    "flat",
    "load",
    "measure",
    "save",
]


def measure(material: Material, watcher: Watcher | None = None) -> Evaluation:
    """Ask every question of one model; takes some seconds for a timeline of 3,000 posts.

    What is missing leaves rows that say what cannot be concluded.

    Args:
        material: the posts, and what is known of them.
        watcher: told of each question, and how many are answered.

    Raises:
        UserError: the bits that each held-out post costs are not one for each post.
    """
    answers, names, watcher = {}, questions.names(), watcher or Silence()
    for number, name in enumerate(names):
        watcher.stage(name)
        watcher.advanced(number, len(names), "questions")
        answers[name] = questions.load(name).measure(material, seed=material.seed)
    return Evaluation(
        seed=material.seed,
        counts=Counts(
            train=len(material.train),
            groups={name: len(posts) for name, posts in material.groups.items()},
            others={name: len(posts) for name, posts in material.reference.items()},
            leaked=tuple(material.leaked),
        ),
        answers=answers,
        hours=tuple(material.hours.count(hour) for hour in range(24)) if material.hours else (),
    )


class _Frame(Struct):
    """What report.json holds besides the answers."""

    seed: int
    counts: Counts
    hours: tuple[int, ...] = ()
    game: Game | None = None


def flat(evaluation: Evaluation) -> dict[str, object]:
    """An evaluation as report.json has it: each answer at the top level, under the name of its question."""
    return {
        "seed": evaluation.seed,
        "counts": evaluation.counts,
        **evaluation.answers,
        **evaluation.unread,
        "hours": evaluation.hours,
        "game": evaluation.game,
    }


def decode(report: bytes) -> Evaluation:
    """Read the JSON of `flat`. Answers to questions that are not installed here are carried along unread.

    Raises:
        msgspec.DecodeError: it is damaged.
    """
    frame = msgspec.json.decode(report, type=_Frame)
    parts = msgspec.json.decode(report, type=dict[str, msgspec.Raw])
    answers = {name: part for name, part in parts.items() if name not in _Frame.__struct_fields__}
    installed = set(questions.names())
    return Evaluation(
        seed=frame.seed,
        counts=frame.counts,
        answers={
            name: msgspec.json.decode(part, type=questions.load(name).ANSWER)
            for name, part in answers.items()
            if name in installed
        },
        hours=frame.hours,
        game=frame.game,
        unread={name: msgspec.json.decode(part) for name, part in answers.items() if name not in installed},
    )


def load(model: ModelFolder) -> Evaluation:
    """The evaluation in a model folder.

    Raises:
        ModelError: there is none, or it is damaged.
    """
    try:
        return decode(model.evaluation.read_bytes())
    except (FileNotFoundError, NotADirectoryError) as error:
        if not model.path.is_dir():
            raise no_model(model.path) from error
        raise ModelError(f"{model} was not evaluated; run huggingtweets evaluate {model.argument}") from error
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{model.evaluation} cannot be read ({error}); run huggingtweets evaluate {model.argument}"
        ) from error


def save(evaluation: Evaluation, model: ModelFolder) -> None:
    """Write an evaluation into a model folder, for machines."""
    whole_file(model.evaluation, msgspec.json.format(msgspec.json.encode(flat(evaluation))))
