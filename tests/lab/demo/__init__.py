"""`./run demo`: the main job, once, on real input.

A real Asterisk (with `--switch freeswitch`, a real FreeSWITCH), vcc with its embedded stores, real softphones as
agents, real callers with audio and keys. `acts.py` holds what happens, one function an act; `show.py` prints facts as
they happen and the table at the end; `__main__.py` plays the acts in order and exits 0 only if in every one of them all
that was expected happened.
"""
