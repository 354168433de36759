"""Publishing to the Hub, in the "Take it" tab. The visitor's token is passed on and stored nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import gradio as gr
from markupsafe import Markup

from ...errors import UserError
from ...types import Permission
from ...workflows.publish import plan_publishing, publish
from ..markup import joined, note
from ..server import UNQUEUED, Shared, event_options, show_errors

if TYPE_CHECKING:
    from ...workflows.publish import PublishPlan

RIGHTS: dict[str, Literal["author", "given", "public-figure"]] = {
    "The posts are mine": "author",
    "Their author agreed": "given",
    "Nobody agreed; the author is a public figure": "public-figure",
}
MAX_WORDS = 500  # characters of the statement of permission

_PLAN = Markup(
    '<article class="ht-card"><h3>{name}</h3><p>{count} files, {megabytes:.1f} MB, {audience} can see them. '
    "What would go:</p><ul>{files}</ul>{left_out}</article>"
)
_FILE = Markup("<li>{}</li>")
_LEFT_OUT = Markup("<h4>What stays here</h4><ul>{}</ul>")
_DONE = Markup(
    '<p class="ht-verdict good" role="status"><b>Published:</b> '
    '<a href="{url}" target="_blank" rel="noopener noreferrer">{url}</a></p>'
)


class PublishTab:
    """The layout of this part of the tab and its event handlers."""

    def __init__(self, shared: Shared) -> None:
        """Lay out this part of the tab."""
        self._shared = shared
        token = "Your token, which may write" + ("" if shared.server.limits.public else " (empty: HF_TOKEN)")
        with gr.Accordion("Publish it on the Hugging Face Hub", open=False, visible=False) as self._accordion:
            self._right = gr.Radio(list(RIGHTS), label="By what right?")
            self._words = gr.Textbox(
                label="Who agreed, when and how (where somebody did)", max_length=MAX_WORDS
            )
            self._name = gr.Textbox(label="Repository", placeholder="you/your-bot", max_length=100)
            self._token = gr.Textbox(label=token, type="password", max_length=200, elem_id="token")
            self._private = gr.Checkbox(label="Only I can see it")
            self._posts = gr.Checkbox(label="Publish the posts, too (--with-dataset)")
            with gr.Row():
                self._show_plan = gr.Button("Show what would go", elem_id="plan")
                self._publish = gr.Button("Publish", variant="primary", visible=False, elem_id="publish")
            self._result = gr.HTML(elem_id="published")

    def connect(self) -> None:
        """Register the event handlers."""
        fields = [self._right, self._words, self._name, self._token, self._private, self._posts]
        inputs = [self._shared.key, self._shared.model, *fields]
        outputs = [self._result, self._publish]
        options = event_options("publishing", 2)
        self._show_plan.click(show_errors(self._on_plan), inputs, outputs, **options)
        self._publish.click(show_errors(self._on_publish), inputs, [*outputs, self._token], **options)
        changes = (self._right, self._name, self._private, self._posts)
        gr.on(
            [component.change for component in changes],
            lambda: ("", gr.update(visible=False)),
            None,
            outputs,
            **UNQUEUED,
        )
        self._shared.model.change(
            lambda model: ("", gr.update(visible=False), gr.update(visible=bool(model))),
            self._shared.model,
            [*outputs, self._accordion],
            **UNQUEUED,
        )

    def _on_plan(self, key: object, model: object, *fields: object) -> tuple[Any, ...]:
        return _plan_html(self._plan(key, model, *fields)), gr.update(visible=True)

    def _on_publish(self, key: object, model: object, *fields: object) -> tuple[Any, ...]:
        _, _, _, token, _, _ = fields
        result = publish(self._plan(key, model, *fields), token=self._required_token(token))
        return _DONE.format(url=result.url), gr.update(visible=False), ""

    def _plan(self, key: object, model: object, *fields: object) -> PublishPlan:
        right, words, name, token, private, posts = fields
        session = self._shared.session(key)
        folder = session.model(model)
        if right not in RIGHTS:
            raise UserError("say by what right it is published")
        permission = Permission(kind=RIGHTS[str(right)], words=str(words or "")[:MAX_WORDS])
        with session.use_home():
            return plan_publishing(
                folder.path,
                permission,
                to=str(name or "").strip() or None,
                private=bool(private),
                with_dataset=bool(posts),
                token=self._required_token(token),
            )

    def _required_token(self, typed: object) -> str | None:
        """The visitor's token; None: the one of this machine, which a public page never uses.

        Raises:
            UserError: no token was typed on a public page.
        """
        token = str(typed or "").strip()
        if not token and self._shared.server.limits.public:
            raise UserError("publishing needs a token of yours that may write; huggingface.co gives you one")
        return token or None


def _plan_html(plan: PublishPlan) -> Markup:
    """The files that would be uploaded, and those that would not."""
    repositories = joined(
        _PLAN.format(
            name=repository.id,
            count=len(repository.uploads),
            megabytes=sum(upload.size for upload in repository.uploads) / 1e6,
            audience="only you" if repository.private else "everybody",
            files=joined(_FILE.format(upload.path) for upload in repository.uploads),
            left_out=_left_out(plan),
        )
        for repository in plan.repositories
    )
    return repositories + note("Nothing has been uploaded yet.")


def _left_out(plan: PublishPlan) -> Markup:
    files = joined(_FILE.format(f"{name}: {reason}") for name, reason in plan.left_out.items())
    return _LEFT_OUT.format(files) if files else Markup("")
