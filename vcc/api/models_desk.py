"""What an agent's own page shows."""

from __future__ import annotations

from pydantic import Field

from vcc.api.models import Answer, Texts


class DeskCall(Answer):
    """The call that the agent is in, or for which its phone rings."""

    contact: str
    own: bool = Field(description="false: a colleague has the caller, and consults the agent or has it take part")
    state: str = Field(description="ringing, talking, held, consulting, conference")
    since: float
    tenant: Texts
    queue: Texts
    number: str = Field(description="the number that was dialled")
    caller: str = Field(description="empty where the tenant does not show it to agents")
    caller_name: str
    agent: str = Field(description="the name of who has the caller")
    greeting: str = Field(description="what the queue has agents told; empty: nothing")
    muted: bool
    consultation: str = Field(description="ringing, talking, alternated, joining, conference; empty: none")
    consulted: str = Field(description="the colleague's name, or the number outside")
    recording: str = Field(description="on, paused, on_demand (it may be started); empty: it is not recorded")
    may_stop_recording: bool = Field(description="it was begun on demand")


class DeskConversation(Answer):
    """The conversation of which the agent may say what came of it: the one that goes on, else the last."""

    contact: str
    tenant: Texts
    queue: Texts
    dispositions: dict[str, Texts] = Field(description="what may be said, by code")
    given: str = Field(description="the code that was given last, as far as this run of vcc knows; empty: none")


class DeskParked(Answer):
    """A caller whom the agent has parked."""

    contact: str
    slot: str
    since: float
    caller: str
    tenant: Texts


class Desk(Answer):
    """An agent's own page, at the moment `at`."""

    at: float
    time_zone: str
    agent: str
    name: str
    wish: str
    reason: str
    phase: str
    since: float | None
    until: float | None = Field(description="when the phase ends by itself, such as a wrap-up")
    more_wrap_up_s: float = Field(description="so much more time may be taken for this wrap-up; 0: none")
    phone: str
    mobile_seat: bool = Field(
        description="it is a number outside: a call that is picked up has to be accepted with key 1"
    )
    reachable: bool
    in_use: bool
    failed: str
    seated: tuple[Texts, ...] = Field(description="the tenants for which the agent is on duty")
    call: DeskCall | None
    conversation: DeskConversation | None
    parked: tuple[DeskParked, ...]


class DeskColleague(Answer):
    """Somebody who could take a call now."""

    agent: str
    name: str


class DeskQueue(Answer):
    """A queue of the tenant."""

    queue: str
    name: Texts


class DeskTargets(Answer):
    """To whom the agent may send its caller, or whom it may consult, now."""

    agents: tuple[DeskColleague, ...]
    queues: tuple[DeskQueue, ...]


class DeskPhone(Answer):
    """A phone on which the agent may sign in."""

    phone: str
    name: str


class DeskPhones(Answer):
    """The phones on which the agent could sign in now."""

    phones: tuple[DeskPhone, ...]
