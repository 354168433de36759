"""The pictures: their sizes, that they show what they are given, and that text is drawn as itself."""

import hashlib
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from io import BytesIO

import pytest
import typst
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from PIL import Image, ImageChops

from huggingtweets.reporting import (
    avatar_pictures,
    curves,
    funnel_picture,
    loss_curve,
    pipeline_picture,
    render,
    share_picture,
)
from huggingtweets.reporting.curves import marks
from huggingtweets.reporting.picture import draw, plain
from huggingtweets.types import (
    Account,
    Author,
    Base,
    CurvePoint,
    Funnel,
    Reason,
    Recipe,
    Record,
    Sample,
    Tracked,
    TrainingResult,
)

PAPER = (250, 246, 236)
DRAWN = (funnel_picture, loss_curve, pipeline_picture, lambda record: share_picture(record, {}))
LETTERS = {
    "Latin": "Aß",
    "Cyrillic": "Жя",
    "Greek": "Ωλ",
    "Arabic": "شم",
    "Hebrew": "שא",
    "Devanagari": "कम",
    "Bengali": "কম",
    "Tamil": "கம",
    "Thai": "กม",
    "Georgian": "კმ",
    "Ethiopic": "ሀመ",
    "Chinese": "骨语",
    "Japanese": "かナ",
    "Korean": "한글",
    "mathematical": "𝓯𝕨",  # noqa: RUF001 -- letters that people write their names with
    "symbols": "★☭",
    "emoji": "🔥🤖",
    "new emoji": "🫩🫪",
    "flags": "🇧🇷🇫🇷",
}


def author(handle="ada", name="Ada", read=1300, **dropped: int) -> Author:
    drops = {Reason(reason.replace("_", "-")): count for reason, count in dropped.items()}
    kept = read - sum(drops.values())
    return Author(
        account=Account(handle=handle, name=name, source="table"),
        funnel=Funnel(read=read, dropped=drops, kept=kept),
        characters=kept * 80,
        train=kept - kept // 10,
        held_out=kept // 10,
    )


def record(*authors: Author, samples=(("My dream is", " to fly."), ("Why", " not?")), **changes) -> Record:
    known = {
        "name": "ada",
        "created_at": datetime(2026, 1, 2, tzinfo=UTC),
        "version": "1.0.0",
        "recipe": Recipe(name="starter", base="starter"),
        "base": Base(name="starter", digest="ab" * 32, parameters=6_900_000),
        "authors": authors or (author(repost=200, short=30),),
        "split_by": "time",
        "dataset_digest": "cd" * 32,
        "model_digest": "ef" * 32,
        "curve": tuple(
            CurvePoint(
                step=9 * n, epoch=n / 2, bits_per_byte=1.5 + 1 / (n + 1), train_loss=5 / n if n else None
            )
            for n in range(9)
        ),
        "result": TrainingResult(
            metrics=(), samples=tuple(Sample(prompt=p, text=p + rest) for p, rest in samples)
        ),
        "seconds": {"train": 61.2},
        "environment": {},
        "tracked": Tracked(tracker="none"),
    }
    return Record(**{**known, **changes})


def pixels(picture: bytes) -> Image.Image:
    return Image.open(BytesIO(picture)).convert("RGB")


def colours(shown: Image.Image) -> set[tuple[int, int, int]]:
    return {colour for _, colour in shown.getcolors(shown.width * shown.height)}


def letters(text: str) -> bytes:
    """A text large on a disc, as initials are drawn."""
    return draw("avatar", {"initials": text, "hue": 15, "picture": None})


def image(mode="RGB", size=(300, 500), colour="blue", form="PNG") -> bytes:
    written = BytesIO()
    Image.new(mode, size, colour).save(written, form)
    return written.getvalue()


def test_the_shared_picture_has_the_size_that_networks_ask_for():
    """Whatever it shows, predictions.png is 1200 x 630 pixels."""
    many = record(*(author(f"person{n}") for n in range(7)), samples=[("p" * 9, " word" * 200)] * 9)
    for known in (record(), many, record(samples=())):
        assert pixels(share_picture(known, {})).size == (1200, 630)


