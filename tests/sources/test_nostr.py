"""Events of Nostr, made by hand as NIP-01 defines them, unsigned."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from huggingtweets import sources
from huggingtweets.errors import BrokenArchive, LocationError
from huggingtweets.sources import ReadOptions, count_skipped
from huggingtweets.types import PostKind
from tests.helpers.export_builder import NAME, PRIVATE, nostr_event, write_export

PROFILE = {
    "name": "ada",
    "display_name": NAME,
    "about": "Made up for tests",
    "lud16": f"{PRIVATE}@example.org",
}


def write(tmp_path, events, name="nostr-backup.jsonl"):
    content = json.dumps(events) if name.endswith(".json") else "\n".join(map(json.dumps, events)) + "\n\n"
    return str(write_export(tmp_path, {name: content}) / name)


def read_events(tmp_path, *events, **options):
    timeline = sources.read(write(tmp_path, events), ReadOptions(**options))
    return timeline, list(timeline.posts)


@pytest.mark.parametrize("name", ["nostr-backup.jsonl", "nostr-backup.json", "events.ndjson"])
def test_lines_and_lists_are_read_alike(tmp_path, name):
    """Files with one event a line and files with one list give the same posts."""
    events = [nostr_event(9, json.dumps(PROFILE), kind=0), nostr_event(1, "one é"), nostr_event(2, "two")]
    location = write(tmp_path, events, name)
    assert sources.recognise(location) == "nostr"
    timeline = sources.read(location)
    account = timeline.account
    assert (account.handle, account.name, account.bio) == ("ada", NAME, "Made up for tests")
    posts = list(timeline.posts)
    assert [post.text for post in posts] == ["one é", "two"]
    assert posts[0].created_at == datetime(2023, 11, 14, 22, 13, 21, tzinfo=UTC)
    assert PRIVATE not in repr((account, posts))


@pytest.mark.parametrize("followed", [300, 5000])
def test_a_backup_may_begin_with_a_long_list(tmp_path, followed):
    """The first event is whom somebody follows, its signature last; as a table it would be read otherwise."""
    follows = nostr_event(9, "", kind=3, tags=[["p", f"{number:064x}"] for number in range(followed)])
    signature = follows.pop("sig")
    location = write(tmp_path, [{**follows, "sig": signature}, nostr_event(1, "one")])
    assert sources.recognise(location) == "nostr"
    assert [post.text for post in sources.read(location).posts] == ["one"]


def test_the_answered_note_follows_from_the_tags(tmp_path):
    """The answered note is the marked reference, or the last unmarked one; mentions do not count."""
    root, parent, other = ("1" * 64, "2" * 64, "3" * 64)
    tags = [
        [["e", root, "", "root"], ["e", parent, "", "reply"], ["p", other]],
        [["e", root, "", "root"]],
        [["e", root], ["e", parent]],
        [["e", other, "", "mention"]],
        [["q", other, ""]],
        [["e"], ["t", "tag"]],
    ]
    _, posts = read_events(tmp_path, *(nostr_event(n, f"note {n}", tags=tag) for n, tag in enumerate(tags)))
    assert [(post.kind, post.reply_to) for post in posts] == [
        (PostKind.REPLY, parent),
        (PostKind.REPLY, root),
        (PostKind.REPLY, parent),
        (PostKind.ORIGINAL, None),
        (PostKind.QUOTE, None),
        (PostKind.ORIGINAL, None),
    ]


@pytest.mark.parametrize("kind", [3, 4, 6, 7, 13, 14, 16, 1059, 30023])
def test_only_notes_are_read(tmp_path, kind):
    """Only events of kind 1 are read; messages and reposts are not."""
    _, posts = read_events(tmp_path, nostr_event(1, "mine"), nostr_event(2, PRIVATE, kind=kind))
    assert [post.text for post in posts] == ["mine"]


def test_notes_that_were_deleted_are_never_read(tmp_path):
    """Notes that their own author deleted are not read, wherever the deletion is in the file."""
    deleted, other = nostr_event(1, PRIVATE), nostr_event(2, "mine")
    deletion = nostr_event(3, "", kind=5, tags=[["e", deleted["id"]], ["k", "1"]])
    foreign = nostr_event(4, "", kind=5, tags=[["e", other["id"]]], who="b")
    _, posts = read_events(tmp_path, deleted, other, deletion, foreign)
    assert [post.text for post in posts] == ["mine"]


def test_notes_of_who_wanted_to_vanish_are_never_read(tmp_path):
    """Of an author who asked all relays to forget them, only what was written since is read."""
    vanishing = nostr_event(5, "", kind=62, tags=[["relay", "ALL_RELAYS"]])
    others = [
        nostr_event(7, "", kind=62, tags=[["relay", "wss://a.example"]]),
        {**vanishing, "pubkey": "b" * 64},
    ]
    early, late = nostr_event(1, PRIVATE), nostr_event(6, "mine")
    with count_skipped() as skipped:
        _, posts = read_events(tmp_path, early, late, vanishing, *others)
    assert [post.text for post in posts] == ["mine"]
    assert skipped == {"deleted": 1}


@pytest.mark.parametrize("tag", [["expiration", "1700000005"], ["expiration", "soon"], ["h", "a-group"]])
def test_notes_that_not_everyone_can_see_are_never_read(tmp_path, tag):
    """Notes that have expired, and those of groups, are left out and counted."""
    lasting = nostr_event(2, "mine", tags=[["expiration", "99999999999"]])
    with count_skipped() as skipped:
        _, posts = read_events(tmp_path, nostr_event(1, PRIVATE, tags=[tag]), lasting)
    assert [post.text for post in posts] == ["mine"]
    assert skipped == {"not for everyone": 1}


def test_references_are_no_words(tmp_path):
    """The numbers of tags that stand in the text of older notes are left out; hashtags and lists stay."""
    _, posts = read_events(tmp_path, nostr_event(1, "thanks #[0] and #[12], #one [2]"))
    assert [post.text for post in posts] == ["thanks  and , #one [2]"]


def test_of_several_authors_one_must_be_named(tmp_path):
    """If there are several authors, one is chosen by the newest profile's name, or by key."""
    events = [
        nostr_event(1, "mine"),
        nostr_event(2, PRIVATE, who="b"),
        nostr_event(9, json.dumps(PROFILE), kind=0),
        nostr_event(8, json.dumps({"name": "old"}), kind=0),
        nostr_event(7, "no profile [", kind=0, who="b"),
    ]
    with pytest.raises(LocationError, match=r"'ada' \(1\), 'b+' \(1\); say .* --name"):
        read_events(tmp_path, *events)
    for options in ({"name": "Ada"}, {"handle": "a" * 64}):
        timeline, posts = read_events(tmp_path, *events, **options)
        assert (timeline.account.handle, [post.text for post in posts]) == ("ada", ["mine"])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"id": "1", "pub', "broken at line 2"),
        ('{"id": 1}', "broken at line 2: expected"),
        ("\xff", "line 2"),
    ],
)
def test_broken_lines_are_reported_with_their_number(tmp_path, line, reason):
    """A line that is no event is reported with its number."""
    path = tmp_path / "nostr.jsonl"
    path.write_bytes(json.dumps(nostr_event(1, "mine")).encode() + b"\n" + line.encode("latin-1"))
    with pytest.raises(BrokenArchive, match=reason) as caught:
        list(sources.read(str(path)).posts)
    assert "\n" not in str(caught.value)


def test_other_json_lines_are_not_taken_for_events(tmp_path):
    """Other JSON lines are not recognised."""
    path = tmp_path / "posts.jsonl"
    path.write_text('{"id": 1, "text": "a", "kind": 1}\n')
    assert sources.recognise(str(path)) == "table"
