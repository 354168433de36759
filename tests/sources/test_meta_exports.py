"""Exports of Threads, Instagram and Facebook.

All are made by hand in the shapes that open parsers of these exports agree on (see export_builder); Meta
documents none of them.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from huggingtweets import sources
from huggingtweets.errors import BrokenArchive, LocationError, UnknownPlace
from huggingtweets.progress import Silence, watched_by
from huggingtweets.sources import ReadOptions, count_skipped
from huggingtweets.sources._formats.meta_export import repair
from huggingtweets.types import PostKind, Visibility
from tests.helpers.export_builder import (
    HANDLE,
    PICTURE,
    PRIVATE,
    SECONDS,
    facebook_files,
    facebook_post,
    instagram_files,
    instagram_post,
    mangled,
    threads_files,
    threads_post,
    write_export,
)

MOMENT = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
assert MOMENT.timestamp() == SECONDS

PLACES = {
    "threads_export": lambda *texts: threads_files(*map(threads_post, texts)),
    "instagram_export": lambda *texts: instagram_files(*map(instagram_post, texts)),
    "facebook_export": lambda *texts: facebook_files(*map(facebook_post, texts)),
}


def read_files(tmp_path, files, file="export.zip", **options):
    location = str(write_export(tmp_path / file, files))
    timeline = sources.read(location, ReadOptions(**options))
    return timeline, list(timeline.posts)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("inside", ["", "meta-ada-2025-08-24-AbCdEfGh/"])
def test_zip_and_folder_are_read_alike(tmp_path, place, inside):
    """A zip and its folder give the same timeline, with the same digest, also one folder down."""
    files = PLACES[place]("one é — 😀", "two\nlines")
    seen = []
    for name in ("export.zip", "folder"):
        location = str(write_export(tmp_path / name, files, inside=inside))
        assert sources.recognise(location) == place
        timeline = sources.read(location)
        seen.append((timeline.account, timeline.digest, list(timeline.posts)))
    assert seen[0] == seen[1]
    assert [post.text for post in seen[0][2]] == ["one é — 😀", "two\nlines"]
    assert seen[0][2][0].created_at == MOMENT


@pytest.mark.parametrize("place", PLACES)
def test_private_words_are_never_found(tmp_path, place):
    """Messages, archived and deleted posts, likes, groups and e-mail are not read."""
    timeline, posts = read_files(tmp_path, PLACES[place]("mine"))
    assert [post.text for post in posts] == ["mine"]
    assert PRIVATE not in repr((timeline.account, posts))


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("caf\u00c3\u00a9", "café"),
        ("\u00f0\u009f\u0098\u0080", "😀"),
        ("plain", "plain"),
        ("já é \u4e2d", "já é \u4e2d"),  # already right
        ("caf\u00e9", "café"),  # no UTF-8
        (None, ""),
    ],
)
def test_mangled_text_is_mended_and_other_text_left_alone(raw, text):
    """Each damaged string is repaired, and other strings stay."""
    assert repair(raw) == text


@pytest.mark.parametrize("source", ["threads_export", "instagram_export"])
def test_the_profile_says_whose_it_is(tmp_path, source):
    """Handle, name, bio and picture come from the profile, repaired."""
    timeline, _ = read_files(tmp_path, PLACES[source]("mine"))
    account = timeline.account
    assert (account.handle, account.name, account.bio) == (HANDLE, "Ada Tésts", "Made up — for tests")
    assert account.avatar == PICTURE
    assert account.url.endswith(HANDLE)


@pytest.mark.parametrize("source", ["threads_export", "instagram_export"])
def test_without_a_handle_in_it_the_name_of_the_zip_or_the_user_says_it(tmp_path, source):
    """Where the profile is not in English the handle comes from the zip's name or from the user."""
    person = {"string_map_data": {"Benutzername": {"value": "ada"}, "Privates Konto": {"value": "Nein"}}}
    files = _with_profile(PLACES[source]("mine"), {"profile": [person]})
    timeline, _ = read_files(tmp_path, files, "instagram-ada.l-2025-08-24-AbCdEfGh.zip")
    assert timeline.account.handle == "ada.l"
    timeline, _ = read_files(tmp_path, files, handle="@ada")
    assert timeline.account.handle == "ada"
    with pytest.raises(LocationError, match=r"does not say whose it is; .* --handle"):
        read_files(tmp_path, files)


