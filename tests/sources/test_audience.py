"""What was not for everyone, or is another's, is never read, however a record says so."""

from __future__ import annotations

import csv
import json

import pytest

from huggingtweets import sources
from huggingtweets.errors import LocationError
from huggingtweets.sources import ReadOptions, count_skipped
from huggingtweets.types import PostKind

MINE, OTHER, SECRET = "my own words", "xyzzy their words", "PRIVATE words"


def read(tmp_path, records, **options):
    path = tmp_path / "posts.json"
    path.write_text(json.dumps(records), encoding="utf-8")
    return list(sources.read(str(path), ReadOptions(**options)).posts)


def texts(tmp_path, records, **options):
    return [post.text for post in read(tmp_path, records, **options)]


@pytest.mark.parametrize(
    ("field", "open_word", "narrow_word"),
    [
        ("scope", "public", "private"),
        ("Sharing", "Public", "Friends"),
        ("who", "Everyone", "Only me"),
        ("access", "public", "members_only"),
        ("Sichtbarkeit", "Öffentlich", "Nur ich"),
        ("Visibilité", "Public", "Amis proches"),
        ("公開範囲", "公開", "フォロワーのみ"),
        ("可见性", "公开", "好友可见"),
        ("visible", True, False),
        ("only_me", "0", "1"),
        ("is_private_share", False, True),
        ("tombstone", "no", "yes"),
        ("visibility_level", "Public", "Internal"),
        ("Reach", "Public", "Friends except two"),
        ("security", "public", "usemask"),
        ("öffentlich", "ja", "nein"),
        ("private", "nein", "ja"),
        ("Statut", "Publié", "Brouillon"),
        ("moderation", "approved", "rejected"),
        ("for_followers", "false", "true"),
        ("list_only", None, True),
        ("is_archived", None, True),
        ("is_scheduled", "no", "yes"),
        ("limited", None, True),
        ("post_type", "post", "postpone"),
        ("thread_type", "public", "1-1"),
        ("channel", "timeline", "DM"),
        ("moderation", None, "removed"),
        ("status", "published", "archived"),
        ("deletion_time", None, "2024-01-01"),
        ("removed_by", "", "mod"),
        ("sichtbar", "ja", "nein"),
        ("visible", {"type": 0, "list_id": 0}, {"type": 1, "list_id": 0}),
        ("privacy", {"value": "EVERYONE"}, {"value": "ALL_FRIENDS"}),
    ],
)
def test_a_narrow_audience_is_known_by_its_words(tmp_path, field, open_word, narrow_word):
    """A field of any name and language that says who can see a post keeps what is narrow out."""
    words = [(MINE, open_word), (SECRET, narrow_word), (MINE, open_word)]
    assert texts(tmp_path, [{"text": t, "user": "ada", field: w} for t, w in words]) == [MINE, MINE]


@pytest.mark.parametrize("word", ["friends", "Only me", "nur ich"])
def test_a_narrow_word_that_comes_late_counts(tmp_path, word):
    """A field that begins with public posts only is understood when the first narrow one comes."""
    records = [{"text": MINE, "user": "ada", "who": "public"}] * 1200
    assert set(texts(tmp_path, [*records, {"text": SECRET, "user": "ada", "who": word}])) == {MINE}


def test_other_fields_are_not_taken_for_audiences(tmp_path):
    """A mood, a folder or a count that has such a word among others closes nothing."""
    records = [{"text": MINE, "user": "ada", "mood": word} for word in ("public", "private", "tea")]
    assert len(texts(tmp_path, records)) == len(records)


@pytest.mark.parametrize(
    ("field", "everybody", "few"),
    [
        ("reply_settings", "everyone", "following"),
        ("reply_settings", "everyone", "mentionedUsers"),
        ("reply_audience", "EVERYONE", "ACCOUNTS_YOU_FOLLOW"),
        ("comment_permission", "everyone", "friends"),
    ],
)
def test_who_may_answer_a_post_is_not_who_can_read_it(tmp_path, field, everybody, few):
    """X and Threads say of each post who may answer; all can read it."""
    records = [{"text": f"{MINE} {word}", "user": "ada", field: word} for word in (everybody, few, few) * 3]
    assert len(texts(tmp_path, records)) == 9


