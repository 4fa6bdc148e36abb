"""Every path that can dial a number outside goes by the toll-fraud guard: the code is searched for others.

A new one makes a test here fail. It is to call `vcc.calls.outbound.Outbound.ring`; nothing else may dial.
"""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from telephony.asterisk import translate as asterisk
from telephony.asterisk.templates import extensions, nodes
from telephony.between import Links
from telephony.freeswitch import translate as freeswitch
from telephony.freeswitch.templates import dialplan, fallback
from telephony.port import Ring
from tenancy.model import AsteriskNode, FreeSwitchNode
from vcc.lint import check_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[4]
PACKAGES = ("acd", "core", "ivr_flows", "reporting", "telephony", "tenancy", "vcc")
#: Where each of these may stand: the one way from a wish to a call.
DIALS = "vcc/calls/outbound.py"
GUARD = "vcc/calls/guard.py"
DECIDES = "tenancy/dialling.py"
TRANSLATES, TRANSLATES_TOO = "telephony/asterisk/translate.py", "telephony/freeswitch/translate.py"
#: The trunks between nodes: what a node's own dial plan does with the call of another one.
NODES, NODES_TOO = "telephony/asterisk/templates/nodes.py", "telephony/freeswitch/templates/nodes.py"
CHECKS, ASKS = "telephony/asterisk/check/rules/manager.py", "telephony/asterisk/check/asking.py"


A_RING = Ring(leg="vcc-1", phone="p101", timeout_s=9, shows_number="", shows_name="", for_leg="", at="carrier")


@lru_cache(maxsize=1)
def modules() -> dict[str, ast.Module]:
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            found[str(path.relative_to(ROOT))] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def places(wanted: Callable[[ast.AST], bool]) -> set[str]:
    """The files in which something stands."""
    return {path for path, tree in modules().items() if any(map(wanted, ast.walk(tree)))}


def called(name: str) -> Callable[[ast.AST], bool]:
    """A call of this name, as it is or by way of a module."""

    def wanted(node: ast.AST) -> bool:
        if not isinstance(node, ast.Call):
            return False
        function = node.func
        return (isinstance(function, ast.Name) and function.id == name) or (
            isinstance(function, ast.Attribute) and function.attr == name
        )

    return wanted


def named(name: str) -> Callable[[ast.AST], bool]:
    return lambda node: (
        (isinstance(node, ast.Name) and node.id == name)
        or (isinstance(node, ast.Attribute) and node.attr == name)
        or (isinstance(node, ast.alias) and node.name.rpartition(".")[2] == name)
    )


def texts(tree: ast.AST) -> Iterator[str]:
    """Every text of a module but its docstrings, each `{...}` in one as a `{}`."""
    documented = {id(doc) for node in ast.walk(tree) if (doc := _docstring(node)) is not None}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
            yield node.value


def _docstring(node: ast.AST) -> ast.AST | None:
    body = getattr(node, "body", None)
    first = body[0] if isinstance(body, list) and body else None
    return first.value if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) else None


def test_one_place_makes_the_command_that_dials_outside() -> None:
    assert places(called("RingOutside")) == {DIALS}
    assert not places(lambda node: isinstance(node, ast.ClassDef) and any(map(named("RingOutside"), node.bases)))


def test_one_place_makes_permits_and_one_asks_for_them() -> None:
    assert places(called("Permit")) == {DECIDES}
    assert places(named("_SEAL")) == {DECIDES}
    assert places(named("decide")) == {GUARD}
    assert places(called("permit")) <= {DIALS, DECIDES}


def test_the_command_reaches_a_switch_by_the_floor_alone() -> None:
    """Whoever had the switches could send past the guard."""
    assert places(named("switches")) == {"vcc/calls/floor.py"}
    assert places(named("_switches")) <= {"vcc/app.py"}
    assert places(named("redeem")) == {"vcc/calls/floor.py"}


#: What makes a switch dial: AMI's Originate (by its channel), the dial plan's applications, a transfer to a number.
DIALLING = re.compile(
    r"\b(Dial|FollowMe|Queue|Page|RetryDial|Transfer)\(|EXEC (Dial|Originate|Queue|FollowMe|Transfer)\b"
    r"|PJSIP/[^ ]*@|Local/|^(Atxfer|BlindTransfer|PJSIPNotify|Originate)$|\bsofia/|bgapi originate"
)
#: These are names of events, not of actions.
EVENTS = {(f"telephony/asterisk/{name}.py", "BlindTransfer") for name in ("events", "templates/manager")}


