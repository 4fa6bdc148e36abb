"""One contact, as plain data: everything that has to survive a crash of vcc.

    arriving -> treatment (not let in: a word, then the end)
    arriving -> calling -> joining -> talking: an agent calls a colleague (colleagues.py)
             -> flow -> waiting -> joining -> talking -> parting -> flow ...
    waiting -> joining -> talking -> ending: a callback, from its first offer on (callbacks.py, calling_back.py)
    talking -> parked -> waiting: out of every agent's hands for a while (parking.py)
    any of them -> ending -> gone (LegHungUp)
    a call that was handed over: in place of ending, returning -> gone (LegReleased), for the dial plan has it again
    any of them but a conversation -> fallback -> gone: vcc goes away, the switch's static fallback has the caller

`flow` also covers what the flow does while it waits for keys or speech. `waiting` is waiting in a queue, with or
without an offer under way (also while whoever picked up is asked or told something: before_bridge.py); `joining`: the
agent has picked up, the switch bridges; `parting`: the agent has left, the switch has not yet said that the caller's
leg is free. Calls of agents who dial a code are contacts too: their tenant is empty.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from enum import StrEnum
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from core.facts import Direction, Outcome, Party
from ivr_flows.protocol import SEALED, ContactInfo, FlowState

if TYPE_CHECKING:
    from collections.abc import Mapping


class Stage(StrEnum):
    """How far a contact has come."""

    ARRIVING = "arriving"
    TREATMENT = "treatment"
    FLOW = "flow"
    CALLING = "calling"
    WAITING = "waiting"
    JOINING = "joining"
    TALKING = "talking"
    PARTING = "parting"
    PARKED = "parked"
    ENDING = "ending"
    RETURNING = "returning"
    FALLBACK = "fallback"


class Consultation(StrEnum):
    """How far an agent has come who consults somebody. `joining`: the three are about to hear each other."""

    RINGING = "ringing"
    TALKING = "talking"
    ALTERNATED = "alternated"
    JOINING = "joining"
    CONFERENCE = "conference"


#: Behind a contact's id it is the consultation about it, which the router takes for a contact of its own.
CONSULTED = ".2"


def whole(contact: str) -> str:
    """The contact about which a contact of the router's is: itself, or the one that a consultation is about."""
    return contact.removesuffix(CONSULTED)


#: What of a flow's state is stored encrypted, and where.
SEALED_AS = {name: "sealed" if name == "secrets" else f"sealed_{name}" for name in SEALED}

#: In these the contact is led by no flow any more: its leg only has to go.
LEAVING = frozenset({Stage.ENDING, Stage.RETURNING, Stage.FALLBACK})


