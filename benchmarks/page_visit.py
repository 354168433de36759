"""How long a visitor waits, from a dropped file to five posts, and how much the page sends.

    python benchmarks/page_visit.py
    python benchmarks/page_visit.py --recipe ngram

Serves an empty page, opens it in Chromium as a phone would, drops the sample account's archive, trains with a
recipe and writes five posts. Prints seconds from each press to what it brings, and the megabytes that the
first opening of the page transferred, compressed as they were sent. Needs Chromium and playwright.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).parent.parent
LONG = 3_600_000  # milliseconds
FIRST_WORD = """() => [...document.querySelectorAll("#posts .ht-post-text")]
  .some((post) => /\\S\\s+\\S/.test(post.innerText))"""  # the word after it has begun


def main() -> None:
    """Measure, and print a line for each wait."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recipe", default="starter", help="what is trained")
    recipe = parser.parse_args().recipe
    sys.path.insert(0, str(ROOT))
    from huggingtweets.workflows.data import sample_archive
    from tests.helpers import browser
    from tests.helpers.app_server import served

    print(f"load of the machine: {os.getloadavg()[0]:.1f}")
    with (
        tempfile.TemporaryDirectory() as place,
        served(Path(place), PYTHONPATH=os.pathsep.join(sys.path)) as page,
        browser.started() as chromium,
        browser.page_of(chromium, "about:blank", browser.PHONE) as (tab, _),
    ):
        tab.set_default_timeout(LONG)
        sent = _count_bytes(tab)
        _wait("the page is opened", lambda: _open(tab, page.url))
        tab.wait_for_timeout(2000)  # for what is fetched later; the stream of answers never ends
        print(f"sent: {sum(sent) / 1e6:.2f} MB in {len(sent)} answers")
        tab.locator("input[type=file]").first.set_input_files(sample_archive())
        _wait("posts are shown", tab.locator("#found .ht-funnel").wait_for)
        tab.click("#go-train")
        tab.get_by_role("button", name="Another recipe").click()
        tab.get_by_label(f"{recipe}:").first.check()
        tab.click("#begin")
        _wait(f"{recipe} is trained and judged", tab.locator("#go-play").wait_for)
        tab.click("#go-play")
        _wait("the model is open", tab.locator("#write:not([disabled])").wait_for)
        tab.click("#write")
        began = time.perf_counter()
        tab.wait_for_function(FIRST_WORD)
        print(f"the first word: {time.perf_counter() - began:.2f} s")
        tab.locator("#posts [data-action=copy]").nth(4).wait_for()
        print(f"five posts: {time.perf_counter() - began:.2f} s")


def _open(tab: Page, url: str) -> None:
    tab.goto(url)
    tab.get_by_text("No posts yet").wait_for()


def _count_bytes(tab: Page) -> list[float]:
    """The bytes of each answer that the browser receives from now on, as they come over the wire."""
    sent: list[float] = []
    devtools = tab.context.new_cdp_session(tab)
    devtools.send("Network.enable")
    devtools.on("Network.loadingFinished", lambda event: sent.append(event["encodedDataLength"]))
    return sent


def _wait(what: str, until: Callable[[], object]) -> None:
    """Wait, and print for how long."""
    began = time.perf_counter()
    until()
    print(f"{what}: {time.perf_counter() - began:.2f} s")


if __name__ == "__main__":
    main()
