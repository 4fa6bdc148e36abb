"""The dial plan: the half of the adapter that runs in the switch.

    vcc-trunk-NAME, vcc-phones, vcc-handover    where a leg comes from: noted in its variables, then as `vcc-back`
    vcc-legs        where vcc has its legs; nothing that comes over SIP leads there
      vcc-back      the timer, then the leg waits for vcc: for a caller's the fallback's, for one that vcc rang its end
    vcc-nodes       a call of another node for a phone of this one (nodes.py)
    vcc-transfer    a leg that a phone transfers blind: what was asked for, then as `vcc-back`
    vcc-fallback    what the number's tenant says while no vcc is there (fallback.py)
    vcc-nowhere     refused

Nothing that a caller can write is evaluated: the switch looks for `${…}` even in what it finds in a variable, so that
commands in there are turned off altogether (switch.py), and what is dialled is let in only if every character of it is
harmless.

A call that vcc misses is noted when it ends, by a hook that vcc takes off each leg that it has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.freeswitch import lasting, names
from telephony.freeswitch.seconds import at_least
from telephony.freeswitch.templates import fallback, words
from telephony.freeswitch.templates.document import Element, action, child, condition, written
from telephony.freeswitch.templates.words import codec
from telephony.values import header_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from telephony.freeswitch.templates.fallback import NumberEntry
    from tenancy.model import FreeSwitchNode, NumberRules, Trunk

#: What may be dialled. `\z`: `$` would let a line end through.
DIALLED = r"^([+*#0-9a-zA-Z]{1,79})\z"
#: The number in the first URI of a header, behind whatever name. No two backslashes: the switch would make one of them.
_NUMBER_IN_URI = r'^(?:ARRAY::)?(?:"(?:[^"\x5c]|\x5c.)*"|[^"<:]*)[ \x09]*<?(?:sips?|tel):([+*#0-9]{1,64})(?:[@;>]|\z)'
#: The number that a caller claims, as far as it is one, whatever, and what is dialled, which is known to be harmless.
_CLAIMED_AND_DIALLED = r"(?s)^((?:\+?[0-9]{1,40})?).*\|([+*#0-9a-zA-Z]{1,79})\z"
#: A phone that is on hold need not send media; a dead one is found by the session timer.
HELD_MEDIA_TIMEOUT_S = 3_600


def text(
    *,
    node: FreeSwitchNode,
    trunks: Mapping[str, Trunk],
    numbers: Iterable[NumberEntry],
    more: Callable[[Element], None] = lambda root: None,
) -> str:
    """The file. `more` adds other contexts."""
    root = Element("include")
    for name in sorted(trunks):
        _trunk(root, name, trunks[name], node)
    _phones(root, node)
    _handover(root, node)
    _ours(child(root, "context", name=names.CONTEXT), rf"^{names.BACK}\z", node)
    fallback.add(
        child(root, "context", name=words.FALLBACK_CONTEXT),
        trunks=trunks,
        numbers=sorted(numbers, key=lambda entry: entry.number),
    )
    _transfer(root, node)
    more(root)
    nowhere = child(child(root, "context", name=words.NOWHERE_CONTEXT), "extension", name="refused")
    action(child(nowhere, "condition"), "hangup", "CALL_REJECTED")
    return written(root)


def waits_s(node: FreeSwitchNode) -> int:
    """After how many seconds without vcc a leg goes to its fallback, as the switch counts them."""
    return at_least(node.fallback_after_s)


Steps = list[tuple[str, str]]


def _lasting(node: FreeSwitchNode) -> dict[str, str]:
    """What holds for a leg as long as it is there, in another's switch. Its way back is set anew when it comes back:
    the switch forgets it when it has followed it.
    """
    return lasting.of_arriving(inside=True) | media_timeouts(node) if node.inside else {}


def _waits(node: FreeSwitchNode) -> Steps:
    """The leg waits for vcc, for so long."""
    timer = f"+{waits_s(node)} {words.FALLBACK_EXTENSION} XML {words.FALLBACK_CONTEXT}"
    return [("sched_transfer", timer), ("park", "")]


def _ours(context: Element, place: str, node: FreeSwitchNode) -> None:
    """A leg comes back, or a phone has answered that vcc rang. `place`: an expression for the extension. What a leg
    hears outside of conversations is not recorded, also while no vcc is there to see to that.
    """
    recorded = child(context, "extension", name="recorded", continue_="true")
    condition(recorded, "destination_number", place)
    file = f"${{{names.RECORDING}}}"
    action(condition(recorded, file, "."), "record_session_pause", file)
    rung = child(context, "extension", name="rung")
    condition(rung, "destination_number", place)
    condition(rung, f"${{{names.RUNG}}}", ".")
    ended = ("sched_hangup", f"+{waits_s(node)} NORMAL_TEMPORARY_FAILURE")
    _comes_back(rung, node, [ended, ("park", "")])
    arrived = child(context, "extension", name="arrived")
    condition(arrived, "destination_number", place)
    _comes_back(arrived, node, _waits(node))


def _comes_back(extension: Element, node: FreeSwitchNode, steps: Steps) -> None:
    again = [_multiset(_lasting(node))] if node.inside else []
    _do(child(extension, "condition"), [*again, *steps])


def media_timeouts(node: FreeSwitchNode) -> dict[str, str]:
    """What ends a leg without media; in milliseconds."""
    if not node.media_timeout_s:
        return {}
    return {"media_timeout": f"{node.media_timeout_s}000", "media_hold_timeout": f"{HELD_MEDIA_TIMEOUT_S}000"}


def _multiset(values: Mapping[str, str]) -> tuple[str, str]:
    """Set several variables by one application: each that runs is told to all of the switch's inside, twice."""
    return "multiset", "^^;" + ";".join(f"{name}={value}" for name, value in values.items())


