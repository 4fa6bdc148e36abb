"""A switch that fits gives no finding; each thing that does not fit gives its own, and no other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from telephony.findings import Level
from telephony.freeswitch.check.asking import expansion
from telephony.freeswitch.check.expected import Expected, expected
from telephony.freeswitch.check.rules import RULES
from telephony.freeswitch.check.seen import Seen
from telephony.freeswitch.render import RenderError
from telephony.freeswitch.templates import words
from tenancy.model import FreeSwitchNode, Outgoing, Phone, Platform, SimulatedNode, Tls, Trunk

if TYPE_CHECKING:
    from telephony.findings import Finding

NODE = FreeSwitchNode(kind="freeswitch", sip="10.0.0.1:5070", trunk_sip="10.0.0.1:5080", rtp=(20_000, 20_999))
OTHER = NODE.model_copy(update={"sip": "10.0.0.1:5090", "rtp": (30_000, 30_999)})
DIGEST = "0123456789abcdef0123456789abcdef"


def wanted(**changes: Any) -> Expected:
    platform = Platform(
        name={"en": "P"},
        nodes={"a": NODE.model_copy(update=changes), "b": OTHER},
        trunks={
            "carrier": Trunk(node="a", from_addresses=("192.0.2.0/28",), outgoing=Outgoing(server="192.0.2.1:5060")),
            "far": Trunk(node="b", from_addresses=("::1",)),
        },
        phones={
            "lin": Phone(node="a"),
            "wang": Phone(node="b"),
            "mobile": Phone(node="a", outside="1380", agents=("lin",)),
        },
    )
    return expected(platform, "a", folder=Path("/etc/vcc"), music=["press/main"], digests={"lin": DIGEST})


SEEN = Seen(
    version="FreeSWITCH Version 1.11.1-release~64bit ( 64bit)",
    expands=False,
    clock=-0.3,
    modules=frozenset(wanted().modules),
    contexts=wanted().contexts,
    profiles={
        "vcc-phones": {"url": "sip:mod_sofia@10.0.0.1:5070", "challenge-realm": "vcc"},
        "vcc-trunks": {"url": "sip:mod_sofia@10.0.0.1:5080", "challenge-realm": "auto_to"},
    },
    gateways=frozenset({"out.carrier", "theirs"}),
    phones={"lin": DIGEST},
    lists=frozenset({"vcc-trunk-carrier"}),
    music=frozenset({words.music_variable("press/main")}),
    conference=True,
    rtp=(20_000, 20_999),
)


def found(seen: Seen, wants: Expected | None = None) -> list[Finding]:
    return [finding for rule in RULES for finding in rule(wants or wanted(), seen)]


def test_one_that_fits() -> None:
    assert found(SEEN) == []
    assert found(SEEN, wanted(sip="0.0.0.0:5070")) == []


PROFILES = {
    "gone": {"vcc-trunks": SEEN.profiles["vcc-trunks"]},
    "elsewhere": {**SEEN.profiles, "vcc-phones": {"url": "sip:mod_sofia@10.0.0.1:5060", "challenge-realm": "vcc"}},
    "host": {**SEEN.profiles, "vcc-phones": {"url": "sip:mod_sofia@10.0.0.2:5070", "challenge-realm": "vcc"}},
    "realm": {**SEEN.profiles, "vcc-phones": {**SEEN.profiles["vcc-phones"], "challenge-realm": "auto_from"}},
}


@pytest.mark.parametrize(
    ("change", "code", "level"),
    [
        ({"version": "FreeSWITCH Version 1.10.12-release"}, "version-old", Level.WARNING),
        ({"version": ""}, "version-old", Level.WARNING),
        ({"expands": True}, "api-expansion", Level.ERROR),
        ({"clock": 4.0}, "clock-differs", Level.WARNING),
        ({"modules": SEEN.modules - {"mod_db"}}, "module-missing", Level.ERROR),
        ({"contexts": SEEN.contexts - {"vcc-legs"}}, "context-missing", Level.ERROR),
        ({"profiles": PROFILES["gone"]}, "profile-missing", Level.ERROR),
        ({"profiles": PROFILES["elsewhere"]}, "profile-address", Level.ERROR),
        ({"profiles": PROFILES["host"]}, "profile-address", Level.ERROR),
        ({"profiles": PROFILES["realm"]}, "digest-realm", Level.ERROR),
        ({"gateways": frozenset({"theirs"})}, "gateway-missing", Level.ERROR),
        ({"phones": {"lin": "-ERR no such user"}}, "phone-missing", Level.ERROR),
        ({"phones": {"lin": DIGEST[::-1]}}, "phone-password", Level.ERROR),
        ({"lists": frozenset()}, "list-missing", Level.ERROR),
        ({"music": frozenset()}, "music-missing", Level.ERROR),
        ({"conference": False}, "conference-missing", Level.ERROR),
        ({"rtp": (16_384, 20_000)}, "rtp-range", Level.WARNING),
    ],
)
def test_what_does_not_fit(change: dict[str, Any], code: str, level: Level) -> None:
    told = found(replace(SEEN, **change))
    assert [(finding.code, finding.level) for finding in told] == [(code, level)]
    assert all((finding.where, finding.what, finding.why, finding.do) for finding in told)


def test_ports_that_somebody_else_has() -> None:
    codes = [finding.code for finding in found(replace(SEEN, rtp=(5_000, 30_500)))]
    assert codes == ["rtp-overlap", "rtp-overlap", "rtp-overlap", "rtp-range"]


def test_where_nobody_could_look_only_that_is_told() -> None:
    for seen, code in (
        (Seen(refused="cannot connect"), "esl-unreachable"),
        (Seen(refused="-ERR invalid", refused_password=True), "esl-login"),
    ):
        assert [finding.code for finding in found(seen)] == [code]


def test_what_to_do_names_the_line_where_the_switch_has_files_of_its_own() -> None:
    seen = replace(SEEN, contexts=SEEN.contexts - {"vcc-legs"})
    (finding,) = found(seen, wanted(inside=True))
    assert 'data="/etc/vcc/vcc-dialplan.xml"' in finding.do
    (finding,) = found(seen)
    assert finding.do == "render /etc/vcc/dialplan.xml anew; then: reloadxml"


def test_a_way_in_that_the_node_has_is_looked_for() -> None:
    tls = Tls(certificate="/c.pem", key="/k.pem", listen="10.0.0.1:5071")
    assert [finding.code for finding in found(SEEN, wanted(tls=tls))] == ["profile-missing"]
    running = {"url": "", "tls-url": "sip:mod_sofia@10.0.0.1:5071", "challenge-realm": "vcc"}
    assert found(replace(SEEN, profiles={**SEEN.profiles, "vcc-tls": running}), wanted(tls=tls)) == []


@pytest.mark.parametrize(
    ("said", "is_on"),
    [("+OK api_expansion is off ", False), ("+OK api_expansion is on ", True), ("-ERR", None), ("", None)],
)
def test_what_the_switch_says_of_commands_in_variables(said: str, is_on: bool | None) -> None:
    assert expansion(said) is is_on


def test_no_other_kind_of_node() -> None:
    platform = Platform(name={"en": "P"}, nodes={"a": SimulatedNode(kind="simulated")})
    with pytest.raises(RenderError):
        expected(platform, "a", folder=None, music=[], digests={})
