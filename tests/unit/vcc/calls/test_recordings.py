"""Which conversations are recorded, how they are paused, and that each becomes a file whatever happens to vcc."""

from __future__ import annotations

import pytest

from core.errors import ConflictError
from core.facts import (
    CommandGiven,
    ContactEnded,
    Fact,
    RecordingErased,
    RecordingFinished,
    RecordingPaused,
    RecordingResumed,
    RecordingStarted,
)
from telephony.port import PauseRecording, StartRecording
from tests.unit.vcc.calls import outside
from tests.unit.vcc.calls.centre import SECONDS, Centre
from tests.unit.vcc.calls.configuration import TEXTS
from vcc.calls.recordings import ATTEMPTS, RETRY_S, AsItIsError, belongs_to_share

TOLD = "You are recorded."
ALWAYS = "recording: {mode: always, announced: false}"
KINDS = (RecordingStarted, RecordingPaused, RecordingResumed, RecordingFinished, RecordingErased)


def recording(rules: str, queue: str = "") -> Centre:
    """A centre whose press records so; `queue`: what its queue `orders` says of it."""
    tenant, queues = "tenants/press/tenant.yaml", "tenants/press/queues.yaml"
    texts = {**TEXTS, tenant: TEXTS[tenant] + rules + "\n"}
    if queue:
        texts[queues] = TEXTS[queues].replace("unresponsive_s: 30}", f"unresponsive_s: 30, {queue}}}", 1)
    return Centre(texts)


def told(centre: Centre) -> list[str]:
    """The facts of recordings, in order."""
    return [type(fact).__name__.removeprefix("Recording") for fact in recorded(centre)]


def recorded(centre: Centre) -> list[Fact]:
    return [fact for fact in centre.facts if isinstance(fact, KINDS)]


def test_a_conversation_from_beginning_to_end() -> None:
    centre = recording(ALWAYS)
    leg = centre.talking()
    (started,) = centre.of(RecordingStarted)
    contact = centre.session(leg).contact
    assert (started.recording, started.queue, started.agent) == (f"{contact}-1", "press/orders", "press/wang")
    assert (started.tenant, started.why, started.announced) == ("press", "always", False)
    centre.wait(10)
    centre.put_down()
    assert told(centre) == ["Started"]
    centre.wait(1)
    centre.shelf.make()
    (finished,) = centre.of(RecordingFinished)
    assert (finished.recording, finished.file, finished.seconds) == (f"{contact}-1", f"{contact}-1.wav", 2.0)
    assert not centre.shelf.discarded
    centre.wait(3)
    assert centre.shelf.discarded == [f"{contact}-1"]
    assert centre.stored("recording") == {}


def test_the_caller_leaves_and_the_file_comes_after_the_end_of_the_contact() -> None:
    centre = recording(ALWAYS)
    centre.leave(centre.talking())
    centre.wait(1)
    centre.shelf.make()
    assert [type(f) for f in centre.facts if isinstance(f, (ContactEnded, RecordingFinished))] == [
        ContactEnded,
        RecordingFinished,
    ]


def test_nothing_is_recorded_unless_it_is_said() -> None:
    centre = recording("")
    leg = centre.talking()
    with pytest.raises(ConflictError, match="not being recorded"):
        centre.control.record(centre.session(leg).contact, "pause", who="anna")
    assert told(centre) == []


def test_a_queue_has_rules_of_its_own() -> None:
    off = recording(ALWAYS, "recording: {mode: 'off'}")
    off.talking()
    on = recording("", "recording: {mode: always, announced: false}")
    on.talking()
    assert (told(off), told(on)) == ([], ["Started"])


def test_the_share_is_the_contacts_own() -> None:
    contacts = [f"contact-{n}" for n in range(4_000)]
    chosen = [contact for contact in contacts if belongs_to_share(contact, 20)]
    assert 700 < len(chosen) < 900
    assert [contact for contact in contacts if belongs_to_share(contact, 20)] == chosen
    assert set(chosen) < {contact for contact in contacts if belongs_to_share(contact, 50)}
    assert all(belongs_to_share(contact, 100) for contact in contacts)


def test_of_a_share_some_are_recorded() -> None:
    centre, seen = recording("recording: {mode: share, share: 50, announced: false}"), set()
    for _ in range(12):
        leg = centre.talking()
        contact = centre.session(leg).contact
        is_recorded = any(fact.contact == contact for fact in centre.of(RecordingStarted))
        assert is_recorded == belongs_to_share(contact, 50)
        seen.add(is_recorded)
        centre.leave(leg)
        centre.wait(6)
    assert seen == {True, False}


