"""Messages of an mbox one by one, and of each the text that its sender typed.

Mail programs mark the words of others in many ways: `>`, a line that ends with a colon above, a block of
headers, a line of dashes, elements of HTML. What comes behind such a mark is never read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default

from .markup import html_text
from .skipped import NO_POST, UNPUBLISHED, skip

_SEPARATOR = re.compile(rb"From [^\n]*\d\d:\d\d(?::\d\d)?[^\n]*\d{4}[^\n]*\n")
_HEADER = re.compile(rb"[!-9;-~]+:")
_LARGEST = 1 << 20  # bytes of a message; text comes before attachments
_DELIVERED = ("Delivered-To", "X-Original-To", "Authentication-Results", "Received-SPF", "X-Spam-Status")
_SENT_LABELS = re.compile(
    r"\b(?:sent|gesendet|envoyés|enviad[oa]s|inviat[ai]|verzonden|wysłane|skickat|sendt|отправленные)\b|送信済み"
    r"|已发送|寄件備份|보낸",
    re.IGNORECASE,
)
_DRAFT_LABELS = re.compile(
    r"\b(?:drafts?|entwürfe|brouillons|borrador(?:es)?|rascunhos|bozze|concepten|spam|trash|papierkorb|corbeille"
    r"|papelera|lixeira|cestino|черновики|корзина|спам)\b|下書き|草稿",
    re.IGNORECASE,
)
_NOT_OWN = (
    "blockquote, .gmail_quote, .gmail_attr, .gmail_signature, .moz-cite-prefix, .moz-signature, "
    ".yahoo_quoted, #divRplyFwdMsg, #divRplyFwdMsg ~ *, #appendonsend, #appendonsend ~ *, #Signature, "
    "#signature, div[style*='border-top:solid'], div[style*='border-top:solid'] ~ *, .protonmail_quote, "
    ".tutanota_quote"
)
_SIGNATURE = re.compile(r"--[ \xa0]?")
_DASHES = re.compile(r"\W*[-_=]{4,}.*[-_=]{4,}\W*|_{10,}|\W*Begin forwarded message:\W*", re.IGNORECASE)
_HEADER_LINE = re.compile(r"\W{0,3}[^\W\d_][\w ]{0,15}\*?\s?[:\uff1a]\*?\s?\S.*")
_HEADERS_IN_ROW = 3  # lines in the form of headers from which on they are those of another message
_ABOVE_QUOTE = 3  # lines at most, the last of which ends with a colon, that say who is quoted
_ATTRIBUTION = re.compile(r".*(?:\d{4}|\d{1,2}[:.]\d\d|@).*[:\uff1a]\s*", re.DOTALL)


def is_mbox(head: bytes) -> bool:
    """Whether a file begins with the line before a message, and a header."""
    separator = _SEPARATOR.match(head)
    return separator is not None and _HEADER.match(head, separator.end()) is not None


def messages(chunks: Iterable[bytes]) -> Iterator[EmailMessage]:
    """Yield the messages of an mbox; of a long one only the beginning, without its attachments."""
    content, blank = bytearray(), True
    for line in _lines(chunks):
        if blank and _SEPARATOR.fullmatch(line):
            if content:
                yield _parsed(bytes(content))
            content.clear()
        elif len(content) < _LARGEST:
            content += line
        blank = not line.strip()
    if content:
        yield _parsed(bytes(content))


def was_sent(message: EmailMessage) -> bool:
    """Whether the owner of the mbox sent a message, and a person wrote it."""
    labels = _header(message, "X-Gmail-Labels")
    if _DRAFT_LABELS.search(labels):
        skip(UNPUBLISHED)
        return False
    if _header(message, "Auto-Submitted", "no").casefold() != "no" or "@" not in _header(message, "From"):
        skip(NO_POST)
        return False
    delivered = any(name in message for name in _DELIVERED)
    return bool(_SENT_LABELS.search(labels)) if labels else not delivered and _is_known_as_sent(message)


def own_text(message: EmailMessage) -> str:
    """Return what the sender of a message typed; an empty string where nothing is left."""
    part = message.get_body(("plain", "html"))
    if part is None:
        return ""
    try:
        content = part.get_content()
    except (LookupError, ValueError, KeyError, AssertionError):  # an encoding that is not known
        return ""
    if not isinstance(content, str):
        return ""
    is_html = part.get_content_subtype() == "html"
    return _without_others(html_text(content, drop=_NOT_OWN) if is_html else content)


def _is_known_as_sent(message: EmailMessage) -> bool:
    """Whether a message without labels was not received: servers write their names into what they pass on."""
    return "Received" not in message and "Return-Path" not in message


def _parsed(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=default)


def _header(message: Message, name: str, missing: str = "") -> str:
    try:
        return str(message.get(name, missing))
    except (ValueError, IndexError, AttributeError, TypeError, LookupError):  # of damaged headers
        return missing


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield lines with their ends; one that is too long is cut into pieces."""
    rest = b""
    for chunk in chunks:
        *complete, rest = (rest + chunk).split(b"\n")
        yield from (line + b"\n" for line in complete)
        if len(rest) > _LARGEST:
            yield rest
            rest = b""
    if rest:
        yield rest


def _without_others(text: str) -> str:
    """Return a text up to a signature or the words of another, without quoted lines between own ones."""
    lines: list[str] = []
    rows = text.replace("\r\n", "\n").split("\n")
    for number, line in enumerate(rows):
        if _SIGNATURE.fullmatch(line) or _DASHES.fullmatch(line) or _begins_headers(rows[number:]):
            break
        if line.lstrip().startswith(">"):
            _cut_attribution(lines, above_quote=True)
        else:
            lines.append(line.rstrip())
    _cut_attribution(lines)  # of a quotation that HTML had, which is left out already
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _begins_headers(rows: list[str]) -> bool:
    """Whether lines are the headers of another message: From, Sent, To in the words of some language."""
    first = rows[:_HEADERS_IN_ROW]
    in_row = len(first) == _HEADERS_IN_ROW and all(map(_HEADER_LINE.fullmatch, first))
    return in_row and "@" in "".join(rows[:5])


def _cut_attribution(lines: list[str], *, above_quote: bool = False) -> None:
    """Remove the lines that say who is quoted below: `On Monday, 1 May 2023 at 10:00, Bob wrote:`."""
    while lines and not lines[-1].strip():
        lines.pop()
    for count in range(1, _ABOVE_QUOTE + 1):
        above = lines[-count:]
        if len(above) == count and all(above) and _ATTRIBUTION.fullmatch("\n".join(above)):
            del lines[-count:]
            return
    if above_quote and lines and lines[-1].endswith((":", "\uff1a")):
        lines.pop()
