"""The notes of calls that came while vcc was away: how they are read, told and deleted."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from telephony.asterisk import endings, missed
from telephony.asterisk.missed import note_of
from telephony.port import CallArrived, CallMissed, ForgetMissed, LegHungUp, MissedEnd, NodeUp
from tests.unit.telephony.asterisk.peers import AmiPeer, event, frame
from tests.unit.telephony.asterisk.test_adapter import Lab

NOTE = "1700000000 trunk/carrier 98668 n c13800138000"
GAVE_UP = " 1700000009 gave_up"


def entry(leg: str = "1700000000.7", note: str = NOTE + GAVE_UP) -> dict[str, str]:
    return {"Key": f"/vcc-missed/{leg}", "Val": note}


# --- a note


def test_a_caller_who_gave_up() -> None:
    note = note_of(entry())
    assert (note.leg, note.trunk, note.phone, note.dialled) == ("1700000000.7", "carrier", "", "98668")
    assert (note.number, note.caller, note.how, note.answered) == ("", "13800138000", MissedEnd.GAVE_UP, None)
    assert (note.arrived, note.ended) == (1_700_000_000.0, 1_700_000_009.0)


def test_a_caller_who_heard_the_fallback_and_the_number_of_whose_call_stood_in_a_header() -> None:
    note = note_of(entry("bj1-1700.7", "1700 trunk/c-1 +8698668 n98667 c+861 1731 fallback 1730"))
    assert (note.leg, note.dialled, note.number, note.caller) == ("bj1-1700.7", "+8698668", "98667", "+861")
    assert (note.how, note.answered, note.ended) == (MissedEnd.FALLBACK, 1_730.0, 1_731.0)


def test_who_left_before_vcc_took_the_call() -> None:
    assert note_of(entry(note=NOTE + " 1700000009 not_taken")).how is MissedEnd.NOT_TAKEN


@pytest.mark.parametrize(("noted", "dialled"), [("=h", "h"), ("9-8668", "9-8668"), ("1" * 79, "1" * 79)])
def test_whatever_was_let_in_is_read(noted: str, dialled: str) -> None:
    assert note_of(entry(note=f"1700 trunk/carrier {noted} n c1")).dialled == dialled


def test_an_agent_and_a_call_that_goes_on() -> None:
    note = note_of(entry(note="1700 phone/lin *71# n c"))
    assert (note.phone, note.trunk, note.dialled, note.caller) == ("lin", "", "*71#", "")
    assert (note.ended, note.how) == (None, None)


def test_what_a_phone_claims_to_be_its_number_is_nothing() -> None:
    assert note_of(entry(note="1700 phone/lin *71 n c138 1701 busy")).caller == ""


@pytest.mark.parametrize(
    "note",
    [
        "",
        NOTE + " 1700000009",
        NOTE + " 1700000009 answered",
        NOTE + "\n",
        NOTE + GAVE_UP + " x",
        "x" + NOTE,
        "1700 trunk/carrier  n c1",
        "1700 agent/x 98668 n c1",
        "1700 trunk/ca rrier 98668 n c1",
        "1700 trunk/carrier 98668 n c1;DROP",
        "1700 trunk/carrier 98668 n c\N{ARABIC-INDIC DIGIT ONE}",
        "1700 trunk/carrier ${EXTEN} n c1",
        "1700 trunk/carrier 9=8 n c1",
        "1700 trunk/carrier " + "1" * 81 + " n c1",
        "1700 trunk/carrier 98668 n c" + "1" * 65,
        "9" * 400 + " trunk/carrier 98668 n c1",
    ],
)
def test_what_our_dial_plan_did_not_write_is_refused(note: str) -> None:
    with pytest.raises(ValueError, match="not one of ours"):
        note_of(entry(note=note))


@pytest.mark.parametrize("leg", ["", "1700.1)", "a/b", "1700.1,x", "a b", "a\r\nAction: x", "\N{FULLWIDTH DIGIT ONE}"])
def test_a_key_of_which_no_action_may_be_made_is_refused(leg: str) -> None:
    with pytest.raises(ValueError, match="no leg"):
        note_of(entry(leg))


# --- told and deleted


@pytest.fixture
async def ami() -> AsyncIterator[AmiPeer]:
    async with AmiPeer() as ami:
        yield ami


@pytest.fixture
async def lab(ami: AmiPeer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Lab]:
    """Not started."""
    monkeypatch.setattr(missed, "GATHER_S", 0.01)
    lab = Lab(ami)
    yield lab
    await lab.close()


def noted(ami: AmiPeer, **notes: str) -> None:
    """What the switch has noted: by the last part of the leg's name."""
    ami.lists["DBGetTree"] = [
        event("DBGetTreeResponse", Key=f"/vcc-missed/1700.{leg[1:]}", Val=note) for leg, note in notes.items()
    ]


