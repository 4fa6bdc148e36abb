"""Callers who are called back, on the simulated switch and virtual time: asked for, dialled, reached or not, kept."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from core.errors import NotFoundError
from core.facts import (
    AgentConnected,
    CallbackAsked,
    CallbackDialled,
    CallbackFailed,
    CallbackOver,
    CallbackReached,
    ContactArrived,
    ContactEnded,
    ContactQueued,
    OutsideDialled,
    QueueLeft,
)
from reporting.record import compute
from telephony.port import Cause
from tests.unit.vcc.calls import outside
from tests.unit.vcc.calls.centre import SECONDS, Centre
from vcc.calls.arrivals import fall_back

if TYPE_CHECKING:
    from vcc.calls.callbacks import Callback

MAIN = """
steps:
  - queue:
      name: orders
      timeout: 30m
      8: {callback: {at: "23:59"}}
      9:
        - callback: {say: {en: We call you back.}, full: {queue: orders}, not_allowed: {queue: orders}}
"""
#: What stands in the tenant's file: callbacks.
SETTINGS = "callbacks: {retry_s: 60, attempts: 2, ring_s: 20, open: 2, keep_s: 7200}\n"
CALLER = outside.MOBILE


def centre(settings: str = SETTINGS, main: str = MAIN, more: str = "") -> Centre:
    files = outside.texts()
    files["tenants/press/flows/main.yaml"] = main
    files["tenants/press/tenant.yaml"] += "\n" + settings + more
    return outside.centre(files=files)


def asks(found: Centre, caller: str = CALLER, *, key: str = "9") -> str:
    """Somebody waits, presses 9, hears that it is so, and hangs up."""
    leg = found.call(caller=caller)
    found.wait(1)
    found.press(leg, key)
    found.wait(SECONDS + 1)
    return leg


def one(found: Centre) -> Callback:
    (callback,) = found.floor.callbacks.open()
    return callback


def rings(found: Centre, number: str = outside.FIRST) -> bool:
    return bool(found.exchange.outside[number].legs)


def outcomes(found: Centre) -> list[str]:
    return [str(fact.outcome) for fact in found.of(ContactEnded)]


def quiet(found: Centre) -> None:
    """Nothing is left of it."""
    assert found.floor.callbacks.open() == []
    assert found.stored("callback") == {}
    assert not found.floor.sessions
    assert list(found.floor.router.tickets()) == []
    assert not found.exchange.legs
    assert len(found.floor.healer) == 0


# --- the turn comes, agent first -----------------------------------------------------------------------------------


def test_the_agent_is_rung_then_the_caller_and_they_talk() -> None:
    found = centre()
    asks(found)
    assert outcomes(found) == ["callback"]
    assert [fact.why for fact in found.of(QueueLeft)] == ["key"]
    found.ready()
    found.wait(0.5)
    assert (found.rings(), rings(found)) == (True, False)
    found.pick_up()
    assert found.exchange.line(found.exchange.leg_on("p1")).hears.what == "Callback."  # type: ignore[union-attr]
    found.wait(SECONDS)
    assert (rings(found), found.phase()) == (True, "ringing")
    found.pick_up(outside.FIRST)
    assert found.phase() == "talking"
    assert [str(fact.purpose) for fact in found.of(OutsideDialled)] == ["callback"]
    found.wait(30)
    found.put_down()
    found.wait(1)
    assert outcomes(found) == ["callback", "answered"]
    assert [(fact.why, fact.attempts) for fact in found.of(CallbackOver)] == [("answered", 1)]
    assert found.phase() == "wrap_up"
    quiet(found)


def test_its_record_is_a_call_out_that_has_waited_for_nobody() -> None:
    found = centre()
    asks(found)
    found.wait(100)
    found.ready()
    found.pick_up()
    found.wait(SECONDS)
    found.pick_up(outside.FIRST)
    found.wait(30)
    found.exchange.hang_up(found.exchange.leg_on(outside.FIRST))
    found.wait(1)
    first, second = found.of(ContactArrived)
    record = compute(fact for fact in found.facts if fact.contact == second.contact)
    assert (record.direction, record.callback, record.caller) == ("outbound", first.contact, f"+86{CALLER}")
    assert (str(record.outcome), record.by, record.complete) == ("answered", "caller", True)
    assert (record.visits, record.agents, record.talked_s > 29) == ((), ("press/wang",), True)
    asked = compute(fact for fact in found.facts if fact.contact == first.contact)
    assert (str(asked.outcome), [visit.why for visit in asked.visits]) == ("callback", ["key"])
    quiet(found)


def test_the_place_is_kept() -> None:
    """Who came first is called back before who waits on the line, however long the choosing took."""
    found = centre()
    asks(found)
    found.wait(10)
    found.call(caller="556")
    found.wait(10)
    found.ready()
    found.wait(0.5)
    (offered,) = [state.contact for state in found.floor.router.agents()]
    assert offered == one(found).contact


def test_who_asks_for_it_later_keeps_the_time_of_the_beginning() -> None:
    found = centre()
    first = found.call(caller=CALLER)
    found.wait(20)
    found.call(caller="556")
    found.wait(20)
    found.press(first, "9")
    assert one(found).since == pytest.approx(found.of(ContactQueued)[0].at)
    found.ready()
    found.wait(0.5)
    assert [state.contact for state in found.floor.router.agents()] == [one(found).contact]


# --- not reached ---------------------------------------------------------------------------------------------------


def test_nobody_answers_and_it_is_tried_again_then_given_up() -> None:
    found = centre()
    asks(found)
    found.ready()
    found.pick_up()
    found.wait(SECONDS + 25)
    assert [(fact.attempt, fact.why) for fact in found.of(CallbackFailed)] == [(1, "no_answer")]
    assert (found.phase(), found.rings()) == ("idle", False)  # neither wrap-up nor blame
    assert found.floor.router.position(one(found).contact) is None
    found.wait(60)
    assert found.rings()
    found.pick_up()
    found.wait(SECONDS)
    found.exchange.end(found.exchange.legs[found.exchange.leg_on(outside.FIRST)], Cause.BUSY, "busy")
    found.wait(1)
    assert [(fact.attempt, fact.why, fact.next_at) for fact in found.of(CallbackFailed)][1] == (2, "busy", None)
    assert [fact.why for fact in found.of(CallbackOver)] == ["given_up"]
    assert outcomes(found) == ["callback", "not_reached", "not_reached"]
    assert (found.phase(), found.of(AgentConnected)) == ("idle", [])
    quiet(found)


def test_the_agent_does_not_pick_up_and_the_next_is_asked() -> None:
    found = centre()
    asks(found)
    found.ready()
    found.wait(11)
    assert not found.rings()
    assert one(found).attempts == 0
    found.ready("press/li", "p2")
    found.pick_up("p2")
    found.wait(SECONDS)
    found.pick_up(outside.FIRST)
    assert found.phase("press/li") == "talking"
    assert len(found.of(ContactArrived)) == 2


def test_the_agent_hangs_up_while_it_rings_there() -> None:
    found = centre()
    asks(found)
    found.ready()
    found.pick_up()
    found.wait(SECONDS + 1)
    assert rings(found)
    found.put_down()
    assert not rings(found)
    assert (one(found).attempts, found.of(CallbackFailed)) == (1, [])
    found.ready("press/li", "p2")
    found.pick_up("p2")
    found.wait(SECONDS)
    found.pick_up(outside.FIRST)
    assert found.phase("press/li") == "talking"


def test_a_line_that_is_full_is_an_attempt() -> None:
    found = centre()
    asks(found)
    for trunk in ("carrier", "second"):
        found.exchange.set_trunk(trunk, congested=True)
    found.ready()
    found.pick_up()
    found.wait(SECONDS + 1)
    assert [(fact.attempt, fact.why) for fact in found.of(CallbackFailed)] == [(1, "unavailable")]
    assert found.phase() == "idle"


# --- caller first --------------------------------------------------------------------------------------------------

CALLER_FIRST = SETTINGS.replace("callbacks: {", "callbacks: {first: caller, ")


def test_caller_first() -> None:
    found = centre(CALLER_FIRST)
    asks(found)
    found.ready()
    found.wait(1)
    assert (found.rings(), rings(found), found.phase()) == (False, True, "ringing")
    found.pick_up(outside.FIRST)
    assert found.heard(found.exchange.leg_on(outside.FIRST)).startswith("This is the call back")
    assert found.rings()
    found.wait(SECONDS + 1)
    assert found.heard(found.exchange.leg_on(outside.FIRST)) == "press/main"
    found.pick_up()
    found.wait(SECONDS)
    assert found.phase() == "talking"
    found.put_down()
    found.wait(1)
    assert outcomes(found) == ["callback", "answered"]
    quiet(found)


def test_caller_first_and_nobody_is_there() -> None:
    found = centre(CALLER_FIRST)
    asks(found)
    found.ready()
    found.wait(25)
    assert [fact.why for fact in found.of(CallbackFailed)] == ["no_answer"]
    assert (found.phase(), found.rings()) == ("idle", False)


def test_caller_first_and_the_agent_does_not_pick_up() -> None:
    """The caller is there, and waits with music for the next, whose place nobody takes."""
    found = centre(CALLER_FIRST)
    asks(found)
    found.ready()
    found.wait(1)
    found.pick_up(outside.FIRST)
    found.wait(11)
    assert (found.rings(), rings(found)) == (False, True)
    found.ready("press/li", "p2")
    found.pick_up("p2")
    found.wait(SECONDS)
    assert found.phase("press/li") == "talking"
    assert len(found.of(CallbackDialled)) == 1


def picked_up_as_the_wire_is_lost() -> tuple[Centre, str]:
    """Caller and agent are there and do not hear each other: the wire was lost in that moment; and the agent's leg."""
    found = centre(CALLER_FIRST)
    found.ready()
    asks(found)
    found.exchange.pick_up(outside.FIRST)
    found.wait(SECONDS + 1)  # what is said first
    agents = found.exchange.leg_on("p1")
    found.exchange.pick_up("p1")
    found.wait(0)
    found.switch.go_down()
    found.wait(0.2)
    assert [str(session.stage) for session in found.floor.sessions.values()] == ["joining"]
    assert not found.exchange.legs[agents].talk
    return found, agents


