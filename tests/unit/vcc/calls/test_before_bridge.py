"""What an agent is told before the caller: said, skipped, cut short by whoever leaves; and calls that want a key."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.facts import AgentConnected, ContactEnded, OfferEnded
from ivr_flows.protocol import Text
from telephony.port import Cause
from telephony.simulated.line import Hearing
from tests.unit.vcc.calls.centre import SECONDS, Centre
from tests.unit.vcc.calls.configuration import PRESS, TEXTS
from vcc.calls.before_bridge import Question

WHISPER = '{en: "For {tenant}, {queue}: {topic}. Call of {caller}."}'
QUEUES = TEXTS["tenants/press/queues.yaml"].replace("wrap_up_s: 5,", f"wrap_up_s: 5, whisper: {WHISPER},")
SAID = ["For", "Press", "Orders", "a lost parcel", "Call of", "six", "seven"]


def texts(**more: str) -> dict[str, str]:
    flow = PRESS.replace("  - say: {en: Welcome.}\n", "  - set: {topic: a lost parcel}\n  - say: {en: Welcome.}\n")
    return {**TEXTS, "tenants/press/queues.yaml": QUEUES, "tenants/press/flows/main.yaml": flow, **more}


@pytest.fixture
def centre() -> Centre:
    return Centre(texts())


def picked_up(centre: Centre) -> tuple[str, str]:
    """A caller who waits, and an agent who has picked up: their legs."""
    centre.ready()
    leg = centre.waiting("67")
    centre.wait(0.5)
    agent = centre.exchange.leg_on("p1")
    centre.exchange.pick_up("p1")
    centre.wait(0.2)
    return leg, agent


def outcomes(centre: Centre) -> list[tuple[str, str]]:
    return [(offer.agent, str(offer.outcome)) for offer in centre.of(OfferEnded)]


def test_the_agent_hears_whose_call_it_is_while_the_caller_keeps_the_music(centre: Centre) -> None:
    leg, agent = picked_up(centre)
    assert centre.heard(agent) == "For"
    hears = centre.exchange.line(leg).hears
    assert hears is not None
    assert (hears.hearing, hears.what) == (Hearing.MUSIC, "press/main")
    assert (centre.stage(leg), centre.phase(), centre.of(AgentConnected)) == ("waiting", "ringing", [])
    centre.wait(len(SAID) * SECONDS)
    assert [said for said in centre.said(agent) if said and said != leg] == SAID
    assert (centre.stage(leg), centre.phase()) == ("talking", "talking")
    assert outcomes(centre) == [("press/wang", "answered")]


def test_meanwhile_the_store_has_the_longer_lease(centre: Centre) -> None:
    centre.ready()
    centre.waiting("67")
    centre.wait(0.5)
    rings = centre.stored("agent")
    centre.exchange.pick_up("p1")
    centre.wait(0.2)
    state = centre.floor.router.dump_agent("press/wang")
    assert centre.stored("agent") == {"press/wang": repr(state)} != rings


def test_a_key_skips_it(centre: Centre) -> None:
    leg, agent = picked_up(centre)
    centre.press(agent, "5")
    centre.wait(0.1)
    assert centre.stage(leg) == "talking"


@pytest.mark.parametrize("whose", ["queue", "agent"])
def test_where_nothing_is_to_be_said_they_talk_at_once(whose: str) -> None:
    agents = TEXTS["tenants/press/agents.yaml"].replace("number: 2001", "number: 2001, whisper: false")
    more = {"tenants/press/queues.yaml": TEXTS["tenants/press/queues.yaml"]}
    centre = Centre(texts(**more) if whose == "queue" else texts(**{"tenants/press/agents.yaml": agents}))
    leg, _ = picked_up(centre)
    assert centre.stage(leg) == "talking"


def test_the_caller_leaves_meanwhile(centre: Centre) -> None:
    leg, agent = picked_up(centre)
    centre.leave(leg)
    assert centre.end() == ("abandoned", "caller")
    assert outcomes(centre) == [("press/wang", "withdrawn")]
    assert agent not in centre.exchange.legs
    assert centre.phase() == "idle"
    assert len(centre.hub.offers.before) == 0
    centre.wait(60)
    assert len(centre.of(ContactEnded)) == 1


def test_the_agent_hangs_up_meanwhile_and_the_caller_keeps_the_place(centre: Centre) -> None:
    leg, _ = picked_up(centre)
    since = centre.session(leg).queued_at
    centre.ready("press/li", "p2")
    centre.put_down("p1")
    assert outcomes(centre) == [("press/wang", "refused")]
    assert len(centre.hub.offers.before) == 0
    assert (centre.stage(leg), centre.rings("p2")) == ("waiting", True)
    assert centre.session(leg).queued_at == since
    centre.wait(60)
    assert centre.of(AgentConnected) == []


def test_the_phone_is_lost_meanwhile(centre: Centre) -> None:
    leg, agent = picked_up(centre)
    centre.exchange.set_reachable("p1", reachable=False)
    centre.wait(0.1)
    assert outcomes(centre) == [("press/wang", "unreachable")]
    assert agent not in centre.exchange.legs
    assert centre.stage(leg) == "waiting"


def test_the_agent_is_made_not_ready_meanwhile(centre: Centre) -> None:
    leg, agent = picked_up(centre)
    centre.control.set_agent("press/wang", "not_ready", who="anna")
    centre.wait(0.1)
    assert outcomes(centre) == [("press/wang", "withdrawn")]
    assert agent not in centre.exchange.legs
    assert (centre.stage(leg), centre.phase()) == ("waiting", "idle")


def test_vcc_dies_meanwhile_and_the_caller_keeps_the_place(centre: Centre) -> None:
    leg, agent = picked_up(centre)
    since = centre.session(leg).queued_at
    centre.restart()
    centre.wait(1)
    assert agent not in centre.exchange.legs
    assert (centre.stage(leg), centre.session(leg).queued_at, centre.rings()) == ("waiting", since, True)
    centre.pick_up()
    assert centre.heard(centre.exchange.leg_on("p1")) == "For"


def test_words_without_end_do_not_keep_the_caller(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.unit.vcc.calls.centre.SECONDS", 100.0)
    leg, _ = picked_up(centre)
    centre.wait(19)
    assert centre.stage(leg) == "waiting"
    centre.wait(2)
    assert centre.stage(leg) == "talking"
    assert outcomes(centre) == [("press/wang", "answered")]


def test_what_cannot_be_played_keeps_nobody(centre: Centre) -> None:
    centre.speech.resolve = lambda sounds, parts: ()  # type: ignore[method-assign]
    leg, _ = picked_up(centre)
    assert centre.stage(leg) == "talking"


# --- a question before the words


def asking(centre: Centre, within_s: float = 10.0) -> None:
    """Whoever picks up is asked, as at a mobile seat."""
    words = centre.hub.offers._briefing
    question = Question(parts=(Text(text="Take it?", language="en"),), within_s=within_s)
    centre.hub.offers._briefing = lambda session: replace(words(session), question=question)  # type: ignore[method-assign]


def test_the_words_come_after_the_key_that_accepts(centre: Centre) -> None:
    asking(centre)
    leg, agent = picked_up(centre)
    assert centre.heard(agent) == "Take it?"
    centre.press(agent, "1")
    assert centre.heard(agent) == "For"
    centre.press(agent, "2")  # the answer was given: this skips the words
    centre.wait(0.1)
    assert centre.stage(leg) == "talking"


def test_the_question_is_asked_twice_and_can_be_answered_after_it(centre: Centre) -> None:
    asking(centre)
    leg, agent = picked_up(centre)
    centre.wait(2 * SECONDS)
    assert (centre.heard(agent), centre.stage(leg)) == ("", "waiting")
    centre.press(agent, "1")
    centre.press(agent, "#")
    centre.wait(0.1)
    assert centre.stage(leg) == "talking"


@pytest.mark.parametrize("key", ["", "2"])
def test_without_the_key_it_is_not_taken(centre: Centre, key: str) -> None:
    asking(centre, within_s=4.0)
    leg, agent = picked_up(centre)
    centre.press(agent, key)
    centre.wait(0.1 if key else 4.1)
    assert outcomes(centre)[0] == ("press/wang", "no_answer")
    detail = "not accepted: another key" if key else "not accepted in time"
    assert centre.of(OfferEnded)[0].detail == detail
    assert centre.exchange.line(agent).ended is Cause.NORMAL
    assert (centre.stage(leg), centre.phase(), len(centre.hub.offers.before)) == ("waiting", "unresponsive", 0)


def test_who_hangs_up_before_the_answer_has_not_answered_and_after_it_has_refused(centre: Centre) -> None:
    asking(centre)
    _, agent = picked_up(centre)
    centre.put_down("p1")
    centre.ready()
    centre.pick_up()
    agent = centre.exchange.leg_on("p1")
    centre.press(agent, "1")
    centre.put_down("p1")
    assert [outcome for _, outcome in outcomes(centre)] == ["no_answer", "refused"]
