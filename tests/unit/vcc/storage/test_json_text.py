"""JSON as text: whatever a caller sends, it can be stored and comes back."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vcc.storage.json_text import decode, encode

#: Every text, halves of characters included.
TEXTS = st.text(st.characters(exclude_categories=()))
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_every_value_comes_back_and_can_be_read_by_others(value: object) -> None:
    text = encode(value)
    text.encode()  # is storable
    assert "\0" not in text
    assert decode(text) == value
    assert json.loads(text) == value


def test_not_a_number_becomes_null() -> None:
    assert encode({"a": float("nan"), "b": float("inf")}) == '{"a":null,"b":null}'


@pytest.mark.parametrize("value", [{"a": object()}, {"a": {1: object()}}, {"\ud800": float("nan")}])
def test_what_is_not_json(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        encode(value)


@pytest.mark.parametrize("text", ["", "{", "{'a': 1}", "\0", "nul"])
def test_what_cannot_be_read(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        decode(text)
