"""Medium's export: the stories and responses that its owner has published.

    posts/2020-01-01_The-kettle-1a2b3c4d5e6f.html     a story, an h-entry: title, body, writer, date
    posts/draft_...                                   never opened

A page without a date of publication is a draft, too. Quotations, captions, code and previews of other pages
are left out. Lists, highlights and claps, which are about others' stories, are never opened. Form: exports
that people published, and open readers of them, which agree.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser

from ..types import Account, Post, Timeline
from ._contract import Match, ReadOptions
from ._formats.archive_files import ArchiveFiles
from ._formats.authors import choose_author, to_handle
from ._formats.dates import read_date
from ._formats.export_files import Export, match_export, open_export
from ._formats.markup import html_text
from ._formats.skipped import UNPUBLISHED, skip

NAME = "Medium"
SUMMARY = "an export of Medium, zip or folder"
EXAMPLE = "medium-export.zip"

_WHAT = "export of Medium"
_FOLDER = "posts/"
_PAGE = re.compile(r"(?!draft_|\._).+\.html")  # ._ begins what a Mac adds beside each file
_LARGEST_PAGE = 4 << 20  # bytes
_HEAD = 64 << 10  # bytes
_BODY = re.compile(rb"""<section data-field=["']body["'] class=["']e-content["']""")
_NOT_OWN = "blockquote, figure, pre, .graf--mixtapeEmbed, .graf--pullquote, .graf--blockquote, hr, footer"
_HANDLE = re.compile(r"medium\.com/@([\w.-]+)|//([\w-]+)\.medium\.com")


def recognises(location: str) -> Match:
    """Whether there is a folder of pages that have the body of a story."""
    return match_export(location, _is_base)


def read(location: str, options: ReadOptions) -> Timeline:
    """Find out who wrote the stories, and open them in the order of their files, which begin with dates."""
    stories, shown = Counter[str](), dict[str, str]()
    with open_export(location, _is_base, _WHAT) as export:
        for name in _pages(export):
            if page := _published(export, name):
                handle, shown_name = _writer(page)
                stories[handle] += 1
                shown.setdefault(handle, shown_name)
        digest = export.digest(_pages(export))
    author = choose_author(location, stories, options, shown)
    account = Account(
        handle=author,
        name=options.name or shown[author],
        source="medium",
        url=f"https://medium.com/@{author}",
    )
    return Timeline(account=account, posts=_posts(location, account), digest=digest)


def _posts(location: str, account: Account) -> Iterator[Post]:
    with open_export(location, _is_base, _WHAT) as export:
        for name in _pages(export):
            page = _published(export, name)
            if page is None:
                skip(UNPUBLISHED)
            elif _writer(page)[0] == account.handle and (text := _text(page)):
                yield Post(
                    id=name.removeprefix(_FOLDER).removesuffix(".html").rpartition("-")[2],
                    author=account.handle,
                    text=text,
                    created_at=read_date(_attribute(page, "time.dt-published", "datetime")),
                    url=_attribute(page, "a.p-canonical", "href"),
                )


def _pages(export: Export) -> list[str]:
    return export.names(_PAGE, _FOLDER)


def _published(export: Export, name: str) -> LexborHTMLParser | None:
    """Return a page that is published; None for a draft."""
    page = LexborHTMLParser(export.read(name, _LARGEST_PAGE).decode("utf-8", "replace"))
    return page if page.css_first("time.dt-published") else None


def _writer(page: LexborHTMLParser) -> tuple[str, str]:
    """Return the handle and the name of who wrote a story."""
    name = page.css_first("a.p-author")
    shown = " ".join(name.text().split()) if name else ""
    address = _HANDLE.search(_attribute(page, "a.p-author", "href"))
    return to_handle((address[1] or address[2] if address else "") or shown) or "nobody", shown


def _text(page: LexborHTMLParser) -> str:
    """Return the text of a story; its title stands in its body, but not where it is a response."""
    body = page.css_first("section.e-content")
    return html_text(body.html or "", drop=_NOT_OWN) if body else ""


def _attribute(page: LexborHTMLParser, selector: str, name: str) -> str:
    node = page.css_first(selector)
    return (node.attributes.get(name) or "") if node else ""


def _is_base(files: ArchiveFiles, folder: str) -> bool:
    names = filter(_PAGE.fullmatch, files.names(folder + _FOLDER))
    first = next(names, "")
    return bool(first) and bool(_BODY.search(next(files.chunks(folder + _FOLDER + first), b"")[:_HEAD]))
