"""The flow language: what happens to a contact between its arrival and an agent, as a tree in YAML.

    text -> definition (steps, checked) -> engine: (flow, state, event) -> (state, commands)

Read `protocol.py` first: the events that a flow can meet, the commands it gives, its state as plain data. `engine.py`
runs a flow; each step type is one module in `steps/`, which holds its model (what one writes), its check and what it
does; each check over a whole flow is one module in `checks/`. `library/` holds flows that ship as examples.

The engine does no I/O and knows no switch: a host (vcc.calls, a simulator, a test) carries out its commands and tells it
what came of them. Its state can be dumped and loaded between any two events.
"""
