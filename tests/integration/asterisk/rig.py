"""One real Asterisk with a rendered configuration, phones for it, and a record of what the adapter tells."""

import asyncio
import time
import wave
from array import array
from contextlib import ExitStack
from datetime import date
from math import pi, sin
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from telephony.asterisk.adapter import AsteriskSwitch
from telephony.asterisk.render import AsteriskPaths, render
from telephony.port import SwitchFact
from tenancy.model import (
    AsteriskNode,
    FreeSwitchNode,
    NumberRules,
    Outgoing,
    Outside,
    Phone,
    Platform,
    Project,
    ProjectKind,
    Registration,
    Tenant,
    Trunk,
)
from tenancy.model import Number as NumberOwned
from tests.lab.pbx import AsteriskBinary, AsteriskProcess
from tests.lab.phone import Phone as LabPhone
from tests.lab.phone.carrier import Carrier
from tests.lab.phone.melody import write_melody
from tests.lab.ports import PortBlock, reserve_ports

if TYPE_CHECKING:
    from collections.abc import Callable

LOOPBACK = "127.0.0.1"
NODE = "n1"
NUMBER, BUSY_NUMBER, CALLER = "98668", "98667", "13800138000"
PHONES = ("lin", "wang", "zhao")
MUSIC_HZ, FALLBACK_HZ, PROMPT_HZ = 440, 800, 600
FALLBACK_AFTER_S = 2.0
RULES = NumberRules(strip=("010",), headers=("X-Test", "Diversion"))
OUTSIDE_CALLER_ID = "01065550000"
#: The account at the carrier of the trunk `member`.
MEMBER, MEMBER_PASSWORD, REALM = "4001", "se/cret:of#the&carrier", "carrier.example"
#: What the dial plan that is not vcc's plays to a call that has come back, by what it finds in the two variables.
OWN_HZ = {("answered", "paid 12"): 1_000, ("closed", ""): 1_200, ("fallback", ""): 1_400}
OFFICE = "1001"
_RATE = 8_000
_RTP_PORTS = 600

F = TypeVar("F", bound=SwitchFact)


def password(phone: str) -> str:
    """The password of a phone's account."""
    return f"secret-of-{phone}"


def write_tone(path: Path, hz: int, seconds: float) -> Path:
    """A tone as a file that the switch can play."""
    samples = array("h", (round(9_000 * sin(2 * pi * hz * n / _RATE)) for n in range(int(seconds * _RATE))))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        file.writeframes(samples.tobytes())
    return path


class WallClock:
    """Real time."""

    def now(self) -> float:
        """POSIX seconds."""
        return time.time()


class Facts:
    """What an adapter told, in order."""

    def __init__(self) -> None:
        self.all: list[SwitchFact] = []
        self._changed = asyncio.Event()
        self.react: Callable[[SwitchFact], None] | None = None

    def tell(self, fact: SwitchFact) -> None:
        """Take a fact: the `tell` of a switch."""
        self.all.append(fact)
        self._changed.set()
        if self.react is not None:
            self.react(fact)

    def of(self, kind: type[F], **fields: Any) -> list[F]:
        """The facts of a kind, with these values."""
        return [f for f in self.all if isinstance(f, kind) and all(getattr(f, k) == v for k, v in fields.items())]

    async def until(self, kind: type[F], *, within: float = 5.0, count: int = 1, **fields: Any) -> F:
        """Wait for the `count`th fact of a kind with these values."""
        try:
            async with asyncio.timeout(within):
                while len(found := self.of(kind, **fields)) < count:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            told = "\n".join(map(str, self.all[-30:]))
            raise AssertionError(f"no {kind.__name__} {fields} within {within} s; told was:\n{told}") from None
        return found[count - 1]

    def clear(self) -> None:
        """Forget what was told so far."""
        self.all.clear()


