"""What a flow asks of the floor: its tenant's queues, hours and clock."""

from __future__ import annotations

import pytest

from core.facts import AgentConnected, ChoiceMade, ContactQueued, WaitTold
from tests.unit.vcc.calls.centre import Centre
from tests.unit.vcc.calls.configuration import TEXTS

ASKS = """
steps:
  - switch: {on: queues.orders.waiting, is: {0: {say: {en: None.}}, 1: {say: {en: One.}}}}
  - switch: {on: queues.orders.ready, is: {0: {say: {en: Nobody.}}, 1: {say: {en: Somebody.}}}}
  - switch: {on: queues.orders.staffed, is: {0: {say: {en: Empty.}}, 1: {say: {en: One there.}}, 2: {say: {en: Two.}}}}
  - if: {when: queues.orders.wait >= 30.0, then: {say: {en: Long.}}, else: {say: {en: Short.}}}
  - if: {when: trunk == "carrier" && hours.office, then: {say: {en: Open.}}, else: {say: {en: Closed.}}}
  - switch: {on: now.date + " " + now.weekday + " " + now.time, is: {2026-03-02 mon 03:00: {say: {en: Three.}}}}
"""
HOURS = "hours: {office: {weekly: [{days: [mon], opens: '03:00', closes: '04:00'}]}}\ntime_zone: Europe/Paris\n"
ASKING = TEXTS | {
    "tenants/press/flows/asks.yaml": ASKS,
    "tenants/press/tenant.yaml": TEXTS["tenants/press/tenant.yaml"].replace(
        "numbers:\n", "numbers:\n  101: {project: desk, flow: asks}\n"
    )
    + HOURS,
}


def choices(centre: Centre) -> list[str]:
    before = len(centre.of(ChoiceMade))
    centre.call("101")
    centre.wait(30)
    return [fact.choice for fact in centre.of(ChoiceMade)[before:]]


def test_a_queue_as_it_is() -> None:
    centre = Centre(ASKING)
    assert choices(centre) == ["0", "0", "0", "then", "then", "2026-03-02 mon 03:00"]
    centre.waiting()
    centre.wait(40)
    assert choices(centre)[:4] == ["1", "0", "0", "then"]
    centre.ready()
    centre.pick_up()
    centre.ready("press/li", "p2")
    assert choices(centre)[:4] == ["0", "1", "2", "else"]
    centre.wait(3600)
    assert choices(centre)[4:] == ["else", "else"]


TELLS = TEXTS | {
    "tenants/press/flows/main.yaml": TEXTS["tenants/press/flows/main.yaml"].replace("say: [position,", "say: [wait,"),
}


def test_the_expected_wait_is_told_and_its_error_is_recorded() -> None:
    centre = Centre(TELLS)
    centre.waiting()
    assert centre.of(ContactQueued)[0].expected_s is None, "nobody is there"
    centre.ready()
    centre.pick_up()
    leg = centre.waiting("556")
    assert centre.of(ContactQueued)[-1].expected_s == 180.0
    centre.wait(21)
    assert [(fact.least, fact.most) for fact in centre.of(WaitTold)] == [(3, 5)]
    assert "预计还需等待" in centre.heard(leg)
    centre.put_down()
    centre.wait(5)
    centre.pick_up()
    told = centre.of(AgentConnected)[-1]
    assert told.expected_s == 180.0
    assert told.waited_s == pytest.approx(26, abs=1)
