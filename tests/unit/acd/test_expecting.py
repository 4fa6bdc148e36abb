"""How long somebody may expect to wait: by place, by the agents there are, by what conversations take."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from acd.protocol import HandlingChanged, Picking, Rules, Rung
from acd.requirement import Way
from acd.router import Router
from acd.sharing import FIRST_S
from tests.unit.acd.floor import T0, agent, offers, queue, rules, token

TALK_S = 100.0


def centre(**values: object) -> Rules:
    return rules(
        [queue("a/one", wrap_up_s=0.0), queue("a/two", wrap_up_s=0.0), queue("b/own", wrap_up_s=0.0)],
        [agent("li", "a"), agent("wu", "a"), agent("xu", "b")],
        **values,
    )


@pytest.fixture
def router() -> Router:
    return Router(centre())


def busy(router: Router, now: float, *names: str) -> None:
    """These agents come, and talk."""
    for name in names:
        router.sign_in(name, f"p-{name}", router.rules.agents[name].serves, now)
        placed = router.enqueue(f"with-{name}", "a/one", now)
        router.offer_answered(token(placed.commands), now)


def test_nobody_is_there(router: Router) -> None:
    assert math.isinf(router.expected_wait_of("a/one", T0))
    router.enqueue("c", "a/one", T0)
    waits = router.expected_wait("c", T0)
    assert waits is not None
    assert math.isinf(waits)
    router.sign_in("xu", "p", ["b"], T0)
    assert math.isinf(router.expected_wait_of("a/one", T0)), "who serves others is not there"


def test_who_meets_a_free_agent_waits_for_nobody(router: Router) -> None:
    router.sign_in("li", "p", ["a"], T0)
    assert router.expected_wait_of("a/one", T0) == 0.0
    router.enqueue("c", "a/one", T0)
    assert router.expected_wait("c", T0) == 0.0
    assert router.expected_wait("nobody", T0) is None


def test_by_place_and_agents(router: Router) -> None:
    busy(router, T0, "li", "wu")
    for name in ("first", "second", "third"):
        router.enqueue(name, "a/one", T0 + 1)
    found = [router.expected_wait(name, T0) for name in ("first", "second", "third")]
    assert found == [FIRST_S / 2, FIRST_S, 1.5 * FIRST_S]
    assert router.expected_wait_of("a/one", T0) == 2 * FIRST_S
    assert router.expected_wait("with-li", T0) is None, "who talks does not wait"


def test_who_does_not_want_to_does_not_count(router: Router) -> None:
    busy(router, T0, "li", "wu")
    router.enqueue("c", "a/one", T0)
    router.not_ready("wu", "lunch", T0)
    assert router.expected_wait("c", T0) == FIRST_S
    router.sign_out("li", T0)
    assert router.expected_wait("c", T0) == math.inf
    router.ready("wu", T0)
    assert router.expected_wait("c", T0) == FIRST_S


def test_an_agent_who_is_wanted_in_two_queues_counts_half_in_each(router: Router) -> None:
    busy(router, T0, "li", "wu")
    router.enqueue("c", "a/one", T0)
    assert router.expected_wait("c", T0) == FIRST_S / 2
    router.enqueue("d", "a/two", T0)
    assert [router.expected_wait(name, T0) for name in ("c", "d")] == [FIRST_S, FIRST_S]


def test_what_conversations_take_is_learned(router: Router) -> None:
    busy(router, T0, "li", "wu")
    router.talk_ended("with-li", T0 + TALK_S)
    router.offer_answered(token(router.enqueue("next", "a/one", T0 + TALK_S).commands), T0 + TALK_S)
    router.enqueue("c", "a/one", T0 + TALK_S)
    assert router.expected_wait("c", T0) == TALK_S / 2


def test_the_estimate_survives_reload_and_crash(router: Router) -> None:
    busy(router, T0, "li", "wu")
    for name in ("c", "d"):
        router.enqueue(name, "a/one", T0)
    before = [router.expected_wait(name, T0) for name in ("c", "d")]
    router.apply_rules(centre(), T0 + 1)
    assert [router.expected_wait(name, T0) for name in ("c", "d")] == before
    back = Router(router.rules)
    agents = [router.dump_agent(state.agent) for state in router.agents()]
    tickets = [router.dump_ticket(ticket.contact) for ticket in router.tickets()]
    back.load([one for one in agents if one], [one for one in tickets if one], T0 + 2)
    back.resume(T0 + 2)
    assert [back.expected_wait(name, T0) for name in ("c", "d")] == before


def test_what_was_learned_survives_a_restart_and_is_forgotten_with_the_queue(router: Router) -> None:
    busy(router, T0, "li", "wu")
    told = [c.queue for c in router.talk_ended("with-li", T0 + TALK_S) if isinstance(c, HandlingChanged)]
    assert told == ["a/one"]
    stored = router.dump_handling("a/one")
    assert stored is not None
    assert router.dump_handling("a/two") is None, "of which nothing is known"
    back, now = Router(router.rules), T0 + 200
    assert back.load([], [], now, handling=[json.loads(json.dumps(stored))]) == []
    back.resume(now)
    busy(back, now, "li")
    back.enqueue("c", "a/one", now)
    assert back.expected_wait("c", now) == TALK_S
    del (fewer := dict(back.rules.queues))["a/one"]
    assert HandlingChanged(queue="a/one") in back.apply_rules(replace(back.rules, queues=fewer), now)
    assert back.dump_handling("a/one") is None


@pytest.mark.parametrize("mean_s", ["long", math.nan, -1.0])
def test_a_stored_handling_time_that_nobody_stored_is_an_error(router: Router, mean_s: object) -> None:
    with pytest.raises(ValueError, match=r"mean|float"):
        router.load([], [], T0, handling=[{"queue": "a/one", "mean_s": mean_s}])


LADDER = (Rung(after_s=30.0, ways=(Way.of("a", {"zh": 5}),)), Rung(after_s=90.0, ways=(Way.of("a", {}),)))


def widening(**values: object) -> Router:
    """A queue that asks for what nobody can, until its second rung."""
    one = queue("a/one", skills={"zh": 9}, wrap_up_s=0.0, ladder=LADDER, **values)
    return Router(rules([one, queue("a/two", wrap_up_s=0.0)], [agent("li", "a"), agent("xu", "a", skills={"zh": 5})]))


def test_who_asks_for_what_nobody_can_waits_for_the_rung_at_which_somebody_can() -> None:
    router = widening()
    assert router.expected_wait_of("a/one", T0) == math.inf, "nobody is signed in: at no rung is somebody there"
    router.sign_in("li", "p", ["a"], T0)
    router.offer_answered(token(router.enqueue("with-li", "a/two", T0).commands), T0)
    router.talk_ended("with-li", T0)  # conversations of two take no time
    assert router.expected_wait_of("a/one", T0) == FIRST_S, "by place, as that is longer than until the rung"
    router.enqueue("c", "a/one", T0)
    assert router.expected_wait("c", T0) == FIRST_S
    router.enqueue("other", "a/one", T0)
    assert router.expected_wait("other", T0) == 2 * FIRST_S


def test_nobody_is_told_a_shorter_wait_than_until_the_rung() -> None:
    router = widening()
    quick = {"queue": "a/one", "mean_s": 10.0}
    router.load([], [], T0, handling=[quick])
    router.resume(T0)
    router.sign_in("li", "p", ["a"], T0)
    assert router.expected_wait_of("a/one", T0) == 90.0
    router.enqueue("c", "a/one", T0)
    assert [router.expected_wait("c", T0 + s) for s in (0.0, 60.0, 85.0)] == [90.0, 30.0, 10.0]
    router.sign_in("xu", "q", ["a"], T0 + 1)
    assert router.expected_wait("c", T0 + 10) == 20.0, "now the first rung is enough"
    assert offers(router.tick(T0 + 30)) == [("c", "xu")]


def test_what_the_contact_asks_for_itself_is_asked_at_every_rung() -> None:
    router = widening()
    router.sign_in("li", "p", ["a"], T0)
    router.enqueue("c", "a/one", T0, skills={"fr": 1})
    assert router.expected_wait("c", T0) == math.inf


def test_a_ladder_offers_nobody_what_agents_take_from_a_list() -> None:
    router = widening(picking=Picking.ONLY)
    router.sign_in("li", "p", ["a"], T0)
    assert router.expected_wait_of("a/one", T0) == math.inf


def test_who_waits_for_an_agent_above_all_is_told_the_queues() -> None:
    router = Router(rules([queue("a/one", prefer_s=60.0, wrap_up_s=0.0)], [agent("li", "a"), agent("wu", "a")]))
    busy(router, T0, "li", "wu")
    assert not offers(router.enqueue("c", "a/one", T0, prefers=("wu",)).commands)
    assert router.expected_wait("c", T0) == FIRST_S / 2


def test_a_preferred_agent_is_enough() -> None:
    router = Router(
        rules([queue("a/one", skills={"zh": 9}, prefer_s=60.0), queue("a/two")], [agent("li", "a"), agent("wu", "a")])
    )
    for name in ("li", "wu"):
        router.sign_in(name, f"p-{name}", ["a"], T0)
        router.offer_answered(token(router.enqueue(f"with-{name}", "a/two", T0).commands), T0)
    router.enqueue("c", "a/one", T0, prefers=("wu",))
    router.enqueue("d", "a/one", T0)
    assert (router.expected_wait("c", T0), router.expected_wait("d", T0)) == (FIRST_S, math.inf)


def test_nobody_is_told_when_agents_will_take_from_a_list() -> None:
    router = Router(rules([queue("a/one", picking=Picking.ONLY)], [agent("li", "a")]))
    router.sign_in("li", "p", ["a"], T0)
    assert router.expected_wait_of("a/one", T0) == math.inf
