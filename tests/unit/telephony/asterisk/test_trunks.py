"""Which trunks are there, from what Asterisk tells of contacts and registrations."""

from __future__ import annotations

import pytest

from telephony.asterisk.trunks import Trunks


def device(name: str, state: str) -> dict[str, str]:
    return {"Device": f"PJSIP/{name}", "State": state}


def registration(name: str, status: str) -> list[dict[str, str]]:
    """As Asterisk lists it: the credentials have the same name, and no status."""
    return [
        {"Event": "OutboundRegistrationDetail", "ObjectName": name, "Status": status},
        {"Event": "AuthDetail", "ObjectName": name, "Password": "secret"},
    ]


def contact(name: str, status: str) -> dict[str, str]:
    return {"Event": "ContactStatus", "AOR": name, "ContactStatus": status}


def test_all_of_them_are_told_at_first_and_then_what_changes() -> None:
    trunks = Trunks()
    devices = [device("out.a", "NOT_INUSE"), device("out.b", "UNAVAILABLE"), device("lin", "NOT_INUSE")]
    assert trunks.listed(devices, []) == [("a", True, "not_inuse"), ("b", None, "unavailable")]
    assert trunks.changed(contact("out.a", "Reachable")) == []
    assert trunks.changed(contact("out.a", "Unreachable")) == [("a", False, "unreachable")]
    assert trunks.changed(contact("out.b", "Reachable")) == [("b", True, "reachable")]
    assert trunks.changed(contact("lin", "Unreachable")) == []
    assert trunks.changed(contact("trunk.a", "Reachable")) == []
    assert len(trunks.listed(devices, [])) == 2


def test_where_we_register_the_registration_has_to_hold() -> None:
    trunks = Trunks()
    told = trunks.listed([device("out.a", "NOT_INUSE")], registration("out.a", "Unregistered"))
    assert told == [("a", False, "unregistered")]
    assert trunks.registered(registration("out.a", "Registered")) == [("a", True, "not_inuse")]
    assert trunks.changed(contact("out.a", "Unreachable")) == [("a", False, "unreachable")]
    assert trunks.registered(registration("out.a", "Rejected")) == []
    assert trunks.changed(contact("out.a", "Reachable")) == []
    assert trunks.registered(registration("out.a", "Registered")) == [("a", True, "reachable")]


@pytest.mark.parametrize("status", ["Rejected", "Stopped", "Unregistered", ""])
def test_what_is_no_registration(status: str) -> None:
    trunks = Trunks()
    ((_, reachable, _),) = trunks.listed([device("out.a", "NOT_INUSE")], registration("out.a", status))
    assert not reachable


def test_a_carrier_that_was_not_asked_yet_is_neither_there_nor_away() -> None:
    trunks = Trunks()
    devices = [device(f"out.{name}", "UNAVAILABLE") for name in "abc"]
    assert trunks.listed(devices, []) == [(name, None, "unavailable") for name in "abc"]
    asked = trunks.unsure()
    assert asked == ["out.a", "out.b", "out.c"]
    assert trunks.changed(contact("out.a", "Reachable")) == [("a", True, "reachable")]
    assert trunks.changed(contact("out.b", "Unreachable")) == [("b", False, "unreachable")]
    assert trunks.asked(asked) == [("c", False, "unavailable")], "it did not answer before, and does not now"
    assert trunks.unsure() == []


def test_a_carrier_whose_answer_was_told_before_anybody_listened_is_there() -> None:
    """The state of its device comes later, and nothing is told a second time."""
    trunks = Trunks()
    devices = [device(f"out.{name}", "UNAVAILABLE") for name in "ab"]
    assert trunks.listed(devices, []) == [(name, None, "unavailable") for name in "ab"]
    asked = trunks.unsure()
    devices = [device("out.a", "NOT_INUSE"), device("out.b", "UNAVAILABLE"), device("lin", "NOT_INUSE")]
    assert trunks.listed_again(devices) == [("a", True, "not_inuse")]
    assert trunks.asked(asked) == [("b", False, "unavailable")]
    assert trunks.listed_again([device("out.b", "NOT_INUSE")]) == [], "it is known, and an event tells what changes"


@pytest.mark.parametrize("status", ["Unknown", "NonQualified", "Created", "Updated"])
def test_a_contact_that_is_new_does_not_answer_yet(status: str) -> None:
    trunks = Trunks()
    assert trunks.changed(contact("out.a", status)) == [("a", None, status.lower())]
    assert trunks.changed(contact("out.a", "Reachable")) == [("a", True, "reachable")]
    assert trunks.changed(contact("out.a", status)) == [], "it is as it was until it was asked again"


def test_without_a_registration_it_does_not_matter_what_the_carrier_answers() -> None:
    trunks = Trunks()
    told = trunks.listed([device("out.a", "UNAVAILABLE")], registration("out.a", "Rejected"))
    assert told == [("a", False, "rejected")]
    assert trunks.registered(registration("out.a", "Registered")) == [("a", None, "unavailable")]


def test_a_trunk_that_came_with_a_reload() -> None:
    trunks = Trunks()
    trunks.listed([], [])
    assert trunks.changed(contact("out.new", "Reachable")) == [("new", True, "reachable")]
    assert trunks.changed(contact("out.new", "Removed")) == []


def test_whether_there_are_any() -> None:
    devices = [device("lin", "NOT_INUSE"), device("trunk.a", "NOT_INUSE"), device("out.a", "INVALID")]
    assert Trunks.among(devices)
    assert not Trunks.among(devices[:2])
