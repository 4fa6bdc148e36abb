"""Plays the demo: `./run demo [--switch asterisk|freeswitch]`; exit code 0 only if all that was expected happened."""

import argparse
import asyncio
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from tests.lab.demo.acts import ACTS, Act
from tests.lab.demo.show import Show
from tests.lab.freeswitch import find_freeswitch, missing_freeswitch
from tests.lab.freeswitch_platform import FreeSwitchPlatform
from tests.lab.pbx import STATE
from tests.lab.phone import PhoneError
from tests.lab.platform import LabPlatform
from tests.lab.process import LabError
from tests.lab.stage import Stage

_ACT_S = 60.0
_SWITCHES = {"asterisk": "Asterisk", "freeswitch": "FreeSWITCH"}


def main(arguments: Sequence[str] | None = None) -> int:
    """0: all as expected. 1: not all. 2: it cannot be played here, and why was said."""
    parser = argparse.ArgumentParser(prog="./run demo", description=__doc__)
    parser.add_argument("--switch", choices=_SWITCHES, default="asterisk", help="which one carries the calls")
    switch = parser.parse_args(arguments).switch
    folder = STATE / "demo"
    platform: Callable[[], LabPlatform] = partial(LabPlatform, folder)
    if switch == "freeswitch":
        if (program := find_freeswitch()) is None:
            print(missing_freeswitch(), file=sys.stderr)
            return 2
        platform = partial(FreeSwitchPlatform, folder, program)
    _forget_last_time(folder)
    return asyncio.run(demo(platform, _SWITCHES[switch]))


async def demo(make_platform: Callable[[], LabPlatform], switch: str) -> int:
    """Set the platform up, play every act, print the table."""
    show, began = Show(), time.monotonic()
    show.step(f"starting {switch} and vcc (the first time, prompts are rendered)")
    good = True
    async with make_platform() as platform:
        show.step(f"ready after {time.monotonic() - began:.1f} s; live pages: {platform.url}")
        async with Stage(platform) as stage:
            stage.facts.on_fact = show.fact
            for act in ACTS:
                good = await _play(stage, act, show) and good
    show.table()
    show.step(f"{'All as expected' if good else 'NOT all as expected'}; {time.monotonic() - began:.0f} s.")
    return 0 if good else 1


def _forget_last_time(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


async def _play(stage: Stage, act: Act, show: Show) -> bool:
    began = time.monotonic()
    show.step(act.title)
    try:
        async with asyncio.timeout(_ACT_S):
            seen, good = await act.play(stage), True
    except (LabError, PhoneError, TimeoutError, OSError) as error:
        seen, good = str(error) or type(error).__name__, False
        show.step(f"FAILED: {seen}")
    show.done(act.title, act.expected, seen.split("\n", maxsplit=1)[0], good=good, seconds=time.monotonic() - began)
    return good


if __name__ == "__main__":
    sys.exit(main())
