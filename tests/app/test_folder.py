"""A whole folder that is chosen or dropped is uploaded, or the page says why it is not."""

from __future__ import annotations

from importlib.resources import files

import pytest

pytest.importorskip("gradio", reason="gradio is not installed")

from huggingtweets import app
from tests.helpers import browser

PAGE = """<button onclick="huggingtweets.chooseFolder()">A folder</button>
<div class="ht-drop"><input type="file"></div><div id="folder-told"><p></p></div>
<script>window.huggingtweets = {
  words: () => ({folderTooLarge: "too large", folderUnreadable: "not read"}),
}</script>"""
# what a browser may do: give no paths, be asked for a file beyond 4 GB, or for one that it cannot read
NO_PATHS = 'Object.defineProperty(File.prototype, "webkitRelativePath", {get: () => ""})'
LARGE = 'Object.defineProperty(File.prototype, "size", {configurable: true, get: () => 2 ** 32})'
UNREADABLE = "() => { File.prototype.arrayBuffer = () => Promise.reject(new Error()); }"
UNDO = "delete File.prototype.size, delete File.prototype.arrayBuffer"  # the file takes both from its blob
UPLOADED = "document.querySelector('.ht-drop input').files[0]?.name"


def test_a_folder_that_the_browser_cannot_take_is_said_to_be(chromium, tmp_path):
    """One that is too large or cannot be read leaves a line; a browser without folders sends the file."""
    folder = tmp_path / "mail"
    folder.mkdir()
    (folder / "posts.mbox").write_text("a post", "utf-8")
    with chromium.new_context() as context:
        tab = context.new_page()
        tab.set_content(PAGE)
        tab.add_script_tag(content=files(app).joinpath("folder.js").read_text("utf-8"))

        def choose() -> None:
            with tab.expect_file_chooser() as chooser:
                tab.get_by_role("button", name="A folder").click()
            chooser.value.set_files(folder)

        for obstacle, told in ((LARGE, "too large"), (UNREADABLE, "not read")):
            tab.evaluate(obstacle)
            choose()
            tab.get_by_text(told).wait_for()
            assert not tab.evaluate(UPLOADED)
            tab.evaluate(UNDO)
        tab.evaluate(NO_PATHS)
        choose()
        browser.until(lambda: tab.evaluate(UPLOADED) == "posts.mbox.zip")
        assert not tab.locator("#folder-told").inner_text()
