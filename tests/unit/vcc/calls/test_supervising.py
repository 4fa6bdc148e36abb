"""Supervisors whose phones are rung by command: what they hear, how it changes, and each end and refusal."""

from __future__ import annotations

import pytest

from core.errors import VccError
from core.facts import SupervisionBegan, SupervisionEnded
from tests.unit.vcc.calls.centre import Centre
from tests.unit.vcc.calls.test_conversing import do
from tests.unit.vcc.calls.test_transfers import HERE


@pytest.fixture
def centre() -> Centre:
    return Centre(HERE)


def supervise(centre: Centre, leg: str, mode: str = "listen", phone: str = "p3") -> None:
    centre.control.supervise(centre.session(leg).contact, phone, mode, who="anna")
    centre.wait(0.2)


def listening(centre: Centre) -> str:
    leg = centre.talking()
    supervise(centre, leg)
    centre.pick_up("p3")
    return leg


def heard(centre: Centre, phone: str) -> set[str]:
    return set(filter(None, centre.heard(centre.exchange.leg_on(phone)).split("+")))


def nothing_left(centre: Centre) -> None:
    centre.wait(20)
    assert not centre.exchange.phones["p3"].legs
    assert not len(centre.hub.supervising)
    assert "p3" not in centre.floor.dialling


def test_listen_whisper_barge(centre: Centre) -> None:
    leg = listening(centre)
    agent, mine = centre.exchange.leg_on("p1"), centre.exchange.leg_on("p3")
    assert heard(centre, "p3") == {leg, agent}
    assert heard(centre, "p1") == {leg}
    supervise(centre, leg, "whisper")
    assert heard(centre, "p1") == {leg, mine}
    assert centre.heard(leg) == agent
    centre.press(mine, "6")
    assert set(centre.heard(leg).split("+")) == {agent, mine}
    assert [(fact.agent, fact.supervisor, str(fact.mode)) for fact in centre.of(SupervisionBegan)] == [
        ("press/wang", "anna", mode) for mode in ("listen", "whisper", "barge")
    ]
    centre.put_down("p3")
    assert centre.stage(leg) == "talking"
    assert len(centre.of(SupervisionEnded)) == 1
    nothing_left(centre)


@pytest.mark.parametrize("who", ["agent", "caller"])
def test_it_ends_with_the_conversation(centre: Centre, who: str) -> None:
    leg = listening(centre)
    centre.put_down("p1") if who == "agent" else centre.leave(leg)
    centre.wait(0.2)
    assert len(centre.of(SupervisionEnded)) == 1
    nothing_left(centre)


def test_the_conversation_ends_while_the_phone_rings(centre: Centre) -> None:
    leg = centre.talking()
    supervise(centre, leg)
    centre.leave(leg)
    centre.wait(0.2)
    centre.pick_up("p3")
    assert not centre.of(SupervisionBegan)
    nothing_left(centre)


def test_an_agent_who_supervises_is_offered_nothing_meanwhile(centre: Centre) -> None:
    centre.ready()
    leg = centre.waiting()
    centre.pick_up()
    centre.ready("press/li", "p3")
    supervise(centre, leg)
    centre.pick_up("p3")
    second = centre.waiting("556")
    centre.wait(1)
    assert (centre.stage(second), centre.phase("press/li")) == ("waiting", "idle")
    centre.put_down("p3")
    centre.pick_up("p3")
    assert centre.stage(second) == "talking"


def test_a_crash_ends_it(centre: Centre) -> None:
    leg = listening(centre)
    centre.restart()
    centre.wait(5)
    assert centre.stage(leg) == "talking"
    nothing_left(centre)


def test_each_refusal_has_its_code(centre: Centre) -> None:
    leg = centre.waiting()
    refused(centre, leg, "not_talking", "p3")
    centre.ready()
    centre.pick_up()
    refused(centre, leg, "not_found", "p9")
    refused(centre, leg, "phone_in_use", "p1")
    centre.exchange.set_reachable("p3", reachable=False)
    centre.wait(0)
    refused(centre, leg, "phone_away", "p3")
    centre.exchange.set_reachable("p3", reachable=True)
    centre.wait(0)
    do(centre, leg, "hold")
    supervise(centre, leg)
    assert centre.rings("p3")


def refused(centre: Centre, leg: str, code: str, phone: str) -> None:
    with pytest.raises(VccError) as error:
        supervise(centre, leg, phone=phone)
    assert error.value.code == code
