"""One platform on two nodes: a caller on the one, the agent's phone at the other."""

from __future__ import annotations

import pytest

from core.facts import AgentConnected, ContactEnded, ContactQueued, LegHealed, OfferEnded
from tests.unit.vcc.calls.centre import Centre
from tests.unit.vcc.calls.configuration import TEXTS

TEXTS_OF_TWO = {
    **TEXTS,
    "platform.yaml": TEXTS["platform.yaml"].replace(
        "nodes: {n1: {kind: simulated}}", "nodes: {n1: {kind: simulated}, n2: {kind: simulated}}"
    ),
    "phones.yaml": "p1: {node: n1, also: [n2]}\np2: {node: n1}\np3: {node: n1}\nq1: {node: n2}\nq2: {node: n2}\n",
}


@pytest.fixture
def centre() -> Centre:
    made = Centre(TEXTS_OF_TWO, nodes=("n1", "n2"))
    for phone in ("q1", "q2"):
        made.exchanges["n2"].add_phone(phone)
    made.wait(0.1)
    return made


def outcomes(centre: Centre) -> list[tuple[str, str]]:
    return [(fact.agent, str(fact.outcome)) for fact in centre.of(OfferEnded)]


def rings_at_second(centre: Centre, phone: str) -> bool:
    return any(centre.exchange.legs[leg].ringing for leg in centre.exchanges["n2"].phones[phone].legs)


def nodes(centre: Centre) -> dict[str, tuple[bool, int, int, int]]:
    return {node.node: (node.up, node.calls, node.legs, node.phones) for node in centre.control.nodes()}


def served_at_the_other(centre: Centre) -> None:
    """A new call comes in at the second node and is answered there."""
    other = centre.exchanges["n2"]
    leg = other.arrive("100", "777", "carrier")
    centre.wait(2.5)
    other.press(leg, "1")
    centre.wait(0.5)
    other.pick_up("q1")
    centre.wait(0.1)
    assert centre.stage(leg) == "talking"


def test_a_caller_gets_the_agent_whose_phone_is_at_the_other_node(centre: Centre) -> None:
    centre.ready(phone="q1")
    leg = centre.waiting()
    centre.wait(0.1)
    agents = centre.exchange.leg_on("q1")
    shown = centre.exchange.line(agents)
    assert (shown.shown_number, shown.shown_name) == ("555", "Press Orders")
    assert nodes(centre) == {"n1": (True, 1, 2, 3), "n2": (True, 0, 0, 2)}
    centre.pick_up("q1")
    assert centre.exchange.legs[agents].talk == [centre.exchange.legs[leg], centre.exchange.legs[agents]]
    assert [fact.agent for fact in centre.of(AgentConnected)] == ["press/wang"]
    centre.put_down("q1")
    assert centre.phase() == "wrap_up"
    assert centre.stage(leg) == "flow"
    centre.leave(leg)
    assert centre.end() == ("answered", "caller")


def test_from_the_second_node_the_same(centre: Centre) -> None:
    centre.ready(phone="p1")
    other = centre.exchanges["n2"]
    leg = other.arrive("100", "555", "carrier")
    centre.wait(2.5)
    other.press(leg, "1")
    centre.wait(0.5)
    other.pick_up("p1")
    centre.wait(0.1)
    assert centre.stage(leg) == "talking"
    other.hang_up(leg)
    centre.wait(0)
    assert centre.end() == ("answered", "caller")


def test_nobody_answers_there_and_the_next_agent_here_does(centre: Centre) -> None:
    centre.ready(phone="q1")
    leg = centre.waiting()
    centre.wait(1)
    centre.ready("press/li", "p2")
    centre.wait(10)
    assert outcomes(centre) == [("press/wang", "no_answer")]
    centre.pick_up("p2")
    assert centre.stage(leg) == "talking"


def test_a_node_that_dies_while_its_phone_rings_costs_the_caller_nothing(centre: Centre) -> None:
    centre.ready(phone="q1")
    leg = centre.waiting()
    centre.wait(1)
    centre.ready("press/li", "p2")
    centre.switches["n2"].go_down()
    centre.wait(0.1)
    assert outcomes(centre) == [("press/wang", "unreachable")]
    (ended,) = centre.of(OfferEnded)
    assert ended.detail == "the phone was lost while it rang (its node n2 is away)"
    centre.pick_up("p2")
    assert centre.stage(leg) == "talking"
    assert len(centre.of(ContactQueued)) == 1
    assert nodes(centre)["n2"] == (False, 0, 0, 0)
    with pytest.raises(ValueError, match="no call"):
        centre.exchange.leg_on("q1")


