"""The dial plan: the half of the adapter that runs in the switch.

    vcc-trunk-NAME, vcc-phones, vcc-handover    where a leg comes from: noted in its variables, then as `vcc-back`
    vcc                                         where vcc's legs are; nothing that comes over SIP leads there
      vcc-back        the fallback's timer, then the leg waits for vcc
      vcc-agent       the same for a leg that vcc rang, which has no fallback: it ends
      vcc-fallback    what the number's tenant says while no vcc is there (fallback.py)
    vcc-transfer                                a leg that a phone transfers blind: what was asked for, then as before
    vcc-nowhere                                 refused

Nothing that a caller can write is evaluated: the switch looks for `${…}` even in what it finds in a variable, so that
commands in there are turned off altogether (`api-expansion`, switch.py), and what is dialled is let in only if every
character of it is harmless.

A call that vcc misses is noted when it ends, by a hook that vcc takes off each leg that it has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.freeswitch import names
from telephony.freeswitch.templates import fallback
from telephony.freeswitch.templates.document import Element, action, child, condition, written
from telephony.freeswitch.templates.words import codec
from telephony.values import header_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from telephony.freeswitch.templates.fallback import NumberEntry
    from tenancy.model import FreeSwitchNode, NumberRules, Trunk

#: What may be dialled. `\z`: `$` would let a line end through.
DIALLED = r"^([+*#0-9a-zA-Z]{1,79})\z"
#: A number in a header that holds a SIP or tel URI, whatever stands before it.
_NUMBER_IN_URI = r"^[^:]*(?:::)?[^:]*<?(?:sips?|tel):([+*#0-9]{1,64})(?:[@;>]|\z)"
_CLAIMED = r"^(\+?[0-9]{1,40})"
#: A number or name of who calls, as far as it has nothing that the switch would expand.
_CALLER = r"^([ !#%-\[\]-z|~\x80-\xff]{1,80})"
_SECONDS = r"^([0-9]{1,12})[0-9]{6}\z"
#: More transfers than any call has; the switch counts down, and hangs up at 0.
_TRANSFERS = 1_000_000
#: A phone that is on hold need not send media; a dead one is found by the session timer.
HELD_MEDIA_TIMEOUT_S = 3_600


def text(*, node: FreeSwitchNode, trunks: Mapping[str, Trunk], numbers: Iterable[NumberEntry]) -> str:
    """The file."""
    root = Element("include")
    for name in sorted(trunks):
        _trunk(root, name, trunks[name], node)
    _phones(root, node)
    _handover(root, node)
    inside = child(root, "context", name=names.CONTEXT)
    _extension(inside, names.BACK, _back(node))
    _extension(inside, names.AGENT, _agent(node))
    fallback.extensions(inside, trunks=trunks, numbers=sorted(numbers, key=lambda entry: entry.number))
    _transfer(root, node)
    nowhere = child(child(root, "context", name=names.NOWHERE_CONTEXT), "extension", name="refused")
    action(child(nowhere, "condition"), "hangup", "CALL_REJECTED")
    return written(root)


def waits_s(node: FreeSwitchNode) -> int:
    """After how many seconds without vcc a leg goes to its fallback."""
    return max(1, round(node.fallback_after_s))


Steps = list[tuple[str, str]]


def _back(node: FreeSwitchNode) -> Steps:
    """The leg waits for vcc, for so long. Its way back is set anew: the switch forgets it when it has followed it."""
    timer = f"+{waits_s(node)} {names.FALLBACK} XML {names.CONTEXT}"
    return [
        ("set", f"{names.BACK_VARIABLE}={names.back_to(rung=False)}"),
        ("sched_transfer", timer),
        ("park", ""),
    ]


def _agent(node: FreeSwitchNode) -> Steps:
    settings = {names.BACK_VARIABLE: names.back_to(rung=True), "force_transfer_context": names.TRANSFER_CONTEXT}
    return [
        _multiset(settings | media_timeouts(node)),
        ("sched_hangup", f"+{waits_s(node)} NORMAL_TEMPORARY_FAILURE"),
        ("park", ""),
    ]


def media_timeouts(node: FreeSwitchNode) -> dict[str, str]:
    """What ends a leg without media; in milliseconds."""
    if not node.media_timeout_s:
        return {}
    return {"media_timeout": f"{node.media_timeout_s}000", "media_hold_timeout": f"{HELD_MEDIA_TIMEOUT_S}000"}


def _multiset(values: Mapping[str, str]) -> tuple[str, str]:
    """Set several variables by one application: each that runs is told to all of the switch's inside."""
    return "multiset", " ".join(f"{name}={value}" for name, value in values.items())


def _extension(context: Element, name: str, steps: Steps) -> None:
    found = condition(child(context, "extension", name=name), "destination_number", rf"^{name}\z")
    for application, data in steps:
        action(found, application, data)


