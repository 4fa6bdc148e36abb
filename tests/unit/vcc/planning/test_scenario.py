"""Scenarios: what may be written, and every mistake with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import ConfigurationError
from reporting.measures import ServiceLevel
from tests.unit.vcc.planning.cases import plan, run
from vcc.planning import scenario, world

ROOT = Path(__file__).parents[4]
EXAMPLE = (ROOT / "docs/examples/monday.yaml").read_text(encoding="utf-8")

SMALL = """
hours: 2
period_min: 60
queues:
  all: {{skills: {{zh: 3}}}}
calls:
  all: {{queue: all, per_hour: {rate}, service: {{constant: 60}}{more}}}
groups:
  agents: {{agents: {agents}, skills: {{zh: 5}}}}
"""


def small(rate: object = 100, agents: object = 2, more: str = "") -> str:
    return SMALL.format(rate=rate, agents=agents, more=more)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (small(rate="[1, 2, 3]"), "test.yaml:7:31: per_hour has 3 values; expected one, or a list of 2"),
        (small(agents="[1]"), "test.yaml:9:20: agents has 1 values; expected one, or a list of 2"),
        (small(rate=-1), "test.yaml:7:31: per_hour is -1; expected a number not below 0"),
        (small(more=", patience: {exponental: 5}"), "unknown key 'exponental'; expected one of constant, empirical"),
        (small(more=", patience: {uniform: [9, 5]}"), "uniform begins above its end"),
        (small(more=", patience: {}"), "this is not one distribution"),
        (small().replace("queue: all", "queue: al"), "test.yaml:7:16: there is no one queue 'al'"),
        (small().replace("queue: all", "queue: al"), "did you mean 'all'?"),
        (small().replace("hours: 2", "hours: 1.7"), "test.yaml:3:13: periods of 60 minutes do not fill 1.7 hours"),
        (small().replace("queues:", "queus:"), "test.yaml:4:1: unknown key 'queus'"),
        (small().replace("hours: 2", "hours: 2\nhours: 3"), "key 'hours' stands here a second time"),
        (
            small().replace("agents: 2,", "agents: 2, service_factor: {some: 2},"),
            "there is no call type 'some'; expected all",
        ),
        (small().replace("skills: {zh: 5}", "serves: [press]"), "there is no tenant 'press'; expected centre"),
        (small() + "\ntenants: {a: {queues: {all: {}}}}", "whose queues these are is not said once"),
        (small().replace("wrap", "w").replace("skills: {zh: 3}", "wrap_up_s: -3"), "wrap_up_s is -3"),
    ],
)
def test_mistakes_have_a_place(text: str, says: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        plan(text)
    assert says in str(error.value)


def test_the_example_runs() -> None:
    found = run(EXAMPLE, days=2)
    assert set(found.types) == {"orders", "service", "lessons"}
    assert set(found.queues) == {"press/orders", "press/service", "chess/lessons"}
    for measured in (*found.types.values(), found.total):
        counts = {name: value.value for name, value in measured.counts.items()}
        ways = ("answered", "abandoned", "left", "no_line", "queue_full")
        assert counts["offered"] == pytest.approx(sum(counts[way] for way in ways))
        assert set(measured.service_level) == set(ServiceLevel)
    assert found.total.counts["calls_again"].value > 0
    assert set(found.groups["books"].by_type) == {"orders", "service"}  # chess is not theirs


def test_agents_come_and_go_by_period() -> None:
    found = run(small(rate="[0, 60]", agents="[1, 3]"), days=3)
    assert found.groups["agents"].duty_h.value == pytest.approx(4.0)


def test_who_lacks_the_skill_takes_nothing() -> None:
    found = run(small().replace("skills: {zh: 5}", "skills: {zh: 2}"), days=1).total
    assert found.counts["answered"].value == 0
    assert found.counts["left"].value == found.counts["offered"].value > 0


def test_retries_and_their_bound() -> None:
    calls = ", patience: {constant: 5}, retries: {share: 1, delay: {constant: 60}, most: 2}"
    found = run(small(rate=40, agents=0, more=calls), days=4).total
    first = found.counts["offered"].value - found.counts["calls_again"].value
    assert found.counts["calls_again"].value == pytest.approx(2 * first, rel=0.05)  # but for those at the end
    assert found.counts["abandoned"].value == found.counts["offered"].value


def test_busy_days_differ() -> None:
    text = small(rate=200, agents=20)
    calm, moody = run(text, days=30).total, run("busyness: {gamma: 4}\n" + text, days=30).total
    spread = [(one.counts["offered"].high or 0) - (one.counts["offered"].low or 0) for one in (calm, moody)]
    assert spread[1] > 4 * spread[0]


def test_the_configuration_of_a_platform() -> None:
    """Its queues, its skills and its quotas, with agents of the scenario alone."""
    from vcc.lint import check_folder  # noqa: PLC0415 - only here

    platform = check_folder(ROOT / "config").use().platform
    queue = next(iter(platform.tenants["press"].queues))
    text = f"""
config: ../config
calls:
  some: {{queue: press/{queue}, per_hour: 50, service: {{exponential: 60}}}}
groups:
  people: {{agents: 3, serves: [press], skills: {{{", ".join(f"{skill}: 10" for skill in platform.skills)}}}}}
"""
    wanted, document = scenario.read(text, "test.yaml")
    built = world.build(wanted, document, platform)
    assert set(built.rules.agents) == {"people-1", "people-2", "people-3"}
    assert built.rules.queues[f"press/{queue}"].ring_s == platform.tenants["press"].queues[queue].ring_s
    wrong, document = scenario.read(text.replace(f"press/{queue}", "press/nothing"), "test.yaml")
    with pytest.raises(ConfigurationError, match="there is no one queue 'press/nothing'"):
        world.build(wrong, document, platform)
