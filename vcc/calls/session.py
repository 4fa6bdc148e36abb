"""One contact, as plain data: everything that has to survive a crash of vcc.

    arriving -> treatment (not let in: a word, then the end)
    arriving -> calling -> joining -> talking: an agent calls a colleague (colleagues.py)
             -> flow -> waiting -> joining -> talking -> parting -> flow ...
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

from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from core.facts import Direction, Outcome, Party
from ivr_flows.protocol import ContactInfo, FlowState

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
    play: str = ""  # the Speak under way, as the switch knows it: unique in the contact, over all its flows
    music: str = ""  # the music that is on
    #: waiting and talking
    queue: str = ""
    queued_at: float | None = None
    priority: int | None = None  # what was asked of the queue besides its own
    skills: dict[str, int] = field(default_factory=dict)
    offer: int | None = None
    agent: str = ""
    agent_node: str = ""
    agent_leg: str = ""
    connected_at: float | None = None
    parted: bool = False  # the switch has said that the bridge is over
    adrift: bool = False  # talks on a leg that vcc lost meanwhile: the leg comes back (CallArrived) after the bridge
    talked: bool = False
    #: sent on by an agent: whom it waits for alone, or the number outside that rings or is talked with
    direct: str = ""
    outside: str = ""
    dialled_out: int = 0  # numbers outside so far: their legs' names count them
    ranks_from: float | None = None  # the place in a queue that it keeps, also in the next
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
        return {"caller": self.caller, "number": self.number, **(state.variables if state else {})}

    @property
    def info(self) -> ContactInfo:
        """What the flow may know of the contact."""
        return ContactInfo(
            contact=self.contact,
            tenant=self.tenant,
            node=self.node,
            number=self.number,
            caller=self.caller,
            phone=self.phone,
            argument=self.argument,
            language=self.flow_state.language if self.flow_state else self.language,
        )


_FIELDS = tuple(f.name for f in fields(ContactSession))


def dump(session: ContactSession) -> dict[str, Any]:
    """The session as JSON values. Secrets of the flow are in `flow_state.secrets`: encrypt them before storing."""
    data = {name: getattr(session, name) for name in _FIELDS}
    if session.flow_state is not None:
        data["flow_state"] = session.flow_state.dump()
    return data


def load(data: Mapping[str, Any]) -> ContactSession:
    """Build the session that `dump` gave; fields of another version are left out. Raises KeyError, TypeError or
    ValueError when what was stored is no session.
    """
    values = {key: value for key, value in data.items() if key in _FIELDS}
    values["stage"] = Stage(values["stage"])
    values["direction"] = Direction(values.get("direction", Direction.INBOUND))
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
