"""The posts that models wrote on the page, kept in the session: a file for each model.

So are those of the second model beside it. A reload of the page and a restart of the server lose none.
A file is named by the model's digest, by which `huggingtweets forget` finds it, and by the model's name: the
same posts and recipe give two models of one digest. A model whose folder was renamed takes its files along,
if its digest tells which they are. Until 1.0.0 they were named by the digest alone, and such models shared
them.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from ..files import whole_file
from ..model_folder import ModelFolder
from ..types import Sample
from .language import _
from .messages import PageError
from .sessions import Session

FOLDER = "written"
SHORT_DIGEST = 16  # hex digits of a digest in a file's name
_SHORT_NAME = 8  # hex digits of the digest of a model's name, in a file's name
# how the files of a model end: its posts, those of the second model, its picture before a post was pinned
_POSTS, _SECOND, _PICTURE = ".json", "-beside.json", ".png"
MAX_POSTS = 300  # of a model; the oldest go first, favourites and the one on the card last


class WrittenPost(Struct, frozen=True, kw_only=True):
    """A post that a model wrote."""

    id: str = field(default_factory=lambda: secrets.token_hex(6))
    prompt: str
    text: str
    at: float = field(default_factory=time.time)  # seconds since 1970
    shown: bool = True  # whether it is among the posts that the page shows; else it is in the history
    favourite: bool = False
    pinned: bool = False  # whether it stands first on the model's card
    best_of: int = 1  # drafts of which it was picked; a picked post never stands on a card

    @property
    def sample(self) -> Sample:
        """The post as other modules take it."""
        return Sample(prompt=self.prompt, text=self.text)


class SecondModelPosts(Struct, frozen=True, kw_only=True):
    """The posts of the second model, from the last time that five were written."""

    whom: str  # who wrote them, as the page's list has it
    model_digest: str  # of the model that wrote them, or whose base did
    prompt: str
    texts: tuple[str, ...]  # "" for one whose drafts were all refused


def load(session: Session, model: ModelFolder) -> list[WrittenPost]:
    """The posts that a model wrote in a session, in the order in which they are shown, the newest last."""
    try:
        return msgspec.json.decode(_present_file(session, model, _POSTS).read_bytes(), type=list[WrittenPost])
    except (OSError, ValueError):
        return []


def save(posts: Sequence[WrittenPost], session: Session, model: ModelFolder) -> None:
    """Write the posts of a model, whole or not at all; of too many the oldest are left out."""
    too_many = len(posts) - MAX_POSTS
    oldest = sorted(posts, key=_worth)[: max(too_many, 0)]
    left_out = {post.id for post in oldest}
    kept = [post for post in posts if post.id not in left_out]
    _split(session, model)
    whole_file(_file(session, model, _POSTS), msgspec.json.encode(kept))


def _worth(post: WrittenPost) -> tuple[bool, bool, float]:
    """Posts to keep longer compare greater. A pinned post stays: only so can it be taken off the card."""
    return post.shown, post.favourite or post.pinned, post.at


def find(posts: Sequence[WrittenPost], post_id: str) -> WrittenPost:
    """The post with this id.

    Raises:
        UserError: there is none.
    """
    for post in posts:
        if post.id == post_id:
            return post
    raise PageError(_("this post is not here any more; let it write five new ones"))


def shown(posts: Sequence[WrittenPost]) -> list[WrittenPost]:
    """The posts that the page shows."""
    return [post for post in posts if post.shown]


def with_new(posts: Sequence[WrittenPost], new: Sequence[WrittenPost]) -> list[WrittenPost]:
    """Show new posts; those that were shown are history."""
    return [*(replace(post, shown=False) for post in posts), *new]


def with_rewritten(
    posts: Sequence[WrittenPost], old: WrittenPost, new: WrittenPost | None
) -> list[WrittenPost]:
    """Show a new post in the place of an old one, which is history; None: the old one stays."""
    if new is None:
        return list(posts)
    replaced = [post if post.id != old.id else new for post in posts]
    return [replace(old, shown=False), *replaced]


def with_favourite(posts: Sequence[WrittenPost], post_id: str) -> list[WrittenPost]:
    """Mark a post as a favourite, or take the mark away."""
    return [replace(post, favourite=not post.favourite) if post.id == post_id else post for post in posts]


def with_pinned(posts: Sequence[WrittenPost], post_id: str) -> list[WrittenPost]:
    """Mark the one post that stands first on the card; "": none."""
    return [replace(post, pinned=post.id == post_id) for post in posts]


def unpinned_picture(session: Session, model: ModelFolder) -> Path:
    """Where the model's own picture is kept from before a post was pinned to it."""
    return _present_file(session, model, _PICTURE)


