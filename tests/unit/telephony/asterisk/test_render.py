"""The configuration that is written for a switch: what must be in it, and what is refused."""

import re
from datetime import date
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest

from telephony import values
from telephony.asterisk import translate
from telephony.asterisk.render import AsteriskPaths, RenderError, password_digest, render
from telephony.asterisk.templates import manager
from telephony.asterisk.templates.extensions import ARRIVING, PATTERNS
from tenancy.model import (
    AsteriskNode,
    Nat,
    Node,
    Number,
    NumberRules,
    Outgoing,
    Phone,
    Platform,
    Project,
    ProjectKind,
    Registration,
    SimulatedNode,
    Tenant,
    Tls,
    Trunk,
    WebSocket,
)

NODE = AsteriskNode(kind="asterisk", sip="10.0.0.1:5060", trunk_sip="10.0.0.1:5080", fallback_after_s=12)
TRUNK = Trunk(node="a", from_addresses=("192.0.2.1", "198.51.100.0/24"))
SECRETS = {"ami/a": "ami-secret", "phone/lin": "lin-password"}


def platform(node: Node = NODE, trunk: Trunk = TRUNK, **more: Any) -> Platform:
    tenant = Tenant(
        id="press",
        name={"en": "Press"},
        projects={"p": Project(name={"en": "P"}, kind=ProjectKind.STAFFED, starts=date(2026, 1, 1))},
        numbers={"98668": Number(project="p", flow="f"), "98667": Number(project="p", flow="f")},
        music={"main": "music"},
    )
    return Platform(
        name={"en": "P"},
        nodes={"a": node, "b": NODE},
        trunks={"carrier": trunk, "other": TRUNK.model_copy(update={"node": "b"})},
        phones={"lin": Phone(node="a"), "wang": Phone(node="b")},
        tenants={"press": tenant},
        **more,
    )


def rendered(
    platform_: Platform | None = None,
    *,
    fallbacks: dict[str, str | None] | None = None,
    music: dict[str, Path] | None = None,
    **more: Any,
) -> dict[str, str]:
    return render(
        platform_ or platform(),
        "a",
        secrets=SECRETS,
        music_dirs=music or {},
        fallbacks=fallbacks or {},
        **more,
    )


def section(text: str, name: str, kind: str = "") -> dict[str, str]:
    """The keys of a section, of the kind that its `type` says."""
    for part in re.split(r"^(?=\[)", text, flags=re.MULTILINE):
        lines = [line.partition("=") for line in part.splitlines()[1:] if "=" in line]
        keys = {key.strip(): value.strip() for key, _, value in lines}
        if part.startswith(f"[{name}]") and keys.get("type", "") == kind:
            return keys
    raise AssertionError(f"no section {name} {kind}")


def test_the_same_platform_gives_the_same_files_and_only_what_is_the_nodes() -> None:
    files = rendered()
    assert files == rendered()
    assert "asterisk.conf" not in files
    assert "wang" not in files["pjsip.conf"]
    assert "trunk.other" not in files["pjsip.conf"]


def test_an_instance_of_its_own_gets_its_folders() -> None:
    paths = AsteriskPaths(etc=Path("/x/etc"), state=Path("/x/s"), modules=Path("/m"), data=Path("/d"))
    text = rendered(base=paths)["asterisk.conf"]
    assert "astetcdir => /x/etc\n" in text
    assert "astrundir => /x/s/run\n" in text


def test_no_password_is_written_but_its_digest() -> None:
    files = rendered()
    auth = section(files["pjsip.conf"], "lin", "auth")
    assert not any("lin-password" in text for text in files.values())
    assert auth["auth_type"] == "digest"
    assert auth["password_digest"] == f"MD5:{password_digest('lin', 'lin-password')}"
    assert password_digest("lin", "lin-password") == md5(b"lin:asterisk:lin-password").hexdigest()  # noqa: S324


