"""Two phones that call each other, with nothing between them."""

import asyncio
import time
from pathlib import Path

import pytest

from tests.lab.phone import CallState, EndedBy, ExpectationError, MisuseError, Phone, heard_score, tone
from tests.lab.phone.sdp import Direction
from tests.unit.lab.phone.support import speech, talking, two_phones

pytestmark = pytest.mark.voices

WAIT = 20.0  # generous: the machine may be busy with other things


async def test_a_call_from_ringing_to_bye_and_each_hears_the_other() -> None:
    async with two_phones() as (ada, bob):
        call = await ada.dial("bob", caller_name='A "da" \\ 北京', headers={"Diversion": "<sip:98668@x>"})
        offered = await bob.incoming()
        assert offered.caller.display == 'A "da" \\ 北京'
        assert offered.caller.user == "ada"
        assert offered.header("diversion") == "<sip:98668@x>"
        assert call.began_at <= offered.arrived_at <= time.monotonic()
        await offered.ring()
        await call.rings()
        assert call.state is CallState.RINGING
        await offered.answer()
        await call.answered()
        assert call.status == 200
        assert [response.status for response in call.provisional] == [100, 180]
        call.send_tone(440)
        offered.send_tone(1000)
        await asyncio.gather(call.hears_tone(1000, within=WAIT), offered.hears_tone(440, within=WAIT))
        assert call.tone_heard(440) < 0.1
        await offered.hang_up(headers={"Reason": "Q.850;cause=16"})
        assert await call.ended() is EndedBy.THEM
        assert call.bye_reason == "Q.850;cause=16"
        assert offered.ended_by is EndedBy.US
        assert ada.ua.calls == bob.ua.calls == {}


async def test_keys_are_received_as_pressed() -> None:
    async with two_phones() as (ada, bob):
        call, other = await talking(ada, bob)
        await asyncio.gather(call.dtmf("1209*#", duration_ms=60, gap_ms=40), other.hears_digits("1209*#", within=WAIT))
        assert [round(key.duration_s, 2) for key in other.keys] == [0.06] * 6
        with pytest.raises(MisuseError, match="x"):
            await call.dtmf("x")


async def test_speech_is_heard_whole_and_saved(tmp_path: Path) -> None:
    said = speech(tmp_path, "Please hold the line.")
    other_words = speech(tmp_path, "Goodbye and thank you.")
    async with two_phones() as (ada, bob):
        call, other = await talking(ada, bob)
        await call.send_wav(said)
        match = await other.hears(said, within=WAIT)
        assert match.score > 0.95
        with pytest.raises(ExpectationError, match="best score 0"):
            await other.hears(other_words, within=0.1)
        with pytest.raises(ExpectationError, match="best score 0"):
            await other.hears(said, within=0.1, since_s=match.end_s)
        other.save_heard(tmp_path / "heard.wav")
        assert heard_score(tmp_path / "heard.wav", said).good


async def test_early_media_is_heard_before_the_answer() -> None:
    async with two_phones() as (ada, bob):
        call = await ada.dial("bob")
        offered = await bob.incoming()
        await offered.progress()
        offered.send_tone(700)
        await call.hears_tone(700, within=WAIT)
        assert call.answered_at is None
        assert [response.status for response in call.provisional] == [100, 183]
        await offered.answer()
        await call.answered()
        call.send_tone(440)
        await offered.hears_tone(440, within=WAIT)


async def test_a_caller_gives_up_while_it_rings() -> None:
    async with two_phones() as (ada, bob):
        call = await ada.dial("bob")
        offered = await bob.incoming()
        await offered.ring()
        await call.rings()
        reason = 'SIP;cause=200;text="Call completed elsewhere"'
        await call.hang_up(headers={"Reason": reason})
        assert await offered.cancelled() == reason
        assert offered.cancelled_at is not None
        assert (call.status, call.ended_by, offered.ended_by) == (487, EndedBy.CANCELLED, EndedBy.CANCELLED)
        with pytest.raises(MisuseError, match="cancelled"):
            await offered.answer()


async def test_a_cancel_that_crosses_the_answer_becomes_a_bye() -> None:
    async with two_phones() as (ada, bob):
        bob.auto_answer = 0.0
        call = await ada.dial("bob")
        await call.hang_up()
        offered = await bob.incoming()
        assert await offered.ended() is EndedBy.THEM
        assert (call.status, call.ended_by) == (200, EndedBy.US)