def load_second_posts(session: Session, model: ModelFolder) -> SecondModelPosts | None:
    """The posts of the second model beside a model; None where there are none."""
    return _read_second_posts(_present_file(session, model, _SECOND))


def save_second_posts(posts: SecondModelPosts, session: Session, model: ModelFolder) -> None:
    """Keep the posts of the second model beside a model."""
    _split(session, model)
    whole_file(_file(session, model, _SECOND), msgspec.json.encode(posts))


def delete_second_posts(session: Session, model: ModelFolder) -> None:
    """Delete the posts of the second model beside a model."""
    _split(session, model)
    _file(session, model, _SECOND).unlink(missing_ok=True)


def delete(session: Session, model: ModelFolder) -> None:
    """Delete the posts of a model, also where it is the second model beside another."""
    _split(session, model)
    for end in (_POSTS, _SECOND, _PICTURE):
        _file(session, model, end).unlink(missing_ok=True)
    name, has_twin = _name(session, model), bool(_twins(session, model))
    for file in (session.root / FOLDER).glob(f"*{_SECOND}"):
        posts = _read_second_posts(file)
        if posts and posts.model_digest == model.record.model_digest and (posts.whom == name or not has_twin):
            file.unlink()


def _name(session: Session, model: ModelFolder) -> str:
    """The name of a model in the library."""
    below = model.path.is_relative_to(session.models)
    return model.path.relative_to(session.models).as_posix() if below else model.path.name


def _file(session: Session, model: ModelFolder, end: str) -> Path:
    return session.root / FOLDER / f"{_stem(session, model)}{end}"


def _stem(session: Session, model: ModelFolder) -> str:
    """How the names of a model's files begin."""
    name = hashlib.sha256(_name(session, model).encode("utf-8", "surrogatepass")).hexdigest()[:_SHORT_NAME]
    return f"{model.record.model_digest[:SHORT_DIGEST]}-{name}"


def _take_along(session: Session, model: ModelFolder) -> None:
    """Rename the files of a model that was renamed, where they can be those of no other model."""
    stem, folder = _stem(session, model), session.root / FOLDER
    files = sorted(folder.glob(f"{stem[:SHORT_DIGEST]}-{'[0-9a-f]' * _SHORT_NAME}*"), key=_changed_at)
    stems = [file.name[: len(stem)] for file in files]
    if not stems or stem in stems:
        return
    twins = {_stem(session, twin) for twin in _twins(session, model)}
    left = [each for each in stems if each not in twins]
    if left and twins <= {*stems}:
        for end in (_POSTS, _SECOND, _PICTURE):
            with suppress(FileNotFoundError):
                (folder / f"{left[-1]}{end}").rename(folder / f"{stem}{end}")


def _changed_at(file: Path) -> float:
    return file.stat().st_mtime if file.is_file() else 0.0


def _shared_file(session: Session, model: ModelFolder, end: str) -> Path:
    """What all models of one digest shared until 1.0.0."""
    return session.root / FOLDER / f"{model.record.model_digest[:SHORT_DIGEST]}{end}"


def _present_file(session: Session, model: ModelFolder, end: str) -> Path:
    """The file of a model; the shared one where only that is there."""
    _take_along(session, model)
    own, shared = (each(session, model, end) for each in (_file, _shared_file))
    return shared if shared.is_file() and not own.is_file() else own


def _twins(session: Session, model: ModelFolder) -> list[ModelFolder]:
    """The other models of the session with the same digest."""
    digest, library = model.record.model_digest, session.library()
    return [other for _, other in library if other.record.model_digest == digest and other.path != model.path]


def _split(session: Session, model: ModelFolder) -> None:
    """Give each model a file of its own in place of one that it shares with others of its digest."""
    _take_along(session, model)
    for end in (_POSTS, _SECOND, _PICTURE):
        shared = _shared_file(session, model, end)
        if shared.is_file():
            for each in (model, *_twins(session, model)):
                own = _file(session, each, end)
                if not own.is_file():
                    whole_file(own, shared.read_bytes())
            shared.unlink()


def _read_second_posts(file: Path) -> SecondModelPosts | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=SecondModelPosts)
    except (OSError, ValueError):
        return None
