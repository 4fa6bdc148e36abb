"""Agents and their phones: what an offer can come to, signing in, and what follows a conversation."""

from __future__ import annotations

import pytest

from core.facts import AgentLeft, ContactEnded, OfferEnded, SignInRefused
from telephony.port import Cause
from telephony.simulated.phones import Busy
from tests.unit.vcc.calls.centre import NUMBERS, PINS, Centre
from tests.unit.vcc.calls.configuration import TEXTS


@pytest.fixture
def centre() -> Centre:
    return Centre()


def outcomes(centre: Centre) -> list[tuple[str, str]]:
    return [(offer.agent, str(offer.outcome)) for offer in centre.of(OfferEnded)]


def test_the_phone_shows_who_calls_whom(centre: Centre) -> None:
    centre.ready()
    centre.waiting()
    centre.wait(0.5)
    line = centre.exchange.line(centre.exchange.leg_on("p1"))
    assert (line.shown_number, line.shown_name) == ("555", "Press Orders")
    assert (line.alert, line.auto_answer) == ("", False)
    assert centre.phase() == "ringing"


def test_what_the_tenant_queue_agent_and_phone_want_of_the_phone() -> None:
    queues = TEXTS["tenants/press/queues.yaml"].replace("ring_s: 10,", "ring_s: 10, alert: press-2,")
    agents = TEXTS["tenants/press/agents.yaml"].replace("number: 2001,", "number: 2001, auto_answer: true,")
    texts = {
        **TEXTS,
        "phones.yaml": "p1: {node: n1}\np2: {node: n1, auto_answer: true}\np3: {node: n1}\n",
        "tenants/press/tenant.yaml": TEXTS["tenants/press/tenant.yaml"] + "shows_caller: false\n",
        "tenants/press/queues.yaml": queues,
        "tenants/press/agents.yaml": agents,
    }
    for agent, phone, by_itself in (("press/wang", "p1", True), ("press/li", "p2", True), ("press/li", "p3", False)):
        centre = Centre(texts)
        centre.ready(agent, phone)
        centre.waiting()
        centre.wait(0.5)
        line = centre.exchange.line(centre.exchange.leg_on(phone))
        assert (line.shown_number, line.alert, line.auto_answer) == ("100", "press-2", by_itself)


def test_no_answer_and_the_next_agent(centre: Centre) -> None:
    centre.ready()
    leg = centre.waiting()
    since = centre.session(leg).queued_at
    centre.wait(9)
    centre.ready("press/li", "p2")
    centre.wait(3)
    assert outcomes(centre) == [("press/wang", "no_answer")]
    assert (centre.phase(), centre.rings("p1"), centre.rings("p2")) == ("unresponsive", False, True)
    assert centre.session(leg).queued_at == since
    centre.wait(30)
    assert centre.phase() != "unresponsive"


def test_busy(centre: Centre) -> None:
    centre.exchange.phones["p1"].behaviour = Busy()
    centre.ready()
    leg = centre.waiting()
    centre.wait(1)
    assert outcomes(centre) == [("press/wang", "busy")]
    assert (centre.stage(leg), centre.phase()) == ("waiting", "unresponsive")


def test_refused(centre: Centre) -> None:
    centre.ready()
    leg = centre.waiting()
    centre.wait(1)
    centre.exchange.refuse("p1")
    centre.wait(0)
    assert outcomes(centre) == [("press/wang", "refused")]
    assert (centre.stage(leg), centre.phase()) == ("waiting", "unresponsive")


def test_unreachable_phones_are_not_rung(centre: Centre) -> None:
    centre.ready()
    centre.exchange.set_reachable("p1", reachable=False)
    leg = centre.waiting()
    centre.wait(1)
    assert (centre.stage(leg), outcomes(centre)) == ("waiting", [])
    centre.exchange.set_reachable("p1", reachable=True)
    centre.wait(1)
    assert centre.rings()


def test_unplugged_while_nobody_had_heard_of_it(centre: Centre) -> None:
    centre.ready()
    centre.exchange.phones["p1"].reachable = False
    centre.waiting()
    centre.wait(0.5)
    assert outcomes(centre)[0] == ("press/wang", "unreachable")


