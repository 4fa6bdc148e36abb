"""Attacks on the way out, on the real Asterisk: whatever phones, callers, carriers and commands ask for, nothing is
dialled that the guard has not let.
"""

from __future__ import annotations

import secrets
from itertools import count
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.e2e.conversation import ACCEPTED, CALLER, LI, WANG, hear_each_other, talking
from tests.e2e.way_out import SEAT, SEAT_NUMBER, TRUNK, way_out
from tests.lab.phone import Phone
from tests.lab.phone.message import Request
from tests.lab.phone.ua import new_tag
from tests.lab.platform import LOOPBACK
from tests.lab.process import LabError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from tests.e2e.way_out import WayOut
    from tests.lab.pbx import AsteriskBinary
    from tests.lab.phone.call import Call
    from tests.lab.phone.message import Header
    from tests.lab.stage import Stage

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

PREMIUM, ALLOWED = "0019005551234", "008613800138000"
OK = 200


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(asterisk_binary: AsteriskBinary, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WayOut]:
    """The example platform with a way out."""
    async with way_out(tmp_path_factory.mktemp("fraud"), asterisk_binary) as lab:
        yield lab


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def carrier(platform: WayOut) -> AsyncIterator[Phone]:
    """Whoever is asked for at the carrier."""
    async with Phone("carrier", server=(LOOPBACK, platform.trunk_sip), local_port=platform.carrier_port) as phone:
        await platform.until_up(TRUNK)
        yield phone


#: What a phone may write into Refer-To, and what becomes of the caller: refused by the switch, or back for this reason.
REFER_TO = {
    "premium": (f"sip:{PREMIUM}@h", "not_allowed"),
    "plus": ("sip:+19005551234@h", "not_allowed"),
    "escaped plus": ("sip:%2B19005551234@h", "not_allowed"),
    "escaped digits": ("sip:%30%30%31%39%30%305551234@h", "not_allowed"),
    "another host": (f"sip:{PREMIUM}@198.51.100.7:5060", "not_allowed"),
    "the carrier's host": (f"sip:{PREMIUM}@{LOOPBACK}:{{carrier}}", "not_allowed"),
    "a parameter of the user": (f"sip:{PREMIUM};phone-context=+86@h", "not_allowed"),
    "a password": (f"sip:{PREMIUM}:x@h", "not_allowed"),
    "a context of the dial plan": (f"sip:{PREMIUM}%40vcc-serve@h", ""),
    "an endpoint": (f"sip:PJSIP%2F{PREMIUM}%40out-outside@h", ""),
    "a local channel": (f"sip:Local%2F{PREMIUM}%40vcc-transfer@h", ""),
    "two channels": (f"sip:2002%26PJSIP%2F{PREMIUM}@h", ""),
    "arguments": (f"sip:{PREMIUM}%2Cvcc-serve%2C1@h", ""),
    "an expression": ("sip:%24%7BSHELL(id)%7D@h", ""),
    "line ends": (f"sip:2002%0D%0AVariable%3A%20x%3D{PREMIUM}@h", ""),
    "spaces": ("sip:00%201%20900%20555%201234@h", ""),
    "a hash behind": (f"sip:{PREMIUM}%23@h", "unknown"),
    "stars": (f"sip:*21*{PREMIUM}%23@h", "unknown"),
    "a code with a number": (f"sip:*76{PREMIUM}@h", "unknown"),
    "letters": ("sip:001900FLOWERS@h", "unknown"),
    "a queue's number with more behind": (f"sip:6002{PREMIUM}@h", "no_such_number"),
    "an agent's number with more behind": (f"sip:2002{PREMIUM}@h", "no_such_number"),
    "keys behind": (f"sip:13800138000%2C%2C{PREMIUM}@h", ""),
    "no user": ("sip:h", ""),
    "tel": (f"tel:{PREMIUM}", ""),
    "sips": (f"sips:{PREMIUM}@h", "not_allowed"),
    "headers": (f"sip:{PREMIUM}@h?Route=%3Csip:{LOOPBACK}:{{carrier}}%3E", "not_allowed"),
    "somebody's call": (f"sip:{PREMIUM}@h?Replaces=nobody%3Bto-tag%3D1%3Bfrom-tag%3D2", ""),
    "our own number": ("sip:01098668@h", "own_number"),
    "emergency": ("sip:110@h", "not_allowed"),
}


