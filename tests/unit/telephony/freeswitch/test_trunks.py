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


def test_who_was_not_asked_yet_is_not_known() -> None:
    def gateway(name: str, state: str, status: str, count: int, every_s: int = 30) -> str:
        more = f"<status>{status}</status><pingfreq>{every_s}</pingfreq>\n<pingcount>{count}</pingcount>"
        return listed((name, state, status)).replace(f"<status>{status}</status>", more)

    trunks = Trunks()
    assert trunks.listed(gateway("out.a", "NOREG", "UP", 0)) == [("a", None, "not asked yet")]
    assert trunks.changed(event("out.a", "NOREG", "UP")) == ("a", True, "up")
    assert trunks.listed(gateway("out.a", "NOREG", "UP", 0)) == [("a", None, "not asked yet")]
    assert trunks.changed(event("out.a", "NOREG", "DOWN")) == ("a", False, "down")
    assert trunks.listed(gateway("out.a", "NOREG", "UP", 1)) == [("a", True, "up")]
    assert trunks.listed(gateway("out.a", "NOREG", "DOWN", 0)) == [("a", False, "down")]
    assert trunks.listed(gateway("out.a", "NOREG", "UP", 0, 0)) == [("a", True, "up")]


def test_a_registration_that_is_renewed_holds_until_it_fails() -> None:
    trunks = Trunks()
    assert trunks.listed(listed(("reg.a", "TRYING", "UP"), ("out.a", "NOREG", "UP"))) == [("a", False, "trying")]
    assert trunks.changed(event("reg.a", "REGISTER", "UP")) is None
    assert trunks.changed(event("reg.a", "REGED", "UP")) == ("a", True, "reged")
    for state in ("UNREGED", "TRYING", "REGISTER", "REGED", "UNREGED", "TRYING"):
        assert trunks.changed(event("reg.a", state, "UP")) is None
    assert trunks.changed(event("reg.a", "FAILED", "UP")) == ("a", False, "failed")
    assert trunks.changed(event("reg.a", "UNREGED", "UP")) is None
    assert trunks.changed(event("reg.a", "REGED", "UP")) == ("a", True, "reged")


def test_one_that_registers_has_to_answer_too() -> None:
    trunks = Trunks()
    assert trunks.listed(listed(("out.a", "NOREG", "DOWN"), ("reg.a", "REGED", "UP"))) == [("a", False, "down")]
    assert trunks.changed(event("out.a", "NOREG", "UP")) == ("a", True, "reged")
    assert trunks.changed(event("reg.b", "REGED", "UP")) is None
    assert trunks.changed(event("out.b", "NOREG", "UP")) == ("b", True, "reged")


def test_who_has_registered_us_is_there_before_the_first_question() -> None:
    trunks = Trunks()
    text = listed(("out.a", "NOREG", "UP"), ("reg.a", "REGED", "UP"))
    more = "<status>UP</status><pingfreq>30</pingfreq><pingcount>0</pingcount>"
    assert trunks.listed(text.replace("<status>UP</status>", more)) == [("a", True, "reged")]


@pytest.mark.parametrize("state", ["TIMEOUT", "FAIL_WAIT", "DOWN", "UNREGISTER", "", "NEW"])
def test_what_is_no_registration(state: str) -> None:
    text = listed(("out.a", "NOREG", "UP"), ("reg.a", state, "UP"))
    assert Trunks().listed(text) == [("a", False, state.lower())]


def test_what_is_no_list() -> None:
    assert Trunks().listed("-ERR no reply") == []
    assert Trunks().changed({}) is None
