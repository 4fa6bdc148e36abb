"""The switches: nodes, phones, trunks, and legs that had to be mended."""

from dataclasses import dataclass

from core.facts.fact import Fact


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeChanged(Fact):
    """The wire to a switch came up or went down."""

    up: bool
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PhoneChanged(Fact):
    """A phone became reachable or ceased to be; `detail` is the switch's word for it."""

    phone: str
    reachable: bool
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrunkChanged(Fact):
    """A trunk on which calls go out came to be there, or ceased to be; `detail` is the switch's word for it."""

    trunk: str
    reachable: bool
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class LegHealed(Fact):
    """The invariant check found a leg that should not be there (or not so), and mended it."""

    leg: str
    why: str
