"""The Posts tab: choose posts, see what cleaning keeps of them, and whether they are enough."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup
from msgspec.structs import replace

from ...cleaning.languages import LANGUAGES
from ...errors import HuggingtweetsError, UserError
from .. import reading
from .. import selection as selections
from ..actions import action_html, clicked
from ..language import _
from ..markup import problem
from ..messages import shown_error
from ..selection import Selection
from ..server import READING, UNQUEUED, Shared, accordion, event_options, show_errors
from ..sessions import Session
from . import archives_view, posts_view
from .browse import BrowsePanel

HINT = "jane.bsky.social"
MAX_TYPED = 4000  # characters of the accounts that are typed


class PostsTab:
    """The layout of the tab and its event handlers."""

    def __init__(self, shared: Shared) -> None:
        """Lay out the tab."""
        self._shared, self._server = shared, shared.server
        public = self._server.limits.public
        with gr.Row(elem_classes="ht-columns"):
            with gr.Column(scale=4, min_width=320):
                gr.HTML(posts_view.welcome(public=public))
                self._files = gr.File(
                    label=_("Your archive: zip, CAR, CSV …"),
                    file_count="multiple",
                    height=150,
                    elem_classes="ht-drop",
                )
                _refuse_addresses(self._files)
                self._folder = gr.Button(_("Or choose a whole folder"), size="sm", elem_id="folder")
                gr.HTML(posts_view.folder_told(), elem_id="folder-told")
                with gr.Accordion(_("How do I get my archive?"), open=False):
                    gr.HTML(archives_view.guide())
                with gr.Row(elem_classes="ht-typed"):
                    self._typed = gr.Textbox(
                        label=_("Or an account") if public else _("Or an account, or a path"),
                        placeholder=HINT,
                        max_length=MAX_TYPED,
                        scale=3,
                    )
                    self._add = gr.Button(_("Add"), scale=0, min_width=80, elem_id="add")
                self._sample = gr.Button(_("Try the sample"), variant="primary", elem_id="try-sample")
                self._filters = _filter_inputs()
                self._clear = gr.Button(_("Begin again"), size="sm")
            with gr.Column(scale=6, min_width=320):
                self._train = gr.Button(
                    _("Go on: train it"), variant="primary", visible=False, elem_id="go-train"
                )
                self._inspections = action_html(posts_view.opening(), "found")
                self._browse = BrowsePanel(shared)
        # the Train tab renders these two: whose posts a run would be trained on, and which choice that is
        self.summary = gr.HTML(posts_view.summary(Selection()), render=False)
        self.shown_digest = gr.Textbox("", visible=False, render=False)
        self._panel = [
            self._inspections,
            self.summary,
            self.shown_digest,
            self._train,
            self._sample,
            self._browse.accordion,
        ]

    def connect(self) -> None:
        """Register the event handlers."""
        key, panel, filters = self._shared.key, self._panel, self._filters
        options = event_options(READING, self._server.limits.concurrent)
        self._files.upload(
            show_errors(self._on_upload), [key, self._files, *filters], [self._files, *panel], **options
        )
        self._folder.click(None, js="() => huggingtweets.chooseFolder()", **UNQUEUED)
        gr.on(
            [self._add.click, self._typed.submit],
            show_errors(self._on_add),
            [key, self._typed, *filters],
            [self._typed, *panel],
            **options,
        )
        self._sample.click(show_errors(self._on_sample), [key, *filters], panel, **options)
        *_, person = filters
        self._inspections.click(show_errors(self._on_action), key, [*panel, person], **options)
        replies, language, *boxes = filters
        changes = [
            replies.input,
            language.input,
            *(event for box in boxes for event in (box.submit, box.blur)),
        ]
        gr.on(
            changes,
            show_errors(self._on_filter),
            [key, *filters],
            panel,
            trigger_mode="always_last",  # a filter that changes while posts are read counts, too
            **options,
        )
        self._clear.click(show_errors(self._on_clear), key, [*panel, *filters], **options)
        self._train.click(lambda: gr.Tabs(selected="train"), None, self._shared.tabs, **UNQUEUED)
        self._browse.connect(self.shown_digest, self._panel, self._read)
        self._shared.loaded.then(show_errors(self._on_load), key, [*panel, *filters], **options)

    @contextmanager
    def _locked_session(self, key: object) -> Iterator[Session]:
        """The visitor's session, for one event at a time: two would overwrite each other's selection."""
        session = self._shared.session(key)
        with self._server.sessions.lock(session):
            yield session

    def _read(
        self, session: Session, selection: Selection, filters: Sequence[object] = ()
    ) -> tuple[Any, ...]:
        """Read the posts of a selection and save it; errors stand in the panel, beside what can be read.

        Args:
            session: where the selection is saved.
            selection: the places.
            filters: values of the filter inputs; empty: the filters of the selection.
        """
        html = posts_view.nothing()
        if not selection.places:
            selection = replace(selection, title="", kept=0, enough=False)
        else:
            try:
                selection = selections.with_filters(selection, *filters) if filters else selection
                selection, inspections = reading.read_posts(selection, session, self._server.limits)
                html = posts_view.inspections(selection, inspections)
            except Exception as error:  # noqa: BLE001 -- all are shown, and the unexpected ones logged
                selection = replace(selection, enough=False)
                names = [(place.location, place.shown) for place in selection.places]
                html = posts_view.places(selection) + _problem(error, names)
        selections.save(selection, session)
        reading.delete_unused_uploads(selection, session)
        return _panel(html, selection)

    def _on_upload(self, key: object, uploads: Sequence[str] | None, *filters: object) -> tuple[Any, ...]:
        with self._locked_session(key) as session:
            selection = selections.with_uploads(
                selections.load(session), uploads or (), self._server.incoming, session
            )
            return None, *self._read(session, selection, filters)

    def _on_add(self, key: object, typed: str, *filters: object) -> tuple[Any, ...]:
        with self._locked_session(key) as session:
            selection = selections.load(session)
            try:
                selection = selections.with_typed(selection, typed[:MAX_TYPED], self._server.limits)
            except HuggingtweetsError as error:
                html = posts_view.places(selection) + _problem(error)
                return typed, html, *(gr.skip(),) * (len(self._panel) - 1)
            return "", *self._read(session, selection, filters)

    def _on_sample(self, key: object, *filters: object) -> tuple[Any, ...]:
        *others, _ = filters  # the last is the author's handle, which the sample names itself
        with self._locked_session(key) as session:
            return self._read(session, selections.with_sample(selections.load(session)), (*others, ""))

    def _on_action(self, key: object, event: gr.EventData) -> tuple[Any, ...]:
        """Remove a place, try one again, or answer its question."""
        action, item = clicked(event)
        with self._locked_session(key) as session:
            selection = selections.load(session)
            if action == "remove":
                selection = selections.without_place(selection, item)
            elif action == "again":
                selection = selections.try_again(selection, item)
            elif action == "one":
                selection = selections.with_answer(selection, one_author=True)
            elif action == "person":
                selection = selections.with_answer(selection, person=item)
            elif action == "column":
                selection = selections.with_answer(selection, text_column=item)
            panel = self._read(session, selection)
        return *panel, selections.load(session).person

    def _on_filter(self, key: object, *filters: object) -> tuple[Any, ...]:
        """Read the posts again where a filter changed.

        Nothing is done while no places are selected: adding one reads the filters anyway. The click on "Begin
        again" takes the focus from a text box, and the browser may send the box's blur event, with its old
        value, after the click.
        """
        with self._locked_session(key) as session:
            selection = selections.load(session)
            if not selection.places or (selection.enough and _has_filters(selection, filters)):
                return (gr.skip(),) * len(self._panel)
            return self._read(session, selection, filters)

    def _on_clear(self, key: object) -> tuple[Any, ...]:
        with self._locked_session(key) as session:
            return *self._read(session, Selection()), True, "", "", "", ""

    def _on_load(self, key: object) -> tuple[Any, ...]:
        """Show the selection from before a reload of the page."""
        try:
            with self._locked_session(key) as session:
                panel = self._read(session, selections.load(session))
                selection = selections.load(session)
        except UserError as error:  # there are too many sessions
            selection, panel = Selection(), _panel(_problem(error), Selection())
        rules = selection.rules
        dates = [day.isoformat() if day else "" for day in (rules.since, rules.until)]
        return *panel, rules.keep_replies, rules.lang or "", *dates, selection.person


def _panel(html: Markup, selection: Selection) -> tuple[Any, ...]:
    """Updates of the panel; of the two ways on, the one that is next stands out."""
    return (
        html,
        posts_view.summary(selection),
        selection.digest,
        gr.update(visible=selection.enough),
        gr.update(variant="secondary" if selection.enough else "primary"),
        gr.update(visible=bool(selection.readable and selection.title)),
    )


def _problem(error: Exception, names: Sequence[tuple[str, str]] = ()) -> Markup:
    message, language = shown_error(error, names)
    return problem(message, lang=language)


def _has_filters(selection: Selection, filters: Sequence[object]) -> bool:
    """Whether the selection was read with these filters."""
    try:
        return selections.with_filters(selection, *filters) == selection
    except UserError:
        return False


def _refuse_addresses(files: gr.File) -> None:
    """Refuse an address in place of an uploaded file: Gradio would download it, whatever its size."""
    move_file = files.async_move_resource_to_block_cache

    async def move_upload(path: str | Path | None) -> str | None:
        if path is not None and "://" in str(path):
            raise gr.Error(_("only files that are dropped here are taken"), print_exception=False)
        return await move_file(path)

    files.async_move_resource_to_block_cache = move_upload  # type: ignore[method-assign,assignment] # a subclass writes stubs


def _filter_inputs() -> tuple[gr.Checkbox, gr.Dropdown, gr.Textbox, gr.Textbox, gr.Textbox]:
    """The inputs of `selection.with_filters`, in its order."""
    with accordion(_("Leave something out")):
        replies = gr.Checkbox(True, label=_("Learn from replies, too"))
        language = gr.Dropdown(
            [(_("every language"), ""), *((code, code) for code in LANGUAGES)],
            value="",
            label=_("Language"),
        )
        with gr.Row():
            since = gr.Textbox(
                label=_("From the day"), max_length=10, max_lines=1, min_width=120, elem_classes="ht-date"
            )
            until = gr.Textbox(
                label=_("Until the day"), max_length=10, max_lines=1, min_width=120, elem_classes="ht-date"
            )
        person = gr.Textbox(
            label=_("Whose posts, where a file does not say so"), placeholder="@jane", max_length=200
        )
    return replies, language, since, until, person
