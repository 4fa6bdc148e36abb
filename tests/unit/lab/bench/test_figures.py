"""From what was measured to the figures, the table and the list."""

import io
import json
from collections import Counter

import pytest
from rich.console import Console

from tests.lab.bench import report
from tests.lab.bench.figures import Measured, figures, percentile
from tests.lab.bench.loads import Drained, Silent, Steady
from tests.lab.bench.meters import Spent
from tests.lab.bench.wire import Wire

_NAMES = [
    "failed_calls_at_80cps",
    "cpu_ms_per_call",
    "idle_gap_p95_ms",
    "drain_overhead",
    "failed_recorded_at_40cps",
    "record_cpu_ms_per_call",
    "failed_transferred_at_40cps",
    "rss_mb_1000_calls",
    "kb_per_call",
    "esl_events_per_s",
]


def _spent(others: float = 0.0, **by: float) -> Spent:
    return Spent(by=by, own=1.0, others=others, wall=10.0)


def _drained(seconds: float, gap_s: float) -> Drained:
    return Drained(seconds=seconds, gaps=[gap_s] * 90, calls=100, failed=0, why=Counter(), spent=_spent(switch=1.0))


def _steady(rate: int, failed: int, others: float = 0.0, **by: float) -> Steady:
    why = Counter({"refused: 503": failed}) if failed else Counter[str]()
    return Steady(rate=rate, calls=1_000, failed=failed, why=why, spent=_spent(others, **by))


@pytest.fixture
def measured() -> Measured:
    measured = Measured(silent=Silent(calls=1_000, before=80_000_000, after=100_000_000))
    measured.drained["vcc"] += [_drained(10.2, 0.008), _drained(10.4, 0.010), _drained(19.0, 0.012)]
    measured.drained["app_queue"] += [_drained(seconds, 0.190) for seconds in (12.0, 13.0, 14.0)]
    measured.steady["vcc"] += [
        _steady(20, 7, switch=1.0, vcc=1.0),
        _steady(80, 0, switch=8.0, vcc=4.0),
        _steady(80, 500, switch=4.0, vcc=2.0),
    ]
    measured.steady["app_queue"] += [_steady(20, 0, switch=5.0), _steady(80, 0, switch=10.0)]
    measured.talks = {False: _steady(40, 0, switch=8.0, vcc=2.0), True: _steady(40, 0, switch=9.0, vcc=3.0)}
    measured.wire = Wire(ours=[9_000.0, 4_000.0, 12_000.0], plain=[12_000.0, 10_000.0, 5_000.0])
    measured.sent_on = _steady(40, 0, switch=9.0, vcc=3.0)
    return measured


def test_every_figure_with_its_peer(measured: Measured) -> None:
    found = {figure.name: figure for figure in figures(measured)}
    assert list(found) == _NAMES
    assert found["failed_calls_at_80cps"].value == 500
    assert found["failed_calls_at_80cps"].ratio is None
    assert (found["idle_gap_p95_ms"].value, found["idle_gap_p95_ms"].peer_value) == (12.0, 190.0)
    # per call that did not fail: 18 s over 1,500 calls, and 10 s over 1,000
    assert (found["cpu_ms_per_call"].value, found["cpu_ms_per_call"].peer_value) == (12.0, 10.0)
    assert found["cpu_ms_per_call"].ratio == pytest.approx(1.2)
    recorded = found["record_cpu_ms_per_call"]
    assert (recorded.value, recorded.peer_value, recorded.peer) == (12.0, 10.0, "not recorded")
    assert found["drain_overhead"].value == pytest.approx(0.04)  # the median turn
    assert found["rss_mb_1000_calls"].value == 100.0
    assert found["kb_per_call"].value == 20.0
    events = found["esl_events_per_s"]
    assert (events.value, events.peer_value, events.peer) == (9_000.0, 10_000.0, "asyncio's reader")


