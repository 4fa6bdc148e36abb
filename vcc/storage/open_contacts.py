"""Which contacts are not over: their facts so far, so that a record is computed without reading anything back.

ContactArrived ... kept ... ContactEnded -> the record, forgotten
a fact of a contact that is not kept (vcc was restarted, or it is over already) -> its facts are read back once
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from core.facts import ContactArrived, ContactEnded, Fact
from reporting.part import BESIDE
from vcc.storage.history_rows import FactRow, RecordRow, fact_row, rows_of_contact

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_log = structlog.get_logger()


@dataclass(kw_only=True, slots=True)
class HistoryBatch:
    """What one transaction writes: facts, records, and the contacts whose facts have to be read back for theirs."""

    facts: list[FactRow] = field(default_factory=list)
    records: list[RecordRow] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def what(self) -> str:
        """What is in it, for a log: names and contacts, nothing personal."""
        return ", ".join(
            [f"{row[4]} of {row[2] or 'no contact'}" for row in self.facts]
            + [f"record of {contact}" for contact in (*(row[0] for row in self.records), *self.unknown)]
        )

    def singly(self) -> Iterator[HistoryBatch]:
        """The same in the smallest pieces, to find the one that a database refuses."""
        for fact in self.facts:
            yield HistoryBatch(facts=[fact])
        for record in self.records:
            yield HistoryBatch(records=[record])
        for contact in self.unknown:
            yield HistoryBatch(unknown=[contact])


class OpenContacts:
    """The facts of the contacts that are going on; belongs to the writer alone."""

    def __init__(self, bound: int = 500_000) -> None:
        """Keep at most `bound` facts; beyond it the oldest contacts are read back when they end."""
        self._bound = bound
        self._kept = 0
        self._contacts: dict[str, list[Fact]] = {}

    def prepare(self, facts: Sequence[Fact]) -> HistoryBatch:
        """Make rows of facts, and of the records of the contacts that they end. What cannot be a row is logged."""
        batch = HistoryBatch()
        ended: dict[str, None] = {}
        unknown: dict[str, None] = {}
        for fact in facts:
            try:
                batch.facts.append(fact_row(fact))
            except (TypeError, ValueError, KeyError):
                _log.exception("fact cannot be stored and is lost", fact=type(fact).__name__, contact=fact.contact)
                continue
            if fact.contact and not isinstance(fact, BESIDE):
                self._sort(fact, ended, unknown)
        for contact in ended:
            if (its_facts := self._forget(contact)) is not None:
                batch.records += rows_of_contact(its_facts)
        batch.unknown = list(unknown)
        self._trim()
        return batch

    def _sort(self, fact: Fact, ended: dict[str, None], unknown: dict[str, None]) -> None:
        kept = self._contacts.get(fact.contact)
        if kept is not None:
            kept.append(fact)
            self._kept += 1
        elif type(fact) is ContactArrived and fact.contact not in unknown:
            self._keep(fact.contact, [fact])
        else:
            unknown[fact.contact] = None
        if type(fact) is ContactEnded:
            ended[fact.contact] = None

    def read_back(self, contact: str, facts: list[Fact]) -> list[RecordRow]:
        """All facts of a contact that was not kept: its record if it is over; else it is kept from now on."""
        if any(type(fact) is ContactEnded for fact in facts):
            return rows_of_contact(facts)
        self._forget(contact)
        self._keep(contact, facts)
        self._trim()
        return []

    def _keep(self, contact: str, facts: list[Fact]) -> None:
        self._contacts[contact] = facts
        self._kept += len(facts)

    def _trim(self) -> None:
        while self._kept > self._bound:
            self._forget(next(iter(self._contacts)))

    def _forget(self, contact: str) -> list[Fact] | None:
        facts = self._contacts.pop(contact, None)
        if facts is not None:
            self._kept -= len(facts)
        return facts
