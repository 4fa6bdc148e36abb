"""Calls on the real Asterisk: from the arrival to the last fact, in every order that calls end in."""

import asyncio

import pytest

from telephony.port import (
    Answer,
    Bridge,
    CallArrived,
    Cause,
    CommandFailed,
    DigitPressed,
    HangUp,
    LegAnswered,
    LegHungUp,
    LegRinging,
    LegsBridged,
    LegsParted,
    Music,
    Play,
    PlayEnded,
    Reject,
    StopPlaying,
    ToFallback,
)
from tests.integration.asterisk.conftest import Rig, ring
from tests.integration.asterisk.rig import BUSY_NUMBER, CALLER, FALLBACK_HZ, MUSIC_HZ, NUMBER, PROMPT_HZ
from tests.lab.phone.states import EndedBy

pytestmark = pytest.mark.asterisk


async def test_a_call_arrives_with_what_the_caller_claims(rig: Rig) -> None:
    caller = await rig.caller()
    call = await caller.dial("010" + NUMBER, caller_name="王 Event: Newexten", headers={"X-Test": 'a,b;c "d" ${X}'})
    fact = await rig.facts.until(CallArrived)
    assert (fact.trunk, fact.phone, fact.dialled, fact.again) == ("carrier", "", "010" + NUMBER, False)
    assert (fact.caller, fact.caller_name) == (CALLER, "王 Event: Newexten")
    assert fact.headers == {"x-test": 'a,b;c "d" ${X}'}
    rig.send(Reject(leg=fact.leg, cause=Cause.BUSY))
    assert await call.refused() == 486


@pytest.mark.parametrize(
    ("cause", "status"),
    [
        (Cause.BUSY, 486),
        (Cause.UNAVAILABLE, 503),
        (Cause.NOT_FOUND, 404),
        (Cause.REFUSED, 403),
        (Cause.NO_ANSWER, 480),
        (Cause.FAILED, 503),
    ],
)
async def test_a_refused_caller_is_told_why(rig: Rig, cause: Cause, status: int) -> None:
    call, leg = await rig.arrived()
    rig.send(Reject(leg=leg, cause=cause))
    assert await call.refused() == status
    await rig.facts.until(LegHungUp, leg=leg)
    assert not rig.facts.of(CommandFailed)


async def test_a_phone_that_calls_is_known_by_its_account(rig: Rig) -> None:
    phone = await rig.phone("lin")
    call = await phone.dial("*71", caller_name="not lin")
    fact = await rig.facts.until(CallArrived)
    assert (fact.phone, fact.trunk, fact.dialled) == ("lin", "", "*71")
    rig.send(Reject(leg=fact.leg, cause=Cause.NOT_FOUND))
    assert await call.refused() == 404


async def test_the_caller_gives_up_before_the_answer(rig: Rig) -> None:
    call, leg = await rig.arrived()
    await call.hang_up()
    fact = await rig.facts.until(LegHungUp, leg=leg)
    assert fact.cause is Cause.NORMAL
    rig.send(Answer(leg=leg))
    rig.send(HangUp(leg=leg))
    await rig.pbx.no_channels()
    other, other_leg = await rig.answered()  # whatever the two would have led to is told by now
    assert [f for f in rig.facts.all if getattr(f, "leg", "") == leg][-1] == fact
    await other.hang_up()
    await rig.facts.until(LegHungUp, leg=other_leg)


async def test_a_sound_is_heard_whole_and_its_end_is_told(rig: Rig) -> None:
    call, leg = await rig.answered()
    short = rig.pbx.sound("short")
    rig.send(Play(leg=leg, play="p1", sounds=(str(short), str(short))))
    await call.hears(short, within=5)
    assert (await rig.facts.until(PlayEnded, play="p1")).completed


async def test_sounds_and_music_before_the_answer(rig: Rig) -> None:
    call, leg = await rig.arrived()
    rig.send(Play(leg=leg, play="p1", sounds=(str(rig.pbx.sound("long")),)))
    await call.hears_tone(PROMPT_HZ, within=5)
    assert not call.answered_at
    rig.send(StopPlaying(leg=leg))
    assert not (await rig.facts.until(PlayEnded, play="p1")).completed
    rig.send(Music(leg=leg, music="press/main"))
    await call.hears_tone(MUSIC_HZ, within=5)
    rig.send(Reject(leg=leg, cause=Cause.BUSY))
    assert await call.refused() == 486


async def test_a_missing_sound_is_told_as_not_completed(rig: Rig) -> None:
    _, leg = await rig.answered()
    rig.send(Play(leg=leg, play="p1", sounds=("/nowhere/sound.wav", str(rig.pbx.sound("long")))))
    assert not (await rig.facts.until(PlayEnded, play="p1")).completed


