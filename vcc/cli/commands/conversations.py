"""Conversations: hold, consultations, transfers, parking, supervision."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import Parameter

from vcc.cli.base import ANY, FLOOR, Contact, app
from vcc.cli.connection import Which


@app.command(group=FLOOR)
def talk(
    contact: Contact,
    action: Annotated[
        Literal["hold", "resume", "mute", "unmute", "complete", "cancel", "alternate", "conference"],
        Parameter(help="The caller, the agent's voice, or a consultation."),
    ],
    /,
    *,
    which: Which = ANY,
) -> None:
    """Put the caller of a conversation on hold or back, mute the agent, go on with a consultation."""
    from vcc.cli.client import path_of
    from vcc.cli.remote import command

    command(which, path_of("calls", contact, "conversation"), {"action": action}, "The switch was told.")


@app.command(group=FLOOR)
def consult(
    contact: Contact,
    kind: Annotated[Literal["agent", "outside"], Parameter(help="Who is rung.")],
    name: Annotated[str, Parameter(help="The agent, or the number.")],
    /,
    *,
    which: Which = ANY,
) -> None:
    """Ring a colleague, or a number outside, for the agent of a conversation; the caller is on hold."""
    from vcc.cli.client import path_of
    from vcc.cli.remote import command

    command(which, path_of("calls", contact, "consult"), {kind: name}, "The phone rings.")


@app.command(group=FLOOR)
def park(contact: Contact, /, *, which: Which = ANY) -> None:
    """Take the caller of a conversation out of the agent's hands, with music; `vcc retrieve` gives it to one."""
    from vcc.cli.client import path_of
    from vcc.cli.remote import command

    command(which, path_of("calls", contact, "park"), {}, "The caller is parked.")


@app.command(group=FLOOR)
def retrieve(
    contact: Contact,
    agent: Annotated[str, Parameter(help="Who shall have the caller.")],
    /,
    *,
    which: Which = ANY,
) -> None:
    """Offer a parked caller to an agent."""
    from vcc.cli.client import path_of
    from vcc.cli.remote import command

    command(which, path_of("calls", contact, "retrieve"), {"agent": agent}, "The agent's phone rings.")


@app.command(group=FLOOR)
def supervise(
    contact: Contact,
    phone: Annotated[str, Parameter(help="The phone that is rung.")],
    mode: Annotated[
        Literal["listen", "whisper", "barge"], Parameter(help="Heard by nobody, the agent, both.")
    ] = "listen",
    /,
    *,
    which: Which = ANY,
) -> None:
    """Ring a phone, which hears the conversation then; or change how it does."""
    from vcc.cli.client import path_of
    from vcc.cli.remote import command

    command(which, path_of("calls", contact, "supervise"), {"phone": phone, "mode": mode}, "The switch was told.")


@app.command(group=FLOOR)
def transfer(
    contact: Contact,
    kind: Annotated[Literal["agent", "queue", "number", "outside"], Parameter(help="What it goes to.")],
    name: Annotated[str, Parameter(help="The agent, the queue as tenant/queue, or the number.")],
    /,
    *,
    which: Which = ANY,
) -> None:
    """Send the caller of a conversation on, without a word before; the agent wraps up."""
    from vcc.cli.client import path_of
    from vcc.cli.remote import command

    command(which, path_of("calls", contact, "transfer"), {kind: name}, "The caller is on the way.")
