"""posts.json of Instagram's exports since 2025, made by hand in the shape on which open parsers agree."""

from __future__ import annotations

import json

import pytest

from huggingtweets import sources
from huggingtweets.errors import BrokenArchive, LocationError
from huggingtweets.progress import Silence, watched_by
from huggingtweets.sources import count_skipped
from huggingtweets.sources._formats.skipped import NOT_PUBLIC
from tests.helpers.export_builder import (
    PRIVATE,
    SECONDS,
    instagram_files,
    instagram_post,
    mangled,
    write_export,
)

PUBLISHED = {"label": "Published", "value": "True"}
DRAFT = {"label": "Draft", "value": "True"}


def medium(number, title=""):
    return {"uri": f"media/posts/202311/p{number}.jpg", "creation_timestamp": SECONDS, "title": title}


def labelled(number, *labels, text="", title="", **more):
    """Return a post of posts.json, whose text is the title of its medium, or its own."""
    media = {"label": "Media", "media": [medium(number, text)]}
    post = {"timestamp": SECONDS, "media": [], "label_values": [*labels, media], "fbid": str(number), **more}
    return mangled(post | ({"title": title} if title else {}))


def read_texts(tmp_path, posts, listed=(), **more):
    """Return the texts of an export with posts.json, unless None, and with `listed` in posts_1.json."""
    files = instagram_files(*listed, **({} if posts is None else {"media__posts": posts}), **more)
    if not listed:
        del files["your_instagram_activity/media/posts_1.json"]
    location = str(write_export(tmp_path / "export.zip", files))
    assert sources.recognise(location) == "instagram_export"
    return [post.text for post in sources.read(location).posts]


def test_posts_json_is_read_and_no_post_twice(tmp_path):
    """Of posts in posts.json and posts_1.json each is read once, also where only one of the files has it."""
    posts = [labelled(n, PUBLISHED, text=f"é {n}") for n in (1, 2)]
    listed = [mangled({"media": [medium(n, f"é {n}")]}) for n in (2, 3)]
    assert read_texts(tmp_path, posts) == ["é 1", "é 2"]
    assert read_texts(tmp_path, posts, listed) == ["é 1", "é 2", "é 3"]


@pytest.mark.parametrize(
    "post",
    [
        labelled(1, PUBLISHED, title="ça y est"),
        labelled(1, {"label": "Légende", "value": "ça y est"}, {"label": "Publié", "value": "Vrai"}),
        labelled(1, {"label": "Entwurf", "value": "Nein"}, text="ça y est"),
        mangled(
            {  # a carousel: its parts and what is known of it are in a chain of objects
                "timestamp": SECONDS,
                "media": [],
                "label_values": [
                    {"label": "Media", "media": [medium(1)]},
                    {"title": "", "dict": [{"dict": [{"label": "Media", "media": [medium(2, "ça y est")]}]}]},
                    {"title": "", "dict": [{"dict": [{"label": "Draft", "value": "False"}]}]},
                    {"title": "Hashtags", "dict": [{"dict": [{"label": "Name", "value": "tag"}]}]},
                ],
            }
        ),
    ],
)
def test_the_caption_is_found_wherever_it_stands(tmp_path, post):
    """A caption is the post's title, what a label says, or the title of a medium, which may be nested."""
    assert read_texts(tmp_path, [post]) == ["ça y est"]


@pytest.mark.parametrize(
    "labels",
    [
        [DRAFT],
        [{"label": "Brouillon", "value": "Vrai"}],
        [{"label": "Publié", "value": "Faux"}],
        [PUBLISHED, DRAFT],
        [{"label": "Draft", "value": "tuuli"}],
        [{"title": "", "dict": [{"dict": [DRAFT]}]}, PUBLISHED],
        [PUBLISHED, {"label": "Close friends only", "value": "True"}],
        [PUBLISHED, {"label": "Visibility", "value": "Close friends"}],
    ],
)
def test_what_was_not_published_for_everyone_is_read_of_no_file(tmp_path, labels):
    """Drafts and posts for a few are left out and counted, also where posts_1.json lists them."""
    listed = [{"media": [medium(1, PRIVATE)]}, {"media": [medium(2, "mine")]}]
    with count_skipped() as skipped:
        assert read_texts(tmp_path, [labelled(1, *labels, text=PRIVATE)], listed) == ["mine"]
    assert skipped.total() == 1


