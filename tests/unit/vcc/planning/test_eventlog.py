"""The platform's own log as a past."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from core.facts import (
    AgentConnected,
    AgentLeft,
    AgentStateChanged,
    ContactArrived,
    ContactEnded,
    ContactQueued,
    Direction,
    Fact,
    OfferMade,
    Outcome,
    Party,
    QueueLeft,
)
from vcc.planning import eventlog
from vcc.planning.floor import ABANDONED, ANSWERED, LEFT

DAY = datetime(2026, 3, 2, tzinfo=UTC).timestamp()


def call(name: str, at: float, waited: float, why: str, talked: float = 0.0, **more: Any) -> list[Fact]:
    common: dict[str, Any] = {"tenant": "press", "contact": name, "node": "n"}
    at += DAY
    facts: list[Fact] = [
        ContactArrived(at=at, leg="l", dialled="1", number="1", caller="2", **more, **common),
        ContactQueued(at=at + 3, queue="press/orders", priority=50, position=1, **common),
        OfferMade(at=at + 2 + waited, queue="press/orders", offer=1, agent="li", phone="p", leg="m", **common),
        QueueLeft(at=at + 3 + waited, queue="press/orders", why=why, waited_s=waited, **common),
    ]
    heard = at + 3 + waited + 0.00002
    end = heard + talked
    if why == "answered":
        facts += [
            AgentConnected(
                at=at + 3 + waited + 0.00002, queue="press/orders", agent="li", leg="m", waited_s=waited, **common
            ),
            AgentLeft(at=end, queue="press/orders", agent="li", by=Party.CALLER, talked_s=talked, **common),
        ]
    outcome = {"answered": Outcome.ANSWERED, "abandoned": Outcome.ABANDONED}.get(why, Outcome.ENDED_BY_FLOW)
    return [*facts, ContactEnded(at=end, outcome=outcome, by=Party.CALLER, **common)]


def state(at: float, wish: str, phase: str = "idle") -> AgentStateChanged:
    return AgentStateChanged(at=DAY + at, agent="li", wish=wish, phase=phase, serves=("press",))


def test_waits_and_shifts() -> None:
    facts: list[Fact] = [
        state(100, "ready"), *call("c1", 200, 0, "answered", 60), state(263, "ready", "wrap_up"), state(273, "ready"),
        *call("c2", 300, 17, "abandoned"), *call("c3", 400, 9, "key"), state(500, "not_ready"), state(600, "ready"),
        state(650, "ready", "unresponsive"), state(660, "ready"),
        *call("c4", 700, 5, "answered", 5, direction=Direction.INTERNAL), state(900, "signed_out"),
    ]  # fmt: skip
    (day,) = eventlog.read(facts, UTC, DAY + 1_000).days
    assert (day.name, day.midnight) == ("2026-03-02", DAY)
    assert [(c.at - DAY, c.waited_s, c.state, c.service_s and round(c.service_s, 4), c.agent) for c in day.calls] == [
        (203, 0, ANSWERED, 60, "li"), (303, 17, ABANDONED, None, ""), (403, 9, LEFT, None, ""),
    ]  # fmt: skip
    assert [round(c.rings_s, 4) for c in day.calls] == [1, 0, 0]
    assert [(t.at - DAY, t.serves) for t in day.turns if t.on] == [(at, ("press",)) for at in (100, 600, 660)]
    assert [t.at - DAY for t in day.turns if not t.on] == [500, 650, 900]
    assert eventlog.read(facts, UTC, DAY + 1_000).wrap_up_s == 10


def test_who_is_ready_over_midnight_is_there_on_both_days() -> None:
    facts: list[Fact] = [
        state(86_000, "ready"),
        *call("c1", 86_100, 0, "answered", 5),
        *call("c2", 86_500, 1, "answered", 5),
    ]
    first, second = eventlog.read(facts, UTC, DAY + 87_000).days
    assert (first.name, second.name) == ("2026-03-02", "2026-03-03")
    assert [turn.on for turn in first.turns] == [turn.on for turn in second.turns] == [True, False]
    assert second.turns[0].at == second.midnight


def test_what_goes_on_is_left_out() -> None:
    facts = call("c1", 200, 30, "answered", 60)
    assert eventlog.read(facts[:3], UTC, DAY + 300).days == ()
    assert eventlog.read(facts[:5], UTC, DAY + 300).days == ()