def test_nothing_else_makes_a_switch_dial() -> None:
    found = {(path, text) for path, tree in modules().items() for text in texts(tree) if DIALLING.search(text)}
    assert {path for path, text in found if (path, text) not in EVENTS} <= {
        TRANSLATES,
        TRANSLATES_TOO,
        NODES,
        NODES_TOO,
    }, found
    # the others are contexts of ours: `vcc pbx check` has the switch try things there, and something is said to a leg
    ours = {"Local/s@vcc-check/n", "Local/s@vcc-whisper/n"}
    # a REFER to the node that has the caller, which does with it as with that of a phone of its own
    refer = {"exten => {},1,Transfer(sip:${EXTEN}@{})", ",1,Transfer(sip:${EXTEN}@"}  # the text, and its first part
    assert {text for _, text in found if "@" in text} == {"PJSIP/{}@{}", *ours, *refer}
    dials = {text for path, text in found if path == NODES} - refer
    assert {text.partition(",${CUT")[0] for text in dials} == {" same => n,Dial(PJSIP/${EXTEN}"}


def test_a_channel_with_a_number_is_made_of_a_permit_alone() -> None:
    functions = {
        node.name
        for node in ast.walk(modules()[TRANSLATES])
        if isinstance(node, ast.FunctionDef) and any("PJSIP/{}@{}" in text for text in texts(node))
    }
    assert functions == {"originate_outside", "originate"}  # the latter: a phone's account, at another node


def functions_with(wanted: Callable[[str], bool]) -> set[tuple[str, str]]:
    """The functions in which such a text stands, by file; "" outside of any."""
    return {(path, name) for path, tree in modules().items() for name, text in placed(tree) if wanted(text)}


