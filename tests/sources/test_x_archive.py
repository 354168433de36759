"""X's archive: posts are as typed and of the right kind, and nothing private is read."""

from __future__ import annotations

import builtins
import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from huggingtweets import sources
from huggingtweets.errors import BrokenArchive, LocationError
from huggingtweets.sources import ReadOptions
from huggingtweets.types import PostKind
from tests.helpers.archive_builder import (
    AVATAR,
    HANDLE,
    PRIVATE,
    javascript,
    link,
    mention,
    note,
    tweet,
    write_folder,
    write_zip,
    zip_folder,
)

SAMPLE = Path(__file__).parents[2] / "src" / "huggingtweets" / "data" / "sample-archive.zip"
SHORT = "https://t.co/abcdefghij"
OTHER = "https://t.co/klmnopqrst"


def read_all(path, **options):
    return list(sources.read(str(path), ReadOptions(**options)).posts)


def read_one(tmp_path, record, **archive):
    [post] = read_all(write_folder(tmp_path / "archive", [record], **archive))
    return post


def test_a_plain_post_has_everything_the_archive_knows(tmp_path):
    """Id, author, text, time, kind, language and link are read."""
    post = read_one(tmp_path, tweet(123, "Hello there, world"))
    assert (post.id, post.author, post.text, post.lang) == ("123", HANDLE, "Hello there, world", "en")
    assert post.created_at == datetime(2018, 10, 10, 20, 19, 24, tzinfo=UTC)
    assert post.url == f"https://x.com/{HANDLE}/status/123"
    assert (post.kind, post.reply_to) == (PostKind.ORIGINAL, None)


def test_the_account_comes_from_account_and_profile_without_the_address(tmp_path):
    """Handle, name, bio and avatar are read, and the e-mail address is in no field."""
    account = sources.read(str(write_zip(tmp_path / "x.zip", [tweet(1, "a b c")]))).account
    assert (account.handle, account.name, account.bio) == (HANDLE, "Ada (a test)", "Made up for tests")
    assert account.avatar == AVATAR
    assert PRIVATE not in repr(account)


def test_links_are_expanded_by_indices_of_the_escaped_text(tmp_path):
    """Links are replaced by indices of the escaped text; escapes are undone afterwards."""
    text = f"R&amp;D 🙂 &lt;3 {SHORT} &gt; that &amp;lt; {OTHER}"
    urls = [
        link(text, SHORT, "https://example.org/?a=1&lt;=2"),
        link(text, OTHER, "https://example.org/b"),
    ]
    post = read_one(tmp_path, tweet(1, text, entities={"urls": urls}))
    assert post.text == "R&D 🙂 <3 https://example.org/?a=1&lt;=2 > that &lt; https://example.org/b"


@pytest.mark.parametrize("end", [10**30, 99, -(10**30)])
def test_a_mention_that_ends_nowhere_costs_nothing(tmp_path, end):
    """Indices of a damaged archive may be outside of the text, and of what a processor counts."""
    record = tweet(1, "@bob look at this", in_reply_to_status_id_str="7")
    record["tweet"]["entities"] = {"user_mentions": [{"screen_name": "bob", "indices": ["0", str(end)]}]}
    assert read_one(tmp_path, record).text == "@bob look at this"


def test_media_links_are_deleted(tmp_path):
    """The link of pictures is removed, and so are links to X's own pages of pictures."""
    text = f"look {OTHER} at this {SHORT}"
    media = [link(text, SHORT, f"https://twitter.com/{HANDLE}/status/1/photo/1")]
    urls = [link(text, OTHER, "https://x.com/somebody/status/77/video/1")]
    post = read_one(tmp_path, tweet(1, text, entities={"media": media, "urls": urls}))
    assert (post.text.split(), post.kind) == (["look", "at", "this"], PostKind.ORIGINAL)


@pytest.mark.parametrize("site", ["https://twitter.com", "https://x.com", "http://mobile.twitter.com"])
def test_a_quote_at_the_end_is_taken_out_of_the_text(tmp_path, site):
    """A post that ends with a link to another post is a quote, without that link."""
    text = f"so true {SHORT} {OTHER}"
    entities = {
        "urls": [link(text, SHORT, f"{site}/somebody/status/77?s=20")],
        "media": [link(text, OTHER, f"https://twitter.com/{HANDLE}/status/1/photo/1")],
    }
    post = read_one(tmp_path, tweet(1, text, entities=entities))
    assert (post.text, post.kind) == ("so true", PostKind.QUOTE)


def test_a_quote_in_the_middle_stays_in_the_text(tmp_path):
    """A link to another post in the middle stays in the text."""
    text = f"see {SHORT} for why"
    urls = [link(text, SHORT, "https://x.com/somebody/status/77")]
    post = read_one(tmp_path, tweet(1, text, entities={"urls": urls}))
    assert (post.text, post.kind) == ("see https://x.com/somebody/status/77 for why", PostKind.QUOTE)