async def refer(call: Call, to: str) -> int:
    """Send a REFER with this Refer-To as it is; the answer's status."""
    return (await call.ask("REFER", headers=(("Refer-To", f"<{to}>"), ("Referred-By", "<sip:p104@h>")))).status


async def test_what_a_phone_asks_for(stage: Stage, platform: WayOut, carrier: Phone) -> None:
    """One after the other in one call; the agent hangs up only after a transfer that the switch has made."""
    wang, calls = await stage.agent(WANG, "p104"), len(carrier.calls)
    found = {}
    async with stage.caller(CALLER) as caller:
        call, incoming, contact = await talking(stage, caller, wang)
        for name, (to, _) in REFER_TO.items():
            before = len(stage.facts.seen)
            incoming.notifies.clear()
            status = await refer(incoming, to.replace("{carrier}", str(platform.carrier_port)))
            if status == ACCEPTED:
                status = await incoming.transferred()
            found[name] = ""
            if status == OK:
                await incoming.hang_up()
                failed = await stage.facts.until("TransferFailed", since=before, contact=contact)
                found[name] = failed["why"]
                incoming = await wang.incoming(timeout=10)
                await incoming.answer()
                await stage.facts.until("AgentConnected", since=before, contact=contact)
            await hear_each_other(call, incoming)
        await call.hang_up()
    assert found == {name: why for name, (_, why) in REFER_TO.items()}
    assert len(carrier.calls) == calls
    assert not [f for f in stage.facts.seen if f["fact"] == "OutsideDialled"]


#: What a phone may dial by itself; nothing of it is let in as anything but a code of vcc's, or a number of ours.
DIALLED = [
    PREMIUM,
    "+19005551234",
    ALLOWED,
    "13800138000",
    f"*71%23{PREMIUM}",
    f"{PREMIUM}%40out-outside",
    f"Local%2F{PREMIUM}%40vcc-serve",
    "vcc-serve",
    "fallback",
    "$%7BSHELL(id)%7D",
]


async def test_what_a_phone_dials(stage: Stage, platform: WayOut, carrier: Phone) -> None:
    """Agents dial codes; nothing that they dial goes out, also not what a transfer might."""
    wang, calls = await stage.agent(WANG, "p104"), len(carrier.calls)
    for number in DIALLED:
        call = await wang.dial(number)
        assert await call.refused() >= 400, number
    code = await wang.dial(f"*76{PREMIUM}")  # what stands behind it is a disposition that there is not
    await code.answered()
    await code.hang_up()
    as_the_carrier = await wang.dial(f"sip:{ALLOWED}@{LOOPBACK}:{platform.trunk_sip}")
    assert await as_the_carrier.refused() >= 400
    assert len(carrier.calls) == calls
    assert not [f for f in stage.facts.seen if f["fact"] == "OutsideDialled"]


async def test_a_phone_that_forwards_its_calls(stage: Stage, carrier: Phone) -> None:
    """302 with another number, also one that would be allowed: vcc dials, the phone does not."""
    wang, calls = await stage.agent(WANG, "p104"), len(carrier.calls)
    async with stage.caller(CALLER) as caller:
        for number in (PREMIUM, ALLOWED):
            call, contact = await stage.dial(caller, "98668")
            await stage.facts.until("StepEntered", contact=contact, step="say")
            await call.dtmf("11")
            await (await wang.incoming()).reject(302, headers=(("Contact", f"<sip:{number}@{LOOPBACK}>"),))
            await stage.facts.until("OfferEnded", contact=contact, agent=WANG)
            await call.hang_up()
            await stage.facts.until("ContactEnded", contact=contact)
            await stage.platform.api("POST", f"agents/{WANG}/state", wish="ready", phone="p104")
    assert len(carrier.calls) == calls


