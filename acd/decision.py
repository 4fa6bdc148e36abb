"""What one event led to, collected while it is worked out, and told in one order.

First what ended (so that phones stop ringing), then each ticket and agent that changed, once (so that the
host stores them; tickets first, so that a crash in between can at worst lose a reservation, never a contact),
then who was not taken, and the new offers.
"""

from __future__ import annotations

from acd.protocol import AgentChanged, Command, NotTaken, OfferContact, OfferOver, TicketChanged, WithdrawOffer


class Decision:
    """The commands that one event leads to."""

    __slots__ = ("_agents", "_ended", "_not_taken", "_offers", "_tickets")

    def __init__(self) -> None:
        """Nothing yet."""
        self._ended: list[OfferOver | WithdrawOffer] = []
        self._agents: dict[str, None] = {}
        self._tickets: dict[str, None] = {}
        self._offers: list[OfferContact] = []
        self._not_taken: list[NotTaken] = []

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
        self._not_taken.append(NotTaken(contact=contact))

    def commands(self) -> list[Command]:
        """All of it, in the order in which the host is to carry it out."""
        commands: list[Command] = [*self._ended]
        commands += [TicketChanged(contact=contact) for contact in self._tickets]
        commands += [AgentChanged(agent=agent) for agent in self._agents]
        commands += self._not_taken
        commands += self._offers
        return commands
