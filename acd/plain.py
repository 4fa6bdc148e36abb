"""Agents and tickets as plain data: what the host stores at every change, and gives back after a crash.

Values that this version does not know are left out and missing ones take their defaults, so that stored state
can be read across versions.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from acd.protocol import AgentState, Phase, Ticket, Wish
from core.facts import Direction, Medium

if TYPE_CHECKING:
    from collections.abc import Mapping

_AGENT = tuple(f.name for f in fields(AgentState))
_TICKET = tuple(f.name for f in fields(Ticket))
_TIMES_OF_AGENT = ("since", "idle_since", "until", "lost_at", "last_until", "offered_at", "load_at")
_TIMES_OF_TICKET = ("queued_at", "prefer_until", "offered_at")


def dump_agent(state: AgentState, ahead: float) -> dict[str, Any]:
    """The agent's state as JSON values; times as the clock will say them, which the router is `ahead` of."""
    data = {name: getattr(state, name) for name in _AGENT}
    if ahead:
        _set_back(data, _TIMES_OF_AGENT, ahead)
    data["wish"], data["phase"], data["serves"] = state.wish.value, state.phase.value, list(state.serves)
    return data


def load_agent(data: Mapping[str, Any]) -> AgentState:
    """The state that `dump_agent` gave. Raises ValueError or TypeError for what it cannot have given."""
    values = {name: data[name] for name in _AGENT if name in data}
    values["wish"] = Wish(values.get("wish", Wish.SIGNED_OUT))
    values["phase"] = Phase(values.get("phase", Phase.IDLE))
    values["serves"] = tuple(values.get("serves", ()))
    return AgentState(**values)


def dump_ticket(ticket: Ticket, ahead: float) -> dict[str, Any]:
    """The ticket as JSON values; times as those of an agent."""
    data = {name: getattr(ticket, name) for name in _TICKET}
    if ahead:
        _set_back(data, _TIMES_OF_TICKET, ahead)
    data["skills"], data["tried"], data["first"] = dict(ticket.skills), list(ticket.tried), list(ticket.first)
    data["also"], data["prefers"] = dict(ticket.also), list(ticket.prefers)
    data["medium"], data["direction"] = ticket.medium.value, ticket.direction.value
    return data


def load_ticket(data: Mapping[str, Any]) -> Ticket:
    """The ticket that `dump_ticket` gave. Raises ValueError or TypeError for what it cannot have given."""
    values = {name: data[name] for name in _TICKET if name in data}
    values["skills"] = dict(values.get("skills", {}))
    values["tried"], values["first"] = tuple(values.get("tried", ())), tuple(values.get("first", ()))
    values["also"], values["prefers"] = dict(values.get("also", {})), tuple(values.get("prefers", ()))
    values["medium"] = Medium(values.get("medium", Medium.VOICE))
    values["direction"] = Direction(values.get("direction", Direction.INBOUND))
    return Ticket(**values)


def _set_back(data: dict[str, Any], times: tuple[str, ...], ahead: float) -> None:
    for name in times:
        if data[name]:
            data[name] -= ahead
