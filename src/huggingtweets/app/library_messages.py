"""Errors of the library in the visitor's language.

The library speaks English. What it says is found among templates of the errors that visitors meet most, which
are translated as the page's own texts are; what is not found among them stays English.
"""

from __future__ import annotations

import re
from functools import cache
from string import Formatter

from .language import ENGLISH, N_, _, current, number

UNEXPECTED = N_("Something unexpected happened. This is our mistake; the terminal of the page tells more.")
# as the page shows them: without paths, and without what only the command line has; the particular come first
TEMPLATES = (
    UNEXPECTED,
    N_("an unexpected {error}; the terminal tells more"),
    N_("it was interrupted"),
    N_("its time on this page is up"),
    N_("the process of this run could not be started"),
    # files
    N_("nothing that can be read is in {place}"),
    N_("{place} is the address of no feed and no account that is known"),
    N_("no file or folder is at {place}; did you mean {other}?"),
    N_("no file or folder is at {place}; an account is written like {example}"),
    N_("no file or folder is at {place}"),
    N_("{place} is not a whole zip file; download it again"),
    N_("{place} is not a whole tar file; download it again"),
    N_("{place} is not a whole compressed file; download or copy it again"),
    N_("{place} is encrypted; unpack it with its password and give the folder"),
    N_("{place} is damaged; download it again"),
    N_(
        "{place} breaks off or is damaged near byte {byte}, after {count} whole entries; download or "
        "unpack it again"
    ),
    N_(
        "{place} would grow from {packed} to more than {size} bytes; no genuine export does, so it is not "
        "opened"
    ),
    N_("{place} would grow from {packed} to {size} bytes; no genuine export does, so it is not opened"),
    N_("{place} would grow to more than {size} bytes; no genuine export does, so it is not opened"),
    N_("{place} is the export of no place that is known; if {files} has the posts, give that file alone"),
    N_("{place} is an export as HTML, which is not read; ask for it again as JSON, and give that"),
    N_("{place} is a PDF, which is not read; ask for the export as JSON or CSV"),
    N_("{place} is e-mail that is not read; give what you sent as one mbox, like Sent.mbox"),
    N_("{place} is a document of a word processor; save it as text, one post a line, and give that"),
    N_("{place} is a picture; give the export that has the posts"),
    # whose posts, and which
    N_("{place} holds no posts; give another file"),
    N_("{place} holds no posts of @{handle}; give another file"),
    N_("{place} holds no posts of @{handle}, but of {others}"),
    N_("{place} holds no lines of anybody; give another file"),
    N_("{place} holds nobody called {name}, but {others}"),
    N_("{place} holds the posts of @{handle}, not of @{other}"),
    N_("{place} does not say who wrote the posts; write whose they are into “Whose posts”"),
    N_("{place} does not say whose it is; write whose they are into “Whose posts”"),
    N_("{place} holds no posts that everyone could read, only others ({reasons})"),
    N_("{place} holds messages of a direct or private chat; these are never read"),
    N_(
        "{place} holds posts that only followers of @{handle} may see, so they are not read; make the "
        "account public and ask for a new archive, if all may read them"
    ),
    # accounts
    N_("there is no account {account} on Bluesky; check the spelling"),
    N_("there is no account {account}, or no longer; check the spelling"),
    N_("the account {account} is suspended; its posts are not read"),
    N_("the server of {account} shows posts only to people who are signed in"),
    N_(
        "{account} asks to be shown only to people who are signed in, so the posts are not read; if they are "
        "yours, download the repository in Bluesky's settings and give that file"
    ),
    N_(
        "{account} does not want to be found by machines, so the posts are not read; if they are yours, ask "
        "for your archive in Mastodon's settings and give that file"
    ),
    N_("there is no host called {host}; check the spelling, and that you are online"),
    N_("{address} cannot be read: {reason}, {count} times; try again later, what was fetched so far is kept"),
    N_("{host} asks to wait for {count} minutes; try again then, what was fetched so far is kept"),
    # limits of a page for strangers
    N_("more than {most} posts are too many for this page; run huggingtweets on your own machine"),
    N_("reading takes too long for this page; run huggingtweets on your own machine"),
    N_("reading takes too much memory for this page; run huggingtweets on your own machine"),
    N_("too many people are here just now; try again later, or run it yourself"),
    N_("posts of yours are being read already; wait until they are"),
    N_("what you asked for before is still being done; wait a moment"),
    N_("{place} cannot be read here; expected something like {known}, or drop a file"),
    N_("nothing was typed; expected an account like {example}"),
    # what was made of a person's posts: its kind, more about it, and what is out of reach
    N_("model"),
    N_("half-made model"),
    N_("left by a model that is gone, of whatever posts"),
    N_("index of copies"),
    N_("export"),
    N_("dataset"),
    N_("fetched posts"),
    N_("unfinished run"),
    N_("run of the web page"),
    N_("uploaded file"),
    N_("cache"),
    N_("search"),
    N_("entry of a fleet"),
    N_("W&B copy"),
    N_("W&B run"),
    N_("holds {others}, too"),
    N_("{runs} runs, {versions} versions of artifacts"),
    N_("{searches} searches, {trials} trials"),
    N_("what a fleet holds of {names}; its results are written anew"),
    N_("the archive or export that the posts were read from, wherever you keep it"),
    N_("models, exports, fleets and runs of W&B in other folders"),
    N_("searches in a database of your own"),
    N_("{file}: its score may be learnt from these posts beside others; evaluate it again"),
    # training, models
    N_("this model is not here any more; choose another"),
    N_("all held-out posts were shown in earlier games, and each counts once"),
    N_(
        "{count} posts with {size} bytes of text are left to learn from, under the {least} bytes that a "
        "voice needs. What helps: a whole archive in place of the newest posts, and the person's posts from "
        "other networks as further locations."
    ),
    N_(
        "{count} post with {size} bytes of text is left to learn from, under the {least} bytes that a "
        "voice needs. What helps: a whole archive in place of the newest posts, and the person's posts from "
        "other networks as further locations."
    ),
)
_REASONS = (
    N_("no answer in time"),
    N_("no connection"),
    N_("its certificate cannot be trusted"),
    N_("the answer breaks off or is damaged"),
)
_NUMBER = re.compile(r"\d{1,3}(,\d{3})+")


def translated(message: str) -> tuple[str, str]:
    """A message of the library, in the current language where it is known, and the language that it is in."""
    for template in TEMPLATES:
        if match := _pattern(template).fullmatch(message):
            values = {name: _value(text) for name, text in match.groupdict().items()}
            return _(template).format(**values), current()
    return message, ENGLISH


@cache
def _pattern(template: str) -> re.Pattern[str]:
    """What matches the messages of a template."""
    parts = (
        re.escape(text) + (f"(?P<{name}>.+)" if name else "")
        for text, name, _, _ in Formatter().parse(template)
    )
    return re.compile("".join(parts), re.DOTALL)


def _value(text: str) -> str:
    """What stands in the place of a placeholder, as the current language writes it."""
    if text in _REASONS:
        return _(text)
    return number(int(text.replace(",", ""))) if _NUMBER.fullmatch(text) else text
