"""Durations, as written and as seconds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from ivr_flows.fields import Between, duration, shown


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("5s", 5.0), ("1m30s", 90.0), ("2h", 7_200.0), ("500ms", 0.5), ("1h1m1s1ms", 3_661.001), ("0s", 0.0)],
)
def test_durations(written: str, seconds: float) -> None:
    assert duration(written) == seconds
    assert shown(seconds) == written


@pytest.mark.parametrize("written", ["", "5", "5 s", "s", "1s1m", "-5s", "1.5s", "５s", 5, 1.5, True, None, [], {}])
def test_what_is_none(written: Any) -> None:
    with pytest.raises(PydanticCustomError):
        duration(written)


@given(st.integers(0, 10**8).map(lambda milliseconds: milliseconds / 1_000))
def test_what_is_shown_is_what_is_written(seconds: float) -> None:
    assert duration(shown(seconds)) == pytest.approx(seconds)


def test_bounds_are_included() -> None:
    between = Between(1.0, 60.0)
    assert (between("1s"), between("1m")) == (1.0, 60.0)
    for written in ("999ms", "1m1ms"):
        with pytest.raises(PydanticCustomError):
            between(written)
