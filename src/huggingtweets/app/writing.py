"""Writing posts on the page: the settings of the Play tab, and drafts to show while posts are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from ..dataset.beginnings import beginnings
from ..errors import HuggingtweetsError
from ..evaluation.style import StyleScorer, load_style
from ..generation.text_generator import Draft
from ..generation.wildness import Wildness, as_wildness, temperature
from ..model_folder import STYLE, ModelFolder, prompt_of
from ..workflows.data import posts_of
from .language import _
from .language import number as numeral
from .loaded_models import LoadedModels
from .messages import PageError
from .written import WrittenPost

MAX_TOKENS = 1000  # of a post
MAX_BEST_OF = 8  # drafts of which the best is kept


class Settings(Struct, frozen=True, kw_only=True):
    """How posts are written."""

    wildness: Wildness = "balanced"
    max_tokens: int
    best_of: int = 1  # drafts for each post, of which the one most like the person is kept
    speaker: str | None = None  # handle; None: a random one of the model's for each post

    @classmethod
    def of_inputs(cls, wildness: object, length: object, best_of: object, speaker: object) -> Settings:
        """The settings that a visitor chose; anything can be sent.

        Raises:
            UserError: a value is not one that the page offers.
        """
        return cls(
            wildness=as_wildness(wildness),
            max_tokens=_whole_number(length, _("the length of a post"), MAX_TOKENS),
            best_of=_whole_number(best_of, _("the number of drafts"), MAX_BEST_OF),
            speaker=str(speaker) if speaker else None,
        )


def speakers(folder: ModelFolder) -> list[str]:
    """The handles of the authors that a model can write as; empty where it has one voice."""
    record = folder.record
    return [author.account.handle for author in record.authors] if record.recipe.speakers else []


def can_pick(folder: ModelFolder) -> bool:
    """Whether the model's folder tells which posts sound most like the person."""
    return (folder.path / STYLE).is_file()


def fitting(settings: Settings, folder: ModelFolder) -> Settings:
    """The settings that a model has; of the others some may be left from the one that was open before."""
    return replace(
        settings,
        speaker=settings.speaker if settings.speaker in speakers(folder) else None,
        best_of=settings.best_of if can_pick(folder) else 1,
    )


def own_beginnings(folder: ModelFolder) -> list[str]:
    """The beginnings of the posts that a model learnt from; its prompt where these are away."""
    try:
        texts = [post.text for post in posts_of(folder).train]
    except HuggingtweetsError:
        texts = []
    return beginnings(texts) or [prompt_of(folder.record)]


def write(
    models: LoadedModels,
    folder: ModelFolder,
    prompt: str,
    settings: Settings,
    *,
    count: int,
    home: Path | None,
    base: bool = False,
) -> Iterator[tuple[Draft, ...]]:
    """Write posts with a model, all of them at the same time.

    Args:
        models: the models in memory.
        folder: the model.
        prompt: how every post begins.
        settings: how they are written.
        count: how many to write.
        home: of the session whose model it is; None: that of this machine.
        base: write with what the model was trained from.

    Yields:
        `count` drafts. A draft that is not `whole` in the last tuple had all its attempts refused by the text
        filters. Of several drafts for each post the first is yielded while they are written, and at last the
        best.

    Raises:
        UserError: the folder cannot tell which draft is best, or does not know the speaker.
    """
    scorer = _scorer(folder) if settings.best_of > 1 else None
    drafts: tuple[Draft, ...] = ()
    for drafts in models.stream(
        folder,
        prompt,
        count=count * settings.best_of,
        sampling={
            "temperature": temperature(settings.wildness, folder.record.recipe.sampling.temperature),
            "max_new_tokens": settings.max_tokens,
        },
        home=home,
        speaker=None if base else settings.speaker,
        base=base,
    ):
        yield drafts[:: settings.best_of]
    if scorer:
        groups = (drafts[at : at + settings.best_of] for at in range(0, len(drafts), settings.best_of))
        yield tuple(_best(group, scorer) for group in groups)


def post_of(prompt: str, draft: Draft, settings: Settings) -> WrittenPost | None:
    """The post of a draft; None where all its attempts were refused."""
    return WrittenPost(prompt=prompt, text=draft.text, best_of=settings.best_of) if draft.whole else None


def _best(drafts: Sequence[Draft], scorer: StyleScorer) -> Draft:
    """The whole draft that sounds most like the person; an empty one where none is whole."""
    whole = [draft for draft in drafts if draft.whole]
    if not whole:
        return Draft()
    return whole[int(scorer.scores([draft.text for draft in whole]).argmax())]


def _scorer(folder: ModelFolder) -> StyleScorer:
    if not can_pick(folder):
        raise PageError(_("this model cannot tell which post sounds most like the person; evaluate it first"))
    return load_style(folder.path)


def _whole_number(value: object, name: str, highest: int) -> int:
    try:
        number = int(float(str(value)))
    except (ValueError, OverflowError):
        raise PageError(
            _("{name} is a number from 1 to {highest}").format(name=name, highest=numeral(highest))
        ) from None
    if not 1 <= number <= highest:
        raise PageError(
            _("{name} cannot be {number}; choose 1 to {highest}").format(
                name=name, number=numeral(number), highest=numeral(highest)
            )
        )
    return number
