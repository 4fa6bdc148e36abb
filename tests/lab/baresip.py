"""A real softphone: one baresip process on one SIP account, driven over its control port. Needs no sound device.

What it sends is a file or a tone; what it hears is recorded, one file per call. A caller of this module dials,
answers, presses keys, and waits for what the phone itself reports (`expect`), never for a time to pass.
"""

import asyncio
import contextlib
import math
import struct
import wave
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.lab.baresip_control import ControlPort, PhoneEvent
from tests.lab.ports import LOOPBACK, reserve_ports
from tests.lab.process import LabError, LabProcess

RATE = 8_000
_MODULES = Path("/usr/lib/baresip/modules")
_READY_S = 10.0
_KEY_S = 0.26  # from one key to the next: baresip sends each for 240 ms
_SOUND_S = 300

_CONFIG = """\
poll_method epoll
net_interface {loopback}
sip_listen {loopback}:{sip}
rtp_ports {rtp_first}-{rtp_last}
call_local_timeout 120
call_max_calls 8
audio_source aufile,{sends}
audio_player aubridge,ear
audio_alert aubridge,bell
ausrc_srate {rate}
auplay_srate {rate}
ausrc_channels 1
auplay_channels 1
jitter_buffer_delay 2-5
module_path {modules}
module g711.so
module srtp.so
module sndfile.so
module aufile.so
module aubridge.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
snd_path recordings
statmode_default off
ctrl_tcp_listen {loopback}:{control}
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class SipAccount:
    """Where to register, and as whom."""

    user: str
    password: str
    port: int
    host: str = LOOPBACK
    register_s: int = 60
    transport: str = "udp"
    srtp: bool = False

    def line(self, *, auto_answer: bool) -> str:
        """The account in baresip's own words."""
        mode = "auto" if auto_answer else "manual"
        return (
            f"<sip:{self.user}@{self.host}:{self.port};transport={self.transport}>;auth_user={self.user};"
            f"auth_pass={self.password};regint={self.register_s};answermode={mode};audio_codecs=pcma,pcmu"
            + (";mediaenc=srtp-mand" if self.srtp else "")
        )


