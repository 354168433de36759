"""The look of the page: the colours and the font of the pictures and of the report, as a Gradio theme."""

from __future__ import annotations

from base64 import b64encode
from importlib.resources import files

import gradio as gr
from gradio.themes.utils import colors, sizes

INK = colors.Color(
    "#faf6ec", "#f0eadb", "#d9d2c3", "#b9b1a3", "#8d867b", "#6f6a61", "#5f5a52", "#433d34", "#2b2722",
    "#211e1a", "#161411", name="ink",
)  # fmt: skip
YELLOW = colors.Color(
    "#fffbe6", "#fff6cc", "#ffee99", "#ffe666", "#ffdd40", "#ffd21e", "#e6b800", "#a87f00", "#7a5c00",
    "#5f4d00", "#3d3100", name="yellow",
)  # fmt: skip
SCRIPTS = ("answers.js", "page.js", "folder.js")
SANS = ("Inter", "system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif")


def theme() -> gr.themes.Base:
    """The theme, light and dark, in fonts of the visitor's machine."""
    base = gr.themes.Base(
        primary_hue=YELLOW,
        secondary_hue=YELLOW,
        neutral_hue=INK,
        text_size=sizes.text_md,
        radius_size=sizes.radius_lg,
        font=list(SANS),
        font_mono=["ui-monospace", "monospace"],
    )
    return base.set(
        body_background_fill="#faf6ec",
        body_background_fill_dark="#161411",
        body_text_color="#1c1a17",
        body_text_color_dark="#f3eee3",
        body_text_color_subdued="#5f5a52",
        body_text_color_subdued_dark="#b9b1a3",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="#211e1a",
        background_fill_secondary="#f4eedf",
        background_fill_secondary_dark="#1b1815",
        block_background_fill="#ffffff",
        block_background_fill_dark="#211e1a",
        block_border_color="#d9d2c3",
        block_border_color_dark="#433d34",
        block_label_text_color="#5f5a52",
        block_label_text_color_dark="#b9b1a3",
        block_title_text_color="#1c1a17",
        block_title_text_color_dark="#f3eee3",
        border_color_primary="#d9d2c3",
        border_color_primary_dark="#433d34",
        input_background_fill="#ffffff",
        input_background_fill_dark="#161411",
        input_border_width="1px",
        input_border_width_dark="1px",
        input_border_color="#8d867b",
        input_border_color_dark="#8d867b",
        input_placeholder_color="#6f6a61",
        input_placeholder_color_dark="#a69e90",
        button_primary_background_fill="#ffd21e",
        button_primary_background_fill_dark="#ffd21e",
        button_primary_background_fill_hover="#ffdf5c",
        button_primary_background_fill_hover_dark="#ffdf5c",
        button_primary_text_color="#1c1a17",
        button_primary_text_color_dark="#1c1a17",
        button_secondary_background_fill="#ffffff",
        button_secondary_background_fill_dark="#2b2722",
        button_secondary_background_fill_hover="#f0eadb",
        button_secondary_background_fill_hover_dark="#433d34",
        button_secondary_text_color="#1c1a17",
        button_secondary_text_color_dark="#f3eee3",
        button_secondary_border_color="#8d867b",
        button_secondary_border_color_dark="#6f6a61",
        button_cancel_text_color="#a3261b",
        button_cancel_text_color_dark="#ff9d8f",
        button_cancel_border_color="#a3261b",
        button_cancel_border_color_dark="#ff9d8f",
        button_border_width="1px",
        slider_color="#a87f00",
        slider_color_dark="#ffd21e",
        checkbox_border_color="#8d867b",
        checkbox_border_color_dark="#b9b1a3",
        checkbox_background_color_selected="#7a5c00",
        checkbox_background_color_selected_dark="#a87f00",
        link_text_color="#7a5c00",
        link_text_color_dark="#ffd21e",
    )


def css() -> str:
    """The style sheet, with the font of headlines inside: nothing is loaded from another server."""
    font = files("huggingtweets.reporting").joinpath("fonts/BricolageGrotesque.woff2").read_bytes()
    face = (
        '@font-face { font-family: "HT Display"; font-weight: 800; font-display: swap; '
        f'src: url("data:font/woff2;base64,{b64encode(font).decode()}") format("woff2"); }}\n'
    )
    return face + files(__package__).joinpath("style.css").read_text("utf-8")


def script() -> str:
    """The scripts of the page, as elements of its head."""
    texts = (files(__package__).joinpath(name).read_text("utf-8") for name in SCRIPTS)
    return "".join(f"<script>{text}</script>" for text in texts)
