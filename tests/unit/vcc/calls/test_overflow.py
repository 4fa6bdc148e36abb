"""Beyond a bound, and when a condition of a queue holds: where callers go, why, and that it is told afterwards."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.errors import NotFoundError
from core.facts import (
    CallOverflowed,
    CommandGiven,
    ContactArrived,
    ContactQueued,
    ContactRefused,
    LadderClimbed,
    QueueLeft,
    dump,
)
from tests.unit.vcc.calls.centre import NUMBERS, PINS, Centre
from tests.unit.vcc.calls.configuration import TEXTS
from vcc.cli.explaining import told

if TYPE_CHECKING:
    from core.facts import Fact

TENANT, QUEUES = "tenants/press/tenant.yaml", "tenants/press/queues.yaml"
#: Where callers are led: said something, then the other queue.
SPILL = "steps: [{say: {en: All lines are busy.}}, {queue: editors}]\n"
SHIPPED = re.sub(
    r'\{zh-CN: ("[^"]*"|[^,]*), en:',
    "{en:",
    (Path(__file__).parents[4] / "config" / "flows" / "overflow.yaml").read_text(encoding="utf-8"),
)


def texts(tenant: str = "", orders: str = "", *, flow: str = SPILL) -> dict[str, str]:
    """The press with more in its tenant.yaml, and more keys of its queue for orders."""
    return {
        **TEXTS,
        "platform.yaml": TEXTS["platform.yaml"].replace("codes: {", 'codes: {"*07": overflow, '),
        "flows/overflow.yaml": SHIPPED,
        "agents.yaml": TEXTS["agents.yaml"].replace("[press, chess]", "[press, chess], supervises: [press]"),
        TENANT: _changed(TEXTS[TENANT], tenant),
        QUEUES: TEXTS[QUEUES]
        .replace("max_waiting: 1", "max_waiting: 9")
        .replace("ring_s: 10,", f"ring_s: 10, {orders}," if orders else "ring_s: 10,", 1),
        "tenants/press/flows/spill.yaml": flow,
    }


def _changed(text: str, changes: str) -> str:
    for change in filter(None, changes.split(" | ")):
        before, _, after = change.partition(" => ")
        assert before in text, before
        text = text.replace(before, after)
    return text


def overflows(centre: Centre, leg: str) -> list[CallOverflowed]:
    return [fact for fact in centre.facts_of(leg) if isinstance(fact, CallOverflowed)]


def explained(centre: Centre, leg: str) -> str:
    facts = [{"fact": type(f).__name__, **dump(f)} for f in centre.facts_of(leg)]
    return "\n".join(told({"facts": facts, "waits": None}, "en", 0.0))


def queues_of(facts: list[Fact]) -> list[str]:
    return [fact.queue for fact in facts if isinstance(fact, ContactQueued)]


# --- calls at once ---


def test_calls_of_a_number_beyond_its_bound_get_the_numbers_answer() -> None:
    centre = Centre(texts("flow: main} => flow: main, calls: 2, busy: {say: {en: Two at most.}}}"))
    first, _ = centre.call(), centre.call()
    third = centre.call()
    assert centre.heard(third) == "Two at most."
    assert centre.of(ContactRefused)[-1].reason == "tenant_busy"
    centre.leave(first)
    assert centre.heard(centre.call()) == "Welcome."


def test_a_number_without_an_answer_has_that_of_its_tenant() -> None:
    centre = Centre(texts("flow: main} => flow: main, calls: 0}"))
    assert centre.heard(centre.call()) == "All lines are busy."
    assert centre.of(ContactRefused)[-1].treatment == "say"


@pytest.mark.parametrize(("bound", "why"), [("calls: 1", "number_calls"), ("", "calls")])
def test_calls_beyond_the_bound_are_led_elsewhere_by_a_flow(bound: str, why: str) -> None:
    number = f"flow: main}} => flow: main, {bound}}} | " if bound else "calls: 4 => calls: 1 | "
    centre = Centre(texts(number + "tenant_busy: {say: {en: All lines are busy.}} => tenant_busy: {flow: spill}"))
    centre.call()
    leg = centre.call()
    centre.wait(3)
    assert queues_of(centre.facts_of(leg)) == ["press/editors"]
    [fact] = overflows(centre, leg)
    assert (fact.why, fact.flow) == (why, "press/spill")
    assert centre.floor.admitted_calls("press") == 1
    assert len(centre.floor.beyond["press"]) == 1
    assert "calls at once are used up (1 of" in explained(centre, leg)
    centre.leave(leg)
    assert not centre.floor.beyond["press"]


def test_no_more_are_led_elsewhere_than_may_be_beyond() -> None:
    changes = (
        "calls: 4 => calls: 0, beyond: 1 | tenant_busy: {say: {en: All lines are busy.}} => tenant_busy: {flow: spill}"
    )
    centre = Centre(texts(changes))
    first = centre.call()
    assert centre.stage(first) == "flow"
    centre.call()
    assert centre.ends() == ["tenant_busy"]


def test_a_flow_that_leads_back_to_the_full_number_ends_by_itself() -> None:
    changes = "calls: 4 => calls: 0 | tenant_busy: {say: {en: All lines are busy.}} => tenant_busy: {flow: spill}"
    flow = "steps: [{switch: {on: number, is: {'100': {number: '100'}}, else: hang_up}}]\n"
    centre = Centre(texts(changes, flow=flow))
    centre.call()
    assert centre.ends() == ["failed"]
    assert len(overflows(centre, centre.of(ContactArrived)[0].leg)) < 25


# --- callers who wait ---


def test_callers_of_a_number_who_may_not_wait_get_its_answer() -> None:
    centre = Centre(texts("flow: main} => flow: main, waiting: 1, full: {say: {en: One may wait.}}}"))
    centre.waiting()
    leg = centre.waiting("556")
    centre.wait(0.1)
    assert centre.heard(leg) == "One may wait."
    assert centre.of(ContactRefused)[-1].reason == "queue_full"


def test_who_may_not_wait_is_put_through_if_somebody_is_free() -> None:
    centre = Centre(texts("flow: main} => flow: main, waiting: 0}"))
    centre.talking()
    assert centre.ends() == []


def test_a_full_queue_whose_flow_has_no_way_leads_elsewhere() -> None:
    changes = "waiting: 3 => waiting: 1 | queue_full: {say: {en: Too many wait.}} => queue_full: {flow: spill}"
    centre = Centre(texts(changes, flow="steps: [{say: {en: Leave a message.}}, hang_up]\n"))
    centre.waiting()
    leg = centre.waiting("556")
    centre.wait(0.5)
    assert centre.heard(leg) == "Leave a message."
    assert [fact.why for fact in overflows(centre, leg)] == ["full"]


# --- conditions of a queue ---


def test_so_many_wait_already() -> None:
    centre = Centre(texts(orders="overflow: [{waiting: 2, flow: spill}]"))
    for caller in ("551", "552"):
        assert queues_of(centre.facts_of(centre.waiting(caller))) == ["press/orders"]
    leg = centre.waiting("553")
    centre.wait(3)
    assert queues_of(centre.facts_of(leg)) == ["press/editors"]
    [fact] = overflows(centre, leg)
    assert (fact.why, fact.queue, fact.detail) == ("waiting", "press/orders", "2 of 2")
    assert "press/orders overflowed: so many waited already (2 of 2): led into press/spill" in explained(centre, leg)


def test_the_step_of_a_ladder_begins_at_the_same_size() -> None:
    centre = Centre(texts(orders="overflow: [{waiting: 2, step: 1}], ladder: [{after_s: 600, raises: 1}]"))
    legs = [centre.waiting(caller) for caller in ("551", "552", "553")]
    assert [len(overflows(centre, leg)) for leg in legs] == [0, 0, 1]


def test_who_would_wait_for_too_long_goes_elsewhere() -> None:
    centre = Centre(texts(orders="overflow: [{wait_over_s: 200, flow: spill}]"))
    nobody_there = centre.waiting("550")
    centre.wait(3)
    centre.leave(nobody_there)
    centre.ready()
    first = centre.waiting("551")  # is rung for
    second = centre.waiting("552")
    centre.wait(3)
    assert [queues_of(centre.facts_of(leg))[0] for leg in (nobody_there, first, second)] == [
        "press/editors", "press/orders", "press/editors",
    ]  # fmt: skip
    assert [fact.detail for leg in (nobody_there, second) for fact in overflows(centre, leg)] == [
        "∞ > 200 s", "360 s > 200 s",
    ]  # fmt: skip
    assert "the expected wait was too long (360 s > 200 s)" in explained(centre, second)


def test_nobody_is_there_goes_for_who_comes_and_for_who_waits_when_the_last_leaves() -> None:
    centre = Centre(texts(orders="overflow: [{agents_below: 1, flow: spill}]"))
    centre.talking()
    waits = centre.waiting("556")
    assert centre.session(waits).queue == "press/orders"
    centre.wait(30)
    centre.control.set_agent("press/wang", "not_ready", who="wang")
    centre.wait(3)
    assert [fact.why for fact in centre.facts_of(waits) if isinstance(fact, QueueLeft)] == ["overflow"]
    assert centre.session(waits).queue == "press/editors"
    ticket = centre.floor.router.ticket(centre.session(waits).contact)
    assert ticket is not None
    assert centre.clock.now() - ticket.queued_at > 30, "the time waited is kept"
    leg = centre.waiting("557")
    centre.wait(3)
    assert overflows(centre, leg)[0].detail == "0 of 1"


def test_a_node_is_down_and_the_ladder_is_gone_up_at_once() -> None:
    ladder = "ladder: [{after_s: 100, skills: {}, raises: 7}], overflow: [{nodes_down: [n2], step: 1}]"
    more = texts(orders=ladder)
    more["platform.yaml"] = more["platform.yaml"].replace(
        "n1: {kind: simulated}", "n1: {kind: simulated}, n2: {kind: simulated}"
    )
    centre = Centre(more, nodes=("n1", "n2"))
    waits = centre.waiting()
    assert overflows(centre, waits) == []
    centre.switches["n2"].go_down()
    centre.wait(1)
    [fact] = overflows(centre, waits)
    assert (fact.why, fact.detail, fact.rung) == ("node_down", "n2", 1)
    assert [(f.rung, f.priority) for f in centre.of(LadderClimbed)] == [(1, 57)]


def test_the_switch_moves_those_who_wait_and_all_who_come() -> None:
    centre = Centre(texts(orders="overflow: [{switch: true, flow: spill}]"))
    waits = centre.waiting()
    centre.control.turn_overflow("press", on=True, who="anna", queue="orders", reason="storm")
    centre.wait(3)
    assert centre.session(waits).queue == "press/editors"
    assert [(f.command, f.target, f.reason) for f in centre.of(CommandGiven)] == [
        ("overflow_on", "press/orders", "storm")
    ]
    assert "the switch was on, turned by (anna)" in explained(centre, waits)
    centre.restart()
    assert [switch.by for switch in centre.control.overflow_switches("press")] == ["anna"]
    comes = centre.waiting("556")
    centre.wait(3)
    assert centre.session(comes).queue == "press/editors"
    centre.control.turn_overflow("press", on=False, who="anna", queue="orders")
    back = centre.waiting("557")
    centre.wait(3)
    assert centre.session(back).queue == "press/orders"
    with pytest.raises(NotFoundError):
        centre.control.turn_overflow("press", on=True, who="anna", queue="nonesuch")
    with pytest.raises(NotFoundError):
        centre.control.turn_overflow("nonesuch", on=True, who="anna")


def test_a_caller_who_is_led_back_into_the_queue_waits_there() -> None:
    flow = "steps: [{say: {en: Please hold.}}, {queue: orders}]\n"
    centre = Centre(texts(orders="overflow: [{switch: true, flow: spill}]", flow=flow))
    centre.control.turn_overflow("press", on=True, who="anna")
    leg = centre.waiting()
    centre.wait(5)
    assert queues_of(centre.facts_of(leg)) == ["press/orders"]
    assert len(overflows(centre, leg)) == 1


def test_who_is_being_rung_for_is_left_alone() -> None:
    centre = Centre(texts(orders="overflow: [{switch: true, flow: spill}]"))
    centre.ready()
    leg = centre.waiting()
    centre.wait(0.1)
    assert centre.rings()
    centre.control.turn_overflow("press", on=True, who="anna")
    centre.pick_up()
    centre.wait(1)
    assert centre.stage(leg) == "talking"


def dials(centre: Centre, *, pin: str = "") -> str:
    leg = centre.call("*07", phone="p3")
    for keys in (NUMBERS["lin"], pin or PINS["lin"]):
        centre.press(leg, keys + "#")
        centre.wait(0)
    centre.wait(0.2)
    return leg


def test_the_switch_is_turned_by_telephone_with_number_and_pin() -> None:
    centre = Centre(texts(orders="overflow: [{switch: true, flow: spill}]"))
    leg = dials(centre)
    assert centre.heard(leg) == "The overflow switch of"
    centre.press(leg, "1")
    centre.wait(0.2)
    assert centre.heard(leg) == "It is on now."
    assert [switch.by for switch in centre.control.overflow_switches("press")] == ["lin"]
    leg = dials(centre)
    centre.press(leg, "1")
    centre.wait(0.2)
    assert centre.heard(leg) == "It is off now."
    assert centre.heard(dials(centre, pin="9999")) == "The number or the PIN is wrong."
    assert [fact.command for fact in centre.of(CommandGiven)] == ["overflow_on", "overflow_off"]


def test_a_queue_has_no_more_agents_than_it_may_and_that_is_told() -> None:
    centre = Centre(texts(orders="most_agents: 1"))
    centre.talking()
    centre.ready("press/li", "p2")
    leg = centre.waiting("556")
    centre.wait(1)
    assert not centre.rings("p2")
    contact = centre.session(leg).contact
    waits = centre.control.waits_for(contact)
    assert waits is not None
    assert waits.able == {"talking": 1, "most_agents": 1}
    centre.put_down()
    centre.wait(0.5)
    assert centre.rings("p2"), "whoever is free, while the other wraps up"
