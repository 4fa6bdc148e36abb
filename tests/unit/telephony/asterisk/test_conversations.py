"""Conversations, supervisors and transfers with both wires in the test's hands: orders of events that are rare."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from telephony import claims
from telephony.asterisk import bridges, translate
from telephony.port import (
    Answer,
    Bridge,
    CallArrived,
    CommandFailed,
    HangUp,
    Join,
    LegAnswered,
    LegHeld,
    LegHungUp,
    LegJoined,
    LegLeft,
    LegResumed,
    LegsBridged,
    LegsParted,
    LegTransferred,
    Music,
    Mute,
    NodeUp,
    Part,
    Ring,
    Show,
    Spy,
    SpyBegan,
    SpyEnded,
    SpyMode,
)
from tests.unit.telephony.asterisk.peers import AgiPeer, AmiPeer, event, frame
from tests.unit.telephony.asterisk.test_adapter import AGENT, AGENT_CHANNEL, CALLER, RING, Lab

THIRD, THIRD_CHANNEL = "vcc-c-2", "PJSIP/wang-00000002"
CALLERS_CHANNEL = f"PJSIP/trunk.carrier-{CALLER}"


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with AmiPeer() as ami:
        lab = Lab(ami)
        await lab.start()
        yield lab
        await lab.close()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (claims, bridges):
        monkeypatch.setattr(module, "SETTLE_S", 0.1)


async def rung(lab: Lab, leg: str = THIRD, channel: str = THIRD_CHANNEL) -> AgiPeer:
    """One more leg that vcc rang and that was answered."""
    lab.switch.send(Ring(leg=leg, phone="wang", timeout_s=2, shows_number="", shows_name="", for_leg=""))
    await lab.ami.action("Originate", ChannelId=leg)
    peer = await lab.connect(leg=leg, script="agent", channel=channel)
    await lab.until(LegAnswered, leg=leg)
    return peer


async def three(lab: Lab) -> tuple[AgiPeer, AgiPeer]:
    """A conversation of three; the connections of the caller and of the third."""
    caller, _ = await lab.talking()
    third = await rung(lab)
    lab.switch.send(Join(leg=THIRD, to=CALLER))
    await third.command(f'EXEC BridgeAdd "{CALLERS_CHANNEL}"', None)
    lab.ami.send(event("BridgeEnter", Uniqueid=THIRD, BridgeUniqueid="b1"))
    assert (await lab.until(LegJoined)).others == (CALLER, AGENT)
    return caller, third


async def refuse(peer: AmiPeer, action: dict[str, str]) -> None:
    peer.send(frame(Response="Error", ActionID=action["ActionID"], Message="no such thing"))


# --- parting


async def test_the_leg_that_was_moved_is_moved_again_whichever_is_named(lab: Lab) -> None:
    await lab.talking()
    lab.switch.send(Part(leg=CALLER))
    action = await lab.ami.action("Redirect")
    assert (action["Channel"], action["Context"], action["Exten"], action["Priority"]) == (
        AGENT_CHANNEL,
        "vcc-agent",
        "s",
        "back",
    )


async def test_a_leg_that_is_on_its_way_already_is_not_moved_again(lab: Lab) -> None:
    await lab.talking()
    lab.switch.send(Part(leg=AGENT))
    lab.switch.send(Part(leg=AGENT))
    lab.switch.send(Mute(leg=AGENT, on=True))
    await lab.ami.action("Setvar", Variable="MUTEAUDIO(in)")
    assert len([action for action in lab.ami.actions if action["Action"] == "Redirect"]) == 1


async def test_a_leg_that_comes_back_is_told_of_by_nothing_more_and_its_commands_are_done(lab: Lab) -> None:
    caller, _ = await lab.talking()
    lab.switch.send(Part(leg=AGENT))
    lab.switch.send(Music(leg=CALLER, music="press/main"))
    caller.write("200 result=0\n")
    await lab.until(LegsParted, leg=CALLER, other=AGENT)
    await caller.command("EXEC Progress")
    await caller.command("SET VARIABLE CHANNEL(musicclass)")
    lab.switch.send(Bridge(leg=CALLER, other=AGENT))
    await caller.command("SET MUSIC ON")
    await lab.connect(leg=AGENT, script="agent", channel=AGENT_CHANNEL, arg_1="again")
    await caller.command("SET MUSIC OFF")
    await caller.command(f'EXEC Bridge "{AGENT_CHANNEL}"', None)
    assert len(lab.of(LegAnswered)) == 1


@pytest.mark.parametrize(("noted", "told"), [("press.main", False), ("", True), ("press.other", True)])
async def test_the_music_of_a_hold_is_told_only_if_the_dial_plan_has_another(lab: Lab, noted: str, told: bool) -> None:
    caller, _ = await lab.arrived(arg_5=noted), await lab.answered()
    lab.switch.send(Bridge(leg=CALLER, other=AGENT, music="press/main"))
    if told:
        await caller.command('SET VARIABLE CHANNEL(musicclass) "press.main"')
    await caller.command(f'EXEC Bridge "{AGENT_CHANNEL}"', None)


async def test_a_part_that_the_switch_refuses_has_failed_and_the_leg_can_be_moved_later(lab: Lab) -> None:
    await lab.talking()
    lab.ami.answers["Redirect"] = refuse
    lab.switch.send(Part(leg=AGENT))
    assert (await lab.until(CommandFailed)).detail == "no such thing"
    lab.switch.send(Part(leg=AGENT))
    await lab.until(CommandFailed, count=2)


async def test_a_part_without_the_wire_has_failed(lab: Lab) -> None:
    await lab.talking()
    await lab.ami.stop()
    for _ in range(3):
        lab.switch.send(Part(leg=AGENT))
    await lab.until(CommandFailed, leg=AGENT, command="Part")


# --- three


async def test_whatever_tells_first_that_one_of_three_has_left_is_told_once(lab: Lab) -> None:
    _, third = await three(lab)
    third.write("200 result=0\nHANGUP\n")
    assert (await lab.until(LegLeft)).others == (CALLER, AGENT)
    lab.ami.send(event("BridgeLeave", Uniqueid=THIRD, BridgeUniqueid="b1") + event("Hangup", Uniqueid=THIRD, Cause=16))
    await lab.until(LegHungUp, leg=THIRD)
    lab.ami.send(event("Hangup", Uniqueid=AGENT, Cause=16))
    await lab.until(LegHungUp, leg=AGENT)
    lab.ami.send(event("BridgeLeave", Uniqueid=AGENT, BridgeUniqueid="b1"))
    assert [type(fact) for fact in lab.facts[-4:]] == [LegLeft, LegHungUp, LegsParted, LegHungUp]


async def test_a_conversation_that_an_outage_has_changed_is_told_of_after_it(lab: Lab) -> None:
    await three(lab)
    lab.ami.lists["CoreShowChannels"] = [
        event("CoreShowChannel", Uniqueid=leg, Channel=channel, BridgeId="b1", ChannelState=6)
        for leg, channel in ((CALLER, CALLERS_CHANNEL), (AGENT, AGENT_CHANNEL))
    ] + [event("CoreShowChannel", Uniqueid=THIRD, Channel=THIRD_CHANNEL, BridgeId="", ChannelState=6)]
    lab.ami.hang_up()
    up = await lab.until(NodeUp, count=2)
    assert {snapshot.leg: snapshot.bridged_with for snapshot in up.legs} == {
        CALLER: (AGENT,),
        AGENT: (CALLER,),
        THIRD: (),
    }
    assert (await lab.until(LegLeft)).leg == THIRD
    assert not lab.of(LegsParted)


async def test_a_stranger_in_a_conversation_is_hung_up_and_elsewhere_is_none_of_ours(lab: Lab) -> None:
    await lab.talking()
    lab.ami.send(event("BridgeEnter", Uniqueid="1700.8", Channel="Local/x;1", BridgeUniqueid="b2"))
    lab.ami.send(event("BridgeEnter", Uniqueid="1700.9", Channel="PJSIP/wang-9", BridgeUniqueid="b1"))
    await lab.ami.action("Hangup", Channel="1700.9")
    assert not [action for action in lab.ami.actions if action.get("Channel") == "1700.8"]
    assert not lab.of(LegJoined)


async def test_a_leg_that_leaves_another_bridge_than_its_own_has_not_left(lab: Lab) -> None:
    await lab.talking()
    lab.ami.send(event("BridgeLeave", Uniqueid=AGENT, BridgeUniqueid="b0"))
    lab.ami.send(event("Hold", Uniqueid=AGENT))
    await lab.until(LegHeld)
    assert not lab.of(LegsParted)


async def test_who_is_being_answered_is_waited_for(lab: Lab) -> None:
    caller = await lab.arrived()
    taker = await lab.arrived("1700.2", script="phone/wang", channel="PJSIP/wang-2")
    lab.switch.send(Answer(leg=CALLER))
    await caller.command("ANSWER")
    lab.switch.send(Answer(leg="1700.2"))
    lab.switch.send(Bridge(leg=CALLER, other="1700.2"))
    await taker.command("ANSWER")
    await caller.command('EXEC Bridge "PJSIP/wang-2"', None)
    assert not lab.of(CommandFailed)


# --- hold, mute, display, ring


@pytest.mark.parametrize("by", ["vcc", "phone", "part"])
async def test_who_is_left_alone_is_taken_into_the_next_conversation_only_when_back(lab: Lab, by: str) -> None:
    """Its connection, read after the next conversation began, would seem to say that it has left that one."""
    caller, agent = await lab.arrived(), await lab.answered()
    lab.switch.send(Ring(leg=THIRD, phone="wang", timeout_s=2, shows_number="", shows_name="", for_leg=""))
    await lab.ami.action("Originate", ChannelId=THIRD)
    lab.ami.send(event("BridgeEnter", BridgeTechnology="holding_bridge", Uniqueid=THIRD, Channel=THIRD_CHANNEL))
    await lab.until(LegAnswered, leg=THIRD)
    lab.switch.send(Bridge(leg=AGENT, other=THIRD))
    await agent.command(f'EXEC Bridge "{THIRD_CHANNEL}"', None)
    lab.ami.send(b"".join(event("BridgeEnter", Uniqueid=leg, BridgeUniqueid="b1") for leg in (THIRD, AGENT)))
    await lab.until(LegsBridged, leg=AGENT, other=THIRD)
    asked = asyncio.create_task(caller.command(f'EXEC Bridge "{THIRD_CHANNEL}"', None))
    if by == "vcc":
        lab.switch.send(Bridge(leg=CALLER, other=THIRD))
        lab.switch.send(HangUp(leg=AGENT))
        await lab.ami.action("Hangup", Channel=AGENT_CHANNEL)
        await lab.arrived(leg="1700.9")  # so long that it could have been asked
        assert not asked.done()
    elif by == "part":  # who is moved then is not the one that is named
        lab.switch.send(Bridge(leg=CALLER, other=THIRD))
        lab.switch.send(Part(leg=AGENT))
        await lab.ami.action("Redirect", Channel=THIRD_CHANNEL)
        await lab.arrived(leg="1700.9")
        assert not asked.done()
    lab.ami.send(b"".join(event("BridgeLeave", Uniqueid=leg, BridgeUniqueid="b1") for leg in (AGENT, THIRD)))
    if by == "part":
        await lab.until(LegsParted, leg=AGENT)
    else:
        lab.ami.send(event("Hangup", Uniqueid=AGENT, Cause=16))
        await lab.until(LegHungUp, leg=AGENT)
    if by == "phone":
        lab.switch.send(Bridge(leg=CALLER, other=THIRD))
    await lab.arrived(leg="1700.10")
    assert not asked.done()
    await lab.connect(leg=THIRD, script="agent", channel=THIRD_CHANNEL)
    await asked
    lab.ami.send(b"".join(event("BridgeEnter", Uniqueid=leg, BridgeUniqueid="b2") for leg in (THIRD, CALLER)))
    await lab.until(LegsBridged, leg=CALLER, other=THIRD)
    assert not lab.of(LegsParted, leg=CALLER)


async def test_a_hold_is_told_in_a_conversation_and_once(lab: Lab) -> None:
    await lab.talking()
    for name in ("Unhold", "Hold", "Hold", "Unhold", "Unhold"):
        lab.ami.send(event(name, Uniqueid=AGENT))
    lab.ami.send(event("Hold", Uniqueid=AGENT) + event("Hangup", Uniqueid=CALLER) + event("Unhold", Uniqueid=AGENT))
    lab.ami.send(event("Hold", Uniqueid=AGENT) + event("Hangup", Uniqueid=AGENT))
    await lab.until(LegHungUp, leg=AGENT)
    told = [type(fact) for fact in lab.facts if isinstance(fact, LegHeld | LegResumed)]
    assert told == [LegHeld, LegResumed, LegHeld]


async def test_what_a_phone_shows_cannot_be_more_than_a_name_and_a_number(lab: Lab) -> None:
    await lab.answered()
    lab.switch.send(Show(leg=AGENT, number="138<x>", name='Li, "x"\r\nAction: Hangup'))
    name = await lab.ami.action("Setvar", Variable="CONNECTEDLINE(name,i)")
    number = await lab.ami.action("Setvar", Variable="CONNECTEDLINE(num)")
    assert (name["Value"], number["Value"]) == ("Li, x\ufffd\ufffdAction: Hangup", "138")
    assert lab.ami.actions.index(name) < lab.ami.actions.index(number)


async def test_what_needs_a_channel_fails_without_one(lab: Lab) -> None:
    lab.switch.send(RING)
    lab.switch.send(Mute(leg=AGENT, on=True))
    assert (await lab.until(CommandFailed)).command == "Mute"


async def test_headers_of_a_ring_are_variables_of_vccs_own_words(lab: Lab) -> None:
    lab.switch.send(replace(RING, auto_answer=True, alert="press-1"))
    await lab.ami.action("Originate")
    assert b"\r\nVariable: PJSIP_HEADER(add,Call-Info)=<sip:vcc>;answer-after=0\r\n" in lab.ami.raw
    assert b"\r\nVariable: PJSIP_HEADER(add,Alert-Info)=<urn:vcc:press-1>;info=press-1\r\n" in lab.ami.raw


# --- supervisors


async def test_another_mode_takes_the_supervisor_out_and_in_again(lab: Lab) -> None:
    await lab.talking()
    spy = await rung(lab)
    lab.switch.send(Spy(leg=THIRD, on=AGENT))
    await spy.command(f'EXEC ChanSpy "{AGENT_CHANNEL},qE"', None)
    lab.ami.send(event("ChanSpyStart", SpyerUniqueid=THIRD, SpyeeUniqueid=AGENT))
    await lab.until(SpyBegan, mode=SpyMode.LISTEN)
    lab.switch.send(Spy(leg=THIRD, on=AGENT, mode=SpyMode.BARGE))
    lab.switch.send(Spy(leg=THIRD, on=AGENT, mode=SpyMode.WHISPER))
    await lab.ami.action("Redirect", Channel=THIRD_CHANNEL)
    spy.write("200 result=-1\n")
    assert await spy.ended() == b""  # nothing is tried on a connection that is lost
    again = await lab.connect(leg=THIRD, script="agent", channel=THIRD_CHANNEL, arg_1="again")
    await again.command(f'EXEC ChanSpy "{AGENT_CHANNEL},qwE"', None)
    lab.ami.send(event("ChanSpyStart", SpyerUniqueid=THIRD, SpyeeUniqueid=AGENT))
    await lab.until(SpyBegan, mode=SpyMode.WHISPER)
    assert len([action for action in lab.ami.actions if action["Action"] == "Redirect"]) == 1
    assert not lab.of(SpyEnded)
    again.write("200 result=0\n")
    await lab.until(SpyEnded, leg=THIRD, on=AGENT)


@pytest.mark.parametrize("what", ["another conversation", "a third", "a hold is over"])
async def test_who_watches_begins_anew_with_other_media_and_nothing_is_told(lab: Lab, what: str) -> None:
    await lab.talking()
    spy = await rung(lab)
    lab.switch.send(Spy(leg=THIRD, on=AGENT, mode=SpyMode.BARGE))
    await spy.command(f'EXEC ChanSpy "{AGENT_CHANNEL},qBE"', None)
    lab.ami.send(event("ChanSpyStart", SpyerUniqueid=THIRD, SpyeeUniqueid=AGENT))
    await lab.until(SpyBegan, mode=SpyMode.BARGE)
    if what == "a hold is over":
        lab.ami.send(event("Hold", Uniqueid=CALLER) + event("Unhold", Uniqueid=CALLER))
    elif what == "a third":
        await lab.arrived("1700.2")
        lab.ami.send(event("BridgeEnter", Uniqueid="1700.2", BridgeUniqueid="b1"))
    else:
        moves = [event("BridgeLeave", Uniqueid=leg, BridgeUniqueid="b1") for leg in (AGENT, CALLER)]
        moves += [event("BridgeEnter", Uniqueid=leg, BridgeUniqueid="b2") for leg in (AGENT, CALLER)]
        lab.ami.send(b"".join(moves))
    await lab.ami.action("Redirect", Channel=THIRD_CHANNEL)
    spy.write("200 result=-1\n")
    again = await lab.connect(leg=THIRD, script="agent", channel=THIRD_CHANNEL, arg_1="again")
    await again.command(f'EXEC ChanSpy "{AGENT_CHANNEL},qBE"', None)
    lab.ami.send(event("ChanSpyStart", SpyerUniqueid=THIRD, SpyeeUniqueid=AGENT))
    lab.switch.send(Spy(leg=THIRD, on=AGENT, mode=SpyMode.LISTEN))
    await lab.ami.action("Redirect", Channel=THIRD_CHANNEL, count=2)
    assert len(lab.of(SpyBegan)) == 1
    again.write("200 result=-1\n")
    last = await lab.connect(leg=THIRD, script="agent", channel=THIRD_CHANNEL, arg_1="again")
    await last.command(f'EXEC ChanSpy "{AGENT_CHANNEL},qE"', None)
    lab.ami.send(event("ChanSpyStart", SpyerUniqueid=THIRD, SpyeeUniqueid=AGENT))
    await lab.until(SpyBegan, mode=SpyMode.LISTEN)
    assert not lab.of(SpyEnded)


async def test_a_supervisor_who_leaves_before_it_began_is_told_to_have_ended_nothing(lab: Lab) -> None:
    await lab.talking()
    spy = await rung(lab)
    lab.switch.send(Spy(leg=THIRD, on=AGENT))
    await spy.command("EXEC ChanSpy", None)
    lab.switch.send(HangUp(leg=THIRD))
    lab.ami.send(event("Hangup", Uniqueid=THIRD, Cause=16))
    await lab.until(LegHungUp, leg=THIRD)
    assert not lab.of(SpyEnded)


# --- transfers


def attended(**more: str) -> bytes:
    """What Asterisk says when lin's phone has joined its two lines."""
    said = {
        "Result": "Success",
        "OrigTransfererUniqueid": AGENT,
        "OrigTransfererChannel": AGENT_CHANNEL,
        "OrigBridgeUniqueid": "b1",
        "SecondTransfererUniqueid": "1700.5",
        "SecondTransfererChannel": "PJSIP/lin-00000005",
        "TransfereeUniqueid": CALLER,
        "DestType": "App",
    }
    return event("AttendedTransfer", **(said | more))


