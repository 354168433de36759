"""Builds small exports of many places, in the shapes that documentation and parsers describe.

None of them is real. Each function says what its shape is taken from. Every file and field that must not be
read has the word `PRIVATE`, which must not appear in anything that is read.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

PRIVATE = "xyzzyprivate"
NAME = "Ada Tests"
HANDLE = "ada.tests"
SECONDS = 1_700_000_000  # 2023-11-14 22:13:20 UTC
PICTURE = b"\x89PNG\r\n\x1a\n a picture"

Content = bytes | str | list[Any] | dict[str, Any]


def write_export(target: Path, files: Mapping[str, Content], *, inside: str = "") -> Path:
    """Write files as a zip if `target` ends with `.zip`, else as a folder; names begin with `inside`."""
    contents = {inside + name: encoded(content) for name, content in files.items()}
    if target.suffix == ".zip":
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in contents.items():
                archive.writestr(name, content)
        return target
    for name, content in contents.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return target


def encoded(content: Content) -> bytes:
    """Return the bytes of a file: text in UTF-8, other objects as JSON."""
    if isinstance(content, bytes):
        return content
    return (content if isinstance(content, str) else json.dumps(content, indent=1)).encode()


def table(header: str, *rows: tuple[object, ...]) -> str:
    """Return a CSV file as in RFC 4180."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return text.getvalue()


def mangled(value: Any) -> Any:
    """Turn each byte of UTF-8 into a character of its own, as Meta does in its JSON."""
    if isinstance(value, str):
        return value.encode().decode("latin-1")
    if isinstance(value, list):
        return [mangled(item) for item in value]
    if isinstance(value, dict):
        return {mangled(key): mangled(item) for key, item in value.items()}
    return value


def meta_profile(kind: str, *, private: str = "False") -> Any:
    """Return Meta's personal_information.json, as in open parsers of Instagram's and Threads' exports."""
    labels = {
        "Email": f"{PRIVATE}@example.org",
        "Phone Number": PRIVATE,
        "Username": HANDLE,
        "Name": "Ada Tésts",
        "Bio": "Made up — for tests",
        "Private Account": private,
    }
    person = {
        "title": "",
        "media_map_data": {"Profile Photo": {"uri": "media/profile/face.jpg", "creation_timestamp": SECONDS}},
        "string_map_data": {label: {"href": "", "value": v, "timestamp": 0} for label, v in labels.items()},
    }
    return mangled({kind: [person]})


def threads_post(text: str, number: int = 0, *, is_reply: bool = False) -> Any:
    """Return a post of threads_and_replies.json, as in several open parsers, which agree."""
    return mangled(
        {
            "media": [
                {
                    "uri": "",
                    "creation_timestamp": SECONDS + number,
                    "media_metadata": {"camera_metadata": {"has_camera_metadata": False}},
                    "title": text,
                    "cross_post_source": {"source_app": "FB"},
                    "text_app_post": {
                        "reply_control": "everyone",
                        "geo_gated_country_list": "",
                        "is_reply": is_reply,
                    },
                }
            ]
        }
    )


def threads_files(*posts: object, private: str = "False") -> dict[str, Content]:
    """Return the files of Threads, as they are in Instagram's export."""
    activity = "your_instagram_activity"
    like = {"title": PRIVATE, "string_list_data": [{"href": "", "value": PRIVATE, "timestamp": SECONDS}]}
    return {
        f"{activity}/threads/threads_and_replies.json": {"text_post_app_text_posts": list(posts)},
        f"{activity}/threads/personal_information.json": meta_profile(
            "text_post_app_text_post_app_profile", private=private
        ),
        f"{activity}/threads/liked_threads.json": {"text_post_app_media_likes": [like]},
        f"{activity}/threads/archived_threads.json": {
            "text_post_app_text_app_archived_posts": [threads_post(PRIVATE)]
        },
        f"{activity}/messages/inbox/bob_1/message_1.json": {"messages": [{"content": PRIVATE}]},
        "media/profile/face.jpg": PICTURE,
    }


def instagram_post(text: str, number: int = 0, file: str = "1.jpg") -> Any:
    """Return a post of posts_1.json with one picture; the caption is the picture's title."""
    medium = {"uri": f"media/posts/{file}", "creation_timestamp": SECONDS + number, "title": text}
    return mangled({"media": [medium]})


