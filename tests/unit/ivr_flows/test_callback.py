"""callback: the number and the time that are asked for, read back and keyed in, and where each answer leads."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from core.facts import ChoiceMade, DigitsCollected
from ivr_flows.protocol import AskCallback, CallbackRefused, CallbackTaken, Resumed
from ivr_flows.steps.callback import moment
from tests.unit.ivr_flows.caller import INFO, NOW, Wait, answered, ends, heard, key, says, stops

if TYPE_CHECKING:
    from tests.unit.ivr_flows.caller import Call

FLOW = """
steps:
  - callback:
      queue: orders
      say: "we call {callback_number:text}"
      full: {say: too many}
      not_allowed: {say: no such number}
  - say: next
"""
CONFIRM = FLOW.replace("queue: orders", "queue: orders\n      confirm: true\n      attempts: 2")
MINE = "我们将回拨|零|幺|零|幺|二|三|四|五|六|七|八|。确认请按1，换一个号码请按2。"
ENTER = "请输入回拨号码，按井号键结束。"
ASKS = AskCallback(number=INFO.caller, queue="orders")
TAKEN = CallbackTaken(at=NOW)


def test_it_asks_nothing_by_itself(call: Call) -> None:
    caller = call(FLOW) << ASKS
    caller >> TAKEN << answered() << says(f"we call|{INFO.caller}", by_key=False)
    caller >> heard << says("next")
    caller >> heard << ends()
    assert (
        caller.state.variables["callback_time"]
        == f"{datetime.fromtimestamp(NOW, ZoneInfo('Asia/Shanghai')):%Y-%m-%d %H:%M}"
    )


@pytest.mark.parametrize(
    ("why", "said", "choice"),
    [
        ("full", "too many", "full"),
        ("not_allowed", "no such number", "not_allowed"),
        ("closed", "next", "closed"),
        ("bad_time", "next", "bad_time"),
        ("strange", "too many", "full"),
    ],
)
def test_each_refusal_has_its_way(call: Call, why: str, said: str, choice: str) -> None:
    caller = call(FLOW) << ASKS
    caller >> CallbackRefused(why=why) << answered() << says(said)
    assert [fact.choice for fact in caller.saw(ChoiceMade)] == [choice]


def test_without_a_queue_it_is_the_one_before(call: Call) -> None:
    caller = call("steps: [callback]") << AskCallback(number=INFO.caller)
    caller >> CallbackRefused(why="no_place")
    assert "names no queue" in caller.state.error


def test_all_that_may_be_asked(call: Call) -> None:
    flow = """
steps:
  - set: {mobile: "13800138000"}
  - callback: {queue: orders, number: "{mobile}", at: "2026-03-02 15:30", priority: 70, skills: {zh: 5}, first: caller}
"""
    at = datetime(2026, 3, 2, 15, 30, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp()
    call(flow) << AskCallback(
        number="13800138000", queue="orders", at=at, priority=70, skills={"zh": 5}, first="caller"
    )


def test_a_time_that_is_none(call: Call) -> None:
    caller = call("steps: [{callback: {queue: orders, at: soon, bad_time: {say: when}}}]") << answered() << says("when")
    assert [fact.choice for fact in caller.saw(ChoiceMade)] == ["bad_time"]


def test_the_number_is_read_back(call: Call) -> None:
    caller = call(CONFIRM) << answered()
    caller << says(MINE.replace("|。", "|"), by_key=True)
    caller >> key("1") << stops() << ASKS


def test_another_number_is_keyed_in(call: Call) -> None:
    caller = call(CONFIRM) << answered()
    caller << says(MINE.replace("|。", "|"))
    caller >> heard >> key("2") << says(ENTER)
    caller >> key("1") << stops()
    caller >> key("3") >> key("*") >> key("9") >> key("#")
    caller << says("我们将回拨|幺|三|九|确认请按1，换一个号码请按2。")
    caller >> key("1") << stops() << AskCallback(number="139", queue="orders")
    assert [(fact.name, fact.digits) for fact in caller.saw(DigitsCollected)] == [("callback_number", "***")]


def test_who_says_nothing_is_content(call: Call) -> None:
    caller = call(CONFIRM) << answered()
    caller << says(MINE.replace("|。", "|"))
    caller >> heard >> Wait(5) << ASKS


def test_nothing_that_could_be_called(call: Call) -> None:
    """Another key, twice."""
    caller = call(CONFIRM) << answered()
    caller << says(MINE.replace("|。", "|"))
    caller >> key("7") << stops() << says(MINE.replace("|。", "|"))
    caller >> key("7") << stops() << says("no such number")


def test_a_restart_asks_again(call: Call) -> None:
    caller = call(CONFIRM) << answered()
    caller << says(MINE.replace("|。", "|"))
    caller >> Resumed(in_queue=False) << says(MINE.replace("|。", "|"))
    caller >> key("1") << stops() << ASKS
    caller >> Resumed(in_queue=False) << ASKS
    caller >> TAKEN << says(f"we call|{INFO.caller}")
    caller >> Resumed(in_queue=False) << says(f"we call|{INFO.caller}")
    caller >> heard << says("next")


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("1530", "2026-03-02 15:30"),
        ("15:30", "2026-03-02 15:30"),
        ("0900", "2026-03-03 09:00"),
        ("10:00", "2026-03-03 10:00"),
        ("2026-03-04 15:30", "2026-03-04 15:30"),
        ("2026-03-04T15:30+08:00", "2026-03-04 15:30"),
        ("202603041530", "2026-03-04 15:30"),
        ("25:00", None),
        ("2026-13-01 10:00", None),
        ("2026-02-30 10:00", None),
        ("2026-03-04", None),
        ("tomorrow", None),
    ],
)
def test_times(text: str, when: str | None) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    found = moment(text, datetime(2026, 3, 2, 10, 0, tzinfo=zone))
    assert when == (None if found is None else f"{datetime.fromtimestamp(found, zone):%Y-%m-%d %H:%M}")
