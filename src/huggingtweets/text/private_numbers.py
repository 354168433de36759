"""Numbers of phones and cards in a text, and what only looks like one.

Numbers of phones are those that the library phonenumbers knows as valid somewhere, in the form in which they
are written there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import combinations_with_replacement, pairwise
from typing import TYPE_CHECKING, Any

from .words import GLUED

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

_UNITS = (
    "\u5186\u5143\uc6d0\u4e07\ub9cc\u5104\u4ebf\uc5b5\u5146"  # yen, yuan, won, and what counts ten thousands
)
DASHES = r"\u2010-\u2015\u2212\u30fc"  # beside the hyphen; the last is that of Japanese keyboards
NUMBER = re.compile(  # a run of digits in groups, and not a part of a longer word, amount or link
    rf"(?<!(?![{GLUED}])[\w#$€£¥,/.&=-])(?:\+\s?)?\(?\d(?:[\s()./{DASHES}-]{{0,3}}\d){{6,18}}"
    rf"(?!(?![{GLUED}])[\w%]|[{_UNITS}]|[.,]\d)"
)
DATE = re.compile(
    r"(?:19|20)\d\d[^\w](?:0?[1-9]|1[0-2])[^\w][0-3]?\d|[0-3]?\d[^\w][0-3]?\d[^\w](?:19|20)\d\d"
    r"|(?:(?:19|20)\d\d[^\w]+)+(?:19|20)\d\d"  # years
)
AMOUNT = re.compile(r"[1-9]\d{0,2}(?:([.\s])\d{3})(?:\1\d{3})*")  # 1.250.000
ROUND_AMOUNT = re.compile(r"[1-9]\d{0,2}(?:\s\d{3})*(?:\s000)")
_TO = rf"\s?[{DASHES}-]\s?"
_DASH = rf"\s?[/{DASHES}-]\s?"
_SCORE = rf"\d{{1,2}}[{DASHES}-]\d{{1,2}}(?:\s?\(\d{{1,2}}\)?)?"  # of a set, maybe with its tie-break
_TIME = r"\d{1,2}\.\d\d"  # of a day; or a day and a month
_HOUR = r"(?:[01]\d|2[0-4])(?:[03]0|[14]5)"  # 0900
_DAY = r"[0-3]?\d[./][0-3]?\d[./]\d\d"  # 03.08.23
_MONTH = r"(?:0?[1-9]|1[0-2])[./-](?:19|20)\d\d"  # 03/2023
_DECIMAL = r"(?:0|[1-9]\d?)\.\d+"
SERIES = re.compile(
    rf"\(?(?:1\d|20)\d\d{_DASH}(?:1\d|20)\d\d"  # (1861-1865
    rf"|\(?{_HOUR}(?:(?:{_DASH}|\s+){_HOUR})+|\(?{_MONTH}(?:(?:{_TO}|\s+){_MONTH})+"
    rf"|\(?{_DAY}(?:(?:{_TO}|\s+){_DAY})+|\(?{_DAY}\s+{_TIME}|\(?[0-3]?\d[./](?:[0-3]?\d[./]?)?{_TO}{_DAY}"
    rf"|\(?{_SCORE}(?:[\s/]+{_SCORE})+|\(?{_TIME}\.?(?:(?:{_DASH}|\s){_TIME}\.?)+|\(?{_DECIMAL}(?:(?:{_DASH}|\s+){_DECIMAL})*"
)
_DIALLED = re.compile(
    r"\+|\(?0(?:\d|[\s-]?\(?\d{3})|\([\d\s]{1,6}\)|\(?(?:1[-.\s]{1,2})?(?:\(\d{3}\)\s?|\d{3}[-.\s])\d{3}[-.]\d{4}$"
)  # as only a number that is dialled begins
_COUNTED = 3  # numbers at least that make a list by the same step
_ANY_DASH = re.compile(f"[{DASHES}]")
_PAIRS = re.compile(r"0[1-9](?:\D+\d\d)+")  # as dates and lists begin, and some numbers of phones:
_DIALLED_PAIRS = re.compile(  # 06 12 34 56 78, 08-12 34 56, 08 12 34 56
    r"\d\d(?:\D+\d\d){4}|\d\d(?:\s|\s?[/-]\s?)\d\d\s\d\d\s\d\d"
)
_LENGTHS = range(8, 16)  # digits of such a number (ITU-T E.164: at most 15)
_WITHOUT_PREFIX = 10  # digits at least of a number that lacks the 0 before it, as in 98765 43210
_INDIA = "91"  # its country code; mobiles are written there in halves, whatever phonenumbers says
_UNBROKEN = range(10, 13)  # digits of a number that is not grouped
# different numbers of one text that are compared with all countries', 0.01 s for each: where posts are
# cleaned, and where somebody waits
MOST_LOOKUPS, FEW_LOOKUPS = 300, 16
_BETWEEN = rf"[\s./{DASHES}-]+"  # groups of a card's number
CARD = re.compile(  # 13 to 19 digits (ISO/IEC 7812), but for the first ones that no issuer has
    r"(?=[3-689]|2[2-7])(?=(?:\D*\d){13,19}$)"
    rf"(?!(?:\d{{2,}}0{_BETWEEN}){{2,}}\d{{2,}}0$)"  # and lists of round numbers
    rf"(?:\d{{4,}}(?:{_BETWEEN}\d{{3,}})*|\d{{4}}(?:{_BETWEEN}\d{{4}}){{2,3}}{_BETWEEN}\d\d?)"
)


def is_card(number: str) -> bool:
    """Whether some groups of digits are those of a card's number; its date or code may stand beside it."""
    groups = list(re.finditer(r"\d+", number))
    runs = combinations_with_replacement(groups, 2)
    return any(_is_whole_card(number[first.start() : last.end()]) for first, last in runs)


