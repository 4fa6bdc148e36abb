"""The index: who waits for what, and who is free for it.

    Line      all that wait with the same requirement, and the free agents who meet it
    Profile   all agents with the same skills and the same tenants, and the lines that they can serve
    Desk      an agent who is signed in;  Place: a ticket in its line

A contact that comes looks into one line; an agent who comes free looks at the heads of the lines of one
profile. What meets what is worked out once, when a line or a profile is new. So no cost here grows with
callers or agents; it grows with the number of different requirements that one agent meets.
"""

from __future__ import annotations

import heapq
from types import MappingProxyType
from typing import TYPE_CHECKING

from acd import sharing
from acd.ranking import Ranking, ServingKey
from acd.strategies import BY_FIT, STRATEGIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from acd.protocol import AgentState, Ticket
    from acd.requirement import Requirement
    from acd.strategies import AgentStrategy, Rank

_SLACK = 64
#: So many profiles are kept at hand of those who can serve a line: for explanations.
_SOME = 8

Entry = tuple["Rank", str, int, "Desk"]


class Desk:
    """An agent who is signed in. `free` numbers the present time of being free for calls; 0: not free. `staffs`: wants
    contacts, and is counted among those who will take some.
    """

    __slots__ = ("free", "profile", "staffs", "state")

    def __init__(self, state: AgentState) -> None:
        """Not free, and not yet in any profile."""
        self.state = state
        self.profile: Profile | None = None
        self.free = 0
        self.staffs = False


class Place:
    """A ticket, its line and its key in the serving order. `armed`: it has a deadline."""

    __slots__ = ("armed", "key", "line", "ticket")

    def __init__(self, ticket: Ticket, line: Line) -> None:
        """Work out the key: priority first, then credited age, then order of arrival."""
        self.ticket = ticket
        self.line = line
        self.armed = False
        self.key: ServingKey = (
            -ticket.priority,
            ticket.queued_at - ticket.head_start_s if ticket.head_start_s else ticket.queued_at,
            ticket.order,
            ticket.contact,
        )


class Line:
    """All that wait with one requirement, in serving order, and the free agents who meet it, by rank.

    The agents are a heap with lazy deletion: one who is free no longer, or free anew, leaves an entry behind
    that is dropped when it comes to the top, or when such entries are more than half.
    """

    __slots__ = (
        "_compact_at", "_free", "able", "kept_off", "members", "pace", "queues", "requirement", "some", "staffed",
        "strategy", "tenant", "waiting",
    )  # fmt: skip

    def __init__(self, requirement: Requirement) -> None:
        """Nobody waits, nobody is free. `members`: tickets that belong here, waiting or not; `able`: agents signed in
        who can take them, `staffed` those of them who want to, and `some` of their profiles; `kept_off`: some of those
        who were taken off the queue. `queues`: those that ask for just this. `tenant` and `pace` of the requirement are
        at hand, as every agent who comes free looks at them.
        """
        self.requirement = requirement
        self.tenant, self.pace = requirement.tenant, requirement.pace
        self.strategy = STRATEGIES[requirement.strategy]
        self.waiting = Ranking()
        self.members = self.able = self.staffed = 0
        self.queues: tuple[str, ...] = ()
        self.some: list[Profile] = []
        self.kept_off: list[Profile] = []
        self._free: list[Entry] = []
        self._compact_at = _SLACK

    def entry(self, desk: Desk, fit: int) -> Entry:
        """What stands for a free agent in the heap."""
        return (self.strategy(desk.state, fit), desk.state.agent, desk.free, desk)

    def add_free(self, entry: Entry) -> None:
        """Take an agent who has become free."""
        heapq.heappush(self._free, entry)
        if len(self._free) > self._compact_at:
            self._free = [kept for kept in self._free if kept[3].free == kept[2]]
            heapq.heapify(self._free)
            self._compact_at = 2 * len(self._free) + _SLACK

    def first_free(self) -> Desk | None:
        """The free agent with the least rank; None if nobody is free."""
        free = self._free
        while free and free[0][3].free != free[0][2]:
            heapq.heappop(free)
        return free[0][3] if free else None

    def some_free(self, most: int) -> list[tuple[Rank, Desk]]:
        """At most so many of the free agents, with their ranks: of those near the top, not always the next ones."""
        return [(rank, desk) for rank, _, free, desk in self._free[: 2 * most] if desk.free == free][:most]

    def head(self, now: float) -> tuple[int, float, int, str] | None:
        """The contact that is served next, as a key that can be compared with those of other lines at `now`:
        priority, urgency, order of arrival.
        """
        first = self.waiting.first
        return None if first is None else (first[0], self.pace * (first[1] - now), first[2], first[3])


