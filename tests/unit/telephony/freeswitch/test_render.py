"""The configuration that is written for a FreeSWITCH: what must be in it, and what is refused."""

import re
from datetime import date
from hashlib import md5
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest

from telephony.freeswitch import lasting, names
from telephony.freeswitch.render import RenderError, include_lines, password_digest, render
from telephony.freeswitch.templates import words
from telephony.freeswitch.templates.dialplan import DIALLED
from tenancy.model import (
    FreeSwitchNode,
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

NODE = FreeSwitchNode(kind="freeswitch", sip="10.0.0.1:5060", trunk_sip="10.0.0.1:5080", fallback_after_s=12)
TRUNK = Trunk(node="a", from_addresses=("192.0.2.1", "198.51.100.0/24"))
SECRETS = {"esl/a": "esl-secret", "phone/lin": "lin-password", "phone/wang": "wang-password"}
TLS = Tls(certificate="/c.pem", key="/k.pem", listen="10.0.0.1:5061")


def platform(node: Node = NODE, trunk: Trunk = TRUNK, *, name: str = "carrier", **more: Any) -> Platform:
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
        trunks={name: trunk, "other": TRUNK.model_copy(update={"node": "b"})},
        **({"phones": {"lin": Phone(node="a"), "wang": Phone(node="b")}} | more),
        tenants={"press": tenant},
    )


def rendered(
    platform_: Platform | None = None,
    *,
    fallbacks: dict[str, str | None] | None = None,
    music: dict[str, list[Path]] | None = None,
    secrets: dict[str, str] = SECRETS,
    **more: Any,
) -> dict[str, str]:
    return render(platform_ or platform(), "a", secrets=secrets, music=music or {}, fallbacks=fallbacks or {}, **more)


def as_read(text: str) -> Element:
    """As FreeSWITCH reads a file: line by line first, then as XML. Fails where a line is an instruction to it."""
    assert "$${" not in text
    lines = text.splitlines()
    assert not [line for line in lines if "x-pre-process" in line.lower()]
    kept = [line for line in lines if line.strip() not in {"<include>", "</include>"}]
    return fromstring("<all>" + "\n".join(kept) + "</all>")  # noqa: S314 - our own text


def params(found: Element) -> dict[str, str]:
    return {param.attrib["name"]: param.attrib["value"] for param in found.iter("param")}


def profile(files: dict[str, str], name: str) -> Element:
    (found,) = [one for one in as_read(files["sofia.conf.xml"]).iter("profile") if one.get("name") == name]
    return found


def settings(files: dict[str, str], name: str) -> dict[str, str]:
    found = profile(files, name).find("settings")
    assert found is not None
    return params(found)


def context(files: dict[str, str], name: str, file: str = "dialplan.xml") -> Element:
    (found,) = [one for one in as_read(files[file]) if one.get("name") == name]
    return found


def actions(found: Element) -> list[tuple[str, str]]:
    return [(one.attrib["application"], one.get("data", "")) for one in found.iter("action")]


def test_a_leg_that_gets_no_media_wakes_by_a_timer() -> None:
    files = rendered()
    names_ = [one.attrib["name"] for one in as_read(files["sofia.conf.xml"]).iter("profile")]
    assert {settings(files, name)["rtp-timer-name"] for name in names_} == {"soft"}


def test_the_same_platform_gives_the_same_files_and_only_what_is_the_nodes() -> None:
    files = rendered()
    assert files == rendered()
    assert not [name for name, text in files.items() if "wang" in text or "other" in text]
    assert set(files) == {
        *("freeswitch.xml", "vars.xml", "dialplan.xml", "directory.xml", "switch.conf.xml", "modules.conf.xml"),
        *("event_socket.conf.xml", "acl.conf.xml", "sofia.conf.xml", "conference.conf.xml"),
    }
    taken_in = re.findall(r'cmd="include" data="([^"]+)"', files["freeswitch.xml"])
    assert sorted(taken_in) == sorted(files.keys() - {"freeswitch.xml"})