class Pbx:
    """A running Asterisk; it outlives the event loops of the tests."""

    def __init__(
        self,
        binary: AsteriskBinary,
        folder: Path,
        *,
        rules: NumberRules = RULES,
        fallback_after_s: float = FALLBACK_AFTER_S,
        media_timeout_s: int = 60,
    ) -> None:
        self.folder = folder
        self._stack = ExitStack()
        self.ports: PortBlock = self._stack.enter_context(reserve_ports(_RTP_PORTS + 10))
        self.ami, self.agi, self.sip, self.trunk_sip = (self.ports.take() for _ in range(4))
        self.carrier_port, self.member_port = self.ports.take(), self.ports.take()
        rtp = self.ports.take_range(_RTP_PORTS)
        self.node = AsteriskNode(
            kind="asterisk",
            ami=f"{LOOPBACK}:{self.ami}",
            agi=f"{LOOPBACK}:{self.agi}",
            sip=f"{LOOPBACK}:{self.sip}",
            trunk_sip=f"{LOOPBACK}:{self.trunk_sip}",
            rtp=(rtp[0], rtp[-1]),
            qualify_s=1,
            fallback_after_s=fallback_after_s,
            media_timeout_s=media_timeout_s,
        )
        self._write(binary, rules)
        self.process = AsteriskProcess(binary, folder / "etc")

    def _write(self, binary: AsteriskBinary, rules: NumberRules) -> None:
        for name in ("etc", "music", "sounds"):
            (self.folder / name).mkdir(parents=True)
        for (outcome, result), hz in OWN_HZ.items():
            write_tone(self.folder / "sounds" / f"own-{outcome}-{result.replace(' ', '_')}.wav", hz, 8)
        write_tone(self.folder / "music" / "tone.wav", MUSIC_HZ, 20)
        write_tone(self.sound("fallback"), FALLBACK_HZ, 1)
        write_melody(self.sound("short"), 0.4)  # no tone, which is sought in every sound, and long
        write_tone(self.sound("long"), PROMPT_HZ, 8)
        files = render(
            platform(self.node, rules, self.carrier_port, self.member_port),
            NODE,
            secrets={
                f"ami/{NODE}": "ami-secret",
                "trunk/member": MEMBER_PASSWORD,
                **{f"phone/{phone}": password(phone) for phone in PHONES},
            },
            music_dirs={"press/main": self.folder / "music"},
            fallbacks={NUMBER: str(self.sound("fallback").with_suffix("")), BUSY_NUMBER: None},
            base=AsteriskPaths(
                etc=self.folder / "etc", state=self.folder / "s", modules=binary.modules_dir, data=binary.data_dir
            ),
            version=binary.version,
            also_load=("func_shell",),
        )
        files["extensions.conf"] += _own_dial_plan(self.folder / "sounds") + _late(self.node, self.late)
        files["pjsip.conf"] += _OWN_ENDPOINTS.format(password=password(OFFICE))
        for name, text in files.items():
            (self.folder / "etc" / name).write_text(text, encoding="utf-8")

    @property
    def late(self) -> Path:
        """The file that is there while a leg is a moment away from its connection, and stays so."""
        return self.folder / "late"

    def sound(self, name: str) -> Path:
        """A sound file."""
        return self.folder / "sounds" / f"{name}.wav"

    async def start(self) -> None:
        """Start it; ready for calls."""
        self.process.start()
        await self.process.wait_ready()

    async def stop(self) -> None:
        """End it."""
        await self.process.stop()
        self._stack.close()

    def switch(self, *, ami: int | None = None) -> AsteriskSwitch:
        """A new adapter for it; `ami`: another port, of something in between."""
        return AsteriskSwitch(
            node=NODE,
            ami=f"{LOOPBACK}:{ami or self.ami}",
            secret="ami-secret",
            agi=f"{LOOPBACK}:{self.agi}",
            phones=PHONES,
            clock=WallClock(),
        )

    @property
    def wire(self) -> int:
        """The port of the wire that a test may cut."""
        return self.ami

    def switch_by(self, wire: int) -> AsteriskSwitch:
        """A new adapter for it, by a wire on this port."""
        return self.switch(ami=wire)

    def caller(self, user: str = CALLER, **more: Any) -> LabPhone:
        """A caller's telephone: calls come in on the trunk."""
        return LabPhone(user, server=(LOOPBACK, self.trunk_sip), **more)

    def carrier(self) -> Carrier:
        """The carrier, to which calls go out by address; whoever it calls is at this one phone."""
        return Carrier("carrier", server=(LOOPBACK, self.trunk_sip), local_port=self.carrier_port)

    def member_carrier(self, password: str = MEMBER_PASSWORD) -> Carrier:
        """The carrier at which the switch registers."""
        server = (LOOPBACK, self.trunk_sip)
        return Carrier("carrier", server=server, local_port=self.member_port, realm=REALM, accounts={MEMBER: password})

    def office(self) -> LabPhone:
        """A telephone of somebody whose dial plan and endpoints are none of vcc's."""
        return self.phone(OFFICE)

    def phone(self, user: str) -> LabPhone:
        """An agent's phone."""
        return LabPhone(user, password(user), server=(LOOPBACK, self.sip))

    async def channels(self) -> int:
        """How many channels there are, of any kind."""
        lines = (await self.process.rx("core show channels concise")).splitlines()
        return sum(1 for line in lines if "!" in line)

    async def no_phones(self) -> None:
        """Who has left is not listed: there is nothing to wait for."""

    async def no_channels(self, within: float = 5.0, *, forget: bool = True) -> None:
        """Wait until there is no channel left; `forget`: with no call that was missed, for the next test."""
        async with asyncio.timeout(within):
            while await self.channels():  # noqa: ASYNC110 - another program, which can only be asked
                await asyncio.sleep(0.1)
        if forget:
            await self.process.rx("database deltree vcc-missed")


