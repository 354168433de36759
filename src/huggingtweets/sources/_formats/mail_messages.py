"""Messages of an mbox one by one, and of each the text that its sender typed.

Mail programs mark the words of others in many ways: `>`, a line that ends with a colon above, a block of
headers, a line of dashes, elements of HTML. What comes behind such a mark is never read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from itertools import takewhile
from typing import cast

from .markup import html_text
from .skipped import DAMAGED, NO_POST, UNPUBLISHED, skip

_SEPARATOR = re.compile(rb"From [^\n]*\d\d:\d\d(?::\d\d)?[^\n]*\d{4}[^\n]*\n")
_HEADER = re.compile(rb"[!-9;-~]+:")
_DEEPEST = 20  # parts around a part
_LARGEST = 1 << 20  # bytes of a message; text comes before attachments
_DELIVERED = ("Delivered-To", "X-Original-To", "Authentication-Results", "Received-SPF", "X-Spam-Status")
_SENT_LABELS = re.compile(  # of Gmail, in the language of the account
    r"\b(?:sent|gesendet|envoyés|enviad[oa]s|inviat[ai]|verzonden|wysłane|skicka(?:t|de)|sendte?|отправленные|enviats"
    r"|odeslan\w*|odoslan\w*|elküldött\w*|trimis\w*|lähetetyt|terkirim|gönderil\w*|posla(?:no|ne|te)|išsiųst\w*|nosūtīt\w*"
    r"|saadetud|απεσταλμένα|надіслані|изпратени|послато|đã gửi|المرسل|المرسلة|שנשלח|יוצא)\b"
    r"|送信済み|已发送|已发邮件|寄件備份|보낸|ส่งแล้ว|ที่ส่ง|भेजे गए|भेजी गई",
    re.IGNORECASE,
)
_DRAFT_LABELS = re.compile(  # and what was thrown away
    r"\b(?:drafts?|entwürfe|brouillons|borrador(?:es)?|rascunhos|bozze|concepten|spam|trash|papierkorb|corbeille"
    r"|papelera|paperera|lixeira|cestino|черновики|корзина|спам|prullenbak|kosz|koš|kôš|papperskorg\w*"
    r"|papirkurv\w*|søppel\w*|roskakori|kuka|lomtár|coș(?:ul)? de gunoi|çöp|smeće|šiukš\w*|miskaste"
    r"|prügikast|κάδος|кошик|кошче|отпад|thùng rác|sampah|المهملات|אשפה|utkast\w*|kladder|luonnokset|robocze"
    r"|koncepty|piszkozatok|ciorne|taslaklar|πρόχειρα|чернетки|draf)\b"
    r"|(?:^|,)\s?bin\s?(?=,|\Z)|下書き|草稿|ゴミ箱|ごみ箱|迷惑メール|垃圾|已删除|已刪除|휴지통|임시보관함|스팸|ถังขยะ|ขยะ|ร่าง|ट्रैश|ड्राफ़्ट",
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
_HEADERS_IN_ROW = 3  # lines in the form of headers that are those of another message if one has an address
_ESCAPED = ">From "  # a line of the sender's own, as an mbox holds it
_ABOVE_QUOTE = 3  # lines at most, the last of which ends with a colon, that say who is quoted
_ADDRESS = re.compile(r"[<(\u2066-\u2069\u202a-\u202e]+[^\s<>@]{1,100}@[^\s<>@]{1,100}[>)]")
_MARKS = " \u200e\u200f\u2066\u2067\u2068\u2069\u202a\u202b\u202c\u202d\u202e"  # of direction
_MOMENT = re.compile(r"\d{4}|\d{1,2}[:.]\d\d")
_ATTRIBUTION = re.compile(r".*(?:\d{4}|\d{1,2}[:.]\d\d|@).*[:\uff1a]\s*", re.DOTALL)


def is_mbox(head: bytes) -> bool:
    """Whether a file begins with the line before a message, and a header."""
    separator = _SEPARATOR.match(head)
    return separator is not None and _HEADER.match(head, separator.end()) is not None


def messages(chunks: Iterable[bytes]) -> Iterator[Message]:
    """Yield the messages of an mbox; of a long one only the beginning, without its attachments."""
    content, blank = bytearray(), True
    for line in _lines(chunks):
        if blank and _SEPARATOR.fullmatch(line):
            yield from _parsed(content)
            content.clear()
        elif len(content) < _LARGEST:
            content += line
        blank = not line.strip()
    yield from _parsed(content)


def was_sent(message: Message) -> bool:
    """Whether the owner of the mbox sent a message, and a person wrote it."""
    labels = header(message, "X-Gmail-Labels")
    if _DRAFT_LABELS.search(labels):
        skip(UNPUBLISHED)
        return False
    if header(message, "Auto-Submitted", "no").casefold() != "no" or "@" not in header(message, "From"):
        skip(NO_POST)
        return False
    delivered = any(name in message for name in _DELIVERED)
    return bool(_SENT_LABELS.search(labels)) if labels else not delivered and _is_known_as_sent(message)


def own_text(message: Message) -> str:
    """Return what the sender of a message typed; an empty string where nothing is left."""
    parts = list(_own_parts(message))
    for kind in ("text/plain", "text/html"):
        part = next((part for part in parts if part.get_content_type() == kind), None)
        content = _content(part) if part else ""
        if content.strip():
            return _without_others(html_text(content, drop=_NOT_OWN) if kind == "text/html" else content)
    return ""


def _own_parts(part: Message, depth: int = 0) -> Iterator[Message]:
    """Yield the parts of a message that are no attachment and no message of another."""
    is_own = part.get_content_disposition() != "attachment" and part.get_content_maintype() != "message"
    if not is_own or depth > _DEEPEST:
        return
    if part.is_multipart():
        for inner in cast("list[Message]", part.get_payload()):
            yield from _own_parts(inner, depth + 1)
    else:
        yield part


def header(message: Message, name: str, missing: str = "") -> str:
    """Return a header of a message, with encoded words (RFC 2047) as what they say."""
    value = message.get(name)
    if value is None:
        return missing
    text = " ".join(str(value).split())
    try:
        return str(make_header(decode_header(text))) if "=?" in text else text
    except (ValueError, LookupError, HeaderParseError):  # damaged, or an encoding that is not known
        return text


def _content(part: Message) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    try:
        return content.decode(part.get_content_charset() or "utf-8", "replace")
    except (LookupError, ValueError):
        return content.decode("utf-8", "replace")


def _is_known_as_sent(message: Message) -> bool:
    """Whether a message without labels was not received: servers write their names into what they pass on."""
    return "Received" not in message and "Return-Path" not in message


def _parsed(content: bytearray) -> Iterator[Message]:
    if content:
        try:
            yield message_from_bytes(bytes(content))
        except RecursionError:  # parts in parts in parts: nobody wrote that
            skip(DAMAGED)


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
    rows = _unescaped(text.replace("\r\n", "\n").split("\n"))
    for number, line in enumerate(rows):
        ends = _SIGNATURE.fullmatch(line) or _DASHES.fullmatch(line) or _begins_headers(rows, number)
        if ends or _begins_unmarked(rows, number):
            break
        if _is_marked(line):
            cut_attribution(lines, above_quote=True)
        else:
            lines.append(line.rstrip())
    cut_attribution(lines)  # of a quotation that HTML had, which is left out already
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _unescaped(rows: list[str]) -> list[str]:
    """Return lines without the `>` that an mbox puts before `From`, as such a line would begin a message.

    Beside a quoted line, or below one that ends with a colon, it may be the mark of a quotation, and stays.
    """
    written = [(number, row) for number, row in enumerate(rows) if row.strip()]
    nearest = zip([(-1, ""), *written], written, [*written[1:], (-1, "")], strict=False)
    own = {
        number
        for (_, above), (number, row), (_, below) in nearest
        if row.startswith(_ESCAPED) and not (_is_marked(above) or _is_marked(below) or _is_above_quote(above))
    }
    return [row[1:] if number in own else row for number, row in enumerate(rows)]


def _is_marked(line: str) -> bool:
    """Whether a line has the mark of a quotation before it."""
    return line.lstrip().startswith((">", "|"))


def _is_above_quote(line: str) -> bool:
    """Whether a line ends as one does that says who is quoted below."""
    return line.rstrip().endswith((":", "\uff1a"))


def _begins_headers(rows: list[str], number: int) -> bool:
    """Whether lines are the headers of another message: From, Sent, To in the words of some language."""
    next_rows = rows[number : number + _HEADERS_IN_ROW + 1]
    in_row = len(list(takewhile(_HEADER_LINE.fullmatch, next_rows)))
    has_address = "@" in "".join(next_rows[:_HEADERS_IN_ROW])
    return in_row > _HEADERS_IN_ROW or (in_row == _HEADERS_IN_ROW and has_address)


def _begins_unmarked(rows: list[str], number: int) -> bool:
    """Whether a line, or two, with an address, a moment and a colon, say who is quoted below unmarked."""
    for end in (number + 1, number + 2):
        above = rows[number:end]
        said = " ".join(above)
        is_attribution = (
            all(row.strip() for row in above)
            and _ADDRESS.search(said)
            and _MOMENT.search(said)
            and _ATTRIBUTION.fullmatch(said.strip(_MARKS))
        )
        if is_attribution and not _is_marked(_next_written(rows, end)):
            return True
    return False


def _next_written(rows: list[str], start: int) -> str:
    """Return the first line from `start` on that is not blank; a mark of a quotation where there is none."""
    return next((rows[number] for number in range(start, len(rows)) if rows[number].strip()), ">")


def cut_attribution(lines: list[str], *, above_quote: bool = False) -> None:
    """Remove the lines that say who is quoted below: `On Monday, 1 May 2023 at 10:00, Bob wrote:`."""
    while lines and not lines[-1].strip():
        lines.pop()
    for count in range(_ABOVE_QUOTE, 0, -1):
        above = lines[-count:]
        begins = len(above) == count and all(above) and (count == 1 or _MOMENT.search(above[0]))
        if begins and _ATTRIBUTION.fullmatch("\n".join(above)):
            del lines[-count:]
            return
    if above_quote and lines and _is_above_quote(lines[-1]):
        lines.pop()
