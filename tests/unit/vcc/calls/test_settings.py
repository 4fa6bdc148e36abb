"""How long things in a conversation last: the platform's word, and a tenant's own in its place."""

from __future__ import annotations

import pytest

from tests.unit.vcc.calls import outside
from tests.unit.vcc.calls.centre import Centre
from tests.unit.vcc.calls.configuration import TEXTS
from tests.unit.vcc.calls.outside import FIRST, MOBILE
from tests.unit.vcc.calls.test_parking import parked
from vcc.calls.directory import Directory


def made(platform: str, tenant: str = "", texts: dict[str, str] = TEXTS) -> Centre:
    changed = {"platform.yaml": texts["platform.yaml"] + f"conversation: {{{platform}}}\n"}
    changed["tenants/press/tenant.yaml"] = texts["tenants/press/tenant.yaml"] + f"\nconversation: {{{tenant}}}\n"
    return Centre({**texts, **changed})


@pytest.mark.parametrize(("platform", "tenant", "park_s"), [("park_s: 60", "", 60), ("park_s: 60", "park_s: 20", 20)])
def test_the_platforms_or_the_tenants_own(platform: str, tenant: str, park_s: float) -> None:
    centre = made(platform, tenant)
    leg = parked(centre)
    centre.wait(park_s - 1)
    assert centre.stage(leg) == "parked"
    centre.wait(1)
    assert centre.stage(leg) == "waiting"


def test_a_tenant_has_the_others_from_the_platform() -> None:
    directory = Directory(made("park_s: 60, key_s: 2", "key_s: 1").bundle.platform)
    press, chess = directory.conversation("press"), directory.conversation("chess")
    assert (press.park_s, press.key_s, press.whisper_s) == (60, 1, 20)
    assert (chess.park_s, chess.key_s) == (60, 2)
    assert directory.conversation("").park_s == 60


def test_without_a_word_it_is_as_the_reference_says() -> None:
    settings = Directory(Centre().bundle.platform).conversation("press")
    found = (settings.park_s, settings.outside_ring_s, settings.supervisor_ring_s, settings.whisper_s, settings.key_s)
    assert found == (300, 40, 30, 20, 3)


def test_a_number_outside_and_a_supervisor_ring_so_long() -> None:
    centre = made("outside_ring_s: 7", "supervisor_ring_s: 9", outside.texts())
    for trunk in ("carrier", "second"):
        centre.exchange.set_trunk(trunk)
    centre.exchange.add_outside(FIRST)
    leg = centre.talking()
    contact = centre.session(leg).contact
    centre.control.supervise(contact, "p3", "listen", who="anna")
    centre.wait(8.5)
    assert centre.rings("p3")
    centre.wait(1)
    assert not centre.rings("p3")
    centre.control.consult(contact, "outside", MOBILE, who="anna")
    centre.wait(6.5)
    assert centre.exchange.outside[FIRST].legs
    centre.wait(1)
    assert not centre.exchange.outside[FIRST].legs
