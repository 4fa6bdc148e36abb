"""Flows that put their callers through to one agent alone, on the simulated switch."""

from __future__ import annotations

import pytest

from core.facts import AgentConnected, ContactEnded, OfferMade, QueueLeft
from reporting.record import compute
from tests.unit.vcc.calls.centre import Centre
from tests.unit.vcc.calls.configuration import TEXTS

MAIN = """
steps:
  - collect: {name: extension, say: {en: Which extension?}, length: 4, attempts: 1}
  - transfer:
      agent: "{extension}"
      queue: orders
      no_answer: {say: {en: Nobody.}}
      busy: {say: {en: Engaged.}}
      unavailable: {say: {en: Not here.}}
      unknown: {say: {en: No such extension.}}
      after: {say: {en: Goodbye.}}
"""
LI, WANG = "2002", "2001"


@pytest.fixture
def centre() -> Centre:
    return Centre(TEXTS | {"tenants/press/flows/main.yaml": MAIN})


def dial(centre: Centre, extension: str) -> str:
    leg = centre.call(keys=extension)
    centre.wait(1)
    return leg


def test_the_one_who_was_dialled_is_rung_and_nobody_else(centre: Centre) -> None:
    centre.ready()
    centre.ready("press/li", "p2")
    leg = dial(centre, LI)
    assert (centre.stage(leg), centre.rings("p1"), centre.rings("p2")) == ("waiting", False, True)
    centre.pick_up("p2")
    assert (centre.stage(leg), centre.phase("press/li")) == ("talking", "talking")
    centre.wait(20)
    centre.put_down("p2")
    centre.wait(0.1)
    assert centre.heard(leg) == "Goodbye."
    assert centre.phase("press/li") == "wrap_up"
    centre.wait(5)
    record = compute(centre.facts_of(leg))
    assert record.complete
    assert [(talk.agent, round(talk.talked_s)) for talk in record.talks] == [("press/li", 20)]
    assert record.outcome == "answered"


def test_nobody_else_is_rung_when_that_one_does_not_answer(centre: Centre) -> None:
    centre.ready()
    centre.ready("press/li", "p2")
    leg = dial(centre, LI)
    centre.wait(10)
    assert centre.heard(leg) == "Nobody."
    assert [fact.agent for fact in centre.of(OfferMade)] == ["press/li"]
    assert [fact.why for fact in centre.of(QueueLeft)] == ["not_taken"]
    assert centre.stage(leg) == "flow"


@pytest.mark.parametrize(
    ("extension", "said"), [("9999", "No such extension."), ("1001", "Not here."), (LI, "Not here.")]
)
def test_who_cannot_be_rung(centre: Centre, extension: str, said: str) -> None:
    centre.ready()
    leg = dial(centre, extension)
    assert centre.heard(leg) == said
    assert centre.of(OfferMade) == []


def test_who_talks_is_busy(centre: Centre) -> None:
    centre.ready("press/li", "p2")
    first = dial(centre, LI)
    centre.pick_up("p2")
    second = dial(centre, LI)
    assert (centre.stage(first), centre.heard(second)) == ("talking", "Engaged.")


def test_who_is_not_ready_is_busy(centre: Centre) -> None:
    centre.ready("press/li", "p2")
    centre.control.set_agent("press/li", "not_ready", reason="meal", who="anna")
    assert centre.heard(dial(centre, LI)) == "Engaged."


def test_the_caller_leaves_while_it_rings(centre: Centre) -> None:
    centre.ready("press/li", "p2")
    leg = dial(centre, LI)
    centre.leave(leg)
    centre.wait(1)
    assert not centre.rings("p2")
    assert [str(fact.outcome) for fact in centre.of(ContactEnded)] == ["abandoned"]


@pytest.mark.parametrize("moment", ["waiting", "joining"])
def test_after_a_restart_that_one_alone_is_rung_anew(centre: Centre, moment: str) -> None:
    centre.ready()
    centre.ready("press/li", "p2")
    leg = dial(centre, LI)
    if moment == "joining":
        centre.crash_when(lambda: centre.stage(leg) == "joining")
        centre.exchange.pick_up("p2")
        centre.wait(0)
    else:
        centre.crash()
    centre.restart()
    centre.wait(2)
    assert not centre.rings("p1")
    if centre.rings("p2"):
        centre.pick_up("p2")
    assert centre.stage(leg) == "talking"
    assert {fact.agent for fact in centre.of(OfferMade)} == {"press/li"}
    assert [fact.agent for fact in centre.of(AgentConnected)] == ["press/li"]


def test_who_is_sent_on_waits_in_a_queue_and_comes_back_to_the_same_end(centre: Centre) -> None:
    centre.ready("press/li", "p2")
    leg = dial(centre, LI)
    centre.pick_up("p2")
    centre.ready()
    assert centre.exchange.transfer(centre.exchange.leg_on("p2"), WANG)
    centre.wait(0.2)
    centre.leave(centre.exchange.leg_on("p2"))
    centre.wait(1)
    centre.pick_up()
    assert centre.stage(leg) == "talking"
    centre.put_down()
    centre.wait(0.1)
    assert centre.heard(leg) == "Goodbye."
