"""Agents who call each other: who may call whom, what each hears and sees, what keeps the router away, the record."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from core.errors import VccError
from core.facts import (
    AgentConnected,
    AgentLeft,
    CommandGiven,
    ContactArrived,
    ContactEnded,
    ContactQueued,
    NumberEntered,
    OfferMade,
    OutsideDialled,
    QueueLeft,
)
from reporting.live_days import LiveDays
from reporting.measures import tally, visits_of
from reporting.record import compute
from telephony.port import CallArrived, Ring
from telephony.simulated.line import Hearing
from telephony.simulated.phones import Busy
from tests.unit.vcc.calls import outside
from tests.unit.vcc.calls.centre import NOW, SECONDS, Centre
from tests.unit.vcc.calls.outside import ACCEPT, FIRST
from tests.unit.vcc.calls.test_transfers import HERE, talks_with

CHESS = "bao: {name: Bao, number: 3001, skills: {zh: 5}, language: en}\n"
TEXTS = {**HERE, "tenants/chess/agents.yaml": CHESS}


@pytest.fixture
def centre() -> Centre:
    return Centre(TEXTS)


def on_duty(centre: Centre) -> None:
    """Wang at p1, Li at p2."""
    centre.ready("press/wang", "p1")
    centre.ready("press/li", "p2")


def dials(centre: Centre, number: str = "2002", phone: str = "p1") -> str:
    """The leg of an agent who dials."""
    leg = centre.call(number, phone=phone)
    centre.wait(0.2)
    return leg


def talking(centre: Centre) -> tuple[str, str]:
    """Wang talks with Li: the legs of both."""
    on_duty(centre)
    leg = dials(centre)
    centre.pick_up("p2")
    return leg, centre.exchange.leg_on("p2")


def in_use(centre: Centre, *agents: str) -> list[bool]:
    states = [centre.floor.router.agent(agent) for agent in agents]
    return [state is not None and state.in_use for state in states]


def nothing_is_left(centre: Centre) -> None:
    for leg in list(centre.exchange.legs):
        if leg in centre.exchange.legs:
            centre.leave(leg)
    centre.wait(60)
    assert not centre.exchange.legs
    assert not centre.floor.sessions
    assert not centre.floor.dialling
    assert not centre.floor.legs.agents
    assert not list(centre.floor.router.tickets())
    assert not any(agent.in_use for agent in centre.floor.router.agents())
    assert len(centre.of(ContactEnded)) == len(centre.of(ContactArrived))


def test_an_agent_calls_a_colleague(centre: Centre) -> None:
    on_duty(centre)
    leg = dials(centre)
    hears = centre.exchange.line(leg).hears
    assert hears is not None
    assert (hears.hearing, centre.exchange.line(leg).answered_at) == (Hearing.RINGING, None)
    line = centre.exchange.line(centre.exchange.leg_on("p2"))
    assert (line.shown_number, line.shown_name) == ("2001", "Wang")
    assert in_use(centre, "press/wang", "press/li") == [True, True]
    centre.pick_up("p2")
    assert talks_with(centre, leg) == ["p2"]
    assert (centre.exchange.line(leg).shown_number, centre.exchange.line(leg).shown_name) == ("2002", "Li")
    assert (centre.phase("press/wang"), centre.phase("press/li")) == ("idle", "idle")
    centre.wait(20)
    centre.leave(leg)
    centre.wait(0.1)
    assert (centre.phase("press/wang"), centre.phase("press/li")) == ("idle", "idle")
    assert in_use(centre, "press/wang", "press/li") == [False, False]
    found = compute(centre.facts_of(leg))
    assert found.complete
    assert (found.direction, found.tenant, found.number, found.placed_by, found.caller) == (
        "internal",
        "press",
        "2002",
        "press/wang",
        "2001",
    )
    assert [(talk.agent, round(talk.talked_s), talk.by) for talk in found.talks] == [("press/li", 20, "caller")]
    assert found.outcome == "answered"
    assert not centre.of(QueueLeft)
    assert not centre.of(OfferMade)
    nothing_is_left(centre)


@pytest.mark.parametrize("who", ["caller", "colleague", "nobody: it is cut"])
def test_whoever_ends_it_ends_it_for_both(centre: Centre, who: str) -> None:
    leg, other = talking(centre)
    if who == "nobody: it is cut":
        centre.exchange.lose_media(other)
    else:
        centre.leave(leg if who == "caller" else other)
    centre.wait(2)
    assert not centre.exchange.legs
    assert [str(fact.by) for fact in centre.of(AgentLeft)] == ["caller" if who == "caller" else "agent"]
    assert centre.ends() == ["answered"]
    nothing_is_left(centre)


def test_nobody_is_rung_who_is_in_such_a_call(centre: Centre) -> None:
    leg, _ = talking(centre)
    waiting = centre.waiting()
    centre.wait(5)
    assert centre.stage(waiting) == "waiting"
    assert not centre.of(OfferMade)
    centre.leave(leg)
    centre.wait(0.5)
    assert {offer.agent for offer in centre.of(OfferMade)} == {"press/wang"}
    nothing_is_left(centre)


def test_a_colleague_who_is_not_ready_or_wraps_up_is_called_too(centre: Centre) -> None:
    on_duty(centre)
    centre.control.set_agent("press/li", "not_ready", reason="meal", who="anna")
    leg = dials(centre)
    centre.pick_up("p2")
    assert talks_with(centre, leg) == ["p2"]
    centre.leave(leg)
    centre.control.set_agent("press/li", "ready", who="anna")
    centre.control.set_agent("press/wang", "not_ready", who="anna")
    centre.waiting()
    centre.pick_up("p2")
    centre.put_down("p2")
    assert centre.phase("press/li") == "wrap_up"
    leg = dials(centre)
    centre.pick_up("p2")
    assert talks_with(centre, leg) == ["p2"]
    nothing_is_left(centre)


# --- nobody is there

#: Where it is not known beforehand that nobody will answer.
RUNG = ("says busy", "refuses", "does not come", "lost while it rings")


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("signed out", "That agent is not signed in."),
        ("talks", "That agent is busy."),
        ("is offered a call", "That agent is busy."),
        ("dials", "That agent is busy."),
        ("says busy", "That agent is busy."),
        ("self", "That agent is busy."),
        ("refuses", "Nobody answers."),
        ("does not come", "Nobody answers."),
        ("unplugged", "That phone cannot be reached."),
        ("lost while it rings", "That phone cannot be reached."),
    ],
)
def test_it_is_told_why_nobody_is_there(centre: Centre, how: str, said: str) -> None:
    on_duty(centre)
    centre.wait(1)
    match how:
        case "signed out":
            centre.control.set_agent("press/li", "signed_out", who="anna")
        case "talks" | "is offered a call":
            centre.control.set_agent("press/wang", "not_ready", who="anna")
            centre.waiting()
            if how == "talks":
                centre.pick_up("p2")
            centre.wait(1)
        case "dials":
            centre.call("*73", phone="p2")
        case "says busy":
            centre.exchange.phones["p2"].behaviour = Busy()
        case "unplugged":
            centre.exchange.set_reachable("p2", reachable=False)
    centre.wait(0)
    rung = sum(isinstance(command, Ring) for command in centre.switch.sent)
    leg = dials(centre, "2001" if how == "self" else "2002")
    assert sum(isinstance(command, Ring) for command in centre.switch.sent) - rung == (how in RUNG)
    if how == "refuses":
        centre.exchange.refuse("p2")
    if how == "lost while it rings":
        centre.exchange.lose_media(centre.exchange.leg_on("p2"))
    centre.wait(30 if how == "does not come" else 0.1)
    assert centre.heard(leg) == said
    centre.wait(SECONDS + 0.1)
    assert leg not in centre.exchange.legs
    found = compute(centre.facts_of(leg))
    assert (found.outcome, found.refused, found.complete, found.agents) == ("not_taken", "not_taken", True, ())
    nothing_is_left(centre)


def test_who_gives_up_stops_the_phone(centre: Centre) -> None:
    on_duty(centre)
    leg = dials(centre)
    assert centre.rings("p2")
    centre.leave(leg)
    centre.wait(0.1)
    assert not centre.exchange.phones["p2"].legs
    assert (centre.ends(), in_use(centre, "press/li")) == (["abandoned"], [False])
    nothing_is_left(centre)


def test_nobody_is_signed_in_on_the_phone(centre: Centre) -> None:
    centre.ready("press/li", "p2")
    leg = dials(centre, phone="p3")
    assert (centre.heard(leg), centre.rings("p2")) == ("Nobody is signed in on this phone.", False)
    nothing_is_left(centre)


# --- tenants


@pytest.mark.parametrize(
    ("who", "number", "reached"),
    [
        ("press/wang", "3001", False),  # of another tenant
        ("chess/bao", "2002", False),
        ("press/wang", "1001", True),  # leased to this one too
        ("chess/bao", "1001", True),
        ("lin", "3001", True),
        ("lin", "2002", True),
        ("press/wang", "9999", False),
    ],
)
def test_tenants_are_apart_and_leased_agents_belong_to_those_they_serve(
    centre: Centre, who: str, number: str, reached: bool
) -> None:
    others = {"1001": "lin", "2002": "press/li", "3001": "chess/bao"}
    centre.ready(who, "p1")
    if number in others:
        centre.ready(others[number], "p2")
    leg = dials(centre, number)
    assert centre.rings("p2") is reached
    (arrived,) = centre.of(ContactArrived)
    if reached:
        tenant = "chess" if "chess/bao" in (who, others[number]) else "press"
        assert (arrived.direction, arrived.tenant, arrived.agent) == ("internal", tenant, who)
    else:
        assert leg not in centre.exchange.legs
        assert (arrived.direction, arrived.tenant, arrived.agent) == ("inbound", "", "")
        assert centre.ends() == ["unknown_number"]
    nothing_is_left(centre)


def test_a_customer_reaches_nobody_by_an_agents_number(centre: Centre) -> None:
    on_duty(centre)
    centre.call("2002")
    assert centre.ends() == ["unknown_number"]
    assert not centre.rings("p2")


# --- a queue


def test_an_agent_calls_a_queue_by_its_extension(centre: Centre) -> None:
    on_duty(centre)
    leg = dials(centre, "6002")
    assert [(fact.queue, fact.tenant) for fact in centre.of(ContactQueued)] == [("press/editors", "press")]
    centre.pick_up("p2")
    assert talks_with(centre, leg) == ["p2"]
    assert [(fact.queue, fact.agent) for fact in centre.of(AgentConnected)] == [("press/editors", "press/li")]
    centre.put_down("p2")
    centre.wait(0.1)
    assert (centre.phase("press/li"), leg in centre.exchange.legs) == ("wrap_up", False)
    found = compute(centre.facts_of(leg))
    assert (found.complete, found.placed_by, found.direction) == (True, "press/wang", "internal")
    assert list(visits_of([found])) == []
    nothing_is_left(centre)


def test_an_agent_who_gives_up_in_a_queue_is_no_caller_who_has_abandoned_it(centre: Centre) -> None:
    centre.ready("press/wang", "p1")
    leg = dials(centre, "6002")
    centre.wait(30)
    centre.leave(leg)
    caller = centre.call(keys="4")
    centre.leave(caller)
    assert centre.ends() == ["abandoned", "abandoned"]
    days = LiveDays(centre.bundle.platform, NOW)
    for fact in centre.facts:
        days.apply(fact)
    day = days.snapshot("press", centre.clock.now())
    assert (day.calls_in, day.abandoned, day.outcomes) == (1, 1, {"abandoned": 1})
    counts = tally(visits_of(compute(centre.facts_of(one)) for one in (leg, caller)), {}, since=NOW, until=NOW + 1e4)
    assert counts["press/editors"].abandoned == 1
    nothing_is_left(centre)


def test_who_is_sent_on_to_a_number_of_the_platform_by_a_colleague_is_no_caller_there_either(centre: Centre) -> None:
    on_duty(centre)
    leg = dials(centre, "6002")
    centre.pick_up("p2")
    assert centre.exchange.transfer(centre.exchange.leg_on("p2"), "200")
    centre.wait(0.2)
    assert [(fact.tenant, fact.direction) for fact in centre.of(NumberEntered)] == [("chess", "internal")]
    centre.leave(leg)
    nothing_is_left(centre)


def test_a_queue_of_another_tenant_has_no_extension(centre: Centre) -> None:
    centre.ready("chess/bao", "p1")
    dials(centre, "6002")
    assert centre.ends() == ["unknown_number"]


def test_a_call_to_a_queue_outlives_a_crash(centre: Centre) -> None:
    centre.ready("press/wang", "p1")
    leg = dials(centre, "6002")
    centre.restart()
    assert centre.stage(leg) == "waiting"
    centre.ready("press/li", "p2")
    centre.pick_up("p2")
    assert talks_with(centre, leg) == ["p2"]
    nothing_is_left(centre)


# --- what phones do with it


def consulting(centre: Centre, *, answered: bool) -> tuple[str, str, str]:
    """Wang holds a caller by the phone's key and calls Li on the second line: the caller's leg, and Wang's two."""
    leg = centre.talking()
    centre.ready("press/li", "p2")
    first = centre.session(leg).agent_leg
    centre.exchange.hold(first, on=True)
    second = dials(centre)
    if answered:
        centre.pick_up("p2")
        centre.wait(5)
        assert talks_with(centre, second) == ["p2"]
    return leg, first, second


