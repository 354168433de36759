"""Files and fields that hold what others wrote, or what few could read, in the forms of more places."""

from __future__ import annotations

import json

import pytest

from huggingtweets import sources
from huggingtweets.errors import LocationError
from huggingtweets.sources import ReadOptions

MINE, THEIRS, SECRET = "my own words", "xyzzy their words", "PRIVATE words"
ROCKET = {"ts": {"$date": "2024-05-01T10:11:12Z"}, "rid": "GENERAL"}


def write(tmp_path, content, file="posts.json"):
    path = tmp_path / file
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return str(path)


def texts(location, **options):
    return [post.text for post in sources.read(location, ReadOptions(**options)).posts]


@pytest.mark.parametrize(
    "file",
    [
        "likes.csv",
        "Liked Posts.csv",
        "favourites.csv",
        "my-bookmarks-2024.csv",
        "saved_posts.csv",
        "drafts.csv",
        "deleted-tweets.csv",
        "direct-messages.csv",
        "my-dms.csv",
        "Recommendations Received.csv",
    ],
)
def test_a_file_that_is_called_so_is_not_ones_published_posts(tmp_path, file):
    """Tables of what a person likes, drafted or sent to one have no field that says so; their names do."""
    location = write(tmp_path, f"id,text\n1,{SECRET}\n", file)
    with pytest.raises(LocationError, match=r"is called .*--one-author"):
        texts(location, name="Ada")
    assert texts(location, name="Ada", one_author=True) == [SECRET]


@pytest.mark.parametrize(
    "file", ["posts.csv", "messages.csv", "ada likes tea.csv", "draft-horses.csv", "inbox-zero-blog.csv"]
)
def test_other_words_in_the_name_of_a_file_close_nothing(tmp_path, file):
    """Only names that say nothing else are taken at their word."""
    assert texts(write(tmp_path, f"id,text\n1,{MINE}\n", file), name="Ada") == [MINE]


@pytest.mark.parametrize(
    ("field", "own", "closed"),
    [
        ("is_pm", "No", "Yes"),
        ("confidential", False, True),
        ("internal", False, True),
        ("system", False, True),
        ("dead", None, "true"),
        ("кому видно", "всем", "только друзьям"),
        ("Wer kann das sehen", "Alle", "Nur Freunde"),
        ("Qui peut voir", "Tout le monde", "Mes amis"),
        ("видимість", "публічний", "друзі"),
        ("ความเป็นส่วนตัว", "สาธารณะ", "เพื่อน"),
        ("hidden_from", "", "everyone"),
        ("for_subscribers", False, True),
        ("takedown", False, True),
        ("status", {"privacyStatus": "public"}, {"privacyStatus": "private"}),
        ("type", "", "system_join_channel"),
    ],
)
def test_more_fields_close_a_record(tmp_path, field, own, closed):
    """Those of Discourse, GitLab, Hacker News, Mattermost and of forms in many languages."""
    records = [{"author": "ada", "text": MINE, field: own}, {"author": "ada", "text": SECRET, field: closed}]
    assert texts(write(tmp_path, records)) == [MINE]


@pytest.mark.parametrize(
    ("field", "one", "other"),
    [
        ("system", "iOS", "Android"),
        ("internal_id", 7, 8),
        ("international", "yes", "no"),
        ("last_seen", "2024-05-01", "2024-05-02"),
        ("status", "sent", "sent"),
    ],
)
def test_fields_of_like_names_close_nothing(tmp_path, field, one, other):
    """What they hold is no flag, or says nothing of who could read."""
    records = [{"author": "ada", "text": f"{MINE} {value}", field: value} for value in (one, other)]
    assert len(texts(write(tmp_path, records))) == len(records)


def test_a_text_behind_a_password_is_not_read(tmp_path):
    """WordPress says so in the object around the text."""
    records = [
        {"content": {"rendered": f"<p>{text}</p>", "protected": locked}, "date": "2024-05-01"}
        for text, locked in ((MINE, False), (SECRET, True))
    ]
    assert texts(write(tmp_path, records), name="Ada") == [MINE]


