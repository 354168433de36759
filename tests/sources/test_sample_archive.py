"""The sample archive is built from its sources, has the form of an archive of X, and says it is made up."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ARCHIVE = ROOT / "src" / "huggingtweets" / "data" / "sample-archive.zip"


@pytest.fixture(scope="module")
def files():
    with zipfile.ZipFile(ARCHIVE) as file:
        return {name: file.read(name) for name in file.namelist()}


@pytest.fixture(scope="module")
def tweets(files):
    return [item["tweet"] for item in parsed(files["data/tweets.js"])]


@pytest.fixture(scope="module")
def notes(files):
    return [item["noteTweet"] for item in parsed(files["data/note-tweet.js"])]


@pytest.fixture
def copy(tmp_path):
    """Copy sources and scripts to a folder in which the archive can be built."""
    for folder in ("sample", "scripts"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


def parsed(content):
    return json.loads(content.split(b"=", 1)[1])


def build(root, *arguments, hash_seed="0"):
    command = [sys.executable, str(root / "scripts" / "build_sample_archive.py"), *arguments]
    environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def built(root):
    return (root / "src" / "huggingtweets" / "data" / "sample-archive.zip").read_bytes()


def entity_items(tweet):
    for kind, items in (tweet["entities"] | tweet.get("extended_entities", {})).items():
        for item in items:
            start, end = map(int, item["indices"])
            yield kind, item, tweet["full_text"][start:end]


def plain(tweet):
    text = re.sub(r"https://t\.co/\w+", "", tweet["full_text"])
    return " ".join(re.sub(r"^(@\w+\s+)+", "", text).split())


def markers():
    texts = tomllib.loads((ROOT / "sample" / "private.toml").read_text(encoding="utf-8"))
    return {name: re.search(r"zqx\w+", text)[0] for name, text in texts.items()}


def test_shipped_archive_is_what_the_sources_make():
    """The zip in the package has exactly the files that the script builds from sample/."""
    result = build(ROOT, "--check", hash_seed="1")
    assert result.returncode == 0, result.stderr


def test_building_twice_gives_the_same_bytes(copy):
    """The same sources give the same bytes in another process."""
    assert build(copy, hash_seed="1").returncode == 0
    first = built(copy)
    assert build(copy, hash_seed="2").returncode == 0
    assert built(copy) == first


@pytest.mark.parametrize("state", ["missing", "outdated"])
def test_check_fails_where_the_zip_is_not_up_to_date(copy, state):
    """Without a zip, or with an old one, `--check` exits 1 and names the command to run."""
    if state == "outdated":
        assert build(copy).returncode == 0
        with (copy / "sample" / "posts" / "short.txt").open("a", encoding="utf-8") as file:
            file.write("\nOne more.\n")
    result = build(copy, "--check")
    assert result.returncode == 1
    assert "run: python scripts/build_sample_archive.py" in result.stderr


def test_too_long_a_post_is_refused(copy):
    """A post that is too long and no note stops the script."""
    with (copy / "sample" / "posts" / "short.txt").open("a", encoding="utf-8") as file:
        file.write("\n" + "up " * 100 + "\n")
    result = build(copy)
    assert result.returncode != 0
    assert "longer than 280 characters" in result.stderr


def test_account_says_that_it_is_made_up(files):
    """The profile, the archive and its sources say that the account is made up."""
    (profile,) = parsed(files["data/profile.js"])
    assert "Made-up sample account of huggingtweets" in profile["profile"]["description"]["bio"]
    assert "made up" in files["data/README.txt"].decode()
    assert "is made up" in (ROOT / "sample" / "README.md").read_text(encoding="utf-8")


def test_enough_posts_of_its_own_and_no_two_alike(tweets):
    """There are at least 400 different posts that are neither reposts nor shorter than three words."""
    own = {plain(t) for t in tweets if not t["full_text"].startswith("RT @")}
    assert len({text for text in own if len(re.findall(r"(?<![#@\w])\w+", text)) >= 3}) >= 400


def test_every_kind_of_post_is_there(tweets):
    """There are reposts, replies, threads, quotes, links, pictures, escapes, duplicates and short posts."""
    texts = [t["full_text"] for t in tweets]
    reposts = [text for text in texts if text.startswith("RT @")]
    owner = next(
        t["in_reply_to_user_id"] for t in tweets if t.get("in_reply_to_screen_name") == "dithering_lift"
    )
    replies = [t for t in tweets if t.get("in_reply_to_user_id", owner) != owner]
    ids = {t["id_str"] for t in tweets}
    threads = [t for t in tweets if t.get("in_reply_to_status_id_str") in ids]
    links = [url["expanded_url"] for t in tweets for url in t["entities"]["urls"]]
    quotes = [url for url in links if re.match(r"https://(twitter|x)\.com/(?!i/)\w+/status/\d+$", url)]
    assert len(reposts) >= 20
    assert any(text.endswith("…") for text in reposts)
    assert len(replies) >= 50
    assert len(threads) >= 25
    assert {url.split("/")[2] for url in quotes} == {"twitter.com", "x.com"}
    assert any(url.startswith("https://dithering.example/") for url in links)
    assert any(len(t.get("extended_entities", {}).get("media", [])) > 1 for t in tweets)
    assert all(any(escape in text for text in texts) for escape in ("&amp;", "&lt;", "&gt;"))
    assert len(texts) - len(set(texts)) >= 4
    assert sum(len(text.split()) <= 2 for text in texts) >= 15
    assert any("edit" in t["edit_info"] for t in tweets)


def test_indices_point_at_their_entities_in_the_raw_text(tweets):
    """Indices count code points of the escaped text, also after emoji and escapes."""
    shown = {
        "hashtags": lambda item: f"#{item['text']}",
        "user_mentions": lambda item: f"@{item['screen_name']}",
        "urls": lambda item: item["url"],
        "media": lambda item: item["url"],
    }
    entities = [(shown[kind](item), text) for tweet in tweets for kind, item, text in entity_items(tweet)]
    assert len(entities) > 200
    assert [pair for pair in entities if pair[0] != pair[1]] == []


def test_every_link_mention_and_hashtag_has_its_entity(tweets):
    """All links, mentions and hashtags in the raw text have their entity."""
    for tweet in tweets:
        covered = {text for _, _, text in entity_items(tweet)}
        assert set(re.findall(r"https?://\S+|@\w+|#\w+", tweet["full_text"])) <= covered


def test_posts_have_the_form_of_a_real_archive(tweets):
    """Ids, counts and indices are strings, ids grow with time, and the file is not strictly sorted."""
    times = [int(t["id_str"]) >> 22 for t in tweets]
    assert all(
        isinstance(t[key], str) for t in tweets for key in ("id", "id_str", "favorite_count", "retweet_count")
    )
    assert not any(t["retweeted"] or t["truncated"] or "retweeted_status" in t for t in tweets)
    assert len({t["id_str"] for t in tweets}) == len(tweets)
    assert times != sorted(times)
    assert times != sorted(times, reverse=True)


def test_notes_are_cut_in_tweets_and_whole_in_note_tweets(tweets, notes):
    """Each long post has a cut twin of the same second, one that ends with `…`, or with `…` and a link."""
    twins = {t["created_at"]: t for t in tweets if re.search(r"…( https://t\.co/\w+)?$", t["full_text"])}
    endings = set()
    for note in notes:
        day, clock = note["createdAt"].split("T")
        (twin,) = [t for at, t in twins.items() if clock[:8] in at and int(day[-2:]) == int(at.split()[2])]
        cut, _, link = twin["full_text"].partition("…")
        assert note["core"]["text"].startswith(cut.replace("&amp;", "&"))
        assert len(note["core"]["text"]) > 280
        endings.add(bool(link))
    assert endings == {True, False}


def test_manifest_lists_every_data_file_with_its_count(files):
    """The manifest names each file with the name it assigns to and how many items it holds."""
    kinds = parsed(files["data/manifest.js"])["dataTypes"]
    listed = [file for kind in kinds.values() for file in kind["files"]]
    scripts = {name for name in files if name.endswith(".js")} - {"data/manifest.js"}
    assert {file["fileName"] for file in listed} == scripts
    for file in listed:
        assert files[file["fileName"]].startswith(f"window.{file['globalName']} = ".encode())
        assert str(len(parsed(files[file["fileName"]]))) == file["count"]


def test_marker_words_are_in_the_private_files_only(files):
    """Each private file has its own marker word, which no other file has."""
    homes = {name: f"data/{name}.js" for name in markers()} | {"account-email": "data/account.js"}
    assert len(homes) == 10
    for name, marker in markers().items():
        assert [path for path, content in files.items() if marker.encode() in content] == [homes[name]]


def test_avatar_is_a_square_picture(files):
    """The profile's picture is in the archive, under the account's id, and opens."""
    image = pytest.importorskip("PIL.Image")
    (account,) = parsed(files["data/account.js"])
    (path,) = [name for name in files if name.startswith("data/profile_media/")]
    assert Path(path).name.startswith(account["account"]["accountId"] + "-")
    with zipfile.ZipFile(ARCHIVE) as file, file.open(path) as picture, image.open(picture) as opened:
        assert opened.size == (400, 400)
