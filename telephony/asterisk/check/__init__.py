"""`vcc pbx check`: what in a running Asterisk does not fit, and what to do. For an engineer whose switch runs already.

    expected.py            what the configuration wants of this switch                        (pure)
    asking.py              the manager interface: who one is there, what one may do, the time
      trial.py             a call that nobody hears: what the switch itself can reach and read
    console.py             the node's command line program, where the manager cannot say it
    files.py               the engineer's own files, where they can be read
      -> seen.py           what came of it all, as plain data
    rules/                 one module for each part of a switch: (expected, seen) -> findings  (pure)
    checking.py            all of it, in order

To add a check: a function in a module of `rules/`, its name in `rules/__init__.py`, what it has to see in `seen.py`.
"""
