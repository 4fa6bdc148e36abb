"""How values are said, and that every clip is in the vocabulary."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_flows import readout


@pytest.mark.parametrize(
    ("value", "form", "language", "said"),
    [
        ("0105*#", "", "zh-CN", "零 一 零 五 星号 井号"),
        ("0105*#", "digits", "en", "zero one zero five star pound"),
        ("+8613", "", "en", "eight six one three"),
        ("Amy", "", "en", "Amy"),
        ("Amy", "digits", "en", "Amy"),
        ("12", "text", "en", "12"),
        ("", "", "en", ""),
        (" ", "", "en", ""),
        ("+", "", "en", "+"),
        ("12", "", "fr", "1 2"),
        ("12", "number", "fr", "12"),
        ("1.5", "number", "en", "1.5"),
        ("007", "number", "en", "seven"),
        ("#1", "number", "en", "pound one"),
        ("9" * 13, "number", "en", " ".join(["nine"] * 13)),
        ("٣", "number", "en", "٣"),
    ],
)
def test_say(value: str, form: str, language: str, said: str) -> None:
    assert " ".join(readout.say(value, form, language)) == said


@pytest.mark.parametrize(
    ("value", "chinese", "english"),
    [
        (0, "零", "zero"),
        (9, "九", "nine"),
        (10, "十", "ten"),
        (15, "十五", "fifteen"),
        (20, "二十", "twenty"),
        (99, "九十九", "ninety-nine"),
        (100, "一百", "one hundred"),
        (101, "一百零一", "one hundred one"),
        (110, "一百一十", "one hundred ten"),
        (219, "二百一十九", "two hundred nineteen"),
        (1_000, "一千", "one thousand"),
        (1_005, "一千零五", "one thousand five"),
        (1_050, "一千零五十", "one thousand fifty"),
        (1_234, "一千二百三十四", "one thousand two hundred thirty-four"),
        (10_000, "一万", "ten thousand"),
        (10_010, "一万零一十", "ten thousand ten"),
        (100_000, "十万", "one hundred thousand"),
        (102_300, "十万二千三百", "one hundred two thousand three hundred"),
        (1_000_001, "一百万零一", "one million one"),
        (100_000_000, "一亿", "one hundred million"),
        (100_010_000, "一亿零一万", "one hundred million ten thousand"),
        (1_234_567_890, "十二亿三千四百五十六万七千八百九十",
         "one billion two hundred thirty-four million five hundred sixty-seven thousand eight hundred ninety"),
    ],
)  # fmt: skip
def test_numbers(value: int, chinese: str, english: str) -> None:
    assert "".join(readout.number(value, "zh-CN")) == chinese
    assert " ".join(readout.number(value, "en")) == english


@given(
    value=st.one_of(st.integers(0, 10**12 - 1).map(str), st.text("0123456789*#", max_size=20)),
    form=st.sampled_from(["", "digits", "number"]),
    language=st.sampled_from(["zh-CN", "en", "en-GB"]),
)
def test_every_clip_is_rendered_beforehand(value: str, form: str, language: str) -> None:
    assert set(readout.say(value, form, language)) <= set(readout.vocabulary(form, language))


def test_vocabularies_are_small() -> None:
    assert len(readout.vocabulary("number", "zh-CN")) < 150
    assert len(readout.vocabulary("digits", "en")) == 12
    assert readout.vocabulary("text", "en") == []