async def test_a_phone_that_registers_as_a_number_at_the_carrier(
    stage: Stage, platform: WayOut, carrier: Phone
) -> None:
    """A call to that phone would go out to the carrier, as ours: it goes to where the registration came from."""
    claims, calls = f"sip:{PREMIUM}@{LOOPBACK}:{platform.carrier_port}", len(carrier.calls)
    liar = Phone("p104", stage.password("p104"), server=(LOOPBACK, platform.sip), claims=claims)
    async with liar as phone, stage.caller(CALLER) as caller:
        await phone.register()
        await stage.facts.until("PhoneChanged", phone="p104", reachable=True)
        await platform.api("POST", f"agents/{WANG}/state", wish="ready", phone="p104")
        call, contact = await stage.dial(caller, "98668")
        await stage.facts.until("StepEntered", contact=contact, step="say")
        await call.dtmf("11")
        incoming = await phone.incoming()
        await incoming.reject()
        await call.hang_up()
    assert len(carrier.calls) == calls


async def test_requests_outside_of_any_call(stage: Stage, platform: WayOut, carrier: Phone) -> None:
    """From a phone with its password: none of them makes the switch call anybody."""
    phone, calls = await stage.test_phone("p104"), len(carrier.calls)
    for method, more in (
        ("REFER", (("Refer-To", f"<sip:{PREMIUM}@{LOOPBACK}:{platform.carrier_port}>"),)),
        ("MESSAGE", (("Content-Type", "text/plain"),)),
        ("SUBSCRIBE", (("Event", "refer"), ("Expires", "60"))),
        ("PUBLISH", (("Event", "presence"), ("Expires", "60"))),
    ):
        assert await alone(phone, method, f"sip:{PREMIUM}@{LOOPBACK}:{platform.sip}", more) >= 400, method
    replaces = (("Replaces", "nobody;to-tag=1;from-tag=2"),)
    assert await (await phone.dial(PREMIUM, headers=replaces)).refused() >= 400
    assert len(carrier.calls) == calls


async def alone(phone: Phone, method: str, uri: str, headers: tuple[Header, ...]) -> int:
    """Send a request that belongs to no call; the status of the answer."""
    call_id, tag, numbers = secrets.token_hex(8), new_tag(), count(1)

    def make(more: Iterable[Header]) -> Request:
        head = (
            ("Max-Forwards", "70"),
            ("From", f"<sip:p104@{LOOPBACK}>;tag={tag}"),
            ("To", f"<{uri}>"),
            ("Call-ID", call_id),
            ("CSeq", f"{next(numbers)} {method}"),
            ("Contact", f"<{phone.ua.contact_uri}>"),
        )
        return Request(method=method, uri=uri, headers=(*head, *headers, *more))

    return (await phone.ua.exchange(make, phone.ua.server, 5)).status


@pytest.mark.parametrize("how", ["redirects", "transfers"])
async def test_whoever_is_called_outside(stage: Stage, carrier: Phone, how: str) -> None:
    """A number that is allowed, and whose owner sends the call on to one that is not."""
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        await stage.platform.api("POST", f"calls/{contact}/consult", outside=ALLOWED)
        there = await carrier.incoming()
        calls = len(carrier.calls)
        if how == "redirects":
            await there.reject(302, headers=(("Contact", f"<sip:{PREMIUM}@{LOOPBACK}>"),))
            await stage.facts.until("ConsultationEnded", contact=contact)
        else:
            await there.answer()
            await stage.facts.until("ConsultationBegan", contact=contact)
            assert await refer(there, f"sip:{PREMIUM}@h") >= 400
            await hear_each_other(first, there)
            await there.hang_up()
            await stage.facts.until("ConsultationEnded", contact=contact)
        await hear_each_other(call, first)
        await call.hang_up()
    assert len(carrier.calls) == calls
    assert len([f for f in stage.facts.seen if f["fact"] == "OutsideDialled"]) == 1


