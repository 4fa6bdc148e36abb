"""How many calls a second `vcc simulate` gets through: twelve agents, patience, the production router.

    python -m tests.lab.bench.simulated

What is measured is the whole way of a call: drawn, queued, offered, answered or given up, ended, and counted. The
processes are started before the clock is, as they are once for however many days.
"""

from __future__ import annotations

import json
import os
import time

from vcc.planning import scenario, world
from vcc.planning.day import Plan
from vcc.planning.simulate import simulate

_SCENARIO = """
hours: 8
queues:
  all: {}
calls:
  all: {queue: all, per_hour: 252, service: {exponential: 120}, patience: {exponential: 180}}
groups:
  agents: {agents: 12}
"""


def simulated_calls_per_s(processes: int | None = None, days: int = 40) -> float:
    """Simulated calls per second of real time, on so many processes; one for each processor if it is not said."""
    wanted, document = scenario.read(_SCENARIO, "bench.yaml")
    plan = Plan(scenario=wanted, world=world.build(wanted, document), columns={})
    began: list[float] = []
    warm = (processes or len(os.sched_getaffinity(0))) * 4  # one handful for each process, not timed
    found = simulate(
        plan,
        days=days + warm,
        seed=1,
        processes=processes or len(os.sched_getaffinity(0)),
        done=lambda done: began.append(time.perf_counter()) if done == warm else None,
    )
    took = time.perf_counter() - began[0]
    return found.calls * days / found.days / took


if __name__ == "__main__":
    print(
        json.dumps(
            {"simulated_calls_per_s": round(simulated_calls_per_s()), "of_one_process": round(simulated_calls_per_s(1))}
        )
    )
