"""survey: a score, about the agent and queue that the caller has talked with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.facts import InputMissed, SurveyAnswered
from ivr_flows.protocol import AgentJoined, QueueEnded, Resumed
from tests.unit.ivr_flows.caller import Wait, answered, ends, heard, music, queues, says, stops

if TYPE_CHECKING:
    from tests.unit.ivr_flows.caller import Call, Caller

FLOW = """
steps:
  - queue:
      name: orders
      after:
        - survey: {name: friendly, say: how, scores: 1-5, attempts: 2, invalid: wrong, timeout: 2s}
        - say: bye
"""


def talked(call: Call) -> Caller:
    caller = call(FLOW)
    caller << answered() << queues("orders") << music()
    caller >> AgentJoined(agent="press/wang", queue="press/orders")
    caller >> QueueEnded(why="served") << says("how", by_key=True)
    return caller


@pytest.mark.parametrize("key", ["1", "5"])
def test_a_score(call: Call, key: str) -> None:
    caller = talked(call)
    caller >> key << stops() << says("bye")
    [answer] = caller.saw(SurveyAnswered)
    assert (answer.question, answer.score, answer.agent, answer.queue) == (
        "friendly", int(key), "press/wang", "press/orders",
    )  # fmt: skip


@pytest.mark.parametrize("key", ["0", "6", "*"])
def test_no_score(call: Call, key: str) -> None:
    caller = talked(call)
    caller >> key << stops() << says("wrong|how")
    caller >> key << stops() << says("bye")
    assert caller.saw(SurveyAnswered) == []
    assert [fact.why for fact in caller.saw(InputMissed)] == ["invalid", "invalid"]


def test_silence(call: Call) -> None:
    caller = talked(call)
    caller >> heard
    caller >> Wait(2) << says("how")
    caller >> heard
    caller >> Wait(2) << says("bye")
    caller >> heard << ends()


def test_a_restart_asks_again(call: Call) -> None:
    caller = talked(call)
    caller >> Resumed(in_queue=False) << says("how")
    caller >> "3" << stops() << says("bye")
    assert [fact.agent for fact in caller.saw(SurveyAnswered)] == ["press/wang"]


def test_the_last_agent_counts(call: Call) -> None:
    caller = call(FLOW)
    caller << answered() << queues("orders") << music()
    caller >> AgentJoined(agent="press/wang", queue="press/orders")
    caller >> AgentJoined(agent="lin", queue="press/editors")
    caller >> QueueEnded(why="served") << says("how")
    caller >> "3" << stops() << says("bye")
    assert [(fact.agent, fact.queue) for fact in caller.saw(SurveyAnswered)] == [("lin", "press/editors")]


def test_without_a_conversation(call: Call) -> None:
    caller = call("steps: [{survey: {name: q, say: how}}]")
    caller << answered() << says("how")
    caller >> "3" << stops() << ends()
    assert [(fact.agent, fact.queue) for fact in caller.saw(SurveyAnswered)] == [("", "")]