def test_an_agent_of_a_node_that_is_away_is_rung_again_when_it_is_back(centre: Centre) -> None:
    centre.ready(phone="q1")
    centre.switches["n2"].go_down()
    centre.wait(0.1)
    leg = centre.waiting()
    centre.wait(5)
    assert outcomes(centre) == []  # not even tried
    assert not rings_at_second(centre, "q1")
    centre.switches["n2"].come_back()
    centre.pick_up("q1")
    assert centre.stage(leg) == "talking"


def test_calls_on_a_node_that_stays_away_are_over_for_the_record_and_their_agents_free(centre: Centre) -> None:
    centre.ready(phone="q1")
    centre.waiting()
    centre.pick_up("q1")
    centre.waiting("666")
    centre.switches["n1"].go_down()
    centre.exchange.die()
    centre.wait(119)
    assert centre.ends() == []  # it may be only the wire
    centre.wait(2)
    ended = {fact.detail for fact in centre.of(ContactEnded)}
    assert ended == {"its node went away and did not come back"}
    assert sorted(centre.ends()) == ["answered", "failed"]
    assert centre.phase() == "wrap_up"
    assert nodes(centre)["n1"] == (False, 0, 0, 0)
    centre.wait(5)
    served_at_the_other(centre)


def test_who_picked_up_in_the_moment_when_the_wire_was_lost_gets_the_caller_when_it_is_back(centre: Centre) -> None:
    centre.ready(phone="p1")
    leg = centre.waiting()
    centre.wait(0.5)
    centre.exchange.pick_up("p1")
    centre.switch.go_down()
    centre.wait(0.2)
    assert centre.stage(leg) == "joining"  # nobody has heard the Bridge
    assert not centre.exchange.legs[leg].talk
    centre.switch.come_back()
    centre.wait(0.1)
    assert centre.stage(leg) == "talking"
    assert centre.exchange.legs[leg].talk


def given_up(centre: Centre, phone: str) -> tuple[str, str]:
    """A caller and an agent who talk on, on a node that is back after their call was taken for lost: their legs."""
    centre.ready(phone=phone)
    leg = centre.waiting()
    centre.pick_up(phone)
    agents = centre.exchange.leg_on(phone)
    centre.switches["n1"].go_down()
    centre.wait(121)
    assert centre.ends() == ["answered"]
    centre.switches["n1"].come_back()
    centre.wait(60)
    assert centre.exchange.legs[agents].talk == [centre.exchange.legs[leg], centre.exchange.legs[agents]]  # not cut
    return leg, agents


@pytest.mark.parametrize("phone", ["p1", "q1"])
def test_who_talks_on_after_the_call_was_given_up_is_left_alone_and_not_rung(centre: Centre, phone: str) -> None:
    leg, _ = given_up(centre, phone)
    waiting = centre.waiting("666")
    centre.wait(30)
    assert len(outcomes(centre)) == 1  # that of the first caller
    assert centre.stage(waiting) == "waiting"
    centre.exchange.hang_up(leg)
    centre.wait(1)
    centre.pick_up(phone)
    assert centre.stage(waiting) == "talking"


@pytest.mark.parametrize("phone", ["p1", "q1"])
def test_no_leg_stays_when_a_conversation_that_was_given_up_is_over(centre: Centre, phone: str) -> None:
    leg, agents = given_up(centre, phone)
    centre.exchange.hang_up(leg)
    centre.wait(1)
    assert centre.exchange.legs == {}
    assert [(fact.leg, fact.why) for fact in centre.of(LegHealed)] == [
        (agents, "its conversation, given up before, is over")
    ]
    assert not len(centre.hub.recovery.forgotten)
    assert not centre.floor.dialling


def test_an_agent_of_a_conversation_that_was_given_up_is_free_when_the_node_goes_for_good(centre: Centre) -> None:
    given_up(centre, "q1")
    centre.switches["n1"].go_down()
    centre.exchange.die()
    centre.wait(119)
    assert centre.floor.dialling
    centre.wait(2)
    served_at_the_other(centre)


