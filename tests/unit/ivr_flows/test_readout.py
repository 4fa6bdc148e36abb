"""How values are said: tables of values per language, and that every clip is in the vocabulary.

tests/golden/readout/LANGUAGE.txt has a line `format value = clip|clip` for each; `-` is no format. Written by hand's
eye, not by a program: read a line aloud before you change it.
"""

from __future__ import annotations

import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_flows import readout

TABLES = Path(__file__).parents[2] / "golden" / "readout"
LANGUAGES = ("zh-CN", "en")
_LINE = re.compile(r"(\S+)\s+(.+) = (.+)")


def table(language: str) -> list[tuple[str, str, str]]:
    lines = (TABLES / f"{language}.txt").read_text(encoding="utf-8").splitlines()
    matches = [_LINE.fullmatch(line) for line in lines if line]
    return [(match[1].removeprefix("-"), match[2], match[3]) for match in matches if match]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_value_of_the_table(language: str) -> None:
    rows = table(language)
    assert len(rows) >= 400
    assert {form for form, _, _ in rows} >= set(readout.FORMATS) - {"gbp", "hkd", "jpy"}
    wrong = [(row, said) for row in rows if (said := "|".join(readout.say(row[1], row[0], language))) != row[2]]
    assert not wrong


@pytest.mark.parametrize(
    ("value", "form", "language", "said"),
    [
        ("", "", "en", ""),
        (" ", "money", "en", ""),
        ("+", "", "en", ""),
        ("12", "", "fr", "1 2"),
        ("12", "number", "fr", "12"),
        ("123", "number", "fr", "1 2 3"),
        ("20260101", "date", "fr", "2 0 2 6 0 1 0 1"),
        ("12.5", "", "en", "one two point five"),
        ("CA1501", "", "en", "CA one five zero one"),
        ("٣", "number", "en", "٣"),
    ],
)
def test_say(value: str, form: str, language: str, said: str) -> None:
    assert " ".join(readout.say(value, form, language)) == said


@pytest.mark.parametrize(
    ("value", "form", "said"),
    [
        ("2026-11-26T05:05:00Z", "time", "十三点零五分"),
        ("2026-11-26T05:05:00+00:00", "time", "十三点零五分"),
        ("2026-11-26T23:05:00-05:00", "date", "二零二六年十一月二十七日"),
        ("2026-11-26T23:05:00-05:00", "weekday", "星期五"),
        ("1772000000", "datetime", "二零二六年二月二十五日十四点十三分"),
        ("1772000000", "date", "二零二六年二月二十五日"),
        ("1772000000", "number", "十七亿七千二百万"),
        ("2026-11-26T13:05", "time", "十三点零五分"),
        ("2026-11-26", "date", "二零二六年十一月二十六日"),
        ("13:05", "time", "十三点零五分"),
    ],
)
def test_moments_by_the_tenants_clock(value: str, form: str, said: str) -> None:
    assert "".join(readout.say(value, form, "zh-CN", ZoneInfo("Asia/Shanghai"))) == said


_forms = st.sampled_from([form for form in readout.FORMATS if form != "text"])
_values = st.one_of(
    st.integers(-(10**13), 10**13).map(str),
    st.decimals(-(10**6), 10**9, places=2, allow_nan=False, allow_infinity=False).map(str),
    st.text("0123456789*#", max_size=20),
    st.text("0123456789+-./:, ", max_size=20),
    st.datetimes().map(lambda at: at.isoformat()),
    st.dates().map(lambda day: day.strftime("%Y%m%d")),
    st.times().map(lambda time: time.strftime("%H%M")),
    st.integers(0, 10**8).map(lambda seconds: f"{seconds}s"),
    st.decimals(0, 10**7, places=2).map(lambda amount: f"USD {amount}"),
)


@given(value=_values, form=_forms, language=st.sampled_from(["zh-CN", "en", "en-GB", "fr"]))
def test_every_clip_is_rendered_beforehand(value: str, form: str, language: str) -> None:
    said = [clip for clip in readout.say(value, form, language) if not clip.isalpha() or not clip.isascii() or form]
    assert {clip for clip in said if clip not in {"T", "s", "USD"}} <= set(readout.vocabulary(form, language))


@given(value=_values, form=_forms, language=st.sampled_from(["zh-CN", "en"]))
def test_no_digit_is_left_out(value: str, form: str, language: str) -> None:
    """A value is always said: never silence where there was a digit."""
    if any(character.isdigit() for character in value):
        assert readout.say(value, form, language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", readout.FORMATS)
def test_vocabularies_are_small(form: str, language: str) -> None:
    assert len(readout.vocabulary(form, language)) < 320
    assert len(readout.vocabulary("digits", language)) == 14
    assert readout.vocabulary("text", language) == []