async def deleted(ami: AmiPeer, leg: str) -> None:
    await ami.action("Setvar", Variable=f"DB_DELETE(vcc-missed/{leg})")


def deletions(ami: AmiPeer) -> int:
    return sum(1 for action in ami.actions if action.get("Variable", "").startswith("DB_DELETE"))


async def test_what_is_over_is_told_oldest_first_and_deleted_when_it_is_safe(ami: AmiPeer, lab: Lab) -> None:
    noted(ami, _2="1720 trunk/carrier 98668 n c 1730 busy", _10="1710 trunk/carrier 98667 n c1 1712 gave_up")
    await lab.start()
    last = await lab.until(CallMissed, count=2)
    assert [fact.leg for fact in lab.of(CallMissed)] == ["1700.10", "1700.2"]
    assert isinstance(lab.facts[0], NodeUp)
    assert (last.node, last.at, last.arrived, last.ended) == ("n", 1_000.0, 1_720.0, 1_730.0)
    assert not deletions(ami)
    for leg in ("1700.2", "1700.99", "1700.2"):  # one that was never told, and one twice
        lab.switch.send(ForgetMissed(leg=leg))
    await deleted(ami, "1700.2")
    lab.switch.send(ForgetMissed(leg="1700.10"))
    await deleted(ami, "1700.10")
    assert not [action for action in ami.actions if "1700.99" in action.get("Variable", "")]


