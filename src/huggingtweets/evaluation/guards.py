"""What may not be shown of what a model writes: copies, private details, handles of people.

A guard looks at one text and names its objection, or has none. All that a guard needs lies in the model
folder, as hashes: the posts themselves are not there.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from ..errors import ModelError
from .copy_index import CopyIndex
from .copying import Originals, own_run

COPIES = "copies.safetensors"
HANDLES = "handles.json"
FAMILIAR = 5  # training posts that mention a handle, from which on it is part of the voice
SHORTEST_RUN = 6  # words; a shorter run shared with the training posts is no copy, whoever's it is

_ADDRESS = re.compile(r"(?<![@\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(  # international, with an area code in brackets, with a leading 0, or 555-010-9988
    r"(?<![\w#$€£.,/-])(?:(?:\+|\(\+?|0)\d(?:[\s().-]{0,2}\d){7,14}|\d{3}[-.\s]\d{3}[-.]\d{4})(?![\w%])"
)
_HANDLE = re.compile(r"(?<![\w@.+-])@(\w+(?:@[\w-]+(?:\.[\w-]+)+|(?:[.-]\w+)*))")


class CopyGuard:
    """Objects to runs of words from the training posts, and to posts that nearly are one of them."""

    def __init__(self, index: CopyIndex) -> None:
        """Guard with an index of the training posts."""
        self._index = index

    def objection(self, text: str) -> str:
        """Why a text may not be shown; "" where it may."""
        if self._index.find(text):
            return "copies a training post"
        return "nearly is a training post" if self._index.is_near_copy(text) else ""


class PrivacyGuard:
    """Objects to e-mail addresses, phone numbers, and handles that are not part of the voice."""

    def __init__(self, familiar: Sequence[Handles], allowed: Collection[str] = ()) -> None:
        """Guard, with handles that may be shown.

        Args:
            familiar: those that the training posts mention often, of each model where several were merged.
            allowed: more of them, by the user's word.
        """
        self._familiar = familiar
        self._allowed = {_plain(handle) for handle in allowed}

    def objection(self, text: str) -> str:
        """Why a text may not be shown; "" where it may."""
        if _ADDRESS.search(text):
            return "holds an e-mail address"
        if _PHONE.search(text):
            return "holds a phone number"
        unknown = any(not self._may_be_shown(handle) for handle in _HANDLE.findall(text))
        return "names somebody's handle" if unknown else ""

    def _may_be_shown(self, handle: str) -> bool:
        return _plain(handle) in self._allowed or any(known.knows(handle) for known in self._familiar)


class Handles(Struct, frozen=True, kw_only=True):
    """Handles as keyed hashes: whoever knows a handle can ask for it, nobody can list them."""

    salt: str
    hashes: frozenset[str]

    @classmethod
    def familiar(cls, texts: Sequence[str]) -> Handles:
        """Those that at least `FAMILIAR` of the training posts mention."""
        salt = hashlib.blake2b("\0".join(texts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        counts = Counter(handle for text in texts for handle in {_plain(h) for h in _HANDLE.findall(text)})
        often = (handle for handle, count in counts.items() if count >= FAMILIAR)
        return cls(salt=salt, hashes=frozenset(_hash(handle, salt) for handle in often))

    def knows(self, handle: str) -> bool:
        """Whether a handle is one of them."""
        return _hash(_plain(handle), self.salt) in self.hashes


def write_guards(train: Sequence[str], held_out: Sequence[str], folder: Path) -> None:
    """Write what the guards need into a model folder.

    The run of words that counts as a copy is the shortest that the person's own later posts hardly ever
    share with the training posts.
    """
    run = max(SHORTEST_RUN, own_run(Originals(train), held_out))
    CopyIndex.build(train, run).save(folder / COPIES)
    handles = Handles.familiar(train)
    sorted_hashes = {"salt": handles.salt, "hashes": sorted(handles.hashes)}
    (folder / HANDLES).write_bytes(msgspec.json.format(msgspec.json.encode(sorted_hashes)))


def join_guards(models: Sequence[Path], folder: Path) -> None:
    """Write what the guards of several model folders need into one: a copy of any of their posts is a copy.

    Hashes with different keys cannot be mixed, so the files stay apart and are numbered.

    Raises:
        ModelError: a folder lacks what its guards need, or it is damaged.
    """
    for model in models:
        load_guards(model)
    found = [files for model in models for files in _files(model)]
    for number, files in enumerate(found):
        for source, target in zip(files, _numbered(folder, number), strict=True):
            shutil.copyfile(source, target)


def load_guards(folder: Path, *, allowed: Collection[str] = ()) -> tuple[CopyGuard | PrivacyGuard, ...]:
    """The guards of a model folder.

    Raises:
        ModelError: the folder lacks what they need, or it is damaged.
    """
    found = _files(folder)
    copies = [CopyGuard(CopyIndex.load(copies)) for copies, _ in found]
    return *copies, PrivacyGuard([_handles(handles) for _, handles in found], allowed)


def _files(folder: Path) -> list[tuple[Path, Path]]:
    """Copies and handles of each model that the folder's own was made of."""
    more = len(list(folder.glob(f"{Path(COPIES).stem}-*")))
    return [_numbered(folder, number) for number in range(1 + more)]


def _numbered(folder: Path, number: int) -> tuple[Path, Path]:
    names = (Path(COPIES), Path(HANDLES))
    copies, handles = (folder / (f"{n.stem}-{number + 1}{n.suffix}" if number else n) for n in names)
    return copies, handles


def _handles(path: Path) -> Handles:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Handles)
    except (OSError, msgspec.DecodeError) as error:
        raise ModelError(f"{path} cannot be read ({error}); train the model again") from error


def _plain(handle: str) -> str:
    return handle.lstrip("@").casefold()


def _hash(handle: str, salt: str) -> str:
    return hashlib.blake2b(
        handle.encode("utf-8", "surrogatepass"), digest_size=8, key=salt.encode()
    ).hexdigest()
