"""HTML with buttons of its own: which button was clicked goes to the server as an event.

A button has the attributes `data-action`, what to do, and `data-item`, with what. Actions that the browser
does alone (copy, go, theme) are in page.js.
"""

from __future__ import annotations

import gradio as gr
from markupsafe import Markup

IN_THE_BROWSER = ("copy", "go", "theme")
_SEND_CLICKS = f"""
element.addEventListener("click", (event) => {{
  const button = event.target.closest("[data-action]");
  if (!button || button.disabled || {list(IN_THE_BROWSER)}.includes(button.dataset.action)) return;
  trigger("click", {{action: button.dataset.action, item: button.dataset.item || ""}});
}});
"""
_BUTTON = Markup(
    '<button type="button" class="{kind}" data-action="{action}" data-item="{item}"{name}>{content}</button>'
)


def action_html(value: Markup, elem_id: str) -> gr.HTML:
    """HTML whose buttons trigger the event `click`."""
    return gr.HTML(value, elem_id=elem_id, js_on_load=_SEND_CLICKS)


def button(action: str, content: str, item: str = "", *, name: str = "", kind: str = "ht-button") -> Markup:
    """A button.

    Args:
        action: what it does.
        content: text, or Markup such as an icon.
        item: what it does it with.
        name: what a screen reader says, and a tip shows, where the content is an icon.
        kind: CSS classes.
    """
    names = Markup(' aria-label="{0}" title="{0}"').format(name) if name else ""
    return _BUTTON.format(kind=kind, action=action, item=item, name=names, content=content)


def go(tab: str, content: str) -> Markup:
    """A button that opens a tab."""
    return button("go", content, tab, kind="ht-link-button")


def clicked(event: gr.EventData) -> tuple[str, str]:
    """The action and the item of the button that was clicked; a visitor can send anything."""
    data = event._data if isinstance(event._data, dict) else {}  # noqa: SLF001 -- Gradio's way to pass data of any name
    return str(data.get("action", "")), str(data.get("item", ""))
