"""The platform: its configuration, the publications of flows, what people commanded."""

from dataclasses import dataclass

from core.facts.fact import Fact


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfigurationLoaded(Fact):
    """A configuration took effect; `version` is the checksum of its files."""

    version: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FlowPublished(Fact):
    """A text of a flow was published: in force from `begins` until `ends` (None: until another is), for `share` percent
    of the calls; `proposed`: only once somebody else has approved it. `number` counts the flow's publications.
    """

    flow: str
    number: int
    version: str
    who: str
    begins: float
    ends: float | None = None
    share: int = 100
    note: str = ""
    proposed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class FlowApproved(Fact):
    """A proposed publication was approved."""

    flow: str
    number: int
    who: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FlowWithdrawn(Fact):
    """A publication was taken back: it is in force no more, or never will be."""

    flow: str
    number: int
    who: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CommandGiven(Fact):
    """A person gave a command through the control API or by telephone: who, what, on what, and why if that was said."""

    who: str
    command: str
    target: str
    reason: str = ""
