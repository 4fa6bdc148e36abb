"""An agent can do something else from now on, by a supervisor's word: other skills, or put on a queue or taken off.

An offer under way that the agent can take no longer goes to somebody else; a conversation goes on.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from acd.agents import ON_OFFER
from core.errors import NotFoundError

if TYPE_CHECKING:
    from acd.decision import Decision
    from acd.matching import Matching
    from acd.protocol import AgentRules


def learn(matching: Matching, known: AgentRules, now: float, decision: Decision) -> None:
    """Take other rules of one agent. Raises NotFoundError for an agent whom the rules do not have."""
    agent, before = known.agent, matching.rules.agents.get(known.agent)
    if before is None:
        message = f"there is no agent {agent}"
        raise NotFoundError(message)
    desk = matching.agents.get(agent)
    offered = matching.tickets.get(desk.state.contact) if desk and desk.state.phase in ON_OFFER else None
    could = desk is not None and offered is not None and matching.can_pick(offered, desk)
    rules = replace(matching.rules, agents={**matching.rules.agents, agent: known})
    if known.queues.keys() <= matching.named:
        matching.rules = rules
    else:  # a queue of which nothing was said before: it needs lines of its own
        matching.reindex(rules, now, decision)
    if desk is None:
        return
    matching.seat(desk, now)
    for queue, on in known.queues.items():
        if not on and before.queues.get(queue) is not False:
            _prefer_no_more(matching, queue, agent, now, decision)
    if could and offered is not None and not offered.ticket.only and not matching.can_pick(offered, desk):
        matching.withdraw(offered, agent, "agent was moved", now, decision)
        matching.seek(offered, now, decision)
    matching.settle(desk, now, decision)


def _prefer_no_more(matching: Matching, queue: str, agent: str, now: float, decision: Decision) -> None:
    """Contacts of a queue do not wait for an agent who was taken off it."""
    for contact in list(matching.tickets.in_queue(queue)):
        place = matching.tickets.get(contact)
        if place is not None and agent in place.ticket.prefers:
            matching.prefers_no_more(place, agent, now, decision)
