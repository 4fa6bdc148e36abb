"""Who is signed in, on which phone, in whose seats."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from acd.index import Desk
from acd.protocol import InUseError, NoSeatError, Phase, Wish
from core.errors import ConflictError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from acd.protocol import AgentRules, AgentState, Rules

ON_OFFER = frozenset({Phase.RESERVED, Phase.RINGING})
ON_CALL = frozenset({Phase.TALKING, Phase.HELD})


def available(state: AgentState) -> bool:
    """Whether an agent may be offered a call: wants one, is idle, and the phone is reachable and has no other."""
    return state.phase is Phase.IDLE and state.wish is Wish.READY and state.reachable and not state.in_use


def can_be_asked(state: AgentState, tenant: str) -> bool:
    """Whether an agent may be offered a call that is for this agent above all: also one who is in wrap-up."""
    free = state.phase in (Phase.IDLE, Phase.WRAP_UP) and state.reachable and not state.in_use
    return free and state.wish is Wish.READY and tenant in state.serves


def skills_at(agent: AgentRules, now: float) -> tuple[Mapping[str, int], float | None]:
    """What an agent can do at a moment, and when that changes next; of two levels of a skill the higher one counts, and
    one of 0 or less is none. What is returned is not to be changed.
    """
    if not agent.dated and all(level > 0 for level in agent.skills.values()):
        return agent.skills, None
    skills = {skill: level for skill, level in agent.skills.items() if level > 0}
    for dated in agent.dated:
        if dated.starts <= now < dated.ends and dated.level > skills.get(dated.skill, 0):
            skills[dated.skill] = dated.level
    return skills, min(
        (at for dated in agent.dated for at in (dated.starts, dated.ends) if now < at < math.inf), default=None
    )


class Agents:
    """The desks by agent and by phone, the seats taken, and the phones known to be unreachable or in use."""

    __slots__ = ("_desks", "_in_use", "_phones", "_seated", "_unreachable")

    def __init__(self) -> None:
        """Nobody is signed in; every phone counts as reachable, and as not in use, until it is said not to be."""
        self._desks: dict[str, Desk] = {}
        self._phones: dict[str, str] = {}
        self._seated: Counter[str] = Counter()
        self._unreachable: set[str] = set()
        self._in_use: set[str] = set()

    def __iter__(self) -> Iterator[Desk]:
        """Every desk, in order of sign-in."""
        return iter(self._desks.values())

    def get(self, agent: str) -> Desk | None:
        """The desk of an agent; None for one who is not signed in."""
        return self._desks.get(agent)

    def signed_in(self, agent: str) -> Desk:
        """The desk of an agent. Raises ConflictError for one who is not signed in."""
        desk = self._desks.get(agent)
        if desk is None:
            message = f"agent {agent} is not signed in; sign in on a phone first"
            raise ConflictError(message)
        return desk

    def on_phone(self, phone: str) -> Desk | None:
        """The desk of the agent who is signed in on a phone."""
        return self._desks.get(self._phones.get(phone, ""))

    def reachable(self, phone: str) -> bool:
        """What the switch said last of a phone."""
        return phone not in self._unreachable

    def set_reachable(self, phone: str, *, reachable: bool) -> None:
        """Keep what the switch says of a phone, whether or not somebody is signed in there."""
        if reachable:
            self._unreachable.discard(phone)
        else:
            self._unreachable.add(phone)

    def in_use(self, phone: str) -> bool:
        """Whether a phone has a call of its own."""
        return phone in self._in_use

    def set_in_use(self, phone: str, *, in_use: bool) -> None:
        """Keep whether a phone has a call of its own, whether or not somebody is signed in there."""
        if in_use:
            self._in_use.add(phone)
        else:
            self._in_use.discard(phone)

    def free_seats(self, rules: Rules, tenant: str) -> int | None:
        """How many more agents may sign in for a tenant; None: as many as like."""
        seats = rules.seats.get(tenant)
        return None if seats is None else max(seats - self._seated[tenant], 0)

    def check_sign_in(
        self, rules: Rules, agent: str, phone: str, serves: tuple[str, ...], *, move: bool = False
    ) -> None:
        """Raise NotFoundError for an agent that nobody knows, InUseError for one who is signed in elsewhere (with
        `move`: who is in a conversation there) or a phone that is another's, NoSeatError where there is no seat.
        """
        known, desk, other = rules.agents.get(agent), self._desks.get(agent), self._phones.get(phone)
        if known is None:
            message = f"there is no agent {agent}"
            raise NotFoundError(message)
        if desk is not None and desk.state.phone != phone and (not move or desk.state.phase in ON_CALL):
            message = f"agent {agent} is signed in on phone {desk.state.phone}; sign out there first"
            raise InUseError(message)
        if other is not None and other != agent:
            message = f"phone {phone} is in use by agent {other}"
            raise InUseError(message)
        held = desk.state.serves if desk else ()
        for tenant in serves:
            if tenant not in known.serves or (tenant not in held and self.free_seats(rules, tenant) == 0):
                message = f"no seat of tenant {tenant} is free for agent {agent}"
                raise NoSeatError(message)
        if not serves:
            message = f"no tenant has a free seat for agent {agent}"
            raise NoSeatError(message)

    def add(self, state: AgentState) -> Desk:
        """Give an agent a desk, and the seats of the tenants served."""
        desk = self._desks[state.agent] = Desk(state)
        self._phones[state.phone] = state.agent
        self._seated.update(state.serves)
        return desk

    def serve(self, desk: Desk, serves: Iterable[str]) -> None:
        """Exchange the seats that an agent occupies for others."""
        self._seated.subtract(desk.state.serves)
        desk.state.serves = tuple(serves)
        self._seated.update(desk.state.serves)

    def change_phone(self, desk: Desk, phone: str) -> None:
        """The agent is at another phone, which is nobody's."""
        del self._phones[desk.state.phone]
        desk.state.phone = phone
        self._phones[phone] = desk.state.agent

    def remove(self, desk: Desk) -> None:
        """The agent is signed out: desk, phone and seats are free again."""
        self._seated.subtract(desk.state.serves)
        del self._desks[desk.state.agent], self._phones[desk.state.phone]
