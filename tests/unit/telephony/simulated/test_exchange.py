"""The world around the simulated switch: what people do, what they hear, and what happens while vcc is away.

What every switch promises is in tests/contract/switch; this is what only the simulated one has.
"""

from __future__ import annotations

import wave
from typing import TYPE_CHECKING

import pytest

from telephony.port import (
    Answer,
    Bridge,
    CallArrived,
    Cause,
    Command,
    DigitPressed,
    HangUp,
    LegHungUp,
    Music,
    NodeUp,
    Play,
    Ring,
    SwitchFact,
    ToFallback,
)
from telephony.simulated.adapter import SimulatedSwitch
from telephony.simulated.clock import VirtualClock
from telephony.simulated.exchange import DEFAULT_MUSIC, Exchange
from telephony.simulated.line import Hearing
from telephony.simulated.phones import Answers, Refuses, Rings
from telephony.simulated.sounds import Sounds

if TYPE_CHECKING:
    from pathlib import Path

T0 = 1_000.0


class Desk:
    """A switch, its clock, and what it told."""

    def __init__(self, exchange: Exchange | None = None, clock: VirtualClock | None = None) -> None:
        self.clock = clock or VirtualClock(T0)
        self.switch = SimulatedSwitch(node="sim", clock=self.clock, exchange=exchange)
        self.exchange = self.switch.exchange
        self.told: list[SwitchFact] = []

    async def start(self) -> Desk:
        await self.switch.start(self.told.append)
        self.clock.advance()
        return self

    def does(self, *commands: Command) -> None:
        for command in commands:
            self.switch.send(command)
        self.clock.advance()

    def kinds(self) -> list[str]:
        return [type(fact).__name__ for fact in self.told]

    def heard(self, leg: str) -> list[tuple[float, str, str]]:
        return [(round(h.at - T0, 3), str(h.hearing), h.what) for h in self.exchange.line(leg).heard]


async def desk() -> Desk:
    started = await Desk().start()
    started.exchange.sounds.give("/hello.wav", 2.0)
    started.exchange.sounds.give("/menu.wav", 3.0)
    return started


def ring(leg: str = "vcc-1", phone: str = "p1", timeout_s: float = 20.0) -> Ring:
    return Ring(leg=leg, phone=phone, timeout_s=timeout_s, shows_number="138", shows_name="Star", for_leg="sim-1")


async def test_a_call_with_everything_that_the_caller_heard() -> None:
    d = await desk()
    d.exchange.add_phone("p1", Answers(after_s=4.0, talks_s=30.0))
    leg = d.exchange.arrive("98668", "13800000000")
    d.does(Answer(leg=leg), Play(leg=leg, play="1", sounds=("/hello.wav", "/menu.wav"), stop_keys="1"))
    d.clock.advance(3.0)
    d.exchange.press(leg, "1")
    d.does(Music(leg=leg, music="star/main"), ring())
    d.clock.advance(4.1)
    d.does(Bridge(leg=leg, other="vcc-1"))
    d.clock.advance(30.0)
    d.does(HangUp(leg=leg))
    assert d.heard(leg) == [
        (0.0, "ringing", ""),
        (0.0, "nothing", ""),
        (0.0, "sound", "/hello.wav"),
        (2.0, "sound", "/menu.wav"),
        (3.0, "nothing", ""),
        (3.0, "music", "star/main"),
        (7.1, "talk", "vcc-1"),
        (37.1, "nothing", ""),
    ]
    line = d.exchange.line("vcc-1")
    assert (line.shown_number, line.shown_name, line.ended) == ("138", "Star", Cause.NORMAL)
    assert d.kinds()[-3:] == ["LegsParted", "LegHungUp", "LegHungUp"]
    assert not d.exchange.legs


async def test_facts_are_told_from_the_clock_never_from_inside_a_command() -> None:
    d = await desk()
    leg = d.exchange.arrive("98668")
    assert d.kinds() == ["NodeUp"]
    d.clock.advance()
    assert d.kinds() == ["NodeUp", "CallArrived"]
    d.switch.send(HangUp(leg=leg))
    assert d.kinds() == ["NodeUp", "CallArrived"]