def test_a_retweet_is_recognised_by_its_text_alone(tmp_path):
    """A text that begins with `RT @name` is a repost; the same letters elsewhere change nothing."""
    texts = ["RT @somebody: their words, cut…", "I RT @somebody: often", "RT if you agree"]
    folder = write_folder(tmp_path / "archive", [tweet(n, text) for n, text in enumerate(texts)])
    assert [post.kind for post in read_all(folder)] == [PostKind.REPOST, PostKind.ORIGINAL, PostKind.ORIGINAL]


def test_a_retweet_whose_links_lie_behind_its_cut_end_is_read(tmp_path):
    """Indices beyond the text, as in cut retweets, are ignored."""
    urls = [{"url": SHORT, "expanded_url": "https://example.org", "indices": ["130", "153"]}]
    post = read_one(tmp_path, tweet(1, "RT @a: short…", entities={"urls": urls}))
    assert post.text == "RT @a: short…"


def test_a_reply_loses_the_mentions_it_begins_with_and_no_others(tmp_path):
    """A reply loses the mentions at its beginning; later ones stay."""
    text = "@bob @eve thanks @bob, you too"
    mentions = [mention(text, "bob"), mention(text, "eve")]
    later = text.rindex("@bob")
    mentions.append({"screen_name": "bob", "indices": [str(later), str(later + 4)]})
    reply = {
        "in_reply_to_status_id_str": "5",
        "in_reply_to_user_id_str": "7",
        "in_reply_to_screen_name": "bob",
    }
    post = read_one(tmp_path, tweet(1, text, entities={"user_mentions": mentions}, **reply))
    assert (post.text, post.kind, post.reply_to) == ("thanks @bob, you too", PostKind.REPLY, "5")


def test_a_post_that_begins_with_a_mention_and_answers_nobody_keeps_it(tmp_path):
    """A post that begins with a mention and is no reply keeps it."""
    text = "@bob is great"
    post = read_one(tmp_path, tweet(1, text, entities={"user_mentions": [mention(text, "bob")]}))
    assert (post.text, post.kind) == (text, PostKind.ORIGINAL)


def test_a_reply_to_a_person_who_is_gone_is_still_a_reply(tmp_path):
    """Any of the three fields of a reply makes a reply."""
    post = read_one(tmp_path, tweet(1, "hm, no", in_reply_to_user_id_str="7"))
    assert (post.kind, post.reply_to) == (PostKind.REPLY, None)


def test_a_thread_is_a_reply_to_oneself(tmp_path):
    """A post of a thread is a reply to the post before it."""
    own = {
        "in_reply_to_status_id_str": "1",
        "in_reply_to_user_id_str": "42",
        "in_reply_to_screen_name": HANDLE,
    }
    folder = write_folder(tmp_path / "archive", [tweet(2, "and second", **own), tweet(1, "first")])
    second, first = read_all(folder)
    assert (second.kind, second.reply_to) == (PostKind.REPLY, first.id)


@pytest.mark.parametrize(
    ("code", "expected"),
    [("en", "en"), ("und", None), ("zxx", None), ("qme", None), ("in", "id"), ("iw", "he"), (None, None)],
)
def test_languages_are_bcp_47(tmp_path, code, expected):
    """X's codes become BCP 47, or None if they name no language."""
    assert read_one(tmp_path, tweet(1, "a b c", lang=code)).lang == expected


def test_a_date_that_cannot_be_read_is_unknown(tmp_path):
    """A broken date is None."""
    assert read_one(tmp_path, tweet(1, "a b c", created_at="yesterday")).created_at is None


LONG = "An evening in six chapters, of which this is the first, and the words go on & on. " * 5


@pytest.mark.parametrize("ending", ["…", f"… {SHORT}"])
@pytest.mark.parametrize("second", ["23", "24", "25"])
def test_a_note_replaces_its_cut_post(tmp_path, ending, second):
    """A note of the same second, give or take one, replaces the cut text; its links are expanded."""
    cut = LONG[:270].replace("&", "&amp;") + ending
    full = note(
        f"2018-10-10T20:19:{second}.000Z",
        LONG + OTHER,
        [{"shortUrl": OTHER, "expandedUrl": "https://example.org/long", "fromIndex": "9", "toIndex": "9"}],
    )
    decoy = note(f"2018-10-10T20:19:{second}.000Z", "Another one, made in the same second.")
    urls = [link(cut, SHORT, "https://twitter.com/i/web/status/1")] if SHORT in cut else []
    post = read_one(tmp_path, tweet(1, cut, entities={"urls": urls}), notes=[decoy, full])
    assert (post.text, post.kind) == (LONG + "https://example.org/long", PostKind.ORIGINAL)


