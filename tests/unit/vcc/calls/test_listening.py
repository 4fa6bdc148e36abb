"""A supervisor listens by telephone: who may, to what, how it is heard, and how it ends."""

from __future__ import annotations

import pytest

from core.facts import SignInRefused, SupervisionBegan, SupervisionEnded
from tests.unit.vcc.calls.centre import NUMBERS, PINS, SECONDS, Centre
from tests.unit.vcc.calls.configuration import TEXTS

LISTEN = """
steps:
  - collect: {name: supervisor, say: {en: Your number.}, length: 4, secret: true}
  - collect: {name: pin, say: {en: Your PIN.}, length: 4, secret: true}
  - collect: {name: agent, say: {en: Whose.}, length: 4, secret: true}
  - action:
      name: listen
      with: {number: "{supervisor}", pin: "{pin}", agent: "{agent}"}
      timeout: 1h
      results:
        ended: {say: {en: Over.}}
        not_talking: {say: {en: No talk.}}
        not_allowed: {say: {en: Not you.}}
        refused: {say: {en: Wrong.}}
        locked: {say: {en: Locked.}}
      else: {say: {en: Failed.}}
"""
TEXTS_HERE = {
    **TEXTS,
    "platform.yaml": TEXTS["platform.yaml"].replace("codes: {", 'codes: {"*77": listen, '),
    "flows/listen.yaml": LISTEN,
    "agents.yaml": TEXTS["agents.yaml"].replace(
        "serves: [press, chess]", "serves: [press, chess], supervises: [press]"
    ),
}


@pytest.fixture
def centre() -> Centre:
    return Centre(TEXTS_HERE)


def listens(centre: Centre, agent: str = "press/wang", *, supervisor: str = "lin", pin: str = "") -> str:
    """The leg of a supervisor who has dialled in from p3."""
    leg = centre.call("*77", phone="p3")
    for keys in (NUMBERS[supervisor], pin or PINS[supervisor], NUMBERS[agent]):
        centre.press(leg, keys)
        centre.wait(0)
    centre.wait(0.2)
    return leg


def test_a_supervisor_hears_the_conversation_until_it_ends(centre: Centre) -> None:
    talk = centre.talking()
    contact, agent_leg = centre.session(talk).contact, centre.session(talk).agent_leg
    leg = listens(centre)
    watching = centre.exchange.legs[leg].watch
    assert watching is not None
    assert (watching.on, watching.mode) == (agent_leg, "listen")
    centre.press(leg, "5")
    centre.press(leg, "9")
    centre.press(leg, "6")
    assert [(fact.contact, fact.agent, fact.supervisor, fact.mode) for fact in centre.of(SupervisionBegan)] == [
        (contact, "press/wang", "lin", mode) for mode in ("listen", "whisper", "barge")
    ]
    centre.leave(talk)
    centre.wait(0.1)
    assert centre.heard(leg) == "Over."
    assert [(fact.contact, fact.supervisor) for fact in centre.of(SupervisionEnded)] == [(contact, "lin")]
    centre.wait(2 * SECONDS)
    assert centre.exchange.legs == {}


def test_what_a_supervisor_keys_in_meanwhile_is_no_key_of_the_flow() -> None:
    asks = "\n        ended: {menu: {say: {en: Once more.}, 5: {say: {en: Five.}}, 9: {say: {en: Nine.}}}}"
    flow = LISTEN.replace("\n        ended: {say: {en: Over.}}", asks)
    centre = Centre({**TEXTS_HERE, "flows/listen.yaml": flow})
    talk = centre.talking()
    leg = listens(centre)
    centre.press(leg, "5")
    centre.press(leg, "9")
    centre.leave(talk)
    centre.wait(0.1)
    assert centre.heard(leg) == "Once more."


def test_the_supervisor_may_leave_and_the_others_talk_on(centre: Centre) -> None:
    talk = centre.talking()
    leg = listens(centre)
    centre.leave(leg)
    assert len(centre.of(SupervisionEnded)) == 1
    assert centre.stage(talk) == "talking"


@pytest.mark.parametrize(
    ("supervisor", "agent", "pin", "said"),
    [
        ("lin", "press/li", "", "No talk."),
        ("press/li", "press/wang", "", "Not you."),
        ("lin", "press/wang", "9999", "Wrong."),
    ],
)
def test_who_may_not_hears_why(centre: Centre, supervisor: str, agent: str, pin: str, said: str) -> None:
    centre.talking()
    assert centre.heard(listens(centre, agent, supervisor=supervisor, pin=pin)) == said
    assert centre.of(SupervisionBegan) == []
    assert bool(centre.of(SignInRefused)) == bool(pin)


def test_guessing_by_this_code_locks_as_well(centre: Centre) -> None:
    for _ in range(3):
        listens(centre, pin="9999")
        centre.wait(5)
    assert centre.heard(listens(centre)) == "Locked."


def test_a_leg_that_is_gone_meanwhile_is_told(centre: Centre) -> None:
    talk = centre.talking()
    agent_leg = centre.session(talk).agent_leg
    leg = centre.call("*77", phone="p3")
    for keys in (NUMBERS["lin"], PINS["lin"], NUMBERS["press/wang"]):
        centre.press(leg, keys)
        centre.wait(0)
    centre.exchange.legs[agent_leg].up = False  # as the switch sees it, which vcc has not heard of
    centre.wait(0.2)
    assert centre.heard(leg) == "No talk."
