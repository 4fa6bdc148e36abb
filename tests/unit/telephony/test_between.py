"""The trunks between nodes: who calls whom, what the rendered files of both kinds of switch say of it."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree.ElementTree import fromstring

import pytest

from telephony import between
from telephony.asterisk import render as asterisk
from telephony.asterisk import translate as asterisk_translate
from telephony.asterisk.templates.extensions import PATTERNS
from telephony.freeswitch import render as freeswitch
from telephony.freeswitch import translate as freeswitch_translate
from telephony.port import Ring
from telephony.values import RenderError
from tenancy.model import AsteriskNode, FreeSwitchNode, Phone, Platform, SimulatedNode

SECRETS = {"ami/a": "ami-secret", "esl/f": "esl-secret", "phone/lin": "x", "phone/li-1": "x", "phone/wang": "x"}
NODES = {
    "a": AsteriskNode(kind="asterisk", nodes_sip="10.0.0.11:5070"),
    "f": FreeSwitchNode(kind="freeswitch", nodes_sip="10.0.0.12:5070"),
}
PHONES = {
    "lin": Phone(node="a"),
    "li-1": Phone(node="a"),
    "wang": Phone(node="f", also=("a",)),
    "seat": Phone(node="a", outside="13800138000", agents=("press/li",)),
}
RING = Ring(
    leg="vcc-1", phone="wang", timeout_s=14.5, shows_number="555", shows_name="王", for_leg="1", at="f", alert="gong"
)


def platform(**more: object) -> Platform:
    return Platform.model_validate({"name": {"en": "P"}, "nodes": NODES, "phones": PHONES} | more)


def asterisk_files(of: Platform) -> dict[str, str]:
    return asterisk.render(of, "a", secrets=SECRETS, music_dirs={}, fallbacks={})


def freeswitch_files(of: Platform) -> dict[str, str]:
    return freeswitch.render(of, "f", secrets=SECRETS, music={}, fallbacks={})


def lines(text: str, section: str, kind: str = "") -> list[str]:
    """The lines of a section of Asterisk's; of several of one name, of the one of this type."""
    parts = [part for part in re.split(r"^(?=\[)", text, flags=re.MULTILINE) if part.startswith(f"[{section}]")]
    (found,) = [part for part in parts if not kind or f"type = {kind}\n" in part]
    return found.strip().split("\n")[1:]


def test_each_node_calls_every_other_one_that_can_be_called() -> None:
    of = platform(nodes=NODES | {"s": SimulatedNode(kind="simulated")})
    assert between.others(of, "a") == {"f": "10.0.0.12:5070"}
    assert between.others(of, "s") == between.others(of, "nobody") == {}
    links = between.links(of, "f", SECRETS)
    assert links is not None
    assert (links.listen, links.phones) == ("10.0.0.12:5070", ("wang",))
    assert links.others["a"] == ("10.0.0.11:5070", between.key(of, "a", SECRETS))
    one = between.links(of, "a", SECRETS)
    assert one is not None
    assert one.phones == ("li-1", "lin", "wang")  # and no seat, which has no account
    assert one.key == links.others["a"][1]


def test_a_key_tells_nothing_of_the_secret_and_differs_from_node_to_node() -> None:
    keys = {between.key(platform(), node, SECRETS) for node in ("a", "f")}
    assert len(keys) == 2
    assert all(re.fullmatch(r"[0-9a-f]{64}", key) and "secret" not in key for key in keys)
    with pytest.raises(RenderError, match="the secret esl/f is missing"):
        between.links(platform(), "a", {"ami/a": "x"})


def test_where_there_is_one_node_nothing_is_rendered_for_others() -> None:
    only = platform(nodes={"a": NODES["a"]}, phones={"lin": PHONES["lin"]})
    assert not [name for name, text in asterisk_files(only).items() if "nodes" in text or "app_dial" in text]
    only = platform(nodes={"f": NODES["f"]}, phones={"wang": Phone(node="f")})
    assert not [name for name, text in freeswitch_files(only).items() if "vcc-nodes" in text]


