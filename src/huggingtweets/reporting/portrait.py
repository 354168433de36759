"""How a person is shown: their picture or initials, in colours that follow from their handle."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from io import BytesIO

from PIL import Image, ImageOps

from ..model_folder import avatar_picture
from ..types import Account, Record
from .context import MOST_SHOWN
from .picture import draw, plain

HUES = (15, 40, 60, 145, 170, 200, 235, 265, 295, 335)  # degrees in Oklch that are read well, dark and light
SIDE = 400  # pixels of an avatar
LONGEST = 200  # characters of a name that can be seen at most


def portrait(account: Account, avatars: Mapping[str, bytes]) -> dict[str, object]:
    """What the templates need to show a person."""
    handle = plain(account.handle)[:LONGEST]
    return {
        "name": plain(account.name)[:LONGEST] or handle,
        "handle": handle and f"@{handle}",
        "hue": HUES[sha256(handle.casefold().encode()).digest()[0] % len(HUES)],
        "initials": _initials(account),
        "picture": _square(avatars.get(account.handle)),
    }


def address(person: Mapping[str, object]) -> str:
    """The picture of a portrait as a data URL, for HTML; "" if there is none."""
    jpeg = person["picture"]
    return f"data:image/jpeg;base64,{b64encode(bytes(jpeg)).decode()}" if isinstance(jpeg, list) else ""


def avatar_pictures(record: Record, avatars: Mapping[str, bytes]) -> dict[str, bytes]:
    """A round picture per author, `avatar-1.png` and so on, in the record's order; of very many a few."""
    people = [portrait(author.account, avatars) for author in record.authors[:MOST_SHOWN]]
    return {avatar_picture(number): draw("avatar", person) for number, person in enumerate(people, start=1)}


def _initials(account: Account) -> str:
    words = [word for word in plain(account.name).split() if word[0].isalnum()]
    return (
        "".join(word[0] for word in words[:1] + words[1:][-1:]).upper() or plain(account.handle)[:1].upper()
    )


def _square(avatar: bytes | None) -> list[int] | None:
    """The middle of an image as the bytes of a JPEG; None if there is no image that can be read."""
    if not avatar:
        return None
    try:
        with Image.open(BytesIO(avatar)) as image:
            upright = ImageOps.exif_transpose(image).convert("RGBA")
    except Exception:  # noqa: BLE001 -- a broken file makes Pillow's decoders raise whatever they trip over
        return None
    square = ImageOps.fit(upright, (SIDE, SIDE))
    white = Image.new("RGBA", square.size, "white")
    jpeg = BytesIO()
    Image.alpha_composite(white, square).convert("RGB").save(jpeg, "JPEG", quality=92)
    return list(jpeg.getvalue())
