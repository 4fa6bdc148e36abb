"""The switch side: one interface, one package per kind of switch.

Read `port.py` first: it holds the whole interface. Commands go down (`Answer`, `Play`, `Ring`, `Bridge` …) and never
wait; what came of them comes up as facts (`CallArrived`, `LegAnswered`, `DigitPressed`, `LegHungUp` …). Each adapter
has the same files: the wires (frames in and out), `translate.py` (frames to facts and commands to frames, pure),
`adapter.py` (glue), `render.py` with `templates/` (the switch's own configuration).

`simulated/` is a switch in memory on virtual time: for tests, and for trying flows. One contract suite in
tests/contract runs on every adapter.
"""
