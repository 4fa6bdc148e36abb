"""Conversations: hold, mute, and sending the caller on."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from vcc.api.models import Answer, Done
from vcc.api.routing import ANYONE, VIEWERS, Ask, Body, NoBody, Route

AgentName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}(/[a-z][a-z0-9_-]{0,39})?$")]
QueueName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}/[a-z][a-z0-9_-]{0,39}$")]
OwnNumber = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,20}$")]
OutsideNumber = Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{1,20}$")]


class ConversationAction(Body):
    """What to do in a conversation that goes on."""

    action: Literal["hold", "resume", "mute", "unmute", "complete", "cancel", "alternate", "conference"] = Field(
        description="hold, resume: the caller; mute, unmute: the agent's voice; the others: a consultation"
    )


class Transfer(Body):
    """Where the caller shall go; one of the four."""

    agent: AgentName | None = Field(default=None, description="an agent who serves the call's tenant")
    queue: QueueName | None = Field(default=None, description="a queue of the call's tenant, as tenant/queue")
    number: OwnNumber | None = Field(default=None, description="a number of the platform")
    outside: OutsideNumber | None = Field(default=None, description="a number outside, if the guard lets it")

    @model_validator(mode="after")
    def _one_is_named(self) -> Self:
        if len(self.named()) != 1:
            raise ValueError("name one of agent, queue, number and outside")
        return self

    def named(self) -> dict[str, str]:
        """What is named, by its kind."""
        values = {"agent": self.agent, "queue": self.queue, "number": self.number, "outside": self.outside}
        return {kind: name for kind, name in values.items() if name is not None}


class Consult(Body):
    """Who is rung for the agent; one of the two."""

    agent: AgentName | None = Field(default=None, description="an agent who serves the call's tenant")
    outside: OutsideNumber | None = Field(default=None, description="a number outside, if the guard lets it")

    @model_validator(mode="after")
    def _one_is_named(self) -> Self:
        if (self.agent is None) == (self.outside is None):
            raise ValueError("name either an agent or a number outside")
        return self


async def consult(ask: Ask) -> Done:
    """Have somebody rung for the agent."""
    agent, outside = ask.body.agent, ask.body.outside
    ask.commands.consult(ask.path["contact"], "agent" if agent else "outside", agent or outside)
    return Done()


class Retrieve(Body):
    """Who shall have the parked caller."""

    agent: AgentName = Field(description="an agent who serves the call's tenant and can take a call")


class Parked(Answer):
    """Where the caller is."""

    slot: str


async def park(ask: Ask) -> Parked:
    """Park the caller."""
    return Parked(slot=ask.commands.park(ask.path["contact"]))


async def retrieve(ask: Ask) -> Done:
    """Offer a parked caller to an agent."""
    ask.commands.retrieve(ask.path["contact"], ask.body.agent)
    return Done()


class Supervise(Body):
    """Which phone shall hear the conversation, and by whom it is heard."""

    phone: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")] = Field(description="it is rung")
    mode: Literal["listen", "whisper", "barge"] = Field(
        default="listen", description="heard by nobody, by the agent alone, by both"
    )


async def supervise(ask: Ask) -> Done:
    """Have a phone hear the conversation."""
    ask.commands.supervise(ask.path["contact"], ask.body.phone, ask.body.mode)
    return Done()


async def converse(ask: Ask) -> Done:
    """Hold, resume, mute or unmute."""
    ask.commands.converse(ask.path["contact"], ask.body.action)
    return Done()


async def transfer(ask: Ask) -> Done:
    """Send the caller on."""
    ((kind, name),) = ask.body.named().items()
    ask.commands.transfer(ask.path["contact"], kind, name)
    return Done()


ROUTES = (
    Route(
        method="POST",
        path="/calls/{contact}/conversation",
        name="converse",
        summary="Put the caller on hold or back, mute the agent or not any more; an agent: in its own conversation.",
        roles=ANYONE,
        handler=converse,
        body=ConversationAction,
        answer=Done,
        tag="calls",
    ),
    Route(
        method="POST",
        path="/calls/{contact}/consult",
        name="consult",
        summary="Ring an agent or a number outside while the caller is on hold; an agent: in its own conversation.",
        roles=ANYONE,
        handler=consult,
        body=Consult,
        answer=Done,
        tag="calls",
    ),
    Route(
        method="POST",
        path="/calls/{contact}/park",
        name="parkCall",
        summary="Take the caller out of the agent's hands, with music, under a slot; an agent: its own caller.",
        roles=ANYONE,
        handler=park,
        body=NoBody,
        answer=Parked,
        tag="calls",
    ),
    Route(
        method="POST",
        path="/calls/{contact}/retrieve",
        name="retrieveCall",
        summary="Offer a parked caller to an agent; an agent: whom it has parked, to itself.",
        roles=ANYONE,
        handler=retrieve,
        body=Retrieve,
        answer=Done,
        tag="calls",
    ),
    Route(
        method="POST",
        path="/calls/{contact}/supervise",
        name="supervise",
        summary="Ring a phone, which hears the conversation then; or change how it does.",
        roles=VIEWERS,
        handler=supervise,
        body=Supervise,
        answer=Done,
        tag="calls",
    ),
    Route(
        method="POST",
        path="/calls/{contact}/transfer",
        name="transferCall",
        summary="Send the caller of a conversation on: to an agent, a queue, a number; an agent: its own caller.",
        roles=ANYONE,
        handler=transfer,
        body=Transfer,
        answer=Done,
        tag="calls",
    ),
)
