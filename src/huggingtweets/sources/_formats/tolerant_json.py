r"""A second, tolerant reading of JSON, for records that the strict and fast one refuses.

Real files hold half an emoji (`\ud83d` alone), control characters, `NaN`, and keys that stand twice, of which
the last one counts. A field of an unexpected type is left out, or becomes a string where one is expected;
only a record that lacks what it needs does not fit.
"""

from __future__ import annotations

import json
import re
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

DAMAGE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)  # raised by damaged or hostile JSON
_MOST_CHANGES = 64  # to one record, until it fits
_ESCAPE = re.compile(
    r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})(\\u[dD][c-fC-F][0-9a-fA-F]{2})?|(u[dD][c-fC-F]..)|.)", re.DOTALL
)
_PLACE = re.compile(r" - at `\$([^`]*)`$")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")


def decode(content: bytes, kind: type[T]) -> T:
    """Decode JSON that must be of a type, as a profile: damage is tolerated, fields of another type are not.

    Raises:
        DecodeError: It is no JSON, or not of the type.
    """
    try:
        return msgspec.json.decode(content, type=kind, strict=False)
    except DAMAGE:
        return msgspec.convert(parse(content), kind, strict=False)


def parse(content: bytes | str) -> Any:
    """Parse JSON tolerantly.

    Raises:
        DecodeError: It is no JSON at all, or breaks off.
        UnicodeDecodeError: It is not UTF-8, not even for the most part.
    """
    text = content if isinstance(content, str) else decode_mostly_utf8(content)
    try:
        return json.loads(whole_escapes(text), strict=False)
    except (ValueError, RecursionError) as error:
        raise msgspec.DecodeError(str(error)) from error


def whole_escapes(text: str) -> str:
    """Replace halves of surrogate pairs in JSON by the sign for what is unknown."""
    return _ESCAPE.sub(_whole, text)


def decode_mostly_utf8(content: bytes) -> str:
    """Decode UTF-8 in which a few bytes are wrong; these become U+FFFD.

    Raises:
        UnicodeDecodeError: Many are wrong, so that the encoding is another one.
    """
    text = content.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    return text if 5 * wrong <= sum(not c.isascii() for c in text) else content.decode()


def fit(value: Any, kind: type[T]) -> T:
    """Convert a parsed value to a type, without the fields that do not fit.

    Raises:
        ValidationError: It lacks what the type needs.
    """
    if isinstance(value, list) and len(objects := [part for part in value if isinstance(part, dict)]) == 1:
        value = objects[0]  # in an envelope, as relays of Nostr send events
    for _ in range(_MOST_CHANGES):
        try:
            return msgspec.convert(value, kind, strict=False)
        except msgspec.ValidationError as error:
            if not _change(value, str(error)):
                raise
    raise msgspec.ValidationError("too much of it is unexpected")


def _whole(escape: re.Match[str]) -> str:
    half_pair = escape[3] or (escape[1] and not escape[2])
    return r"\ufffd" if half_pair else escape[0]


def _change(value: Any, error: str) -> bool:
    """Make a string of what the error names, if one is expected, or remove it; say whether it could."""
    place = _PLACE.search(error)
    steps = [name or int(index) for name, index in _STEP.findall(place[1])] if place else []
    if not steps or "[...]" in error:
        return False
    try:
        for step in steps[:-1]:
            value = value[step]
        if "xpected `str" in error and isinstance(value[steps[-1]], int | float):
            value[steps[-1]] = str(value[steps[-1]])
        else:
            del value[steps[-1]]
    except (LookupError, TypeError):
        return False
    return True
