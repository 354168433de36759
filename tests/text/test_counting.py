"""Numbers of things read as English."""

from __future__ import annotations

import pytest

from huggingtweets.text.counting import counted


@pytest.mark.parametrize(("count", "expected"), [(0, "0 posts"), (1, "1 post"), (2000, "2,000 posts")])
def test_one_thing_is_not_called_many(count, expected):
    """Only one thing is in the singular; thousands are set apart."""
    assert counted(count, "post") == expected