async def test_many_are_told_in_parts(ami: AmiPeer, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telephony.notes.AT_ONCE", 2)
    notes = {f"_{n}": f"17{n}0 trunk/carrier 98668 n c 1799 busy" for n in range(1, 4)}
    noted(ami, **notes)
    await lab.start()
    await lab.until(CallMissed, count=2)
    noted(ami, _3=notes["_3"])
    for leg in ("1700.1", "1700.2"):
        assert not lab.of(CallMissed, leg="1700.3")
        lab.switch.send(ForgetMissed(leg=leg))
    await lab.until(CallMissed, leg="1700.3")


async def test_a_call_that_goes_on_is_told_when_its_channel_is_gone(ami: AmiPeer, lab: Lab) -> None:
    ami.lists["CoreShowChannels"] = [event("CoreShowChannel", Uniqueid="1700.1", Context="vcc-fallback")]
    noted(ami, _1=NOTE)
    await lab.start()
    await ami.action("DBGetTree", count=2)
    await lab.arrived("1700.9")  # a whole call later
    assert not lab.of(CallMissed)
    noted(ami, _1=NOTE + " 1700000009 fallback 1700000003")
    ami.lists["CoreShowChannels"] = []
    ami.send(event("Hangup", Uniqueid="1700.1", Cause=16))
    fact = await lab.until(CallMissed)
    assert (fact.how, fact.answered) == (MissedEnd.FALLBACK, 1_700_000_003.0)
    assert not lab.of(LegHungUp)


async def test_a_call_whose_channel_went_with_the_switch_is_lost(ami: AmiPeer, lab: Lab) -> None:
    noted(ami, _1=NOTE)
    await lab.start()
    fact = await lab.until(CallMissed)
    assert (fact.how, fact.arrived, fact.ended) == (MissedEnd.LOST, 1_700_000_000.0, 1_700_000_000.0)


async def test_a_call_that_ends_while_the_notes_are_read_is_not_lost(ami: AmiPeer, lab: Lab) -> None:
    noted(ami, _1=NOTE)
    await lab.start()

    async def answer(peer: AmiPeer, action: dict[str, str]) -> None:
        noted(peer, _1=NOTE + GAVE_UP)
        peer.send(frame(Response="Success", ActionID=action["ActionID"], EventList="start"))
        peer.send(event("CoreShowChannelsComplete", ActionID=action["ActionID"], EventList="Complete"))

    ami.answers["CoreShowChannels"] = answer
    assert (await lab.until(CallMissed)).how is MissedEnd.GAVE_UP


async def test_a_call_that_ends_with_the_last_word_of_the_notes_is_told(ami: AmiPeer, lab: Lab) -> None:
    """Its end comes in the same packet as the end of the list, in which it still goes on."""
    ami.lists["CoreShowChannels"] = [event("CoreShowChannel", Uniqueid="1700.1", Context="vcc-fallback")]
    noted(ami, _1=NOTE)
    reads = 0

    async def answer(peer: AmiPeer, action: dict[str, str]) -> None:
        nonlocal reads
        reads += 1
        over = reads > 2
        note = event(
            "DBGetTreeResponse", **entry("1700.1", NOTE + GAVE_UP if over else NOTE), ActionID=action["ActionID"]
        )
        said = frame(Response="Success", ActionID=action["ActionID"], EventList="start") + note
        said += event("DBGetTreeComplete", ActionID=action["ActionID"], EventList="Complete")
        if reads == 2:
            peer.lists["CoreShowChannels"] = []
            said += event("Hangup", Uniqueid="1700.1", Cause=16)
        peer.send(said)

    ami.answers["DBGetTree"] = answer
    await lab.start()
    assert (await lab.until(CallMissed)).how is MissedEnd.GAVE_UP


async def test_a_call_that_vcc_has_after_all_is_deleted_and_never_told(ami: AmiPeer, lab: Lab) -> None:
    ami.lists["CoreShowChannels"] = [event("CoreShowChannel", Uniqueid="1700.1", Context="vcc-serve", Exten="98668")]
    noted(ami, _1=NOTE)
    await lab.start()
    await ami.action("DBGetTree", count=2)
    await lab.arrived("1700.1")
    await deleted(ami, "1700.1")
    ami.send(event("Hangup", Uniqueid="1700.1", Cause=16))
    await lab.until(LegHungUp)
    assert not lab.of(CallMissed)


async def test_a_call_that_vcc_had_and_that_ended_while_the_notes_were_read_was_not_missed(
    ami: AmiPeer, lab: Lab
) -> None:
    noted(ami, _1=NOTE)
    ami.lists["CoreShowChannels"] = [event("CoreShowChannel", Uniqueid="1700.1", Context="vcc-serve", Exten="98668")]
    read = asyncio.Event()

    async def answer(peer: AmiPeer, action: dict[str, str]) -> None:
        peer.send(frame(Response="Success", ActionID=action["ActionID"], EventList="start"))
        if lab.of(CallArrived):
            note = event("DBGetTreeResponse", Key="/vcc-missed/1700.1", Val=NOTE + GAVE_UP, ActionID=action["ActionID"])
            peer.send(note)
            peer.send(event("DBGetTreeComplete", ActionID=action["ActionID"], EventList="Complete"))
        else:
            unfinished.append(action)
            read.set()

    unfinished: list[dict[str, str]] = []
    ami.answers["DBGetTree"] = answer
    await lab.start()
    await read.wait()
    await lab.arrived("1700.1")
    ami.send(event("Hangup", Uniqueid="1700.1", Cause=16))
    await lab.until(LegHungUp)
    ami.actions.clear()
    await answer(ami, unfinished[0])
    await deleted(ami, "1700.1")
    assert not lab.of(CallMissed)


async def test_a_call_that_came_back_before_the_notes_were_read_is_deleted_too(
    ami: AmiPeer, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endings, "PATIENCE_S", 0.02)
    monkeypatch.setattr(endings, "AUDIT_S", 0.1)
    await lab.start()
    await lab.arrived("1700.1")
    ami.lists["CoreShowChannels"] = [event("CoreShowChannel", Uniqueid="1700.1", Context="vcc-serve")]
    noted(ami, _1=NOTE)
    await deleted(ami, "1700.1")
    assert not lab.of(CallMissed)


async def test_what_cannot_be_read_is_deleted_if_its_key_is_one_of_ours(ami: AmiPeer, lab: Lab) -> None:
    noted(ami, _1="nonsense", _2=NOTE + GAVE_UP)
    ami.lists["DBGetTree"].append(event("DBGetTreeResponse", Key="/vcc-missed/x)${SHELL(id)}", Val=NOTE))
    await lab.start()
    await lab.until(CallMissed, leg="1700.2")
    await deleted(ami, "1700.1")
    assert deletions(ami) == 1


async def test_notes_are_looked_for_now_and_then(ami: AmiPeer, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endings, "PATIENCE_S", 0.02)
    monkeypatch.setattr(endings, "AUDIT_S", 0.1)
    await lab.start()
    await ami.action("Setvar", Variable="VCC_NOTED", Value="0")
    noted(ami, _1=NOTE + GAVE_UP)
    await lab.until(CallMissed)


async def test_a_switch_that_does_not_list_them_hinders_no_call(ami: AmiPeer, lab: Lab) -> None:
    async def refuse(peer: AmiPeer, action: dict[str, str]) -> None:
        peer.send(frame(Response="Error", ActionID=action["ActionID"], Message="Permission denied"))

    ami.answers["DBGetTree"] = ami.answers["Setvar"] = refuse
    await lab.start()
    await ami.action("DBGetTree")
    await lab.arrived()
    assert lab.of(CallArrived)
