"""Compares posts in batches, called episodes, instead of one by one (Rivera-Soto et al. 2021)."""

from __future__ import annotations

import numpy as np
from msgspec.structs import replace

from ..results import Figure
from . import intervals
from .classifier import Scores

EPISODE = 16  # posts
PARTITIONS = 50  # ways of cutting posts into episodes that an AUC is the mean of


def episode_auc(scores: Scores, reference: Scores, *, seed: int) -> Figure:
    """The chance that an episode has a higher score than one of the reference; ties count half.

    For the interval posts are drawn with replacement, and cut into episodes anew each time.

    Args:
        scores: of posts.
        reference: scores of the posts that they are compared with.
        seed: the same seed gives the same figure.
    """
    rng = np.random.default_rng(seed)
    partitions = [rng.permuted(np.tile(each, (PARTITIONS, 1)), axis=1) for each in (scores, reference)]
    resampled = intervals.bootstrap(_aucs, scores, reference, seed=seed)
    value = float(_aucs(*partitions).mean())
    return replace(resampled, value=value, low=min(value, resampled.low), high=max(value, resampled.high))


def _aucs(scores: Scores, reference: Scores) -> Scores:
    """One AUC for each row, of its episodes."""
    one, other = _episodes(scores)[:, :, None], _episodes(reference)[:, None, :]
    above: Scores = (one > other).mean(axis=(1, 2)) + (one == other).mean(axis=(1, 2)) / 2
    return above


def _episodes(scores: Scores) -> Scores:
    """Mean scores of episodes: (rows, posts) to (rows, episodes)."""
    whole = scores.shape[1] // EPISODE
    means: Scores = scores[:, : whole * EPISODE].reshape(-1, whole, EPISODE).mean(axis=2)
    return means