def instagram_files(*posts: object, private: str = "False", **more: Content) -> dict[str, Content]:
    """Return Instagram's export since 2023; `more` are files in your_instagram_activity, `__` for `/`."""
    activity = "your_instagram_activity"
    files: dict[str, Content] = {
        f"{activity}/media/posts_1.json": list(posts),
        f"{activity}/media/archived_posts.json": {
            "ig_archived_post_media": [instagram_post(PRIVATE, file="2.jpg")]
        },
        f"{activity}/media/stories.json": {"ig_stories": [{"title": PRIVATE, "creation_timestamp": SECONDS}]},
        f"{activity}/media/recently_deleted_content.json": {
            "ig_recently_deleted_media": [instagram_post(PRIVATE, file="3.jpg")]
        },
        f"{activity}/messages/inbox/bob_1/message_1.json": {"messages": [{"content": PRIVATE}]},
        "personal_information/personal_information/personal_information.json": meta_profile(
            "profile_user", private=private
        ),
        "media/profile/face.jpg": PICTURE,
    }
    return files | {f"{activity}/{name.replace('__', '/')}.json": value for name, value in more.items()}


def facebook_post(text: str, number: int = 0) -> Any:
    """Return a post of your_posts_1.json with a shared link."""
    link = {"external_context": {"url": "https://example.org/" + PRIVATE}}
    return mangled(
        {
            "timestamp": SECONDS + number,
            "attachments": [{"data": [link]}],
            "data": [{"post": text}, {"update_timestamp": SECONDS + number}],
            "title": f"Ada Tésts {PRIVATE} shared a link.",
        }
    )


def facebook_files(*posts: object, folder: str = "your_facebook_activity/posts/") -> dict[str, Content]:
    """Return the files of Facebook's export since 2023."""
    profile = {
        "profile_v2": {
            "name": {"full_name": "Ada Tésts"},
            "emails": {"emails": [f"{PRIVATE}@example.org"]},
            "profile_uri": "https://www.facebook.com/ada.tests",
        }
    }
    comment = {"comment": {"comment": PRIVATE, "author": "Ada Tésts", "timestamp": SECONDS}}
    return {
        f"{folder}your_posts__check_ins__photos_and_videos_1.json": list(posts),
        f"{folder}your_uncategorized_photos.json": {"other_photos_v2": [{"description": PRIVATE}]},
        "your_facebook_activity/groups/your_posts_in_groups.json": [facebook_post(PRIVATE)],
        "your_facebook_activity/messages/inbox/bob_1/message_1.json": {"messages": [{"content": PRIVATE}]},
        "your_facebook_activity/comments_and_reactions/comments.json": {"comments_v2": [{"data": [comment]}]},
        "personal_information/profile_information/profile_information.json": mangled(profile),
    }


REDDIT_POSTS = "id,permalink,date,ip,subreddit,gildings,title,url,body"
REDDIT_COMMENTS = "id,permalink,date,ip,subreddit,gildings,link,parent,body,media"
DAY = "2023-11-14 22:13:20 UTC"


def reddit_post(number: int, title: str, body: str = "") -> tuple[object, ...]:
    """Return a row of posts.csv, with the columns of open parsers of Reddit's export."""
    link = f"https://www.reddit.com/r/test/comments/p{number}/title/"
    return (f"p{number}", link, DAY, PRIVATE, "test", "0", title, link, body)


def reddit_comment(number: int, body: str, parent: str = "") -> tuple[object, ...]:
    """Return a row of comments.csv."""
    link = "https://www.reddit.com/r/test/comments/p7/title/"
    return (f"c{number}", f"{link}c{number}/", DAY, PRIVATE, "test", "0", link, parent, body, "")


def reddit_files(
    posts: list[tuple[object, ...]], comments: list[tuple[object, ...]] | None = None
) -> dict[str, Content]:
    """Return the files of Reddit's export."""
    statistics = table(
        "statistic,value",
        ("account name", "ada_tests"),
        ("export time", DAY),
        ("email address", f"{PRIVATE}@example.org"),
    )
    message = ("m1", "", "", DAY, PRIVATE, "ada_tests", "bob", PRIVATE, PRIVATE)
    return {
        "statistics.csv": statistics,
        "posts.csv": table(REDDIT_POSTS, *posts),
        "comments.csv": table(REDDIT_COMMENTS, *(comments or [])),
        "drafts.csv": table("id,title,body", ("d1", PRIVATE, PRIVATE)),
        "messages.csv": table("id,permalink,thread_id,date,ip,from,to,subject,body", message),
        "chat_history.csv": table("message_id,username,message", ("1", "ada_tests", PRIVATE)),
        "ip_logs.csv": table("date,ip", (DAY, PRIVATE)),
    }


SHARES = "Date,ShareLink,ShareCommentary,SharedUrl,MediaUrl,Visibility"


