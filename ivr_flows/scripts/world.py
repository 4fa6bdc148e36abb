"""The world of a call in a script: what the flow may ask, and who answers what it wants done."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ivr_flows.protocol import (
    ActionDone,
    AgentJoined,
    AskCallback,
    AskSystem,
    CallbackRefused,
    CallbackTaken,
    CallerSilent,
    Command,
    DialOutside,
    DoAction,
    Enqueue,
    Event,
    MessageEnded,
    NotReached,
    QueueEnded,
    QueueNow,
    StartMessage,
    SystemAnswered,
)
from ivr_flows.scripts.written import QueueGiven

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ivr_flows.scripts.written import Given

_GOOD = 200
#: Whether a caller who is silent has said anything, by what is given of a message.
_SAID = {"silence": True, "nothing": False}
#: Why a queue lets nobody in, by what is given of it.
_NOT_IN = {"full": "full", "missing": "no_such_queue"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What is known of the place where the flow lives. `is_open`: the tenant's hours of that name at POSIX
    seconds; `lookup`: the row of a table of the tenant's.
    """

    tenant: str = "tenant"
    number: str = "100"
    time_zone: str = "Asia/Shanghai"
    languages: tuple[str, ...] = ("zh-CN",)
    is_open: Callable[[str, float], bool] = lambda hours, now: True
    lookup: Callable[[str, str], Mapping[str, str] | None] = lambda table, key: None


@dataclass(kw_only=True, slots=True)
class World:
    """An `ivr_flows.protocol.Environment`, as the script says. `waits_in`: the queue in which the caller waits; empty:
    none. `asked_back`: the number that calls is to be called back, as was asked in this call.
    """

    given: Given
    around: Surroundings
    waits_in: str = ""
    asked_back: bool = False
    answered: dict[str, int] = field(default_factory=dict)

    def is_open(self, hours: str, now: float) -> bool:
        """As given, else as the tenant has them."""
        if hours in self.given.hours:
            return self.given.hours[hours] == "open"
        return self.around.is_open(hours, now)

    def position(self) -> int | None:
        """Behind all who are given to wait there."""
        now = self.queue(self.waits_in) if self.waits_in else None
        return None if now is None else now.waiting + 1

    def wait(self) -> float | None:
        """As given of that queue."""
        now = self.queue(self.waits_in) if self.waits_in else None
        return None if now is None else now.wait

    def local(self, now: float) -> datetime:
        """`now` in the tenant's zone."""
        return datetime.fromtimestamp(now, ZoneInfo(self.around.time_zone))

    def lookup(self, table: str, key: str) -> Mapping[str, str] | None:
        """As given, else as the tenant has it."""
        if table in self.given.tables:
            return self.given.tables[table].get(key)
        return self.around.lookup(table, key)

    def queue(self, name: str) -> QueueNow | None:
        """As given; else nobody waits, and one agent is ready."""
        given = self.given.queues.get(name, 0)
        if isinstance(given, QueueGiven):
            staffed = given.ready if given.staffed is None else given.staffed
            return QueueNow(waiting=given.waiting, ready=given.ready, staffed=staffed, wait=given.wait)
        if isinstance(given, int):
            return QueueNow(waiting=given, ready=int(not given), staffed=1)
        return None if given == "missing" else QueueNow()

    def has_callback(self) -> bool:
        """As given, or asked for in this call; else the caller is not to be called back."""
        return self.asked_back or self.given.callback == "open"

    def refused(self, queue: str) -> Event | None:
        """What a queue that lets nobody in says."""
        why = _NOT_IN.get(str(self.given.queues.get(queue)))
        return None if why is None else QueueEnded(why=why)

    def answer(self, command: Command, step: str) -> Event | None:
        """What comes of a command: the answer that is given for the step or for what it asks; None: none comes."""
        kind = ANSWERED.get(type(command))
        if kind is None:
            return None
        name, event = kind
        if isinstance(command, Enqueue) and command.only is None:
            return None  # whoever is free answers: the script says when
        for key in (step, name(command)):
            if key in self.given.answers:
                answers = self.given.answers[key]
                if isinstance(answers, list):
                    turn = self.answered[key] = self.answered.get(key, 0) + 1
                    answers = answers[min(turn, len(answers)) - 1]
                return event(command, answers)
        return None


def _action_done(command: Command, answer: Any) -> Event:  # noqa: ANN401 - plain data of any kind
    """`ok`, or `{result: ok, values: {…}, language: en}`."""
    del command
    if not isinstance(answer, dict):
        return ActionDone(result=str(answer))
    values = {name: str(value) for name, value in dict(answer.get("values", {})).items()}
    return ActionDone(result=str(answer.get("result", "ok")), values=values, language=str(answer.get("language", "")))


def _system_answered(command: Command, answer: Any) -> Event:  # noqa: ANN401 - plain data of any kind
    """`{status: 404, body: {…}}` (200 where only the body matters), a status, or `timeout`, `refused`, `error`,
    `invalid` (no JSON).
    """
    ask = command.ask if isinstance(command, AskSystem) else ""
    if isinstance(answer, dict):
        return SystemAnswered(ask=ask, status=int(answer.get("status", _GOOD)), body=answer.get("body"))
    if str(answer).isdecimal():
        return SystemAnswered(ask=ask, status=int(answer))
    if answer == "invalid":
        return SystemAnswered(ask=ask, status=_GOOD, readable=False)
    return SystemAnswered(ask=ask, why=str(answer))


def _dialled(command: Command, answer: Any) -> Event:  # noqa: ANN401 - plain data of any kind
    """`answered`, or why not: `no_answer`, `busy`, `refused`, `unavailable`."""
    del command
    return AgentJoined(agent="outside") if answer == "answered" else NotReached(why=str(answer))


def _put_through(command: Command, answer: Any) -> Event:  # noqa: ANN401 - plain data of any kind
    """`answered`, or why the agent alone for whom it is does not: `no_answer`, `busy`, `unavailable`, `unknown`."""
    del command
    return AgentJoined(agent="agent") if answer == "answered" else QueueEnded(why=str(answer))


def _called_back(command: Command, answer: Any) -> Event:  # noqa: ANN401 - plain data of any kind
    """`taken`, or why not: `not_allowed`, `full`, `closed`, `bad_time`."""
    at = command.at if isinstance(command, AskCallback) else None
    return CallbackTaken(at=at or 0.0) if answer == "taken" else CallbackRefused(why=str(answer))


def _recorded(command: Command, answer: Any) -> Event:  # noqa: ANN401 - plain data of any kind
    """`silence`: the caller has spoken and stops; `nothing`: does not say a word; anything else is why nothing can be
    recorded.
    """
    del command
    said = _SAID.get(str(answer))
    return MessageEnded(problem=str(answer)) if said is None else CallerSilent(said=said)


#: What has an answer: the name under which it may be given besides the step's, and the event that it becomes.
ANSWERED: dict[type[Command], tuple[Callable[[Any], str], Callable[[Command, Any], Event]]] = {
    DoAction: (lambda command: command.action, _action_done),
    DialOutside: (lambda command: command.number, _dialled),
    AskSystem: (lambda command: command.system, _system_answered),
    Enqueue: (lambda command: command.only or "", _put_through),
    AskCallback: (lambda _command: "callback", _called_back),
    StartMessage: (lambda _command: "message", _recorded),
}
