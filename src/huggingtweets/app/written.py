"""The posts that models wrote on the page, kept in the session: a file for each model, named by its digest.

So are those that stand beside them. A reload of the page and a restart of the server lose none.
`huggingtweets forget` finds the files by the digests in their names and in them.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
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
_BESIDE = "-beside.json"  # ends the name of the file with what was written beside a model's posts
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


class BesidePosts(Struct, frozen=True, kw_only=True):
    """The posts that stand beside those of the open model, from the last time that five were written."""

    whom: str  # who wrote them, as the page's list has it
    model_digest: str  # of the model that wrote them, or whose base did
    prompt: str
    texts: tuple[str, ...]  # "" for one whose drafts were all refused


def load(session: Session, model: ModelFolder) -> list[WrittenPost]:
    """The posts that a model wrote in a session, in the order in which they are shown, the newest last."""
    try:
        return msgspec.json.decode(_file(session, model).read_bytes(), type=list[WrittenPost])
    except (OSError, msgspec.DecodeError):
        return []


def save(posts: Sequence[WrittenPost], session: Session, model: ModelFolder) -> None:
    """Write the posts of a model, whole or not at all; of too many the oldest are left out."""
    too_many = len(posts) - MAX_POSTS
    oldest = sorted(posts, key=_worth)[: max(too_many, 0)]
    left_out = {post.id for post in oldest}
    kept = [post for post in posts if post.id not in left_out]
    whole_file(_file(session, model), msgspec.json.encode(kept))


def _worth(post: WrittenPost) -> tuple[bool, bool, float]:
    """What is kept longer compares greater. The pinned post is kept: only so can it be taken off the card."""
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
    return _file(session, model).with_suffix(".png")


def load_beside(session: Session, model: ModelFolder) -> BesidePosts | None:
    """The posts that stand beside those of a model; None where there are none."""
    return _beside(_beside_file(session, model))


def save_beside(posts: BesidePosts, session: Session, model: ModelFolder) -> None:
    """Keep the posts that stand beside those of a model."""
    whole_file(_beside_file(session, model), msgspec.json.encode(posts))


def delete_beside(session: Session, model: ModelFolder) -> None:
    """Delete the posts that stand beside those of a model."""
    _beside_file(session, model).unlink(missing_ok=True)


def delete(session: Session, model: ModelFolder) -> None:
    """Delete the posts of a model, also where they stand beside those of another."""
    _file(session, model).unlink(missing_ok=True)
    unpinned_picture(session, model).unlink(missing_ok=True)
    delete_beside(session, model)
    for file in (session.root / FOLDER).glob(f"*{_BESIDE}"):
        posts = _beside(file)
        if posts and posts.model_digest == model.record.model_digest:
            file.unlink()


def _file(session: Session, model: ModelFolder) -> Path:
    return session.root / FOLDER / f"{model.record.model_digest[:SHORT_DIGEST]}.json"


def _beside_file(session: Session, model: ModelFolder) -> Path:
    file = _file(session, model)
    return file.with_name(f"{file.stem}{_BESIDE}")


def _beside(file: Path) -> BesidePosts | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=BesidePosts)
    except (OSError, msgspec.DecodeError):
        return None
