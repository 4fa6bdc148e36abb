"""Callers whom their flow puts through to one agent alone: an extension that was dialled, the agent of the last call.

    Enqueue(only) -> who is meant: nobody `unknown`, not there `unavailable`, not free `busy` -----> QueueEnded
          +--> rung by the rules of the queue --- taken -> AgentJoined, as by any queue
                                              +-- not taken -----------------------> NotTaken -> QueueEnded(no_answer)

The caller waits meanwhile for nobody else, whatever becomes of vcc: after a restart the flow has the agent rung anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from acd.agents import available
from acd.protocol import Refusal
from ivr_flows.protocol import FOR_AGENT, QueueEnded
from vcc.calls import arrivals
from vcc.calls.session import ContactSession, Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vcc.calls.floor import Floor

#: What a flow is told where the router lets nobody in for another reason than a full queue.
WHY = {Refusal.NOBODY: "busy"}


def hindrance(floor: Floor, agents: Sequence[str]) -> str:
    """Why the agent who is meant cannot be rung now; empty: nothing is in the way. No agent: nobody is meant."""
    state = floor.router.agent(agents[0]) if agents else None
    if not agents:
        return "unknown"
    if state is None or not state.reachable:
        return "unavailable"
    return "" if available(state) else "busy"


def is_sought(session: ContactSession) -> bool:
    """Whether the contact waits for an agent alone, by its flow's will."""
    waits = session.stage in (Stage.WAITING, Stage.JOINING)
    return waits and session.flow_state is not None and session.flow_state.wait == FOR_AGENT


def not_taken(floor: Floor, session: ContactSession) -> None:
    """The agent did not take the call: the flow goes on."""
    arrivals.leave_queue(floor, session, "not_taken")
    floor.enter(session, Stage.FLOW)
    floor.tell_flow(session, QueueEnded(why="no_answer"))
