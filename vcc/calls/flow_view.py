"""What the flow of one contact may ask of the world: the floor as it is now, and the tenant's own things."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from acd.expecting import finite

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ivr_flows.protocol import QueueFigures
    from vcc.calls.floor import Floor
    from vcc.calls.session import ContactSession


@dataclass(frozen=True, slots=True)
class FlowView:
    """Fulfils the flow engine's `Environment`."""

    floor: Floor
    session: ContactSession

    def is_open(self, hours: str, now: float) -> bool:
        """Whether the tenant's hours are open, the emergency closure considered."""
        return self.floor.is_open(self.session.tenant, hours, now)

    def position(self) -> int | None:
        """The contact's place in its queue, from 1."""
        return self.floor.router.position(self.session.contact)

    def wait(self) -> float | None:
        """How long the contact is expected to wait from now on."""
        return finite(self.floor.router.expected_wait(self.session.contact, self.floor.now()))

    def local(self, now: float) -> datetime:
        """`now` in the tenant's zone, in the platform's for flows of its own."""
        return self.floor.directory.local(self.session.tenant, now)

    def lookup(self, table: str, key: str) -> Mapping[str, str] | None:
        """The row of one of the tenant's tables."""
        return self.floor.directory.row(self.session.tenant, table, key)

    def queue(self, name: str) -> QueueFigures | None:
        """One of the tenant's queues."""
        key = self.floor.directory.queue_key(self.session.tenant, name)
        return _Queue(self.floor, key, self.session.contact) if key in self.floor.router.rules.queues else None

    def has_callback(self) -> bool:
        """Whether the caller's number is to be called back by the tenant."""
        return self.floor.callbacks.of_caller(self.session) is not None


@dataclass(frozen=True, slots=True)
class _Queue:
    """The figures of a queue, each worked out when it is asked for: a busy platform's flows ask often, and for one."""

    floor: Floor
    key: str
    contact: str

    @property
    def waiting(self) -> int:
        """The contact itself does not count."""
        ticket = self.floor.router.ticket(self.contact)
        own = ticket is not None and ticket.queue == self.key and not ticket.answered
        return self.floor.router.count_unanswered(self.key) - own

    @property
    def ready(self) -> int:
        """Looks at the agents of the queue."""
        return self.floor.router.count_ready(self.key)

    @property
    def staffed(self) -> int:
        """Also those who talk, or are away for a moment."""
        return self.floor.router.count_staffed(self.key)

    @property
    def wait(self) -> float:
        """What the router expects of who comes now."""
        return self.floor.router.expected_wait_of(self.key, self.floor.now())