@pytest.mark.parametrize("reverse", [False, True])
def test_an_attended_transfer_by_the_phones_own_key(centre: Centre, reverse: bool) -> None:
    leg, first, second = consulting(centre, answered=True)
    one, other = (second, first) if reverse else (first, second)
    assert centre.exchange.transfer_attended(one, other)
    centre.wait(0.1)
    assert talks_with(centre, leg) == ["p2"]
    assert (centre.phase("press/wang"), centre.phase("press/li")) == ("wrap_up", "talking")
    li = centre.exchange.line(centre.exchange.leg_on("p2"))
    assert (li.shown_number, li.shown_name) == ("555", "Press Orders")
    centre.wait(20)
    centre.put_down("p2")
    centre.wait(0.1)
    assert (centre.phase("press/li"), centre.heard(leg)) == ("wrap_up", "Thank you.")
    centre.wait(5)
    found = compute(centre.facts_of(leg))
    assert found.complete
    assert found.agents == ("press/wang", "press/li")
    assert [(sent.how, sent.target) for sent in found.transfers] == [("attended", "press/li")]
    assert compute(centre.facts_of(second)).complete
    nothing_is_left(centre)


def test_an_attended_transfer_before_the_colleague_answers(centre: Centre) -> None:
    leg, first, second = consulting(centre, answered=False)
    assert centre.rings("p2")
    assert centre.exchange.transfer_attended(first, second)
    centre.wait(0.5)
    assert (centre.stage(leg), centre.rings("p2"), centre.phase("press/wang")) == ("waiting", True, "wrap_up")
    assert centre.exchange.line(centre.exchange.leg_on("p2")).shown_number == "555"
    centre.pick_up("p2")
    assert talks_with(centre, leg) == ["p2"]
    assert [(sent.how, sent.target) for sent in compute(centre.facts_of(leg)).transfers] == [("attended", "press/li")]
    nothing_is_left(centre)


