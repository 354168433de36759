"""Functions that remove something from a text: links, mentions, invisible characters, white space.

The rules are those of huggingtweets (2020), corrected: it kept a link that stuck to a word, and removed
mentions in the middle of a reply together with those that the network had put in front of it.

Most posts have nothing to remove, so each function first does a cheap check whether there can be anything.
"""

from __future__ import annotations

import re

from ..text import UNSPACED

_GLUED = rf"{UNSPACED}\uac00-\ud7a3"
_NOT_OF_LINK = (  # as ranges of a set: what ends a link, though an address may have most of it (RFC 3987)
    r'\s<>"`|\xa1-\xa9\xab-\xb4\xb6\xb8\xb9\xbb-\xbf\xd7\xf7\u2000-\u200b\u200e-\u2bff\u2e00-\u2e7f\u3000-\u3004'
    r"\u3008-\u303f\u3200-\u33ff\ufe00-\ufe6f\uff01-\uff5e\ufffc\ufffd\U0001f000-\U0001faff"
)
_OF_LINK = rf"[^{_NOT_OF_LINK}{_GLUED}]"
_OF_PART = rf"[^{_NOT_OF_LINK}{_GLUED}()\[\]{{}}]"
_OF_HOST = rf"[^{_NOT_OF_LINK}{_GLUED}()\[\]{{}}/?#]"
_OF_WORD = rf"[^\W{_GLUED}]"
_PICTURES = r"\u200d\u2190-\u2bff\ufe0f\U0001f000-\U0001faff"
_LABEL = rf"(?:{_OF_WORD}|-){{1,63}}"  # as long as one may be (RFC 1035)
_OTHER_LABEL = rf"[{_GLUED}{_PICTURES}][\w{_GLUED}{_PICTURES}-]{{,62}}"
_OTHER_HOST = (  # of letters or pictures that end other links: 例え.jp, www.例え.テスト, i❤.ws
    rf"(?:(?:{_LABEL}\.){{,3}}{_OTHER_LABEL}|(?i:www\.)?{_LABEL}[{_PICTURES}][\w{_PICTURES}-]{{,62}})"
    rf"(?:\.(?:{_LABEL}|{_OTHER_LABEL})){{,3}}?"
    rf"\.(?:{_OF_WORD}{{2,63}}(?!{_OF_WORD}|-)|[{_GLUED}]{{2,63}}(?![\w{_GLUED}-]))"
)
_GLUED_PART = (  # text without spaces behind a link is no part of it, unless the address has it: /wiki/...
    rf"(?:(?<=[/=_#])|(?<=[/=_#]\())[{_GLUED}]+(?:[\uff01\uff1f]+(?=[\s/_?#&(]|$))?"
)
_JOINED_PART = (  # dashes and apostrophes within a word of an address, as in L'Oréal; and /🔥/
    rf"(?<={_OF_WORD})(?:[\xd7\u2010-\u2013\u2212](?={_OF_WORD})|\u2019(?={_OF_WORD}{{2}}))"
    rf"|(?<=[/=_#])[{_PICTURES}]+(?=[/_?#&=])"
)
_CUT = r"(?:\xa0?…)?"  # the end of a link that is cut where it is shown


def _rest(sign: str, *parts: str) -> str:
    """The pattern of what has such signs, and such parts between them."""
    return rf"{sign}*(?:(?:{'|'.join(parts)}){sign}*)*{_CUT}"


_SHORTENED = "t.co"  # the host of all links on X, behind which no address has more than letters and digits
REST_OF_LINK = (
    rf"(?:(?:{_OTHER_HOST}|(?!(?i:{re.escape(_SHORTENED)})[/?#]){_OF_HOST}*)(?=[/?#])"
    rf"{_rest(_OF_LINK, _GLUED_PART, _JOINED_PART)}"
    rf"|(?:{_OTHER_HOST}|(?={_OF_LINK}|…)){_rest(_OF_LINK, _GLUED_PART)})"
)
# begins with a set of letters, as searching for that is three times as fast
_SCHEME = r"[hwpHWP](?i:(?<=h)ttps?://|(?<=\bw)ww\.|(?<=\bp)ic\.twitter\.com/)"
LINK = re.compile(_SCHEME + REST_OF_LINK)
_BEGINNING = re.compile(  # most hosts are of ASCII, which is faster
    rf"{_SCHEME}(?P<host>[A-Za-z0-9.-]+(?=[/\s]|$)|{_OTHER_HOST}|{_OF_HOST}+|(?={_OF_LINK}|…))"
)
_UP_TO_BRACKET = re.compile(_rest(_OF_PART, _GLUED_PART))  # as REST_OF_LINK behind the host, but for brackets
_PATH_UP_TO_BRACKET = re.compile(_rest(_OF_PART, _GLUED_PART, _JOINED_PART))
# [words](https://... "title"), or a picture; the address may have pairs of brackets
MARKDOWN_LINK = re.compile(
    r"!?\[([^\[\]\n]*)\]"
    r"\(\s*<?(?i:https?://|www\.)[^\s()]*(?:\([^\s()]*\)[^\s()]*)*(?:\s+\"[^\"\n]*\")?\s*\)"
)
_PAIRS = {  # what people set around a link, and with what it closes
    pair[0]: pair[1:]
    for pair in (
        *("()", "[]", "{}", "<>", '""', "''", "``", "||", "**", "__", "~~", "\u201c\u201d", "\u2018\u2019"),
        *("\u201e\u201c\u201d", "\u201a\u2018\u2019", "\xab\xbb", "\xbb\xab", "\u2039\u203a", "\u203a\u2039"),
        *("\uff08\uff09", "\uff3b\uff3d", "\uff5b\uff5d", "\uff1c\uff1e", "\u3008\u3009", "\u300a\u300b"),
        *("\u300c\u300d", "\u300e\u300f", "\u3010\u3011", "\u3014\u3015"),
    )
}
_CLOSING = frozenset("".join(_PAIRS.values()))
_OPENING = frozenset("([{")  # that an address may have, in pairs
_DEEPEST = 3  # pairs in one another that an address has
_MARKS = frozenset("'*_~")  # that an address may have
_BEFORE_MORE = frozenset("/=_?#&")  # behind which an address goes on
MENTION = (  # @handle, @handle.bsky.social, @user@instance.org; text behind it may be glued to it
    r"@[A-Za-z0-9_]+(?:@[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+|(?:[.-][A-Za-z0-9_]+)*)"
)
MENTION_OR_LINK = re.compile(rf"{MENTION}|{LINK.pattern}")
LEADING_MENTIONS = re.compile(rf"^(?:\s*{MENTION}[,:]?(?=\s|$))+")
INVISIBLE = (
    re.compile(  # U+200B is the border between words in scripts without spaces; begins with a set, too
        "[\u200b\u200e\u200f\u061c\u202a-\u202e\u2060\u2066-\u2069\ufeff\x00-\x08\x0e-\x1b\x7f]"
        rf"(?:(?<!\u200b)|(?<![{UNSPACED}]\u200b)|(?![{UNSPACED}]))"
    )
)


