"""Checks before a model is published: the permission, what its card says, and that no page repeats a post."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from selectolax.lexbor import LexborHTMLParser

from ... import evaluation, models
from ...errors import ModelError, PublishError
from ...generation.filters import CopyFilter, load_safety_filters
from ...generation.text_generator import TextFilter, first_objection
from ...model_folder import INTACT, ModelFolder
from ...reporting import report_html
from ...reporting.published_card import published_card, unsaid
from ...types import Permission, Record


def require_permission(record: Record, permission: Permission | None, *, with_dataset: bool) -> Permission:
    """Return the permission, if it covers what would be published.

    Raises:
        PublishError: there is none, or it does not cover the posts, which the dataset and n-gram models hold.
    """
    if permission is None:
        raise PublishError(
            f"{record.name}: say by what right it is published, with one of --i-am-the-author (the posts are "
            'yours), --with-permission "who agreed, when and how", or --public-figure'
        )
    if permission.kind == "given" and not permission.words.strip():
        raise PublishError('--with-permission "": say who agreed, when and how; it is shown on the card')
    holds_posts = models.holds_posts(record.recipe)
    if permission.kind == "public-figure" and (with_dataset or holds_posts):
        raise PublishError(
            f"{record.name}: the posts of a public figure are not yours to publish, and an n-gram model "
            "holds them; publish without --with-dataset, and train it with another recipe than ngram"
        )
    if holds_posts and not with_dataset:
        raise PublishError(
            f"{record.name} is an n-gram model: it holds most posts that it learnt from, nearly word for "
            "word, so whoever has it has them; say that they may go with --with-dataset, or train it with "
            "another recipe"
        )
    return permission


def require_weights(folder: ModelFolder) -> None:
    """Refuse a model without its weights, or with others than those that its card describes.

    Raises:
        PublishError: they are missing, changed, or elsewhere.
    """
    if folder.weights and folder.weights.is_symlink():
        raise PublishError(f"{folder.weights} is a link, and links are not uploaded; put the file there")
    if folder.weights_state != INTACT:
        raise PublishError(
            f"{folder}: its weights are {folder.weights_state}, and its card describes those that were "
            "trained; copy the model again, or train it again"
        )


def checked_card(folder: ModelFolder, permission: Permission, *, thumbnail: str, dataset: str) -> bytes:
    """The model card with the additions of publishing, after a check of its text and of its samples.

    Args:
        folder: the model.
        permission: by what right it is published; the card says so.
        thumbnail: address of the picture that represents the page, "" for none.
        dataset: owner/name of the repository of the posts, "" for none.

    Raises:
        PublishError: the card or a sample on it repeats a post, or the card omits what it must say.
        ModelError: the card cannot be read.
    """
    record, path = folder.record, folder.card
    filters = load_safety_filters(folder.path)
    for sample in record.result.samples:
        if objection := first_objection(filters, sample.text):
            raise PublishError(
                f"{folder}: the sample for {sample.prompt!r} on its card and pictures {objection}; train it "
                "again with another --seed, which makes other samples"
            )
    try:
        local_card = path.read_text("utf-8")
        missing = unsaid(local_card, record)
        card = published_card(local_card, record, permission, thumbnail=thumbnail, dataset=dataset)
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{path} cannot be read ({error}); huggingtweets evaluate {folder.argument} writes it anew"
        ) from error
    if missing:
        raise PublishError(
            f"{path} does not say {', '.join(map(repr, missing))}; a published card says that it is a bot, "
            f"and whose posts it learnt from: huggingtweets evaluate {folder.argument} writes it anew"
        )
    if first_objection(_copy_filters(filters), _visible_text(card)):
        raise PublishError(
            f"{path} repeats a post that the model learnt from; take it out, or let huggingtweets evaluate "
            f"{folder.argument} write it anew"
        )
    return card.encode()


def checked_report(folder: ModelFolder) -> bytes | None:
    """The report to publish.

    The samples of a report are generated without text filters, so they can contain what may not be published.

    Returns:
        What the file holds; if it is damaged or the filters object to its text, a new page without samples;
        None if that cannot be rendered, or still repeats a training post.
    """
    record, path = folder.record, folder.report_page
    filters = load_safety_filters(folder.path, allowed=[author.account.handle for author in record.authors])
    report = path.read_bytes()
    with suppress(UnicodeDecodeError):  # a damaged page is written anew
        if not first_objection(filters, _visible_text(report.decode())):
            return report
    try:
        answers = evaluation.load(folder)
    except ModelError:
        return None
    page = report_html(record, answers, avatars=folder.avatars())
    return None if first_objection(_copy_filters(filters), _visible_text(page)) else page.encode()


def _copy_filters(filters: Iterable[TextFilter]) -> list[TextFilter]:
    return [text_filter for text_filter in filters if isinstance(text_filter, CopyFilter)]


def _visible_text(page: str) -> str:
    """The text that readers of a page of HTML or Markdown see."""
    tree = LexborHTMLParser(page)
    tree.strip_tags(["style", "script", "svg"])
    return tree.text(separator=" ")
