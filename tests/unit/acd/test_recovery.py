"""After a crash: what was stored comes back, also if the crash came between two writes."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from acd.protocol import AgentChanged, Command, HandlingChanged, Phase, TicketChanged, Wish
from acd.router import Router
from core.facts import OfferOutcome
from tests.unit.acd.floor import T0, agent, offers, queue, rules, token

RULES = rules(
    [queue("star/help", wrap_up_s=5.0), queue("star/sales", skills={"sales": 1})],
    [agent("ann", "star", skills={"sales": 1}), agent("bea", "star"), agent("cid", "star")],
    seats={"star": 3},
)


def stored(router: Router) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Everything as it would come back from a store that keeps JSON."""
    agents = [router.dump_agent(state.agent) for state in router.agents()]
    tickets = [router.dump_ticket(ticket.contact) for ticket in router.tickets()]
    return json.loads(json.dumps(agents)), json.loads(json.dumps(tickets))


def again(agents: list[dict[str, Any]], tickets: list[dict[str, Any]], now: float) -> Router:
    router = Router(RULES)
    router.load(agents, tickets, now)
    return router


def busy_morning() -> tuple[Router, int]:
    """ann talks with c1, bea's phone rings for c2, cid has a break, c3 and c4 wait."""
    router = Router(RULES)
    for n, who in enumerate(("ann", "bea", "cid")):
        router.sign_in(who, f"p{n}", ["star"], T0 + n)
    router.not_ready("cid", "lunch", T0 + 3)
    first = token(router.enqueue("c1", "star/help", T0 + 4).commands)
    router.offer_answered(first, T0 + 5)
    ringing = token(router.enqueue("c2", "star/help", T0 + 6).commands)
    router.offer_ringing(ringing, T0 + 7)
    router.enqueue("c3", "star/help", T0 + 8)
    router.enqueue("c4", "star/help", T0 + 9, priority=60)
    return router, ringing


def test_a_whole_morning_comes_back_as_it_was() -> None:
    before, ringing = busy_morning()
    after = Router(RULES)
    assert after.load(*stored(before), T0 + 10) == []
    assert after.resume(T0 + 10) == []
    assert stored(after) == stored(before)
    assert [after.position(c) for c in ("c2", "c3", "c4")] == [before.position(c) for c in ("c2", "c3", "c4")]
    assert after.next_deadline() == before.next_deadline()
    assert after.free_seats("star") == 0

    valid, _ = after.offer_answered(ringing, T0 + 11)
    assert valid
    after.talk_ended("c1", T0 + 12)
    assert offers(after.tick(T0 + 17)) == [("c4", "ann")]


def test_a_lease_that_ran_out_meanwhile_ends_with_the_first_tick() -> None:
    before, ringing = busy_morning()
    after = again(*stored(before), T0 + 100)
    after.tick(T0 + 100)
    assert after.offer_answered(ringing, T0 + 101) == (False, [])


def test_tokens_go_on_even_if_the_clock_went_back() -> None:
    before, ringing = busy_morning()
    after = again(*stored(before), T0 - 3_600)
    after.resume(T0 - 3_600)
    assert token(after.ready("cid", T0 - 3_600)) > ringing


def test_nobody_is_offered_anything_before_the_switches_can_ring() -> None:
    before, ringing = busy_morning()
    after = again(*stored(before), T0 + 10)
    assert offers(after.ready("cid", T0 + 10)) == []
    assert offers(after.offer_failed(ringing, OfferOutcome.WITHDRAWN, "restarted", T0 + 10)) == []
    assert offers(after.enqueue("c5", "star/help", T0 + 10).commands) == []
    assert offers(after.apply_rules(RULES, T0 + 10)) == []
    assert offers(after.resume(T0 + 11)) == [("c4", "bea"), ("c2", "cid")]
    assert after.resume(T0 + 11) == []


def test_new_contacts_come_behind_those_that_came_back() -> None:
    before, _ = busy_morning()
    after = again(*stored(before), T0 + 9)
    after.enqueue("c5", "star/help", T0 + 9, priority=60, queued_at=T0 + 9)
    assert (after.position("c4"), after.position("c5")) == (1, 2)


@pytest.mark.parametrize(
    ("lost", "ticket_waits", "agent_phase"),
    [("ticket c2", None, Phase.IDLE), ("agent bea", True, None)],
)
def test_half_an_offer_is_undone(lost: str, ticket_waits: bool | None, agent_phase: Phase | None) -> None:
    before, _ = busy_morning()
    agents, tickets = stored(before)
    agents = [data for data in agents if f"agent {data['agent']}" != lost]
    tickets = [data for data in tickets if f"ticket {data['contact']}" != lost]
    after = again(agents, tickets, T0 + 10)
    ticket, state = after.ticket("c2"), after.agent("bea")
    assert (None if ticket is None else ticket.offer is None) == ticket_waits
    assert (None if state is None else state.phase) == agent_phase
    if state is not None:
        assert (state.contact, state.offer, state.until, state.idle_since) == ("", None, None, T0 + 10)


def test_a_conversation_known_to_the_agent_only_goes_on() -> None:
    before, ringing = busy_morning()
    _, tickets = stored(before)
    before.offer_answered(ringing, T0 + 10)
    agents, _ = stored(before)
    after = Router(RULES)
    assert after.load(agents, tickets, T0 + 11) == [TicketChanged(contact="c2")]
    assert after.position("c2") is None
    assert after.talk_ended("c2", T0 + 12) == [
        TicketChanged(contact="c2"),
        AgentChanged(agent="bea"),
        HandlingChanged(queue="star/help"),
    ]


