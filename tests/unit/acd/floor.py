"""A call centre to try the router on: rules that are short to write, and offers that are short to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acd.protocol import AgentRules, Command, OfferContact, OfferOver, QueueRules, Rules, WithdrawOffer

if TYPE_CHECKING:
    from collections.abc import Iterable

T0 = 1_800_000_000.0


def queue(name: str, *, skills: dict[str, int] | None = None, **values: float | None) -> QueueRules:
    """The queue `tenant/name`."""
    return QueueRules(queue=name, tenant=name.partition("/")[0], skills=skills or {}, **values)  # type: ignore[arg-type]


def agent(
    name: str, serves: str, *, skills: dict[str, int] | None = None, wrap_up_s: float | None = None
) -> AgentRules:
    """An agent who serves the tenants named, separated by blanks."""
    return AgentRules(agent=name, skills=skills or {}, serves=frozenset(serves.split()), wrap_up_s=wrap_up_s)


def rules(queues: Iterable[QueueRules], agents: Iterable[AgentRules], **values: dict[str, int]) -> Rules:
    """All of it."""
    return Rules(
        queues={q.queue: q for q in queues},
        agents={a.agent: a for a in agents},
        waiting=values.get("waiting", {}),
        seats=values.get("seats", {}),
    )


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
