"""A Space is shown at huggingface.co in a frame, where it does what it does on its own."""

from __future__ import annotations

from importlib.resources import files
from types import SimpleNamespace

import pytest

pytest.importorskip("gradio", reason="gradio is not installed")

from starlette.applications import Starlette
from starlette.testclient import TestClient

from huggingtweets import app
from huggingtweets.app.reports import Reports

HUB, SPACE = "https://huggingface.co/spaces/jane/page", "https://jane-page.hf.space/"
PAGE = """<div data-words="{{}}"></div><select class="ht-language"><option>en<option>ja</select>
<script>{}</script>"""


@pytest.mark.parametrize(("public", "frames"), [(False, "'self'"), (True, "'self' https://huggingface.co")])
def test_a_report_is_shown_where_its_page_is(public, frames, tmp_path):
    """A browser asks for each page that a frame is in, and a public one may be in that of a Space."""
    report = tmp_path / "report.html"
    report.write_text("a report", "utf-8")
    reports = Reports(public=public)
    address = reports.address(SimpleNamespace(report_page=report))
    answer = TestClient(Starlette(routes=[reports.route])).get(address)
    assert answer.text == "a report"
    assert answer.headers["content-security-policy"].endswith(f"; frame-ancestors {frames}")


def test_a_language_is_chosen_in_a_space(chromium):
    """The browser keeps the choice of a page within another website's."""
    script = files(app).joinpath("page.js").read_text("utf-8")
    bodies = {HUB: f'<iframe src="{SPACE}"></iframe>', SPACE: PAGE.format(script)}
    with chromium.new_context() as context:
        tab = context.new_page()
        context.route(
            "**/*",
            lambda route: route.fulfill(content_type="text/html", body=bodies.get(route.request.url, "")),
        )
        tab.goto(HUB)
        frame = tab.frame_locator("iframe")
        with tab.expect_request(SPACE):
            frame.locator(".ht-language").select_option("ja")
        frame.locator(".ht-language").wait_for()
        space = next(each for each in tab.frames if each.url == SPACE)
        assert "huggingtweets-language=ja" in space.evaluate("document.cookie")
