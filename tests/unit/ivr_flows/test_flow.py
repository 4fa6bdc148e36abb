"""A flow as a value: ids, what it needs, all that it can say, dump and load."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import ivr_flows
from core.errors import ConfigurationError
from ivr_flows.flow import Flow
from ivr_flows.protocol import Speak, Text
from tests.unit.ivr_flows.caller import Caller, Wait, World, heard

CALLS = Path(__file__).parents[2] / "golden" / "flows" / "calls"


def flow(text: str, *languages: str) -> Flow:
    return ivr_flows.compile(text, "main.yaml", languages=languages)


def test_ids_are_paths_of_types() -> None:
    ids = flow(
        """
        steps:
          - say: one
          - say: two
          - id: say_3
            say: three
          - say: four
          - say: five
          - menu:
              say: menu
              1: [{say: six}, {say: seven}]
              "*": {id: star, menu: {say: star, 2: {say: eight}}}
              on_failure: {say: nine}
          - switch: {on: caller, is: {"1": {say: ten}}, starts_with: {"1": {say: eleven}}}
          - language: {say: {en: a, fr: b}, 1: en, on_failure: {say: twelve}}
        sections:
          more: [{say: thirteen}, {goto: more}]
        """.replace("- goto: more", "")
        .replace("{goto: more}", "{menu: {say: m, 1: hang_up}}")
        .replace('"1": {say: ten}', '"1": {goto: more}')
    ).nodes
    assert list(ids) == [
        "say", "say_2", "say_3", "say_4", "say_5", "menu", "menu.1.say", "menu.1.say_2", "star", "star.2.say",
        "menu.on_failure.say", "switch", "switch.1.goto", "switch.1*.say", "language", "language.on_failure.say",
        "more.say", "more.menu", "more.menu.1.hang_up", "on_error.say",
    ]  # fmt: skip


def test_a_given_id_is_not_made_up_again() -> None:
    ids = flow("steps: [{say: one}, {id: say, play: a.wav}]").nodes
    assert list(ids) == ["say_2", "say", "on_error.say"]


def test_references_with_their_places() -> None:
    found = flow(
        """
languages: [en]
steps:
  - play: a.wav
  - hours: {name: office}
  - menu: {say: {play: zh/b.wav}, 1: {number: 98667}, 2: {language: en}}
  - action: ready
  - queue: {name: other/orders, skills: {english: 5}, music: jazz, announce: {say: [{play: c.wav}], every: 30s}}
"""
    ).references()
    told = [(ref.kind, ref.name, ref.step, str(ref.problem("x"))) for ref in found]
    assert told == [
        ("hours", "office", "hours", "main.yaml:5:19: x"),
        ("number", "98667", "menu.1.number", "main.yaml:6:47: x"),
        ("language", "en", "menu.2.language", "main.yaml:6:69: x"),
        ("action", "ready", "action", "main.yaml:7:13: x"),
        ("queue", "other/orders", "queue", "main.yaml:8:19: x"),
        ("skill", "english", "queue", "main.yaml:8:51: x"),
        ("music", "jazz", "queue", "main.yaml:8:62: x"),
        ("sound", "a.wav", "play", "main.yaml:4:11: x"),
        ("sound", "zh/b.wav", "menu", "main.yaml:6:24: x"),
        ("sound", "c.wav", "queue", "main.yaml:8:92: x"),
    ]


def test_speakables_are_all_that_is_said() -> None:
    texts = flow(
        """
        defaults: {invalid: {zh-CN: 有误, en: wrong}}
        steps:
          - say: {zh-CN: "{a}，您好{{}}", en: "Hello {a:text}"}
          - menu: {say: {text: {zh-CN: 按1, en: Press 1}, language: en}, 1: {set: {a: "1"}}}
          - queue: {name: q, announce: {say: position, every: 9s}}
        """,
        "zh-CN",
        "en",
    ).speakables(["zh-CN", "en"])
    spoken = {(text.text, text.language) for text in texts}
    assert {("您好{}", "zh-CN"), ("九", "zh-CN"), ("井号", "zh-CN"), ("Hello", "en"), ("wrong", "en")} <= spoken
    assert {("Press 1", "en"), ("You are number", "en"), ("ninety-nine", "en"), ("in the queue.", "en")} <= spoken
    assert any("很抱歉" in text for text, _ in spoken)  # the apology
    assert not any("按1" in text for text, _ in spoken)
    assert not any("{" in text and text != "您好{}" for text, _ in spoken)


def test_speakables_of_one_language_alone() -> None:
    said = flow("languages: [en]\nsteps: [{say: hello}]", "zh-CN", "en").speakables(["zh-CN", "en"])
    assert {text.language for text in said} == {"en"}
    assert Text(text="hello", language="en") in said


@pytest.mark.parametrize("name", ["press", "order", "desk"])
def test_what_is_said_in_calls_was_speakable(name: str) -> None:
    compiled = ivr_flows.compile((CALLS / f"{name}.yaml").read_text(encoding="utf-8"), f"{name}.yaml")
    speakable = compiled.speakables(["zh-CN", "en"])
    caller = Caller(compiled, world=World(place=7))
    spoken = 0
    for step in range(300):
        for command in caller.commands:
            if isinstance(command, Speak):
                texts = [part for part in command.parts if isinstance(part, Text)]
                spoken += len(texts)
                assert speakable.issuperset(texts)
        caller.commands.clear()
        if caller.state.finished:
            break
        caller >> (heard if caller.play else "12345678"[step % 8] if step % 3 else Wait(6))
    assert spoken > 0


def test_a_flow_survives_as_plain_data() -> None:
    text = (CALLS / "order.yaml").read_text(encoding="utf-8")
    before = ivr_flows.compile(text, "order.yaml", languages=["zh-CN", "en"])
    after = Flow.load(json.loads(json.dumps(before.dump())))
    assert after == before
    assert after.version == before.version
    assert len(json.dumps(before.dump())) < 2 * len(text)


def test_a_flow_that_no_version_can_read_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="unknown step 'jump'"):
        Flow.load({"name": "main", "definition": '{"steps": [{"jump": "x"}]}'})


def test_a_flow_that_passes_no_more_check_still_goes_on() -> None:
    """Calls keep the version that they began with, also where a newer vcc checks more."""
    old = {"name": "main", "definition": '{"steps": ["hang_up", {"say": "never reached"}]}'}
    assert list(Flow.load(old).nodes) == ["hang_up", "say", "on_error.say"]


def test_languages_of_the_tenant_are_what_is_checked() -> None:
    text = "steps: [{say: {zh-CN: 您好}}]"
    flow(text)
    flow(text, "zh-CN")
    with pytest.raises(ConfigurationError, match="the text in en is missing"):
        flow(text, "zh-CN", "en")


def test_the_name_is_the_files() -> None:
    assert ivr_flows.compile("steps: [hang_up]", "tenants/press/flows/night.yaml").name == "night"
    assert ivr_flows.compile("flow: night\nsteps: [hang_up]", "night.yaml").name == "night"
