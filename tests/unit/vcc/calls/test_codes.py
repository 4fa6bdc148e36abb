"""What agents dial: each tenant's table, languages, wrap-up and dispositions, guesses, and a second phone."""

from __future__ import annotations

import re

import pytest
from structlog.testing import capture_logs

from acd.protocol import Phase
from core.errors import ConflictError, NotFoundError
from core.facts import (
    AgentStateChanged,
    CommandGiven,
    ContactArrived,
    DigitsCollected,
    DispositionGiven,
    OfferEnded,
    SignInRefused,
)
from reporting.record import compute
from tests.unit.vcc.calls.centre import NUMBERS, SECONDS, Centre
from tests.unit.vcc.calls.configuration import TEXTS, WISH

CODES = 'codes: {"*70": my_state, "*75": end_wrap_up, "*76": disposition, '
PLATFORM = TEXTS["platform.yaml"].replace("codes: {", CODES)
MY_STATE = """
steps:
  - action:
      name: my_state
      results:
        ready: {say: {en: "Ready {phase:text} {waiting}"}}
        not_ready: {say: {en: "Not ready {reason:text}"}}
        signed_out: {say: {en: Nobody.}}
"""
DISPOSITION = """
steps:
  - set: {code: "{argument}"}
  - id: record
    action:
      name: disposition
      with: {code: "{code}"}
      results:
        no_code: {goto: ask}
        ok: {say: {en: "Recorded: {disposition:text}"}}
        unknown: {say: {en: Unknown.}}
        no_contact: {say: {en: No call.}}
        signed_out: {say: {en: Nobody.}}
      else: {say: {en: Failed.}}
sections:
  ask:
    - collect: {name: code, say: {en: Code.}, length: 1}
    - goto: record
"""
MORE = {
    "flows/my_state.yaml": MY_STATE,
    "flows/end_wrap_up.yaml": WISH.replace("WISH", "end_wrap_up").replace(
        "signed_out: {", "no_wrap_up: {say: {en: No wrap-up.}}\n        signed_out: {"
    ),
    "flows/disposition.yaml": DISPOSITION,
}
PRESS = TEXTS["tenants/press/tenant.yaml"] + "dispositions: {1: {en: Ordered.}, 2: {en: Call back.}}\n"


def made(platform: str = PLATFORM, press: str = PRESS, **more: str) -> Centre:
    texts = {name.replace("__", "/") + ".yaml": text for name, text in more.items()}
    return Centre({**TEXTS, **MORE, "platform.yaml": platform, "tenants/press/tenant.yaml": press, **texts})


@pytest.fixture
def centre() -> Centre:
    return made()


def dial(centre: Centre, code: str, keys: str = "", phone: str = "p1") -> str:
    """What is heard last on the phone after a code and some keys."""
    leg = centre.call(code, phone=phone)
    centre.press(leg, keys)
    centre.wait(0.1)
    heard = centre.heard(leg)
    centre.wait(4 * SECONDS)
    return heard


def in_wrap_up(centre: Centre) -> str:
    """Wang after a conversation; the contact."""
    leg = centre.talking()
    contact = centre.session(leg).contact
    centre.put_down()
    assert centre.phase() == Phase.WRAP_UP
    return contact


# --- the table


@pytest.mark.parametrize("how", ["own agent", "phone"])
def test_a_tenant_changes_codes_for_its_phones_and_agents(how: str) -> None:
    press = PRESS + 'codes: {"*79": ready, "*73": not_ready, "*74": null}\n'
    centre = made(press=press, phones="p1: {node: n1, tenant: press}\np2: {node: n1}\np3: {node: n1}\n")
    agent, phone = ("lin", "p1") if how == "phone" else ("press/wang", "p2")
    assert dial(centre, "*79", phone="p2") == ""  # not the platform's
    centre.ready(agent, phone)
    assert dial(centre, "*73", phone=phone) == "Done."
    state = centre.floor.router.agent(agent)
    assert state is not None
    assert state.wish == "not_ready"
    assert dial(centre, "*79", phone=phone) == "Done."
    assert state.wish == "ready"
    assert dial(centre, "*74", phone=phone) == ""
    assert state.wish == "ready"
    assert dial(centre, "*72", phone=phone) == "Done."  # as the platform has it


def test_it_is_spoken_in_the_agents_language_once_that_is_known() -> None:
    platform = TEXTS["platform.yaml"].replace("languages: [en]", "languages: [en, zh-CN]")
    texts = {**TEXTS, "platform.yaml": platform}
    for name in [name for name in texts if name.startswith("flows/") or name == "platform.yaml"]:
        texts[name] = re.sub(r"\{en: ([^{}]*)\}", r"{en: \1, zh-CN: zh \1}", texts[name])
    wang, li = TEXTS["tenants/press/agents.yaml"].strip().splitlines()
    texts["tenants/press/agents.yaml"] = wang.replace("language: en", "language: zh-CN") + f"\n{li}\n"
    centre = Centre(texts)
    assert centre.sign_in() == "zh You are ready."
    assert centre.sign_in("press/li", "p2") == "You are ready."
    assert (dial(centre, "*73"), dial(centre, "*73", phone="p2")) == ("zh Done.", "Done.")