def test_caller_first_and_the_wire_is_lost_as_the_agent_picks_up() -> None:
    found, agents = picked_up_as_the_wire_is_lost()
    found.switch.come_back()
    found.wait(1)
    assert found.exchange.legs[agents].talk


def test_an_operator_hangs_up_who_was_to_be_joined_when_the_wire_was_lost() -> None:
    found, _ = picked_up_as_the_wire_is_lost()
    found.control.hang_up(one(found).contact, who="anna")
    found.switch.come_back()
    found.wait(5)
    assert not found.exchange.legs
    assert not found.floor.legs.agents
    assert found.phase() == "idle"


def test_caller_first_and_the_caller_hangs_up_before_the_agent() -> None:
    found = centre(CALLER_FIRST)
    asks(found)
    found.ready()
    found.wait(1)
    found.pick_up(outside.FIRST)
    found.exchange.hang_up(found.exchange.leg_on(outside.FIRST))
    found.wait(1)
    assert [(fact.why, fact.attempt) for fact in found.of(CallbackFailed)] == [("hung_up", 1)]
    assert (found.rings(), found.phase()) == (False, "idle")
    assert outcomes(found) == ["callback", "not_reached"]


# --- who answers ---------------------------------------------------------------------------------------------------

ACCEPT = SETTINGS.replace("callbacks: {", "callbacks: {accept: {en: Press 1.}, accept_s: 10, ")