def test_what_was_only_sent_by_mail_is_not_read(tmp_path):
    """Beside `published`, Ghost's `sent` is for members; alone, it says that a post is out."""
    posts = [{"plaintext": MINE, "status": "published"}, {"plaintext": SECRET, "status": "sent"}]
    assert texts(write(tmp_path, {"posts": posts}), name="Ada") == [MINE]


def test_messages_of_rocket_chat_are_read_without_notices_and_direct_rooms(tmp_path):
    """The id of a direct room is made of those of the two who are in it."""
    ada, bob = {"_id": "adaada", "username": "ada"}, {"_id": "bobbob", "username": "bob"}
    records = [
        {**ROCKET, "msg": MINE, "u": ada},
        {**ROCKET, "msg": THEIRS, "u": bob},
        {**ROCKET, "msg": "ada", "u": ada, "t": "uj"},
        {**ROCKET, "msg": SECRET, "u": ada, "rid": "adaadabobbob"},
    ]
    assert texts(write(tmp_path, records), handle="ada") == [MINE]
    with pytest.raises(LocationError, match="several people"):
        texts(write(tmp_path, records[:2]))


def test_messages_of_mattermost_are_read_by_their_ids(tmp_path):
    """They are in an object, not in a list; what others like is not entered in that form either."""
    messages = {str(n): {"id": str(n), "user_id": who, "message": text} for n, (who, text) in enumerate(
        [("u1", MINE), ("u2", THEIRS)]
    )}  # fmt: skip
    page = {"order": ["0", "1"], "posts": messages, "likes": {"9": {"id": "9", "message": THEIRS}}}
    assert texts(write(tmp_path, page), handle="u1") == [MINE]


@pytest.mark.parametrize("name", ["Chat History with bob:", "chatMessages", "chat_log"])
def test_a_list_that_is_called_a_chat_is_not_entered(tmp_path, name):
    """Those of TikTok and others have no other mark."""
    with pytest.raises(LocationError):
        texts(write(tmp_path, {name: [{"From": "ada", "Content": SECRET}]}), handle="ada")


def test_who_owns_a_wall_did_not_write_all_on_it(tmp_path):
    """Friendica names the owner of the export, that of the wall, and who wrote."""
    records = [
        {"uid": 2, "owner-name": "Ada", "author-name": name, "body": text}
        for name, text in (("Ada", MINE), ("Bob", THEIRS))
    ]
    assert texts(write(tmp_path, records), handle="Ada") == [MINE]
    with pytest.raises(LocationError, match="several people"):
        texts(write(tmp_path, records))


@pytest.mark.parametrize(
    "header",
    ["Date,Name,Year,Letterboxd URI,Review", "Date,Author,Title,ISBN,My Review", "D,Name,IMDb,i,Your Review"],
)
def test_the_name_of_what_is_reviewed_is_no_writer(tmp_path, header):
    """A table with ids of films or books has their names, and those of their authors."""
    rows = "".join(f"2024-05-0{n},Work {n},x,y{n},{MINE} {n}\n" for n in (1, 2, 3))
    assert len(texts(write(tmp_path, f"{header}\n{rows}", "reviews.csv"), name="Ada")) == 3


def test_a_column_of_highlights_is_no_text(tmp_path):
    """They are of books, and no one's posts."""
    with pytest.raises(LocationError, match="no column of text"):
        texts(write(tmp_path, f"Title,Highlight text\nTea,{THEIRS}\n", "kobo.csv"), name="Ada")


@pytest.mark.parametrize("fence", ["---", "+++"])
def test_a_page_with_fields_above_its_text_is_refused(tmp_path, fence):
    """The fields may say that it is a draft."""
    with pytest.raises(LocationError, match="fields above its text"):
        texts(write(tmp_path, f"{fence}\ntitle: Tea\ndraft: true\n{fence}\n{SECRET}\n", "a.txt"), name="Ada")


def test_lines_between_posts_are_no_fields(tmp_path):
    """`---` may part posts."""
    assert MINE in texts(write(tmp_path, f"---\n{MINE}\n---\n{MINE} too\n", "a.txt"), name="Ada")


def test_a_text_in_parts_is_opened_whatever_its_column_is_called(tmp_path):
    """YouTube's live chats have it in an object in a cell."""
    table = f'Live Chat ID,Channel ID,Live Chat Text\n1,UCa,"{{""text"":""{MINE}""}}"\n'
    assert texts(write(tmp_path, table, "live chats.csv"), name="Ada") == [MINE]


