"""Blocks of a CAR file (content-addressed archive, version 1), looked up by their hash and read one by one.

The file is a header that names the root, then blocks in any order, each after its CID. Only the places of the
blocks are in memory, 16 bytes a block. Repositories of atproto use one form of CID: version 1, SHA-256.
Specifications: ipld.io/specs/transport/car/carv1, atproto.com/specs/repository.
"""

from __future__ import annotations

import hashlib
import mmap
from array import array
from pathlib import Path
from typing import Any, Self

import libipld
import numpy as np

from ...errors import BrokenArchive

_CID = 36  # bytes: version, codec, hash function and its length, then the hash
_HASH_AT = 4
_PREFIX = 8  # bytes of a hash; the index is sorted by them
_LARGEST_HEADER = 4096  # bytes
_LARGEST_BLOCK = 8 << 20  # bytes; a record has at most 1 MiB
_LONGEST_VARINT = 9  # bytes
_UNDECODABLE = (ValueError, RecursionError)


class CarBlocks:
    """The blocks of a file, to use in a `with`; `root` is the CID that its header names.

    Raises:
        BrokenArchive: The file is cut, damaged, or no CAR file; raised now or by `get`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:
            self._size = path.stat().st_size
            if not self._size:
                raise BrokenArchive(f"{path} is empty; download it again")
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        try:
            self.root, first = self._header()
            self._hashes, self._places = self._index(first)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._bytes.close()

    def get(self, cid: bytes) -> Any:
        """Return the decoded content of a block; None if it is undamaged but no valid DAG-CBOR."""
        content = self._content(cid)
        try:
            return libipld.decode_dag_cbor(content)
        except _UNDECODABLE:
            return None

    def _content(self, cid: bytes) -> bytes:
        prefix = np.uint64(int.from_bytes(cid[_HASH_AT : _HASH_AT + _PREFIX]))
        index = int(np.searchsorted(self._hashes, prefix))
        if len(cid) != _CID or index == len(self._hashes) or self._hashes[index] != prefix:
            raise BrokenArchive(f"{self.path} lacks a part of the repository; download the whole of it again")
        begin, end = self._section(int(self._places[index]))
        content = self._bytes[begin + _CID : end]
        if end - begin > _LARGEST_BLOCK or hashlib.sha256(content).digest() != cid[_HASH_AT:]:
            raise self._damaged(begin)
        return content

    def _header(self) -> tuple[bytes, int]:
        begin, end = self._section(0)
        try:
            header = libipld.decode_dag_cbor(self._bytes[begin : min(end, begin + _LARGEST_HEADER)])
            (root, *_), version = header["roots"], header["version"]
        except (*_UNDECODABLE, TypeError, KeyError) as error:
            raise BrokenArchive(f"{self.path} is no CAR file; download it again") from error
        if version != 1 or not isinstance(root, bytes):
            raise BrokenArchive(f"{self.path} is a CAR file of version {version}; only version 1 can be read")
        return root, end

    def _index(self, place: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Return the prefixes of all hashes, sorted, and the places of their blocks in the file."""
        hashes, places = bytearray(), array("Q")
        while place < self._size:
            places.append(place)
            begin, place = self._section(place)
            if place - begin < _CID or self._bytes[begin : begin + 1] != b"\x01":
                raise self._damaged(begin)
            hashes += self._bytes[begin + _HASH_AT : begin + _HASH_AT + _PREFIX]
        keys = np.frombuffer(bytes(hashes), dtype=">u8").astype(np.uint64)
        order = np.argsort(keys)
        return keys[order], np.frombuffer(places, dtype=np.uint64)[order]

    def _section(self, place: int) -> tuple[int, int]:
        """Return begin and end of a section's content; its length is written at `place`, as a varint."""
        length = 0
        for number, byte in enumerate(self._bytes[place : place + _LONGEST_VARINT]):
            length |= (byte & 0x7F) << 7 * number
            if byte < 0x80:  # noqa: PLR2004 -- the last byte of a varint
                begin = place + number + 1
                if begin + length <= self._size:
                    return begin, begin + length
                break
        raise self._damaged(place)

    def _damaged(self, place: int) -> BrokenArchive:
        return BrokenArchive(
            f"{self.path} breaks off or is damaged at byte {place:,} of {self._size:,}; download it again"
        )
