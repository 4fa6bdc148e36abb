"""Whatever people at mobile phones, callers, carriers and crashes do: nothing stays, and every leg is paid once."""

from __future__ import annotations

import contextlib
from collections import Counter

import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import ConflictError
from core.facts import OutsideDialled, OutsideEnded
from tests.unit.vcc.calls import outside
from tests.unit.vcc.calls.centre import Centre, done
from tests.unit.vcc.calls.outside import FIRST, SECOND
from tests.unit.vcc.calls.test_random import every_contact_has_one_end, nothing_is_left
from vcc.calls.session import Stage

ACTS = ("seat", "seat", "waiting", "leave", "answer", "answer", "1", "1", "2", "refuse", "hang_up", "ready", "away",
        "li", "desk", "send", "send", "carrier", "second", "crash", "crash_asked", "cut", "wait", "wait")  # fmt: skip
STEP = st.tuples(st.sampled_from(ACTS), st.integers(0, 9))
SECONDS = (0.0, 0.1, 0.5, 1.0, 2.0, 3.0, 7.0, 12.0, 40.0, 90.0)


def mobiles(centre: Centre) -> list[str]:
    return [leg for leg, found in centre.exchange.legs.items() if found.outside]


def do(centre: Centre, act: str, pick: int) -> None:
    """One step, as far as it can be done."""
    if act in ("answer", "1", "2", "refuse", "hang_up"):
        at_the_mobile(centre, act)
    elif act in ("ready", "away", "li"):
        agent(centre, act)
    elif act in ("desk", "send"):
        at_the_desk(centre, act)
    elif act in ("carrier", "second"):
        centre.exchange.set_trunk(act, reachable=bool(pick % 3), congested=bool(pick % 2))
    elif act in ("waiting", "seat"):
        caller(centre)
        if act == "seat":
            agent(centre, "ready")
            centre.wait(0.5)
            at_the_mobile(centre, "answer")
    elif act == "leave":
        for leg in [leg for leg, found in centre.exchange.legs.items() if not found.rung][:1]:
            centre.leave(leg)
    elif act == "wait":
        centre.wait(SECONDS[pick])
    else:
        break_down(centre, act, pick)


def caller(centre: Centre) -> None:
    leg = centre.call()
    centre.wait(2.5)
    if leg in centre.exchange.legs:
        centre.press(leg, "1")


def at_the_mobile(centre: Centre, act: str) -> None:
    exchange = centre.exchange
    for name in mobiles(centre)[:1]:
        leg = exchange.legs[name]
        if act == "hang_up":
            exchange.hang_up(name)
        elif act in ("answer", "refuse") and leg.ringing:
            if exchange.leg_on(leg.outside) == name:  # else another call finds it busy just now
                exchange.pick_up(leg.outside) if act == "answer" else exchange.refuse(leg.outside)
        elif leg.up and act in ("1", "2"):
            centre.press(name, act)


def at_the_desk(centre: Centre, act: str) -> None:
    """Li picks up, or sends a caller to the mobile's number."""
    for leg in list(centre.exchange.phones["p2"].legs):
        if act == "desk" and centre.exchange.legs[leg].ringing:
            centre.exchange.pick_up("p2")
        elif act == "send" and centre.exchange.transfer(leg, outside.MOBILE):
            centre.wait(0)
            if leg in centre.exchange.legs:
                centre.leave(leg)


def agent(centre: Centre, act: str) -> None:
    name, phone = ("press/li", "p2") if act == "li" else ("press/wang", "m1")
    with contextlib.suppress(ConflictError):
        centre.control.set_agent(name, "not_ready" if act == "away" else "ready", phone=phone, who="anna")


def break_down(centre: Centre, act: str, pick: int) -> None:
    if act == "crash":
        centre.restart(SECONDS[pick % 8])
    elif act == "crash_asked":
        centre.crash_when(lambda: any(centre.hub.offers.before.asks(leg) for leg in centre.floor.legs.agents))
    elif pick % 2:
        centre.switch.go_down()
    else:
        centre.switch.come_back()


def look(centre: Centre) -> None:
    """Nobody is put through who has not said yes, and no leg outside is unknown to the guard."""
    for session in centre.floor.sessions.values():
        asked = centre.hub.offers.before.asks(session.agent_leg)
        assert not (asked and session.stage in (Stage.JOINING, Stage.TALKING))
    if centre.hub.nodes.state("n1").up:
        assert all(centre.floor.guard.knows(leg) for leg in mobiles(centre))


@given(st.lists(STEP, min_size=8, max_size=40))
@settings(max_examples=100, suppress_health_check=list(HealthCheck))
def test_every_leg_outside_ends_once_and_leaves_nothing(steps: list[tuple[str, int]]) -> None:
    with structlog.testing.capture_logs() as logs:
        centre = outside.centre("  calls_per_minute: 1000\n", "  calls_per_minute: 1000\n")
        centre.ready(phone="m1")
        for act, pick in steps:
            do(centre, act, pick)
            centre.wait(0.2 if pick % 2 else 0)
            if not centre.up:
                centre.start()
            look(centre)
        end(centre)
    assert [line for line in logs if line["event"] in ("internal error", "unknown router command")] == []
    nothing_is_left(centre)
    every_contact_has_one_end(centre.facts)
    every_leg_is_paid_once(centre)


def end(centre: Centre) -> None:
    centre.after_fact = lambda: None
    centre.switch.come_back()
    centre.wait(1)
    for leg in [leg for leg, found in centre.exchange.legs.items() if not found.rung]:
        if leg in centre.exchange.legs:
            centre.exchange.hang_up(leg)
    centre.wait(100)


def every_leg_is_paid_once(centre: Centre) -> None:
    dialled = Counter(fact.leg for fact in centre.of(OutsideDialled))
    ended = Counter(fact.leg for fact in centre.of(OutsideEnded))
    assert set(dialled.values()) <= {1}
    assert dialled == ended
    assert not done(centre.store.load("outside"))
    assert {FIRST, SECOND} <= centre.exchange.outside.keys()
