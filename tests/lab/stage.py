"""The stage for calls: a platform, agents on real softphones, callers on test phones, and what each should hear."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Self

from tenancy import names
from tests.lab.baresip import SipAccount, Softphone
from tests.lab.phone import Phone
from tests.lab.phone.outgoing import OutgoingCall
from tests.lab.platform import LOOPBACK, LabPlatform
from tests.lab.process import LabError
from vcc.speech.cache import SpeechCache
from vcc.speech.voice import EspeakVoice

RECORD_S = 10.0


class Stage:
    """Who is there and what can be done with them. Everything opened here ends with the stage."""

    def __init__(self, platform: LabPlatform) -> None:
        """Play on this platform."""
        self.platform = platform
        self._stack = AsyncExitStack()
        self._speech = SpeechCache(platform.state / "speech", EspeakVoice())
        self._agents = {key: agent for key, _, agent in names.agents(platform.check().platform)}
        self.softphones: dict[str, Softphone] = {}

    async def __aenter__(self) -> Self:
        self.facts = await self._stack.enter_async_context(self.platform.facts())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    # --- agents -------------------------------------------------------------------------------------------------

    async def softphone(self, phone: str, *, auto_answer: bool = True) -> Softphone:
        """A real softphone (baresip), registered as this account."""
        account = SipAccount(user=phone, password=self.password(phone), port=self.platform.sip)
        folder = self.platform.folder / "softphones" / phone
        opened = await self._stack.enter_async_context(Softphone(account, folder, auto_answer=auto_answer))
        self.softphones[phone] = opened
        return opened

    async def open(self, phone: Phone) -> Phone:
        """A phone that is there until the stage ends."""
        return await self._stack.enter_async_context(phone)

    async def test_phone(self, phone: str) -> Phone:
        """A scriptable phone, registered as this account."""
        opened = await self._stack.enter_async_context(
            Phone(phone, self.password(phone), server=(LOOPBACK, self.platform.sip))
        )
        before = len(self.facts.seen)
        await opened.register()
        await self.facts.until("PhoneChanged", since=before, phone=phone, reachable=True)
        return opened

    def password(self, phone: str) -> str:
        """The SIP password of an account."""
        return self.platform.secrets.phones[phone].get_secret_value()

    def keys_to_sign_in(self, agent: str) -> tuple[str, str]:
        """What an agent keys in after the sign-in code: the number and the PIN, each with its hash key."""
        return f"{self._agents[agent].number}#", f"{self.platform.secrets.agents[agent].get_secret_value()}#"

    async def sign_in(self, phone: Softphone, agent: str, code: str = "*71") -> None:
        """Sign an agent in on a softphone as a person does: dial the code, key in number and PIN, hear, hang up."""
        number, pin = self.keys_to_sign_in(agent)
        before = len(self.facts.seen)
        await phone.dial(code)
        await phone.expect("CALL_ESTABLISHED")
        await phone.press(number)
        await self.facts.until("DigitsCollected", since=before, step="ask_number")
        await phone.press(pin)
        await self.facts.until("AgentStateChanged", since=before, agent=agent, wish="ready")
        await phone.expect("CALL_CLOSED", timeout=15)

    async def agent(self, agent: str, phone: str) -> Phone:
        """An agent, ready, on a test phone that is known to be reachable; signed in through the control API."""
        opened = await self.test_phone(phone)
        await self.platform.api("POST", f"agents/{agent}/state", wish="ready", phone=phone)
        return opened

    async def everybody_leaves(self) -> None:
        """Sign everybody out and wait until no call is left; calls that a test has left are hung up."""
        for agent in (await self.platform.api("GET", "agents"))["agents"]:
            if agent["wish"] != "signed_out":
                await self.platform.api("POST", f"agents/{agent['agent']}/state", wish="signed_out")
        for call in (await self.platform.api("GET", "calls"))["calls"]:
            with suppress(LabError):  # it may be over by now
                await self.platform.api("POST", f"calls/{call['contact']}/hang-up")
            await self.facts.until("ContactEnded", contact=call["contact"])

    # --- callers ------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def caller(
        self, number: str = "13800138000", name: str | None = None, *, address: str = LOOPBACK
    ) -> AsyncIterator[Phone]:
        """A customer's phone behind the carrier's trunk, which calls from this address."""
        server = (LOOPBACK, self.platform.trunk_sip)
        async with Phone(number, server=server, local_host=address, display_name=name) as phone:
            yield phone

    async def dial(self, phone: Phone, number: str, *, written: str = "") -> tuple[OutgoingCall, str]:
        """Dial, wait for the answer; the call, and the id of its contact. `written`: what facts say was dialled, where
        that is not all of it.
        """
        before = len(self.facts.seen)
        call = await phone.dial(number)
        await call.answered()
        contact: str = (await self.facts.until("ContactArrived", since=before, dialled=written or number))["contact"]
        return call, contact

    async def hears(self, call: OutgoingCall, text: str, language: str = "zh-CN", within: float = 15.0) -> None:
        """Wait until the caller has really heard these words in vcc's voice, compared with the rendered prompt."""
        await call.hears(self.prompt(text, language), within=within)

    def prompt(self, text: str, language: str = "zh-CN") -> Path:
        """The rendered prompt. Raises LabError for words that vcc has not rendered."""
        path = SpeechCache(self.platform.state / "speech", EspeakVoice()).path(text, language)
        if path is None:
            message = f"{text!r} was never rendered in {language}"
            raise LabError(message)
        return Path(path)

    # --- what became of it --------------------------------------------------------------------------------------

    async def contact_of(self, caller: str) -> str:
        """The id of the newest contact from a caller's number."""
        await self.facts.until("ContactArrived", caller=caller)
        contact: str = next(f["contact"] for f in reversed(self.facts.seen) if f.get("caller") == caller)
        return contact

    async def newest_contact(self) -> str:
        """The id of the contact that arrived last."""
        await self.facts.until("ContactArrived")
        contact: str = next(f["contact"] for f in reversed(self.facts.seen) if f["fact"] == "ContactArrived")
        return contact

    async def waits(self, caller: str) -> None:
        """Wait until the caller is in a queue."""
        await self.facts.until("ContactQueued", contact=await self.contact_of(caller))

    async def record_of(self, caller: str, within: float = RECORD_S) -> dict[str, Any]:
        """The record of the newest contact from a caller's number, once it is over."""
        contact = await self.contact_of(caller)
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while True:  # asked for, because facts may come while vcc begins anew and nobody listens
                    record: dict[str, Any] | None = (await self.platform.api("GET", f"calls/{contact}"))["record"]
                    if record and record["ended"]:
                        return record
                    await asyncio.sleep(0.02)
        message = f"contact {contact} has no whole record after {within:g} s"
        raise LabError(message)

    async def live_call(self, caller: str) -> dict[str, Any] | None:
        """The caller's call as the control API shows it now."""
        calls = (await self.platform.api("GET", "calls"))["calls"]
        return next((call for call in calls if call["caller"] == caller), None)
