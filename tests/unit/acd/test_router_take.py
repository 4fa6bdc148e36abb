"""An agent who takes a contact without having been offered it: from where, in whatever phase, and who may not."""

from __future__ import annotations

import pytest

from acd.protocol import Phase
from acd.router import Router
from core.errors import ConflictError, NotFoundError
from tests.unit.acd.floor import T0, agent, offers, queue, rules
from tests.unit.acd.test_router_calls import phase, talk

DESK = queue("star/desk", wrap_up_s=10.0)
ANN, BEA = agent("ann", "star"), agent("bea", "star")


@pytest.fixture
def router() -> Router:
    router = Router(rules([DESK], [ANN, BEA]))
    for name, phone in (("ann", "p1"), ("bea", "p2")):
        router.sign_in(name, phone, ["star"], T0)
    return router


def test_a_contact_that_the_router_does_not_have(router: Router) -> None:
    router.take("c1", "star/desk", "ann", T0 + 1)
    ticket = router.ticket("c1")
    assert ticket is not None
    assert (ticket.agent, ticket.answered, phase(router, "ann")) == ("ann", True, Phase.TALKING)
    assert offers(router.enqueue("c2", "star/desk", T0 + 2).commands) == [("c2", "bea")]
    router.talk_ended("c1", T0 + 9)
    assert phase(router, "ann") is Phase.WRAP_UP
    state = router.agent("ann")
    assert state is not None
    assert (state.last_contact, state.last_queue) == ("c1", "star/desk")
    assert router.ticket("c1") is None


def test_a_contact_that_talks_with_somebody_else_who_then_wraps_up(router: Router) -> None:
    talk(router, "c1", T0 + 1, "star/desk")
    router.take("c1", "star/desk", "bea", T0 + 5)
    assert (phase(router, "ann"), phase(router, "bea")) == (Phase.WRAP_UP, Phase.TALKING)
    router.talk_held("c1", held=True, now=T0 + 6)
    assert phase(router, "bea") is Phase.HELD
    router.talk_ended("c1", T0 + 7)
    assert (phase(router, "bea"), router.ticket("c1")) == (Phase.WRAP_UP, None)


@pytest.mark.parametrize("how", ["not ready", "wrap-up", "unresponsive", "phone in use"])
def test_whatever_the_agent_wished_for(router: Router, how: str) -> None:
    if how == "not ready":
        router.not_ready("ann", "meal", T0 + 1)
    elif how == "wrap-up":
        talk(router, "c0", T0 + 1, "star/desk")
        router.talk_ended("c0", T0 + 2)
    elif how == "unresponsive":
        router.enqueue("c0", "star/desk", T0 + 1)
        router.tick(T0 + 100)
        router.leave("c0", T0 + 100)
    else:
        router.phone_in_use("p1", True, T0 + 1)
    router.take("c1", "star/desk", "ann", T0 + 101)
    assert phase(router, "ann") is Phase.TALKING


def test_it_survives_a_crash(router: Router) -> None:
    router.take("c1", "star/desk", "ann", T0 + 1)
    stored, ticket = router.dump_agent("ann"), router.dump_ticket("c1")
    assert stored is not None
    assert ticket is not None
    again = Router(router.rules)
    again.load([stored], [ticket], T0 + 2)
    assert phase(again, "ann") is Phase.TALKING
    again.talk_ended("c1", T0 + 3)
    assert phase(again, "ann") is Phase.WRAP_UP


def test_who_may_not(router: Router) -> None:
    talk(router, "c1", T0 + 1, "star/desk")
    router.enqueue("c2", "star/desk", T0 + 2)
    router.enqueue("c3", "star/desk", T0 + 3)
    for contact, queue_, who, error in (
        ("c9", "star/desk", "ann", ConflictError),  # talks
        ("c9", "star/desk", "bea", ConflictError),  # is offered a contact
        ("c9", "star/desk", "nobody", ConflictError),
        ("c9", "star/none", "ann", NotFoundError),
    ):
        with pytest.raises(error):
            router.take(contact, queue_, who, T0 + 4)
    router.sign_in("bea", "p2", ["star"], T0 + 4)
    router.not_ready("bea", "", T0 + 4)
    with pytest.raises(ConflictError, match="waits in a queue"):
        router.take("c3", "star/desk", "bea", T0 + 5)
