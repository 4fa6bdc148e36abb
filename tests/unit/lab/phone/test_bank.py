"""The bank of agents, called by a phone."""

import asyncio

import pytest

from tests.lab.phone import AgentCall, EndedBy, ExpectationError, Phone, PhoneBank, idle_gaps
from tests.unit.lab.phone.support import NOWHERE, Relay, losing_each_message_once

pytestmark = pytest.mark.voices

WAIT = 20.0


async def test_an_agent_answers_talks_and_hangs_up() -> None:
    async with PhoneBank(3, server=NOWHERE, talk_s=0.05) as bank, Phone("ada", server=bank.address) as ada:
        call = await ada.dial("agent002")
        await call.answered(WAIT)
        assert await call.ended(WAIT) is EndedBy.THEM
        await bank.until(lambda b: bool(b.finished) and b.finished[0].bye_answered_at is not None, WAIT, expected="BYE")
        seen = bank.finished[0]
        assert (seen.agent, seen.status, bank.busy, bank.over, dict(bank.problems)) == (2, 200, 0, 1, {})
        assert seen.answered_at is not None
        assert seen.acked_at is not None
        assert seen.bye_sent_at is not None
        assert seen.bye_answered_at is not None
        assert seen.invited_at <= seen.answered_at <= seen.acked_at < seen.bye_sent_at <= seen.bye_answered_at
        assert seen.bye_sent_at - seen.acked_at >= 0.05


async def test_a_caller_is_sent_on_by_refer_and_the_call_ended() -> None:
    async with PhoneBank(1, server=NOWHERE, talk_s=0.05) as bank, Phone("ada", server=bank.address) as ada:
        bank.sends_on = {"from sales": "8200"}
        for name, refused in (("of sales", 0), ("from sales", 1)):
            call = await ada.dial("agent000", caller_name=name)
            assert await call.ended(WAIT) is EndedBy.THEM
            assert bank.problems["REFER refused"] == refused, "this phone takes none"
        assert bank.over == 2


async def test_the_gap_between_two_calls_is_measured() -> None:
    async with PhoneBank(1, server=NOWHERE, talk_s=0.02) as bank, Phone("ada", server=bank.address) as ada:
        for _ in range(3):
            await (await ada.dial("agent000")).ended(WAIT)
        gaps = bank.idle_gaps()
        assert len(gaps) == 2
        assert all(0 < gap < WAIT for gap in gaps)
        assert bank.idle_gaps(until=bank.calls[1].invited_at) == gaps[:1]
        assert bank.idle_gaps(since=bank.calls[1].invited_at) == gaps[1:]


def test_gaps_count_only_between_calls_of_one_agent_of_which_the_first_was_answered() -> None:
    def call(agent: int, at: float, *, answered: bool = True, freed: float | None = None) -> AgentCall:
        return AgentCall(agent=agent, call_id=str(at), invited_at=at, acked_at=at if answered else None, freed_at=freed)

    calls = [
        call(1, 1.0, freed=2.0),
        call(2, 1.5, answered=False, freed=1.6),
        call(2, 2.5, freed=3.0),
        call(1, 2.25, freed=4.0),
        call(1, 9.0),
        call(2, 3.5),
    ]
    assert idle_gaps(calls) == pytest.approx([0.25, 0.5, 5.0])
    assert idle_gaps(calls, since=2.5, until=8.0) == pytest.approx([0.5])


async def test_an_agent_has_one_line() -> None:
    async with PhoneBank(1, server=NOWHERE, talk_s=None) as bank, Phone("ada", server=bank.address) as ada:
        first = await ada.dial("agent000")
        await first.answered(WAIT)
        assert await (await ada.dial("agent000")).refused(WAIT) == 486
        assert await (await ada.dial("nobody")).refused(WAIT) == 404
        assert bank.problems == {"busy": 1, "unknown agent": 1}
        assert bank.over == 0
        await first.hang_up()
        assert bank.busy == 0
        again = await ada.dial("agent000")
        await again.answered(WAIT)


async def test_a_ringing_agent_can_be_cancelled() -> None:
    async with PhoneBank(1, server=NOWHERE, ring_s=60.0) as bank, Phone("ada", server=bank.address) as ada:
        call = await ada.dial("agent000")
        await call.rings(WAIT)
        await call.hang_up()
        assert (call.status, bank.calls[0].status, bank.busy) == (487, 487, 0)
        bank.ring_s = 0.01
        await (await ada.dial("agent000")).answered(WAIT)


async def test_a_call_is_changed_and_asked_about_while_it_lasts() -> None:
    async with PhoneBank(1, server=NOWHERE, talk_s=None) as bank, Phone("ada", server=bank.address) as ada:
        call = await ada.dial("agent000")
        await call.answered(WAIT)
        await call.hold()
        await call.unhold()
        assert (await call.ask("OPTIONS")).status == 200
        assert (await call.ask("UPDATE")).status == 200
        await call.hang_up()
        assert bank.calls[0].freed_at is not None


async def test_losses_are_made_good() -> None:
    relay = Relay(losing_each_message_once())
    try:
        async with PhoneBank(2, server=NOWHERE, talk_s=0.01) as bank, Phone("ada", server=relay.address) as ada:
            relay.ends = (ada.address, bank.address)
            calls = [await ada.dial(f"agent{n:03d}") for n in range(2)]
            await asyncio.gather(*(call.ended(WAIT) for call in calls))
            await bank.until(lambda b: len(b.finished) == 2 and not b.busy, WAIT, expected="two calls")
            assert len(bank.calls) == 2
            assert bank.problems == {}
    finally:
        relay.close()


async def test_an_invite_that_comes_again_while_it_rings_is_no_new_call() -> None:
    lost: list[bytes] = []

    def loses(data: bytes) -> bool:
        if data.startswith(b"SIP/2.0 180") and not lost:
            lost.append(data)
            return True
        return False

    relay = Relay(loses)
    try:
        async with PhoneBank(1, server=NOWHERE, ring_s=60.0) as bank, Phone("ada", server=relay.address) as ada:
            relay.ends = (ada.address, bank.address)
            call = await ada.dial("agent000")
            await call.rings(WAIT)
            assert (len(bank.calls), bank.calls[0].answered_at) == (1, None)
            await call.hang_up()
    finally:
        relay.close()


async def test_leaving_the_bank_hangs_up() -> None:
    async with Phone("ada", server=NOWHERE) as ada:
        async with PhoneBank(1, server=NOWHERE, talk_s=None) as bank:
            ada.ua.server = bank.address
            call = await ada.dial("agent000")
            await call.answered(WAIT)
        assert await call.ended(WAIT) is EndedBy.THEM


async def test_a_bank_tells_what_it_saw_when_a_wait_fails() -> None:
    async with PhoneBank(1, server=NOWHERE) as bank:
        with pytest.raises(ExpectationError, match="nothing reached this phone"):
            await bank.until(lambda b: bool(b.calls), 0.05, expected="a call")
