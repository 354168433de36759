"""Why a post was dropped, in words: for the card, the funnel and the page."""

from __future__ import annotations

from ..types import Reason

REASONS = {
    Reason.REPOST: "reposts",
    Reason.REPLY: "replies",
    Reason.EXCLUDED: "taken out by hand",
    Reason.DATE: "of other days",
    Reason.LANGUAGE: "other languages",
    Reason.SHORT: "fewer than three words",
    Reason.DUPLICATE: "the same as an earlier one",
    Reason.NEAR_DUPLICATE: "nearly the same",
    Reason.SAMPLED: "more than were needed",
}