@dataclass(kw_only=True, slots=True)
class ContactSession:
    """A contact that is going on. Times are POSIX seconds; names are those of the whole platform."""

    contact: str
    node: str
    leg: str
    trunk: str
    phone: str
    dialled: str
    number: str
    caller: str
    caller_name: str
    arrived: float
    language: str = "zh-CN"  # until a flow has another
    argument: str = ""  # what was dialled behind a code
    #: on a phone: the agent who has called, and the colleague whose number that was
    placed_by: str = ""
    colleague: str = ""
    direction: Direction = Direction.INBOUND
    #: by the switch's own dial plan, which gets it back, with these words of the flow
    handed_over: bool = False
    result: str = ""
    tenant: str = ""
    project: str = ""
    stage: Stage = Stage.ARRIVING
    since: float = 0.0
    answered: bool = False
    #: the flow that has the contact: its key in the bundle, and its state
    flow: str = ""
    flow_state: FlowState | None = None
    flows_begun: int = 0
    beyond: bool = False  # led elsewhere over its tenant's calls at once: it is none of these
    overflowed: tuple[str, ...] = ()  # queues that have led it elsewhere, each once
    play: str = ""  # the Speak under way, as the switch knows it: unique in the contact, over all its flows
    music: str = ""  # the music that is on
    #: waiting and talking
    queue: str = ""
    queued_at: float | None = None
    expected_s: float | None = None  # how long the wait was expected to last when it began
    priority: int | None = None  # what was asked of the queue besides its own
    skills: dict[str, int] = field(default_factory=dict)
    customer: str = ""  # of which class, for a head start that it has again wherever it waits again
    offer: int | None = None
    agent: str = ""
    agent_node: str = ""
    agent_leg: str = ""
    #: whose phones ring besides, by leg: offer, agent, node (see several.py)
    also: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    connected_at: float | None = None
    parted: bool = False  # the switch has said that the bridge is over
    adrift: bool = False  # talks on a leg that vcc lost meanwhile: the leg comes back (CallArrived) after the bridge
    talked: bool = False
    #: sent on by an agent: whom it waits for alone, or the number outside that rings or is talked with
    direct: str = ""
    outside: str = ""
    dialled_out: int = 0  # numbers outside so far: their legs' names count them
    ranks_from: float | None = None  # the place in a queue that it keeps, also in the next
    #: the place that it has given up itself, kept for a callback: queue, since, priority, skills, customer
    kept: dict[str, Any] = field(default_factory=dict)
    asked_back: bool = False  # it is to be called back
    #: of a callback: the call that asked for it, and what its flow has set; `answered`: whoever is called back is there
    callback: str = ""
    told: dict[str, str] = field(default_factory=dict)
    parked: str = ""  # the slot
    #: whom the agent consults
    consult: str = ""  # a Consultation, or empty
    consult_agent: str = ""
    consult_outside: str = ""
    consult_leg: str = ""
    consult_node: str = ""
    consult_offer: int | None = None
    consult_at: float | None = None  # of a conference: its beginning
    #: the agent who left last: who, the leg, in which queue that was
    left_agent: str = ""
    left_leg: str = ""
    left_queue: str = ""
    held_at: float | None = None  # since when the agent holds the caller
    apart: bool = False  # by command: the two legs are parted for it, and will be bridged again
    muted: bool = False  # by command: nobody hears the agent
    recordings: int = 0  # begun so far: their ids count them
    recording_announced: bool = False
    #: the end, as it looks so far
    outcome: Outcome | None = None
    by: Party | None = None
    cause: str = ""

    @property
    def values(self) -> dict[str, str]:
        """What may be said of the contact to an agent: its numbers, and what its flow has set."""
        state = self.flow_state
        return {"caller": self.caller, "number": self.number, **(state.variables if state else self.told)}

    @property
    def calls_back(self) -> bool:
        """Whether somebody is being called back, who does not talk yet."""
        return self.callback != "" and not self.talked

    @property
    def info(self) -> ContactInfo:
        """What the flow may know of the contact."""
        return ContactInfo(
            contact=self.contact,
            tenant=self.tenant,
            node=self.node,
            number=self.number,
            caller=self.caller,
            trunk=self.trunk,
            phone=self.phone,
            argument=self.argument,
            language=self.flow_state.language if self.flow_state else self.language,
        )


_FIELDS = tuple(f.name for f in fields(ContactSession))
_values = attrgetter(*_FIELDS)
_AT_FIRST = tuple(f.default if f.default_factory is MISSING else f.default_factory() for f in fields(ContactSession))


def dump(session: ContactSession) -> dict[str, Any]:
    """The session as JSON values, those left out that are as at first: a session is stored at each turn of a call, and
    most of them are. Encrypt `SEALED_AS` of `flow_state` before storing.
    """
    data = {
        name: value
        for name, value, at_first in zip(_FIELDS, _values(session), _AT_FIRST, strict=True)
        if value != at_first
    }
    if session.flow_state is not None:
        data["flow_state"] = session.flow_state.dump()
    return data


def load(data: Mapping[str, Any]) -> ContactSession:
    """Build the session that `dump` gave; fields of another version are left out. Raises TypeError or ValueError when
    what was stored is no session.
    """
    values = {key: value for key, value in data.items() if key in _FIELDS}
    values["stage"] = Stage(values.get("stage", Stage.ARRIVING))
    values["direction"] = Direction(values.get("direction", Direction.INBOUND))
    values["also"] = {leg: (also[0], also[1], also[2]) for leg, also in values.get("also", {}).items()}
    values["overflowed"] = tuple(values.get("overflowed", ()))
    values["outcome"] = Outcome(values["outcome"]) if values.get("outcome") else None
    values["by"] = Party(values["by"]) if values.get("by") else None
    if values.get("flow_state"):
        values["flow_state"] = FlowState.load(values["flow_state"])
    return ContactSession(**values)


@dataclass(frozen=True, slots=True)
class AgentLeg:
    """A leg that rings or reached an agent, for which contact and on which node."""

    session: ContactSession
    node: str


@dataclass(kw_only=True, slots=True)
class Legs:
    """Which leg belongs to which contact. Agents' legs stay here until they are gone, also when the contact is."""

    callers: dict[str, ContactSession] = field(default_factory=dict)
    agents: dict[str, AgentLeg] = field(default_factory=dict)

    def session(self, leg: str) -> ContactSession | None:
        """The contact whose leg this is, the caller's or an agent's."""
        if found := self.callers.get(leg):
            return found
        at = self.agents.get(leg)
        return at.session if at else None