@pytest.mark.parametrize(
    ("version", "new"),
    [
        ((18, 26, 4), False),
        ((20, 11, 1), False),
        ((20, 12, 0), True),
        ((21, 6, 0), False),
        ((21, 7, 0), True),
        ((22, 1, 0), False),
        ((22, 10, 1), True),
        ((23, 0, 0), True),
    ],
)
def test_the_digest_is_written_as_this_version_reads_it(version: tuple[int, ...], new: bool) -> None:
    auth = section(rendered(version=version)["pjsip.conf"], "lin", "auth")
    assert ("password_digest" in auth, "md5_cred" in auth) == (new, not new)


def test_phones_and_carriers_are_kept_apart() -> None:
    text = rendered()["pjsip.conf"]
    phone, trunk = section(text, "lin", "endpoint"), section(text, "trunk.carrier", "endpoint")
    assert phone["identify_by"] == "username"
    assert trunk["identify_by"] == "request_uri,ip"
    assert phone["context"] == "vcc-phones"
    assert trunk["context"] == "vcc-trunk-carrier"
    assert "auth" not in trunk
    assert trunk["deny"] == "0.0.0.0/0"
    assert "permit = 192.0.2.1/32\npermit = 198.51.100.0/24" in text
    assert section(text, "global", "global")["endpoint_identifier_order"] == "request_uri,username,ip"
    assert section(text, "trunk.carrier", "identify")["match_request_uri"] == r"/:5080([\;>?]|$)/"
    for endpoint in (phone, trunk):
        assert endpoint["trust_id_inbound"] == "no"
        assert endpoint["callerid"].startswith("<")
        assert endpoint["direct_media"] == "no"
        assert endpoint["dtmf_mode"] == "rfc4733"
        assert endpoint["callerid_privacy"] == "prohib"
        assert endpoint["rtp_timeout"] == "60"
        assert "rtp_keepalive" not in endpoint  # it loses keys that follow each other quickly
    assert (phone["allow_transfer"], phone["set_var"]) == ("yes", "TRANSFER_CONTEXT=vcc-transfer")
    assert (trunk["allow_transfer"], trunk["send_connected_line"]) == ("no", "no")


def test_no_event_that_is_read_is_disabled() -> None:
    general, user = rendered()["manager.conf"].split("\n\n")
    (line,) = [line for line in general.splitlines() if line.startswith("disabledevents")]
    disabled = set(line.partition(" = ")[2].split(","))
    assert disabled == set(manager.DISABLED)
    assert not disabled & manager.EVENTS.keys()
    assert "disabledevents" not in user


def test_a_leg_takes_few_steps_to_vcc() -> None:
    text = rendered()["extensions.conf"]
    trunk = text.partition("[vcc-trunk-carrier-in]\nexten => _[+*#0-9]!,")[2]
    assert trunk.startswith(
        "1,MSet(VCC_FROM=trunk/carrier,VCC_TRUNK=carrier,VCC_DIALLED=${EXTEN},AGIEXITONHANGUP=yes,VCC_ASKED=${EPOCH})"
    )
    assert trunk.partition("\n")[2].startswith(" same => n,AGI(")
    assert "[vcc-serve]\nexten => _[+*#0-9]!,1,AGI(" in text


def test_who_dials_a_tenants_number_has_its_music_from_the_first_step() -> None:
    text = rendered(music={"press/main": Path("/m")})["extensions.conf"]
    inside = text.partition("[vcc-trunk-carrier-in]\n")[2].partition("\n[")[0]
    assert "\nexten => 98668,1,MSet(VCC_FROM=trunk/carrier," in inside
    assert ",CHANNEL(musicclass)=press.main)\n same => n,AGI(" in inside


