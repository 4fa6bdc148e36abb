"""Recordings: who is in which channel, what is left out, and what they outlive."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from telephony.port import (
    RECORDED_AFTER_S,
    Bridge,
    CallArrived,
    CommandFailed,
    LegsBridged,
    LegsParted,
    Music,
    NodeUp,
    PauseRecording,
    Play,
    RecordingEnded,
    RecordingMuted,
    StartRecording,
    StopPlaying,
    StopRecording,
)
from tests.contract.switch.driver import LIN, MUSIC, WANG
from tests.lab.stereo import QUIET, Stereo

if TYPE_CHECKING:
    from tests.contract.switch.driver import Callee, Lab, Person

CALLER_HZ, LIN_HZ, WANG_HZ = 700, 1_100, 1_700
A, B = "vcc-a-1", "vcc-a-2"
#: How long each part of a recording lasts, in seconds. Where its length is looked at it is counted in what was heard: a
#: machine that is busy lets the phones send less than the time that goes by.
PART_S = 0.8
#: After how long a silence a message ends.
SILENCE_S = 1.5
_names = (f"recording-{n}.raw" for n in count())


async def recorded_talk(lab: Lab, *, paused: bool = False) -> tuple[Person, str, Callee, str]:
    """A caller and Lin, who both say something: caller, the caller's leg, agent, the file."""
    await lab.phones(LIN)
    caller, leg = await lab.answered()
    agent = await lab.agent(LIN, A, for_leg=leg)
    file = lab.recording(next(_names))
    lab.send(StartRecording(leg=leg, file=file, paused=paused), Bridge(leg=leg, other=A))
    await lab.fact(LegsBridged, leg=leg, other=A)
    await caller.says(CALLER_HZ)
    await agent.says(LIN_HZ)
    return caller, leg, agent, file


async def read(lab: Lab, leg: str, file: str) -> Stereo:
    """The recording, when it is over."""
    await lab.fact(RecordingEnded, leg=leg, file=file)
    await lab.wait(RECORDED_AFTER_S)
    return Stereo(Path(file).read_bytes())


async def test_the_caller_is_left_and_the_agent_right(lab: Lab) -> None:
    caller, leg, agent, file = await recorded_talk(lab)
    await agent.hears_on(PART_S)
    await caller.hang_up()
    await lab.gone(leg)
    assert lab.about(leg)[-2:] == ["RecordingEnded", "LegHungUp"]
    sound = await read(lab, leg, file)
    assert sound.seconds >= PART_S - 0.3
    assert sound.left(CALLER_HZ) > 0.5
    assert sound.left(LIN_HZ) < 0.05
    assert sound.right(LIN_HZ) > 0.5
    assert sound.right(CALLER_HZ) < 0.05


async def test_who_is_alone_is_recorded_until_it_is_stopped(lab: Lab) -> None:
    caller, leg = await lab.answered()
    file = lab.recording(next(_names))
    await caller.says(CALLER_HZ)
    lab.send(StartRecording(leg=leg, file=file, alone=True))
    await lab.wait(3 * PART_S)
    lab.send(StopRecording(leg=leg))
    sound = await read(lab, leg, file)
    assert sound.seconds >= PART_S
    assert sound.left(CALLER_HZ) > 0.5
    assert sound.right(CALLER_HZ) < 0.05
    await caller.hang_up()
    await lab.gone(leg)


async def message(lab: Lab, *, silence_s: float) -> tuple[Person, str, str]:
    """A caller who leaves a message, and has not said anything yet: caller, leg, file."""
    caller, leg = await lab.answered()
    file = lab.recording(next(_names))
    lab.send(StartRecording(leg=leg, file=file, alone=True, silence_s=silence_s))
    return caller, leg, file


async def test_a_message_ends_when_nothing_more_is_said(lab: Lab) -> None:
    caller, leg, file = await message(lab, silence_s=SILENCE_S)
    for _ in range(3):  # for longer than the silence in all, and with pauses
        await caller.says(CALLER_HZ)
        await lab.wait(PART_S)
        await caller.says(0)
        await lab.wait(SILENCE_S / 3)
    assert not lab.of(RecordingEnded)
    ended = await lab.fact(RecordingEnded, leg=leg, file=file)
    assert (ended.by_silence, ended.nothing_said) == (True, False)
    sound = await read(lab, leg, file)
    assert sound.piece(0.3, 0.6).left(CALLER_HZ) > 0.9
    assert sound.seconds > 2 * PART_S + SILENCE_S
    silence = sound.piece(sound.seconds - SILENCE_S * 0.7, sound.seconds - 0.1)  # it is in there
    assert silence.peak < QUIET
    await caller.hang_up()
    await lab.gone(leg)
    assert len(lab.of(RecordingEnded)) == 1


