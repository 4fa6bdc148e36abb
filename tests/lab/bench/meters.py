"""What processes cost: processor time and memory; and what else the machine did meanwhile."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.lab.process import LabError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_IDLE = (3, 4)  # idle and iowait in /proc/stat
#: More of the machine than this taken by others, and a figure is worth less.
BUSY_SHARE = 0.10


def family(pid: int) -> list[int]:
    """A process and all its descendants."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*"):
        for child in (task / "children").read_text().split():
            found += family(int(child))
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time that a process has used so far, all its threads. Raises LabError if it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        message = f"the process {pid} ended while it was measured"
        raise LabError(message) from None
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def resident_bytes(pid: int) -> int:
    """The resident memory of a process now, each page shared with others counted in part, so that the sum over
    processes counts it once: vcc's supervisor and the child that it forks have most in common. Raises LabError if the
    process has ended.
    """
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        message = f"the process {pid} ended while it was measured"
        raise LabError(message) from None
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def machine_busy_seconds() -> float:
    """Processor time used so far on the whole machine, by anybody."""
    fields = [int(value) for value in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return sum(value for place, value in enumerate(fields) if place not in _IDLE) / _TICKS_PER_S


@dataclass(frozen=True, kw_only=True, slots=True)
class Spent:
    """What a window of time cost: `by` group of processes, `own` (this one, which makes the load), and `others`, who
    have nothing to do with it; seconds of processor time. `wall` is how long it was.
    """

    by: Mapping[str, float]
    own: float
    others: float
    wall: float

    @property
    def others_share(self) -> float:
        """How much of the whole machine the others took, 0 to 1."""
        return max(0.0, self.others) / (self.wall * (os.cpu_count() or 1))


class CpuMeter:
    """Measures from when it is made; `groups` are process ids by name. `idle` are processes that are ours and should do
    nothing meanwhile: they do not count as others.
    """

    def __init__(self, groups: Mapping[str, Sequence[int]], idle: Sequence[int] = ()) -> None:
        """Read every clock once."""
        self._groups, self._idle = groups, idle
        self._began = self._read()

    @classmethod
    def machine(cls) -> Self:
        """A meter of what others do."""
        return cls({})

    def _read(self) -> tuple[float, float, float, dict[str, float], float]:
        by = {name: sum(map(cpu_seconds, pids)) for name, pids in self._groups.items()}
        idle = sum(map(cpu_seconds, self._idle))
        return time.monotonic(), machine_busy_seconds(), time.process_time(), by, idle

    def read(self) -> Spent:
        """What was spent since. Raises LabError if one of the processes has ended."""
        (at, busy, own, by, idle), (at0, busy0, own0, by0, idle0) = self._read(), self._began
        spent = {name: by[name] - by0[name] for name in by}
        others = busy - busy0 - (own - own0) - (idle - idle0) - sum(spent.values())
        return Spent(by=spent, own=own - own0, others=others, wall=at - at0)