def _do(found: Element, steps: Steps) -> None:
    for application, data in steps:
        action(found, application, data)


def _arrives(
    context: Element, node: FreeSwitchNode, origin: str, more: Mapping[str, str], *, known: Element | None = None
) -> None:
    """What every leg has that arrives. `known`: the condition that stands before; it holds for a leg that may come."""
    extension = child(context, "extension", name="arrives")
    if known is not None:
        extension.append(known)
    handed_over = context.get("name") == words.HANDOVER_CONTEXT
    by_trunk = origin.startswith("trunk/")
    here = condition(extension, "destination_number", DIALLED)
    if by_trunk:
        here = condition(extension, "${caller_id_number}|${destination_number}", _CLAIMED_AND_DIALLED)
    settings = {
        words.DIALLED_VARIABLE: "$2" if by_trunk else "$1",
        **({words.CALLER_VARIABLE: "$1"} if by_trunk else {}),
        words.FROM_VARIABLE: origin,
        **more,
        words.END_VARIABLE: words.GAVE_UP,
        **lasting.of_arriving(inside=node.inside, handed_over=handed_over),
        **media_timeouts(node),
    }
    if not handed_over:  # one that was handed over is no missed call
        settings[words.NOTE_HOOK] = _note()
    _do(here, [_multiset(settings), *([] if handed_over else [("ring_ready", "")]), *_waits(node)])
    refused = child(context, "extension", name="cannot be dialled")
    action(child(refused, "condition"), "hangup", "UNALLOCATED_NUMBER")


def _note() -> str:
    r"""The command that notes a call when it ends. What stands in it is to be read then: `multiset` would read it now,
    and the switch before it gives it to `multiset`, so each `$` is told twice that it means itself.
    """
    parts = [
        "${start_epoch}",
        f"${{{words.FROM_VARIABLE}}}",
        f"${{{words.DIALLED_VARIABLE}}}",
        f"n${{{words.NUMBER_VARIABLE}}}",
        f"c${{{words.CALLER_VARIABLE}}}",
        "${end_epoch}",
        f"${{{words.END_VARIABLE}}}",
        "${answer_epoch}",
    ]
    note = " ".join(parts)
    return f"db insert/{words.MISSED_REALM}/${{uuid}}/{note}".replace("$", r"\\\$")


def _trunk(root: Element, name: str, trunk: Trunk, node: FreeSwitchNode) -> None:
    """Where a carrier's calls arrive; the profile leads here who calls from one of its addresses."""
    context = child(root, "context", name=words.trunk_context(name))
    asked = asked_headers(name, trunk.numbers)
    codecs = ",".join(codec(c, f"trunk {name}: codecs") for c in trunk.codecs)
    more = {"codec_string": codecs, **({words.HEADERS_VARIABLE: ":".join(asked)} if asked else {})}
    if trunk.numbers.dialled_from != "request_uri":
        field = f"${{{words.header_variable(trunk.numbers.dialled_from)}}}"
        number = child(context, "extension", name="number", continue_="true")
        action(condition(number, field, _NUMBER_IN_URI), "set", f"{words.NUMBER_VARIABLE}=$1")
    _arrives(context, node, f"trunk/{name}", more)


def asked_headers(name: str, rules: NumberRules) -> list[str]:
    """The headers that a trunk hands over, in lower case."""
    wanted = [rules.dialled_from] if rules.dialled_from != "request_uri" else []
    found = [header_name(header, f"trunk {name}: headers") for header in (*wanted, *rules.headers)]
    return list(dict.fromkeys(found))


def _phones(root: Element, node: FreeSwitchNode) -> None:
    """Where the calls of phones arrive. Who calls is set by the account alone, and without one nobody is let in."""
    context = child(root, "context", name=words.PHONES_CONTEXT)
    known = Element("condition", {"field": f"${{{words.PHONE_VARIABLE}}}", "expression": r"^[a-z][a-z0-9_-]{0,39}\z"})
    _arrives(context, node, f"phone/${{{words.PHONE_VARIABLE}}}", {}, known=known)


def _handover(root: Element, node: FreeSwitchNode) -> None:
    """Where a dial plan that is not ours hands a call over; it has set `words.BACK_VARIABLE` before."""
    context = child(root, "context", name=words.HANDOVER_CONTEXT)
    known = Element("condition", {"field": f"${{{words.BACK_VARIABLE}}}", "expression": "."})
    more = {words.OUTCOME_VARIABLE: "", words.RESULT_VARIABLE: ""}
    _arrives(context, node, "handover/$1", more, known=known)


def _transfer(root: Element, node: FreeSwitchNode) -> None:
    """Where a leg goes that a phone transfers blind: nowhere but to vcc, which is told what was asked for."""
    context = child(root, "context", name=words.TRANSFER_CONTEXT)
    asked = condition(child(context, "extension", name="asked for", continue_="true"), "destination_number", DIALLED)
    action(asked, "set", f"{words.REFER_VARIABLE}=$1")
    child(asked, "anti-action", application="set", data=f"{words.REFER_VARIABLE}={words.NO_NUMBER}")
    _ours(context, "^", node)
