"""X's archive in the forms of all years since 2019: layouts, parts, edits, circles and protected accounts.

Written by hand from the forms that X describes in each archive's README.txt, and from public parsers' notes.
"""

from __future__ import annotations

import json

import pytest

from huggingtweets import DataConfig, inspect
from huggingtweets.errors import BrokenArchive, LocationError
from huggingtweets.sources import Match, ReadOptions, x_archive
from huggingtweets.sources._formats.x_posts import Tweet
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
    """Return a version of a post; the first one records edits differently."""
    control = {"editTweetIds": versions, "editsRemaining": "4", "isEditEligible": True}
    later = {"edit": {"initialTweetId": versions[0], "editControlInitial": control}}
    return tweet(number, text, edit_info={"initial": control} if first else later)


@pytest.mark.parametrize("wrapped", [True, False])
@pytest.mark.parametrize("inside", ["", "data"])
def test_tweet_js_of_2019_to_2022_is_read(tmp_path, wrapped, inside):
    """tweet.js is read at the top or in data/, with or without a wrapper around each record."""
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
    """Parts of tweet.js are read in order: 10 after 2."""
    write(tmp_path, "tweet.js", data("tweet", [tweet(0, "post number 0")]))
    for part in (1, 2, 10):
        write(tmp_path, f"tweet-part{part}.js", data("tweet", [tweet(part, f"post number {part}")]))
    assert texts(tmp_path, handle="ada") == [f"post number {n}" for n in (0, 1, 2, 10)]


def later_part(folder, tweets, *, user="Ada_Tests", partial=True):
    """Write the folder of a second zip: some posts and a manifest, but no account."""
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
    """A later part is read by the name in its manifest, though files of other zips are missing."""
    path = zip_folder(later_part(tmp_path / "x", [tweet(2, "a b c")]), tmp_path / "x.zip")
    assert x_archive.recognises(str(path)) is Match.CONTENT
    timeline = x_archive.read(str(path), ReadOptions())
    assert (timeline.account.handle, timeline.account.name) == ("Ada_Tests", "Ada (a test)")
    assert [post.id for post in timeline.posts] == ["2"]


def test_a_whole_archive_that_lacks_a_part_is_refused(tmp_path):
    """A whole archive without a listed file is refused."""
    folder = later_part(tmp_path / "x", [tweet(2, "a b c")], partial=False)
    with pytest.raises(BrokenArchive, match=r"lacks tweets\.js"):
        read_all(folder)


def test_a_later_part_that_names_nobody_takes_the_handle_given(tmp_path):
    """A later part without a name in its manifest takes the user's handle."""
    folder = later_part(tmp_path / "x", [tweet(2, "a b c")], user="")
    assert read_all(folder, handle="ada")[0].author == "ada"
    with pytest.raises(LocationError, match="--handle"):
        read_all(folder)


def test_the_parts_of_one_archive_become_one_person(tmp_path):
    """Several zips of one archive become one author, with the account of the zip that has it."""
    first = write_folder(tmp_path / "1", [tweet(1, "the first part of the posts")])
    second = later_part(tmp_path / "2", [tweet(2, "the other part of the posts")])
    [inspection] = inspect(DataConfig(locations=(str(first), str(second))))
    assert inspection.author.account.avatar
    assert inspection.author.cleaned.funnel.read == 2


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("known", [True, False])
def test_only_the_last_version_of_an_edited_post_is_read(tmp_path, newest_first, known):
    """Earlier versions of an edited post are skipped, by their own list or that of later versions."""
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
    """A later version a hundred posts away, in the next file, is found; the order of the others stays."""
    others = [tweet(n, f"post {n}") for n in range(100, 600)]
    first, last = edited(5, "one tipo", ["5"], first=True), edited(6, "one typo", ["5", "6"], first=False)
    records = [*others[:300], first, *others[300:450], last, *others[450:]]
    folder = write_folder(tmp_path / "x", records, parts=2)
    posts = [f"post {n}" for n in range(100, 600)]
    assert texts(folder) == [*posts[:450], "one typo", *posts[450:]]


def test_an_earlier_version_alone_is_left_out(tmp_path):
    """An earlier version is skipped even if the last one is missing."""
    first = edited(5, "one tipo", ["5", "6"], first=True)
    assert texts(write_folder(tmp_path / "x", [first, tweet(7, "another")])) == ["another"]


def test_posts_of_a_circle_are_left_out(tmp_path):
    """Posts to a circle are skipped, though tweets.js has them."""
    hidden = tweet(999, f"between us: {PRIVATE}")
    folder = write_folder(tmp_path / "x", [hidden, tweet(1, "for everybody")])
    assert json.loads((folder / "data" / "twitter-circle-tweet.js").read_text().partition("=")[2])
    assert texts(folder) == ["for everybody"]


