"""A queue that has no more agents at once than it may: who comes beyond waits, and is served when one comes free."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from acd.protocol import Phase, Picking, Rules, Rung
from acd.requirement import Way
from acd.router import Router
from core.errors import ConflictError
from core.facts import OfferOutcome
from tests.unit.acd.floor import T0, agent, offers, queue, rules, token

FEW = queue("star/few", most_agents=1, wrap_up_s=0.0)
HELP = queue("star/help", wrap_up_s=0.0)
PEOPLE = tuple(agent(f"a{n}", "star") for n in range(4))


def centre(*queues: object, people: tuple[object, ...] = PEOPLE) -> Router:
    router = Router(rules(queues or (FEW, HELP), people))  # type: ignore[arg-type]
    for n, person in enumerate(people):
        router.sign_in(person.agent, f"p{n}", person.serves, T0 + n)  # type: ignore[attr-defined]
    return router


def test_who_comes_beyond_it_waits_though_others_are_free() -> None:
    router = centre()
    first = router.enqueue("c1", "star/few", T0 + 9).commands
    assert offers(first) == [("c1", "a0")]
    assert offers(router.enqueue("c2", "star/few", T0 + 10).commands) == []
    assert router.waits_for("c2") == {"reserved": 1, "most_agents": 3}
    assert offers(router.enqueue("d", "star/help", T0 + 11).commands) == [("d", "a1")]
    router.offer_answered(token(first), T0 + 12)
    assert offers(router.talk_ended("c1", T0 + 20)) == [("c2", "a0")], "the one who comes free goes on"


def test_it_is_served_by_others_when_the_agent_wraps_up() -> None:
    router = centre(queue("star/few", most_agents=1, wrap_up_s=60.0))
    router.offer_answered(token(router.enqueue("c1", "star/few", T0 + 9).commands), T0 + 10)
    router.enqueue("c2", "star/few", T0 + 11)
    assert offers(router.talk_ended("c1", T0 + 20)) == []
    due = router.next_deadline()
    assert due is not None
    assert due <= T0 + 20, "at once"
    assert offers(router.tick(T0 + 20)) == [("c2", "a1")]


def test_no_more_phones_ring_than_it_may_have_agents() -> None:
    router = centre(queue("star/few", most_agents=2, ring_at_once=4))
    assert len(offers(router.enqueue("c1", "star/few", T0 + 9).commands)) == 2


def test_nobody_takes_more_from_the_list() -> None:
    router = centre(queue("star/few", most_agents=1, picking=Picking.ONLY))
    router.enqueue("c1", "star/few", T0 + 9)
    router.enqueue("c2", "star/few", T0 + 9)
    router.pick("c1", "a0", T0 + 10)
    with pytest.raises(ConflictError, match="all the agents that it may have"):
        router.pick("c2", "a1", T0 + 11)


def test_a_reload_that_allows_more_serves_those_who_wait() -> None:
    router = centre()
    router.enqueue("c1", "star/few", T0 + 9)
    router.enqueue("c2", "star/few", T0 + 9)
    assert offers(router.apply_rules(rules((queue("star/few", most_agents=2), HELP), PEOPLE), T0 + 10)) == [
        ("c2", "a1")
    ]


QUEUES = (
    queue("star/few", most_agents=2, wrap_up_s=3.0, ring_at_once=2),
    queue("star/more", most_agents=3, wrap_up_s=0.0, ladder=(Rung(after_s=5.0, ways=(Way.of("star", {}),), raises=9),)),
    queue("star/help", wrap_up_s=1.0),
)


def look(router: Router, known: Rules) -> None:
    """Never more than it may have; and nobody waits for whom there is room and somebody free."""
    engaged = Counter(t.queue for t in router.tickets() for agent in (t.agent, *t.also) if agent)
    for name, rule in known.queues.items():
        assert rule.most_agents is None or engaged[name] <= rule.most_agents
    free = [s for s in router.agents() if s.phase is Phase.IDLE and s.wish == "ready" and s.reachable]
    for ticket in router.tickets():
        most = known.queues[ticket.queue].most_agents
        if free and ticket.offer is None:
            assert most is not None
            assert engaged[ticket.queue] >= most


@pytest.mark.parametrize("seed", range(60))
def test_never_more_and_nobody_waits_in_vain(seed: int) -> None:
    """Random events, crashes in between: what is due is done after each, as the host does it."""
    dice, known = random.Random(seed), rules(QUEUES, PEOPLE)
    router, now, count = centre(*QUEUES), T0 + 10, 0
    for _ in range(400):
        now += dice.choice([0.0, 0.1, 1.0, 4.0])
        tickets, name = list(router.tickets()), dice.choice(PEOPLE).agent
        offered = [token for t in tickets if not t.answered for token in router.offers_of(t.contact)]
        match dice.randrange(9):
            case 0 | 1 | 2:
                count += 1
                router.enqueue(f"c{count}", dice.choice(QUEUES).queue, now)
            case 3 | 4 if offered:
                router.offer_answered(dice.choice(offered), now)
            case 5 if offered:
                router.offer_failed(dice.choice(offered), dice.choice(list(OfferOutcome)), "", now)
            case 6 if tickets:
                dice.choice([router.leave, router.talk_ended])(dice.choice(tickets).contact, now)
            case 7:
                router.ready(name, now) if dice.random() < 0.5 else router.not_ready(name, "", now)
            case 8 if dice.random() < 0.3:
                stored = [router.dump_agent(s.agent) for s in router.agents()]
                waits = [router.dump_ticket(t.contact) for t in router.tickets()]
                router = Router(known)
                router.load([a for a in stored if a], [t for t in waits if t], now)
                router.resume(now)
        while (due := router.next_deadline()) is not None and due <= now:
            router.tick(now)
        look(router, known)
