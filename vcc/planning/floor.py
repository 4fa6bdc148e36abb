"""The floor on virtual time: callers come, wait, talk and leave; agents come and go; `acd.router` decides.

    the next of: a caller's arrival, the end of a talk, of patience, of a shift, the router's own deadline
      -> told to the router, at its time   -> its commands: an offer is answered, now or after it has rung
      -> what became of the caller, and of the agents' time

Of things at the same moment patience ends first, then talks, then shifts change, then somebody calls; those alike in
the order in which they were planned. So the same callers and shifts always give the same day.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, Protocol

from acd.protocol import (
    AgentChanged,
    HandlingChanged,
    NoSeatError,
    NotTaken,
    OfferContact,
    Phase,
    Refusal,
    TicketChanged,
    WithdrawOffer,
)
from acd.router import Router
from core.facts import OfferOutcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from acd.protocol import Command, Rules

# What a caller is, or became.
COMING, WAITING, TALKING, ANSWERED, ABANDONED, NO_LINE, QUEUE_FULL, LEFT = range(8)

# What happens, in the order in which things of one moment do.
_IMPATIENT, _WRAPPED_UP, _TALKED, _TURN, _PICKED_UP, _CLOSED, _CALLS = range(7)


class Caller:
    """Somebody who calls at `at`, would talk `service_s` and wait `patience_s` at most; times POSIX seconds.

    `head_start_s` stands on the clock when the wait begins. `balks` hangs up where nobody is free at once.
    `after_s`: how long the agent writes afterwards; None: as the queue says. `rings_s`: how long the phone of whoever
    takes the call rings, where the agents have no habits of their own. `leaves_as`: what a caller is whose
    patience has ended. `state` and all below is what came of it.
    """

    __slots__ = ("after_s", "agent", "at", "attempt", "balks", "contact", "head_start_s", "kind", "leaves_as",
                 "patience_s", "priority", "queue", "rings_s", "service_s", "skills", "state", "talks_at",
                 "waited_s")  # fmt: skip

    def __init__(
        self,
        contact: str,
        kind: str,
        queue: str,
        at: float,
        *,
        service_s: float,
        patience_s: float = math.inf,
        priority: int | None = None,
        skills: Mapping[str, int] | None = None,
        head_start_s: float = 0.0,
        balks: bool = False,
        after_s: float | None = None,
        rings_s: float = 0.0,
        leaves_as: int = ABANDONED,
        attempt: int = 1,
    ) -> None:
        """Somebody who has not called yet."""
        self.contact = contact
        self.kind = kind
        self.queue = queue
        self.at = at
        self.service_s = service_s
        self.patience_s = patience_s
        self.priority = priority
        self.skills = skills
        self.head_start_s = head_start_s
        self.balks = balks
        self.after_s = after_s
        self.rings_s = rings_s
        self.leaves_as = leaves_as
        self.attempt = attempt
        self.state = COMING
        self.agent = ""
        self.waited_s = 0.0
        self.talks_at = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """An agent comes (`on`) or goes at `at`; who talks then ends that call first. `serves`: for which tenants."""

    at: float
    agent: str
    on: bool
    serves: tuple[str, ...] = ()


class Work:
    """What an agent did, in seconds: on duty, ringing, in wrap-up, and talking, by kind of caller."""

    __slots__ = ("duty_s", "on_since", "ring_s", "talk_s", "wrap_s")

    def __init__(self) -> None:
        """Nothing yet."""
        self.on_since: float | None = None
        self.duty_s = 0.0
        self.ring_s = 0.0
        self.wrap_s = 0.0
        self.talk_s: dict[str, float] = {}


class Habits(Protocol):
    """What people do that the router has no part in."""

    def rings_s(self, agent: str) -> float:
        """How long a phone rings before this agent picks up."""
        ...

    def talks_s(self, caller: Caller, agent: str) -> float:
        """How long this caller and this agent talk."""
        ...

    def calls_again(self, caller: Caller, now: float) -> Caller | None:
        """The same person's next call, where somebody who was not served tries again."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class House:
    """What the building has: lines for everybody, lines of each tenant, and what happens at closing time.

    Times at work are counted up to `closes`; `clears`: who still waits then is sent away.
    """

    closes: float = math.inf
    clears: bool = False
    lines: int | None = None
    lines_of: Mapping[str, int] = field(default_factory=dict)


