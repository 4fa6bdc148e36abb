"""How planning shows what it found: tables for people, JSON for programs."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from reporting.measures import DEFAULT_SERVICE_LEVEL, ServiceLevel
from vcc.cli.tables import console, print_json
from vcc.cli.words import clean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vcc.planning.figures import Figures, GroupMeasures, Measures
    from vcc.planning.forecast import Forecast
    from vcc.planning.history import Past
    from vcc.planning.replay import Replayed
    from vcc.planning.staffing import Goal, Habits, Need
    from vcc.planning.statistics import Estimate

_ALL = "all"
_NONE = "-"


def plain(value: Any) -> Any:  # noqa: ANN401 - what JSON has
    """A value as JSON: what is endless or no number becomes null."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for index, heading in enumerate(headings):
        table.add_column(heading, justify="right" if index else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console().print(table)


def _say(text: str = "") -> None:
    console().print(text)


def _number(found: Estimate | None, digits: int = 1, scale: float = 1.0) -> str:
    """A value and, where it is known, how far from it the truth may be: 90.2 ± 0.2."""
    if found is None:
        return _NONE
    text = f"{found.value * scale:.{digits}f}"
    return text if found.low is None else f"{text} ± {(found.value - found.low) * scale:.{digits}f}"


def _percent(found: Estimate | None) -> str:
    return _number(found, 1, 100.0)


# --- simulate -------------------------------------------------------------------------------------------------


def show_simulation(
    name: str, found: Figures, queues: Mapping[str, str], thresholds: Mapping[str, float], seconds: float
) -> None:
    """Call types, the service level in all its variants, and groups."""
    used = sorted({thresholds[queue] for queue in queues.values()})
    within = f"{used[0]:g} s" if len(used) == 1 else "its threshold"
    how = f"{found.days} days, {found.calls} calls in {seconds:.1f} s"
    _say(f"{clean(name)}: {how}. 95 % confidence intervals over days.")
    rows = [_type_row(kind, measured) for kind, measured in found.types.items()]
    if len(rows) > 1:
        rows.append(_type_row(_ALL, found.total))
    _table(
        ["calls of a day", "offered", "answered", "abandoned", "busy", "abandoned %", f"answered in {within} %",
         "wait s", "p50", "p90", "p95", "p99"],
        rows,
    )  # fmt: skip
    _say(f"Answered in {within}, in every way of counting those who hung up (docs/measures.md):")
    _table(
        ["service level %", *found.types, *([_ALL] if len(found.types) > 1 else [])],
        [_level_row(variant, found) for variant in ServiceLevel],
    )
    kinds = list(found.types)
    groups = [_group_row(group, measured, kinds) for group, measured in found.groups.items()]
    if len(groups) > 1:
        groups.append(_group_row(_ALL, found.all_groups, kinds))
    _table(["group", "hours on duty", "occupancy %", *(f"for {kind} %" for kind in kinds)], groups)


def _type_row(kind: str, found: Measures) -> list[str]:
    busy = found.counts["no_line"].value + found.counts["queue_full"].value
    return [
        kind,
        *(_number(found.counts[name]) for name in ("offered", "answered", "abandoned")),
        f"{busy:.1f}",
        _percent(found.abandonment),
        _percent(found.service_level[DEFAULT_SERVICE_LEVEL.value]),
        _number(found.mean_wait_s),
        *(_number(value) for value in found.wait_percentiles_s.values()),
    ]


def _level_row(variant: ServiceLevel, found: Figures) -> list[str]:
    measured = [*found.types.values(), *([found.total] if len(found.types) > 1 else [])]
    name = f"{variant.value} (default)" if variant is DEFAULT_SERVICE_LEVEL else variant.value
    return [name, *(_percent(one.service_level[variant.value]) for one in measured)]


def _group_row(group: str, found: GroupMeasures, kinds: Sequence[str]) -> list[str]:
    by_type = (_percent(found.by_type.get(kind)) for kind in kinds)
    return [group, f"{found.duty_h.value:.1f}", _percent(found.occupancy), *by_type]


# --- replay ---------------------------------------------------------------------------------------------------


def show_replay(past: Past, found: Sequence[Replayed]) -> None:
    """What happened and what would have, side by side."""
    days = f"{past.days[0].name} to {past.days[-1].name}" if len(past.days) > 1 else past.days[0].name
    _say(f"{clean(past.name)}, {days}: {past.calls} calls.")
    names = [one.variant.name if one.variant else "as it was" for one in found]
    rows = [
        ["answered", *(f"{one.figures.total.counts['answered'].value:.0f}" for one in found)],
        ["hung up %", *(_percent(one.figures.total.abandonment) for one in found)],
        ["mean wait of the answered, s", *(_number(one.figures.total.mean_wait_s) for one in found)],
        *(
            [f"  {share} of them waited at most, s", *(_number(_waits(one, share)) for one in found)]
            for share in ("p50", "p90", "p95")
        ),
        ["longest wait, s", *(f"{one.figures.total.longest_wait_s:.0f}" for one in found)],
        *(
            [
                f"service level %: {variant.value}",
                *(_percent(one.figures.total.service_level[variant.value]) for one in found),
            ]
            for variant in ServiceLevel
        ),
        ["agents' occupancy %", *(_percent(one.figures.all_groups.occupancy) for one in found)],
    ]
    _table(["", *names], rows)
    for title, of in (("callers", "types"), ("queue", "queues")):
        _table([f"{title}: mean wait s, hung up %", *names], _split(found, of))
    for one in found:
        if one.variant is not None:
            _say(f"{one.variant.name}: {one.variant.text}.")
    if past.inferred:
        _say("Who was on duty is concluded from the calls: docs/planning.md says how.")
    if past.acknowledgement:
        _say(f"Data: {past.acknowledgement}")


def _waits(one: Replayed, share: str) -> Estimate | None:
    return one.figures.total.wait_percentiles_s[share]


def _split(found: Sequence[Replayed], of: str) -> list[list[str]]:
    keys = list(dict.fromkeys(key for one in found for key in getattr(one.figures, of)))
    return [[key, *(_brief(getattr(one.figures, of).get(key)) for one in found)] for key in keys]


def _brief(measured: Measures | None) -> str:
    if measured is None:
        return _NONE
    wait, hung_up = measured.mean_wait_s, measured.abandonment
    return f"{wait.value:.1f}" * bool(wait) + f", {hung_up.value * 100:.1f}" if wait and hung_up else _NONE


def print_replay_json(past: Past, found: Sequence[Replayed], seed: int) -> None:
    """All figures of all variants."""
    print_json(
        {
            "log": past.name,
            "acknowledgement": past.acknowledgement,
            "days": [day.name for day in past.days],
            "seed": seed,
            "variants": [
                {
                    "name": one.variant.name if one.variant else "as it was",
                    "rules": one.variant.text if one.variant else "",
                    "figures": plain(asdict(one.figures)),
                }
                for one in found
            ],
        }
    )


# --- staff ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """What was found of a day; `needs` by method, `checked` the service level that the floor gives with them."""

    past: Past
    expected: Forecast
    habits: Habits
    goal: Goal
    interval_min: int
    needs: Mapping[str, Need]
    checked: Mapping[str, Sequence[float | None]]


_METHODS = {"erlang_c": "Erlang C", "erlang_a": "Erlang A", "simulated": "simulated"}


def show_staff(planned: Planned) -> None:
    """The agents of each interval by each method, and the service level that the floor gives with them."""
    expected, habits, goal = planned.expected, planned.habits, planned.goal
    _say(
        f"{expected.of:%A} {expected.of}: {sum(expected.calls):.0f} calls expected, {habits.handle_s:.0f} s each, "
        f"patience {habits.patience_s:.0f} s; for {goal.level * 100:g} % in {goal.target.threshold_s:g} s "
        f"({DEFAULT_SERVICE_LEVEL.value})."
    )
    rows = []
    for index, calls in enumerate(planned.expected.calls):
        if calls <= 0:
            continue
        begins = f"{index * planned.interval_min // 60:02}:{index * planned.interval_min % 60:02}"
        row = [begins, f"{calls:.1f}"]
        for name in _METHODS:
            level = planned.checked[name][index]
            row += [str(planned.needs[name].agents[index]), _NONE if level is None else f"{level * 100:.0f}"]
        rows.append(row)
    hours = {name: sum(planned.needs[name].agents) * planned.interval_min / 60 for name in _METHODS}
    rows.append(["hours", "", *(cell for name in _METHODS for cell in (f"{hours[name]:.1f}", ""))])
    _table(["from", "calls", *(cell for text in _METHODS.values() for cell in (text, "% so"))], rows)
    _say("'% so': what the simulated day gives with that many agents.")
    _table(
        ["forecast", "days not seen", "error %", "bias %"],
        [
            [
                score.method,
                str(score.days),
                *(_NONE if not score.days else f"{v * 100:+.1f}".lstrip("+") for v in (score.error, score.bias)),
            ]
            for score in planned.expected.scores
        ],
    )
    if planned.past.acknowledgement:
        _say(f"Data: {planned.past.acknowledgement}")


def print_staff_json(planned: Planned) -> None:
    """The same for programs."""
    print_json(
        plain(
            {
                "log": planned.past.name,
                "acknowledgement": planned.past.acknowledgement,
                "day": planned.expected.of.isoformat(),
                "interval_min": planned.interval_min,
                "level": planned.goal.level,
                "within_s": planned.goal.target.threshold_s,
                "handle_s": planned.habits.handle_s,
                "patience_s": planned.habits.patience_s,
                "calls": list(planned.expected.calls),
                "agents": {name: list(need.agents) for name, need in planned.needs.items()},
                "expected_level": {name: list(need.levels) for name, need in planned.needs.items()},
                "simulated_level": {name: list(levels) for name, levels in planned.checked.items()},
                "forecasts": [asdict(score) for score in planned.expected.scores],
            }
        )
    )
