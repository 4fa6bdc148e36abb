"""Phones of every kind on a real Asterisk: TCP, TLS with encrypted media, a browser's way in."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import pytest_asyncio

from tests.lab.baresip import SipAccount, Softphone
from tests.lab.certificate import make_certificate
from tests.lab.phone.audio import read_wav, tone_level
from tests.lab.platform import LOOPBACK, ROOT, LabPlatform
from tests.lab.ports import reserve_ports
from tests.lab.process import LabError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.lab.pbx import AsteriskBinary
    from tests.lab.stage import Stage

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

CALLER_HZ, SOFTPHONE_HZ = 700, 440
TAIL = 2 * 2_000  # the last quarter of a second, in bytes
PHONES = """\
p101: {node: bj1}
p104: {node: bj1, transport: tls, srtp: true}
p105: {node: bj1}
p106: {node: bj1, transport: websocket}
"""


class Phones(LabPlatform):
    """A platform with two more ports for phones."""

    tls_port = web_port = 0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(asterisk_binary: AsteriskBinary, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Phones]:
    """The example platform with a certificate, and phones that may come in over TLS or WebSocket alone."""
    folder = tmp_path_factory.mktemp("phones")
    config = folder / "original"
    shutil.copytree(ROOT / "config", config)
    (config / "phones.yaml").write_text(PHONES)
    certificate, key = make_certificate(folder / "tls")
    with reserve_ports() as ports:
        tls_port, web_port = ports.take(), ports.take()

        def edit(data: dict[str, Any]) -> None:
            data["nodes"]["bj1"] |= {
                "qualify_s": 1,
                "tls": {"listen": f"{LOOPBACK}:{tls_port}", "certificate": str(certificate), "key": str(key)},
                "websocket": {"listen": f"{LOOPBACK}:{web_port}", "tls": True},
            }

        async with Phones(folder / "lab", config=config, edit=edit, binary=asterisk_binary) as lab:
            lab.tls_port, lab.web_port = tls_port, web_port
            yield lab


def account(stage: Stage, user: str, transport: str, *, srtp: bool) -> SipAccount:
    platform = stage.platform
    assert isinstance(platform, Phones)
    port = platform.tls_port if transport == "tls" else platform.sip
    return SipAccount(user=user, password=stage.password(user), port=port, transport=transport, srtp=srtp)


@pytest.mark.parametrize(("user", "transport", "srtp"), [("p104", "tls", True), ("p105", "tcp", False)])
async def test_a_phone_over_tls_or_tcp_is_called_and_heard(
    stage: Stage, platform: Phones, user: str, transport: str, *, srtp: bool
) -> None:
    how = account(stage, user, transport, srtp=srtp)
    async with Softphone(how, platform.folder / f"{user}-phone", auto_answer=True) as phone:
        await stage.facts.until("PhoneChanged", phone=user, reachable=True)
        await stage.sign_in(phone, "press/wang")  # a call from the phone, too
        async with stage.caller() as caller:
            call, contact = await stage.dial(caller, "98668")
            await stage.facts.until("StepEntered", contact=contact, step="say")
            await call.dtmf("11")
            await stage.facts.until("AgentConnected", contact=contact)
            call.send_tone(CALLER_HZ)
            await call.hears_tone(SOFTPHONE_HZ, within=5)
            await call.hang_up()
        await phone.expect("CALL_CLOSED")
        assert tone_level(read_wav((await phone.heard())[-1])[-TAIL:], CALLER_HZ) > 0.05


@pytest.mark.parametrize(("transport", "srtp"), [("udp", True), ("tls", False)])
async def test_a_phone_that_must_not_be_overheard_is_not_let_in_by_another_way(
    stage: Stage, platform: Phones, transport: str, *, srtp: bool
) -> None:
    how = account(stage, "p104", transport, srtp=srtp)
    async with Softphone(how, platform.folder / f"open-{transport}") as phone:
        await phone.dial("*71")
        closed = await phone.expect("CALL_ESTABLISHED", "CALL_CLOSED")
        assert closed.kind == "CALL_CLOSED"
        assert ("403" if transport == "udp" else "488") in closed.detail


async def test_a_phone_that_vanishes_while_it_rings(stage: Stage, platform: Phones) -> None:
    first = await stage.softphone("p101", auto_answer=False)
    await platform.api("POST", "agents/press/wang/state", wish="ready", phone="p101")
    async with stage.caller() as caller:
        call, contact = await stage.dial(caller, "98668")
        await stage.facts.until("StepEntered", contact=contact, step="say")
        await call.dtmf("11")
        await first.expect("CALL_INCOMING")
        second = await stage.agent("press/li", "p105")
        await first.vanish()
        incoming = await second.incoming(timeout=5)  # the ringing time is 15 s
        await incoming.answer()
        await stage.facts.until("AgentConnected", contact=contact, agent="press/li")
        ended = await stage.facts.until("OfferEnded", contact=contact, agent="press/wang")
        assert (ended["outcome"], ended["detail"][:14]) == ("unreachable", "the phone was ")
        seen = await platform.api("GET", "agents/press/wang")
        assert (seen["phase"], seen["reachable"], seen["failed"][:12]) == ("unresponsive", False, "unreachable:")
        await call.hang_up()


async def test_a_browser_reaches_the_registrar_over_websocket(stage: Stage, platform: Phones) -> None:
    url = f"wss://{LOOPBACK}:{platform.web_port}/ws"
    async with aiohttp.ClientSession() as http, http.ws_connect(url, protocols=["sip"], ssl=False) as socket:
        await socket.send_str(_REGISTER)
        answer = await socket.receive_str(timeout=5)
        assert answer.startswith("SIP/2.0 401")
        assert 'realm="asterisk"' in answer


_REGISTER = "\r\n".join(
    [
        "REGISTER sip:asterisk SIP/2.0",
        "Via: SIP/2.0/WSS browser.invalid;branch=z9hG4bK-1",
        "From: <sip:p106@asterisk>;tag=1",
        "To: <sip:p106@asterisk>",
        "Contact: <sip:p106@browser.invalid;transport=ws>",
        "Call-ID: browser-1",
        "CSeq: 1 REGISTER",
        "Max-Forwards: 70",
        "Content-Length: 0",
        "",
        "",
    ]
)


async def test_a_phone_is_added_to_a_running_platform_and_removed(stage: Stage, platform: Phones) -> None:
    where = ["--config", str(platform.config), "--state", str(platform.state)]
    where += ["--secrets", str(platform.folder / "secrets.yaml")]
    told = json.loads(await vcc("phone", "add", "p120", "--name", "新话机", "--json", *where))
    assert told["reloaded"]
    await stage.facts.until("ConfigurationLoaded")
    host, _, port = told["server"].partition(":")
    account = SipAccount(user="p120", password=told["password"], host=host, port=int(port))
    async with Softphone(account, platform.folder / "p120-phone"):
        await stage.facts.until("PhoneChanged", phone="p120", reachable=True)
        listed = (await platform.api("GET", "phones"))["phones"]
        (mine,) = [phone for phone in listed if phone["phone"] == "p120"]
        assert (mine["registered"], mine["reachable"], mine["name"]) == (True, True, "新话机")
    assert told["password"] not in "".join(file.read_text() for file in platform.etc.glob("*.conf"))
    await vcc("phone", "remove", "p120", *where)
    with pytest.raises(LabError, match="was not let register"):
        async with Softphone(account, platform.folder / "p120-gone"):
            pass


async def vcc(*words: str) -> str:
    """Run a command line of vcc; what it prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "vcc.cli", *words, stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0, printed.decode()
    return printed.decode()
