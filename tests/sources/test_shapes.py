"""Content decides what a file is, not its name; what others wrote or was deleted is read in no shape."""

from __future__ import annotations

import json

import pytest

from huggingtweets import sources
from huggingtweets.errors import LocationError
from huggingtweets.sources import ReadOptions
from huggingtweets.types import PostKind

MINE, THEIRS = "my own words", "xyzzy their words"


def texts(tmp_path, file, content, **options):
    path = tmp_path / file
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return [post.text for post in sources.read(str(path), ReadOptions(**options)).posts]


TWEET = {"tweet": {"id_str": "1", "full_text": MINE}}
READ = {
    "lines.json": f'{{"text": "{MINE}", "user": "a"}}\n{{"text": "{MINE}", "user": "a"}}',
    "tweets.js": f"window.YTD.tweets.part0 = {json.dumps([TWEET])}",
    "tweets.json": [TWEET],
    "archive.json": {"account": [{"account": {"username": "a"}}], "tweets": [TWEET], "like": [{"x": THEIRS}]},
    "pages.jsonl": {"data": [{"text": MINE}], "includes": {"tweets": [{"text": THEIRS}]}},
    "graphql.json": [{"rest_id": "1", "legacy": {"full_text": MINE, "quoted": {"text": THEIRS}}}],
    "toots.json": {
        "account": {"acct": "a"},
        "statuses": [{"content": f"<p>{MINE}</p>"}],
        "favourites": [{"content": THEIRS}],
    },
    "weibo.json": {
        "ok": 1,
        "data": {
            "cardlistInfo": {"page": 2},
            "cards": [
                {"mblog": {"text": MINE, "user": {"screen_name": "a"}, "visible": {"type": 0}}},
                {"mblog": {"text": THEIRS, "user": {"screen_name": "a"}, "visible": {"type": 1}}},
            ],
        },
    },
    "tumblr.json": {
        "meta": {"status": 200},
        "response": {"blog": {"name": "a"}, "posts": [{"body": MINE, "blog_name": "a"}]},
    },
    "answers.json": {"result": {"data": {"text": THEIRS}}, "posts": [{"text": MINE, "user": "a"}]},
    "reviews.csv": f"Book,My Review,Private Notes\nEmma,{MINE},{THEIRS}\n",
    "feed.json": {"authors": [{"name": "a"}], "items": [{"content_html": f"<p>{MINE}</p>"}]},
    "unicode.txt": f"id\ttext\n1\t{MINE}\n2\t{MINE}\n",
    "excel.csv": f"sep=;\nid;text\n1;{MINE}\n",
    "gpt2.txt": f"<|startoftext|>{MINE}<|endoftext|>\n<|startoftext|>{MINE}<|endoftext|>\n",
    "comments.csv": f'id,subreddit,body\n1,tea,"> {THEIRS}\n\n{MINE}"\n',
    "Shares.csv": f"ShareCommentary,Visibility\n{MINE},MEMBER_NETWORK\n{THEIRS},CONNECTIONS\n",
    "lemmy.json": {
        "person_view": {"person": {"name": "a"}},
        "comments": [{"comment": {"content": MINE}, "creator": {"name": "a"}, "post": {"body": THEIRS}}],
        "posts": [{"post": {"name": MINE}, "creator": {"name": "a"}}],
        "moderates": [{"creator": {"name": "a"}, "community": {"description": THEIRS}}],
    },
    "rows.json": [["id", "text"], ["1", MINE], ["2", MINE]],
    "by-id.json": {"x1": {"text": MINE}, "x2": {"text": MINE}},
    "deep.json": {"export": {"user": {"posts": [{"text": MINE}]}}},
}


@pytest.mark.parametrize("name", READ)
def test_posts_are_found_in_many_shapes(tmp_path, name):
    """Lines named .json, parts of packages, pages of APIs and tables named .txt give the own posts."""
    assert set(texts(tmp_path, name, READ[name], handle="a")) == {MINE}


@pytest.mark.parametrize(
    "content",
    [
        {"favourites": [{"content": THEIRS}]},
        {"deleted_tweets": [{"text": THEIRS}]},
        *(
            {name: [{"text": THEIRS}]}
            for name in ("inbox", "saved", "received", "notifications", "home_timeline")
        ),
        {"export": {"direct_messages": {"posts": [{"text": THEIRS}]}}},
        {"channel": {"type": "DirectTextChat"}, "messages": [{"content": THEIRS}]},
    ],
)
def test_lists_of_others_and_of_what_is_private_are_refused(tmp_path, content):
    """What a person likes, deleted, or wrote in a direct chat is not taken for posts."""
    with pytest.raises(LocationError):
        texts(tmp_path, "posts.json", content, name="Ada")