@pytest.mark.parametrize("name", ["me", "Me", "self", "Family"])
@pytest.mark.parametrize(
    "field", ["author", "user", "from", "Sender Name", "messageSender", "display_name", "автор"]
)
def test_an_author_named_me_closes_nothing(tmp_path, field, name):
    """`me` in the field of the author is a name, and in a field beside it an audience."""
    assert texts(tmp_path, [{"text": MINE, field: name}] * 2) == [MINE, MINE]
    records = [{"text": t, field: name, "audience": a} for t, a in ((MINE, "public"), (SECRET, name))]
    assert texts(tmp_path, records) == [MINE]


def test_an_author_is_no_audience_among_others(tmp_path):
    """Of several people the one named me is read alone; words that are no names still close."""
    people = [{"text": MINE, "author": "me"}, {"text": OTHER, "author": "self"}]
    assert texts(tmp_path, people, handle="me") == [MINE]
    with pytest.raises(LocationError, match="not for everyone"):
        texts(tmp_path, [{"text": SECRET, "account": "private"}] * 2, name="Ada")


@pytest.mark.parametrize(
    "field", ["visibility", "privacy", "audience", "Shared with", "who", "wer darf es sehen"]
)
@pytest.mark.parametrize("word", ["me", "only me", "Only Me", "self"])
def test_a_post_for_its_author_alone_is_not_read(tmp_path, field, word):
    """`me` and `only me` close a post, where a field says for whom it is."""
    records = [{"text": MINE, "author": "me", field: "public"}, {"text": SECRET, "author": "me", field: word}]
    assert texts(tmp_path, records) == [MINE]


def test_both_sides_of_a_signal_chat_are_refused(tmp_path):
    """Messages that came in or went out are those of a private chat."""
    records = [{"body": SECRET, "type": kind} for kind in ("incoming", "outgoing")]
    with pytest.raises(LocationError, match="not for everyone"):
        texts(tmp_path, records, name="Ada")


def test_a_comment_is_read_and_not_the_post_that_it_is_about(tmp_path):
    """Lemmy puts a comment beside the post of another person; deleted comments are left out."""
    around = {"creator": {"name": "ada"}, "post": {"name": OTHER, "body": OTHER}}
    records = [{"comment": {"content": MINE}, **around}]
    records += [{"comment": {"content": SECRET, "deleted": True}, **around}]
    assert texts(tmp_path, records, name="Ada") == [MINE]


def test_the_title_of_a_post_of_lemmy_is_read(tmp_path):
    """It is the author's, and all of a post with a link; a post without both has no text."""
    creator, place = (
        {"name": "ada", "display_name": "Ada"},
        {"name": "tea", "title": OTHER, "description": OTHER},
    )
    link = {"url": "https://example.org", "embed_title": OTHER, "embed_description": OTHER}
    posts = [
        {"id": 1, "name": "A title", "body": MINE},
        {"id": 2, "name": "Only a title", "body": None, **link},
        {"id": 3, "name": "Gone", "body": SECRET, "deleted": True},
        {"id": 4, "name": "Removed", "body": SECRET, "removed": True},
        {"id": 5, "name": " ", "body": MINE},
    ]
    views = [{"post": post, "creator": creator, "community": place, "counts": {"score": 3}} for post in posts]
    expected = [f"A title\n\n{MINE}", "Only a title", MINE]
    for envelope in (
        views,
        {"posts": views},
        {"person_view": {"person": creator}, "comments": [], "posts": views},
    ):
        assert texts(tmp_path, envelope, handle="ada") == expected


def test_a_comment_without_words_is_not_replaced_by_the_post_that_it_is_about(tmp_path):
    """The post beside it stays another's."""
    around = {"creator": {"name": "ada"}, "post": {"name": OTHER, "body": OTHER}}
    records = [{"comment": comment, **around} for comment in ({"id": 1}, {"id": 2, "content": MINE})]
    assert texts(tmp_path, records, handle="ada") == [MINE]


