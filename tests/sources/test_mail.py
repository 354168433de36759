"""E-mail in an mbox: what its owner typed and sent, and nothing of others."""

from __future__ import annotations

import time
from base64 import b64encode
from datetime import UTC, datetime
from email.header import Header

import pytest

from huggingtweets import sources
from huggingtweets.errors import LocationError, SeveralAuthors
from huggingtweets.sources import ReadOptions
from huggingtweets.types import PostKind, Visibility
from tests.helpers.export_builder import NAME, PRIVATE, write_export
from tests.helpers.private_exports import OWN, mail_message

OWN_WORDS = "The kettle sings.\n\nSee you on Monday."
ENDINGS = {
    "quoted lines": f"\n\nOn Mon, 1 May 2023 at 10:00, Bob <b@example.org>\nwrote:\n\n> {PRIVATE}\n> it",
    "quoted in German": f"\n\nAm 01.05.23 um 10:00 schrieb Bob Tests:\n> {PRIVATE}",
    "quoted without a date": f"\n\nBob schrieb:\n> {PRIVATE}\n>> {PRIVATE}",
    "quoted in Japanese": f"\n\n2023年5月1日(月) 10:00 Bob <bob@example.org>:\n> {PRIVATE}",
    "quoted in Spanish": f"\n\nEl lun, 1 may 2023 a las 10:00, Bob (<\nb@x.org>) escribió:\n> {PRIVATE}",
    "quoted by bars": f"\n\nBob wrote:\n| {PRIVATE}\n| {PRIVATE}",
    "of Outlook, without an address": f"\n\nVon: Bob\nGesendet: Montag\nAn: Ada\nBetreff: Tee\n\n{PRIVATE}",
    "of Outlook in Chinese": f"\n\n发件人: Bob\n发送时间: 5月1日\n收件人: Ada\n主题: 茶\n\n{PRIVATE}",
    "not marked at all": f"\n\nOn Mon, 1 May 2023 at 10:00, Bob <b@x.org> wrote:\n\n{PRIVATE}\n{PRIVATE}",
    "not marked, over two lines": f"\n\nOn Mon, 1 May 2023 at 10:00, Bob\n<b@x.org> wrote:\n\n{PRIVATE}",
    "not marked, in Japanese": f"\n\n2023年5月1日(月) 10:00 Bob <b@example.org>:\n\n{PRIVATE}",
    "a signature": f"\n-- \nAda Tests\n{PRIVATE}",
    "of Outlook": f"\n\nFrom: Bob <bob@example.org>\nSent: Monday\nTo: Ada\nSubject: {PRIVATE}\n\n{PRIVATE}",
    "of Outlook, in bold": f"\n\n*Von:* Bob <bob@example.org>\n*Gesendet:* Montag\n*An:* Ada\n\n{PRIVATE}",
    "of Outlook, with dashes": f"\n\n-----Original Message-----\n{PRIVATE}",
    "of Outlook, with a line": f"\n\n________________________________\n{PRIVATE}",
    "forwarded by Gmail": f"\n\n---------- Forwarded message ---------\nFrom: Bob\n{PRIVATE}",
    "forwarded by Apple": f"\n\nBegin forwarded message:\n\n{PRIVATE}",
}
HTML = (
    f"<div>The kettle &amp; I</div><div class='gmail_quote'><div class='gmail_attr'>On Mon, Bob wrote:</div>"
    f"<blockquote>{PRIVATE}</blockquote></div><div class='gmail_signature'>{PRIVATE}</div>"
)


def read(tmp_path, *messages, **options):
    path = tmp_path / "Sent.mbox"
    path.write_text("".join(messages))
    return sources.read(str(path), ReadOptions(**options))


def texts(tmp_path, *messages, **options):
    return [post.text for post in read(tmp_path, *messages, **options).posts]


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_words_of_others_are_cut(tmp_path, ending):
    """However a mail program marks them, and with the line above that says whose they are."""
    assert texts(tmp_path, mail_message(OWN_WORDS + ENDINGS[ending])) == [OWN_WORDS]


def test_answers_between_quoted_lines_are_own_words(tmp_path):
    """Only the quoted lines go."""
    body = f"Bob wrote:\n> {PRIVATE}?\nYes, at ten.\n\n> {PRIVATE}\nNo, I do not."
    assert texts(tmp_path, mail_message(body)) == ["Yes, at ten.\nNo, I do not."]