@pytest.mark.parametrize("source", ["threads_export", "instagram_export"])
@pytest.mark.parametrize("profile", [None, {}, {"profile": []}, {"profile": [{"string_map_data": {}}]}])
def test_what_does_not_say_whether_the_account_is_private_is_not_read(tmp_path, source, profile):
    """Part of an export without the profile is refused, whatever handle is given."""
    files = _with_profile(PLACES[source](PRIVATE), profile)
    with pytest.raises(LocationError, match=r"lacks the profile .* ask for the export again"):
        read_files(tmp_path, files, "instagram-ada.l-2025-08-24-AbCdEfGh.zip", handle="ada.l")


def _with_profile(files, profile):
    """The files of an export with another profile, or with none."""
    if profile is None:
        return {name: content for name, content in files.items() if "personal_information" not in name}
    return {name: profile if "personal_information" in name else content for name, content in files.items()}


@pytest.mark.parametrize("source", ["threads_export", "instagram_export"])
def test_somebody_elses_export_is_reported(tmp_path, source):
    """A handle of the user that differs from the profile's is refused."""
    with pytest.raises(LocationError, match=rf"holds the posts of @{HANDLE}, not of @bob"):
        read_files(tmp_path, PLACES[source]("mine"), handle="bob")


@pytest.mark.parametrize(
    ("source", "files"), [("threads_export", threads_files), ("instagram_export", instagram_files)]
)
def test_a_private_account_is_never_read(tmp_path, source, files):
    """A private account is refused."""
    post = threads_post("mine") if source == "threads_export" else instagram_post("mine")
    with pytest.raises(LocationError, match="private account"):
        read_files(tmp_path, files(post, private="True"), handle=HANDLE)


@pytest.mark.parametrize("source", ["threads_export", "instagram_export"])
@pytest.mark.parametrize(
    ("label", "value", "is_read"),
    [
        ("Privát fiók", "Igen", False),
        ("Частен акаунт", "Да", False),
        ("Pribadong account", "Oo", False),
        ("Privát fiók", "False", True),
        ("ব্যক্তিগত অ্যাকাউন্ট", "হ্যাঁ", False),
        ("Gender", "female", False),
    ],
)
def test_only_an_account_that_says_that_it_is_public_is_read(tmp_path, source, label, value, is_read):
    """One that says it in a language that is not known, or not at all, is asked for in English."""
    person = mangled({"string_map_data": {"Username": {"value": HANDLE}, label: {"value": value}}})
    files = _with_profile(PLACES[source]("mine"), {"profile": [person]})
    if is_read:
        assert [post.text for post in read_files(tmp_path, files)[1]] == ["mine"]
        return
    with pytest.raises(LocationError, match="ask Instagram in English for the export"):
        read_files(tmp_path, files)


def test_replies_on_threads_are_told_apart(tmp_path):
    """Posts that Threads marks as replies are replies."""
    files = threads_files(threads_post("post"), threads_post("reply", is_reply=True), threads_post(""))
    _, posts = read_files(tmp_path, files)
    assert [(post.text, post.kind) for post in posts] == [
        ("post", PostKind.ORIGINAL),
        ("reply", PostKind.REPLY),
    ]


def test_the_text_of_several_media_stands_above_them(tmp_path):
    """The text is the post's own title, or that of its medium, be it in a list or not."""
    pictures = [{"uri": "a.jpg", "creation_timestamp": SECONDS + 9, "title": ""}] * 2
    several = {"media": pictures, "title": "several", "creation_timestamp": SECONDS}
    single = {"media": {"uri": "a.jpg", "title": "single", "creation_timestamp": SECONDS}}
    empty = {"media": [{"title": None, "text_app_post": None}]}
    _, posts = read_files(tmp_path, instagram_files(several, single, empty))
    assert [(post.text, post.created_at) for post in posts] == [("several", MOMENT), ("single", MOMENT)]


