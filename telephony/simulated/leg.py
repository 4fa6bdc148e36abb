"""One leg: its state and its line of commands, carried out one after the other.

    arriving -> (Answer) -> up -> gone        dialling -> ringing -> up -> gone
    up <-> in a conversation      up <-> watching another leg

Commands wait while a `Play` is under way or the leg is in a conversation or watches; `StopPlaying`, `HangUp`, `Part`,
`Mute`, `Show` and `Whisper` do not wait.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from telephony.port import LegSnapshot, Play

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.clock import TimerHandle
    from telephony.port import Command, Spy
    from telephony.simulated.line import Line
    from telephony.simulated.tape import Tape


@dataclass(kw_only=True, slots=True)
class Playing:
    """A `Play` under way: the sounds that are still to come, and when the present one ends."""

    command: Play
    rest: deque[str]
    timer: TimerHandle | None = None


@dataclass(kw_only=True, slots=True, eq=False)
class Whispering:
    """A `Whisper` under way: the sound that is heard, those still to come, and when the present one ends."""

    rest: deque[str]
    sound: str = ""
    timer: TimerHandle | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Refer:
    """A blind transfer by the phone of the leg `by`, of which vcc has not made anything yet."""

    by: str
    to: str


@dataclass(kw_only=True, slots=True, eq=False)
class Leg:
    """A leg on the switch. `rung`: vcc rang it; else it arrived."""

    name: str
    line: Line
    rung: bool
    trunk: str = ""
    phone: str = ""
    at: str = ""  # the other node at which that phone is
    outside: str = ""  # the number outside that it rings
    dialled: str = ""
    caller: str = ""
    caller_name: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    ringing: bool = False
    up: bool = False
    #: vcc has the leg in its hands now; `served`: it had it once
    controlled: bool = False
    served: bool = False
    in_fallback: bool = False
    #: a dial plan of somebody else's handed it over; `released`: that has it again
    handed_over: bool = False
    released: bool = False
    #: All who are in its conversation, itself too; the same list for each. Empty: it is in none.
    talk: list[Leg] = field(default_factory=list)
    joined: bool = False  # it came into it by `Join`
    watch: Spy | None = None
    muted: bool = False
    holds: bool = False  # its phone has put the others on hold
    refer: Refer | None = None
    whisper: Whispering | None = None
    music: str = ""
    music_class: str = ""  # of the music that it had last
    playing: Playing | None = None
    commands: deque[Command] = field(default_factory=deque)
    voice_hz: int = 0  # what the person at the other end says: a tone; 0: nothing
    tape: Tape | None = None
    timers: list[TimerHandle] = field(default_factory=list)

    @property
    def busy(self) -> bool:
        """Whether commands have to wait."""
        return not self.controlled or bool(self.talk) or self.watch is not None or self.playing is not None

    def cancel_timers(self) -> None:
        """What was going to happen to the leg does not."""
        for timer in self.timers:
            timer.cancel()
        self.timers.clear()

    def snapshot(self) -> LegSnapshot:
        """What is true of the leg now."""
        return LegSnapshot(
            leg=self.name,
            up=self.up,
            controlled=self.controlled and not self.talk and self.watch is None,
            bridged_with=tuple(one.name for one in self.talk if one is not self),
            spies_on=self.watch.on if self.watch else "",
            muted=self.muted,
            phone=self.phone,
            dialled=self.dialled,
        )