# --- announced ---


def announcing(mode: str = "always") -> Centre:
    return recording(f"recording: {{mode: {mode}, announcement: {{en: {TOLD}}}}}")


def test_the_caller_is_told_before_the_first_agent_talks() -> None:
    centre = announcing()
    centre.ready()
    leg = centre.waiting()
    centre.pick_up()
    assert (centre.heard(leg), centre.stage(leg), told(centre)) == (TOLD, "joining", [])
    centre.wait(SECONDS)
    assert centre.stage(leg) == "talking"
    assert centre.of(RecordingStarted)[0].announced
    assert centre.said(leg).count(TOLD) == 1


def test_told_once_however_many_agents_talk() -> None:
    centre = announcing()
    centre.ready()
    leg = centre.waiting()
    centre.pick_up()
    centre.wait(SECONDS + 1)
    centre.floor.sessions[centre.session(leg).contact].talked = True
    centre.floor.recordings.talk_over(centre.session(leg))
    centre.floor.recordings.before_talk(centre.session(leg))
    assert centre.said(leg).count(TOLD) == 1


def test_the_agent_leaves_while_the_caller_is_told() -> None:
    centre = announcing()
    centre.ready()
    leg = centre.waiting()
    centre.pick_up()
    centre.put_down()
    assert (centre.stage(leg), centre.heard(leg)) == ("waiting", "press/main")
    centre.wait(4)
    assert told(centre) == []
    assert centre.stored("recording") == {}
    assert len(centre.shelf.discarded) == 1
    centre.ready("press/li", "p2")
    centre.pick_up("p2")
    assert centre.stage(leg) == "talking", "he has heard it already"
    assert told(centre) == ["Started"]


def test_what_cannot_be_announced_is_not_recorded() -> None:
    centre = announcing()
    centre.ready()
    leg = centre.waiting()
    centre.wait(0.5)
    centre.speech.resolve = lambda sounds, parts: None  # type: ignore[method-assign,assignment,return-value]
    centre.pick_up()
    assert centre.stage(leg) == "talking"
    assert told(centre) == []


def test_it_ends_where_the_caller_is_given_to_a_number_outside() -> None:
    texts = outside.texts("  transfer: {kinds: [mobile]}\n")
    texts["tenants/press/tenant.yaml"] += ALWAYS + "\n"
    centre = outside.centre(files=texts)
    leg = centre.talking()
    centre.control.transfer(centre.session(leg).contact, "outside", outside.MOBILE, who="anna")
    centre.wait(1)
    centre.pick_up(outside.FIRST)
    centre.wait(5)
    assert centre.exchange.legs[leg].tape is None
    centre.shelf.make()
    assert told(centre) == ["Started", "Finished"]


# --- paused ---


def test_a_pause_by_keys() -> None:
    centre = recording(ALWAYS)
    leg = centre.talking()
    agent = centre.session(leg).agent_leg
    centre.press(agent, "7*02")
    assert told(centre) == ["Started", "Paused"]
    centre.press(agent, "*02")
    assert told(centre) == ["Started", "Paused"], "it is paused"
    centre.press(agent, "*0")
    centre.wait(4)
    centre.press(agent, "3")
    assert told(centre) == ["Started", "Paused"], "those keys do not belong together"
    centre.press(agent, "*03")
    assert told(centre) == ["Started", "Paused", "Resumed"]
    assert [f.by for f in centre.of(RecordingPaused)] == ["agent:press/wang"]


def test_the_callers_keys_pause_nothing() -> None:
    centre = recording(ALWAYS)
    centre.press(centre.talking(), "*02")
    assert told(centre) == ["Started"]


def test_a_tenants_own_keys() -> None:
    centre = recording(f"{ALWAYS}\ncodes: {{'##': talk.record_pause, '*03': null}}")
    agent = centre.session(centre.talking()).agent_leg
    centre.press(agent, "*03##")
    assert told(centre) == ["Started", "Paused"]
    centre.press(agent, "*03")
    assert told(centre) == ["Started", "Paused"]


