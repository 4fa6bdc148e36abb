"""The measurement of the event socket's wire: every event is counted on both sides, and a lost one is no figure."""

import pytest

from telephony.freeswitch import inbox
from tests.lab.bench import wire as bench
from tests.lab.process import LabError


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "EVENTS", 300)


async def test_both_sides_have_their_turns() -> None:
    measured = await bench.wire(turns=2)
    assert len(measured.ours) == len(measured.plain) == 2
    assert min(*measured.ours, *measured.plain) > 0
    assert measured.medians == (sum(measured.ours) / 2, sum(measured.plain) / 2)


async def test_lost_events_are_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "MAX_EVENTS", 0)
    with pytest.raises(LabError, match="events were lost on the wire"):
        await bench.wire(turns=1)
