"""What was expected against what is there: one line a field, in words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from core.facts import ContactResolved, Outcome
from ivr_flows.protocol import AskSystem, DialOutside, DoAction, EnterNumber, Finished, HangUp, ReturnCall
from ivr_flows.scripts.written import NONE
from ivr_flows.steps.callback import TIME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ivr_flows.scripts.call import Call
    from ivr_flows.scripts.world import World
    from ivr_flows.scripts.written import Expect, Hear

#: Fields that are looked at one value at a time.
_MAPS = {"variables", "arguments", "sent"}


def plain(text: str) -> str:
    """A text for comparing: white space at its ends and in a row does not matter."""
    return re.sub(r"\s+", " ", text.strip())


def wanted(want: Hear) -> str:
    """What was to be heard, in words."""
    text = repr(want.text or want.whole) if want.text or want.whole else "anything"
    said = f"exactly {text}" if want.whole else text
    return said + (f" from {want.step}" if want.step else "") + (f" in {want.language}" if want.language else "")


def differences(want: Expect, call: Call, world: World) -> Iterator[tuple[str, str, str]]:
    """Each field that differs: its name, what was expected, what is there."""
    for name in want.model_fields_set:
        expected, found = getattr(want, name), _FOUND[name](call, world)
        shown = "with" if name == "arguments" else name
        if name in _MAPS:
            for key, value in expected.items():
                there = found.get(key, "")
                if there != value:
                    yield f"{shown}.{key}", repr(value), repr(there)
        elif name == "error":
            if (expected or "") not in found or (not expected and found):
                yield shown, repr(expected), repr(found)
        elif _word(expected) != _word(found):
            yield shown, _word(expected), _word(found)


def _word(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {value[key]}" for key in sorted(value)) or NONE
    return NONE if value is None or value == "" else str(value)


def outcome(call: Call) -> str:
    """The contact's outcome in the words of the record; `none` while it goes on, or another flow takes over."""
    left, error = call.hung_up, call.end.error if isinstance(call.end, Finished) else ""
    if not left and (call.end is None or isinstance(call.end, EnterNumber)):
        return NONE
    if not left and error:
        return str(Outcome.QUEUE_FULL if error == "queue_full" else Outcome.FAILED)
    if call.talked:
        return str(Outcome.ANSWERED)
    if left and call.world.waits_in:
        return str(Outcome.ABANDONED)
    return str(Outcome.CALLBACK if call.callback else Outcome.LEFT_FLOW if left else Outcome.ENDED_BY_FLOW)


def ended(call: Call) -> str:
    """How the call ended, in words."""
    match call.end:
        case HangUp(cause=cause):
            return f"the flow hung up ({cause})"
        case EnterNumber(number=number):
            return f"the flow led to number {number}"
        case ReturnCall(result=result):
            return f"the flow gave the call back ({result or 'without a word'})"
        case Finished(error=error) if error:
            return f"the flow failed: {error}"
    return "the caller hung up" if call.hung_up else "the flow came to its end"


def _transfer(call: Call) -> str:
    if isinstance(call.asked, DialOutside):
        return call.asked.number
    if call.queued and call.queued.only is not None:
        return call.queued.only
    return call.end.number if isinstance(call.end, EnterNumber) else ""


def _callback_at(call: Call) -> str:
    """When the caller is to be called back, as a flow may say it; `now`: when the turn comes."""
    if call.callback is None:
        return ""
    return "now" if call.callback.at is None else call.state.variables.get(TIME, "")


def _action(call: Call) -> str:
    return call.asked.action if isinstance(call.asked, DoAction) else ""


def _arguments(call: Call) -> dict[str, str]:
    return {**call.asked.arguments, **call.asked.secrets} if isinstance(call.asked, DoAction) else {}


def _asked(call: Call) -> str:
    """What an `http` step asked last: `POST shop/orders`."""
    asked = call.asked
    return f"{asked.method} {asked.system}{asked.path}" if isinstance(asked, AskSystem) else ""


def _sent(call: Call) -> dict[str, str]:
    body = call.asked.body if isinstance(call.asked, AskSystem) else None
    return {name: str(value) for name, value in (body or {}).items()}


def _resolved(call: Call) -> str:
    """What the flow said last that it had resolved; `yes` where it said it without a word."""
    said = [fact.what or "yes" for fact in call.facts if isinstance(fact, ContactResolved)]
    return said[-1] if said else NONE


def _variables(call: Call) -> dict[str, str]:
    hidden = {name: value for name, value in call.state.secrets.items() if not name.startswith("_")}
    return {**call.state.variables, **call.state.private, **hidden}


_FOUND: dict[str, Callable[[Call, World], Any]] = {
    "queue": lambda call, world: call.queued.queue if call.queued else NONE,
    "priority": lambda call, world: call.queued.priority if call.queued else None,
    "skills": lambda call, world: call.queued.skills if call.queued else None,
    "music": lambda call, world: call.music,
    "position": lambda call, world: world.position(),
    "callback": lambda call, world: call.callback.number if call.callback else "",
    "callback_at": lambda call, world: _callback_at(call),
    "transfer": lambda call, world: _transfer(call),
    "outcome": lambda call, world: outcome(call),
    "cause": lambda call, world: call.end.cause if isinstance(call.end, HangUp) else "",
    "result": lambda call, world: call.end.result if isinstance(call.end, ReturnCall) else "",
    "error": lambda call, world: call.state.error,
    "step": lambda call, world: call.state.step,
    "language": lambda call, world: call.state.language,
    "asked": lambda call, world: _asked(call),
    "sent": lambda call, world: _sent(call),
    "variables": lambda call, world: _variables(call),
    "resolved": lambda call, world: _resolved(call),
    "action": lambda call, world: _action(call),
    "arguments": lambda call, world: _arguments(call),
}
