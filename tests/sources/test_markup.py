"""Markup: HTML becomes the text that a person typed."""

from __future__ import annotations

import pytest

from huggingtweets.sources._formats.markup import html_text, unescape_html


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("", ""),
        ("no markup &amp; one\n line", "no markup & one line"),
        ("<p>one  <b>two</b>\nthree</p><p>four</p>", "one two three\n\nfour"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<h2>Title</h2>\n<div><div><p>deep</p></div></div>\n\n<hr>end", "Title\n\ndeep\n\nend"),
        ("<ul><li>a</li><li>b <a href='https://x.y'>c</a></li></ul>", "a\nb c"),
        ("<p>1 &lt; 2 &amp;&nbsp;3</p>", "1 < 2 & 3"),
        ("<pre>a\n  b <i>c\nd</i></pre>", "a\nb c\nd"),
        ("<p>a</p><p><br></p><p></p><p>b</p>", "a\n\nb"),
        ("a<script>evil()</script><style>p {}</style><svg><text>x</text></svg>b", "ab"),
        ("<p>never closed <b>bold", "never closed bold"),
        ("marks \ue000\ue001 of ours <br>fall away", "marks of ours\nfall away"),
    ],
)
def test_html_reads_as_it_looks(source, text):
    """Paragraphs and line breaks stay; tags and scripts are removed."""
    assert html_text(source) == text


def test_what_others_wrote_can_be_dropped():
    """Elements that match a selector are left out, nested or not."""
    source = "<p>mine</p><blockquote>his<blockquote>hers</blockquote></blockquote><p class=x>x</p>mine"
    assert html_text(source, drop="blockquote, .x") == "mine\n\nmine"


def test_deep_html_is_no_trouble():
    """Twenty thousand nested elements are read."""
    assert html_text("<div>" * 20_000 + "deep") == "deep"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("R&amp;D &lt;3 &#39;s &#x200B;", "R&D <3 's \u200b"),
        ("?a=1&copy=2&lt=3", "?a=1&copy=2&lt=3"),
        ("plain", "plain"),
    ],
)
def test_only_whole_escapes_are_undone(raw, text):
    """Character references are undone only with their `;`, so addresses stay."""
    assert unescape_html(raw) == text
