"""Whether the lines of a text are those of a chat or a log of several people, in any language and form.

A chat shows by what its lines begin with, or by what stands above them: a date or a time, a name that recurs,
a line that is nothing but a name. Posts of one person, one a line, have this now and then; a chat has it all
the time.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import groupby, pairwise

from .calendars import month_of
from .chat_dates import DATE, MARK, NUMBERS
from .fields import without_marks

_CLOCK = rf"(?:[^\W\da-zA-Z]{{1,6}}\s?|[^\W\d_]{{1,4}}\s)?\d{{1,2}}{MARK}:{MARK}\d{{2}}(?::\d{{2}})?"
_WEEKDAY = r"(?:[^\W\d_]{2,12},?\s)?"
_BEGINS_DATED = re.compile(rf"[^\w\n]{{0,3}}{_WEEKDAY}{DATE}(?!\d)", re.IGNORECASE)
_BEGINS_CLOCKED = re.compile(rf"(?:[\[(<][^\W\d_]{{0,12}}\s?)?{MARK}{_CLOCK}\b", re.IGNORECASE)
_BEGINS_IN_UNIX_TIME = re.compile(r"\W{0,2}1\d{9}(?:\d{3}|\.\d+)?\b")
_BEGINS_IN_BRACKETS = re.compile(r"[\[(<][^\])>\n]{0,30}\d{1,2}:\d{2}[^\])>\n]{0,20}[\])>]")  # [5/1 10:11]
_SUBTITLED = re.compile(r"[\d:.,]{5,15}\s*-+>\s*[\d:.,]{5,15}")
_DATED_NAME = re.compile(
    rf"[^\n:]{{1,40}}?[,\s(\[]{MARK}{DATE}(?:[ T,]|\sat\s){{1,2}}{MARK}\d{{1,2}}:\d{{2}}", re.IGNORECASE
)
_CLOCKED_NAME = re.compile(
    r"[^\n:]{1,60}?[\s(\[]\d{1,2}:\d{2}(?::\d{2})?(?:\s?[ap]m)?[)\]]?:\s"
)  # Bob 10:11:
_BRACKETED = re.compile(r"\[[^\[\]\n]{1,40}\]\s*\[[^\[\]\n]{0,12}\d{1,2}:\d{2}")  # [Name] [2:05 PM]
_BEGINNINGS = (
    *(_BEGINS_DATED, _BEGINS_CLOCKED, _BEGINS_IN_UNIX_TIME, _BEGINS_IN_BRACKETS),
    *(_SUBTITLED, _DATED_NAME, _BRACKETED, _CLOCKED_NAME),
)
_LEAST_SHARE = 4  # one line of so many has a date or a name, where all have the same form
_HEADER = re.compile(  # a name and a time in a line of its own
    rf"(?P<name>[^\n:]{{1,40}}?)[\s,\[(\u2014-]+(?:{NUMBERS}[ T,]{{1,2}})?\d{{1,2}}:\d{{2}}(?::\d{{2}})?"
    r"\s?(?:[ap]\.?m\.?)?[\])\s]*\Z",
    re.IGNORECASE,
)
_PARTED_HEADER = re.compile(  # parted by more than a space: `Ada — heute um 14:05 Uhr`
    r"[^\n:]{1,40}?(?:\s[\u2014\u2013-]\s|\s?[\[(]|\s{2,}|\t)[^\n:]{0,25}?\d{1,2}:\d{2}(?::\d{2})?"
    r"\s?(?:[^\W\d_]\.?){0,4}[\])\s]*\Z"
)
_SPEAKER = re.compile(  # a name and a mark, or an arrow, before what was said
    r"(?P<name>[<\[(@*]{0,3}[^\W\d][\w .'-]{0,24}?"
    r"(?=\*\*:|:\*\*|\*\*\s| ?[:\uff1a>)\]\u300c|]|\s[-\u2013\u2014|>/=\u2192]\s|\t)"
    r"|(?:->|<-|=>|<=|>>|<<|[\u2190\u2192\u21d0\u21d2\xab\xbb])(?=\s))(?=\W{1,4}\w)"
)
_NUMBERED = re.compile(  # a number, a time or a sign of a list
    r"(?:\W{0,2}\d{1,5}[.):]?\s+)?(?:\W?\d{1,2}:\d{2}(?::\d{2})?\W?\s+)?(?:[-*\u2022\u2013]\s+)?"
)
_PICTURE = re.compile(r"\A[^\w\s<>()\[\]*@=\xab\xbb\u2190-\u21ff\u27a1\u2b05-]{1,8}\s+")  # before a name
_NAME_ALONE = re.compile(r"\W{0,3}[^\W\d][\w .'-]{0,29}(?:\*\*)?(?:\s?[:\uff1a](?:\*\*)?)?")
_COLONS = (":", "\uff1a", ":**")
_HANDLE = re.compile(r"@[\w.]+")
_LONGEST_HEAD = 60  # lines
_FENCES = (["---"], ["+++"])
_FIELD = re.compile(r"[\w-]+\s?[:=](?:\s|\Z)|\s*-\s|\s+\S")
_END = re.compile(r"={10}")  # of each of the highlights of Kindle
_HEADING = re.compile(r"#{1,6}\s")
_FEW = 20  # names
_MOST_WORDS = 3  # of a line that is nothing but a name
_QUOTED = ">"
_MOMENT = (
    rf"(?:\d{{1,4}}[-/. ](?:\d{{1,2}}|[^\W\d_]{{3,12}})[-/., ]{{1,2}}\d{{1,4}}|{DATE})"
    r"[T,\s]{1,3}\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,6})?)?(?:\s?[ap]\.?m\.?)?(?:\s?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))?"
)
_PARTED = r"\s{0,3}[;|\t]\s{0,3}"  # as in exports of trackers
_NAME = r"[^\W\d][\w .@'\u2019-]{0,40}?(?:\s?\([^()\n]{1,40}\))?"
_SIGNED = (  # when and by whom something was said, before it: `27/Apr/24 10:11 AM;bob;...`
    re.compile(rf"\W{{0,2}}{_MOMENT}[\])]?{_PARTED}[^;|\t\n]{{1,60}}?{_PARTED}", re.IGNORECASE),
    re.compile(
        rf"\W{{0,2}}{_MOMENT}[\])]?"
        rf"(?:,\s?{_NAME},\s|\s[-\u2013\u2014]\s{_NAME}(?:\s?[:\u2013\u2014-]\s|\s{{0,3}}\n)|\s{_NAME}\s?:\s)",
        re.IGNORECASE,
    ),
    re.compile(rf"\W{{0,2}}{_NAME}{_PARTED}{_MOMENT}[\])]?{_PARTED}", re.IGNORECASE),
)
_MOST_BEGINNINGS, _LEAST_LINES = 4, 4
_DIGITS, _LETTERS = re.compile(r"\d+"), re.compile(r"[^\W\d_]+")


def is_log(lines: Sequence[str]) -> bool:
    """Whether lines are those of a chat or a log, not posts, one a line."""
    written = _written(lines)
    return _are_highlights(lines) or (
        len(written) > 1 and (_are_of_chat(written) or _begin_with_few(written) or _have_buttons(written))
    )


def are_lines_of_chat(texts: Sequence[str]) -> bool:
    """Whether the texts of a table are the lines of a chat, by dates, times or names in them.

    Few first words are no sign here: somebody may begin all posts with `The` or `A`.
    """
    written = _written(texts)
    return len(written) > 1 and _are_of_chat(written)


def are_chats(texts: Sequence[str]) -> bool:
    """Whether most of the texts of a table are whole chats, each of several lines."""
    chats = sum("\n" in text and is_log(text.split("\n")) for text in texts)
    return 2 * chats > len(texts)


def are_signed(texts: Sequence[str]) -> bool:
    """Whether most of the texts of a table say in front when and by whom they are, whoever owns the rows."""
    signed = sum(any(form.match(text.lstrip()) for form in _SIGNED) for text in texts)
    return 2 * signed > len(texts)


def has_front_matter(lines: Sequence[str]) -> bool:
    """Whether lines begin with fields between two fences, as pages of Jekyll and Hugo do: maybe a draft."""
    first = [line.strip("\ufeff \t\r\n") for line in lines[:_LONGEST_HEAD]]
    if first[:1] not in _FENCES or first[0] not in first[1:]:
        return False
    fields = [line for line in first[1 : first.index(first[0], 1)] if line]
    return bool(fields) and all(map(_FIELD.match, fields))


def quoted_line(lines: Sequence[str]) -> int:
    """Return the number of the first line that quotes somebody below a colon, as e-mail does; 0 for none.

    Quotations that follow no colon are left to who reads the posts: a person may begin own lines so.
    """
    texts = [
        (number, line.strip()) for number, line in enumerate(lines, start=1) if any(map(str.isalnum, line))
    ]
    quoted = (
        number
        for (_, above), (number, line) in pairwise(texts)
        if line.startswith(_QUOTED) and above.endswith((":", "\uff1a")) and not above.startswith(_QUOTED)
    )
    return next(quoted, 0)


def _written(lines: Sequence[str]) -> list[str]:
    """Return the lines with letters or digits, without marks of direction."""
    return [without_marks(line.strip()) for line in lines if any(map(str.isalnum, line))]


def _are_of_chat(lines: Sequence[str]) -> bool:
    """Whether dates, times or names are in or above lines, of which there are two at least."""
    return _are_dated(lines) or _have_headers(lines) or _have_speakers(lines) or _are_below_names(lines)


def _are_dated(lines: Sequence[str]) -> bool:
    """Whether most lines begin with a date or a time, or a part of them with those of the same form."""
    forms = Counter(filter(None, map(_dated_form, lines)))
    same = max(forms.values(), default=0)
    return 2 * sum(forms.values()) > len(lines) or (same > 1 and _LEAST_SHARE * same >= len(lines))


def _have_headers(lines: Sequence[str]) -> bool:
    """Whether many lines are a name and a time, above what was said then."""
    headers = _recurring(_HEADER, lines)
    parted = sum(map(bool, map(_PARTED_HEADER.match, lines)))
    return (len(headers) > 1 and _LEAST_SHARE * sum(headers) > len(lines)) or (
        parted > 1 and len(lines) <= _LEAST_SHARE * parted and 2 * parted <= len(lines) + 1
    )


def _have_speakers(lines: Sequence[str]) -> bool:
    """Whether most lines begin with one of a few names, or all do and a name recurs."""
    unnumbered = [_PICTURE.sub("", _NUMBERED.sub("", line, count=1), count=1) for line in lines]
    speakers = [match["name"].casefold() for line in unnumbered if (match := _SPEAKER.match(line))]
    counts = Counter(speakers)
    recurring = [count for count in counts.values() if count > 1]
    untitled = len(lines) - (not _SPEAKER.match(unnumbered[0]))  # `Chat with Bob` may stand above
    all_do = len(speakers) == untitled and 1 < len(counts) < len(speakers)
    return all_do or (len(recurring) > 1 and 3 * sum(recurring) > 2 * len(lines))


def _are_below_names(lines: Sequence[str]) -> bool:
    """Whether a part of the lines is a name alone, above what was said: `Ada`, `Ada:` or `You said:`."""
    alone = [line if _is_name_alone(line) else "" for line in lines]
    marked = [line if line.endswith(_COLONS) or _HEADING.match(line) else "" for line in alone]
    names = Counter(name.casefold() for name in alone if name)
    recurring = [name if names[name.casefold()] > 1 else "" for name in alone]
    several = len(names) > 1 and 2 * sum(map(bool, recurring)) > names.total()
    return _stand_above(marked) or (several and (_stand_above(alone) or _stand_above(recurring)))


def _is_name_alone(line: str) -> bool:
    return _NAME_ALONE.fullmatch(line) is not None and len(line.split()) <= _MOST_WORDS


def _stand_above(names: Sequence[str]) -> bool:
    """Whether names, "" for other lines, are a part of the lines, and hardly ever follow one another."""
    count = sum(map(bool, names))
    side_by_side = sum(bool(one and other) for one, other in pairwise(names))
    many = count > 1 and len(names) <= _LEAST_SHARE * count
    ends_with_one = bool(names[-1]) and count <= _FEW  # of many lines only the first are looked at
    return many and _LEAST_SHARE * side_by_side <= count and not ends_with_one


def _begin_with_few(lines: Sequence[str]) -> bool:
    """Whether nearly all lines begin with one of a few words or signs, which go back and forth."""
    unnumbered = [line[match.end() :] if (match := _NUMBERED.match(line)) else line for line in lines]
    parted = [line.partition(" ") for line in unnumbered]
    first = [word for word, _, rest in parted if any(map(str.isalpha, rest))]
    few = {word for word, count in Counter(first).most_common(_MOST_BEGINNINGS) if count > 1}
    spoken = [word for word in first if word in few]
    following = {tuple(line.split(maxsplit=2)[:2]) for line in unnumbered}
    runs = len(list(groupby(spoken)))
    return (
        len(lines) >= _LEAST_LINES
        and len(few) > 1
        and len(following) >= 2 * len(few)  # what is said differs
        and 10 * len(spoken) >= 9 * len(lines)
        and 2 * runs >= len(spoken)
    )


def _have_buttons(lines: Sequence[str]) -> bool:
    """Whether short lines of the same form recur, as on a page: a name, `Reply`, `3h ago`, a count."""
    short = (line for line in lines if len(line.split()) <= _MOST_WORDS)
    forms = Counter(_HANDLE.sub("@", _DIGITS.sub("0", line.casefold())) for line in short)
    recurring = [count for count in forms.values() if count > 1]
    return len(recurring) > 1 and 5 * sum(recurring) >= 2 * len(lines)


def _are_highlights(lines: Sequence[str]) -> bool:
    """Whether lines are what somebody marked in books, with the title above, as Kindle keeps it."""
    parted = [line.strip("\ufeff \t\r\n") for line in lines]
    below = [parted[number + 2 :] for number, line in enumerate(parted) if _END.fullmatch(line)]
    return (
        bool(below)
        and parted[1].startswith("- ")
        and all(not rest or rest[0].startswith("- ") for rest in below)
    )


def _dated_form(line: str) -> str:
    """Return the form of the date with which a line begins, its digits as 0; "" if there is none."""
    for form in _BEGINNINGS:
        match = form.match(line)
        if match and _is_date(match):
            start = match[0] if form in {_BEGINS_DATED, _BEGINS_CLOCKED} else form.pattern
            return _LETTERS.sub("a", _DIGITS.sub("0", start))
    return ""


def _is_date(match: re.Match[str]) -> bool:
    """Whether a month that has a name is one: `1. The` is no date."""
    groups = match.groupdict()
    name = groups.get("m2") or groups.get("m3")
    return not name or month_of(name) is not None


def _recurring(form: re.Pattern[str], lines: Sequence[str]) -> list[int]:
    """Return how often each name is found that is found more than once."""
    names = Counter(match["name"] for line in lines if (match := form.match(line)))
    return [count for count in names.values() if count > 1]
