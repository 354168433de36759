"""What feeds add to a person's words: the titles of others' threads, and lines above and below a text.

`/u/ada on Which kettle?` is the title of Ada's comment on Reddit; Stack Overflow, forums and others do alike.
`The post Kettles appeared first on Ada's blog.` stands below each entry of WordPress, in its language; Medium
and Discourse do alike. Forms: feeds of these places, and the source code of Lemmy, Mastodon and hnrss.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from selectolax.lexbor import LexborHTMLParser, LexborNode

_ID_OF_REDDIT = re.compile(r"t[13]_\w+")
_COMMENT_OF_REDDIT = "t1_"
_TEXT_OF_REDDIT = re.compile(r"<!-- SC_OFF -->(.*?)<!-- SC_ON -->", re.DOTALL)
_ANSWER_OF_DISCOURSE = re.compile(r".*-post-\d+-(?!1\Z)\d+")  # the topic and the number of the post in it
_ANSWER = (  # titles of comments and answers by somebody
    r"(?:new\s)?(?:answer|comment|reply)\sby\s{author}\s(?:for|on|in|to)\s.+|/u/{author}\son\s.+"
    r"|comment\son\s.+\sby\s{author}|by:\s{author}|(?:re|reply\sto|r\sto\s@\w+):\s.+"
)
_TITLE_OF_MISSKEY = r"new note by {author}"
_CUT = re.compile(  # of WordPress, at the end of a summary
    r"\s?\[(?:\u2026|\.\.\.|&hellip;|&#8230;)\](?=\s*(?:</p>\s*)?(?:</body>\s*</html>\s*)?\Z)"
)
_ABOVE_OF_LEMMY = re.compile(
    r"\Asubmitted by <a [^>]*>[^<]*</a> to <a [^>]*>[^<]*</a><br>-?\d+ points \| <a [^>]*>\d+ comments</a>"
    r"(?:<br><a [^>]*>[^<]*</a>)?"
)
_BELOW = re.compile(
    r"\[contains quote post or other embedded content\]\s*\Z"  # Bluesky
    r"|(?:<hr ?/?>\s*)?<p>(?:Article|Comments) URL: <a .*\Z",  # hnrss
    re.DOTALL,
)
_POST_OF_MASTODON = re.compile(r"https?://[^/]+/@\w+/\d+")
_WARNING_OF_MASTODON = re.compile(r"\A<p><strong>[^<]*</strong>[^<]*</p><hr ?/?>")  # in the server's language
_TRACKED = re.compile(r"[?&](?:utm_|source=rss).*|#.*", re.DOTALL)
_SCHEME = re.compile(r"https?://(?:www\.)?")


def is_programs(title: str, author: str) -> bool:
    """Whether a title is one that a program gives to each post."""
    return re.fullmatch(_TITLE_OF_MISSKEY.format(author=re.escape(author)), title, re.IGNORECASE) is not None


def is_answer(title: str, author: str, identity: str) -> bool:
    """Whether a title is that of the thread of another, in which the author wrote a comment or an answer."""
    if _ID_OF_REDDIT.fullmatch(identity) and identity.startswith(_COMMENT_OF_REDDIT):
        return True
    if _ANSWER_OF_DISCOURSE.fullmatch(identity):
        return True
    form = _ANSWER.format(author=re.escape(author.removeprefix("/u/")) or r"(?!)")
    return re.fullmatch(form, " ".join(title.split()), re.IGNORECASE) is not None


def without_additions(body: str, title: str, identity: str, url: str) -> str:
    """Return the HTML of an entry without what the program behind the feed has added to it.

    Args:
        body: The HTML.
        title: The title of the entry.
        identity: Its id.
        url: Its address. A last paragraph in which the title links to it is the program's; so is a last link
            to it in other words.
    """
    if _ID_OF_REDDIT.fullmatch(identity):
        text = _TEXT_OF_REDDIT.search(body)
        return text[1] if text else ""
    body = _BELOW.sub("", _ABOVE_OF_LEMMY.sub("", body))
    if _POST_OF_MASTODON.fullmatch(url):
        body = _WARNING_OF_MASTODON.sub("", body)
    addresses = {_bare(address) for address in (url, identity) if address}
    own = _without_own_links(body, title, addresses) if "<a" in body else body
    return _CUT.sub("\u2026", own)


def _without_own_links(body: str, title: str, addresses: Collection[str]) -> str:
    tree = LexborHTMLParser(body)
    links = (link for link in reversed(tree.css("a")) if _words(link))
    link = next((link for link in links if _bare(link.attributes.get("href") or "") in addresses), None)
    if not link or not tree.body:
        return body
    paragraph, words = _paragraph(link), _words(tree.body)
    if not words.endswith(_words(paragraph)):  # the person's own text is behind it
        return body
    if _words(link) != " ".join(title.split()):
        link.decompose()
    elif paragraph.tag == "p" and _words(paragraph) != words:
        paragraph.decompose()
    return tree.html or ""


def _paragraph(node: LexborNode) -> LexborNode:
    """Return the paragraph around a node, or else the whole body."""
    while node.parent and node.tag not in {"p", "body"}:
        node = node.parent
    return node


def _words(node: LexborNode) -> str:
    return " ".join(node.text().split())


def _bare(address: str) -> str:
    """Return an address without its scheme, and without what only says where a reader came from."""
    return _SCHEME.sub("", _TRACKED.sub("", address.strip())).rstrip("/")
