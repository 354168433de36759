"""The card as it is published: whose posts, with what permission, and addresses instead of file names."""

from __future__ import annotations

from html import unescape

from huggingface_hub import DatasetCard, DatasetCardData, ModelCard

from ..types import Permission, Record
from .context import WHAT_IS_READ, names
from .escaping import escape
from .picture import plain

BOT, MACHINE = "AI BOT", "made by a machine"  # what a card must say
PERMISSIONS = {
    "author": "Whoever published this model says to be the author of these posts.",
    "given": "Whoever published this model says that the author agreed to it: {words}",
    "public-figure": (
        "No permission was given: whoever published this model says that {names} is a public figure."
    ),
}


def published_card(
    card: str, record: Record, permission: Permission, *, thumbnail: str = "", dataset: str = ""
) -> str:
    """A model folder's card with what publishing adds; changes that somebody made to it are kept.

    Args:
        card: README.md as it lies beside the weights.
        record: what is known of the model.
        permission: with which the posts are published.
        thumbnail: address of the picture that is shown where the page is linked to, "" for none.
        dataset: name of the repository of its posts, "" where they are not published.

    Raises:
        ValueError: the metadata of the card cannot be read.
    """
    changed = ModelCard(card)
    changed.data["thumbnail"] = thumbnail or None
    changed.data["datasets"] = [dataset] if dataset else None
    first, heading, rest = changed.text.partition("\n## ")
    changed.text = f"{first.rstrip()}\n\n{_statement(record, permission)}\n{heading}{rest}"
    return str(changed)


def unsaid(card: str, record: Record) -> list[str]:
    """What a card must say but does not: that it is a bot, that a machine wrote this, and whose posts."""
    text = plain(unescape(ModelCard(card).text))
    handles = [f"@{plain(author.account.handle)}" for author in record.authors]
    return [words for words in (BOT, MACHINE, *handles) if words not in text]


def dataset_card(record: Record, permission: Permission, *, model: str, url: str) -> str:
    """The card of the repository of a model's posts.

    Args:
        record: what is known of the model.
        permission: with which the posts are published.
        model: the model's repository.
        url: where that is.
    """
    languages = sorted({author.language for author in record.authors if author.language})
    files = [{"split": split, "path": f"{split}.parquet"} for split in ("train", "test")]
    metadata = DatasetCardData(
        language=languages or None,
        pretty_name=f"Posts of {plain(record.name)}",
        tags=["huggingtweets"],
        task_categories=["text-generation"],
        configs=[{"config_name": "default", "data_files": files}],
    )
    people = escape(names(record.authors))
    return str(
        DatasetCard(
            f"---\n{metadata.to_yaml()}\n---\n\n# Posts of {escape(record.name)}\n\n"
            f"The posts of {people} that [{escape(model)}]({url}) learnt from "
            "(train), and those held out to measure it with (test). Reposts, and what was too short or there "
            f"twice, are left out. {WHAT_IS_READ}\n\n"
            f"{_statement(record, permission)}\n"
        )
    )


def _statement(record: Record, permission: Permission) -> str:
    people = escape(names(record.authors))
    statement = PERMISSIONS[permission.kind].format(names=people, words=escape(permission.words))
    return f"**Whose posts, and with what permission:** the posts are by {people}. {statement}"
