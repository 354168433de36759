"""What was not published yet, is hidden, or has expired is never read; what has appeared is."""

from __future__ import annotations

import csv
import json

import pytest

from huggingtweets import sources
from huggingtweets.errors import LocationError
from huggingtweets.sources import ReadOptions, count_skipped

MINE, SECRET = "my own words", "PRIVATE words"
PAST, LATER, FUTURE = "2024-05-01T10:00:00Z", "2024-05-01T10:00:05Z", "2099-05-01T10:00:00Z"


def write(tmp_path, records, file="posts.json"):
    path = tmp_path / file
    path.write_text(json.dumps(records), encoding="utf-8")
    return str(path)


def texts(location, **options):
    return [post.text for post in sources.read(location, ReadOptions(**options)).posts]


def read_two(tmp_path, own, closed):
    """Read a post with some fields, and another one with others."""
    records = [{"author": "ada", "text": text, **fields} for text, fields in ((MINE, own), (SECRET, closed))]
    return texts(write(tmp_path, records))


SCHEDULED = [
    ({"scheduledAt": None}, {"scheduledAt": PAST}),
    ({"scheduled_at": ""}, {"scheduled_at": FUTURE}),
    ({}, {"scheduled_for": "2024-05-01 10:00"}),
    ({"scheduledat": ""}, {"scheduledat": "tomorrow at ten"}),
    ({"Scheduled Date": ""}, {"Scheduled Date": "05/01/2024 10:00"}),
    ({"schedule_time": 0}, {"schedule_time": 1714557600}),
    ({"isscheduled": "0"}, {"isscheduled": "1"}),
    ({"schedule": None}, {"schedule": {"at": PAST, "timezone": "UTC"}}),
    ({"programado_para": ""}, {"programado_para": "2024-05-01"}),
    ({"geplant am": ""}, {"geplant am": "01.05.2024 10:00"}),
    ({"запланировано на": ""}, {"запланировано на": "01.05.2024"}),
    ({"予約投稿日時": ""}, {"予約投稿日時": "2024/05/01 10:00"}),
    ({"publish_at": PAST}, {"publish_at": FUTURE}),
    ({"published_at": PAST}, {"published_at": FUTURE}),
    ({"embargo_until": "2020-05-01"}, {"embargo_until": "2098-05-01"}),
    ({"visible_from": "2020-05-01"}, {"visible_from": "2098-05-01"}),
    ({"due_at": PAST, "sent_at": LATER}, {"due_at": FUTURE, "sent_at": None}),
    ({"state": "SENT", "scheduledSendTime": PAST}, {"state": "SCHEDULED", "scheduledSendTime": PAST}),
    ({"scheduled_at": PAST, "is_published": True}, {"scheduled_at": PAST, "is_published": False}),
    ({"scheduled_at": None, "status": "approved"}, {"scheduled_at": PAST, "status": "approved"}),
    ({"scheduled_at": PAST, "created_at": LATER}, {"scheduled_at": PAST, "created_at": "2024-04-30"}),
    ({"meta": {"scheduled_at": None}}, {"meta": {"scheduled_at": FUTURE}}),
    ({"status": {"state": "published"}}, {"status": {"state": "scheduled"}}),
]
HIDDEN = [
    ({"hide_status": "NOT_HUSHED"}, {"hide_status": "COVERED"}),
    ({"hide_status": 0}, {"hide_status": 1}),
    ({"hidden_at": None}, {"hidden_at": PAST}),
    ({"hidden_by": ""}, {"hidden_by": "a moderator"}),
    ({"isShow": True}, {"isShow": False}),
    ({"display_status": "shown"}, {"display_status": "hidden"}),
    ({"status": "normal"}, {"status": "hidden"}),
    ({"limited_visibility": False}, {"limited_visibility": True}),
    ({"oculto": "no"}, {"oculto": "sí"}),
    ({"是否隐藏": "否"}, {"是否隐藏": "是"}),
    ({"status": {"hidden": False}}, {"status": {"hidden": True}}),
    ({}, {"is_ephemeral": True}),
    ({"shadowbanned": False}, {"shadowbanned": True}),
    ({"is_shadow_banned": 0}, {"is_shadow_banned": 1}),
    ({"isshadowbanned": "no"}, {"isshadowbanned": "yes"}),
    ({"shadow_banned_at": None}, {"shadow_banned_at": PAST}),
    ({"status": "published"}, {"status": "shadowbanned"}),
    ({"rejected_at": None}, {"rejected_at": PAST}),
    ({"banned_by": None}, {"banned_by": "mod"}),
    ({"archived_at": None}, {"archived_at": PAST}),
    ({"unpublished_at": None}, {"unpublished_at": PAST}),
    ({"taken_down_at": None}, {"taken_down_at": PAST}),
    ({"moderation": {"status": "approved"}}, {"moderation": {"status": "hidden"}}),
]
EXPIRED = [
    ({"expired": False}, {"expired": True}),
    ({"isexpired": "0"}, {"isexpired": "1"}),
    ({"expires_at": FUTURE}, {"expires_at": PAST}),
    ({"expires_at": None}, {"expires_at": PAST}),
    ({"expiringAt": None}, {"expiringAt": 1714557600000}),
    ({"story_expires_at": "never"}, {"story_expires_at": 1714557600}),
    ({"expires": None}, {"expires": {"$date": PAST}}),
    ({"expires_in": -1}, {"expires_in": 86400}),
    ({"visible_until": FUTURE}, {"visible_until": PAST}),
    ({"state": "active"}, {"state": "expired"}),
    ({"expiry_status": "active"}, {"expiry_status": "expired"}),
    ({"caducado": "no"}, {"caducado": "sí"}),
    ({"pleroma": {"expires_at": None}}, {"pleroma": {"expires_at": PAST}}),
]