@pytest.mark.parametrize(
    "people",
    [
        [{"text": MINE, "by": "ada"}, {"text": OTHER, "by": "bob"}],
        [{"message": {"body": t}, "commenter": {"name": n}} for t, n in ((MINE, "ada"), (OTHER, "bob"))],
        [{"textOriginal": t, "authorDisplayName": n} for t, n in ((MINE, "ada"), (OTHER, "bob"))],
    ],
)
def test_the_writer_is_known_in_more_places(tmp_path, people):
    """Hacker News, Twitch and YouTube name writers in fields of their own."""
    assert texts(tmp_path, people, handle="ada") == [MINE]
    with pytest.raises(LocationError, match="several people"):
        texts(tmp_path, people)


def test_a_share_without_own_words_is_a_repost(tmp_path):
    """A renote without a text is counted as a repost, and none of its words is read."""
    records = [{"text": None, "renoteId": "1", "renote": {"text": OTHER}, "user": "ada"}]
    posts = read(tmp_path, [*records, {"text": MINE, "renoteId": "1", "user": "ada"}])
    assert [(post.kind, post.text) for post in posts] == [(PostKind.REPOST, ""), (PostKind.QUOTE, MINE)]


def test_posts_of_mastodon_that_are_not_read_are_counted(tmp_path):
    """A post to followers in an outbox is left out, and the count says so."""
    person, public = "https://example.social/users/ada", "https://www.w3.org/ns/activitystreams#Public"
    items = [
        {
            "id": f"{person}/{number}/activity",
            "type": "Create",
            "actor": person,
            "to": [audience],
            "object": {"id": f"{person}/{number}", "type": "Note", "content": f"<p>{text}</p>"},
        }
        for number, (text, audience) in enumerate([(MINE, public), (SECRET, f"{person}/followers")])
    ]
    with count_skipped() as skipped:
        assert texts(tmp_path, {"type": "OrderedCollection", "orderedItems": items}) == [MINE]
    assert skipped == {"not for everyone": 1}


def test_a_column_without_a_name_says_nothing(tmp_path):
    """The numbers that pandas writes in front of rows do not make replies of posts."""
    path = tmp_path / "posts.csv"
    path.write_text(",text\n0,one two three\n1,four five six\n")
    kinds = [post.kind for post in sources.read(str(path), ReadOptions(name="Ada")).posts]
    assert kinds == [PostKind.ORIGINAL] * 2


@pytest.mark.parametrize("flag", ["direct", "in_trash", "local_only", "localOnly", "paid"])
def test_further_flags_close_a_record(tmp_path, flag):
    """A flag that only the records have that are not for everyone, whatever its place wrote it for."""
    assert texts(tmp_path, [{"text": MINE, flag: None}, {"text": SECRET, flag: True}], name="Ada") == [MINE]


@pytest.mark.parametrize(
    "record", [{"text_only": True}, {"archived": True, "subreddit": "tea"}, {"removed_links": 2}]
)
def test_flags_of_posts_close_nothing(tmp_path, record):
    """What is in a post, and that nobody can answer to it any more, says nothing about who may read it."""
    assert texts(tmp_path, [{"text": MINE, **record}], name="Ada") == [MINE]


@pytest.mark.parametrize(
    ("received", "sent"),
    [
        ("inbound_ts", "outbound_ts"),
        ("received_at", "sent_at"),
        ("date_received", "date_sent"),
        ("rx_time", "tx_time"),
    ],
)
def test_two_fields_for_what_came_and_what_went_are_those_of_a_chat(tmp_path, received, sent):
    """Where each record has one of the two, it is a message; posts that have both, or one alone, are read."""
    rows = [{received: "2024-01-01 10:00", "text": OTHER}, {sent: "2024-01-01 10:01", "text": MINE}]
    with pytest.raises(LocationError, match="not for everyone"):
        texts(tmp_path, rows, name="Ada")
    assert texts(tmp_path, [{received: "2024-01-01", sent: "2024-01-01", "text": MINE}], name="Ada") == [MINE]
    assert texts(tmp_path, [{received: "2024-01-01", "text": MINE}], name="Ada") == [MINE]


def test_an_encrypted_chat_of_messenger_is_not_read(tmp_path):
    """Its export of end-to-end encrypted chats has other fields than that of the others."""
    messages = [{"senderName": "Ada", "text": SECRET, "timestamp": 1700000000000}]
    with pytest.raises(LocationError, match="direct or private"):
        texts(tmp_path, {"participants": ["Ada"], "threadName": "Bob", "messages": messages}, handle="Ada")