_BLANK = re.compile("[\u115f\u1160\u2800\u3164\uffa0\ufffc]")  # of Braille and Korean; of an object in a text


def without_links(text: str) -> str:
    """Remove links, with a scheme or without (www., pic.twitter.com/).

    Of a link in Markdown its words stay, and nothing of brackets or quotation marks around a link alone.
    """
    if "://" not in text and not _may_have_bare_link(text):
        return text
    if "](" in text:
        text = MARKDOWN_LINK.sub(r"\1", text)
    kept: list[str] = []
    at = 0
    while link := _BEGINNING.search(text, at):
        before, end = text[at : link.start()], _end(link)
        if text[end : end + 1] not in _CLOSING:
            kept += (before, " ")
            at = end
            continue
        while not (before := before.rstrip()) and kept:
            before = kept.pop()
        pairs = _pairs_around(before, text, end)
        at = end + pairs
        kept.append(before[: len(before) - pairs])
        if pairs and text[at : at + 1].isalnum():  # no two words become one
            kept.append(" ")
    return "".join((*kept, text[at:]))


def _end(link: re.Match[str]) -> int:
    """The end of a link that begins so: before a bracket that it does not pair, or marks around it."""
    text, start = link.string, link.start()
    end = _end_by_brackets(text, link.end(), shortened=link["host"].lower() == _SHORTENED)
    before = text[max(start - 1, 0) : start]
    if before in _MARKS and (bare := text[start:end].rstrip(".,:;!?")).endswith(before):
        return start + len(bare.rstrip(before))
    return end


def _end_by_brackets(text: str, at: int, *, shortened: bool) -> int:
    """The end of the link that is one up to there: before a bracket that it does not open, or not close."""
    has_path = text[at : at + 1] in {"/", "?", "#"} and not shortened
    up_to_bracket = _PATH_UP_TO_BRACKET if has_path else _UP_TO_BRACKET
    opened: list[tuple[str, int]] = []
    while part := up_to_bracket.match(text, at):
        at = part.end()
        sign = text[at : at + 1]
        if opened and sign == opened[-1][0]:
            opened.pop()
        elif sign in _OPENING and len(opened) < _DEEPEST:
            opened.append((_PAIRS[sign], at))
        else:
            break
        at += 1
    if not opened or text[at - 1] == "…":  # what would close them is cut
        return at
    return next((place for _, place in opened if text[place - 1] not in _BEFORE_MORE), at)


def _pairs_around(before: str, text: str, end: int) -> int:
    """How many pairs of brackets and the like hold what ends there, and nothing else."""
    pairs = 0
    for opening, place in zip(reversed(before), range(end, len(text)), strict=False):
        if text[place] not in _PAIRS.get(opening, ""):
            break
        pairs += 1
    return pairs


def _may_have_bare_link(text: str) -> bool:
    """Whether the text may have a link without a scheme."""
    if "/" not in text and "w." not in text and "W." not in text:  # as most texts have none of these
        return False
    lowered = text.lower()
    return "www." in lowered or ".com/" in lowered


def with_plain_spaces(text: str) -> str:
    """Replace characters that are shown as nothing, but are no white space, by spaces."""
    return text if text.isascii() else _BLANK.sub(" ", text)


def without_leading_mentions(text: str) -> str:
    """Remove the mentions at the beginning of a reply; the network wrote them, not the person."""
    mentions = LEADING_MENTIONS.match(text)
    return text[mentions.end() :] if mentions else text


def without_invisible(text: str) -> str:
    """Remove control characters and zero-width marks, but not the joiners in emoji."""
    return text if text.isprintable() else INVISIBLE.sub("", text)


def folded(text: str, *, keep_line_breaks: bool = False) -> str:
    """Fold each run of white space to one space; with `keep_line_breaks` only within the lines.

    Empty lines are removed.
    """
    if text.isprintable() and "  " not in text:  # all its white space is single spaces
        return text.strip()
    if not keep_line_breaks:
        return " ".join(text.split())
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)