def test_a_pause_by_the_control_api() -> None:
    centre = recording(ALWAYS)
    contact = centre.session(centre.talking()).contact
    centre.control.record(contact, "pause", who="token:crm")
    centre.wait(0)
    centre.control.record(contact, "resume", who="token:crm")
    centre.wait(0)
    assert told(centre) == ["Started", "Paused", "Resumed"]
    assert centre.of(RecordingResumed)[0].by == "token:crm"
    assert [f.command for f in centre.of(CommandGiven)][-2:] == ["recording_pause", "recording_resume"]


@pytest.mark.parametrize(
    ("rules", "before", "action", "why"),
    [
        ("on_demand", ["start"], "start", "is recorded already"),
        ("always", [], "start", "is recorded already"),
        ("always", ["pause"], "pause", "is paused already"),
        ("always", [], "resume", "is not paused"),
        ("always", ["pause", "resume"], "resume", "is not paused"),
    ],
)
def test_what_is_so_already_is_told(rules: str, before: list[str], action: str, why: str) -> None:
    centre = recording(f"recording: {{mode: {rules}, announced: false}}")
    contact = centre.session(centre.talking()).contact
    for one in before:
        centre.control.record(contact, one, who="token:crm")
        centre.wait(0)
    facts, sent = told(centre), len(centre.switch.sent)
    with pytest.raises(AsItIsError, match=why):
        centre.control.record(contact, action, who="token:crm")
    centre.wait(0)
    assert (told(centre), len(centre.switch.sent)) == (facts, sent)


def test_who_keys_in_a_pause_again_hears_again_that_it_is_paused() -> None:
    centre = recording(ALWAYS)
    agent = centre.session(centre.talking()).agent_leg
    centre.press(agent, "*02")
    centre.wait(5)
    centre.press(agent, "*02")
    assert centre.heard(agent).endswith("Recording is paused.")


# --- on demand ---


def test_on_demand() -> None:
    centre = recording("recording: {mode: on_demand, announced: false}")
    leg = centre.talking()
    contact, agent = centre.session(leg).contact, centre.session(leg).agent_leg
    tape = centre.exchange.legs[leg].tape
    assert tape is not None
    assert (told(centre), tape.paused) == ([], True)
    with pytest.raises(ConflictError, match="was not started"):
        centre.control.record(contact, "pause", who="anna")
    centre.press(agent, "*01")
    assert (told(centre), tape.paused) == (["Started"], False)
    assert (centre.of(RecordingStarted)[0].why, centre.of(RecordingStarted)[0].by) == ("on_demand", "agent:press/wang")
    centre.leave(leg)
    centre.wait(1)
    assert [recording.on_demand for recording, _ in centre.shelf.asked] == [True]


def test_what_was_demanded_is_stopped_and_becomes_a_file_at_once() -> None:
    centre = recording("recording: {mode: on_demand, announced: false}")
    leg = centre.talking()
    agent = centre.session(leg).agent_leg
    may_stop = []
    for code in ("*04", "*01", "*02", "*04", "*01"):
        centre.press(agent, code)
        centre.wait(1)
        may_stop.append(centre.control.calls()[0].may_stop_recording)
    assert may_stop == [False, True, True, False, False]
    centre.shelf.make()
    assert told(centre) == ["Started", "Paused", "Finished"]
    assert centre.stage(leg) == "talking"
    said = [what for heard in centre.said(agent) for what in heard.split("+") if what.startswith(("Rec", "That"))]
    assert [what for what, before in zip(said, ["", *said], strict=False) if what != before] == [
        "That is not possible now.",
        "Recording has begun.",
        "Recording is paused.",
        "Recording has ended.",
        "That is not possible now.",
    ]
    with pytest.raises(ConflictError, match="has ended"):  # the queue does record on demand
        centre.control.record(centre.session(leg).contact, "start", who="anna")


def test_what_is_always_recorded_is_not_stopped() -> None:
    centre = recording(ALWAYS)
    agent = centre.session(centre.talking()).agent_leg
    centre.wait(1)
    assert [(call.recording, call.may_stop_recording) for call in centre.control.calls()] == [("on", False)]
    centre.press(agent, "*04")
    centre.wait(5)
    assert told(centre) == ["Started"]


def test_what_nobody_demanded_is_discarded() -> None:
    centre = recording("recording: {mode: on_demand, announced: false}")
    leg = centre.talking()
    name = f"{centre.session(leg).contact}-1"
    centre.leave(leg)
    centre.wait(5)
    assert (told(centre), centre.shelf.asked, centre.shelf.discarded) == ([], [], [name])
    assert centre.stored("recording") == {}


