"""What is played to a leg and what is pressed on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from telephony.port import DigitPressed, HangUp, Music, Play, PlayEnded, StopPlaying
from tests.contract.switch.driver import LIN, MUSIC

if TYPE_CHECKING:
    from tests.contract.switch.driver import Lab


def play(lab: Lab, leg: str, name: str, *sounds: str, stop_keys: str = "") -> Play:
    return Play(leg=leg, play=name, sounds=tuple(lab.sound(sound) for sound in sounds), stop_keys=stop_keys)


async def ended(lab: Lab, name: str) -> bool:
    """Wait for the end of a play; whether it was completed."""
    return (await lab.fact(PlayEnded, play=name, within=12.0)).completed


async def test_a_sound_is_heard_whole(lab: Lab) -> None:
    person, leg = await lab.answered()
    lab.send(play(lab, leg, "1", "one"))
    await person.hears("one")
    assert await ended(lab, "1")
    assert lab.about(leg) == ["CallArrived", "PlayEnded"]


async def test_several_files_are_one_play(lab: Lab) -> None:
    person, leg = await lab.answered()
    lab.send(play(lab, leg, "1", "one", "two"))
    await person.hears("one")
    await person.hears("two")
    assert await ended(lab, "1")
    assert len(lab.of(PlayEnded)) == 1


async def test_plays_come_one_after_the_other_and_music_after_them(lab: Lab) -> None:
    person, leg = await lab.answered()
    lab.send(play(lab, leg, "1", "one"), play(lab, leg, "2", "two"), Music(leg=leg, music=MUSIC))
    await person.hears("one")
    await person.hears("two")
    await person.hears_music()
    assert [(fact.play, fact.completed) for fact in lab.of(PlayEnded)] == [("1", True), ("2", True)]


async def test_a_stop_key_ends_all_files_and_is_told_as_a_key_too(lab: Lab) -> None:
    person, leg = await lab.answered()
    lab.send(play(lab, leg, "1", "long", "two", stop_keys="12#"))
    await person.begins_to_hear("long")
    await person.press("5")
    await lab.fact(DigitPressed, digit="5")
    assert not lab.of(PlayEnded)
    await person.press("#")
    assert not await ended(lab, "1")
    await lab.fact(DigitPressed, digit="#")
    assert sorted(lab.about(leg)) == ["CallArrived", "DigitPressed", "DigitPressed", "PlayEnded"]  # in either order
    await person.hears_nothing()


async def test_without_stop_keys_no_key_stops(lab: Lab) -> None:
    person, leg = await lab.answered()
    lab.send(play(lab, leg, "1", "one", "two"))
    await person.press("1")
    await lab.fact(DigitPressed, digit="1")
    assert await ended(lab, "1")


async def test_a_play_is_stopped_by_command(lab: Lab) -> None:
    person, leg = await lab.answered()
    lab.send(play(lab, leg, "1", "long"), play(lab, leg, "2", "long"))
    await person.begins_to_hear("long")
    lab.send(StopPlaying(leg=leg), play(lab, leg, "3", "one"))
    await person.hears("one")
    assert await ended(lab, "3")
    assert {fact.play: fact.completed for fact in lab.of(PlayEnded)} == {"1": False, "2": False, "3": True}


async def test_stopping_what_does_not_play_is_nothing(lab: Lab) -> None:
    person, leg = await lab.answered()
    lab.send(StopPlaying(leg=leg), Music(leg=leg, music=MUSIC), StopPlaying(leg=leg))
    await person.hears_music()
    assert lab.about(leg) == ["CallArrived"]


async def test_what_cannot_be_played_ends_at_once(lab: Lab) -> None:
    _, leg = await lab.answered()
    lab.send(Play(leg=leg, play="1", sounds=("/nowhere/sound.wav", lab.sound("long"))), play(lab, leg, "2", "one"))
    assert not await ended(lab, "1")
    assert await ended(lab, "2")


async def test_music_goes_on_until_silence_is_wanted(lab: Lab) -> None:
    person, leg = await lab.answered()
    lab.send(Music(leg=leg, music=MUSIC))
    await person.hears_music()
    await lab.wait(0.5)
    await person.hears_music()
    lab.send(Music(leg=leg, music=""))
    await person.hears_nothing()


async def test_after_a_play_the_music_is_off(lab: Lab) -> None:
    person, leg = await lab.answered()
    lab.send(Music(leg=leg, music=MUSIC))
    await person.hears_music()
    lab.send(play(lab, leg, "1", "one"))
    assert await ended(lab, "1")
    await person.hears_nothing()


async def test_sound_and_music_before_the_answer(lab: Lab) -> None:
    person, leg = await lab.arrived()
    lab.send(play(lab, leg, "1", "one"), Music(leg=leg, music=MUSIC))
    await person.hears("one")
    assert await ended(lab, "1")
    await person.hears_music()


@pytest.mark.parametrize("who", ["caller", "vcc"])
async def test_a_leg_that_ends_ends_its_play_first(lab: Lab, who: str) -> None:
    person, leg = await lab.answered()
    lab.send(play(lab, leg, "1", "long"))
    await person.begins_to_hear("long")
    if who == "vcc":
        lab.send(HangUp(leg=leg))
        await person.ended()
    else:
        await person.hang_up()
    await lab.gone(leg)
    assert lab.about(leg) == ["CallArrived", "PlayEnded", "LegHungUp"]
    ended = lab.of(PlayEnded)[0]
    assert (ended.completed, ended.leg_ends) == (False, True)


async def test_every_key_is_told_once(lab: Lab) -> None:
    person, leg = await lab.answered()
    await person.press("0123456789*#ABCD")
    await lab.fact(DigitPressed, leg=leg, digit="D")
    await lab.wait(0.3)
    assert "".join(fact.digit for fact in lab.of(DigitPressed)) == "0123456789*#ABCD"


async def test_keys_are_told_in_every_state_of_a_leg(lab: Lab) -> None:
    await lab.phones(LIN)
    person, leg, agent = await lab.talk()
    await person.press("1")
    await lab.fact(DigitPressed, leg=leg, digit="1")
    await agent.press("2")
    await lab.fact(DigitPressed, leg="vcc-a-1", digit="2")
    await agent.hang_up()
    await lab.gone("vcc-a-1")
    await person.press("3")
    await lab.fact(DigitPressed, digit="3")
    lab.send(Music(leg=leg, music=MUSIC))
    await person.hears_music()
    await person.press("4")
    await lab.fact(DigitPressed, digit="4")
    await person.hears_music()
    lab.send(play(lab, leg, "1", "long"))
    await person.begins_to_hear("long")
    await person.press("5")
    await lab.fact(DigitPressed, digit="5")
    assert [fact.digit for fact in lab.of(DigitPressed)] == ["1", "2", "3", "4", "5"]
