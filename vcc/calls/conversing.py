"""What people ask of a conversation through the control API: hold, resume, mute, and to send the caller on.

    hold      Part(agent), Music(caller)   the leg of the agent stays, and is silent
    resume    Bridge(caller, agent)
    mute      Mute(agent)                  nobody hears the agent, until unmute or the end of that leg; after a crash
                                           it is as the switch has it
    transfer  the agent is let go (wrap-up) and hung up, the caller is led on as by the phone's own transfer

Every refusal is a ConflictError with a code of its own, or NotFoundError; then nothing has changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from acd.agents import can_be_asked
from core.errors import ConflictError, NotFoundError
from core.facts import AgentMuted, AgentUnmuted, Party
from telephony.port import Bridge, Music, Mute, Part
from vcc.calls import arrivals
from vcc.calls.destinations import Kind, Target
from vcc.calls.session import ContactSession, Stage
from vcc.calls.talks import begin_hold, end_hold

if TYPE_CHECKING:
    from vcc.calls.floor import Floor
    from vcc.calls.offers import Offers
    from vcc.calls.transfers import Transfers

#: What becomes of an agent's leg (node, leg) when that agent's part is over.
Dismiss = Callable[[str, str], None]
HOLD, RESUME, MUTE, UNMUTE = "hold", "resume", "mute", "unmute"
#: How a command's transfer is called in the record, as the phone's own without a word before.
BLIND = "blind"


class NotTalkingError(ConflictError):
    """No agent talks with the caller now."""

    code = "not_talking"


class HeldError(ConflictError):
    """The caller is on hold already."""

    code = "held"


class NotHeldError(ConflictError):
    """The caller is not on hold by command; what the phone's key holds, the key resumes."""

    code = "not_held"


class NotAvailableError(ConflictError):
    """The agent to whom the caller was to go can take no call now."""

    code = "not_available"


class NotDialledError(ConflictError):
    """The number outside is not dialled: the toll-fraud guard or the lines do not let it, for this `reason`."""

    code = "not_dialled"

    def __init__(self, number: str, reason: str) -> None:
        """`reason` is the guard's word for it."""
        super().__init__(f"{number} is not dialled: {reason}")
        self.reason = reason


class ConsultingError(ConflictError):
    """The agent consults somebody already."""

    code = "consulting"


class Conversing:
    """Commands about the conversations of the floor."""

    def __init__(self, floor: Floor, offers: Offers, transfers: Transfers) -> None:
        """Serve this floor."""
        self._floor = floor
        self._offers = offers
        self._transfers = transfers

    def do(self, session: ContactSession, action: str) -> None:
        """Hold, resume, mute or unmute. Raises NotTalkingError, HeldError, NotHeldError."""
        talking(session)
        match action:
            case "hold":
                self._hold(session)
            case "resume":
                self._resume(session)
            case _:
                self._mute(session, on=action == MUTE)

    def _mute(self, session: ContactSession, *, on: bool) -> None:
        if session.muted != on:
            self._floor.send(session.agent_node, Mute(leg=session.agent_leg, on=on))
            self._muted(session, on=on)

    def _muted(self, session: ContactSession, *, on: bool) -> None:
        floor = self._floor
        session.muted = on
        floor.touch(session)
        kind = AgentMuted if on else AgentUnmuted
        floor.record(kind(**floor.about(session), agent=session.agent))

    def not_muted(self, session: ContactSession, leg: str) -> None:
        """The switch could not do what it was told last: the agent is heard, or is not, as before."""
        self.found(session, leg, muted=not session.muted)

    def found(self, session: ContactSession, leg: str, *, muted: bool) -> None:
        """The switch says whether it lets a leg be heard: of the agent's it is right."""
        if leg == session.agent_leg and session.stage is Stage.TALKING and session.muted != muted:
            self._muted(session, on=muted)

    def _hold(self, session: ContactSession) -> None:
        if session.held_at is not None:
            message = f"the caller of {session.contact} is on hold already"
            raise HeldError(message)
        self.set_apart(session)

    def set_apart(self, session: ContactSession) -> None:
        """Part the two, with music for the caller; nothing more where they are apart."""
        if session.apart:
            return
        floor = self._floor
        session.apart = True
        music = floor.directory.music(session.tenant, "", session.queue)
        floor.send(session.agent_node, Part(leg=session.agent_leg))
        floor.send(session.node, Music(leg=session.leg, music=music))
        begin_hold(floor, session)

    def together(self, session: ContactSession) -> None:
        """Bring caller and agent together again."""
        self._floor.send(session.node, Bridge(leg=session.leg, other=session.agent_leg))
        end_hold(self._floor, session)

    def _resume(self, session: ContactSession) -> None:
        if not session.apart or session.consult:
            message = f"the caller of {session.contact} is not on hold by command"
            raise NotHeldError(message)
        self.together(session)

    def transfer(self, session: ContactSession, target: Target, *, dismiss: Dismiss | None = None) -> None:
        """Send the caller on; `dismiss` does with the agent's leg (node, leg) what else is a hang-up.

        Raises NotTalkingError, NotFoundError, NotAvailableError, NotDialledError.
        """
        talking(session)
        if session.consult:
            message = f"the agent of {session.contact} consults somebody: complete or cancel that"
            raise ConsultingError(message)
        self.check(session, target)
        leg, node, rings = session.agent_leg, session.agent_node, self._rings(session, target)
        self._offers.let_go(session, Party.AGENT)
        session.adrift = False
        (dismiss or self._floor.healer.hang_up)(node, leg)
        self._transfers.send_on(session, target, to=target.name, how=BLIND, rings=rings)

    def _rings(self, session: ContactSession, target: Target) -> str:
        """Have a number outside rung while the agent is still there; nothing for other targets."""
        if target.kind is not Kind.OUTSIDE:
            return ""
        dialled = self._transfers.dial(session, target.name, session.agent)
        if isinstance(dialled, str):
            return dialled
        raise NotDialledError(target.name, dialled.reason)

    def check(self, session: ContactSession, target: Target) -> None:
        """Whether the caller could go there. Raises NotFoundError, NotAvailableError, ConflictError."""
        floor, directory = self._floor, self._floor.directory
        match target.kind:
            case Kind.AGENT:
                if target.name not in directory.agents or session.tenant not in directory.serves(target.name):
                    message = f"no agent {target.name} serves {session.tenant}"
                    raise NotFoundError(message)
                state = floor.router.agent(target.name)
                if state is None or not can_be_asked(state, session.tenant):
                    message = f"agent {target.name} can take no call now"
                    raise NotAvailableError(message)
            case Kind.QUEUE:
                rules = directory.rules.queues.get(target.name)
                if rules is None or rules.tenant != session.tenant:
                    message = f"{session.tenant} has no queue {target.name}"
                    raise NotFoundError(message)
            case Kind.NUMBER if directory.owner(target.name, floor.now()) is None:
                message = f"nobody here owns the number {target.name}"
                raise NotFoundError(message)
            case Kind.NUMBER if session.flows_begun >= arrivals.MAX_FLOWS:
                message = f"{session.contact} was led into {arrivals.MAX_FLOWS} numbers already"
                raise ConflictError(message)


def talking(session: ContactSession) -> None:
    """Raises NotTalkingError where no agent talks with the caller; two agents who talk with each other have none."""
    if session.stage is not Stage.TALKING or session.outside or session.colleague:
        message = f"no agent talks with the caller of {session.contact} now"
        raise NotTalkingError(message)