async def test_a_stop_key_ends_all_files_and_is_told_once(rig: Rig) -> None:
    call, leg = await rig.answered()
    long = str(rig.pbx.sound("long"))
    rig.send(Play(leg=leg, play="p1", sounds=(long, long), stop_keys="12"))
    await call.hears_tone(PROMPT_HZ, within=5)
    await call.dtmf("5")
    await rig.facts.until(DigitPressed, digit="5")
    assert not rig.facts.of(PlayEnded)
    await call.dtmf("2")
    await rig.facts.until(DigitPressed, digit="2")
    assert not (await rig.facts.until(PlayEnded, play="p1")).completed
    assert [fact.digit for fact in rig.facts.of(DigitPressed)] == ["5", "2"]


@pytest.mark.parametrize(("duration_ms", "gap_ms"), [(100, 20), (60, 20), (40, 20), (40, 60)])
async def test_keys_in_quick_succession_are_told_once_and_cut_off_nothing(
    rig: Rig, duration_ms: int, gap_ms: int
) -> None:
    """Asterisk keeps a key that follows another within 45 ms, and tells it again; the channel sees it later still."""
    call, leg = await rig.answered()
    keys = "8123345667"
    await call.dtmf(keys, duration_ms=duration_ms, gap_ms=gap_ms)
    await rig.facts.until(DigitPressed, digit="7")
    sound = str(rig.pbx.sound("short"))
    rig.send(Play(leg=leg, play="answer", sounds=(sound, sound, sound, sound), stop_keys="0123456789"))
    assert (await rig.facts.until(PlayEnded, play="answer", within=6)).completed
    assert "".join(fact.digit for fact in rig.facts.of(DigitPressed)) == keys


async def test_keys_are_told_in_silence_in_music_and_in_a_conversation(rig: Rig) -> None:
    phone = await rig.phone("lin")
    call, leg = await rig.answered()
    await call.dtmf("1")
    rig.send(Music(leg=leg, music="press/main"))
    await call.hears_tone(MUSIC_HZ, within=5)
    await call.dtmf("*")
    await call.hears_tone(MUSIC_HZ, within=5)
    agent = await rig.talking(phone, leg, "vcc-keys-1")
    await call.dtmf("#")
    await rig.facts.until(DigitPressed, leg=leg, digit="#")  # two legs' keys have no order of their own
    await agent.dtmf("9")
    await rig.facts.until(DigitPressed, leg="vcc-keys-1", digit="9")
    assert [(f.leg, f.digit) for f in rig.facts.of(DigitPressed)] == [
        (leg, "1"),
        (leg, "*"),
        (leg, "#"),
        ("vcc-keys-1", "9"),
    ]


async def test_stopping_ends_what_plays_and_what_waits_to_play(rig: Rig) -> None:
    call, leg = await rig.answered()
    long, short = str(rig.pbx.sound("long")), str(rig.pbx.sound("short"))
    rig.send(Play(leg=leg, play="p1", sounds=(long,)))
    rig.send(Play(leg=leg, play="p2", sounds=(long,)))
    await call.hears_tone(PROMPT_HZ, within=5)
    rig.send(StopPlaying(leg=leg))
    rig.send(Play(leg=leg, play="p3", sounds=(short,)))
    assert (await rig.facts.until(PlayEnded, play="p3")).completed
    assert {fact.play: fact.completed for fact in rig.facts.of(PlayEnded)} == {"p1": False, "p2": False, "p3": True}


async def test_stopping_at_the_very_end_of_a_file_keeps_the_order_of_replies(rig: Rig) -> None:
    _, leg = await rig.answered()
    short = str(rig.pbx.sound("short"))
    for turn in range(20):
        rig.send(Play(leg=leg, play=f"p{turn}", sounds=(short,)))
        await asyncio.sleep(0.390 + turn * 0.001)  # around the file's end: the race itself is what is tried
        rig.send(StopPlaying(leg=leg))
        await rig.facts.until(PlayEnded, play=f"p{turn}")
    rig.send(Play(leg=leg, play="last", sounds=(short,)))
    assert (await rig.facts.until(PlayEnded, play="last")).completed


async def test_music_until_silence(rig: Rig) -> None:
    call, leg = await rig.answered()
    rig.send(Music(leg=leg, music="press/main"))
    await call.hears_tone(MUSIC_HZ, within=5)
    rig.send(Music(leg=leg, music=""))
    rig.send(Play(leg=leg, play="p", sounds=(str(rig.pbx.sound("short")),)))
    await rig.facts.until(PlayEnded, play="p")
    await call.hears(rig.pbx.sound("short"), within=5)
    await asyncio.sleep(0.5)  # if the music went on, it would be heard by then
    assert call.tone_heard(MUSIC_HZ, 0.3) < 0.1


