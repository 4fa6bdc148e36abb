"""The adapter with both wires in the test's hands: what a real switch does too seldom to wait for."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

import pytest

from telephony.asterisk import adapter, arrivals, bridges, endings, legs, translate
from telephony.asterisk.adapter import AsteriskSwitch
from telephony.port import (
    Answer,
    Bridge,
    CallArrived,
    CallMissed,
    Cause,
    CommandFailed,
    DigitPressed,
    HangUp,
    LegAnswered,
    LegHungUp,
    LegRinging,
    LegsBridged,
    LegsParted,
    MissedEnd,
    Music,
    NodeDown,
    NodeUp,
    PhoneStatus,
    Play,
    PlayEnded,
    Ring,
    StopPlaying,
    SwitchFact,
    ToFallback,
    TrunkStatus,
)
from tests.unit.telephony.asterisk.peers import WITHIN_S, AgiPeer, AmiPeer, environment, event, frame

F = TypeVar("F", bound=SwitchFact)
CALLER, AGENT = "1700.1", "vcc-c-1"
AGENT_CHANNEL = "PJSIP/lin-00000001"


class StoppedClock:
    """It is always the same time."""

    def now(self) -> float:
        """POSIX seconds."""
        return 1_000.0


class Lab:
    """An adapter between two peers."""

    def __init__(self, ami: AmiPeer) -> None:
        self.ami = ami
        self.facts: list[SwitchFact] = []
        self.round_trips: list[str] = []
        self.on_fact: Callable[[SwitchFact], None] = lambda fact: None
        self._changed = asyncio.Event()
        self._peers: list[AgiPeer] = []
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.agi_port = free.getsockname()[1]
        self.switch = AsteriskSwitch(
            node="n",
            ami=f"127.0.0.1:{ami.port}",
            secret="s",
            agi=f"127.0.0.1:{self.agi_port}",
            phones=["lin"],
            clock=StoppedClock(),
            round_trip=lambda wire, seconds: self.round_trips.append(wire),
        )

    async def start(self) -> None:
        """Start it and wait for the first NodeUp."""
        await self.switch.start(self._tell)
        await self.until(NodeUp)

    async def close(self) -> None:
        """End everything."""
        await self.switch.close()
        for peer in self._peers:
            await peer.close()

    def _tell(self, fact: SwitchFact) -> None:
        self.facts.append(fact)
        self.on_fact(fact)
        self._changed.set()

    def of(self, kind: type[F], **fields: Any) -> list[F]:
        """The facts of a kind with these values."""
        return [f for f in self.facts if isinstance(f, kind) and all(getattr(f, k) == v for k, v in fields.items())]

    async def until(self, kind: type[F], count: int = 1, **fields: Any) -> F:
        """Wait for the `count`th fact of a kind with these values."""
        try:
            async with asyncio.timeout(WITHIN_S):
                while len(self.of(kind, **fields)) < count:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"no {kind.__name__} {fields}; told was {self.facts}") from None
        return self.of(kind, **fields)[count - 1]

    async def connect(self, *, then: str = "", **how: str) -> AgiPeer:
        """The dial plan brings a leg; `then`: what follows in the same breath."""
        self._peers.append(await AgiPeer.connect(self.agi_port, environment(**how), then))
        return self._peers[-1]

    async def arrived(self, leg: str = CALLER, **how: str) -> AgiPeer:
        """A caller who was told of."""
        peer = await self.connect(leg=leg, **how)
        await peer.command(translate.TAKE, '200 result=1 ("Li" <sip:138@x>;tag=1)')
        await self.until(CallArrived, leg=leg)
        return peer

    async def answered(self) -> AgiPeer:
        """An agent who was rung and answered."""
        self.switch.send(RING)
        await self.ami.action("Originate")
        self.ami.send(event("Newchannel", Uniqueid=AGENT, Channel=AGENT_CHANNEL))
        peer = await self.connect(leg=AGENT, script="agent", channel=AGENT_CHANNEL)
        await self.until(LegAnswered, leg=AGENT)
        return peer

    async def talking(self) -> tuple[AgiPeer, AgiPeer]:
        """A caller and an agent in conversation."""
        caller, agent = await self.arrived(), await self.answered()
        self.switch.send(Bridge(leg=CALLER, other=AGENT))
        await caller.command(f'EXEC Bridge "{AGENT_CHANNEL}"', None)
        agent.write("HANGUP\n")
        await agent.close()
        for leg in (AGENT, CALLER):
            self.ami.send(event("BridgeEnter", Uniqueid=leg, BridgeUniqueid="b1"))
        await self.until(LegsBridged, leg=CALLER, other=AGENT)
        return caller, agent


RING = Ring(leg=AGENT, phone="lin", timeout_s=2.5, shows_number="98668", shows_name="Li", for_leg=CALLER)


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with AmiPeer() as ami:
        lab = Lab(ami)
        await lab.start()
        yield lab
        await lab.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endings, "FIRST_S", 0.02)
    monkeypatch.setattr(endings, "PATIENCE_S", 0.05)
    monkeypatch.setattr(arrivals, "HOLD_S", 0.1)


# --- the node


async def test_phones_are_told_after_the_node_also_those_that_the_switch_does_not_know() -> None:
    async with AmiPeer() as ami:
        ami.lists["DeviceStateList"] = [
            event("DeviceStateChange", Device="PJSIP/wang", State="INUSE"),
            event("DeviceStateChange", Device="PJSIP/trunk.carrier", State="UNAVAILABLE"),
            event("DeviceStateChange", Device="Local/x", State="INUSE"),
        ]
        lab = Lab(ami)
        await lab.start()
        await lab.until(PhoneStatus, phone="wang")
        assert [(f.phone, f.reachable) for f in lab.of(PhoneStatus)] == [("lin", False), ("wang", True)]
        assert isinstance(lab.facts[0], NodeUp)
        await lab.close()


async def test_the_time_of_answers_is_told_with_its_wire(lab: Lab) -> None:
    assert lab.round_trips == ["ami"] * 4  # login and the three lists
    await lab.arrived()
    assert lab.round_trips.count("agi") == 1  # the From header


async def test_what_happens_while_the_truth_is_asked_for_is_told_after_it(lab: Lab) -> None:
    await lab.arrived()

    async def answer(peer: AmiPeer, action: dict[str, str]) -> None:
        peer.send(frame(Response="Success", ActionID=action["ActionID"], EventList="start"))
        peer.send(event("CoreShowChannel", ActionID=action["ActionID"], Uniqueid=CALLER, Context="vcc-serve"))
        peer.send(event("Hangup", Uniqueid=CALLER, Cause=16))
        peer.send(event("CoreShowChannelsComplete", ActionID=action["ActionID"], EventList="Complete"))

    lab.ami.answers["CoreShowChannels"] = answer
    lab.ami.hang_up()
    await lab.until(NodeDown)
    up = await lab.until(NodeUp, count=2)
    fact = await lab.until(LegHungUp, leg=CALLER)
    assert [snapshot.leg for snapshot in up.legs] == [CALLER]
    assert lab.facts.index(fact) > lab.facts.index(up)


async def test_who_is_rung_on_the_news_that_the_node_is_up_hinders_nothing(lab: Lab) -> None:
    """vcc has callers waiting and agents idle: it offers at once, in the midst of what is still to be told."""
    await lab.ami.stop()
    await lab.until(NodeDown)
    peer = await lab.connect(leg="1700.7")
    lab.on_fact = lambda fact: lab.switch.send(RING) if isinstance(fact, NodeUp) else None
    lab.ami.lists["DeviceStateList"] = [event("DeviceStateChange", Device="PJSIP/lin", State="NOT_INUSE")]
    await lab.ami.listen()
    await lab.until(PhoneStatus, phone="lin", reachable=True)
    await peer.command(translate.TAKE, "200 result=0")
    await lab.until(CallArrived, leg="1700.7")
    await lab.ami.action("DBGetTree", count=2)
    await lab.ami.action("Originate", ChannelId=AGENT)


async def test_an_event_that_cannot_be_treated_does_not_hinder_those_after_it(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lab.arrived()

    async def answer(peer: AmiPeer, action: dict[str, str]) -> None:
        peer.send(frame(Response="Success", ActionID=action["ActionID"], EventList="start"))
        peer.send(event("CoreShowChannel", ActionID=action["ActionID"], Uniqueid=CALLER, Context="vcc-serve"))
        for leg in ("1700.3", CALLER):
            peer.send(event("Hangup", Uniqueid=leg, Cause=16))
        peer.send(event("CoreShowChannelsComplete", ActionID=action["ActionID"], EventList="Complete"))

    def fail(leg: str) -> None:
        assert leg == CALLER

    monkeypatch.setattr(lab.switch._legs, "note_gone", fail)
    lab.ami.answers["CoreShowChannels"] = answer
    lab.ami.hang_up()
    await lab.until(LegHungUp, leg=CALLER)


async def test_legs_that_are_gone_after_an_outage_are_told(lab: Lab) -> None:
    await lab.arrived()
    lab.switch.send(RING)
    await lab.ami.action("Originate")
    lab.ami.hang_up()
    await lab.until(NodeUp, count=2)
    assert (await lab.until(LegHungUp, leg=AGENT)).cause is Cause.FAILED
    await lab.until(LegHungUp, leg=CALLER)


async def test_a_switch_that_does_not_say_what_is_true_is_asked_again(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(peer: AmiPeer, action: dict[str, str]) -> None:
        peer.hang_up()

    lab.ami.answers["CoreShowChannels"] = nothing
    lab.ami.hang_up()
    await lab.until(NodeDown)
    await lab.ami.action("CoreShowChannels", count=3)
    del lab.ami.answers["CoreShowChannels"]
    await lab.until(NodeUp, count=2)
    assert len(lab.of(NodeDown)) == 1


async def test_who_connects_while_the_node_is_down_is_held_and_then_let_go(lab: Lab, impatient: None) -> None:
    await lab.ami.stop()
    await lab.until(NodeDown)
    peer = await lab.connect(leg="1700.7")
    assert await peer.ended() == b""
    assert not lab.of(CallArrived)


async def test_a_first_arrival_is_not_among_the_legs_of_the_node_but_comes_after_it(lab: Lab) -> None:
    await lab.ami.stop()
    await lab.until(NodeDown)
    first, again = await lab.connect(leg="1700.7"), await lab.connect(leg="1700.8", arg_1="again")
    lab.ami.lists["CoreShowChannels"] = [
        event("CoreShowChannel", Uniqueid=leg, Channel=f"PJSIP/trunk.c-{leg}", Context="vcc-serve", ChannelState=6)
        for leg in ("1700.7", "1700.8")
    ]
    await lab.ami.listen()
    up = await lab.until(NodeUp, count=2)
    assert [(snapshot.leg, snapshot.controlled) for snapshot in up.legs] == [("1700.8", True)]
    for peer in (first, again):
        await peer.command(translate.TAKE, "200 result=0")
    assert not (await lab.until(CallArrived, leg="1700.7")).again
    assert (await lab.until(CallArrived, leg="1700.8")).again


# --- arrivals


async def test_headers_that_the_dial_plan_names_are_read_and_made_harmless(lab: Lab) -> None:
    peer = await lab.connect(arg_1="", arg_2="diversion:x-a:x-b")
    await peer.command("GET VARIABLE PJSIP_HEADER(read,diversion)", "200 result=1 (<sip:98668@x>;reason=no)")
    await peer.command("GET VARIABLE PJSIP_HEADER(read,x-a)", "200 result=0")
    await peer.command("GET VARIABLE PJSIP_HEADER(read,x-b)", "200 result=1 (a\x01b)")
    await peer.command(translate.TAKE, "200 result=1 ()")  # the last: then the dial plan knows that vcc has the call
    fact = await lab.until(CallArrived)
    assert (fact.caller, fact.caller_name) == ("", "")
    assert fact.headers == {"diversion": "<sip:98668@x>;reason=no", "x-b": "a\ufffdb"}


async def test_a_connection_that_is_not_our_dial_plans_is_closed(lab: Lab) -> None:
    peer = await lab.connect(script="something/else")
    assert await peer.ended() == b""
    assert not lab.of(CallArrived)


async def test_a_caller_who_leaves_before_being_told_of_was_never_there(lab: Lab) -> None:
    peer = await lab.connect()
    await peer.command(translate.TAKE, None)
    peer.write("HANGUP\n")
    await peer.close()
    frozen = await lab.connect(leg="1700.3", then="HANGUP\n")
    assert await frozen.ended() == b""  # nothing is asked any more
    await lab.arrived("1700.2")
    lab.ami.send(event("Hangup", Uniqueid=CALLER, Cause=16) + event("Hangup", Uniqueid="1700.2", Cause=16))
    await lab.until(LegHungUp, leg="1700.2")
    assert not lab.of(CallArrived, leg=CALLER)
    assert not lab.of(LegHungUp, leg=CALLER)
    assert not lab.of(CallMissed)  # the dial plan has noted it, for it was asked nothing


async def test_a_caller_who_leaves_with_the_answer_was_there(lab: Lab) -> None:
    peer = await lab.connect()
    await peer.command(translate.TAKE, "200 result=1 (<sip:138@x>)\nHANGUP")
    await peer.close()
    assert (await lab.until(CallArrived)).caller == "138"
    lab.ami.send(event("Hangup", Uniqueid=CALLER, Cause=16))
    await lab.until(LegHungUp, leg=CALLER)


async def test_a_caller_whose_end_is_heard_before_the_answer_was_missed(lab: Lab) -> None:
    peer = await lab.connect(extension="=h")
    await peer.command(translate.TAKE, None)
    lab.ami.send(event("Hangup", Uniqueid=CALLER, Cause=16))
    fact = await lab.until(CallMissed)
    assert (fact.leg, fact.trunk, fact.dialled, fact.how) == (CALLER, "carrier", "h", MissedEnd.NOT_TAKEN)
    again = await lab.connect(leg="1700.2", arg_1="again")
    await again.command(translate.TAKE, None)
    lab.ami.send(event("Hangup", Uniqueid="1700.2", Cause=16))
    await again.ended()
    await lab.arrived("1700.4")
    assert len(lab.of(CallMissed)) == 1  # who was here before is on record


# --- ringing


async def test_ringing_a_phone_says_what_it_shows(lab: Lab) -> None:
    lab.switch.send(RING)
    action = await lab.ami.action("Originate")
    assert (action["Channel"], action["ChannelId"], action["Timeout"]) == ("PJSIP/lin", AGENT, "2500")
    assert action["CallerID"] == '"Li" <98668>'
    assert "Variable" not in action
    lab.ami.send(event("Newchannel", Uniqueid=AGENT, Channel=AGENT_CHANNEL))
    for _ in range(2):
        lab.ami.send(event("Newstate", Uniqueid=AGENT, ChannelState=5, ChannelStateDesc="Ringing"))
    lab.ami.send(event("Hangup", Uniqueid=AGENT, Cause=17, TechCause=486))
    assert (await lab.until(LegHungUp)).cause is Cause.BUSY
    assert len(lab.of(LegRinging)) == 1


async def test_a_failure_without_a_channel_ends_the_leg_and_one_with_a_channel_waits_for_its_hangup(lab: Lab) -> None:
    failure = event("OriginateResponse", Response="Failure", Uniqueid=AGENT, Reason=0)
    lab.switch.send(RING)
    await lab.ami.action("Originate")
    lab.ami.send(failure)
    assert (await lab.until(LegHungUp)).cause is Cause.UNREACHABLE
    lab.switch.send(RING)
    await lab.ami.action("Originate", count=2)
    lab.ami.send(event("Newchannel", Uniqueid=AGENT, Channel=AGENT_CHANNEL) + failure)
    lab.ami.send(event("Hangup", Uniqueid=AGENT, Cause=21))
    assert (await lab.until(LegHungUp, count=2)).cause is Cause.REFUSED


async def test_a_ring_that_the_switch_refuses_has_failed(lab: Lab) -> None:
    async def refuse(peer: AmiPeer, action: dict[str, str]) -> None:
        peer.send(frame(Response="Error", ActionID=action["ActionID"], Message="Permission denied"))

    lab.ami.answers["Originate"] = refuse
    lab.switch.send(RING)
    fact = await lab.until(LegHungUp, leg=AGENT)
    assert (fact.cause, fact.detail) == (Cause.FAILED, "Permission denied")


async def test_a_ring_without_any_answer_has_failed_and_is_stopped_if_it_rings(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(peer: AmiPeer, action: dict[str, str]) -> None: ...

    lab.ami.answers["Originate"] = nothing
    monkeypatch.setattr("telephony.asterisk.ami.AmiProtocol.request.__defaults__", (0.05,))
    monkeypatch.setattr("telephony.asterisk.ami_client.AmiClient.send.__kwdefaults__", {"timeout_s": 0.05})
    lab.switch.send(RING)
    assert (await lab.until(LegHungUp, leg=AGENT)).cause is Cause.FAILED
    await lab.ami.action("Hangup", Channel=AGENT)


async def test_a_hang_up_that_came_before_the_channel_is_repeated_at_the_channel(lab: Lab) -> None:
    lab.switch.send(RING)
    lab.switch.send(HangUp(leg=AGENT, elsewhere=True))
    await lab.ami.action("Hangup", Channel=AGENT, Cause="26")
    lab.ami.send(event("Newchannel", Uniqueid=AGENT, Channel=AGENT_CHANNEL))
    await lab.ami.action("Hangup", Channel=AGENT_CHANNEL, Cause="26")
    lab.ami.send(event("Hangup", Uniqueid=AGENT, Cause=26))
    assert (await lab.until(LegHungUp, leg=AGENT)).cause is Cause.ELSEWHERE


# --- bridges


async def test_a_conversation_and_its_end_are_told_once_each(lab: Lab) -> None:
    caller, _ = await lab.talking()
    lab.ami.send(event("BridgeLeave", Uniqueid=AGENT, BridgeUniqueid="b1"))
    await lab.until(LegsParted, leg=CALLER, other=AGENT)
    lab.ami.send(event("BridgeLeave", Uniqueid=CALLER, BridgeUniqueid="b1"))
    caller.write("200 result=0\n")
    lab.ami.send(event("Hangup", Uniqueid=AGENT, Cause=16))
    await lab.until(LegHungUp, leg=AGENT)
    lab.switch.send(Play(leg=CALLER, play="p", sounds=("/a.wav",)))
    await caller.command("EXEC Progress")
    await caller.command('STREAM FILE "/a" ""', "200 result=0 endpos=8")
    assert (await lab.until(PlayEnded)).completed
    assert len(lab.of(LegsParted)) == 1


@pytest.mark.parametrize("first", ["reply", "hangup"])
async def test_whatever_tells_first_that_they_have_parted(lab: Lab, first: str) -> None:
    caller, _ = await lab.talking()
    if first == "reply":
        caller.write("200 result=0\n")
    else:
        lab.ami.send(event("Hangup", Uniqueid=AGENT, Cause=16))
    await lab.until(LegsParted, leg=CALLER, other=AGENT)
    lab.ami.send(event("BridgeLeave", Uniqueid=AGENT) + event("BridgeLeave", Uniqueid=CALLER))
    lab.ami.send(event("Hangup", Uniqueid=AGENT, Cause=16))
    await lab.until(LegHungUp, leg=AGENT)
    assert len(lab.of(LegsParted)) == 1


async def test_a_bridge_so_short_that_its_reply_comes_before_its_events(lab: Lab) -> None:
    caller, _ = await lab.arrived(), await lab.answered()
    lab.switch.send(Bridge(leg=CALLER, other=AGENT))
    await caller.command("EXEC Bridge", "200 result=0")
    await caller.command("GET VARIABLE BRIDGERESULT", "200 result=1 (SUCCESS)")
    for name in ("BridgeEnter", "BridgeLeave"):
        for leg in (AGENT, CALLER):
            lab.ami.send(event(name, Uniqueid=leg, BridgeUniqueid="b1"))
    lab.ami.send(event("Hangup", Uniqueid=AGENT, Cause=16))
    await lab.until(LegHungUp, leg=AGENT)
    assert [type(f) for f in lab.facts[-3:]] == [LegsBridged, LegsParted, LegHungUp]


async def test_a_bridge_that_the_switch_cannot_make_has_failed(lab: Lab) -> None:
    caller, _ = await lab.arrived(), await lab.answered()
    lab.switch.send(Bridge(leg=CALLER, other=AGENT))
    await caller.command("EXEC Bridge", "200 result=0")
    await caller.command("GET VARIABLE BRIDGERESULT", "200 result=1 (NONEXISTENT)")
    fact = await lab.until(CommandFailed)
    assert (fact.leg, fact.command) == (CALLER, "Bridge")
    assert "NONEXISTENT" in fact.detail
    assert not lab.of(LegsBridged)


async def test_a_leg_in_transit_is_bridged_with_a_little_later(lab: Lab) -> None:
    caller, _ = await lab.arrived(), await lab.answered()
    lab.switch.send(Bridge(leg=CALLER, other=AGENT))
    for _ in range(bridges.TRIES):
        await caller.command("EXEC Bridge", "200 result=0")
        await caller.command("GET VARIABLE BRIDGERESULT", "200 result=1 (FAILURE)")
    assert "FAILURE" in (await lab.until(CommandFailed)).detail


async def test_a_phone_that_is_picked_up_is_told_of_and_joined_without_a_connection(lab: Lab) -> None:
    caller = await lab.arrived()
    lab.switch.send(RING)
    await lab.ami.action("Originate")
    lab.ami.send(event("BridgeEnter", BridgeTechnology="holding_bridge", Uniqueid=AGENT, Channel=AGENT_CHANNEL))
    await lab.until(LegAnswered, leg=AGENT)
    lab.switch.send(Bridge(leg=CALLER, other=AGENT))
    await caller.command(f'EXEC Bridge "{AGENT_CHANNEL}"', None)
    for leg in (AGENT, CALLER):
        lab.ami.send(event("BridgeEnter", Uniqueid=leg, BridgeUniqueid="b1"))
    await lab.until(LegsBridged, leg=CALLER, other=AGENT)


async def test_a_phone_that_was_picked_up_is_fetched_when_something_is_to_be_done_on_it(lab: Lab) -> None:
    lab.switch.send(RING)
    await lab.ami.action("Originate")
    lab.ami.send(event("BridgeEnter", BridgeTechnology="holding_bridge", Uniqueid=AGENT, Channel=AGENT_CHANNEL))
    await lab.until(LegAnswered, leg=AGENT)
    for play in ("p", "q"):
        lab.switch.send(Play(leg=AGENT, play=play, sounds=("/a.wav",)))
    fetched = await lab.ami.action("Redirect")
    assert (fetched["Channel"], fetched["Exten"]) == (AGENT_CHANNEL, "s")
    agent = await lab.connect(leg=AGENT, script="agent", channel=AGENT_CHANNEL)
    for play in ("p", "q"):
        await agent.command('STREAM FILE "/a"', "200 result=0 endpos=8")
        await lab.until(PlayEnded, play=play)
    assert len(lab.of(LegAnswered)) == 1


async def test_the_agents_leg_comes_back_and_its_commands_were_kept(lab: Lab) -> None:
    caller, _ = await lab.talking()
    await caller.close()
    lab.ami.send(event("BridgeLeave", Uniqueid=CALLER) + event("BridgeLeave", Uniqueid=AGENT))
    lab.ami.send(event("Hangup", Uniqueid=CALLER, Cause=16))
    await lab.until(LegHungUp, leg=CALLER)
    lab.switch.send(Play(leg=AGENT, play="p", sounds=("/a.wav",)))
    agent = await lab.connect(leg=AGENT, script="agent")
    await agent.command('STREAM FILE "/a"', "200 result=0 endpos=8")
    await lab.until(PlayEnded, leg=AGENT)
    assert len(lab.of(LegAnswered)) == 1


# --- legs that do not end


async def test_a_leg_whose_end_was_announced_and_does_not_come_is_hung_up(lab: Lab, impatient: None) -> None:
    await lab.talking()
    lab.ami.send(event("HangupRequest", Uniqueid=AGENT))
    await lab.ami.action("Hangup", Channel=AGENT_CHANNEL)
    lab.ami.send(event("Hangup", Uniqueid=AGENT, Cause=16))
    await lab.until(LegHungUp, leg=AGENT)


async def test_a_leg_that_was_hung_up_before_its_connection_began_is_let_go_of(lab: Lab, impatient: None) -> None:
    """It is dead on it: the switch keeps it until the connection ends, whatever AMI says."""
    agent = await lab.answered()
    lab.switch.send(Play(leg=AGENT, play="p", sounds=("/a.wav",)))
    await agent.command("STREAM FILE", None)
    lab.ami.send(event("HangupRequest", Uniqueid=AGENT))
    assert await agent.ended() == b""
    await lab.ami.action("Hangup", Channel=AGENT_CHANNEL)
    lab.ami.send(event("Hangup", Uniqueid=AGENT, Cause=16))
    await lab.until(LegHungUp, leg=AGENT, cause=Cause.NORMAL)
    assert not lab.of(CommandFailed)


@pytest.mark.parametrize("known", [True, False])
async def test_a_leg_that_comes_after_the_news_of_its_end_is_let_go_of_at_once(lab: Lab, known: bool) -> None:
    """As after a blind transfer, when the phone ends its own call while the leg is on its way here."""
    if known:
        caller, _ = await lab.talking()
        await caller.close()
        lab.ami.send(event("BridgeLeave", Uniqueid=CALLER) + event("BridgeLeave", Uniqueid=AGENT))
    else:
        await lab.arrived()
    lab.ami.send(event("HangupRequest", Uniqueid=AGENT if known else "1700.9"))
    lab.ami.send(event("DTMFEnd", Uniqueid=CALLER, Digit=1, Direction="Received"))
    await lab.until(DigitPressed)
    late = await (lab.connect(leg=AGENT, script="agent") if known else lab.connect(leg="1700.9"))
    assert await late.ended() == b""
    assert not lab.of(CallArrived, leg="1700.9")
    assert not lab.of(LegHungUp)
    if known:
        lab.ami.send(event("Hangup", Uniqueid=AGENT, Cause=16))
        assert (await lab.until(LegHungUp, leg=AGENT)).cause is Cause.NORMAL


async def test_a_leg_that_comes_after_it_was_told_to_end_is_let_go_of_at_once(lab: Lab) -> None:
    caller, _ = await lab.talking()
    await caller.close()
    lab.switch.send(HangUp(leg=AGENT))
    await lab.ami.action("Hangup", Channel=AGENT_CHANNEL)
    late = await lab.connect(leg=AGENT, script="agent", channel=AGENT_CHANNEL)
    assert await late.ended() == b""
    await lab.ami.action("Hangup", count=2, Channel=AGENT_CHANNEL)  # it may have been on its way for another reason


async def test_to_hang_up_again_gains_a_leg_no_time(lab: Lab, impatient: None) -> None:
    await lab.arrived()

    async def hang_up_again() -> None:
        while True:
            lab.switch.send(HangUp(leg=CALLER))
            await asyncio.sleep(endings.FIRST_S / 4)

    again = asyncio.create_task(hang_up_again())
    await lab.until(LegHungUp, leg=CALLER, cause=Cause.FAILED)
    again.cancel()


async def test_a_leg_that_never_ends_is_given_up(lab: Lab, impatient: None) -> None:
    await lab.arrived()
    lab.switch.send(HangUp(leg=CALLER))
    fact = await lab.until(LegHungUp, leg=CALLER)
    assert fact.cause is Cause.FAILED
    hang_ups = [a for a in lab.ami.actions if a["Action"] == "Hangup"]
    assert len(hang_ups) == 1 + endings.ATTEMPTS


async def test_nothing_is_done_any_more_on_a_leg_that_is_to_end(lab: Lab) -> None:
    caller = await lab.arrived()
    lab.switch.send(Play(leg=CALLER, play="p", sounds=("/a.wav", "/b.wav")))
    await caller.command("EXEC Progress")
    await caller.command("STREAM FILE", None)
    lab.switch.send(Music(leg=CALLER, music="t/m"))
    lab.switch.send(HangUp(leg=CALLER))
    lab.switch.send(Answer(leg=CALLER))
    lab.ami.send(event("Hangup", Uniqueid=CALLER, Cause=16))
    await lab.until(LegHungUp, leg=CALLER)
    assert await caller.ended() == b"NOOP\n"
    assert [type(f) for f in lab.facts[-2:]] == [PlayEnded, LegHungUp]


# --- the leg's line of commands


async def test_commands_are_carried_out_in_order(lab: Lab) -> None:
    caller = await lab.arrived()
    for command in (
        Music(leg=CALLER, music="t/m"),
        Answer(leg=CALLER),
        Music(leg=CALLER, music="t/m"),
        Play(leg=CALLER, play="p", sounds=("/a b.wav", '/c"d.wav'), stop_keys="1#x"),
        Music(leg=CALLER, music=""),
    ):
        lab.switch.send(command)
    await caller.command("EXEC Progress")
    await caller.command('SET VARIABLE CHANNEL(musicclass) "t.m"', "200 result=1")
    await caller.command('SET MUSIC ON "t.m"')
    await caller.command("ANSWER")
    await caller.command('SET MUSIC ON "t.m"')
    await caller.command('STREAM FILE "/a b" "1#"', "200 result=0 endpos=1")
    await caller.command('STREAM FILE "/c\\"d" "1#"', "200 result=0 endpos=1")
    await caller.command("SET MUSIC OFF")
    assert (await lab.until(PlayEnded)).completed


async def test_the_fallback_ends_what_is_played_and_outlives_the_adapter(lab: Lab) -> None:
    caller = await lab.arrived()
    lab.switch.send(Play(leg=CALLER, play="p", sounds=("/a.wav", "/b.wav")))
    await caller.command("EXEC Progress")
    await caller.command('STREAM FILE "/a"', None)
    lab.switch.send(Play(leg=CALLER, play="q", sounds=("/c.wav",)))
    lab.switch.send(ToFallback(leg=CALLER))
    closing = asyncio.create_task(lab.switch.close())
    await caller.command("NOOP")
    await caller.command("SET VARIABLE VCC_NEXT fallback", "200 result=1")
    assert await caller.ended() == b""
    await closing


async def test_a_key_between_two_files_stops_the_second(lab: Lab) -> None:
    caller = await lab.arrived()
    lab.switch.send(Play(leg=CALLER, play="p", sounds=("/a.wav", "/b.wav"), stop_keys="1"))
    await caller.command("EXEC Progress")
    await caller.command('STREAM FILE "/a"', "200 result=0 endpos=1")
    await caller.command('STREAM FILE "/b"', None)
    lab.ami.send(event("DTMFEnd", Uniqueid=CALLER, Digit=1, Direction="Received"))
    await caller.command("NOOP")
    assert not (await lab.until(PlayEnded)).completed
    assert len(lab.of(DigitPressed, digit="1")) == 1


async def test_a_key_that_is_sent_to_a_leg_is_none_that_it_pressed(lab: Lab) -> None:
    await lab.arrived()
    for direction in ("Sent", "Received"):
        lab.ami.send(event("DTMFEnd", Uniqueid=CALLER, Digit="a", Direction=direction))
    await lab.until(DigitPressed, digit="A")
    assert len(lab.of(DigitPressed)) == 1


async def test_a_leg_whose_connection_breaks_loses_what_waits(lab: Lab) -> None:
    caller = await lab.arrived()
    lab.switch.send(Play(leg=CALLER, play="p", sounds=("/a.wav",)))
    lab.switch.send(Play(leg=CALLER, play="q", sounds=("/a.wav",)))
    lab.switch.send(Answer(leg=CALLER))
    await caller.command("EXEC Progress")
    await caller.command("STREAM FILE", None)
    await caller.close()
    await lab.until(CommandFailed, command="Answer")
    await lab.until(PlayEnded, count=2)
    assert not any(fact.completed for fact in lab.of(PlayEnded))
    again = await lab.connect(arg_1="again")
    await again.command(translate.TAKE, "200 result=0")
    assert (await lab.until(CallArrived, count=2)).again


async def test_a_line_of_commands_has_a_limit(lab: Lab) -> None:
    await lab.arrived()
    for _ in range(legs.MAX_WAITING + 5):
        lab.switch.send(Answer(leg=CALLER))
    assert len(lab.of(CommandFailed, command="Answer")) == 5


async def test_a_music_class_or_a_sound_that_cannot_be_named_fails_and_injects_nothing(lab: Lab) -> None:
    caller = await lab.arrived()
    lab.switch.send(Answer(leg=CALLER))
    await caller.command("ANSWER")
    lab.switch.send(Music(leg=CALLER, music="x\nEXEC System rm"))
    assert (await lab.until(CommandFailed)).command == "Music"
    lab.switch.send(Play(leg=CALLER, play="p", sounds=("/a\nHANGUP",)))
    assert (await lab.until(CommandFailed, command="Play")).leg == CALLER
    assert len(lab.of(PlayEnded, play="p")) == 1


@pytest.mark.parametrize("command", [Answer, HangUp, StopPlaying, ToFallback])
async def test_a_command_for_a_leg_that_is_gone_is_no_error(lab: Lab, command: Callable[..., Any]) -> None:
    before = list(lab.facts)
    lab.switch.send(command(leg="gone"))
    await asyncio.sleep(0)
    assert [f for f in lab.facts if not isinstance(f, PhoneStatus)] == [
        f for f in before if not isinstance(f, PhoneStatus)
    ]


# --- the end


async def test_closing_leaves_the_legs_to_the_dial_plan_and_no_task_behind(lab: Lab) -> None:
    caller, _ = await lab.talking()
    waiting = await lab.arrived("1700.2")
    lab.switch.send(Play(leg="1700.2", play="p", sounds=("/a.wav",)))
    await waiting.command("EXEC Progress")
    await waiting.command("STREAM FILE", None)
    told = len(lab.facts)
    await lab.switch.close()
    for peer in (caller, waiting):
        assert await peer.ended() == b""
    assert len(lab.facts) == told
    assert not [a for a in lab.ami.actions if a["Action"] == "Hangup"]
    for _ in range(5):
        await asyncio.sleep(0)
    left = [
        t.get_name()
        for t in asyncio.all_tasks()
        if t.get_name().startswith(("leg", "ami", "fastagi", "healing", "arrival"))
    ]
    assert not left


async def test_a_conversation_that_ended_unheard_is_told_after_the_node(lab: Lab) -> None:
    caller, _ = await lab.talking()
    lab.ami.lists["CoreShowChannels"] = [
        event("CoreShowChannel", Uniqueid=leg, Channel=f"PJSIP/x-{leg}", Context="vcc-serve", ChannelState=6)
        for leg in (CALLER, AGENT)
    ]
    lab.ami.hang_up()
    up = await lab.until(NodeUp, count=2)
    parted = await lab.until(LegsParted, leg=CALLER, other=AGENT)
    assert lab.facts.index(parted) > lab.facts.index(up)
    caller.write("200 result=0\n")
    lab.switch.send(Answer(leg=CALLER))
    await caller.command("ANSWER")
    assert len(lab.of(LegsParted)) == 1


async def test_a_switch_that_refuses_to_list_its_channels_is_not_up(lab: Lab) -> None:
    """Else every call would seem to be gone."""

    async def refuse(peer: AmiPeer, action: dict[str, str]) -> None:
        peer.send(frame(Response="Error", ActionID=action["ActionID"], Message="Permission denied"))

    await lab.arrived()
    lab.ami.answers["CoreShowChannels"] = refuse
    lab.ami.hang_up()
    await lab.ami.action("CoreShowChannels", count=3)
    assert len(lab.of(NodeUp)) == 1
    assert not lab.of(LegHungUp)


@pytest.mark.parametrize("script", ["trunk/carrier", "phone/lin", "agent"])
async def test_a_connection_that_is_read_after_the_end_of_its_channel_is_no_new_leg(lab: Lab, script: str) -> None:
    await lab.arrived()
    lab.ami.send(event("Hangup", Uniqueid="1700.9", Cause=16))
    lab.ami.send(event("DTMFEnd", Uniqueid=CALLER, Digit=1, Direction="Received"))
    await lab.until(DigitPressed)
    late = await lab.connect(leg="1700.9", script=script)
    assert await late.ended() == b""
    assert not lab.of(CallArrived, leg="1700.9")
    assert not lab.of(LegAnswered)


# --- lost words


async def test_a_leg_whose_end_nobody_told_is_found_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endings, "PATIENCE_S", 0.02)
    monkeypatch.setattr(endings, "AUDIT_S", 0.3)
    async with AmiPeer() as ami:
        ami.lists["CoreShowChannels"] = [event("CoreShowChannel", Uniqueid="1700.2", Context="elsewhere")]
        lab = Lab(ami)
        await lab.start()
        await lab.arrived("1700.2")
        lab.switch.send(RING)
        await lab.arrived()
        assert (await lab.until(LegHungUp)).leg == CALLER
        asked = [action["Action"] for action in ami.actions].count("CoreShowChannels")
        await ami.action("CoreShowChannels", count=asked + 1)
        assert [fact.leg for fact in lab.of(LegHungUp)] == [CALLER]
        await lab.close()


async def test_a_caller_whose_channel_is_dead_already_is_not_told_of(lab: Lab) -> None:
    peer = await lab.connect(script="phone/lin")
    await peer.command(translate.TAKE, "511 Command Not Permitted on a dead channel or intercept routine")
    await lab.arrived("1700.2")
    assert not lab.of(CallArrived, leg=CALLER)
    again = await lab.connect(script="phone/lin")
    await again.command(translate.TAKE, "200 result=0")
    assert (await lab.until(CallArrived, leg=CALLER)).phone == "lin"


async def test_a_carrier_is_asked_at_once_and_is_away_only_if_it_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(adapter, "LOOK_AGAIN_S", 0.01)
    monkeypatch.setattr(adapter, "ANSWERS_WITHIN_S", 0.1)
    async with AmiPeer() as ami:
        ami.lists["DeviceStateList"] = [
            event("DeviceStateChange", Device=f"PJSIP/out.{trunk}", State="UNAVAILABLE") for trunk in ("a", "b")
        ]
        lab = Lab(ami)
        await lab.start()
        await ami.action("PJSIPQualify", Endpoint="out.b")
        ami.send(event("ContactStatus", AOR="out.b", ContactStatus="Reachable"))
        await lab.until(TrunkStatus, trunk="b", reachable=True)
        await lab.until(TrunkStatus, trunk="a", reachable=False)
        assert [f.reachable for f in lab.of(TrunkStatus, trunk="a")] == [None, False]
        assert [f.reachable for f in lab.of(TrunkStatus, trunk="b")] == [None, True]
        await lab.close()


async def test_a_carrier_that_answered_just_before_vcc_listened_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The list is too early for it, and asked again it is no news to the switch: nothing is told."""
    monkeypatch.setattr(adapter, "LOOK_AGAIN_S", 0.1)
    monkeypatch.setattr(adapter, "ANSWERS_WITHIN_S", 0.2)
    async with AmiPeer() as ami:
        ami.lists["DeviceStateList"] = [event("DeviceStateChange", Device="PJSIP/out.a", State="UNAVAILABLE")]
        lab = Lab(ami)
        await lab.start()
        await ami.action("PJSIPQualify", Endpoint="out.a")
        ami.lists["DeviceStateList"] = [event("DeviceStateChange", Device="PJSIP/out.a", State="NOT_INUSE")]
        await lab.until(TrunkStatus, trunk="a", reachable=True)
        await asyncio.sleep(0.2)
        assert [f.reachable for f in lab.of(TrunkStatus, trunk="a")] == [None, True]
        await lab.close()