def test_no_password_is_written_but_its_digest() -> None:
    files = rendered()
    assert not any("lin-password" in text for text in files.values())
    (user,) = as_read(files["directory.xml"]).iter("user")
    assert (user.get("id"), params(user)) == ("lin", {"a1-hash": password_digest("lin", "lin-password")})
    assert password_digest("lin", "lin-password") == md5(b"lin:vcc:lin-password").hexdigest()  # noqa: S324
    assert settings(files, "vcc-phones")["challenge-realm"] == "vcc"


def test_commands_in_what_a_caller_writes_are_not_carried_out() -> None:
    assert params(as_read(rendered()["switch.conf.xml"]))["api-expansion"] == "false"


def test_the_event_socket_is_this_machines_and_has_a_password_of_its_own() -> None:
    socket = params(as_read(rendered()["event_socket.conf.xml"]))
    assert (socket["listen-ip"], socket["listen-port"]) == ("127.0.0.1", "8021")
    assert (socket["password"], socket["apply-inbound-acl"]) == ("esl-secret", "loopback.auto")
    assert socket["nat-map"] == "false"
    remote = rendered(platform(NODE.model_copy(update={"esl": "10.0.0.1:8021"})))
    assert "apply-inbound-acl" not in params(as_read(remote["event_socket.conf.xml"]))


def test_modules_are_those_that_are_needed() -> None:
    def loaded(text: str) -> set[str]:
        return set(re.findall(r'<load module="mod_(\w+)"', text))

    allowed = {"commands", "dptools", "sofia", "event_socket", "dialplan_xml", "sndfile", "tone_stream", "native_file"}
    allowed |= {"conference", "db"}
    assert loaded(rendered()["modules.conf.xml"]) == allowed
    wide = platform(trunk=TRUNK.model_copy(update={"codecs": ("g722", "alaw")}))
    assert loaded(rendered(wide, also_load=("mod_callcenter",))["modules.conf.xml"]) == allowed | {
        "spandsp",
        "callcenter",
    }


def test_phones_and_carriers_are_kept_apart() -> None:
    files = rendered()
    phones, trunks = settings(files, "vcc-phones"), settings(files, "vcc-trunks")
    assert (phones["sip-ip"], phones["sip-port"], trunks["sip-port"]) == ("10.0.0.1", "5060", "5080")
    assert (phones["auth-calls"], trunks["auth-calls"]) == ("true", "false")
    assert (phones["context"], trunks["context"]) == ("vcc-phones", "vcc-nowhere")
    assert phones["inbound-reg-force-matching-username"] == "true"
    assert phones["force-register-domain"] == phones["force-register-db-domain"] == "vcc-phones"
    assert trunks["apply-inbound-acl"] == "vcc-trunk-carrier:vcc-trunk-carrier"
    assert (trunks["disable-transfer"], trunks["disable-register"]) == ("true", "true")
    lists = {
        one.attrib["name"]: (one.get("default"), [node.get("cidr") for node in one])
        for one in as_read(files["acl.conf.xml"]).iter("list")
    }
    assert lists["vcc-trunk-carrier"] == ("deny", ["192.0.2.1/32", "198.51.100.0/24"])
    assert actions(context(files, "vcc-nowhere")) == [("hangup", "CALL_REJECTED")]


def test_where_no_calls_come_in_nobody_is_let_in() -> None:
    trunk = Trunk(node="a", outgoing=Outgoing(server="203.0.113.5:5060"))
    files = rendered(platform(trunk=trunk))
    assert settings(files, "vcc-trunks")["apply-inbound-acl"] == "vcc-nobody"
    (nobody,) = [one for one in as_read(files["acl.conf.xml"]).iter("list") if one.get("name") == "vcc-nobody"]
    assert (nobody.get("default"), len(nobody)) == ("deny", 0)


