"""The emergency closure by telephone, by command, of hours alone, with words of its own; and after a restart."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.errors import ConflictError, NotFoundError
from core.facts import CommandGiven, DigitsCollected, SignInRefused
from tests.unit.vcc.calls.centre import NUMBERS, PINS, Centre
from tests.unit.vcc.calls.configuration import TEXTS

#: The flow that ships, in the one language of this platform.
SHIPPED = re.sub(
    r'\{zh-CN: ("[^"]*"|[^,]*), en:',
    "{en:",
    (Path(__file__).parents[4] / "config" / "flows" / "closure.yaml").read_text(encoding="utf-8"),
)


def texts(supervises: str = "press") -> dict[str, str]:
    return {
        **TEXTS,
        "platform.yaml": TEXTS["platform.yaml"].replace("codes: {", 'codes: {"*79": closure, '),
        "flows/closure.yaml": SHIPPED,
        "agents.yaml": TEXTS["agents.yaml"].replace(
            "serves: [press, chess]", f"serves: [press, chess], supervises: [{supervises}]"
        ),
    }


@pytest.fixture
def centre() -> Centre:
    return Centre(texts())


def dials(centre: Centre, code: str = "*79", *, agent: str = "lin", pin: str = "") -> str:
    """The leg of somebody who has dialled in from p3 and keyed in number and PIN."""
    leg = centre.call(code, phone="p3")
    for keys in (NUMBERS[agent], pin or PINS[agent]):
        centre.press(leg, keys + "#")
        centre.wait(0)
    centre.wait(0.2)
    return leg


def commands(centre: Centre) -> list[tuple[str, str, str]]:
    return [(fact.who, fact.command, fact.target) for fact in centre.of(CommandGiven)]


def test_closed_and_opened_by_telephone(centre: Centre) -> None:
    leg = dials(centre)
    assert centre.heard(leg) == "Press"
    centre.press(leg, "1")
    centre.wait(0.2)
    assert centre.heard(leg) == "It is closed now."
    assert centre.heard(centre.call()) == "We are closed."
    leg = dials(centre)
    assert centre.heard(leg) == "Press"
    centre.press(leg, "1")
    centre.wait(0.2)
    assert centre.heard(leg) == "It follows its hours again."
    assert centre.heard(centre.call()) == "Welcome."
    assert commands(centre) == [("lin", "close", "press"), ("lin", "open", "press")]
    assert all(fact.contact and fact.tenant == "press" for fact in centre.of(CommandGiven))
    assert all(fact.digits == "" for fact in centre.of(DigitsCollected))


def test_of_several_tenants_the_one_whose_number_is_dialled_behind_the_code() -> None:
    centre = Centre(texts("press, chess"))
    leg = dials(centre, "*79200")
    assert centre.heard(leg) == "Chess"
    centre.press(leg, "1")
    centre.wait(0.2)
    assert commands(centre) == [("lin", "close", "chess")]


def test_or_it_is_asked_for() -> None:
    centre = Centre(texts("press, chess"))
    leg = dials(centre)
    assert centre.heard(leg).startswith("Which tenant")
    centre.press(leg, "100#")
    centre.wait(0.2)
    assert centre.heard(leg) == "Press"


@pytest.mark.parametrize(
    ("code", "agent", "pin", "said"),
    [
        ("*79", "press/li", "", "You may not do that."),
        ("*79200", "lin", "", "You may not do that."),
        ("*79", "lin", "9999", "The number or the PIN is wrong."),
    ],
)
def test_who_may_not(centre: Centre, code: str, agent: str, pin: str, said: str) -> None:
    assert centre.heard(dials(centre, code, agent=agent, pin=pin)) == said
    assert commands(centre) == []
    assert bool(centre.of(SignInRefused)) == bool(pin)


def test_guessing_by_this_code_locks_as_well(centre: Centre) -> None:
    for _ in range(3):
        dials(centre, pin="9999")
        centre.wait(5)
    assert centre.heard(dials(centre)).startswith("Too many wrong attempts.")
    assert commands(centre) == []


def test_nobody_from_outside(centre: Centre) -> None:
    centre.call("*79")
    assert centre.ends() == ["unknown_number"]


def test_words_of_its_own_and_a_reason(centre: Centre) -> None:
    centre.control.close_hours("press", closed=True, who="anna", reason="flood", say={"en": "There is a flood."})
    assert centre.heard(centre.call()) == "There is a flood."
    [closure] = centre.control.closures("press")
    assert (closure.by, closure.reason, closure.at) == ("anna", "flood", centre.floor.now())
    assert [fact.reason for fact in centre.of(CommandGiven)] == ["flood"]


def test_they_outlive_a_crash_in_the_midst(centre: Centre) -> None:
    centre.control.close_hours("press", closed=True, who="anna", say={"en": "There is a flood."})
    leg = centre.call()
    centre.restart()
    assert centre.heard(leg) == "There is a flood."
    assert [closure.say for closure in centre.control.closures("press")] == [{"en": "There is a flood."}]


def test_of_a_language_that_is_not_spoken(centre: Centre) -> None:
    with pytest.raises(ConflictError):
        centre.control.close_hours("press", closed=True, who="anna", say={"fr": "Fermé."})
    assert centre.control.closures("press") == []


HOURS = "hours:\n  office: {weekly: [{days: [mon, tue, wed, thu, fri, sat, sun], opens: 00:00, closes: '24:00'}]}\n"


def test_hours_alone() -> None:
    flow = "steps: [{hours: {name: office, open: {say: {en: Open.}}, closed: {say: {en: Shut.}}}}]\n"
    texts_ = texts()
    texts_["tenants/press/tenant.yaml"] += HOURS
    texts_["tenants/press/flows/main.yaml"] = flow
    centre = Centre(texts_)
    assert centre.heard(centre.call()) == "Open."
    centre.control.close_hours("press", closed=True, who="anna", hours="office")
    assert centre.heard(centre.call()) == "Shut."
    assert centre.control.closed_tenants() == frozenset()
    centre.restart()
    assert centre.heard(centre.call()) == "Shut."
    centre.control.close_hours("press", closed=False, who="anna", hours="office")
    assert centre.heard(centre.call()) == "Open."
    with pytest.raises(NotFoundError):
        centre.control.close_hours("press", closed=True, who="anna", hours="night")


ROUND = """
steps:
  - id: look
    hours:
      name: office
      open: [{say: {en: Open.}}, {wait: 10s}, {goto: look}]
      closed: {say: {en: Shut.}}
"""


@pytest.mark.parametrize("hours", ["", "office"])
def test_calls_that_came_before_see_it_and_who_waits_goes_on_waiting(hours: str) -> None:
    texts_ = texts()
    texts_["tenants/press/tenant.yaml"] = texts_["tenants/press/tenant.yaml"].replace(
        "numbers:\n", "numbers:\n  101: {project: desk, flow: round}\n"
    )
    texts_["tenants/press/tenant.yaml"] += HOURS
    texts_["tenants/press/flows/round.yaml"] = ROUND
    centre = Centre(texts_)
    waiting = centre.waiting()
    leg = centre.call("101")
    centre.wait(12)
    assert centre.heard(leg) == "Open."
    centre.control.close_hours("press", closed=True, who="anna", hours=hours)
    centre.wait(12)
    assert centre.heard(leg) == "Shut."
    centre.ready()
    centre.pick_up()
    assert centre.phase() == "talking"
    assert centre.heard(waiting) == centre.exchange.leg_on("p1")