async def test_a_mobile_seat_sends_nobody_on(stage: Stage, platform: WayOut, carrier: Phone) -> None:
    """Whoever sits there is at a number outside, with the rights of that alone."""
    await platform.api("POST", f"agents/{WANG}/state", wish="ready", phone=SEAT)
    async with stage.caller(CALLER) as caller:
        call, contact = await stage.dial(caller, "98668")
        await stage.facts.until("StepEntered", contact=contact, step="say")
        await call.dtmf("11")
        there = await carrier.incoming()
        assert there.request.uri.startswith(f"sip:{SEAT_NUMBER}@")
        await there.answer()
        await there.dtmf("1")
        await stage.facts.until("AgentConnected", contact=contact)
        calls = len(carrier.calls)
        for number in (PREMIUM, ALLOWED, "2002"):
            assert await refer(there, f"sip:{number}@h") >= 400
        await hear_each_other(call, there)
        await call.hang_up()
    assert len(carrier.calls) == calls


#: Keyed in after a code for a transfer and one for a consultation: digits are all that a phone can key in.
KEYED = {
    PREMIUM: "not_allowed",
    "95588": "not_allowed",
    "01095588": "not_allowed",
    "110": "not_allowed",
    f"6002{PREMIUM}": "no_such_number",
    "01098668": "own_number",
}


@pytest.mark.parametrize("code", ["*1", "*2"])
async def test_what_an_agent_keys_in(stage: Stage, carrier: Phone, code: str) -> None:
    wang, calls = await stage.agent(WANG, "p104"), len(carrier.calls)
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        for number, why in KEYED.items():
            before = len(stage.facts.seen)
            await first.dtmf(f"{code}{number}#")
            await stage.facts.until("OutsideRefused", since=before, contact=contact, reason=why)
            await stage.facts.until("TalkResumed", since=before, contact=contact)
            await hear_each_other(call, first)
        await call.hang_up()
    assert len(carrier.calls) == calls
    assert not [f for f in stage.facts.seen if f["fact"] == "OutsideDialled"]


#: By command, with the rights of everything: what is asked for, and why nothing comes of it.
COMMANDED: list[tuple[str, dict[str, str]]] = [
    *(
        (verb, {"outside": number})
        for verb in ("consult", "transfer")
        for number in (PREMIUM, "+19005551234", f"{ALLOWED},,{PREMIUM}", f"{PREMIUM}@out-outside", "001900FLOWERS",
                       f"PJSIP/{PREMIUM}@out-outside", "${SHELL(id)}", f"13800138000\r\nVariable: x={PREMIUM}",
                       f"13800138000&PJSIP/{PREMIUM}", "１９００", "98668", "110", "")
    ),
    ("consult", {"agent": PREMIUM}),
    ("transfer", {"agent": f"press/{PREMIUM}"}),
    ("transfer", {"queue": f"press/{PREMIUM}"}),
    ("transfer", {"number": PREMIUM}),
    ("transfer", {"number": ALLOWED}),
    ("supervise", {"phone": SEAT}),
    ("supervise", {"phone": f"p104@{LOOPBACK}"}),
    ("supervise", {"phone": f"PJSIP/{PREMIUM}@out-outside"}),
]  # fmt: skip


async def test_what_commands_ask_for(stage: Stage, platform: WayOut, carrier: Phone) -> None:
    wang, calls = await stage.agent(WANG, "p104"), len(carrier.calls)
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        for verb, body in COMMANDED:
            with pytest.raises(LabError, match=r": (4\d\d) "):
                await platform.api("POST", f"calls/{contact}/{verb}", **body)
        for phone in (PREMIUM, f"PJSIP/{PREMIUM}@out-outside", f"sip:{PREMIUM}@h"):
            with pytest.raises(LabError, match=r": (4\d\d) "):
                await platform.api("POST", f"agents/{LI}/state", wish="ready", phone=phone)
        await hear_each_other(call, first)
        await call.hang_up()
    assert len(carrier.calls) == calls
    assert not [f for f in stage.facts.seen if f["fact"] == "OutsideDialled"]
