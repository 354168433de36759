# ruff: noqa: RUF001 -- quotes and dashes as people type them are what is tested
"""Text is decoded correctly in any encoding, and damage by spreadsheets is undone."""

from __future__ import annotations

import tracemalloc
import unicodedata
from pathlib import Path

import pytest
from ftfy.badness import badness

from huggingtweets import sources
from huggingtweets.errors import BrokenArchive, LocationError
from huggingtweets.sources import ReadOptions
from huggingtweets.sources._formats import encoding
from huggingtweets.sources._formats.encoding import lines

FRENCH = "Déjà vu : l’été à la plage… « Noël », où Ève a été très fâchée ; cœur naïf – ça, alors !\n"
GERMAN = "Schöne Mädchen auf größeren Straßen — Äpfel und „Öl“ in Österreich\n"
SPANISH = "¿Qué tal el español este año? ¡Mañana más! El corazón del pingüino\n"
ENGLISH = "I don’t know… “maybe”, they said — it’s café time\n"
EMOJI = "Good morning 🇺🇸 ☑️ 📈 “you” don’t say… → ✓ 💯 chào Nguyễn\n"


def decoded(tmp_path, content):
    path = tmp_path / "posts.txt"
    path.write_bytes(content)
    return "".join(lines(path))


def trip(content):
    """Damage UTF-8 as a spreadsheet does: read as cp1252, saved in Mac Roman, `_` for missing characters."""
    saved = bytearray()
    for byte in content:
        try:
            saved += bytes([byte]).decode("cp1252").encode("mac_roman")
        except UnicodeDecodeError:
            saved.append(byte)
        except UnicodeEncodeError:
            saved += b"_"
    return bytes(saved)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252", "mac_roman"])
@pytest.mark.parametrize("text", [FRENCH, GERMAN, SPANISH, ENGLISH])
def test_genuine_text_of_any_encoding_is_itself(tmp_path, text, encoding):
    """Text of four languages, saved in any of the usual encodings, comes back unchanged."""
    if encoding == "mac_roman" and text == ENGLISH:
        text = text.replace("café", "cafe’")
    assert decoded(tmp_path, (text * 30).encode(encoding)) == text * 30


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-be"])
def test_byte_order_marks_decide(tmp_path, encoding):
    """A byte order mark decides the encoding, and is not part of the text."""
    assert decoded(tmp_path, ("\ufeff" + FRENCH).encode(encoding)) == FRENCH


@pytest.mark.parametrize("trips", [1, 2])
@pytest.mark.parametrize("text", [EMOJI, ENGLISH, FRENCH])
def test_a_spreadsheets_round_trips_are_undone(tmp_path, text, trips):
    """UTF-8 that a spreadsheet damaged once or twice gets its quotes, emoji and flags back."""
    content = text.encode() * 20
    for _ in range(trips):
        content = trip(content)
    mended = decoded(tmp_path, content)
    unknown = mended.count("\ufffd")
    assert unknown <= 0.1 * sum(not c.isascii() for c in text * 20)
    assert all(got in (want, "\ufffd") for got, want in zip(mended, text * 20, strict=True))


def test_underscores_that_were_typed_stay(tmp_path):
    """In a damaged file `_` is a lost byte only if UTF-8 lacks one, not beside words or quotes."""
    text = "@some_body _“quoted”_ snake_case… __init__ _🇺🇸_ don’t_\n"
    assert decoded(tmp_path, trip(text.encode() * 20)) == text * 20


def test_good_utf8_is_left_alone(tmp_path):
    """Good UTF-8 stays as it is, even a post about mojibake."""
    text = EMOJI * 200 + "what does â€™ mean in my e-mail? aÉb wÖrd ‡\n"
    assert decoded(tmp_path, text.encode()) == text


def test_utf8_that_was_saved_from_wrongly_read_text_is_mended(tmp_path):
    """A file full of `â€™` and `Ã©`, read as cp1252 and saved as UTF-8, is repaired."""
    text = "It’s très bien, “vraiment”\n" * 30
    assert decoded(tmp_path, text.encode().decode("sloppy-windows-1252").encode()) == text


def test_bytes_that_mean_nothing_do_not_crash(tmp_path):
    """Bytes that cannot be decoded become U+FFFD, and the rest is read."""
    text = decoded(tmp_path, EMOJI.encode() * 50 + b"broken \xff\xfe\xc3( here\n")
    assert text.startswith(EMOJI)
    assert "broken \ufffd" in text


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04\0\0\0", "no mark".encode("utf-16-le"), b"fine\nnot\0fine\n"]
)
def test_what_is_no_text_is_refused(tmp_path, content):
    """A file with zero bytes is refused; the message names the line."""
    with pytest.raises(BrokenArchive, match=r"is not text in line [12]; save it again as text in UTF-8"):
        decoded(tmp_path, content)