def test_settings_of_the_node_are_used() -> None:
    node = NODE.model_copy(
        update={
            "qualify_s": 2.0,
            "media_timeout_s": 7,
            "rtp": (20_000, 20_100),
            "sip": "0.0.0.0:5070",
            "nat": Nat(external="voice.example.com", local=("10.0.0.0/8",)),
        }
    )
    files = rendered(platform(node))
    phones = settings(files, "vcc-phones")
    assert (phones["ping-mean-interval"], phones["all-reg-options-ping"]) == ("2", "true")
    assert (phones["sip-ip"], phones["rtp-ip"]) == ("auto", "auto")
    assert (phones["ext-sip-ip"], phones["ext-rtp-ip"]) == ("host:voice.example.com", "host:voice.example.com")
    assert phones["local-network-acl"] == "vcc-local"
    switch = params(as_read(files["switch.conf.xml"]))
    assert (switch["rtp-start-port"], switch["rtp-end-port"]) == ("20000", "20100")
    assert 'cmd="set" data="media_timeout=7000"' in files["vars.xml"]
    assert ";media_timeout=7000;" in files["dialplan.xml"]
    quiet = rendered(platform(NODE.model_copy(update={"media_timeout_s": 0})))
    assert not [name for name, text in quiet.items() if "media_timeout" in text]


def test_an_account_exists_only_where_its_phone_may_come_in() -> None:
    node = NODE.model_copy(update={"tls": TLS, "websocket": WebSocket(listen="0.0.0.0:8089", tls=True)})
    phones = {
        "lin": Phone(node="a"),
        "home": Phone(node="a", transport="tls", srtp=True),
        "web": Phone(node="a", transport="websocket"),
    }
    secrets = {**SECRETS, "phone/home": "home-password", "phone/web": "web-password"}
    files = rendered(platform(node, phones=phones), secrets=secrets, certificate="KEY\nCERTIFICATE\n")
    found = {
        domain.attrib["name"]: [user.attrib["id"] for user in domain.iter("user")]
        for domain in as_read(files["directory.xml"]).iter("domain")
    }
    assert found == {"vcc-phones": ["lin"], "vcc-tls": ["home"], "vcc-websocket": ["web"]}
    (secret,) = [
        one.get("value") for one in as_read(files["directory.xml"]).iter("variable") if "secure" in one.attrib["name"]
    ]
    assert str(secret).startswith("mandatory:")
    tls, web = settings(files, "vcc-tls"), settings(files, "vcc-websocket")
    assert (tls["tls"], tls["tls-only"], tls["tls-sip-port"], tls["tls-version"]) == ("true", "true", "5061", "tlsv1.2")
    assert (web["wss-binding"], web["sip-ip"], web["rtp-ip"]) == ("0.0.0.0:8089", "127.0.0.1", "10.0.0.1")
    assert files["tls/agent.pem"] == files["tls/wss.pem"] == "KEY\nCERTIFICATE\n"
    with pytest.raises(RenderError, match="certificate"):
        rendered(platform(node, phones=phones), secrets=secrets)


# --- the dial plan


@pytest.mark.parametrize("dialled", ["98668", "*71", "*7*1#", "+861098668", "account7", "h", "1" * 79])
def test_what_may_be_dialled(dialled: str) -> None:
    assert re.fullmatch(DIALLED.replace(r"\z", r"\Z"), dialled)


@pytest.mark.parametrize("dialled", ["", "98668\n", "9\n8", "9 8", "${X}", "9,8", "9;8", "9.8", "=h", "阳光", "1" * 80])
def test_what_is_not_let_in(dialled: str) -> None:
    assert not re.search(DIALLED.replace(r"\z", r"\Z"), dialled)


def test_a_leg_that_arrives_is_noted_armed_and_parked_and_nothing_is_answered() -> None:
    arrives = actions(context(rendered(), "vcc-trunk-carrier"))
    done = [name for name, _ in arrives]
    assert done == ["multiset", "ring_ready", "sched_transfer", "park", "hangup"]
    given = dict(arrives)
    assert given["sched_transfer"] == f"+13 {words.FALLBACK_EXTENSION} XML {words.FALLBACK_CONTEXT}"
    assert given["hangup"] == "UNALLOCATED_NUMBER"
    told = dict(one.split("=", 1) for one in given["multiset"].removeprefix("^^;").split(";"))
    assert told["vcc_from"] == "trunk/carrier"
    assert told["codec_string"] == "PCMA,PCMU"
    assert names.GOES_BACK not in told
    assert f'data="{names.GOES_BACK}={names.BACK_PLACE}"' in rendered()["vars.xml"]
    assert 'data="outbound_redirect_fatal=true"' in rendered()["vars.xml"]  # and with it on each leg that is rung
    assert (told["vcc_dialled"], told["vcc_caller"]) == ("$2", "$1")
    assert "vcc_headers" not in told


