"""A tenant's own part of a contact that one tenant's flow led into another tenant's number.

    arrived at A ... A's flow leads on ──> NumberEntered (B) ... ended
    A sees:  arrived, its steps, ended by its flow
    B sees:  arrived (when it entered B's number), B's steps, the end

Neither learns from it that the other exists. What a tenant sees is a whole contact again, so that records, measures and
the live page are computed from it as from any other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.facts import (
    AgentStateChanged,
    CommandGiven,
    ContactAnswered,
    ContactArrived,
    ContactEnded,
    Fact,
    NumberEntered,
    Outcome,
    Party,
    PhoneChanged,
    RecordingPlayed,
    SignInRefused,
)
from reporting.timeline import in_order

if TYPE_CHECKING:
    from collections.abc import Iterable

#: The cause that a tenant's part ends with when its flow led the contact into another tenant's number.
LED_ON = "led_on"

#: Facts that may name a contact but are not about its way: no record depends on them, and whose they are says nothing
#: of who had the contact.
BESIDE = (AgentStateChanged, CommandGiven, PhoneChanged, RecordingPlayed, SignInRefused)


def tenants_of(facts: Iterable[Fact]) -> tuple[str, ...]:
    """The tenants that had a part in the contact, in order of appearance."""
    seen: dict[str, None] = {}
    for fact in facts:
        if isinstance(fact, BESIDE):
            continue
        if isinstance(fact, NumberEntered):
            seen[fact.from_tenant] = None
        seen[fact.tenant] = None
    seen.pop("", None)
    return tuple(seen)


def visible_to(facts: Iterable[Fact], tenants: str | frozenset[str]) -> tuple[Fact, ...]:
    """The part of a contact that a tenant may see (or somebody who works for several), as facts in order of time.

    Entering the tenant's number becomes its `ContactArrived`; being led out of it for good becomes its
    `ContactEnded` with outcome ended_by_flow and cause `led_on`.
    """
    own = frozenset((tenants,)) if isinstance(tenants, str) else tenants
    part = _Part(own)
    for fact in in_order(facts):
        part.add(fact)
    return tuple(part.facts)


class _Part:
    def __init__(self, own: frozenset[str]) -> None:
        self.facts: list[Fact] = []
        self._own = own
        self._arrival: ContactArrived | None = None
        self._answered = False
        self._entered_before = False
        self._led_on: ContactEnded | None = None

    def add(self, fact: Fact) -> None:
        if isinstance(fact, NumberEntered):
            self._enter(fact)
            return
        if isinstance(fact, ContactArrived):
            self._arrival = fact
            self._entered_before = fact.tenant in self._own
        elif isinstance(fact, ContactAnswered):
            self._answered = True
        if fact.tenant in self._own:
            self.facts.append(fact)

    def _enter(self, fact: NumberEntered) -> None:
        was_here, is_here = fact.from_tenant in self._own, fact.tenant in self._own
        if is_here and was_here:
            self.facts.append(fact)
        elif is_here:
            self._come_in(fact)
        elif was_here:
            self._led_on = led_on(fact)
            self.facts.append(self._led_on)

    def _come_in(self, fact: NumberEntered) -> None:
        if self._led_on is not None:
            self.facts.remove(self._led_on)
            self._led_on = None
        if self._entered_before or self._arrival is None:
            self.facts.append(replace(fact, from_tenant=""))
        else:
            self.facts.extend(_as_arrival(fact, self._arrival, answered=self._answered))
        self._entered_before = True


def _as_arrival(entered: NumberEntered, arrival: ContactArrived, *, answered: bool) -> list[Fact]:
    facts: list[Fact] = [
        replace(
            arrival,
            at=entered.at,
            tenant=entered.tenant,
            dialled=entered.number,
            number=entered.number,
            project=entered.project,
        )
    ]
    if answered:
        facts.append(ContactAnswered(at=entered.at, tenant=entered.tenant, contact=entered.contact, node=entered.node))
    return facts


def led_on(entered: NumberEntered) -> ContactEnded:
    """How the contact ends for the tenant whose flow led it into another's number."""
    return ContactEnded(
        at=entered.at,
        tenant=entered.from_tenant,
        contact=entered.contact,
        node=entered.node,
        outcome=Outcome.ENDED_BY_FLOW,
        by=Party.FLOW,
        cause=LED_ON,
        detail=entered.number,
    )