def test_a_line_without_end_is_refused(tmp_path, monkeypatch):
    """A line that is too long is refused before it is in memory."""
    monkeypatch.setattr(encoding, "LONGEST_LINE", 1000)
    with pytest.raises(BrokenArchive, match="not text"):
        decoded(tmp_path, b"x" * 100_000)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_on_any_system(tmp_path, end):
    """The line ends of Unix, Windows and the old Mac are read."""
    path = tmp_path / "posts.txt"
    path.write_bytes(f"one{end}two é{end}three".encode("cp1252"))
    assert [line.rstrip("\r\n") for line in lines(path)] == ["one", "two é", "three"]


def test_the_encoding_is_found_late_in_the_file_and_in_constant_memory(tmp_path):
    """Megabytes of ASCII before the first accent change neither the encoding nor the memory needed."""
    path = tmp_path / "posts.txt"
    path.write_bytes(b"plain words only, nothing else\n" * 400_000 + trip(EMOJI.encode() * 20))
    tracemalloc.start()
    last = ""
    for line in lines(path):
        last = line
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert last == EMOJI
    assert peak < 3 << 20 < path.stat().st_size


@pytest.mark.parametrize(
    ("handle", "unknown", "examples"),
    [
        ("realDonaldTrump", 7, ("🇺🇸", "➡️", "“", "”", "’", "–", "…", "Shinzō", "Nguyễn Xuân Phúc")),
        ("BarackObama", 5, ("—President Obama", "“", "”", "’", "…", "→", "✓", "💯")),
    ],
)
def test_real_timelines_show_what_was_typed(persona, handle, unknown, examples):
    """Two real files that spreadsheets damaged get their quotes, dashes and flags back; few are lost."""
    text = "".join(lines(Path(persona(handle))))
    assert [example for example in examples if example not in text] == []
    assert badness(text) == 0
    assert text.count("\ufffd") <= unknown


LEGACY = {
    "gb18030": "我家的猫又睡在键盘上了，今天下雨",
    "big5": "我家的貓又睡在鍵盤上了，今天下雨",
    "cp932": "猫がまたキーボードの上で寝ている",
    "euc_jp": "猫がまたキーボードの上で寝ている",
    "cp949": "고양이가 또 키보드 위에서 자고 있다",
    "cp874": "เช้านี้ฝนตกเบาๆและกาแฟอร่อยมาก",
    "cp1250": "Dnes ráno tiše prší a káva je výborná, příliš žluťoučký kůň",
    "cp1251": "Сьогодні вранці тихий дощ і дуже смачна кава",
    "koi8_r": "Сегодня утром тихий дождь и очень вкусный кофе",
    "cp1253": "Καλημέρα σε όλους, ο καφές είναι έτοιμος",
    "cp1254": "Bu sabah hafif yağmur var ve kahve çok güzel, şimdi",
    "cp1255": "הבוקר יורד גשם שקט והקפה טעים מאוד",
    "cp1256": "صباح الخير يا أصدقاء القهوة جاهزة",
}


def test_japanese_is_not_taken_for_korean(tmp_path):
    """What one code page writes decodes in the other, to syllables that hardly any text has."""
    text = "今日はやかんが庭で歌を歌っていました\n私のパンは月曜日には決して膨らまない\n"
    assert decoded(tmp_path, text.encode("shift_jis")) == text


def test_nothing_at_the_end_of_a_line_makes_no_wide_characters(tmp_path):
    """Some NULs in a text are damage, which is said, and not UTF-16."""
    with pytest.raises(BrokenArchive, match="line 2"):
        decoded(tmp_path, b"The kettle sings\nMy bread\0\0\nA heron\n")


@pytest.mark.parametrize("codec", LEGACY)
def test_code_pages_of_other_countries_are_recognised(tmp_path, codec):
    """Text in the code page of a country is decoded as what it is."""
    text = f"{LEGACY[codec]}\n" * 5
    assert decoded(tmp_path, text.encode(codec)) == text


