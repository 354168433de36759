"""Dates in people's tables are read in their many forms."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from huggingtweets import sources
from huggingtweets.sources import ReadOptions
from huggingtweets.sources._formats.dates import is_day_first, read_date

EVENING = datetime(2017, 10, 16, 22, 59, tzinfo=UTC)
DAY = datetime(2017, 10, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "10/16/17 22:59",
        "10/16/2017 10:59 PM",
        "16/10/2017 22:59",
        "16.10.2017 22:59:00",
        "2017-10-16 22:59",
        "2017-10-16T22:59:00.000Z",
        "2017-10-17 00:59:00+02:00",
        "2017-10-16 22:59:00 UTC",
        "2017/10/16 22:59",
        "Mon Oct 16 22:59:00 +0000 2017",
        "Mon, 16 Oct 2017 22:59:00 GMT",
        "Mon, 16 Oct 2017 18:59:00 -0400",
        "16 October 2017 22:59",
        "Oct 16, 2017 · 10:59 PM UTC",
        "10:59 p.m. - 16 Oct 2017",
        "1508194740",
        "1508194740000",
        "1508194740.0",
        "1.508194740E+09",
        {"$date": "2017-10-16T22:59:00Z"},
        {"$date": {"$numberLong": "1508194740000"}},
        {"_seconds": 1508194740, "_nanoseconds": 0},
        1508194740,
        1508194740000,
        1508194740.0,
        datetime(2017, 10, 16, 22, 59),  # noqa: DTZ001 -- as parquet gives it
        datetime(2017, 10, 16, 23, 59, tzinfo=timezone(timedelta(hours=1))),
    ],
)
def test_a_moment_is_read_in_any_form_as_utc(value):
    """The forms of spreadsheets, scrapers, networks and Unix give the same moment in UTC."""
    assert read_date(value) == EVENING
    assert read_date(value).tzinfo is UTC


@pytest.mark.parametrize(
    "value", ["10/16/17", "2017-10-16", "20171016", "Oct 16, 2017", "16-Oct-17", date(2017, 10, 16)]
)
def test_a_day_is_its_beginning(value):
    """A date without a time is midnight UTC."""
    assert read_date(value) == DAY


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "yesterday",
        "5",
        "99/99/99",
        "31/02/2017",
        "Oct 16",
        "9" * 400,
        float("nan"),
        True,
        [],
        {},
        "1:2:3:4",
    ],
)
def test_what_is_no_date_is_unknown(value):
    """A broken date is None."""
    assert read_date(value) is None


def test_the_order_of_day_and_month_is_learnt_from_the_column():
    """One date that must begin with its day decides for the whole column."""
    assert is_day_first(["5/4/17", "23/4/17"])
    assert not is_day_first(["5/4/17", "4/23/17", "2023-04-23", None, 1508194740])
    assert read_date("5/4/17", day_first=True) == datetime(2017, 4, 5, tzinfo=UTC)
    assert read_date("5/4/17") == datetime(2017, 5, 4, tzinfo=UTC)


@pytest.mark.parametrize(("year", "full"), [("07", 2007), ("68", 2068), ("69", 1969)])
def test_two_digit_years_turn_where_posix_turns_them(year, full):
    """Two-digit years from 69 to 99 are 19xx."""
    assert read_date(f"1/2/{year}").year == full


@pytest.mark.parametrize(
    "value",
    [
        "3. Mai 2019 14:05",
        "3 мая 2019 14:05",
        "3 de maio de 2019 14:05",
        "martes, 3 de mayo de 2019, 14:05",
        "2019年5月3日 14:05",
        "2019년 5월 3일 오후 2:05",
        "43588.58680555556",
        "1398/02/13 14:05",
        "3/5/2562 14:05",
        "03-May-19 02:05 PM",
        "3 tháng 5, 2019 14:05",
        "2019 m. gegužės 3 d. 14:05",
        "3. maj 2019 14:05",
        "13 اردیبهشت 1398 14:05",
        "108/05/03 14:05",
        "民國108年5月3日 14:05",
        "令和元年5月3日 14:05",
        "平成31年5月3日 14:05",
        "३/५/२०१९ १४:०५",
        "৩ মে ২০১৯ ১৪:০৫",
        "3/5/2019 2:05 μ.μ.",
        "3/5/2019 2:05 م",
        "3/5/2019 2:05 CH",
        "3. 5. 2019 2:05 odp.",
        "2019年5月3日 下午2:05",
        "3 mai 2019 à 14h05",
        "3.5.2019, 14.05 Uhr",
        "3/5/2019 2.05 p.m.",
        "03-MAY-19 02.05.00.000000 PM",
        "636924891000000000",
        "132013659000000000",
        "13201365900000000",
    ],
)
def test_dates_of_other_languages_calendars_and_spreadsheets_are_read(value):
    """Names of months in many languages, Persian and Buddhist years, days as spreadsheets count them."""
    assert read_date(value, day_first=True) == datetime(2019, 5, 3, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "Mon Oct 16 15:59:00 PDT 2017",
        "2017-10-17 07:59 JST",
        "17-Oct-17 00:59 CEST",
        "2017-10-16 19:59 GMT-3",
        "2017-10-17 04:29 UTC+05:30",
        "2017-10-16T17:59:00\u221205:00",
        "Tue Oct 17 2017 00:59:00 GMT+0200 (Central European Summer Time)",
    ],
)
def test_zones_are_read_as_words(value):
    """A zone may be letters, or hours from UTC behind them."""
    assert read_date(value) == EVENING


@pytest.mark.parametrize("value", ["上午12:05 2017年10月16日", "16/10/2017 12:05 π.μ."])
def test_the_first_hour_of_a_day_is_no_noon(value):
    """Twelve in the morning is midnight in every language."""
    assert read_date(value).hour == 0


def test_databases_write_zeros_where_there_is_no_date(tmp_path):
    """They do not keep the others from being read."""
    path = tmp_path / "posts.csv"
    path.write_text("text,created_at\nkettle,0000-00-00 00:00:00\ntrain,2017-10-16 22:59\n")
    dates = [post.created_at for post in sources.read(str(path), ReadOptions(name="Ada")).posts]
    assert dates == [None, EVENING]


@pytest.mark.parametrize(
    ("header", "values", "date"),
    [
        ("year,month,day", "2019,3,7", "2019-03-07 00:00"),
        ("post_year,post_month,post_day,post_hour,post_minute", "2019,3,7,9,5", "2019-03-07 09:05"),
        ("day,month,year,time", "7,3,2019,14:05", "2019-03-07 14:05"),
        ("ano,mês,dia,hora", "2019,3,7,10:20", "2019-03-07 10:20"),
        ("Jahr,Monat,Tag", "2019,März,7", "2019-03-07 00:00"),
        ("год,месяц,день", "2019,марта,7", "2019-03-07 00:00"),
        ("年,月,日", "19,3,7", "2019-03-07 00:00"),
        ("वर्ष,महीना,दिन", "2019,3,7", "2019-03-07 00:00"),
        ("created_year,created_month,created_day", "2562.0,3.0,7.0", "2019-03-07 00:00"),
    ],
)
def test_a_date_may_be_spread_over_columns(tmp_path, header, values, date):
    """Year, month and day, and perhaps the time, each have a column, in many languages and calendars."""
    path = tmp_path / "posts.csv"
    path.write_text(f"{header},text\n" + f"{values},one\n{values},two\n", encoding="utf-8")
    posts = list(sources.read(str(path), ReadOptions(name="Ada")).posts)
    assert {f"{post.created_at:%Y-%m-%d %H:%M}" for post in posts} == {date}


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("birth_year,birth_month,birth_day", "1980,3,7"),
        ("year,month", "2019,3"),
        ("year,month,day", "2019,13,7"),
    ],
)
def test_parts_of_no_date_give_none(tmp_path, header, values):
    """A birthday, a month without its day, and what is no date leave posts without one."""
    path = tmp_path / "posts.csv"
    path.write_text(f"{header},text\n{values},one\n{values},two\n")
    assert [post.created_at for post in sources.read(str(path), ReadOptions(name="Ada")).posts] == [
        None,
        None,
    ]
