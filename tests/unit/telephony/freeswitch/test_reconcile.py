"""What is true on a node, from what the switch prints."""

import json

import pytest

from core.errors import SwitchError
from telephony.freeswitch import reconcile
from telephony.freeswitch.missed import legs_of, note_of
from telephony.freeswitch.phones import Phones
from telephony.freeswitch.trunks import Trunks
from telephony.port import MissedEnd


def dumped(leg: str, **variables: str) -> dict[str, str]:
    state = {"Unique-ID": leg, "Answer-State": "answered", "Caller-Context": "vcc-legs"}
    return state | {f"variable_{name}": value for name, value in variables.items()}


CALLER = {"vcc_from": "trunk/t", "vcc_dialled": "98668", "vcc_taken": "1", "current_application": "park"}
AGENT = {"vcc_rung": "true", "vcc_phone": "lin", "current_application": "park"}


def test_those_who_wait_talk_and_watch() -> None:
    found = reconcile.channels(
        [
            dumped("c1", **CALLER),
            dumped("c2", **CALLER, bridge_to="a2"),
            dumped("a2", **AGENT, bridge_to="c2"),
            dumped("s", **AGENT | {"current_application": "eavesdrop", "current_application_data": "a2"}),
            dumped("x", current_application="park"),
        ],
        (),
    )
    assert {leg: (one.parked, one.bridged_with, one.spies_on) for leg, one in found.items()} == {
        "c1": (True, (), ""),
        "c2": (False, ("a2",), ""),
        "a2": (False, ("c2",), ""),
        "s": (False, (), "a2"),
    }


def test_those_in_a_conference() -> None:
    where = {"current_application": "conference", "current_application_data": "r1@vcc+flags{mintwo}"}
    found = reconcile.channels([dumped(leg, **(CALLER | where)) for leg in ("a", "b", "c")], ())
    assert {leg: (one.conference, set(one.bridged_with)) for leg, one in found.items()} == {
        leg: ("r1", {"a", "b", "c"} - {leg}) for leg in ("a", "b", "c")
    }


def test_a_phone_that_rings_is_not_parked() -> None:
    event = dumped("a", **AGENT) | {"Answer-State": "ringing"}
    assert not reconcile.channels([event], ())["a"].parked


def test_who_is_in_the_fallback_is_no_leg_of_ours_unless_known() -> None:
    event = dumped("a", **CALLER) | {"Caller-Context": "vcc-fallback"}
    assert reconcile.channels([event], ()) == {}
    assert not reconcile.channels([event], ("a",))["a"].parked


def test_only_what_may_be_ours_is_asked_about() -> None:
    listed = [
        {"uuid": "vcc-a-1", "context": "default"},
        {"uuid": "u1", "context": "vcc-legs"},
        {"uuid": "u2", "context": "own", "initial_context": "vcc-handover"},
        {"uuid": "stranger", "context": "default", "initial_context": "public"},
    ]
    assert reconcile.candidates(listed, ["known", "u1"]) == ["vcc-a-1", "u1", "u2", "known"]


def test_what_the_switch_prints() -> None:
    assert reconcile.rows('{"row_count": 0}') == []
    assert reconcile.rows('{"row_count":1,"rows":[{"uuid":"u","n":1}]}') == [{"uuid": "u", "n": "1"}]
    assert reconcile.sessions("UP 0 years\n3 session(s) since startup\n2 session(s) - peak 5, last 5min 5\n") == 2
    assert reconcile.event(json.dumps({"a": "b", "c": ["d", "e"]})) == {"a": "b", "c": "ARRAY::d|:e"}


@pytest.mark.parametrize("printed", ["", "-ERR nothing", "[]", "3", "{"])
def test_what_is_not_what_was_asked_for_is_an_error(printed: str) -> None:
    for read in (reconcile.rows, reconcile.sessions, reconcile.event):
        with pytest.raises(SwitchError):
            read(printed)


# --- calls that were missed


def test_a_note_of_a_call_that_was_missed() -> None:
    note = note_of("u", "1700000000 trunk/carrier 01098668 n98668 c+86138 1700000012 fallback 1700000010")
    assert (note.trunk, note.dialled, note.number, note.caller) == ("carrier", "01098668", "98668", "+86138")
    assert (note.arrived, note.ended, note.answered, note.how) == (17e8, 17e8 + 12, 17e8 + 10, MissedEnd.FALLBACK)
    phone = note_of("u", "1700000000 phone/lin *71 n c 1700000001 gave_up 0")
    assert (phone.phone, phone.trunk, phone.answered, phone.how) == ("lin", "", None, MissedEnd.GAVE_UP)


@pytest.mark.parametrize(
    "text", ["", "x", "1 trunk/a 1 n c 2 else 0", "1 trunk/a 1;2 n c 2 busy 0", "1 x/a 1 n c 2 busy 0"]
)
def test_a_note_that_is_none_of_ours(text: str) -> None:
    with pytest.raises(ValueError, match="is not one of ours"):
        note_of("u", text)


def test_keys_that_are_no_legs_are_passed_over() -> None:
    assert legs_of("a-1,b c,,d/e,f") == ["a-1", "f"]
    assert legs_of("") == []


# --- phones and trunks


def test_phones_come_and_go() -> None:
    phones = Phones(["lin", "wang"])
    assert phones.listed([{"reg_user": "lin"}, {"reg_user": "1001"}]) == [
        ("lin", True, "registered"),
        ("wang", False, "not registered"),
    ]
    assert phones.changed({"Event-Subclass": "sofia::register", "from-user": "lin"}) is None
    lost = {"Event-Subclass": "sofia::sip_user_state", "from-user": "lin", "Ping-Status": "Unreachable"}
    assert phones.changed(lost) == ("lin", False, "unreachable")
    assert phones.changed(lost | {"Ping-Status": "Reachable"}) == ("lin", True, "reachable")
    assert phones.changed({"Event-Subclass": "sofia::expire", "user": "lin"}) == ("lin", False, "expire")
    assert phones.listed_again([{"reg_user": "lin"}, {"reg_user": "wang"}]) == [("wang", True, "registered")]


def gateway(name: str, state: str, status: str) -> str:
    return f"<gateway>\n<name>{name}</name>\n<state>{state}</state>\n<status>{status}</status>\n</gateway>"


def test_trunks_come_and_go() -> None:
    trunks = Trunks()
    found = (("out.a", "NOREG"), ("out.b", "NOREG"), ("reg.b", "TRYING"), ("x", "REGED"))
    listed = f"<gateways>{''.join(gateway(name, state, 'UP') for name, state in found)}</gateways>"
    assert trunks.listed(listed) == [("a", True, "up"), ("b", False, "trying")]
    down = {"Gateway": "out.a", "State": "NOREG", "Ping-Status": "DOWN"}
    assert trunks.changed(down) == ("a", False, "down")
    assert trunks.changed(down) is None
    assert trunks.changed({"Gateway": "reg.b", "State": "REGED", "Ping-Status": "UP"}) == ("b", True, "reged")
    assert trunks.changed({"Gateway": "else", "State": "REGED", "Ping-Status": "UP"}) is None
