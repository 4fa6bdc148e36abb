"""Which conversations are the asking agent's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from tenancy.secrets import Role
from vcc.api.identity import Principal
from vcc.api.own import Own
from vcc.calls.control import LiveCall
from vcc.calls.states import CallState

if TYPE_CHECKING:
    from vcc.calls.control import Control


@pytest.mark.parametrize(
    ("direction", "queue", "own"),
    [
        ("inbound", "press/orders", True),
        ("internal", "press/orders", True),  # a colleague who has called the queue, and is to be helped as anybody
        ("internal", "", False),  # a colleague who has called this agent
    ],
)
def test_who_has_called_an_agent_is_none_of_the_agents_callers(direction: str, queue: str, own: bool) -> None:
    asking = Own(Principal(name="wang", role=Role.AGENT, agent="press/wang"), cast("Control", None))
    call = LiveCall(
        contact="c1",
        tenant="press",
        project="",
        node="n1",
        number="6002",
        caller="2002",
        state=CallState.TALKING,
        since=0.0,
        arrived=0.0,
        flow="",
        step="",
        queue=queue,
        agent="press/wang",
        direction=direction,
    )
    assert asking.talks_in(call) is own