async def second_line(lab: Lab) -> AgiPeer:
    """lin's phone calls on a second line."""
    return await lab.arrived("1700.5", script="phone/lin", channel="PJSIP/lin-00000005", extension="8001")


@pytest.mark.parametrize("first", ["transfer", "hangup"])
async def test_who_took_the_place_of_another_leg_is_brought_to_its_own(lab: Lab, first: str) -> None:
    caller, _ = await lab.talking()
    second = await second_line(lab)
    caller.write("200 result=0\nHANGUP\n")
    await lab.until(LegsParted, leg=CALLER, other=AGENT)
    gone = event("Hangup", Uniqueid="1700.5", Cause=16)
    lab.ami.send(attended() if first == "transfer" else gone)
    await (lab.until(LegTransferred) if first == "transfer" else lab.until(LegHungUp, leg="1700.5"))
    assert not [action for action in lab.ami.actions if action["Action"] == "Redirect"]
    lab.ami.send(gone if first == "transfer" else attended())
    action = await lab.ami.action("Redirect", Channel=CALLERS_CHANNEL)
    assert (action["Context"], action["Exten"], action["Priority"]) == ("vcc-serve", "98668", "back")
    await lab.ami.action("Setvar", Variable="VCC_FROM", Value="trunk/carrier")
    await second.ended()
    fact = lab.of(LegTransferred)[0]
    assert (fact.leg, fact.by, fact.place_of) == (CALLER, AGENT, "1700.5")
    await lab.connect(leg=CALLER, arg_1="again")
    lab.switch.send(Music(leg=CALLER, music=""))
    assert len(lab.of(CallArrived, leg=CALLER)) == 1


