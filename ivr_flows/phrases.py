"""What vcc says in words of its own where a flow has none."""

from __future__ import annotations

from ivr_flows.prompts import Prompt, Spoken
from ivr_flows.templates import spoken

_LANGUAGES = ("zh-CN", "en")


def prompt(zh: str, en: str) -> Prompt:
    """These words in both languages."""
    texts = {language: spoken(text) for language, text in zip(_LANGUAGES, (zh, en), strict=True)}
    return Prompt(items=(Spoken(texts=texts),), where=((),))


#: The place in a queue.
POSITION = prompt("您目前排在第{position:number}位，请稍候。", "You are number {position:number} in the queue.")
#: Before a call ends because something went wrong.
APOLOGY = prompt(
    "很抱歉，系统暂时无法为您服务，请稍后再拨。", "We are sorry, we cannot help you now. Please call again later."
)


def speaks(language: str) -> bool:
    """Whether there are words for this language."""
    return any(language[:2] == known[:2] for known in _LANGUAGES)
