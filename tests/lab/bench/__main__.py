"""Plays the loads in order and prints what was measured: `./run bench [--quick] [--json] [--switch freeswitch]`."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import time
from typing import TYPE_CHECKING

import uvloop

from tests.lab.bench import report
from tests.lab.bench.figures import Measured, percentile
from tests.lab.bench.kinds import ASTERISK, FREESWITCH
from tests.lab.bench.loads import drain, sent_on, silent, steady, talks
from tests.lab.bench.meters import CpuMeter
from tests.lab.bench.settings import FULL, QUICK, RECORD_RATE, Settings
from tests.lab.bench.sides import both, sign_in
from tests.lab.bench.wire import EVENTS, wire
from tests.lab.freeswitch import find_freeswitch, missing_freeswitch
from tests.lab.pbx import STATE, ensure_asterisk
from tests.lab.phone.errors import PhoneError
from tests.lab.process import LabError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.lab.bench.sides import Side
    from tests.lab.platform import LabPlatform

#: Nothing here takes longer; if it does, something hangs.
_LIMIT_S = 900.0
_LOOK_S = 1.0


class Bench:
    """One run."""

    def __init__(self, settings: Settings, freeswitch: Path | None = None) -> None:
        """Nothing measured yet. `freeswitch`: the program, to measure on it in place of Asterisk."""
        self.settings = settings
        self._freeswitch = freeswitch
        self.measured = Measured(kind=FREESWITCH if freeswitch else ASTERISK)
        self._began = time.monotonic()

    def say(self, text: str) -> None:
        """Show progress."""
        print(f"{time.monotonic() - self._began:5.0f} s  {text}", file=sys.stderr, flush=True)

    async def play(self, folder: Path) -> list[str]:
        """Place every load, keeping files in `folder`; returns what makes the figures doubtful."""
        busy = await _busy_share()
        doubts = list(report.machine_doubts(busy))
        for doubt in doubts:
            self.say(f"warning: {doubt}")
        shutil.rmtree(folder, ignore_errors=True)
        await self._wire()
        switch = self.measured.kind.switch
        self.say(f"starting two {switch}s and vcc, registering the phones, signing the agents in")
        program = self._freeswitch or ensure_asterisk(self.say)
        async with asyncio.timeout(_LIMIT_S), both(folder, program) as (ours, peer, platform):
            for turn in range(self.settings.drains):
                for side, other in _turns(ours, peer, turn):
                    await self._drain(side, other, turn)
            for turn, rate in enumerate(self.settings.steady):
                for side, other in _turns(ours, peer, turn):
                    await self._steady(side, other, rate, platform)
            await self._talks(ours, peer, platform)
            await self._sent_on(ours, peer, platform)
            await self._silent(ours, platform)
        return [*doubts, *report.load_doubts(self.measured)]

    async def _wire(self) -> None:
        self.say(f"{EVENTS} events of FreeSWITCH's through vcc's wire, and through asyncio's own reader")
        self.measured.wire = await wire(self.settings.wire_turns)
        ours, plain = self.measured.wire.medians
        self.say(f"    {ours:.0f} events/s, {plain:.0f}")

    async def _drain(self, side: Side, other: Side, turn: int) -> None:
        self.say(f"drain, turn {turn + 1} of {self.settings.drains}, {side.name}")
        load = await drain(side, _pids(other))
        self.measured.drained[side.name].append(load)
        gap = 1_000 * percentile(load.gaps, 95)
        self.say(f"    {load.seconds:.2f} s, idle gap p95 {gap:.1f} ms, {load.failed} failed")

    async def _steady(self, side: Side, other: Side, rate: int, platform: LabPlatform) -> None:
        self.say(f"{rate} calls/s for {self.settings.steady_s:g} s, {side.name}")
        load = await steady(side, rate, self.settings.steady_s, _pids(other))
        self.measured.steady[side.name].append(load)
        parts = ", ".join(f"{name} {load.cpu_ms(name):.2f}" for name in load.spent.by)
        self.say(f"    {load.failed} of {load.calls} failed, {load.cpu_ms():.2f} ms per call ({parts})")
        if load.failed:
            await sign_in(platform)  # whoever did not answer is not offered calls until then

    async def _talks(self, ours: Side, peer: Side, platform: LabPlatform) -> None:
        for recorded in (False, True) if self.settings.record_s else ():
            self.say(f"{RECORD_RATE} calls/s with voices, {'recorded' if recorded else 'not recorded'}")
            load = await talks(ours, RECORD_RATE, self.settings.record_s, recorded=recorded, idle=_pids(peer))
            self.measured.talks[recorded] = load
            self.say(f"    {load.failed} of {load.calls} failed, {load.cpu_ms():.2f} ms per call")
            if load.failed:
                await sign_in(platform)

    async def _sent_on(self, ours: Side, peer: Side, platform: LabPlatform) -> None:
        if self.settings.record_s:
            self.say(f"{RECORD_RATE} calls/s, each sent on to a second agent")
            load = await sent_on(ours, RECORD_RATE, self.settings.record_s, idle=_pids(peer))
            self.measured.sent_on = load
            self.say(f"    {load.failed} of {load.calls} failed, {load.cpu_ms():.2f} ms per call")
            if load.failed:
                await sign_in(platform)

    async def _silent(self, ours: Side, platform: LabPlatform) -> None:
        count = self.settings.silent_calls
        self.say(f"{count} silent calls wait in vcc")
        load = await silent(ours, platform, count, self.settings.silent_rate)
        self.measured.silent = load
        self.say(f"    {load.before / 1e6:.0f} MB before, {load.after / 1e6:.0f} MB then")


def _turns(ours: Side, peer: Side, turn: int) -> tuple[tuple[Side, Side], tuple[Side, Side]]:
    """Both sides, each with the one that rests meanwhile; who is first changes from turn to turn."""
    first, second = (ours, peer) if turn % 2 == 0 else (peer, ours)
    return (first, second), (second, first)


def _pids(side: Side) -> list[int]:
    return [pid for pids in side.processes().values() for pid in pids]


async def _busy_share() -> float:
    """How much of the machine is in use while nothing of ours runs."""
    meter = CpuMeter({})
    await asyncio.sleep(_LOOK_S)
    return meter.read().others_share


def main(arguments: Sequence[str] | None = None) -> int:
    """0: measured. 1: something did not run as it should, and there are no figures. 2: it cannot be measured here."""
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller loads: some two minutes, and noisier")
    parser.add_argument("--json", action="store_true", help="print a list of figures instead of tables")
    parser.add_argument("--drains", type=int, help="how often the queue is drained on each side")
    parser.add_argument("--rates", type=int, nargs="+", help="the steady loads, calls per second, in order")
    parser.add_argument("--seconds", type=float, help="how long each steady load lasts")
    parser.add_argument("--recorded", type=float, help="how long conversations are recorded, and the same are not")
    parser.add_argument("--silent", type=int, help="how many calls wait in silence")
    parser.add_argument("--switch", choices=("asterisk", "freeswitch"), default="asterisk", help="on which one")
    given = parser.parse_args(arguments)
    freeswitch = find_freeswitch() if given.switch == "freeswitch" else None
    if given.switch == "freeswitch" and freeswitch is None:
        print(missing_freeswitch(), file=sys.stderr)
        return 2
    bench = Bench(_settings(given), freeswitch)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            doubts = runner.run(bench.play(STATE / "bench"))
    except (LabError, PhoneError, TimeoutError) as error:
        print(f"the bench broke off: {error or 'it took too long'}", file=sys.stderr)
        return 1
    if given.json:
        for doubt in doubts:
            print(f"warning: {doubt}", file=sys.stderr)
        print(report.as_json(bench.measured))
    else:
        report.show(bench.measured, doubts)
    return 0


def _settings(given: argparse.Namespace) -> Settings:
    base = QUICK if given.quick else FULL
    return Settings(
        drains=base.drains if given.drains is None else given.drains,
        steady=tuple(given.rates) if given.rates else base.steady,
        steady_s=given.seconds or base.steady_s,
        record_s=base.record_s if given.recorded is None else given.recorded,
        silent_calls=base.silent_calls if given.silent is None else given.silent,
        silent_rate=base.silent_rate,
        wire_turns=base.wire_turns,
    )


if __name__ == "__main__":
    sys.exit(main())
