"""What tells a person from others where an author is a profile: an object, or one written down in a cell."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from .authors import composed
from .cell_objects import parsed
from .fields import is_empty, plain

_KEYS = (  # of a profile, the most reliable first
    *("acct", "screen_name", "screenName", "username", "userName", "handle", "login", "preferredUsername"),
    *("nick", "name", "nickname", "displayName", "display_name", "displayname", "full_name", "first_name"),
    *("id", "id_str", "user_id", "uuid", "did", "uri", "url", "email"),
)
_ACCOUNT = "acct"
_NOTHING: tuple[object, ...] = (None, "", [], {})
# objects in which the profile may be
_AROUND = ("legacy", "user_results", "result", "user", "profile", "data")
_SHOWN = {"name", "nickname", "displayName", "display_name", "displayname", "full_name", "global_name"}
_NAME_IN_CELL = re.compile(
    r"""['"](?:screen_?name|user_?name|acct|handle|login|name)['"]\s*:\s*['"]([^'"]+)['"]""", re.IGNORECASE
)


def read_profile(value: object) -> tuple[str, tuple[str, ...]]:
    """Return the handle, or the like, and the names shown of an author that is not a plain string."""
    if isinstance(value, str):
        inside = parsed(value)
        match = _NAME_IN_CELL.search(value)
        value = inside if inside is not None else match[1] if match else value
    if isinstance(value, list | tuple) and len(value) == 1:
        value = value[0]
    if isinstance(value, Mapping):
        return _read_object(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if is_empty(value) else _last_part(str(value)), ()


def _read_object(profile: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    while inner := [profile[name] for name in _AROUND if isinstance(profile.get(name), Mapping)][:1]:
        profile = inner[0]
    named = {key: str(profile[key]) for key in _KEYS if profile.get(key) not in _NOTHING}
    if not named:
        return msgspec.json.encode(profile, enc_hook=str).decode()[:100], ()
    key = next(iter(named))
    return person_key(named[key], key), tuple(named[name] for name in named if name in _SHOWN and name != key)


def person_key(value: str, field: str | None) -> str:
    """What tells a person from others; `acct`, as Mastodon calls it, is an account and no e-mail address."""
    is_account = plain(field or "") == _ACCOUNT and "@" in value and not value.startswith("@")
    return f"@{value}" if is_account else composed(_last_part(value))


def _last_part(name: str) -> str:
    """Return the handle in the address of a profile: `https://example.social/@ada` -> `ada`."""
    return name.rstrip("/").rpartition("/")[2] if name.startswith(("http://", "https://")) else name