@pytest.mark.parametrize("told", ["parted", "again"])
def test_the_callers_leg_is_free_before_the_colleagues_phone_is(centre: Centre, told: str) -> None:
    leg, first, second = consulting(centre, answered=False)
    rung = centre.exchange.leg_on("p2")
    centre.switch.deaf = 1  # the phone rings on for a moment
    assert centre.exchange.transfer_attended(first, second)
    centre.wait(0.2)
    if told == "again":  # Asterisk had put it into another one's place
        centre.hub.handle(
            CallArrived(node="n1", at=centre.clock.now(), leg=leg, trunk="carrier", dialled="100", again=True)
        )
    assert (centre.stage(leg), centre.exchange.leg_on("p2")) == ("waiting", rung)
    centre.wait(5)
    assert (centre.stage(leg), centre.exchange.leg_on("p2") != rung) == ("waiting", True)
    ticket = centre.floor.router.ticket(centre.session(leg).contact)
    assert ticket is not None
    assert ticket.only  # nobody else of the queue is rung
    centre.pick_up("p2")
    assert talks_with(centre, leg) == ["p2"]
    nothing_is_left(centre)


def test_the_caller_leaves_between_the_two_rings(centre: Centre) -> None:
    leg, first, second = consulting(centre, answered=False)
    centre.switch.deaf = 1  # the phone rings on for a moment
    assert centre.exchange.transfer_attended(first, second)
    centre.wait(0)
    centre.leave(leg)
    centre.wait(10)
    assert not centre.exchange.phones["p2"].legs
    nothing_is_left(centre)


