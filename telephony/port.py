"""The switch interface: commands down, facts up; the only thing of a switch that the rest of vcc knows.

A *node* is one running switch. A *leg* is one channel on it, named by `leg`: for a leg that arrives, the switch's own
id (stable while the channel lives, also when vcc was away in between); for a leg that vcc rings, the id that vcc chose
(`core.ids.offer_leg_id`), known before the command leaves.

A leg is *under control* when the switch executes vcc's commands on it: from `CallArrived` or `LegAnswered` until
`LegHungUp`, except while it is bridged. `Switch.send` never waits and never raises for what the switch says: commands
for one leg are carried out in order, and what came of them is a fact. A command for a leg that is gone is no error: the
`LegHungUp` is on its way or was there already.

A caller's leg through a call:

    CallArrived            under control, unanswered: Answer, Reject, Play and Music (as early media)
      -> Answer            then Play, StopPlaying, Music
      -> Bridge(leg, to)   joins it with an agent's answered leg            LegsBridged
                           the agent hangs up: the leg is free again         LegsParted, then commands as before
      -> HangUp            or the caller hangs up                            LegHungUp, the last fact of a leg

An agent's leg: Ring -> LegRinging -> LegAnswered (under control) -> the caller's Bridge -> LegHungUp. When the caller
leaves, the agent's leg comes back under control (`LegsParted` names both): vcc hangs it up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Cause(StrEnum):
    """Why a leg ended or was refused: one vocabulary for every switch."""

    NORMAL = "normal"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REFUSED = "refused"  # the person said no (603)
    UNREACHABLE = "unreachable"  # no such phone, not registered, or it does not answer the network
    UNAVAILABLE = "unavailable"  # no line, congestion (503)
    ELSEWHERE = "elsewhere"  # answered or cancelled elsewhere
    MEDIA_LOST = "media_lost"  # no RTP within the limit
    NOT_FOUND = "not_found"  # no such number (404)
    FAILED = "failed"  # anything else


# --- facts: what a switch tells -------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class SwitchFact:
    """Something that happened on a node at `at` (POSIX seconds)."""

    node: str
    at: float


@dataclass(frozen=True, kw_only=True, slots=True)
class CallArrived(SwitchFact):
    """A leg asks what to do. `trunk` it came in on, or `phone` (account) that placed it; one of them is empty.

    `again`: the leg was here before (vcc was away, or its wire was): a session that is still known goes on with it.
    `caller`, `caller_name` and `headers` (as configured for the trunk, lower-case names) are the sender's claims:
    hostile, though adapters replace control characters in them and cut them to 1,000 characters at most.
    """

    leg: str
    trunk: str = ""
    phone: str = ""
    dialled: str
    caller: str = ""
    caller_name: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    again: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class LegRinging(SwitchFact):
    """The phone of a leg that vcc rings has begun to ring."""

    leg: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LegAnswered(SwitchFact):
    """A leg that vcc rang was answered and is under control."""

    leg: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DigitPressed(SwitchFact):
    """A key was pressed on a leg: one of `0123456789*#ABCD`. Told once, in every state of the leg."""

    leg: str
    digit: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PlayEnded(SwitchFact):
    """A `Play` is over; `completed` False: a key or `StopPlaying` interrupted it, or a file could not be played.

    `leg_ends`: it ended because the leg does; the `LegHungUp` follows.
    """

    leg: str
    play: str
    completed: bool
    leg_ends: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class LegsBridged(SwitchFact):
    """Two legs hear each other. `leg` is the one that was told to `Bridge`."""

    leg: str
    other: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LegsParted(SwitchFact):
    """The bridge of the two is over; told once per bridge. Whichever of them has not hung up is under control again."""

    leg: str
    other: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LegHungUp(SwitchFact):
    """The leg is gone, or never came to be (a `Ring` that failed). `detail` is the switch's own word for the cause."""

    leg: str
    cause: Cause
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class CommandFailed(SwitchFact):
    """A command could not be carried out though its leg lives. `command` is its class name."""

    leg: str
    command: str
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PhoneStatus(SwitchFact):
    """A phone became reachable or unreachable; told for every phone after `NodeUp`, then on each change."""

    phone: str
    reachable: bool
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class LegSnapshot:
    """A leg that exists on the node. `controlled`: it is under vcc's control now. `up`: it was answered."""

    leg: str
    up: bool
    controlled: bool
    bridged_with: str = ""
    phone: str = ""
    dialled: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeUp(SwitchFact):
    """The wires to the node are up, at start or again: `legs` is what is true there (ours and those that vcc serves).

    What the session store believes of legs not listed is out of date: they are gone. Strangers' legs are not listed.
    """

    legs: tuple[LegSnapshot, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeDown(SwitchFact):
    """The wire to the node is lost; nothing is known of its legs until the next `NodeUp`."""

    detail: str


# --- commands: what a switch is told --------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """Something that the leg `leg` shall do."""

    leg: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer(Command):
    """Answer an arriving leg."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reject(Command):
    """Refuse an unanswered leg; the caller's network sees `cause` (BUSY 486, UNAVAILABLE 503, NOT_FOUND 404 …)."""

    cause: Cause


@dataclass(frozen=True, kw_only=True, slots=True)
class Play(Command):
    """Play sound files one after the other (absolute paths of 8 kHz mono WAV). Music that was on is off afterwards.

    A key in `stop_keys` ends it within the switch; the key is told as `DigitPressed` too. Ends with one `PlayEnded`.
    """

    play: str
    sounds: tuple[str, ...]
    stop_keys: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class StopPlaying(Command):
    """End the `Play` that is under way, if any."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Music(Command):
    """Music of this class from now on, in a loop; empty: silence. It goes on while vcc is away."""

    music: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Ring(Command):
    """Ring a phone, as a new leg with the id `leg`, for at most `timeout_s`; what the phone shows is `shows_*`.

    `for_leg`: the caller's leg for which it rings, for the switch's own log. Always ends with LegAnswered or LegHungUp.
    """

    phone: str
    timeout_s: float
    shows_number: str
    shows_name: str
    for_leg: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Bridge(Command):
    """Join `leg` (a caller's, under control) with `other` (an agent's, answered); music on it stops first."""

    other: str


@dataclass(frozen=True, kw_only=True, slots=True)
class HangUp(Command):
    """End a leg in whatever state it is, also one that is not under control or whose phone has not rung yet.

    `elsewhere` tells a ringing phone that the call was taken elsewhere, so that it shows no missed call.
    """

    elsewhere: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ToFallback(Command):
    """Give the leg to the static fallback that the tenant of the dialled number has in the switch's configuration.

    It waits for no `Play`: what is under way or waits in line is ended, as by `StopPlaying`.
    """


class Switch(Protocol):
    """One node, driven by vcc."""

    @property
    def node(self) -> str:
        """The node's name in the configuration."""
        ...

    async def start(self, tell: Callable[[SwitchFact], None]) -> None:
        """Connect and go on connecting; `tell` gets every fact, in order, in the event loop. Returns at once."""
        ...

    def send(self, command: Command) -> None:
        """Have a command carried out; never waits, never raises."""
        ...

    async def close(self) -> None:
        """Let go of the node: legs stay as they are, but for those that are on their way to the fallback: they go."""
        ...
