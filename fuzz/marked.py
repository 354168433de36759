# ruff: noqa: RUF001 -- chats as they are copied
"""Inputs in which others' words and private ones are marked, and which say so in fields of many names.

Whatever else is changed in such an input, no marked word may come out: the fields and lines that say whose a
record is, and for whom, stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from huggingtweets.sources._formats.fields import names

OTHERS, PRIVATE = "velvetxq", "plumxq"  # words that are in nobody else's texts
OWN, OTHER = "ada_tests", "bob_tests"
_DATE = "2023-11-14T22:13:20Z"
_WORDS = "kettle train rain garden tea window song letter bridge cat morning bread lamp river".split()  # noqa: SIM905
Record = dict[str, Any]


@dataclass(frozen=True)
class Seed:
    """Records of which some are marked."""

    records: list[Record]
    guards: frozenset[str]  # fields that say whose a record is, and for whom
    around: Callable[[list[Record]], Any] = list  # makes a document of the records


def said(random: Random, mark: str = "") -> str:
    """Return a sentence, with a mark in it if there is one."""
    words = random.choices(_WORDS, k=random.choice((3, 5, 8, 14)))
    words[random.randrange(len(words))] = mark or "é"
    return " ".join(words).capitalize()


def is_marked(record: object) -> bool:
    """Whether a marked word is anywhere in a record."""
    text = str(record)
    return OTHERS in text or PRIVATE in text


def seed(random: Random, *, is_whole: bool) -> Seed:
    """Return records in fields of any place, or those of one place; `is_whole`: with what is around them."""
    place = random.choice(_PLACES if is_whole else _PLACES_OF_RECORDS)
    return random.choice((_closed, _closed, _others, _others, _sides, place))(random)


def _closed(random: Random) -> Seed:
    """Return one person's records, some of which few could read."""
    field, own, closed = random.choice(_CLOSINGS)(random)
    guards = {_spelt(field, random)}
    records = [_row(random, said(random), dict.fromkeys(guards, own)) for _ in range(3)]
    records += [_row(random, said(random, PRIVATE), dict.fromkeys(guards, closed)) for _ in range(2)]
    if random.random() < 0.5:  # noqa: PLR2004 -- one of two
        guards.add("user")
        records = [{**record, "user": OWN} for record in records]
    return Seed(_shuffled(records, random), frozenset(guards))


def _others(random: Random) -> Seed:
    """Return records of two people, whose field may lie in objects."""
    field = _spelt(random.choice([*names("authors")["handles"][:22], *_WRITERS]), random)
    own, other = (_author(random, who) for who in (OWN, OTHER))
    if random.random() < 0.25:  # noqa: PLR2004 -- one of four
        outer = random.choice(("meta", "data", "_source", "extra", "info"))
        own, other, field = {field: own}, {field: other}, outer
    records = [_row(random, said(random), {field: own}) for _ in range(3)]
    records += [_row(random, said(random, OTHERS), {field: other}) for _ in range(2)]
    return Seed(_shuffled(records, random), frozenset({field}))


def _author(random: Random, who: str) -> Any:
    shown = who.replace("_", " ").title()
    profile = {"username": who, "name": shown}
    return who if random.random() < 0.7 else random.choice((profile, {"id": len(who), **profile}))  # noqa: PLR2004


def _sides(random: Random) -> Seed:
    """Return messages of a chat of two, with what tells the sides apart."""
    field, own, other = random.choice(_SIDES)
    field = _spelt(field, random)
    records = [
        _row(random, said(random, mark), {field: value})
        for mark, value in ((PRIVATE, own), (OTHERS, other)) * random.choice((2, 5))
    ]
    return Seed(records, frozenset({field}))


def _row(random: Random, text: str, fields: Record) -> Record:
    record = {"id": random.randrange(10**9), "text": text, "created_at": _DATE, "likes": 3, **fields}
    return dict(random.sample(list(record.items()), len(record)))


def _spelt(field: str, random: Random) -> str:
    return random.choice((field, field, field.title(), field.upper(), field.replace("_", " ")))


def _shuffled(records: list[Record], random: Random) -> list[Record]:
    return random.sample(records, len(records))


def _of(group: str) -> tuple[str, ...]:
    return names("audience")[group]


