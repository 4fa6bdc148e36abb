"""Which trunks are there, from what FreeSWITCH tells of its gateways."""

import pytest

from telephony.freeswitch.trunks import Trunks


def listed(*gateways: tuple[str, str, str]) -> str:
    """As `sofia xmlstatus gateway` prints it, which escapes not everything."""
    blocks = [
        f"  <gateway>\n    <name>{name}</name>\n    <to>sip:a&b@x</to>\n    <state>{state}</state>\n"
        f"    <status>{status}</status>\n  </gateway>\n"
        for name, state, status in gateways
    ]
    return '<?xml version="1.0" encoding="ISO-8859-1"?>\n<gateways>\n' + "".join(blocks) + "</gateways>\n"


def event(name: str, state: str, status: str) -> dict[str, str]:
    return {"Event-Subclass": "sofia::gateway_state", "Gateway": name, "State": state, "Ping-Status": status}


def test_all_of_them_are_told_at_first_and_then_what_changes() -> None:
    trunks = Trunks()
    text = listed(("out.a", "NOREG", "UP"), ("out.b", "NOREG", "DOWN"), ("theirs", "NOREG", "UP"))
    assert trunks.listed(text) == [("a", True, "up"), ("b", False, "down")]
    assert trunks.changed(event("out.a", "NOREG", "UP")) is None
    assert trunks.changed(event("out.a", "NOREG", "DOWN")) == ("a", False, "down")
    assert trunks.changed(event("out.b", "NOREG", "UP")) == ("b", True, "up")
    assert trunks.changed(event("theirs", "NOREG", "DOWN")) is None
    assert len(trunks.listed(text)) == 2


def test_a_registration_that_is_renewed_holds_until_it_fails() -> None:
    trunks = Trunks()
    assert trunks.listed(listed(("out.a", "TRYING", "UP"))) == [("a", False, "trying")]
    assert trunks.changed(event("out.a", "REGISTER", "UP")) is None
    assert trunks.changed(event("out.a", "REGED", "UP")) == ("a", True, "up")
    for state in ("UNREGED", "TRYING", "REGISTER", "REGED", "UNREGED", "TRYING"):
        assert trunks.changed(event("out.a", state, "UP")) is None
    assert trunks.changed(event("out.a", "FAILED", "UP")) == ("a", False, "failed")
    assert trunks.changed(event("out.a", "UNREGED", "UP")) is None
    assert trunks.changed(event("out.a", "REGED", "DOWN")) is None
    assert trunks.changed(event("out.a", "REGED", "UP")) == ("a", True, "up")


@pytest.mark.parametrize("state", ["TIMEOUT", "FAIL_WAIT", "DOWN", "UNREGISTER", "", "NEW"])
def test_what_is_no_registration(state: str) -> None:
    assert Trunks().listed(listed(("out.a", state, "UP"))) == [("a", False, state.lower())]


def test_what_is_no_list() -> None:
    assert Trunks().listed("-ERR no reply") == []
    assert Trunks().changed({}) is None
