"""The text filters: they refuse copies, private details, handles, repetitions and bare beginnings.

A filter looks at one text and says why it may not be shown, if so. It reads what it needs from the model
folder, which holds hashes of the posts and not the posts themselves.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from ..errors import ModelError
from ..files import sha256
from ..files.home_folder import EXACT_INDEXES, home
from ..model_folder import COPY_INDEX, HANDLES
from ..text.private import AT, Kind, plain, private_kind
from ..text.repetition import is_repetitive
from .copy_index import WRONG_LOOKUPS, CopyIndex
from .text_generator import TextFilter

FAMILIAR = 5  # training posts that mention a handle; from so many on it may be shown
HASH_BITS = 64  # of a handle, before most of them are dropped
SHORTEST_RUN = 6  # words; a shorter run shared with the training posts is never a copy
_WITH_ARTICLE = {kind: f"{'an' if kind is Kind.EMAIL else 'a'} {kind}" for kind in Kind}

HANDLE = re.compile(  # as .@handle, too; letters of other scripts behind it may be glued to it
    r"(?<![A-Za-z0-9_@])@([A-Za-z0-9_]+(?:@[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+|(?:[.-][A-Za-z0-9_]+)*))"
)


def handles(text: str) -> list[str]:
    """The handles that a text mentions, without their @."""
    return HANDLE.findall(plain(text)) if AT.search(text) else []


class CopyFilter:
    """Objects to runs of words from the training posts, and to posts that nearly are one of them."""

    def __init__(self, index: CopyIndex) -> None:
        """Filter with an index of the training posts."""
        self._index = index

    def objection(self, text: str) -> str:
        """Why a text may not be shown; "" where it may."""
        if copied := self.objection_to_all(text):
            return copied
        return "nearly is a training post" if self._index.is_near_copy(text) else ""

    def objection_to_all(self, beginning: str) -> str:
        """Why no text may be shown that begins so; "" where some may: what is near a post may not stay it."""
        return "copies a training post" if self._index.find(beginning) else ""


class PrivacyFilter:
    """Objects to private details, and to handles that the person rarely mentions."""

    def __init__(self, familiar: Sequence[Handles], allowed: Collection[str] = ()) -> None:
        """Filter, with handles that may be shown.

        Args:
            familiar: those that the training posts mention often, one set for each model that was merged.
            allowed: those that the user allows.
        """
        self._familiar = familiar
        self._allowed = {_plain(handle) for handle in allowed}

    def objection(self, text: str) -> str:
        """Why a text may not be shown; "" where it may."""
        if kind := private_kind(text):
            return f"holds {_WITH_ARTICLE[kind]}"
        unknown = any(not self._may_be_shown(handle) for handle in handles(text))
        return "names somebody's handle" if unknown else ""

    def objection_to_all(self, beginning: str) -> str:
        """Why no text may be shown that begins so; "" where some may."""
        return self.objection(beginning)

    def _may_be_shown(self, handle: str) -> bool:
        return _plain(handle) in self._allowed or any(known.knows(handle) for known in self._familiar)


def objection_to_all(filters: Sequence[TextFilter], beginning: str) -> str:
    """Why no text may be shown that begins so; "" where some may."""
    safety = (each for each in filters if isinstance(each, CopyFilter | PrivacyFilter))
    return next(filter(None, (each.objection_to_all(beginning) for each in safety)), "")


class RepetitionFilter:
    """Refuses posts that say the same again and again."""

    def objection(self, text: str) -> str:
        """Why a text may not be shown; "" where it may."""
        return "repeats itself" if is_repetitive(text) else ""


class BareBeginningFilter:
    """Refuses posts that end where their beginning ends."""

    def __init__(self, beginning: str) -> None:
        """Filter posts that begin so."""
        self._beginning = beginning.strip()

    def objection(self, text: str) -> str:
        """Why a text may not be shown; "" where it may."""
        return "" if text.strip() != self._beginning else "adds nothing to its beginning"


class Handles(Struct, frozen=True, kw_only=True):
    """A set of handles as short keyed hashes: 1 of `WRONG_LOOKUPS` handles outside the set matches, too.

    Somebody who tries all short handles cannot tell true matches from false ones.
    """

    salt: str
    hashes: frozenset[str]
    bits: Annotated[int, Meta(ge=0, le=HASH_BITS)] = HASH_BITS  # of a hash; all of them until 1.0.0
    pairs: Annotated[int, Meta(ge=1, le=1 << 16)] = 1  # of files of copies and handles in the model folder

    @classmethod
    def familiar(cls, texts: Sequence[str]) -> Handles:
        """The handles that at least `FAMILIAR` of the training posts mention."""
        salt = hashlib.blake2b("\0".join(texts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        counts = Counter(handle for text in texts for handle in {_plain(h) for h in handles(text)})
        often = [handle for handle, count in counts.items() if count >= FAMILIAR]
        bits = min(HASH_BITS, (len(often) * WRONG_LOOKUPS).bit_length())
        return cls(salt=salt, hashes=frozenset(_hash(handle, salt, bits) for handle in often), bits=bits)

    def knows(self, handle: str) -> bool:
        """Whether a handle is in the set."""
        return _hash(_plain(handle), self.salt, self.bits) in self.hashes


def write_filters(train: Sequence[str], run: int, folder: Path, people: Sequence[str] = ()) -> None:
    """Write what the filters need into a model folder, and the exact index of copies below `home()`.

    Args:
        train: the training posts.
        run: words; a run of so many that is in a training post is a copy. Raised to `SHORTEST_RUN`.
        folder: of the model.
        people: handles of those whose posts they are; the exact index keeps them, so that it is found without
            the model.
    """
    CopyIndex.publish(train, run).save(folder / COPY_INDEX)
    exact = exact_index(folder / COPY_INDEX)
    exact.parent.mkdir(parents=True, exist_ok=True)
    CopyIndex.build(train, max(SHORTEST_RUN, run)).save(exact, " + ".join(people))
    _save_handles(Handles.familiar(train), folder / HANDLES)


def join_filters(models: Sequence[Path], folder: Path) -> None:
    """Copy what the filters of several model folders need into one, so that they filter for all of them.

    Hashes with different keys cannot be mixed, so the files of each model are copied under a number.

    Raises:
        ModelError: a folder lacks what its filters need, or it is damaged.
    """
    for model in models:
        load_filters(model)
    pairs = [files for model in models for files in _files(model)]
    for number, (copies, handles) in enumerate(pairs):
        joined_copies, joined_handles = _numbered(folder, number)
        shutil.copyfile(copies, joined_copies)
        _save_handles(replace(_handles(handles), pairs=len(pairs)), joined_handles)


def load_filters(folder: Path, *, allowed: Collection[str] = ()) -> tuple[TextFilter, ...]:
    """The filters of a model folder: what they object to is sampled again.

    Raises:
        ModelError: the folder lacks what they need, or it is damaged.
    """
    return *load_safety_filters(folder, allowed=allowed), RepetitionFilter()


def load_safety_filters(
    folder: Path, *, allowed: Collection[str] = ()
) -> tuple[CopyFilter | PrivacyFilter, ...]:
    """The filters that keep people safe: what they object to is never published.

    Raises:
        ModelError: the folder lacks what they need, or it is damaged.
    """
    pairs = _files(folder)
    copy_filters = [CopyFilter(_best_index(copies)) for copies, _ in pairs]
    return *copy_filters, PrivacyFilter([_handles(handles) for _, handles in pairs], allowed)


def filters_for(filters: Sequence[TextFilter], prompt: str) -> Sequence[TextFilter]:
    """The filters for posts that begin so: they add something to it, and it may repeat itself."""
    repeats = is_repetitive(prompt)
    kept = (each for each in filters if not (repeats and isinstance(each, RepetitionFilter)))
    return *kept, BareBeginningFilter(prompt)


def published(folder: Path) -> list[tuple[CopyIndex, Handles]]:
    """What a model folder publishes for the filters, one pair for each model that was merged into it.

    Raises:
        ModelError: it is damaged.
    """
    return [(CopyIndex.load(copies), _handles(handles)) for copies, handles in _files(folder)]


def exact_index(copies: Path) -> Path:
    """Where the exact index is, on the machine that trained the model with this published one."""
    return home() / EXACT_INDEXES / f"{sha256(copies)[:32]}.safetensors"


def exact_indexes(folder: Path) -> list[Path]:
    """The exact indexes of a model folder that are on this machine."""
    return [
        exact_index(copies)
        for copies, _ in _files(folder)
        if copies.is_file() and exact_index(copies).is_file()
    ]


def all_exact_indexes() -> list[Path]:
    """The exact indexes on this machine, also those whose models are gone."""
    return sorted((home() / EXACT_INDEXES).glob("*.safetensors"))


def own_exact_indexes(folder: Path, others: Sequence[Path]) -> set[Path]:
    """The exact indexes of a model folder, but for those that other model folders share."""
    return set(exact_indexes(folder)).difference(*map(exact_indexes, others))


def _best_index(copies: Path) -> CopyIndex:
    """The exact index where it is on this machine and whole, else the published one of the model folder."""
    published = CopyIndex.load(copies)
    try:
        return CopyIndex.load(exact_index(copies))
    except ModelError:
        return published


def _files(folder: Path) -> list[tuple[Path, Path]]:
    """The files of copies and handles, one pair for each model that was merged into this one."""
    more = max(len(list(folder.glob(f"{Path(name).stem}-*"))) for name in (COPY_INDEX, HANDLES))
    known = 1
    with suppress(ModelError):  # whoever needs the file says that it is missing or damaged
        known = _handles(folder / HANDLES).pairs
    return [_numbered(folder, number) for number in range(max(known, 1 + more))]


def _numbered(folder: Path, number: int) -> tuple[Path, Path]:
    names = (Path(COPY_INDEX), Path(HANDLES))
    copies, handles = (folder / (f"{n.stem}-{number + 1}{n.suffix}" if number else n) for n in names)
    return copies, handles


def _save_handles(handles: Handles, path: Path) -> None:
    path.write_bytes(msgspec.json.format(msgspec.json.encode(handles, order="deterministic")))


def _handles(path: Path) -> Handles:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Handles)
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read ({error}); train the model again") from error


def _plain(handle: str) -> str:
    return handle.lstrip("@").casefold()


def _hash(handle: str, salt: str, bits: int) -> str:
    """The first bits of the keyed hash of a handle, as so many hexadecimal digits as all of them have."""
    content = handle.encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(content, digest_size=HASH_BITS // 8, key=salt.encode()).digest()
    return f"{int.from_bytes(digest) >> (HASH_BITS - bits):0{HASH_BITS // 4}x}"