def linkedin_share(
    number: int, text: str, visibility: str = "MEMBER_NETWORK", shared: str = ""
) -> tuple[object, ...]:
    """Return a row of Shares.csv, with the columns of open parsers of LinkedIn's archive."""
    link = f"https://www.linkedin.com/feed/update/urn%3Ali%3Ashare%3A{7000 + number}"
    return ("2023-11-14 22:13:20", link, text, shared, "", visibility)


def linkedin_files(
    shares: list[tuple[object, ...]], comments: str = "Date,Link,Message\n"
) -> dict[str, Content]:
    """Return the files of LinkedIn's larger archive."""
    profile = table(
        "First Name,Last Name,Maiden Name,Address,Birth Date,Headline",
        ("Ada", "Tests", "", PRIVATE, PRIVATE, "Made up for tests"),
    )
    return {
        "Profile.csv": profile,
        "Shares.csv": table(SHARES, *shares),
        "Comments.csv": comments,
        "Email Addresses.csv": table("Email Address", (f"{PRIVATE}@example.org",)),
        "messages.csv": table("CONVERSATION ID,FROM,CONTENT", ("1", "Ada Tests", PRIVATE)),
        "Connections.csv": "Notes:\n\n" + table("First Name,Last Name", (PRIVATE, PRIVATE)),
    }


def discord_message(number: int, text: str) -> dict[str, object]:
    """Return a message of messages.json, with the fields of open readers of Discord's package."""
    return {
        "ID": 1_180_000_000_000_000_000 + number,
        "Timestamp": "2023-11-14 22:13:20",
        "Contents": text,
        "Attachments": "",
    }


def discord_files(channels: Mapping[str, Content], *, messages: str = "Messages") -> dict[str, Content]:
    """Return the files of Discord's package since 2024; `channels` has messages by type of channel."""
    user = {
        "id": "900000000000000001",
        "username": HANDLE,
        "global_name": NAME,
        "email": f"{PRIVATE}@example.org",
        "relationships": [{"user": {"username": PRIVATE}}],
    }
    files: dict[str, Content] = {
        "Account/user.json": user,
        f"{messages}/index.json": {"1100000000000000000": f"Direct Message with {PRIVATE}#0"},
        "Activity/tns/events-2024-00000-of-00001.json": json.dumps({"ip": PRIVATE}),
        "Servers/index.json": {"1000000000000000009": "Test Club"},
        "Servers/1000000000000000009/guild.json": {"id": "1000000000000000009"},
    }
    for number, (kind, content) in enumerate(channels.items()):
        name = f"{messages}/c{1_100_000_000_000_000_000 + number}"
        form = "csv" if isinstance(content, str) else "json"
        files[f"{name}/channel.json"] = {"id": "1", "type": int(kind) if kind.isdecimal() else kind}
        files[f"{name}/messages.{form}"] = content
    return files


def telegram_message(number: int, text: object, who: int = 1, **fields: object) -> dict[str, object]:
    """Return a message of result.json, with the fields of Telegram Desktop that are not empty."""
    return {
        "id": number,
        "type": "message",
        "date": "2023-11-14T23:13:20",
        "date_unixtime": str(SECONDS + number),
        "from": {1: NAME, 2: "Bob", 3: "Eve"}[who],
        "from_id": f"user{who}",
        "text": text,
        "text_entities": [{"type": "plain", "text": "as in text"}],
        **fields,
    }


def telegram_chat(
    *messages: dict[str, Any], kind: str = "private_supergroup", number: int = 5
) -> dict[str, object]:
    """Return a chat as it is exported alone."""
    return {"name": "Test Club", "type": kind, "id": number, "messages": list(messages)}


def telegram_everything(*chats: dict[str, Any], left: tuple[dict[str, Any], ...] = ()) -> dict[str, object]:
    """Return the export of everything."""
    owner = {
        "user_id": 1,
        "first_name": "Ada",
        "last_name": "Tests",
        "phone_number": PRIVATE,
        "username": "@ada_tests",
        "bio": "Made up for tests",
    }
    contacts = [{"user_id": 2, "first_name": PRIVATE, "phone_number": PRIVATE, "date": "2023-11-14T23:13:20"}]
    return {
        "about": "Here is the data you requested. [It is in lists.]",
        "personal_information": owner,
        "contacts": {"about": "These are your contacts.", "list": contacts},
        "chats": {"about": "These are your chats.", "list": list(chats)},
        "left_chats": {"about": "These are chats you left.", "list": list(left)},
    }


