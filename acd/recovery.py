"""Takes stored agents and tickets back after a crash.

The two sides were written one after the other, so a crash may have left one of them behind. What both sides
agree on holds: an offer under way keeps its token and its lease, a conversation goes on. What only one side
knows is undone: that contact waits again in its old place, that agent is idle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from acd.agents import ON_CALL, ON_OFFER
from acd.pairs import OF_PHASE
from acd.plain import load_agent, load_ticket
from acd.protocol import AgentState, Phase, Ticket, Wish

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from acd.decision import Decision
    from acd.matching import Matching


def restore(
    matching: Matching,
    agents: Iterable[Mapping[str, Any]],
    tickets: Iterable[Mapping[str, Any]],
    now: float,
    decision: Decision,
) -> None:
    """Fill an empty `matching` with stored state; tells `decision` what had to be mended.

    Raises ValueError or TypeError for data that no version of vcc wrote.
    """
    states = sorted((load_agent(data) for data in agents), key=lambda state: state.agent)
    waiting = {ticket.contact: ticket for ticket in map(load_ticket, tickets)}
    tokens = [state.offer for state in states] + [ticket.offer for ticket in waiting.values()]
    tokens += [token for ticket in waiting.values() for token in ticket.also.values()]
    matching.last_token = max((token for token in tokens if token is not None), default=0)
    held = {state.agent for state in states if _holds(state, waiting.get(state.contact), decision)}
    for state in states:
        if state.agent not in held:
            _loosen_agent(state, now, decision)
        _take_agent(matching, state, decision)
    for ticket in sorted(waiting.values(), key=lambda ticket: ticket.order):
        _take_ticket(matching, ticket, decision)
    for desk in matching.rebuild(matching.rules, now, decision):
        if desk.state.agent in held:
            place = matching.tickets.get(desk.state.contact)
            assert place is not None  # noqa: S101 - just taken
            matching.withdraw(place, desk.state.agent, "agent is gone", now, decision)
            matching.seek(place, now, decision)
        matching.sign_out(desk, now, decision)


def _holds(state: AgentState, ticket: Ticket | None, decision: Decision) -> bool:
    """Whether agent and ticket say the same of each other; if one is ahead of the other, it is caught up."""
    if state.phase not in ON_OFFER | ON_CALL or ticket is None:
        return False
    first = (ticket.agent, ticket.offer) == (state.agent, state.offer)
    if state.offer is None or not (first or ticket.also.get(state.agent) == state.offer):
        return False
    if state.phase in ON_CALL and not ticket.answered:  # the others whose phones rang have been told so
        ticket.agent, ticket.offer, ticket.also = state.agent, state.offer, {}
    if ticket.answered and state.phase in ON_OFFER:
        state.phase, state.until = Phase.TALKING, None
        decision.agent(state.agent)
    elif state.phase in ON_CALL and not ticket.answered:
        ticket.answered = True
        decision.ticket(ticket.contact)
    return True


def _loosen_agent(state: AgentState, now: float, decision: Decision) -> None:
    if state.phase in ON_OFFER | ON_CALL:
        state.phase, state.since, state.idle_since, state.until = Phase.IDLE, now, now, None
        decision.agent(state.agent)
    state.contact, state.offer = "", None


def _take_agent(matching: Matching, state: AgentState, decision: Decision) -> None:
    leaving = state.wish is Wish.SIGNED_OUT and state.phase not in ON_CALL
    if leaving or not state.phone or matching.agents.on_phone(state.phone) is not None:
        decision.agent(state.agent)
        return
    matching.agents.add(state)
    matching.agents.set_reachable(state.phone, reachable=state.reachable)
    matching.agents.set_in_use(state.phone, in_use=state.in_use)
    if state.until is not None:
        matching.deadlines.set(OF_PHASE + state.agent, state.until)


def _take_ticket(matching: Matching, ticket: Ticket, decision: Decision) -> None:
    def held(agent: str) -> bool:
        desk = matching.agents.get(agent)
        return desk is not None and desk.state.contact == ticket.contact

    if ticket.answered and not held(ticket.agent):
        decision.ticket(ticket.contact)  # the conversation is over
        return
    ringing = {ticket.agent: ticket.offer, **ticket.also} if ticket.agent else {}
    still = {agent: token for agent, token in ringing.items() if token is not None and held(agent)}
    if len(still) < len(ringing):
        decision.ticket(ticket.contact)
    ticket.agent, ticket.offer = next(iter(still.items()), ("", None))
    ticket.also = {agent: token for agent, token in still.items() if agent != ticket.agent}
    if ticket.offer is None and ticket.pool:
        matching.sharing.put_right(ticket.pool, ticket.tenant, ticket.charged, None)
        decision.pool(ticket.pool)
        ticket.pool, ticket.charged = "", 0.0
    rung = ticket.rung
    place = matching.tickets.add(ticket, matching.asked(ticket), matching.index)
    if ticket.rung != rung:
        decision.ticket(ticket.contact)
    matching.arm(place)
    matching.engages(ticket, len(still))
    for agent, token in still.items():
        matching.offers[token] = (ticket.contact, agent)
    if ticket.offer is None:
        matching.tickets.wait(place)