@pytest.mark.parametrize(("own", "closed"), [*SCHEDULED, *HIDDEN, *EXPIRED])
def test_what_nobody_sees_yet_or_any_more_is_not_read(tmp_path, own, closed):
    """Fields of many names and languages say so by a date, a flag or a word, in the record or below it."""
    assert read_two(tmp_path, own, closed) == [MINE]


@pytest.mark.parametrize(
    "fields",
    [
        {"scheduled": False, "scheduled_at": ""},
        {"scheduled_at": PAST, "published_at": PAST},
        {"scheduled_at": PAST, "status": "published"},
        {"scheduled_at": PAST, "posted": True},
        {
            "scheduled_at": "0001-01-01T00:00:00Z",
            "expires_at": "0000-00-00 00:00:00",
            "hidden_at": "1970-01-01",
        },
        {"from_scheduled": True},
        {"was_scheduled": True},
        {"scheduled_via": "Buffer"},
        {"scheduler_id": 1714557600},
        {"archived_at": PAST},
        {"schedule": "weekly"},
        {"publish_at": PAST},
        {"event_date": FUTURE},
        {"hide_likes": True},
        {"score_hidden": True},
        {"hidden_replies_count": 3},
        {"display_text_range": [0, 10]},
        {"show": "The Kettle"},
        {"age_restricted": True},
        {"text_shadow": True},
        {"ban": "plastic bags"},
        {"withheld_in_countries": ["DE"]},
        {"poll": {"expires_at": PAST, "expired": True}},
        {"poll_expires_at": PAST},
        {"url_expires_at": PAST},
        {"token_expired": True},
        {"expires": "never", "ttl": 0},
        {"mood": "expired"},
    ],
)
def test_what_has_appeared_is_read(tmp_path, fields):
    """A moment that is past, what is empty, and what is about something beside the post close nothing."""
    assert texts(write(tmp_path, [{"author": "ada", "text": MINE, **fields}])) == [MINE]


def test_a_date_that_may_be_past_is_not_in_the_future(tmp_path):
    """The day may come before the month, or behind it: 12/01/2024 and 1/12/2024 are both past."""
    records = [{"author": "ada", "text": MINE, "publish_date": day} for day in ("12/01/2024", "1/12/2024")]
    assert texts(write(tmp_path, records)) == [MINE, MINE]