def _visibility(random: Random) -> tuple[str, Any, Any]:
    field = random.choice((*_of("visibilities"), "who", "Reach", "post_visibility_level"))
    return field, random.choice(_of("clearly_public")), random.choice(_of("narrow"))


def _flag(random: Random) -> tuple[str, Any, Any]:
    removal = f"{random.choice(_of('removals'))}_{random.choice(('at', 'by', 'reason', 'date', 'time'))}"
    only = f"{random.choice(('list', 'patrons', 'club', 'friends', 'team'))}_only"
    field = random.choice((*_of("drafts"), *_of("deleted"), removal, only, "is_hidden", "protected", "is_dm"))
    own = random.choice((None, "", False, "false", "no"))
    return field, own, random.choice((True, "yes", "true")) if field != removal else "2024-01-01"


def _state(random: Random) -> tuple[str, Any, Any]:
    return random.choice(_of("states")), random.choice(_of("published")), random.choice(_of("unpublished"))


_CLOSINGS = (_visibility, _visibility, _flag, _flag, _state)
_WRITERS = ("Written by", "posted_by", "tweet_author", "message_sender", "Who said it", "user_name")
_SIDES: list[tuple[str, Any, Any]] = [
    ("Direction", "sent", "received"),
    ("fromMe", True, False),
    ("flow", "outgoing message", "incoming message"),
    ("by_me", "yes", "no"),
    ("Role", "user", "assistant"),
    ("role", "Human", "GPT"),
    ("sender_type", "contact", "agent"),
    ("Mine?", "x", ""),
    ("folder", "Sent Items", "INBOX"),
    ("Richtung", 1, 2),
    ("msgtype", 1, 0),
    ("speaker", 0, 1),
    ("Phone", "+49 170 1234567", "+49 170 7654321"),
    ("is_reply_from_other", False, True),
]


def _mastodon(random: Random) -> Seed:
    """Statuses as Mastodon, Pleroma and GoToSocial give them."""
    narrow = random.choice(("direct", "private", "local", "list", "mutuals_only", "followers"))

    def status(text: str, who: str, visibility: str) -> Record:
        account = {"id": str(len(who)), "acct": who, "username": who, "display_name": who.title()}
        known = {"id": str(random.randrange(10**9)), "created_at": _DATE, "content": f"<p>{text}</p>"}
        return {**known, "account": account, "visibility": visibility, "reblog": None}

    return _place(random, status, "public", narrow, {"account", "visibility"})


def _misskey(random: Random) -> Seed:
    """Notes as the export of Misskey has them."""

    def note(text: str, who: str, visibility: str) -> Record:
        user = {"id": who, "username": who, "host": None}
        return {"id": "n1", "createdAt": _DATE, "text": text, "user": user, "visibility": visibility}

    narrow = random.choice(("followers", "specified"))
    return _place(random, note, random.choice(("public", "home")), narrow, {"user", "visibility"})


def _lemmy(random: Random) -> Seed:
    """Comments as Lemmy gives them, beside what they are about."""

    def view(text: str, who: str, gone: str) -> Record:
        comment = {"id": 1, "content": text, "published": _DATE, "removed": bool(gone)}
        post = {"name": OTHERS, "body": OTHERS, "id": 7}
        return {"comment": comment, "creator": {"id": len(who), "name": who}, "post": post}

    return _place(random, view, "", "gone", {"comment", "creator", "post"}, ("comments",))


def _matrix(random: Random) -> Seed:
    """A room of Matrix, with pictures and answers that quote."""

    def event(text: str, who: str, kind: str) -> Record:
        content = {"msgtype": kind, "body": f"> <@bob_tests:e.org> {OTHERS}\n\n{text}" if not kind else text}
        content["msgtype"] = kind or "m.text"
        sender = {"sender": f"@{who}:e.org", "type": "m.room.message", "content": content}
        return {**sender, "event_id": f"${random.randrange(10**9)}", "origin_server_ts": 1_700_000_000_000}

    guards = {"sender", "type", "content"}
    return _place(random, event, random.choice(("m.text", "")), "m.image", guards, ("messages",))


