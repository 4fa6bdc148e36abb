"""The words for how a call stands, as the control API and whoever reads it know them."""

from __future__ import annotations

from enum import StrEnum


class CallState(StrEnum):
    """How a call that is going on stands."""

    ARRIVING = "arriving"
    IN_FLOW = "in_flow"
    WAITING = "waiting"
    RINGING = "ringing"
    TALKING = "talking"
    HELD = "held"
    CONSULTING = "consulting"  # on hold while the agent consults somebody
    CONFERENCE = "conference"  # with the agent and who was consulted
    PARKED = "parked"
    ENDING = "ending"


#: The states of a call whose caller an agent has.
CONVERSING = frozenset({CallState.TALKING, CallState.HELD, CallState.CONSULTING, CallState.CONFERENCE})
