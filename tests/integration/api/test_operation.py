"""Health, readiness and the measures, from facts and from the platform."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prometheus_client.parser import text_string_to_metric_families

from core.facts import AgentConnected, AgentLeft, ContactArrived, ContactEnded, Direction, LegHealed, Outcome, Party
from vcc.api import metrics as measures
from vcc.api.metrics import Metrics

if TYPE_CHECKING:
    import pytest

    from tests.integration.api.conftest import Site
    from tests.lab.standin import StandIn

Sample = tuple[str, frozenset[tuple[str, str]]]


async def _text(site: Site) -> str:
    async with site.http.get("/metrics", headers=site.bearer("platform")) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        return await answer.text()


def _samples(text: str) -> dict[Sample, float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def _value(samples: dict[Sample, float], name: str, **labels: str) -> float | None:
    return samples.get((name, frozenset(labels.items())))


async def test_health_and_readiness_need_no_token(site: Site) -> None:
    for path, status in (("/healthz", 200), ("/readyz", 200)):
        async with site.http.get(path) as answer:
            assert answer.status == status
    site.platform.ready = False
    async with site.http.get("/readyz") as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    async with site.http.get("/healthz") as answer:
        assert answer.status == 200


async def test_the_measures_are_the_platforms_alone(site: Site) -> None:
    for who, status in ((None, 401), ("press", 403), ("wang", 403), ("platform", 200)):
        async with site.http.get("/metrics", headers=site.bearer(who)) as answer:
            assert answer.status == status


async def test_the_measures_follow_the_platform(site: Site) -> None:
    platform = site.platform
    platform.sign_in("press/wang", "p104")
    platform.sign_in("chess/wu", "p103")
    first, second = platform.arrive("98668"), platform.arrive("98668")
    for call in (first, second):
        platform.queue(call, "press/orders")
    platform.now += 12
    platform.talk(first, "press/wang")
    platform.arrive("98667")
    async with site.events():  # everything before has been taken when this stream begins
        samples = _samples(await _text(site))
    assert _value(samples, "vcc_ready") == 1
    assert _value(samples, "vcc_calls", tenant="press", state="talking") == 1
    assert _value(samples, "vcc_calls", tenant="press", state="waiting") == 1
    assert _value(samples, "vcc_calls", tenant="chess", state="in_flow") == 1
    assert _value(samples, "vcc_agents", wish="ready", phase="talking") == 1
    assert _value(samples, "vcc_agents", wish="ready", phase="idle") == 1
    assert _value(samples, "vcc_queue_waiting", queue="press/orders") == 1
    assert _value(samples, "vcc_queue_longest_wait_seconds", queue="press/orders") == 12
    assert _value(samples, "vcc_queue_expected_wait_seconds", queue="press/orders") == 120
    assert _value(samples, "vcc_wait_misjudged_seconds_sum", tenant="press", way="longer") == 5
    assert _value(samples, "vcc_node_up", node="a1") == 1
    assert _value(samples, "vcc_trunk_up", trunk="carrier") == 1
    assert _value(samples, "vcc_trunk_up", trunk="own") == 0
    assert _value(samples, "vcc_trunk_calls", trunk="carrier") == 2
    assert _value(samples, "vcc_outside_spent_today", tenant="press") == 1.5
    assert _value(samples, "vcc_contacts_arrived_total", tenant="press") == 2
    assert _value(samples, "vcc_offers_total", tenant="press", outcome="answered") == 1
    assert _value(samples, "vcc_wait_seconds_sum", tenant="press") == 12
    platform.now += 30
    platform.end(first)
    platform.end(second)
    async with site.events():
        samples = _samples(await _text(site))
    assert _value(samples, "vcc_contacts_ended_total", tenant="press", outcome="answered") == 1
    assert _value(samples, "vcc_contacts_ended_total", tenant="press", outcome="abandoned") == 1
    assert _value(samples, "vcc_talk_seconds_sum", tenant="press") == 30
    assert _value(samples, "vcc_api_requests_total", route="other", status="200") == 1


async def test_nothing_personal_becomes_a_label(site: Site) -> None:
    site.platform.sign_in("lin", "p101")
    call = site.platform.arrive("98668", caller="13812345678", caller_name="李晓明")
    site.platform.queue(call, "press/orders")
    site.platform.talk(call, "lin")
    await site.get(f"/calls/{call}")
    text = await _text(site)
    assert not [word for word in ("13812345678", "李晓明", call, "lin", "p101") if f'"{word}"' in text]


def test_labels_are_bounded(platform: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "LABELS", 3)
    measured = Metrics(platform)
    for number in range(10):
        contact = f"c{number}"
        measured.note(
            ContactArrived(at=0.0, tenant=f"t{number}", contact=contact, leg="l", dialled="1", number="1", caller="")
        )
        measured.note(
            ContactEnded(at=0.0, tenant=f"t{number}", contact=contact, outcome=Outcome.FAILED, by=Party.SYSTEM)
        )
    measured.note(LegHealed(at=0.0, leg="l", why="left over"))
    samples = _samples(measured.text().decode())
    assert _value(samples, "vcc_contacts_arrived_total", tenant="t0") == 1
    assert _value(samples, "vcc_contacts_arrived_total", tenant="other") == 7
    assert _value(samples, "vcc_contacts_arrived_total", tenant="t9") is None
    assert _value(samples, "vcc_legs_healed_total") == 1


def test_calls_between_agents_are_counted_apart(platform: StandIn) -> None:
    measured = Metrics(platform)
    inside: dict[str, Any] = {"tenant": "press", "contact": "c1"}
    measured.note(
        ContactArrived(at=0.0, **inside, direction=Direction.INTERNAL, leg="l", dialled="1", number="1", caller="")
    )
    measured.note(AgentConnected(at=5.0, **inside, queue="press/orders", agent="a", leg="m", waited_s=5.0))
    measured.note(AgentLeft(at=9.0, **inside, queue="press/orders", agent="a", by=Party.AGENT, talked_s=4.0))
    measured.note(ContactEnded(at=9.0, **inside, outcome=Outcome.ANSWERED, by=Party.AGENT))
    samples = _samples(measured.text().decode())
    assert _value(samples, "vcc_internal_calls_total", tenant="press") == 1
    for name in ("contacts_arrived_total", "contacts_ended_total", "wait_seconds_count", "talk_seconds_count"):
        assert not [sample for sample in samples if sample[0] == f"vcc_{name}"], name
    measured.note(ContactEnded(at=9.0, **inside, outcome=Outcome.ANSWERED, by=Party.AGENT))
    assert (
        _value(_samples(measured.text().decode()), "vcc_contacts_ended_total", tenant="press", outcome="answered") == 1
    )


def test_what_is_measured_elsewhere(platform: StandIn) -> None:
    measured = Metrics(platform, queues={"event log": lambda: 17})
    measured.observe_round_trip("a1", "ami", 0.002)
    samples = _samples(measured.text().decode())
    assert _value(samples, "vcc_store_queue_length", store="event log") == 17
    assert _value(samples, "vcc_switch_round_trip_seconds_count", node="a1", wire="ami") == 1
