"""What a table says of a call besides its state."""

from __future__ import annotations

from typing import Any

import pytest

from vcc.cli.tables import call_details

NOTHING: dict[str, Any] = {
    "slot": "", "left_agent": "", "outside": "", "consulted": "", "consultation": "", "muted": False, "recording": "",
    "supervisors": [],
}  # fmt: skip
LISTENS = {"who": "user:anna", "phone": "p3", "mode": "whisper", "hears": True}


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ({}, ""),
        ({"slot": "2", "left_agent": "press/wang"}, "slot 2, from press/wang"),
        ({"left_agent": "press/wang"}, ""),
        ({"outside": "13800000001"}, "with 13800000001"),
        ({"consulted": "press/li", "consultation": "ringing"}, "with press/li (ringing)"),
        ({"muted": True, "supervisors": [LISTENS]}, "agent muted; whisper: user:anna on p3"),
        ({"recording": "on_demand"}, ""),
        ({"recording": "on"}, "recorded"),
        ({"muted": True, "recording": "paused"}, "agent muted; recording paused"),
    ],
)
def test_details_of_a_call(call: dict[str, Any], said: str) -> None:
    assert call_details({**NOTHING, **call}) == said