async def test_a_phone_has_one_line() -> None:
    d = await desk()
    d.exchange.add_phone("p1", Answers(after_s=1.0))
    d.does(ring("vcc-1"), ring("vcc-2"))
    d.clock.advance(2.0)
    ended = [fact for fact in d.told if isinstance(fact, LegHungUp)]
    assert [(fact.leg, fact.cause) for fact in ended] == [("vcc-2", Cause.BUSY)]


async def test_a_test_can_pick_up_and_refuse_itself() -> None:
    d = await desk()
    d.exchange.add_phone("p1", Rings())
    d.exchange.add_phone("p2", Refuses(after_s=3.0))
    d.does(ring("vcc-1", "p1"), ring("vcc-2", "p2"))
    with pytest.raises(ValueError, match="does not ring"):
        d.exchange.pick_up("p1")
    d.clock.advance(1.0)
    d.exchange.pick_up("p1")
    d.clock.advance(5.0)
    assert d.kinds() == ["NodeUp", "PhoneStatus", "PhoneStatus", "LegRinging", "LegRinging", "LegAnswered", "LegHungUp"]
    d.does(ring("vcc-3", "p2"))
    d.clock.advance(0.1)
    d.exchange.refuse("p2")
    with pytest.raises(ValueError, match="no call"):
        d.exchange.agent_hangs_up("p2")
    d.exchange.agent_hangs_up("p1")


async def test_no_key_is_no_key() -> None:
    d = await desk()
    leg = d.exchange.arrive("98668")
    with pytest.raises(ValueError, match="'x' is not a key"):
        d.exchange.press(leg, "x")


async def test_a_phone_that_calls_is_engaged() -> None:
    d = await desk()
    d.exchange.add_phone("p1", Answers())
    leg = d.exchange.arrive("*11", phone="p1")
    d.does(ring("vcc-1", "p1"))
    d.clock.advance(1.0)
    assert any(isinstance(fact, LegHungUp) and fact.cause is Cause.BUSY for fact in d.told)
    arrived = next(fact for fact in d.told if isinstance(fact, CallArrived))
    assert (arrived.phone, arrived.trunk, arrived.leg) == ("p1", "", leg)


async def test_while_vcc_is_dead_callers_hear_music_and_come_back() -> None:
    d = await desk()
    leg = d.exchange.arrive("98668")
    unanswered = d.exchange.arrive("98667")
    d.does(Answer(leg=leg), Music(leg=leg, music="star/main"), Play(leg=leg, play="1", sounds=("/menu.wav",)))
    d.clock.advance(1.0)
    d.switch.crash()
    during = d.exchange.arrive("98668")
    d.exchange.press(leg, "5")
    d.clock.advance(5.0)
    assert d.kinds() == ["NodeUp", "CallArrived", "CallArrived"]
    assert [h.hearing for h in d.exchange.line(leg).heard][-2:] == [Hearing.NOTHING, Hearing.MUSIC]
    assert d.heard(leg)[-1] == (1.0, "music", DEFAULT_MUSIC)
    assert d.heard(unanswered)[-1][1] == "ringing"

    second = await Desk(d.exchange, d.clock).start()
    up = second.told[0]
    assert isinstance(up, NodeUp)
    assert [(s.leg, s.up, s.controlled) for s in up.legs] == [(leg, True, False), (unanswered, False, False)]
    arrived = [(fact.leg, fact.again) for fact in second.told if isinstance(fact, CallArrived)]
    assert arrived == [(leg, True), (unanswered, True), (during, False)]
    assert not any(isinstance(fact, DigitPressed) for fact in second.told), "keys pressed meanwhile are lost"
    assert d.kinds() == ["NodeUp", "CallArrived", "CallArrived"], "the dead one hears nothing"


async def test_vcc_that_stays_away_leaves_callers_to_the_fallback() -> None:
    d = await desk()
    leg = d.exchange.arrive("98668")
    d.does(Answer(leg=leg))
    d.switch.crash()
    d.clock.advance(29.9)
    assert d.heard(leg)[-1][1] == "music"
    d.clock.advance(0.2)
    assert d.heard(leg)[-1] == (30.0, "fallback", "98668")
    second = await Desk(d.exchange, d.clock).start()
    assert [fact for fact in second.told if isinstance(fact, CallArrived)] == []
    d.clock.advance(5.0)
    assert isinstance(second.told[-1], LegHungUp)