@cache
def placed(tree: ast.Module) -> tuple[tuple[str, str], ...]:
    """Every text of a module, its docstrings too, with the function in which it stands."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    inside = {id(node): function.name for function in functions for node in ast.walk(function)}
    found = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr | ast.Constant)]
    return tuple((inside.get(id(node), ""), text) for node in found for text in texts(ast.Expression(body=node)))


def test_what_freeswitch_dials_is_an_account_or_a_permit() -> None:
    assert functions_with(lambda text: "sofia/" in text) == {
        (TRANSLATES_TOO, "originate"),  # an account at a profile of phones, or at the gateway of another node
        (NODES_TOO, "_ring"),  # an account that the node has, which the condition before it has found
        (TRANSLATES_TOO, "originate_outside"),
    }


def test_channels_are_named_in_these_places() -> None:
    """A name that is put together may hold a number and a trunk: whoever does it has to know what goes in."""
    assert functions_with(lambda text: text.startswith("PJSIP/")) == {
        (TRANSLATES, "originate"),  # an account: letters before all, no @
        (TRANSLATES, "originate_outside"),
        (TRANSLATES, "dial_nobody"),
        (TRANSLATES, "origin_of"),  # these two read
        ("telephony/asterisk/trunks.py", "among"),
        ("telephony/asterisk/trunks.py", "_states"),
    }


def test_the_actions_that_dial_or_move_are_made_in_one_module() -> None:
    assert places(named("ORIGINATE")) == {TRANSLATES, CHECKS, ASKS}  # the last two read what a switch can do
    assert functions_with(lambda text: text in ("Redirect", "ExtraChannel")) == {
        (TRANSLATES, "bring_back"),
        (CHECKS, ""),
    }


#: What the dial plan of ours runs. None of these makes a call.
APPLICATIONS = {
    "AGI", "Answer", "BridgeWait", "ChanSpy", "ExecIf", "Gosub", "GosubIf", "Goto", "GotoIf", "Hangup", "MSet", "NoOp",
    "Playback", "Return", "Ringing", "Set", "StartMusicOnHold", "StopMusicOnHold", "StopPlayTones", "TryExec", "Wait",
}  # fmt: skip
#: What they run in turn.
RUN = {"Playback", "SendDTMF", "Ringing", "Set", "StartMusicOnHold"}


def test_the_dial_plan_runs_nothing_that_dials() -> None:
    platform = check_folder(ROOT / "config").use().platform
    node = next(node for node in platform.nodes.values() if isinstance(node, AsteriskNode))
    entry = extensions.NumberEntry(number="98668", sound="/x/closed", music="press/main")
    text = extensions.text(node=node, trunks=platform.trunks, numbers=[entry])
    steps = [line.split(",", 2)[2] for line in text.splitlines() if line.startswith("exten =>")]
    steps += [line.split(",", 1)[1] for line in text.splitlines() if line.startswith(" same =>")]
    assert {step.partition("(")[0] for step in steps} <= APPLICATIONS
    assert {app for step in steps for app in re.findall(r"(?:\?|TryExec\()([A-Z]\w+)\(", step)} <= RUN
    assert "include" not in text
    assert "switch" not in text


def test_what_is_rung_at_another_node_is_an_account_and_goes_to_a_node() -> None:
    for ring in (replace(A_RING, phone="13800138000"), replace(A_RING, phone="x@out.carrier")):
        for originate in (asterisk.originate, lambda ring: freeswitch.originate(ring, "")):
            with pytest.raises(ValueError, match="no phone's name"):
                originate(ring)
    assert asterisk.originate(A_RING)["Channel"] == "PJSIP/p101@node.carrier"  # whatever else is called so
    assert "sofia/gateway/node.carrier/p101" in freeswitch.originate(A_RING, "")[0]


def test_the_dial_plan_for_other_nodes_rings_the_phones_of_this_one_alone() -> None:
    links = Links(listen="10.0.0.1:5070", key="ab", others={"n2": ("10.0.0.2:5070", "cd")}, phones=("p101", "p102"))
    lines = nodes.dial_plan(links, ["_X!"])
    arrives = lines[lines.index("[vcc-nodes]") + 1 : lines.index("[vcc-nodes-in]") - 1]
    assert arrives == [f"exten => {phone},1,Goto(vcc-nodes-in,${{EXTEN}},1)" for phone in links.phones]
    assert [line for line in lines if "Dial(" in line] == [line for line in lines if "Dial(PJSIP/${EXTEN}," in line]


#: The words by which a switch moves a leg, or calls: alone, or at the beginning of a command.
MOVING = re.compile(
    r"(Dial|FollowMe|Page|Queue|RetryDial|Transfer|att_xfer|bridge|deflect|originate|sched_transfer|transfer"
    r"|uuid_(bridge|deflect|dual_transfer|phone_event|transfer))( .*)?|.*\bloopback/.*",
    re.DOTALL,
)
#: What vcc has Asterisk run in a leg's own line. `Bridge`: with a leg.
EXECUTED = {
    "Bridge", "BridgeAdd", "ChanSpy", "Hangup", "MixMonitor", "PlayTones", "Progress", "Ringing", "StopMixMonitor",
    "StopPlayTones",
}  # fmt: skip


def test_what_moves_a_leg_stands_in_these_places() -> None:
    """Whoever sends a leg somewhere has to know where: all of these are places and legs of ours, never a number."""
    moved = {"bridges.py": ("_move_in", "bridge"), "legs.py": ("_execute_end", "_release", "bring_back")}
    moved |= {"spying.py": ("spy",), "timers.py": ("wind_up",), "rings.py": ("_originate",)}
    moved |= {"templates/dialplan.py": ("_waits",), "templates/fallback.py": ("_give_back",)}
    moved |= {"templates/nodes.py": ("_ring", "contexts")}  # accounts of this node, and a REFER to the caller's
    here = {(f"telephony/freeswitch/{file}", function) for file, functions in moved.items() for function in functions}
    read = {("telephony/asterisk/arrivals.py", "_connected")}  # what a leg comes with; and what the AMI user may do:
    read |= {("telephony/freeswitch/esl_client.py", "leg_of_command")}  # whose command it is
    read |= {("telephony/asterisk/templates/manager.py", ""), ("telephony/asterisk/check/rules/manager.py", "")}
    found = {(path, function) for path, function in functions_with(lambda text: bool(MOVING.fullmatch(text)))}
    assert {place for place in found if place[0].startswith("telephony/")} == here | read


def test_what_asterisk_runs_in_a_leg_calls_nobody() -> None:
    run = [text for tree in modules().values() for text in texts(tree) if text.startswith("EXEC ")]
    assert {text.split()[1] for text in run if text.strip() != "EXEC"} == EXECUTED


@pytest.mark.parametrize("code", ["RingOutside(leg='x')", "port.RingOutside(leg='x')"])
def test_a_path_that_is_added_is_found(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {**modules(), "vcc/calls/new.py": ast.parse(code)}
    monkeypatch.setitem(globals(), "modules", lambda: known)
    with pytest.raises(AssertionError):
        test_one_place_makes_the_command_that_dials_outside()


@pytest.mark.parametrize(
    "code", ["x = f'PJSIP/{number}@{trunk}'", "y = 'EXEC Dial PJSIP/1'", "z = {'Action': 'Atxfer'}"]
)
def test_another_way_to_dial_is_found(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {**modules(), "telephony/asterisk/new.py": ast.parse(code)}
    monkeypatch.setitem(globals(), "modules", lambda: known)
    with pytest.raises(AssertionError):
        test_nothing_else_makes_a_switch_dial()


@pytest.mark.parametrize("code", ["def f(x): return f'PJSIP/{x}'", "x = 'PJSIP/' + y"])
def test_another_name_of_a_channel_is_found(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {**modules(), "telephony/asterisk/new.py": ast.parse(code)}
    monkeypatch.setitem(globals(), "modules", lambda: known)
    with pytest.raises(AssertionError):
        test_channels_are_named_in_these_places()


@pytest.mark.parametrize(
    "code",
    [
        "leg.run('EXEC', 'Dial', n)",
        "esl.api('uuid_transfer', f'{leg} {n} XML default')",
        "f'uuid_deflect {leg} {uri}'",
        "leg.execute('bridge', f'loopback/{n}')",
        "x = f'{{a=b}}loopback/{n}'",
    ],
)
def test_another_place_that_moves_a_leg_is_found(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {**modules(), "telephony/freeswitch/new.py": ast.parse(code)}
    monkeypatch.setitem(globals(), "modules", lambda: known)
    with pytest.raises(AssertionError):
        test_what_moves_a_leg_stands_in_these_places()


def test_another_application_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {**modules(), "telephony/asterisk/new.py": ast.parse("x = f'EXEC Dial {n}'")}
    monkeypatch.setitem(globals(), "modules", lambda: known)
    with pytest.raises(AssertionError):
        test_what_asterisk_runs_in_a_leg_calls_nobody()


@pytest.mark.parametrize("code", ["x = {'Action': translate.ORIGINATE}", "x = {'Action': 'Redirect', 'Exten': y}"])
def test_another_action_that_dials_or_moves_is_found(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {**modules(), "telephony/asterisk/new.py": ast.parse(code)}
    monkeypatch.setitem(globals(), "modules", lambda: known)
    with pytest.raises(AssertionError):
        test_the_actions_that_dial_or_move_are_made_in_one_module()


#: What the dial plan for FreeSWITCH runs. None of these makes a call.
FREESWITCH_APPLICATIONS = {
    "answer", "hangup", "multiset", "park", "playback", "record_session_pause", "ring_ready", "sched_hangup",
    "sched_transfer", "set", "transfer",
}  # fmt: skip


def test_the_dial_plan_of_freeswitch_runs_nothing_that_dials() -> None:
    platform = check_folder(ROOT / "config").use().platform
    entry = fallback.NumberEntry(number="98668", sound="/x/closed.wav")
    text = dialplan.text(node=FreeSwitchNode(kind="freeswitch"), trunks=platform.trunks, numbers=[entry])
    assert set(re.findall(r'application="(\w+)"', text)) <= FREESWITCH_APPLICATIONS
    assert set(re.findall(r'application="transfer" data="([^"]+)"', text)) == {"${vcc_back}"}
    places_to = set(re.findall(r'application="sched_transfer" data="([^"]+)"', text))
    assert {place.split(" ", 1)[1] for place in places_to} == {"fallback XML vcc-fallback"}