def _is_whole_card(number: str) -> bool:
    """Whether the digits are grouped as those of a card's number, and have its check digit (Luhn 1960)."""
    if not CARD.fullmatch(number):
        return False
    digits = [int(sign) for sign in number if sign.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def is_phone(number: str, looked_up: set[str], most_lookups: int) -> bool:
    """Whether a number is valid in some country, and grouped as there; also if too many were looked up.

    Args:
        number: a match of `NUMBER`.
        looked_up: the numbers of the same text that were looked up; this one is added if it has to be.
        most_lookups: how many may be; all further numbers are taken for those of phones.
    """
    number = _ANY_DASH.sub("-", number)
    groups = re.findall(r"\d+", number)
    digits = "".join(groups)
    if not number.startswith("+") and _is_something_else(number, groups):
        return False
    if _DIALLED.match(number) or (len(groups) == 1 and len(digits) in _UNBROKEN):
        return len(digits) in _LENGTHS
    looked_up.add(number)
    return len(looked_up) > most_lookups or _is_national(digits, tuple(groups))


def _is_something_else(number: str, groups: list[str]) -> bool:
    """Whether a number is a date, an amount or a list."""
    whole = (AMOUNT, ROUND_AMOUNT, SERIES)
    if DATE.search(number) or any(pattern.fullmatch(number) for pattern in whole):
        return True
    return _is_count(groups) or bool(_PAIRS.fullmatch(number) and not _DIALLED_PAIRS.fullmatch(number))


def _is_count(groups: list[str]) -> bool:
    """Whether numbers go up or down by the same step, as 21 22 23 24 do; not by 22, as 12 34 56 78 do.

    A code before them, as in 040 41 42 43, is none of such numbers.
    """
    if re.match(r"0\d", groups[0]) and len({*map(len, groups)}) > 1:
        return False
    steps = {int(after) - int(before) for before, after in pairwise(groups)}
    step = str(abs(min(steps, default=0)))
    return len(groups) >= _COUNTED and len(steps) == 1 and (len({*step}) > 1 or step in "123456789")


@lru_cache(maxsize=10_000)
def _is_national(digits: str, groups: tuple[str, ...]) -> bool:
    """Whether a country has this number, and writes it in these groups."""
    import phonenumbers  # noqa: PLC0415 -- 0.1 s, seldom needed

    for region in phonenumbers.SUPPORTED_REGIONS:
        try:
            parsed = phonenumbers.parse(digits, region)
        except phonenumbers.NumberParseException:
            continue
        if not _general_pattern(region).fullmatch(phonenumbers.national_significant_number(parsed)):
            continue  # as nearly always; is_valid_number_for_region compiles each of its patterns anew
        if phonenumbers.is_valid_number_for_region(parsed, region) and list(groups) in _written(parsed):
            return True
    return False


@cache
def _general_pattern(region: str) -> re.Pattern[str]:
    """What all numbers of a country match, and some that it has not."""
    import phonenumbers  # noqa: PLC0415 -- as above

    metadata: Any = phonenumbers.PhoneMetadata.metadata_for_region(region)  # that every region has
    return re.compile(metadata.general_desc.national_number_pattern)


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