def test_a_voicemail_is_no_customer() -> None:
    found = centre(ACCEPT)
    asks(found)
    found.ready()
    found.pick_up()
    found.wait(SECONDS)
    found.pick_up(outside.FIRST)
    found.wait(11)
    assert [fact.why for fact in found.of(CallbackFailed)] == ["not_accepted"]
    assert (found.of(CallbackReached), rings(found)) == ([], False)


def test_the_key_joins_them() -> None:
    found = centre(ACCEPT)
    asks(found)
    found.ready()
    found.pick_up()
    found.wait(SECONDS)
    found.pick_up(outside.FIRST)
    found.press(found.exchange.leg_on(outside.FIRST), "1")
    found.wait(1)
    assert (found.phase(), len(found.of(CallbackReached))) == ("talking", 1)


# --- one number, one callback --------------------------------------------------------------------------------------


def test_the_same_number_asks_twice() -> None:
    found = centre()
    asks(found)
    since = one(found).since
    found.wait(60)
    asks(found)
    assert (one(found).since, [fact.again for fact in found.of(CallbackAsked)]) == (since, [False, True])
    assert outcomes(found) == ["callback", "callback"]


def test_who_calls_again_and_is_answered_is_called_back_no_more() -> None:
    found = centre()
    asks(found, key="8")
    leg = found.call(caller=CALLER)
    found.ready()
    found.pick_up()
    assert found.stage(leg) == "talking"
    assert [fact.why for fact in found.of(CallbackOver)] == ["called_again"]
    assert found.stored("callback") == {}


