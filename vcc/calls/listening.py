"""A supervisor who listens by telephone: from a dialled code to the end of the conversation that is listened to.

    flow asks `listen` -> PIN (agents.py) -> Spy -> SpyBegan -> … keys 4, 5, 6 … -> SpyEnded -> the flow goes on
                                              +-- CommandFailed ---------------------> the flow goes on

The supervisor is an agent whose `supervises` has the tenant of the conversation; who listens to whom is a fact of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.facts import SupervisionBegan, SupervisionEnded
from telephony.port import Spy, SpyMode
from vcc.calls.control import LiveSupervisor
from vcc.calls.session import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from telephony.port import SpyBegan
    from vcc.calls.floor import Floor
    from vcc.calls.session import ContactSession

#: What a supervisor presses: hear both; be heard by the agent alone; be heard by both.
MODES = {"4": SpyMode.LISTEN, "5": SpyMode.WHISPER, "6": SpyMode.BARGE}


@dataclass(kw_only=True, slots=True)
class _Watch:
    """A supervisor's call, and the conversation that it is about, as it was when it began. `began`: it is heard."""

    session: ContactSession
    supervisor: str
    agent: str
    tenant: str
    contact: str
    on: str
    mode: SpyMode = SpyMode.LISTEN
    began: bool = False


class Listening:
    """All supervisors who listen by telephone. A crash of vcc forgets them: their flows ask again."""

    def __init__(self, floor: Floor, answer: Callable[[ContactSession, str], None]) -> None:
        """`answer` tells a supervisor's flow the result: `ended`, `not_talking`, `not_allowed`, `elsewhere`."""
        self._floor = floor
        self._answer = answer
        self._watches: dict[str, _Watch] = {}  # by the supervisor's leg

    def begin(self, session: ContactSession, supervisor: str, number: str) -> None:
        """Have a supervisor, whose PIN was right, listen to the agent who signs in with this number."""
        floor = self._floor
        agent = floor.directory.agent_by_number(number)
        state = floor.router.agent(agent) if agent else None
        talk = floor.sessions.get(state.contact) if state else None
        if talk is None or talk.stage is not Stage.TALKING or state is None:
            allowed = agent is not None and floor.directory.may_watch(supervisor, *floor.directory.serves(agent))
            return self._answer(session, "not_talking" if allowed else "not_allowed")
        if not floor.directory.may_watch(supervisor, talk.tenant):
            return self._answer(session, "not_allowed")
        if talk.agent_node != session.node:
            return self._answer(session, "elsewhere")
        self._watches[session.leg] = _Watch(
            session=session,
            supervisor=supervisor,
            agent=state.agent,
            tenant=talk.tenant,
            contact=talk.contact,
            on=talk.agent_leg,
        )
        return floor.send(session.node, Spy(leg=session.leg, on=talk.agent_leg))

    def began(self, fact: SpyBegan) -> None:
        """The supervisor hears the conversation, or has changed how."""
        watch = self._watches.get(fact.leg)
        if watch is not None and fact.on == watch.on:
            watch.began, watch.mode = True, fact.mode
            self._floor.record(
                SupervisionBegan(
                    at=fact.at,
                    tenant=watch.tenant,
                    contact=watch.contact,
                    node=fact.node,
                    agent=watch.agent,
                    supervisor=watch.supervisor,
                    mode=fact.mode,
                )
            )

    def supervisors(self) -> list[tuple[str, LiveSupervisor]]:
        """Everybody who listens, each with the contact that is listened to."""
        return [
            (
                watch.contact,
                LiveSupervisor(who=watch.supervisor, phone=watch.session.phone, mode=watch.mode, hears=True),
            )
            for watch in self._watches.values()
            if watch.began
        ]

    def pressed(self, leg: str, key: str) -> bool:
        """A key on a leg; whether a supervisor who listens pressed it: then it is no key of the flow's."""
        watch = self._watches.get(leg)
        if watch is not None and key in MODES:
            self._floor.send(watch.session.node, Spy(leg=leg, on=watch.on, mode=MODES[key]))
        return watch is not None

    def over(self, leg: str, result: str = "ended") -> None:
        """There is nothing more to hear (`SpyEnded`), or it could not be (`CommandFailed`: not_talking)."""
        watch = self.forget(leg)
        if watch is not None:
            self._answer(watch.session, result)

    def forget(self, leg: str) -> _Watch | None:
        """The supervisor's leg listens no more, or is gone."""
        watch = self._watches.pop(leg, None)
        if watch is not None and watch.began:
            self._floor.record(
                SupervisionEnded(
                    at=self._floor.now(),
                    tenant=watch.tenant,
                    contact=watch.contact,
                    node=watch.session.node,
                    agent=watch.agent,
                    supervisor=watch.supervisor,
                )
            )
        return watch