class Profile:
    """All agents with the same skills who serve the same tenants (and of whom supervisors have said the same), and the
    lines that they can serve, each with how well they fit.
    """

    __slots__ = ("desks", "fits", "kept_off", "key", "lines", "pool", "queues", "serves", "skills", "staffed")

    def __init__(self, serves: tuple[str, ...], skills: Mapping[str, int], queues: Mapping[str, bool]) -> None:
        """Nobody has it yet. `key` is the same for the same tenants, skills and queues: one text, as the smallest form.
        `staffed`: those who have it and want contacts; `kept_off`: lines of whose queue they were taken.
        """
        self.serves = serves
        self.skills = skills
        self.queues = queues
        self.pool = sharing.name(serves)
        known = sorted(f"{skill} {level}" for skill, level in skills.items())
        said = sorted(f"{'+' if on else '-'}{queue}" for queue, on in queues.items())
        self.key = "\n".join([*sorted(serves), "", *known, *said])
        self.lines: list[Line] = []
        self.kept_off: list[Line] = []
        self.fits: list[int] = []
        self.desks: dict[str, Desk] = {}
        self.staffed = 0

    def offers(self, line: Line) -> bool:
        """Take the line if its contacts can be offered to those who have the profile; whether they can."""
        asked = line.requirement
        if asked.met_by(self.serves, self.skills, self.queues):
            self.lines.append(line)
            self.fits.append(asked.fit(self.skills) if asked.strategy in BY_FIT else 0)
            line.able += len(self.desks)
            line.staffed += self.staffed
            if len(line.some) < _SOME:
                line.some.append(self)
            return True
        if len(line.kept_off) < _SOME and asked.kept_from(self.serves, self.skills, self.queues):
            line.kept_off.append(self)
            self.kept_off.append(line)
        return False


