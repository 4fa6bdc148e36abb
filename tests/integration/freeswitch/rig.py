"""One real FreeSWITCH with a rendered configuration, and phones for it: as tests/integration/asterisk/rig.py."""

import asyncio
import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from telephony.freeswitch.adapter import FreeSwitch
from telephony.freeswitch.console import Console
from telephony.freeswitch.render import password_digest, render
from telephony.freeswitch.templates import words
from tenancy.model import FreeSwitchNode, NumberRules
from tests.integration.asterisk.rig import (
    BUSY_NUMBER,
    CALLER,
    FALLBACK_HZ,
    LOOPBACK,
    MUSIC_HZ,
    NODE,
    NUMBER,
    OFFICE,
    OWN_HZ,
    PHONES,
    PROMPT_HZ,
    RULES,
    WallClock,
    password,
    platform,
    write_tone,
)
from tests.lab.freeswitch import FreeSwitchProcess
from tests.lab.freeswitch_running import RunningFreeSwitch, running_freeswitch
from tests.lab.phone import Phone as LabPhone
from tests.lab.phone.carrier import Carrier
from tests.lab.phone.melody import write_melody
from tests.lab.ports import PortBlock, reserve_ports

SECRET = "esl-secret"
#: As Asterisk's has, without the colon, which FreeSWITCH takes for the end of a password.
CARRIER_PASSWORD = "se/cretof#the&carrier"
_RTP_PORTS = 600
#: The switch's timers run out up to a second early.
FALLBACK_AFTER_S = 3.0


