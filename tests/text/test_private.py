"""Private details are found in the forms in which people write them, and little else is taken for one."""

from __future__ import annotations

import sys
import unicodedata

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huggingtweets.text import private as detector
from huggingtweets.text import private_numbers
from huggingtweets.text.private import Kind, private_details, private_kind, without_private_details

ENOUGH_DIGITS = 7  # shorter numbers, of islands with few telephones, are not told from other numbers


def found(text: str) -> list[tuple[str, str]]:
    """The kinds and texts of what is found."""
    return [(detail.kind.value, text[detail.start : detail.end].strip()) for detail in private_details(text)]


@pytest.mark.parametrize(
    ("kind", "detail"),
    [
        (Kind.EMAIL, "a.b+c@mail.example.org"),
        (Kind.EMAIL, "jane\uff20example.org"),
        (Kind.EMAIL, "ja\u200dne@exam\u200dple.org"),
        (Kind.EMAIL, "jane (at) example (dot) org"),
        (Kind.PHONE, "+44 20 7946 0958"),
        (Kind.PHONE, "(555) 010-9988"),
        (Kind.PHONE, "555-010-9988"),
        (Kind.PHONE, "030/1234567"),
        (Kind.PHONE, "07700900123"),
        (Kind.PHONE, "030.1234567"),
        (Kind.PHONE, "06.12.34.56.78"),
        (Kind.PHONE, "0 800 123 456"),
        (Kind.PHONE, "0 (532) 123 45 67"),
        (Kind.PHONE, "(0 30) 1234567"),
        (Kind.PHONE, "(030/1234567"),
        (Kind.PHONE, "(555-010-9988"),
        (Kind.PHONE, "\uff10\uff19\uff10-\uff11\uff12\uff13\uff14-\uff15\uff16\uff17\uff18"),
        (Kind.PHONE, "\u0660\u0665\u0660 \u0661\u0662\u0663 \u0664\u0665\u0666\u0667"),
        (Kind.PHONE, "090\u30fc1234\u30fc5678"),  # with the sign that Japanese keyboards give for a dash
        (Kind.PHONE, "090\u22121234\u22125678"),  # with the minus sign
        (Kind.PHONE, "555\u2212867\u22125309"),
        (Kind.PHONE, "\uff10\uff19\uff10\uff0d\uff11\uff12\uff13\uff14\uff0d\uff15\uff16\uff17\uff18"),
        (Kind.PHONE, "\uff10\uff19\uff10\u2212\uff11\uff12\uff13\uff14\u2212\uff15\uff16\uff17\uff18"),
        (Kind.PHONE, "Tel.030\u22121234567"),
        (Kind.PHONE, "\uff08\uff10\uff13\uff09\uff11\uff12\uff13\uff14\u2212\uff15\uff16\uff17\uff18"),
        (Kind.PHONE, "08-12 34 56"),
        (Kind.PHONE, "08 12 34 56"),
        (Kind.PHONE, "040 41 42 43"),
        (Kind.PHONE, "08 - 12 34 56"),
        (Kind.PHONE, "07\u00a010\u00a022\u00a034"),
        (Kind.PHONE, "0221 222 223 224"),
        (Kind.PHONE, "01 23 45 67 89"),
        (Kind.PHONE, "(02 28) 12 34 56 78"),
        (Kind.PHONE, "00 49 30 12 34 56 78"),
        (Kind.PHONE, "22 33 44 55"),
        (Kind.EMAIL, "jane [at] example [dot] org"),
        (Kind.EMAIL, "jane at example dot org"),
        (Kind.EMAIL, "jane.doe AT mail DOT example.org"),
        (Kind.EMAIL, "jane (at) example dot org"),
        (Kind.EMAIL, "jane (\xe4t) example (punkt) de"),
        (Kind.EMAIL, "jane {arroba} example {punto} es"),
        (Kind.EMAIL, "jane\uff08at\uff09example\uff0eorg"),
        (Kind.EMAIL, "jane <at> exa\u200bmple <d\u200bot> org"),
        (Kind.EMAIL, "jane @ example.org"),
        (Kind.EMAIL, "jane@ example.org"),
        (Kind.EMAIL, "jane @ example . org"),
        (Kind.EMAIL, "jane @ mail.example.co.uk"),
        (Kind.EMAIL, "jane @ example (dot) org"),
        (Kind.EMAIL, "jane_d @mail.example.co.jp"),
        (Kind.EMAIL, "jane at gmail.com"),
        (Kind.EMAIL, "Jane.Doe  AT  Yahoo.co.uk"),
        (Kind.EMAIL, "jane @gmx.de"),
        (Kind.EMAIL, "jane_doe @web.de"),
        (Kind.EMAIL, "ja\u200bne at gm\u200bail\uff0ecom"),
        (Kind.EMAIL, "jane.doe @example.org"),
        (Kind.EMAIL, "jane_d @mail.example.org"),
        (Kind.EMAIL, "jane_d @x1.de"),
        (Kind.EMAIL, "mailto:jane@example.org?subject=hi"),
        (Kind.EMAIL, "mailto:jane%40example"),
        (Kind.EMAIL, "XMPP:jane@example.org/phone"),
        (Kind.PHONE, "98765 43210"),
        (Kind.PHONE, "98765-43210"),
        (Kind.PHONE, "76086 97579"),  # phonenumbers writes 07608 697 579
        (Kind.PHONE, "+91 98765-43210"),
        (Kind.PHONE, "91 98765 43210"),
        (Kind.PHONE, "022-2345 6789"),
        (Kind.PHONE, "04822 234567"),
        (Kind.PHONE, "7700 900123"),
        (Kind.PHONE, "1-555-010-9988"),
        (Kind.PHONE, "1 (555) 010-9988"),
        (Kind.PHONE, "wa.me/491701234567"),
        (Kind.PHONE, "wa.me/+49 170 1234567"),
        (Kind.PHONE, "https://wa.me/919876543210?text=hi"),
        (Kind.PHONE, "https://api.whatsapp.com/send/?phone=%2B491701234567&text=x"),
        (Kind.PHONE, "whatsapp://send?phone=919876543210"),
        (Kind.PHONE, "tel:+4930123456"),
        (Kind.PHONE, "tel:+1-555-010-9988;ext=12"),
        (Kind.PHONE, "TEL://5550109988"),
        (Kind.PHONE, "Tel.030/1234567"),
        (Kind.PHONE, "Ph.98765 43210"),
        (Kind.PHONE, "sms:5550109988?body=hi"),
        (Kind.PHONE, "viber://chat?number=%2B491701234567"),
        (Kind.PHONE, "https://signal.me/#p/+491701234567"),
        (Kind.PHONE, "t.me/+491701234567"),
        (Kind.CARD, "4111 1111 1111 1111"),
        (Kind.CARD, "3782-822463-10005"),
        (Kind.CARD, "4111111111111111"),
        (Kind.CARD, "3056 930902 5904"),
        (Kind.CARD, "2223 0031 2200 3222"),
        (Kind.CARD, "622202 1234567890128"),
        (Kind.CARD, "41111111 11111111"),
        (Kind.CARD, "4111 11111111-1111"),
        (Kind.CARD, "6767 1234 56780"),
        (Kind.CARD, "4111 11111111 1111"),
        (Kind.CARD, "4111 1111 11111111"),
        (Kind.CARD, "3056 9309 0259 04"),
        (Kind.CARD, "4222 222 222 222"),
        (Kind.CARD, "4111.1111.1111.1111"),
        (Kind.CARD, "4111\u20131111\u20131111\u20131111"),
        (Kind.CARD, "4111\u22121111\u22121111\u22121111"),
        (Kind.CARD, "4111 1111 1111 1111 12"),
        (Kind.CARD, "4111 1111 1111 1111 123"),
        (Kind.CARD, "1. 4111 1111 1111 1111"),
        (Kind.KEY, "AKIA" + "IOSFODNN7EXAMPLE"),
        (Kind.KEY, "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"),
        (Kind.KEY, "sk-proj-" + "abcDEF123ghiJKL456mnoPQR789"),
        (Kind.KEY, "xoxb-" + "123456789012-1234567890123-AbCdEf123GhIjKl456MnOpQr"),
        (Kind.KEY, "123456789:" + "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"),
        (Kind.KEY, "hf_" + "abcdefghijklmnopqrstuvwxyzABCDEFGH"),
        (Kind.KEY, "AIza" + "SyAbCdEfGhIjKlMnOpQrStUv-XyZaBcDeFg"),
        (Kind.KEY, "glpat-" + "abcdefghijklmnopqrst"),
        (Kind.KEY, "h\u200bf_" + "\u200b".join("abcdefghijklmnopqrstuv12cd45ef67gh")),
        (Kind.KEY, "\uff47\uff48\uff50_" + "16C7e42F292c6912E7710c838347Ae178B4a"),
        (Kind.KEY, "550e8400-e29b-41d4-a716-446655440000"),
        (Kind.KEY, "VK7JG-NPHTM-C97JM-9MPGT-3V66T"),
        (Kind.KEY, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        (Kind.KEY, "token=9f86d081884c7d659a2feaa0c55ad015"),
        (Kind.KEY, "Zk3q-R8xT_b7Lp2Vw9-c4a5Xy"),
        (Kind.KEY, "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc123def456ghi789jkl"),
    ],
)
def test_private_details_are_found_whole(kind, detail):
    """Each kind is found in its usual forms, from its first to its last character, and nothing beside it."""
    assert found(f"so it is {detail} for you") == [(kind.value, detail)]
    assert without_private_details(f"so it is {detail} for you").split() == ["so", "it", "is", "for", "you"]


@pytest.mark.parametrize(
    ("kind", "before", "detail", "behind"),
    [
        (Kind.PHONE, "電話は", "090-1234-5678", "です"),
        (Kind.PHONE, "我的手机号是", "13812345678", "加我"),
        (Kind.PHONE, "제 번호는 ", "010-1234-5678", "입니다"),
        (Kind.PHONE, "โทร", "081-234-5678", "นะ"),
        (Kind.PHONE, "電話ー", "+81 90 1234 5678", "まで"),
        (Kind.PHONE, "한국", "01012345678", "로"),
        (Kind.PHONE, "ここ", "wa.me/491701234567", "から"),
        (Kind.CARD, "カードは", "4111 1111 1111 1111", "です"),
        (Kind.EMAIL, "連絡は", "jane@example.com", "までお願いします"),
        (Kind.EMAIL, "邮箱", "jane.doe@mail.example.co.jp", "谢谢"),
        (Kind.EMAIL, "제 메일은 ", "jane@example.com", "입니다"),
        (Kind.EMAIL, "連絡は", "jane (at) example.com", "まで"),
        (Kind.EMAIL, "連絡は", "jane at gmail.com", "まで"),
        (Kind.EMAIL, "連絡は", "jane_d @example.org", "まで"),
        (Kind.KEY, "トークンは", "abc12def34ghi56jkl78mno90pqr", "です"),
        (Kind.KEY, "@ada さん、鍵", "hf_abcdefghijklmnopqrstuvwxyzABCDEFGH", "です"),
        (Kind.EMAIL, "連絡先", "mailto:jane%40example.org", "へ"),
    ],
)
def test_details_are_found_in_scripts_without_spaces(kind, before, detail, behind):
    """Letters that stand right beside a number or a link, as in Japanese and Korean, hide none of it."""
    assert found(before + detail + behind) == [(kind.value, detail)]


@pytest.mark.parametrize("before", ["#", "@", "token:", "HF_TOKEN=", '"', "("])
def test_a_marked_key_is_found_behind_any_sign(before):
    """What services mark as a key is no hashtag and no handle, whatever stands before it."""
    assert without_private_details(f"so {before}hf_abcdefghijklmnopqrstuvwxyzABCDEFGH it is").split()[
        -2:
    ] == [
        "it",
        "is",
    ]
    assert "hf_" not in without_private_details(f"so {before}hf_abcdefghijklmnopqrstuvwxyzABCDEFGH it is")


@pytest.mark.parametrize(
    "text",
    [
        "in 2019-2020, or 2016 2017 2018",
        "on 2020-01-15, 15.01.2020 or 7/4/2012 at 8:30",
        "06/26/2013 9",
        "1,000,000 people, 10 000 000 euros and 1.234.567 more",
        "$1.234.567 and 3.14159265358",
        "a ratio of 10/10, a score of 21-14",
        "192.168.1.1",
        "call 911",
        "Open daily 09.00-17.00, 08.00 - 12.00, 9.00\u201310.30, or 09.00-12.00 14.00-18.00",
        "closed 24.12-06.01 and 01.12.-24.12.",
        "lost 0-6 6-4 7-6 6-3, 0-6 7-6(5) 6-3, (0-6 6-4 7-6) and 25-21 25-23",
        "The war (1861\u20131865), (1564-1616), (1861 \u2013 1865) and 1990/1999",
        "Open 0900-1700, (0900-1230/1400\u22121730), 0600 - 1400; at 0730 0800 0830",
        "03.08.23 - 17.08.23, 01/02/23-03/02/23, 03.08.-17.08.23, 05.-07.06.24, 01/02-03/04/24",
        "on 03.08.23 14.30 and in 01/2020-03/2021, 09/2019 \u2013 12/2022, 01/23 02/23 03/23",
        "04 08 15 16 23 42, 01 02 03 04 05 06 07 and 02 04 06 08 10",
        "aged 21 22 23 24, or 20 21 22 23; 001 002 003 004 and 98 99 100 101",
        "05 06 07 08, 05 10 15 20, 0 5 10 15 20 25 and 098 099 100 101",
        "1920 1080 2560 1440, 2560 1440 3840 2160, in 2010 2014 2018 2022 or 2016 2017 2018 2019",
        "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1, 411 111 111 111 1111, 1577836800003",
        "4111 11 11 11 11 11 11, 5000 2000 3000 6030, 41110 11120 11530 and 1990 1994 1998 2002 2006",
        "0.5 0.25 0.125, 0.12345678, 0.001-0.002 and 52.5200 13.4050",
        "0 1 2 3 4 5 6 7 8 9",
        "#COVID19vaccine2021update and @user12345678901",
        "@ada@example.social says hi",
        "supercalifragilisticexpialidocious",
        "disk-maintenance_and_more_things, task-sk-learn and sk-learn-contributions",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 family",
        "how-to-bake-7-cakes-in-2014-and-live",
        "Windows10-and-Windows11-users, 8am-noon-and-1pm-to-5pm only, the aarch64-apple-darwin20 build",
        "best of 1970s-1980s-1990s-2000s music, COVID19-IPHONE15-XBOX360-HTML5, LEAP-YEAR-2020-2024",
        "iPhone12/iPhone13/iPhone14 which one is best at apple.com, or r2/r2/models/account.py",
        "iPhone15Pro-and-iPhone14Pro-users, h264-mp4-1080p-x265-mkv, x86_64-unknown-linux-gnu",
        "2v2-3v3-4v4-5v5-6v6-7v7, S01E02-S01E03-S01E04",
        "the tweet 1234567890123456789",
        "see you @ noon. Then we meet @ 10.30, 2 @ 4.50",
        "be there [at] 5.30, (at) the office. Then go",
        "dinner at home dot dot dot we wait",
        "meet me at noon.today, at the office.Then look at example.com or at U.S.web",
        "thanks jane @example.org, and @jane_doe @example.org, #a_b @example.org",
        "thanks to jane_doe @bob.bsky.social",
        "shot by my_friend @jane.doe, and thanks to the U.S. @nat.geo team or U.S. @ espn.com",
        "See you @ St.Pauli, live @ O2.Arena, or @ Mr.Wu",
        "is at gmail.com, an @gmail.com and jane at gmail.computers",
        "look at example.com, and t.me/channel/1234567, t.me/joinchat",
        "zip 12345-6789, 12345 67890, tel: none, mailto: a friend",
        "hotel:12345678, a motel.12345678",
        "今日は銀座でiPhone15Proを159800円で買いました",
        "東京2020オリンピックからLA28まで、PS5とPS4とXbox360",
        "ありがとう@bob.bsky.socialさん、ライブ@渋谷.O-EAST",
        "#日本COVID19vaccine2021update と #タグabc12def34ghi56jkl78mno",
        "売上は12345678万円、合計1234567890円",
        "价格13812345678元, 約1234567890원",
        "ил0812345678, é13812345678",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text):
    """Dates, amounts, handles, hashtags and ids are no private details."""
    assert found(text) == []


@pytest.mark.parametrize("form", ["INTERNATIONAL", "E164", "NATIONAL"])
def test_numbers_of_all_countries_are_found(form):
    """At least nine in ten of the example numbers of each country, as they are written there and abroad."""
    style = getattr(phonenumbers.PhoneNumberFormat, form)
    kinds = (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE)
    examples = [
        phonenumbers.format_number(number, style)
        for region in phonenumbers.SUPPORTED_REGIONS
        for kind in kinds
        if (number := phonenumbers.example_number_for_type(region, kind))
    ]
    long_enough = [text for text in examples if sum(map(str.isdigit, text)) >= ENOUGH_DIGITS]
    hits = [text for text in long_enough if found(f"Call {text} tonight.")]
    assert len(long_enough) > 400
    assert len(hits) / len(long_enough) > 0.9


@pytest.mark.parametrize(
    "unit",
    [
        "a-",
        "sk-",
        "a\u200b",
        "1 ",
        "a.",
        "a@",
        "(at) ",
        "AIza",
        "1.",
        "+1",
        "0900 ",
        "03.08.23-",
        "a at ",
        "hf_a ",
        "x" * 15 + "\u200b",
        "a @ ",
        "a@ a.",
        "a at a dot ",
        "aaa at ",
        "a_a",
        "a.a @a.",
        "ab.ab",
        "(at) a . ",
        "tel:",
        "tel:1-",
        "wa.me/",
        "mailto:",
        "mailto:a@",
        "a1",
        "A1A-",
        "A-",
        "a/",
        "1",
        "aaaa1111-",
    ],
)
def test_long_texts_take_no_more_than_their_length(unit):
    """Texts of 200,000 signs, made to be hard to look through, are looked through all the same."""
    private_details(unit * (200_000 // len(unit)))


def test_a_text_full_of_numbers_is_compared_with_those_of_all_countries_a_few_times_only(monkeypatch):
    """Each comparison takes a hundredth of a second; further numbers are taken for those of phones."""
    compared = []
    monkeypatch.setattr(private_numbers, "_is_national", lambda digits, _: compared.append(digits))
    numbers = [str(number) for number in range(1_234_567, 1_235_000)]
    text = " w ".join(numbers)
    kept = numbers[: private_numbers.MOST_LOOKUPS]
    assert without_private_details(text).split() == [*" w ".join(kept).split(), *["w"] * (433 - len(kept))]
    assert compared == kept
    compared.clear()
    assert private_kind(text) is Kind.PHONE
    assert compared == numbers[: private_numbers.FEW_LOOKUPS]


def test_a_few_numbers_said_again_and_again_are_no_phones():
    """It is different numbers that are too many."""
    assert not private_details("1234567 and 1111111 " * 50)


def test_no_number_behind_the_first_private_detail_is_compared(monkeypatch):
    """One is enough to refuse a text."""
    monkeypatch.setattr(private_numbers, "_is_national", None)
    assert private_kind("(555) 010-9988, 1234567, 2345678") is Kind.PHONE
    assert private_kind("1234567, 2345678 w jane@example.org") is Kind.EMAIL


@given(st.text("aAtT10 (<.:@9z", max_size=40))
def test_a_text_has_the_kind_of_one_of_its_details(text):
    """What refuses a text, and what cleans one, find the same."""
    kinds = [detail.kind for detail in private_details(text)]
    assert private_kind(text) in (kinds or [None])


@given(st.text())
def test_every_text_can_be_looked_through(text):
    """Whatever the text: what is found lies in it, in order, and is gone when it was removed."""
    details = private_details(text)
    assert all(0 <= detail.start < detail.end <= len(text) for detail in details)
    assert [detail.start for detail in details] == sorted(detail.start for detail in details)
    without_private_details(text)


@given(st.text("aAtTdo10 ()[]<.:%4/-_@9z\n\x1c", max_size=40))
def test_what_is_found_in_ascii_is_what_is_found_beside_another_script(text):
    """The way that is faster overlooks nothing."""
    assert private_details(text) == private_details(f"{text} \u00e9")


SIGNS = (  # of ASCII, and those of other scripts that mean the same or are not seen
    "adoTr1ilcn ([<%40\n\x1c./-@\xc4\u00a0\u00ad\u0661\u200b\u2013\u2212\u212a\u3000\u30fc"
    "\ufe6b\ufeff\uff0d\uff11\uff20\uff41\U0001d7ce\udcff"
)


@pytest.fixture(scope="module")
def looked_through():
    """What is found where every text is looked through in full."""

    def found_in(text):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(detector, "_may_hold", lambda _: True)
            return private_details(text)

    return found_in


@given(
    st.text(SIGNS, max_size=30)
    | st.tuples(st.text(SIGNS, max_size=3), st.sampled_from(SIGNS), st.text(SIGNS, max_size=3)).map(
        lambda parts: parts[0] + 18 * parts[1] + parts[2]
    )
)
def test_what_is_looked_for_in_bytes_overlooks_no_sign_of_any_script(looked_through, text):
    """What the quick look sends away holds nothing, in whatever script its signs are."""
    assert private_details(text) == looked_through(text)


def test_what_is_not_seen_is_known():
    """Python knows which characters are not shown; they hide no sign from the quick look."""
    unseen = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) == "Cf"]
    assert len(unseen) > 100
    assert [character for character in unseen if not detector._UNSEEN.fullmatch(character)] == []


@pytest.mark.parametrize(
    "sign",
    [
        *("(at)", "[ at ]", "(\u00a0AT\u3000)", "\ufe6b", "\uff20", "12 345.67", "\uff11 234-567\u0663"),
        *("web.de", "WEB.DE", "we\u200bb.de", "web\u200b.d\u200be", "web\uff0ede", "web.\uff44e", "@x1.de"),
    ],
)
def test_each_sign_alone_makes_a_text_be_looked_through(sign):
    """Spelt and full-width signs, and numbers in digits of several scripts, are signs as others are."""
    assert detector._may_hold(f"so {sign} it is")
    assert not detector._may_hold("so it is \U0001f642 \u2014 and \u201cmore\u201d, caf\u00e9\u2026")


PIECES = [
    *"ax1 .@-/:()[]<",
    "at",
    "dot",
    "org",
    "gmail.com",
    "jane_d",
    "tel",
    "wa.me/",
    "mailto:",
    "%40",
    "98765",
    "\u200b",
    "\uff08",
    "\xe9",
]


@given(st.lists(st.sampled_from([*PIECES, *"+=_", "@bob ", "a1b2c3d4"]), max_size=14).map("".join))
def test_what_the_quick_look_sends_away_holds_nothing(looked_through, text):
    """A text is looked through in full only where it may hold something, and that overlooks nothing."""
    assert private_details(text) == looked_through(text)


@pytest.mark.parametrize(
    "text",
    [
        "so it is @bob and @jane_doe",
        "@bob it was 12.5 in 2001/02, at 7-11",
        "and/or both, a day-by-day thing",
    ],
)
def test_mentions_and_short_numbers_are_sent_away_at_once(text):
    """Most posts with a sign have no other; the whole search takes a hundred times as long."""
    assert not detector._may_hold(text)
    for detail in (
        "jane@example.org",
        "jane @ example.org",
        "( @)",
        "+49 30 1234567",
        "ab1/cd2+ef3=gh4/ij56",
    ):
        assert detector._may_hold(f"{text} {detail}")


def test_details_that_overlap_are_removed_once():
    """An address that is a link, or looks like a key, takes nothing of the words behind it along."""
    for address in ("abc123def456ghi789jkl012@example.org", "mailto:abc123def456ghi789jkl012@example.org"):
        text = f"so it is {address} for all of you who want to write"
        assert without_private_details(text).split() == text.replace(address, "").split()
        assert len(private_details(text)) == 1
