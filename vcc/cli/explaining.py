"""Why a call came to its agents, or why it waits, in words: what was stored when each offer was made is read, nothing
is decided again.
"""

from __future__ import annotations

import time
from typing import Any

from vcc.cli.client import Client, path_of
from vcc.cli.connection import Which, connection
from vcc.cli.tables import console, print_json
from vcc.cli.words import clean, moment

Words = dict[str, tuple[str, str]]

_SAID: Words = {
    "queued": ("{at} waits in {queue}, priority {priority}, position {position}",
               "{at} 进入队列{queue}，优先级{priority}，排第{position}位"),
    "contact": ("{at} offered to {agent}: the call came and {agent} was the first by {strategy} ({score})",
                "{at} 分配给{agent}：来电时按{strategy}排序，{agent}居首（{score}）"),
    "agent": ("{at} offered to {agent}: {agent} came free and this call was the first (account {account}, priority "
              "{priority}, urgency {urgency} s)",
              "{at} 分配给{agent}：{agent}空闲时此来电居首（账户{account}，优先级{priority}，紧迫度{urgency}秒）"),
    "asked": ("{at} offered to {agent}: the call was for {agent} above all",
              "{at} 分配给{agent}：此来电指定先找{agent}"),
    "preferred": ("{at} offered to {agent}: the call came and prefers {agent}",
                  "{at} 分配给{agent}：来电时优先找{agent}"),
    "picked": ("{at} {agent} took the call from the list", "{at} {agent}自行从列表中接取"),
    "plain": ("{at} offered to {agent}", "{at} 分配给{agent}"),
    "rung": ("    after step {rung} of the queue's ladder", "    已放宽到第{rung}级"),
    "assigned": ("    {agent} was put on {queue} by {assigned}", "    {agent}由{assigned}临时调入{queue}"),
    "others": ("    and {others} more were not looked at", "    另有{others}个未逐一比较"),
    "rules": ("    under the rules {rules}", "    规则版本{rules}"),
    "answered": ("{at} {agent} answered", "{at} {agent}接听"),
    "ended": ("{at} the offer to {agent} ended: {outcome} {detail}", "{at} 对{agent}的分配结束：{outcome} {detail}"),
    "less": ("{at} has waited long enough: step {rung} of the ladder, priority {priority}",
             "{at} 等待已久：放宽到第{rung}级，优先级{priority}"),
    "elsewhere": ("{at} {queue} overflowed: {what}: led into {flow}", "{at} {queue}溢出：{what}：转入流程{flow}"),
    "widened": ("{at} {queue} overflowed: {what}: step {rung} of the ladder at once",
                "{at} {queue}溢出：{what}：立即放宽到第{rung}级"),
    "alone": ("{at} the preferred agent is not waited for any longer", "{at} 不再等待指定坐席"),
    "left": ("{at} left {queue} after {waited_s:.0f} s: {why}", "{at} 离开队列{queue}，等待{waited_s:.0f}秒：{why}"),
    "waits": ("waits now, position {position}", "正在等待，排第{position}位"),
    "nobody": ("    nobody who could take it is signed in", "    没有能受理的坐席签入"),
    "able": ("    {count} who could take it: {what}", "    能受理的坐席中{count}人：{what}"),
    "only": ("    until then only {agents} is asked", "    在此之前只找{agents}"),
    "step": ("    asks for less from {at} on", "    {at}起放宽要求"),
    "nothing": ("It was in no queue.", "此来电未进入任何队列。"),
}  # fmt: skip
_WHY: Words = {
    "rank": ("free, but behind", "空闲，但排序在后"),
    "idle": ("free; agents take from the list here", "空闲；此队列由坐席自行接取"),
    "most_agents": (
        "free; the queue has all the agents that it may have at once",
        "空闲；此队列同时服务的坐席已达上限",
    ),
    "reserved": ("reserved for another call", "已分配其他来电"),
    "ringing": ("the phone rang for another call", "正在振铃"),
    "talking": ("in a conversation", "通话中"),
    "held": ("in a conversation, on hold", "通话保持中"),
    "wrap_up": ("in wrap-up", "话后处理中"),
    "unresponsive": ("did not answer before", "此前未应答"),
    "not_ready": ("not ready", "示忙"),
    "signed_out": ("leaving", "签出中"),
    "unreachable": ("the phone cannot be reached", "话机不可达"),
    "in_use": ("the phone has a call of its own", "话机占用"),
    "taken_off": ("a supervisor has taken them off this queue", "已被调离此队列"),
    "share": ("its tenant has had more of these agents", "其租户已占用更多坐席时间"),
    "guest": ("its tenant does not lease the agent", "其租户未租用该坐席"),
    "priority": ("has lower priority", "优先级较低"),
    "waited": ("is less urgent", "紧迫度较低"),
}
_OVERFLOW: Words = {
    "calls": ("the tenant's calls at once are used up", "租户并发呼叫已满"),
    "number_calls": ("the number's calls at once are used up", "号码并发呼叫已满"),
    "full": ("nobody more may wait", "排队已满"),
    "number_full": ("nobody more of this number may wait", "该号码排队已满"),
    "waiting": ("so many waited already", "排队人数已达上限"),
    "wait_over": ("the expected wait was too long", "预计等待过长"),
    "agents_below": ("too few agents were there", "在岗坐席不足"),
    "node_down": ("a node was away", "节点离线"),
    "switch": ("the switch was on, turned by", "溢出开关已打开，操作人"),
}
_STRATEGY: Words = {
    "longest_idle": ("longest idle", "空闲最久"),
    "least_occupied": ("least occupied", "占用最少"),
    "fewest_calls": ("fewest calls", "接话最少"),
    "most_skilled": ("most skilled", "技能最高"),
    "least_skilled": ("least skilled", "技能够用即可"),
    "round_robin": ("round robin", "轮流"),
}
_OTHER = ("a call of another tenant", "其他租户的来电")