def _discord(random: Random) -> Seed:
    """A channel as DiscordChatExporter writes it, sometimes of a direct chat."""
    kind = random.choice(("GuildTextChat", "GuildTextChat", "DirectTextChat"))

    def message(text: str, who: str, of: str) -> Record:
        author = {"id": str(len(who)), "name": who, "nickname": who.title(), "isBot": False}
        return {"id": "5", "type": of, "timestamp": _DATE, "content": text, "author": author}

    made = _place(random, message, "Default", "ChannelPinnedMessage", {"type", "author"})
    channel = {"id": "2", "type": kind, "name": "general"}
    records = [
        _marked_too(record, "content", random) if kind == "DirectTextChat" else record
        for record in made.records
    ]
    return Seed(records, made.guards, lambda records: {"channel": channel, "messages": records})


def _telegram(random: Random) -> Seed:
    """One chat of Telegram as a table of its messages, without the rest of the export."""

    def message(text: str, who: str, kind: str) -> Record:
        return {
            "id": 1,
            "type": kind,
            "date": "2023-11-14T22:13:20",
            "from": who,
            "from_id": who,
            "text": text,
        }

    made = _place(random, message, "message", "service", {"type", "from", "from_id"})
    chat = {"name": "Tea", "type": "public_supergroup", "id": 42}
    return Seed(made.records, made.guards, lambda records: {**chat, "messages": records})


def _marked_too(record: Record, field: str, random: Random) -> Record:
    return {**record, field: said(random, PRIVATE)} if not is_marked(record) else record


def _place(
    random: Random,
    make: Callable[[str, str, str], Record],
    public: str,
    narrow: str,
    guards: set[str],
    around: tuple[str, ...] = (),
) -> Seed:
    """Return a place's records: own ones for all and for few, and those of another."""
    records = [make(said(random), OWN, public) for _ in range(3)]
    records += [make(said(random, PRIVATE), OWN, narrow), make(said(random, OTHERS), OTHER, public)]
    envelope = (lambda records: {around[0]: records}) if around else list
    return Seed(_shuffled(records, random), frozenset(guards), envelope)


_PLACES_OF_RECORDS = (_mastodon, _misskey, _lemmy, _matrix)
_PLACES = (*_PLACES_OF_RECORDS, _discord, _telegram)  # those of the last ones need what is around them


_TURNS = (  # of chats that were copied as text: who, when, what
    "{who}: {what}\n",
    "{who}:\n{what}\n\n",
    "[{time}] {who}: {what}\n",
    "{who}, [05.03.2023 {time}]\n{what}\n\n",
    "2023-03-05 {time}:00\t{who}\t{what}\n",
    "<{who}> {what}\n",
    "**{who}:** {what}\n",
    "[{who}] {what}\n",
    "{who} - {what}\n",
    "{who}\t{what}\n",
    "{who}：{what}\n",
    "{who} — 05/01/2024 {time} AM\n{what}\n",
    "{who} — heute um {time} Uhr\n{what}\n",
    "[5/1 {time}] {who}\n    {what}\n",
    "{who}  {time}  \n{what}\n\n",
    "**{who}** ({time})\n{what}\n\n",
    "{time} {who}: {what}\n",
    "[{who}] [오후 {time}] {what}\n",
    "{time}:00 From {who} to Everyone:\n\t{what}\n",
    "0{time}:01.000 --> 0{time}:03.000\n{who}\n{what}\n\n",
    "{who} said:\n{what}\n",
    "5/3/23, {time} - {who}: {what}\n",
    "[05.03.23, {time}:11] {who}: {what}\n",
    "## {who}\n{what}\n\n",
)
_PEOPLE = (("Ada", "Bob"), ("Ada Tests", "Bob Stone"), ("me", "Bob"), ("User", "Assistant"), ("Ана", "Боб"))


def chat(random: Random) -> str:
    """Return a chat of two or three people as text; what the others say is marked."""
    turn, people = random.choice(_TURNS), [*random.choice(_PEOPLE)]
    if random.random() < 0.2:  # noqa: PLR2004 -- one of five
        people.append("Eve")
    order = [*people, *random.choices(people, k=random.choice((2, 4, 10)))]
    return "".join(
        turn.format(
            who=who,
            what=said(random, "" if who == people[0] else OTHERS),
            time=f"{random.randrange(10, 12)}:{number % 60:02}",
        )
        for number, who in enumerate(order)
    )
