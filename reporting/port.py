"""What a store of the event log must do, whatever it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from core.facts import Fact
    from reporting.record import ContactRecord


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordQuery:
    """Which records, newest first: of contacts that arrived on the platform in [since, until).

    With `tenants` None whole contacts are meant; else the parts that these tenants may see of them (`part.visible_to`):
    every other condition then holds for the part. One contact gives one record. `limit` is at most 1000.
    """

    tenants: frozenset[str] | None = None
    since: float | None = None
    until: float | None = None
    caller: str | None = None
    agent: str | None = None
    outcome: str | None = None
    limit: int = 100
    before: str | None = None  # the contact of the last record of the page before: go on after it


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
        """All facts of a contact, in the order in which they were appended; none if it is not known."""
        ...

    def scan(self, since: float, until: float, *, names: frozenset[str] | None = None) -> AsyncIterator[Fact]:
        """All facts with since <= at < until, in order of time; only those of these names, if any are given."""
        ...

    async def records(self, query: RecordQuery) -> Sequence[ContactRecord]:
        """The records that the query asks for. Raises NotFoundError if `before` is not among them."""
        ...
