"""The router's time: never back, and never away from the clock without a reason."""

from __future__ import annotations

import random

from acd.protocol import AgentRules, QueueRules, Rules
from acd.router import Router
from acd.timeline import Timeline


def test_a_clock_that_is_set_back_goes_on_from_where_it_was() -> None:
    time = Timeline()
    assert time.at(100.0) == 100.0
    assert time.at(40.0) == 100.0
    assert time.at(45.0) == 105.0
    assert time.told(105.0) == 45.0


def test_events_out_of_order_do_not_put_it_ahead() -> None:
    time, dice = Timeline(), random.Random(1)
    last = 0.0
    for step in range(10_000):
        now = time.at(1_000.0 + step / 1_000 - dice.random() * 0.5)
        assert now >= last
        last = now
    assert time.ahead == 0.0
    assert abs(last - 1_010.0) < 0.5


def test_no_call_of_the_router_tells_it_its_own_time() -> None:
    """After a step back the router's time is ahead by that, however much is told then."""
    queue = QueueRules(queue="t/q", tenant="t")
    rules = Rules(queues={"t/q": queue}, agents={"a": AgentRules(agent="a", serves=frozenset({"t"}))})
    router = Router(rules)
    router.phone_reachable("p", True, 1_000.0)
    now = 900.0
    for _ in range(50):
        now += 0.1
        router.phone_in_use("p", False, now)
        router.sign_in("a", "p", ["t"], now)
        router.sign_in("a", "p", ["t"], now)
        router.ready("a", now)
        placed = router.enqueue("c", "t/q", now)
        assert placed.commands
        offer = placed.commands[-1].offer  # type: ignore[attr-defined]
        router.offer_ringing(offer, now)
        router.offer_answered(offer, now)
        router.talk_held("c", held=True, now=now)
        router.leave("c", now)
        router.end_wrap_up("a", now)
        router.tick(now)
        router.not_ready("a", "", now)
        router.sign_out("a", now)
        router.apply_rules(rules, now)
        router.resume(now)
        assert abs(router._timeline.ahead - 100.0) < 1.0
