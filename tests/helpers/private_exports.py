"""Small exports of messages and stories, in the exact forms that the open programs write that are named.

As in export_builder.py, what must not be read has the word `PRIVATE`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.helpers.export_builder import NAME, PRIVATE, numbered_texts, write_export

OWN = "ada@example.org"
MEDIUM_STYLE = "<style>* { color: black }</style>"


def story(text: str, *, published: bool = True, by: str = "ada_tests", name: str = NAME) -> str:
    """A page of Medium's export, as people published theirs."""
    day = '<time class="dt-published" datetime="2020-01-02T10:11:12.131Z">January 2, 2020</time>'
    on = f' on <a href="https://medium.com/p/1a2b3c4d5e6f">{day}</a>.' if published else "."
    return f"""<!DOCTYPE html><html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8">
<title>The kettle</title>{MEDIUM_STYLE}</head><body><article class="h-entry">
<header>
<h1 class="p-name">The kettle</h1>
</header>
<section data-field="subtitle" class="p-summary">
{PRIVATE}…
</section>
<section data-field="body" class="e-content">
<section name="4726" class="section section--body section--first section--last"><div class="section-divider">
<hr class="section-divider"></div><div class="section-content"><div class="section-inner">
<p name="4e00" id="4e00" class="graf graf--p graf-after--h3">{text}</p></div></div></section>
</section>
<footer><p>By <a href="https://medium.com/@{by}" class="p-author h-card">{name}</a>{on}</p>
<p><a href="https://medium.com/@{by}/the-kettle-1a2b3c4d5e6f" class="p-canonical">Canonical link</a></p>
<p>Exported from <a href="https://medium.com">Medium</a> on May 1, 2024.</p></footer></article></body>
</html>"""


def medium(folder: Path, count: int) -> Path:
    """The export of a person with numbered stories."""
    stories = {
        f"posts/2020-01-02_The-kettle-{n}-{n:012x}.html": story(text)
        for n, text in enumerate(numbered_texts(count))
    }
    return write_export(folder / "medium-export.zip", {**stories, "claps/claps-0001.html": PRIVATE})


def signal_message(sender: str | None, body: str, **fields: Any) -> str:
    """A line of data.json, as signal-export 3 writes it."""
    known: dict[str, Any] = {
        "date": "2023-05-01T10:11:12",
        "sender": sender,
        "body": f"{body}  ",
        "quote": "",
        "sticker": None,
        "reactions": [],
        "attachments": [],
    }
    return json.dumps({**known, **fields}, ensure_ascii=False)


def signal(folder: Path, count: int) -> Path:
    """A folder of chats, packed, with numbered own messages."""
    lines = [signal_message("Me", text) for text in numbered_texts(count)]
    others = [signal_message("Bob", PRIVATE)] * 3
    files = {"Bob Tests/data.json": "\n".join([*others, *lines]), "Bob Tests/chat.md": PRIVATE}
    return write_export(folder / "signal.zip", files)


def attributed(text: str) -> bytes:
    """A typedstream of an NSAttributedString, as chat.db holds it."""
    content = text.encode()
    size = len(content)
    length = bytes([size]) if size < 0x80 else b"\x81" + size.to_bytes(2, "little")
    head = (
        b"\x04\x0bstreamtyped\x81\xe8\x03\x84\x01@\x84\x84\x84\x12NSAttributedString\x00\x84\x84\x08NSObject"
    )
    string = b"\x00\x85\x92\x84\x84\x84\x08NSString\x01\x94\x84\x01+" + length + content
    return head + string + b"\x86\x84\x02iI\x01\x05\x92\x84\x84\x84\x0cNSDictionary\x00\x94\x84\x01i\x01\x92"


def imessage_database(path: Path, messages: Sequence[dict[str, Any]]) -> Path:
    """A database with the columns of Apple's that matter."""
    names = (
        "text",
        "attributedBody",
        "date",
        "is_from_me",
        "associated_message_type",
        "item_type",
        "balloon_bundle_id",
        "thread_originator_guid",
        "date_retracted",
        "schedule_type",
        "schedule_state",
    )
    with closing(sqlite3.connect(path)) as database:
        columns = ", ".join(f"{name} {'BLOB' if 'Body' in name else ''}" for name in names)
        database.execute(f"CREATE TABLE message (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, {columns})")
        database.execute("CREATE TABLE handle (ROWID INTEGER PRIMARY KEY, id TEXT)")
        for message in messages:
            known = {"date": 704_621_472_000_000_000, "is_from_me": 1, **message}
            marks = ", ".join("?" * len(known))
            database.execute(
                f"INSERT INTO message ({', '.join(known)}) VALUES ({marks})",  # noqa: S608 -- own names
                list(known.values()),
            )
        database.commit()
    return path


def imessage(folder: Path, count: int) -> Path:
    """A database with numbered own messages, some of which have their text in the newer place."""
    own = [
        {"text": text} if n % 2 else {"attributedBody": attributed(text)}
        for n, text in enumerate(numbered_texts(count))
    ]
    return imessage_database(folder / "chat.db", [{"text": PRIVATE, "is_from_me": 0}, *own])


def mail_message(body: str, *, sender: str = f"{NAME} <{OWN}>", **headers: str) -> str:
    """A message of an mbox of Google Takeout; names of headers have `_` for `-`."""
    known = {
        "X-GM-THRID": "1234567890",
        "X-Gmail-Labels": "Sent,Opened",
        "MIME-Version": "1.0",
        "Date": "Mon, 1 May 2023 10:11:12 +0200",
        "Message-ID": f"<{PRIVATE}@mail.gmail.com>",
        "Subject": PRIVATE,
        "From": sender,
        "To": f"Bob <{PRIVATE}@example.org>",
        "Content-Type": 'text/plain; charset="UTF-8"',
        "Content-Transfer-Encoding": "8bit",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = [f"{name}: {value}" for name, value in known.items() if value]
    return "\n".join(["From 1764@xxx Mon May 01 08:11:12 +0000 2023", *lines, "", body, "", ""])


def mail(folder: Path, count: int) -> Path:
    """An mbox with numbered messages that were sent, and received ones."""
    received = mail_message(PRIVATE, sender="Bob <bob@example.org>", X_Gmail_Labels="Inbox", Delivered_To=OWN)
    path = folder / "Sent.mbox"
    path.write_text(received + "".join(mail_message(text) for text in numbered_texts(count)))
    return path


# For each source, a function that writes a location with posts "post number 0", "post number 1" and so on.
FIXTURES = {"medium": medium, "signal": signal, "imessage": imessage, "mail": mail}
