"""What is said, to be read: as it was written, with the values in their places."""

from __future__ import annotations

import pytest

from ivr_flows import whisper

TEXTS = {
    "zh-CN": "{tenant}，{queue}，订单{order:digits}。请答：您好。",
    "en": "{tenant}, {queue}. Order {order:digits}: {{please}} say hello.",
}
VALUES = {"tenant": "Press", "queue": "Orders", "order": "102"}


@pytest.mark.parametrize(
    ("language", "read"),
    [
        ("zh-CN", "Press，Orders，订单102。请答：您好。"),
        ("en", "Press, Orders. Order 102: {please} say hello."),
        ("en-GB", "Press, Orders. Order 102: {please} say hello."),
    ],
)
def test_values_stand_where_they_were_written(language: str, read: str) -> None:
    prompt, mistakes = whisper.read(TEXTS)
    assert not mistakes
    assert prompt.written(language, lambda name: VALUES.get(name, "")) == read
