"""Planning: what a scenario comes to, a past under other rules, how many agents are needed. No running vcc is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, validators

from vcc.cli.base import HERE, app

_DAYS = Parameter(validator=validators.Number(gte=1, lte=100_000), help="How many days are drawn.")
_SEED = Annotated[int, Parameter(help="The same seed draws the same days.")]
_JSON = Annotated[bool, Parameter(help="Print the figures as JSON.", negative="")]
_LOG = Annotated[
    Path,
    Parameter(help="An event log (history.sqlite, or the state folder that holds it), or a bank's log (.tsv, .gz)."),
]
_CONFIG = Annotated[Path | None, Parameter(help="The folder of the configuration to try.")]


@app.command(group=HERE)
def simulate(
    scenario: Annotated[Path, Parameter(help="The scenario, a YAML file.")],
    /,
    *,
    days: Annotated[int, _DAYS] = 100,
    seed: _SEED = 1,
    processes: Annotated[
        int | None, Parameter(validator=validators.Number(gte=1, lte=256), help="How many; one for each processor.")
    ] = None,
    json: _JSON = False,
) -> int:
    """Simulate days of a call centre with the router that also serves real calls."""
    from vcc.cli import planning

    return planning.simulate(scenario, days=days, seed=seed, processes=processes, as_json=json)


@app.command(group=HERE)
def replay(
    log: _LOG,
    /,
    *,
    config: _CONFIG = None,
    since: Annotated[str | None, Parameter(help="Days from then on: 7d (ago), 2026-03-01.")] = None,
    until: Annotated[str | None, Parameter(help="Days before then.")] = None,
    draws: Annotated[
        int, Parameter(validator=validators.Number(gte=2, lte=1_000), help="How often what is not known is drawn.")
    ] = 5,
    seed: _SEED = 1,
    json: _JSON = False,
) -> int:
    """Let days of a log happen again under another configuration: who would have waited how long, side by side."""
    from vcc.cli import planning

    return planning.replay(log, config, since, until, draws=draws, seed=seed, as_json=json)


@app.command(group=HERE)
def staff(
    log: _LOG,
    /,
    *,
    queue: Annotated[
        list[str] | None, Parameter(help="Only calls to this queue, tenant/queue; may be repeated.")
    ] = None,
    on: Annotated[str | None, Parameter(help="The day, such as 2026-03-02; without it the day after the log.")] = None,
    level: Annotated[
        float, Parameter(validator=validators.Number(gt=0, lt=100), help="Per cent of the callers to be answered …")
    ] = 80.0,
    within: Annotated[
        float, Parameter(validator=validators.Number(gte=0, lte=3_600), help="… in so many seconds.")
    ] = 20.0,
    interval: Annotated[int, Parameter(help="Minutes of an interval: 15, 30 or 60.")] = 30,
    days: Annotated[int, _DAYS] = 30,
    seed: _SEED = 1,
    json: _JSON = False,
) -> int:
    """How many agents are needed in each interval of a day: Erlang C, Erlang A, and by simulation."""
    from vcc.cli import planning

    return planning.staff(
        log,
        queue or [],
        on,
        level=level / 100,
        within_s=within,
        interval_min=interval,
        days=days,
        seed=seed,
        as_json=json,
    )
