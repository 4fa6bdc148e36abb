"""How the command line writes values, and reads times."""

from __future__ import annotations

import time
from datetime import datetime

import pytest

from vcc.cli.words import clean, length, moment, text_of, time_of

NOW = datetime(2026, 3, 4, 12, 0).astimezone().timestamp()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("李晓明", "李晓明"),
        ("a\nb\r\x1b[2Jc", "a\ufffdb\ufffd\ufffd[2Jc"),
        ("\u202eabc\u200b", "\ufffdabc\ufffd"),
        ("[bold]x[/]", "[bold]x[/]"),
        (7, "7"),
        ("\ud800\x9b", "\ufffd\ufffd"),
    ],
)
def test_strangers_texts(text: object, shown: str) -> None:
    assert clean(text) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(None, ""), (0, "0:00"), (7.9, "0:07"), (750, "12:30"), (3_723, "1:02:03"), (-5, "0:00")]
)
def test_lengths(seconds: float | None, shown: str) -> None:
    assert length(seconds) == shown


def test_moments() -> None:
    assert moment(None, NOW) == ""
    assert moment(NOW, NOW) == "12:00:00"
    assert moment(NOW - 86_400, NOW) == "2026-03-03 12:00:00"


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("90s", NOW - 90),
        ("30m", NOW - 1_800),
        ("2h", NOW - 7_200),
        ("7d", NOW - 7 * 86_400),
        ("2026-03-04", NOW - 12 * 3_600),
        ("2026-03-04T09:30", NOW - 2.5 * 3_600),
        ("2026-03-04T04:00:00Z", 1_772_596_800.0),
        ("2026-03-04T12:00:00+08:00", 1_772_596_800.0),
    ],
)
def test_times(text: str, at: float) -> None:
    assert time_of(text, NOW) == at


@pytest.mark.parametrize(
    "text", ["", "h", "-1h", "1w", "٣h", "1e9d", "99999999999d", "tomorrow", "2026-13-01", "0001-01-01"]
)
def test_what_is_no_time(text: str) -> None:
    if text == "0001-01-01" and time.timezone == 0:
        return  # a time where the zone is UTC
    with pytest.raises(ValueError, match="is no time; write 30m"):
        time_of(text, NOW)


def test_texts_in_languages() -> None:
    assert text_of({"zh-CN": "订购", "en": "Orders"}, "zh") == "订购"
    assert text_of({"zh-CN": "订购", "en": "Orders"}, "en") == "Orders"
    assert text_of({"zh-CN": "订购"}, "de") == "订购"
    assert text_of({}, "de") == ""
