"""What a store of the event log must do, whatever it is made of."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from core.facts import Fact
    from reporting.record import ContactRecord


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordQuery:
    """Which records: of these tenants (None: of all), that arrived in [since, until), newest first."""

    tenants: frozenset[str] | None = None
    since: float | None = None
    until: float | None = None
    caller: str | None = None
    agent: str | None = None
    outcome: str | None = None
    limit: int = 100
    before: str | None = None  # a contact id: go on after it


class EventLog(Protocol):
    """Facts, appended once and never changed."""

    def append(self, fact: Fact) -> None:
        """Take a fact; it is written in order within milliseconds. Never waits; raises StoreError when the bound of
        unwritten facts is reached.
        """
        ...

    async def flush(self) -> None:
        """Return when all that was appended is written. Raises StoreError if it cannot be."""
        ...

    async def facts(self, contact: str) -> Sequence[Fact]:
        """All facts of a contact, in order."""
        ...

    def scan(self, since: float, until: float) -> AsyncIterator[Fact]:
        """All facts with since <= at < until, in order of time."""
        ...

    async def records(self, query: RecordQuery) -> Sequence[ContactRecord]:
        """The records that the query asks for."""
        ...
