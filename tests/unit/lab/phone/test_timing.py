"""What depends on time alone, in virtual time: beats, retransmission intervals, session timers."""

import asyncio

import pytest

from tests.lab.phone.message import Header, Response
from tests.lab.phone.sender import Pacer
from tests.lab.phone.session_timer import SessionTimer
from tests.lab.phone.transaction import Repeater
from tests.unit.lab.phone.virtual_time import VirtualTimeLoop, run


def clock() -> VirtualTimeLoop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    return loop


def test_beats_do_not_drift_when_each_is_late() -> None:
    async def work() -> tuple[float, int]:
        loop, begin, beats = clock(), clock().time(), 0

        def beat(skipped: int) -> None:
            nonlocal beats
            beats += 1 + skipped
            loop.block(0.007)

        pacer = Pacer(beat)
        await asyncio.sleep(10)
        pacer.stop()
        return loop.time() - begin, beats

    elapsed, beats = run(work())
    assert beats == pytest.approx(elapsed / 0.02, abs=1.01)


def test_a_short_block_is_caught_up_and_a_long_one_skipped() -> None:
    async def work(block: float) -> list[int]:
        loop, skips = clock(), []

        def beat(skipped: int) -> None:
            skips.append(skipped)
            if len(skips) == 3:
                loop.block(block)

        pacer = Pacer(beat)
        await asyncio.sleep(2.001)
        pacer.stop()
        return skips

    caught_up = run(work(0.15))
    assert set(caught_up) == {0}
    assert len(caught_up) == 101
    left_out = run(work(1.0))
    assert sum(1 + skipped for skipped in left_out) == 101
    assert max(left_out) == 49


@pytest.mark.parametrize(
    ("longest", "times"),
    [(32.0, [0.5, 1.5, 3.5, 7.5, 15.5, 31.5]), (4.0, [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5])],
)
def test_a_message_is_resent_at_the_intervals_of_rfc_3261_and_given_up_after_32_s(
    longest: float, times: list[float]
) -> None:
    async def work() -> tuple[list[float], float]:
        loop, begin = clock(), clock().time()
        sent: list[float] = []
        over: asyncio.Future[float] = loop.create_future()
        Repeater(
            lambda: sent.append(loop.time() - begin),
            lambda: over.set_result(loop.time() - begin),
            first=0.5,
            longest=longest,
            limit=32.0,
        )
        return sent, await over

    sent, end = run(work())
    assert sent == pytest.approx(times)
    assert end == pytest.approx(32.0)


def test_a_stopped_repeater_is_silent() -> None:
    async def work() -> list[int]:
        sent: list[int] = []
        repeater = Repeater(lambda: sent.append(1), lambda: sent.append(2), first=0.5, longest=4, limit=32)
        await asyncio.sleep(0.6)
        repeater.stop()
        await asyncio.sleep(100)
        return sent

    assert run(work()) == [1]


@pytest.mark.parametrize(
    ("value", "we_asked", "refresh_at", "expire_at", "answer"),
    [
        ("1800;refresher=uac", False, None, 1768, (("Session-Expires", "1800;refresher=uac"), ("Require", "timer"))),
        ("90;refresher=uas", False, 45, None, (("Session-Expires", "90;refresher=uas"),)),
        ("90", False, None, 60, (("Session-Expires", "90;refresher=uac"), ("Require", "timer"))),
        ("90;refresher=uac", True, 45, None, None),
        ("90;refresher=uas", True, None, 60, None),
    ],
)
def test_a_session_is_refreshed_by_its_refresher_or_expires(
    value: str, we_asked: bool, refresh_at: float | None, expire_at: float | None, answer: tuple[Header, ...] | None
) -> None:
    async def work() -> tuple[list[float], list[float], tuple[Header, ...]]:
        loop, begin = clock(), clock().time()
        refreshed: list[float] = []
        expired: list[float] = []
        timer = SessionTimer(
            lambda _: refreshed.append(loop.time() - begin), lambda: expired.append(loop.time() - begin)
        )
        message = Response(status=200, headers=(("Session-Expires", value),))
        headers = timer.adopt(message, we_asked=we_asked)
        await asyncio.sleep(5000)
        return refreshed, expired, headers

    refreshed, expired, headers = run(work())
    assert refreshed == ([] if refresh_at is None else [pytest.approx(refresh_at)])
    assert expired == ([] if expire_at is None else [pytest.approx(expire_at)])
    assert answer is None or headers == answer


def test_a_session_without_timer_lives_on() -> None:
    async def work() -> list[str]:
        seen: list[str] = []
        timer = SessionTimer(lambda _: seen.append("refresh"), lambda: seen.append("expired"))
        timer.adopt(Response(status=200, headers=(("Session-Expires", "90"),)), we_asked=False)
        assert timer.adopt(Response(status=200, headers=()), we_asked=False) == ()
        await asyncio.sleep(5000)
        return seen

    assert run(work()) == []