async def test_a_message_of_somebody_who_says_nothing_at_all_ends_too(lab: Lab) -> None:
    caller, leg, file = await message(lab, silence_s=SILENCE_S)
    ended = await lab.fact(RecordingEnded, leg=leg, file=file)
    assert (ended.by_silence, ended.nothing_said) == (True, True)
    await caller.hang_up()


async def test_a_message_that_may_end_by_silence_ends_otherwise_before(lab: Lab) -> None:
    caller, leg, file = await message(lab, silence_s=20.0)
    await caller.says(CALLER_HZ)
    await lab.wait(PART_S)
    lab.send(StopRecording(leg=leg))
    stopped = await lab.fact(RecordingEnded, leg=leg, file=file)
    second = lab.recording(next(_names))
    lab.send(StartRecording(leg=leg, file=second, alone=True, silence_s=20.0))
    await lab.wait(PART_S)
    await caller.hang_up()
    hung_up = await lab.fact(RecordingEnded, leg=leg, file=second)
    assert [(ended.by_silence, ended.nothing_said) for ended in (stopped, hung_up)] == [(False, False)] * 2
    await lab.gone(leg)


async def test_the_silence_of_one_recording_ends_no_other(lab: Lab) -> None:
    caller, leg, file = await message(lab, silence_s=SILENCE_S)
    await lab.fact(RecordingEnded, leg=leg, file=file)
    second = lab.recording(next(_names))
    lab.send(StartRecording(leg=leg, file=second, alone=True))
    await caller.says(CALLER_HZ)
    await lab.wait(PART_S)
    await caller.says(0)
    await lab.wait(2 * SILENCE_S)
    lab.send(StopRecording(leg=leg))
    ended = await lab.fact(RecordingEnded, leg=leg, file=second)
    assert not ended.by_silence
    await caller.hang_up()


async def test_a_pause_is_silent_on_both_sides_and_keeps_its_time(lab: Lab) -> None:
    caller, leg, agent, file = await recorded_talk(lab)
    began = agent.heard_s
    await agent.hears_on(PART_S)
    lab.send(PauseRecording(leg=leg, on=True))
    await lab.fact(RecordingMuted, leg=leg, on=True)
    paused = agent.heard_s
    await agent.hears_on(PART_S)
    lab.send(PauseRecording(leg=leg, on=False))
    await lab.fact(RecordingMuted, leg=leg, on=False)
    pause_s = agent.heard_s - paused
    await agent.hears_on(PART_S)
    talk_s = agent.heard_s - began
    await caller.hang_up()
    sound = await read(lab, leg, file)
    begins, ends = sound.gap()
    assert pause_s - 0.2 < ends - begins < pause_s + 0.3
    for piece in (sound.piece(begins - 0.4, begins - 0.1), sound.piece(ends + 0.1, ends + 0.4)):
        assert piece.left(CALLER_HZ) > 0.9
        assert piece.right(LIN_HZ) > 0.9
    assert sound.piece(begins, ends).peak < QUIET
    assert sound.seconds >= talk_s - 0.3


async def test_one_that_begins_paused_has_nothing_before_it_is_wanted(lab: Lab) -> None:
    caller, leg, agent, file = await recorded_talk(lab, paused=True)
    await lab.fact(RecordingMuted, leg=leg, on=True)
    await agent.hears_on(PART_S)
    lab.send(PauseRecording(leg=leg, on=False))
    await lab.fact(RecordingMuted, leg=leg, on=False)
    await agent.hears_on(PART_S)
    await caller.hang_up()
    sound = await read(lab, leg, file)
    begins, ends = sound.gap()
    assert begins == 0
    assert ends > PART_S - 0.3
    assert sound.piece(ends + 0.1, ends + 0.4).left(CALLER_HZ) > 0.9


