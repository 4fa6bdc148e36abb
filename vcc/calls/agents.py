"""What agents ask by telephone: sign in and out, ready, not ready. A flow's `action` step names it; the flow speaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import structlog

from core.errors import ConflictError
from core.facts import SignInRefused
from ivr_flows.protocol import ActionDone, DoAction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vcc.calls.floor import Floor
    from vcc.calls.session import ContactSession

_log = structlog.get_logger()


class Pins(Protocol):
    """Knows whether a PIN is right; checking takes its time on purpose, so it is done elsewhere."""

    def check(self, agent: str, pin: str, done: Callable[[bool | None], None]) -> None:
        """Call `done` in the event loop, later; with None when there is too much to check: nothing was compared."""
        ...


@dataclass(kw_only=True, slots=True)
class _Guesses:
    """Wrong PINs in a row for one agent, whatever phone they came from."""

    wrong: int = 0
    locked_until: float = 0.0


class AgentDesk:
    """Does the `action` steps of the platform's flows."""

    #: results of sign_in: ok, refused (number or PIN wrong: not told which), locked, busy, no_seat, in_use
    ACTIONS = ("sign_in", "sign_out", "ready", "not_ready", "my_state")

    def __init__(self, floor: Floor, pins: Pins) -> None:
        """Serve this floor; `pins` checks what agents dial."""
        self._floor = floor
        self._pins = pins
        self._guesses: dict[str, _Guesses] = {}

    def restore(self, guesses: Mapping[str, Mapping[str, Any]]) -> None:
        """Take back what was known of wrong PINs before a crash: it opens no lock."""
        for agent, stored in guesses.items():
            self._guesses[agent] = _Guesses(wrong=int(stored["wrong"]), locked_until=float(stored["locked_until"]))

    def do(self, session: ContactSession, command: DoAction) -> None:
        """Do what the flow asks; the answer is an `ActionDone`."""
        if not session.phone:  # an action from outside: an agent's rights come with an agent's phone
            return self._answer(session, "refused")
        if command.action == "sign_in":
            given = {**command.arguments, **command.secrets}
            return self._sign_in(session, given.get("number", ""), given.get("pin", ""))
        return self._wish(session, command)

    def _answer(self, session: ContactSession, result: str, **values: str) -> None:
        self._floor.tell_flow(session, ActionDone(result=result, values=values))

    def _sign_in(self, session: ContactSession, number: str, pin: str) -> None:
        agent, now = self._floor.directory.agent_by_number(number), self._floor.now()
        if agent is None:
            return self._refused(session, number, "unknown")
        if self._guesses.get(agent, _Guesses()).locked_until > now:
            return self._refused(session, agent, "locked")

        def done(right: bool | None) -> None:
            if right is None:  # no guess: who has the right PIN must not be locked out by the others' haste
                self._refused(session, agent, "busy")
            else:
                self._checked(session, agent, right=right)
            self._floor.settle()

        return self._pins.check(agent, pin, done)

    def _checked(self, session: ContactSession, agent: str, *, right: bool) -> None:
        floor, limits = self._floor, self._floor.directory.platform.limits
        if not right:
            guesses = self._guesses.setdefault(agent, _Guesses())
            guesses.wrong += 1
            if guesses.wrong >= limits.pin_attempts:
                guesses.wrong, guesses.locked_until = 0, floor.now() + limits.pin_lock_s
                _log.warning("agent locked after wrong PINs", agent=agent, phone=session.phone)
            floor.store.put("guesses", agent, {"wrong": guesses.wrong, "locked_until": guesses.locked_until})
            return self._refused(session, agent, "bad_pin")
        if self._guesses.pop(agent, None) is not None:
            floor.store.delete("guesses", agent)
        return self._seat(session, agent)

    def _seat(self, session: ContactSession, agent: str) -> None:
        floor = self._floor
        free = seats_for(floor, agent)
        if not free:
            return self._refused(session, agent, "no_seat")
        try:
            floor.obey(floor.router.sign_in(agent, session.phone, free, floor.now()))
        except ConflictError:
            return self._refused(session, agent, "in_use")
        return self._answer(session, "ok", seats=str(len(free)))

    def _refused(self, session: ContactSession, agent: str, why: str) -> None:
        self._floor.record(SignInRefused(**self._floor.about(session), phone=session.phone, agent=agent, why=why))
        self._answer(session, "refused" if why in ("unknown", "bad_pin") else why)

    def _wish(self, session: ContactSession, command: DoAction) -> None:
        router, now = self._floor.router, self._floor.now()
        state = router.agent_on(session.phone)
        if state is None:
            return self._answer(session, "signed_out")
        agent = state.agent
        match command.action:
            case "sign_out":
                self._floor.obey(router.sign_out(agent, now))
            case "ready":
                self._floor.obey(router.ready(agent, now))
            case "not_ready":
                self._floor.obey(router.not_ready(agent, command.arguments.get("reason", ""), now))
            case "my_state":
                return self._answer(session, str(state.wish), phase=str(state.phase))
            case _:
                _log.error("unknown action", action=command.action, flow=session.flow)
                return self._answer(session, "refused")
        return self._answer(session, "ok")


def seats_for(floor: Floor, agent: str) -> tuple[str, ...]:
    """The tenants among those that an agent serves in which a seat is free, or is the agent's already."""
    router, state = floor.router, floor.router.agent(agent)
    held = state.serves if state else ()
    return tuple(t for t in floor.directory.serves(agent) if t in held or router.free_seats(t) != 0)
