"""The other end of a leg: what the person there has seen and heard, and when."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from telephony.port import Cause


class Hearing(StrEnum):
    """What can be heard."""

    NOTHING = "nothing"
    RINGING = "ringing"  # the network's ringing tone, at a caller's; the phone's bell, at an agent's
    SOUND = "sound"
    MUSIC = "music"
    TALK = "talk"  # the other leg of a bridge
    FALLBACK = "fallback"  # the switch's own announcement
    DIAL_PLAN = "dial_plan"  # whatever the dial plan does that handed the call over and got it back


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """From `at` (POSIX seconds) on this is heard; `what`: the file, the class of music or the other legs, with `+`."""

    at: float
    hearing: Hearing
    what: str = ""


@dataclass(kw_only=True, slots=True)
class Line:
    """The other end of one leg; times are POSIX seconds, None until it happened."""

    leg: str
    shown_number: str = ""
    shown_name: str = ""
    alert: str = ""
    auto_answer: bool = False  # the phone was asked to answer by itself
    rang_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    ended: Cause | None = None  # what the network told: why it is over
    heard: list[Heard] = field(default_factory=list)

    @property
    def hears(self) -> Heard | None:
        """What is heard now."""
        return self.heard[-1] if self.heard and self.ended is None else None

    def hear(self, at: float, hearing: Hearing, what: str = "") -> None:
        """From now on this is heard."""
        last = self.heard[-1] if self.heard else None
        if last is None or (last.hearing, last.what) != (hearing, what):
            self.heard.append(Heard(at=at, hearing=hearing, what=what))

    def end(self, at: float, cause: Cause) -> None:
        """It is over."""
        self.ended_at, self.ended = at, cause
        self.hear(at, Hearing.NOTHING)