# --- what goes wrong ---


def test_the_next_conversation_has_a_recording_of_its_own() -> None:
    texts = {"tenants/press/flows/main.yaml": "steps: [{queue: {name: orders, after: [{queue: orders}]}}]\n"}
    tenant = "tenants/press/tenant.yaml"
    centre = Centre({**TEXTS, **texts, tenant: TEXTS[tenant] + ALWAYS + "\n"})
    centre.ready()
    leg = centre.call()
    contact = centre.session(leg).contact
    for _ in range(2):
        centre.pick_up()
        centre.put_down()
        centre.wait(6)
    centre.shelf.make()
    assert [f.recording for f in centre.of(RecordingStarted)] == [f"{contact}-1", f"{contact}-2"]
    assert [f.recording for f in centre.of(RecordingFinished)] == [f"{contact}-1", f"{contact}-2"]


def test_vcc_dies_in_the_conversation_and_the_recording_goes_on() -> None:
    centre = recording(ALWAYS)
    leg = centre.talking()
    centre.press(centre.session(leg).agent_leg, "*02")
    tape = centre.exchange.legs[leg].tape
    centre.restart()
    assert centre.exchange.legs[leg].tape is tape
    assert tape is not None
    told_again = [c for c in centre.switch.sent if isinstance(c, StartRecording | PauseRecording)]
    assert told_again == [StartRecording(leg=leg, file=tape.file, again=True), PauseRecording(leg=leg, on=True)]
    assert (centre.stage(leg), tape.paused, told(centre)) == ("talking", True, ["Started", "Paused"])
    centre.press(centre.session(leg).agent_leg, "*03")
    centre.put_down()
    centre.wait(1)
    centre.shelf.make()
    assert told(centre) == ["Started", "Paused", "Resumed", "Finished"]


@pytest.mark.parametrize("who", ["agent", "caller"])
def test_the_conversation_ends_while_vcc_is_away(who: str) -> None:
    centre = recording(ALWAYS)
    leg = centre.talking()
    centre.crash()
    if who == "agent":
        centre.exchange.agent_hangs_up("p1")
    else:
        centre.exchange.hang_up(leg)
    centre.start()
    centre.wait(5)
    assert len(centre.shelf.asked) == 1
    centre.shelf.make()
    assert told(centre) == ["Started", "Finished"]


def test_vcc_dies_before_the_file_is_there() -> None:
    centre = recording(ALWAYS)
    centre.leave(centre.talking())
    centre.wait(1)
    assert len(centre.shelf.asked) == 1
    centre.shelf.asked.clear()
    centre.restart()
    centre.wait(1)
    centre.shelf.make()
    assert told(centre) == ["Started", "Finished"]
    centre.wait(3)
    assert centre.stored("recording") == {}


def test_a_file_that_cannot_be_written_is_tried_again() -> None:
    centre = recording(ALWAYS)
    centre.leave(centre.talking())
    centre.wait(1)
    centre.shelf.make("No space left on device")
    assert told(centre) == ["Started"]
    centre.wait(RETRY_S)
    centre.shelf.make()
    assert told(centre) == ["Started", "Finished"]


def test_one_that_never_can_be_written_is_told_and_what_there_is_stays() -> None:
    centre = recording(ALWAYS)
    centre.leave(centre.talking())
    for _ in range(ATTEMPTS + 1):
        centre.wait(RETRY_S)
        centre.shelf.make("No space left on device")
    (finished,) = centre.of(RecordingFinished)
    assert (finished.problem, finished.file) == ("No space left on device", "")
    centre.wait(3)
    assert (centre.shelf.discarded, centre.stored("recording")) == ([], {})


def test_a_switch_that_says_nothing_of_the_end_is_not_waited_for() -> None:
    centre = recording(ALWAYS)
    leg = centre.talking()
    centre.exchange.legs[leg].tape = None
    centre.put_down()
    centre.wait(2)
    assert not centre.shelf.asked
    centre.wait(2)
    assert len(centre.shelf.asked) == 1


def test_one_that_the_switch_refuses_leaves_nothing_behind() -> None:
    centre = recording(ALWAYS)
    centre.ready()
    leg = centre.waiting()
    centre.switch.send(StartRecording(leg=leg, file="/elsewhere.raw"))
    centre.pick_up()
    assert centre.stage(leg) == "talking"
    centre.leave(leg)
    centre.wait(5)
    assert centre.stored("recording") == {}