def _arrives(context: Element, node: FreeSwitchNode, origin: str, more: Mapping[str, str], *, known: Element) -> None:
    """What every leg has that arrives. `known`: the condition that stands before; it holds for a leg that may come."""
    extension = child(context, "extension", name="arrives")
    extension.append(known)
    action(condition(extension, "created_time", _SECONDS, stops=False), "set", f"{names.ARRIVED}=$1")
    settings = {
        names.FROM: origin,
        **more,
        names.END: names.GAVE_UP,
        "force_transfer_context": names.TRANSFER_CONTEXT,
        "max_session_transfers": str(_TRANSFERS),
        "eavesdrop_enable_dtmf": "false",
        **media_timeouts(node),
    }
    here = condition(extension, "destination_number", DIALLED)
    action(here, "set", f"{names.DIALLED}=$1")
    action(here, *_multiset(settings))
    if names.HANDOVER_CONTEXT != context.get("name"):  # one that was handed over is no missed call
        action(here, "set", f"{names.NOTE_HOOK}={_note()}")
        action(here, "ring_ready")
    for application, data in _back(node):
        action(here, application, data)
    refused = child(context, "extension", name="cannot be dialled")
    action(child(refused, "condition"), "hangup", "UNALLOCATED_NUMBER")


def _note() -> str:
    r"""The command that notes a call when it ends. What stands in it is to be read then: `set` would read it now, and
    the switch before it gives it to `set`, so each `$` is told twice that it means itself.
    """
    words = [
        names.ARRIVED,
        names.FROM,
        names.DIALLED,
        f"n${{{names.NUMBER}}}",
        f"c${{{names.CALLER}}}",
        "end_epoch",
        names.END,
        "answer_epoch",
    ]
    note = " ".join(word if "$" in word else f"${{{word}}}" for word in words)
    return f"db insert/{names.MISSED_REALM}/${{uuid}}/{note}".replace("$", r"\\\$")


def _trunk(root: Element, name: str, trunk: Trunk, node: FreeSwitchNode) -> None:
    """Where a carrier's calls arrive; the profile leads here who calls from one of its addresses."""
    context = child(root, "context", name=names.trunk_context(name))
    known = Element("condition", {"field": "caller_id_number", "expression": _CLAIMED, "break": "never"})
    action(known, "set", f"{names.CALLER}=$1")
    asked = asked_headers(name, trunk.numbers)
    codecs = ",".join(codec(c, f"trunk {name}: codecs") for c in trunk.codecs)
    more = {"codec_string": codecs, **({names.HEADERS: ":".join(asked)} if asked else {})}
    if trunk.numbers.dialled_from != "request_uri":
        field = f"${{{names.header_variable(trunk.numbers.dialled_from)}}}"
        number = child(context, "extension", name="number", continue_="true")
        action(condition(number, field, _NUMBER_IN_URI), "set", f"{names.NUMBER}=$1")
    _arrives(context, node, f"trunk/{name}", more, known=known)


def asked_headers(name: str, rules: NumberRules) -> list[str]:
    """The headers that a trunk hands over, in lower case."""
    wanted = [rules.dialled_from] if rules.dialled_from != "request_uri" else []
    found = [header_name(header, f"trunk {name}: headers") for header in (*wanted, *rules.headers)]
    return list(dict.fromkeys(found))


def _phones(root: Element, node: FreeSwitchNode) -> None:
    """Where the calls of phones arrive. Who calls is set by the account alone, and without one nobody is let in."""
    context = child(root, "context", name=names.PHONES_CONTEXT)
    known = Element("condition", {"field": f"${{{names.PHONE}}}", "expression": r"^[a-z][a-z0-9_-]{0,39}\z"})
    _arrives(context, node, f"phone/${{{names.PHONE}}}", {}, known=known)


def _handover(root: Element, node: FreeSwitchNode) -> None:
    """Where a dial plan that is not ours hands a call over; it has set `names.RETURN` before."""
    context = child(root, "context", name=names.HANDOVER_CONTEXT)
    known = Element("condition", {"field": "caller_id_number", "expression": _CALLER, "break": "never"})
    action(known, "set", f"{names.CALLER}=$1")
    name = child(context, "extension", name="name", continue_="true")
    action(condition(name, "caller_id_name", _CALLER), "set", f"{names.CALLER_NAME}=$1")
    _arrives(context, node, f"handover/${{{names.DIALLED}}}", {names.OUTCOME: "", names.RESULT: ""}, known=known)


def _transfer(root: Element, node: FreeSwitchNode) -> None:
    """Where a leg goes that a phone transfers blind: nowhere but to vcc, which is told what was asked for."""
    context = child(root, "context", name=names.TRANSFER_CONTEXT)
    asked = condition(child(context, "extension", name="asked for", continue_="true"), "destination_number", DIALLED)
    action(asked, "set", f"{names.REFER_TO}=$1")
    otherwise = child(asked, "anti-action", application="set")
    otherwise.set("data", f"{names.REFER_TO}={names.NO_NUMBER}")
    for rung, steps in ((True, _agent(node)), (False, _back(node))):
        extension = child(context, "extension", name=names.AGENT if rung else names.BACK)
        found = condition(extension, f"${{{names.RUNG}}}", r"^true\z") if rung else child(extension, "condition")
        for application, data in steps:
            action(found, application, data)
