"""Whatever callers, agents, carriers and crashes do to callbacks: each ends once, and nothing stays."""

from __future__ import annotations

import contextlib
from collections import Counter

import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import ConflictError, NotFoundError
from core.facts import CallbackAsked, CallbackDialled, CallbackFailed, CallbackOver, ContactArrived
from tests.unit.vcc.calls import outside
from tests.unit.vcc.calls.centre import SECONDS, Centre
from tests.unit.vcc.calls.test_callbacks import ACCEPT, CALLER_FIRST, MAIN, SETTINGS, centre
from tests.unit.vcc.calls.test_mobile_random import every_leg_is_paid_once, mobiles
from tests.unit.vcc.calls.test_random import every_contact_has_one_end, nothing_is_left

ACTS = ("ask", "ask", "call", "leave", "answer", "answer", "key", "refuse", "hang_up", "desk", "desk", "put_down",
        "ready", "ready", "li", "away", "carrier", "cancel", "operator", "crash", "down", "wait", "wait",
        "wait")  # fmt: skip
STEP = st.tuples(st.sampled_from(ACTS), st.integers(0, 9))
TIMES = (0.1, 0.5, 1.0, 2.5, 5.0, 12.0, 25.0, 61.0, 130.0, 700.0)
CALLERS = (outside.MOBILE, "13900139000")


def do(found: Centre, act: str, pick: int) -> None:  # noqa: C901, PLR0912 - a list of things
    """One step, as far as it can be done."""
    exchange = found.exchange
    match act:
        case "ask" | "call":
            leg = found.call(caller=CALLERS[pick % 2])
            found.wait(0.5)
            if act == "ask" and leg in exchange.legs:
                found.press(leg, "9")
                found.wait(SECONDS + 0.5)
        case "leave":
            for leg in [leg for leg, one in exchange.legs.items() if not one.rung][:1]:
                found.leave(leg)
        case "answer" | "refuse" | "hang_up" | "key":
            for name in mobiles(found)[:1]:
                mobile = exchange.legs[name]
                if act == "hang_up":
                    exchange.hang_up(name)
                elif act == "key" and mobile.up:
                    found.press(name, "1")
                elif mobile.ringing and act in ("answer", "refuse"):
                    exchange.pick_up(mobile.outside) if act == "answer" else exchange.refuse(mobile.outside)
        case "desk" | "put_down":
            for phone in ("p1", "p2"):
                for name in list(exchange.phones[phone].legs):
                    if act == "put_down":
                        exchange.hang_up(name)
                    elif exchange.legs[name].ringing:
                        exchange.pick_up(phone)
        case "ready" | "away" | "li":
            name, phone = ("press/li", "p2") if act == "li" else ("press/wang", "p1")
            with contextlib.suppress(ConflictError):
                found.control.set_agent(name, "not_ready" if act == "away" else "ready", phone=phone, who="anna")
        case "carrier":
            exchange.set_trunk("carrier", reachable=bool(pick % 3), congested=bool(pick % 2))
        case "cancel" | "operator":
            for callback in found.floor.callbacks.open()[:1]:
                with contextlib.suppress(NotFoundError):
                    if act == "cancel" and not pick % 3:
                        found.control.cancel_callback(callback.callback, who="anna")
                    elif act == "operator":
                        found.control.hang_up(callback.contact, who="anna")
        case "crash":
            found.restart(TIMES[pick % 7])
        case "down":
            found.switch.go_down() if pick % 2 else found.switch.come_back()
        case "wait":
            found.wait(TIMES[pick])


@given(st.sampled_from([SETTINGS, CALLER_FIRST, ACCEPT]), st.lists(STEP, min_size=8, max_size=40))
@settings(max_examples=50, suppress_health_check=list(HealthCheck), deadline=None)
def test_each_ends_once_and_leaves_nothing(tenant: str, steps: list[tuple[str, int]]) -> None:
    with structlog.testing.capture_logs() as logs:
        found = centre(tenant, MAIN, "outside: {calls_per_minute: 1000}\n")
        for number in ("13900139000", "008613900139000"):
            found.exchange.add_outside(number)
        found.ready()
        for act, pick in steps:
            do(found, act, pick)
            found.wait(0.2 if pick % 2 else 0)
        end(found)
    assert [line for line in logs if line["event"] in ("internal error", "unknown router command")] == []
    nothing_is_left(found)
    every_contact_has_one_end(found.facts)
    every_leg_is_paid_once(found)
    each_is_over_once(found)


def end(found: Centre) -> None:
    found.switch.come_back()
    found.wait(1)
    for leg in [leg for leg, one in found.exchange.legs.items() if not one.rung]:
        if leg in found.exchange.legs:
            found.exchange.hang_up(leg)
    for name in [leg for leg, one in found.exchange.legs.items() if one.talk]:
        if name in found.exchange.legs:
            found.exchange.hang_up(name)
    found.wait(100)
    found.wait(8_000)


def each_is_over_once(found: Centre) -> None:
    assert found.floor.callbacks.open() == []
    assert found.stored("callback") == {}
    begun = {fact.callback for fact in found.of(CallbackAsked)}
    assert Counter(fact.callback for fact in found.of(CallbackOver)) == Counter(begun)
    attempts = {fact.contact for fact in found.of(CallbackDialled)} | {
        fact.contact for fact in found.of(CallbackFailed)
    }
    assert attempts <= {fact.contact for fact in found.of(ContactArrived) if fact.callback}
    tries = Counter(fact.callback for fact in found.of(CallbackDialled))
    assert all(number <= 2 for number in tries.values())