async def test_a_transfer_that_failed_or_is_of_somebody_elses_is_not_told(lab: Lab) -> None:
    await lab.talking()
    lab.ami.send(attended(Result="Fail"))
    lab.ami.send(attended(TransfereeUniqueid="1700.77"))
    lab.ami.send(attended(SecondTransfererChannel="PJSIP/wang-00000005"))
    await lab.ami.action("Redirect", Channel=CALLERS_CHANNEL)
    assert not lab.of(LegTransferred)


async def test_a_line_that_talks_with_nobody_is_the_place_that_is_taken(lab: Lab) -> None:
    await lab.talking()
    lab.ami.send(
        attended(
            OrigTransfererUniqueid="1700.5",
            OrigTransfererChannel="PJSIP/lin-00000005",
            OrigBridgeUniqueid="",
            SecondTransfererUniqueid=AGENT,
            SecondTransfererChannel=AGENT_CHANNEL,
            TransfereeUniqueid="",
            TransferTargetUniqueid=CALLER,
        )
    )
    fact = await lab.until(LegTransferred)
    assert (fact.leg, fact.by, fact.place_of) == (CALLER, AGENT, "1700.5")


async def test_a_blind_transfer_is_noted_by_a_name_that_stays_and_forgotten_with_the_next_command(lab: Lab) -> None:
    caller, _ = await lab.talking()
    caller.write("200 result=0\nHANGUP\n")
    await lab.until(LegsParted)
    back = await lab.connect(leg=CALLER, arg_1="again", arg_3="8001", arg_4=AGENT_CHANNEL)
    await back.command(f'SET VARIABLE VCC_REFERRER "{AGENT}"')
    fact = await lab.until(LegTransferred)
    assert (fact.leg, fact.by, fact.to) == (CALLER, AGENT, "8001")
    await back.command(translate.TAKE, '200 result=1 ("Li" <sip:138@x>;tag=1)')
    await lab.until(CallArrived, again=True)
    lab.switch.send(Answer(leg=CALLER))
    await back.command('SET VARIABLE VCC_REFER_TO ""')
    await back.command("ANSWER")


