"""Outcomes by version: every call once, on the last version that it began."""

from __future__ import annotations

from core.facts import AgentConnected, ContactEnded, FlowStarted, Outcome, Party
from reporting.by_version import OutcomesByVersion


def started(at: float, contact: str, version: str, *, flow: str = "main", tenant: str = "press") -> FlowStarted:
    return FlowStarted(at=at, tenant=tenant, contact=contact, flow=flow, version=version)


def ended(at: float, contact: str, outcome: Outcome) -> ContactEnded:
    return ContactEnded(at=at, tenant="press", contact=contact, outcome=outcome, by=Party.CALLER)


def connected(at: float, contact: str) -> AgentConnected:
    return AgentConnected(at=at, tenant="press", contact=contact, queue="orders", agent="li", leg="l", waited_s=1.0)


def test_two_versions_side_by_side() -> None:
    book = OutcomesByVersion("press", "main")
    for fact in (
        started(1, "a", "old"),
        started(2, "b", "new"),
        started(2, "x", "new", flow="other"),
        started(2, "y", "new", tenant="chess"),
        connected(3, "a"),
        connected(4, "a"),
        connected(4, "y"),
        ended(11, "a", Outcome.ANSWERED),
        ended(7, "b", Outcome.LEFT_FLOW),
        ended(7, "x", Outcome.LEFT_FLOW),
        started(8, "c", "new"),
    ):
        book.apply(fact)
    old, new = book.versions()
    assert (old.version, old.calls, old.reached_agent, old.over, old.mean_s) == ("old", 1, 1, 1, 10.0)
    assert old.outcomes == {"answered": 1}
    assert (new.version, new.calls, new.reached_agent, new.over, new.mean_s) == ("new", 2, 0, 1, 5.0)
    assert new.outcomes == {"left_flow": 1}


def test_a_call_that_comes_back_counts_for_its_last_version() -> None:
    book = OutcomesByVersion("press", "main")
    for fact in (started(1, "a", "old"), connected(2, "a"), started(3, "a", "new"), ended(5, "a", Outcome.ABANDONED)):
        book.apply(fact)
    (only,) = book.versions()
    assert (only.version, only.calls, only.reached_agent, only.mean_s) == ("new", 1, 0, 2.0)


def test_nothing_is_nothing() -> None:
    book = OutcomesByVersion("press", "main")
    book.apply(ended(5, "a", Outcome.ABANDONED))
    assert book.versions() == []
    book.apply(started(6, "b", "v"))
    assert book.versions()[0].mean_s is None