def test_a_blind_transfer_leads_to_vcc_and_nowhere_else() -> None:
    text = rendered()["extensions.conf"]
    begin = text.partition("[vcc-transfer]\n")[2]
    assert begin.startswith(
        'exten => _[+*#0-9],1,GotoIf($["${CHANNEL(channeltype)}" = "PJSIP"]?vcc-transfer-in,${EXTEN},1)\n'
        " same => n,Hangup(21)\n"
    )
    let_in = text.partition("[vcc-transfer-in]\nexten => _[+*#0-9]!,")[2].partition("\nexten")[0].splitlines()
    assert let_in == [
        "1,MSet(VCC_REFER_TO=${EXTEN},VCC_REFERRER=${BLINDTRANSFER})",
        ' same => n,GotoIf($["${VCC_FROM}" = ""]?vcc-agent,s,back)',
        " same => n,Goto(vcc-serve,${VCC_DIALLED},back)",
    ]
    assert (
        text.count(" same => n(back),MSet(VCC_AGAIN=again,VCC_LOST=,VCC_ASKED=${EPOCH})\n same => n,Goto(1)")
        == len(PATTERNS) + 1
    )


def test_settings_of_the_node_are_used() -> None:
    node = NODE.model_copy(update={"qualify_s": 2.0, "media_timeout_s": 0, "rtp": (20_000, 20_100)})
    files = rendered(platform(node))
    aor = section(files["pjsip.conf"], "lin", "aor")
    assert (aor["qualify_frequency"], aor["qualify_timeout"], aor["max_contacts"]) == ("2", "1.0", "1")
    assert section(files["pjsip.conf"], "lin", "endpoint")["rtp_timeout_hold"] == "0"
    assert "rtpstart = 20000\nrtpend = 20100" in files["rtp.conf"]
    assert ">= 12]?fallback" in files["extensions.conf"]


def test_phones_and_carriers_on_one_port_need_different_addresses() -> None:
    node = NODE.model_copy(update={"trunk_sip": "10.0.0.2:5060"})
    text = rendered(platform(node))["pjsip.conf"]
    assert section(text, "trunk.carrier", "identify")["match_request_uri"] == r"/@10\.0\.0\.2([:\;>?]|$)/"
    for address in ("10.0.0.1:5060", "0.0.0.0:5060"):
        with pytest.raises(RenderError):
            rendered(platform(NODE.model_copy(update={"trunk_sip": address})))


def test_the_manager_has_the_least_rights_and_hears_only_what_is_read() -> None:
    text = rendered()["manager.conf"]
    assert "write = originate,call,reporting\n" in text
    assert "read = system,call,dtmf\n" in text
    assert "permit = 127.0.0.0/255.0.0.0" in text
    filters = re.findall(r"eventfilter\(action\(include\),name\((\w+)\)", text)
    assert filters == list(manager.EVENTS)
    assert "eventfilter(action(exclude),name(BridgeLeave),header(BridgeTechnology),method(exact)) = holding_b" in text
    assert "eventfilter(action(include),name(DTMFEnd),header(Direction),method(exact)) = Received" in text
    assert "eventfilter(action(include),name(Newchannel),header(Uniqueid),method(starts_with)) = vcc-" in text
    remote = rendered(platform(NODE.model_copy(update={"ami": "10.0.0.1:5038"})))["manager.conf"]
    assert "permit" not in remote


def test_modules_are_loaded_one_by_one() -> None:
    text = rendered(also_load=("app_queue",))["modules.conf"]
    assert "autoload = no" in text
    assert "load = app_queue.so" in text
    for dangerous in ("native_rtp", "func_shell", "app_system", "res_pjsip_diversion", "func_eval"):
        assert dangerous not in text


# --- the dial plan


def matches(pattern: str, dialled: str) -> bool:
    """Whether Asterisk's pattern lets something in."""
    expression = re.sub(r"X(?![^\[]*\])", "[0-9]", pattern.removeprefix("_").replace("*", r"\*").replace("+", r"\+"))
    return re.fullmatch(expression, dialled) is not None


@pytest.mark.parametrize(
    "dialled",
    [
        *("98668", "0", "*71", "*7*1#", "+861098668", "account7", "1" * 79, "*72*" + "1" * 32, "aB+*" * 4 + "#"),
        *("9" + "aZ" * 10 + "0", "Zhang" + "li98" * 6 + "x"),
    ],
)
def test_what_may_be_dialled(dialled: str) -> None:
    assert any(matches(pattern, dialled) for pattern in ARRIVING)


