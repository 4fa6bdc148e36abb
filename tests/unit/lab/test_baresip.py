"""The real softphones of the laboratory, on a real Asterisk: they register, talk, hear, press keys, and end."""

import math
import wave
from array import array
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.lab.baresip import RATE, SipAccount, Softphone
from tests.lab.pbx import AsteriskBinary, AsteriskProcess
from tests.lab.ports import reserve_ports
from tests.lab.process import LabError
from tests.unit.lab.small_pbx import ACCOUNTS, SmallPbx, render

pytestmark = pytest.mark.asterisk


@pytest.fixture
async def switch(asterisk_binary: AsteriskBinary, tmp_path: Path) -> AsyncIterator[tuple[SmallPbx, AsteriskProcess]]:
    with reserve_ports() as ports:
        pbx = render(asterisk_binary, tmp_path / "pbx", ports)
        async with AsteriskProcess(asterisk_binary, pbx.config_dir) as process:
            yield pbx, process


def account(pbx: SmallPbx, user: str) -> SipAccount:
    return SipAccount(user=user, password=ACCOUNTS[user], port=pbx.sip_port)


def loudness(recording: Path, start_s: float = 0.0) -> float:
    """Root mean square of a recording from a time on, 1.0 being the loudest possible."""
    with wave.open(str(recording), "rb") as sound:
        assert sound.getframerate() == RATE
        samples = array("h", sound.readframes(sound.getnframes()))[int(start_s * RATE) :]
    return math.sqrt(sum(value * value for value in samples) / max(1, len(samples))) / 32_768


def write_tone(file: Path, seconds: float) -> Path:
    """A square tone of 500 Hz."""
    with wave.open(str(file), "wb") as sound:
        sound.setparams((1, 2, RATE, 0, "NONE", ""))
        sound.writeframes(array("h", [8_000] * 8 + [-8_000] * 8).tobytes() * int(seconds * RATE / 16))
    return file


async def test_two_phones_talk_and_each_hears_the_other(
    switch: tuple[SmallPbx, AsteriskProcess], tmp_path: Path
) -> None:
    pbx, process = switch
    short = write_tone(tmp_path / "a tone.wav", 0.5)
    async with (
        Softphone(account(pbx, "anna"), tmp_path / "phone a") as anna,
        Softphone(account(pbx, "boris"), tmp_path / "phone b", sends=short) as boris,
    ):
        assert "Objects found: 2" in await process.rx("pjsip show contacts")
        await anna.dial("boris")
        incoming = await boris.expect("CALL_INCOMING")
        assert incoming.direction == "incoming"
        await boris.answer()
        await anna.expect("CALL_ESTABLISHED")
        await boris.expect("CALL_RTPESTAB")
        await anna.expect("CALL_RTPESTAB")
        await anna.press("5555")  # a second of talk, and no sound of its own
        await anna.hang_up()
        await boris.expect("CALL_CLOSED")
        await anna.expect("CALL_CLOSED")
        [by_anna], [by_boris] = await anna.heard(), await boris.heard()
    assert loudness(by_boris) > 0.1  # her tone goes on
    assert loudness(by_anna) > 0.02  # his lasts half a second ...
    assert loudness(by_anna, start_s=0.8) < 0.001  # ... and then he is silent
    assert boris.process.returncode == 0
    assert "No objects found" in await process.rx("pjsip show contacts")


async def test_keys_arrive(switch: tuple[SmallPbx, AsteriskProcess], tmp_path: Path) -> None:
    pbx, process = switch
    async with Softphone(account(pbx, "anna"), tmp_path / "phone") as anna:
        await anna.dial("601")
        await anna.expect("CALL_ESTABLISHED")
        await anna.press("19*0")
        await anna.expect("CALL_CLOSED")
    assert "Value: 19*0" in await process.rx("database get test keys")


async def test_it_answers_by_itself_refuses_and_changes_what_it_sends(
    switch: tuple[SmallPbx, AsteriskProcess], tmp_path: Path
) -> None:
    pbx, _ = switch
    silence = tmp_path / "silence.wav"
    with wave.open(str(silence), "wb") as sound:
        sound.setparams((1, 2, RATE, 0, "NONE", ""))
        sound.writeframes(bytes(2 * RATE))
    async with (
        Softphone(account(pbx, "anna"), tmp_path / "phone a", sends=silence) as anna,
        Softphone(account(pbx, "boris"), tmp_path / "phone b", auto_answer=True) as boris,
    ):
        await anna.dial("boris")
        await anna.expect("CALL_ESTABLISHED")
        await boris.expect("CALL_RTPESTAB")
        await anna.press("5")
        await anna.play(write_tone(tmp_path / "tone.wav", 2))
        await anna.press("555")
        await anna.hang_up()
        await boris.expect("CALL_CLOSED")
        [by_boris] = await boris.heard()
        assert loudness(by_boris) > 0.02

        await anna.expect("CALL_CLOSED")
        await boris.dial("anna")
        await anna.expect("CALL_INCOMING")
        await anna.hang_up()
        assert "486" in (await boris.expect("CALL_CLOSED", timeout=10)).detail


async def test_a_wrong_password_is_told(switch: tuple[SmallPbx, AsteriskProcess], tmp_path: Path) -> None:
    wrong = SipAccount(user="anna", password="wrong", port=switch[0].sip_port)
    with pytest.raises(LabError, match="was not let register: 401"):
        async with Softphone(wrong, tmp_path / "phone"):
            pass


async def test_what_does_not_come_is_an_error_that_lists_what_came(
    switch: tuple[SmallPbx, AsteriskProcess], tmp_path: Path
) -> None:
    async with Softphone(account(switch[0], "anna"), tmp_path / "phone") as anna:
        with pytest.raises(LabError, match=r"no CALL_INCOMING within 0.1 s; what came: .*REGISTER_OK 200 OK"):
            await anna.expect("CALL_INCOMING", timeout=0.1)
        with pytest.raises(LabError, match="refused"):
            await anna.command("nonsense")


async def test_one_that_vanishes_stays_registered(switch: tuple[SmallPbx, AsteriskProcess], tmp_path: Path) -> None:
    pbx, process = switch
    async with Softphone(account(pbx, "anna"), tmp_path / "phone") as anna:
        await anna.vanish()
        assert "Objects found: 1" in await process.rx("pjsip show contacts")