async def test_a_carrier_that_has_missed_one_question_is_asked_again_at_once() -> None:
    """Once: whoever does not answer then either is asked as often as is configured."""
    async with AmiPeer() as ami:
        ami.lists["DeviceStateList"] = [event("DeviceStateChange", Device="PJSIP/out.a", State="NOT_INUSE")]
        lab = Lab(ami)
        await lab.start()
        await lab.until(TrunkStatus, trunk="a", reachable=True)
        ami.send(event("ContactStatus", AOR="out.a", ContactStatus="Unreachable"))
        await ami.action("PJSIPQualify", Endpoint="out.a")
        ami.send(event("ContactStatus", AOR="out.a", ContactStatus="Reachable"))
        await lab.until(TrunkStatus, trunk="a", detail="reachable")
        assert [f.reachable for f in lab.of(TrunkStatus, trunk="a")] == [True, False, True]
        assert [action["Action"] for action in ami.actions].count("PJSIPQualify") == 1
        await lab.close()


async def test_a_phone_that_came_just_before_the_lists_were_made_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "LOOK_AGAIN_S", 0.01)
    async with AmiPeer() as ami:
        ami.lists["DeviceStateList"] = [event("DeviceStateChange", Device="PJSIP/wang", State="UNAVAILABLE")]
        lab = Lab(ami)
        await lab.start()
        assert not (await lab.until(PhoneStatus, phone="wang")).reachable
        ami.lists["DeviceStateList"] = [event("DeviceStateChange", Device="PJSIP/wang", State="NOT_INUSE")]
        await lab.until(PhoneStatus, phone="wang", reachable=True)
        await lab.close()
