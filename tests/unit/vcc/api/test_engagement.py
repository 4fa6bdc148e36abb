"""For whom a leased agent works: never told for the wrong tenant, whatever comes in which order."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.facts import AgentConnected, AgentStateChanged, ContactEnded, ContactQueued, Fact, NumberEntered, OfferMade
from vcc.api.engagement import Engagements


def queued(contact: str, tenant: str) -> Fact:
    return ContactQueued(at=0.0, tenant=tenant, contact=contact, queue=f"{tenant}/q", priority=50, position=1)


def offered(contact: str, tenant: str, agent: str = "lin") -> Fact:
    return OfferMade(
        at=0.0, tenant=tenant, contact=contact, queue=f"{tenant}/q", offer=1, agent=agent, phone="p", leg="l"
    )


def connected(contact: str, tenant: str) -> Fact:
    return AgentConnected(
        at=0.0, tenant=tenant, contact=contact, queue=f"{tenant}/q", agent="lin", leg="l", waited_s=1.0
    )


def state(phase: str, contact: str = "", agent: str = "lin") -> AgentStateChanged:
    return AgentStateChanged(at=0.0, agent=agent, wish="ready", phase=phase, contact=contact, serves=("a", "b"))


def ended(contact: str, tenant: str) -> Fact:
    return ContactEnded(at=0.0, tenant=tenant, contact=contact, outcome="answered", by="caller")  # type: ignore[arg-type]


def after(*facts: Fact) -> Engagements:
    engagements = Engagements()
    for fact in facts:
        engagements.note(fact)
    return engagements


def test_an_offer_and_the_wrap_up_after_it_are_of_one_tenant() -> None:
    engagements = after(queued("c1", "a"), offered("c1", "a"), state("ringing", "c1"), connected("c1", "a"))
    assert engagements.tenant_of("lin", "c1") == "a"
    engagements.note(state("wrap_up"))
    engagements.note(ended("c1", "a"))
    assert engagements.tenant_of("lin") == "a"
    engagements.note(state("idle"))
    assert engagements.tenant_of("lin") == ""


def test_the_state_may_come_before_the_offer() -> None:
    engagements = after(queued("c1", "a"), state("wrap_up"), queued("c2", "b"), state("reserved", "c2"))
    assert engagements.tenant_of("lin", "c2") == "b"


def test_a_contact_that_is_not_known_is_nobodys() -> None:
    """Though the agent's last work is known: this may be another's."""
    engagements = after(queued("c1", "a"), offered("c1", "a"))
    assert engagements.tenant_of("lin", "c9") == ""


def test_a_contact_that_was_led_on_is_its_present_tenants() -> None:
    engagements = after(queued("c1", "a"), NumberEntered(at=0.0, tenant="b", contact="c1", number="2", from_tenant="a"))
    assert engagements.tenant_of("lin", "c1") == "b"


def test_a_fact_of_the_moment() -> None:
    engagements = after(queued("c1", "a"), offered("c1", "a"))
    talking = state("talking", "c1")
    engagements.note(talking)
    assert engagements.of_fact(talking) == "a"
    assert engagements.of_fact(queued("c1", "a")) == ""


CALLS = {f"{tenant}{number}": tenant for tenant in "ab" for number in range(3)}


@st.composite
def work(draw: st.DrawFn) -> list[tuple[str, str]]:
    """What an agent does: contacts of two tenants one after the other, with or without a wrap-up between."""
    steps = []
    for contact in draw(st.lists(st.sampled_from(sorted(CALLS)), min_size=1, max_size=8)):
        phases = draw(st.sampled_from([["reserved"], ["reserved", "ringing"], ["reserved", "ringing", "talking"]]))
        steps += [(phase, contact) for phase in phases]
        if phases[-1] == "talking" and draw(st.booleans()):
            steps.append(("wrap_up", contact))
        if draw(st.booleans()):
            steps.append(("idle", ""))
    return steps


@given(work(), st.booleans())
def test_never_the_wrong_tenant(steps: list[tuple[str, str]], offer_first: bool) -> None:
    """After each step the engagement is the true tenant's, or not known."""
    engagements = Engagements()
    for contact, tenant in CALLS.items():
        engagements.note(queued(contact, tenant))
    for phase, contact in steps:
        known: dict[str, Any] = {"contact": "" if phase == "wrap_up" else contact}
        if phase == "reserved" and offer_first:
            engagements.note(offered(contact, CALLS[contact]))
        changed = state(phase, known["contact"])
        engagements.note(changed)
        if phase == "reserved" and not offer_first:
            engagements.note(offered(contact, CALLS[contact]))
        truth = CALLS.get(contact, "")
        assert engagements.of_fact(changed) == truth
        assert engagements.tenant_of("lin", known["contact"]) == truth
