"""The stop for copying: a look at few posts, and a longer one before a run is ended."""

from __future__ import annotations

import pytest

from huggingtweets import load_recipe
from huggingtweets.bases.loading import load_base
from huggingtweets.dataset import AuthorData, build
from huggingtweets.models import neural
from huggingtweets.types import Account, Funnel
from tests.conftest import post
from tests.helpers.tiny import small_base, varied_texts

LEARNT = "the lamp was lit at seven and the gull sat on the rail with a letter for you"


class Parrot:
    """Stands in for a generator: so many of the posts that it writes are one training post."""

    def __init__(self, copies):
        self.copies, self.counts = list(copies), []

    def __call__(self, _model, _tokenizer, count, _seed):
        """Write so many posts."""
        self.counts.append(count)
        copies = self.copies.pop(0)
        return tuple([LEARNT] * copies + [f"nothing of the kind {n}" for n in range(count - copies)])


@pytest.mark.parametrize(
    ("copies", "counts", "stops"),
    [
        ([0], [32], False),  # nothing is copied: one look
        ([1, 0], [32, 128], False),  # one copy of 32 comes by chance in one of ten looks
        ([1, 3], [32, 128], False),
        ([6, 30], [32, 128], True),
    ],
)
def test_more_posts_are_read_before_a_run_is_stopped(copies, counts, stops, tmp_path, monkeypatch):
    """A suspicion is looked into with four times as many posts, and all of them count."""
    posts = tuple(post(text, i) for i, text in enumerate([LEARNT, *varied_texts(560, seed=1)]))
    account = Account(handle="me", name="Me", source="table")
    author = AuthorData(account, Funnel(read=len(posts), dropped={}, kept=len(posts)), posts)
    prober = neural._MemorizationProber(build([author], held_out=0.5), load_recipe("starter"))
    parrot = Parrot(copies)
    monkeypatch.setattr(prober, "_samples", parrot)
    base = load_base(str(small_base(tmp_path / "base")))
    probe = prober(base.model, base.tokenizer)
    assert parrot.counts == counts
    assert probe.copied == pytest.approx(sum(copies) / sum(counts))
    assert bool(probe.memorizes) == stops
    assert probe.counted == sum(counts)
    assert len(probe.samples) == 32