@pytest.mark.parametrize(
    ("claimed", "dialled", "noted"),
    [
        ("+8613912345678", "98668", "+8613912345678"),
        ("13912345678 or so", "*71", "13912345678"),
        ("anonymous", "98668", ""),
        ("", "98668", ""),
        ("+", "98668", ""),
        ("1|2\n|3", "98668", "1"),
        ("${uuid}", "h", ""),
    ],
)
def test_what_a_caller_claims_and_has_dialled_are_read_at_once(claimed: str, dialled: str, noted: str) -> None:
    (both,) = [one for one in context(rendered(), "vcc-trunk-carrier").iter("condition") if "|" in one.get("field", "")]
    assert both.get("field") == "${caller_id_number}|${destination_number}"
    found = re.search(str(both.get("expression")).replace(r"\z", r"\Z"), f"{claimed}|{dialled}")
    assert found is not None
    assert found.groups() == (noted, dialled)


def test_a_phones_call_is_that_of_its_account() -> None:
    phones = context(rendered(), "vcc-phones")
    conditions = [one.attrib for one in phones.iter("condition")]
    assert conditions[0] == {"field": "${vcc_phone}", "expression": r"^[a-z][a-z0-9_-]{0,39}\z"}
    assert ";vcc_from=phone/${vcc_phone};" in dict(actions(phones))["multiset"]


def test_nothing_is_read_that_the_same_step_sets() -> None:
    """The switch expands all that `multiset` is given before it sets the first."""
    for name in ("vcc-trunk-carrier", "vcc-phones", "vcc-handover"):
        (step,) = [data for application, data in actions(context(rendered(), name)) if application == "multiset"]
        settings = [one.partition("=") for one in step.removeprefix("^^;").split(";")]
        at_once = [value for variable, _, value in settings if variable != words.NOTE_HOOK]
        assert not [value for value in at_once for variable, _, _ in settings if f"${{{variable}}}" in value]


def test_no_expression_lets_a_line_end_through_or_is_changed_by_the_switch() -> None:
    files = rendered(platform(trunk=TRUNK.model_copy(update={"numbers": NumberRules(dialled_from="diversion")})))
    for one in as_read(files["dialplan.xml"]).iter("condition"):
        expression = one.get("expression", "")
        assert not expression.endswith("$")
        assert not re.search(r"\\[\\nst']|\$", expression), "FreeSWITCH reads these itself, before the expression"


def test_what_a_caller_wrote_is_compared_and_never_put_in() -> None:
    """In `field` it is compared; in what an application is given stand our own variables and captures alone."""
    files = rendered(platform(trunk=TRUNK.model_copy(update={"numbers": NumberRules(dialled_from="diversion")})))
    put_in = {
        name for _, data in actions(as_read(files["dialplan.xml"])) for name in re.findall(r"(?<!\\)\$\{(\w+)\}", data)
    }
    assert put_in == {"vcc_phone", "vcc_back", names.RECORDING}


def test_a_missed_call_is_noted_when_it_ends_by_what_is_true_then() -> None:
    arrives = actions(context(rendered(), "vcc-trunk-carrier"))
    (hook,) = [one for one in dict(arrives)["multiset"].split(";") if one.startswith(words.NOTE_HOOK)]
    kept = hook.replace(r"\\\$", "$")  # each of the two that read it takes one backslash from the dollar
    assert kept == (
        "api_reporting_hook=db insert/vcc-missed/${uuid}/${start_epoch} ${vcc_from} ${vcc_dialled} n${vcc_number}"
        " c${vcc_caller} ${end_epoch} ${vcc_end} ${answer_epoch}"
    )
    assert not [data for _, data in actions(context(rendered(), "vcc-handover")) if words.NOTE_HOOK in data]


