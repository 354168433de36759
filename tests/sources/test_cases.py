# ruff: noqa: RUF001 -- the posts of the cases are in many scripts
"""Small made-up inputs in the form of real ones, each with what is right: what is read, or why it is refused.

tests/cases/places are forms of real archives, tests/cases/reports forms that users of other tools report.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import pytest

from huggingtweets import DataConfig, LocationError, inspect
from huggingtweets.cleaning import CleaningRules
from huggingtweets.sources import ReadOptions
from huggingtweets.types import Reason
from tests.conftest import ROOT

CASES = ROOT / "tests" / "cases"
FOLDERS = {path.name.split("-")[0] + path.parent.name[0]: path for path in CASES.glob("*/*")}


@dataclass(frozen=True)
class Case:
    """An input, how it is read, and what is right. A refusal is a pattern; otherwise posts are kept."""

    path: str  # `01p/...` for places/01-*/..., `01r/...` for reports/01-*/...
    kept: int | None = None
    options: dict[str, str] = field(default_factory=dict)
    rules: dict[str, object] = field(default_factory=dict)
    refused: str = ""
    dropped: dict[Reason, int] = field(default_factory=dict)
    has: tuple[str, ...] = ()  # in the kept posts
    lacks: tuple[str, ...] = ()  # in no kept post
    handle: str = ""
    undated: int | None = None
    source: str | None = None
    skipped: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.path

    @property
    def location(self) -> str:
        """The file or folder of the case."""
        key, _, inside = self.path.partition("/")
        [path] = FOLDERS[key].glob(inside) if inside else [FOLDERS[key]]
        return str(path)


S, ADA = {"name": "S"}, {"name": "Ada"}
CHAT = "WhatsApp*.txt"
KEPT_12 = ("The kettle has opinions about Monday and so do I", "A child asked me whether clouds get tired")
PRIVATE = ("secret address", "only for my followers")
CASES_OF_A_KIND = {
    "whose words, and for whom": [
        Case("12p/search.csv", options=ADA, refused=r"Ada.*Grace.*--handle"),
        Case("12p/author_id.csv", options=ADA, refused=r"7.*8.*--handle"),
        Case("12p/author_id.csv", 1, {"handle": "8"}, has=("The trains are late again today",)),
        Case("14p/channel.json", 1, ADA, has=("sings at four",), lacks=("Grace wrote",)),
        Case("14p/channel.json", options={"name": "Someone"}, refused=r"ada.*grace.*--handle"),
        Case("30r/*.json", 6, ADA, lacks=("Bob says",)),
        Case("30r/*.json", 6, {"handle": "ada"}, lacks=("Bob says",)),
        Case("31r/F11-*/*", 7, ADA, lacks=(*PRIVATE, "somebody else wrote", "<p>", "span", "http")),
        Case("31r/F11-*/*", 7, ADA, dropped={Reason.REPOST: 1}, handle="sample_person"),
        Case("31r/F11b*/*", 7, ADA, lacks=(*PRIVATE, "somebody else wrote", "<p>", "span", "http")),
        Case("31r/F11c*/*", 5, ADA, dropped={Reason.REPOST: 1}, lacks=("words of a stranger",)),
        Case("32r/*.json", 7, ADA, lacks=PRIVATE, has=("heron was right",)),
        Case("33r/I03-german*/*", refused="private account"),
        Case("33r/I03-labels-en/*", refused="private account"),
        Case("33r/I03-labels-fr/*", refused="private account"),
        Case("40r/F19-*/*", 4, lacks=("nobody should see", "liked this post", "comment on", "color")),
        Case("40r/F19b*/*", 4, lacks=("nobody should see", "liked this post", "cheap kettles")),
    ],
    "chats": [
        Case("03r/L01*/" + CHAT, 5, {"name": "ليلى"}, lacks=("سامي", "٢٠٢٣"), undated=0),
        Case("03r/W07*/" + CHAT, 2, {"name": "لیلا"}, lacks=("سام:", "۱۴۰۱"), undated=0),
        Case("04r/L02-*/" + CHAT, 5, {"name": "Layla"}, lacks=("Sami",), undated=0),
        Case("04r/L02b*/" + CHAT, 4, {"name": "Lan"}, lacks=("Minh",), undated=0),
        Case("04r/L02c*/" + CHAT, 4, {"name": "Ελένη"}, lacks=("Νίκος",), undated=0),
        Case("04r/W10*/" + CHAT, 3, {"name": "Amin"}, has=("The kettle has",), lacks=("Siti",), undated=0),
        Case("04r/W11*/" + CHAT, 3, {"name": "Ана"}, lacks=("Боян",), undated=0),
        Case("05r/W04-*/" + CHAT, 4, ADA, lacks=("Bob", "Jan"), undated=4),
        Case("05r/W04b*/" + CHAT, 4, ADA, lacks=("Bob", "Jan"), undated=0),
        Case("06r/*.txt", options={"name": "민지"}, refused="chat"),
    ],
    "one odd record": [
        Case("01p/outbox.json", 3, handle="ada@example.social"),
        Case("09p/events.jsonl", 3),
        Case("34r/*.json", 6),
        Case("35r/L20-*/*", 7, S, has=("leaves on Tuesday",)),
        Case("35r/L20b*/*", has=("leaves on Tuesday",)),
        Case("36r/*.json", 6, ADA, undated=0),
        Case("38r/F28-*/*", 12, has=KEPT_12),
        Case("38r/F28b*/*", 12, has=KEPT_12, lacks=("npub1", "nostr:")),
        Case("38r/F28c*/*", 11, has=KEPT_12, skipped={"not for everyone": 1}),
        Case("39r/F20-*/*", 4, has=("été", "The kettle has"), lacks=("nbsp", "eacute")),
        Case("39r/F20b*/*", 4, has=("whether clouds get tired",)),
        Case("39r/F20c*/*", 4, has=("Salt & vinegar",)),
        Case("39r/F20d*/*", 4, has=("whether clouds get tired",)),
        Case("39r/F20f*/*", 6, has=("咖啡",)),
        Case("50r/X03*/*", 11, skipped={"damaged": 1}),
        Case("50r/X04*/*", 12, has=("Bread is in the oven",)),
        Case("50r/X05*/*", 12, undated=1),
        Case("50r/X06b*/*", 3, has=("At the end there was marmalade.",)),
    ],
    "encodings": [
        Case("01r/E01*/*", None, S, has=("Сегодня утром тихий дождь",)),
        Case("01r/L18*/*", 6, S, has=("Сегодня утром тихий дождь", "clavier")),
        Case("02r/*gb18030/*", 6, S, has=("今天早上",)),
        Case("02r/*big5/*", 4, S, has=("我家的貓又睡在鍵盤上了",)),
        Case("02r/*shift-jis/*", 6, S, has=("商店街の魚屋さん",)),
        Case("02r/*euc-kr/*", 5, S, has=("고양이가",)),
        Case("02r/*cp1250/*", 5, S, has=("Dziś rano cichy deszcz", "Pociąg przyjechał")),
        Case("02r/*cp1251/*", 5, S, has=("Сегодня утром тихий дождь",)),
        Case("02r/*cp1253/*", 4, S, has=("Ξέχασα τα κλειδιά",)),
        Case("02r/*cp1254/*", 5, S, has=("Bu sabah hafif yağmur var",)),
        Case("02r/*cp1255/*", 4, S, has=("החתול",)),
        Case("02r/*cp1256/*", 5, S, has=("صباح",)),
        Case("02r/*cp874/*", 6, S, has=("เช้านี้ฝนตก",)),
    ],
    "columns and dates": [
        Case("02p/posts.csv", 3, ADA, has=("opens today", "read this"), lacks=("…", "http")),
        Case("03p/posts.csv", 2, ADA, dropped={Reason.REPOST: 1}, has=("kettle’s song", "It isn't", "😍")),
        Case("04p", 4, {"handle": "ada"}, has=("@grace's kettle", "did you hear", "that is not how")),
        Case("05p", 0, {"handle": "ada"}, dropped={Reason.REPOST: 3}),
        Case("07p", 1, {"name": "ada"}, has=("The kettle’s song Tea & trains It sings at four o’clock.",)),
        Case("08p/outbox.json", 2, rules={"lang": "zh"}),
        Case("10p/result.json", 3, undated=0),
        Case("10p/newer.json", 3, undated=0),
        Case("10p/without*", 2, rules={"since": date(2021, 1, 1)}),
        Case("11p/statuses.json", 2, {"name": "ada"}, has=("Listen to it at tea",), lacks=("<", "http")),
        Case("13p/got.csv", 2, lacks=("http", "ket.tl", "youtu"), has=("kettle list:", "trains")),
        Case("18r/posts.csv", 5, S, rules={"lang": "en"}, lacks=("chat",)),
        Case("19r/F15*/*", 12, undated=0),
        Case("19r/F16b*/*", 6, ADA, undated=0),
        Case("19r/F33*/*", 12, {"handle": "U01"}, undated=0),
        Case("19r/F40*/*", 6, S, has=("我家的猫又睡在键盘上了",), undated=0),
        Case("19r/L21*/*", 8, S, undated=0),
        Case("19r/L25*/*", 3, S, undated=0),
        Case("21r/F02-*/*", 11, rules={"keep_replies": False}, dropped={Reason.REPLY: 1}),
        Case("21r/F02b*/*", 11, rules={"keep_replies": False}, dropped={Reason.REPLY: 1}),
        Case("21r/F03*/*", 11, rules={"keep_replies": False}, dropped={Reason.REPLY: 1}),
        Case("23r/*.csv", 12, handle="sample_person"),
        Case("25r/*.csv", 12, has=KEPT_12, handle="sample_person"),
        Case("28r/F09-*/*", 11, S, lacks=("…",)),
        Case("28r/F09c*/*", 11, lacks=("…",), handle="sample_person"),
        Case("28r/F09d*/*", lacks=("…",)),
        Case("48r/*.json", 12, S, lacks=("<", "joined the channel", "U02"), undated=0),
        Case("52r/*.csv", 12, handle="sample_person"),
    ],
    "scripts": [
        Case("11r/L03-*/*", 6, S),
        Case("11r/L03b*/*", 3, S),
        Case("11r/L04*/*", 6, S),
        Case("11r/L23*/*", 3, S),
        Case("12r/*.csv", 9, S),
        Case(
            "13r/L05-*/*",
            5,
            has=("猫と雨の話なので", "すごく面白かった", "你们觉得结局怎么样"),
            lacks=("http",),
        ),
        Case("13r/L05b*/*", 5, S, has=("猫と雨の話なので", "すごく面白かった", "你们觉得"), lacks=("http",)),
        Case("15r/L05c*/*", 2, S, dropped={Reason.SHORT: 3}),
        Case("15r/P03*/*", 0, S, dropped={Reason.SHORT: 12}),
        Case("16r/*.csv", 200, S),
    ],
    "shapes": [
        Case("06p", 1, {"handle": "ada"}, has=("I like my kettle very much",), lacks=("amateurs",)),
        Case("22r/*.json", 12, handle="sample_person"),
        Case("27r/F07-*/*", 12, {"handle": "ada"}),
        Case("27r/F07b*/*", 12, {"handle": "ada"}),
        Case("27r/F08*/*", 12, handle="sample_person"),
        Case("27r/X07*/*", 12, handle="sample_person"),
        Case("29r/F09b*/*", 11, S, lacks=("…",)),
        Case("29r/F09e*/*", handle="sample_person"),
        Case("29r/F14*/*", handle="sample_person"),
        Case("29r/F21*/*", handle="Sample_Person", lacks=("<",)),
        Case("43r/L09a*/*", 6, S, lacks=("2023",), undated=0),
        Case("43r/L09d*/*", 5, S, lacks=("2023", "created_at"), undated=0),
        Case("45r/F18*/*", options=ADA, refused="HTML.*JSON"),
        Case("45r/F26-*/*", 12, S, has=("kettle has opinions",)),
        Case("45r/F26b*/*", 12, S, has=("kettle has opinions",)),
        Case("45r/F26c*/*", options=S, refused="(?i)excel.*csv"),
        Case("45r/I04*/*", options=S, refused="HTML.*JSON"),
        Case("46r/*.zip", 6),
    ],
}
OPEN = {"46r/*.zip"}  # a form that is not established: refused, not read
ALL = [case for cases in CASES_OF_A_KIND.values() for case in cases]
TRIED = [
    pytest.param(case, id=str(case), marks=[pytest.mark.xfail(strict=False)] if str(case) in OPEN else [])
    for case in ALL
]


@pytest.mark.parametrize("case", TRIED)
def test_a_case_is_read_rightly(case):
    """The case gives the posts that are right, or is refused in one short line that says what to do."""
    config = DataConfig(
        locations=(case.location,),
        options=ReadOptions(**case.options),
        rules=CleaningRules(**case.rules),
        source=case.source,
    )
    if case.refused:
        with pytest.raises(LocationError, match=case.refused) as refusal:
            inspect(config)
        assert "\n" not in str(refusal.value)
        assert len(str(refusal.value)) < 600
        return
    [inspection] = inspect(config)
    cleaned = inspection.author.cleaned
    texts = [post.text for post in cleaned.posts]
    assert cleaned.funnel.kept == (len(texts) if case.kept is None else case.kept), cleaned.funnel
    assert {reason: cleaned.funnel.dropped.get(reason) for reason in case.dropped} == case.dropped
    assert [part for part in case.has if part not in "\n".join(texts)] == []
    assert [(part, text) for part in case.lacks for text in texts if part in text] == []
    assert {reason: inspection.author.skipped.get(reason) for reason in case.skipped} == case.skipped
    assert case.handle in {"", inspection.author.account.handle}
    if case.undated is not None:
        assert sum(post.created_at is None for post in cleaned.posts) == case.undated


def test_every_case_is_here():
    """No folder of cases is left out."""
    tried = {case.path.partition("/")[0] for case in ALL}
    assert set(FOLDERS) - tried == {"17r"}  # prompts: tests/workflows