def test_a_name_of_one_word_is_made_smaller_rather_than_broken():
    """A word that is too wide in large letters stands on one line, as a short one does; two stand on two."""

    def badge(name: str) -> int:
        """Where the yellow badge below the name begins, in pixels from the top."""
        shown = pixels(share_picture(record(author(name=name)), {}))
        return next(y for y in range(240, 600) if shown.getpixel((100, y)) == (255, 210, 30))

    assert badge("BarackObama") <= badge("Ada")
    assert badge("Maximilian Featherstonehaugh") > badge("Ada")


def test_posts_are_shown_whole_where_fewer_of_them_have_room():
    """Three long posts stand there whole, rather than four without their ends; what never fits is cut off."""
    known = record()

    def shown(*lengths):
        samples = tuple(
            Sample(prompt=f"Prompt {number}", text=f"Prompt {number} " + "words " * words)
            for number, words in enumerate(lengths)
        )
        return share_picture(replace(known, result=replace(known.result, samples=samples)), {})

    assert shown(40, 40, 30, 40) == shown(40, 40, 30)
    assert shown(9, 9, 9, 9) != shown(9, 9, 9)
    assert shown(400, 400, 400) == shown(900, 400, 400) != shown(400, 400)


def test_the_other_pictures_are_1600_pixels_wide():
    """The pictures of the card share one width."""
    for picture in (funnel_picture, loss_curve, pipeline_picture):
        assert pixels(picture(record())).width == 1600


def test_rendering_gives_the_card_and_all_that_it_shows():
    """Every picture that the card refers to is beside it."""
    files = render(record(author(), author("bob", "Bob")), {})
    card = files["README.md"].decode()
    assert sorted(set(files) - {"README.md"}) == [
        "avatar-1.png",
        "avatar-2.png",
        "curves.png",
        "funnel.png",
        "pipeline.png",
        "predictions.png",
    ]
    assert all(name in card for name in files if name != "README.md")


@pytest.mark.parametrize("draws", DRAWN)
def test_the_same_record_gives_the_same_bytes(draws):
    """Nothing of the clock or the order of a run is in a picture, not even when several are drawn at once."""
    once = draws(record())
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(draws, [record()] * 8)) == {once}


def test_another_process_gives_the_same_bytes():
    """Hash seeds and caches of a process leave no trace in its pictures."""
    program = (
        "import hashlib; from huggingtweets.reporting.picture import draw;"
        "print(hashlib.sha256(draw('avatar', {'initials': 'ش🔥', 'hue': 15, 'picture': None})).hexdigest())"
    )
    other = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "1"},
    )
    assert other.stdout.strip() == hashlib.sha256(letters("ش🔥")).hexdigest()


def test_pictures_differ_when_what_they_show_differs():
    """Each picture shows the figures that it is about."""
    known = record()
    fewer = record(author(read=1299, repost=199, short=30))
    higher = replace(known, curve=tuple(replace(p, bits_per_byte=p.bits_per_byte + 1) for p in known.curve))
    other = record(samples=(("My dream is", " to swim."), ("Why", " not?")))
    assert funnel_picture(known) != funnel_picture(fewer)
    assert pipeline_picture(known) != pipeline_picture(fewer)
    assert pipeline_picture(known) != pipeline_picture(higher)
    assert loss_curve(known) != loss_curve(higher)
    assert share_picture(known, {}) != share_picture(other, {})


@pytest.mark.parametrize("script", LETTERS)
def test_every_script_is_drawn_with_its_own_letters(script):
    """No letter of the world's scripts, no emoji and no flag is shown as a box or as nothing."""
    text = LETTERS[script]
    half = len(text) // 2
    one, two = letters(text[:half]), letters(text[half:])
    boxes = {letters("\U0010fffd"), letters("\ue000"), letters("")}
    assert one != two
    assert not {one, two} & boxes


