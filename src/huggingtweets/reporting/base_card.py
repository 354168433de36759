"""The card of a base: what it learnt from, how long, how well it predicts, and where its limits are."""

from __future__ import annotations

from huggingface_hub import ModelCardData

from ..types import Pretrained
from .card import environment
from .curves import loss_curve


def base_card(made: Pretrained) -> dict[str, bytes]:
    """Card and picture, as files to lie beside the weights."""
    metadata = ModelCardData(
        license=made.licence or None,
        tags=["huggingtweets", "text-generation", "gpt2"],
        pipeline_tag="text-generation",
        library_name="transformers",
        thumbnail="curves.png",
    )
    body = (
        environment()
        .get_template("base.md.j2")
        .render(
            made=made,
            best=min(point.bits_per_byte for point in made.curve),
            hours=made.seconds / 3600,
        )
    )
    return {
        "README.md": f"---\n{metadata.to_yaml()}\n---\n\n{body}".encode(),
        "curves.png": loss_curve(made),
    }
