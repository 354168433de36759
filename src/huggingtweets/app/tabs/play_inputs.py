"""The inputs of the Play tab that depend on the model that is open."""

from __future__ import annotations

from typing import Any

import gradio as gr

from ...model_folder import ModelFolder
from ...reporting.picture import plain
from .. import writing
from ..language import _


def fitting(folder: ModelFolder) -> tuple[Any, Any, Any]:
    """Updates of the inputs that depend on the model: the length, the drafts for each post, who speaks."""
    max_tokens = folder.record.recipe.sampling.max_new_tokens
    handles = writing.speakers(folder)
    return (
        gr.update(value=max_tokens, maximum=max(200, max_tokens)),
        gr.update(value=1, visible=writing.can_pick(folder)),
        gr.update(
            choices=[(_("each in turn"), ""), *((f"@{plain(handle)}", handle) for handle in handles)],
            value="",
            visible=bool(handles),
        ),
    )
