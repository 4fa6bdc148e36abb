"""How long a caller is told to wait: a range of minutes, rounded up, which never rises while that caller waits.

    100 s -> 2 to 3;  half a minute -> less than one (0 to 1);  20 minutes -> 20 to 30

A range, as no estimate is sure; beyond ten minutes in steps of five, as nobody is served by more precision than there
is. What is told is kept with the caller, so that it holds over a restart.
"""

from __future__ import annotations

import math

_MINUTE = 60.0
#: The end of the range, as a multiple of what is expected.
_AT_MOST = 1.5
#: From so many minutes on they are told in steps of so many.
_COARSE_FROM, _STEP = 10, 5

#: From and to, in minutes.
Range = tuple[int, int]


def told(expected_s: float, before: Range | None = None) -> Range:
    """What is told of a wait of so many seconds to somebody who was told `before`."""
    least, most = _minutes(expected_s), _minutes(expected_s * _AT_MOST)
    least, most = (0, 1) if most <= 1 else (least, max(most, least + 1))
    return (least, most) if before is None else (min(least, before[0]), min(most, before[1]))


def _minutes(seconds: float) -> int:
    minutes = max(math.ceil(seconds / _MINUTE), 1)
    return minutes if minutes <= _COARSE_FROM else math.ceil(minutes / _STEP) * _STEP