def test_html_is_read_without_what_others_wrote(tmp_path):
    """Where a message has no plain text; attachments are never read."""
    html = mail_message(HTML, Content_Type="text/html; charset=utf-8")
    parts = (
        '--b\nContent-Type: text/plain; charset="iso-8859-1"\nContent-Transfer-Encoding: quoted-printable\n\n'
        "caf=E9\n--b\nContent-Type: text/plain; name=x.txt\nContent-Disposition: attachment; filename=x.txt\n"
        f"Content-Transfer-Encoding: base64\n\n{b64encode(PRIVATE.encode()).decode()}\n--b--"
    )
    mixed = mail_message(parts, Content_Type="multipart/mixed; boundary=b")
    assert texts(tmp_path, html, mixed) == ["The kettle & I", "café"]


def test_parts_in_parts_without_end_cost_one_message(tmp_path):
    """No depth of nesting ends the reading of the others."""
    depth = 5000
    opened = "".join(f"--{n}\nContent-Type: multipart/mixed; boundary={n + 1}\n\n" for n in range(depth))
    bomb = mail_message(opened + f"--{depth}\n\n{PRIVATE}", Content_Type="multipart/mixed; boundary=0")
    assert texts(tmp_path, bomb, mail_message("my own")) == ["my own"]


def test_comments_in_comments_of_a_sender_cost_one_message(tmp_path):
    """A header that only a program can have made so deep is of nobody, and ends nothing."""
    deep = mail_message(OWN_WORDS).replace("From: ", f"From: {'(' * 5000} ", 1)
    assert texts(tmp_path, deep, mail_message("The kettle rests.")) == ["The kettle rests."]


def test_a_message_that_is_attached_is_not_read(tmp_path):
    """Programs forward so: the words in it are another's."""
    parts = f"--b\nContent-Type: message/rfc822\n\nFrom: Bob\nContent-Type: text/plain\n\n{PRIVATE}\n--b--"
    forwarded = mail_message(parts, Content_Type="multipart/mixed; boundary=b")
    assert texts(tmp_path, forwarded, mail_message("my own")) == ["my own"]


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Gmail_Labels": "Inbox,Unread", "Delivered_To": OWN},
        {"X_Gmail_Labels": "Inbox", "From": f"Ada <{OWN}>", "Delivered_To": OWN},  # forged
        {"X_Gmail_Labels": "Drafts"},
        {"X_Gmail_Labels": "=?UTF-8?Q?Entw=C3=BCrfe?="},
        {"X_Gmail_Labels": "Spam,Sent"},
        {"X_Gmail_Labels": "Sent,Bin"},
        {"X_Gmail_Labels": "Verzonden,Prullenbak"},
        {"X_Gmail_Labels": "Skickat,Papperskorgen"},
        {"X_Gmail_Labels": Header("送信済み,ゴミ箱", "utf-8").encode()},
        {"X_Gmail_Labels": Header("보낸편지함,휴지통", "utf-8").encode()},
        {"Auto_Submitted": "auto-replied"},
        {"X_Gmail_Labels": "", "Return_Path": "<bob@example.org>"},
        {"X_Gmail_Labels": "", "Received": "by mx.example.org"},
    ],
)
def test_received_forged_drafted_and_automatic_messages_are_left_out(tmp_path, headers):
    """A name in `From` alone proves nothing."""
    assert texts(tmp_path, mail_message(PRIVATE, **headers), mail_message("one that I sent")) == [
        "one that I sent"
    ]


@pytest.mark.parametrize(
    "label", ["Sendte mails", "Gönderilmiş Postalar", "已发邮件", "Odeslaná pošta", "Đã gửi"]
)
def test_sent_mail_is_known_in_the_language_of_the_account(tmp_path, label):
    """Google Takeout writes the labels as Gmail shows them."""
    labels = Header(f"{label},kettles", "utf-8").encode()
    assert texts(tmp_path, mail_message("the kettle sings", X_Gmail_Labels=labels)) == ["the kettle sings"]


