"""What vcc says in words of its own where a flow has none."""

from __future__ import annotations

from functools import lru_cache

from ivr_flows.prompts import Prompt, Spoken
from ivr_flows.readout import chinese, english
from ivr_flows.templates import spoken

_LANGUAGES = ("zh-CN", "en")


def prompt(zh: str, en: str) -> Prompt:
    """These words in both languages."""
    texts = {language: spoken(text) for language, text in zip(_LANGUAGES, (zh, en), strict=True)}
    return Prompt(items=(Spoken(texts=texts),), where=((),), built_in=True)


#: The place in a queue.
POSITION = prompt("您目前排在{position:ordinal}位，请稍候。", "You are number {position:number} in the queue.")
#: The expected wait, told as a range; and one of less than a minute.
WAIT = prompt(
    "预计还需等待{wait_from:count}到{wait_to:count}分钟。",
    "We expect that you will wait for {wait_from:number} to {wait_to:number} more minutes.",
)
WAIT_SHORT = prompt("预计等待不到一分钟。", "We expect that you will wait for less than a minute.")
#: By the words that stand for them in a queue's announcements.
IN_QUEUE = {"position": POSITION, "wait": WAIT}
#: Before somebody leaves a message, and when it is recorded.
VOICEMAIL = prompt(
    "请在提示音后留言，按井号键结束。", "Please leave a message after the tone. Press the hash key when you are done."
)
REVIEW = prompt(
    "保存留言请按1，试听请按2，重新录制请按3。",
    "To keep the message, press 1. To listen to it, 2. To record it anew, 3.",
)
#: Before somebody is called back: at which number, and when that is settled.
CALLBACK_NUMBER = prompt(
    "我们将回拨{callback_number:phone}。确认请按1，换一个号码请按2。",
    "We will call you back at {callback_number:phone}. To confirm, press 1. For another number, 2.",
)
CALLBACK_ENTER = prompt("请输入回拨号码，按井号键结束。", "Please key in the number, then press the hash key.")
CALLBACK_TAKEN = prompt("我们会尽快给您回电，您可以挂机了。", "We will call you back. You may hang up now.")
#: To whoever is called back, until an agent is there.
CALLBACK_GREETING = prompt(
    "您好，这是您预约的回电，请稍候。", "This is the call back that you asked for. One moment, please."
)
#: Before a call ends because something went wrong.
APOLOGY = prompt(
    "很抱歉，系统暂时无法为您服务，请稍后再拨。", "We are sorry, we cannot help you now. Please call again later."
)


@lru_cache(maxsize=1_024)
def confirm(name: str, form: str, yes: str, no: str) -> Prompt:
    """Reads the variable `name` back in this format; `yes` and `no` are keys."""
    value = f"{{{name}:{form}}}" if form else f"{{{name}}}"
    zh, en = ({key: key if key.isdecimal() else words.KEYS[key] for key in (yes, no)} for words in (chinese, english))
    return prompt(
        f"您输入的是{value}。正确请按{zh[yes]}，重新输入请按{zh[no]}。",
        f"You keyed in {value}. If this is right, press {en[yes]}. To key it in again, press {en[no]}.",
    )


def speaks(language: str) -> bool:
    """Whether there are words for this language."""
    return any(language[:2] == known[:2] for known in _LANGUAGES)