# --- how do I stand


def test_my_state(centre: Centre) -> None:
    assert dial(centre, "*70") == "Nobody."
    centre.ready()
    assert dial(centre, "*70") == "Ready"
    leg = centre.call("*70", phone="p1")
    centre.wait(4 * SECONDS)
    assert [said for said in centre.said(leg) if said] == ["Ready", "idle", "zero"]
    centre.control.set_agent("press/wang", "not_ready", reason="meal", who="anna")
    centre.waiting()
    leg = centre.call("*70", phone="p1")
    centre.wait(4 * SECONDS)
    assert [said for said in centre.said(leg) if said] == ["Not ready", "meal"]


# --- wrap-up


def test_wrap_up_is_ended_by_code(centre: Centre) -> None:
    assert dial(centre, "*75") == "Nobody."
    in_wrap_up(centre)
    assert dial(centre, "*75") == "Done."
    assert centre.phase() == Phase.IDLE
    assert dial(centre, "*75") == "No wrap-up."


# --- dispositions


def test_what_came_of_the_call_is_a_fact_of_its_contact(centre: Centre) -> None:
    contact = in_wrap_up(centre)
    assert dial(centre, "*76", "9") == "Unknown."
    assert centre.of(DispositionGiven) == []
    centre.wait(10)
    contact = in_wrap_up_again(centre)
    assert dial(centre, "*76", "1") == "Recorded:"
    (fact,) = centre.of(DispositionGiven)
    assert (fact.contact, fact.tenant, fact.queue, fact.agent) == (contact, "press", "press/orders", "press/wang")
    assert (fact.code, fact.meaning) == ("1", "Ordered.")
    record = compute([fact for fact in centre.facts if fact.contact == contact])
    assert [(given.agent, given.code) for given in record.dispositions] == [("press/wang", "1")]
    assert record.tenant == "press"


def in_wrap_up_again(centre: Centre) -> str:
    leg = centre.waiting("556")
    centre.pick_up()
    contact = centre.session(leg).contact
    centre.put_down()
    return contact


def test_it_is_accepted_during_wrap_up_alone(centre: Centre) -> None:
    centre.ready()
    assert dial(centre, "*76", "1") == "No call."
    in_wrap_up(centre)
    centre.wait(6)  # 5 s of wrap-up
    assert dial(centre, "*76", "1") == "No call."
    assert centre.of(DispositionGiven) == []


def test_no_code_is_asked_for_where_there_is_nothing_to_record_it_for(centre: Centre) -> None:
    assert dial(centre, "*76") == "Nobody."
    centre.ready()
    assert dial(centre, "*76") == "No call."
    in_wrap_up(centre)
    assert dial(centre, "*76") == "Code."
    assert [fact.name for fact in centre.of(DigitsCollected)] == []


def test_the_code_is_dialled_with_it(centre: Centre) -> None:
    contact = in_wrap_up(centre)
    assert dial(centre, "*762") == "Recorded:"
    assert [(fact.contact, fact.code) for fact in centre.of(DispositionGiven)] == [(contact, "2")]


def test_who_has_ended_the_wrap_up_is_done_with_the_call(centre: Centre) -> None:
    in_wrap_up(centre)
    leg = centre.call("*75", phone="p1")
    centre.wait(0.1)
    centre.leave(leg)
    assert dial(centre, "*76", "1") == "No call."


def test_who_dialled_during_wrap_up_may_take_time(centre: Centre) -> None:
    in_wrap_up(centre)
    leg = centre.call("*76", phone="p1")
    centre.wait(6)
    assert centre.phase() == Phase.IDLE
    centre.press(leg, "2")
    centre.wait(0.1)
    assert centre.heard(leg) == "Recorded:"
    assert [fact.code for fact in centre.of(DispositionGiven)] == ["2"]


def test_after_a_crash_too(centre: Centre) -> None:
    contact = in_wrap_up(centre)
    centre.restart(0.5)
    assert dial(centre, "*76", "1") == "Recorded:"
    assert [fact.contact for fact in centre.of(DispositionGiven)] == [contact]