@pytest.mark.parametrize("field", ["chat", "channel", "conversation", "room", "Thread"])
@pytest.mark.parametrize(
    "place", [{"type": "private"}, {"is_im": True}, {"is_private": True}, {"isDM": True}, {"type": "DM"}]
)
def test_a_message_says_in_an_object_that_its_chat_is_closed(tmp_path, field, place):
    """Bots of Telegram and the search of Slack put the chat into each message."""
    records = [
        {"text": MINE, "user": "ada", field: {"type": "channel", "is_im": False, "is_private": False}},
        {"text": SECRET, "user": "ada", field: place},
    ]
    assert texts(tmp_path, records) == [MINE]
    path = tmp_path / "posts.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(records[0]))
        writer.writeheader()
        writer.writerows({**record, field: json.dumps(record[field])} for record in records)
    assert [post.text for post in sources.read(str(path)).posts] == [MINE]


def test_messages_of_bluesky_are_not_read(tmp_path):
    """Their type says so, in an answer that does not say whose chat it is."""
    kind = "chat.bsky.convo.defs#messageView"
    messages = [{"$type": kind, "id": "1", "text": SECRET, "sender": {"did": "did:plc:ada"}}] * 2
    with pytest.raises(LocationError, match="not for everyone"):
        texts(tmp_path, {"messages": messages, "cursor": "x"}, handle="did:plc:ada")


def test_messages_of_google_chat_are_not_read(tmp_path):
    """Its writers are humans or bots, as in no place where everyone reads."""
    messages = [
        {"creator": {"name": who, "user_type": "Human"}, "text": SECRET, "topic_id": "x"}
        for who in ("ada", "bob")
    ]
    with pytest.raises(LocationError, match="not for everyone"):
        texts(tmp_path, {"messages": messages}, handle="ada")


def test_who_owns_an_answer_tells_the_sides(tmp_path):
    """Threads says it in a flag, where nobody asked for the writers."""
    records = [{"text": t, "is_reply_owned_by_me": o} for t, o in ((MINE, True), (OTHER, False))]
    with pytest.raises(LocationError, match="not for everyone"):
        texts(tmp_path, {"data": records}, name="Ada")


@pytest.mark.parametrize("field", ["profile", "contact", "имя", "발신자", "nom", "gibberish"])
def test_the_field_that_holds_just_the_name_that_is_wanted_is_the_authors(tmp_path, field):
    """A field of any name; other people's records are not read as the wanted person's."""
    assert texts(tmp_path, [{"text": MINE, field: "ada"}, {"text": OTHER, field: "bob"}], handle="ada") == [
        MINE
    ]


@pytest.mark.parametrize("field", ["Verfasst von", "Written by", "Lähettäjä", "Kto", "dc:creator", "Alias"])
def test_a_writer_is_known_by_the_words_of_a_fields_name(tmp_path, field):
    """Where the person who is named is not among the writers, the table is refused and names them."""
    with pytest.raises(LocationError, match=r"ada.*bob"):
        texts(tmp_path, [{field: "ada", "text": MINE}, {field: "bob", "text": OTHER}], name="Grace")


@pytest.mark.parametrize(("own", "other"), [("me", "Bob"), ("user", "assistant"), ("@ada", "@bob")])
def test_a_field_of_any_name_that_holds_people_is_the_authors(tmp_path, own, other):
    """`me` beside a name, a machine beside its user, and handles with their @ are people."""
    with pytest.raises(LocationError, match="several people"):
        texts(tmp_path, [{"x": own, "text": MINE}, {"x": other, "text": OTHER}], name="Grace")


@pytest.mark.parametrize(
    ("field", "own", "other"),
    [
        ("Direction", "sent", "received"),
        ("fromMe", True, False),
        ("x", "Outgoing", "Incoming"),
        ("outgoing", "1", "0"),
    ],
)
def test_messages_with_a_direction_are_never_read(tmp_path, field, own, other):
    """What was sent to one person, or received, is no post."""
    with pytest.raises(LocationError, match="not for everyone"):
        texts(tmp_path, [{field: own, "text": MINE}, {field: other, "text": OTHER}], name="Ada")


