"""Calls that arrive: what is told of them, how they are answered and refused, and how they end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from telephony.port import (
    Answer,
    Bridge,
    CallArrived,
    Cause,
    CommandFailed,
    HangUp,
    LegHungUp,
    Music,
    PhoneStatus,
    Play,
    PlayEnded,
    Reject,
    StopPlaying,
    ToFallback,
    TrunkStatus,
)
from tests.contract.switch.driver import CALLER, LIN, MUSIC, NUMBER

if TYPE_CHECKING:
    from telephony.port import SwitchFact
    from tests.contract.switch.driver import Lab


async def test_a_call_on_the_trunk_is_told_with_what_the_caller_claims(lab: Lab) -> None:
    headers = {"X-Test": 'a,b;c "d" ${X}'}
    person = await lab.call("010" + NUMBER, name="王先生", headers=headers)
    fact = await lab.fact(CallArrived)
    assert (fact.node, fact.trunk, fact.phone, fact.dialled) == (lab.switch.node, lab.trunk, "", "010" + NUMBER)
    assert (fact.caller, fact.caller_name, fact.again) == (CALLER, "王先生", False)
    assert dict(fact.headers) == {"x-test": 'a,b;c "d" ${X}'}
    await person.hang_up()
    assert (await lab.gone(fact.leg)).cause is Cause.NORMAL


async def test_a_call_from_a_phone_is_told_with_the_account(lab: Lab) -> None:
    await lab.phones(LIN)
    person = await lab.call_from(LIN, "*71")
    fact = await lab.fact(CallArrived)
    assert (fact.phone, fact.trunk, fact.dialled) == (LIN, "", "*71")
    lab.send(Answer(leg=fact.leg))
    await person.answered()


@pytest.mark.parametrize("dialled", ["h", "s", "*8", "9" * 79, "account7"])
async def test_a_call_to_what_nobody_has_is_a_call_like_any_other(lab: Lab, dialled: str) -> None:
    person = await lab.call(dialled)
    fact = await lab.fact(CallArrived)
    assert (fact.dialled, fact.again) == (dialled, False)
    lab.send(Reject(leg=fact.leg, cause=Cause.NOT_FOUND))
    assert await person.refused() is Cause.NOT_FOUND
    await lab.gone(fact.leg)
    assert lab.about(fact.leg) == ["CallArrived", "LegHungUp"]


async def test_the_caller_pays_from_the_answer_on_and_not_before(lab: Lab) -> None:
    person, leg = await lab.arrived()
    lab.send(Play(leg=leg, play="1", sounds=(lab.sound("one"),)))
    await person.hears("one")
    lab.send(Answer(leg=leg))
    await person.answered()
    lab.send(Answer(leg=leg), Play(leg=leg, play="2", sounds=(lab.sound("two"),)))
    await person.hears("two")
    assert not lab.of(CommandFailed)


@pytest.mark.parametrize("cause", [Cause.BUSY, Cause.UNAVAILABLE, Cause.NOT_FOUND, Cause.REFUSED])
async def test_a_call_that_is_rejected_is_told_why(lab: Lab, cause: Cause) -> None:
    person, leg = await lab.arrived()
    lab.send(Reject(leg=leg, cause=cause))
    assert await person.refused() is cause
    await lab.gone(leg)
    assert lab.about(leg) == ["CallArrived", "LegHungUp"]


async def test_a_caller_who_gives_up_before_the_answer(lab: Lab) -> None:
    person, leg = await lab.arrived()
    await person.hang_up()
    assert (await lab.gone(leg)).cause is Cause.NORMAL


async def test_hanging_up_on_a_caller(lab: Lab) -> None:
    person, leg = await lab.answered()
    lab.send(HangUp(leg=leg))
    await person.ended()
    assert (await lab.gone(leg)).cause is Cause.NORMAL
    assert lab.about(leg) == ["CallArrived", "LegHungUp"]


async def test_hanging_up_on_a_caller_who_was_not_answered(lab: Lab) -> None:
    person, leg = await lab.arrived()
    lab.send(HangUp(leg=leg))
    await person.ended()
    await lab.gone(leg)


def about_legs(lab: Lab) -> list[SwitchFact]:
    """All that was told but for phones and trunks, which come and go as they are asked."""
    return [fact for fact in lab.told if not isinstance(fact, PhoneStatus | TrunkStatus)]


async def test_commands_for_legs_that_are_gone_or_never_were_do_nothing(lab: Lab) -> None:
    person, leg = await lab.answered()
    await person.hang_up()
    await lab.gone(leg)
    told = about_legs(lab)
    for name in (leg, "vcc-never-1"):
        lab.send(
            Answer(leg=name),
            Reject(leg=name, cause=Cause.BUSY),
            Play(leg=name, play="1", sounds=(lab.sound("one"),)),
            StopPlaying(leg=name),
            Music(leg=name, music=MUSIC),
            Bridge(leg=name, other=leg),
            HangUp(leg=name),
            ToFallback(leg=name),
        )
    await lab.wait(0.5)
    assert about_legs(lab) == told


async def test_commands_that_cross_the_callers_hang_up_do_nothing(lab: Lab) -> None:
    person, leg = await lab.answered()
    await person.hang_up()
    lab.send(Play(leg=leg, play="1", sounds=(lab.sound("one"),)), Music(leg=leg, music=MUSIC), HangUp(leg=leg))
    await lab.gone(leg)
    await lab.wait(0.5)
    assert isinstance(about_legs(lab)[-1], LegHungUp)


async def test_the_fallback_speaks_and_ends_the_call(lab: Lab) -> None:
    person, leg = await lab.answered()
    lab.send(Music(leg=leg, music=MUSIC), ToFallback(leg=leg))
    await person.hears_fallback()
    await person.ended()
    await lab.gone(leg)


async def test_the_fallback_waits_for_no_sound_and_outlives_the_adapter(lab: Lab) -> None:
    person, leg = await lab.answered()
    lab.send(Play(leg=leg, play="1", sounds=(lab.sound("long"), lab.sound("long"))))
    await person.begins_to_hear("long")
    lab.send(Play(leg=leg, play="2", sounds=(lab.sound("one"),)), ToFallback(leg=leg))
    await lab.die()
    await person.hears_fallback()
    await person.ended()


@pytest.mark.parametrize(
    "name",
    [
        "Event: Newexten",
        "',\"; ${SHELL(id)} `id` %0D%0AEvent: Hangup",
        "Variable: x=y,z|w",
        "阳光 😀 " + "\N{ARABIC LETTER ALEF}" * 20,
        "x" * 3_000,
        "".join(map(chr, range(1, 10))) + "".join(map(chr, range(11, 13))) + "".join(map(chr, range(14, 32))) + "\x7f",
        'a\tb \\" c',
    ],
)
async def test_whatever_callers_call_themselves_they_are_served_and_nobody_else_is_harmed(lab: Lab, name: str) -> None:
    other, other_leg = await lab.answered()
    person = await lab.call(name=name)
    fact = await lab.fact(CallArrived, count=2)
    assert fact.caller in {CALLER, ""}  # a name may be so long that the number behind it is not read
    assert fact.caller_name.isprintable()
    assert len(fact.caller_name) <= 1_000
    lab.send(Answer(leg=fact.leg), Play(leg=fact.leg, play="1", sounds=(lab.sound("one"),)))
    await person.answered()
    await person.hears("one")
    lab.send(Play(leg=other_leg, play="2", sounds=(lab.sound("two"),)))
    await other.hears("two")
    await lab.fact(PlayEnded, leg=other_leg)
    await person.hang_up()
    await lab.gone(fact.leg)
    assert lab.about(other_leg) == ["CallArrived", "PlayEnded"]


async def test_what_is_known_of_legs_does_not_get_mixed_up(lab: Lab) -> None:
    people = [await lab.arrived() for _ in range(5)]
    for n, (person, leg) in enumerate(people):
        if n % 2:
            lab.send(Reject(leg=leg, cause=Cause.BUSY))
            assert await person.refused() is Cause.BUSY
        else:
            lab.send(Answer(leg=leg))
            await person.answered()
            lab.send(HangUp(leg=leg))
            await person.ended()
        await lab.gone(leg)
    assert [lab.about(leg) for _, leg in people] == [["CallArrived", "LegHungUp"]] * 5