def test_a_leg_comes_back_to_one_place_in_the_dial_plan() -> None:
    recorded, rung, arrived = context(rendered(), names.CONTEXT)
    assert recorded.get("continue") == "true"
    assert [name for name, _ in actions(recorded)] == ["record_session_pause"]
    assert [one.get("field") for one in rung.iter("condition")] == ["destination_number", "${vcc_rung}", None]
    assert [name for name, _ in actions(rung)] == ["sched_hangup", "park"]
    assert [name for name, _ in actions(arrived)] == ["sched_transfer", "park"]


def test_in_anothers_switch_what_lasts_is_set_on_each_leg_of_ours_and_on_nobody_elses() -> None:
    files = rendered(platform(NODE.model_copy(update={"inside": True})))
    assert names.GOES_BACK not in files["vcc-vars.xml"]
    arrives = dict(actions(context(files, "vcc-trunk-carrier", "vcc-dialplan.xml")))["multiset"]
    _, rung, arrived = context(files, names.CONTEXT, "vcc-dialplan.xml")
    for settings_ in (arrives, *(dict(actions(one))["multiset"] for one in (rung, arrived))):
        told = dict(one.split("=", 1) for one in settings_.removeprefix("^^;").split(";"))
        assert told.items() >= lasting.of_arriving(inside=True).items()
        assert "outbound_redirect_fatal" not in told  # that is for those who are rung
    assert lasting.VARIABLES["outbound_redirect_fatal"] == "true"
    assert f";{names.ON_HOLD}=" not in dict(actions(context(files, "vcc-handover", "vcc-dialplan.xml")))["multiset"]


def test_a_blind_transfer_leads_to_vcc_and_nowhere_else() -> None:
    asked, _, rung, arrived = context(rendered(), words.TRANSFER_CONTEXT)
    assert asked.get("continue") == "true"
    assert actions(asked) == [("set", "vcc_refer_to=$1")]
    assert [one.get("data") for one in asked.iter("anti-action")] == ["vcc_refer_to=?"]
    for extension in (rung, arrived):
        assert actions(extension)[-1] == ("park", "")
        assert {one.get("expression") for one in extension.iter("condition")} <= {"^", ".", None}


def test_a_number_in_a_header_is_looked_for_behind_the_name() -> None:
    rules = NumberRules(dialled_from="p-called-party-id", headers=("X-Test", "P-Called-Party-ID"))
    files = rendered(platform(trunk=TRUNK.model_copy(update={"numbers": rules})))
    trunk = context(files, "vcc-trunk-carrier")
    (found,) = [one for one in trunk.iter("condition") if "sip_i_" in one.get("field", "")]
    assert found.get("field") == "${sip_i_p_called_party_id}"
    assert ";vcc_headers=p-called-party-id:x-test;" in dict(actions(trunk))["multiset"]
    assert settings(files, "vcc-trunks")["parse-all-invite-headers"] == "true"
    expression = re.compile(str(found.get("expression")).replace(r"\z", r"\Z"))
    for header, number in {
        "<sip:98668@carrier>;reason=x": "98668",
        "sip:+8698668@carrier": "+8698668",
        "tel:98668": "98668",
        '"a <sip:1@b>: \\" c" <sips:98668@c>': "98668",
        "Anna <sip:98668@c>, <sip:1@c>": "98668",
        "ARRAY::<sip:98668@c>|:<sip:1@c>": "98668",
        "${system ls}": "",
        "<sip:98668${x}@c>": "",
        "": "",
    }.items():
        match = expression.search(header)
        assert (match[1] if match else "") == number, header


def test_the_fallback_of_each_number_in_each_form_that_the_carrier_writes() -> None:
    rules = NumberRules(strip=("010", "8610"), country_code="86")
    files = rendered(
        platform(trunk=TRUNK.model_copy(update={"numbers": rules})), fallbacks={"98668": "/sounds/fall back"}
    )
    said = {}
    for extension in context(files, words.FALLBACK_CONTEXT):
        *_, last = extension.findall("condition")
        said[last.get("expression")] = [data or name for name, data in actions(extension)]
    spoken = next(done for expression, done in said.items() if expression and re.search(r"\b01098668\b", expression))
    assert spoken == ["vcc_end=fallback", "answer", "/sounds/fall back.wav", "NORMAL_CLEARING"]
    busy = next(done for expression, done in said.items() if expression and re.search(r"\b861098667\b", expression))
    assert busy == ["vcc_end=busy", "USER_BUSY"]
    assert said[rf"^{words.FALLBACK_EXTENSION}\z"] == ["vcc_end=busy", "NORMAL_CIRCUIT_CONGESTION"]
    assert said["^handover/"] == ["vcc_outcome=fallback", "${vcc_back}"]
    handed_over = said[r"^(?:98668)\z"]
    assert handed_over == ["answer", "/sounds/fall back.wav", "vcc_outcome=fallback", "${vcc_back}"]
    assert list(said)[-1] == rf"^{words.FALLBACK_EXTENSION}\z", "what holds for all others stands last"


