"""The flow language: what happens to a contact between its arrival and an agent, as a tree in YAML.

    text -> compile -> Flow (steps by id, checked) -> start, advance: (flow, state, event) -> (state, commands)

Read `protocol.py` first: the events that a flow can meet, the commands it gives, its state as plain data. What one
writes is told in docs/flow-language.md.

    compiler.py   text to flow: `reader.py` (each step by its own model), `layout.py` (ids, what comes next), checks
    flow.py       the flow: what it needs of the world, all that it can say, dump and load
    engine.py     runs it; `run.py` is what a step may use while it acts
    steps/        one module a step type: what one writes, its check, what it does
    checks/       one module a check over a whole flow
    prompts.py    what is said: `templates.py` (variables in texts), `readout/` (how values are said)
    known.py      what expressions may read, and of what kind it is; `formulas.py` reads them in steps

The engine does no I/O and knows no switch: a host (vcc.calls, a simulator, a test) carries out its commands and tells
it what came of them. Its state can be dumped and loaded between any two events.
"""

from __future__ import annotations

from ivr_flows.compiler import compile
from ivr_flows.engine import advance, start
from ivr_flows.flow import Flow, Reference
from ivr_flows.run import Limits

__all__ = ["Flow", "Limits", "Reference", "advance", "compile", "start"]
