"""What one event led to, collected while it is worked out, and told in one order.

First what ended (so that phones stop ringing), then each ticket and agent that changed, once (so that the
host stores them; tickets first, so that a crash in between can at worst lose a reservation, never a contact),
then the accounts and handling times, who asks for less, who was not taken, and the new offers.
"""

from __future__ import annotations

from acd.protocol import (
    AgentChanged,
    AskedLess,
    Command,
    HandlingChanged,
    NotTaken,
    OfferContact,
    OfferOver,
    PoolChanged,
    TicketChanged,
    WithdrawOffer,
)


class Decision:
    """The commands that one event leads to."""

    __slots__ = ("_agents", "_ended", "_handling", "_offers", "_pools", "_tickets", "_told")

    def __init__(self) -> None:
        """Nothing yet."""
        self._ended: list[OfferOver | WithdrawOffer] = []
        self._agents: dict[str, None] = {}
        self._tickets: dict[str, None] = {}
        self._offers: list[OfferContact] = []
        self._pools: dict[str, None] = {}
        self._handling: dict[str, None] = {}
        self._told: list[AskedLess | NotTaken] = []

    def ended(self, command: OfferOver | WithdrawOffer) -> None:
        """An offer is over."""
        self._ended.append(command)

    def agent(self, agent: str) -> None:
        """The agent's state changed."""
        self._agents[agent] = None

    def ticket(self, contact: str) -> None:
        """The contact's ticket changed, is new or is gone."""
        self._tickets[contact] = None

    def offer(self, command: OfferContact) -> None:
        """A phone is to ring."""
        self._offers.append(command)

    def not_taken(self, contact: str) -> None:
        """Nobody of those took the contact for whom alone it was."""
        self._told.append(NotTaken(contact=contact))

    def less(self, command: AskedLess) -> None:
        """The contact asks for less than before."""
        self._told.append(command)

    def pool(self, pool: str) -> None:
        """An account changed."""
        self._pools[pool] = None

    def handling(self, queue: str) -> None:
        """What a queue's conversations take is known better."""
        self._handling[queue] = None

    def commands(self) -> list[Command]:
        """All of it, in the order in which the host is to carry it out."""
        commands: list[Command] = [*self._ended]
        add = commands.append
        for contact in self._tickets:
            add(TicketChanged(contact=contact))
        for agent in self._agents:
            add(AgentChanged(agent=agent))
        for pool in self._pools:
            add(PoolChanged(pool=pool))
        for queue in self._handling:
            add(HandlingChanged(queue=queue))
        commands += self._told
        commands += self._offers
        return commands
