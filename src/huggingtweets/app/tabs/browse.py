"""Looking through kept and dropped posts in the Posts tab, and taking some out by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from ...cleaning import qualified_id
from ...types import Post, Reason
from .. import browsing
from .. import selection as selections
from ..browsing import KEPT, Listing
from ..language import _
from ..selection import Selection
from ..server import READING, Shared, accordion, event_options, show_errors, unchecked_dropdown
from ..sessions import Session
from . import browse_view
from .browse_view import PAGE

MAX_WORDS = 200  # characters that are looked for
TO_THE_LIST = "() => document.getElementById('browsed').scrollIntoView({block: 'center'})"

Read = Callable[[Session, Selection], tuple[Any, ...]]


class BrowsePanel:
    """The layout of this part of the tab and its event handlers."""

    def __init__(self, shared: Shared) -> None:
        """Lay out this part of the tab."""
        self._shared, self._browsing = shared, shared.server.browsing
        self._page, self._is_open = gr.State(0), gr.State(False)
        with accordion(_("Look through the posts"), visible=False) as self.accordion:
            with gr.Row():
                self._which = unchecked_dropdown(_("Which posts?"), "which")
                self._words = gr.Textbox(label=_("With these words"), max_length=MAX_WORDS, elem_id="words")
            self._list = gr.HTML(elem_id="browsed")
            self._marked = gr.CheckboxGroup([], elem_id="marked", visible=False)
            self._marked.preprocess = lambda payload: payload  # type: ignore[method-assign] # as in server.py
            with gr.Row():
                self._earlier = gr.Button(_("Back"), min_width=100, visible=False, elem_id="page-back")
                self._later = gr.Button(_("More"), min_width=100, visible=False, elem_id="page-on")
            with gr.Row():
                self._take_out = gr.Button(_("Leave the marked posts out"), visible=False, elem_id="take-out")
                self._take_all = gr.Button(visible=False, elem_id="take-all")
                self._put_back = gr.Button(
                    _("Include the marked posts again"), visible=False, elem_id="put-back"
                )
        self._outputs = [
            self._which, self._list, self._marked, self._earlier, self._later,
            self._take_out, self._take_all, self._put_back, self._page,
        ]  # fmt: skip

    def connect(self, digest: gr.Textbox, panel: Sequence[Any], read: Read) -> None:
        """Register the event handlers.

        Args:
            digest: changes with the selection.
            panel: the outputs of `read`.
            read: reads a changed selection, and saves it.
        """
        options = event_options(READING, self._shared.server.limits.concurrent)
        inputs = [self._shared.key, self._which, self._words]
        show = show_errors(self._on_show)
        self.accordion.expand(lambda: True, None, self._is_open, **options)
        self.accordion.collapse(lambda: False, None, self._is_open, **options)
        for event in (self.accordion.expand, self._which.input):
            event(show, inputs, self._outputs, **options)
        self._words.change(show, inputs, self._outputs, trigger_mode="always_last", **options)
        digest.change(
            show_errors(self._on_digest), [*inputs, self._page, self._is_open], self._outputs, **options
        )
        for button, step in ((self._earlier, -1), (self._later, 1)):
            button.click(
                show_errors(self._turned(step)), [*inputs, self._page], self._outputs, **options
            ).then(None, js=TO_THE_LIST)
        for button, change in (
            (self._take_out, _without_marked),
            (self._take_all, self._without_all),
            (self._put_back, _with_marked),
        ):
            changed = show_errors(self._changed(change, read))
            button.click(changed, [*inputs, self._marked], panel, **options).then(None, js=TO_THE_LIST)

    def _on_show(self, key: object, which: object, words: object, page: int = 0) -> tuple[Any, ...]:
        """Show one page of the posts that are asked for."""
        listing = self._listing(key, which, words)
        page = min(max(page, 0), max(listing.total - 1, 0) // PAGE)
        shown = slice(page * PAGE, (page + 1) * PAGE)
        can_take = listing.which == KEPT and bool(listing.posts)
        return (
            gr.update(choices=browse_view.choices(listing), value=listing.which, visible=True),
            browse_view.page(listing, shown),
            gr.update(
                choices=browse_view.marks(listing.posts[shown]),
                value=[],
                visible=bool(listing.posts),
                label=browse_view.marks_label(listing),
            ),
            gr.update(visible=page > 0),
            gr.update(visible=shown.stop < listing.total),
            gr.update(visible=can_take),
            gr.update(value=browse_view.take_all(listing), visible=can_take and bool(words)),
            gr.update(visible=listing.which == Reason.EXCLUDED),
            page,
        )

    def _on_digest(
        self, key: object, which: object, words: object, page: int, is_open: bool
    ) -> tuple[Any, ...]:
        """Show the posts of a selection that has changed, if they are being looked at."""
        if not is_open or not selections.load(self._shared.session(key)).readable:
            return (gr.skip(),) * len(self._outputs)
        return self._on_show(key, which, words, page)

    def _turned(self, step: int) -> Callable[..., tuple[Any, ...]]:
        def on_turn(key: object, which: object, words: object, page: int) -> tuple[Any, ...]:
            return self._on_show(key, which, words, page + step)

        return on_turn

    def _changed(
        self, change: Callable[[Selection, Listing, object], Selection], read: Read
    ) -> Callable[..., tuple[Any, ...]]:
        """A handler that changes which posts are taken out, and reads the others."""

        def on_change(key: object, which: object, words: object, marked: object) -> tuple[Any, ...]:
            session = self._shared.session(key)
            listing = self._listing(key, which, words)
            with self._shared.server.sessions.lock(session):
                return read(session, change(selections.load(session), listing, marked))

        return on_change

    def _listing(self, key: object, which: object, words: object) -> Listing:
        session = self._shared.session(key)
        return self._browsing.listing(
            selections.load(session),
            session,
            self._shared.server.limits,
            which,
            str(words or "")[:MAX_WORDS].strip(),
        )

    @staticmethod
    def _without_all(selection: Selection, listing: Listing, marked: object) -> Selection:
        """Take out all posts with the words that are looked for; the marks do not count."""
        del marked
        return browsing.without_posts(selection, listing.posts)


def _without_marked(selection: Selection, listing: Listing, marked: object) -> Selection:
    return browsing.without_posts(selection, _marked(listing, marked))


def _with_marked(selection: Selection, listing: Listing, marked: object) -> Selection:
    return browsing.with_posts_again(selection, _marked(listing, marked))


def _marked(listing: Listing, marked: object) -> list[Post]:
    """The posts that are marked; a visitor can send anything."""
    ids = {str(identity) for identity in marked} if isinstance(marked, list) else set()
    return [post for post in listing.posts if qualified_id(post) in ids]
