"""queue: music and announcements, keys, giving up, agents, restarts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.facts import ChoiceMade, PromptEnded, WaitTold
from ivr_flows.protocol import AgentJoined, QueueEnded, Resumed, WaitsAgain
from tests.unit.ivr_flows.caller import (
    NOW,
    Wait,
    World,
    answered,
    ends,
    enters,
    hangs_up,
    heard,
    leaves,
    music,
    queues,
    says,
    stops,
)

if TYPE_CHECKING:
    from tests.unit.ivr_flows.caller import Call

JOINED = AgentJoined(agent="amy")
SERVED = QueueEnded(why="served")
FULL = QueueEnded(why="full")

QUEUE = """
steps:
  - queue:
      name: orders
      priority: 70
      skills: {english: 5}
      music: jazz
      timeout: 2m
      announce:
        first: 10s
        every: 30s
        say:
          - position
          - {zh-CN: 请稍候, en: please wait}
      9: {number: 98667}
      on_timeout: {say: busy}
      on_full: {say: full}
      after: {say: thanks}
  - say: next
"""


def test_music_then_an_agent_then_after(call: Call) -> None:
    caller = call(QUEUE)
    caller << answered() << queues("orders", 70, english=5) << music("jazz")
    caller >> JOINED
    caller >> "9" >> Wait(3_000)
    caller >> SERVED << says("thanks")
    caller >> heard << ends()  # not `next`: who was served is not told that nobody was there
    assert caller.over()


def test_the_short_form_ends_with_the_talk(call: Call) -> None:
    caller = call("steps: [{queue: orders}, {say: nobody}]")
    caller << answered() << queues("orders") << music()
    caller >> JOINED
    caller >> SERVED << ends()


def test_announcements_in_turn_with_music_between(call: Call) -> None:
    caller = call(QUEUE, world=World(place=21))
    caller << answered() << queues("orders", 70, english=5) << music("jazz")
    caller >> Wait(10) << says("您目前排在|第|二十一|位，请稍候。", "zh-CN", by_key=False)
    caller >> Wait(5)
    caller >> heard << music("jazz")
    caller >> Wait(30) << says("请稍候")
    caller >> heard << music("jazz")
    caller.world.place = 3
    caller >> Wait(30) << says("您目前排在|第|三|位，请稍候。")
    assert caller.now == NOW + 75


def test_a_place_that_is_not_known_is_not_told(call: Call) -> None:
    caller = call(QUEUE)
    caller << answered() << queues("orders", 70, english=5) << music("jazz")
    caller >> Wait(10) << says("请稍候")


def test_nothing_to_announce_at_all(call: Call) -> None:
    caller = call("steps: [{queue: {name: orders, announce: {say: position, every: 10s}}}]")
    caller << answered() << queues("orders") << music()
    caller >> Wait(25)
    caller.world.place = 1
    caller >> Wait(5) << says("您目前排在|第|一|位，请稍候。")


def test_own_words_about_the_position(call: Call) -> None:
    caller = call("steps: [{queue: {name: orders, announce: {say: '{position}', every: 10s}}}]", world=World(place=12))
    caller << answered() << queues("orders") << music()
    caller >> Wait(10) << says("一|二")


WAITS = "steps: [{queue: {name: q, announce: {say: wait, every: 10s}}}]"


def test_the_expected_wait_is_told_as_a_range_and_never_rises(call: Call) -> None:
    caller = call(WAITS, world=World(expected_s=130))
    caller << answered() << queues("q") << music()
    caller >> Wait(10) << says("预计还需等待|三|到|四|分钟。", "zh-CN", by_key=False)
    caller >> heard << music()
    caller.world.expected_s = 1_000  # many agents have left: the caller is not told that it takes longer now
    caller >> Wait(10) << says("预计还需等待|三|到|四|分钟。")
    caller >> heard << music()
    caller.world.expected_s = 61
    caller >> Wait(10) << says("预计还需等待|两|到|三|分钟。")
    caller >> heard << music()
    caller.world.expected_s = 20
    caller >> Wait(10) << says("预计等待不到一分钟。")
    assert [(fact.least, fact.most) for fact in caller.saw(WaitTold)] == [(3, 4), (3, 4), (2, 3), (0, 1)]


def test_a_wait_that_nobody_ends_is_not_told(call: Call) -> None:
    caller = call(WAITS)
    caller << answered() << queues("q") << music()
    caller >> Wait(10)
    caller.world.expected_s = 1_000
    caller >> Wait(10) << says("预计还需等待|二十|到|二十五|分钟。")


def test_own_words_about_the_wait_in_another_language(call: Call) -> None:
    text = "{en: 'From {wait_from:number} to {wait_to:number}.', zh-CN: 等}"
    queue = f"{{queue: {{name: q, announce: {{say: {text}, every: 10s}}}}}}"
    caller = call(f"steps: [{{language: {{say: x, 2: en, attempts: 1}}}}, {queue}]", world=World(expected_s=130))
    caller << answered() << says("x")
    caller >> "2" << stops() << queues("q") << music()
    caller >> Wait(10) << says("From|three|to|four", "en")


def test_who_is_sent_on_by_an_agent_waits_anew(call: Call) -> None:
    caller = call(WAITS, world=World(expected_s=30))
    caller << answered() << queues("q") << music()
    caller >> Wait(10) << says("预计等待不到一分钟。")
    caller >> heard << music()
    caller >> JOINED
    caller >> WaitsAgain() << music()
    caller.world.expected_s = 130
    caller >> Wait(10) << says("预计还需等待|三|到|四|分钟。")


def test_giving_up_after_the_timeout(call: Call) -> None:
    caller = call(QUEUE)
    caller << answered() << queues("orders", 70, english=5) << music("jazz")
    for seconds in (10, 30, 30, 30):
        caller >> Wait(seconds) << says("请稍候")
        caller >> heard << music("jazz")
    caller >> Wait(19.9)
    caller >> Wait(0.1) << leaves("timeout") << says("busy")
    caller >> heard << says("next")


def test_giving_up_during_an_announcement(call: Call) -> None:
    caller = call("steps: [{queue: {name: q, timeout: 12s, announce: {say: hold, every: 10s}}}, {say: next}]")
    caller << answered() << queues("q") << music()
    caller >> Wait(10) << says("hold")
    caller >> Wait(2) << stops() << leaves("timeout") << says("next")


def test_a_key_gives_the_place_up(call: Call) -> None:
    caller = call(QUEUE)
    caller << answered() << queues("orders", 70, english=5) << music("jazz")
    caller >> "5"
    caller >> "9" << leaves("key") << enters("98667")
    assert [(fact.step, fact.choice) for fact in caller.saw(ChoiceMade)] == [("queue", "9")]


def test_a_key_during_an_announcement(call: Call) -> None:
    caller = call(QUEUE)
    caller << answered() << queues("orders", 70, english=5) << music("jazz")
    caller >> Wait(10) << says("请稍候")
    caller >> "5"
    caller >> "9" << stops() << leaves("key") << enters("98667")
    assert caller.saw(PromptEnded)[0].completed is False


def test_an_agent_during_an_announcement(call: Call) -> None:
    caller = call(QUEUE)
    caller << answered() << queues("orders", 70, english=5) << music("jazz")
    caller >> Wait(10) << says("请稍候")
    play = caller.play
    caller >> JOINED  # the host has stopped the speech
    assert [fact.completed for fact in caller.saw(PromptEnded)] == [False]
    caller.play = play
    caller >> heard >> Wait(600)
    caller >> SERVED << says("thanks")
    assert len(caller.saw(PromptEnded)) == 1


def test_keys_pressed_before_mean_nothing_in_a_queue(call: Call) -> None:
    caller = call("steps: [{say: {text: hold, barge_in: false}}, {queue: {name: orders, 1: hang_up}}]")
    caller << answered() << says("hold")
    caller >> "1"
    caller >> heard << queues("orders") << music()
    caller >> "1" << leaves("key") << hangs_up()


def test_and_nothing_after_it(call: Call) -> None:
    caller = call("steps: [{say: {text: hold, barge_in: false}}, {queue: orders}, {menu: {say: menu, 1: hang_up}}]")
    caller << answered() << says("hold")
    caller >> "1"
    caller >> heard << queues("orders") << music()
    caller >> FULL << says("menu")


def test_an_operator_takes_it_out_during_an_announcement(call: Call) -> None:
    caller = call(QUEUE)
    caller << answered() << queues("orders", 70, english=5) << music("jazz")
    caller >> Wait(10) << says("请稍候")
    caller >> QueueEnded(why="moved_out") << stops() << says("busy")


def test_full(call: Call) -> None:
    caller = call(QUEUE)
    caller << answered() << queues("orders", 70, english=5) << music("jazz")
    caller >> FULL << says("full")
    caller >> heard << says("next")


def test_full_without_a_branch_goes_on(call: Call) -> None:
    caller = call("steps: [{queue: orders}, {say: next}]")
    caller << answered() << queues("orders") << music()
    caller >> FULL << says("next")


@pytest.mark.parametrize(
    ("text", "error"),
    [("steps: [{queue: orders}]", "queue_full"), ("steps: [{queue: {name: orders, on_full: []}}]", "")],
)
def test_full_with_nothing_after_it_is_the_tenants_answer(call: Call, text: str, error: str) -> None:
    caller = call(text)
    caller << answered() << queues("orders") << music()
    caller >> FULL << ends(error)


def test_an_operator_takes_it_out(call: Call) -> None:
    caller = call(QUEUE)
    caller << answered() << queues("orders", 70, english=5) << music("jazz")
    caller >> QueueEnded(why="moved_out") << says("busy")


def test_a_queue_that_does_not_exist(call: Call) -> None:
    caller = call("on_error: {say: sorry}\nsteps: [{queue: orders}, {say: next}]")
    caller << answered() << queues("orders") << music()
    caller >> QueueEnded(why="no_such_queue") << says("sorry")
    caller >> heard << ends("the queue 'orders' does not exist")


REMOVED = QueueEnded(why="removed")


def test_a_queue_that_is_removed_with_nothing_after_it_is_an_error(call: Call) -> None:
    caller = call("on_error: {say: sorry}\nsteps: [{queue: orders}]")
    caller << answered() << queues("orders") << music()
    caller >> REMOVED << says("sorry")
    caller >> heard << ends("the queue 'orders' was removed")


@pytest.mark.parametrize("more", ["{queue: {name: orders, on_timeout: {say: next}}}", "{queue: orders}, {say: next}"])
def test_a_queue_that_is_removed_leads_on_where_nobody_answered(call: Call, more: str) -> None:
    caller = call(f"on_error: {{say: sorry}}\nsteps: [{more}]")
    caller << answered() << queues("orders") << music()
    caller >> REMOVED << says("next")
    caller >> heard << ends()


def test_a_queue_answers_where_words_do_not(call: Call) -> None:
    caller = call("answer: false\nsteps: [{say: ring}, {queue: orders}]")
    caller << says("ring")
    caller >> heard << answered() << queues("orders") << music()


def test_a_restart_in_the_queue_keeps_the_place(call: Call) -> None:
    caller = call(QUEUE)
    caller << answered() << queues("orders", 70, english=5) << music("jazz")
    caller >> Wait(10) << says("请稍候")
    caller >> Resumed(in_queue=True) << music("jazz")
    caller >> Wait(29)
    caller >> Wait(1) << says("请稍候")
    caller >> heard << music("jazz")
    caller >> Wait(30) << says("请稍候")
    caller >> heard << music("jazz")
    caller >> Wait(30) << says("请稍候")
    caller >> heard << music("jazz")
    caller >> Wait(20) << leaves("timeout") << says("busy")
    assert caller.now == NOW + 120  # the time before the restart counts


def test_a_restart_that_lost_the_place_queues_again(call: Call) -> None:
    caller = call(QUEUE)
    caller << answered() << queues("orders", 70, english=5) << music("jazz")
    caller >> Resumed(in_queue=False) << queues("orders", 70, english=5) << music("jazz")


def test_a_restart_during_the_talk_leaves_it_alone(call: Call) -> None:
    caller = call(QUEUE)
    caller << answered() << queues("orders", 70, english=5) << music("jazz")
    caller >> JOINED
    caller >> Resumed(in_queue=False)
    caller >> Resumed(in_queue=True)
    caller >> SERVED << says("thanks")
