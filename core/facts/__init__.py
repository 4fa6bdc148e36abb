"""What happened: the rows of the event log, in the past tense, never changed once written.

Every figure on a page or an invoice, and every call's record, is computed from these. `tenant` is whose fact it is:
a contact that is led from one tenant's number into another's has facts of both, and each tenant sees its own.
Personal data (numbers, names, digits) stands only in fields marked `personal()`, so that logs can mask it;
digits that a flow marks secret never become part of a fact.

    contacts.py     a contact comes and ends         flows.py       the flow's steps, what the caller keyed in
    queues.py       waits, offers, overflow          talks.py       with agents: hold, transfer, consultation
    outside.py      numbers outside                  callbacks.py   callers who are called back
    recordings.py   what is recorded, who heard it   agents.py      wishes, shifts, sign-ins
    switches.py     nodes, phones, trunks            platform.py    configuration, publications, commands

`fact.py` is what they all have, `words.py` the words they share. To add one: a dataclass in the module of its subject,
and its name here. Everybody imports from here.
"""

from __future__ import annotations

from dataclasses import fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any, get_origin, get_type_hints

from core.facts.agents import AgentAssigned, AgentStateChanged, ShiftsPlanned, SignInRefused
from core.facts.callbacks import CallbackAsked, CallbackDialled, CallbackFailed, CallbackOver, CallbackReached
from core.facts.contacts import (
    ContactAnswered,
    ContactArrived,
    ContactEnded,
    ContactRecovered,
    ContactRefused,
    NumberEntered,
)
from core.facts.fact import Fact, personal
from core.facts.flows import (
    ChoiceMade,
    ContactResolved,
    DigitsCollected,
    FlowStarted,
    InputMissed,
    PromptEnded,
    StepEntered,
    SurveyAnswered,
)
from core.facts.outside import OutsideConnected, OutsideDialled, OutsideEnded, OutsideLeft, OutsideRefused
from core.facts.platform import CommandGiven, ConfigurationLoaded, FlowApproved, FlowPublished, FlowWithdrawn
from core.facts.queues import CallOverflowed, ContactQueued, LadderClimbed, OfferEnded, OfferMade, QueueLeft, WaitTold
from core.facts.recordings import (
    RecordingErased,
    RecordingFinished,
    RecordingPaused,
    RecordingPlayed,
    RecordingResumed,
    RecordingStarted,
)
from core.facts.switches import LegHealed, NodeChanged, PhoneChanged, TrunkChanged
from core.facts.talks import (
    AgentConnected,
    AgentLeft,
    AgentMuted,
    AgentUnmuted,
    CallParked,
    CallTransferred,
    ConferenceBegan,
    ConsultationBegan,
    ConsultationEnded,
    DispositionGiven,
    SupervisionBegan,
    SupervisionEnded,
    TalkHeld,
    TalkResumed,
    TransferFailed,
)
from core.facts.words import Direction, Medium, OfferOutcome, Outcome, Party

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "FACTS",
    "AgentAssigned",
    "AgentConnected",
    "AgentLeft",
    "AgentMuted",
    "AgentStateChanged",
    "AgentUnmuted",
    "CallOverflowed",
    "CallParked",
    "CallTransferred",
    "CallbackAsked",
    "CallbackDialled",
    "CallbackFailed",
    "CallbackOver",
    "CallbackReached",
    "ChoiceMade",
    "CommandGiven",
    "ConferenceBegan",
    "ConfigurationLoaded",
    "ConsultationBegan",
    "ConsultationEnded",
    "ContactAnswered",
    "ContactArrived",
    "ContactEnded",
    "ContactQueued",
    "ContactRecovered",
    "ContactRefused",
    "ContactResolved",
    "DigitsCollected",
    "Direction",
    "DispositionGiven",
    "Fact",
    "FlowApproved",
    "FlowPublished",
    "FlowStarted",
    "FlowWithdrawn",
    "InputMissed",
    "LadderClimbed",
    "LegHealed",
    "Medium",
    "NodeChanged",
    "NumberEntered",
    "OfferEnded",
    "OfferMade",
    "OfferOutcome",
    "Outcome",
    "OutsideConnected",
    "OutsideDialled",
    "OutsideEnded",
    "OutsideLeft",
    "OutsideRefused",
    "Party",
    "PhoneChanged",
    "PromptEnded",
    "QueueLeft",
    "RecordingErased",
    "RecordingFinished",
    "RecordingPaused",
    "RecordingPlayed",
    "RecordingResumed",
    "RecordingStarted",
    "ShiftsPlanned",
    "SignInRefused",
    "StepEntered",
    "SupervisionBegan",
    "SupervisionEnded",
    "SurveyAnswered",
    "TalkHeld",
    "TalkResumed",
    "TransferFailed",
    "TrunkChanged",
    "WaitTold",
    "dump",
    "load",
    "personal",
]


def dump(fact: Fact) -> dict[str, Any]:
    """The fact's fields as plain data, without its name."""
    return {name: getattr(fact, name) for name in _CONVERTERS[type(fact)]}


def load(name: str, data: Mapping[str, Any]) -> Fact:
    """Build the fact `name` from what `dump` gave. Raises KeyError for a name that no version of vcc wrote.

    Fields that this version does not know are left out, so that an older program reads a newer log.
    """
    kind = FACTS[name]
    values = {}
    for key, value in data.items():
        convert = _CONVERTERS[kind].get(key)
        if convert is not None:
            values[key] = convert(value)
    return kind(**values)


def _same(value: Any) -> Any:  # noqa: ANN401 - plain data of any kind
    return value


def _converters(kind: type[Fact]) -> dict[str, Callable[[Any], Any]]:
    """What turns a field's plain form into its own: enums and tuples need it, all else is itself."""
    hints = get_type_hints(kind)
    return {
        f.name: hint
        if isinstance(hint := hints[f.name], type) and issubclass(hint, StrEnum)
        else (tuple if get_origin(hint) is tuple else _same)
        for f in fields(kind)
    }


#: Every fact that is imported above, by the name under which it stands in the log.
FACTS: dict[str, type[Fact]] = {
    value.__name__: value for value in list(globals().values()) if isinstance(value, type) and issubclass(value, Fact)
}
_CONVERTERS = {kind: _converters(kind) for kind in FACTS.values()}