def test_a_phone_that_dies_while_it_rings_ends_the_offer_and_the_next_is_rung_at_once(centre: Centre) -> None:
    centre.ready()
    leg = centre.waiting()
    since = centre.session(leg).queued_at
    centre.wait(1)
    centre.ready("press/li", "p2")
    ringing = centre.exchange.leg_on("p1")
    centre.exchange.set_reachable("p1", reachable=False)
    centre.wait(0.1)
    assert outcomes(centre) == [("press/wang", "unreachable")]
    assert (centre.rings("p1"), centre.rings("p2")) == (False, True)
    assert ringing not in centre.exchange.legs
    assert centre.session(leg).queued_at == since
    agent = next(a for a in centre.control.agents() if a.agent == "press/wang")
    assert (agent.phase, agent.reachable) == ("unresponsive", False)
    assert agent.failed == "unreachable: the phone was lost while it rang (unplugged)"
    centre.pick_up("p2")
    assert centre.stage(leg) == "talking"
    centre.exchange.set_reachable("p1", reachable=True)
    centre.ready()
    assert next(a for a in centre.control.agents() if a.agent == "press/wang").failed == ""


def test_a_node_that_cannot_be_heard_ends_no_offer(centre: Centre) -> None:
    centre.ready()
    centre.waiting()
    centre.wait(1)
    centre.switch.go_down()
    centre.wait(0)
    assert centre.rings()
    assert outcomes(centre) == []


def test_a_phone_that_is_lost_in_a_conversation_ends_nothing(centre: Centre) -> None:
    leg = centre.talking()
    centre.exchange.set_reachable("p1", reachable=False)
    centre.wait(1)
    assert centre.stage(leg) == "talking"


def test_the_caller_leaves_while_the_phone_rings(centre: Centre) -> None:
    centre.ready()
    leg = centre.waiting()
    centre.wait(1)
    phone = centre.exchange.leg_on("p1")
    centre.leave(leg)
    assert centre.end() == ("abandoned", "caller")
    assert outcomes(centre) == [("press/wang", "withdrawn")]
    assert centre.exchange.line(phone).ended is Cause.ELSEWHERE
    assert centre.phase() == "idle"


@pytest.mark.parametrize("caller_first", [True, False])
def test_picked_up_as_the_caller_leaves(centre: Centre, *, caller_first: bool) -> None:
    centre.ready()
    leg = centre.waiting()
    centre.wait(1)
    if caller_first:
        centre.exchange.hang_up(leg)
        centre.exchange.pick_up("p1")
    else:
        centre.exchange.pick_up("p1")
        centre.exchange.hang_up(leg)
    centre.wait(1)
    assert len(centre.of(ContactEnded)) == 1
    assert centre.exchange.legs == {}
    assert centre.phase() in ("idle", "wrap_up")
    assert len(centre.of(OfferEnded)) == 1


def test_put_down_right_after_picking_up_keeps_the_callers_place(centre: Centre) -> None:
    centre.ready()
    leg = centre.waiting()
    since = centre.session(leg).queued_at
    centre.wait(1)
    centre.exchange.pick_up("p1")
    centre.exchange.agent_hangs_up("p1")
    centre.wait(0.5)
    assert (centre.stage(leg), centre.session(leg).queued_at) == ("waiting", since)
    centre.ready("press/li", "p2")
    centre.pick_up("p2")
    assert centre.stage(leg) == "talking"


def test_no_more_offers_after_signing_out(centre: Centre) -> None:
    centre.ready()
    leg = centre.waiting()
    centre.wait(1)
    centre.control.set_agent("press/wang", "signed_out", who="anna")
    centre.wait(0.5)
    assert (centre.rings(), centre.stage(leg), centre.phase()) == (False, "waiting", "signed_out")
    assert len(outcomes(centre)) == 1


def test_not_ready_during_a_conversation_takes_effect_after_it(centre: Centre) -> None:
    centre.talking()
    centre.control.set_agent("press/wang", "not_ready", reason="meal", who="anna")
    assert centre.phase() == "talking"
    centre.put_down()
    centre.wait(10)
    centre.waiting("556")
    centre.wait(1)
    assert not centre.rings()
    assert [left.by for left in centre.of(AgentLeft)] == ["agent"]


def test_wrap_up_is_the_queues(centre: Centre) -> None:
    centre.talking()
    centre.put_down()
    centre.waiting("556")
    centre.wait(1)
    assert (centre.phase(), centre.rings()) == ("wrap_up", False)
    centre.wait(2)
    assert (centre.phase(), centre.rings()) == ("ringing", True)


def test_the_first_caller_gets_the_first_agent(centre: Centre) -> None:
    first, second = centre.waiting(), centre.waiting("556")
    centre.ready()
    centre.pick_up()
    assert (centre.stage(first), centre.stage(second)) == ("talking", "waiting")