def test_a_note_of_another_time_or_beginning_is_not_taken(tmp_path):
    """Without a matching note a cut post keeps its text, without the link to itself."""
    cut = LONG[:270].replace("&", "&amp;") + f"… {SHORT}"
    urls = [link(cut, SHORT, "https://twitter.com/i/web/status/1")]
    notes = [
        note("2018-10-10T20:19:30.000Z", LONG),
        note("2018-10-10T20:19:24.000Z", "Something else. " * 30),
    ]
    post = read_one(tmp_path, tweet(1, cut, entities={"urls": urls}), notes=notes)
    assert (post.text, post.kind) == (LONG[:270] + "…", PostKind.ORIGINAL)


def test_the_note_of_a_reply_loses_its_first_mentions_too(tmp_path):
    """The note of a reply loses its leading mentions too."""
    cut = "@bob " + LONG[:270].replace("&", "&amp;") + "…"
    record = tweet(1, cut, entities={"user_mentions": [mention(cut, "bob")]}, in_reply_to_user_id_str="7")
    post = read_one(tmp_path, record, notes=[note("2018-10-10T20:19:24.000Z", "@bob " + LONG)])
    assert post.text == LONG.strip()


@pytest.mark.parametrize("inside", ["", "twitter-2024-05-01/"])
def test_zip_and_folder_hold_the_same_posts(tmp_path, inside):
    """The zip, its folder, and the folder above or below give the same posts."""
    folder = write_folder(tmp_path / "outer" / "archive", [tweet(n, f"post number {n}") for n in range(3)])
    zipped = zip_folder(folder, tmp_path / "archive.zip", inside=inside)
    texts = [
        [post.text for post in read_all(path)] for path in (folder, folder.parent, folder / "data", zipped)
    ]
    assert texts == [["post number 0", "post number 1", "post number 2"]] * 4


@pytest.mark.parametrize("manifest", [True, False])
def test_all_parts_are_read_in_order_and_counted(tmp_path, manifest):
    """All parts are read in order; the manifest's counts give the expected number."""
    tweets = [tweet(n, f"post number {n}") for n in range(9)]
    timeline = sources.read(str(write_folder(tmp_path / "archive", tweets, parts=3, manifest=manifest)))
    assert [post.id for post in timeline.posts] == [str(n) for n in range(9)]
    assert timeline.expected == (9 if manifest else None)


def test_a_part_that_is_missing_is_reported(tmp_path):
    """An archive without a file of its manifest is refused."""
    folder = write_folder(tmp_path / "archive", [tweet(n, "a b c") for n in range(4)], parts=2)
    (folder / "data" / "tweets-part1.js").unlink()
    with pytest.raises(BrokenArchive, match=r"lacks tweets-part1\.js"):
        read_all(folder)


def test_the_form_before_october_2022_is_read(tmp_path):
    """tweet.js, the name before October 2022, is read."""
    (tmp_path / "data").mkdir()
    content = javascript("YTD.tweet.part0", [tweet(1, "older words")])
    (tmp_path / "data" / "tweet.js").write_text(content, encoding="utf-8")
    assert [post.text for post in read_all(tmp_path, handle="ada")] == ["older words"]


def test_private_files_are_never_opened(tmp_path, monkeypatch):
    """Of a folder only the files of posts and profile are opened, and nothing private is read.

    The posts of a circle are opened for their ids, since tweets.js can hold the same posts.
    """
    folder = write_folder(tmp_path / "archive", [tweet(1, "a b c")], notes=[])
    opened = set()
    real = io.open

    def watch(file, *args, **kwargs):
        if Path(file).is_relative_to(folder):
            opened.add(Path(file).name)
        return real(file, *args, **kwargs)

    monkeypatch.setattr(io, "open", watch)
    monkeypatch.setattr(builtins, "open", watch)
    timeline = sources.read(str(folder))
    content = repr((list(timeline.posts), timeline.account))
    posts = {"note-tweet.js", "tweets.js", "twitter-circle-tweet.js"}
    assert opened == posts | {"account.js", "manifest.js", "profile.js", "42-face.png"}
    assert PRIVATE not in content


