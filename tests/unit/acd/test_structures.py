"""The structures that keep events cheap, against the plain ways of doing the same."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd.choosing import heads
from acd.deadlines import Deadlines
from acd.index import Desk, Index, Place
from acd.protocol import AgentState, Ticket
from acd.ranking import Ranking, ServingKey
from acd.requirement import Requirement
from acd.sharing import Sharing


def key(n: int) -> ServingKey:
    return (-(n % 3), float(n // 3), n, f"c{n}")


@pytest.mark.parametrize("order", ["rising", "falling", "mixed"])
def test_a_ranking_of_thousands_is_a_sorted_list(order: str) -> None:
    dice = random.Random(order)
    numbers = list(range(3_000))
    if order == "falling":
        numbers.reverse()
    elif order == "mixed":
        dice.shuffle(numbers)
    ranking, plain = Ranking(), []
    for n in numbers:
        ranking.add(key(n))
        plain.append(key(n))
    plain.sort()
    assert list(ranking) == plain
    gone = set(dice.sample(plain, 2_900))
    for one in gone:
        ranking.remove(one)
    plain = [one for one in plain if one not in gone]
    assert list(ranking) == plain
    assert [ranking.rank(one) for one in plain] == list(range(1, 101))
    assert (ranking.first, len(ranking)) == (plain[0], 100)
    assert len(ranking._blocks) <= 3, "blocks that shrank were not joined"


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 40))))
def test_a_ranking_does_what_a_sorted_list_does(steps: list[tuple[bool, int]]) -> None:
    ranking, plain = Ranking(), set[ServingKey]()
    for add, n in steps:
        if add and key(n) not in plain:
            ranking.add(key(n))
            plain.add(key(n))
        elif not add and key(n) in plain:
            ranking.remove(key(n))
            plain.remove(key(n))
        elif not add:
            with pytest.raises(KeyError):
                ranking.remove(key(n))
        assert ranking.first == min(plain, default=None)
        assert (key(n) in ranking) == (key(n) in plain)
    assert list(ranking) == sorted(plain)


@given(st.lists(st.tuples(st.sampled_from(["set", "clear", "pop"]), st.sampled_from("abc"), st.integers(0, 9))))
def test_deadlines_do_what_a_dictionary_does(steps: list[tuple[str, str, int]]) -> None:
    deadlines, plain = Deadlines(), dict[str, float]()
    for what, name, when in steps:
        if what == "set":
            deadlines.set(name, when)
            plain[name] = when
        elif what == "clear":
            deadlines.clear(name)
            plain.pop(name, None)
        else:
            due = min(((at, who) for who, at in plain.items() if at <= when), default=None)
            assert deadlines.pop_due(when) == (due[1] if due else None)
            if due:
                del plain[due[1]]
        assert deadlines.next() == min(plain.values(), default=None)


def test_deadlines_that_move_all_the_time_do_not_pile_up() -> None:
    deadlines = Deadlines()
    for n in range(10_000):
        deadlines.set("ann", float(n))
    assert len(deadlines._near) < 100
    assert deadlines.next() == 9_999.0


@pytest.mark.parametrize("apart_s", [0.0, 0.001, 0.1, 100.0])
def test_thousands_of_deadlines_come_in_the_order_of_their_times(apart_s: float) -> None:
    """So many that most lie by their seconds: they are set, moved, cleared and met as in a dictionary."""
    dice, deadlines, plain, now = random.Random(1), Deadlines(), dict[str, float](), 1_000_000.0
    for n in range(30_000):
        name, when = f"n{dice.randrange(12_000)}", now + dice.randrange(6_000) * apart_s
        if n % 5 == 4:
            deadlines.clear(name)
            plain.pop(name, None)
        else:
            when = math.inf if n % 97 == 0 else when
            deadlines.set(name, when)
            plain[name] = when
        if n % 1_000 == 999:
            now += 500 * apart_s
            due = sorted((at, who) for who, at in plain.items() if at <= now)
            for at, who in due:
                assert deadlines.next() == at
                assert deadlines.pop_due(now) == who
                del plain[who]
            assert deadlines.pop_due(now) is None
            assert deadlines.next() == min(plain.values(), default=None)
    if apart_s == 100.0:
        assert len(deadlines._near) <= 1_024, "the heap holds those that come next, not all"
    assert deadlines._entries == len(deadlines._near) + sum(map(len, deadlines._far.values()))
    while plain:
        when, who = min((at, who) for who, at in plain.items())
        assert deadlines.pop_due(math.inf) == who
        del plain[who]
    assert deadlines.next() is None


def test_agents_who_come_and_go_do_not_pile_up_in_lines_that_nobody_calls() -> None:
    index = Index()
    line = index.line(Requirement.of("star", {}))
    desk = Desk(AgentState(agent="ann", serves=("star",)))
    index.seat(desk, {})
    for n in range(10_000):
        desk.free = 0
        desk.state.idle_since = float(n)
        index.set_free(desk)
    assert len(line._free) < 200
    assert line.first_free() is desk


def test_many_who_are_free_at_once_are_not_sorted_anew_each_time() -> None:
    index = Index()
    line = index.line(Requirement.of("star", {}))
    for n in range(1_000):
        desk = Desk(AgentState(agent=f"agent{n}", serves=("star",)))
        index.seat(desk, {})
        index.set_free(desk)
    assert line._compact_at > len(line._free) == 1_000


def test_a_new_line_finds_the_agents_who_are_free_and_a_new_agent_the_lines() -> None:
    index = Index()
    old = index.line(Requirement.of("star", {"zh": 2}))
    ann = Desk(AgentState(agent="ann", serves=("star",)))
    index.seat(ann, {"zh": 3, "en": 1})
    index.set_free(ann)
    new = index.line(Requirement.of("star", {"en": 1}))
    other = index.line(Requirement.of("chess", {}))
    assert (old.first_free(), new.first_free(), other.first_free()) == (ann, ann, None)
    ticket = Ticket(contact="c1", tenant="star", queue="q", priority=1, skills={}, queued_at=0.0, order=1)
    new.waiting.add(Place(ticket, new).key)
    assert [head.key[3] for head in heads(ann, index, Sharing({}), 5.0)] == ["c1"]


def test_a_requirement_has_one_form() -> None:
    assert Requirement.of("star", {"b": 1, "a": 2, "c": 0}) == Requirement.of("star", {"a": 2, "b": 1})
    assert Requirement.of("star", {}).met_by(frozenset({"star"}), {})
    assert not Requirement.of("star", {"a": 1}).met_by(frozenset({"star"}), {"b": 9})
    assert not Requirement.of("star", {}).met_by(frozenset({"chess"}), {})
