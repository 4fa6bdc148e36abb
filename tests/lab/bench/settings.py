"""How big the loads are. The defaults are what the figures are defined for; --quick measures less, more noisily."""

from __future__ import annotations

from dataclasses import dataclass

#: Those who answer the drained queue, and the callers who are in it at once.
FEW_AGENTS = 10
DRAINED_CALLERS = 100
#: Those who answer the steady load.
MANY_AGENTS = 200
#: How long an agent talks, seconds.
TALK_S = 1.0
#: The rate whose figures are named, calls per second.
TOP_RATE = 80
#: The rate at which conversations are recorded, and callers sent on, calls per second.
RECORD_RATE = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What is placed. `drains`: how often the queue is filled and drained on each side. `steady`: rates in calls per
    second, in order; at each both sides have their turn, in turns of who is first. `record_s`: how long conversations
    are recorded, how long the same are not, and how long callers are sent on. `silent_calls` wait at once. The
    events of the event socket are read `wire_turns` times by each reader.
    """

    drains: int = 3
    steady: tuple[int, ...] = (20, 40, TOP_RATE, TOP_RATE)
    steady_s: float = 20.0
    record_s: float = 20.0
    silent_calls: int = 1_000
    silent_rate: float = 100.0
    wire_turns: int = 5


FULL = Settings()
QUICK = Settings(drains=1, steady=(TOP_RATE,), steady_s=12.0, record_s=8.0, silent_rate=150.0, wire_turns=3)