async def test_it_ends_when_told_and_the_talk_goes_on(lab: Lab) -> None:
    caller, leg, agent, file = await recorded_talk(lab)
    await agent.hears_on(PART_S)
    lab.send(StopRecording(leg=leg))
    sound = await read(lab, leg, file)
    assert sound.left(CALLER_HZ) > 0.5
    await caller.says(0)
    await agent.hears_person(caller)
    assert len(Path(file).read_bytes()) == len(sound.samples)
    lab.send(StopRecording(leg=leg))
    await caller.hang_up()
    await lab.gone(leg)
    assert len(lab.of(RecordingEnded)) == 1


async def test_one_that_is_told_to_stop_before_it_could_begin(lab: Lab) -> None:
    caller, leg = await lab.answered()
    file = lab.recording(next(_names))
    lab.send(
        Play(leg=leg, play="1", sounds=(lab.sound("long"),)),
        StartRecording(leg=leg, file=file),
        StopRecording(leg=leg),
        StopPlaying(leg=leg),
    )
    await lab.fact(RecordingEnded, leg=leg, file=file)
    lab.send(PauseRecording(leg=leg, on=True))
    await lab.fact(CommandFailed, leg=leg, command="PauseRecording")
    await caller.hang_up()


async def test_one_recording_for_one_agent_after_the_other_without_the_music_between(lab: Lab) -> None:
    await lab.phones(WANG)
    caller, leg, lin, file = await recorded_talk(lab)
    await lin.hears_on(PART_S)
    await lin.hang_up()
    await lab.fact(LegsParted, leg=leg, other=A)
    await lab.gone(A)
    lab.send(Music(leg=leg, music=MUSIC))
    await caller.hears_music()
    await lab.wait(PART_S)
    wang = await lab.agent(WANG, B, for_leg=leg)
    lab.send(Bridge(leg=leg, other=B))
    await lab.fact(LegsBridged, leg=leg, other=B)
    await wang.says(WANG_HZ)
    await wang.hears_on(PART_S)
    await caller.hang_up()
    sound = await read(lab, leg, file)
    assert len(lab.of(RecordingEnded)) == 1
    assert 2 * PART_S - 0.3 < sound.seconds < 2 * PART_S + 1.0
    assert sound.piece(0.2, 0.5).right(LIN_HZ) > 0.9
    assert sound.piece(sound.seconds - 0.5, sound.seconds - 0.2).right(WANG_HZ) > 0.9
    assert sound.piece(sound.seconds - 0.5, sound.seconds - 0.2).left(CALLER_HZ) > 0.9


async def test_it_outlives_vcc_and_its_end_is_told_to_the_next(lab: Lab) -> None:
    caller, leg, agent, file = await recorded_talk(lab)
    await agent.hears_on(PART_S)
    await lab.die()
    await agent.hears_on(PART_S)
    await lab.start_again()
    await lab.fact(NodeUp)
    lab.send(StartRecording(leg=leg, file=file, again=True), PauseRecording(leg=leg, on=True))
    await lab.fact(RecordingMuted, leg=leg, on=True)
    await agent.hears_on(PART_S / 2)
    await agent.hang_up()
    await lab.fact(CallArrived, leg=leg, again=True)
    lab.send(StopRecording(leg=leg))
    sound = await read(lab, leg, file)
    assert sound.seconds >= 2.5 * PART_S - 0.3
    assert sound.piece(0.2, 2 * PART_S - 0.3).left(CALLER_HZ) > 0.9
    assert sound.piece(sound.seconds - 0.3, sound.seconds - 0.1).peak < QUIET
    await caller.hang_up()


async def test_one_whose_leg_ends_while_vcc_is_cut_off_is_over_too(lab: Lab) -> None:
    caller, leg, agent, file = await recorded_talk(lab)
    await agent.hears_on(PART_S)
    await lab.cut()
    await caller.hang_up()
    await lab.mend()
    await lab.gone(leg)
    assert lab.about(leg)[-2:] == ["RecordingEnded", "LegHungUp"]
    assert (await read(lab, leg, file)).left(CALLER_HZ) > 0.5


async def test_what_cannot_be_done_is_told(lab: Lab) -> None:
    _, leg = await lab.answered()
    lab.send(PauseRecording(leg=leg, on=True))
    await lab.fact(CommandFailed, leg=leg, command="PauseRecording")
    file = lab.recording(next(_names))
    lab.send(StartRecording(leg=leg, file=file), StartRecording(leg=leg, file=file))
    await lab.fact(CommandFailed, leg=leg, command="StartRecording")