def test_signed_in_by_code(centre: Centre) -> None:
    assert centre.sign_in() == "You are ready."
    assert centre.phase() == "idle"
    leg = centre.waiting()
    centre.pick_up()
    assert centre.stage(leg) == "talking"


def test_a_phone_that_dials_is_rung_when_that_call_is_over(centre: Centre) -> None:
    centre.waiting()
    leg = centre.call("*71", phone="p1")
    centre.press(leg, NUMBERS["press/wang"])
    centre.press(leg, PINS["press/wang"])
    centre.wait(0.5)
    assert (centre.heard(leg), centre.phase(), centre.rings()) == ("You are ready.", "idle", False)
    (wang,) = [agent for agent in centre.control.agents() if agent.agent == "press/wang"]
    assert (wang.in_use, sum(queue.agents_ready for queue in centre.control.queues())) == (True, 0)
    centre.leave(leg)
    centre.wait(0.5)
    assert centre.rings()


@pytest.mark.parametrize("over", [False, True])
def test_after_a_crash_a_phone_is_in_use_only_if_it_is(centre: Centre, *, over: bool) -> None:
    centre.ready()
    leg = centre.call("100", phone="p1")
    centre.crash()
    if over:
        centre.exchange.hang_up(leg)
    centre.start()
    centre.waiting()
    centre.wait(0.5)
    assert centre.rings() == over


def test_no_agent_stays_in_a_call_that_the_store_has_lost(centre: Centre) -> None:
    centre.ready()
    leg = centre.call("100", phone="p1")
    contact = centre.session(leg).contact
    centre.crash()
    centre.exchange.hang_up(leg)
    centre.store.delete("session", contact)
    centre.start()
    centre.waiting()
    centre.wait(0.5)
    assert centre.rings()


def test_wishes_by_code(centre: Centre) -> None:
    centre.sign_in()
    for code, said in (("*74", "Done."), ("*73", "Done."), ("*72", "Done."), ("*73", "Nobody.")):
        assert centre.heard(centre.call(code, phone="p1")) == said
        centre.wait(3)
    assert centre.phase() == "signed_out"


def test_the_pin_lock(centre: Centre) -> None:
    assert [centre.sign_in(pin="8642") for _ in range(3)] == ["Wrong."] * 3
    assert centre.sign_in() == "Locked."
    assert centre.sign_in("press/li", "p2") == "You are ready."
    centre.wait(60)
    assert centre.sign_in() == "You are ready."
    assert [refused.why for refused in centre.of(SignInRefused)] == ["bad_pin"] * 3 + ["locked"]
    assert "8642" not in repr(centre.facts)


def test_a_pin_that_could_not_be_checked_is_no_guess(centre: Centre) -> None:
    centre.pins.busy = True
    assert [centre.sign_in() for _ in range(4)] == ["Try again."] * 4  # more than would lock
    assert centre.stored("guesses") == {}
    centre.pins.busy = False
    assert centre.sign_in() == "You are ready."
    assert [refused.why for refused in centre.of(SignInRefused)] == ["busy"] * 4


def test_seats_and_phones_in_use(centre: Centre) -> None:
    centre.sign_in()
    assert centre.sign_in("press/li", "p1") == "In use."
    assert centre.sign_in("press/wang", "p2") == "In use."
    assert centre.sign_in("press/li", "p2") == "You are ready."
    assert centre.sign_in("lin", "p3") == "You are ready."  # the press has two seats: for the chess club alone
    lin = centre.floor.router.agent("lin")
    assert lin is not None
    assert lin.serves == ("chess",)


def test_overview(centre: Centre) -> None:
    leg = centre.talking()
    waiting = centre.session(centre.waiting("556")).contact
    centre.wait(5)
    calls = {call.contact: call for call in centre.control.calls()}
    assert (calls[centre.session(leg).contact].state, calls[centre.session(leg).contact].agent) == (
        "talking",
        "press/wang",
    )
    assert (calls[waiting].state, calls[waiting].position, calls[waiting].queue) == ("waiting", 1, "press/orders")
    orders = next(queue for queue in centre.control.queues() if queue.queue == "press/orders")
    assert (orders.waiting, orders.talking, orders.agents_signed_in, orders.agents_ready) == (1, 1, 1, 0)
    assert orders.longest_wait_s == pytest.approx(5, abs=0.1)
    agents = {agent.agent: agent for agent in centre.control.agents()}
    assert (agents["press/wang"].phase, agents["press/wang"].phone) == ("talking", "p1")
    assert agents["lin"].wish == "signed_out"
    (node,) = centre.control.nodes()
    assert (node.up, node.legs) == (True, 3)