def test_a_vcc_that_knows_nothing_of_a_conversation_leaves_no_leg_of_it_either(centre: Centre) -> None:
    leg, agents = given_up(centre, "p1")
    centre.restart()
    centre.wait(1)
    assert agents in centre.exchange.legs
    waiting = centre.waiting("666")
    centre.wait(30)
    assert centre.stage(waiting) == "waiting"
    centre.exchange.hang_up(leg)
    centre.wait(1)
    assert agents not in centre.exchange.legs
    centre.pick_up("p1")
    assert centre.stage(waiting) == "talking"


def test_a_node_that_comes_back_in_time_has_its_calls_as_before(centre: Centre) -> None:
    centre.ready(phone="q1")
    leg = centre.waiting()
    centre.pick_up("q1")
    centre.switches["n1"].go_down()
    centre.wait(100)
    centre.switches["n1"].come_back()
    centre.wait(60)
    assert centre.stage(leg) == "talking"
    assert centre.ends() == []


def test_a_vcc_that_comes_back_to_a_dead_node_does_not_wait_for_ever(centre: Centre) -> None:
    centre.waiting()
    centre.crash()
    centre.start(dead={"n1"})
    centre.wait(119)
    assert centre.ends() == []
    centre.wait(2)
    assert centre.ends() == ["failed"]


def test_after_a_crash_of_vcc_a_conversation_between_two_nodes_goes_on(centre: Centre) -> None:
    centre.ready(phone="q1")
    leg = centre.waiting()
    centre.pick_up("q1")
    centre.restart()
    assert centre.stage(leg) == "talking"
    centre.put_down("q1")
    assert centre.phase() == "wrap_up"


def test_after_a_crash_of_vcc_no_phone_of_the_other_node_rings_on(centre: Centre) -> None:
    centre.ready(phone="q1")
    centre.waiting()
    centre.wait(1)
    assert rings_at_second(centre, "q1")
    centre.crash()
    offered = centre.exchange.leg_on("q1")
    centre.start()
    centre.wait(0.2)
    assert offered not in centre.exchange.legs


def test_a_phone_that_moves_to_the_other_node_is_rung_where_it_came_last(centre: Centre) -> None:
    centre.ready(phone="p1")
    centre.exchanges["n2"].add_phone("p1")
    centre.wait(0.1)
    (where,) = (phone.node for phone in centre.control.phones() if phone.phone == "p1")
    assert where == "n2"
    centre.waiting()
    centre.wait(0.1)
    assert rings_at_second(centre, "p1")
    assert not centre.exchange.phones["p1"].legs
    centre.exchange.set_reachable("p1", reachable=False)  # its old place is given up: it rings on at the new one
    centre.wait(0.1)
    assert rings_at_second(centre, "p1")


def test_colleagues_of_two_nodes_call_each_other(centre: Centre) -> None:
    centre.ready(phone="q1")
    centre.ready("press/li", "p2")
    leg = centre.call("2001", phone="p2")
    centre.wait(0.5)
    centre.exchange.pick_up("q1")
    centre.wait(0.1)
    assert centre.stage(leg) == "talking"


def test_a_colleague_of_the_other_node_is_consulted(centre: Centre) -> None:
    leg = centre.talking()
    centre.ready("press/li", "q2")
    centre.control.consult(centre.session(leg).contact, "agent", "press/li", who="anna")
    centre.wait(0.5)
    centre.exchange.pick_up("q2")
    centre.wait(0.1)
    agents = centre.exchange.legs[centre.session(leg).agent_leg]
    assert [talker.phone for talker in agents.talk] == ["p1", "q2"]


def test_a_supervisor_at_the_other_node_watches(centre: Centre) -> None:
    leg = centre.talking()
    centre.control.supervise(centre.session(leg).contact, "q2", "listen", who="anna")
    centre.wait(0.5)
    supervisors = centre.exchange.leg_on("q2")
    centre.exchange.pick_up("q2")
    centre.wait(0.1)
    watch = centre.exchange.legs[supervisors].watch
    assert watch is not None
    assert watch.on == centre.session(leg).agent_leg
