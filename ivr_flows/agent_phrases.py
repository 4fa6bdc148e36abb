"""What vcc says to an agent in words of its own: by telephone, in answer to codes that are keyed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_flows.phrases import prompt
from ivr_flows.prompts import Prompt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ivr_flows.protocol import Text

#: A number is asked for.
ASK_NUMBER = prompt(
    "请拨号码，按井号键结束，按星号键取消。", "Dial the number, then the hash key. The star key cancels."
)
CANCELLED = prompt("已取消。", "Cancelled.")
TRANSFERRED = prompt("已转接。", "Transferred.")
PARKED = prompt("客户已停靠，取回号：{slot:number}。", "The caller is parked at {slot:number}.")
HELD = prompt("客户已保持。", "The caller is on hold.")
RESUMED = prompt("恢复通话。", "The caller is back.")
MUTED = prompt("已静音。", "You are muted.")
UNMUTED = prompt("静音已取消。", "You are heard again.")
CONFERENCE = prompt("三方通话。", "All three are connected.")
WITH_CALLER = prompt("与客户通话。", "You talk with the caller.")
WITH_COLLEAGUE = prompt("与同事通话。", "You talk with your colleague.")
RECORDING_STARTED = prompt("录音开始。", "Recording has begun.")
RECORDING_PAUSED = prompt("录音已暂停。", "Recording is paused.")
RECORDING_RESUMED = prompt("录音继续。", "Recording goes on.")
RECORDING_STOPPED = prompt("录音已停止。", "Recording has ended.")
#: Why something was not done.
NOT_NOW = prompt("现在不能这样操作。", "That is not possible now.")
NO_SUCH_NUMBER = prompt("没有这个号码。", "There is no such number.")
NOT_ALLOWED = prompt("该号码不允许拨打。", "That number may not be dialled.")
SIGNED_OUT = prompt("该坐席没有登录。", "That agent is not signed in.")
BUSY = prompt("该坐席正忙。", "That agent is busy.")
UNREACHABLE = prompt("该话机无法接通。", "That phone cannot be reached.")
NO_ANSWER = prompt("无人接听。", "Nobody answers.")
NOBODY_HERE = prompt("此话机没有坐席登录。", "Nobody is signed in on this phone.")
CALLBACK = prompt("回拨。", "Callback.")
LEFT = prompt("对方已挂断。", "They have hung up.")

#: All of them.
ALL: tuple[Prompt, ...] = tuple(value for value in dict(globals()).values() if isinstance(value, Prompt))


def speakables(languages: Iterable[str]) -> Iterator[Text]:
    """Every text that can come of them for agents of these languages."""
    wanted = tuple(languages)
    for phrase in ALL:
        yield from phrase.speakable(wanted)
