"""A supervisor whose phone is rung to listen: by command, beside the dialled code of listening.py.

    command -> Ring the phone -> answered -> Spy -> SpyBegan -> … keys 4, 5, 6, or a command: another mode … -> SpyEnded
    -> the phone is hung up

Nobody is heard who only listens; `whisper` is heard by the agent alone, `barge` by both. It ends with the agent's leg,
when the supervisor hangs up, and with a crash of vcc, after which the phone is hung up.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from core.errors import ConflictError, NotFoundError
from core.facts import SupervisionBegan, SupervisionEnded
from core.ids import LEG_PREFIX
from telephony.port import Ring, Spy, SpyMode
from vcc.calls.control import LiveSupervisor
from vcc.calls.conversing import talking
from vcc.calls.listening import MODES
from vcc.calls.session import AgentLeg, ContactSession

if TYPE_CHECKING:
    from telephony.port import SpyBegan
    from vcc.calls.floor import Floor


class PhoneInUseError(ConflictError):
    """The phone has a call already, or is where the agent is."""

    code = "phone_in_use"


class PhoneAwayError(ConflictError):
    """The phone is not registered, or does not answer: it would not ring, and nobody would know."""

    code = "phone_away"


@dataclass(kw_only=True, slots=True)
class _Watch:
    """A supervisor's leg, and what it is for."""

    session: ContactSession
    leg: str
    node: str
    phone: str
    supervisor: str
    agent: str
    tenant: str
    on: str
    mode: SpyMode
    answered: bool = False
    began: bool = False


class Supervising:
    """All supervisors whose phones were rung."""

    def __init__(self, floor: Floor) -> None:
        """Serve this floor."""
        self._floor = floor
        self._watches: dict[str, _Watch] = {}  # by the supervisor's leg
        self._count = count(1)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._watches)

    def begin(self, session: ContactSession, phone: str, mode: SpyMode, *, who: str) -> None:
        """Ring a phone and let it hear the conversation; on one that hears it already, change the mode.

        Raises NotTalkingError, NotFoundError for an unknown phone, PhoneInUseError, PhoneAwayError.
        """
        talking(session)
        floor = self._floor
        settings = floor.directory.platform.phones.get(phone)
        if settings is None or settings.outside is not None:
            message = f"there is no phone {phone}"
            raise NotFoundError(message)
        if (watch := self._on_phone(phone)) is not None and watch.session is session:
            watch.mode = mode
            return self._spy(watch) if watch.answered else None
        state = floor.router.agent_on(phone)
        if watch is not None or phone in floor.dialling or (state is not None and state.contact):
            message = f"phone {phone} has a call"
            raise PhoneInUseError(message)
        if not floor.nodes.reachable(phone):
            message = f"phone {phone} cannot be reached"
            raise PhoneAwayError(message)
        return self._ring(session, phone, mode, who)

    def _ring(self, session: ContactSession, phone: str, mode: SpyMode, who: str) -> None:
        floor, node = self._floor, session.agent_node
        leg = f"{LEG_PREFIX}{session.contact}-spy{int(floor.now() * 1000)}{next(self._count)}"
        self._watches[leg] = _Watch(
            session=session,
            leg=leg,
            node=node,
            phone=phone,
            supervisor=who,
            agent=session.agent,
            tenant=session.tenant,
            on=session.agent_leg,
            mode=mode,
        )
        floor.legs.agents[leg] = AgentLeg(session, node)
        floor.occupy(phone, leg)
        floor.send(
            node,
            Ring(
                leg=leg,
                phone=phone,
                at=floor.other_node(node, phone),
                timeout_s=floor.directory.conversation(session.tenant).supervisor_ring_s,
                shows_number=floor.directory.shown_number(session.tenant, session.caller, session.number),
                shows_name=floor.directory.display(session.tenant, session.queue, session.agent),
                for_leg=session.agent_leg,
            ),
        )

    def _on_phone(self, phone: str) -> _Watch | None:
        return next((watch for watch in self._watches.values() if watch.phone == phone), None)

    def _spy(self, watch: _Watch) -> None:
        self._floor.send(watch.node, Spy(leg=watch.leg, on=watch.on, mode=watch.mode))

    # --- what the switch tells ---

    def answered(self, leg: str) -> bool:
        """A leg was answered; whether it was a supervisor's."""
        watch = self._watches.get(leg)
        if watch is None:
            return False
        if not watch.answered:
            watch.answered = True
            self._spy(watch)
        elif leg not in self._floor.healer:  # free again: there is nothing more to hear
            self._floor.healer.hang_up(watch.node, leg)
        return True

    def began(self, fact: SpyBegan) -> bool:
        """A conversation is heard, or in another mode; whether it is one of these."""
        watch = self._watches.get(fact.leg)
        if watch is None:
            return False
        watch.began = True
        self._floor.record(
            SupervisionBegan(
                at=fact.at,
                tenant=watch.tenant,
                contact=watch.session.contact,
                node=fact.node,
                agent=watch.agent,
                supervisor=watch.supervisor,
                mode=fact.mode,
            )
        )
        return True

    def supervisors(self) -> list[tuple[str, LiveSupervisor]]:
        """Everybody who hears a conversation or is rung for that, each with the contact."""
        return [
            (
                watch.session.contact,
                LiveSupervisor(who=watch.supervisor, phone=watch.phone, mode=watch.mode, hears=watch.began),
            )
            for watch in self._watches.values()
            if watch.began or not watch.answered
        ]

    def pressed(self, leg: str, key: str) -> None:
        """A key on a supervisor's phone."""
        watch = self._watches.get(leg)
        if watch is not None and watch.answered and key in MODES:
            watch.mode = MODES[key]
            self._spy(watch)

    def over(self, leg: str) -> None:
        """There is nothing to hear any more, or it could not be heard: the phone is hung up."""
        if (watch := self._watches.get(leg)) is not None:
            self._ended(watch)
            self._floor.healer.hang_up(watch.node, leg)

    def gone(self, leg: str) -> None:
        """A leg is gone."""
        floor, watch = self._floor, self._watches.pop(leg, None)
        if watch is None:
            return
        self._ended(watch)
        floor.vacate(watch.phone, leg)

    def present(self, node: str, legs: frozenset[str]) -> None:
        """The node was asked what is there: what is not there is gone."""
        for leg in [leg for leg, watch in self._watches.items() if watch.node == node and leg not in legs]:
            self.gone(leg)

    def _ended(self, watch: _Watch) -> None:
        if watch.began:
            watch.began = False
            self._floor.record(
                SupervisionEnded(
                    at=self._floor.now(),
                    tenant=watch.tenant,
                    contact=watch.session.contact,
                    node=watch.node,
                    agent=watch.agent,
                    supervisor=watch.supervisor,
                )
            )
