"""Publishing to the Hub, in the "Take it" tab. The visitor's token is passed on and stored nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import gradio as gr
from markupsafe import Markup

from ... import models
from ...types import Permission
from ...workflows.publish import plan_publishing, publish
from ..language import N_, _, number, plural
from ..markup import joined, note
from ..messages import PageError
from ..server import UNQUEUED, Shared, accordion, event_options, show_errors

if TYPE_CHECKING:
    from ...hub.repository import Repository
    from ...model_folder import ModelFolder
    from ...workflows.publish import PublishPlan

RIGHTS: dict[Literal["author", "given", "public-figure"], str] = {
    "author": N_("The posts are mine"),
    "given": N_("Their author agreed"),
    "public-figure": N_("Nobody agreed; the author is a public figure"),
}
WITH_POSTS = N_("Publish the posts, too")
MAX_WORDS = 500  # characters of the statement of permission

_PLAN = Markup('<article class="ht-card"><h3>{name}</h3><p>{about}</p><ul>{files}</ul>{left_out}</article>')
_FILE = Markup("<li>{}</li>")
_LEFT_OUT = Markup("<h4>{}</h4><ul>{}</ul>")
_DONE = Markup(
    '<p class="ht-status good" role="status"><b>{title}</b> '
    '<a href="{url}" target="_blank" rel="noopener noreferrer">{url}</a></p>'
)


class PublishTab:
    """The layout of this part of the tab and its event handlers."""

    def __init__(self, shared: Shared) -> None:
        """Lay out this part of the tab."""
        self._shared = shared
        token = _("Your token with write access")
        if not shared.server.limits.public:
            token = _("Your token with write access (empty: HF_TOKEN)")
        with accordion(_("Publish it on the Hugging Face Hub"), visible=False) as self._accordion:
            self._right = gr.Radio(
                [(_(name), kind) for kind, name in RIGHTS.items()], label=_("By what right?")
            )
            self._words = gr.Textbox(
                label=_("Who agreed, when and how (where somebody did)"), max_length=MAX_WORDS
            )
            self._name = gr.Textbox(label=_("Repository"), placeholder=_("you/your-bot"), max_length=100)
            self._token = gr.Textbox(label=token, type="password", max_length=200, elem_id="token")
            self._private = gr.Checkbox(label=_("Only I can see it"))
            self._posts = gr.Checkbox(label=_(WITH_POSTS))
            with gr.Row():
                self._show_plan = gr.Button(_("Show what would be uploaded"), elem_id="plan")
                self._publish = gr.Button(_("Publish"), variant="primary", visible=False, elem_id="publish")
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
        plan, token = self._plan(key, model, *fields), self._required_token(fields[3])
        with self._shared.session(key).use_home():  # what was published is recorded there
            result = publish(plan, token=token)
        return _DONE.format(title=_("Published:"), url=result.url), gr.update(visible=False), ""

    def _plan(self, key: object, model: object, *fields: object) -> PublishPlan:
        right, words, name, token, private, posts = fields
        session = self._shared.session(key)
        folder = session.model(model)
        kind = next((kind for kind in RIGHTS if kind == right), None)
        if kind is None:
            raise PageError(_("say by what right it is published"))
        permission = Permission(kind=kind, words=str(words or "")[:MAX_WORDS])
        own_token = self._required_token(token)
        _require_answers(folder, permission, with_posts=bool(posts))
        with session.use_home():
            return plan_publishing(
                folder.path,
                permission,
                to=str(name or "").strip() or None,
                private=bool(private),
                with_dataset=bool(posts),
                token=own_token,
            )

    def _required_token(self, typed: object) -> str | None:
        """The visitor's token; None: the one of this machine, which a public page never uses.

        Raises:
            UserError: no token was typed on a public page.
        """
        token = str(typed or "").strip()
        if not token and self._shared.server.limits.public:
            raise PageError(
                _("publishing needs a token of yours with write access; huggingface.co gives you one")
            )
        return token or None


def _require_answers(folder: ModelFolder, permission: Permission, *, with_posts: bool) -> None:
    """Ask for what publishing would refuse the model without, in words of the page.

    Raises:
        UserError: it is not said who agreed, or that the posts go with a model that holds them.
    """
    if permission.kind == "given" and not permission.words.strip():
        raise PageError(_("say who agreed, when and how; it is shown on the card"))
    if permission.kind != "public-figure" and not with_posts and models.holds_posts(folder.record.recipe):
        text = _(
            "this model holds most posts that it learnt from, nearly word for word, so whoever has it has "
            "them; say that they may go with “{box}”, or train it with another recipe"
        )
        raise PageError(text.format(box=_(WITH_POSTS)))


def _plan_html(plan: PublishPlan) -> Markup:
    """The files that would be uploaded, and those that would not."""
    repositories = joined(
        _PLAN.format(
            name=repository.id,
            about=_about(repository),
            files=joined(_FILE.format(upload.path) for upload in repository.uploads),
            left_out=_left_out(plan),
        )
        for repository in plan.repositories
    )
    return repositories + note(_("Nothing has been uploaded yet."))


def _about(repository: Repository) -> str:
    size = number(round(sum(upload.size for upload in repository.uploads) / 1e6, 1))
    files = plural("{count} file", "{count} files", len(repository.uploads))
    text = (
        _("{files}, {size} MB; only you can see them. What would go:")
        if repository.private
        else _("{files}, {size} MB; everybody can see them. What would go:")
    )
    return text.format(files=files, size=size)


def _left_out(plan: PublishPlan) -> Markup:
    files = joined(_FILE.format(f"{name}: {reason}") for name, reason in plan.left_out.items())
    return _LEFT_OUT.format(_("What stays here"), files) if files else Markup("")