def test_a_draft_has_no_date_of_publication(tmp_path):
    """Strapi and others say it so; where no record was published, or no other date is, nothing is known."""
    records = [
        {"author": "ada", "text": text, "created_at": "2024-05-01", "published_at": day}
        for text, day in ((MINE, "2024-05-02"), (SECRET, None))
    ]
    assert texts(write(tmp_path, records)) == [MINE]
    assert texts(write(tmp_path, records[1:])) == [SECRET]
    without = [{**record, "created_at": None} for record in records]
    for record in without:
        del record["created_at"]
    assert texts(write(tmp_path, without)) == [MINE, SECRET]


def test_a_receiver_may_be_number_0(tmp_path):
    """Messages of Tinder count those to whom they went."""
    records = [{"to": 0, "from": "You", "message": SECRET}]
    with pytest.raises(LocationError, match="not for everyone"):
        texts(write(tmp_path, records), name="Ada")


def test_comments_below_a_post_are_anothers(tmp_path):
    """The post around them is read, as from Google Plus; a page of own comments has no text itself."""
    comments = [{"author": {"displayName": "Bob"}, "content": THEIRS}]
    post = {"author": {"displayName": "Ada"}, "content": MINE, "comments": comments}
    assert texts(write(tmp_path, post)) == [MINE]
    page = {"title": "x", "comments": [{"author": "ada", "text": MINE}]}
    assert texts(write(tmp_path, page)) == [MINE]


@pytest.mark.parametrize("field", ["Your email address", "E-Mail-Adresse"])
def test_addresses_tell_people_apart(tmp_path, field):
    """As in what forms collect."""
    rows = [{field: "ada@e.org", "text": MINE}, {field: "bob@e.org", "text": THEIRS}]
    assert texts(write(tmp_path, rows), handle="ada@e.org") == [MINE]
    with pytest.raises(LocationError, match="several people"):
        texts(write(tmp_path, rows))


def test_first_names_tell_people_apart(tmp_path):
    """A table of recommendations names who wrote each by first and last name."""
    rows = [{"First Name": name, "Last Name": "Tests", "Text": MINE} for name in ("Bob", "Eve")]
    with pytest.raises(LocationError, match="several people"):
        texts(write(tmp_path, rows))


CHAT = f"Ada: {MINE} now\nBob: {THEIRS}\nAda: {MINE}\nBob: {THEIRS} too"


@pytest.mark.parametrize(
    "content",
    [
        [{"id": n, "text": f"{CHAT} {n}"} for n in range(3)],
        [{"author": "ada", "text": f"{CHAT} {n}"} for n in range(3)],
        [{"id": n, "text": line} for n, line in enumerate(CHAT.split("\n"))],
        CHAT.split("\n"),
        "id,text\n" + "".join(f"1,{line}\n" for line in CHAT.split("\n")),
    ],
)
def test_a_chat_in_a_column_of_texts_is_refused(tmp_path, content):
    """Whole in each cell, or a line in each; `--one-author` reads it."""
    location = write(tmp_path, content, "chat.csv" if isinstance(content, str) else "chat.json")
    with pytest.raises(LocationError, match=r"looks like a chat .*--one-author"):
        texts(location, name="Ada")
    assert texts(location, name="Ada", one_author=True)


def test_one_post_that_is_a_talk_refuses_no_others(tmp_path):
    """A person may write a talk down now and then."""
    posts = [{"text": f"me: {MINE}\ncat: {MINE} too"}, {"text": f"Note: {MINE}"}, {"text": f"{MINE} again"}]
    assert len(texts(write(tmp_path, posts), name="Ada")) == len(posts)