def test_private_members_of_a_zip_are_never_opened(tmp_path, monkeypatch):
    """The same holds for a zip, even if the manifest lists a private file as one of posts."""
    folder = write_folder(tmp_path / "archive", [tweet(1, "a b c")])
    manifest = folder / "data" / "manifest.js"
    listed = '"fileName" : "data/deleted-tweets.js"}, {"fileName" : "data/tweets.js"'
    manifest.write_text(manifest.read_text().replace('"fileName" : "data/tweets.js"', listed))
    zipped = zip_folder(folder, tmp_path / "x.zip")
    opened = set()
    real = zipfile.ZipFile.open

    def watch(archive, member, *args, **kwargs):
        opened.add(member.filename)
        return real(archive, member, *args, **kwargs)

    monkeypatch.setattr(zipfile.ZipFile, "open", watch)
    posts = read_all(zipped)
    assert [post.text for post in posts] == ["a b c"]
    account = {"account.js", "manifest.js", "profile.js", "profile_media/42-face.png"}
    assert opened == {f"data/{name}" for name in account | {"tweets.js", "twitter-circle-tweet.js"}}


def test_another_persons_archive_is_refused(tmp_path):
    """A handle other than the archive's is refused; case and @ do not matter."""
    folder = write_folder(tmp_path / "archive", [tweet(1, "a b c")])
    assert len(read_all(folder, handle=f"@{HANDLE.upper()}")) == 1
    with pytest.raises(LocationError, match=f"@{HANDLE}, not of @bob"):
        read_all(folder, handle="bob")


def test_an_archive_that_names_nobody_needs_a_handle(tmp_path):
    """Without account.js and a manifest the user gives the handle."""
    folder = write_folder(tmp_path / "archive", [tweet(1, "a b c")], manifest=False)
    (folder / "data" / "account.js").unlink()
    assert read_all(folder, handle="@ada")[0].author == "ada"
    with pytest.raises(LocationError, match="--handle"):
        read_all(folder)


def test_a_hostile_user_name_becomes_a_safe_handle(tmp_path):
    """A user name with a path becomes a safe handle."""
    folder = write_folder(tmp_path / "archive", [tweet(1, "a b c")], handle="../../etc")
    assert "/" not in sources.read(str(folder)).account.handle


def test_json_that_breaks_half_way_is_reported_and_where(tmp_path):
    """Cut JSON is an error that names the file and the place."""
    folder = write_folder(tmp_path / "archive", [tweet(n, f"post number {n}") for n in range(50)])
    path = folder / "data" / "tweets.js"
    path.write_bytes(path.read_bytes()[:30_000])
    with pytest.raises(BrokenArchive, match=r"tweets\.js breaks off or is damaged near byte 30,0\d\d"):
        read_all(folder)


@pytest.mark.parametrize("name", ["manifest", "account", "profile", "note-tweet"])
def test_damage_in_the_other_files_is_reported_too(tmp_path, name):
    """Damage in the other files is an error too."""
    folder = write_folder(tmp_path / "archive", [tweet(1, "a b c")], notes=[])
    (folder / "data" / f"{name}.js").write_text("window.YTD.x = [ {")
    with pytest.raises(BrokenArchive, match=rf"{name}\.js"):
        read_all(folder)


def test_the_digest_of_a_folder_covers_what_is_read_and_nothing_else(tmp_path):
    """The digest of a folder changes with a post, and not with a private file."""
    folder = write_folder(tmp_path / "archive", [tweet(1, "a b c")])
    before = sources.read(str(folder)).digest
    (folder / "data" / "direct-messages.js").write_text("changed")
    assert sources.read(str(folder)).digest == before
    path = folder / "data" / "tweets.js"
    path.write_text(path.read_text().replace("a b c", "a b d"))
    assert sources.read(str(folder)).digest != before


@pytest.mark.skipif(not SAMPLE.exists(), reason="the sample archive is not built")
def test_the_sample_archive_is_read_whole():
    """The sample archive is read whole: all posts of all kinds, with their notes.

    Two of them are earlier versions of others.
    """
    timeline = sources.read(str(SAMPLE))
    posts = list(timeline.posts)
    assert len(posts) == timeline.expected - 2
    assert {post.kind for post in posts} == set(PostKind)
    assert max(len(post.text) for post in posts) > 280
    assert not any("t.co/" in post.text for post in posts if post.kind is not PostKind.REPOST)


def test_tweets_js_in_its_archive_is_read_as_the_archive(tmp_path):
    """It alone would not show which posts were for a circle of friends, whose they are, or which are cut."""
    folder = write_folder(tmp_path / "archive", [tweet(1, "a b c"), tweet(999, PRIVATE)])
    location = str(folder / "data" / "tweets.js")
    assert sources.recognise(location) == "x_archive"
    timeline = sources.read(location)
    assert timeline.account.handle == HANDLE
    assert [post.text for post in timeline.posts] == ["a b c"]
    assert timeline.digest == sources.read(str(folder)).digest


def test_tweets_js_alone_is_a_table(tmp_path):
    """Whose it is has to be said then."""
    (tmp_path / "tweets.js").write_text(javascript("YTD.tweets.part0", [tweet(1, "a b c")]), "utf-8")
    assert sources.recognise(str(tmp_path / "tweets.js")) == "table"
