"""The floor on virtual time, by hand: few callers, few agents, every second known."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest

from acd.protocol import AgentRules, QueueRules, Rules
from vcc.planning.floor import (
    ABANDONED,
    ANSWERED,
    LEFT,
    NO_LINE,
    QUEUE_FULL,
    Caller,
    Floor,
    House,
    Turn,
)


def rules(*agents: str, **queue: Any) -> Rules:
    return Rules(
        queues={"t/q": QueueRules(queue="t/q", tenant="t", **{"wrap_up_s": 0.0, **queue})},
        agents={agent: AgentRules(agent=agent, serves=frozenset({"t"})) for agent in agents},
    )


def caller(name: str, at: float, talks: float, **more: Any) -> Caller:
    return Caller(name, "kind", "t/q", at, service_s=talks, **more)


def on(agent: str, at: float = 0.0) -> Turn:
    return Turn(at=at, agent=agent, on=True, serves=("t",))


def off(agent: str, at: float) -> Turn:
    return Turn(at=at, agent=agent, on=False)


def ran(floor: Floor, callers: list[Caller], *turns: Turn) -> dict[str, Caller]:
    floor.run(callers, turns)
    return {one.contact: one for one in floor.callers}


def test_a_line_before_one_agent() -> None:
    floor = Floor(rules("a"))
    was = ran(floor, [caller("1", 10, 100), caller("2", 20, 50), caller("3", 30, 5)], on("a"))
    assert [(was[name].state, was[name].waited_s) for name in "123"] == [(ANSWERED, 0), (ANSWERED, 90), (ANSWERED, 130)]
    assert floor.work["a"].talk_s == {"kind": 155}


def test_who_has_no_patience_left_goes_and_wrap_up_counts() -> None:
    floor = Floor(rules("a", wrap_up_s=7.0))
    was = ran(floor, [caller("1", 0, 10), caller("2", 1, 5, patience_s=4), caller("3", 2, 5, patience_s=100)], on("a"))
    assert (was["2"].state, was["2"].waited_s) == (ABANDONED, 4)
    assert (was["3"].state, was["3"].waited_s) == (ANSWERED, 15)
    assert floor.work["a"].wrap_s == 14


def test_a_head_start_passes_those_who_came_before() -> None:
    callers = [caller("1", 0, 10), caller("2", 1, 5), caller("3", 5, 5, head_start_s=90)]
    was = ran(Floor(rules("a")), callers, on("a"))
    assert (was["3"].waited_s, was["2"].waited_s) == (5, 14)


def test_a_shift_that_ends_ends_the_call_in_hand_first() -> None:
    floor = Floor(rules("a"), house=House(closes=1_000))
    was = ran(floor, [caller("1", 10, 100), caller("2", 20, 5, patience_s=300)], on("a"), off("a", 50))
    assert was["1"].state == ANSWERED
    assert (was["2"].state, was["2"].waited_s) == (ABANDONED, 300)
    assert floor.work["a"].duty_s == 110
    assert floor.work["a"].talk_s == {"kind": 100}


def test_time_is_counted_up_to_closing() -> None:
    floor = Floor(rules("a"), house=House(closes=60))
    ran(floor, [caller("1", 10, 100)], on("a"))
    assert (floor.work["a"].duty_s, floor.work["a"].talk_s) == (60, {"kind": 50})


def test_at_closing_the_queue_is_served_or_sent_away() -> None:
    for clears, state in ((False, ANSWERED), (True, LEFT)):
        callers = [caller("1", 0, 100), caller("2", 10, 5)]
        was = ran(Floor(rules("a"), house=House(closes=60, clears=clears)), callers, on("a"))
        assert was["2"].state == state
        assert was["2"].waited_s == (50 if clears else 90)


def test_without_agents_they_wait_for_nobody() -> None:
    was = ran(Floor(rules("a"), house=House(closes=60)), [caller("1", 0, 5), caller("2", 10, 5, patience_s=20)])
    assert (was["1"].state, was["1"].waited_s) == (LEFT, 60)
    assert (was["2"].state, was["2"].waited_s) == (ABANDONED, 20)


def test_lines_and_the_queues_bound() -> None:
    callers = [caller(str(n), n, 100) for n in range(4)]
    was = ran(Floor(rules("a"), house=House(lines=2)), callers, on("a"))
    assert [was[n].state for n in "0123"] == [ANSWERED, ANSWERED, NO_LINE, NO_LINE]
    callers = [caller(str(n), n, 100) for n in range(4)]
    was = ran(Floor(rules("a"), house=House(lines_of={"t": 3})), callers, on("a"))
    assert [was[n].state for n in "0123"] == [ANSWERED, ANSWERED, ANSWERED, NO_LINE]
    callers = [caller(str(n), n, 100) for n in range(4)]
    was = ran(Floor(rules("a", max_waiting=1)), callers, on("a"))
    assert [was[n].state for n in "0123"] == [ANSWERED, ANSWERED, QUEUE_FULL, QUEUE_FULL]


def test_a_line_is_free_again() -> None:
    callers = [caller("1", 0, 10), caller("2", 5, 10), caller("3", 10, 10), caller("4", 19, 10)]
    was = ran(Floor(rules("a"), house=House(lines=1)), callers, on("a"))
    assert [was[n].state for n in "1234"] == [ANSWERED, NO_LINE, ANSWERED, NO_LINE]


def test_who_balks_does_so_only_where_there_is_a_wait() -> None:
    was = ran(Floor(rules("a")), [caller("1", 0, 10, balks=True), caller("2", 5, 10, balks=True)], on("a"))
    assert (was["1"].state, was["2"].state, was["2"].waited_s) == (ANSWERED, ABANDONED, 0)


def test_the_time_after_a_call_may_be_known() -> None:
    callers = [caller("1", 0, 10, after_s=30), caller("2", 5, 10, after_s=0), caller("3", 6, 10)]
    was = ran(Floor(rules("a", wrap_up_s=1_000.0)), callers, on("a"))
    assert (was["2"].waited_s, was["3"].waited_s) == (35, 44)


class Slow:
    """An agent who takes 8 s to pick up, talks twice as long; everybody calls again after a minute, once."""

    def rings_s(self, agent: str) -> float:
        return 8.0

    def talks_s(self, caller: Caller, agent: str) -> float:
        return 2 * caller.service_s

    def calls_again(self, caller: Caller, now: float) -> Caller | None:
        if caller.attempt > 1:
            return None
        return Caller(caller.contact + "+", caller.kind, caller.queue, now + 60, service_s=1.0, attempt=2)


def test_phones_that_ring() -> None:
    floor = Floor(rules("a"), Slow())
    callers = [caller("1", 0, 10), caller("2", 1, 10, patience_s=30), caller("3", 100, 1, patience_s=3)]
    was = ran(floor, callers, on("a"))
    assert (was["1"].waited_s, was["2"].state) == (8, ABANDONED)
    assert was["3"].state == ABANDONED  # while it rang
    assert floor.work["a"].talk_s == {"kind": 20 + 2 + 2}
    assert floor.work["a"].ring_s == 8 + 3 + 8 + 2 + 8  # two of them stop when the caller hangs up
    assert (was["2+"].attempt, was["2+"].state, was["2+"].at) == (2, ANSWERED, 91)


def test_a_phone_that_nobody_picks_up() -> None:
    floor = Floor(rules("a", "b", ring_s=5.0), Slow())
    was = ran(floor, [caller("1", 0, 10, patience_s=40)], on("a"), on("b"))
    assert was["1"].state == ABANDONED  # both were rung in vain, and are unresponsive


def test_an_agent_without_a_seat_does_not_come() -> None:
    one = rules("a", "b")
    floor = Floor(Rules(queues=one.queues, agents=one.agents, seats={"t": 1}))
    was = ran(floor, [caller("1", 0, 10), caller("2", 1, 10)], on("a"), on("b"))
    assert floor.without_seat == {"b"}
    assert [was[n].waited_s for n in "12"] == [0, 9]


def test_nobody_is_lost_and_nobody_talks_twice() -> None:
    floor = Floor(rules(*"abc", wrap_up_s=3.0), house=House(lines=6))
    callers = [caller(str(n), n * 3.7, 10 + n % 17, patience_s=5 + n % 40) for n in range(400)]
    ran(floor, callers, *(on(agent) for agent in "abc"), off("b", 700.0), on("b", 900.0), off("c", 1_100.0))
    assert len(floor.callers) == 400
    assert {one.state for one in floor.callers} <= {ANSWERED, ABANDONED, NO_LINE}
    for agent in "abc":
        talks = sorted((c.talks_at, c.talks_at + c.service_s) for c in floor.callers if c.agent == agent)
        assert all(end <= begin for (_, end), (begin, _) in pairwise(talks))
        assert sum(floor.work[agent].talk_s.values()) == pytest.approx(sum(end - begin for begin, end in talks))


def test_endless_patience_is_no_event() -> None:
    was = ran(Floor(rules("a")), [caller("1", 0, 5, patience_s=math.inf)], on("a", at=1e6))
    assert was["1"].waited_s == 1e6
