"""Flows that connect their callers with numbers outside, on the simulated switch, by way of the guard."""

from __future__ import annotations

import pytest

from core.facts import (
    ChoiceMade,
    ContactEnded,
    OutsideConnected,
    OutsideDialled,
    OutsideEnded,
    OutsideLeft,
    OutsideRefused,
    QueueLeft,
)
from tests.unit.vcc.calls import outside
from tests.unit.vcc.calls.centre import SECONDS, Centre

MAIN = """
steps:
  - transfer:
      to: "NUMBER"
      ring: 20s
      no_answer: {say: {en: Nobody.}}
      busy: {say: {en: Engaged.}}
      refused: {say: {en: Refused.}}
      unavailable: {say: {en: No line.}}
      after: {say: {en: Goodbye.}}
"""


def centre(number: str = outside.MOBILE) -> Centre:
    files = outside.texts()
    files["tenants/press/flows/main.yaml"] = MAIN.replace("NUMBER", number)
    return outside.centre(files=files)


def rings(found: Centre) -> bool:
    return bool(found.exchange.outside[outside.FIRST].legs)


def test_they_talk_and_the_flow_goes_on_afterwards() -> None:
    found = centre()
    leg = found.call()
    found.wait(1)
    assert (found.stage(leg), rings(found)) == ("waiting", True)
    assert [(str(fact.purpose), fact.agent) for fact in found.of(OutsideDialled)] == [("flow", "")]
    found.pick_up(outside.FIRST)
    assert found.stage(leg) == "talking"
    assert [fact.number for fact in found.of(OutsideConnected)] == [outside.MOBILE]
    found.put_down(outside.FIRST)
    assert found.heard(leg) == "Goodbye."
    assert [str(fact.by) for fact in found.of(OutsideLeft)] == ["outside"]
    found.wait(SECONDS + 1)
    assert found.end() == ("answered", "flow")
    assert found.of(QueueLeft) == []


def test_the_caller_leaves_while_it_rings() -> None:
    found = centre()
    leg = found.call()
    found.wait(1)
    found.leave(leg)
    found.wait(1)
    assert not rings(found)
    assert len(found.of(OutsideEnded)) == len(found.of(ContactEnded)) == 1
    assert found.of(QueueLeft) == []


def test_the_caller_leaves_the_conversation() -> None:
    found = centre()
    leg = found.call()
    found.wait(1)
    found.pick_up(outside.FIRST)
    found.leave(leg)
    found.wait(1)
    assert not rings(found)
    assert [str(fact.by) for fact in found.of(OutsideLeft)] == ["caller"]


def test_nobody_answers() -> None:
    found = centre()
    leg = found.call()
    found.wait(21)
    assert found.heard(leg) == "Nobody."
    assert not rings(found)


def test_it_is_refused_there() -> None:
    found = centre()
    leg = found.call()
    found.wait(1)
    found.exchange.refuse(outside.FIRST)
    found.wait(0.1)
    assert found.heard(leg) == "Engaged."


@pytest.mark.parametrize("number", ["0019005551234", "{caller}", "98", "{argument}", "sip:x@y", "100"])
def test_what_the_guard_does_not_let_is_not_dialled(number: str) -> None:
    found = centre(number)
    leg = found.call()
    found.wait(0.1)
    assert found.heard(leg) == "Refused."
    assert found.of(OutsideDialled) == []
    assert len(found.of(OutsideRefused)) == 1


def test_no_line() -> None:
    found = centre()
    for trunk in ("carrier", "second"):
        found.exchange.set_trunk(trunk, reachable=False)
    leg = found.call()
    found.wait(0.1)
    assert found.heard(leg) == "No line."


def test_the_next_trunk() -> None:
    found = centre()
    found.exchange.set_trunk("carrier", congested=True)
    leg = found.call()
    found.wait(1)
    found.pick_up(outside.SECOND)
    assert found.stage(leg) == "talking"
    assert len(found.of(OutsideDialled)) == 2


def test_a_crash_while_it_rings() -> None:
    """It is rung anew, and once."""
    found = centre()
    leg = found.call()
    found.wait(1)
    found.restart()
    found.wait(2)
    assert len(found.exchange.outside[outside.FIRST].legs) == 1
    found.pick_up(outside.FIRST)
    assert found.stage(leg) == "talking"
    found.put_down(outside.FIRST)
    assert found.heard(leg) == "Goodbye."


def test_a_crash_in_the_conversation() -> None:
    found = centre()
    leg = found.call()
    found.wait(1)
    found.pick_up(outside.FIRST)
    found.restart()
    found.wait(1)
    assert found.stage(leg) == "talking"
    found.put_down(outside.FIRST)
    found.wait(1)
    assert found.heard(leg) == "Goodbye."


def test_a_new_configuration_and_an_operator_leave_it_alone() -> None:
    found = centre()
    leg = found.call()
    found.wait(1)
    found.hub.configure(found.floor.directory, found.bundle.flows_with(found.recordings))
    found.wait(1)
    assert (found.stage(leg), rings(found)) == ("waiting", True)
    assert all(queue.waiting == 0 for queue in found.control.queues())
    assert [fact.choice for fact in found.of(ChoiceMade)] == []