def test_a_conversation_known_to_one_side_only_half_goes_on() -> None:
    before, ringing = busy_morning()
    agents, tickets = stored(before)
    before.offer_answered(ringing, T0 + 10)
    answered = json.loads(json.dumps(before.dump_ticket("c2")))
    tickets = [answered if data["contact"] == "c2" else data for data in tickets]
    after = Router(RULES)
    assert after.load(agents, tickets, T0 + 11) == [AgentChanged(agent="bea")]
    state = after.agent("bea")
    assert state is not None
    assert (state.phase, state.contact, state.until) == (Phase.TALKING, "c2", None)


def test_a_conversation_whose_agent_is_unknown_is_over() -> None:
    before, _ = busy_morning()
    agents, tickets = stored(before)
    after = Router(RULES)
    told = after.load([data for data in agents if data["agent"] != "ann"], tickets, T0 + 11)
    assert told == [TicketChanged(contact="c1")]
    assert after.ticket("c1") is None


def test_agents_whom_the_rules_no_longer_know_are_signed_out() -> None:
    before, _ = busy_morning()
    after = Router(rules([queue("star/help")], [agent("cid", "star")]))
    after.load(*stored(before), T0 + 10)
    assert {state.agent: state.wish for state in after.agents()} == {"ann": Wish.SIGNED_OUT, "cid": Wish.NOT_READY}
    assert after.position("c2") == 2
    after.talk_ended("c1", T0 + 11)
    assert after.agent("ann") is None


def test_one_phone_has_one_agent_whatever_was_stored() -> None:
    before, _ = busy_morning()
    agents, tickets = stored(before)
    for data in agents:
        data["phone"] = "p0"
    after = again(agents, tickets, T0 + 10)
    assert [state.agent for state in after.agents()] == ["ann"]


def test_what_a_newer_version_stored_is_left_out_and_what_an_older_one_did_not_has_its_default() -> None:
    before, _ = busy_morning()
    agents, tickets = stored(before)
    for data in [*agents, *tickets]:
        data["invented_later"] = 1
        data.pop("failures", None)
        data.pop("medium", None)
    after = again(agents, tickets, T0 + 10)
    assert stored(after) == stored(before)


def test_what_no_version_wrote_is_refused() -> None:
    with pytest.raises(ValueError, match="dreaming"):
        Router(RULES).load([{"agent": "ann", "phone": "p1", "wish": "dreaming"}], [], T0)
    with pytest.raises(TypeError):
        Router(RULES).load([], [{"contact": "c1"}], T0)


def written(store: dict[str, dict[str, Any]], router: Router, commands: list[Command]) -> None:
    for command in commands:
        if isinstance(command, AgentChanged):
            data, key = router.dump_agent(command.agent), f"agent {command.agent}"
        elif isinstance(command, TicketChanged):
            data, key = router.dump_ticket(command.contact), f"ticket {command.contact}"
        else:
            continue
        if data is None:
            store.pop(key, None)
        else:
            store[key] = json.loads(json.dumps(data))


@pytest.mark.parametrize("seed", range(30))
def test_a_crash_between_any_two_writes_loses_no_contact_and_no_agent(seed: int) -> None:
    """Random events; the last one's commands are stored only in part; then all is loaded again."""
    dice = random.Random(seed)
    store: dict[str, dict[str, Any]] = {}
    router, now = Router(RULES), T0
    for who, phone in (("ann", "p0"), ("bea", "p1"), ("cid", "p2")):
        written(store, router, router.sign_in(who, phone, ["star"], now))
    for n in range(200):
        now += dice.random()
        commands = random_event(router, dice, f"c{n}", now)
        cut = dice.randrange(len(commands) + 1) if commands else 0
        waiting = {key for key in store if key.startswith("ticket ")}
        written(store, router, commands[:cut])
        contacts = {f"ticket {ticket.contact}" for ticket in router.tickets()}
        if dice.random() < 0.3:
            router = Router(RULES)
            loaded = router.load(
                [data for key, data in store.items() if key.startswith("agent ")],
                [data for key, data in store.items() if key.startswith("ticket ")],
                now,
            )
            written(store, router, loaded)
            back = {f"ticket {ticket.contact}" for ticket in router.tickets()}
            assert waiting & contacts <= back, "a contact is lost"
            assert {state.agent for state in router.agents()} == {"ann", "bea", "cid"}
            written(store, router, router.resume(now))
        else:
            written(store, router, commands[cut:])
        held = {state.agent: state.contact for state in router.agents() if state.contact}
        assert held == {ticket.agent: ticket.contact for ticket in router.tickets() if ticket.agent}


def random_event(router: Router, dice: random.Random, contact: str, now: float) -> list[Command]:
    tickets = list(router.tickets())
    ringing = [ticket.offer for ticket in tickets if ticket.offer is not None and not ticket.answered]
    talking = [ticket.contact for ticket in tickets if ticket.answered]
    what = dice.randrange(6)
    if what == 0 and ringing:
        return router.offer_answered(dice.choice(ringing), now)[1]
    if what == 1 and talking:
        return router.talk_ended(dice.choice(talking), now)
    if what == 2 and tickets:
        return router.leave(dice.choice(tickets).contact, now)
    if what == 3:
        return router.ready(dice.choice(["ann", "bea", "cid"]), now)
    if what == 4:
        return router.tick(now)
    return list(router.enqueue(contact, dice.choice(["star/help", "star/sales"]), now).commands)
