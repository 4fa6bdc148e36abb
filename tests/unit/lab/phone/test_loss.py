"""Calls over a link that loses messages, by way of a proxy that stays on the route."""

import pytest

from tests.lab.phone import EndedBy, ExpectationError
from tests.unit.lab.phone.support import losing_each_message_once, talking, two_phones_over

pytestmark = pytest.mark.voices

WAIT = 20.0


async def test_nothing_is_lost_for_good_when_each_message_is_lost_once() -> None:
    async with two_phones_over(losing_each_message_once()) as (ada, bob, relay):
        call, other = await talking(ada, bob)
        await call.hold(timeout=WAIT)
        assert other.on_hold
        await call.unhold(timeout=WAIT)
        assert (await other.ask("INFO", timeout=WAIT)).status == 200
        assert len(call.infos) == 1
        await other.hang_up(timeout=WAIT)
        assert await call.ended(WAIT) is EndedBy.THEM
        lost = [data.partition(b" ")[0] for data in relay.dropped]
        assert {b"INVITE", b"ACK", b"BYE", b"INFO", b"SIP/2.0"} <= set(lost)
        assert len(ada.calls) == len(bob.calls) == 1


async def test_a_cancel_and_a_refusal_survive_losses() -> None:
    async with two_phones_over(losing_each_message_once()) as (ada, bob, relay):
        call = await ada.dial("bob")
        offered = await bob.incoming(WAIT)
        await offered.ring()
        await call.rings(WAIT)
        await call.hang_up(timeout=WAIT)
        await offered.cancelled(WAIT)
        assert call.status == 487
        refused = await ada.dial("bob")
        await (await bob.incoming(WAIT)).reject(486)
        assert await refused.refused(WAIT) == 486
        assert b"CANCEL" in {data.partition(b" ")[0] for data in relay.dropped}
        assert bob.waiting_calls == 0


async def test_a_200_that_is_never_acknowledged_ends_the_call() -> None:
    async with two_phones_over(lambda data: data.startswith(b"ACK")) as (ada, bob, _):
        await ada.dial("bob")
        offered = await bob.incoming(WAIT)
        with pytest.raises(ExpectationError, match="no ACK came for our 200"):
            await offered.answer(timeout=WAIT)
        assert offered.ended_by is EndedBy.FAILED


async def test_an_invite_that_gets_no_answer_fails_after_64_t1() -> None:
    async with two_phones_over(lambda _: True) as (ada, _, relay):
        call = await ada.dial("bob")
        assert await call.ended(WAIT) is EndedBy.FAILED
        assert call.status is None
        assert len(relay.dropped) == 7  # RFC 3261, 17.1.1.2


async def test_what_was_sent_often_is_a_likely_cause() -> None:
    async with two_phones_over(lambda data: data.startswith(b"BYE")) as (ada, bob, _):
        call, _ = await talking(ada, bob)
        with pytest.raises(ExpectationError, match=r"'BYE' was sent \d+ times"):
            await call.hang_up(timeout=0.6)


async def test_no_cancel_before_a_provisional_response() -> None:
    lost: list[bytes] = []

    def loses(data: bytes) -> bool:
        """The first copies of the INVITE."""
        if data.startswith(b"INVITE") and len(lost) < 3:
            lost.append(data)
            return True
        assert len(lost) == 3, "something else was sent before the INVITE arrived"
        return False

    async with two_phones_over(loses) as (ada, bob, _):
        call = await ada.dial("bob")
        await call.hang_up(timeout=WAIT)
        offered = await bob.incoming(WAIT)
        assert offered.ended_by is EndedBy.CANCELLED
        sent = [seen.first_line.partition(" ")[0] for seen in ada.ua.wire.entries if seen.direction == "sent"]
        assert sent == ["INVITE"] * 4 + ["CANCEL", "ACK"]
