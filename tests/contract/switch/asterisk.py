"""The contract's lab around a real switch, Asterisk or FreeSWITCH: real SIP, real RTP, and the adapter on its wires."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Self

from telephony.asterisk.translate import RINGBACK_HZ
from telephony.port import CallMissed, Cause, Ring, RingOutside
from tests.contract.switch.driver import CALLER, NUMBER, Callee, Lab, Person
from tests.integration.asterisk.rig import FALLBACK_HZ, MUSIC_HZ, OWN_HZ
from tests.integration.asterisk.wire import Wire
from tests.lab.phone.address import parse_address
from tests.lab.phone.audio import RATE, SAMPLE_BYTES, level, read_wav, tone_level
from tests.lab.phone.incoming import IncomingCall
from tests.lab.phone.outgoing import OutgoingCall
from tests.lab.phone.rtp import FRAME_SAMPLES
from tests.lab.phone.states import CallState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from telephony.asterisk.adapter import AsteriskSwitch
    from telephony.freeswitch.adapter import FreeSwitch
    from tests.integration.asterisk.rig import Pbx
    from tests.integration.freeswitch.rig import FreeSwitchPbx
    from tests.lab.phone import Phone

_CAUSES = {403: Cause.REFUSED, 404: Cause.NOT_FOUND, 486: Cause.BUSY, 503: Cause.UNAVAILABLE, 603: Cause.REFUSED}
_STATUSES = {cause: status for status, cause in _CAUSES.items()}
_QUIET = 0.005
_WITHIN_S = 5.0
_LISTEN_S = 0.3
_TRACE = 0.1
_BEGUN_S, _TAIL_S = 1.0, 0.1
_REFUSED = 300
_voices = cycle(range(900, 3_600, 130))


class PhonePerson(Callee):
    """A test phone's call."""

    def __init__(self, lab: RealLab, call: OutgoingCall | IncomingCall) -> None:
        self._lab, self.call = lab, call

    @property
    def shown(self) -> tuple[str, str]:
        assert isinstance(self.call, IncomingCall)
        return self.call.caller.user or "", self.call.caller.display or ""

    async def answered(self) -> None:
        await self.call.answered(_WITHIN_S)

    async def refused(self) -> Cause:
        assert isinstance(self.call, OutgoingCall)
        return _CAUSES.get(await self.call.refused(_WITHIN_S), Cause.FAILED)

    async def ended(self) -> None:
        await self.call.ended(_WITHIN_S)

    async def hears(self, sound: str) -> None:
        path = Path(self._lab.sound(sound))
        await self.call.hears(path, within=_WITHIN_S)

    async def begins_to_hear(self, sound: str) -> None:
        whole = read_wav(self._lab.sound(sound))
        await self.call.hears(whole[: RATE // 2 * SAMPLE_BYTES], within=_WITHIN_S)

    async def hears_music(self) -> None:
        await self.call.hears_tone(MUSIC_HZ, within=_WITHIN_S)

    async def hears_ringback(self) -> None:
        if isinstance(self.call, OutgoingCall) and self.call.state is not CallState.TALKING:
            await self.call.rings(_WITHIN_S)
        else:
            await self.call.hears_tone(RINGBACK_HZ, within=_WITHIN_S + 4)

    async def is_told(self, sound: str, *, not_told: Sequence[Person] = ()) -> None:
        others = [one.call for one in not_told if isinstance(one, PhonePerson)]
        # it may have begun before, behind another one; and others may hear the end of one that was said to them
        since = max(0.0, self.call.heard_s - _BEGUN_S)
        before = [len(call.heard) + int(_TAIL_S * RATE) * SAMPLE_BYTES for call in others]
        await self.call.hears(Path(self._lab.sound(sound)), within=_WITHIN_S, since_s=since, whispered=True)
        for call, begin in zip(others, before, strict=True):
            assert level(call.heard[begin:]) < _QUIET, "others hear it too"

    async def hears_fallback(self) -> None:
        await self.call.hears_tone(FALLBACK_HZ, within=_WITHIN_S + 3)

    async def hears_nothing(self) -> None:
        async with asyncio.timeout(_WITHIN_S):
            while True:
                before = len(self.call.heard)
                await asyncio.sleep(_LISTEN_S)  # how long silence has to last to be one
                if level(self.call.heard[before:]) < _QUIET:
                    return

    async def hears_own_dial_plan(self, outcome: str, result: str) -> None:
        await self.call.hears_tone(OWN_HZ[outcome, result], within=_WITHIN_S + 3)

    async def hears_person(self, other: Person) -> None:
        assert isinstance(other, PhonePerson)
        hz = next(_voices)
        other.call.send_tone(hz)
        await self.call.hears_tone(hz, within=_WITHIN_S)
        other.call.send_silence()

    async def is_heard(self, by: Sequence[Person] = (), not_by: Sequence[Person] = ()) -> None:
        hz = next(_voices)
        begins = [len(one.call.heard) for one in not_by if isinstance(one, PhonePerson)]
        self.call.send_tone(hz)
        for one in by:
            assert isinstance(one, PhonePerson)
            await one.call.hears_tone(hz, within=_WITHIN_S)
        await asyncio.sleep(_LISTEN_S if by else 2 * _LISTEN_S)  # how long what is not heard has to last
        for one, begin in zip(not_by, begins, strict=True):
            assert isinstance(one, PhonePerson)
            heard = one.call.heard[begin:][-int(_LISTEN_S * RATE) * SAMPLE_BYTES :]  # who is sent nothing hears nothing
            share, loud = tone_level(heard, hz), level(heard)
            assert loud < _QUIET or share < _TRACE, (
                f"a voice is heard where it should not be: {share:.2f} of {loud:.3f}"
            )
        self.call.send_silence()

    async def shows(self, number: str, name: str) -> None:
        def shown() -> bool:
            told = [change.header("P-Asserted-Identity") for change in self.call.changes]
            last = parse_address(told[-1]) if told and told[-1] else None
            return last is not None and (last.user, last.display) == (number, name)

        await self.call.watch.until(shown, _WITHIN_S, expected=f"{number} {name} on the display")

    async def hold(self) -> None:
        await self.call.hold()

    async def resume(self) -> None:
        await self.call.unhold()

    async def transfer(self, to: str) -> bool:
        return (await self.call.transfer(to)).status < _REFUSED

    async def transfer_to(self, second: Person) -> bool:
        assert isinstance(second, PhonePerson)
        return (await self.call.transfer(NUMBER, replaces=second.call)).status < _REFUSED

    @property
    def asked_to_answer(self) -> bool:
        assert isinstance(self.call, IncomingCall)
        return "answer-after=0" in (self.call.header("Call-Info") or "")

    @property
    def ring_tone(self) -> str:
        assert isinstance(self.call, IncomingCall)
        return (self.call.header("Alert-Info") or "").partition(";info=")[2]

    @property
    def heard_s(self) -> float:
        return self.call.media.playout.packets * FRAME_SAMPLES / RATE

    async def hears_on(self, seconds: float) -> None:
        until = self.heard_s + seconds
        await self.call.watch.until(
            lambda: self.heard_s >= until, seconds + _WITHIN_S, expected=f"{seconds:g} s more of sound"
        )

    async def says(self, hz: int) -> None:
        if hz:
            self.call.send_tone(hz)
        else:
            self.call.send_silence()

    async def press(self, keys: str) -> None:
        await self.call.dtmf(keys)

    async def hang_up(self) -> None:
        await self.call.hang_up()

    async def answer(self) -> None:
        assert isinstance(self.call, IncomingCall)
        await self.call.answer()

    async def decline(self) -> None:
        assert isinstance(self.call, IncomingCall)
        await self.call.reject(603)

    async def stops_ringing(self) -> bool:
        assert isinstance(self.call, IncomingCall)
        reason = await self.call.cancelled(_WITHIN_S)
        return "elsewhere" in (reason or "").lower()


class RealLab(Lab):
    """An adapter on one switch that all tests share, with phones of this test's own."""

    trunk = "carrier"

    def __init__(self, pbx: Pbx | FreeSwitchPbx, sounds: Path) -> None:
        super().__init__()
        self._pbx, self._sounds = pbx, sounds
        self._stack = AsyncExitStack()
        self._news = asyncio.Event()
        self._phones: dict[str, Phone] = {}
        self._all: list[Phone] = []
        self._line = AsyncExitStack()
        self._carrier: Phone | None = None
        self._wire = Wire(pbx.wire)
        self.switch: AsteriskSwitch | FreeSwitch

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self._wire)
        await self.start_again()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._line.aclose()
        await self._stack.aclose()
        await self._pbx.no_channels()
        await self._pbx.no_phones()

    async def everybody_leaves(self) -> None:
        calls = [call for phone in self._all for call in phone.calls if not call.has_ended]
        await asyncio.gather(*(call.hang_up() for call in calls))
        await self._pbx.no_channels()
        legs = {leg for fact in self.told if (leg := getattr(fact, "leg", "")) and not isinstance(fact, CallMissed)}
        legs |= {command.leg for command in self.sent if isinstance(command, Ring | RingOutside)}
        await self.until(lambda: all({"LegHungUp", "LegReleased"} & {*self.about(leg)} for leg in legs), _WITHIN_S)

    async def until(self, condition: Callable[[], bool], within: float) -> bool:
        end = asyncio.get_running_loop().time() + within
        while not condition():
            left = end - asyncio.get_running_loop().time()
            if left <= 0:
                return False
            self._news.clear()
            try:
                async with asyncio.timeout(min(left, 0.05)):  # what no fact tells of is looked at now and then
                    await self._news.wait()
            except TimeoutError:
                continue
        return True

    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def hear(self, fact: object) -> None:
        super().hear(fact)  # type: ignore[arg-type]
        self._news.set()

    def sound(self, name: str) -> str:
        return str(self._sounds / f"{name}.wav")

    def recording(self, name: str) -> str:
        return str(self._pbx.folder / "recordings" / name)

    async def call(
        self, dialled: str = NUMBER, *, caller: str = CALLER, name: str = "", headers: Mapping[str, str] | None = None
    ) -> Person:
        phone = await self._stack.enter_async_context(self._pbx.caller(caller))
        self._all.append(phone)
        return PhonePerson(self, await phone.dial(dialled, caller_name=name or None, headers=headers))

    async def hand_over(self, *, name: str = "", twice: bool = False) -> Person:
        phone = await self._stack.enter_async_context(self._pbx.office())
        self._all.append(phone)
        return PhonePerson(self, await phone.dial("twice" if twice else "once", caller_name=name or None))

    async def call_from(self, phone: str, dialled: str) -> Person:
        return PhonePerson(self, await self._phones[phone].dial(dialled))

    async def plug_in(self, phone: str) -> None:
        if phone not in self._phones:
            self._phones[phone] = await self._stack.enter_async_context(self._pbx.phone(phone))
            self._all.append(self._phones[phone])
        await self._phones[phone].register()

    async def unplug(self, phone: str) -> None:
        await self._phones[phone].unregister()

    async def make_busy(self, phone: str) -> None:
        self._phones[phone].auto_reject = 486

    async def rings(self, phone: str) -> Callee:
        call = await self._phones[phone].incoming(_WITHIN_S)
        await call.ring()
        return PhonePerson(self, call)

    def is_called(self, phone: str) -> bool:
        return any(call.state is CallState.RINGING for call in self._phones[phone].calls)

    async def open_line(self, says: Cause | None = None) -> None:
        self._carrier = carrier = await self._line.enter_async_context(self._pbx.carrier())
        carrier.auto_reject = None if says is None else _STATUSES[says]
        self._all.append(carrier)

    async def close_line(self) -> None:
        await self._line.aclose()

    async def rings_outside(self) -> Callee:
        assert self._carrier is not None
        call = await self._carrier.incoming(_WITHIN_S)
        await call.ring()
        return PhonePerson(self, call)

    async def cut(self) -> None:
        await self._wire.cut()

    async def mend(self) -> None:
        await self._wire.join()

    async def die(self) -> None:
        await self.switch.close()
        self.forget()

    async def start_again(self) -> None:
        self.switch = self._pbx.switch_by(self._wire.port)
        self._stack.push_async_callback(self.switch.close)
        await self.switch.start(self.hear)