@pytest.mark.parametrize(
    "dialled", ["", "h", "s", "98668\r\n", "9\n8", "9 8", "${X}", "9,8", "9;8", "9.8", "=h", "阳光", "1" * 80, "x" * 32]
)
def test_what_is_not_let_in(dialled: str) -> None:
    assert not any(matches(pattern, dialled) for pattern in ARRIVING)


def test_a_letter_alone_is_let_in_at_the_doors_for_calls_and_serves_nobody_behind_them() -> None:
    text = rendered()["extensions.conf"]
    doors = [part.partition("]")[0] for part in text.split("\n[")[1:] if "exten => _[a-zA-Z],1," in part]
    assert doors == ["vcc-trunk-carrier", "vcc-phones"]
    assert not any(matches(pattern, "h") for pattern in PATTERNS)
    assert any(matches(pattern, "=h") for pattern in PATTERNS)


def test_every_pattern_fits_what_asterisk_keeps() -> None:
    assert max(map(len, ARRIVING)) < 256


def test_a_carriers_ways_to_write_a_number_lead_to_it() -> None:
    rules = NumberRules(strip=("010", "8610"), country_code="86")
    text = rendered(platform(trunk=TRUNK.model_copy(update={"numbers": rules})))["extensions.conf"]
    for form in ("98668", "01098668", "861098668"):
        assert f"exten => {form},1,Set(VCC_NUMBER=98668)" in text


def test_a_number_in_a_header_is_read_without_evaluating_it() -> None:
    rules = NumberRules(dialled_from="diversion", headers=("X-Test", "diversion"))
    text = rendered(platform(trunk=TRUNK.model_copy(update={"numbers": rules})))["extensions.conf"]
    assert ",VCC_HEADERS=diversion:x-test," in text
    assert "exten => u98668,1,Set(VCC_NUMBER=98668)" in text
    assert "${FILTER(" in text


def test_a_call_that_vcc_misses_is_noted_with_nothing_in_it_that_a_caller_could_write_at_will() -> None:
    text = rendered()["extensions.conf"]
    missed = text.partition("[vcc-missed]\n")[2].partition("\n\n")[0]
    assert missed.startswith("exten => s,1,")
    (noted,) = [line for line in missed.splitlines() if "VCC_MISSED=" in line]
    note = "${VCC_ASKED} ${VCC_FROM} ${VCC_DIALLED} n${VCC_USER:1:40} c${VCC_CALLER:0:40}"
    assert noted == f" same => n,MSet(DB(vcc-missed/${{UNIQUEID}})={note},VCC_MISSED={note})"
    kept = [line for line in missed.splitlines() if "Set(VCC_CALLER=" in line]
    assert kept[-1] == " same => n,Set(VCC_CALLER=${FILTER(0-9+,${PJSIP_PARSE_URI_FROM(VCC_CALLER,user)})})"


def test_the_end_of_a_leg_takes_one_step_if_vcc_has_taken_it() -> None:
    text = rendered()["extensions.conf"]
    serve = text.partition("[vcc-serve]\n")[2].partition("\n\n")[0]
    assert serve.endswith('exten => h,1,GotoIf($["${VCC_SEEN}" = ""]?vcc-unseen,s,1)')
    where = ["vcc-trunk-carrier-in", "vcc-phones-in", "vcc-number-carrier", "vcc-number", "vcc-missed"]
    inside = [text.partition(f"[{context}]\n")[2].partition("\n\n")[0] for context in where]
    assert all(one.endswith("?vcc-unseen,s,1)") for one in inside)
    assert text.count("exten => h,") == 1 + len(where)
    assert "SET(VCC_SEEN=1)" in translate.TAKE


