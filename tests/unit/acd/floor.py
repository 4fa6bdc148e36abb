"""A call centre to try the router on: rules that are short to write, and offers that are short to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from acd.protocol import AgentRules, Command, OfferContact, OfferOver, QueueRules, Rules, WithdrawOffer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

T0 = 1_800_000_000.0


def queue(name: str, **values: Any) -> QueueRules:
    """The queue `tenant/name`."""
    return QueueRules(queue=name, tenant=name.partition("/")[0], **values)


def agent(name: str, serves: str, **values: Any) -> AgentRules:
    """An agent who serves the tenants named, separated by blanks."""
    return AgentRules(agent=name, serves=frozenset(serves.split()), **values)


def rules(queues: Iterable[QueueRules], agents: Iterable[AgentRules], **values: Any) -> Rules:
    """All of it."""
    return Rules(queues={q.queue: q for q in queues}, agents={a.agent: a for a in agents}, **values)


@dataclass(frozen=True)
class Knows:
    """A condition over skills: at least this level of one of them, whichever."""

    skills: frozenset[str]
    level: int

    @property
    def key(self) -> tuple[object, ...]:
        return ("knows", self.skills, self.level)

    def met_by(self, skills: Mapping[str, int]) -> bool:
        return any(skills.get(skill, 0) >= self.level for skill in self.skills)


def offers(commands: Iterable[Command]) -> list[tuple[str, str]]:
    """Who is offered to whom: (contact, agent)."""
    return [(c.contact, c.agent) for c in commands if isinstance(c, OfferContact)]


def token(commands: Iterable[Command]) -> int:
    """The token of the one offer made."""
    [offer] = [c.offer for c in commands if isinstance(c, OfferContact)]
    return offer


def outcomes(commands: Iterable[Command]) -> list[tuple[str, str]]:
    """How offers ended: (contact, outcome)."""
    return [(c.contact, c.outcome.value) for c in commands if isinstance(c, OfferOver)]


def stopped(commands: Iterable[Command]) -> list[int]:
    """Tokens of offers whose phones are to stop ringing."""
    return [c.offer for c in commands if isinstance(c, WithdrawOffer)]
