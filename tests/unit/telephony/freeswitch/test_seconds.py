"""Whole seconds of the switch's clock."""

import pytest

from telephony.freeswitch.seconds import at_least


@pytest.mark.parametrize(("seconds", "told"), [(0.3, 2), (1, 2), (1.2, 3), (12, 13), (12.001, 14)])
def test_what_the_switch_is_told_is_never_too_short(seconds: float, told: int) -> None:
    assert at_least(seconds) == told
    assert told - 1 >= seconds, "told N, it acts N - 1 to N seconds later"
