"""From a platform's configuration to what its router has to know."""

from __future__ import annotations

import math
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from acd.protocol import AgentRules, DatedSkill, Picking, QueueRules, Rules, Rung
from acd.requirement import Way
from acd.skill_expression import SkillExpression
from tenancy import leases, names

if TYPE_CHECKING:
    from tenancy.model import Agent, Platform, Queue, Tenant, WrapUp

#: With `order: target` a caller of a queue with this threshold gets urgent as fast as one who is measured by waiting.
USUAL_THRESHOLD_S = 20.0


def routing_rules(platform: Platform, version: str = "") -> Rules:
    """All that the router needs, but for seats that are leased by date; `version` is kept with every decision."""
    quotas = {t.id: t.quotas for t in platform.tenants.values()}
    return Rules(
        queues={key: _queue(platform, key, tenant, queue) for key, tenant, queue in names.queues(platform)},
        agents={key: _agent(platform, key, tenant, agent) for key, tenant, agent in names.agents(platform)},
        waiting={t: q.waiting for t, q in quotas.items() if q.waiting is not None},
        seats={t: q.seats for t, q in quotas.items() if q.seats is not None},
        weights={t: float(q.share or q.seats or 1) for t, q in quotas.items()},
        offer_grace_s=platform.limits.offer_grace_s,
        version=version,
    )


def leased(platform: Platform, at: float) -> tuple[dict[str, int], dict[str, float]]:
    """The seats of each tenant that has a number of them at a moment, and the weights of all."""
    tenants = platform.tenants.values()
    found = {tenant.id: seats for tenant in tenants if (seats := leases.seats(tenant, at)) is not None}
    return found, {tenant.id: float(tenant.quotas.share or found.get(tenant.id) or 1) for tenant in tenants}


def _queue(platform: Platform, key: str, tenant: Tenant, queue: Queue) -> QueueRules:
    return QueueRules(
        queue=key,
        tenant=tenant.id,
        skills=names.queue_skills(platform, tenant, queue),
        condition=_condition(platform, tenant, queue.requires),
        priority=queue.priority,
        ring_s=queue.ring_s,
        wrap_up_s=_wrap_up_s(queue.wrap_up_s),
        wrap_up_more_s=queue.wrap_up_more_s,
        most_agents=queue.most_agents,
        max_waiting=queue.max_waiting,
        unresponsive_s=queue.unresponsive_s,
        strategy=queue.strategy,
        ring_at_once=queue.ring_at_once,
        picking=Picking(queue.take),
        pace=1.0 if queue.order == "waited" else USUAL_THRESHOLD_S / queue.threshold_s,
        head_start_s=queue.head_start_s,
        head_starts=dict(queue.head_starts),
        prefer_s=queue.prefer_s,
        ladder=tuple(_ladder(platform, tenant, queue)),
    )


def _wrap_up_s(written: WrapUp) -> float:
    return written if isinstance(written, float) else math.inf


def _condition(platform: Platform, tenant: Tenant, text: str | None) -> SkillExpression | None:
    if text is None:
        return None
    return SkillExpression(text, lambda skill: names.skill_key(platform, tenant.id, skill))


def _ladder(platform: Platform, tenant: Tenant, queue: Queue) -> list[Rung]:
    """Each rung with every way that is open on it."""
    skills = names.queue_skills(platform, tenant, queue)
    condition = _condition(platform, tenant, queue.requires)
    others: list[Way] = []
    lenders: list[str] = []
    rungs = []
    for rung in queue.ladder:
        if rung.skills is not None:
            skills = names.skill_keys(platform, tenant.id, rung.skills)
        if rung.requires is not None:
            condition = _condition(platform, tenant, rung.requires)
        for name in rung.queues:
            other = tenant.queues[name]
            asked = names.queue_skills(platform, tenant, other)
            others.append(Way.of(tenant.id, asked, _condition(platform, tenant, other.requires)))
        lenders += [lender for lender in rung.overflow if lender not in lenders]
        ways = [Way.of(owner, skills, condition) for owner in (tenant.id, *lenders)]
        rungs.append(Rung(after_s=rung.after_s, ways=(*ways, *others), raises=rung.raises))
    return rungs


def _agent(platform: Platform, key: str, tenant: str, agent: Agent) -> AgentRules:
    owner = platform.tenants.get(tenant)
    zone = ZoneInfo(owner.time_zone if owner else platform.time_zone)

    def day(date: datetime) -> float:
        return date.replace(tzinfo=zone).timestamp()

    return AgentRules(
        agent=key,
        skills=names.agent_skills(platform, tenant, agent),
        dated=tuple(
            DatedSkill(
                skill=names.skill_key(platform, tenant, training.skill),
                level=training.level,
                starts=day(datetime.combine(training.starts, time())) if training.starts else -math.inf,
                ends=day(datetime.combine(training.ends + timedelta(days=1), time())) if training.ends else math.inf,
            )
            for training in agent.trained
        ),
        serves=frozenset(names.serves(tenant, agent)),
        wrap_up_s=None if agent.wrap_up_s is None else _wrap_up_s(agent.wrap_up_s),
    )