class FreeSwitchPbx:
    """A running FreeSWITCH; it outlives the event loops of the tests."""

    def __init__(self, program: Path | None, folder: Path, *, rules: NumberRules = RULES) -> None:
        """`program`: started by us; None: the one that runs already (`tests/lab/freeswitch_running.py`)."""
        self.folder = folder
        running = running_freeswitch() if program is None else None
        self._stack = ExitStack()
        self.ports: PortBlock = self._stack.enter_context(reserve_ports(_RTP_PORTS + 10))
        self.wire, self.sip, self.trunk_sip = (self.ports.take() for _ in range(3))
        self._esl, self._secret = running or (f"{LOOPBACK}:{self.wire}", SECRET)
        self.wire = int(self._esl.rpartition(":")[2])
        self.carrier_port, self.member_port = self.ports.take(), self.ports.take()
        rtp = self.ports.take_range(_RTP_PORTS)
        self.node = FreeSwitchNode(
            kind="freeswitch",
            esl=self._esl,
            sip=f"{LOOPBACK}:{self.sip}",
            trunk_sip=f"{LOOPBACK}:{self.trunk_sip}",
            rtp=(rtp[0], rtp[-1]),
            qualify_s=1,
            fallback_after_s=FALLBACK_AFTER_S,
        )
        files = self._write(rules)
        self.process: FreeSwitchProcess | RunningFreeSwitch
        if program is None:
            self.process = RunningFreeSwitch(self._esl, self._secret, files)
        else:
            wire = {"esl": self._esl, "password": self._secret}
            self.process = FreeSwitchProcess(program, folder / "etc", state=folder / "state", **wire)

    def _write(self, rules: NumberRules) -> dict[str, str]:
        for name in ("etc", "music", "sounds", "recordings"):
            (self.folder / name).mkdir(parents=True)
        for (outcome, result), hz in OWN_HZ.items():
            write_tone(self.folder / "sounds" / f"own-{outcome}-{result.replace(' ', '_')}.wav", hz, 8)
        music = write_tone(self.folder / "music" / "tone.wav", MUSIC_HZ, 20)
        write_tone(self.sound("fallback"), FALLBACK_HZ, 1)
        write_melody(self.sound("short"), 0.4)
        write_tone(self.sound("long"), PROMPT_HZ, 8)
        files = render(
            platform(self.node, rules, self.carrier_port, self.member_port),
            NODE,
            secrets={
                f"esl/{NODE}": self._secret,
                "trunk/member": CARRIER_PASSWORD,
                **{f"phone/{phone}": password(phone) for phone in PHONES},
            },
            music={"press/main": [music]},
            fallbacks={NUMBER: str(self.sound("fallback").with_suffix("")), BUSY_NUMBER: None},
        )
        files["dialplan.xml"] = files["dialplan.xml"].replace("</include>", self._own_dial_plan() + "\n</include>")
        files["directory.xml"] = files["directory.xml"].replace("</users>", _own_account() + "</users>", 1)
        for name, text in files.items():
            (self.folder / "etc" / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / "etc" / name).write_text(text, encoding="utf-8")
        return files

    def _own_dial_plan(self) -> str:
        """A dial plan of somebody else's, which hands its calls over and goes on with them afterwards."""
        who = f'<action application="set_profile_var" data="caller_id_number={CALLER}"/>'
        hand_over = f'<action application="transfer" data="{NUMBER} XML {words.HANDOVER_CONTEXT}"/>'
        back = f'<action application="set" data="{words.BACK_VARIABLE}={{}} XML own"/>'
        plan = _extension("once", who + back.format("back") + hand_over)
        plan += _extension("twice", who + back.format("again") + hand_over)
        plan += _extension("again", back.format("back") + hand_over)
        for outcome, result in OWN_HZ:
            sound = self.folder / "sounds" / f"own-{outcome}-{result.replace(' ', '_')}.wav"
            wanted = (
                f'<condition field="${{{words.OUTCOME_VARIABLE}}}" expression="^{outcome}$"/>'
                f'<condition field="${{{words.RESULT_VARIABLE}}}" expression="^{escape(result)}$">'
                f'<action application="answer"/><action application="playback" data="{sound}"/>'
                '<action application="hangup"/></condition>'
            )
            plan += (
                f'<extension name="own"><condition field="destination_number" expression="^back$"/>{wanted}</extension>'
            )
        # FreeSWITCH cuts lines that are longer than 2,048 bytes, and leaves out the whole line of </include>
        return f'<context name="own">{plan}</context>'.replace("><", ">\n<")

    def sound(self, name: str) -> Path:
        """A sound file."""
        return self.folder / "sounds" / f"{name}.wav"

    async def start(self) -> None:
        """Start it; ready for calls."""
        await self.process.start()

    async def stop(self) -> None:
        """End it."""
        await self.process.stop()
        self._stack.close()

    def switch_by(self, wire: int) -> FreeSwitch:
        """A new adapter for it, by a wire on this port."""
        return FreeSwitch(
            node=NODE,
            esl=f"{LOOPBACK}:{wire}",
            secret=self._secret,
            phones=dict.fromkeys(PHONES, words.PHONES_PROFILE),
            fallback_after_s=FALLBACK_AFTER_S,
            clock=WallClock(),
        )

    def caller(self, user: str = CALLER, **more: Any) -> LabPhone:
        """A caller's telephone: calls come in on the trunk."""
        return LabPhone(user, server=(LOOPBACK, self.trunk_sip), **more)

    def carrier(self) -> Carrier:
        """The carrier, to which calls go out by address; whoever it calls is at this one phone."""
        return Carrier("carrier", server=(LOOPBACK, self.trunk_sip), local_port=self.carrier_port)

    def office(self) -> LabPhone:
        """A telephone of somebody whose dial plan and accounts are none of vcc's."""
        return self.phone(OFFICE)

    def phone(self, user: str) -> LabPhone:
        """An agent's phone."""
        return LabPhone(user, password(user), server=(LOOPBACK, self.sip))

    async def ask(self, command: str) -> str:
        """What one of the switch's commands prints."""
        async with Console(self._esl, self._secret) as console:
            return await console.ask(command)

    async def no_channels(self, within: float = 5.0, *, forget: bool = True) -> None:
        """Wait until there is no channel left; `forget`: with no call that was missed, for the next test."""
        await self._none("channels", within)
        async with Console(self._esl, self._secret) as console:
            for leg in filter(None, (await console.ask(f"db list/{words.MISSED_REALM}")).split(",")):
                if forget:
                    await console.ask(f"db delete/{words.MISSED_REALM}/{leg}")

    async def no_phones(self, within: float = 5.0) -> None:
        """Wait until no phone is registered: the switch writes its list of them with a delay."""
        await self._none("registrations", within)

    async def _none(self, what: str, within: float) -> None:
        async with Console(self._esl, self._secret) as console, asyncio.timeout(within):
            while json.loads(await console.ask(f"show {what} as json"))["row_count"]:  # noqa: ASYNC110 - another program
                await asyncio.sleep(0.1)


def _extension(name: str, actions: str) -> str:
    where = f'<condition field="destination_number" expression="^{name}$">'
    return f'<extension name="{name}">{where}{actions}</condition></extension>'


def _own_account() -> str:
    return (
        f'<user id="{OFFICE}"><params><param name="a1-hash" value="{password_digest(OFFICE, password(OFFICE))}"/>'
        '</params><variables><variable name="user_context" value="own"/></variables></user>'
    )
