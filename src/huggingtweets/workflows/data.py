"""What several workflows do with posts: read and clean them, build a dataset, find those of a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from tempfile import TemporaryFile

from msgspec import Struct
from msgspec.structs import replace

from .. import cleaning, dataset, sources
from ..bases.languages import language_warning, languages_of
from ..cleaning import CleanedPosts, CleaningRules
from ..dataset.sufficiency import describe_sufficiency, require_enough
from ..errors import UserError
from ..files.home_folder import DATASETS, EXACT_INDEXES, UNFINISHED, home
from ..model_folder import ModelFolder
from ..progress import Watcher, watched_by
from ..sources import ReadOptions
from ..text.counting import counted
from ..types import Account, Dataset, Post, Preparation, Reason, Recipe, Stage

PRIVATE_FOLDERS = (EXACT_INDEXES, DATASETS, UNFINISHED)  # below home()
COUNT_EVERY = 500  # posts read between two words to the watcher


class DataConfig(Struct, frozen=True, kw_only=True):
    """Which posts are read, and how: all that `train`, `sweep` and `inspect` ask of their locations."""

    locations: tuple[str, ...]
    options: ReadOptions = ReadOptions()
    source: str | None = None  # None: recognised by looking
    rules: CleaningRules = CleaningRules()
    held_out: float = 0.1  # share of each author's posts, the latest
    same_person: bool = False  # whether all locations are places of one person, whatever their handles


@dataclass(frozen=True)
class AuthorPosts:
    """One author, and what cleaning kept of their posts."""

    account: Account
    cleaned: CleanedPosts
    skipped: dict[str, int]  # records that were not read, by reason
    digest: str  # of what was read
    handles: tuple[str, ...] = ()  # of all places, each spelling once

    @property
    def texts(self) -> list[str]:
        """The texts of the kept posts."""
        return [post.text for post in self.cleaned.posts]


def sample_archive() -> str:
    """The archive of a made-up account that ships with the package."""
    return str(files("huggingtweets") / "data" / "sample-archive.zip")


def require_places(config: DataConfig) -> None:
    """Refuse locations of no source, before a base is fetched for them. Nothing is asked of any network.

    Raises:
        UnknownPlace: there is no file, or what is there is of no source.
    """
    for location in config.locations:
        if config.source:
            sources.load(config.source)
        else:
            sources.recognise(location)


def require_home() -> None:
    """Create `home()`, before the work begins whose posts and unfinished runs are kept there.

    The folders of posts and of what is made of them are closed to other users, those of earlier versions too.

    Raises:
        UserError: it cannot be made, or nothing can be written there.
    """
    try:
        for name in PRIVATE_FOLDERS:
            folder = home() / name
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with suppress(PermissionError):  # another user's, who shares the home folder
                folder.chmod(0o700)
        with TemporaryFile(dir=home()):
            pass
    except OSError as error:
        raise UserError(
            f"nothing can be kept in {home()} ({error.strerror}); set HUGGINGTWEETS_HOME to a folder where "
            "you may write"
        ) from error


def most_posts(recipe: Recipe, held_out: float) -> int | None:
    """How many posts of one author training can use, those held out included; None for all.

    An epoch draws `author_posts` of them, so no more than that times the epochs are ever seen.
    """
    if not recipe.author_posts:
        return None
    return round(recipe.author_posts * recipe.epochs / (1 - min(held_out, 0.5)))


def read(
    config: DataConfig, watcher: Watcher, examples: int = cleaning.EXAMPLES, *, most: int | None = None
) -> list[AuthorPosts]:
    """Read and clean every location; several of one author are joined. The watcher gets notes of long waits.

    Args:
        config: what is read, and how.
        watcher: gets the progress, and a note of posts that were to be taken out and are not there.
        examples: texts of dropped posts that are kept for each reason.
        most: posts of each author that are kept, drawn from all; None keeps all.
    """
    with watched_by(watcher):
        authors = _read(config, watcher, examples, most)
    _note_what_excluded_nothing(config.rules, authors, watcher)
    return authors


def _note_what_excluded_nothing(
    rules: CleaningRules, authors: Sequence[AuthorPosts], watcher: Watcher
) -> None:
    """Note ids to be taken out that no post has, and that no post was taken out by its text."""
    unknown = sorted((rules.exclude or frozenset()).difference(*(a.cleaned.excluded_ids for a in authors)))
    if unknown:
        ids = counted(len(unknown), "id")
        watcher.note(f"no post has {ids} of those to exclude, like {unknown[0]}; inspect --show prints ids")
    if rules.exclude_matching and not any(Reason.EXCLUDED in a.cleaned.funnel.dropped for a in authors):
        watcher.note("no post was excluded: none has such a text")


def _read(config: DataConfig, watcher: Watcher, examples: int, most: int | None) -> list[AuthorPosts]:
    accounts: dict[str, Account] = {}
    digests: dict[str, list[str]] = {}
    handles: dict[str, list[str]] = {}
    posts: dict[str, list[Iterable[Post]]] = {}
    for location in config.locations:
        timeline = sources.read(location, config.options, source=config.source)
        watcher.stage(Stage.READ, f"{location} ({sources.load(timeline.account.source).NAME})")
        author = "" if config.same_person else timeline.account.handle.casefold()
        account = accounts.setdefault(author, timeline.account)
        digests.setdefault(author, []).append(timeline.digest)
        handles.setdefault(author, []).append(timeline.account.handle)
        own = _counted(timeline.posts, timeline.expected, watcher)
        if account.handle.casefold() != timeline.account.handle.casefold():
            own = _with_ids_of_place(own, timeline.account.source)
        posts.setdefault(author, []).append(_by(account.handle, own))
    authors = []
    for author, account in accounts.items():
        cleaned, skipped = _clean(account, posts[author], config.rules, watcher, examples, most)
        spellings = tuple(dict.fromkeys(handles[author]))
        authors.append(AuthorPosts(account, cleaned, skipped, " ".join(digests[author]), spellings))
    return authors


def _clean(
    account: Account,
    parts: Sequence[Iterable[Post]],
    rules: CleaningRules,
    watcher: Watcher,
    examples: int,
    most: int | None,
) -> tuple[CleanedPosts, dict[str, int]]:
    """Clean one author's posts while they are read, and say what was not read."""
    with sources.count_skipped() as skipped:
        posts = _with_own_ids(parts, rules) if len(parts) > 1 else parts[0]
        cleaned = cleaning.clean(posts, rules, examples, most=most)
    if skipped:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in skipped.most_common())
        records = counted(skipped.total(), "record")
        watcher.note(f"skipped {records} of @{account.handle}: {reasons}")
    return cleaned, dict(skipped)