def test_a_column_that_holds_only_me_is_read_where_the_user_says_that_me_is_the_writer(tmp_path):
    """It may as well say who could read the posts: they are read with --handle me alone."""
    records = [{"x": "me", "text": f"{MINE} {n}"} for n in range(3)]
    with pytest.raises(LocationError, match="not for everyone"):
        texts(tmp_path, records, name="Ada")
    assert len(texts(tmp_path, records, handle="me")) == 3


def test_a_writer_whom_only_later_records_name_is_another(tmp_path):
    """JSON has some fields only where they are needed, perhaps after the records that show the fields."""
    records = [{"text": f"{MINE} {n}"} for n in range(1200)]
    with pytest.raises(LocationError, match="several people"):
        texts(tmp_path, [*records, {"text": OTHER, "user": "bob"}], name="Ada")


def test_private_messages_on_a_page_of_lemmy_are_not_read(tmp_path):
    """They stand beside the person's comments, with their writers."""
    made = {"creator": {"name": "ada"}}
    page = {
        "private_messages": [{"private_message": {"content": SECRET}, **made}],
        "comments": [{"comment": {"id": n, "content": f"{MINE} {n}"}, **made} for n in range(2)],
    }
    assert texts(tmp_path, page) == [f"{MINE} 0", f"{MINE} 1"]


def test_a_listing_of_reddit_and_an_export_of_ghost_are_read(tmp_path):
    """Their records are in lists that lie deeper, and visibility and drafts count there, too."""
    children = [{"kind": "t1", "data": {"author": "ada", "body": MINE}}]
    assert texts(tmp_path, {"kind": "Listing", "data": {"children": children}}) == [MINE]
    posts = [
        {"plaintext": MINE, "status": "published", "visibility": "public"},
        {"plaintext": SECRET, "status": "draft", "visibility": "public"},
        {"plaintext": SECRET, "status": "published", "visibility": "members"},
    ]
    assert texts(tmp_path, {"db": [{"meta": {}, "data": {"posts": posts}}]}, name="Ada") == [MINE]


@pytest.mark.parametrize(
    ("field", "own", "other"),
    [
        ("sent", True, False),
        ("Mine?", "x", ""),
        ("own", 1, 0),
        ("by_me", "yes", "no"),
        ("Did I write this", "WAHR", "FALSCH"),
        ("von mir", "ja", "nein"),
        ("is_user", True, False),
        ("theirs", False, True),
        ("type", 2, 1),
        ("Direction", "→", "←"),
        ("flow", "outgoing message", "incoming message"),
        ("Richtung", 1, 2),
        ("Phone", "+49 170 1234567", "+49 170 7654321"),
        ("number", "0170 1234567", "0170 7654321"),
        ("message_type", 1, 0),
        ("messageType", -1, 1),
        ("who", "0", "1"),
        ("type", 23, 20),
        ("type", 1, 20),
        ("box", 10485783, 10485780),
        ("is_reply_from_other", False, True),
        ("réponse de l'agent", "non", "oui"),
        ("customer_reply", 1, 0),
        ("otherSide", 0, 1),
        ("Empfangen", "nein", "ja"),
        ("Sent?", "✓", "✗"),
        ("folder", "Sent Items", "INBOX"),
    ],
)
def test_flags_codes_and_telephones_tell_the_sides_of_a_chat(tmp_path, field, own, other):
    """Whatever says which side a message is from makes a chat of a table, which is not read."""
    records = [{field: own, "body": MINE}, {field: other, "body": OTHER}] * 2
    with pytest.raises(LocationError, match="not for everyone"):
        texts(tmp_path, records, name="Ada")


