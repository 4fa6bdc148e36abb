"""The switches on which it is measured: what vcc is compared with on each, and what is to be reached there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """A switch. `peer`: its own queue. `gap_ms`: what an agent's idle gap should not exceed, p95; `cpu_ratio`: the same
    of the processor time to the peer's, None: told, with nothing to be reached.
    """

    switch: str
    peer: str
    gap_ms: float
    cpu_ratio: float | None


ASTERISK = Kind(switch="Asterisk", peer="app_queue", gap_ms=20, cpu_ratio=1.5)
#: From a BYE to its first event FreeSWITCH itself takes up to two ticks of media.
FREESWITCH = Kind(switch="FreeSWITCH", peer="mod_callcenter", gap_ms=50, cpu_ratio=None)