def _with_own_ids(parts: Iterable[Iterable[Post]], rules: CleaningRules) -> Iterator[Post]:
    """Yield the posts of all places; an id that an earlier place gave, too, gets the number of the place.

    A post that is taken out by its id keeps it where a later place has it of the same moment: two archives of
    an account may have it cut and whole.
    """
    first: dict[str, tuple[int, datetime | None]] = {}  # of each id: the place and the moment
    for number, posts in enumerate(parts):
        for post in posts:
            place, moment = first.setdefault(post.id, (number, post.created_at))
            is_same = moment is not None and moment == post.created_at
            if place == number or (is_same and rules.excludes_by_id(post)):
                yield post
            else:
                yield replace(post, id=f"{number}/{post.id}")


def _with_ids_of_place(posts: Iterable[Post], source: str) -> Iterator[Post]:
    """Yield posts with ids that name their place, as two places may give the same."""
    for post in posts:
        parent = f"{source}/{post.reply_to}" if post.reply_to else None
        yield replace(post, id=f"{source}/{post.id}", reply_to=parent)


def _by(handle: str, posts: Iterable[Post]) -> Iterator[Post]:
    """Yield posts as those of one person, whose handle another place may spell otherwise."""
    for post in posts:
        yield post if post.author == handle else replace(post, author=handle)


def _counted(posts: Iterable[Post], expected: int | None, watcher: Watcher) -> Iterator[Post]:
    for number, post in enumerate(posts, start=1):
        if number % COUNT_EVERY == 0:
            watcher.read(number, expected)
        yield post


def build_dataset(authors: Sequence[AuthorPosts], held_out: float) -> Dataset:
    """The posts of all authors, this share of each author's held out."""
    parts = [
        dataset.AuthorData(
            a.account, a.cleaned.funnel, a.cleaned.posts, a.cleaned.language, a.digest, a.cleaned.answered
        )
        for a in authors
    ]
    return dataset.build(parts, held_out=held_out)


def posts_of(model: ModelFolder) -> Dataset:
    """The posts behind a model: in its own folder, or kept on this machine.

    Raises:
        ModelError: they are in neither.
    """
    if model.dataset.is_dir():
        return dataset.load(model.dataset)
    return dataset.load_stored(model.record.dataset_digest)


def check_posts(authors: Sequence[AuthorPosts], recipe: Recipe, watcher: Watcher) -> None:
    """Note what can be expected of these posts.

    Raises:
        NotEnoughPosts: together they are too short to learn from.
    """
    require_enough([text for author in authors for text in author.texts])
    warning = language_warning(recipe.base, languages_of(recipe.base), [a.cleaned.language for a in authors])
    people = [(author.account.handle, author.texts) for author in authors]
    expected = describe_sufficiency(people, "" if warning else recipe.base)  # gains are of its languages
    for sentence in filter(None, (*expected, warning)):
        watcher.note(sentence)


def preparation_of(config: DataConfig) -> Preparation:
    """How the posts are read, as the record keeps it to reproduce the model."""
    return Preparation(
        read_at=datetime.now(UTC).replace(microsecond=0),
        held_out=config.held_out,
        rules=config.rules.recorded(),
        source=config.source,
        handle=sources.public_choice(config.options.handle),
        name=sources.public_choice(config.options.name),
        text_column=config.options.text_column,
        one_author=bool(config.options.one_author),
        encoding=config.options.encoding or None,
        same_person=config.same_person,
    )