def test_small_letters_of_one_country_are_no_capitals_of_another(tmp_path):
    """Hebrew in cp1255 decodes as Cyrillic, too, all of it capitals, or as words of no language."""
    text = "הקומקום שר בבוקר 0\nאני אוהב את הקומקום שלי 1\nקומקום חדש, חיים חדשים 2\n"
    assert decoded(tmp_path, text.encode("cp1255")) == text


@pytest.mark.parametrize("text", [LEGACY["cp1251"], LEGACY["gb18030"], FRENCH.strip()])
def test_a_few_bytes_that_are_not_utf8_do_not_change_the_encoding(tmp_path, text):
    """UTF-8 with a cut letter, or with a line in another encoding, stays UTF-8."""
    lines_of = [text.encode()] * 10
    lines_of[3] = lines_of[3][:-10] + b"\xd0" + lines_of[3][-9:]
    lines_of[7] = "Le café est déjà froid".encode("latin-1")
    found = decoded(tmp_path, b"\n".join(lines_of)).split("\n")
    assert [line for line in found if "\ufffd" not in line] == [text] * 8


def test_what_makes_no_sense_is_refused_and_can_be_named(tmp_path):
    """An encoding that is not recognised is refused; the user can name it."""
    path = tmp_path / "posts.csv"
    noise = bytes(range(0x80, 0x100)) * 4
    path.write_bytes(b"user,text\nada," + noise.replace(b"\x85", b"") + b"\n")
    with pytest.raises(BrokenArchive, match="--encoding cp1251"):
        list(sources.read(str(path)).posts)
    path.write_bytes("user,text\nada,Кот спит\n".encode("cp855"))
    [post] = sources.read(str(path), ReadOptions(encoding="cp855")).posts
    assert post.text == "Кот спит"
    with pytest.raises(LocationError, match="'klingon' is not known"):
        list(sources.read(str(path), ReadOptions(encoding="klingon")).posts)


VIETNAMESE = [
    "Hôm nay ấm đun nước lại hát",
    "Tàu hỏa của tôi vẫn muộn như mọi khi",
    "Tại sao tôi không học được",
]
GERMAN = [
    "Heute singt der Kessel schöne Lieder für mich",
    "Der Zug verspätet sich über alle Maßen",
    "Tee für vier",
]


def written_as(codec, text):
    """Encode a text; in cp1258 the marks of tones are characters behind their letters."""
    if codec != "cp1258":
        return text.encode(codec)
    tones = "\u0300\u0301\u0303\u0309\u0323"
    apart = []
    for letter in text:
        marks = unicodedata.normalize("NFD", letter)
        plain = "".join(mark for mark in marks if mark not in tones)
        apart += [unicodedata.normalize("NFC", plain), *(mark for mark in marks if mark in tones)]
    return "".join(apart).encode(codec)


def read_texts(path):
    return [post.text for post in sources.read(str(path), ReadOptions(name="Ada")).posts]


def test_the_code_page_of_vietnam_is_read(tmp_path):
    """Its tones are characters of their own, which belong to the letters before them."""
    path = tmp_path / "posts.csv"
    path.write_bytes(b"text\n" + b"".join(written_as("cp1258", text) + b"\n" for text in VIETNAMESE))
    assert read_texts(path) == VIETNAMESE


@pytest.mark.parametrize("codec", ["cp1252", "cp1250"])
@pytest.mark.parametrize("name", ["posts.csv", "posts.txt"])
def test_lines_of_two_encodings_are_each_read_in_theirs(tmp_path, codec, name):
    """As in a table that was put together of two; no line becomes mojibake, and none is lost."""
    texts = (
        GERMAN if codec == "cp1252" else ["Dnes konvice zase zpívá svou píseň", "Vlak má jako vždy zpoždění"]
    )
    both = [*(text.encode() for text in texts), *(text.encode(codec) for text in texts)]
    path = tmp_path / name
    path.write_bytes(b"\n".join([*([b"text"] if name == "posts.csv" else []), *both]))
    assert read_texts(path) == [*texts, *texts]


def test_a_damaged_character_makes_no_second_encoding(tmp_path):
    """Bytes between characters of UTF-8 are damage of one line, as before."""
    path = tmp_path / "posts.csv"
    damaged = "Сегодня чайник поёт".encode().replace("ё".encode(), b"\xd1\xd1\xd1\xd1\xd1\xd1\xd1\xd1")
    path.write_bytes("text\nОпять опаздывает поезд\n".encode() + damaged + b"\n")
    first, second = read_texts(path)
    assert first == "Опять опаздывает поезд"
    assert second.startswith("Сегодня чайник по\ufffd")
