"""transfer: what is dialled, what the caller hears, where each end leads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.facts import ChoiceMade
from ivr_flows.protocol import (
    AgentJoined,
    DialOutside,
    Enqueue,
    NotReached,
    QueueEnded,
    Resumed,
    StopDialling,
    WaitsAgain,
)
from tests.unit.ivr_flows.caller import Wait, answered, ends, hangs_up, heard, leaves, music, says

if TYPE_CHECKING:
    from tests.unit.ivr_flows.caller import Call

FLOW = """
steps:
  - transfer:
      to: "0{argument}"
      ring: 20s
      say: moment
      music: jazz
      no_answer: {say: nobody}
      busy: {say: engaged}
      after: {say: bye}
  - say: next
"""
DIALS = DialOutside(number="0", ring_s=20.0)


def test_it_is_dialled_when_the_prompt_is_said(call: Call) -> None:
    caller = call(FLOW) << answered() << says("moment", by_key=False)
    caller >> heard << DIALS << music("jazz")
    caller >> AgentJoined(agent="")
    caller >> QueueEnded(why="served") << says("bye")
    caller >> heard << ends()


@pytest.mark.parametrize(
    ("why", "said", "choice"),
    [
        ("no_answer", "nobody", "no_answer"),
        ("busy", "engaged", "busy"),
        ("refused", "next", "refused"),
        ("unavailable", "next", "unavailable"),
        ("strange", "next", "unavailable"),
    ],
)
def test_each_failure_has_its_way(call: Call, why: str, said: str, choice: str) -> None:
    caller = call(FLOW) << answered() << says("moment")
    caller >> heard << DIALS << music("jazz")
    caller >> NotReached(why=why) << says(said)
    assert [fact.choice for fact in caller.saw(ChoiceMade)] == [choice]


def test_nobody_waits_for_ever(call: Call) -> None:
    caller = call(FLOW) << answered() << says("moment")
    caller >> heard << DIALS << music("jazz")
    caller >> Wait(24.9)
    caller >> Wait(0.1) << StopDialling() << says("nobody")


def test_after_the_conversation_the_flow_is_over(call: Call) -> None:
    caller = call("steps: [{transfer: '13800138000'}, hang_up]") << answered()
    caller << DialOutside(number="13800138000", ring_s=30.0) << music()
    caller >> "1"
    caller >> Resumed(in_queue=False) << DialOutside(number="13800138000", ring_s=30.0) << music()
    caller >> AgentJoined(agent="")
    caller >> Resumed(in_queue=False)
    caller >> QueueEnded(why="served") << ends()


def test_without_branches_it_goes_on(call: Call) -> None:
    caller = call("steps: [{transfer: '13800138000'}, hang_up]") << answered()
    caller << DialOutside(number="13800138000", ring_s=30.0) << music()
    caller >> NotReached(why="busy") << hangs_up()


AGENT = """
steps:
  - transfer:
      agent: "{argument}"
      queue: service
      music: jazz
      no_answer: {say: nobody}
      busy: {say: engaged}
      unknown: {say: no such extension}
      after: {say: bye}
  - say: next
"""
SOUGHT = Enqueue(queue="service", only="")


def test_an_agent_alone_is_rung(call: Call) -> None:
    caller = call(AGENT) << answered() << SOUGHT << music("jazz")
    caller >> AgentJoined(agent="press/li", queue="press/service")
    caller >> WaitsAgain() << music("jazz")
    caller >> AgentJoined(agent="lin", queue="press/service")
    caller >> QueueEnded(why="served") << says("bye")
    caller >> heard << ends()
    assert (caller.state.agent, caller.state.queue) == ("lin", "press/service")


@pytest.mark.parametrize(
    ("why", "said", "choice"),
    [
        ("no_answer", "nobody", "no_answer"),
        ("busy", "engaged", "busy"),
        ("unknown", "no such extension", "unknown"),
        ("unavailable", "next", "unavailable"),
        ("full", "next", "unavailable"),
        ("removed", "next", "unavailable"),
    ],
)
def test_each_way_of_not_reaching_an_agent(call: Call, why: str, said: str, choice: str) -> None:
    caller = call(AGENT) << answered() << SOUGHT << music("jazz")
    caller >> QueueEnded(why=why) << says(said)
    assert [fact.choice for fact in caller.saw(ChoiceMade)] == [choice]


def test_after_a_restart_the_agent_is_rung_anew(call: Call) -> None:
    caller = call(AGENT) << answered() << SOUGHT << music("jazz")
    caller >> Resumed(in_queue=True) << music("jazz")
    caller >> Resumed(in_queue=False) << SOUGHT << music("jazz")
    caller >> Wait(599.9)
    caller >> Wait(0.1) << leaves("timeout") << says("nobody")


def test_whom_the_agent_sends_on_waits_not_for_ever(call: Call) -> None:
    caller = call(AGENT) << answered() << SOUGHT << music("jazz")
    caller >> AgentJoined(agent="press/li", queue="press/service")
    caller >> Resumed(in_queue=False)
    caller >> WaitsAgain() << music("jazz")
    caller >> Resumed(in_queue=True) << music("jazz")
    caller >> Wait(3_600) << leaves("timeout") << says("nobody")


def test_the_place_of_whom_the_agent_sends_on_may_be_gone(call: Call) -> None:
    caller = call(AGENT) << answered() << SOUGHT << music("jazz")
    caller >> AgentJoined(agent="press/li", queue="press/service")
    caller >> WaitsAgain() << music("jazz")
    caller >> Resumed(in_queue=False) << says("next")