def show_why(which: Which, contact: str, language: str) -> None:
    """Print the decisions about one call."""
    answer = Client(connection(which)).get(path_of("calls", contact))
    if which.json:
        kinds = ("ContactQueued", "OfferMade", "OfferEnded", "LadderClimbed", "CallOverflowed", "QueueLeft")
        facts = [fact for fact in answer["facts"] if fact["fact"] in kinds]
        print_json({"facts": facts, "waits": answer["waits"]})
        return
    for line in told(answer, language, time.time()):
        console().print(line, markup=False, highlight=False)


def told(answer: dict[str, Any], language: str, now: float) -> list[str]:
    """The same as lines of text."""
    story = _Story(0 if language == "en" else 1, now)
    for fact in answer["facts"]:
        story.fact(fact)
    if answer["waits"] is not None:
        story.waits(answer["waits"])
    return story.lines or [_SAID["nothing"][story.tongue]]


class _Story:
    """What is told, line by line; `tongue`: 0 English, 1 Chinese."""

    def __init__(self, tongue: int, now: float) -> None:
        self.tongue, self._now = tongue, now
        self.lines: list[str] = []

    def fact(self, fact: dict[str, Any]) -> None:
        match fact["fact"]:
            case "ContactQueued":
                self._say("queued", fact)
            case "OfferMade":
                self._offer(fact)
            case "OfferEnded":
                self._say("answered" if fact["outcome"] == "answered" else "ended", fact)
            case "LadderClimbed":
                self._say("less" if fact["rung"] else "alone", fact)
            case "CallOverflowed":
                self._overflow(fact)
            case "QueueLeft":
                self._say("left", fact)

    def _overflow(self, fact: dict[str, Any]) -> None:
        words = _OVERFLOW.get(fact["why"], (fact["why"],) * 2)[self.tongue]
        what = {"what": f"{words} ({fact['detail']})" if fact["detail"] else words}
        where = {"queue": fact["queue"] or fact["tenant"]}
        self._say("elsewhere" if fact["flow"] else "widened", fact | what | where)

    def waits(self, waits: dict[str, Any]) -> None:
        self._say("waits", waits)
        for what, count in sorted(waits["able"].items()):
            self._say("able", {"count": count, "what": self._why(what)})
        if not waits["able"]:
            self._say("nobody", {})
        if waits["prefers"]:
            self._say("only", {"agents": ", ".join(waits["prefers"])})
        if waits["step_at"] is not None:
            self._say("step", {"at": waits["step_at"]})

    def _offer(self, fact: dict[str, Any]) -> None:
        score = [*fact["score"], 0.0, 0.0, 0.0]
        strategy = _STRATEGY.get(fact["strategy"], (fact["strategy"],) * 2)[self.tongue]
        account, priority, urgency = (f"{number:g}" for number in score[:3])
        rank = ", ".join(f"{number:.0f}" for number in fact["score"])
        values = {"strategy": strategy, "score": rank, "account": account, "priority": priority, "urgency": urgency}
        self._say(fact["side"] or "plain", fact | values)
        for passed in fact["passed"]:
            name, why, *_ = passed.split(" ")
            who = _OTHER[self.tongue] if name == "-" else clean(name)
            self.lines.append(f"    {who}: {self._why(why)}")
        for detail in ("assigned", "others", "rung", "rules"):
            if fact.get(detail):
                self._say(detail, fact)

    def _why(self, word: str) -> str:
        return _WHY.get(word, (word, word))[self.tongue]

    def _say(self, what: str, values: dict[str, Any]) -> None:
        at = {"at": moment(values["at"], self._now)} if "at" in values else {}
        safe = {name: clean(value) if isinstance(value, str) else value for name, value in values.items()}
        self.lines.append(_SAID[what][self.tongue].format(**safe | at).rstrip())