def test_what_is_left_out_is_counted_by_its_reason(tmp_path):
    """A scheduled post is not published; a hidden or expired one is not for everyone."""
    fields = ({}, {"scheduled_at": FUTURE}, {"hidden_at": PAST}, {"expired": True})
    records = [{"author": "ada", "text": MINE, **each} for each in fields]
    timeline = sources.read(write(tmp_path, records))
    with count_skipped() as skipped:
        assert len(list(timeline.posts)) == 1
    assert skipped == {"not published": 1, "not for everyone": 2}


def test_a_field_that_comes_late_closes_its_record(tmp_path):
    """JSON has it only where it is needed, perhaps behind the records that show the fields."""
    records = [{"author": "ada", "text": f"{MINE} {n}"} for n in range(1200)]
    records.append({"author": "ada", "text": SECRET, "scheduled_for": FUTURE})
    assert SECRET not in texts(write(tmp_path, records))


def test_empty_cells_of_a_table_say_nothing(tmp_path):
    """A table has the column in all rows."""
    path = tmp_path / "posts.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerows([["user", "text", "scheduled_at"], ["ada", MINE, ""], ["ada", SECRET, PAST]])
    assert texts(str(path)) == [MINE]


@pytest.mark.parametrize(
    "name", ["scheduled_posts", "hiddenPosts", "archived_posts", "expired_stories", "queue"]
)
def test_lists_and_files_that_are_called_so_are_not_read(tmp_path, name):
    """Own posts beside such a list are read; a file of that name is refused."""
    closed, own = [{"author": "ada", "text": SECRET}], [{"author": "ada", "text": MINE}]
    assert texts(write(tmp_path, {name: closed, "posts": own})) == [MINE]
    with pytest.raises(LocationError):
        texts(write(tmp_path, {name: closed}))
    with pytest.raises(LocationError, match=r"is called .*--one-author"):
        texts(write(tmp_path, closed, f"{name}.json"))


BLOG = {"alias": "ada", "title": "Ada"}
POST = {"appearance": "norm", "rtl": False, "created": PAST, "slug": None}


def test_archived_tweets_are_ones_own(tmp_path):
    """Whoever saves all that they wrote calls it so; X has no other archive."""
    own = [{"author": "ada", "text": MINE}]
    assert texts(write(tmp_path, own, "archived_tweets.json")) == [MINE]
    assert texts(write(tmp_path, {"archived_tweets": own})) == [MINE]


def test_posts_of_writefreely_without_a_blog_are_drafts(tmp_path):
    """It calls a blog a collection; an address in one is a sign of publication, too."""
    records = [{"id": "1", "body": MINE, "collection": BLOG}, {"id": "2", "body": SECRET, "collection": None}]
    assert texts(write(tmp_path, records), handle="ada") == [MINE]
    assert texts(write(tmp_path, {"data": [{**POST, "body": MINE, "slug": "tea"}]}), handle="ada") == [MINE]
    with pytest.raises(LocationError, match="not published"):
        texts(write(tmp_path, {"data": [{**POST, "body": SECRET}]}), handle="ada")


def test_an_export_of_writefreely_is_read_by_its_public_blogs(tmp_path):
    """Posts in no blog stand beside the blogs, and a blog may be closed."""
    blogs = [
        {"alias": alias, "public": is_public, "posts": [{**POST, "slug": "tea", "body": text}]}
        for alias, is_public, text in (("ada", True, MINE), ("x", False, SECRET))
    ]
    export = {"username": "ada", "collections": blogs, "posts": [{**POST, "body": SECRET}]}
    assert texts(write(tmp_path, export)) == [MINE]


@pytest.mark.parametrize("collections", [["Summer", ""], [None, None], [{"id": 3, "name": "Summer"}, None]])
def test_other_collections_close_nothing(tmp_path, collections):
    """An album or a series is no place of publication."""
    records = [{"author": "ada", "text": f"{MINE} {n}", "collection": c} for n, c in enumerate(collections)]
    assert len(texts(write(tmp_path, records))) == len(records)