def test_music_is_one_file_or_several_as_one() -> None:
    text = rendered(music={"press/main": [Path("/m/a.wav")], "press/b": [Path("/m/1.wav"), Path("/m/2.wav")]})[
        "vars.xml"
    ]
    assert f'data="{words.music_variable("press/main")}=/m/a.wav"' in text
    assert f'data="{words.music_variable("press/b")}=file_string:///m/1.wav!/m/2.wav"' in text


# --- calls to outside


def gateway(trunk: Trunk, **more: Any) -> tuple[dict[str, str], dict[str, str]]:
    rendering = profile(rendered(platform(trunk=trunk), **more), "vcc-trunks")
    found = rendering.find(f"gateways/gateway[@name='{words.gateway('carrier')}']")
    assert found is not None
    variables = {one.attrib["name"]: one.attrib["value"] for one in found.iter("variable")}
    return params(found), variables


def test_a_trunk_by_address() -> None:
    found, variables = gateway(Trunk(node="a", outgoing=Outgoing(server="203.0.113.5:5060", codecs=("ulaw",))))
    assert (found["proxy"], found["register"], found["ping"]) == ("203.0.113.5:5060", "false", "30")
    assert (found["caller-id-in-from"], found["context"]) == ("true", "vcc-nowhere")
    assert (found["ping-min"], found["ping-max"]) == ("1", "2"), "else one question without an answer takes it out"
    assert variables["absolute_codec_string"] == "PCMU"
    assert variables["media_timeout"] == "60000"


def test_a_trunk_that_registers() -> None:
    outgoing = Outgoing(
        server="203.0.113.5:5060",
        registration=Registration(user="acc1", realm="carrier"),
        caller_id_in="p-asserted-identity",
        qualify_s=1,
    )
    trunk = Trunk(node="a", outgoing=outgoing)
    secrets = {**SECRETS, "trunk/carrier": 'p"a$${x}s&'}
    found, variables = gateway(trunk, secrets=secrets)
    all_ = profile(rendered(platform(trunk=trunk), secrets=secrets), "vcc-trunks")
    registers = all_.find(f"gateways/gateway[@name='{words.registration('carrier')}']")
    assert registers is not None
    registration = params(registers)
    for one in (found, registration):
        assert (one["username"], one["password"], one["realm"]) == ("acc1", 'p"a$${x}s&', "carrier")
        assert (one["extension"], one["extension-in-contact"]) == ("acc1", "true")
    assert (registration["register"], registration["expire-seconds"]) == ("true", "300")
    assert (found["register"], found["ping"], found["ping-max"]) == ("false", "5", "2")
    assert "ping" not in registration, "one question without an answer would end it"
    assert (found["caller-id-in-from"], variables["sip_cid_type"]) == ("false", "pid")
    assert (
        "203.0.113.5/32" in rendered(platform(trunk=trunk), secrets={**SECRETS, "trunk/carrier": "x"})["acl.conf.xml"]
    )
    with pytest.raises(RenderError, match="trunk/carrier"):
        rendered(platform(trunk=trunk))
    with pytest.raises(RenderError, match="password of trunk carrier has a colon"):
        rendered(platform(trunk=trunk), secrets={**SECRETS, "trunk/carrier": "be:hind"})


# --- a FreeSWITCH that has files of its own