class Softphone:
    """A softphone: `async with Softphone(account, folder) as phone:` is registered inside the block.

    `sends` is a mono 16-bit WAV of 8 kHz that each call starts with, then silence; without it a tone of 440 Hz. With
    `auto_answer` it picks up at once. `folder` receives its configuration, log and recordings.
    """

    def __init__(
        self, account: SipAccount, folder: Path, *, auto_answer: bool = False, sends: Path | None = None
    ) -> None:
        self.account = account
        self.folder = folder
        self._auto_answer = auto_answer
        self._sends = sends
        self._ports = reserve_ports()
        self._control_port = self._ports.take()
        self._process: LabProcess | None = None
        self._control: ControlPort | None = None
        self._sounds = 0

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    # --- life ------------------------------------------------------------------------------------------------

    @property
    def process(self) -> LabProcess:
        """The program; LabError if it was not started."""
        if self._process is None:
            raise LabError("this softphone was not started")
        return self._process

    @property
    def events(self) -> list[PhoneEvent]:
        """All that it has reported so far, in order."""
        return list(self._connected().history)

    async def start(self) -> None:
        """Start the program and register; LabError if either fails."""
        self._write_configuration()
        self._process = LabProcess.start(
            f"baresip {self.account.user}",
            ["baresip", "-f", "."],
            log=self.folder / "baresip.log",
            cwd=self.folder,  # relative names everywhere: it cannot do with a space in a path
        )
        self._control = await self._connect()
        await self.command("uanew", self.account.line(auto_answer=self._auto_answer))
        if self.account.register_s:
            answer = await self.expect("REGISTER_OK", "REGISTER_FAIL", timeout=_READY_S)
            if answer.kind == "REGISTER_FAIL":
                raise self.process.error(f"was not let register: {answer.detail}")

    async def stop(self) -> None:
        """Unregister and end; calls are hung up."""
        if self._process is not None and self._process.returncode is None:
            await self._process.stop()
        if self._control is not None:
            await self._control.close()
        self._ports.close()

    async def vanish(self) -> None:
        """End as a phone does whose plug is pulled: without a word to the switch."""
        self.process.kill()
        await self.process.wait(_READY_S)

    # --- calls -----------------------------------------------------------------------------------------------

    async def dial(self, number: str) -> None:
        """Call a number, or a whole SIP URI. How it goes on is seen in the events."""
        account = self.account
        where = f"{account.host}:{account.port};transport={account.transport}"
        uri = number if number.startswith("sip:") else f"sip:{number}@{where}"
        await self.command("dial", uri)

    async def answer(self) -> None:
        """Pick up the call that is ringing."""
        await self.command("accept")

    async def hang_up(self) -> None:
        """End the current call, or refuse the one that is ringing (486)."""
        await self.command("hangup")

    async def press(self, keys: str) -> None:
        """Press keys one after the other (RFC 4733), at the pace of a quick person."""
        for key in keys:
            await self.command("sndcode", key)
            await asyncio.sleep(_KEY_S)

    async def play(self, file: Path) -> None:
        """In the current call, send this file (mono 16-bit WAV of 8 kHz) from now on, then silence."""
        await self.command("ausrc", f"aufile,{self._endless(file)}")

    async def expect(self, *kinds: str, timeout: float = 5.0) -> PhoneEvent:
        """The next event of one of these kinds that nobody has waited for yet; it may have come already.

        Raises LabError, which lists what came instead, when none comes within `timeout` seconds.
        """
        try:
            return await self._connected().expect(kinds, timeout)
        except LabError as error:
            raise self.process.error(str(error)) from None

    async def command(self, name: str, parameters: str = "") -> str:
        """Give one of baresip's own commands and return what it says; LabError if it refuses or does not reply."""
        try:
            return await self._connected().command(name, parameters)
        except LabError as error:
            raise self.process.error(str(error)) from None

    async def heard(self) -> list[Path]:
        """What it heard, one WAV per call, oldest first. The file of a call is whole once the call has ended."""
        await self.command("about")  # it replies after it has closed the files of calls reported as closed
        return sorted((self.folder / "recordings").glob("*-dec.wav"))

    # --- inside ----------------------------------------------------------------------------------------------

    def _connected(self) -> ControlPort:
        if self._control is None:
            raise LabError("this softphone was not started")
        return self._control

    def _write_configuration(self) -> None:
        (self.folder / "recordings").mkdir(parents=True, exist_ok=True)
        sip = self._ports.take_range(2)  # the second is for TLS, which it binds unasked
        rtp = self._ports.take_range(20)
        config = _CONFIG.format(
            loopback=LOOPBACK,
            sip=sip[0],
            rtp_first=rtp[0],
            rtp_last=rtp[-1],
            sends=self._endless(self._sends),
            rate=RATE,
            modules=_MODULES,
            control=self._control_port,
        )
        for name, text in {"config": config, "accounts": "", "contacts": ""}.items():
            (self.folder / name).write_text(text)

    def _endless(self, file: Path | None) -> str:
        """Write a copy of the file with five minutes of silence after it, for baresip hangs up where its file ends;
        returns the copy's name in the folder.
        """
        self._sounds += 1
        name = f"sends-{self._sounds}.wav"
        frames = _read_wav(file) + bytes(2 * RATE * _SOUND_S) if file else _tone(440, _SOUND_S)
        with wave.open(str(self.folder / name), "wb") as copy:
            copy.setparams((1, 2, RATE, 0, "NONE", ""))
            copy.writeframes(frames)
        return name

    async def _connect(self) -> ControlPort:
        opened: list[ControlPort] = []

        async def connects() -> bool:
            with contextlib.suppress(OSError):
                opened.append(await ControlPort.connect(LOOPBACK, self._control_port))
            return bool(opened)

        await self.process.until(connects, "opened its control port", _READY_S)
        return opened[0]


def _read_wav(file: Path) -> bytes:
    with wave.open(str(file), "rb") as sound:
        if (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) != (1, 2, RATE):
            raise LabError(f"{file}: a softphone sends mono 16-bit WAV of {RATE} Hz; convert it with sox")
        return sound.readframes(sound.getnframes())


def _tone(hertz: float, seconds: int) -> bytes:
    second = (round(9_000 * math.sin(2 * math.pi * hertz * n / RATE)) for n in range(RATE))
    return struct.pack(f"<{RATE}h", *second) * seconds