async def test_a_bye_wished_before_the_ack_is_sent_after_it() -> None:
    async with two_phones() as (ada, bob):
        call = await ada.dial("bob")
        offered = await bob.incoming()
        offered.accept()
        assert offered.state is CallState.ANSWERING
        await offered.hang_up()
        assert await call.ended() is EndedBy.THEM
        assert call.answered_at is not None


@pytest.mark.parametrize("status", [486, 480, 603])
async def test_a_call_is_refused(status: int) -> None:
    async with two_phones() as (ada, bob):
        call = await ada.dial("bob")
        offered = await bob.incoming()
        await offered.reject(status, headers={"Reason": "Q.850;cause=17"})
        assert await call.refused() == status
        assert call.bye_reason == "Q.850;cause=17"
        with pytest.raises(ExpectationError, match=f"refused, status {status}"):
            await call.answered(WAIT)


async def test_a_ringing_call_is_declined_by_hanging_up() -> None:
    async with two_phones() as (ada, bob):
        call = await ada.dial("bob")
        offered = await bob.incoming()
        await offered.hang_up()
        assert await call.refused() == 603


async def test_hold_and_unhold_from_either_side() -> None:
    async with two_phones() as (ada, bob):
        call, other = await talking(ada, bob)
        call.send_tone(440)
        other.send_tone(1000)
        for holder, held, hz in ((call, other, 440), (other, call, 1000)):
            await holder.hold()
            assert (holder.on_hold, held.on_hold) == (False, True)
            assert held.media.agreed is not None
            assert held.media.agreed.direction is Direction.RECVONLY
            sent, before = held.media.sender.packets, holder.media.sender.packets
            await asyncio.sleep(0.1)  # in which a side that talks sends five packets
            assert (held.media.sender.packets, holder.media.sender.packets) == (sent, before)
            await holder.unhold()
            assert (holder.on_hold, held.on_hold) == (False, False)
            await held.hears_tone(hz, within=WAIT)
            assert held.media.sender.packets > sent
        await call.change_media(Direction.INACTIVE)
        assert other.on_hold
        await call.hang_up()


async def test_both_sides_hold_at_once() -> None:
    async with two_phones() as (ada, bob):
        call, other = await talking(ada, bob)
        await asyncio.gather(call.hold(), other.hold())
        assert call.media.agreed is not None
        assert call.media.agreed.direction is Direction.INACTIVE
        assert any("491 Request Pending" in seen.first_line for seen in ada.ua.wire.entries)
        await call.hang_up()


async def test_a_call_without_codec_in_common_is_refused() -> None:
    async with two_phones() as (ada, bob):
        bob.codecs = ("PCMU",)
        ada.codecs = ("PCMA",)
        call = await ada.dial("bob")
        offered = await bob.incoming()
        with pytest.raises(ExpectationError, match="codec"):
            await offered.answer()
        assert await call.refused() == 488


async def test_other_requests_in_a_call() -> None:
    async with two_phones() as (ada, bob):
        call, other = await talking(ada, bob)
        assert (
            await call.ask("INFO", body=b"Signal=1", headers={"Content-Type": "application/dtmf-relay"})
        ).status == 200
        assert other.infos[0].body == b"Signal=1"
        assert (await call.ask("UPDATE")).status == 200
        assert other.changes[0].method == "UPDATE"
        assert (await call.ask("OPTIONS")).status == 200
        assert (await call.ask("MESSAGE")).status == 405
        old = await ada.ua.exchange(lambda _: call.dialog.request("INFO", seq=1), bob.address, WAIT)
        assert (old.status, len(other.infos)) == (500, 1)
        assert (await call.transfer("98667")).status == 603
        notify = {"Event": "refer", "Content-Type": "message/sipfrag"}
        await other.ask("NOTIFY", body=b"SIP/2.0 100 Trying", headers=notify)
        await other.ask("NOTIFY", body=b"SIP/2.0 200 OK", headers=notify)
        assert await call.transferred() == 200


async def test_a_session_timer_is_agreed_and_refreshed_by_who_was_asked_to() -> None:
    async with two_phones() as (ada, bob):
        call = await ada.dial("bob", headers={"Session-Expires": "4;refresher=uas"})
        other = await bob.incoming()
        await other.answer()
        await call.answered()
        assert call.final is not None
        assert call.final.header("Session-Expires") == "4;refresher=uas"
        await call.watch.until(lambda: bool(call.changes), WAIT, expected="a refresh")
        assert call.changes[0].header("Session-Expires") == "4;refresher=uac"
        assert not call.has_ended