class Index:
    """Lines and profiles, and which can serve which."""

    def __init__(self) -> None:
        """Begin empty."""
        self._lines: dict[Requirement, Line] = {}
        self._profiles: dict[str, Profile] = {}
        # by tenant, so that who comes is held against what concerns one's own tenants only
        self._lines_of: dict[str, list[Line]] = {}
        self._profiles_of: dict[str, dict[str, Profile]] = {}
        self._personal: dict[str, list[Line]] = {}  # by agent: lines of contacts that are for few agents alone
        self._epoch = 0

    def line(self, requirement: Requirement) -> Line:
        """The line of a requirement; a new one finds the agents who can serve it."""
        line = self._lines.get(requirement)
        if line is None:
            line = self._lines[requirement] = Line(requirement)
            for agent in requirement.agents:
                self._personal.setdefault(agent, []).append(line)
            if requirement.agents or requirement.by_hand:
                return line
            tenants = requirement.tenants
            for tenant in tenants:
                self._lines_of.setdefault(tenant, []).append(line)
            near = {key: found for tenant in tenants for key, found in self._profiles_of.get(tenant, {}).items()}
            for profile in near.values():
                if profile.offers(line):
                    for desk in profile.desks.values():
                        if desk.free:
                            line.add_free(line.entry(desk, profile.fits[-1]))
        return line

    def forget(self, line: Line) -> None:
        """Let a line go that no ticket belongs to, if it is one for few agents alone: there can be many of them."""
        if line.requirement.agents and self._lines.get(line.requirement) is line:
            del self._lines[line.requirement]
            for agent in line.requirement.agents:
                self._personal[agent].remove(line)
                if not self._personal[agent]:
                    del self._personal[agent]

    def seat(self, desk: Desk, skills: Mapping[str, int], queues: Mapping[str, bool] = MappingProxyType({})) -> None:
        """Put an agent, who is not free, into the profile of these skills and of the tenants served; `queues`: what a
        supervisor has said of some.
        """
        self.unseat(desk)
        wanted = Profile(desk.state.serves, skills, queues)
        profile = self._profiles.setdefault(wanted.key, wanted)
        if profile is wanted:
            lines = (line for tenant in profile.serves for line in self._lines_of.get(tenant, ()))
            for line in dict.fromkeys(lines):
                profile.offers(line)
            for tenant in profile.serves:
                self._profiles_of.setdefault(tenant, {})[profile.key] = profile
        profile.desks[desk.state.agent] = desk
        desk.profile = profile
        for line in profile.lines:
            line.able += 1

    def staff(self, desk: Desk, *, wants: bool) -> None:
        """Count an agent among those who want contacts, or no longer."""
        if desk.staffs is not wants and desk.profile is not None:
            desk.staffs = wants
            one = 1 if wants else -1
            desk.profile.staffed += one
            for line in desk.profile.lines:
                line.staffed += one

    def unseat(self, desk: Desk) -> None:
        """Take an agent out: not free, in no profile."""
        desk.free = 0
        if desk.profile is not None:
            self.staff(desk, wants=False)
            profile = desk.profile
            del profile.desks[desk.state.agent]
            for line in profile.lines:
                line.able -= 1
            if not profile.desks:
                del self._profiles[profile.key]
                for tenant in profile.serves:
                    del self._profiles_of[tenant][profile.key]
                for line in profile.lines:
                    if profile in line.some:
                        line.some.remove(profile)
                for line in profile.kept_off:
                    line.kept_off.remove(profile)
            desk.profile = None

    def set_free(self, desk: Desk) -> None:
        """From now on the agent can be chosen for the lines of the profile."""
        self._epoch += 1
        desk.free = self._epoch
        entries: dict[tuple[AgentStrategy, int], Entry] = {}  # lines that rank alike share them: there are many
        profile = desk.profile
        for line, fit in zip(profile.lines, profile.fits, strict=True) if profile else ():
            entry = entries.get((line.strategy, fit))
            if entry is None:
                entry = entries[line.strategy, fit] = line.entry(desk, fit)
            line.add_free(entry)

    def able(self, asked: Requirement) -> Iterator[Profile]:
        """The profiles of those signed in who meet a requirement; looks at the profiles of its tenants alone."""
        near = {key: one for tenant in asked.tenants for key, one in self._profiles_of.get(tenant, {}).items()}
        return (profile for profile in near.values() if asked.met_by(profile.serves, profile.skills, profile.queues))

    def agent_for(self, place: Place) -> Desk | None:
        """The free agent to whom a contact is to be offered."""
        return place.line.first_free()

    def lines_of(self, desk: Desk) -> Iterator[Line]:
        """The lines in which somebody waits to whom the agent can be offered."""
        for line in desk.profile.lines if desk.profile else ():
            if line.waiting.first is not None:
                yield line
        for line in self._personal.get(desk.state.agent, ()):
            if line.waiting.first is not None and line.tenant in desk.state.serves:
                yield line

    def personal(self, agent: str) -> Iterable[Line]:
        """The lines of those who wait for this agent above all."""
        return tuple(self._personal.get(agent, ()))

    def everybody(self, now: float) -> list[tuple[tuple[int, float, int, str], Line]]:
        """All that wait, in serving order over all lines."""
        return sorted(
            (
                ((key[0], line.pace * (key[1] - now), key[2], key[3]), line)
                for line in self._lines.values()
                for key in line.waiting
            ),
            key=lambda found: found[0],
        )
