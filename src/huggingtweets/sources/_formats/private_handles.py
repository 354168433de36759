"""Handles that are telephone numbers, addresses or keys, and what stands for them in files and on cards."""

from __future__ import annotations

import hashlib
from itertools import chain

from ...text.private import Kind, is_marked_key, private_details, without_private_details


def public_handle(handle: str) -> str:
    """The handle of an account, or its pseudonym where it is a telephone or card number, or a key."""
    return pseudonym(handle) if _is_private(handle) else handle


def pseudonym(handle: str) -> str:
    """Another handle, by which people are still told apart; it has too few bits to find the handle by."""
    return f"author_{hashlib.blake2b(handle.encode('utf-8', 'surrogatepass'), digest_size=2).hexdigest()}"


def holds_private_details(name: str) -> bool:
    """Whether a name or a handle that a user gave is, or holds, an address, a number or a key."""
    return _is_private(name) or without_private_details(name) != name


def _is_private(handle: str) -> bool:
    """Whether a handle is a telephone or card number, or a key of a service.

    In a table its + and blanks have become underscores. A long word that may be a key in a text is a usual
    handle: of a Bluesky repository, say, or a throwaway account.
    """
    # a domain or an account of one, of Bluesky or Mastodon, unless all is a number
    if set(handle) & set(".:@"):
        link = handle.replace("_", "/")  # wa.me/491701234567
        return any(detail == (Kind.PHONE, 0, len(link)) for detail in private_details(link))
    words = handle.replace("_", " ").strip()
    numbers = (f"+{words}", words) if handle.startswith("_") else (words,)
    found = chain.from_iterable(map(private_details, (handle, *numbers)))
    return is_marked_key(handle) or any(detail.kind is not Kind.KEY for detail in found)
