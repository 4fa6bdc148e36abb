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


def dump_agent(state: AgentState) -> dict[str, Any]:
    """The agent's state as JSON values."""
    data = {name: getattr(state, name) for name in _AGENT}
    data["wish"], data["phase"], data["serves"] = state.wish.value, state.phase.value, list(state.serves)
    return data


def load_agent(data: Mapping[str, Any]) -> AgentState:
    """The state that `dump_agent` gave. Raises ValueError or TypeError for what it cannot have given."""
    values = {name: data[name] for name in _AGENT if name in data}
    values["wish"] = Wish(values.get("wish", Wish.SIGNED_OUT))
    values["phase"] = Phase(values.get("phase", Phase.IDLE))
    values["serves"] = tuple(values.get("serves", ()))
    return AgentState(**values)


def dump_ticket(ticket: Ticket) -> dict[str, Any]:
    """The ticket as JSON values."""
    data = {name: getattr(ticket, name) for name in _TICKET}
    data["skills"], data["tried"], data["first"] = dict(ticket.skills), list(ticket.tried), list(ticket.first)
    data["medium"], data["direction"] = ticket.medium.value, ticket.direction.value
    return data


def load_ticket(data: Mapping[str, Any]) -> Ticket:
    """The ticket that `dump_ticket` gave. Raises ValueError or TypeError for what it cannot have given."""
    values = {name: data[name] for name in _TICKET if name in data}
    values["skills"] = dict(values.get("skills", {}))
    values["tried"], values["first"] = tuple(values.get("tried", ())), tuple(values.get("first", ()))
    values["medium"] = Medium(values.get("medium", Medium.VOICE))
    values["direction"] = Direction(values.get("direction", Direction.INBOUND))
    return Ticket(**values)
