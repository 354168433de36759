"""X's archive in the forms of all years since 2019: layouts, parts, edits, circles and protected accounts.

Written by hand from the forms that X describes in each archive's README.txt, and from public parsers' notes.
"""

from __future__ import annotations

import json

import pytest

from huggingtweets import DataConfig, inspect
from huggingtweets.errors import BrokenArchive, LocationError
from huggingtweets.sources import Match, ReadOptions, x_archive
from huggingtweets.types import PostKind
from tests.helpers.archive_builder import (
    HANDLE,
    PRIVATE,
    javascript,
    mention,
    tweet,
    write_folder,
    zip_folder,
)


def read_all(path, **options):
    return list(x_archive.read(str(path), ReadOptions(**options)).posts)


def texts(path, **options):
    return [post.text for post in read_all(path, **options)]


def write(folder, name, content):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(content, encoding="utf-8")


def data(name, items):
    return javascript(f"YTD.{name}.part0", items)


def edited(number, text, versions, *, first):
    """A version of a post; the first one tells of edits otherwise than the later ones."""
    control = {"editTweetIds": versions, "editsRemaining": "4", "isEditEligible": True}
    later = {"edit": {"initialTweetId": versions[0], "editControlInitial": control}}
    return tweet(number, text, edit_info={"initial": control} if first else later)


@pytest.mark.parametrize("wrapped", [True, False])
@pytest.mark.parametrize("inside", ["", "data"])
def test_tweet_js_of_2019_to_2022_is_read(tmp_path, wrapped, inside):
    """At the top or in data/, with the wrapper around each record or without it."""
    records = [tweet(n, f"post number {n}") for n in range(3)]
    items = records if wrapped else [record["tweet"] for record in records]
    write(tmp_path / "old" / inside, "tweet.js", data("tweet", items))
    account = {"username": HANDLE, "accountId": "42", "accountDisplayName": "Ada", "email": PRIVATE}
    write(tmp_path / "old" / inside, "account.js", data("account", [{"account": account}]))
    zipped = zip_folder(tmp_path / "old", tmp_path / "old.zip")
    for path in (tmp_path / "old", zipped):
        assert x_archive.recognises(str(path)) is Match.CONTENT
        assert texts(path) == ["post number 0", "post number 1", "post number 2"]
        assert x_archive.read(str(path), ReadOptions()).account.name == "Ada"


def test_parts_of_the_old_name_are_found(tmp_path):
    """tweet.js was split in the same way, and ten comes after two."""
    write(tmp_path, "tweet.js", data("tweet", [tweet(0, "post number 0")]))
    for part in (1, 2, 10):
        write(tmp_path, f"tweet-part{part}.js", data("tweet", [tweet(part, f"post number {part}")]))
    assert texts(tmp_path, handle="ada") == [f"post number {n}" for n in (0, 1, 2, 10)]


def later_part(folder, tweets, *, user="Ada_Tests", partial=True):
    """A second zip's folder: some of the posts and a manifest, but no account."""
    write(folder / "data", "tweets-part1.js", data("tweets", tweets))
    files = [{"fileName": f"data/tweets{part}.js", "count": "2"} for part in ("", "-part1")]
    config = {
        "userInfo": {"accountId": "42", "userName": user, "displayName": "Ada (a test)"},
        "archiveInfo": {"isPartialArchive": partial, "maxPartSizeBytes": "53687091200"},
        "dataTypes": {"tweets": {"files": files}},
    }
    write(folder / "data", "manifest.js", javascript("__THAR_CONFIG", config))
    return folder


def test_a_later_part_is_read_without_the_account(tmp_path):
    """Its manifest names the person, and lists files that are in another zip."""
    path = zip_folder(later_part(tmp_path / "x", [tweet(2, "a b c")]), tmp_path / "x.zip")
    assert x_archive.recognises(str(path)) is Match.CONTENT
    timeline = x_archive.read(str(path), ReadOptions())
    assert (timeline.account.handle, timeline.account.name) == ("Ada_Tests", "Ada (a test)")
    assert [post.id for post in timeline.posts] == ["2"]


def test_a_whole_archive_that_lacks_a_part_is_refused(tmp_path):
    """Only an archive that says it is partial may lack what it lists."""
    folder = later_part(tmp_path / "x", [tweet(2, "a b c")], partial=False)
    with pytest.raises(BrokenArchive, match=r"lacks tweets\.js"):
        read_all(folder)


def test_a_later_part_that_names_nobody_takes_the_handle_given(tmp_path):
    """Without a name in the manifest the user says whose it is."""
    folder = later_part(tmp_path / "x", [tweet(2, "a b c")], user="")
    assert read_all(folder, handle="ada")[0].author == "ada"
    with pytest.raises(LocationError, match="--handle"):
        read_all(folder)