@pytest.mark.parametrize(("noted", "by"), [("PJSIP/lin-000000ff", ""), ("vcc-x-1", "vcc-x-1")])
async def test_a_blind_transfer_of_which_a_former_vcc_was_told(lab: Lab, noted: str, by: str) -> None:
    back = await lab.connect(leg=THIRD, script="agent", channel=THIRD_CHANNEL, arg_3="8001", arg_4=noted)
    fact = await lab.until(LegTransferred)
    assert (fact.leg, fact.by, fact.to) == (THIRD, by, "8001")
    await lab.until(LegAnswered, leg=THIRD)
    lab.switch.send(Music(leg=THIRD, music="press/main"))
    await back.command('SET VARIABLE VCC_REFER_TO ""')
    assert not lab.of(LegsBridged)


# --- two that want the same leg


async def test_two_that_want_the_same_leg_take_it_one_after_the_other(lab: Lab) -> None:
    caller, _ = await lab.talking()
    other, third = await lab.arrived("1700.2"), await rung(lab)
    lab.switch.send(Bridge(leg="1700.2", other=THIRD))
    await other.command(f'EXEC Bridge "{THIRD_CHANNEL}"', None)
    caller.write("200 result=0\n")
    await lab.until(LegsParted)
    lab.switch.send(Bridge(leg=CALLER, other=THIRD))
    lab.switch.send(Mute(leg=THIRD, on=True))
    await lab.ami.action("Setvar", Variable="MUTEAUDIO(in)")
    third.write("HANGUP\n")
    for leg in (THIRD, "1700.2"):
        lab.ami.send(event("BridgeEnter", Uniqueid=leg, BridgeUniqueid="b2"))
    await lab.until(LegsBridged, leg="1700.2", other=THIRD)
    await lab.ami.action("Redirect", Channel=THIRD_CHANNEL)  # else a key that is pressed now would never end there
    await lab.connect(leg=THIRD, script="agent", channel=THIRD_CHANNEL)
    await caller.command(f'EXEC Bridge "{THIRD_CHANNEL}"', None)