def test_the_caller_is_with_others_by_the_time_the_colleagues_phone_is_free() -> None:
    """Out of the wait for Li into the queue anew, to Lin, who sends the caller to Wang: Li is not rung any more."""
    seats = TEXTS["tenants/press/tenant.yaml"].replace("seats: 2", "seats: 3")
    centre = Centre({**TEXTS, "tenants/press/tenant.yaml": seats})
    leg, first, second = consulting(centre, answered=False)
    rung = centre.exchange.leg_on("p2")
    centre.switch.deaf = 99  # the phone rings on for long
    assert centre.exchange.transfer_attended(first, second)
    centre.wait(0.2)
    centre.leave(first)
    assert centre.floor.router.ticket(centre.session(leg).contact) is None
    centre.ready("lin", "p3")
    centre.press(leg, "9")
    centre.wait(SECONDS)
    centre.press(leg, "1")
    centre.pick_up("p3")
    assert talks_with(centre, leg) == ["p3"]
    centre.wait(3)
    lins = centre.exchange.leg_on("p3")
    assert centre.exchange.transfer(lins, "2001")
    centre.leave(lins)
    centre.wait(0.5)
    session, queued = centre.session(leg), len(centre.of(ContactQueued))
    assert (session.stage, session.direct, centre.rings("p1")) == ("waiting", "press/wang", True)
    centre.switch.deaf = 0
    with capture_logs() as logged:
        centre.leave(rung)
    assert [entry["event"] for entry in logged if entry["log_level"] == "error"] == []
    centre.wait(0.5)
    assert (len(centre.of(ContactQueued)), centre.rings("p2"), session.direct) == (queued, False, "press/wang")
    centre.pick_up("p1")
    assert talks_with(centre, leg) == ["p1"]
    nothing_is_left(centre)


