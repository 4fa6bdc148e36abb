"""Recordings where the switch refuses, falls silent, or the wires are gone; what a real switch does too seldom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from telephony.asterisk import translate
from telephony.port import (
    Bridge,
    CommandFailed,
    LegHungUp,
    LegsBridged,
    LegsParted,
    NodeDown,
    PauseRecording,
    RecordingEnded,
    RecordingMuted,
    StartRecording,
    StopRecording,
)
from tests.unit.telephony.asterisk.peers import AgiPeer, AmiPeer, event, frame
from tests.unit.telephony.asterisk.test_adapter import AGENT, AGENT_CHANNEL, CALLER, Lab

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

FILE = "/var/vcc/c1-1.raw"
START = f'EXEC MixMonitor "{FILE},bD"'
GO_ON = f'EXEC MixMonitor "{FILE},abD"'


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with AmiPeer() as ami:
        lab = Lab(ami)
        await lab.start()
        yield lab
        await lab.close()


async def refuse(peer: AmiPeer, action: dict[str, str]) -> None:
    peer.send(frame(Response="Error", ActionID=action["ActionID"], Message="No such channel"))


async def recorded(lab: Lab, *, paused: bool = False) -> AgiPeer:
    """A caller who is being recorded."""
    caller = await lab.arrived()
    lab.switch.send(StartRecording(leg=CALLER, file=FILE, paused=paused))
    await caller.command(START)
    return caller


async def test_without_its_mute_a_recording_that_begins_silent_does_not_begin(lab: Lab) -> None:
    lab.ami.answers["MixMonitorMute"] = refuse
    caller = await recorded(lab, paused=True)
    await caller.command("EXEC StopMixMonitor")
    assert "No such channel" in (await lab.until(CommandFailed, command="StartRecording")).detail
    await lab.until(RecordingEnded, leg=CALLER, file=FILE)
    assert not lab.of(RecordingMuted)


async def test_a_pause_that_the_switch_refuses(lab: Lab) -> None:
    lab.ami.answers["MixMonitorMute"] = refuse
    await recorded(lab)
    lab.switch.send(PauseRecording(leg=CALLER, on=True))
    await lab.until(CommandFailed, leg=CALLER, command="PauseRecording")
    assert not lab.of(RecordingMuted)


async def test_without_the_managers_wire_no_pause_but_an_end(lab: Lab) -> None:
    caller = await recorded(lab)
    await lab.ami.stop()
    await lab.until(NodeDown)
    lab.switch.send(PauseRecording(leg=CALLER, on=True))
    await lab.until(CommandFailed, leg=CALLER, command="PauseRecording")
    lab.switch.send(StopRecording(leg=CALLER))
    await caller.command("EXEC StopMixMonitor")
    await lab.until(RecordingEnded, leg=CALLER, file=FILE)


async def test_no_mixmonitor_in_the_switch(lab: Lab) -> None:
    caller = await lab.arrived()
    lab.switch.send(StartRecording(leg=CALLER, file=FILE))
    await caller.command(START, "200 result=-2")
    assert "app_mixmonitor" in (await lab.until(CommandFailed, command="StartRecording")).detail


async def test_the_next_partner_is_heard_with_a_new_mixmonitor_and_the_pause_holds(lab: Lab) -> None:
    caller = await recorded(lab)
    await lab.answered()
    lab.switch.send(PauseRecording(leg=CALLER, on=True))
    await lab.until(RecordingMuted, on=True)
    for _ in range(2):
        lab.switch.send(Bridge(leg=CALLER, other=AGENT))
    await caller.command(f'EXEC Bridge "{AGENT_CHANNEL}"', None)
    for leg in (AGENT, CALLER):
        lab.ami.send(event("BridgeEnter", Uniqueid=leg, BridgeUniqueid="b1"))
    await lab.until(LegsBridged, leg=CALLER, other=AGENT)
    lab.ami.send(event("BridgeLeave", Uniqueid=CALLER, BridgeUniqueid="b1"))
    await lab.until(LegsParted, leg=CALLER)
    caller.write("200 result=0\n")
    await caller.command("EXEC StopMixMonitor")
    for line in ("EXEC PlayTones !0/1000", "WAIT FOR DIGIT 60", "EXEC StopPlayTones"):
        await caller.command(line)
    await caller.command(GO_ON)
    await lab.ami.action("MixMonitorMute", count=2, State="1")


async def test_the_end_of_the_leg_is_its_end_and_told_once(lab: Lab) -> None:
    await recorded(lab)
    lab.ami.send(event("Hangup", Uniqueid=CALLER, Cause="16"))
    await lab.until(LegHungUp, leg=CALLER)
    kinds = [type(fact) for fact in lab.facts if getattr(fact, "leg", "") == CALLER]
    assert kinds[-2:] == [RecordingEnded, LegHungUp]
    lab.switch.send(StopRecording(leg=CALLER))
    assert len(lab.of(RecordingEnded)) == 1


# --- silence

MESSAGE = f'EXEC MixMonitor "{FILE},D"'
SET = "TALK_DETECT(set)"


async def message(lab: Lab, silence_s: float = 0.2) -> AgiPeer:
    """A caller who leaves a message."""
    caller = await lab.arrived()
    lab.switch.send(StartRecording(leg=CALLER, file=FILE, alone=True, silence_s=silence_s))
    await caller.command(MESSAGE)
    return caller


async def test_what_is_said_and_no_more_ends_a_message(lab: Lab) -> None:
    await message(lab)
    assert (await lab.ami.action("Setvar", Variable=SET))["Value"] == "200"
    lab.ami.send(event("ChannelTalkingStart", Uniqueid=CALLER))
    lab.ami.send(event("ChannelTalkingStop", Uniqueid=CALLER, Duration="900"))
    ended = await lab.until(RecordingEnded, leg=CALLER, file=FILE)
    assert (ended.by_silence, ended.nothing_said) == (True, False)
    await lab.ami.action("StopMixMonitor")
    await lab.ami.action("Setvar", Variable="TALK_DETECT(remove)")
    lab.ami.send(event("ChannelTalkingStop", Uniqueid=CALLER))  # was on its way
    lab.switch.send(PauseRecording(leg=CALLER, on=True))
    await lab.until(CommandFailed, command="PauseRecording")
    assert len(lab.of(RecordingEnded)) == 1


async def test_who_says_nothing_has_ended_it_too(lab: Lab) -> None:
    await message(lab)
    ended = await lab.until(RecordingEnded, leg=CALLER, file=FILE)
    assert (ended.by_silence, ended.nothing_said) == (True, True)


async def test_what_is_said_while_it_is_being_stopped_counts(lab: Lab) -> None:
    async def says(peer: AmiPeer, action: dict[str, str]) -> None:
        peer.send(event("ChannelTalkingStart", Uniqueid=CALLER))
        peer.send(frame(Response="Success", ActionID=action["ActionID"]))

    lab.ami.answers["StopMixMonitor"] = says
    await message(lab)
    ended = await lab.until(RecordingEnded, leg=CALLER, file=FILE)
    assert (ended.by_silence, ended.nothing_said) == (True, False)


async def test_who_hangs_up_without_a_word(lab: Lab) -> None:
    await message(lab, silence_s=60)
    await lab.ami.action("Setvar", Variable=SET)
    lab.ami.send(event("Hangup", Uniqueid=CALLER, Cause="16"))
    ended = await lab.until(RecordingEnded, leg=CALLER, file=FILE)
    assert (ended.by_silence, ended.nothing_said) == (False, True)


async def test_without_talk_detection_it_ends_otherwise(lab: Lab) -> None:
    lab.ami.answers["Setvar"] = refuse
    await message(lab, silence_s=0.05)
    await lab.ami.action("Setvar", Variable=SET)
    for on in (True, False):  # the first is answered after the refusal
        lab.switch.send(PauseRecording(leg=CALLER, on=on))
        await lab.until(RecordingMuted, on=on)
        lab.ami.send(event("ChannelTalkingStop", Uniqueid=CALLER))
    assert not lab.of(RecordingEnded)
    lab.switch.send(StopRecording(leg=CALLER))
    ended = await lab.until(RecordingEnded, leg=CALLER, file=FILE)
    assert (ended.by_silence, ended.nothing_said) == (False, False)


async def test_what_was_not_heard_of_is_no_silence(lab: Lab) -> None:
    caller = await message(lab, silence_s=0.3)
    await lab.ami.action("Setvar", Variable=SET)
    await lab.ami.stop()
    await lab.until(NodeDown)
    lab.switch.send(StopRecording(leg=CALLER))
    await caller.command("EXEC StopMixMonitor")
    ended = await lab.until(RecordingEnded, leg=CALLER, file=FILE)
    assert (ended.by_silence, ended.nothing_said) == (False, False)


@pytest.mark.parametrize(
    "file", ["a.raw", "/a.wav", "/a,b.raw", "/${SHELL(x)}.raw", "/a|b.raw", "/a(b).raw", '/a"b.raw', "/a\nb.raw"]
)
def test_what_the_dial_plan_would_read_as_something_else_is_no_file(file: str) -> None:
    with pytest.raises(ValueError, match=r"no absolute path|control character"):
        translate.record(file)


def test_a_folder_with_blanks_and_other_letters_will_do() -> None:
    assert translate.record("/srv/录音 1/a.raw") == 'EXEC MixMonitor "/srv/录音 1/a.raw,bD"'
