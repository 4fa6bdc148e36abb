"""What came of a call, said by the agent after the conversation or by a supervisor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field, StringConstraints

from core.errors import ConflictError, NotFoundError
from tenancy.secrets import Role
from vcc.api.models_history import Disposition
from vcc.api.routes.conversations import AgentName  # noqa: TC001 - pydantic reads the annotation
from vcc.api.routing import ANYONE, Ask, Body, Route

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporting.segments import Talk


class GivenDisposition(Body):
    """What came of the call."""

    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,4}$")] = Field(description="one of the tenant's")
    agent: AgentName | None = Field(
        default=None, description="whose conversation it was; none: the agent's own, or that of the last who talked"
    )


async def dispose(ask: Ask) -> Disposition:
    """Record what came of a conversation."""
    contact, code = ask.path["contact"], ask.body.code
    agent, queue = await _conversation(ask, contact, ask.body.agent)
    meaning = ask.commands.dispose(contact, agent, queue, code)
    return Disposition(agent=agent, queue=queue, code=code, meaning=meaning)


async def _conversation(ask: Ask, contact: str, agent: str | None) -> tuple[str, str]:
    """Agent and queue of the conversation that is meant. Raises NotFoundError, ConflictError."""
    own = ask.principal.agent
    if ask.principal.role is Role.AGENT:
        if agent not in {None, own}:
            raise NotFoundError(f"There is no agent '{agent}'.")
        return own, ask.scope.own.talk(contact)
    record = ask.history.record_of(await ask.history.facts(contact))
    if record is None:
        raise NotFoundError(f"There is no call '{contact}'.")
    talk = _talk(contact, record.talks, agent)
    return talk.agent, talk.queue


def _talk(contact: str, talks: Sequence[Talk], agent: str | None) -> Talk:
    """The last conversation of this agent, or of anybody."""
    fitting = [talk for talk in talks if agent in {None, talk.agent} and talk.queue]
    if fitting:
        return fitting[-1]
    if agent is not None:
        raise NotFoundError(f"No agent '{agent}' has talked in the call '{contact}'.")
    raise ConflictError(f"No agent has talked with the caller of {contact}.")


ROUTES = (
    Route(
        method="POST",
        path="/calls/{contact}/disposition",
        name="giveDisposition",
        summary="Say what came of a conversation, during or after it; an agent: of its own, until the next is over.",
        roles=ANYONE,
        handler=dispose,
        body=GivenDisposition,
        answer=Disposition,
        tag="calls",
    ),
)
