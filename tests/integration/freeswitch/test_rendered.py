"""What is rendered, on a bare FreeSWITCH, with no vcc there: who is let in, and what becomes of calls."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TypeVar

import pytest

from core.errors import SwitchError
from telephony.freeswitch.check import asking
from telephony.freeswitch.check.expected import Expected, expected
from telephony.freeswitch.check.rules import RULES
from telephony.freeswitch.render import password_digest, render
from telephony.freeswitch.templates import words
from telephony.freeswitch.translate import originate
from telephony.port import Ring
from tenancy.model import (
    FreeSwitchNode,
    Number,
    NumberRules,
    Outgoing,
    Phone,
    Platform,
    Project,
    ProjectKind,
    Tenant,
    Trunk,
)
from tests.lab.freeswitch import FreeSwitchProcess
from tests.lab.phone import ExpectationError, OutgoingCall, tone, write_wav
from tests.lab.phone import Phone as Telephone
from tests.lab.ports import reserve_ports
from vcc.pbx import write
from vcc.switch_files import ByEventSocket, reading

pytestmark = pytest.mark.freeswitch

LOOPBACK, AFTER_S = "127.0.0.1", 2
SECRETS = {"esl/fs": "event-socket-secret", "phone/p1": "password-of-p1", "phone/p2": "password-of-p2"}
SPOKEN, BUSY, HZ = "98668", "98667", 440


Found = TypeVar("Found")


async def until(found: Callable[[], Awaitable[Found | None]], *, within_s: float = 5) -> Found:
    """Ask the switch until it says it: it tells nobody of its own accord. Raises TimeoutError."""
    async with asyncio.timeout(within_s):
        while not (value := await found()):  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(0.05)
    return value


class Rig:
    """A running switch, and the two places where it lets people in."""

    def __init__(self, switch: FreeSwitchProcess, platform: Platform, state: Path) -> None:
        self.switch, self.platform, self.state = switch, platform, state
        node = platform.nodes["fs"]
        assert isinstance(node, FreeSwitchNode)
        self.node = node
        self.phones, self.trunk = _address(node.sip), _address(node.trunk_sip)

    def carrier(self) -> Telephone:
        return Telephone("carrier", server=self.trunk)

    async def leg(self, call: OutgoingCall) -> dict[str, str]:
        """The variables of a call's leg."""

        async def found() -> dict[str, str] | None:
            for row in json.loads(await self.switch.ask("show channels as json")).get("rows", ()):
                dumped = await self.switch.ask(f"uuid_dump {row['uuid']} json")
                if f'"variable_sip_call_id":"{call.dialog.call_id}"' in dumped.replace(" ", "").replace("\t", ""):
                    return {name.removeprefix("variable_"): value for name, value in json.loads(dumped).items()}
            return None

        return await until(found)

    async def note(self, leg: str) -> list[str]:
        """What was noted of a leg that has ended, in words."""

        async def found() -> list[str]:
            return (await self.switch.ask(f"db select/{words.MISSED_REALM}/{leg}")).split()

        return await until(found)

    def wanted(self) -> Expected:
        digests = {name: password_digest(name, SECRETS[f"phone/{name}"]) for name in self.platform.phones}
        return expected(self.platform, "fs", folder=None, music=["press/main"], digests=digests)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


@contextmanager
def running(program: Path, state: Path, rules: NumberRules) -> Iterator[Rig]:
    with reserve_ports() as ports:
        esl, sip, trunk_sip, away = (f"{LOOPBACK}:{ports.take()}" for _ in range(4))
        rtp = ports.take_range(40)
        node = FreeSwitchNode(
            kind="freeswitch",
            esl=esl,
            sip=sip,
            trunk_sip=trunk_sip,
            rtp=(rtp[0], rtp[-1]),
            fallback_after_s=AFTER_S,
            qualify_s=1,
        )
        trunks = {
            "carrier": Trunk(
                node="fs",
                from_addresses=("127.0.0.1",),
                numbers=rules,
                codecs=("ulaw",),
                outgoing=Outgoing(server=away, qualify_s=5),
            )
        }
        tenant = Tenant(
            id="press",
            name={"en": "Press"},
            projects={"p": Project(name={"en": "P"}, kind=ProjectKind.STAFFED, starts=date(2026, 1, 1))},
            numbers={number: Number(project="p", flow="f") for number in (SPOKEN, BUSY)},
            music={"main": "music"},
        )
        platform = Platform(
            name={"en": "P"},
            nodes={"fs": node},
            trunks=trunks,
            phones={name: Phone(node="fs") for name in ("p1", "p2")},
            tenants={"press": tenant},
        )
        write_wav(state / "fallback.wav", tone(HZ, 2.0))
        music = {"press/main": [state / "fallback.wav"]}
        fallbacks = {SPOKEN: str(state / "fallback"), BUSY: None}
        write(render(platform, "fs", secrets=SECRETS, music=music, fallbacks=fallbacks), state / "conf")
        switch = FreeSwitchProcess(program, state / "conf", state=state, esl=esl, password=SECRETS["esl/fs"])
        asyncio.run(switch.start())
        try:
            yield Rig(switch, platform, state)
        finally:
            asyncio.run(switch.stop())


