"""Publishing to the Hub with one's own token, which is passed on and kept nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import gradio as gr
from markupsafe import Markup

from ...errors import UserError
from ...types import Permission
from ...workflows.publish import plan_publishing, publish
from ..markup import joined, note
from ..server import Shared, event_options, show_errors

if TYPE_CHECKING:
    from ...workflows.publish import PublishPlan

RIGHTS: dict[str, Literal["author", "given", "public-figure"]] = {
    "The posts are mine": "author",
    "Their author agreed": "given",
    "Nobody agreed; the author is a public figure": "public-figure",
}
LONGEST = 500  # characters of what is typed

_PLAN = Markup(
    '<article class="ht-card"><h3>{name}</h3><p>{count} files, {megabytes:.1f} MB, {who} can see them. '
    "What would go:</p><ul>{files}</ul>{left}</article>"
)
_FILE = Markup("<li>{}</li>")
_LEFT = Markup("<h4>What stays here</h4><ul>{}</ul>")
_DONE = Markup(
    '<p class="ht-verdict good" role="status"><b>Published:</b> '
    '<a href="{url}" target="_blank" rel="noopener noreferrer">{url}</a></p>'
)


class PublishStep:
    """The part of the last step that uploads, and what happens when it is used."""

    def __init__(self, shared: Shared) -> None:
        """Lay it out."""
        self._shared = shared
        token = "Your token, which may write" + ("" if shared.server.limits.public else " (empty: HF_TOKEN)")
        with gr.Accordion("Publish it on the Hugging Face Hub", open=False):
            self._right = gr.Radio(list(RIGHTS), label="By what right?")
            self._words = gr.Textbox(
                label="Who agreed, when and how (where somebody did)", max_length=LONGEST
            )
            self._name = gr.Textbox(label="Repository", placeholder="you/your-bot", max_length=100)
            self._token = gr.Textbox(label=token, type="password", max_length=200, elem_id="token")
            self._private = gr.Checkbox(label="Only I can see it")
            self._posts = gr.Checkbox(label="Publish the posts, too (--with-dataset)")
            with gr.Row():
                self._show = gr.Button("Show what would go", elem_id="plan")
                self._publish = gr.Button("Publish", variant="primary", visible=False, elem_id="publish")
            self._said = gr.HTML(elem_id="published")

    def connect(self) -> None:
        """Say what happens when something is used."""
        given = [self._right, self._words, self._name, self._token, self._private, self._posts]
        base = [self._shared.key, self._shared.model, *given]
        work = event_options("publishing", 2)
        self._show.click(show_errors(self._shown), base, [self._said, self._publish], **work)
        self._publish.click(
            show_errors(self._published), base, [self._said, self._publish, self._token], **work
        )
        said = (self._right, self._name, self._private, self._posts, self._shared.model)
        gr.on(
            [part.change for part in said],
            lambda: ("", gr.update(visible=False)),
            None,
            [self._said, self._publish],
            **work,
        )

    def _shown(self, key: object, model: object, *given: object) -> tuple[Any, ...]:
        return _shown(self._plan(key, model, *given)), gr.update(visible=True)

    def _published(self, key: object, model: object, *given: object) -> tuple[Any, ...]:
        done = publish(self._plan(key, model, *given), token=self._needed(given[3]))
        return _DONE.format(url=done.url), gr.update(visible=False), ""

    def _plan(self, key: object, model: object, *given: object) -> PublishPlan:
        right, words, name, token, private, posts = given
        session = self._shared.session(key)
        folder = session.model(model)
        if right not in RIGHTS:
            raise UserError("say by what right it is published")
        permission = Permission(kind=RIGHTS[str(right)], words=str(words or "")[:LONGEST])
        with session.entered():
            return plan_publishing(
                folder.path,
                permission,
                to=str(name or "").strip() or None,
                private=bool(private),
                with_dataset=bool(posts),
                token=self._needed(token),
            )

    def _needed(self, token: object) -> str | None:
        """The visitor's token; strangers never use the server's own.

        Raises:
            UserError: there is none, and this page is for strangers.
        """
        given = str(token or "").strip()
        if not given and self._shared.server.limits.public:
            raise UserError("publishing needs a token of yours that may write; huggingface.co gives you one")
        return given or None


def _shown(plan: PublishPlan) -> Markup:
    """What would go, and what would stay."""
    shown = joined(
        _PLAN.format(
            name=repository.id,
            count=len(repository.uploads),
            megabytes=sum(upload.size for upload in repository.uploads) / 1e6,
            who="only you" if repository.private else "everybody",
            files=joined(_FILE.format(upload.path) for upload in repository.uploads),
            left=_LEFT.format(joined(_FILE.format(f"{name}: {why}") for name, why in plan.left_out.items()))
            if plan.left_out
            else "",
        )
        for repository in plan.repositories
    )
    return shown + note("Nothing has been uploaded yet.")
