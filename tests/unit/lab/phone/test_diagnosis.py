"""What a failed expectation tells."""

import asyncio

import pytest

from tests.lab.phone.diagnosis import evidence, likely_causes
from tests.lab.phone.errors import ExpectationError
from tests.lab.phone.waiting import Watch
from tests.lab.phone.wire import WireLog

PEER = ("127.0.0.1", 5060)


def message(first: str, *headers: str) -> bytes:
    return "\r\n".join([first, *headers, "", ""]).encode()


def test_one_call_s_causes_are_told_and_its_messages_marked() -> None:
    wire = WireLog()
    wire.sent(message("INVITE sip:1@h SIP/2.0", "Call-ID: one", "CSeq: 1 INVITE"), PEER)
    wire.received(message("SIP/2.0 404 Not Found", "Call-ID: one", "CSeq: 1 INVITE"), PEER)
    wire.sent(message("INVITE sip:2@h SIP/2.0", "Call-ID: two", "CSeq: 1 INVITE", "Subject: x"), PEER)
    text = evidence(wire, "two")
    assert "nothing came back from 127.0.0.1:5060" in text
    assert "404:" not in text
    starred = [line for line in text.split("\n") if line.startswith("*")]
    assert len(starred) == 1
    assert "INVITE sip:2@h" in starred[0]
    assert "CSeq: 1 INVITE" in starred[0]
    assert "Subject" not in text
    assert "404: not found" in evidence(wire, "one")


def test_options_do_not_push_out_what_matters() -> None:
    wire = WireLog(limit=5)
    wire.sent(message("BYE sip:1@h SIP/2.0", "CSeq: 2 BYE"), PEER)
    for _ in range(50):
        wire.received(message("OPTIONS sip:a@h SIP/2.0", "CSeq: 1 OPTIONS"), PEER)
        wire.sent(message("SIP/2.0 200 OK", "CSeq: 1 OPTIONS"), PEER)
    assert "BYE sip:1@h" in wire.describe()
    assert "100 OPTIONS messages besides" in wire.describe()


def test_hostile_bytes_are_shown_as_escapes_on_one_line() -> None:
    wire = WireLog()
    wire.received(b'INVITE sip:a SIP/2.0\r\nFrom: "\x1b[2J\n\xff' + b"x" * 9000 + b'" <sip:a@b>\r\n\r\n', PEER)
    lines = wire.describe().split("\n")
    assert len(lines) == 2
    assert "\\x1b" in lines[1]
    assert len(lines[1]) < 400


def test_resending_playing_dead_and_remarks_are_likely_causes() -> None:
    wire = WireLog()
    for _ in range(3):
        wire.sent(message("BYE sip:1@h SIP/2.0"), PEER)
    assert any("'BYE' was sent 3 times" in cause for cause in likely_causes(list(wire.entries)))
    wire.lost(message("INVITE sip:1@h SIP/2.0"), PEER)
    wire.note("a remark")
    causes = likely_causes(list(wire.entries))
    assert "plays dead" in causes[0]
    assert "a remark" in causes[-1]


async def test_a_wait_ends_with_the_change_that_fulfils_it() -> None:
    watch = Watch(lambda: "evidence")
    seen: list[int] = []
    waiting = asyncio.create_task(watch.until(lambda: len(seen) >= 2, 20, expected="two"))
    for number in range(2):
        await asyncio.sleep(0)
        assert not waiting.done()
        seen.append(number)
        watch.changed()
    await waiting


async def test_a_wait_ends_at_once_when_it_is_hopeless() -> None:
    watch = Watch(lambda: "evidence")
    with pytest.raises(ExpectationError, match="expected it, but it is over\nevidence"):
        await watch.until(lambda: False, 20, expected="it", hopeless=lambda: "it is over")


async def test_a_wait_fails_in_time_and_tells_what_was_there_instead() -> None:
    watch = Watch(lambda: "evidence")
    with pytest.raises(ExpectationError, match=r"expected it within 0\.01 s, but it did not happen: nothing\nevidence"):
        await watch.until(lambda: False, 0.01, expected="it", found=lambda: "nothing")
