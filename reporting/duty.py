"""What agents did with their time, computed from their states and their conversations.

    AgentStateChanged ... -> AgentSpan (one state, from, to)  ┐
    records -> Talk (one conversation)                        ┴-> WorkTime of one tenant in one interval

A leased agent works for several tenants. The time in a tenant's seat is time at work for that tenant; a conversation is
the handling time of the tenant whose call it was, and so is the wrap-up that follows it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.facts import AgentStateChanged

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reporting.segments import Talk

SIGNED_OUT, READY = "signed_out", "ready"
IDLE, WRAP_UP = "idle", "wrap_up"


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentSpan:
    """An agent in one state, in [began_at, ended_at)."""

    agent: str
    tenant: str
    serves: tuple[str, ...]
    wish: str
    phase: str
    contact: str
    began_at: float
    ended_at: float

    def at_work_for(self, tenant: str) -> bool:
        """Whether the agent was signed in for this tenant."""
        return self.wish != SIGNED_OUT and (tenant in self.serves or self.tenant == tenant)


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkTime:
    """Agents' time for one tenant, summed over the agents, in seconds; the part inside the interval.

    `talk_s` includes holds. `handled` counts the conversations that ended in the interval, `handled_s` is their whole
    length with the wrap-ups that ended in it, also what of them lay before.
    """

    at_work_s: float = 0.0
    talk_s: float = 0.0
    wrap_up_s: float = 0.0
    idle_s: float = 0.0
    handled: int = 0
    handled_s: float = 0.0

    @property
    def handling_s(self) -> float:
        """Talk, hold and wrap-up."""
        return self.talk_s + self.wrap_up_s


def agent_spans(changes: Iterable[AgentStateChanged], until: float) -> list[AgentSpan]:
    """The states of agents as spans; what an agent does at last lasts `until` then. `changes` in order of time."""
    spans, last = [], dict[str, AgentStateChanged]()
    for change in changes:
        if (before := last.get(change.agent)) is not None:
            spans.append(_span(before, max(change.at, before.at)))
        last[change.agent] = change
    spans.extend(_span(change, until) for change in last.values() if change.at < until)
    return spans


def _span(change: AgentStateChanged, ended_at: float) -> AgentSpan:
    return AgentSpan(
        agent=change.agent,
        tenant=change.tenant,
        serves=change.serves,
        wish=change.wish,
        phase=change.phase,
        contact=change.contact,
        began_at=change.at,
        ended_at=ended_at,
    )


def work_time(
    spans: Iterable[AgentSpan], talks: Iterable[Talk], *, tenant: str, since: float, until: float
) -> WorkTime:
    """Sum up what agents did for `tenant` in [since, until). `talks` may hold those of other tenants too, and those
    that no queue brought: what colleagues say to each other handles no call.
    """
    own = [talk for talk in talks if talk.tenant == tenant and talk.queue]
    at_work = idle = wrap_up = wrapped = 0.0
    for span, after_own in _with_wrap_ups(spans, own):
        if not span.at_work_for(tenant):
            continue
        inside = _overlap(span.began_at, span.ended_at, since, until)
        at_work += inside
        idle += inside if span.phase == IDLE and span.wish == READY else 0.0
        if after_own:
            wrap_up += inside
            wrapped += span.ended_at - span.began_at if since <= span.ended_at < until else 0.0
    ended = [t for t in own if t.ended_at is not None and since <= t.ended_at < until]
    return WorkTime(
        at_work_s=at_work,
        talk_s=sum(_overlap(t.began_at, until if t.ended_at is None else t.ended_at, since, until) for t in own),
        wrap_up_s=wrap_up,
        idle_s=idle,
        handled=len(ended),
        handled_s=sum(t.talked_s for t in ended) + wrapped,
    )


def _with_wrap_ups(spans: Iterable[AgentSpan], own: list[Talk]) -> list[tuple[AgentSpan, bool]]:
    """Each span, and whether it is the wrap-up of one of `own`: it follows, in the agent's time, the span in which
    one of these conversations ended.
    """
    ends: dict[str, list[float]] = defaultdict(list)
    for talk in own:
        if talk.ended_at is not None:
            ends[talk.agent].append(talk.ended_at)
    for times in ends.values():
        times.sort()
    result, former = [], dict[str, tuple[AgentSpan, bool]]()
    for span in spans:
        before, was_own = former.get(span.agent, (None, False))
        if span.phase != WRAP_UP or before is None:
            after_own = False
        elif before.phase == WRAP_UP:  # ready or not ready was chosen meanwhile: the same wrap-up
            after_own = was_own
        else:
            times = ends[span.agent]
            next_end = bisect_left(times, before.began_at)
            after_own = next_end < len(times) and times[next_end] <= span.ended_at
        former[span.agent] = span, after_own
        result.append((span, after_own))
    return result


def _overlap(began: float, ended: float, since: float, until: float) -> float:
    return max(0.0, min(ended, until) - max(began, since))
