"""What is done about a leg by AMI, at once, in every state: it is taken out of where it is, muted, shown a caller."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from core.errors import SwitchError
from telephony.asterisk import translate
from telephony.claims import PAIR
from telephony.port import Command, Mute, Part, Show, Spy

if TYPE_CHECKING:
    from collections.abc import Callable

    from telephony.asterisk.ami import AmiReply
    from telephony.asterisk.ami_client import AmiClient
    from telephony.asterisk.legs import Leg


class Actions:
    """Has these done on a node."""

    def __init__(self, ami: AmiClient) -> None:
        """Act by this wire."""
        self._ami = ami

    def part(self, leg: Leg, command: Part) -> None:
        """Take a leg out of its conversation, or out of its spying."""
        elsewhere = leg.moved and not leg.talks  # wherever that is
        movable = leg if leg.watch is not None or elsewhere else _movable(leg)
        if movable is None:
            leg.failed(command, "it is in no conversation that it could leave" if not leg.talks else _HOLDS_IT)
        else:
            self._move(movable, command)

    def fetch(self, leg: Leg, command: Command) -> None:
        """Bring a leg to vcc that was answered and is in the dial plan still: something is to be done on it."""
        if leg.picked_up:
            leg.picked_up = False
            leg.settled.clear()
            self._move(leg, command)

    def take_out(self, leg: Leg) -> None:
        """Bring a leg to vcc out of its conversation, whoever has that on its connection."""
        self._move(leg, Part(leg=leg.name))

    def spy(self, leg: Leg, command: Spy) -> None:
        """Watch, or watch otherwise: then what was watched before is left."""
        leg.forget_spy()
        leg.push(command)
        if leg.watch is not None:
            self._move(leg, command)

    def mute(self, leg: Leg, command: Mute) -> None:
        """Turn a leg's own voice off or on."""
        self._do(leg, command, *translate.mute(leg.channel, on=command.on))

    def show(self, leg: Leg, command: Show) -> None:
        """Change what the phone shows."""
        self._do(leg, command, *translate.show(leg.channel, command.number, command.name))

    def bring_back(self, leg: Leg) -> None:
        """A transfer has put the leg in another one's place: bring it to its own, where it is known for what it is."""
        command = Part(leg=leg.name)
        self._do(leg, command, *translate.restore(leg.channel, leg.origin, leg.dialled))
        self._move(leg, command)

    def ask_carrier(self, endpoint: str) -> None:
        """Have the switch ask a carrier now whether it is there; an event tells, if that is news."""
        with suppress(SwitchError):  # with the wire back all is asked anew
            self._ami.send({"Action": "PJSIPQualify", "Endpoint": endpoint}, lambda _: None)

    def _move(self, leg: Leg, command: Command) -> None:
        """Bring it to vcc anew. Its connection, if it has one, is of no use any more: what waits goes to the next."""
        if leg.moving:
            return
        leg.moving = True
        leg.settled.clear()
        if leg.session is not None:
            leg.session.hung_up = True
        self._do(leg, command, translate.bring_back(leg.channel, dialled=leg.dialled), failed=_stays)

    def _do(
        self,
        leg: Leg,
        command: Command,
        *actions: dict[str, object],
        failed: Callable[[Leg], None] = lambda leg: None,
    ) -> None:
        if not leg.channel:
            leg.failed(command, "its phone does not ring yet")
            return
        try:
            for action in actions:
                self._ami.send(action, partial(_answered, leg, command, failed))
        except SwitchError as error:
            failed(leg)
            leg.failed(command, str(error))


_HOLDS_IT = "a caller cannot leave a conversation of more than two that goes on: part the others"


def _movable(leg: Leg) -> Leg | None:
    """Which leg is moved when this one shall part; None if nobody can be.

    Of two never the one that has the conversation on its connection, nor, where nobody knows which that is, one that
    arrived. Of more, never a caller that was not brought in by `Join`.
    """
    if leg.conversation is None or not leg.talks:
        return None
    if len(leg.conversation.legs) == PAIR:
        return min(leg.conversation.legs, key=lambda one: (one.carries, not one.rung, one is not leg))
    came_by_join = leg.joining is not None and not leg.joining.carries
    return leg if leg.rung or came_by_join or translate.phone_of(leg.channel) else None


def _stays(leg: Leg) -> None:
    """It could not be moved. Its connection was given up: the dial plan brings it when it is free."""
    leg.moving = False
    if leg.session is not None:
        leg.session.close()


def _answered(leg: Leg, command: Command, failed: Callable[[Leg], None], result: AmiReply | SwitchError) -> None:
    """Tell what the switch refused; a leg that has ended meanwhile needs no word about it."""
    refused = str(result) if isinstance(result, SwitchError) else "" if result.success else result.message
    if refused and leg.there:
        failed(leg)
        leg.failed(command, refused)