def test_what_is_reached(measured: Measured) -> None:
    reached = {figure.name: figure.reached for figure in figures(measured)}
    assert reached == {name: name != "failed_calls_at_80cps" for name in _NAMES}
    measured.steady["vcc"].append(_steady(80, 0, switch=40.0))
    measured.silent = Silent(calls=1_000, before=80_000_000, after=161_000_000)
    measured.wire = Wire(ours=[4_999.0], plain=[4_000.0])
    reached = {figure.name: figure.reached for figure in figures(measured)}
    assert [name for name in _NAMES if reached[name]] == [
        "idle_gap_p95_ms",
        "drain_overhead",
        "failed_recorded_at_40cps",
        "record_cpu_ms_per_call",
        "failed_transferred_at_40cps",
    ]


def test_the_list_has_just_what_was_agreed(measured: Measured) -> None:
    entries = json.loads(report.as_json(measured))
    assert [entry["name"] for entry in entries] == _NAMES
    for entry in entries:
        assert list(entry) == ["name", "value", "unit", "peer", "peer_value", "ratio"]
    assert entries[1] == {
        "name": "cpu_ms_per_call",
        "value": 12.0,
        "unit": "ms",
        "peer": "app_queue",
        "peer_value": 10.0,
        "ratio": 1.2,
    }
    assert entries[8] | {"value": 0} == {
        "name": "kb_per_call",
        "value": 0,
        "unit": "kB",
        "peer": None,
        "peer_value": None,
        "ratio": None,
    }


def test_what_was_not_measured_has_no_figure(measured: Measured) -> None:
    measured.drained.clear()
    measured.silent = None
    missing = {"idle_gap_p95_ms", "drain_overhead", "rss_mb_1000_calls", "kb_per_call"}
    assert [figure.name for figure in figures(measured)] == [name for name in _NAMES if name not in missing]
    report.show(measured, [], Console(file=io.StringIO(), width=110))
    measured.steady["vcc"] = [load for load in measured.steady["vcc"] if load.rate != 80]
    missing |= {"failed_calls_at_80cps", "cpu_ms_per_call"}
    assert [figure.name for figure in figures(measured)] == [name for name in _NAMES if name not in missing]


def test_the_table_shows_figures_details_and_doubts(measured: Measured) -> None:
    console = Console(file=io.StringIO(), width=110)
    report.show(measured, ["something was odd"], console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    for words in ("cpu_ms_per_call", "ratio ≤ 1.5", "20 calls/s", "idle gap, p99", "1000 silent calls", "NO"):
        assert words in text
    assert "warning: something was odd" in text


def test_nothing_measured_is_no_number(measured: Measured) -> None:
    measured.drained["vcc"] = [Drained(seconds=40, gaps=[], calls=100, failed=100, why=Counter(), spent=_spent())]
    entry = json.loads(report.as_json(measured))[2]
    assert (entry["name"], entry["value"], entry["ratio"]) == ("idle_gap_p95_ms", None, None)
    assert not next(figure for figure in figures(measured) if figure.name == "idle_gap_p95_ms").reached


def test_doubts_name_the_load_the_share_and_the_reasons(measured: Measured) -> None:
    measured.steady["app_queue"].append(_steady(40, 0, others=1_000.0, switch=1.0))
    doubts = list(report.load_doubts(measured))
    assert any("20 calls/s on vcc: 7 of 1000 calls failed: 7 × refused: 503" in doubt for doubt in doubts)
    assert any(doubt.startswith("40 calls/s on app_queue: others took") for doubt in doubts)
    assert len(doubts) == 3


def test_a_busy_machine_is_told() -> None:
    assert list(report.machine_doubts(0.01)) == []
    (doubt,) = report.machine_doubts(0.5)
    assert "50% of it in use" in doubt


@pytest.mark.parametrize(("percent", "value"), [(1, 1), (50, 50), (95, 95), (99, 99), (100, 100)])
def test_percentile(percent: float, value: int) -> None:
    assert percentile(list(range(100, 0, -1)), percent) == value