@pytest.mark.parametrize(("giver", "receiver"), [("from", "to"), ("Von", "An"), ("От", "Кому")])
def test_what_goes_from_one_to_another_is_no_post(tmp_path, giver, receiver):
    """A receiver beside a sender is that of a message."""
    with pytest.raises(LocationError, match="not for everyone"):
        texts(tmp_path, [{giver: "ada", receiver: "bob", "text": SECRET}] * 2)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("in_reply_to_self", [True, False]),
        ("liked_by_me", [True, False]),
        ("email_sent", [True, False]),
        ("own", [None, None]),
        ("number", [1, 2]),
        ("author", [1, 1]),
        ("dir", ["ltr", "rtl"]),
        ("topic", ["Tea", "Trains"]),
        ("Stimmung", ["heiter", "müde"]),
        ("source", ["Tusky", "Ivory"]),
        ("city", ["Berlin", "Paris"]),
        ("type", [0, 19]),
        ("message_type", [1, 1]),
        ("is_self_reply", [True, False]),
        ("has_agent_reply", [True, False]),
        ("is_reply_to_customer", [True, False]),
        ("is_bot", [False, False]),
        ("is_staff", [0, 0]),
        ("agent", ["", ""]),
        ("user", ["0", "0"]),
        ("Client", ["TweetDeck", "Twitter for Android"]),
        ("useragent", ["Chrome", "Safari"]),
        ("Role", ["author", "author"]),
        ("folder", ["Travel", "Work"]),
    ],
)
def test_fields_of_posts_do_not_make_a_chat(tmp_path, field, values):
    """What a post is about, and what its author did with it, says nothing about who wrote it."""
    records = [{"text": f"{MINE} {n}", field: value} for n, value in enumerate(values * 3)]
    assert len(texts(tmp_path, records, name="Ada")) == 6


def test_a_speaker_who_comes_late_is_another(tmp_path):
    """A flag that the records which show the fields have not set closes those that have it."""
    records = [{"text": f"{MINE} {n}", "is_staff": False} for n in range(1200)]
    read_texts = texts(tmp_path, [*records, {"text": OTHER, "is_staff": True}], name="Ada")
    assert len(read_texts) == 1200
    assert OTHER not in read_texts


def test_own_texts_of_reddit_are_no_messages(tmp_path):
    """There `is_self` tells a text from a link."""
    posts = [{"data": {"author": "ada", "selftext": MINE, "is_self": True}}]
    assert texts(tmp_path, {"kind": "Listing", "data": {"children": posts}}) == [MINE]


@pytest.mark.parametrize(
    ("field", "own", "other"),
    [
        ("Role", "user", "assistant"),
        ("role", "Human", "GPT"),
        ("Rolle", "Kunde", "Berater"),
        ("роль", "пользователь", "ассистент"),
        ("role", "tenant", "landlord"),
        ("role", "me", "you"),
        ("sender_type", "contact", "agent"),
        ("event", "user_message", "bot_message"),
        ("x", "<user>", "<bot>"),
        ("Agent", "Ada", "Bob"),
        ("agent id", 3, 4),
        ("Client Name", "Ada L.", "Bob S."),
        ("Source user", "ada", "bob"),
        ("source_user_id", 11, 12),
        ("speaker", 0, 1),
        ("user_id", 1, 0),
        ("sender", 0.0, 1.0),
    ],
)
def test_both_sides_of_a_talk_are_people(tmp_path, field, own, other):
    """A role, an agent, a client or a number says who speaks, 0 as well: one of them has to be chosen."""
    records = [{field: own, "text": MINE}, {field: other, "text": OTHER}] * 2
    with pytest.raises(LocationError, match="several people"):
        texts(tmp_path, records, name="Grace")
    assert texts(tmp_path, records, handle=str(own).removesuffix(".0")) == [MINE] * 2


@pytest.mark.parametrize(
    "field",
    ["Channel", "Who said it", "Speaker name", "Kanal", "Quién lo dijo", "频道", "화자", "x", "Column 2"],
)
@pytest.mark.parametrize(("own", "other"), [("Ada Lark", "Bob Stone"), ("ada", "bob"), ("阿達", "小明")])
def test_names_that_recur_beside_a_text_are_its_writers(tmp_path, field, own, other):
    """They are named whatever their field is called, and nobody's records are read until one is chosen."""
    records = [{field: own, "text": MINE}, {field: other, "text": OTHER}] * 3
    with pytest.raises(LocationError, match=r"several people.*choose with --handle"):
        texts(tmp_path, records, name="Grace")
    assert texts(tmp_path, records, handle=own) == [MINE] * 3


def test_what_was_taken_for_names_is_said(tmp_path):
    """Where a column of another meaning looks like one of names, its name is told."""
    records = [{"xyz": word, "text": MINE} for word in ("One", "Two")] * 3
    with pytest.raises(LocationError, match="add --one-author if 'xyz' is not who wrote"):
        texts(tmp_path, records, name="Ada")


def nested(path, author):
    """Return an author at the end of a way through objects."""
    first, *rest = path.split(".")
    return {first: nested(".".join(rest), author) if rest else author}