SUBSTACK = (
    "post_id,post_date,is_published,email_sent_at,inbox_sent_at,type,audience,title,subtitle,podcast_url"
)


def substack_row(
    name: str, title: str, audience: str = "everyone", published: str = "true"
) -> tuple[object, ...]:
    """Return a row of posts.csv, with the columns that Ghost's migration tool and others read."""
    return (name, "2023-11-14T22:13:20.000Z", published, "", "", "newsletter", audience, title, "", "")


def substack_files(rows: list[tuple[object, ...]], pages: Mapping[str, str]) -> dict[str, Content]:
    """Return the files of Substack's export."""
    return {
        "posts.csv": table(SUBSTACK, *rows),
        "email_list.adatests.csv": table("email,active_subscription", (f"{PRIVATE}@example.org", "false")),
        **{f"posts/{name}.html": page for name, page in pages.items()},
        **{f"posts/{name}.opens.csv": f"email\n{PRIVATE}@example.org\n" for name in pages},
    }


def nostr_event(
    number: int, content: str, kind: int = 1, tags: list[list[str]] | None = None, who: str = "a"
) -> dict[str, Any]:
    """Return an event as NIP-01 defines it, with a signature that is not valid."""
    return {
        "id": f"{number:064x}",
        "pubkey": who * 64,
        "created_at": SECONDS + number,
        "kind": kind,
        "tags": tags or [],
        "content": content,
        "sig": "0" * 128,
    }


def rss(*items: str, channel: str = "") -> str:
    """Return a feed of RSS 2.0 with the modules that blogs use."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/" '
        'xmlns:wp="http://wordpress.org/export/1.2/">\n<channel><title>Ada\'s tests</title>'
        "<link>https://example.org/</link><description>Made up for tests</description>"
        f"<language>en</language>{channel}{''.join(items)}</channel></rss>"
    )


def rss_item(number: int, body: str, *, title: str = "", more: str = "") -> str:
    """Return an item of such a feed; `body` is HTML."""
    return (
        f"<item><title>{title}</title><link>https://example.org/{number}</link>"
        f"<guid>https://example.org/?p={number}</guid><pubDate>Tue, 14 Nov 2023 22:13:20 +0000</pubDate>"
        f"<description><![CDATA[{body}]]></description>{more}</item>\n"
    )


def tumblr_post(number: int, kind: str, inside: str, **attributes: str) -> str:
    """Return a post of posts.xml, as in published readers of this export; `inside` is XML."""
    defaults = {
        "id": str(180_000_000_000 + number),
        "url": f"https://ada-tests.tumblr.com/post/{180_000_000_000 + number}",
        "type": kind,
        "date-gmt": "2023-11-14 22:13:20 GMT",
        "unix-timestamp": str(SECONDS + number),
        "format": "html",
        "state": "published",
        "is_reblog": "false",
        "tumblelog": "ada-tests",
    }
    written = " ".join(f'{name}="{value}"' for name, value in (defaults | attributes).items())
    return f"<post {written}>{inside}<tag>{PRIVATE}</tag></post>\n"


def tumblr_text(number: int, body: str, **attributes: str) -> str:
    """Return a text post; `body` is HTML."""
    return tumblr_post(number, "regular", f"<regular-body>{escape(body)}</regular-body>", **attributes)


def tumblr_files(*posts: str) -> dict[str, Content]:
    """Return the files of Tumblr's export, unpacked."""
    posts_xml = '<?xml version="1.0" encoding="UTF-8"?>\n<tumblr version="1.0">\n<posts>\n'
    return {
        "posts/posts.xml": f"{posts_xml}{''.join(posts)}</posts>\n</tumblr>",
        "posts/html/180000000000.html": PRIVATE,
        "messages.xml": f"<conversations><message>{PRIVATE}</message></conversations>",
        "media/180000000000.jpg": PICTURE,
    }


