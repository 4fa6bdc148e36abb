"""What agents ask by telephone: sign in and out, ready or not, what came of a call.

A flow's `action` step names it, the flow speaks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import structlog

from core.errors import ConflictError, NotFoundError
from core.facts import SignInRefused
from ivr_flows.protocol import ActionDone, DoAction
from tenancy.names import text_in
from vcc.calls import closures, dispositions, overflow_switch
from vcc.calls.guessing import Guessing
from vcc.calls.listening import Listening

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from acd.protocol import AgentState
    from vcc.calls.floor import Floor
    from vcc.calls.session import ContactSession

_log = structlog.get_logger()


class Pins(Protocol):
    """Knows whether a PIN is right; checking takes its time on purpose, so it is done elsewhere."""

    def check(self, agent: str, pin: str, done: Callable[[bool | None], None]) -> None:
        """Call `done` in the event loop, later; with None when there is too much to check: nothing was compared."""
        ...


class AgentDesk:
    """Does the `action` steps of the platform's flows."""

    ACTIONS = (
        "sign_in",
        "sign_out",
        "ready",
        "not_ready",
        "end_wrap_up",
        "extend_wrap_up",
        "disposition",
        "listen",
        "my_state",
        "retrieve",
        "closure",
        "overflow",
    )

    def __init__(self, floor: Floor, pins: Pins) -> None:
        """Serve this floor; `pins` checks what agents dial."""
        self._floor = floor
        self._pins = pins
        self._guessing = Guessing()
        self.listening = Listening(floor, self._answer)
        #: set by the hub: a parked caller comes to the phone that called; why not, or empty
        self.retrieve: Callable[[ContactSession, str, str], str] = lambda session, agent, slot: "not_parked"

    def restore(self, guesses: Mapping[str, Mapping[str, Any]]) -> None:
        """Take back what was known of wrong PINs before a crash: it opens no lock."""
        self._guessing.restore(guesses)

    def do(self, session: ContactSession, command: DoAction) -> None:
        """Do what the flow asks; the answer is an `ActionDone`."""
        if not session.phone:  # an action from outside: an agent's rights come with an agent's phone
            return self._answer(session, "refused")
        given = {**command.arguments, **command.secrets}
        match command.action:
            case "sign_in":
                return self._identify(session, given, lambda agent: self._seat(session, agent))
            case "listen":
                number = given.get("agent", "")
                return self._identify(session, given, lambda agent: self.listening.begin(session, agent, number))
            case "closure":
                return self._identify(session, given, lambda agent: self._closure(session, agent, given))
            case "overflow":
                return self._identify(session, given, lambda agent: self._overflow(session, agent, given))
        state = self._floor.router.agent_on(session.phone)
        return self._answer(session, "signed_out") if state is None else self._of_agent(session, state, command)

    def _of_agent(self, session: ContactSession, state: AgentState, command: DoAction) -> None:
        """Do what the agent who is signed in on the phone asks."""
        match command.action:
            case "disposition":
                self._disposition(session, state, command.arguments.get("code", ""))
            case "my_state":
                self._my_state(session, state)
            case "retrieve":
                if refused := self.retrieve(session, state.agent, command.arguments.get("slot", "")):
                    self._answer(session, refused)
            case _:
                self._wish(session, state.agent, command)

    def _answer(self, session: ContactSession, result: str, *, language: str = "", **values: str) -> None:
        self._floor.tell_flow(session, ActionDone(result=result, values=values, language=language))

    def _identify(self, session: ContactSession, given: Mapping[str, str], then: Callable[[str], None]) -> None:
        """Go on with the agent whose number and PIN were keyed in, if they are right."""
        number, pin = given.get("number", ""), given.get("pin", "")
        agent, now = self._floor.directory.agent_by_number(number), self._floor.now()
        if self._guessing.locked(agent or "", session.phone, now):
            return self._refused(session, agent or "", "locked")
        if agent is None:  # what was keyed in may be a PIN: it is told to nobody
            return self._wrong(session, "", "unknown")

        def done(right: bool | None) -> None:
            if right is None:  # no guess: who has the right PIN must not be locked out by the others' haste
                self._refused(session, agent, "busy")
            elif right:
                self._right(agent)
                then(agent)
            else:
                self._wrong(session, agent, "bad_pin")
            self._floor.settle()

        return self._pins.check(agent, pin, done)

    def _wrong(self, session: ContactSession, agent: str, why: str) -> None:
        """Count it, and answer the later the more there were."""
        floor, phone, now = self._floor, session.phone, self._floor.now()
        judged = self._guessing.wrong(agent, phone, now, floor.directory.platform.limits)
        for locked in judged.locked:
            _log.warning("locked after wrong PINs", who=locked, agent=agent, phone=phone)
        for key, count in self._guessing.dump(agent, phone).items():
            floor.store.put("guesses", key, count)

        def answer() -> None:
            self._refused(session, agent, why)
            floor.settle()

        if judged.delay_s:
            floor.timers.call_at(now + judged.delay_s, answer)
        else:
            self._refused(session, agent, why)

    def _right(self, agent: str) -> None:
        if self._guessing.right(agent):
            self._floor.store.delete("guesses", agent)

    def _seat(self, session: ContactSession, agent: str) -> None:
        floor = self._floor
        free = seats_for(floor, agent)
        if not free:
            return self._refused(session, agent, "no_seat")
        try:
            move = floor.directory.second_phone(agent) == "move"
            floor.obey(floor.router.sign_in(agent, session.phone, free, floor.now(), move=move))
        except ConflictError:
            return self._refused(session, agent, "in_use")
        language = floor.directory.language_on(session.phone, agent)
        return self._answer(session, "ok", language=language, seats=str(len(free)))

    def _closure(self, session: ContactSession, agent: str, given: Mapping[str, str]) -> None:
        result, tenant = closures.by_telephone(self._floor, session, agent, given)
        self._answer(session, result, tenant=tenant)

    def _overflow(self, session: ContactSession, agent: str, given: Mapping[str, str]) -> None:
        result, tenant = overflow_switch.by_telephone(self._floor, session, agent, given)
        self._answer(session, result, tenant=tenant)

    def _refused(self, session: ContactSession, agent: str, why: str) -> None:
        self._floor.record(SignInRefused(**self._floor.about(session), phone=session.phone, agent=agent, why=why))
        self._answer(session, "refused" if why in ("unknown", "bad_pin") else why)

    def _wish(self, session: ContactSession, agent: str, command: DoAction) -> None:
        router, now = self._floor.router, self._floor.now()
        match command.action:
            case "sign_out":
                self._floor.obey(router.sign_out(agent, now))
            case "ready":
                self._floor.obey(router.ready(agent, now))
            case "not_ready":
                self._floor.obey(router.not_ready(agent, command.arguments.get("reason", ""), now))
            case "end_wrap_up":
                commands = router.end_wrap_up(agent, now)
                self._floor.obey(commands)
                return self._answer(session, "ok" if commands else "no_wrap_up")
            case "extend_wrap_up":
                commands = router.extend_wrap_up(agent, now)
                self._floor.obey(commands)
                return self._answer(session, "ok" if commands else "no_wrap_up")
            case _:
                _log.error("unknown action", action=command.action, flow=session.flow)
                return self._answer(session, "refused")
        return self._answer(session, "ok")

    def _my_state(self, session: ContactSession, state: AgentState) -> None:
        """What the agent wants, what routing knows, and how many callers wait who could come to the agent."""
        router = self._floor.router
        own = [queue for queue in router.rules.queues if any(able is state for able in router.able(queue))]
        waiting = sum(len(list(router.queue(queue))) for queue in own)
        self._answer(session, str(state.wish), phase=str(state.phase), reason=state.reason, waiting=str(waiting))

    def _disposition(self, session: ContactSession, state: AgentState, code: str) -> None:
        """What came of the agent's last conversation. It counts if this call began before its wrap-up was over.
        Without a code: whether there is one to ask for.
        """
        if not state.last_contact or session.arrived > state.last_until:
            return self._answer(session, "no_contact")
        if not code:
            return self._answer(session, "no_code")
        contact, queue = state.last_contact, state.last_queue
        try:
            meaning = dispositions.give(self._floor, agent=state.agent, contact=contact, queue=queue, code=code)
        except NotFoundError:
            return self._answer(session, "unknown")
        return self._answer(session, "ok", disposition=text_in(meaning, session.info.language))


def seats_for(floor: Floor, agent: str) -> tuple[str, ...]:
    """The tenants among those that an agent serves in which a seat is free, or is the agent's already."""
    router, state = floor.router, floor.router.agent(agent)
    held = state.serves if state else ()
    return tuple(t for t in floor.directory.serves(agent) if t in held or router.free_seats(t) != 0)
