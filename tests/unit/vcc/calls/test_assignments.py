"""Agents whom a supervisor moves at once: what is stored, told, kept over a restart and a reload, and what ends it."""

from __future__ import annotations

import pytest

from core.errors import ConflictError, NotFoundError
from core.facts import AgentAssigned, OfferMade, dump
from tests.unit.vcc.calls.centre import NOW, Centre, done
from tests.unit.vcc.calls.configuration import TEXTS
from tests.unit.vcc.calls.test_shifts import load
from vcc.calls.control import NewAssignment
from vcc.cli.explaining import told

ORDERS = "press/orders"


@pytest.fixture
def centre() -> Centre:
    """Wang knows what the press's queues ask for, Li does not; both are ready."""
    agents = TEXTS["tenants/press/agents.yaml"].replace(
        "number: 2002, skills: {zh: 7}", "number: 2002, skills: {zh: 1}"
    )
    made = Centre({**TEXTS, "tenants/press/agents.yaml": agents})
    made.ready("press/wang", "p1")
    made.ready("press/li", "p2")
    return made


def assign(centre: Centre, agent: str, level: int | None, **more: object) -> None:
    if "skill" not in more:
        more.setdefault("queue", ORDERS)
    centre.control.assign(agent, NewAssignment(level=level, who="anna", **more))  # type: ignore[arg-type]


def takes(centre: Centre) -> list[str]:
    return [agent for agent in ("press/wang", "press/li") if centre.control.takes(agent, ORDERS)]


def explained(centre: Centre, leg: str) -> str:
    facts = [{"fact": type(f).__name__, **dump(f)} for f in centre.facts_of(leg)]
    waits = centre.control.waits_for(centre.session(leg).contact) if leg in centre.floor.legs.callers else None
    plain = {"position": 1, "prefers": (), "step_at": None, "able": waits.able} if waits else None
    return "\n".join(told({"facts": facts, "waits": plain}, "en", NOW))


def test_who_is_put_on_a_queue_takes_the_caller_who_waits_and_explain_tells_by_whom(centre: Centre) -> None:
    assign(centre, "press/wang", 0)
    leg = centre.waiting()
    centre.wait(1)
    assert not centre.rings("p1")
    assert "a supervisor has taken them off this queue" in explained(centre, leg)
    assign(centre, "press/li", 1, reason="flood")
    centre.wait(1)
    assert centre.rings("p2")
    [offer] = centre.of(OfferMade)
    assert (offer.agent, offer.assigned) == ("press/li", "anna")
    text = explained(centre, leg)
    assert "press/li was put on press/orders by anna" in text
    assert "press/wang: a supervisor has taken them off this queue" in explained(centre, leg) or offer.side == "agent"
    assert [(f.tenant, f.agent, f.queue, f.level, f.who, f.reason) for f in centre.of(AgentAssigned)] == [
        ("press", "press/wang", ORDERS, 0, "anna", ""),
        ("press", "press/li", ORDERS, 1, "anna", "flood"),
    ]


def test_it_survives_a_restart_and_a_reload_until_it_is_taken_back(centre: Centre) -> None:
    assign(centre, "press/li", 1)
    assign(centre, "press/wang", 0)
    centre.restart()
    assert takes(centre) == ["press/li"]
    done(centre.control.reload(who="root"))
    assert takes(centre) == ["press/li"]
    leg = centre.waiting()
    centre.wait(1)
    assert centre.rings("p2")
    centre.leave(leg)
    for agent in ("press/li", "press/wang"):
        assign(centre, agent, None)
    assert takes(centre) == ["press/wang"]
    assert centre.stored("assigned") == {}
    assert [f.level for f in centre.of(AgentAssigned)] == [1, 0, None, None]
    with pytest.raises(ConflictError, match="as configured"):
        assign(centre, "press/li", None)


def test_it_ends_at_its_time_also_while_vcc_is_away(centre: Centre) -> None:
    assign(centre, "press/li", 1, until=centre.clock.now() + 60)
    assign(centre, "press/wang", 0, until=centre.clock.now() + 600)
    centre.wait(59)
    assert takes(centre) == ["press/li"]
    centre.wait(2)
    assert takes(centre) == []
    centre.restart(away_s=900)
    assert takes(centre) == ["press/wang"]
    assert [(f.level, f.who) for f in centre.of(AgentAssigned)][2:] == [(None, "its time is over")] * 2
    with pytest.raises(ConflictError, match="is over"):
        assign(centre, "press/li", 1, until=centre.clock.now())


def test_until_the_end_of_the_shift(centre: Centre) -> None:
    with pytest.raises(ConflictError, match="no shift now"):
        assign(centre, "press/li", 1, shift=True)
    day = centre.floor.directory.local("press", NOW).date().isoformat()
    load(centre, f"{day},li,00:00,24:00")
    assign(centre, "press/li", 1, shift=True)
    agent = centre.control.agent("press/li")
    assert agent is not None
    [said] = agent.assigned
    ends = centre.floor.directory.local("press", said.until or 0.0)
    assert (ends.hour, ends.minute, said.by) == (0, 0, "anna")
    assert (said.until or 0.0) > NOW


def test_a_skill_comes_before_the_configuration_too(centre: Centre) -> None:
    assign(centre, "press/li", 8, skill="zh")
    assign(centre, "press/wang", 0, skill="zh")
    assert takes(centre) == ["press/li"]
    agent = centre.control.agent("press/li")
    assert agent is not None
    assert agent.skills == {"zh": 8}
    [first, _] = centre.of(AgentAssigned)
    assert (first.tenant, first.skill, first.level) == ("press", "zh", 8)


@pytest.mark.parametrize(
    ("agent", "more", "why"),
    [
        ("press/nobody", {}, "no agent"),
        ("press/li", {"queue": "press/none"}, "no queue"),
        ("press/li", {"queue": "chess/desk"}, "does not work for chess"),
        ("press/li", {"skill": "fr"}, "no skill"),
    ],
)
def test_what_there_is_not_is_refused_and_changes_nothing(
    centre: Centre, agent: str, more: dict[str, str], why: str
) -> None:
    with pytest.raises((NotFoundError, ConflictError), match=why):
        assign(centre, agent, 1, **more)
    assert (centre.stored("assigned"), centre.of(AgentAssigned)) == ({}, [])


def test_what_a_reload_takes_away_takes_what_was_said_of_it_along(centre: Centre) -> None:
    assign(centre, "press/li", 1)
    assign(centre, "press/li", 1, queue="press/editors")
    texts = {**TEXTS, "tenants/press/queues.yaml": TEXTS["tenants/press/queues.yaml"].split("editors")[0]}
    texts["tenants/press/flows/main.yaml"] = TEXTS["tenants/press/flows/main.yaml"].replace("editors", "orders")
    centre.bundle = Centre(texts).bundle
    done(centre.control.reload(who="root"))
    assert list(centre.stored("assigned")) == [f"press/li queue {ORDERS}"]
    last = centre.of(AgentAssigned)[-1]
    assert (last.queue, last.level, last.who) == ("press/editors", None, "the configuration")
