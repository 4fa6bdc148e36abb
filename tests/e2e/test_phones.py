"""Phones of every kind on a real Asterisk (TCP, TLS and SRTP, a browser's way in), and what agents are told first."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import pytest_asyncio

from tests.lab.baresip import SipAccount, Softphone
from tests.lab.certificate import make_certificate
from tests.lab.phone import Phone, heard_score
from tests.lab.phone.audio import read_wav, tone_level
from tests.lab.phone.auth import Credentials, authorization
from tests.lab.phone.message import Request, Response, parse, response_to
from tests.lab.platform import LOOPBACK, ROOT, LabPlatform
from tests.lab.ports import reserve_ports
from tests.lab.process import LabError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.lab.pbx import AsteriskBinary
    from tests.lab.phone.incoming import IncomingCall
    from tests.lab.phone.message import Header
    from tests.lab.phone.outgoing import OutgoingCall
    from tests.lab.phone.transaction import ServerTransaction
    from tests.lab.stage import Stage

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

CALLER_HZ, SOFTPHONE_HZ = 700, 440
BEGINNING = 2 * 4_000  # half a second, in bytes
TAIL = 2 * 2_000  # the last quarter of a second, in bytes
PHONES = """\
p101: {node: bj1}
p104: {node: bj1, transport: tls, srtp: true}
p105: {node: bj1}
p107: {node: bj1, auto_answer: true}
p106: {node: bj1, transport: websocket}
"""
WHISPER = '{zh-CN: "{tenant}，{queue}，来电{caller}。", en: "{tenant}, {queue}, a call of {caller}."}'


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
    queues = config / "tenants" / "press" / "queues.yaml"
    queues.write_text(queues.read_text().replace("service:\n", f"service:\n  alert: press-2\n  whisper: {WHISPER}\n"))
    tenant = config / "tenants" / "press" / "tenant.yaml"
    tenant.write_text(f"{tenant.read_text()}\nsecond_phone: move\n")
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


class Silent(Phone):
    """Registers, and answers no OPTIONS, as one whose router lets nothing in."""

    asked = 0

    def _on_request(self, transaction: ServerTransaction) -> None:
        if transaction.request.method == "OPTIONS":
            self.asked += 1
        else:
            super()._on_request(transaction)


async def test_a_phone_that_has_registered_and_answers_nothing_is_not_rung(stage: Stage, platform: Phones) -> None:
    await platform.api("POST", "agents/press/wang/state", wish="ready", phone="p107")
    server = (LOOPBACK, platform.sip)
    async with stage.caller() as caller, Silent("p107", stage.password("p107"), server=server) as silent:
        call, contact = await stage.dial(caller, "98668")
        await stage.facts.until("StepEntered", contact=contact, step="say")
        await call.dtmf("11")
        await stage.facts.until("ContactQueued", contact=contact)
        await silent.register()
        async with asyncio.timeout(5):
            while not silent.asked:  # noqa: ASYNC110 - the phone tells nobody of it
                await asyncio.sleep(0.01)
        li = await stage.agent("press/li", "p105")
        await (await li.incoming(timeout=5)).answer()
        await stage.facts.until("AgentConnected", contact=contact, agent="press/li")
        offers = [fact for fact in stage.facts.seen if fact["fact"] == "OfferMade" and fact["contact"] == contact]
        assert [offer["agent"] for offer in offers] == ["press/li"]
        assert not silent.calls
        await call.hang_up()


async def test_an_agent_who_signs_in_on_a_second_phone_is_taken_over(stage: Stage, platform: Phones) -> None:
    await stage.agent("press/wang", "p101")
    second = await stage.test_phone("p105")
    number, pin = stage.keys_to_sign_in("press/wang")
    code, contact = await stage.dial(second, "*71")
    await code.dtmf(number)
    await stage.facts.until("StepEntered", contact=contact, step="ask_pin")
    await code.dtmf(pin)
    await stage.hears(code, "登录成功，您已就绪。")
    await code.ended()
    assert (await platform.api("GET", "agents/press/wang"))["phone"] == "p105"
    phones = {phone["phone"]: phone["agent"] for phone in (await platform.api("GET", "phones"))["phones"]}
    assert (phones["p101"], phones["p105"]) == ("", "press/wang")
    async with stage.caller() as caller:
        call, contact = await stage.dial(caller, "98668")
        await stage.facts.until("StepEntered", contact=contact, step="say")
        await call.dtmf("11")
        incoming = await second.incoming()
        await incoming.reject()
        await call.hang_up()


async def test_a_browser_registers_and_is_rung_over_websocket(stage: Stage, platform: Phones) -> None:
    url = f"wss://{LOOPBACK}:{platform.web_port}/ws"
    async with aiohttp.ClientSession() as http, http.ws_connect(url, protocols=["sip"], ssl=False) as socket:
        refused = await _ask(socket, _register(1))
        assert refused.status == 401
        proof = authorization(refused, "REGISTER", REGISTRAR, Credentials(user="p106", password=stage.password("p106")))
        assert proof is not None
        assert (await _ask(socket, _register(2, proof))).status == 200
        await platform.api("POST", "agents/press/wang/state", wish="ready", phone="p106")
        async with stage.caller() as caller:
            call, contact = await stage.dial(caller, "98668")
            await stage.facts.until("StepEntered", contact=contact, step="say")
            await call.dtmf("11")
            invite = await _invited(socket)
            assert b"UDP/TLS/RTP/SAVPF" in invite.body
            assert b"a=ice-ufrag:" in invite.body
            await call.hang_up()


REGISTRAR = "sip:asterisk"


def _register(number: int, proof: Header | None = None) -> Request:
    headers = (
        ("Via", f"SIP/2.0/WSS browser.invalid;branch=z9hG4bK-{number}"),
        ("From", "<sip:p106@asterisk>;tag=1"),
        ("To", "<sip:p106@asterisk>"),
        ("Contact", "<sip:p106@browser.invalid;transport=ws>"),
        ("Call-ID", "browser-1"),
        ("CSeq", f"{number} REGISTER"),
        ("Max-Forwards", "70"),
        *((proof,) if proof else ()),
    )
    return Request(method="REGISTER", uri=REGISTRAR, headers=headers)


async def _ask(socket: aiohttp.ClientWebSocketResponse, request: Request) -> Response:
    """Send a request; the final response to it."""
    await socket.send_str(request.encode().decode())
    while True:
        message = parse((await socket.receive_str(timeout=5)).encode())
        if isinstance(message, Response) and message.status >= 200:
            return message


async def _invited(socket: aiohttp.ClientWebSocketResponse) -> Request:
    """Answer every OPTIONS until an INVITE comes, which is refused."""
    while True:
        message = parse((await socket.receive_str(timeout=10)).encode())
        if isinstance(message, Request) and message.method != "ACK":
            status = 486 if message.method == "INVITE" else 200
            await socket.send_str(response_to(message, status, to_tag="2").encode().decode())
            if message.method == "INVITE":
                return message


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


async def told(stage: Stage, caller: Phone, agent: Phone) -> tuple[OutgoingCall, IncomingCall, str]:
    """A caller who waits for `service`, and an agent who has just picked up."""
    call, contact = await stage.dial(caller, "98668")
    await stage.facts.until("StepEntered", contact=contact, step="say")
    await call.dtmf("10")
    incoming = await agent.incoming()
    await incoming.answer()
    return call, incoming, contact


async def test_the_agent_is_told_who_calls_whom_and_the_caller_hears_music(stage: Stage) -> None:
    agent = await stage.agent("press/wang", "p105")
    async with stage.caller("6060") as caller:
        call, incoming, contact = await told(stage, caller, agent)
        for words in ("北京星空出版社", "综合服务", "来电"):
            await incoming.hears(stage.prompt(words), within=10)
        await stage.facts.until("AgentConnected", contact=contact)
        call.send_tone(CALLER_HZ)
        await incoming.hears_tone(CALLER_HZ, within=5)
        heard = bytes(call.heard)
        await call.hang_up()
    assert heard_score(heard, stage.prompt("综合服务")).score < 0.5


async def test_the_phone_is_told_which_ring_and_to_pick_up_by_itself(stage: Stage) -> None:
    agent = await stage.agent("press/wang", "p107")
    async with stage.caller("6060") as caller:
        call, incoming, _ = await told(stage, caller, agent)
        assert incoming.header("Alert-Info") == "<urn:vcc:press-2>;info=press-2"
        assert "answer-after=0" in (incoming.header("Call-Info") or "")
        await call.hang_up()


async def test_a_key_of_the_agent_skips_the_words(stage: Stage) -> None:
    agent = await stage.agent("press/wang", "p105")
    async with stage.caller("6060") as caller:
        call, incoming, contact = await told(stage, caller, agent)
        await incoming.hears(read_wav(stage.prompt("北京星空出版社"))[:BEGINNING], within=10)
        await incoming.dtmf("1")
        await stage.facts.until("AgentConnected", contact=contact, within=2)
        call.send_tone(CALLER_HZ)
        await incoming.hears_tone(CALLER_HZ, within=5)
        await call.hang_up()
    assert heard_score(bytes(incoming.heard), stage.prompt("来电")).score < 0.5


async def test_whoever_leaves_during_the_words_costs_the_other_nothing(stage: Stage, platform: Phones) -> None:
    first = await stage.agent("press/wang", "p105")
    async with stage.caller("6060") as caller:
        call, incoming, contact = await told(stage, caller, first)
        await incoming.hears(stage.prompt("北京星空出版社"), within=10)
        second = await stage.agent("press/li", "p101")
        await incoming.hang_up()
        ringing = await second.incoming(timeout=3)
        await ringing.answer()
        await ringing.hears(stage.prompt("北京星空出版社"), within=10)
        await call.hang_up()
        await ringing.ended()
        await stage.facts.until("ContactEnded", contact=contact, outcome="abandoned")
    assert not [f for f in stage.facts.seen if f["fact"] == "AgentConnected" and f["contact"] == contact]
    assert (await platform.api("GET", "agents/press/li"))["phase"] == "idle"


async def test_vcc_dies_while_an_agent_is_told_and_the_caller_keeps_the_place(stage: Stage, platform: Phones) -> None:
    agent = await stage.agent("press/wang", "p105")
    async with stage.caller("6061") as caller:
        call, incoming, contact = await told(stage, caller, agent)
        await incoming.hears(stage.prompt("北京星空出版社"), within=10)
        queued = await stage.facts.until("ContactQueued", contact=contact)
        os.kill(platform.vcc_pid(), signal.SIGKILL)
        await incoming.ended(timeout=10)
        again = await agent.incoming(timeout=10)
        await again.answer()
        await again.hears(stage.prompt("北京星空出版社"), within=10)
        await again.dtmf("1")
        call.send_tone(CALLER_HZ)
        await again.hears_tone(CALLER_HZ, within=10)
        await call.hang_up()
    record = await stage.record_of("6061")
    assert (record["outcome"], record["agents"], record["queued"]) == ("answered", ["press/wang"], queued["at"])
