"""Damages JSON: replaces, removes, moves and repeats values, also by JSON that no program writes."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from random import Random
from typing import Any

_PREFIX = re.compile(rb"\A\s*[\w. ]+=\s*")  # `window.YTD.tweets.part0 = `
_MANY = 5000  # places in an object
_RAW = re.compile(r'"@raw(\d+)@"')
_RAW_VALUES: list[Callable[[Random], str]] = [  # JSON that `json.dumps` does not write
    lambda _: "1e999",
    lambda _: "-0.0e-999",
    lambda _: "NaN",
    lambda random: "9" * random.choice((19, 20, 400, 5000)),
    lambda _: r'"\ud800 alone"',
    lambda _: r'"\udc00\ud83d"',
    lambda random: "[" * (deep := random.choice((10, 600, 2000, 100_000))) + "]" * deep,
    lambda random: '{"a":' * (deep := random.choice((10, 600, 2000, 50_000))) + "1" + "}" * deep,
    lambda random: "[" * random.choice((10, 3000)),
    lambda random: '"' + "é" * random.choice((1000, 100_000)) + '"',
]
_VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1, 1.5, -1e300, 2**31, 2**53 + 1, 2**63 - 1, 2**64, -(2**63), "", [], {}),
    *([[]], [{}], [None], {"": None}, [[1, 2], [3, 4]], ["-5", "99999999999"], "\0", "\u200e", "\ufffd"),
]
TEXTS = (
    *("\0", "\r", "\n\n", "\u2028", "\ufeff", "\u200e", "\ufffe", "\ue000\ue001", "\U0001f600", "&#x110000;"),
    *("&amp;amp;", "&#0;", "<p>", "<pre><br>", "<!--", "]]>", "<![CDATA[", "<a href='http://[::1'>@x</a>"),
    *("²", "١٢٣", "12²", "1" * 5000, "-1", "1e999", "nan", "inf", "0x10", "1_000", "١٢:٣٤", "..", "../../x"),
    *("Wed Oct 10 20:19:24 +9999 2018", "Wed Oct 10 25:61:61 +0000 0000", "0001-01-01T00:00:00+23:59"),
    *("9999-12-31T23:59:59-23:59", "2020-02-30", "99999999999999999999", "1e308", "24:00:00", "3/4/5 6:7"),
    *("00/00/0000, 00:00 - A: b", "[31.12.99, 23:59:60] A: b", "16.10.2017 22:59:00 -99:99", "2017-W01-1"),
    *("http://[::1", "https://x.com/i/web/status/" + "9" * 400, "https://t.co/" + "a" * 3000, "http://\0/"),
    *("@" + "a" * 400 + "@b", "@", "RT @x", "https://", "www.", "pic.twitter.com/" * 50, " " * 5000),
    *(
        '"',
        '""',
        "'",
        ",",
        ";",
        "\t",
        "\\",
        "…",
        "( " * 2000,
        "[[" * 2000,
        "a." * 3000,
        "@a " * 2000,
        "\\ud800",
    ),
)


def chance(random: Random, share: float) -> bool:
    """Return True in that share of all cases."""
    return random.random() < share


def few(random: Random) -> int:
    """Return how many changes to make to one input."""
    return random.choice((1, 1, 1, 2, 2, 4))


def change_document(content: bytes, random: Random) -> bytes:
    """Damage a JSON document, plain or assigned to a name as in JavaScript."""
    prefix = match[0] if (match := _PREFIX.match(content)) else b""
    try:
        return prefix + _dump(change_json(json.loads(content[len(prefix) :]), random), random)
    except (ValueError, RecursionError):  # it is damaged already, or too deep
        return content[: random.randrange(len(content) + 1)]


def change_json(value: Any, random: Random) -> Any:
    """Change something in a decoded object of JSON or CBOR; returns the object or its replacement."""
    box = [value]
    for _ in range(few(random)):
        places = _places(box)
        if len(places) > _MANY:  # some changes double the content, several times
            break
        container, place = random.choice(places)
        random.choice(_PLACE_WAYS)(box, container, place, random)
        box = box or [None]
    return box[0]


def _places(box: list[Any]) -> list[tuple[Any, Any]]:
    """Return every list or object with each of its indices or keys."""
    places: list[tuple[Any, Any]] = []
    pending: list[Any] = [box]
    while pending:
        container = pending.pop()
        keys = list(container) if isinstance(container, dict) else list(range(len(container)))
        places += ((container, key) for key in keys)
        pending += (container[key] for key in keys if isinstance(container[key], dict | list))
    return places


def _remove(_: list[Any], container: Any, place: Any, __: Random) -> None:
    del container[place]


def _repeat(_: list[Any], container: Any, place: Any, random: Random) -> None:
    if isinstance(container, list):
        container[place:place] = copy.deepcopy([container[place]] * random.choice((1, 2, 50)))


def _wrap(_: list[Any], container: Any, place: Any, random: Random) -> None:
    value = copy.deepcopy(container[place])
    container[place] = random.choice(([value], {"a": value}, [[value]], str(value)))


def _copy_from(box: list[Any], container: Any, place: Any, random: Random) -> None:
    source, key = random.choice(_places(box))
    container[place] = copy.deepcopy(source[key])


def _rename(_: list[Any], container: Any, place: Any, random: Random) -> None:
    if isinstance(container, dict):
        container[random.choice(TEXTS)] = container.pop(place)


def _insert_text(_: list[Any], container: Any, place: Any, random: Random) -> None:
    value = str(container[place])
    at = random.randrange(len(value) + 1)
    container[place] = value[:at] + random.choice(TEXTS) + value[at:]


def _replace(_: list[Any], container: Any, place: Any, random: Random) -> None:
    new = random.choice((*_VALUES, *TEXTS, f"@raw{random.randrange(len(_RAW_VALUES))}@"))
    container[place] = copy.deepcopy(new)


_PLACE_WAYS = (
    *(_remove, _repeat, _wrap, _copy_from, _rename),
    *(_insert_text, _insert_text, _replace, _replace, _replace),
)


def _dump(value: Any, random: Random) -> bytes:
    text = json.dumps(value, indent=random.choice((None, None, 2)), ensure_ascii=chance(random, 0.5))
    raw = _RAW.sub(lambda match: _RAW_VALUES[int(match[1])](random), text)
    return raw.encode("utf-8", "surrogatepass")