async def test_the_agent_leaves_and_the_caller_is_free_again(rig: Rig) -> None:
    phone = await rig.phone("lin")
    call, leg = await rig.answered()
    rig.send(Music(leg=leg, music="press/main"))
    agent = await rig.talking(phone, leg, "vcc-a-1")
    assert agent.caller.user == "98668"
    assert agent.caller.display == "王先生"
    call.send_tone(900)
    agent.send_tone(1300)
    await agent.hears_tone(900, within=5)
    await call.hears_tone(1300, within=5)
    await agent.hang_up()
    await rig.facts.until(LegsParted, leg=leg, other="vcc-a-1")
    fact = await rig.facts.until(LegHungUp, leg="vcc-a-1")
    assert fact.cause is Cause.NORMAL
    rig.send(Play(leg=leg, play="after", sounds=(str(rig.pbx.sound("short")),)))
    await call.hears(rig.pbx.sound("short"), within=5)
    rig.send(HangUp(leg=leg))
    assert await call.ended() is EndedBy.THEM
    await rig.facts.until(LegHungUp, leg=leg)
    kinds = [type(f) for f in rig.facts.all if getattr(f, "leg", "") in {leg, "vcc-a-1"}]
    assert kinds == [
        CallArrived,
        LegRinging,
        LegAnswered,
        LegsBridged,
        LegsParted,
        LegHungUp,
        PlayEnded,
        LegHungUp,
    ]


async def test_the_caller_leaves_and_the_agents_leg_comes_back_under_control(rig: Rig) -> None:
    phone = await rig.phone("lin")
    call, leg = await rig.answered()
    agent = await rig.talking(phone, leg, "vcc-b-1")
    await call.hang_up()
    await rig.facts.until(LegsParted, leg=leg, other="vcc-b-1")
    await rig.facts.until(LegHungUp, leg=leg)
    rig.send(Play(leg="vcc-b-1", play="bye", sounds=(str(rig.pbx.sound("long")),)))
    await agent.hears_tone(PROMPT_HZ, within=3)
    rig.send(HangUp(leg="vcc-b-1"))
    assert await agent.ended() is EndedBy.THEM
    await rig.facts.until(LegHungUp, leg="vcc-b-1")
    assert len(rig.facts.of(LegAnswered)) == 1


async def test_a_caller_talks_with_one_agent_after_the_other(rig: Rig) -> None:
    lin, wang = await rig.phone("lin"), await rig.phone("wang")
    call, leg = await rig.answered()
    first = await rig.talking(lin, leg, "vcc-c-1")
    await first.hang_up()
    await rig.facts.until(LegsParted, other="vcc-c-1")
    rig.send(ring("vcc-c-2", phone="wang"))
    second = await wang.incoming()
    await second.answer()
    await rig.facts.until(LegAnswered, leg="vcc-c-2")
    rig.send(Bridge(leg=leg, other="vcc-c-2"))
    await rig.facts.until(LegsBridged, leg=leg, other="vcc-c-2")
    call.send_tone(900)
    await second.hears_tone(900, within=5)
    rig.send(HangUp(leg=leg))
    await rig.facts.until(LegsParted, other="vcc-c-2")
    rig.send(HangUp(leg="vcc-c-2"))
    await rig.facts.until(LegHungUp, leg="vcc-c-2")


async def test_a_bridge_with_nobody_fails_and_the_caller_stays_under_control(rig: Rig) -> None:
    call, leg = await rig.answered()
    rig.send(Bridge(leg=leg, other="vcc-nobody-1"))
    fact = await rig.facts.until(CommandFailed, leg=leg)
    assert fact.command == "Bridge"
    rig.send(Play(leg=leg, play="p", sounds=(str(rig.pbx.sound("short")),)))
    assert (await rig.facts.until(PlayEnded, play="p")).completed
    await call.hang_up()


async def test_the_fallback_speaks_and_ends_the_call(rig: Rig) -> None:
    call, leg = await rig.answered()
    rig.send(Music(leg=leg, music="press/main"))
    rig.send(ToFallback(leg=leg))
    await call.hears_tone(FALLBACK_HZ, within=5)
    assert await call.ended() is EndedBy.THEM
    await rig.facts.until(LegHungUp, leg=leg)


async def test_the_fallback_of_a_number_without_one_is_busy(rig: Rig) -> None:
    call, leg = await rig.arrived(BUSY_NUMBER)
    rig.send(ToFallback(leg=leg))
    assert await call.refused() == 486


async def test_hanging_up_while_a_sound_plays(rig: Rig) -> None:
    call, leg = await rig.answered()
    rig.send(Play(leg=leg, play="p", sounds=(str(rig.pbx.sound("long")),)))
    await call.hears_tone(PROMPT_HZ, within=5)
    rig.send(HangUp(leg=leg))
    assert await call.ended() is EndedBy.THEM
    await rig.facts.until(LegHungUp, leg=leg)
    assert isinstance([f for f in rig.facts.all if getattr(f, "leg", "") == leg][-1], LegHungUp)
    assert not rig.facts.of(PlayEnded, play="p")[0].completed


@pytest.mark.parametrize(
    ("uri", "dialled"),
    [
        (f"tel:{NUMBER}", NUMBER),
        (f"tel:+86{NUMBER}", f"+86{NUMBER}"),
        (f"tel:{NUMBER};phone-context=+8610", NUMBER),
        ("tel:+86-986-68;x=y", "+86-986-68"),
    ],
)
async def test_a_tel_uri_is_its_number(rig: Rig, uri: str, dialled: str) -> None:
    """RFC 3966, as some carriers write the request URI."""
    await rig.arrived(uri)
    assert rig.facts.of(CallArrived)[0].dialled == dialled
