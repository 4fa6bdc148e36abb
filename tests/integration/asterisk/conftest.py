"""A real Asterisk for the session, and for each test a fresh adapter on it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest

from telephony.asterisk.adapter import AsteriskSwitch
from telephony.port import Answer, Bridge, CallArrived, Command, LegAnswered, LegsBridged, NodeUp, PhoneStatus, Ring
from tests.integration.asterisk.rig import NUMBER, Facts, Pbx
from tests.lab.pbx import AsteriskBinary
from tests.lab.phone import Phone
from tests.lab.phone.incoming import IncomingCall
from tests.lab.phone.outgoing import OutgoingCall


@pytest.fixture(scope="session")
def pbx(asterisk_binary: AsteriskBinary, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pbx]:
    """One Asterisk for all tests; each of them leaves it without a channel."""
    pbx = Pbx(asterisk_binary, tmp_path_factory.mktemp("pbx"))
    asyncio.run(pbx.start())
    yield pbx
    asyncio.run(pbx.stop())


@dataclass
class Rig:
    """A running adapter, what it told, and calls made easily."""

    pbx: Pbx
    switch: AsteriskSwitch
    facts: Facts
    stack: AsyncExitStack

    def send(self, command: Command) -> None:
        """Give a command to the switch."""
        self.switch.send(command)

    async def caller(self) -> Phone:
        """A caller's telephone."""
        return await self.stack.enter_async_context(self.pbx.caller())

    async def phone(self, user: str) -> Phone:
        """An agent's phone, registered, and known by the adapter to be reachable."""
        phone = await self.stack.enter_async_context(self.pbx.phone(user))
        await phone.register()
        await self.facts.until(PhoneStatus, phone=user, reachable=True)
        return phone

    async def arrived(self, number: str = NUMBER) -> tuple[OutgoingCall, str]:
        """A call that arrived and waits for commands, and its leg."""
        before = len(self.facts.of(CallArrived))
        call = await (await self.caller()).dial(number)
        fact = await self.facts.until(CallArrived, count=before + 1)
        return call, fact.leg

    async def answered(self, number: str = NUMBER) -> tuple[OutgoingCall, str]:
        """A call that was answered, and its leg."""
        call, leg = await self.arrived(number)
        self.send(Answer(leg=leg))
        await call.answered()
        return call, leg

    async def talking(self, phone: Phone, leg: str, agent_leg: str, *, phone_name: str = "lin") -> IncomingCall:
        """Ring `phone`, answer there, and join the two."""
        self.send(ring(agent_leg, phone=phone_name, for_leg=leg))
        incoming = await phone.incoming()
        await incoming.ring()
        await incoming.answer()
        await self.facts.until(LegAnswered, leg=agent_leg)
        self.send(Bridge(leg=leg, other=agent_leg))
        await self.facts.until(LegsBridged, leg=leg, other=agent_leg)
        return incoming


def ring(leg: str, *, phone: str = "lin", for_leg: str = "", timeout_s: float = 10.0, name: str = "王先生") -> Ring:
    """Ring a phone."""
    return Ring(leg=leg, phone=phone, timeout_s=timeout_s, shows_number="98668", shows_name=name, for_leg=for_leg)


async def restart(rig: Rig) -> None:
    """vcc ends and a new one comes: nothing is remembered."""
    await rig.switch.close()
    rig.facts.clear()
    rig.switch = rig.pbx.switch()
    rig.stack.push_async_callback(rig.switch.close)
    await rig.switch.start(rig.facts.tell)
    await rig.facts.until(NodeUp)


@asynccontextmanager
async def running(pbx: Pbx, *, ami: int | None = None) -> AsyncIterator[Rig]:
    """An adapter that is up."""
    async with AsyncExitStack() as stack:
        facts, switch = Facts(), pbx.switch(ami=ami)
        stack.push_async_callback(switch.close)
        await switch.start(facts.tell)
        await facts.until(NodeUp)
        yield Rig(pbx=pbx, switch=switch, facts=facts, stack=stack)


@pytest.fixture
async def rig(pbx: Pbx) -> AsyncIterator[Rig]:
    """An adapter that is up, on a switch that is without channels before and after."""
    async with running(pbx) as rig:
        yield rig
        await rig.stack.aclose()
        await pbx.no_channels()