def test_the_fallback_of_each_number() -> None:
    files = rendered(fallbacks={"98668": "/sounds/fall back"}, music={"press/main": Path("/m u;sic")})
    text = files["extensions.conf"]
    said = "n,Answer()\n same => n,Playback(/sounds/fall back)\n"
    assert f"exten => 98668,1,Set(VCC_END=fallback ${{EPOCH}})\n same => {said}" in text
    assert "exten => 98667,1,Set(VCC_END=busy)\n" in text
    assert "?vcc-back,fallback,1)\n same => n,Hangup(17)" in text
    assert "Set(CHANNEL(musicclass)=press.main)" in text
    assert section(files["musiconhold.conf"], "press.main")["directory"] == r"/m u\;sic"


@pytest.mark.parametrize(
    "sound", ["/a,b", "/a${SHELL(x)}", "/a\nexten => x", "/a&b", "", "/a;b", "/a]b", '/a"b', "/a|b", " /a", "/a)"]
)
def test_a_fallback_that_the_dial_plan_would_read_as_something_else_is_refused(sound: str) -> None:
    with pytest.raises(RenderError):
        rendered(fallbacks={"98668": sound})


# --- what is refused


@pytest.mark.parametrize(
    "change",
    [
        {"ami": "127.0.0.1"},
        {"ami": "127.0.0.1:0"},
        {"agi": "127.0.0.1:4573,x"},
        {"sip": "no host:5060"},
        {"trunk_sip": "10.0.0.1:port"},
        {"agi": "[::1:4573"},
    ],
)
def test_an_address_that_is_none_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(RenderError):
        rendered(platform(NODE.model_copy(update=change)))


@pytest.mark.parametrize(
    "change",
    [
        {"from_addresses": ("127.0.0.1\npermit=0.0.0.0/0",)},
        {"from_addresses": ("1.2.3",)},
        {"from_addresses": ("a b",)},
        {"codecs": ("alaw\nx=y",)},
        {"codecs": ("all!",)},
        {"numbers": NumberRules.model_construct(headers=("X Y",))},
        {"numbers": NumberRules.model_construct(headers=("X:Y",))},
        {"numbers": NumberRules.model_construct(headers=("X)",))},
    ],
)
def test_a_trunk_that_would_break_the_files_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(RenderError):
        rendered(platform(trunk=TRUNK.model_copy(update=change)))


@pytest.mark.parametrize("secret", ["", "Pa55\nwrite = all", " Pa55", "Pa55\0", ">Pa55"])
def test_a_secret_that_would_break_the_files_is_refused_and_not_shown(secret: str) -> None:
    with pytest.raises(RenderError) as error:
        render(platform(), "a", secrets=SECRETS | {"ami/a": secret}, music_dirs={}, fallbacks={})
    assert "Pa55" not in str(error.value)


def test_a_missing_secret_is_named() -> None:
    with pytest.raises(RenderError, match="phone/lin is missing"):
        render(platform(), "a", secrets={"ami/a": "x"}, music_dirs={}, fallbacks={})


@pytest.mark.parametrize("node", ["nowhere", "sim"])
def test_only_an_asterisk_is_rendered(node: str) -> None:
    sim = Platform(name={"en": "P"}, nodes={"sim": SimulatedNode(kind="simulated")})
    with pytest.raises(RenderError):
        render(sim, node, secrets={}, music_dirs={}, fallbacks={})


@pytest.mark.parametrize(
    ("text", "address"),
    [("127.0.0.1:1", ("127.0.0.1", 1)), ("[::1]:5060", ("::1", 5060)), ("pbx.example:65535", ("pbx.example", 65535))],
)
def test_addresses(text: str, address: tuple[str, int]) -> None:
    assert values.socket_address(text, "x") == address
    assert values.bracketed(*address) == text


def leading_out(password_digest: bool = True, carriers: str | None = "carriers", **more: Any) -> str:
    """pjsip.conf with a trunk that leads out."""
    outgoing = Outgoing(server="192.0.2.1:5070", **more)
    trunk = TRUNK.model_copy(update={"outgoing": outgoing, "codecs": ("alaw", "ulaw")})
    secrets = SECRETS | ({} if carriers is None else {"trunk/carrier": carriers})
    version = (22, 2) if password_digest else (22, 1)
    files = render(platform(trunk=trunk), "a", secrets=secrets, music_dirs={}, fallbacks={}, version=version)
    return files["pjsip.conf"]