def test_only_what_is_to_be_included_is_written_for_one_that_has_its_own() -> None:
    node = NODE.model_copy(update={"inside": True, "tls": TLS})
    files = rendered(platform(node), folder="/etc/vcc", certificate="KEY\n")
    lines = include_lines(Path("/etc/vcc"))
    assert sorted(Path(line.split('"')[3]).name for _, _, line in lines) == sorted(files.keys() - {"tls/agent.pem"})
    assert [name for name in files if not name.startswith(("vcc-", "tls/"))] == []
    assert [one.get("name") for one in as_read(files["vcc-sofia.xml"])] == ["vcc-phones", "vcc-tls", "vcc-trunks"]
    assert 'name="tls-cert-dir" value="/etc/vcc/tls"' in files["vcc-sofia.xml"]
    assert [one.tag for one in as_read(files["vcc-acl.xml"])] == ["list", "list"]
    assert "media_timeout" not in files["vcc-vars.xml"], "its own calls have limits of their own"


# --- nothing that is configured is read as something else


def test_a_name_that_freeswitch_would_take_for_an_instruction() -> None:
    phones = {"x-pre-process": Phone(node="a")}
    files = rendered(
        platform(name="x-pre-process", phones=phones), secrets={**SECRETS, "phone/x-pre-process": "password"}
    )
    context(files, "vcc-trunk-x-pre-process")  # as_read fails where a line is lost
    (user,) = as_read(files["directory.xml"]).iter("user")
    assert user.get("id") == "x-pre-process"
    assert settings(files, "vcc-trunks")["apply-inbound-acl"] == "vcc-trunk-x-pre-process:vcc-trunk-x-pre-process"


HOSTILE = [
    *("/a${system ls}", "/a$${x}", "/a$x", "/a|b", "/a,b", "/a;b", '/a"b', "/a'b", "/a!b", "/a{b}", "/a[b]", "/a(b)"),
    *("/a<b", "/a>b", "/a\\b", "/a^b", "/a&b", "/a\nb", "/a\x00", " /a", "/a ", "x://y", "say::x", ""),
    "/X-Pre-Process/a",
]


@pytest.mark.parametrize("sound", [one for one in HOSTILE if one not in {"", "/a ", "/X-Pre-Process/a"}])
def test_a_fallback_that_the_dial_plan_would_read_as_something_else_is_refused(sound: str) -> None:
    with pytest.raises(RenderError):
        rendered(fallbacks={"98668": sound})


@pytest.mark.parametrize("path", [one for one in HOSTILE if one.startswith("/") and one != "/a "])
def test_music_that_would_be_read_as_something_else_is_refused(path: str) -> None:
    with pytest.raises(RenderError):
        rendered(music={"press/main": [Path(path), Path("/m/b.wav")]})


@pytest.mark.parametrize("secret", ["a${x}", "a b;c", "a,b", "", "a\nb", "a'b"])
def test_a_password_of_the_event_socket_that_cannot_be_written_is_refused(secret: str) -> None:
    with pytest.raises(RenderError):
        rendered(secrets={**SECRETS, "esl/a": secret})


@pytest.mark.parametrize(
    "change", [{"esl": "127.0.0.1"}, {"sip": "10.0.0.1"}, {"sip": "a b:5060"}, {"trunk_sip": "10.0.0.1:5060"}]
)
def test_addresses_that_are_none_or_the_same_twice_are_refused(change: dict[str, str]) -> None:
    with pytest.raises(RenderError):
        rendered(platform(NODE.model_copy(update=change)))


def test_what_else_cannot_be_rendered() -> None:
    with pytest.raises(RenderError, match="no FreeSWITCH node"):
        rendered(platform(SimulatedNode(kind="simulated")))
    with pytest.raises(RenderError, match="phone/lin"):
        rendered(secrets={"esl/a": "esl-secret"})
    with pytest.raises(RenderError, match="opus"):
        rendered(platform(trunk=TRUNK.model_copy(update={"codecs": ("opus",)})))
    named = Outgoing(server="sip.example.com:5060", registration=Registration(user="acc1"))
    with pytest.raises(RenderError, match="from_addresses"):
        rendered(platform(trunk=Trunk(node="a", outgoing=named)), secrets={**SECRETS, "trunk/carrier": "x"})
    many = {f"t{n}": TRUNK for n in range(101)}
    with pytest.raises(RenderError, match="takes 100"):
        rendered(platform().model_copy(update={"trunks": many}))