CHANGES = """
steps:
  - queue:
      name: orders
      timeout: 30m
      9:
        - callback: {say: {en: We call you back.}}
        - callback: {queue: orders, number: "NUMBER", say: {en: There.}}
        - hang_up
""".replace("NUMBER", outside.MOBILE)


def test_who_names_another_number_in_the_same_call_has_one_callback_there() -> None:
    """Its place is in the queue already when the second number is keyed in."""
    found = centre(main=CHANGES)
    other = "13800138009"
    asks(found, other)
    found.wait(SECONDS)
    assert [(fact.number, fact.again) for fact in found.of(CallbackAsked)] == [
        (f"+86{other}", False),
        (f"+86{CALLER}", True),
    ]
    assert one(found).to == f"+86{CALLER}"
    assert len(list(found.floor.router.tickets())) == 1
    assert found.floor.callbacks.known("press", f"+86{other}") is None
    found.restart()
    assert one(found).to == f"+86{CALLER}"
    found.ready()
    found.wait(0.5)
    found.pick_up()
    found.wait(SECONDS)
    found.pick_up(outside.FIRST)
    found.wait(5)
    found.put_down()
    found.wait(1)
    assert [(fact.why, fact.attempts) for fact in found.of(CallbackOver)] == [("answered", 1)]
    quiet(found)


def test_more_than_may_be_open() -> None:
    """Who is refused goes back to the same place."""
    found = centre()
    asks(found)
    asks(found, "13900139000")
    third = found.call(caller="13700137000")
    found.wait(5)
    found.call(caller="556")
    found.wait(5)
    found.press(third, "9")
    found.wait(1)
    assert found.stage(third) == "waiting"
    waits = [ticket.contact for ticket in found.floor.router.queue("press/orders")]
    assert waits.index(found.session(third).contact) == 2


@pytest.mark.parametrize("number", ["", "0085212345678", "110", "anonymous"])
def test_a_number_that_is_not_dialled(number: str) -> None:
    found = centre()
    leg = found.call(caller=number)
    found.wait(1)
    found.press(leg, "9")
    found.wait(1)
    assert (found.stage(leg), found.floor.callbacks.open()) == ("waiting", [])


# --- at a time -----------------------------------------------------------------------------------------------------

AT = """
steps:
  - callback: {queue: orders, at: "TIME", bad_time: {say: {en: That is no time.}}, closed: {say: {en: Never.}}}
"""


def local(found: Centre, at: float) -> str:
    del found
    return f"{datetime.fromtimestamp(at, ZoneInfo('Asia/Shanghai')):%Y-%m-%d %H:%M}"


def test_at_a_time() -> None:
    found = centre()
    when = local(found, found.clock.now() + 5_400)
    found = centre(main=AT.replace("TIME", when))
    found.ready()
    found.call(caller=CALLER)
    found.wait(SECONDS + 1)
    assert local(found, one(found).due) == when
    assert list(found.floor.router.tickets()) == []
    found.wait(one(found).due - found.clock.now() - 1)
    assert not found.rings()
    found.wait(2)
    assert found.rings()


