"""Private details in a text: e-mail addresses, phone numbers, numbers of cards, and secret keys.

Keys are those that begin as services mark theirs (hf_..., ghp_..., AKIA...), and long words that
change between letters and digits as no word does, since new forms come every year.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from .private_numbers import (
    AMOUNT,
    CARD,
    DASHES,
    DATE,
    FEW_LOOKUPS,
    MOST_LOOKUPS,
    NUMBER,
    ROUND_AMOUNT,
    SERIES,
    is_card,
    is_phone,
)
from .words import GLUED

AT = re.compile("[@\uff20\ufe6b]")
_UNSEEN = re.compile(  # Unicode's category Cf
    "[\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0001-\U000e007f]"
)
_OTHER_DIGIT = re.compile(r"[^\D0-9]")  # of scripts that have their own
# What most texts have nothing of; in bytes, as that is faster: an @ that is not of a mention without dots;
# %40; "(at" and " dot "; letters on both sides of a dot; seven digits. All signs beyond ASCII are a ? here.
_SIGNS = re.compile(
    rb"[@%(\[{<.dD0-9](?:(?<=\S@)|(?<=@)(?:[A-Za-z0-9_?-]*\.[A-Za-z]|(?![A-Za-z0-9_]))|(?<=%)40"
    rb"|(?<=[(\[{<])[\s\x1c-\x1f?]*[aA?][tTrR]|(?<=[A-Za-z][A-Za-z]\.)[A-Za-z]{2}"
    rb"|(?<=[\s\x1c-\x1f?][dD])[oO][tT][\s\x1c-\x1f?]|(?<=[0-9])(?:[\s\x1c-\x1f()./?-]{0,3}[0-9]){6})"
)
_MARKED_RUN, _KEY_RUN = b"w" * 16, b"w" * 20  # the least lengths of keys
_MARKED_RUNS = re.sub(rb"[A-Za-z0-9_-]", b"w", bytes(range(256)))  # maps what they may have to w
_KEY_RUNS = re.sub(rb"[+/=]", b"w", _MARKED_RUNS)
_W = rf"(?:(?![{GLUED}])\w)"  # of a word that a number or an address could be a part of
_NAME = rf"(?:(?![{GLUED}])[\w.+-])+"
_HOST = rf"(?:(?![{GLUED}])[\w-])+"
_BEGIN, _END = rf"(?<!(?![{GLUED}])[\w.+-])", rf"(?!(?![{GLUED}])[\w-])"
_NO_LETTER = rf"(?<!(?![{GLUED}])\w)"
_EMAIL = re.compile(  # but not @user@instance.org
    rf"(?<!(?![{GLUED}])[@\w.+-]){_NAME}@{_HOST}(?:\.{_HOST})+"
)
_SPELT_DOT = r"(?:\.|\s+\.\s+|\s*[(\[{<]\s*(?:\.|dot|point|punkt|punto|ponto)\s*[)\]}>]\s*| +dot +)"
_LABEL = rf"(?!dot(?!{_W})){_HOST}"
_MAIL_HOST = (  # of a provider of whom people hardly speak but in an address
    r"(?:(?:(?:g(?:oogle)?|hot|y|rocket|proton|fast|hush|rediff|zoho)?mail|outlook|yahoo|icloud|gmx|aol|proton|tutanota"
    r"|posteo|mailbox|yandex)\.(?:com?(?:\.[a-z]{2})?|net|org|de|fr|es|it|at|ch|me|ru|in|jp)|web\.de)" + _END
)
_TOP_LEVEL = (  # domains that addresses mostly have, without those that are rare and usual words
    r"(?:com|org|net|edu|gov|mil|int|info|biz|name|pro|io|co|ai|dev|app|xyz|tv|cc|eu|a[ertu]|b[egr]|c[ahlnz]|d[ek]"
    r"|e[egs]|f[ir]|g[er]|hk|h[ru]|i[delnrt]|jp|k[erz]|l[tuv]|m[aex]|n[gloz]|p[ehklt]|r[osu]|s[aegik]|t[hrw]|u[aks]"
    rf"|uy|v[en]|za){_END}"
)
_SPELT_EMAIL = re.compile(
    rf"{_BEGIN}(?:(?![{GLUED}])[\w.+-]){{3,}} +(?:at +|@){_MAIL_HOST}"  # jane at gmail.com, jane @gmail.com
    rf"|(?<!(?![{GLUED}])[\w.+@#/-])(?=[a-z]{_W}*[._]{_W}){_NAME}(?<!\.) @"  # jane.doe @example.org
    rf"(?![\w.-]+\.bsky\.social)(?:{_HOST}\.)+{_TOP_LEVEL}"
    # jane @ example.org; jane (at) example (dot) org, jane at example dot org
    rf"|{_BEGIN}{_NAME}(?:(?<!\.)\s?@\s+{_LABEL}(?:{_SPELT_DOT}{_LABEL})*{_SPELT_DOT}{_TOP_LEVEL}"
    rf"|(?:\s*[(\[{{<]\s*(?:@|at|\xe4t|arroba)\s*[)\]}}>]\s*| +at +(?={_HOST} +dot ))"
    rf"{_LABEL}(?:{_SPELT_DOT}{_LABEL})*{_SPELT_DOT}(?![\d_]|dot(?!{_W})){_W}{{2,}}{_END})",
    re.IGNORECASE,
)
_EMAIL_LINK = re.compile(  # mailto:jane%40example.org?subject=...
    rf"{_NO_LETTER}(?:mailto|sips?|xmpp):[!-?A-~]{{1,80}}?(?:@|%40)[!-~]*[A-Za-z0-9]", re.IGNORECASE
)
_PHONE_LINK = re.compile(  # wa.me/..., tel:..., sms:...?body=..., viber://chat?number=...; and Tel.030/...
    rf"{_NO_LETTER}(?:(?:tel|sms(?:to)?|mms(?:to)?|callto|facetime(?:-audio)?|sips?|skype|whatsapp|viber|sgnl|tg):|(?:tel|ph|mob)\.|"
    r"(?:https?://)?(?:www\.|api\.|web\.)?(?:(?:wa|signal|zalo)\.me|whatsapp\.com|(?:t\.me|line\.me/ti/p)(?=/\+?\d))/)"
    rf"(?:%2b|[!-/:-~]){{0,40}}?\d(?:[\s()/.{DASHES}-]{{0,2}}\d){{6,14}}(?!\d)(?:[!-~]*[A-Za-z0-9])?",
    re.IGNORECASE,
)
_MARKED_KEY = re.compile(  # of Hugging Face, GitHub, GitLab, OpenAI, Slack, Stripe, Google, Amazon and others
    r"(?<![A-Za-z0-9])(?:(?:hf_|gh[oprsu]_|github_pat_|gl(?:pat|ptt|dt|rt|cbt|ft)-|sk-(?:[a-z]+-)?|[rsp]k_(?:live|test)_"
    r"|xapp-|AKIA|ASIA|npm_|pypi-|do[oprt]_v1_|shp(?:at|ca|pa|ss)_|whsec_)[A-Za-z0-9_]{16}"
    r"|xox[abeoprs]-[A-Za-z0-9_-]{16}|AIza[A-Za-z0-9_-]{30}|ya29\.[A-Za-z0-9_-]{16}|SG\.[A-Za-z0-9_-]{16})"
    r"[A-Za-z0-9_./+=-]*"
)
_LONG_WORD = re.compile(  # or a hashtag or handle, which is none whatever is in it
    rf"(?<!\w)(?:#\w+|@[A-Za-z0-9_]+)|(?<!(?![{GLUED}])[#@\w])(?:\d{{6,}}:)?[A-Za-z0-9_+/=-]{{20,}}(?:\.[A-Za-z0-9_-]+)*"
)
_TWICE = r"(?:[A-Za-z]\d+[A-Za-z]|\d[A-Za-z]+\d)"  # from letters to digits and back; Windows10 changes once
_KEY = re.compile(  # such a word is a key where it does so twice in 12 letters and digits, or four times in 7
    rf"(?<![A-Za-z0-9])(?:(?=[A-Za-z0-9]{{12}})[A-Za-z0-9]*?{_TWICE}"
    r"|(?=[A-Za-z0-9]{7})[A-Za-z0-9]*?(?:[A-Za-z]\d+[A-Za-z]+\d+[A-Za-z]|\d[A-Za-z]+\d+[A-Za-z]+\d))"
    r"|(?<![\w-])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![\w-])"  # a UUID
    rf"|(?<![\w-])(?=[A-Z0-9-]*{_TWICE})"  # a licence
    r"(?:[A-Z0-9]{4}(?:-[A-Z0-9]{4}){3,}|[A-Z0-9]{5}(?:-[A-Z0-9]{5}){3,})(?![\w-])"
    r"|(?<![\w+/-])(?=[A-Za-z0-9+/]{40}(?![\w+/=-]))"  # of Amazon
    r"(?=[^a-z]{0,39}[a-z])(?=[^A-Z]{0,39}[A-Z])(?=[^0-9]{0,39}[0-9])"
)
PATTERNS = {  # for the same filter in other languages, which have no phonenumbers
    "email": _EMAIL.pattern,
    "spelt_email": _SPELT_EMAIL.pattern,  # case does not count, as in the two kinds of links
    "email_link": _EMAIL_LINK.pattern,
    "phone_link": _PHONE_LINK.pattern,
    "number": NUMBER.pattern,
    "date": DATE.pattern,
    "amount": AMOUNT.pattern,
    "round_amount": ROUND_AMOUNT.pattern,
    "series": SERIES.pattern,
    "card": CARD.pattern,
    "marked_key": _MARKED_KEY.pattern,
    "long_word": _LONG_WORD.pattern,
    "key": _KEY.pattern,
}


class Kind(StrEnum):
    """What a private detail is."""

    EMAIL = "e-mail address"
    PHONE = "phone number"
    CARD = "card number"
    KEY = "secret key"


class Detail(NamedTuple):
    """A private detail, with its begin and end in the text."""

    kind: Kind
    start: int
    end: int


def private_details(text: str) -> list[Detail]:
    """Find the private details of a text, in order; those that overlap are one, of the kind of the first.

    Full-width signs are read as the usual ones, and invisible signs between letters are passed over.
    """
    if not _may_hold(text):
        return []
    shown, places = _plain(text)
    found = sorted(_found(shown, MOST_LOOKUPS), key=lambda detail: detail.start)
    return [Detail(kind, places[start], places[end - 1] + 1) for kind, start, end in _apart(found)]


def private_kind(text: str) -> Kind | None:
    """What one private detail of a text is, None if it has none; much faster where there are many."""
    if not _may_hold(text):
        return None
    return next((detail.kind for detail in _found(plain(text), FEW_LOOKUPS)), None)


@lru_cache(maxsize=1)  # cleaning asks twice for a post that it changes
def _may_hold(text: str) -> bool:
    """Whether a text may hold something; most do not."""
    encoded = _in_ascii(text)
    if _MARKED_RUN in encoded.translate(_MARKED_RUNS) or _KEY_RUN in encoded.translate(_KEY_RUNS):
        return True
    return _SIGNS.search(encoded) is not None


def _in_ascii(text: str) -> bytes:
    """The plain form of a text, with ? for each sign beyond ASCII; fast, as no place is kept."""
    if text.isascii():
        return text.encode()
    text = unicodedata.normalize("NFKC", text)
    if not text.isprintable():
        text = _UNSEEN.sub("", text)
    return _OTHER_DIGIT.sub("0", text).encode("ascii", "replace")


def _apart(details: Iterable[Detail]) -> Iterator[Detail]:
    """Details in the order of their begins, those that overlap as one."""
    last = None
    for detail in details:
        if last and detail.start < last.end:
            last = last._replace(end=max(last.end, detail.end))
            continue
        if last:
            yield last
        last = detail
    if last:
        yield last


def without_private_details(text: str) -> str:
    """Replace each private detail of a text by a space."""
    for detail in reversed(private_details(text)):
        text = f"{text[: detail.start]} {text[detail.end :]}"
    return text


def is_marked_key(text: str) -> bool:
    """Whether a text holds a key that begins as a service marks its own."""
    return _MARKED_KEY.search(text) is not None


def plain(text: str) -> str:
    """A text as private details are looked for in it: in its compatible form, without invisible signs."""
    return _plain(text)[0]


def _plain(text: str) -> tuple[str, range | list[int]]:
    """The text in its compatible form without invisible signs, and where each of its characters was."""
    if text.isascii():
        return text, range(len(text))
    parts = [
        (part, place)
        for place, character in enumerate(text)
        if unicodedata.category(character) != "Cf"
        for part in _compatible(character)
    ]
    return "".join(part for part, _ in parts), [place for _, place in parts]


def _compatible(character: str) -> str:
    """The usual form of a full-width sign, and 0 to 9 for the digits of every script."""
    digit = unicodedata.decimal(character, None)
    return unicodedata.normalize("NFKC", character) if digit is None else str(digit)


def _found(text: str, most_lookups: int) -> Iterator[Detail]:
    """The private details of a text in its plain form, kind by kind."""
    return chain(_emails(text), _numbers(text, most_lookups), _keys(text))


def _emails(text: str) -> Iterator[Detail]:
    if "@" in text:
        yield from (Detail(Kind.EMAIL, *match.span()) for match in _EMAIL.finditer(text))
    for pattern in (_SPELT_EMAIL, _EMAIL_LINK):
        yield from (Detail(Kind.EMAIL, *match.span()) for match in pattern.finditer(text))


def _numbers(text: str, most_lookups: int) -> Iterator[Detail]:
    yield from (Detail(Kind.PHONE, *match.span()) for match in _PHONE_LINK.finditer(text))
    looked_up: set[str] = set()
    for match in NUMBER.finditer(text):
        number = match.group().strip()
        if is_phone(number, looked_up, most_lookups):
            yield Detail(Kind.PHONE, *match.span())
        elif is_card(number):
            yield Detail(Kind.CARD, *match.span())


def _keys(text: str) -> Iterator[Detail]:
    yield from (Detail(Kind.KEY, *match.span()) for match in _MARKED_KEY.finditer(text))
    for match in _LONG_WORD.finditer(text):
        word = match.group()
        if not word.startswith(("#", "@")) and _KEY.search(word):
            yield Detail(Kind.KEY, *match.span())