def test_the_colleague_sends_the_agent_on_to_another_one(centre: Centre) -> None:
    leg, other = talking(centre)
    centre.ready("lin", "p3")
    assert centre.exchange.transfer(other, "1001")
    centre.wait(0.2)
    centre.leave(other)
    assert centre.rings("p3")
    centre.pick_up("p3")
    assert talks_with(centre, leg) == ["p3"]
    assert [fact.agent for fact in centre.of(AgentConnected)] == ["press/li", "lin"]
    nothing_is_left(centre)


@pytest.mark.parametrize("to", ["3001", "6002", "100", "0"])
def test_the_colleague_can_send_the_agent_nowhere_else(centre: Centre, to: str) -> None:
    leg, other = talking(centre)
    assert centre.exchange.transfer(other, to)
    centre.wait(0.2)
    assert centre.heard(leg) == "There is no such number."
    nothing_is_left(centre)


def test_the_agent_who_called_sends_the_colleague_away(centre: Centre) -> None:
    leg, _ = talking(centre)
    assert centre.exchange.transfer(leg, "1001")
    centre.wait(2)
    nothing_is_left(centre)


def test_it_is_no_conversation_with_a_caller(centre: Centre) -> None:
    leg, other = talking(centre)
    contact = centre.session(leg).contact
    for ask in (
        lambda: centre.control.converse(contact, "hold", who="anna"),
        lambda: centre.control.park(contact, who="anna"),
        lambda: centre.control.transfer(contact, "agent", "lin", who="anna"),
        lambda: centre.control.supervise(contact, "p3", "listen", who="anna"),
    ):
        with pytest.raises(VccError) as error:
            ask()
        assert error.value.code == "not_talking"
    centre.press(other, "*6*1*8")
    centre.press(leg, "*6")
    centre.wait(0.1)
    assert talks_with(centre, leg) == ["p2"]
    centre.control.hang_up(contact, who="anna")
    centre.wait(0.1)
    assert not centre.exchange.legs
    assert [fact.command for fact in centre.of(CommandGiven)][-1] == "hang_up"
    nothing_is_left(centre)


# --- a mobile seat


