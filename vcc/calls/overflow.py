"""Overflow: when a condition of a queue holds, its callers are led into a flow, or go up its ladder at once.

    a caller comes to a queue ─┐
    the switch is turned,      ├─> the first condition of the queue's `overflow` that holds -> flow | step, and a fact
    a node goes, an agent goes ┘   (those who wait and for whom nobody is rung)

A condition is one function of `_HOLDS`: to add one is to add a key of `tenancy.model.Overflow` and its line there. A
queue leads a caller elsewhere once: who comes back waits.
"""

from __future__ import annotations

from itertools import islice
from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

from acd.protocol import Wish
from core.facts import CallOverflowed
from telephony.port import StopPlaying
from vcc.calls import arrivals
from vcc.calls.overflow_switch import on_for
from vcc.calls.session import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from acd.protocol import AgentState
    from tenancy.model import Overflow
    from vcc.calls.floor import Floor
    from vcc.calls.session import ContactSession


class Held(NamedTuple):
    """A condition that holds: the word for it, and what was found."""

    entry: Overflow
    why: str
    detail: str


class Overflows:
    """Watches the queues of a floor."""

    def __init__(self, floor: Floor, leave_queue: Callable[[ContactSession, str], None]) -> None:
        """`leave_queue` takes a contact out of its queue, with the word why."""
        self._floor, self._leave_queue = floor, leave_queue

    def found(self, session: ContactSession, queue: str) -> Held | None:
        """The condition that holds for a contact that comes to a queue, and is not in it yet."""
        return _first(session, queue, self._held(queue, arriving=True))

    def lead(self, session: ContactSession, queue: str, held: Held) -> None:
        """Lead a contact, which waits nowhere, into the flow of a condition."""
        floor = self._floor
        session.overflowed = (*session.overflowed, queue)
        flow = floor.directory.flow_key(session.tenant, held.entry.flow or "")
        about = floor.about(session)
        floor.record(CallOverflowed(**about, why=held.why, queue=queue, flow=flow, detail=held.detail))
        session.play = session.music = ""
        arrivals.begin_flow(floor, session, flow)

    def widen(self, session: ContactSession, held: Held) -> None:
        """Have a contact that has come to its queue go up the ladder at once, to the step of a condition."""
        floor, step = self._floor, held.entry.step or 0
        ticket = floor.router.ticket(session.contact)
        if ticket is None or ticket.answered or ticket.rung >= step:
            return
        about = floor.about(session)
        floor.record(CallOverflowed(**about, why=held.why, queue=session.queue, rung=step, detail=held.detail))
        floor.obey(floor.router.widen(session.contact, step, floor.now()))

    def again(self) -> None:
        """Something has changed that conditions ask for: those who wait and are not offered go by it at once."""
        floor = self._floor
        held = {queue: self._held(queue, arriving=False) for queue in floor.directory.overflow}
        if not any(held.values()):
            return
        for session in list(floor.sessions.values()):
            found = _first(session, session.queue, held.get(session.queue, ())) if self._waits(session) else None
            if found is None:
                continue
            if found.entry.flow is None:
                self.widen(session, found)
            else:
                queue, session.ranks_from = session.queue, session.ranks_from or session.queued_at
                self._leave_queue(session, "overflow")
                floor.send(session.node, StopPlaying(leg=session.leg))
                self.lead(session, queue, found)

    def _waits(self, session: ContactSession) -> bool:
        """Whether a contact waits for whoever comes free, and nobody is rung for it."""
        ticket = self._floor.router.ticket(session.contact) if session.stage is Stage.WAITING else None
        return ticket is not None and ticket.offer is None and not session.direct and not session.outside

    def _held(self, queue: str, *, arriving: bool) -> tuple[Held, ...]:
        """The conditions of a queue that hold, in order; how many wait, and how long, is asked of who comes alone."""
        entries = self._floor.directory.overflow.get(queue, ())
        asked = (entry for entry in entries if arriving or (entry.waiting is None and entry.wait_over_s is None))
        return tuple(held for entry in asked for holds in _HOLDS if (held := holds(self._floor, queue, entry)))


def _first(session: ContactSession, queue: str, held: tuple[Held, ...]) -> Held | None:
    """The first condition that holds, but for a flow into which the contact was led already."""
    return next((one for one in held if one.entry.flow is None or queue not in session.overflowed), None)


def _switch(floor: Floor, queue: str, entry: Overflow) -> Held | None:
    switch = on_for(floor, queue) if entry.switch else None
    return None if switch is None else Held(entry, "switch", switch.by)


def _node_down(floor: Floor, _queue: str, entry: Overflow) -> Held | None:
    away = next((node for node in entry.nodes_down if not floor.nodes.state(node).up), None)
    return None if away is None else Held(entry, "node_down", away)


def _agents_below(floor: Floor, queue: str, entry: Overflow) -> Held | None:
    if entry.agents_below is None or queue not in floor.router.rules.queues:
        return None
    there = len(list(islice(filter(_counts, floor.router.able(queue)), entry.agents_below)))
    found = Held(entry, "agents_below", f"{there} of {entry.agents_below}")
    return found if there < entry.agents_below else None


def _counts(agent: AgentState) -> bool:
    """Whether an agent will take a contact sooner or later."""
    return agent.wish is Wish.READY and agent.reachable


def _waiting(floor: Floor, queue: str, entry: Overflow) -> Held | None:
    if entry.waiting is None or (waiting := floor.router.waiting(queue)) < entry.waiting:
        return None
    return Held(entry, "waiting", f"{waiting} of {entry.waiting}")


def _wait_over(floor: Floor, queue: str, entry: Overflow) -> Held | None:
    if entry.wait_over_s is None or queue not in floor.router.rules.queues:
        return None
    wait = floor.router.expected_wait_of(queue, floor.now())
    found = f"{f'{wait:.0f} s' if isfinite(wait) else '∞'} > {entry.wait_over_s:g} s"
    return Held(entry, "wait_over", found) if wait > entry.wait_over_s else None


_HOLDS = (_switch, _node_down, _agents_below, _waiting, _wait_over)
