"""Asking a caller on a real switch: an amount read back and confirmed, an extension dialled, a closure by telephone."""

from __future__ import annotations

import asyncio
import json
import shutil
import wave
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from ivr_flows import readout
from tests.e2e.recorded import until
from tests.lab.platform import ROOT, LabPlatform
from tests.lab.stereo import Stereo

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.lab.pbx import AsteriskBinary
    from tests.lab.phone.outgoing import OutgoingCall
    from tests.lab.stage import Stage

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

ASK, CONFIRM, AGAIN = "请输入金额，按井号键结束。", "您输入的是", "正确请按1，重新输入请按2。"
EXTENSION, TAKEN, WRONG = "请拨分机号，星号键重听。", "您拨的分机是", "金额太大。"
AMOUNT, KEYED = "20050", "20050#"
FLOW = f"""
languages: [zh-CN]
anywhere: {{"*": {{goto: again}}}}
steps:
  - collect:
      name: amount
      say: {ASK}
      length: 1-6
      check: {{range: 1-30000, say: {WRONG}}}
      confirm: {{format: money}}
  - menu:
      say: {EXTENSION}
      name: extension
      0: hang_up
      6xxx: {{say: "{TAKEN}{{extension:phone}}。"}}
"""


VOICEMAIL = """
languages: [zh-CN]
steps:
  - voicemail: {box: lessons, max: 30s, silence: 3s, on_silence: [{say: 没有听到您的留言。}, hang_up]}
  - say: 谢谢您的留言。
"""
NOTHING = "没有听到您的留言。"
LEAVE, REVIEW, THANKS = (
    "请在提示音后留言，按井号键结束。",
    "保存留言请按1，试听请按2，重新录制请按3。",
    "谢谢您的留言。",
)
CALLER_HZ = 700
#: A clip of less sound than this is not compared.
SHORTEST_S = 0.5


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(
    asterisk_binary: AsteriskBinary, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[LabPlatform]:
    """The example platform, whose switchboard asks for an amount."""
    folder = tmp_path_factory.mktemp("asking")
    config = folder / "original"
    shutil.copytree(ROOT / "config", config)
    (config / "tenants" / "sunshine" / "flows" / "main.yaml").write_text(FLOW, encoding="utf-8")
    (config / "tenants" / "chess" / "flows" / "main.yaml").write_text(VOICEMAIL, encoding="utf-8")
    async with LabPlatform(folder / "lab", config=config, binary=asterisk_binary) as lab:
        yield lab


async def hears_value(stage: Stage, call: OutgoingCall, value: str, form: str) -> None:
    """The clips of a value that is read out, one after the other, but for those too short to be told apart."""
    clips = [clip for clip in readout.say(value, form, "zh-CN") if wave_seconds(stage.prompt(clip)) >= SHORTEST_S]
    for clip in clips:
        await stage.hears(call, clip)


def wave_seconds(path: Path) -> float:
    with wave.open(str(path), "rb") as sound:
        return sound.getnframes() / sound.getframerate()


def rendered(stage: Stage) -> set[Path]:
    return {path for path in (stage.platform.state / "speech").iterdir() if path.suffix == ".wav"}


async def test_an_amount_is_read_back_and_an_extension_dialled(stage: Stage) -> None:
    async with stage.caller("13512340001") as phone:
        call, contact = await stage.dial(phone, "99999")
        await stage.hears(call, ASK)
        before = rendered(stage)
        await call.dtmf("40000#")
        await stage.hears(call, WRONG)
        await call.dtmf("700#")
        await stage.hears(call, CONFIRM)
        await stage.facts.until("PromptEnded", contact=contact, completed=True)
        await call.dtmf("2")
        await stage.facts.until("InputMissed", contact=contact, why="not_confirmed")
        await call.dtmf(KEYED)
        await stage.hears(call, CONFIRM)
        await hears_value(stage, call, AMOUNT, "money")
        await stage.hears(call, AGAIN)
        await call.dtmf("1")
        await stage.hears(call, EXTENSION)
        await call.dtmf("6123")
        await stage.hears(call, TAKEN)
        await hears_value(stage, call, "6123", "phone")
        await call.ended()
    collected = await stage.facts.until("DigitsCollected", contact=contact)
    assert (collected["name"], collected["digits"]) == ("amount", "***50")
    assert (await stage.facts.until("ChoiceMade", contact=contact))["choice"] == "6xxx"
    assert rendered(stage) == before  # nothing that was keyed in was rendered
    facts = json.dumps([fact for fact in stage.facts.seen if fact.get("contact") == contact])
    log = (stage.platform.folder / "vcc.log").read_text(encoding="utf-8")
    assert AMOUNT not in facts + log


async def test_a_message_is_left_listened_to_and_kept(stage: Stage) -> None:
    async with stage.caller("13512340002") as phone:
        call, contact = await stage.dial(phone, "98667")
        await stage.hears(call, LEAVE)
        await call.hears_tone(1_000, within=5)
        call.send_tone(CALLER_HZ)
        await asyncio.sleep(2.0)  # how long the caller speaks
        call.send_silence()
        await call.dtmf("#")
        await stage.hears(call, REVIEW)
        await call.dtmf("2")
        await call.hears_tone(CALLER_HZ, within=5)
        await stage.hears(call, REVIEW)
        await call.dtmf("1")
        await stage.hears(call, THANKS)
        await call.ended()
    finished = await stage.facts.until("RecordingFinished", contact=contact)
    assert finished["problem"] == ""
    assert 1.5 < finished["seconds"] < 6
    record = await stage.record_of("13512340002")
    [message] = record["recordings"]
    assert (message["why"], message["queue"], message["agent"]) == ("message", "chess/lessons", "")
    [kept] = stage.platform.state.glob(f"**/{message['recording']}.wav")
    sound = Stereo(kept.read_bytes()[44:])
    assert sound.left(CALLER_HZ) > 0.3
    assert sound.right(CALLER_HZ) < 0.05
    assert sha256(kept.read_bytes()).hexdigest() == message["sha256"]


async def test_who_hangs_up_after_the_tone_has_left_a_message(stage: Stage) -> None:
    async with stage.caller("13512340003") as phone:
        call, contact = await stage.dial(phone, "98667")
        await call.hears_tone(1_000, within=15)
        call.send_tone(CALLER_HZ)
        await asyncio.sleep(1.5)  # how long the caller speaks
        await call.hang_up()
    finished = await stage.facts.until("RecordingFinished", contact=contact)
    assert (finished["problem"], finished["seconds"] > 1) == ("", True)


async def test_who_says_no_more_has_left_a_message_without_the_silence(stage: Stage) -> None:
    async with stage.caller("13512340004") as phone:
        call, contact = await stage.dial(phone, "98667")
        await call.hears_tone(1_000, within=15)
        call.send_tone(CALLER_HZ)
        await asyncio.sleep(4.0)  # how long the caller speaks: more than the silence that ends it
        call.send_silence()
        await stage.hears(call, REVIEW)
        await call.dtmf("2")
        await call.hears_tone(CALLER_HZ, within=5)
        await stage.hears(call, REVIEW)
        await call.dtmf("1")
        await stage.hears(call, THANKS)
        await call.ended()
    finished = await stage.facts.until("RecordingFinished", contact=contact)
    assert finished["problem"] == ""
    [kept] = stage.platform.state.glob(f"**/{finished['recording']}.wav")
    sound = Stereo.of_wav(kept)
    begins, ends = sound.gap()
    assert sound.piece(begins - 1.0, begins).left(CALLER_HZ) > 0.9
    assert ends == pytest.approx(sound.seconds, abs=0.03)
    assert 0.3 < ends - begins < 0.7  # what is left of three seconds


async def test_who_says_nothing_leaves_no_message(stage: Stage) -> None:
    async with stage.caller("13512340005") as phone:
        call, contact = await stage.dial(phone, "98667")
        await call.hears_tone(1_000, within=15)
        await stage.hears(call, NOTHING)
        await call.ended()
        call, another = await stage.dial(phone, "98667")
        await call.hears_tone(1_000, within=15)
        await call.hang_up()
    for one in (contact, another):
        await stage.facts.until("ContactEnded", contact=one)
    spool, contacts = stage.platform.state / "recording", (contact, another)

    async def is_clear() -> bool:
        return not [raw for raw in spool.glob("**/*.raw") if raw.stem.startswith(contacts)]

    await until(is_clear)
    began = [fact for fact in stage.facts.seen if fact["fact"] == "RecordingStarted"]
    assert not [fact for fact in began if fact["contact"] in contacts]
    record = await stage.record_of("13512340005")
    assert record["recordings"] == []


async def test_a_supervisor_closes_by_telephone(stage: Stage) -> None:
    phone = await stage.test_phone("p101")
    number, pin = stage.keys_to_sign_in("zhao")
    for said, command in (("已关闭。", "close"), ("已恢复。", "open")):
        call, contact = await stage.dial(phone, "*7998668", written="*79…")
        await call.dtmf(number)
        await stage.facts.until("StepEntered", contact=contact, step="ask_pin")
        await call.dtmf(pin)
        await stage.facts.until("StepEntered", contact=contact, kind="menu")
        await call.dtmf("1")
        await stage.hears(call, said)
        await call.ended()
        given = await stage.facts.until("CommandGiven", contact=contact)
        assert (given["who"], given["command"], given["target"]) == ("zhao", command, "press")
    assert pin not in (stage.platform.folder / "vcc.log").read_text(encoding="utf-8")
