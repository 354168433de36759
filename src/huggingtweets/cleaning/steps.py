"""The steps of cleaning: each takes a post, and returns it, changed or not, or the reason to drop it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from msgspec.structs import replace

from ..text.private import private_details, without_private_details
from ..text.quoted import is_repost, without_quoted_posts
from ..types import Post, PostKind, Reason
from .languages import is_in_language
from .rules import CleaningRules, is_short
from .text import folded, with_plain_spaces, without_invisible, without_leading_mentions, without_links

Step = Callable[[Post, CleaningRules], Post | Reason]


def drop_reposts(post: Post, _: CleaningRules) -> Post | Reason:
    """Drop reposts, also those of which only the text says so: others wrote them."""
    return Reason.REPOST if post.kind is PostKind.REPOST or is_repost(post.text) else post


def drop_replies(post: Post, _: CleaningRules) -> Post | Reason:
    """Drop replies."""
    return Reason.REPLY if post.kind is PostKind.REPLY else post


def drop_excluded(post: Post, rules: CleaningRules) -> Post | Reason:
    """Drop what the user takes out by hand."""
    return Reason.EXCLUDED if rules.excludes(post) else post


def drop_other_days(post: Post, rules: CleaningRules) -> Post | Reason:
    """Drop posts before the first day or after the last day of the rules, and those without a date."""
    first, last = rules.since or date.min, rules.until or date.max
    return post if post.created_at and first <= post.created_at.date() <= last else Reason.DATE


def rewrite_text(post: Post, rules: CleaningRules) -> Post | Reason:
    """Replace the text of a post by its cleaned text; this step drops nothing."""
    text = clean_text(post, keep_line_breaks=rules.keep_line_breaks)
    return post if text == post.text else replace(post, text=text)


def drop_short(post: Post, _: CleaningRules) -> Post | Reason:
    """Drop posts with fewer than three words."""
    return Reason.SHORT if is_short(post.text) else post


def drop_other_languages(post: Post, rules: CleaningRules) -> Post | Reason:
    """Drop posts in another language than that of the rules."""
    if rules.lang and not is_in_language(post.text, post.lang, rules.lang):
        return Reason.LANGUAGE
    return post


def steps_for(rules: CleaningRules) -> list[Step]:
    """The steps that these rules ask for, in order."""
    asked: dict[Step, bool] = {
        drop_reposts: True,
        drop_replies: not rules.keep_replies,
        drop_excluded: bool(rules.exclude or rules.exclude_matching),
        drop_other_days: rules.since is not None or rules.until is not None,
        rewrite_text: True,
        drop_short: True,
        drop_other_languages: rules.lang is not None,
    }
    return [step for step, is_asked in asked.items() if is_asked]


def holds_private_details(post: Post) -> bool:
    """Whether the text of a post holds an e-mail address, a number or a key, which cleaning removes."""
    return bool(private_details(without_links(post.text)))


def clean_text(post: Post, *, keep_line_breaks: bool = False) -> str:
    """Return the text of a post as the model is trained on it."""
    text = without_invisible(with_plain_spaces(post.text))
    if post.kind is PostKind.REPLY:
        text = without_leading_mentions(text)
    text = without_private_details(without_links(without_quoted_posts(text)))
    return folded(text, keep_line_breaks=keep_line_breaks)
