"""Seats by date, at the phones: who may sign in when, and who stays."""

from __future__ import annotations

import pytest

from core.errors import ConflictError
from tests.unit.vcc.calls.centre import NOW, Centre, done, read
from tests.unit.vcc.calls.configuration import TEXTS

TENANT = "tenants/press/tenant.yaml"
#: NOW is 10:00 on Monday, 2 March 2026, in Shanghai.
LEASES = "leases: [{seats: 1}, {seats: 1, weekly: [{days: [mon], opens: 12:00, closes: 13:00}]}]"


def texts(leases: str = LEASES) -> dict[str, str]:
    text = TEXTS[TENANT].replace("ends: 2035-12-31", f"ends: 2035-12-31, {leases}").replace("seats: 2", "share: 3")
    return {**TEXTS, TENANT: text}


def test_nobody_signs_in_beyond_what_is_leased_and_nobody_is_put_out() -> None:
    centre = Centre(texts())
    assert (NOW, centre.control.seats("press")) == (centre.clock.now(), 1)
    centre.ready()
    with pytest.raises(ConflictError):
        centre.ready("press/li", "p2")
    assert centre.sign_in("press/li", "p2") == "No seat."
    centre.wait(2 * 3_600)
    assert centre.control.seats("press") == 2
    centre.ready("press/li", "p2")
    centre.wait(3_600)
    assert centre.control.seats("press") == 1
    assert {state.agent for state in centre.floor.router.agents()} == {"press/wang", "press/li"}
    centre.control.set_agent("press/li", "signed_out", who="anna")
    with pytest.raises(ConflictError):
        centre.ready("press/li", "p2")


def test_a_restart_and_a_reload_know_what_is_leased() -> None:
    centre = Centre(texts())
    centre.wait(2 * 3_600)
    centre.restart()
    assert centre.control.seats("press") == 2
    centre.bundle = read(texts("leases: [{seats: 7}]"))
    done(centre.reload())
    assert centre.control.seats("press") == 7
    centre.bundle = read(TEXTS)
    done(centre.reload())
    assert centre.control.seats("press") == 2


def test_weights_follow_what_is_leased() -> None:
    text = texts()
    text[TENANT] = text[TENANT].replace(", share: 3", "")
    centre = Centre(text)
    assert centre.floor.router.rules.weights["press"] == 1.0
    centre.wait(2 * 3_600)
    assert centre.floor.router.rules.weights["press"] == 2.0