def test_the_parts_of_one_archive_become_one_person(tmp_path):
    """Several zips given as several locations are joined, with the account of the one that has it."""
    first = write_folder(tmp_path / "1", [tweet(1, "the first part of the posts")])
    second = later_part(tmp_path / "2", [tweet(2, "the other part of the posts")])
    [found] = inspect(DataConfig(locations=(str(first), str(second))))
    assert found.author.account.avatar
    assert found.author.cleaned.funnel.read == 2


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("known", [True, False])
def test_only_the_last_version_of_an_edited_post_is_read(tmp_path, newest_first, known):
    """Earlier versions go, by what they know of later ones, or else by what later ones say."""
    versions = ["5", "17", "1000"]
    records = [
        edited(5, "one tipo", versions if known else ["5"], first=True),
        edited(17, "one typo", versions if known else ["5", "17"], first=False),
        edited(1000, "no typo", versions, first=False),
        tweet(2000, "another"),
    ]
    folder = write_folder(tmp_path / "x", records[::-1] if newest_first else records)
    assert set(texts(folder)) == {"no typo", "another"}


def test_a_version_is_found_behind_many_other_posts(tmp_path):
    """A later version can lie a hundred posts behind, in the next file; the order of the others stays."""
    others = [tweet(n, f"post {n}") for n in range(100, 600)]
    first, last = edited(5, "one tipo", ["5"], first=True), edited(6, "one typo", ["5", "6"], first=False)
    records = [*others[:300], first, *others[300:450], last, *others[450:]]
    folder = write_folder(tmp_path / "x", records, parts=2)
    posts = [f"post {n}" for n in range(100, 600)]
    assert texts(folder) == [*posts[:450], "one typo", *posts[450:]]


def test_an_earlier_version_alone_is_left_out(tmp_path):
    """Where an archive lacks the last version, as one part of several can, the one before is no post."""
    first = edited(5, "one tipo", ["5", "6"], first=True)
    assert texts(write_folder(tmp_path / "x", [first, tweet(7, "another")])) == ["another"]


def test_posts_of_a_circle_are_left_out(tmp_path):
    """tweets.js can hold them, too: what the circle's file lists does not come in from anywhere."""
    hidden = tweet(999, f"between us: {PRIVATE}")
    folder = write_folder(tmp_path / "x", [hidden, tweet(1, "for everybody")])
    assert json.loads((folder / "data" / "twitter-circle-tweet.js").read_text().partition("=")[2])
    assert texts(folder) == ["for everybody"]


def test_a_damaged_list_of_circle_posts_is_refused(tmp_path):
    """Where it is not known which posts are private, none is read."""
    folder = write_folder(tmp_path / "x", [tweet(1, "for everybody")])
    (folder / "data" / "twitter-circle-tweet.js").write_text("window.YTD.x = [ {")
    with pytest.raises(BrokenArchive, match=r"twitter-circle-tweet\.js"):
        read_all(folder)


def protection(*changes):
    items = [{"protectedHistory": {"protectedAt": at, "action": action}} for at, action in changes]
    return data("protected_history", items)


def test_posts_of_a_protected_account_are_refused(tmp_path):
    """What counts is the last change: while an account is protected, all of its posts are."""
    folder = write_folder(tmp_path / "x", [tweet(1, "a b c")])
    early, late = "2022-11-25T06:40:16.000Z", "2023-01-06T05:39:18.000Z"
    write(folder / "data", "protected-history.js", protection((late, "Unprotect"), (early, "Protect")))
    assert texts(folder) == ["a b c"]
    write(folder / "data", "protected-history.js", protection((late, "Protect"), (early, "Unprotect")))
    with pytest.raises(LocationError, match="only followers of @ada_tests"):
        read_all(folder)


def test_what_is_no_public_post_stays_closed(tmp_path):
    """Likes, posts in communities and articles are in the archive and are not read."""
    folder = write_folder(tmp_path / "x", [tweet(1, "a b c")])
    for name in ("like", "community-tweet", "article", "article-metadata", "reply-prompt"):
        (folder / "data" / f"{name}.js").write_text(f"not JavaScript, {PRIVATE}")
    assert PRIVATE not in repr((read_all(folder), x_archive.read(str(folder), ReadOptions())))


def test_a_retweet_typed_by_hand_is_a_repost(tmp_path):
    """Before there was a button for it people wrote RT and a name, with a colon or without."""
    folder = write_folder(tmp_path / "x", [tweet(1, "RT @bob what a day"), tweet(2, "RT if you agree")])
    assert [post.kind for post in read_all(folder)] == [PostKind.REPOST, PostKind.ORIGINAL]


def test_a_link_is_found_where_its_indices_are_wrong(tmp_path):
    """Indices that count something else than code points do not spoil the text."""
    short = "https://t.co/abcdefghij"
    text = f"🙂🙂 see {short} there"
    url = {"url": short, "expanded_url": "https://example.org", "indices": ["9", "32"]}
    folder = write_folder(tmp_path / "x", [tweet(1, text, entities={"urls": [url]})])
    assert texts(folder) == ["🙂🙂 see https://example.org there"]


def test_mentions_of_a_bare_record_are_read(tmp_path):
    """The form of 2019 is the same within: a reply loses the names it begins with."""
    text = "@bob thanks for this"
    record = tweet(1, text, entities={"user_mentions": [mention(text, "bob")]}, in_reply_to_user_id_str="7")
    write(tmp_path, "tweet.js", data("tweet", [record["tweet"]]))
    assert texts(tmp_path, handle="ada") == ["thanks for this"]