@pytest.mark.parametrize(
    "path", ["meta.author", "data.author.username", "_source.user", "extra.sender.name", "info.posted_by"]
)
def test_an_author_in_objects_of_any_name_is_found(tmp_path, path):
    """However deep the writer's field is, other people's records are not read."""
    records = [{"text": MINE, **nested(path, "ada")}, {"text": OTHER, **nested(path, "bob")}]
    with pytest.raises(LocationError, match=r"ada.*bob"):
        texts(tmp_path, records, name="Grace")
    assert texts(tmp_path, records, handle="ada") == [MINE]


@pytest.mark.parametrize("path", ["meta.author", "_source.user.name"])
def test_an_author_in_objects_is_found_where_other_records_have_a_field(tmp_path, path):
    """One record that says its writer in another place does not hide the writers of all others."""
    records = [{"text": MINE, **nested(path, "ada")}, {"text": OTHER, **nested(path, "bob")}] * 2
    records.append({"id": 5, "text": f"{MINE} too", "user": "ada"})
    with pytest.raises(LocationError, match=r"ada.*bob"):
        texts(tmp_path, records, name="Grace")
    assert texts(tmp_path, records, handle="ada") == [MINE, MINE, f"{MINE} too"]


@pytest.mark.parametrize(
    "path", ["embed.author.name", "card.author", "quoted.user", "reply_to.author", "media.owner"]
)
def test_the_author_of_something_else_is_not_the_writer(tmp_path, path):
    """Previews of links, pictures and quoted posts in a record have writers of their own."""
    records = [{"text": f"{MINE} {who}", **nested(path, who)} for who in ("ada", "bob")]
    assert len(texts(tmp_path, records, name="Grace")) == len(records)


def test_a_room_of_matrix_is_read_without_what_is_quoted_and_attached(tmp_path):
    """The text is in `content`; pictures have the name of a file there, and notices have no text."""

    def event(content, kind="m.room.message", who="@ada:e.org"):
        return {"type": kind, "sender": who, "content": content, "event_id": "$1", "origin_server_ts": 1}

    messages = [
        event({"msgtype": "m.text", "body": MINE}),
        event({"msgtype": "m.text", "body": f"> <@bob:e.org> {OTHER}\n\n{MINE} too"}),
        event({"msgtype": "m.image", "body": "velvet.jpg"}),
        event({"membership": "join", "displayname": "Ada"}, "m.room.member"),
        event({"msgtype": "m.text", "body": OTHER}, who="@bob:e.org"),
    ]
    assert texts(tmp_path, {"room_name": "Tea", "messages": messages}, handle="@ada:e.org") == [
        MINE,
        f"{MINE} too",
    ]


def comment(text, **more):
    return {"kind": "t1", "data": {"author": "ada", "subreddit": "tea", "body": text, **more}}


def post(text, **more):
    return {"kind": "t3", "data": {"author": "ada", "subreddit": "tea", "selftext": text, **more}}


@pytest.mark.parametrize(
    "children",
    [
        [comment(MINE), comment(f"{MINE} 2"), post(f"{MINE} 3")],
        [post(MINE), post(f"{MINE} 2"), post(f"{MINE} 3"), comment(f"{MINE} 4")],
        [*(comment(f"{MINE} {n}") for n in range(1100)), post(f"{MINE} last")],
    ],
)
def test_posts_and_comments_in_one_listing_of_reddit_are_read(tmp_path, children):
    """Each has its text in a field of its own, however many there are of the other kind before it."""
    own = [record["data"].get("body") or record["data"]["selftext"] for record in children]
    closed = [post(OTHER, author="bob"), post(SECRET, removed_by_category="moderator")]
    listing = {"kind": "Listing", "data": {"children": [*children, *closed]}}
    assert texts(tmp_path, listing, handle="ada") == own


def test_the_post_beside_a_comment_of_reddit_is_anothers(tmp_path):
    """Where records have both fields, that of posts is never read, not even where the comment is empty."""
    records = [
        {"author": "ada", "subreddit": "tea", "body": body, "selftext": f"{OTHER} and many more"}
        for body in (MINE, f"{MINE} 2", "")
    ]
    assert texts(tmp_path, records) == [MINE, f"{MINE} 2"]