def test_what_the_user_has_archived_or_deleted_is_not_read(tmp_path):
    """Posts of posts.json that archived_posts.json lists are left out, in whatever folder their files are."""
    archived = {"uri": "media/archived_posts/p1.jpg", "creation_timestamp": SECONDS, "title": PRIVATE}
    deleted = {"uri": "media/recently_deleted/p2.jpg", "creation_timestamp": SECONDS, "title": PRIVATE}
    texts = read_texts(
        tmp_path,
        [labelled(n, PUBLISHED, text=PRIVATE if n < 3 else "mine") for n in (1, 2, 3)],
        media__archived_posts={"ig_archived_post_media": [{"media": [archived]}]},
        media__recently_deleted_content={"ig_recently_deleted_media": [{"media": [deleted]}]},
    )
    assert texts == ["mine"]


@pytest.mark.parametrize("newer", [None, [labelled(3, PUBLISHED, text="mine, too")]])
def test_what_is_archived_is_read_of_no_file(tmp_path, newer):
    """A post that posts_1.json lists is left out and counted, without posts.json or where that lacks it."""
    archived = {"uri": "media/archived_posts/p1.jpg", "creation_timestamp": SECONDS, "title": PRIVATE}
    listed = [{"media": [medium(1, PRIVATE)]}, {"media": [medium(2, "mine")]}]
    put_away = {"ig_archived_post_media": [{"media": [archived]}]}
    with count_skipped() as skipped:
        texts = read_texts(tmp_path, newer, listed, media__archived_posts=put_away)
    assert texts == [*(["mine, too"] if newer else []), "mine"]
    assert skipped == {NOT_PUBLIC: 1}


def test_what_decides_which_posts_are_read_is_in_the_digest(tmp_path):
    """Two exports of which different posts are read have different digests."""
    digests = set()
    for archived in ("p1", "p2"):
        medium = {"uri": f"media/archived_posts/{archived}.jpg"}
        files = instagram_files(
            media__posts=[labelled(n, PUBLISHED, text="mine") for n in (1, 2)],
            media__archived_posts={"ig_archived_post_media": [{"media": [medium]}]},
        )
        digests.add(sources.read(str(write_export(tmp_path / f"{archived}.zip", files))).digest)
    assert len(digests) == 2


@pytest.mark.parametrize(
    "label", [{"label": "Luonnostelu", "value": "False"}, {"label": "Location", "value": ""}]
)
def test_what_says_it_in_no_known_language_is_left_to_the_older_file(tmp_path, label):
    """A post that may be a draft is read only if posts_1.json lists it, and the user is told."""
    notes = []

    class Notes(Silence):
        def note(self, message):
            notes.append(message)

    posts = [labelled(n, label, text=PRIVATE) for n in (1, 2)]
    with watched_by(Notes()):
        assert read_texts(tmp_path, posts, [{"media": [medium(2, "listed")]}]) == ["listed"]
    assert "of 2 posts" in notes[-1]
    assert "Ask Instagram in English" in notes[-1]


def test_the_insights_of_posts_are_no_posts(tmp_path):
    """The file of this name among the insights is not read."""
    insights = {"organic_insights_posts": [{"string_map_data": {"Caption": {"value": PRIVATE}}}]}
    files = instagram_files(instagram_post("mine"))
    files["logged_information/past_instagram_insights/posts.json"] = insights
    location = str(write_export(tmp_path / "export.zip", files))
    assert [post.text for post in sources.read(location).posts] == ["mine"]


def test_posts_json_alone_is_refused(tmp_path):
    """The file alone does not say whether the account is public."""
    for post in (labelled(1, PUBLISHED, text="mine"), labelled(1, PUBLISHED, title="mine")):
        location = str(write_export(tmp_path, {"posts.json": [post, post]}) / "posts.json")
        with pytest.raises(LocationError, match="one file of an export; give the whole one"):
            list(sources.read(location, sources.ReadOptions(name="ada"), "table").posts)


def test_a_damaged_posts_json_is_reported(tmp_path):
    """A file that is cut is refused in one line that names it."""
    with pytest.raises(BrokenArchive, match=r"media/posts\.json"):
        read_texts(tmp_path, json.dumps([labelled(1, PUBLISHED, text="mine")] * 3)[:-20])
