"""Planning: the production router on virtual time, and the formulas beside it.

    scenario.py (YAML)   -> day.py      arrivals, services, patience and shifts of one day, drawn from seeds
    eventlog.py, bank.py -> history.py  the same of a real day, as it was
                         -> floor.py    callers and agents on virtual time; every choice is acd.router's
                         -> figures.py  what came of it, by reporting's own measures; over days, with intervals

Start with `floor.py`. `simulate.py` runs many days of a scenario, `replay.py` a past under several rules, `staffing.py`
asks how many agents are needed: `erlang.py`, or the floor itself, on a `forecast.py`. Nothing here knows a clock, and
nothing but days on several processors at once is more than a function of its arguments.
"""