def test_reels_films_and_own_comments_are_read_of_instagram(tmp_path):
    """Reels, films and comments of Instagram are read; comments, in both their forms, are replies."""
    new = {
        "media_list_data": [{"uri": ""}],
        "string_map_data": {
            "Kommentar": {"value": "schön 😀"},
            "Besitzer": {"value": "bob"},
            "Zeit": {"timestamp": SECONDS},
        },
    }
    old = {"title": "bob", "string_list_data": [{"value": "older", "timestamp": SECONDS}]}
    files = instagram_files(
        instagram_post("post"),
        media__reels={"ig_reels_media": [instagram_post("reel")]},
        media__igtv_videos={"ig_igtv_media": [instagram_post("film")]},
        comments__post_comments_1=[mangled(new)],
        comments__reels_comments={"comments_reels_comments": [old]},
    )
    _, posts = read_files(tmp_path, files)
    assert [post.text for post in posts] == ["post", "reel", "film", "schön 😀", "older"]
    assert [post.kind for post in posts[3:]] == [PostKind.REPLY] * 2
    assert {post.created_at for post in posts} == {MOMENT}
    assert len({post.id for post in posts}) == 5


@pytest.mark.parametrize(
    ("labels", "texts"),
    [
        ({"Comment": {"value": "so it is"}, "Media Owner": {"value": "bob"}}, ["so it is"]),
        ({"Media Owner": {"value": "bob"}, "Comment": {"value": "so it is"}}, ["so it is"]),
        ({"Комментарий": {"value": "so it is"}}, ["so it is"]),
        ({"Iruzkina": {"value": "so it is"}, "Jabea": {"value": "bob"}}, ["so it is"]),
        ({"Media Owner": {"value": "bob"}}, []),
        ({"Jabea": {"value": "bob"}}, []),
        ({"Comment": {"value": ""}, "Media Owner": {"value": "bob"}}, []),
    ],
)
def test_the_owner_of_a_picture_is_no_comment(tmp_path, labels, texts):
    """A comment that is a picture has no words, and the name beside it is another's."""
    comment = {"string_map_data": {**labels, "Time": {"timestamp": SECONDS}}}
    files = instagram_files(instagram_post("post"), comments__post_comments_1=[mangled(comment)])
    _, posts = read_files(tmp_path, files)
    assert [post.text for post in posts] == ["post", *texts]
    assert {post.created_at for post in posts} == {MOMENT}


def test_parts_are_read_in_the_order_of_their_numbers(tmp_path):
    """Files are read in the order of their numbers: 10 after 2."""
    parts = {f"media__posts_{n}": [instagram_post(f"part {n}")] for n in (10, 2)}
    _, posts = read_files(tmp_path, instagram_files(instagram_post("part 1"), **parts))
    assert [post.text for post in posts] == ["part 1", "part 2", "part 10"]


def test_an_export_of_both_is_instagrams_and_threads_can_be_asked_for(tmp_path):
    """An export of both is read as Instagram's by default, and as Threads' with `source`."""
    files = threads_files(threads_post("thread")) | instagram_files(instagram_post("caption"))
    location = str(write_export(tmp_path / "export.zip", files))
    assert sources.recognise(location) == "instagram_export"
    assert [post.text for post in sources.read(location).posts] == ["caption"]
    assert [post.text for post in sources.read(location, source="threads_export").posts] == ["thread"]


@pytest.mark.parametrize(
    "folder", ["your_facebook_activity/posts/", "your_activity_across_facebook/posts/", "posts/"]
)
def test_facebook_is_read_wherever_its_posts_were_kept(tmp_path, folder):
    """Posts of Facebook are found in all folders and under all names that it has used."""
    files = facebook_files(facebook_post("one"), folder=folder)
    files[f"{folder}your_posts__check_ins__photos_and_videos_2.json"] = [facebook_post("two")]
    timeline, posts = read_files(tmp_path, files)
    assert [post.text for post in posts] == ["one", "two"]
    assert (timeline.account.name, timeline.account.handle) == ("Ada Tésts", "Ada_Tésts")
    assert timeline.account.url == "https://www.facebook.com/ada.tests"


def test_that_posts_to_friends_are_among_them_is_said(tmp_path):
    """Facebook's export does not tell them apart, so the user has to, and no post counts as public."""
    notes = []

    class Notes(Silence):
        def note(self, message):
            notes.append(message)

    with watched_by(Notes()):
        _, posts = read_files(tmp_path, facebook_files(facebook_post("one")))
    assert [("friends" in note, "--exclude" in note) for note in notes] == [(True, True)]
    assert {post.visibility for post in posts} == {Visibility.UNLISTED}


