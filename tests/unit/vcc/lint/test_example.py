"""The example platform in config/ has nothing to complain about, and its music is what our own script makes."""

import wave
from pathlib import Path

import pytest

from tenancy.secrets_file import generate, load
from tests.lab.music import PIECES, render
from vcc.calls.agents import AgentDesk
from vcc.lint import check_folder
from vcc.lint.actions import ACTIONS

CONFIG = Path(__file__).parents[4] / "config"
NOW = 1_795_402_800.0


def test_there_are_no_mistakes_and_no_warnings() -> None:
    result = check_folder(CONFIG, now=NOW)
    assert [str(problem) for problem in (*result.problems, *result.warnings)] == []


def test_it_holds_what_the_readme_promises() -> None:
    platform = check_folder(CONFIG, now=NOW).use().platform
    numbers = {digits: tenant.id for tenant in platform.tenants.values() for digits in tenant.numbers}
    assert {"99999", "98668", "98667"} <= set(numbers)
    kinds = {project.kind.value for tenant in platform.tenants.values() for project in tenant.projects.values()}
    assert kinds == {"seat_lease", "staffed", "outsourcing"}
    assert any(len(agent.serves) > 1 for agent in platform.agents.values())


def test_secrets_can_be_generated_for_it() -> None:
    platform = check_folder(CONFIG, now=NOW).use().platform
    assert load(generate(platform), "secrets.yaml", {}, platform).phones.keys() == platform.phones.keys()


@pytest.mark.parametrize("tenant", sorted(PIECES))
def test_the_music_is_our_own(tenant: str) -> None:
    path = CONFIG / "tenants" / tenant / "music" / "main" / "loop.wav"
    assert path.stat().st_size < 300_000
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8_000)
        assert file.readframes(file.getnframes()) == render(PIECES[tenant]())


def test_the_checks_know_every_action_of_the_desk() -> None:
    assert set(ACTIONS) == set(AgentDesk.ACTIONS)
