"""How the cyclic garbage collector is set in a process that runs for months."""

from __future__ import annotations

import gc

#: Collections of the young, of the middle-aged, of all: so many more objects, and so many collections of the former.
_THRESHOLDS = (50_000, 20, 50)


def for_long() -> None:
    """What lives now is mostly what start-up made: it need not be looked at by every collection; and what comes later,
    which nearly always goes by itself, seldom.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