def test_by_command_too(centre: Centre) -> None:
    contact = in_wrap_up(centre)
    meaning = centre.control.dispose(contact, "press/wang", "press/orders", "2", who="user:anna")
    (fact,) = centre.of(DispositionGiven)
    assert (fact.contact, fact.agent, fact.queue, fact.code, fact.meaning) == (
        contact, "press/wang", "press/orders", "2", meaning,
    )  # fmt: skip
    assert (given := centre.of(CommandGiven)[-1]).command == "disposition"
    assert (given.who, given.tenant, given.contact) == ("user:anna", "press", contact)
    with pytest.raises(NotFoundError, match=r"press has no disposition 9; it has 1 \(Ordered\), 2 \(Call back\)"):
        centre.control.dispose(contact, "press/wang", "press/orders", "9", who="user:anna")
    with pytest.raises(NotFoundError, match="chess has no disposition 1; it has none at all"):
        centre.control.dispose(contact, "press/wang", "chess/lessons", "1", who="user:anna")
    (wang,) = [agent for agent in centre.control.agents() if agent.agent == "press/wang"]
    assert (wang.last_contact, wang.last_queue) == (contact, "press/orders")


# --- guesses


def test_a_pin_that_is_keyed_in_where_the_number_is_asked_for_stands_nowhere(centre: Centre) -> None:
    leg = centre.call("*71", phone="p1")
    with capture_logs() as logs:
        for keys in ("8462", "8462"):  # one's PIN twice, as if the number had been asked for at last
            centre.press(leg, keys)
            centre.wait(1)
        centre.wait(2)
    assert [(fact.why, fact.agent) for fact in centre.of(SignInRefused)] == [("unknown", "")]
    assert [fact.digits for fact in centre.of(DigitsCollected)] == ["", ""]
    record = compute(centre.facts_of(leg))
    assert "8462" not in repr((centre.facts, record, logs, centre.stored("session"), centre.stored("guesses")))


@pytest.mark.parametrize(
    ("dialled", "written"),
    [
        ("*7120018462", "*71…"),
        ("*718462", "*71…"),
        ("*712001*8462", "*71…"),
        ("#2001#8462", "#…"),
        ("*71", "*71"),
        ("1001", "1001"),
    ],
)
def test_what_is_dialled_behind_a_code_in_one_go_stands_in_no_fact_and_no_log(
    centre: Centre, dialled: str, written: str
) -> None:
    with capture_logs() as logs:
        leg = centre.call(dialled, phone="p1")
        (arrived,) = centre.of(ContactArrived)
        assert (arrived.dialled, arrived.number) == (written, written)
        centre.wait(20)
    assert "8462" not in repr((centre.facts, compute(centre.facts_of(leg)), logs))


def test_nor_where_the_phone_is_locked(centre: Centre) -> None:
    for _ in range(4):
        centre.sign_in(pin="0000")
    leg = centre.call("*71", phone="p1")
    centre.press(leg, "84628462")
    centre.wait(1)
    assert "8462" not in repr((centre.facts, centre.stored("session")))


def test_wrong_pins_are_answered_later_and_later_and_a_phone_is_locked_for_all(centre: Centre) -> None:
    centre = made(platform=PLATFORM.replace("pin_attempts: 3", "pin_attempts: 9, pin_phone_attempts: 4"))
    for delay, agent in ((0.0, "lin"), (0.5, "press/li"), (1.0, "lin"), (2.0, "press/li")):
        leg = centre.call("*71", phone="p1")
        centre.press(leg, NUMBERS[agent])
        centre.wait(0)
        centre.press(leg, "0000")
        centre.wait(0.08 + delay)
        assert centre.heard(leg) == ""
        centre.wait(0.1)
        assert centre.heard(leg) == "Wrong."
        centre.leave(leg)
    assert centre.sign_in("press/wang", "p1") == "Locked."
    assert centre.sign_in("press/wang", "p2") == "You are ready."
    centre.restart()
    assert centre.sign_in("lin", "p1") == "Locked."
    centre.wait(61)
    assert centre.sign_in("lin", "p1") == "You are ready."
    assert [fact.why for fact in centre.of(SignInRefused)] == ["bad_pin"] * 4 + ["locked"] * 2


# --- a second phone


def test_a_second_phone_is_refused_unless_it_is_said(centre: Centre) -> None:
    centre.ready()
    assert centre.sign_in(phone="p2") == "In use."


@pytest.mark.parametrize("where", ["platform", "tenant"])
def test_an_agent_is_taken_over_to_the_second_phone(where: str) -> None:
    said = "second_phone: move\n"
    centre = made(platform=PLATFORM + said) if where == "platform" else made(press=PRESS + said)
    centre.ready()
    leg = centre.waiting()
    centre.wait(0.5)
    assert centre.rings("p1")
    assert centre.sign_in(phone="p2") == "You are ready."
    assert not centre.rings("p1")
    assert [str(offer.outcome) for offer in centre.of(OfferEnded)] == ["withdrawn"]
    assert centre.rings("p2")  # the code's call is over by now
    centre.pick_up("p2")
    assert centre.stage(leg) == "talking"
    assert centre.sign_in(phone="p3") == "In use."  # not during a conversation
    assert centre.floor.router.agent_on("p1") is None
    assert [fact.phone for fact in centre.of(AgentStateChanged) if fact.wish == "ready"][-1] == "p2"
    centre.ready("press/li", "p1")