def test_a_damaged_list_of_circle_posts_is_refused(tmp_path):
    """If the list of circle posts is damaged, the archive is refused."""
    folder = write_folder(tmp_path / "x", [tweet(1, "for everybody")])
    (folder / "data" / "twitter-circle-tweet.js").write_text("window.YTD.x = [ {")
    with pytest.raises(BrokenArchive, match=r"twitter-circle-tweet\.js"):
        read_all(folder)


@pytest.mark.parametrize("kind", ["twitterCircleTweet", "protectedHistory"])
def test_an_archive_without_what_says_for_whom_posts_were_is_refused(tmp_path, kind):
    """The manifest lists it with entries, but it is in another part, or somebody has taken it out."""
    folder = write_folder(tmp_path / "x", [tweet(999, PRIVATE), tweet(1, "for everybody")])
    manifest, name = (
        folder / "data" / "manifest.js",
        "".join(f"-{c.lower()}" if c.isupper() else c for c in kind),
    )
    (folder / "data" / f"{name}.js").unlink(missing_ok=True)
    content = manifest.read_text()
    for count, refused in (("0", False), ("1", True)):
        files = json.dumps({"files": [{"fileName": f"data/{name}.js", "count": count}]})
        manifest.write_text(content.replace('"dataTypes" : {', f'"dataTypes" : {{"{kind}" : {files}, '))
        if refused:
            with pytest.raises(BrokenArchive, match=f"lacks {name}.js.*give the whole archive"):
                read_all(folder)
        else:
            assert "for everybody" in texts(folder)


def protection(*changes):
    items = [{"protectedHistory": {"protectedAt": at, "action": action}} for at, action in changes]
    return data("protected_history", items)


def test_posts_of_a_protected_account_are_refused(tmp_path):
    """An archive whose last change made the account protected is refused."""
    folder = write_folder(tmp_path / "x", [tweet(1, "a b c")])
    early, late = "2022-11-25T06:40:16.000Z", "2023-01-06T05:39:18.000Z"
    write(folder / "data", "protected-history.js", protection((late, "Unprotect"), (early, "Protect")))
    assert texts(folder) == ["a b c"]
    write(folder / "data", "protected-history.js", protection((late, "Protect"), (early, "Unprotect")))
    with pytest.raises(LocationError, match="only followers of @ada_tests"):
        read_all(folder)


def test_other_files_are_not_read(tmp_path):
    """Likes, posts in communities and articles are not read."""
    folder = write_folder(tmp_path / "x", [tweet(1, "a b c")])
    for name in ("like", "community-tweet", "article", "article-metadata", "reply-prompt"):
        (folder / "data" / f"{name}.js").write_text(f"not JavaScript, {PRIVATE}")
    assert PRIVATE not in repr((read_all(folder), x_archive.read(str(folder), ReadOptions())))


def test_a_retweet_typed_by_hand_is_a_repost(tmp_path):
    """A typed RT with a name is a repost, with or without a colon."""
    folder = write_folder(tmp_path / "x", [tweet(1, "RT @bob what a day"), tweet(2, "RT if you agree")])
    assert [post.kind for post in read_all(folder)] == [PostKind.REPOST, PostKind.ORIGINAL]


def test_a_link_is_found_where_its_indices_are_wrong(tmp_path):
    """A link with wrong indices is found in the text."""
    short = "https://t.co/abcdefghij"
    text = f"🙂🙂 see {short} there"
    url = {"url": short, "expanded_url": "https://example.org", "indices": ["9", "32"]}
    folder = write_folder(tmp_path / "x", [tweet(1, text, entities={"urls": [url]})])
    assert texts(folder) == ["🙂🙂 see https://example.org there"]


def test_mentions_of_a_bare_record_are_read(tmp_path):
    """A record of 2019 without a wrapper loses a reply's leading mentions too."""
    text = "@bob thanks for this"
    record = tweet(1, text, entities={"user_mentions": [mention(text, "bob")]}, in_reply_to_user_id_str="7")
    write(tmp_path, "tweet.js", data("tweet", [record["tweet"]]))
    assert texts(tmp_path, handle="ada") == ["thanks for this"]


@pytest.mark.parametrize(
    "text", ["„@bob: their words“", "« @bob : their words »", "«\u00a0@bob\u00a0: words\u00a0»"]
)
def test_a_post_in_german_or_french_marks_repeats_anothers(text):
    """Apps wrote the marks of the language around what was passed on, with its spaces."""
    assert Tweet(id_str="1", full_text=text).is_repost