def test_emoji_have_their_colours():
    """Emoji are not drawn in the colour of the text around them."""
    reds = [p for p in pixels(letters("❤️")).get_flattened_data() if p[0] > 180 and p[1] < 90]
    assert len(reds) > 500


@pytest.mark.parametrize("sequence", ["👩🏽\u200d🚀", "👍🏿", "🏳️\u200d🌈", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"])
def test_an_emoji_of_several_characters_is_one_picture(sequence):
    """What people see as one emoji takes the room of one: joined, with a skin's tone, flags and keycaps."""

    def width(text: str) -> int:
        drawn = pixels(letters(text)).crop((0, 80, 200, 120))
        ground = drawn.getpixel((4, 20))
        columns = [x for x in range(200) if any(drawn.getpixel((x, y)) != ground for y in range(40))]
        return columns[-1] - columns[0]

    assert abs(width(sequence) - width("😀")) < 12


@pytest.mark.parametrize("handle", ["ada", "אבי", "علي"])
def test_a_handle_stands_at_the_left_below_the_name(handle):
    """So it does where its letters run from the right: it is a label, and no paragraph of its own."""
    shown = pixels(share_picture(record(author(handle=handle)), {})).crop((20, 306, 350, 340))
    left, *_ = ImageChops.difference(shown, Image.new("RGB", shown.size, shown.getpixel((0, 0)))).getbbox()
    assert 20 <= left < 40


def test_arabic_letters_are_joined():
    """A letter has another form beside others than alone."""
    assert letters("شم") != letters("ش\u200cم")


def test_japanese_gets_its_own_form_of_shared_characters():
    """A character that Chinese and Japanese write differently follows the language of the text."""
    chinese, japanese = (record(samples=[("我", text)]) for text in ("直骨", "直骨の"))
    three = (456, 270, 594, 325)  # where the first three characters stand
    shown = [pixels(share_picture(known, {})).crop(three) for known in (chinese, japanese)]
    assert shown[0].tobytes() != shown[1].tobytes()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_an_avatar_is_shown(form):
    """The usual formats of avatars are read."""
    drawn = avatar_pictures(record(), {"ada": image(form=form)})["avatar-1.png"]
    assert pixels(drawn).getpixel((100, 100))[2] > 200


def test_a_see_through_avatar_lies_on_white():
    """What is see-through in an avatar does not turn black."""
    drawn = avatar_pictures(record(), {"ada": image(mode="RGBA", colour=(0, 0, 0, 0))})["avatar-1.png"]
    assert pixels(drawn).getpixel((100, 100)) == (255, 255, 255)


@pytest.mark.parametrize(
    "broken",
    [b"", b"not an image", image()[:60], image(form="JPEG")[:200], b"<svg xmlns='x'/>", b"\x89PNG\r\n\x1a\n"],
)
def test_a_broken_avatar_becomes_initials(broken):
    """A damaged image costs nobody their model."""
    assert avatar_pictures(record(), {"ada": broken}) == avatar_pictures(record(), {})
    assert share_picture(record(), {"ada": broken}) == share_picture(record(), {})


def test_initials_come_from_the_name_or_else_from_the_handle():
    """Names of emoji or of nothing still give a letter."""
    named = avatar_pictures(record(author(name="Ada Countess Lovelace")), {})["avatar-1.png"]
    unnamed = avatar_pictures(record(author(handle="zoe", name="🌞✨")), {})["avatar-1.png"]
    assert named == avatar_pictures(record(author(name="ada lovelace")), {})["avatar-1.png"]
    assert unnamed == avatar_pictures(record(author(handle="zoe", name="")), {})["avatar-1.png"]


@pytest.mark.parametrize(
    "text",
    [
        "word " * 200,
        "w" * 900,
        "🔥" * 300,
        "風" * 900,
        "مرحبا " * 200,
        "क्षत्रिय" * 90,
        "z̷̢͔̆" * 200,
        "\n\n\n",
        "\x00\ud83d",
    ],
    ids=["words", "one word", "emoji", "Chinese", "Arabic", "Devanagari", "marks", "blank", "broken"],
)
def test_nothing_leaves_its_place(text):
    """However long a name or a sample is, the margins stay empty and nothing runs into its neighbour."""
    known = record(author(handle=text, name=text), samples=[(text[:9], text)] * 4, name=text)
    drawn = pixels(share_picture(known, {}))
    margins = [(1160, 0, 1200, 630), (390, 0, 424, 630), (424, 0, 1200, 40), (424, 615, 1200, 630)]
    for margin in margins:
        assert colours(drawn.crop(margin)) == {PAPER}
    assert len(colours(drawn.crop((362, 0, 382, 630)))) < 40  # the ground and the circle's rim, no letters
    for picture in (funnel_picture(known), pipeline_picture(known)):
        assert colours(pixels(picture).crop((1560, 0, 1600, 100))) == {PAPER}


def test_odd_figures_are_drawn():
    """One evaluation or none, figures that are no numbers, and a funnel of zeros have their pictures."""
    first, *_ = record().curve
    nan = replace(first, bits_per_byte=float("nan"), train_loss=float("inf"))
    for curve in ((), (first,), (first, first), (nan,), (nan, first)):
        assert pixels(loss_curve(record(curve=curve))).width == 1600
        assert pixels(pipeline_picture(record(curve=curve))).width == 1600
    for nobody in (author(read=0), author(read=10, repost=0, near_duplicate=0), author(read=10, short=10)):
        assert pixels(funnel_picture(record(nobody))).width == 1600


def test_templates_name_only_fonts_that_are_there(monkeypatch):
    """A font that went missing would change every picture without a word."""
    heard = []

    def compile_aloud(*args, **options):
        picture, warnings = typst.compile_with_warnings(*args, **options)
        heard.extend(warnings)
        return picture

    monkeypatch.setattr(typst, "compile", compile_aloud)
    render(record(), {})
    assert [warning.message for warning in heard] == []


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6), st.integers(2, 9))
def test_marks_of_an_axis_hold_all_values(low, length, most):
    """An axis begins at or below the least value, ends at or above the greatest, and is not crowded."""
    axis = marks(low, low + length, most=most)
    assert axis[0] <= low + 1e-6 * (1 + abs(low))
    assert axis[-1] >= low + length - 1e-6 * (1 + abs(low + length))
    assert 2 <= len(axis) <= most + 1