@pytest.mark.parametrize("time", ["yesterday", "2020-01-01 10:00", "2035-01-01 10:00"])
def test_a_time_that_is_none(time: str) -> None:
    found = centre(main=AT.replace("TIME", time))
    leg = found.call(caller=CALLER)
    assert found.heard(leg) == "That is no time."


_WEEK = '{weekly: [{days: [mon, tue, wed, thu, fri, sat, sun], opens: "00:00", closes: "24:00"}]}'
ALWAYS = f"hours:\n  desk: {_WEEK}\n"
OTHER = f"  office: {_WEEK}\n"
HOURS = 'hours: {desk: {weekly: [{days: [mon, tue, wed, thu, fri], opens: "09:00", closes: "18:00"}]}}\n'


def test_while_it_is_closed_it_waits_for_the_next_opening() -> None:
    found = centre(
        SETTINGS.replace("callbacks: {", "callbacks: {hours: desk, "), main=AT.replace("TIME", ""), more=HOURS
    )
    zone = ZoneInfo("Asia/Shanghai")
    found.clock.advance(datetime(2026, 3, 6, 20, 0, tzinfo=zone).timestamp() - found.clock.now())  # a Friday
    found.ready()
    found.call(caller=CALLER)
    found.wait(SECONDS + 1)
    assert local(found, one(found).due) == "2026-03-09 09:00"
    found.wait(one(found).due - found.clock.now() + 1)
    assert found.rings()


KNOWN = """
steps:
  - if: {when: callback.open, then: [{say: {en: You are on our list.}}]}
  - callback: {queue: orders, say: {en: We call you.}}
"""


def test_a_flow_knows_who_is_to_be_called_back() -> None:
    found = centre(main=KNOWN)
    assert found.heard(found.call(caller=CALLER)) == "We call you."
    found.wait(2 * SECONDS)
    assert found.heard(found.call(caller="13900139000")) == "We call you."
    assert found.heard(found.call(caller=CALLER)) == "You are on our list."


def closed(found: Centre, hours: str = "", *, by_hand: bool = True) -> None:
    found.control.close_hours("press", closed=by_hand, who="anna", hours=hours)


@pytest.mark.parametrize("hours", ["", "desk"])
def test_an_emergency_closure_holds_it_and_its_end_goes_on_at_once(hours: str) -> None:
    found = centre(SETTINGS.replace("callbacks: {", "callbacks: {hours: desk, "), more=ALWAYS)
    asks(found)
    since = one(found).since
    assert len(list(found.floor.router.tickets())) == 1
    closed(found, hours)
    assert list(found.floor.router.tickets()) == []
    found.ready()
    found.wait(50_000)  # longer than it is kept
    assert not found.rings()
    closed(found, hours, by_hand=False)
    found.wait(0.1)
    assert found.rings()
    assert one(found).since == since


def test_a_closure_of_other_hours_holds_nothing() -> None:
    found = centre(SETTINGS.replace("callbacks: {", "callbacks: {hours: desk, "), more=ALWAYS + OTHER)
    asks(found)
    closed(found, "office")
    found.ready()
    found.wait(0.1)
    assert found.rings()


def test_who_is_held_is_held_after_a_restart_and_goes_on_with_the_opening() -> None:
    found = centre()
    asks(found)
    closed(found)
    found.restart(600)
    found.ready()
    found.wait(20_000)
    assert not found.rings()
    closed(found, by_hand=False)
    found.wait(0.1)
    assert found.rings()


def test_what_is_due_during_a_closure_is_held_and_its_time_does_not_run_out() -> None:
    found = centre()
    asks(found)
    closed(found)
    left = one(found).expires - found.clock.now()
    found.wait(20_000)
    closed(found, by_hand=False)
    found.wait(0.1)
    assert one(found).expires - found.clock.now() == pytest.approx(left - 0.1)
    found.wait(left)
    assert [fact.why for fact in found.of(CallbackOver)] == ["expired"]


def test_its_turn_does_not_come() -> None:
    found = centre()
    asks(found)
    found.wait(7_201)
    assert [fact.why for fact in found.of(CallbackOver)] == ["expired"]
    quiet(found)


# --- people who look after it --------------------------------------------------------------------------------------


