"""What people do when their phone rings, the phones themselves, and the trunks to those outside."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """Picks up after so many seconds; hangs up `talks_s` after the two could hear each other, if that is given."""

    after_s: float = 1.0
    talks_s: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Refuses:
    """Presses the red button after so many seconds."""

    after_s: float = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Busy:
    """The phone says busy at once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rings:
    """Nobody comes; a test may still pick up itself (`Exchange.pick_up`)."""


Behaviour = Answers | Refuses | Busy | Rings


@dataclass(kw_only=True, slots=True)
class Phone:
    """A SIP account on a device. `legs`: those that ring it or talk on it now, oldest first."""

    name: str
    behaviour: Behaviour = field(default_factory=Rings)
    reachable: bool = True
    legs: list[str] = field(default_factory=list)


@dataclass(kw_only=True, slots=True)
class OutTrunk:
    """A trunk on which calls go out. `congested`: the carrier has no line free, though it answers."""

    name: str
    reachable: bool = True
    congested: bool = False