def write_arrow(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write Arrow's stream format with batches of a thousand rows, as the library datasets does."""
    import pyarrow as pa  # noqa: PLC0415 -- slow to load, needed in few tests

    table = pa.Table.from_pylist(rows)
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as stream:
        stream.write_table(table, max_chunksize=1000)


def numbered_texts(count: int) -> list[str]:
    """Return the texts of the posts in the contract's tests."""
    return [f"post number {n}" for n in range(count)]


def _threads(folder: Path, count: int) -> Path:
    posts = [threads_post(text, n) for n, text in enumerate(numbered_texts(count))]
    return write_export(folder / "export.zip", threads_files(*posts))


def _instagram(folder: Path, count: int) -> Path:
    posts = [instagram_post(text, n) for n, text in enumerate(numbered_texts(count))]
    return write_export(folder / "export.zip", instagram_files(*posts))


def _facebook(folder: Path, count: int) -> Path:
    posts = [facebook_post(text, n) for n, text in enumerate(numbered_texts(count))]
    return write_export(folder / "export.zip", facebook_files(*posts))


def _reddit(folder: Path, count: int) -> Path:
    posts = [reddit_post(n, text) for n, text in enumerate(numbered_texts(count))]
    return write_export(folder / "export.zip", reddit_files(posts))


def _linkedin(folder: Path, count: int) -> Path:
    shares = [linkedin_share(n, text) for n, text in enumerate(numbered_texts(count))]
    return write_export(folder / "export.zip", linkedin_files(shares))


def _discord(folder: Path, count: int) -> Path:
    messages = [discord_message(n, text) for n, text in enumerate(numbered_texts(count))]
    return write_export(folder / "package.zip", discord_files({"GUILD_TEXT": messages}))


def _telegram(folder: Path, count: int) -> Path:
    chat = telegram_chat(*(telegram_message(n, text) for n, text in enumerate(numbered_texts(count))))
    path = folder / "result.json"
    path.write_text(json.dumps(telegram_everything(chat), indent=1))
    return path


def _whatsapp(folder: Path, count: int) -> Path:
    path = folder / "WhatsApp Chat with Bob.txt"
    path.write_text("".join(f"14/11/2023, 22:13 - {NAME}: {text}\n" for text in numbered_texts(count)))
    return path


def _substack(folder: Path, count: int) -> Path:
    rows = [substack_row(f"{n}.slug", text) for n, text in enumerate(numbered_texts(count))]
    return write_export(folder / "export.zip", substack_files(rows, {}))


def _nostr(folder: Path, count: int) -> Path:
    path = folder / "nostr-backup.jsonl"
    profile = nostr_event(count, json.dumps({"name": NAME}), kind=0)
    events = [profile, *(nostr_event(n, text) for n, text in enumerate(numbered_texts(count)))]
    path.write_text("\n".join(map(json.dumps, events)))
    return path


def _feed(folder: Path, count: int) -> Path:
    path = folder / "feed.xml"
    path.write_text(rss(*(rss_item(n, text) for n, text in enumerate(numbered_texts(count)))))
    return path


def _tumblr(folder: Path, count: int) -> Path:
    posts = [tumblr_text(n, f"<p>{text}</p>") for n, text in enumerate(numbered_texts(count))]
    return write_export(folder / "export.zip", tumblr_files(*posts))


def _hf_dataset(folder: Path, count: int) -> Path:
    path = folder / "data-00000-of-00001.arrow"
    write_arrow(path, [{"text": text, "user": HANDLE} for text in numbered_texts(count)])
    return path


# For each source, a function that writes a location with posts "post number 0", "post number 1" and so on.
def slack_message(number: int, text: str, user: str = "U1", **fields: object) -> dict[str, object]:
    """Return a message of a channel, as Slack's help pages show it."""
    return {"type": "message", "user": user, "text": text, "ts": f"{1_700_000_000 + number}.000100", **fields}


def slack_files(days: Mapping[str, Content]) -> dict[str, Content]:
    """Return the files of an export of Slack; `days` has messages as `general/2024-01-01`."""
    people = {"U1": (HANDLE, NAME), "U2": ("bob", "Bob Tests")}
    users = [
        {"id": key, "name": name, "profile": {"real_name": shown}} for key, (name, shown) in people.items()
    ]
    return {
        "users.json": users,
        "channels.json": [{"id": "C1", "name": "general"}, {"id": "C2", "name": "tea"}],
        "groups.json": [{"id": "G1", "name": "secret"}],
        "dms.json": [{"id": "D1", "members": ["U1", "U2"]}],
        **{f"{day}.json": messages for day, messages in days.items()},
    }


def _slack(folder: Path, count: int) -> Path:
    messages = [slack_message(n, text) for n, text in enumerate(numbered_texts(count))]
    return write_export(folder / "slack.zip", slack_files({"general/2023-11-14": messages}))


FIXTURES = {
    "discord": _discord,
    "facebook_export": _facebook,
    "feed": _feed,
    "hf_dataset": _hf_dataset,
    "instagram_export": _instagram,
    "linkedin": _linkedin,
    "nostr": _nostr,
    "reddit_export": _reddit,
    "slack": _slack,
    "substack": _substack,
    "telegram": _telegram,
    "threads_export": _threads,
    "tumblr": _tumblr,
    "whatsapp": _whatsapp,
}
