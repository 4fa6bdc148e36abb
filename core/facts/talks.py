"""Conversations with agents: hold, transfers, consultations, who listens, what came of them."""

from dataclasses import dataclass

from core.facts.fact import Fact, personal
from core.facts.words import Party


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentConnected(Fact):
    """Caller and agent hear each other. `expected_s`: how long the wait was expected to last when it began; None where
    that was not known.
    """

    queue: str
    agent: str
    leg: str
    waited_s: float
    expected_s: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentLeft(Fact):
    """The conversation with this agent ended."""

    queue: str
    agent: str
    by: Party
    talked_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class TalkHeld(Fact):
    """The agent has put the caller on hold: the caller hears music."""

    agent: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TalkResumed(Fact):
    """The agent has taken the caller back after `held_s` seconds. Where the conversation ended instead, its AgentLeft
    ends the hold too.
    """

    agent: str
    held_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentMuted(Fact):
    """By command nobody hears the agent any more. What a phone's own key mutes is not known, and is no fact."""

    agent: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentUnmuted(Fact):
    """The agent is heard again. Where the conversation with this agent ended instead, its AgentLeft ends this too."""

    agent: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CallTransferred(Fact):
    """An agent has sent the caller on: `how` (blind, attended, parked: out of a slot), `to` as it was asked for, and
    what that is: `kind` is agent, queue, number (of the platform), outside, or empty: nothing that there is; `target`
    its name, if it has one.
    """

    agent: str
    how: str
    to: str = personal()
    kind: str
    target: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class TransferFailed(Fact):
    """Nobody there took the caller, who goes back to the agent, if that one is ready, or waits in the queue again.
    `why` is unknown, not_taken, what the guard says, or the cause of the switch.
    """

    agent: str
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CallParked(Fact):
    """The caller is out of the agent's hands, with music, until somebody takes it: `CallTransferred`, how parked."""

    agent: str
    slot: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsultationBegan(Fact):
    """The agent talks with a colleague, or a number outside, while the caller is on hold."""

    agent: str
    colleague: str = ""
    number: str = personal(default="")


@dataclass(frozen=True, kw_only=True, slots=True)
class ConferenceBegan(Fact):
    """Caller, agent and whoever was consulted hear each other."""

    agent: str
    colleague: str = ""
    number: str = personal(default="")


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsultationEnded(Fact):
    """The consultation, or the conference that came of it, is over: `how` is completed (the caller got whoever was
    consulted), cancelled, not_taken, hung_up or caller_left.
    """

    agent: str
    colleague: str = ""
    number: str = personal(default="")
    how: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SupervisionBegan(Fact):
    """A supervisor (an agent) hears the contact's conversation with `agent`; told anew when `mode` (listen, whisper,
    barge) has changed.
    """

    agent: str
    supervisor: str
    mode: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SupervisionEnded(Fact):
    """The supervisor hears the conversation no more."""

    agent: str
    supervisor: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DispositionGiven(Fact):
    """An agent said after the conversation what came of it: a `code` of the tenant's, and its meaning in words.

    May come when the contact is over already; the last one of an agent counts.
    """

    queue: str
    agent: str
    code: str
    meaning: str