def test_a_trunk_that_leads_out_by_address() -> None:
    text = leading_out(codecs=("alaw",), qualify_s=2)
    endpoint, aor = section(text, "out.carrier", "endpoint"), section(text, "out.carrier", "aor")
    assert (endpoint["aors"], endpoint["allow"], endpoint["transport"]) == ("out.carrier", "alaw", "trunks-udp")
    assert (endpoint["identify_by"], endpoint["context"]) == ("ip", "vcc-nowhere")
    assert not {"outbound_auth", "from_user", "send_pai"} & endpoint.keys()
    assert (aor["contact"], aor["qualify_frequency"], aor["qualify_timeout"]) == ("sip:192.0.2.1:5070", "2", "1.50")
    assert section(text, "trunk.carrier", "endpoint")["allow"] == "alaw,ulaw"
    assert "type = registration" not in text
    assert "[vcc-nowhere]" not in rendered()["extensions.conf"]


@pytest.mark.parametrize("password_digest", [True, False])
def test_a_registration_with_a_realm_needs_no_password_in_the_file(*, password_digest: bool) -> None:
    text = leading_out(password_digest, registration=Registration(user="4001", realm="r.example"))
    registration, auth = section(text, "out.carrier", "registration"), section(text, "out.carrier", "auth")
    assert registration["server_uri"] == "sip:192.0.2.1:5070"
    assert (registration["client_uri"], registration["contact_user"]) == ("sip:4001@192.0.2.1:5070", "4001")
    digest = md5(b"4001:r.example:carriers", usedforsecurity=False).hexdigest()
    expected = ("digest", f"MD5:{digest}") if password_digest else ("md5", digest)
    assert (auth["auth_type"], auth.get("password_digest") or auth["md5_cred"]) == expected
    assert (auth["username"], auth["realm"]) == ("4001", "r.example")
    assert section(text, "out.carrier", "endpoint")["outbound_auth"] == "out.carrier"
    assert "carriers" not in text.replace(digest, "")


def test_a_registration_without_a_realm() -> None:
    text = leading_out(registration=Registration(user="4001"), caller_id_in="p-asserted-identity")
    auth, endpoint = section(text, "out.carrier", "auth"), section(text, "out.carrier", "endpoint")
    assert (auth["auth_type"], auth["password"]) == ("userpass", "carriers")
    assert (endpoint["send_pai"], endpoint["from_user"]) == ("yes", "4001")


def test_a_registration_needs_its_password() -> None:
    with pytest.raises(RenderError, match="the secret trunk/carrier is missing"):
        leading_out(carriers=None, registration=Registration(user="4001"))
    with pytest.raises(RenderError, match="the password of trunk carrier"):
        leading_out(carriers="a\nb", registration=Registration(user="4001"))


def test_where_calls_of_a_trunk_come_from() -> None:
    """Those named, else the registrar; a trunk that only leads out takes none."""
    registration = Registration(user="4001")

    def text(outgoing: Outgoing) -> str:
        trunk = Trunk(node="a", outgoing=outgoing)
        secrets = SECRETS | {"trunk/carrier": "carriers"}
        return render(platform(trunk=trunk), "a", secrets=secrets, music_dirs={}, fallbacks={})["pjsip.conf"]

    registered = text(Outgoing(server="192.0.2.9:5060", registration=registration))
    assert section(registered, "trunk.carrier", "identify")["match"] == "192.0.2.9/32"
    assert section(registered, "trunk.carrier", "endpoint")["permit"] == "192.0.2.9/32"
    named = text(Outgoing(server="sip.example.com:5060", registration=registration))
    assert section(named, "trunk.carrier", "identify")["match"] == "sip.example.com"
    assert "deny" not in section(named, "trunk.carrier", "endpoint")
    assert "[trunk.carrier]" not in text(Outgoing(server="192.0.2.9:5060"))