def test_whose_it_is_comes_from_what_was_sent(tmp_path):
    """The account is the sender's; no address is in it, and messages are as narrow as posts can be."""
    answer = mail_message("yes, at ten", In_Reply_To="<1@example.org>", X_Gmail_Labels="=?UTF-8?Q?Gesendet?=")
    timeline = read(tmp_path, mail_message("the kettle sings"), answer)
    posts = list(timeline.posts)
    assert (timeline.account.handle, timeline.account.name) == ("ada", NAME)
    assert [post.kind for post in posts] == [PostKind.ORIGINAL, PostKind.REPLY]
    assert {post.visibility for post in posts} == {Visibility.UNLISTED}
    assert posts[0].created_at == datetime(2023, 5, 1, 8, 11, 12, tzinfo=UTC)
    assert not [post for post in posts if "@" in post.id + post.text]


def test_several_senders_are_named_and_not_mixed(tmp_path):
    """A box into which two people sent is refused until one is chosen."""
    messages = [mail_message("mine"), mail_message("theirs", sender="Bob <bob@example.org>")]
    with pytest.raises(SeveralAuthors, match="Bob"):
        read(tmp_path, *messages)
    for choice in ({"handle": OWN}, {"name": NAME}, {"handle": "ada"}):
        assert texts(tmp_path, *messages, **choice) == ["mine"]


def test_a_last_paragraph_that_recurs_is_a_signature(tmp_path):
    """Whatever it says and in whatever language; one that is written twice stays."""
    sent = [mail_message(f"number {n}\n\nGesendet von meinem Telefon") for n in range(3)]
    assert texts(tmp_path, *sent, mail_message("one\n\ntwo")) == [
        "number 0",
        "number 1",
        "number 2",
        "one\n\ntwo",
    ]


def test_takeouts_zip_is_read(tmp_path):
    """As it came, with other boxes and files."""
    files = {
        "Takeout/Mail/Sent.mbox": mail_message("the kettle sings"),
        "Takeout/Mail/Inbox.mbox": mail_message(PRIVATE, X_Gmail_Labels="Inbox", Delivered_To=OWN),
        "Takeout/archive_browser.html": PRIVATE,
    }
    path = write_export(tmp_path / "takeout.zip", files)
    assert [post.text for post in sources.read(str(path)).posts] == ["the kettle sings"]


def test_a_line_that_begins_with_from_is_part_of_a_message(tmp_path):
    """Only the line before headers, with a date, begins a message."""
    assert texts(tmp_path, mail_message("one\n\nFrom here on it is easy\n\ntwo")) == [
        "one\n\nFrom here on it is easy\n\ntwo"
    ]


@pytest.mark.parametrize(
    ("body", "own"),
    [
        ("one\n\n>From here on\nit is easy", "one\n\nFrom here on\nit is easy"),
        (f"one\n\n> {PRIVATE}\n>From {PRIVATE}", "one"),
        (f"one\n\n>From {PRIVATE}\n\n> {PRIVATE}\n\ntwo", "one\n\ntwo"),
        (f"one\n\nBob wrote:\n>From {PRIVATE}", "one"),
        (f"one\n\nBob wrote:\n> {PRIVATE}\n>>From {PRIVATE}", "one"),
    ],
)
def test_a_line_that_an_mbox_escapes_is_the_senders_own(tmp_path, body, own):
    """Programs write `>` before a line that begins with From; beside quoted lines it stays a mark."""
    assert texts(tmp_path, mail_message(body)) == [own]


def test_a_message_of_very_many_lines_is_soon_read(tmp_path):
    """Each line is looked at with the few behind it, not with all."""
    start = time.process_time()
    assert texts(tmp_path, mail_message("tea\n" * 50_000)) == [("tea\n" * 50_000).strip()]
    assert time.process_time() - start < 20  # it took minutes


def test_a_box_of_received_mail_is_refused(tmp_path):
    """It is not read as anybody's."""
    with pytest.raises(LocationError, match="no lines of anybody"):
        read(tmp_path, mail_message(PRIVATE, X_Gmail_Labels="Inbox", Delivered_To=OWN))


def test_a_box_that_apple_mail_exported_is_read(tmp_path):
    """It is a folder called as the box, in which the messages are in a file called mbox."""
    files = {"Sent.mbox/mbox": mail_message("the kettle sings"), "Sent.mbox/table_of_contents": "\0\1"}
    folder = write_export(tmp_path / "export", files) / "Sent.mbox"
    assert sources.recognise(str(folder)) == "mail"
    assert [post.text for post in sources.read(str(folder)).posts] == ["the kettle sings"]