def test_plain_text_keeps_what_emoji_need_and_nothing_that_hides():
    """Joiners of emoji and of Persian stay; controls, overrides of direction and lone surrogates go."""
    assert plain("👩🏽\u200d🚀 می\u200cشود") == "👩🏽\u200d🚀 می\u200cشود"
    assert plain(" a\n\tb\u202e\x00\ud83d\ufeffc\u00ad ") == "a bc"


def test_the_curve_says_in_words_what_training_gained():
    """Its title says how many guesses are saved, and names both figures; where nothing is, it says that."""
    assert curves._title([(0, 1.6), (1, 1.3), (2, 1.2)]) == (
        "25 % fewer guesses for unseen posts: 1.200 bits per byte, 1.600 before"
    )
    assert curves._title([(0, 1.6), (1, 1.8), (2, 1.7)]) == (
        "Training did not help: a byte of unseen posts costs 1.700 bits, 1.600 before"
    )


def test_a_model_s_figure_is_its_own_where_its_base_was_better(monkeypatch):
    """The box of the model holds the best evaluation after the first step, never that of the base."""
    drawn = {}
    module = sys.modules[pipeline_picture.__module__]
    monkeypatch.setattr(module, "draw", lambda _, data, **__: drawn.update(data))
    points = [CurvePoint(step=i, epoch=i, bits_per_byte=bits) for i, bits in enumerate((1.2, 1.6, 1.5))]
    pipeline_picture(record(curve=tuple(points)))
    shown = json.dumps(drawn)
    assert shown.count("1.200 bits per byte") == 1
    assert shown.count("1.500 bits per byte") == 1
