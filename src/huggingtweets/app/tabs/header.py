"""Above the tabs: which model is open, what is learning, and the address, in which both tab and model are."""

from __future__ import annotations

from typing import Any

import gradio as gr
from markupsafe import Markup

from ..actions import action_html
from ..language import _
from ..server import UNQUEUED, Server, Shared, event_options, model_choices, show_errors, unchecked_dropdown
from . import header_view

KEY_AND_ADDRESS = r"""(stored) => {
  const random = String.fromCharCode(...crypto.getRandomValues(new Uint8Array(24)));
  const key = /^[\w-]{32}$/.test(stored) ? stored : btoa(random).replaceAll("+", "-").replaceAll("/", "_");
  return [key, huggingtweets.begin()];
}"""  # the browser makes the key, stores it, and sends it with every event
UPDATE_EVERY = 1.0  # seconds, while something is learning


class Header:
    """The layout of the header and its event handlers."""

    def __init__(self, server: Server, page: gr.Blocks) -> None:
        """Lay out the header; the tabs come after it."""
        self._server, self._page = server, page
        self.key = gr.BrowserState("", storage_key="huggingtweets-room", secret="not-a-secret")  # noqa: S106 -- it encrypts what is stored in the visitor's own browser
        self._asked = gr.Textbox(visible=False)  # the model that the address names
        with gr.Row(elem_classes="ht-top"):
            gr.HTML(header_view.head())
            self.model = unchecked_dropdown(_("The model that is open"), "model")
        self.strip = action_html(Markup(""), "strip")
        self._face = gr.HTML(elem_id="face")
        self.timer = gr.Timer(UPDATE_EVERY, active=False)

    def share(self, tabs: gr.Tabs, containers: dict[str, gr.Tab]) -> Shared:
        """What every tab needs, when the tabs are laid out."""
        outputs = [self.key, self._asked]
        loaded = self._page.load(None, outputs, outputs, js=KEY_AND_ADDRESS, **UNQUEUED)
        return Shared(self._server, self.key, self.model, tabs, loaded, containers, self.strip, self.timer)

    def connect(self, shared: Shared) -> None:
        """Register the event handlers."""
        self._shared, options = shared, event_options("looking", 8, "hidden")
        shared.loaded.then(show_errors(self._on_load), [self.key, self._asked], self.model, **options)
        for name, container in shared.containers.items():
            container.select(None, js=f"() => huggingtweets.rememberTab('{name}')", **UNQUEUED)
        self.model.change(None, self.model, js="(name) => huggingtweets.rememberModel(name)", **UNQUEUED)
        self.model.change(show_errors(self._on_model), [self.key, self.model], self._face, **options)

    def _on_load(self, key: object, asked: object) -> Any:
        """Open the model that the address names, or else the newest."""
        return model_choices(self._shared.session(key), asked)

    def _on_model(self, key: object, model: object) -> Any:
        """Show the face of the model beside its posts."""
        return header_view.face(self._shared.session(key).model(model)) if model else ""
