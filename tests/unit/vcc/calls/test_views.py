"""What is seen of a conversation while it is held, muted, parked, consulted about and supervised."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from core.facts import AgentMuted, AgentUnmuted
from telephony.port import CommandFailed
from tests.unit.vcc.calls import outside
from tests.unit.vcc.calls.centre import Centre
from tests.unit.vcc.calls.configuration import TEXTS
from tests.unit.vcc.calls.outside import FIRST, MOBILE
from tests.unit.vcc.calls.test_conversing import do
from tests.unit.vcc.calls.test_listening import TEXTS_HERE, listens
from tests.unit.vcc.calls.test_transfers import HERE

if TYPE_CHECKING:
    from vcc.calls.control import LiveCall


@pytest.fixture
def centre() -> Centre:
    return Centre(HERE)


def seen(centre: Centre, leg: str) -> LiveCall:
    contact = centre.session(leg).contact
    return next(call for call in centre.control.calls() if call.contact == contact)


def test_hold(centre: Centre) -> None:
    leg = centre.talking()
    began = seen(centre, leg)
    assert (began.state, began.held, began.muted) == ("talking", False, False)
    centre.wait(10)
    do(centre, leg, "hold")
    centre.wait(5)
    held = seen(centre, leg)
    assert (held.state, held.held, held.agent) == ("held", True, "press/wang")
    assert held.since > began.since
    do(centre, leg, "resume")
    again = seen(centre, leg)
    assert (again.state, again.held, again.since) == ("talking", False, began.since)


def test_mute_lasts_as_long_as_the_agent_is_there(centre: Centre) -> None:
    leg = centre.talking()
    do(centre, leg, "mute")
    do(centre, leg, "mute")
    assert seen(centre, leg).muted
    centre.restart()
    assert seen(centre, leg).muted
    do(centre, leg, "unmute")
    assert not seen(centre, leg).muted
    do(centre, leg, "mute")
    centre.ready("press/li", "p2")
    centre.control.transfer(centre.session(leg).contact, "agent", "press/li", who="anna")
    centre.pick_up("p2")
    assert not seen(centre, leg).muted
    assert [type(fact) for fact in centre.facts if isinstance(fact, AgentMuted | AgentUnmuted)] == [
        AgentMuted, AgentUnmuted, AgentMuted,
    ]  # fmt: skip
    assert {fact.agent for fact in centre.of(AgentMuted)} == {"press/wang"}


def test_a_mute_that_the_switch_cannot_do_is_none(centre: Centre) -> None:
    leg = centre.talking()
    do(centre, leg, "mute")
    agent = centre.session(leg).agent_leg
    failed = CommandFailed(node="n1", at=centre.clock.now(), leg=agent, command="Mute", detail="no")
    centre.hub.handle(failed)
    assert not seen(centre, leg).muted
    centre.hub.handle(replace(failed, leg="vcc-nobody"))
    assert len(centre.of(AgentUnmuted)) == 1


def test_parked(centre: Centre) -> None:
    leg = centre.talking()
    slot = centre.control.park(centre.session(leg).contact, who="anna")
    centre.wait(0.2)
    parked = seen(centre, leg)
    assert (parked.state, parked.slot, parked.agent, parked.left_agent) == ("parked", slot, "", "press/wang")
    centre.ready("press/li", "p2")
    centre.control.retrieve(parked.contact, "press/li", who="anna")
    centre.pick_up("p2")
    assert (seen(centre, leg).state, seen(centre, leg).slot) == ("talking", "")


def test_a_consultation_and_the_conference_that_comes_of_it(centre: Centre) -> None:
    leg = centre.talking()
    centre.ready("press/li", "p2")
    centre.wait(5)
    centre.control.consult(centre.session(leg).contact, "agent", "press/li", who="anna")
    centre.wait(0.5)
    call = seen(centre, leg)
    assert (call.state, call.consultation, call.consulted, call.held) == ("consulting", "ringing", "press/li", True)
    centre.pick_up("p2")
    assert seen(centre, leg).consultation == "talking"
    do(centre, leg, "alternate")
    call = seen(centre, leg)
    assert (call.state, call.consultation, call.held) == ("consulting", "alternated", False)
    centre.wait(5)
    do(centre, leg, "conference")
    call = seen(centre, leg)
    assert (call.state, call.consulted, call.held) == ("conference", "press/li", False)
    assert call.since == pytest.approx(centre.clock.now(), abs=1)
    do(centre, leg, "cancel")
    assert (seen(centre, leg).state, seen(centre, leg).consulted) == ("talking", "")


def test_a_number_outside() -> None:
    centre = outside.centre()
    leg = centre.talking()
    centre.control.transfer(centre.session(leg).contact, "outside", MOBILE, who="anna")
    centre.pick_up(FIRST)
    call = seen(centre, leg)
    assert (call.state, call.outside, call.agent) == ("talking", MOBILE, "")


def test_the_greeting_is_read_also_by_who_does_not_want_to_hear_it() -> None:
    queues = TEXTS["tenants/press/queues.yaml"].replace("orders: {", 'orders: {whisper: {en: "{queue} of {tenant}."}, ')
    agents = TEXTS["tenants/press/agents.yaml"].replace("number: 2001", "number: 2001, whisper: false")
    centre = Centre({**TEXTS, "tenants/press/queues.yaml": queues, "tenants/press/agents.yaml": agents})
    leg = centre.talking()
    contact = centre.session(leg).contact
    assert centre.control.greeting(contact, "press/wang") == "Orders of Press."
    assert centre.control.greeting(contact, "nobody") == centre.control.greeting("nothing", "press/wang") == ""


def test_one_is_as_in_the_list(centre: Centre) -> None:
    leg = centre.talking()
    call = seen(centre, leg)
    assert centre.control.call(call.contact) == call
    assert centre.control.call("nothing") is None
    assert centre.control.agent("press/wang") in centre.control.agents()
    assert centre.control.agent("nobody") is None
    assert centre.control.parked() == []
    centre.control.park(call.contact, who="anna")
    assert [one.contact for one in centre.control.parked()] == [call.contact]


def test_supervisors_by_command(centre: Centre) -> None:
    leg = centre.talking()
    centre.control.supervise(centre.session(leg).contact, "p3", "listen", who="user:anna")
    centre.wait(0.2)
    (rung,) = seen(centre, leg).supervisors
    assert (rung.who, rung.phone, rung.mode, rung.hears) == ("user:anna", "p3", "listen", False)
    centre.pick_up("p3")
    centre.control.supervise(centre.session(leg).contact, "p3", "whisper", who="user:anna")
    centre.wait(0.2)
    (hearing,) = seen(centre, leg).supervisors
    assert (hearing.mode, hearing.hears) == ("whisper", True)
    centre.put_down("p3")
    assert seen(centre, leg).supervisors == ()


def test_supervisors_by_dialled_code() -> None:
    centre = Centre(TEXTS_HERE)
    leg = centre.talking()
    mine = listens(centre)
    centre.press(mine, "6")
    (hearing,) = seen(centre, leg).supervisors
    assert (hearing.who, hearing.phone, hearing.mode, hearing.hears) == ("lin", "p3", "barge", True)
    centre.leave(mine)
    assert seen(centre, leg).supervisors == ()