@pytest.fixture(scope="module")
def rig(freeswitch_program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """For all tests that want a carrier as most are."""
    with running(freeswitch_program, tmp_path_factory.mktemp("fs"), NumberRules()) as rig:
        yield rig


@pytest.fixture(scope="module")
def diverted(freeswitch_program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """For those that want one who writes the number elsewhere."""
    rules = NumberRules(dialled_from="diversion", headers=("X-Foo",))
    with running(freeswitch_program, tmp_path_factory.mktemp("diverted"), rules) as rig:
        yield rig


async def test_what_is_rendered_fits(rig: Rig) -> None:
    seen = await asking.ask(rig.wanted(), SECRETS["esl/fs"])
    assert [finding for rule in RULES for finding in rule(rig.wanted(), seen)] == []
    refused = await asking.ask(rig.wanted(), "another-password")
    assert [finding.code for rule in RULES for finding in rule(rig.wanted(), refused)] == ["esl-login"]


async def test_a_phone_is_let_in_by_its_password_and_is_called_by_its_name(rig: Rig) -> None:
    async with Telephone("p2", "not-its-password", server=rig.phones) as stranger:
        with pytest.raises(ExpectationError, match="403"):
            await stranger.register()
        call = await stranger.dial(SPOKEN)
        assert await call.refused() == 403
    async with Telephone("p1", SECRETS["phone/p1"], server=rig.phones) as phone:
        await phone.register()
        call = await phone.dial("*71")
        await call.rings()
        leg = await rig.leg(call)
        assert (leg[words.FROM_VARIABLE], leg[words.DIALLED_VARIABLE]) == ("phone/p1", "*71")
        await call.hang_up()
        await rig.switch.ask(f"bgapi originate sofia/{words.PHONES_PROFILE}/p1%{words.PHONES_PROFILE} &park()")
        offered = await phone.incoming()
        await offered.reject(486)


async def test_without_vcc_a_number_says_what_its_tenant_says_then_and_it_is_noted(rig: Rig) -> None:
    async with rig.carrier() as carrier:
        began = time.time()
        call = await carrier.dial(SPOKEN, caller="+8613800000001")
        await call.rings()
        leg = await rig.leg(call)
        await call.answered(AFTER_S + 5)
        assert time.time() - began > AFTER_S - 1.1
        await call.hears_tone(HZ, within=2)
        await call.ended(5)
        arrived, origin, dialled, number, caller, ended, how, answered = await rig.note(leg["uuid"])
        assert (origin, dialled, number, caller, how) == ("trunk/carrier", SPOKEN, "n", "c+8613800000001", "fallback")
        assert began - 1.1 < int(arrived) <= int(answered) <= int(ended) <= time.time() + 0.1


@pytest.mark.parametrize(("number", "status"), [(BUSY, 486), ("12345", 503)])
async def test_without_vcc_other_numbers_are_busy(rig: Rig, number: str, status: int) -> None:
    async with rig.carrier() as carrier:
        call = await carrier.dial(number)
        await call.rings()
        leg = await rig.leg(call)
        assert await call.refused(AFTER_S + 5) == status
        assert (await rig.note(leg["uuid"]))[-2:] == ["busy", "0"]


async def test_who_gives_up_is_noted_but_not_who_was_taken(rig: Rig) -> None:
    async with rig.carrier() as carrier:
        calls = [await carrier.dial(SPOKEN) for _ in range(2)]
        for call in calls:
            await call.rings()
        taken, missed = [(await rig.leg(call))["uuid"] for call in calls]
        await rig.switch.ask(f"uuid_setvar_multi {taken} vcc_taken=1;{words.NOTE_HOOK}")
        for call in calls:
            await call.hang_up()
        assert (await rig.note(missed))[-2] == "gave_up"
        assert taken not in await rig.switch.ask(f"db list/{words.MISSED_REALM}")


async def test_headers_and_codecs_of_the_trunk(diverted: Rig) -> None:
    async with diverted.carrier() as carrier:
        diversion = f'"a <sip:1@b>: c" <sip:{SPOKEN}@carrier>;reason=unknown'
        headers = {"Diversion": diversion, "X-Foo": "bar", "X-Other": "baz"}
        call = await carrier.dial("8888", headers=headers)
        await call.rings()
        leg = await diverted.leg(call)
        assert leg[words.HEADERS_VARIABLE] == "diversion:x-foo"
        assert leg[words.header_variable("Diversion")] == diversion
        assert leg[words.header_variable("X-Foo")] == "bar"
        await call.answered(AFTER_S + 5)
        await call.hears_tone(HZ, within=2)
        assert (await diverted.switch.ask(f"uuid_getvar {leg['uuid']} read_codec")).strip() == "PCMU"


@pytest.mark.parametrize("user", ["986%0d%0a68", "a%20b", "98668%7b%7d", "%24%7bsystem%20touch%7d", "9" * 80, "..", ""])
async def test_strange_things_that_are_dialled_are_refused(rig: Rig, user: str) -> None:
    async with rig.carrier() as carrier:
        call = await carrier.dial(f"sip:{user}@{LOOPBACK}")
        assert await call.refused() in {400, 404, 484}


async def test_nothing_that_a_caller_writes_is_carried_out(diverted: Rig, tmp_path: Path) -> None:
    made = [tmp_path / name for name in ("name", "header", "number", "other")]
    wants = ["${system touch %s}" % file for file in made]  # noqa: UP031 - braces
    async with diverted.carrier() as carrier:
        headers = {"Diversion": f"<sip:{SPOKEN}@x>;{wants[1]}", "X-Foo": wants[3]}
        call = await carrier.dial("8888", caller_name=wants[0], caller=wants[2].encode(), headers=headers)
        await call.rings()
        await call.hang_up()
        await asyncio.sleep(0.5)  # nothing happens, and nobody tells that it does not
    assert [file for file in made if file.exists()] == []


async def test_the_hole_is_there_where_commands_are_expanded(diverted: Rig, tmp_path: Path) -> None:
    """Why `api-expansion` is off, and why the check demands it."""
    made = tmp_path / "made"
    await diverted.switch.ask("fsctl api_expansion on")
    try:
        seen = await asking.ask(diverted.wanted(), SECRETS["esl/fs"])
        assert [finding.code for rule in RULES for finding in rule(diverted.wanted(), seen)] == ["api-expansion"]
        async with diverted.carrier() as carrier:
            call = await carrier.dial("8888", headers={"Diversion": f"<sip:1@x>;${{system touch {made}}}"})
            await call.rings()
            await call.hang_up()

        async def is_made() -> bool:
            return made.exists()

        assert await until(is_made)
    finally:
        await diverted.switch.ask("fsctl api_expansion off")


async def test_a_blind_transfer_leads_to_vcc_alone(rig: Rig) -> None:
    async with Telephone("p1", SECRETS["phone/p1"], server=rig.phones) as phone, rig.carrier() as carrier:
        await phone.register()
        call = await carrier.dial(SPOKEN)
        await call.rings()
        caller = (await rig.leg(call))["uuid"]
        await rig.switch.ask(f"uuid_answer {caller}")
        await call.answered()
        await rig.switch.ask(
            f"bgapi originate {{vcc_rung=true,origination_uuid=vcc-1,ignore_early_media=true}}"
            f"sofia/{words.PHONES_PROFILE}/p1%{words.PHONES_PROFILE} vcc-back XML vcc-legs"
        )
        offered = await phone.incoming()
        await offered.answer()
        await rig.switch.ask(f"sched_del {caller}")
        assert "+OK" in await rig.switch.ask(f"uuid_bridge {caller} vcc-1")
        await offered.transfer("12345")

        async def asked_for() -> str | None:
            said = await rig.switch.ask(f"uuid_getvar {caller} {words.REFER_VARIABLE}")
            return None if said == "_undef_" else said

        assert await until(asked_for) == "12345"
        assert await rig.switch.ask(f"uuid_getvar {caller} transfer_after_bridge") == "vcc-back:XML:vcc-legs"
        await call.hears_tone(HZ, within=AFTER_S + 5)  # no vcc: the fallback


async def test_a_phone_behind_a_router_is_rung_where_it_came_from(rig: Rig) -> None:
    claims = "sip:10.255.255.1:5060"  # a Contact that leads nowhere
    async with Telephone("p1", SECRETS["phone/p1"], server=rig.phones, claims=claims) as phone:
        await phone.register()
        await rig.switch.ask(f"bgapi originate sofia/{words.PHONES_PROFILE}/p1%{words.PHONES_PROFILE} &park()")
        offered = await phone.incoming()
        await offered.reject(486)


async def test_a_phone_that_vanished_is_noticed(rig: Rig) -> None:
    async def status(wanted: str) -> bool:
        return f"<ping-status>{wanted}</ping-status>" in await rig.switch.ask(
            f"sofia xmlstatus profile {words.PHONES_PROFILE} reg"
        )

    async with Telephone("p1", SECRETS["phone/p1"], server=rig.phones) as phone:
        await phone.register()
        await until(lambda: status("Reachable"))
        phone.deaf = True
        await until(lambda: status("Unreachable"), within_s=8)
        phone.deaf = False


async def test_what_changed_is_read_while_it_runs(rig: Rig) -> None:
    secrets = SECRETS | {"phone/p3": "password-of-p3"}
    phones = {**rig.platform.phones, "p3": Phone(node="fs")}
    second = Trunk(node="fs", from_addresses=("127.0.0.2",), outgoing=Outgoing(server="127.0.0.2:5060"))
    trunks = {**rig.platform.trunks, "second": second}
    platform = rig.platform.model_copy(update={"phones": phones, "trunks": trunks})
    files = render(platform, "fs", secrets=secrets, music={}, fallbacks={})
    changed = write(files, rig.state / "conf")
    reads = reading(rig.node, "fs", secrets)
    assert reads is not None
    assert set(changed) <= reads.commands.keys()
    for name in (name for name in reads.commands if name in changed):
        await reads.tell(reads.commands[name])
    async with Telephone("p3", "password-of-p3", server=rig.phones) as phone:
        await phone.register()
    assert await rig.switch.ask("acl 127.0.0.2 vcc-trunk-second") == "true"
    assert words.gateway("second") in await rig.switch.ask("sofia xmlstatus gateway")
    async with Telephone("carrier", server=rig.trunk, local_host="127.0.0.2") as carrier:
        call = await carrier.dial(SPOKEN)
        await call.rings()
        assert (await rig.leg(call))[words.FROM_VARIABLE] == "trunk/second"
        await call.hang_up()
    async with Telephone("stranger", server=rig.trunk, local_host="127.0.0.3") as stranger:
        assert await (await stranger.dial(SPOKEN)).refused() == 403
    with pytest.raises(SwitchError, match="no_such_command"):
        await reads.tell("no_such_command")
    with pytest.raises(SwitchError, match="refused the login"):
        await ByEventSocket(rig.node.esl, "another-password").tell("reloadxml")


async def test_a_phone_that_shall_not_be_overheard_is_rung_with_keys_alone(rig: Rig) -> None:
    async with Telephone("p1", SECRETS["phone/p1"], server=rig.phones) as phone:
        await phone.register()
        offers = []
        for leg, secure in (("vcc-a", True), ("vcc-b", False)):
            ring = Ring(leg=leg, phone="p1", timeout_s=5, shows_number="1", shows_name="a", for_leg="")
            await rig.switch.ask(" ".join(["bgapi originate", *originate(ring, words.PHONES_PROFILE, secure=secure)]))
            offered = await phone.incoming()
            offers.append(offered.request.body.decode())
            await offered.reject(486)
    encrypted, plain = offers
    assert ("RTP/SAVP " in encrypted, "a=crypto:" in encrypted, "RTP/AVP " in encrypted) == (True, True, False)
    assert ("RTP/AVP " in plain, "a=crypto:" in plain) == (True, False)
