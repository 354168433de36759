"""Numbers of phones and cards in a text, and what only looks like one.

Numbers of phones are those that the library phonenumbers knows as valid somewhere, in the form in which they
are written there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from .words import GLUED

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

_UNITS = (
    "\u5186\u5143\uc6d0\u4e07\ub9cc\u5104\u4ebf\uc5b5\u5146"  # yen, yuan, won, and what counts ten thousands
)
NUMBER = re.compile(  # a run of digits in groups, and not a part of a longer word, amount or link
    rf"(?<!(?![{GLUED}])[\w#$€£¥,/.&=-])(?:\+\s?)?\(?\d(?:[\s()./\u2010-\u2015\u30fc-]{{0,3}}\d){{6,18}}"
    rf"(?!(?![{GLUED}])[\w%]|[{_UNITS}]|[.,]\d)"
)
DATE = re.compile(
    r"(?:19|20)\d\d[^\w](?:0?[1-9]|1[0-2])[^\w][0-3]?\d|[0-3]?\d[^\w][0-3]?\d[^\w](?:19|20)\d\d"
    r"|(?:(?:19|20)\d\d[^\w]+)+(?:19|20)\d\d"  # years
)
AMOUNT = re.compile(r"[1-9]\d{0,2}(?:([.\s])\d{3})(?:\1\d{3})*")  # 1.250.000
ROUND_AMOUNT = re.compile(r"[1-9]\d{0,2}(?:\s\d{3})*(?:\s000)")
_DASH = r"\s?[/\u2010-\u2015-]\s?"
_SCORE = r"\d{1,2}[\u2010-\u2015-]\d{1,2}(?:\s?\(\d{1,2}\)?)?"  # of a set, maybe with its tie-break
_TIME = r"\d{1,2}\.\d\d"  # of a day; or a day and a month
_DECIMAL = r"(?:0|[1-9]\d?)\.\d+"
SERIES = re.compile(
    rf"\(?(?:1\d|20)\d\d{_DASH}(?:1\d|20)\d\d"  # (1861-1865
    rf"|\(?{_SCORE}(?:[\s/]+{_SCORE})+|\(?{_TIME}\.?(?:(?:{_DASH}|\s){_TIME}\.?)+|\(?{_DECIMAL}(?:(?:{_DASH}|\s+){_DECIMAL})*"
)
_DIALLED = re.compile(
    r"\+|\(?0(?:\d|[\s-]?\(?\d{3})|\([\d\s]{1,6}\)|\(?(?:1[-.\s]{1,2})?(?:\(\d{3}\)\s?|\d{3}[-.\s])\d{3}[-.]\d{4}$"
)  # as only a number that is dialled begins
_LENGTHS = range(8, 16)  # digits of such a number (ITU-T E.164: at most 15)
_WITHOUT_PREFIX = 10  # digits at least of a number that lacks the 0 before it, as in 98765 43210
_INDIA = "91"  # its country code; mobiles are written there in halves, whatever phonenumbers says
_UNBROKEN = range(10, 13)  # digits of a number that is not grouped
MOST_LOOKUPS = 16  # different numbers of one text that are compared with all countries': 0.1 s for each
_CARD = range(13, 20)  # digits (ISO/IEC 7812)


def is_card(number: str) -> bool:
    """Whether the digits have the length of a card's number, and its check digit (Luhn 1960)."""
    digits = [int(sign) for sign in number if sign.isdigit()]
    if len(digits) not in _CARD or re.search(r"[^\d\s-]", number):
        return False
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def is_phone(number: str, looked_up: set[str]) -> bool:
    """Whether a number is valid in some country, and grouped as there; also if too many were looked up.

    Args:
        number: a match of `NUMBER`.
        looked_up: the numbers of the same text that were looked up; this one is added if it has to be.
    """
    groups = re.findall(r"\d+", number)
    digits = "".join(groups)
    if not number.startswith("+") and _is_date_or_amount(number):
        return False
    if _DIALLED.match(number) or (len(groups) == 1 and len(digits) in _UNBROKEN):
        return len(digits) in _LENGTHS
    looked_up.add(number)
    return len(looked_up) > MOST_LOOKUPS or _is_national(digits, tuple(groups))


def _is_date_or_amount(number: str) -> bool:
    whole = (AMOUNT, ROUND_AMOUNT, SERIES)
    return bool(DATE.search(number)) or any(pattern.fullmatch(number) for pattern in whole)


@lru_cache(maxsize=10_000)
def _is_national(digits: str, groups: tuple[str, ...]) -> bool:
    """Whether a country has this number, and writes it in these groups."""
    import phonenumbers  # noqa: PLC0415 -- 0.1 s, seldom needed

    for region in phonenumbers.SUPPORTED_REGIONS:
        try:
            parsed = phonenumbers.parse(digits, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number_for_region(parsed, region) and list(groups) in _written(parsed):
            return True
    return False


def _written(number: PhoneNumber) -> Iterator[list[str]]:
    """The groups of digits in which a number is written: in its country, and abroad without the +."""
    import phonenumbers  # noqa: PLC0415 -- as above

    national, abroad = (
        re.findall(r"\d+", phonenumbers.format_number(number, form))
        for form in (phonenumbers.PhoneNumberFormat.NATIONAL, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    )
    yield national
    yield abroad
    digits = "".join(abroad[1:])
    if abroad[0] == _INDIA and digits[0] in "6789":  # a mobile
        halves = [digits[:5], digits[5:]]
        yield from (halves, [_INDIA, *halves])
    if len(digits) >= _WITHOUT_PREFIX:
        yield abroad[1:]