@pytest.mark.usefixtures("hasty")
async def test_a_leg_that_another_command_claims_for_too_long_is_not_bridged(lab: Lab) -> None:
    caller, _ = await lab.arrived(), await lab.answered()
    other = await lab.arrived("1700.2")
    lab.switch.send(Bridge(leg="1700.2", other=AGENT))
    await other.command("EXEC Bridge", None)
    lab.switch.send(Bridge(leg=CALLER, other=AGENT))
    fact = await lab.until(CommandFailed, leg=CALLER)
    assert "on its way" in fact.detail
    lab.switch.send(Answer(leg=CALLER))
    await caller.command("ANSWER")


@pytest.mark.usefixtures("hasty")
async def test_who_is_left_alone_in_a_bridge_is_brought_back(lab: Lab) -> None:
    caller, _ = await lab.arrived(), await lab.answered()
    lab.switch.send(Bridge(leg=CALLER, other=AGENT))
    await caller.command("EXEC Bridge", None)
    lab.ami.send(event("BridgeEnter", Uniqueid=CALLER, BridgeUniqueid="b1"))
    fact = await lab.until(CommandFailed, leg=CALLER, command="Bridge")
    assert "nobody was there" in fact.detail
    action = await lab.ami.action("Redirect", Channel=CALLERS_CHANNEL)
    assert (action["Context"], action["Priority"]) == ("vcc-serve", "back")
    caller.write("200 result=0\nHANGUP\n")
    back = await lab.connect(leg=CALLER, arg_1="again")
    await back.command("SET MUSIC OFF")
    lab.switch.send(Answer(leg=CALLER))
    await back.command("ANSWER")


