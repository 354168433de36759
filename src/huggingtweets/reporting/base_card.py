"""The card of a pretrained base: its corpus, its training, how well it predicts, and its limits."""

from __future__ import annotations

from huggingface_hub import ModelCardData

from ..model_folder import CARD, CURVES_PICTURE
from .card import environment
from .curves import loss_curve
from .pretrained import Pretrained


def base_card(pretrained: Pretrained) -> dict[str, bytes]:
    """Card and picture by file name, for the folder of the weights."""
    metadata = ModelCardData(
        language=list(pretrained.languages) or None,
        license=pretrained.licence or None,
        tags=["huggingtweets", "text-generation", "gpt2"],
        pipeline_tag="text-generation",
        library_name="transformers",
        thumbnail=CURVES_PICTURE,
    )
    body = (
        environment()
        .get_template("base.md.j2")
        .render(
            pretrained=pretrained,
            best=min(point.bits_per_byte for point in pretrained.curve[1:]),  # the first is before training
            hours=pretrained.seconds / 3600,
        )
    )
    return {
        CARD: f"---\n{metadata.to_yaml()}\n---\n\n{body}".encode(),
        CURVES_PICTURE: loss_curve(pretrained),
    }