@pytest.mark.parametrize("name", ["deleted_tweets", "like", "direct_messages", "tweet_headers"])
def test_other_files_of_an_archive_are_refused(tmp_path, name):
    """Of X's archive only the file of published posts is read alone."""
    with pytest.raises(LocationError, match="no published posts"):
        texts(tmp_path, "tweets.js", f"window.YTD.{name}.part0 = {json.dumps([TWEET])}", handle="a")


_POSTS = json.dumps([{"id": "1", "text": MINE}])
_SCRIPTS = [
    f'callback({{"posts": {_POSTS}}});',
    f"/**/ typeof cb === 'function' && my.cb({_POSTS});",
    f"// mine\nvar posts = {_POSTS};",
    f'const posts = {{"posts": {_POSTS}}}',
    f"export default {_POSTS};",
    f"window.YTD.tweets = {_POSTS}",
    f'window["YTD"]["tweets"]["part0"] = {_POSTS}',
    f")]}}'\n{_POSTS}",
]


@pytest.mark.parametrize("suffix", ["js", "json", "txt"])
@pytest.mark.parametrize("content", _SCRIPTS)
def test_json_in_a_script_is_read(tmp_path, suffix, content):
    """JSON handed to a function (JSONP), assigned, exported or guarded is read as JSON, not line by line."""
    assert texts(tmp_path, f"posts.{suffix}", content, name="Ada") == [MINE]


@pytest.mark.parametrize("suffix", ["js", "json", "txt"])
@pytest.mark.parametrize(
    "content",
    [
        *(
            f"window.YTD.{name}.part0 = ["
            for name in ("deleted_tweets", "direct_messages", "twitter_circle_tweet")
        ),
        *('window["YTD"]["deleted_tweets"]["part0"] = [', "window.YTD.grok_chat_item.part0 = ["),
        *("var likes = [", "showFavorites(["),
    ],
)
def test_a_script_of_what_is_never_read_is_refused_under_any_name(tmp_path, suffix, content):
    """Deleted posts, messages and likes are known by the name in the file, whatever the file is called."""
    closing = "]);" if "(" in content else "]"
    with pytest.raises(LocationError, match="no published posts"):
        texts(tmp_path, f"posts.{suffix}", f'{content}{{"text": "{THEIRS}"}}{closing}', name="Ada")


@pytest.mark.parametrize(
    ("usual", "other"), [("text", "full_text"), ("rawContent", "content"), ("content_text", "content_html")]
)
def test_records_of_two_versions_of_a_program_are_all_read(tmp_path, usual, other):
    """A file may have its texts in two fields of one meaning, also where the second one comes late."""
    records = [{usual: f"{MINE} {n}", "user": "a"} for n in range(3)]
    more = [
        {other: f"<p>{MINE} {n}</p>" if "html" in other else f"{MINE} {n}", "user": "a"} for n in range(3, 6)
    ]
    expected = [f"{MINE} {n}" for n in range(6)]
    assert texts(tmp_path, "posts.json", [*records, *more]) == expected
    late = [*records, *[records[0]] * 1200, {other: "late"}]
    assert texts(tmp_path, "late.json", late)[-1] == "late"


BLUESKY = {"uri": "at://did:plc:a/app.bsky.feed.post/1"}
ANSWERS = {  # of Bluesky's feed of an author, of X's API, and of a table of twarc
    "feed.json": {
        "feed": [
            {"post": {"author": {"handle": "a"}, "record": {"text": MINE, "reply": {"parent": BLUESKY}}}}
        ]
    },
    "tweets.json": [
        {"text": MINE, "author_id": "7", "referenced_tweets": [{"type": "replied_to", "id": "1234567890"}]}
    ],
    "tweets.csv": f"text,author_id,referenced_tweets.replied_to.id\n{MINE},7,1234567890\n",
}


@pytest.mark.parametrize("file", ANSWERS)
def test_an_answer_names_the_post_that_it_answers(tmp_path, file):
    """So it is a reply, and its thread stays together when posts are held out."""
    content = ANSWERS[file]
    (tmp_path / file).write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    [post] = sources.read(str(tmp_path / file)).posts
    assert (post.text, post.kind) == (MINE, PostKind.REPLY)
    assert post.reply_to == (BLUESKY["uri"] if file == "feed.json" else "1234567890")
