"""record and voicemail: the tone, what ends a message, what the caller decides about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ivr_flows.protocol import BEEP, MESSAGE, CallerSilent, EndMessage, MessageEnded, Resumed, StartMessage
from tests.unit.ivr_flows.caller import Wait, answered, cut_off, ends, heard, says, stops

if TYPE_CHECKING:
    from tests.unit.ivr_flows.caller import Call, Caller

RECORD = "steps: [{record: {say: talk, box: ideas, max: 30s, on_failure: {say: failed}}}, {say: thanks}]"
REVIEWED = """
steps:
  - record: {say: talk, review: {say: sure, accept: 5, listen: 6, again: 7}, attempts: 2, on_failure: {say: failed}}
  - say: thanks
"""


def start(box: str, silence_s: float = 5.0) -> StartMessage:
    return StartMessage(box=box, silence_s=silence_s)


def recording(call: Call, text: str) -> Caller:
    caller = call(text)
    caller << answered() << says("talk", by_key=True)
    caller >> heard << says(BEEP)
    caller >> heard << start("ideas" if "ideas" in text else "messages")
    return caller


def reviewed(call: Call) -> Caller:
    caller = recording(call, REVIEWED)
    caller >> "#" << EndMessage(how="review")
    caller >> MessageEnded() << says("sure", by_key=True)
    return caller


def test_the_end_key(call: Call) -> None:
    caller = recording(call, RECORD)
    caller >> "12"  # other keys are heard on it, and mean nothing
    caller >> "#" << EndMessage(how="keep") << says("thanks")
    caller >> heard << ends()


def test_the_longest(call: Call) -> None:
    caller = recording(call, RECORD)
    caller >> Wait(29.9)
    caller >> Wait(0.1) << EndMessage(how="keep") << says("thanks")


def test_who_falls_silent_has_done(call: Call) -> None:
    caller = recording(call, RECORD)
    caller >> CallerSilent(said=True) << EndMessage(how="keep") << says("thanks")
    caller = recording(call, REVIEWED)
    caller >> CallerSilent(said=True) << EndMessage(how="review")
    caller >> MessageEnded() << says("sure", by_key=True)


def test_who_says_nothing_leaves_no_message(call: Call) -> None:
    caller = recording(call, RECORD)
    caller >> CallerSilent(said=False) << EndMessage(how="drop") << says("thanks")
    caller = recording(call, RECORD.replace("on_failure", "on_silence"))
    caller >> CallerSilent(said=False) << EndMessage(how="drop") << says("failed")


def test_how_long_a_silence_may_be(call: Call) -> None:
    for written, silence_s in (("8s", 8.0), ("0s", 0.0)):
        caller = call(f"steps: [{{record: {{say: talk, beep: false, silence: {written}}}}}]")
        caller << answered() << says("talk")
        caller >> heard << start("messages", silence_s)


def test_a_silence_that_is_told_when_all_is_over(call: Call) -> None:
    caller = recording(call, REVIEWED)
    caller >> "#" << EndMessage(how="review")
    caller >> CallerSilent(said=True)
    caller >> MessageEnded() << says("sure", by_key=True)
    caller >> CallerSilent(said=False)
    caller >> "5" << stops() << EndMessage(how="keep") << says("thanks")


def test_the_flows_limit(call: Call) -> None:
    caller = recording(call, f"limits: {{message: 10s}}\n{RECORD}")
    caller >> Wait(10) << EndMessage(how="keep") << says("thanks")


def test_a_key_skips_the_prompt_and_not_the_tone(call: Call) -> None:
    caller = call(RECORD)
    caller << answered() << says("talk")
    caller >> "1" << stops() << says(BEEP)
    caller >> cut_off << start("ideas")


def test_without_a_tone_and_without_an_end_key(call: Call) -> None:
    caller = call("steps: [{record: {say: talk, beep: false, end: null, max: 5s}}]")
    caller << answered() << says("talk")
    caller >> heard << start("messages")
    caller >> "#"
    caller >> Wait(5) << EndMessage(how="keep") << ends()


@pytest.mark.parametrize("text", [RECORD, REVIEWED])
def test_what_cannot_be_recorded(call: Call, text: str) -> None:
    caller = recording(call, text)
    caller >> MessageEnded(problem="no disk") << says("failed")


def test_accepted(call: Call) -> None:
    caller = reviewed(call)
    caller >> "5" << stops() << EndMessage(how="keep") << says("thanks")


def test_listened_to_and_accepted(call: Call) -> None:
    caller = reviewed(call)
    caller >> heard
    caller >> "6" << says(MESSAGE)
    caller >> heard << says("sure")
    caller >> "5" << stops() << EndMessage(how="keep") << says("thanks")


def test_decided_while_it_is_listened_to(call: Call) -> None:
    caller = reviewed(call)
    caller >> "6" << stops() << says(MESSAGE)
    caller >> "5" << stops() << EndMessage(how="keep") << says("thanks")


def test_spoken_anew_as_often_as_there_are_attempts(call: Call) -> None:
    caller = reviewed(call)
    caller >> "7" << stops() << EndMessage(how="drop") << says("talk")
    caller >> heard << says(BEEP)
    caller >> heard << start("messages")
    caller >> "#" << EndMessage(how="review")
    caller >> MessageEnded() << says("sure")
    caller >> "7" << stops() << says("sure")
    caller >> "7" << stops() << EndMessage(how="keep") << says("thanks")


def test_silence_keeps_it(call: Call) -> None:
    caller = reviewed(call)
    caller >> heard
    caller >> Wait(5) << says("sure")
    caller >> heard
    caller >> Wait(5) << EndMessage(how="keep") << says("thanks")


def test_where_no_copy_comes_it_cannot_be_listened_to(call: Call) -> None:
    caller = recording(call, REVIEWED)
    caller >> "#" << EndMessage(how="review")
    caller >> Wait(10) << says("sure")
    caller >> "6" << stops() << says("sure")
    caller >> "5" << stops() << EndMessage(how="keep") << says("thanks")


def test_a_restart_begins_anew(call: Call) -> None:
    caller = recording(call, RECORD)
    caller >> Resumed(in_queue=False) << EndMessage(how="drop") << says("talk")
    caller = reviewed(call)
    caller >> Resumed(in_queue=False) << EndMessage(how="drop") << says("talk")


def test_voicemail_in_words_of_vccs(call: Call) -> None:
    caller = call("steps: [voicemail]")
    caller << answered() << says("请在提示音后留言，按井号键结束。")
    caller >> heard << says(BEEP)
    caller >> heard << start("voicemail")
    caller >> "#" << EndMessage(how="review")
    caller >> MessageEnded() << says("保存留言请按1，试听请按2，重新录制请按3。")
    caller >> "1" << stops() << EndMessage(how="keep") << ends()
