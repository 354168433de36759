"""The tree of an atproto repository: the keys of all records in its newest commit, with their CIDs.

It is a Merkle search tree. A node has a left subtree, then entries in the order of their keys; each entry has
the CID of its record and perhaps a subtree of greater keys. A key is written without the prefix that it
shares with the key before it. Old exports hold older commits too; they are not read, so deleted records stay
deleted. Specification: atproto.com/specs/repository.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import msgspec
from msgspec import Struct

from ...errors import BrokenArchive
from .car_blocks import CarBlocks

T = TypeVar("T")

_DEEPEST = 128  # levels; a hash of 256 bits gives no more, and real trees have about ten


class _Entry(Struct):
    p: int  # bytes that the key shares with the one before it
    k: bytes  # the rest of the key
    v: bytes  # CID of the record
    t: bytes | None = None  # CID of the subtree after it


class _Node(Struct):
    e: list[_Entry]
    l: bytes | None = None  # noqa: E741 -- the specification's name of the left subtree


class Commit(Struct):
    """A signed state of a repository."""

    did: str
    data: bytes  # CID of the tree's root


def newest_commit(blocks: CarBlocks) -> Commit:
    """Read the commit that the file's header names."""
    return _read(blocks, blocks.root, Commit, "commit")


def records(blocks: CarBlocks, commit: Commit) -> Iterator[tuple[str, bytes]]:
    """Yield the key (`collection/key`) and the CID of every record, in the order of the keys.

    Raises:
        BrokenArchive: The tree is damaged, or refers to itself.
    """
    path = [_children(blocks, commit.data)]
    last = b""
    while path:
        key, cid = next(path[-1], (b"", b""))
        if not cid:
            path.pop()
        elif not key:
            path.append(_children(blocks, cid))
            if len(path) > _DEEPEST:
                raise _damaged(blocks, "tree")
        elif key <= last:  # a tree that refers to itself repeats keys
            raise _damaged(blocks, "tree")
        else:
            last = key
            yield key.decode(errors="replace"), cid


def _children(blocks: CarBlocks, cid: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield a node's content in order: key and CID of a record, or no key and the CID of a subtree."""
    node = _read(blocks, cid, _Node, "tree")
    if node.l:
        yield b"", node.l
    key = b""
    for entry in node.e:
        key = key[: max(0, entry.p)] + entry.k
        if not (key and entry.v):
            raise _damaged(blocks, "tree")
        yield key, entry.v
        if entry.t:
            yield b"", entry.t


def _read(blocks: CarBlocks, cid: bytes, kind: type[T], what: str) -> T:
    try:
        return msgspec.convert(blocks.get(cid), kind, builtin_types=(bytes,))
    except (msgspec.ValidationError, RecursionError) as error:
        raise _damaged(blocks, what) from error


def _damaged(blocks: CarBlocks, what: str) -> BrokenArchive:
    return BrokenArchive(f"{blocks.path}: the {what} of the repository is damaged; download it again")
