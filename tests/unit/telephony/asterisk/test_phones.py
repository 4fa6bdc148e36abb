"""Which phones can be reached."""

import pytest

from telephony.asterisk.phones import Phones


def contact(phone: str, status: str, uri: str = "sip:a@1") -> dict[str, str]:
    return {"AOR": phone, "URI": uri, "ContactStatus": status}


def test_the_list_tells_every_phone() -> None:
    phones = Phones(["lin", "zhao"])
    devices = [
        {"Device": "PJSIP/lin", "State": "NOT_INUSE"},
        {"Device": "PJSIP/wang", "State": "UNAVAILABLE"},
        {"Device": "PJSIP/trunk.c", "State": "NOT_INUSE"},
        {"Device": "Local/lin", "State": "UNAVAILABLE"},
        {},
    ]
    assert phones.listed(devices) == {
        "lin": (True, "not_inuse"),
        "wang": (False, "unavailable"),
        "zhao": (False, "not known to the switch"),
    }


@pytest.mark.parametrize("state", ["RINGING", "INUSE", "BUSY", "ONHOLD", "RINGINUSE"])
def test_a_phone_in_use_is_reachable(state: str) -> None:
    assert Phones([]).listed([{"Device": "PJSIP/lin", "State": state}])["lin"][0]


def test_only_news_are_told() -> None:
    phones = Phones(["lin"])
    assert phones.changed(contact("lin", "NonQualified")) is None, "it has not answered yet"
    assert phones.changed(contact("lin", "Reachable")) == ("lin", True, "reachable")
    assert phones.changed(contact("lin", "NonQualified")) is None
    assert phones.changed(contact("lin", "Unreachable")) == ("lin", False, "unreachable")
    assert phones.changed(contact("lin", "Unreachable")) is None
    assert phones.changed(contact("lin", "Reachable")) == ("lin", True, "reachable")
    assert phones.changed(contact("lin", "Removed")) == ("lin", False, "removed")
    assert phones.changed(contact("trunk.c", "Reachable")) is None
    assert phones.changed({}) is None


def test_a_phone_that_moves_is_reachable_all_the_time() -> None:
    phones = Phones([])
    phones.changed(contact("lin", "Reachable", "sip:old"))
    assert phones.changed(contact("lin", "NonQualified", "sip:new")) is None
    assert phones.changed(contact("lin", "Removed", "sip:old")) is None
    assert phones.changed(contact("lin", "Removed", "sip:new")) == ("lin", False, "removed")


def test_after_the_list_the_first_event_of_a_contact_counts() -> None:
    phones = Phones([])
    phones.listed([{"Device": "PJSIP/lin", "State": "NOT_INUSE"}])
    assert phones.changed(contact("lin", "Removed")) == ("lin", False, "removed")
    phones.listed([{"Device": "PJSIP/lin", "State": "NOT_INUSE"}])
    assert phones.changed(contact("lin", "Reachable")) is None