@pytest.mark.parametrize(
    "field", ["reply_author", "Reply author name", "replyUser", "replied_by", "reply_by", "quote_author"]
)
def test_several_people_in_a_field_of_those_who_answer_are_told(tmp_path, field):
    """It may say who wrote, where no other field does and none of it is empty."""
    records = [{"text": MINE, field: "Ada"}, {"text": THEIRS, field: "Bob"}]
    with pytest.raises(LocationError, match=r"several people.*is not who wrote"):
        texts(write(tmp_path, records), name="Grace")
    assert texts(write(tmp_path, records), handle="Ada") == [MINE]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("reply_to_author", ["bob", "eve"]),
        ("in_reply_to_user", ["bob", "eve"]),
        ("reply_author", ["bob", "", "eve"]),
        ("reply_author", ["Ada", "Ada"]),
        ("quoted_author", ["bob", None, "eve"]),
    ],
)
def test_whom_a_person_answers_is_no_writer(tmp_path, field, values):
    """A field that says `to`, or is empty in some records, names others."""
    records = [{"text": f"{MINE} {n}", field: value} for n, value in enumerate(values)]
    assert len(texts(write(tmp_path, records), name="Ada")) == len(values)


def test_whom_texts_begin_with_is_no_writer(tmp_path):
    """A table of answers alone may name in each row whom it answers, with an @ in front of the text."""
    records = [{"text": f"@{who} {MINE}", "replied_user": who} for who in ("bob", "eve")]
    assert len(texts(write(tmp_path, records), name="Ada")) == len(records)


def rows(*fields, **more):
    """Return a message of each of two people, under the names of columns."""
    said = (("Ada", SECRET), ("Bob", THEIRS))
    return [dict(zip(fields, each, strict=True)) | more for each in said]


@pytest.mark.parametrize(
    "records",
    [
        rows("AuthorName", "ContentXml", ConversationId="8:live:bob", ConversationName="Bob"),
        rows("author", "text", conversation_id="8:live:.cid.1a2b"),
        rows("author", "text", conversation_id="8:+4915112345678"),
        rows("from", "body", thread_id="19:meeting_x@thread.v2"),
        rows("Sender", "Message", **{"Conversation Name": "Bob"}),
        rows("Sender", "Message", **{"Chat with": "Bob"}),
    ],
)
def test_chats_of_skype_and_teams_are_not_read(tmp_path, records):
    """The ids of their conversations have a form of their own; posts have no conversation with a name."""
    for some in (records, records[:1]):
        with pytest.raises(LocationError, match="not for everyone"):
            texts(write(tmp_path, some), handle="Ada")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("conversation_id", "1234567890123"),
        ("conversation", "tag:e.org,2024-05-01:objectId=1:objectType=Conversation"),
        ("thread", "10:30"),
        ("thread_title", "On tea"),
    ],
)
def test_conversations_of_posts_close_nothing(tmp_path, field, value):
    """X and Mastodon number what belongs together, and forums have titles."""
    assert texts(write(tmp_path, [{"author": "ada", "text": MINE, field: value}])) == [MINE]


@pytest.mark.parametrize(
    "form",
    [
        "27/Apr/24 10:1{} AM;bob;{}",
        "2024-05-01T10:11:1{}Z;bob;{}",
        "01.05.2024 10:1{};712020:aaaa-bbbb;{}",
        "2024-05-01 10:1{} | Bob Stone | {}",
        "2024-05-01 10:1{}\tBob Stone\t{}",
        "[2024-05-01 10:1{}] Bob Stone: {}",
        "2024-05-01 10:1{} - Bob Stone (Work notes)\n{}",
        "2024-05-01 10:1{}, Bob Stone, {}",
        "bob;27/Apr/24 10:1{} AM;{}",
    ],
)
def test_texts_that_say_in_front_when_and_by_whom_they_are_are_refused(tmp_path, form):
    """A column of comments has several people, though the row has a creator (Jira, ServiceNow)."""
    records = [{"Summary": "x", "Creator": "ada", "Comment": form.format(n, THEIRS)} for n in range(3)]
    for some in (records, records[:1]):
        with pytest.raises(LocationError, match=r"looks like a chat .*--one-author"):
            texts(write(tmp_path, some))


@pytest.mark.parametrize(
    "form",
    [
        "my own words; so; it is {}",
        "2024-05-0{}: my own words",
        "10:1{} and my own words",
        "2024-05-01 10:1{} so it is, and my own words are here",
        "May {}, 2024: my own words, and more",
    ],
)
def test_a_diary_is_read(tmp_path, form):
    """A date or a clock before own words names nobody."""
    records = [{"author": "ada", "comment": form.format(n)} for n in range(1, 4)]
    assert len(texts(write(tmp_path, records))) == len(records)
