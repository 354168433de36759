# ruff: noqa: E501, RUF001 -- logs as they are, in many scripts
"""Chats and logs of several people are never read as posts, one a line; WhatsApp's are read in more forms."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from huggingtweets import sources
from huggingtweets.errors import LocationError
from huggingtweets.sources import ReadOptions

MINE, THEIRS = "the kettle sings", "xyzzy their words"
LOGS = {
    "telegram": "Ada, [05.03.2023 14:05]\n{m}\n\nBob, [05.03.2023 14:06]\n{t}\n",
    "telegram, month named": "Ada, [5 Mar 2023 at 14:05:00]:\n{m}\n\nBob, [5 Mar 2023 at 14:06:00]:\n{t}\n",
    "kakaotalk": "Bob님과 대화\n저장한 날짜 : 2023년 3월 5일\n\n[Ada] [오후 2:05] {m}\n[Bob] [오후 2:06] {t}\n",
    "line": "[LINE] Bob\n保存日時:2023/03/05 14:05\n\n2023/03/05(日)\n午後2:05\tAda\t{m}\n午後2:06\tBob\t{t}\n",
    "zoom": "14:05:00 From Ada to Everyone:\n\t{m}\n14:06:00 From Bob to Everyone:\n\t{t}\n",
    "discord": "====\nGuild: Tea\nChannel: general\n====\n\n[01/01/2024 10:00] ada\n{m}\n\n[01/01/2024 10:01] bob\n{t}\n",
    "signal": "From: Bob\nType: incoming\nSent: today\n\n{t}\n\nFrom: You\nType: outgoing\nSent: today\n\n{m}\n",
    "weechat": "2023-03-05 14:05:00\tada\t{m}\n2023-03-05 14:06:00\tbob\t{t}\n",
    "hexchat": "**** BEGIN LOGGING\n\nMar 05 14:05:00 <ada>\t{m}\nMar 05 14:06:00 <bob>\t{t}\n",
    "subtitles": "1\n00:00:01,000 --> 00:00:03,000\n{m}\n\n2\n00:00:04,000 --> 00:00:06,000\n{t}\n",
    "dashes": "Ada - {m}\nBob - {t}\nAda - {m}\nBob - {t}\n",
    "tabs": "Ada\t{m}\nBob\t{t}\nAda\t{m}\nBob\t{t}\n",
    "brackets": "[Ada] {m}\n[Bob] {t}\n[Ada] {m}\n[Bob] {t}\n",
    "markdown": "**Ada:** {m}\n**Bob:** {t}\n**Ada:** {m}\n**Bob:** {t}\n",
    "chinese": "艾达：{m}\n鲍勃：{t}\n艾达：{m}\n鲍勃：{t}\n",
    "arrows": "-> {m}\n<- {t}\n-> {m}\n<- {t}\n",
    "unix time": "1700000000 Ada: {m}\n1700000060 Bob: {t}\n",
    "weekdays": "Montag, 1. Januar 2024 um 10:00 Uhr Ada: {m}\nMontag, 1. Januar 2024 um 10:01 Uhr Bob: {t}\n",
    "teams": "[Yesterday 10:00] Ada\n{m}\n[Yesterday 10:01] Bob\n{t}\n",
    "imessage": "Mar 05, 2023  2:05:00 PM\nMe\n{m}\n\nMar 05, 2023  2:06:00 PM\n+1555\n{t}\n",
    "irc, without dates": "<ada> {m}\n<bob> {t}\n<ada> {m}\n",
    "wechat, copied": "Ada:\n{m}\n\nBob:\n{t}\n",
    "slack, copied": "Ada Tests\n  10:11 AM\n{m}\nBob B\n  10:12 AM\n{t}\n",
    "discord, copied": "Ada — 05/01/2024 10:11 AM\n{m}\nBob — Today at 10:12 AM\n{t}\n",
    "discord, copied in German": "Ada — heute um 10:11 Uhr\n{m}\nBob — gestern um 10:12 Uhr\n{t}\n",
    "teams, day and month": "[5/1 10:11] Ada Tests\n    {m}\n[5/1 10:12] Bob B\n    {t}\n",
    "teams, transcript": "0:0:0.0 --> 0:0:2.1\nAda Tests\n{m}\n\n0:0:2.5 --> 0:0:4.0\nBob B\n{t}\n",
    "otter": "Ada Tests  0:11  \n{m}\n\nBob  0:42  \n{t}\n",
    "names alone": "Ada\n{m} now\n\nBob\n{t} now\n\nAda\n{m} today\n",
    "names in capitals": "ADA. {m}\nBOB. {t}\nADA. Hello, {m}\nBOB. Well, {t}\n",
    "names in bold": "**Ada** (10:11)\n{m}\n\n**Bob** (10:12)\n{t}\n",
    "a machine's": "You said:\n{m}\nChatGPT said:\n{t}\n",
    "a machine's, with headings": "## User\n{m} now\n\n## Assistant\n{t} now\n\n## User\n{m} today\n",
    "headings above few words": "## Ada\n{m}\n\n## Bob\n{t}\n\n## Ada\nYes\n\n## Bob\nWell then\n\n## Ada\nNo\n",
    "names above few words": "Ada\n{m} now\n\nBob\n{t} now\n\nAda\nYes\n\nBob\nWell then\n\nAda\nNo\n",
    "a title": "Chat with Bob\n\nAda: {m}\nBob: {t}\nBob: {t} too\nBob: {t} now\n",
    "many, cut below a name": "Ada:\n{m}\nBob:\n{t}\n" * 124 + "x\nAda:\n{m}\nBob:\n{t}\n" * 2,
    "facebook, copied": "Bob B\n{t}\nLike\nReply\n3 w\nAda\n{m}\nLike\nReply\n2 w\nBob B\n{t}\nLike\nReply\n2 w\n",
    "reddit, copied": "bob\n•\n3h ago\n{t}\n\nReply\nada\nOP\n•\n2h ago\n{m}\n\nReply\nbob\n•\n1h ago\n{t}\n\nReply\n",
    "youtube, copied": "@bob\n2 years ago\n{t}\n\n12\n\nReply\n\n@ada\n1 year ago\n{m}\n\n3\n\nReply\n",
    "instagram, copied": "bob_b\n{t}\n2d\n14 likes\nReply\nada_t\n{m}\n1d\n3 likes\nReply\n",
    "vk, copied": "Боб Камень\n{t}\nОтветить\n2 ч\nАда\n{m}\nОтветить\n1 ч\n",
    "numbered": "1. Ada: {m}\n2. Bob: {t}\n3. Ada: {m}\n",
    "numbered, with a clock": "1 10:11:12 Ada| {m}\n2 10:12:12 Bob| {t}\n3 10:13:12 Ada| {m}\n",
    "addresses and clocks": "Ada (a@e.org) 10:11: {m}\nBob (b@e.org) 10:12: {t}\nAda (a@e.org) 10:13: {m}\n",
    "a list": "- Ada: {m}\n- Bob: {t}\n- Ada: {m}\n- Bob: {t}\n",
    "pictures before names": "👩 Ada: {m}\n👨‍🍳 Bob: {t}\n👩 Ada: {m}\n👨‍🍳 Bob: {t}\n",
    "arrows behind names": "Ada → {m}\nBob → {t}\nAda → {m}\nBob → {t}\n",
    "highlights of Kindle": "Tea (Okakura)\n- Your Highlight on page 1 | Added on May 1\n\n{t}\n==========\n",
    "highlights of Kindle in German": "\ufeffTee\n- Ihre Markierung bei Position 1\n\n{t}\n==========\n" * 2,
    "numbered, without colons": "#1 Ada {m}\n#2 Bob {t}\n#3 Ada hello {m}\n#4 Bob well, {t}\n",
    "slashes": "Ada / {m}\nBob / {t}\nAda / {m}\nBob / {t}\n",
    "pictures for names": "🐱 {m}\n🐶 {t}\n🐱 hello {m}\n🐶 well, {t}\n",
    "spaces before some": "me: {m}\n bob: {t}\n me: {m}\nBob: {t}\n",
    "hindi": "राम : {m}\nसीता : {t}\nराम : {m}\nसीता : {t}\n",
    "thai": "สมชาย: {m}\nสมหญิง: {t}\nสมชาย: {m}\n",
    "forum": "ada wrote:\n{m}\n\nbob wrote:\n{t}\n",
    "e-mail": "On Fri, Jan 5, 2024 at 10:11 AM Bob wrote:\n> {t}\n\n{m}\nThe second line of it\n",
}
CHATS = [
    ("14:05, {d}/3/2023 - {n}: {t}", 3, 14),
    ("2023-03-0{d} 14 h 05 - {n}: {t}", 3, 14),
    ("[14:05 0{d}/03/2023] {n}: {t}", 3, 14),
    ("๐{d}/๐๓/๒๕๖๖ ๑๔:๐๕ - {n}: {t}", 3, 14),
    ("[3/{d}/23, 2:05:11\u202fPM] {n}: {t}", 3, 14),
    ("{d}/3/23, 2:05 pm - {n}: {t}", 3, 14),
    ("02:05 CH, 0{d}/03/2023 - {n}: {t}", 3, 14),
]


def read(tmp_path, content, **options):
    path = tmp_path / "chat.txt"
    path.write_text(content, encoding="utf-8")
    return list(sources.read(str(path), ReadOptions(name="Ada", **options)).posts)


@pytest.mark.parametrize("place", LOGS)
def test_a_log_of_several_people_is_refused(tmp_path, place):
    """However short a log is, and wherever it has dates and names, its lines are not taken for posts."""
    with pytest.raises(LocationError, match=r"chat or a log|quotes somebody"):
        read(tmp_path, LOGS[place].format(m=MINE, t=THEIRS))


def test_a_line_is_no_writer_of_a_text(tmp_path):
    """A text in which a line is just the name that is wanted has one post a line, not one writer a line."""
    lines = [MINE, "Ada", "Tea is at four", "Nobody broke the spoon again"]
    assert [post.text for post in read(tmp_path, "\n".join(lines))] == lines


@pytest.mark.parametrize("above", ["On Friday Bob wrote:", "鲍勃写道："])
def test_an_answer_names_the_line_that_quotes(tmp_path, above):
    """The error says where somebody is quoted; without these lines, or with --one-author, the text is read."""
    own = [MINE, "", "Tea is at four", above]
    text = "\n".join([*own, "", f"> {THEIRS}", f"> {THEIRS} too", "Nobody broke the spoon"])
    with pytest.raises(LocationError, match=r"quotes somebody in line 6.*--one-author"):
        read(tmp_path, text)
    assert len(read(tmp_path, text, one_author=True)) == 6
    assert len(read(tmp_path, "\n".join(own))) == 3


@pytest.mark.parametrize(
    "lines",
    [
        ["1. The kettle sings again", "2. Nobody broke the spoon", "3. Tea is at four"],
        ["10:30 and no train, as always", "5 May is the day of tea", "the kettle sings", "2024 was a year"],
        [
            "Good morning",
            "The kettle sings again",
            "Good morning",
            "Nobody broke the spoon",
            "Tea is at four",
        ],
        ["Tea at the club (19:30)", "Tea at the harbour (20:00)", "Tea at home (21:15)"],
        ["Coffee: the only thing that works", "Tip: boil the water", "Question: who took the spoon"],
    ],
)
def test_posts_with_numbers_and_colons_are_posts(tmp_path, lines):
    """Lists with numbers, a time of day here and there, and words before a colon are no log."""
    assert [post.text for post in read(tmp_path, "\n".join(lines))] == lines


def test_a_table_of_posts_that_begin_alike_is_read(tmp_path):
    """Somebody may begin all posts with one of a few words; in a table these are no names of a chat."""
    words = ("bus was late again", "kettle sings at noon", "market smells of rain", "lamp burns low tonight")
    texts = [
        f"{first} {rest} {place}" for place in ("here", "there") for rest in words for first in ("the", "a")
    ]
    path = tmp_path / "ada.csv"
    path.write_text("text\n" + "\n".join(texts) + "\n", "utf-8")
    timeline = sources.read(str(path), ReadOptions(name="Ada"))
    assert len(list(timeline.posts)) == len(texts)


def test_who_wrote_all_lines_of_a_text_can_say_so(tmp_path):
    """Lines that look like a log are posts where the user says that one person wrote them; the error names it."""
    text = "Tip: boil the water\nNews: the kettle sings\nTip: ask for the spoon\n"
    with pytest.raises(LocationError, match="add --one-author if all are yours"):
        read(tmp_path, text)
    assert len(read(tmp_path, text, one_author=True)) == len(text.splitlines())


@pytest.mark.parametrize(("form", "month", "hour"), CHATS)
def test_chats_of_more_countries_are_read(tmp_path, form, month, hour):
    """The clock may come before the date; where day and month are unclear, messages are near each other."""
    content = "".join(
        form.format(d=d, n="Ada" if d % 2 else "Bob", t=f"{MINE} {d}" if d % 2 else THEIRS) + "\n"
        for d in range(1, 7)
    )
    posts = read(tmp_path, content)
    assert [post.text for post in posts] == [f"{MINE} {d}" for d in (1, 3, 5)]
    assert posts[1].created_at.replace(minute=0, second=0) == datetime(2023, month, 3, hour, tzinfo=UTC)