def test_a_mobile_seat_is_no_account() -> None:
    seat = Phone(node="a", outside="13800138000", agents=("lin",))
    on = platform().model_copy(update={"phones": {"lin": Phone(node="a"), "m1": seat}})
    text = rendered(on)["pjsip.conf"]
    assert "[lin]" in text
    assert "m1" not in text


CERTIFIED = Tls(listen="10.0.0.1:5061", certificate="/etc/vcc/cert.pem", key="/etc/vcc/key.pem")


def with_node(**more: Any) -> dict[str, str]:
    return rendered(platform(NODE.model_copy(update=more)))


def test_tls_is_there_where_the_node_has_a_certificate() -> None:
    assert "phones-tls" not in rendered()["pjsip.conf"]
    tls = section(with_node(tls=CERTIFIED)["pjsip.conf"], "phones-tls", "transport")
    assert (tls["protocol"], tls["bind"]) == ("tls", "10.0.0.1:5061")
    assert (tls["cert_file"], tls["priv_key_file"]) == ("/etc/vcc/cert.pem", "/etc/vcc/key.pem")


def test_no_browser_comes_in_unless_the_node_says_so() -> None:
    files = rendered()
    assert files["http.conf"] == "[general]\nenabled = no\n"
    assert "websocket" not in files["modules.conf"] + files["pjsip.conf"]
    assert "icesupport = no" in files["rtp.conf"]
    open_ = with_node(websocket=WebSocket(listen="127.0.0.1:8088"))
    assert "bindaddr = 127.0.0.1\nbindport = 8088\n" in open_["http.conf"]
    assert section(open_["pjsip.conf"], "phones-websocket", "transport")["protocol"] == "ws"
    assert "load = res_pjsip_transport_websocket.so\n" in open_["modules.conf"]
    encrypted = with_node(websocket=WebSocket(tls=True), tls=CERTIFIED)
    assert "\nenabled = no\ntlsenable = yes\ntlsbindaddr = 127.0.0.1:8088\n" in encrypted["http.conf"]
    with pytest.raises(RenderError, match="no key tls"):
        with_node(websocket=WebSocket(tls=True))


def test_a_node_behind_a_router_tells_its_outer_address_to_those_outside() -> None:
    text = with_node(nat=Nat(external="203.0.113.9", local=("10.0.0.0/8", "192.168.0.0/16")), tls=CERTIFIED)[
        "pjsip.conf"
    ]
    for name in ("phones-udp", "phones-tcp", "phones-tls", "trunks-udp", "trunks-tcp"):
        transport = section(text, name, "transport")
        assert transport["external_media_address"] == transport["external_signaling_address"] == "203.0.113.9"
    assert text.count("local_net = 10.0.0.0/8\nlocal_net = 192.168.0.0/16\n") == 5


def test_every_phone_may_be_behind_a_router() -> None:
    phone = section(rendered()["pjsip.conf"], "lin", "endpoint")
    assert (phone["force_rport"], phone["rewrite_contact"], phone["rtp_symmetric"]) == ("yes", "yes", "yes")


@pytest.mark.parametrize(
    ("phone", "keys"),
    [
        ({}, {"transport": None, "media_encryption": None, "webrtc": None}),
        ({"transport": "tls"}, {"transport": "phones-tls", "set_var": "VCC_SECURE=1", "media_encryption": None}),
        ({"transport": "tls", "srtp": True}, {"media_encryption": "sdes", "media_encryption_optimistic": "no"}),
        ({"transport": "websocket"}, {"transport": "phones-websocket", "webrtc": "yes", "media_encryption": None}),
    ],
)
def test_what_is_demanded_of_a_phone(phone: dict[str, Any], keys: dict[str, str | None]) -> None:
    base = platform(NODE.model_copy(update={"tls": CERTIFIED, "websocket": WebSocket()}))
    phones = {**base.phones, "lin": Phone(node="a", **phone)}
    text = rendered(base.model_copy(update={"phones": phones}))["pjsip.conf"]
    endpoint = section(text, "lin", "endpoint")
    assert ("VCC_SECURE" in text) == (phone.get("transport") == "tls")
    assert {key: endpoint.get(key) for key in keys} == keys