@pytest.mark.usefixtures("hasty")
async def test_while_the_switch_is_not_heard_nobody_is_taken_for_alone(lab: Lab) -> None:
    caller, _ = await lab.arrived(), await lab.answered()
    await lab.ami.stop()
    lab.switch.send(Bridge(leg=CALLER, other=AGENT))
    await caller.command("EXEC Bridge", None)
    lab.ami.lists["CoreShowChannels"] = [
        event("CoreShowChannel", Uniqueid=leg, Channel=channel, BridgeId="b1", ChannelState=6)
        for leg, channel in ((CALLER, CALLERS_CHANNEL), (AGENT, AGENT_CHANNEL))
    ]
    await lab.ami.listen()
    up = await lab.until(NodeUp, count=2)
    assert up.legs[0].bridged_with == (AGENT,)
    lab.ami.send(event("Hold", Uniqueid=AGENT))
    await lab.until(LegHeld)
    assert not lab.of(CommandFailed)
    assert not [action for action in lab.ami.actions if action["Action"] == "Redirect"]


async def test_a_leg_that_was_taken_while_its_own_bridge_began_stays_where_it_is(lab: Lab) -> None:
    caller, agent = await lab.arrived(), await lab.answered()
    await rung(lab)
    lab.switch.send(Bridge(leg=CALLER, other=AGENT))
    await caller.command("EXEC Bridge", None)
    agent.write("HANGUP\n")
    for leg in (AGENT, CALLER):
        lab.ami.send(event("BridgeEnter", Uniqueid=leg, BridgeUniqueid="b1"))
    await lab.until(LegsBridged)
    await agent.close()
    lab.switch.send(Bridge(leg=AGENT, other=THIRD))
    lab.switch.send(Mute(leg=AGENT, on=True))
    await lab.ami.action("Setvar", Variable="MUTEAUDIO(in)")
    assert not lab.of(LegsParted)
    assert not lab.of(CommandFailed)


async def test_a_bridge_that_fails_while_another_one_is_dissolved_is_tried_again(lab: Lab) -> None:
    caller, _ = await lab.arrived(), await lab.answered()
    lab.switch.send(Bridge(leg=CALLER, other=AGENT))
    await caller.command("EXEC Bridge")
    await caller.command("GET VARIABLE BRIDGERESULT", "200 result=1 (FAILURE)")
    await caller.command("EXEC Bridge", None)
    for leg in (AGENT, CALLER):
        lab.ami.send(event("BridgeEnter", Uniqueid=leg, BridgeUniqueid="b1"))
    await lab.until(LegsBridged)
    assert not lab.of(CommandFailed)


async def test_a_bridge_that_always_fails_has_failed(lab: Lab) -> None:
    caller, _ = await lab.arrived(), await lab.answered()
    lab.switch.send(Bridge(leg=CALLER, other=AGENT))
    for _ in range(bridges.TRIES):
        await caller.command("EXEC Bridge")
        await caller.command("GET VARIABLE BRIDGERESULT", "200 result=1 (FAILURE)")
    assert "FAILURE" in (await lab.until(CommandFailed, leg=CALLER)).detail
