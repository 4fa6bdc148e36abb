"""What is shown: a table of the figures, one of the details behind them, and what makes them doubtful."""

from __future__ import annotations

import json
import math
import os
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table

from tests.lab.bench.figures import IDEAL_DRAIN_S, cpu_ms, figures, gaps, percentile
from tests.lab.bench.meters import BUSY_SHARE
from tests.lab.bench.sides import SWITCH, VCC

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.lab.bench.figures import Figure, Measured
    from tests.lab.bench.loads import Drained, Steady

_WIDTH = 110


def as_json(measured: Measured) -> str:
    """The list of --json."""
    return json.dumps([figure.plain() for figure in figures(measured)], indent=2)


def show(measured: Measured, doubts: Sequence[str], console: Console | None = None) -> None:
    """Print the tables, and the doubts."""
    console = console or Console(width=_WIDTH, highlight=False)
    console.print(_figures(figures(measured), measured.kind.peer))
    console.print(_details(measured))
    for doubt in doubts:
        console.print(f"warning: {doubt}")


def _figures(found: Sequence[Figure], peer: str) -> Table:
    table = _table("Figures", ["figure", "unit"], peer, "to reach", "reached")
    for figure in found:
        aim = f"≤ {figure.most:g}" if figure.most is not None else ""
        aim = f"≥ {figure.least:g}" if figure.least is not None else aim
        aim = f"ratio ≤ {figure.most_ratio:g}" if figure.most_ratio is not None else aim
        table.add_row(
            figure.name,
            figure.unit,
            _number(figure.value),
            _number(figure.peer_value),
            _number(figure.ratio),
            aim,
            "yes" if figure.reached else "NO",
        )
    return table


def _details(measured: Measured) -> Table:
    table = _table("Details", ["load", "measure", "unit"], measured.kind.peer)
    for load, measure, unit, values in (*_drain_rows(measured), *_steady_rows(measured), *_silent_rows(measured)):
        ours, peers = [*values, None][:2]
        ratio = ours / peers if ours is not None and peers else None
        table.add_row(load, measure, unit, _number(ours), _number(peers), _number(ratio))
    return table


_Row = tuple[str, str, str, list[float | None]]


def _drain_rows(measured: Measured) -> Iterator[_Row]:
    name = "drain"
    yield (
        name,
        "failed calls",
        "calls",
        [sum(load.failed for load in measured.drained[side]) for side in measured.sides],
    )
    for percent in (50, 95, 99):
        values = [1_000 * percentile(gaps(measured, side), percent) for side in measured.sides]
        yield name, f"idle gap, p{percent}", "ms", [*values]
    for index in range(len(measured.drained[VCC])):
        seconds = [measured.drained[side][index].seconds for side in measured.sides]
        yield name, f"time for all (ideal: {IDEAL_DRAIN_S:g}), turn {index + 1}", "s", [*seconds]


def _steady_rows(measured: Measured) -> Iterator[_Row]:
    for rate in sorted({load.rate for load in measured.steady[VCC]}):
        name = f"{rate} calls/s"
        loads = [measured.at(side, rate) for side in measured.sides]
        yield name, "failed calls", "calls", [sum(load.failed for load in side) for side in loads]
        yield name, f"processor time per call, {measured.kind.switch}", "ms", [cpu_ms(side, SWITCH) for side in loads]
        yield name, "processor time per call, vcc", "ms", [cpu_ms(loads[0], VCC)]
        yield name, "processor time per call, together", "ms", [cpu_ms(side) for side in loads]
    for recorded, load in sorted(measured.talks.items()):
        name = f"{load.rate} calls/s, {'recorded' if recorded else 'with voices'}"
        yield name, "failed calls", "calls", [load.failed]
        yield name, f"processor time per call, {measured.kind.switch}", "ms", [load.cpu_ms(SWITCH)]
        yield name, "processor time per call, vcc", "ms", [load.cpu_ms(VCC)]
    if (sent := measured.sent_on) is not None:
        name = f"{sent.rate} calls/s, sent on"
        yield name, "failed calls", "calls", [sent.failed]
        yield name, f"processor time per call, {measured.kind.switch}", "ms", [sent.cpu_ms(SWITCH)]
        yield name, "processor time per call, vcc", "ms", [sent.cpu_ms(VCC)]


def _silent_rows(measured: Measured) -> Iterator[_Row]:
    if measured.silent is not None:
        name = f"{measured.silent.calls} silent calls"
        yield name, "memory of vcc's processes before", "MB", [measured.silent.before / 1e6]
        yield name, "memory of vcc's processes then", "MB", [measured.silent.after / 1e6]


def _table(title: str, first: Sequence[str], peer: str, *last: str) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    numbers = (VCC, peer, "ratio")
    for column in (*first, *numbers, *last):
        right = column in numbers
        table.add_column(column, justify="right" if right else "left", no_wrap=True)
    return table


def _number(value: float | None) -> str:
    if value is None:
        return ""
    if math.isnan(value):
        return "none"
    return f"{value:.0f}" if value == int(value) or abs(value) >= 1_000 else f"{value:.3g}"


# --- what makes figures doubtful --------------------------------------------------------------------------------------


def machine_doubts(busy_before: float) -> Iterator[str]:
    """What to say of a machine of which this share was in use before anything was started."""
    if busy_before > BUSY_SHARE:
        load = os.getloadavg()[0]
        yield (
            f"the machine was busy before the start ({busy_before:.0%} of it in use, load average {load:.1f} on "
            f"{os.cpu_count()} processors): figures are worse than they would be, and ratios less certain"
        )


def load_doubts(measured: Measured) -> Iterator[str]:
    """Which loads had to share the machine with others, and which calls failed."""
    for side in measured.sides:
        loads: list[tuple[str, Drained | Steady]] = []
        loads += [(f"drain {index + 1}", load) for index, load in enumerate(measured.drained[side])]
        loads += [(f"{load.rate} calls/s", load) for load in measured.steady[side]]
        if measured.sent_on is not None and side == VCC:
            loads.append(("sent on", measured.sent_on))
        loads += [("recorded" if on else "not recorded", load) for on, load in measured.talks.items() if side == VCC]
        for what, load in loads:
            if load.spent.others_share > BUSY_SHARE:
                yield f"{what} on {side}: others took {load.spent.others_share:.0%} of the machine meanwhile"
            if load.failed:
                reasons = ", ".join(f"{count} × {reason}" for reason, count in load.why.most_common(4))
                yield f"{what} on {side}: {load.failed} of {load.calls} calls failed: {reasons}"
