"""A new configuration while calls go on: what they keep, and what is another at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from core.facts import ContactEnded, FlowStarted, OfferMade, QueueLeft
from tests.unit.vcc.calls.centre import Centre, done, read
from tests.unit.vcc.calls.configuration import TEXTS

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def centre() -> Centre:
    return Centre()


def test_a_reload_keeps_the_version_a_call_began_with(centre: Centre) -> None:
    leg, old = centre.call(), centre.bundle
    texts = {**TEXTS, "tenants/press/flows/main.yaml": TEXTS["tenants/press/flows/main.yaml"].replace("Bye", "Ciao")}
    centre.bundle = read(texts)
    done(centre.reload())
    centre.restart()  # the old version is in the store, too
    centre.wait(3)
    centre.press(leg, "5")
    assert centre.heard(leg) == "Bye."
    assert centre.heard(centre.call(keys="5")) == "Ciao."
    centre.wait(3)
    done(centre.reload())
    assert old.flows["press/main"].version not in centre.stored("flow")


def with_a_recording() -> Centre:
    flow = TEXTS["tenants/press/flows/main.yaml"].replace("{say: {en: Bye.}}", "{play: bye.wav}")
    sounds = ("tenants/press/prompts/bye.wav",)
    centre = Centre({**TEXTS, "tenants/press/flows/main.yaml": flow}, sounds)
    centre.recordings["press"] = {"bye.wav": "/speech/1.wav"}
    done(centre.reload())
    return centre


@pytest.mark.parametrize("crash", [False, True])
def test_a_call_keeps_the_recordings_it_began_with(*, crash: bool) -> None:
    centre = with_a_recording()
    leg = centre.call()
    centre.recordings["press"] = {"bye.wav": "/speech/2.wav"}
    done(centre.reload())
    if crash:
        centre.restart()
    centre.wait(3)
    centre.press(leg, "5")
    assert centre.heard(leg) == "/speech/1.wav"
    assert centre.heard(centre.call(keys="5")) == "/speech/2.wav"
    assert len({started.version for started in centre.of(FlowStarted)}) == 2


def without(texts: dict[str, str], *starts: str) -> dict[str, str]:
    return {name: text for name, text in texts.items() if not name.startswith(starts)}


def without_the_queue() -> dict[str, str]:
    queues = TEXTS["tenants/press/queues.yaml"].replace("orders:", "books:")
    flow = TEXTS["tenants/press/flows/main.yaml"].replace("name: orders", "name: books").replace(": orders", ": books")
    return {**TEXTS, "tenants/press/queues.yaml": queues, "tenants/press/flows/main.yaml": flow}


def without_the_tenant() -> dict[str, str]:
    flow = TEXTS["tenants/chess/flows/main.yaml"]
    texts = without(TEXTS, "tenants/press/") | {"tenants/chess/flows/main.yaml": flow}
    texts["agents.yaml"] = texts["agents.yaml"].replace("[press, chess]", "[chess]")
    return texts


def test_a_caller_who_waits_in_a_queue_that_is_removed_is_led_on_by_the_flow(centre: Centre) -> None:
    leg = centre.waiting()
    centre.bundle = read(without_the_queue())
    done(centre.reload())
    assert centre.heard(leg) == "Nobody came."
    assert [fact.why for fact in centre.of(QueueLeft)] == ["removed"]
    assert not list(centre.floor.router.tickets())


def test_a_caller_who_waits_at_a_tenant_that_is_removed_is_led_on_by_the_flow(centre: Centre) -> None:
    leg = centre.waiting()
    centre.bundle = read(without_the_tenant())
    done(centre.reload())
    assert centre.heard(leg) == "Nobody came."
    centre.wait(5)
    assert leg not in centre.exchange.legs
    assert not centre.floor.sessions


@pytest.mark.parametrize("texts", [without_the_queue, without_the_tenant])
@pytest.mark.parametrize("rings", [False, True])
@pytest.mark.parametrize("crash", [False, True])
def test_a_caller_who_waits_in_a_queue_that_the_next_vcc_does_not_have_is_led_on_by_the_flow(
    centre: Centre, texts: Callable[[], dict[str, str]], *, rings: bool, crash: bool
) -> None:
    if rings:
        centre.ready()
    leg = centre.waiting()
    centre.wait(5)
    assert bool(centre.rings()) == rings
    centre.bundle = read(texts())
    if crash:  # also in the midst of that
        centre.crash_when(lambda: centre.stage(leg) == "flow")
        centre.restart(3)
        if centre.up:
            centre.crash()
        centre.start()
        centre.wait(0.1)
    else:
        centre.restart(3)
    assert centre.heard(leg) == "Nobody came."
    assert not centre.rings()
    assert centre.stored("ticket") == {}
    assert len(centre.of(OfferMade)) == rings
    centre.wait(30)
    assert leg not in centre.exchange.legs
    assert [fact.why for fact in centre.of(QueueLeft)] == ["removed"]
    (ended,) = centre.of(ContactEnded)
    assert (ended.outcome, ended.by) == ("ended_by_flow", "flow")
    assert centre.stored("session") == {}


def test_who_left_a_queue_that_the_next_vcc_does_not_have_has_abandoned(centre: Centre) -> None:
    leg = centre.waiting()
    centre.crash()
    centre.exchange.hang_up(leg)
    centre.bundle = read(without_the_queue())
    centre.restart(3)
    assert [fact.why for fact in centre.of(QueueLeft)] == ["abandoned"]
    assert centre.ends() == ["abandoned"]
    assert centre.stored("ticket") == {}


def test_a_phone_that_is_removed_is_not_rung_and_is_again_when_it_is_back(centre: Centre) -> None:
    centre.ready(phone="p1")
    before = centre.bundle
    centre.bundle = read({**TEXTS, "phones.yaml": "p2: {node: n1}\np3: {node: n1}\n"})
    with capture_logs() as logs:
        done(centre.reload())
    assert [(log["agent"], log["phone"]) for log in logs if log["log_level"] == "warning"] == [("press/wang", "p1")]
    centre.waiting()
    centre.wait(1)
    assert not centre.of(OfferMade)
    centre.bundle = before
    done(centre.reload())
    centre.wait(1)
    assert centre.rings("p1")