async def test_the_fallback_by_command_ends_the_call() -> None:
    d = await desk()
    leg = d.exchange.arrive("98668")
    d.does(ToFallback(leg=leg))
    assert d.heard(leg)[-1] == (0.0, "fallback", "98668")
    d.does(Answer(leg=leg), Music(leg=leg, music="x"))
    d.clock.advance(10.0)
    assert d.heard(leg)[-1] == (3.0, "nothing", "")
    assert isinstance(d.told[-1], LegHungUp)


async def test_an_agents_leg_that_nobody_wants_any_more_ends_by_itself() -> None:
    d = await desk()
    d.exchange.add_phone("p1", Answers(after_s=1.0))
    d.does(ring())
    d.switch.crash()
    d.clock.advance(1.1)
    assert d.exchange.line("vcc-1").answered_at is not None
    d.clock.advance(30.0)
    assert d.exchange.line("vcc-1").ended is Cause.NORMAL


async def test_a_talk_goes_on_without_vcc_and_what_happens_later_is_told_to_the_next() -> None:
    d = await desk()
    d.exchange.add_phone("p1", Answers(after_s=1.0))
    leg = d.exchange.arrive("98668")
    d.does(Answer(leg=leg), ring())
    d.clock.advance(2.0)
    d.does(Bridge(leg=leg, other="vcc-1"))
    d.switch.crash()
    d.clock.advance(100.0)
    assert d.heard(leg)[-1][1] == "talk"
    second = await Desk(d.exchange, d.clock).start()
    up = second.told[0]
    assert isinstance(up, NodeUp)
    assert [(s.leg, s.bridged_with) for s in up.legs] == [(leg, ("vcc-1",)), ("vcc-1", (leg,))]
    d.exchange.agent_hangs_up("p1")
    d.clock.advance()
    assert second.kinds()[-3:] == ["LegsParted", "LegHungUp", "CallArrived"]
    last = second.told[-1]
    assert isinstance(last, CallArrived)
    assert last.again


async def test_a_switch_that_breaks_down_has_no_legs_when_it_is_back() -> None:
    d = await desk()
    leg = d.exchange.arrive("98668")
    d.does(Answer(leg=leg))
    d.switch.go_down("reset")
    d.exchange.die()
    d.switch.come_back()
    d.clock.advance()
    assert d.kinds() == ["NodeUp", "CallArrived", "NodeDown", "NodeUp", "LegHungUp"]
    up = d.told[3]
    assert isinstance(up, NodeUp)
    assert up.legs == ()


async def test_a_leg_without_sound_is_given_up() -> None:
    d = await desk()
    leg = d.exchange.arrive("98668")
    d.exchange.lose_media(leg)
    d.clock.advance()
    last = d.told[-1]
    assert isinstance(last, LegHungUp)
    assert last.cause is Cause.MEDIA_LOST


async def test_bridging_takes_a_leg_out_of_its_bridge() -> None:
    d = await desk()
    d.exchange.add_phone("p1", Answers(after_s=1.0))
    one, two = d.exchange.arrive("1"), d.exchange.arrive("2")
    d.does(Answer(leg=one), Answer(leg=two), ring())
    d.clock.advance(2.0)
    d.does(Bridge(leg=one, other="vcc-1"), Bridge(leg=two, other="vcc-1"))
    assert d.kinds()[-3:] == ["LegsBridged", "LegsParted", "LegsBridged"]
    d.does(Play(leg=one, play="p", sounds=()))
    assert d.kinds()[-1] == "PlayEnded"


def test_durations_are_read_from_the_files_themselves(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes(b"\0\0" * 12_000)
    broken = tmp_path / "b.wav"
    broken.write_bytes(b"RIFF")
    sounds = Sounds({"/given.wav": 9.0})
    assert sounds.duration(str(path)) == 1.5
    assert sounds.duration("/given.wav") == 9.0
    assert sounds.duration(str(broken)) is None
    assert sounds.duration(str(tmp_path / "missing.wav")) is None