class Floor:
    """One day. `run` it once; then `callers` are all who called, in order, and `work` what each agent did.

    `without_seat`: who came and was not let in.
    """

    def __init__(self, rules: Rules, habits: Habits | None = None, house: House | None = None) -> None:
        """An empty floor; without `habits` phones are picked up at once and nobody calls twice."""
        self.callers: list[Caller] = []
        self.work: dict[str, Work] = {}
        #: agents who came, and for whom no seat was free
        self.without_seat: set[str] = set()
        self._router = Router(rules, explains=False)  # nobody reads why
        self._habits = habits
        self._house = house or House()
        self._limited = self._house.lines is not None or bool(self._house.lines_of)
        self._tenant_of = {key: queue.tenant for key, queue in rules.queues.items()}
        self._lines_used: dict[str, int] = {}
        self._heap: list[tuple[float, int, int, Any]] = []
        self._planned = 0
        self._here: dict[str, Caller] = {}
        self._ringing: dict[int, float] = {}
        self._waiting = 0
        self._coming: Iterator[Caller] = iter(())
        self._next: Caller | None = None

    def run(self, callers: Iterable[Caller], turns: Iterable[Turn]) -> None:
        """Let the day happen: callers in order of time."""
        for turn in turns:
            self._plan(turn.at, _TURN, turn)
        if self._house.clears and math.isfinite(self._house.closes):
            self._plan(self._house.closes, _CLOSED, None)
        self._coming = iter(callers)
        self._next = next(self._coming, None)
        heap, deadline, steps = self._heap, self._router.next_deadline, self._steps()
        while heap or self._waiting or self._next is not None:
            due, caller = deadline(), self._next
            planned = heap[0][0] if heap else math.inf
            calls = caller.at if caller is not None else math.inf
            if due is not None and due < planned and due < calls:
                self._obey(self._router.tick(due), due)
            elif caller is not None and calls < planned:
                self._calls(caller, calls)
            elif heap:
                now, kind, _, what = heappop(heap)
                steps[kind](what, now)
            else:
                break  # they wait for nobody
        self._end()

    def _steps(self) -> Sequence[Any]:
        """What is done when its time has come, by kind."""
        return (
            self._gives_up, self._wrapped_up, self._talked, self._turns, self._picks_up, self._closes, self._calls
        )  # fmt: skip

    def _plan(self, at: float, kind: int, what: object) -> None:
        self._planned += 1
        heappush(self._heap, (at, kind, self._planned, what))

    # --- callers ---

    def _calls(self, caller: Caller, now: float) -> None:
        self.callers.append(caller)
        if caller is self._next:
            self._next = next(self._coming, None)
        if self._limited and not self._takes_line(caller):
            self._turned_away(caller, NO_LINE, now)
            return
        self._here[caller.contact] = caller
        placed = self._router.enqueue(
            caller.contact,
            caller.queue,
            now,
            priority=caller.priority,
            skills=caller.skills,
            queued_at=now - caller.head_start_s if caller.head_start_s else None,
        )
        if placed.refused is not None:
            del self._here[caller.contact]
            self._gives_line(caller)
            self._turned_away(caller, QUEUE_FULL if placed.refused is Refusal.FULL else LEFT, now)
            return
        caller.state = WAITING
        self._waiting += 1
        self._obey(placed.commands, now)
        if caller.state == WAITING:
            if caller.balks and not self._rings_for(caller):
                self._leaves(caller, now)
            elif caller.patience_s < math.inf:
                self._plan(now + caller.patience_s, _IMPATIENT, caller)

    def _rings_for(self, caller: Caller) -> bool:
        ticket = self._router.ticket(caller.contact)
        return ticket is not None and ticket.offer is not None

    def _turned_away(self, caller: Caller, state: int, now: float) -> None:
        caller.state = state
        self._perhaps_again(caller, now)

    def _perhaps_again(self, caller: Caller, now: float) -> None:
        again = self._habits.calls_again(caller, now) if self._habits is not None else None
        if again is not None and again.at < self._house.closes:
            self._plan(again.at, _CALLS, again)

    def _gives_up(self, caller: Caller, now: float) -> None:
        if caller.state == WAITING:
            self._leaves(caller, now)

    def _leaves(self, caller: Caller, now: float) -> None:
        """A caller hangs up who waits."""
        self._gone(caller, caller.leaves_as, now)
        self._obey(self._router.leave(caller.contact, now), now)
        self._perhaps_again(caller, now)

    def _gone(self, caller: Caller, state: int, now: float) -> None:
        """A caller waits no longer, and talks with nobody."""
        caller.state = state
        caller.waited_s = now - caller.at
        self._waiting -= 1
        del self._here[caller.contact]
        self._gives_line(caller)

    def _closes(self, _nothing: None, now: float) -> None:
        for caller in [caller for caller in self._here.values() if caller.state == WAITING]:
            self._gone(caller, LEFT, now)
            self._obey(self._router.leave(caller.contact, now), now)

    def _end(self) -> None:
        """Nobody will come for those who still wait."""
        for caller in list(self._here.values()):
            if caller.state == WAITING:
                self._gone(caller, LEFT, max(caller.at, min(self._house.closes, caller.at + caller.patience_s)))
        for work in self.work.values():
            if work.on_since is not None and math.isfinite(self._house.closes):
                work.duty_s += max(0.0, self._house.closes - work.on_since)

    # --- lines ---

    def _takes_line(self, caller: Caller) -> bool:
        house, used, tenant = self._house, self._lines_used, self._tenant_of[caller.queue]
        mine = house.lines_of.get(tenant)
        if (house.lines is not None and used.get("", 0) >= house.lines) or (
            mine is not None and used.get(tenant, 0) >= mine
        ):
            return False
        used[""] = used.get("", 0) + 1
        used[tenant] = used.get(tenant, 0) + 1
        return True

    def _gives_line(self, caller: Caller) -> None:
        if self._limited:
            self._lines_used[""] -= 1
            self._lines_used[self._tenant_of[caller.queue]] -= 1

    # --- what the router commands ---

    def _obey(self, commands: Iterable[Command], now: float) -> None:
        for command in commands:
            kind = type(command)
            if kind is TicketChanged or kind is AgentChanged or kind is HandlingChanged:
                continue
            if type(command) is OfferContact:
                self._rings(command, now)
            elif type(command) is WithdrawOffer:
                self._stops(command.offer, command.agent, now)
            elif type(command) is NotTaken:
                caller = self._here.get(command.contact)
                if caller is not None and caller.state == WAITING:
                    self._gone(caller, LEFT, now)

    def _rings(self, offer: OfferContact, now: float) -> None:
        habits = self._habits
        rings_s = self._here[offer.contact].rings_s if habits is None else habits.rings_s(offer.agent)
        if rings_s <= 0:
            self._talk(offer, now)
            return
        self._ringing[offer.offer] = now
        self._obey(self._router.offer_ringing(offer.offer, now), now)
        self._plan(now + min(rings_s, offer.ring_s), _PICKED_UP, (offer, rings_s <= offer.ring_s))

    def _picks_up(self, rang: tuple[OfferContact, bool], now: float) -> None:
        """The phone has rung for its time: it is picked up, unless the caller is gone or nobody comes."""
        offer, comes = rang
        self._stops(offer.offer, offer.agent, now)
        if comes:
            self._talk(offer, now)
        else:
            self._obey(self._router.offer_failed(offer.offer, OfferOutcome.NO_ANSWER, "", now), now)

    def _stops(self, offer: int, agent: str, now: float) -> None:
        """The phone rings no longer."""
        since = self._ringing.pop(offer, None)
        if since is not None:
            self.work[agent].ring_s += self._counted(since, now)

    def _talk(self, offer: OfferContact, now: float) -> None:
        answered, commands = self._router.offer_answered(offer.offer, now)
        if answered:
            caller = self._here[offer.contact]
            caller.state, caller.agent, caller.talks_at = TALKING, offer.agent, now
            caller.waited_s = now - caller.at
            self._waiting -= 1
            habits = self._habits
            lasts = caller.service_s if habits is None else habits.talks_s(caller, offer.agent)
            self._planned += 1
            heappush(self._heap, (now + lasts, _TALKED, self._planned, caller))
        self._obey(commands, now)

    def _talked(self, caller: Caller, now: float) -> None:
        caller.state = ANSWERED
        del self._here[caller.contact]
        if self._limited:
            self._gives_line(caller)
        agent, work = caller.agent, self.work[caller.agent]
        closes = self._house.closes
        lasted = (now if now < closes else closes) - caller.talks_at
        if lasted > 0:
            work.talk_s[caller.kind] = work.talk_s.get(caller.kind, 0.0) + lasted
        commands = self._router.talk_ended(caller.contact, now)
        state = self._router.agent(agent)
        if state is None:
            self._goes(work, now)
        elif state.phase is Phase.WRAP_UP:
            self._wraps_up(caller, work, now, state.until)
        self._obey(commands, now)

    # --- agents ---

    def _wraps_up(self, caller: Caller, work: Work, now: float, until: float | None) -> None:
        ends = now if until is None else until
        if caller.after_s is not None and now + caller.after_s < ends:
            ends = now + caller.after_s
            self._plan(ends, _WRAPPED_UP, (caller.agent, caller.contact))
        work.wrap_s += self._counted(now, ends)

    def _wrapped_up(self, done: tuple[str, str], now: float) -> None:
        agent, contact = done
        state = self._router.agent(agent)
        if state is not None and state.phase is Phase.WRAP_UP and state.last_contact == contact:
            self._obey(self._router.end_wrap_up(agent, now), now)

    def _turns(self, turn: Turn, now: float) -> None:
        work = self.work.get(turn.agent)
        if work is None:
            work = self.work[turn.agent] = Work()
        if turn.on:
            try:
                commands = self._router.sign_in(turn.agent, turn.agent, turn.serves, now)
            except NoSeatError:
                self.without_seat.add(turn.agent)
                return
            if work.on_since is None:
                work.on_since = now
            self._obey(commands, now)
            return
        commands = self._router.sign_out(turn.agent, now)
        if self._router.agent(turn.agent) is None:
            self._goes(work, now)
        self._obey(commands, now)

    def _goes(self, work: Work, now: float) -> None:
        if work.on_since is not None:
            work.duty_s += self._counted(work.on_since, now)
            work.on_since = None

    def _counted(self, since: float, until: float) -> float:
        """The part of a time that lies before closing."""
        return max(0.0, min(until, self._house.closes) - since)
