"""A switch that fits gives no finding; each thing that does not fit gives its own, and no other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from telephony.asterisk.check.expected import Expected, expected
from telephony.asterisk.check.rules import RULES
from telephony.asterisk.check.seen import Console, Files, Machine, Manager, Section, Seen, Trial
from telephony.asterisk.templates.manager import READ, WRITE
from telephony.asterisk.templates.modules import MODULES
from telephony.findings import Level
from tenancy.model import AsteriskNode, Outgoing, Phone, Platform, Tls, Trunk, WebSocket

if TYPE_CHECKING:
    from collections.abc import Callable

    from telephony.findings import Finding

ETC, OURS = Path("/etc/asterisk"), Path("/etc/asterisk/vcc")
NODE = AsteriskNode(
    kind="asterisk",
    inside=True,
    sip="10.0.0.1:5070",
    trunk_sip="10.0.0.1:5080",
    rtp=(20_000, 20_999),
    reload=("asterisk", "-rx"),
)
OTHER = NODE.model_copy(update={"sip": "10.0.0.1:5090", "rtp": (30_000, 30_999)})


def wanted(**changes: Any) -> Expected:
    platform = Platform(
        name={"en": "P"},
        nodes={"a": NODE.model_copy(update=changes), "b": OTHER},
        trunks={
            "carrier": Trunk(node="a", from_addresses=("192.0.2.1",)),
            "far": Trunk(node="b", from_addresses=("::1",)),
        },
        phones={"lin": Phone(node="a"), "wang": Phone(node="b")},
    )
    return expected(platform, "a", folder=OURS, music=["press/main"])


ACTIONS = {
    "Originate": frozenset({"originate", "all"}),
    "Redirect": frozenset({"call", "all"}),
    "CoreShowChannels": frozenset({"system", "reporting", "all"}),
    "Ping": frozenset[str](),
}
MANAGER = Manager(
    version="22.10.1~dfsg",
    actions=ACTIONS,
    clock=0.01,
    heard=frozenset({"FullyBooted", "OriginateResponse", "Newchannel", "Hangup", "DTMFEnd"}),
    trial=Trial(began=True, agi=True, played=True, sound="/s.wav"),
)
SETTINGS = {"endpoint_identifier_order": "request_uri,username,ip", "default_realm": "asterisk"}
CONSOLE = Console(
    modules=dict.fromkeys(MODULES, True),
    user={"read": frozenset(READ), "write": frozenset(WRITE)},
    identifiers=("request_uri", "username", "ip", "header"),
    settings=SETTINGS,
    transports={
        **{f"phones-{protocol}": (protocol, "10.0.0.1:5070") for protocol in ("udp", "tcp")},
        **{f"trunks-{protocol}": (protocol, "10.0.0.1:5080") for protocol in ("udp", "tcp")},
        "office": ("udp", "0.0.0.0:5060"),
    },
    endpoints=frozenset({"lin", "trunk.carrier", "desk"}),
    contexts=wanted().contexts,
    music={"press.main": 2, "default": 1},
    rtp=NODE.rtp,
    etc=ETC,
)


def section(name: str, file: str = "pjsip.conf", **keys: str) -> Section:
    return Section(name=name, file=ETC / file, line=7, keys=tuple(keys.items()))


GLOBAL = section("global", type="global")
SECTIONS = {
    "pjsip.conf": (
        GLOBAL,
        section("desk", type="endpoint"),
        Section(name="lin", file=OURS / "vcc-pjsip.conf", line=1, keys=(("type", "endpoint"),)),
    ),
    "manager.conf": (section("engineer"), Section(name="vcc", file=OURS / "vcc-manager.conf", line=1)),
    "extensions.conf": (section("office", "extensions.conf"),),
}
SEEN = Seen(manager=MANAGER, console=CONSOLE, files=Files(sections=SECTIONS), machine=Machine(host="h", resolves=True))


def findings(seen: Seen, want: Expected | None = None) -> list[Finding]:
    return [finding for rule in RULES for finding in rule(want or wanted(), seen)]


def manager(**changes: Any) -> Seen:
    return replace(SEEN, manager=replace(MANAGER, **changes))


def console(**changes: Any) -> Seen:
    return replace(SEEN, console=replace(CONSOLE, **changes))


def trial(**changes: Any) -> Seen:
    return manager(trial=replace(Trial(began=True, agi=True), **changes))


def files(name: str, *more: Section) -> Seen:
    return replace(SEEN, files=Files(sections={**SECTIONS, name: (*SECTIONS.get(name, ()), *more)}))


def test_a_switch_that_fits() -> None:
    assert findings(SEEN) == []


def modules(**changes: bool) -> dict[str, bool]:
    return {**CONSOLE.modules, **changes}


BAD: dict[str, tuple[str, Callable[[], Seen]]] = {
    "nobody answers": ("ami-unreachable", lambda: manager(refused="refused")),
    "wrong secret": ("ami-login", lambda: manager(refused="failed", refused_user=True)),
    "no such user": (
        "ami-user",
        lambda: replace(console(user=None), manager=Manager(refused="failed", refused_user=True)),
    ),
    "too old": ("version-old", lambda: manager(version="20.11.1")),
    "no number": ("version-old", lambda: manager(version="GIT-master-1234")),
    "cannot ring": (
        "ami-rights-small",
        lambda: manager(actions={name: rights for name, rights in ACTIONS.items() if name != "Originate"}),
    ),
    "does not hear keys": (
        "ami-rights-small",
        lambda: console(user={"read": frozenset({"system", "call"}), "write": frozenset(WRITE)}),
    ),
    "may run programs": (
        "ami-rights-large",
        lambda: manager(actions={**ACTIONS, "ModuleLoad": frozenset({"system", "all"})}),
    ),
    "keys are filtered": ("events-missing", lambda: manager(heard=MANAGER.heard - {"DTMFEnd"})),
    "disabled for all": ("events-disabled", lambda: console(declined_events=frozenset({"BridgeEnter", "Newexten"}))),
    "no AGI": ("module-missing", lambda: console(modules=modules(res_agi=False))),
    "native RTP": ("module-harmful", lambda: console(modules=modules(bridge_native_rtp=True))),
    "diversion": ("module-harmful", lambda: console(modules=modules(res_pjsip_diversion=True))),
    "chan_sip": (
        "chan-sip-port",
        lambda: console(modules=modules(chan_sip=True), sip_addresses=("0.0.0.0:5070",)),
    ),
    "not included": ("context-missing", lambda: console(contexts=frozenset({"vcc-serve"}))),
    "no context, no console": (
        "context-missing",
        lambda: replace(trial(began=False), console=None),
    ),
    "AGI is not reached": ("agi-unreachable", lambda: trial(agi=False)),
    "own context of our name": (
        "context-name",
        lambda: files("extensions.conf", section("vcc-mine", "extensions.conf")),
    ),
    "default order": ("identifier-order", lambda: console(identifiers=("ip", "username"), settings={})),
    "order not in force": ("identifier-order", lambda: console(identifiers=("ip", "username", "request_uri"))),
    "realm": ("digest-realm", lambda: console(settings={**SETTINGS, "default_realm": "example.com"})),
    "address taken": (
        "transport-clash",
        lambda: console(transports={**CONSOLE.transports, "office": ("udp", "0.0.0.0:5070")}),
    ),
    "not listened at": (
        "transport-missing",
        lambda: console(transports={k: v for k, v in CONSOLE.transports.items() if k != "trunks-tcp"}),
    ),
    "phone unknown": ("endpoint-missing", lambda: console(endpoints=frozenset({"trunk.carrier"}))),
    "endpoint twice": ("name-clash", lambda: files("pjsip.conf", section("lin", type="aor"))),
    "user twice": ("name-clash", lambda: files("manager.conf", section("vcc", "manager.conf"))),
    "music twice": ("name-clash", lambda: files("musiconhold.conf", section("press.main", "musiconhold.conf"))),
    "global twice": ("global-twice", lambda: files("pjsip.conf", GLOBAL)),
    "other RTP ports": ("rtp-range", lambda: console(rtp=(10_000, 11_000))),
    "no music": ("music-missing", lambda: console(music={"press.main": 0})),
    "sound": ("sound-unreadable", lambda: trial(played=False, sound="/s.wav")),
    "clock": ("clock-differs", lambda: manager(clock=-3.0)),
    "host name": ("host-name", lambda: replace(SEEN, machine=Machine(host="h", resolves=False))),
    "slow host name": ("host-name", lambda: replace(SEEN, machine=Machine(host="h", resolves=True, seconds=2.0))),
    "files closed": ("files-unknown", lambda: replace(SEEN, files=Files(unreadable="pjsip.conf"))),
    "console does not work": ("console-unknown", lambda: replace(SEEN, console=Console(failed="no"), files=None)),
    "no console": ("console-unknown", lambda: replace(SEEN, console=None, files=None)),
}


@pytest.mark.parametrize("case", BAD)
def test_what_does_not_fit_is_found_and_told_whole(case: str) -> None:
    code, seen = BAD[case]
    found = findings(seen())
    codes = {finding.code for finding in found}
    assert code in codes
    assert codes <= {code, "console-unknown"}
    for finding in found:
        for text in (finding.where, finding.what, finding.why, finding.do):
            assert text
            assert "\n" not in text


def test_ports_that_lie_in_the_range_for_media_and_ranges_of_two_nodes() -> None:
    assert [f.code for f in findings(console(rtp=(5_075, 5_085)), wanted(rtp=(5_075, 5_085)))] == ["rtp-overlap"]
    assert [f.code for f in findings(console(rtp=(30_500, 31_000)), wanted(rtp=(30_500, 31_000)))] == ["rtp-overlap"]


def test_the_order_is_right_and_wants_a_restart() -> None:
    (finding,) = findings(console(identifiers=("ip", "username", "request_uri")))
    assert finding.do.startswith("restart Asterisk")


def test_beside_ones_own_files_nothing_can_clash() -> None:
    assert findings(files("pjsip.conf", section("lin", type="aor")), wanted(inside=False)) == []


def test_what_may_be_meant_so_is_a_warning() -> None:
    assert [f.level for f in findings(console(rtp=(10_000, 11_000)))] == [Level.WARNING]
    assert [f.level for f in findings(manager(refused="x"))] == [Level.ERROR]


def test_a_trunk_has_an_endpoint_for_each_direction_that_it_has() -> None:
    out = Outgoing(server="192.0.2.1:5060", caller_id="01065550000")
    trunks = {
        "both": Trunk(node="a", from_addresses=("192.0.2.1",), outgoing=out),
        "out": Trunk(node="a", outgoing=out),
    }
    platform = Platform(name={"en": "P"}, nodes={"a": NODE}, trunks=trunks)
    want = expected(platform, "a", folder=None, music=[])
    assert want.endpoints == {"trunk.both", "out.both", "out.out"}


def test_phones_over_tls_and_browsers_want_more() -> None:
    tls = Tls.model_construct(listen="10.0.0.1:5061", certificate="/c", key="/k")
    want = wanted(tls=tls, websocket=WebSocket())
    assert {finding.code for finding in findings(SEEN, want)} == {"module-missing", "transport-missing"}