def test_that_comments_below_private_posts_are_among_them_is_said(tmp_path):
    """Instagram's export does not tell them apart; of an export without comments nothing is said."""
    comment = {"string_list_data": [{"value": "so it is", "timestamp": SECONDS}]}
    notes = []

    class Notes(Silence):
        def note(self, message):
            notes.append(message)

    with watched_by(Notes()):
        read_files(tmp_path, instagram_files(instagram_post("one")), "one.zip")
        assert not notes
        files = instagram_files(instagram_post("one"), comments__post_comments_1=[comment])
        _, posts = read_files(tmp_path, files, "two.zip")
    assert [("comment" in note, "--exclude" in note) for note in notes] == [(True, True)]
    assert [post.visibility for post in posts] == [Visibility.PUBLIC, Visibility.UNLISTED]


def test_facebooks_mentions_are_names_and_posts_without_words_are_none(tmp_path):
    """A mention becomes the name; entries without text are no posts."""
    empty = {"timestamp": SECONDS, "data": [], "title": "Ada saved a seller."}
    updated = {"timestamp": SECONDS, "data": [{"update_timestamp": SECONDS}]}
    mention = facebook_post("with @[100012345:2048:Grace Hopper]!")
    _, posts = read_files(tmp_path, facebook_files(empty, updated, mention))
    assert [post.text for post in posts] == ["with Grace Hopper!"]


@pytest.mark.parametrize("shape", [list, lambda posts: {"trash_v2": list(posts)}])
def test_what_the_user_has_deleted_of_facebook_is_not_read(tmp_path, shape):
    """A post in archive.json or trash.json is left out and counted where another file has it, too."""
    mine, other = facebook_post("mine", 1), facebook_post(f"é {PRIVATE}", 2)
    files = facebook_files(mine, other, facebook_post(PRIVATE, 3), facebook_post("mine", 4))
    files["your_facebook_activity/posts/trash.json"] = shape([other, facebook_post("mine", 9)])
    files["your_facebook_activity/posts/archive.json"] = {"archive_v2": [facebook_post(PRIVATE, 3)]}
    with count_skipped() as skipped:
        _, posts = read_files(tmp_path, files)
    assert [post.text for post in posts] == ["mine", "mine"]
    assert skipped == {"deleted": 1, "not for everyone": 1}


def test_facebook_without_a_profile_asks_for_the_name(tmp_path):
    """If Facebook's export has no profile, the user is asked for the name."""
    files = {"posts/your_posts_1.json": [facebook_post("one")]}
    with pytest.raises(LocationError, match="--name"):
        read_files(tmp_path, files)
    timeline, _ = read_files(tmp_path, files, name="Ada Tests")
    assert (timeline.account.handle, timeline.account.name) == ("Ada_Tests", "Ada Tests")


POSTS_FILES = {
    "threads_export": "your_instagram_activity/threads/threads_and_replies.json",
    "instagram_export": "your_instagram_activity/media/posts_1.json",
    "facebook_export": "your_facebook_activity/posts/your_posts__check_ins__photos_and_videos_1.json",
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2],
        lambda content: content.replace(b'"timestamp": 1', b'"timestamp": "no"').replace(
            b'_timestamp": 1', b'_timestamp": "no"'
        ),
        lambda content: content.replace(b"words", b"w\xffrds", 1),
    ],
)
def test_broken_files_are_reported_with_their_name(tmp_path, place, damage):
    """JSON that is cut or of another form is refused in one line that names the file."""
    files = PLACES[place](*["words"] * 50)
    files[POSTS_FILES[place]] = damage(json.dumps(files[POSTS_FILES[place]]).encode())
    with pytest.raises(BrokenArchive) as caught:
        read_files(tmp_path, files)
    assert POSTS_FILES[place] in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("place", PLACES)
def test_an_export_as_html_is_not_taken_for_one_as_json(tmp_path, place):
    """An export as HTML is not recognised, and with `source` the message says that JSON is needed."""
    files = {name.replace(".json", ".html"): b"<html></html>" for name in PLACES[place]("x")}
    location = str(write_export(tmp_path / "export.zip", files))
    with pytest.raises(UnknownPlace):
        sources.recognise(location)
    with pytest.raises(LocationError, match="as JSON"):
        sources.read(location, source=place)
