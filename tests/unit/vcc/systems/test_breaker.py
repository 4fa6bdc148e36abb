"""The breaker, on virtual time: a table of what happens, and whether it may be asked."""

from __future__ import annotations

import pytest

from vcc.systems.breaker import Breaker


@pytest.mark.parametrize(
    ("story", "lets"),
    [
        ("", True),
        ("ff", True),
        ("ffsff", True),
        ("fff", False),
        ("fff +29", False),
        ("fff +30", True),
        ("fff +30 ?", False),  # one question alone, to see
        ("fff +30 ?s", True),
        ("fff +30 ?sff", True),
        ("fff +30 ?f", False),
        ("fff +30 ?f +30", True),
        ("fff +30 ?f +30 ?f +29", False),
        ("fff +30 ?g", True),  # given up: the next one sees
        ("fff +30 ? +119", False),
        ("fff +30 ? +120", True),  # nobody ever said what came of it
        ("fff +10 f", False),  # asked before it opened, answered after
        ("fff +10 f +20", True),  # and that made it no longer
    ],
)
def test_the_table(story: str, lets: bool) -> None:
    breaker, now = Breaker(failures=3, rest_s=30.0), 1_000.0
    for word in story.split():
        if word.startswith("+"):
            now += float(word[1:])
            continue
        for event in word:
            match event:
                case "f":
                    breaker.failed(now)
                case "s":
                    breaker.succeeded()
                case "g":
                    breaker.given_up()
                case "?":
                    assert breaker.lets(now)
    assert breaker.lets(now) is lets