def test_a_colleague_at_a_mobile_seat_presses_1() -> None:
    centre = outside.centre()
    centre.ready("press/wang", "p1")
    centre.ready("press/li", "m1")
    leg = dials(centre)
    mobile = centre.exchange.leg_on(FIRST)
    centre.exchange.pick_up(FIRST)
    centre.wait(0.2)
    assert (centre.heard(mobile), centre.exchange.line(leg).answered_at) == (ACCEPT, None)
    centre.press(mobile, "1")
    centre.wait(0.1)
    assert talks_with(centre, leg) == [FIRST]
    assert [(fact.purpose, fact.agent) for fact in centre.of(OutsideDialled)] == [("mobile_seat", "press/li")]
    nothing_is_left(centre)


@pytest.mark.parametrize("how", ["another key", "silence", "not let"])
def test_a_colleague_at_a_mobile_seat_who_is_not_there(how: str) -> None:
    centre = outside.centre("  mobile_seat: {kinds: [fixed]}\n" if how == "not let" else "")
    centre.ready("press/wang", "p1")
    centre.ready("press/li", "m1")
    leg = dials(centre)
    if how != "not let":
        mobile = centre.exchange.leg_on(FIRST)
        centre.exchange.pick_up(FIRST)
        centre.wait(0.2)
        centre.press(mobile, "2" if how == "another key" else "")
        centre.wait(12 if how == "silence" else 0.1)
        assert mobile not in centre.exchange.legs
    assert centre.heard(leg) == ("That phone cannot be reached." if how == "not let" else "Nobody answers.")
    nothing_is_left(centre)


# --- crashes


def test_a_crash_while_it_rings(centre: Centre) -> None:
    on_duty(centre)
    leg = dials(centre)
    centre.restart()
    centre.wait(0.1)
    assert centre.heard(leg) == "Nobody answers."
    centre.wait(5)
    assert not centre.exchange.legs
    assert in_use(centre, "press/wang", "press/li") == [False, False]
    nothing_is_left(centre)


@pytest.mark.parametrize("leaves", ["caller", "colleague", "caller meanwhile", "colleague meanwhile"])
def test_a_crash_while_they_talk(centre: Centre, leaves: str) -> None:
    leg, other = talking(centre)
    gone = leg if "caller" in leaves else other
    if "meanwhile" in leaves:
        centre.crash()
        centre.exchange.hang_up(gone)
        centre.wait(1)
        centre.start()
    else:
        centre.restart()
        assert (centre.stage(leg), talks_with(centre, leg)) == ("talking", ["p2"])
        assert in_use(centre, "press/wang", "press/li") == [True, True]
        centre.leave(gone)
    centre.wait(5)
    assert not centre.exchange.legs
    assert in_use(centre, "press/wang", "press/li") == [False, False]
    nothing_is_left(centre)


def test_a_crash_while_they_are_being_joined(centre: Centre) -> None:
    on_duty(centre)
    leg = dials(centre)
    centre.crash_when(lambda: centre.stage(leg) == "joining")
    centre.exchange.pick_up("p2")
    centre.wait(0)
    assert not centre.up
    centre.start()
    centre.wait(10)
    nothing_is_left(centre)


def test_no_call_between_agents_begins_while_vcc_is_about_to_stop(centre: Centre) -> None:
    on_duty(centre)
    centre.floor.draining = True
    dials(centre)
    assert centre.ends() == ["draining"]
    assert not centre.rings("p2")


# --- a number of the platform, dialled on an agent's phone


def test_an_agent_who_dials_a_tenants_number_is_no_caller() -> None:
    centre = Centre()
    centre.ready("press/wang", "p1")
    leg = centre.call("100", phone="p1")
    (arrived,) = centre.of(ContactArrived)
    assert (arrived.direction, arrived.agent, arrived.caller) == ("internal", "press/wang", "2001")
    assert (arrived.tenant, arrived.number) == ("press", "100")
    assert centre.floor.admitted_calls("press") == 1, "it uses one of the tenant's calls all the same"
    centre.restart()
    assert centre.floor.admitted_calls("press") == 1
    centre.leave(leg)
    record = compute(centre.facts_of(leg))
    assert (record.direction, record.placed_by) == ("internal", "press/wang")


def test_a_phone_on_which_nobody_is_signed_in_is_a_callers() -> None:
    centre = Centre()
    centre.call("100", phone="p1")
    (arrived,) = centre.of(ContactArrived)
    assert (arrived.direction, arrived.agent) == ("inbound", "")
