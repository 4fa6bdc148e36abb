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
    assert trunks.listed(devices, []) == [("a", True, "not_inuse"), ("b", False, "unavailable")]
    assert trunks.changed(contact("out.a", "Reachable")) == []
    assert trunks.changed(contact("out.a", "Unreachable")) == [("a", False, "unreachable")]
    assert trunks.changed(contact("out.b", "Reachable")) == [("b", True, "reachable")]
    assert trunks.changed(contact("lin", "Unreachable")) == []
    assert trunks.changed(contact("trunk.a", "Reachable")) == []
    assert len(trunks.listed(devices, [])) == 2


def test_where_we_register_the_registration_has_to_hold() -> None:
    trunks = Trunks()
    listed = trunks.listed([device("out.a", "NOT_INUSE")], registration("out.a", "Unregistered"))
    assert listed == [("a", False, "unregistered")]
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


def test_a_trunk_that_came_with_a_reload() -> None:
    trunks = Trunks()
    trunks.listed([], [])
    assert trunks.changed(contact("out.new", "Reachable")) == [("new", True, "reachable")]
    assert trunks.changed(contact("out.new", "Removed")) == []


def test_whether_there_are_any() -> None:
    assert Trunks.among([device("out.a", "INVALID")])
    assert not Trunks.among([device("lin", "NOT_INUSE"), device("trunk.a", "NOT_INUSE")])
