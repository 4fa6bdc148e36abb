"""Legs that are hung up in the moment before their connection begins: Asterisk keeps them until the connection ends,
whatever it is told by AMI (docs/adr/dead-on-arrival.md)."""

import asyncio
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from telephony.asterisk.endings import Endings
from telephony.port import CallArrived, Cause, LegAnswered, LegHungUp
from tests.integration.asterisk.conftest import Rig, ring

pytestmark = pytest.mark.asterisk


class News:
    """What the switch says of ends, held back if `late` until a test delivers it."""

    def __init__(self) -> None:
        self.late = False
        self.held: list[Callable[[], None]] = []
        self._came = asyncio.Event()

    def take(self, deliver: Callable[[], None]) -> None:
        """The switch said that a channel is about to end."""
        if self.late:
            self.held.append(deliver)
        else:
            deliver()
        self._came.set()

    async def came(self) -> None:
        """Wait until there was some."""
        async with asyncio.timeout(10):
            await self._came.wait()

    def deliver(self) -> None:
        """Say what was held back."""
        for deliver in self.held:
            deliver()


@pytest.fixture
def news(monkeypatch: pytest.MonkeyPatch) -> News:
    news, announced = News(), Endings.announced
    monkeypatch.setattr(Endings, "announced", lambda self, channel: news.take(partial(announced, self, channel)))
    return news


@pytest.fixture(autouse=True)
def nobody_stays(rig: Rig) -> Iterator[None]:
    yield
    rig.pbx.late.unlink(missing_ok=True)


async def is_late(rig: Rig) -> None:
    """Wait until a leg is where it shall be hung up."""
    async with asyncio.timeout(10):
        while not rig.pbx.late.exists():  # noqa: ASYNC110 - another program, which says so by a file
            await asyncio.sleep(0.02)


async def test_an_agent_who_hangs_up_then_is_gone(rig: Rig, news: News) -> None:
    phone = await rig.phone("lin")
    rig.send(ring("vcc-late-1"))
    call = await phone.incoming()
    await call.ring()
    await call.answer()
    await rig.facts.until(LegAnswered, leg="vcc-late-1")
    channel = (await rig.pbx.process.rx("core show channels concise")).partition("!")[0]
    redirect = {"Action": "Redirect", "Channel": channel, "Context": "own-late", "Exten": "agent", "Priority": 1}
    assert (await rig.switch._ami.ask(redirect)).success
    await is_late(rig)
    await call.hang_up()
    await news.came()
    rig.pbx.late.unlink()
    assert (await rig.facts.until(LegHungUp, leg="vcc-late-1", within=4)).cause is Cause.NORMAL


@pytest.mark.parametrize("late", [False, True])
async def test_a_caller_who_hangs_up_then_is_gone(rig: Rig, news: News, late: bool) -> None:
    """Whether vcc hears of that first, or after the leg has come."""
    news.late = late
    office = await rig.stack.enter_async_context(rig.pbx.office())
    call = await office.dial("late")
    await is_late(rig)
    await call.hang_up()
    await news.came()
    rig.pbx.late.unlink()
    if late:
        leg = (await rig.facts.until(CallArrived)).leg
        news.deliver()
        assert (await rig.facts.until(LegHungUp, leg=leg, within=4)).cause is Cause.NORMAL
    else:
        await rig.pbx.no_channels(within=4)
        assert not rig.facts.of(CallArrived)