async def test_a_session_that_nobody_refreshes_is_ended() -> None:
    async with two_phones() as (ada, bob):
        call = await ada.dial("bob", headers={"Session-Expires": "1;refresher=uac"})  # but ada is not told to
        other = await bob.incoming()
        await other.answer()
        call.session_timer.stop()
        assert await call.ended(WAIT) is EndedBy.THEM
        assert "408" in (call.bye_reason or "")
        assert await other.ended(WAIT) is EndedBy.FAILED


async def test_options_are_answered_and_a_deaf_phone_answers_nothing() -> None:
    async with two_phones() as (ada, bob):
        call, _ = await talking(ada, bob)
        assert (await call.ask("OPTIONS")).status == 200
        bob.deaf = True
        with pytest.raises(ExpectationError, match="an answer to OPTIONS within"):
            await call.ask("OPTIONS", timeout=0.2)
        heard, packets = bob.calls[0].media.playout.packets, ada.calls[0].media.sender.packets
        ringing = await ada.dial("bob")
        with pytest.raises(ExpectationError, match="nothing came back from"):
            await ringing.answered(0.3)
        assert ada.calls[0].media.sender.packets > packets
        assert bob.calls[0].media.playout.packets == heard
        ada.deaf = True
        await asyncio.sleep(0.1)  # in which what was under way arrives at deaf ears
        bob.deaf = False
        await asyncio.sleep(0.1)  # in which a side that talks sends five packets
        assert bob.calls[0].media.playout.packets == heard
        ada.deaf = False
        await bob.incoming(WAIT)  # the INVITE that is sent again


async def test_policies() -> None:
    async with two_phones() as (ada, bob):
        bob.auto_answer = 0.05
        call = await ada.dial("bob")
        await call.answered(WAIT)
        assert [response.status for response in call.provisional] == [100, 180]
        await (await bob.incoming()).answered()
        bob.auto_answer = None
        bob.auto_reject = 486
        assert await (await ada.dial("bob")).refused() == 486


async def test_names_and_numbers_reach_the_other_side_byte_for_byte() -> None:
    names = [
        b'"\x01\x02\x7f\t\x0b" ',
        b'"Event: Newexten" ',
        "😀 四川".encode(),
        b'"a%0Ab" ',
        b"\xff\xfe ",
        b'"' + b"x" * 10_000 + b'" ',
    ]
    async with two_phones() as (ada, bob):
        bob.auto_reject = 486
        for name in names:
            call = await ada.dial("bob", caller_name=name, caller="%0A138", to_uri="sip:other@h")
            assert await call.refused() == 486
            offered = await bob.incoming()
            assert name.strip() in offered.request.encode()
            assert offered.caller.user == "\n138"
            assert offered.request.header("To") == "<sip:other@h>"


async def test_silence_is_sent_unless_told_not_to() -> None:
    async with two_phones() as (ada, bob):
        call, other = await talking(ada, bob)
        await other.watch.until(lambda: other.media.playout.packets > 2, WAIT, expected="silence")
        assert set(other.heard) <= {0, 8}  # A-law has no zero
        await call.hang_up()
        call = await ada.dial("bob", rtp=False)
        other = await bob.incoming()
        await other.answer()
        await call.answered()
        await call.send_wav(tone(440, 0.1))
        await call.dtmf("1")
        await other.hears_digits("1", within=WAIT)
        assert other.media.playout.packets == 5


async def test_leaving_a_phone_hangs_up() -> None:
    async with two_phones() as (ada, bob):
        async with Phone("eve", server=bob.address) as eve:
            call = await eve.dial("bob")
            other = await bob.incoming()
            await other.answer()
            ringing = await eve.dial("bob")
            rung = await bob.incoming()
            await rung.ring()
            await ringing.rings()
        assert await other.ended() is EndedBy.THEM
        assert await rung.ended() is EndedBy.CANCELLED
        assert call.has_ended
        assert ada.waiting_calls == 0


async def test_a_wait_that_fails_tells_what_was_on_the_wire() -> None:
    async with two_phones() as (ada, bob):
        bob.auto_reject = 486
        call = await ada.dial("bob")
        with pytest.raises(ExpectationError) as failure:
            await call.answered()
        text = str(failure.value)
        assert "486: busy" in text
        assert "INVITE sip:bob@127.0.0.1" in text
        assert "SIP/2.0 486 Busy Here" in text
        assert isinstance(failure.value, AssertionError)
        with pytest.raises(ExpectationError, match="a call to reach the phone ada within"):
            await ada.incoming(0.05)