_OWN_ENDPOINTS = """
[1001]
type = endpoint
context = own
auth = 1001
disallow = all
allow = alaw,ulaw
direct_media = no
[1001]
type = auth
auth_type = userpass
username = 1001
password = {password}
"""


def _own_dial_plan(sounds: Path) -> str:
    """A dial plan of somebody else's, which hands its calls over in one line and goes on with them afterwards."""
    then = f" same => n,Answer()\n same => n,Playback({sounds}/own-${{VCC_OUTCOME}}-${{STRREPLACE(VCC_RESULT, ,_)}})\n"
    who = f"Set(CALLERID(num)={CALLER})\n"
    hand_over = " same => n,Gosub(vcc-handover,98668,1)\n"
    return (
        f"\n[own]\nexten => once,1,{who}{hand_over}{then} same => n,Hangup()\n"
        "exten => ends,1,Goto(vcc-phones,h,1)\n"
        "exten => late,1,Goto(own-late,8001,1)\n"
        f"exten => twice,1,{who}{hand_over}{hand_over}{then} same => n,Hangup()\n"
    )


def _late(node: AsteriskNode, file: Path) -> str:
    """Legs that are held between the last step before their connection and that, where the switch looks once more
    whether they were hung up: to be there in this moment takes a loaded machine, and luck.
    """
    wait = f"${{SHELL(touch {file} && while [ -e {file} ]\\; do sleep 0.02\\; done)}}"
    return (
        f"\n[own-late]\nexten => agent,1,AGI(agi://{node.agi}/agent,again{wait})\n"
        f" same => n,Hangup()\n"
        f"exten => _X!,1,Set(AGIEXITONHANGUP=yes)\n"
        f" same => n,AGI(agi://{node.agi}/phone/lin,,,,{wait})\n same => n,Hangup()\n"
    )


def outside_platform() -> Platform:
    """The same with nothing in it but what is asked of it when somebody wants a number outside dialled."""
    return platform(AsteriskNode(kind="asterisk"), RULES, 5060, 5061)


def _outgoing(port: int, registration: Registration | None = None) -> Outgoing:
    return Outgoing(
        server=f"{LOOPBACK}:{port}",
        registration=registration,
        codecs=("alaw",),
        caller_id=OUTSIDE_CALLER_ID,
        caller_id_in="p-asserted-identity" if registration else "from",
        write={"+86": "0"},
        qualify_s=1,
    )


def platform(
    node: AsteriskNode | FreeSwitchNode, rules: NumberRules, carrier: int = 5060, member: int = 5061
) -> Platform:
    """A small platform on one node; `carrier` and `member` are the ports of two carriers."""
    press = Tenant(
        id="press",
        name={"en": "Press"},
        projects={"p": Project(name={"en": "P"}, kind=ProjectKind.STAFFED, starts=date(2026, 1, 1))},
        numbers={number: NumberOwned(project="p", flow="f") for number in (NUMBER, BUSY_NUMBER)},
        music={"main": "music"},
    )
    return Platform(
        name={"en": "Lab"},
        nodes={NODE: node},
        trunks={
            "carrier": Trunk(node=NODE, from_addresses=(LOOPBACK,), numbers=rules, outgoing=_outgoing(carrier)),
            "member": Trunk(
                node=NODE,
                from_addresses=("127.0.0.9",),
                outgoing=_outgoing(member, Registration(user=MEMBER, realm=REALM, expires_s=60)),
            ),
        },
        outside=Outside(country_code="86"),
        phones={name: Phone(node=NODE) for name in PHONES},
        tenants={"press": press},
    )
