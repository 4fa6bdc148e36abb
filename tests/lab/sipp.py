"""SIPp: many calls by a scenario file, and what became of them.

    result = await run_scenario(Load(scenario=file, target="127.0.0.1:5060", calls=100, rate=20), folder)
    assert result.failed == 0, result

A scenario that waits for calls instead (an agent's phone, a carrier) is started with `Sipp(...)` as an asynchronous
context manager, and is listening inside the block.
"""

import csv
import shutil
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.lab.ports import LOOPBACK, reserve_ports
from tests.lab.process import LabError, LabProcess, tail

_LISTEN_S = 10.0
_SOFT_STOP_S = 5.0
_ENDED_BY_ITSELF = {0, 1, 97, 99}  # all calls good, some failed, ended by a command, no calls at all
_FAILURES = "Failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """What SIPp is to do.

    `rate` is new calls per second, `at_once` the limit of calls at the same time (SIPp's own if None), `limit_s` the
    whole run's limit in seconds. `keys` are the [names] in the scenario, `rows` the lines of its [fieldN], one a
    call. `files` are put beside the scenario, for what it names (pcap or WAV). `calls` = 0: until it is stopped.
    """

    scenario: Path
    target: str = ""
    service: str = ""
    calls: int = 1
    rate: float = 10.0
    at_once: int | None = None
    limit_s: float = 60.0
    keys: Mapping[str, str] = field(default_factory=dict)
    rows: Sequence[Sequence[str]] = ()
    files: Sequence[Path] = ()
    user: str = ""
    password: str = ""
    options: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class SippResult:
    """What became of the calls. `failures` counts them by SIPp's own reasons, `response_ms` holds each measured
    response time by the scenario's timer number, `errors` the end of the list of unexpected messages.
    """

    created: int
    successful: int
    failed: int
    exit_code: int
    failures: Mapping[str, int]
    response_ms: Mapping[str, Sequence[float]]
    errors: str


async def run_scenario(load: Load, folder: Path, *, port: int | None = None) -> SippResult:
    """Run a scenario to its end, its files in `folder`; LabError if SIPp itself fails or takes too long."""
    sipp = Sipp(load, folder, port=port)
    try:
        await sipp.start()
        return await sipp.result()
    finally:
        await sipp.stop()


class Sipp:
    """One SIPp: inside `async with Sipp(load, folder) as sipp:` its port `sipp.port` is open."""

    def __init__(self, load: Load, folder: Path, *, port: int | None = None) -> None:
        self.load = load
        self.folder = folder
        self._ports = reserve_ports()
        self.port = port or self._ports.take()
        self._media = self._ports.take_range(4)
        self._process: LabProcess | None = None

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def process(self) -> LabProcess:
        """The program; LabError if it was not started."""
        if self._process is None:
            raise LabError("this SIPp was not started")
        return self._process

    async def start(self) -> None:
        """Start it; returns when its SIP port is open, or when it has ended already."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for file in (*self.load.files, self.load.scenario):
            shutil.copy(file, self.folder / file.name)
        self._process = LabProcess.start(
            f"sipp {self.load.scenario.stem}", self._argv(), log=self.folder / "sipp.log", cwd=self.folder
        )
        await self._process.until(self._is_started, f"opened its port {self.port}", _LISTEN_S)

    async def result(self) -> SippResult:
        """Wait for its end, by itself, and return what became of the calls."""
        try:
            code = await self.process.wait(self.load.limit_s)
        except TimeoutError:
            sofar = self._read_result(exit_code=-1)
            raise self.process.error(f"had not ended after {self.load.limit_s:g} s; so far: {sofar}") from None
        if code not in _ENDED_BY_ITSELF:
            raise self.process.error("could not run the scenario")
        return self._read_result(exit_code=code)

    async def finish(self) -> SippResult:
        """Let calls in progress end, take no new ones, and return what became of all of them."""
        self.process.send_signal(signal.SIGUSR1)
        return await self.result()

    async def stop(self) -> None:
        """End it now. Nothing happens if it has ended."""
        if self._process is not None and self._process.returncode is None:
            await self._process.stop(grace_s=_SOFT_STOP_S)
        self._ports.close()

    async def _is_started(self) -> bool:
        return self.process.returncode is not None or _is_bound(self.port)

    def _argv(self) -> list[str]:
        load = self.load
        argv = ["sipp", "-sf", load.scenario.name, "-i", LOOPBACK, "-p", str(self.port)]
        argv += ["-mi", LOOPBACK, "-mp", str(self._media[0]), "-nostdin", "-skip_rlimit"]
        argv += [
            "-r",
            f"{load.rate:g}",
            "-trace_stat",
            "-stf",
            "stat.csv",
            "-fd",
            "1",
            "-trace_err",
            "-error_file",
            "errors.log",
        ]
        argv += ["-trace_rtt", "-rtt_freq", "1"]
        argv += ["-m", str(load.calls)] if load.calls else []
        argv += ["-l", str(load.at_once)] if load.at_once else []
        argv += ["-s", load.service] if load.service else []
        argv += ["-au", load.user, "-ap", load.password] if load.user else []
        for name, value in load.keys.items():
            argv += ["-key", name, value]
        if load.rows:
            lines = ["SEQUENTIAL", *(";".join(row) + ";" for row in load.rows)]
            (self.folder / "rows.csv").write_text("\n".join(lines) + "\n")
            argv += ["-inf", "rows.csv"]
        return [*argv, *load.options, *([load.target] if load.target else [])]

    def _read_result(self, *, exit_code: int) -> SippResult:
        last = _last_row(self.folder / "stat.csv")
        if not last:
            raise self.process.error("could not run the scenario: it left no statistics")
        totals = {name.removesuffix("(C)"): value for name, value in last.items() if name and name.endswith("(C)")}
        return SippResult(
            created=int(totals.get("OutgoingCall", 0)) + int(totals.get("IncomingCall", 0)),
            successful=int(totals.get("SuccessfulCall", 0)),
            failed=int(totals.get("FailedCall", 0)),
            exit_code=exit_code,
            failures={
                name.removeprefix(_FAILURES): int(value)
                for name, value in totals.items()
                if name.startswith(_FAILURES) and name != "FailedCall" and int(value)
            },
            response_ms=_response_times(self.folder),
            errors=tail(self.folder / "errors.log", 20),
        )


def _last_row(file: Path) -> dict[str, str]:
    if not file.exists():
        return {}
    with file.open(newline="") as rows:
        *_, last = [{}, *csv.DictReader(rows, delimiter=";")]
    return last


def _response_times(folder: Path) -> dict[str, list[float]]:
    """Every response time, in milliseconds, by the timer's number in the scenario (`start_rtd="1"`)."""
    times: dict[str, list[float]] = {}
    for file in folder.glob("*_rtt.csv"):
        with file.open(newline="") as rows:
            for row in csv.DictReader(rows, delimiter=";"):
                times.setdefault(row["rtd_no"], []).append(float(row["response_time_ms"]))
    return times


def _is_bound(port: int) -> bool:
    """Whether a UDP socket is bound to the port, as the kernel's table says."""
    wanted = f":{port:04X}"
    return any(line.split()[1].endswith(wanted) for line in Path("/proc/net/udp").read_text().splitlines()[1:])
