"""`vcc pbx check`: what in a running FreeSWITCH does not fit, and what to do. For whoever has one already.

    expected.py            what the configuration wants of this switch                        (pure)
    asking.py              the event socket: commands that only print, one after the other
      -> seen.py           what came of it all, as plain data
    rules/                 one module for each part of a switch: (expected, seen) -> findings  (pure)
    checking.py            all of it, in order

To add a check: a function in a module of `rules/`, its name in `rules/__init__.py`, what it has to see in `seen.py`.
"""