def test_it_is_cancelled() -> None:
    found = centre()
    asks(found)
    name = one(found).callback
    found.floor.callbacks.cancel(name, who="anna")
    found.floor.settle()
    assert [(fact.why, fact.who, fact.contact) for fact in found.of(CallbackOver)] == [("cancelled", "anna", name)]
    quiet(found)
    with pytest.raises(NotFoundError):
        found.floor.callbacks.cancel(name, who="anna")


def test_it_is_cancelled_while_it_rings_there() -> None:
    found = centre()
    asks(found)
    found.ready()
    found.pick_up()
    found.wait(SECONDS + 1)
    found.floor.callbacks.cancel(one(found).callback, who="anna")
    found.floor.settle()
    found.wait(1)
    assert (rings(found), found.phase()) == (False, "idle")
    quiet(found)


def test_an_operator_hangs_up_an_attempt() -> None:
    found = centre()
    asks(found)
    found.ready()
    found.pick_up()
    found.wait(SECONDS + 1)
    found.control.hang_up(one(found).contact, who="anna")
    found.wait(1)
    assert (rings(found), found.phase(), len(found.floor.callbacks.open())) == (False, "idle", 1)


# --- crashes -------------------------------------------------------------------------------------------------------


def test_a_crash_while_it_waits() -> None:
    found = centre()
    asks(found)
    contact, since = one(found).contact, one(found).since
    found.restart(5)
    assert (one(found).contact, one(found).since) == (contact, since)
    found.ready()
    found.pick_up()
    found.wait(SECONDS)
    found.pick_up(outside.FIRST)
    assert found.phase() == "talking"


def test_a_crash_before_its_time() -> None:
    found = centre(main=AT.replace("TIME", local(Centre(), 1_772_416_800.0 + 600)))
    found.call(caller=CALLER)
    found.wait(SECONDS + 1)
    found.restart(1_200)
    found.ready()
    found.wait(1)
    assert found.rings()


@pytest.mark.parametrize("first", ["agent", "caller"])
@pytest.mark.parametrize("moment", range(4))
def test_a_crash_at_each_moment_of_an_attempt(first: str, moment: int) -> None:
    """Whatever rang is stopped, and it goes on with the same place; who talks, talks on."""
    found = centre(CALLER_FIRST if first == "caller" else SETTINGS)
    asks(found)
    found.ready()
    phones = ["p1", outside.FIRST] if first == "agent" else [outside.FIRST, "p1"]
    found.wait(1)
    for phone in phones[:moment]:
        found.pick_up(phone)
        found.wait(SECONDS + 0.5)
    found.restart(2)
    found.wait(1)
    for _ in range(3):
        for phone in (*phones, outside.SECOND):
            legs = found.exchange.phones.get(phone, found.exchange.outside.get(phone)).legs  # type: ignore[union-attr]
            if any(found.exchange.legs[leg].ringing for leg in legs):
                found.pick_up(phone)
                found.wait(SECONDS + 0.5)
    assert found.phase() == "talking"
    assert len([leg for leg in found.exchange.legs.values() if leg.talk]) == 2
    found.put_down()
    found.wait(2)
    assert outcomes(found) == ["callback", "answered"]
    quiet(found)


def test_a_crash_and_the_agent_leaves_meanwhile() -> None:
    found = centre()
    asks(found)
    found.ready()
    found.pick_up()
    found.wait(SECONDS)
    found.pick_up(outside.FIRST)
    found.crash()
    found.exchange.agent_hangs_up("p1")
    found.clock.advance(1)
    found.start()
    found.wait(2)
    assert outcomes(found) == ["callback", "answered"]
    quiet(found)


def test_vcc_is_stopped_and_comes_back() -> None:
    """An attempt that has not come to a conversation is none; the next vcc goes on with it."""
    found = centre()
    asks(found)
    found.ready()
    found.pick_up()
    found.wait(SECONDS + 1)
    found.floor.draining = True
    for session in list(found.floor.sessions.values()):
        fall_back(found.floor, session)
    found.floor.settle()
    found.wait(1)
    assert not found.exchange.legs
    found.restart(1)
    assert one(found).attempts == 1
    found.wait(1)
    assert found.rings()