def test_the_control_api_takes_an_agent_over_by_the_same_rule(centre: Centre) -> None:
    centre.ready()
    with pytest.raises(ConflictError, match="sign out there first"):
        centre.control.set_agent("press/wang", "ready", phone="p2", who="anna")
    moving = made(press=PRESS + "second_phone: move\n")
    moving.ready()
    moving.control.set_agent("press/wang", "not_ready", reason="meal", phone="p2", who="anna")
    state = moving.floor.router.agent("press/wang")
    assert state is not None
    assert (state.phone, state.wish, state.reason) == ("p2", "not_ready", "meal")
    with pytest.raises(ConflictError):
        moving.control.set_agent("press/wang", "ready", phone="p9", who="anna")


def test_a_leased_agent_goes_by_the_platforms_word() -> None:
    centre = made(press=PRESS + "second_phone: move\n")
    centre.ready("lin", "p1")
    assert centre.sign_in("lin", "p2") == "In use."


# --- wrap-up, as the queue says ---


def wrapping(wrap_up: str, agent: str = "") -> Centre:
    """An agent whose conversation has just ended, in a queue with such a wrap-up."""
    texts = {**TEXTS, "flows/more.yaml": WISH.replace("WISH", "extend_wrap_up").replace("signed_out", "no_wrap_up")}
    texts["platform.yaml"] = texts["platform.yaml"].replace("codes: {", 'codes: {"*05": more, ')
    queues = "tenants/press/queues.yaml"
    texts[queues] = texts[queues].replace("wrap_up_s: 5", wrap_up, 1)
    agents = "tenants/press/agents.yaml"
    texts[agents] = texts[agents].replace("skills: {zh: 8}", f"skills: {{zh: 8}}{agent}")
    centre = Centre(texts)
    centre.talking()
    centre.put_down()
    centre.wait(0.1)
    return centre


def test_wrap_up_of_a_fixed_time_and_none() -> None:
    centre = wrapping("wrap_up_s: 5")
    centre.wait(4.5)
    assert centre.phase() == "wrap_up"
    centre.wait(0.6)
    assert centre.phase() == "idle"
    assert wrapping("wrap_up_s: 0").phase() == "idle"


def test_wrap_up_is_the_agents_over_all_queues() -> None:
    assert wrapping("wrap_up_s: 5", ", wrap_up_s: 0").phase() == "idle"
    centre = wrapping("wrap_up_s: 0", ", wrap_up_s: 20")
    centre.wait(15)
    assert centre.phase() == "wrap_up"
    other = centre.call("100", keys="4")  # another queue of the same agent
    centre.wait(0.5)
    assert (centre.session(other).queue, centre.rings()) == ("press/editors", False)
    centre.wait(3)
    assert centre.rings()


@pytest.mark.parametrize("done", ["ready", "a restart, then ready"])
def test_wrap_up_until_the_agent_is_done(done: str) -> None:
    centre = wrapping("wrap_up_s: until_done")
    centre.wait(20_000)
    assert centre.phase() == "wrap_up"
    assert centre.control.agent("press/wang").until is None  # type: ignore[union-attr]
    if done != "ready":
        centre.restart()
        assert centre.phase() == "wrap_up"
    centre.control.set_agent("press/wang", "ready", who="wang")
    assert centre.phase() == "idle"
    centre.waiting("556")
    centre.wait(0.5)
    assert centre.rings()


@pytest.mark.parametrize("by", ["the telephone", "command"])
def test_wrap_up_is_extended_once(by: str) -> None:
    centre = wrapping("wrap_up_s: 30, wrap_up_more_s: 60")

    def asks() -> str:
        if by == "command":
            try:
                centre.control.extend_wrap_up("press/wang", who="anna")
            except ConflictError:
                return "Nobody."
            return "Done."
        leg = centre.call("*05", phone="p1")
        centre.wait(0.2)
        said = centre.heard(leg)
        centre.leave(leg)
        return said

    assert asks() == "Done."
    assert asks() == "Nobody."
    centre.wait(85)
    assert centre.phase() == "wrap_up"
    centre.wait(6)
    assert centre.phase() == "idle"
    assert asks() == "Nobody."


def test_wrap_up_is_extended_where_the_queue_allows_it_alone() -> None:
    centre = wrapping("wrap_up_s: 30")
    with pytest.raises(ConflictError):
        centre.control.extend_wrap_up("press/wang", who="anna")
