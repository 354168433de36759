r"""LinkedIn's archive of a user's data, a zip of tables: the user's shares and comments.

Only shares that everyone could read are read: their `Visibility` is `PUBLIC` or `MEMBER_NETWORK`, which the
archive writes for posts to "Anyone". Everything written in groups is left out. The archive does not say who
could read a comment: the user is told, and comments count as unlisted. Messages and all other tables are
never read.

In older archives each line of a share is in quotes of its own: `one"\n"two`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..errors import LocationError
from ..progress import tell
from ..types import Account, Post, PostKind, Timeline, Visibility
from ._contract import Match, ReadOptions
from ._formats.archive_files import ArchiveFiles
from ._formats.audience import visibility
from ._formats.authors import to_handle
from ._formats.dates import read_date
from ._formats.export_files import Export, match_export, open_export
from ._formats.record_shapes import Row

NAME = "LinkedIn"
SUMMARY = "an archive of LinkedIn, zip or folder"
EXAMPLE = "Complete_LinkedInDataExport_05-01-2024.zip"

_WHAT = "archive of LinkedIn with Shares.csv or Comments.csv; ask LinkedIn for the larger one"
_SHARES = re.compile(r"Shares(_\d+)?\.csv")
_COMMENTS = re.compile(r"Comments(_\d+)?\.csv")
_ONLY_OF_LINKEDIN = ("Profile.csv", "Connections.csv", "Reactions.csv", "Registration.csv", "messages.csv")
_IN_GROUP = re.compile(r"groupPost", re.IGNORECASE)
_POST_ID = re.compile(r"(?:share|ugcPost|activity)(?::|%3A)(\d+)")
_QUOTED_LINE_END = re.compile(r'"\r?\n"')


def recognises(location: str) -> Match:
    """Whether Shares.csv or Comments.csv is beside a table that only LinkedIn's archives have."""
    return match_export(location, _is_base)


def read(location: str, options: ReadOptions) -> Timeline:
    """Read the account, and open the shares, then the comments, in the order of the archive."""
    with open_export(location, _is_base, _WHAT) as export:
        account = _account(export, options)
        comments = export.names(_COMMENTS)
        digest = export.digest([*export.names(_SHARES), *comments])
    if comments:
        tell(
            "LinkedIn's archive does not say who could read a comment: those below posts for a few may be "
            "among them; leave out what a model should not learn from, as with --exclude-matching, or all "
            "of them with --drop-replies"
        )
    return Timeline(account=account, posts=_posts(location, account.handle), digest=digest)


def _posts(location: str, handle: str) -> Iterator[Post]:
    with open_export(location, _is_base, _WHAT) as export:
        shares = (row for name in export.names(_SHARES) for row in export.rows(name))
        for number, row in enumerate(shares, start=1):
            if _is_public(row):
                yield from _share(row, number, handle)
        comments = (row for name in export.names(_COMMENTS) for row in export.rows(name, escape="\\"))
        for number, row in enumerate(comments, start=1):
            if not _IN_GROUP.search(row.get("Link", "")):
                yield from _comment(row, number, handle)


def _is_public(row: Row) -> bool:
    return bool(visibility(row.get("Visibility"))) and not _IN_GROUP.search(row.get("ShareLink", ""))


def _share(row: Row, number: int, handle: str) -> Iterator[Post]:
    text = _clean(row.get("ShareCommentary", ""))
    link = row.get("ShareLink", "")
    identity = _POST_ID.search(link)
    shared = _POST_ID.search(row.get("SharedUrl", ""))
    if text:
        yield Post(
            id=identity[1] if identity else f"share-{number}",
            author=handle,
            text=text,
            created_at=read_date(row.get("Date", "")),
            kind=PostKind.QUOTE if shared else PostKind.ORIGINAL,
            url=link,
        )


def _comment(row: Row, number: int, handle: str) -> Iterator[Post]:
    text = row.get("Message", "").strip()
    link = row.get("Link", "")
    parent = _POST_ID.search(link)
    if text:
        yield Post(
            id=f"comment-{number}",
            author=handle,
            text=text,
            created_at=read_date(row.get("Date", "")),
            kind=PostKind.REPLY,
            visibility=Visibility.UNLISTED,
            reply_to=parent[1] if parent else None,
            url=link,
        )


def _clean(text: str) -> str:
    """Remove the quotes that older archives put around each line."""
    quoted = len(_QUOTED_LINE_END.findall(text))
    if quoted and quoted == text.count("\n"):
        text = _QUOTED_LINE_END.sub("\n", text).replace('""', '"')
    return text.replace("\r", "").strip()


def _account(export: Export, options: ReadOptions) -> Account:
    row = next(export.rows("Profile.csv"), {}) if export.has("Profile.csv") else {}
    name = options.name or f"{row.get('First Name', '')} {row.get('Last Name', '')}".strip()
    handle = to_handle(options.handle or name)
    if not handle:
        raise LocationError(
            f"{export.path} does not say whose it is", advice="say it with --name 'Their Name'"
        )
    return Account(handle=handle, name=name or handle, source="linkedin", bio=row.get("Headline", ""))


def _is_base(files: ArchiveFiles, folder: str) -> bool:
    if not any(files.has(folder + name) for name in _ONLY_OF_LINKEDIN):
        return False
    return any(_SHARES.fullmatch(name) or _COMMENTS.fullmatch(name) for name in files.names(folder))