def test_asterisk_lets_the_others_in_at_one_place_and_rings_its_phones_alone() -> None:
    files = asterisk_files(platform())
    endpoint = lines(files["pjsip.conf"], "from.nodes", "endpoint")
    assert {"context = vcc-nodes", "deny = 0.0.0.0/0", "permit = 10.0.0.12/32", "allow_transfer = no"} <= {*endpoint}
    assert "match_request_uri = /@10\\.0\\.0\\.11:5070([\\;>?]|$)/" in lines(
        files["pjsip.conf"], "from.nodes", "identify"
    )
    assert "bind = 10.0.0.11:5070" in lines(files["pjsip.conf"], "nodes-udp")
    plan = lines(files["extensions.conf"], "vcc-nodes")
    assert [line for line in plan if line] == [
        f"exten => {phone},1,Goto(vcc-nodes-in,${{EXTEN}},1)" for phone in ("li-1", "lin", "wang")
    ]
    (check, *_) = lines(files["extensions.conf"], "vcc-nodes-in")
    assert f'" = ":5070 {between.key(platform(), "a", SECRETS)}"]?in)' in check
    steps = lines(files["extensions.conf"], "vcc-nodes-in")
    (read,) = [at for at, step in enumerate(steps) if "read,From" in step]
    assert steps.index(" same => n,Hangup(21)") < read  # without the key it is not even read
    assert {"callerid = <from.nodes>", "trust_id_inbound = no"} <= {*endpoint}
    (pattern,) = {line.split(",")[0] for line in lines(files["extensions.conf"], "vcc-nodes-in") if "exten" in line}
    assert pattern == "exten => _[a-z][a-z0-9_]!"  # not `h`, where Asterisk goes when a call ends here
    sent_on = lines(files["extensions.conf"], "vcc-nodes-transfer")
    assert sum("Transfer(sip:${EXTEN}@10.0.0.11:5070)" in line for line in sent_on) == len(PATTERNS)


def test_asterisk_calls_with_the_others_key() -> None:
    text = asterisk_files(platform())["pjsip.conf"]
    key = between.key(platform(), "f", SECRETS)
    assert f"set_var = PJSIP_HEADER(add,X-VCC-Key)={key}" in lines(text, "node.f", "endpoint")
    assert "contact = sip:10.0.0.12:5070" in lines(text, "node.f", "aor")


def test_two_phones_that_are_one_extension_to_asterisk_are_written_once() -> None:
    phones = {"li1": Phone(node="a"), "li-1": Phone(node="a")}
    of = platform(phones=phones)
    secrets = SECRETS | {"phone/li1": "x"}
    text = asterisk.render(of, "a", secrets=secrets, music_dirs={}, fallbacks={})["extensions.conf"]
    assert len([line for line in lines(text, "vcc-nodes") if line]) == 1


def test_freeswitch_lets_the_others_in_at_one_place_and_rings_its_phones_alone() -> None:
    files = freeswitch_files(platform())
    assert '<list name="vcc-nodes" default="deny">' in files["acl.conf.xml"]
    assert 'cidr="10.0.0.11/32"' in files["acl.conf.xml"]
    sofia = files["sofia.conf.xml"]
    (profile,) = [one for one in fromstring(sofia).iter("profile") if one.get("name") == "vcc-nodes"]  # noqa: S314
    given = [(param.get("name"), param.get("value")) for param in profile.findall("settings/param")]
    assert {("sip-ip", "10.0.0.12"), ("sip-port", "5070"), ("context", "vcc-nodes")} <= {*given}
    assert ("apply-inbound-acl", "vcc-nodes") in given
    (gateway,) = profile.iter("gateway")
    assert gateway.get("name") == "node.a"
    key = between.key(platform(), "a", SECRETS)
    assert [one.get("value") for one in gateway.iter("variable") if one.get("name") == "sip_h_X-VCC-Key"] == [key]
    plan = fromstring(files["dialplan.xml"])  # noqa: S314
    (context,) = [one for one in plan.iter("context") if one.get("name") == "vcc-nodes"]
    rings = [one for one in context.iter("extension") if one.get("name") == "rings"]
    assert [[one.get("expression") for one in ring.iter("condition")] for ring in rings] == [
        [rf"^{between.key(platform(), 'f', SECRETS)}\z", r"^(?:wang)\z", "^([0-9]{1,4}):"]
    ]
    assert [one.get("data") for one in context.iter("action") if one.get("application") == "bridge"] == [
        "sofia/vcc-phones/${destination_number}%vcc-phones"
    ]
    assert [one.get("name") for one in context.iter("extension")][-1] == "refused"


def test_a_phone_at_another_node_is_rung_over_the_trunk_and_told_how_by_a_header() -> None:
    action = asterisk_translate.originate(RING)
    assert action["Channel"] == "PJSIP/wang@node.f"
    assert action["CallerID"] == '"王" <555>'
    assert action["Variable"] == ["PJSIP_HEADER(add,X-VCC-Ring)=20:0:gong"]
    words = freeswitch_translate.originate(RING, "")
    assert words[0].endswith("}sofia/gateway/node.f/wang")
    assert "sip_h_X-VCC-Ring=20:0:gong" in words[0]
    assert words[4:6] == ["'王'", "'555'"]


@pytest.mark.parametrize("ring", [replace(RING, phone="wang@x"), replace(RING, alert="a:b")])
def test_nothing_else_comes_into_the_header(ring: Ring) -> None:
    with pytest.raises(ValueError, match=r"is no phone's name|is not of letters"):
        asterisk_translate.originate(ring)
    with pytest.raises(ValueError, match=r"is no phone's name|is not of letters"):
        freeswitch_translate.originate(ring, "")
