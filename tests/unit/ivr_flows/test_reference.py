"""What is generated of the steps' models: the committed files are those, the schema fits what the compiler takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import fastjsonschema
import pytest

import ivr_flows
from core import yaml_text
from core.errors import ConfigurationError
from ivr_flows import reference
from ivr_flows.steps import STEPS
from tests.lab import reference as written

ROOT = Path(__file__).parents[3]
SHIPPED = sorted(
    [
        *ROOT.glob("config/flows/*.yaml"),
        *ROOT.glob("config/tenants/*/flows/*.yaml"),
        *ROOT.glob("ivr_flows/library/tenants/*/flows/*.yaml"),
        *ROOT.glob("tests/golden/flows/calls/*.yaml"),
    ]
)
fits = fastjsonschema.compile(reference.schema())


def test_the_committed_files_are_the_generated_ones() -> None:
    """Else: `python -m tests.lab.reference`, and look at what has changed."""
    assert written.PAGE.read_text(encoding="utf-8") == written.page()
    assert written.SCHEMA.read_text(encoding="utf-8") == written.schema()


@pytest.mark.parametrize("kind", STEPS)
def test_every_step_and_field_is_on_the_page(kind: str) -> None:
    section = written.page().split(f"\n## {kind}\n")[1].split("\n## ")[0]
    step = STEPS[kind]
    model = step.variant({})
    for name, info in model.model_fields.items():
        assert name == model.key_field or f"`{info.alias or name}`" in section
    for name in (*step.branch_names, *step.branch_maps):
        assert f"| `{name}` |" in section
    assert "What is said of mistakes" in section


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: f"{file.parts[-3]}.{file.stem}")
def test_shipped_flows_fit_the_schema(file: Path) -> None:
    fits(yaml_text.load(file.read_text(encoding="utf-8"), file.name).data)


REFUSED = [
    "steps: []\nstep: []",
    "answer: true",
    "steps: [{say: {zh_CN: x}}]",
    "steps: [{says: x}]",
    "steps: [{say: x, hang_up: normal}]",
    "steps: [hang_upp]",
    "steps: [{menu: {say: x, 1: {jump: x}}}]",
    "steps: [{menu: {say: x, 1: hang_up, timeout: 5}}]",
    "steps: [{menu: {say: x, 1: hang_up, attempts: 11}}]",
    "steps: [{menu: {1: hang_up}}]",
    "steps: [{menu: {say: x, 1: hang_up, on_failures: hang_up}}]",
    "steps: [{queue: {name: orders, skills: {zh: 11}}}]",
    "steps: [{queue: {name: orders, announce: {say: x}}}]",
    "steps: [{hang_up: quickly}]",
    "steps: [{goto: again, id: Big}]",
    "steps: [{language: english}]",
    "steps: [{language: {say: x, 1: english}}]",
    "steps: [{number: abc}]",
    "sections: [hang_up]\nsteps: [hang_up]",
    "defaults: {timeout: soon}\nsteps: [hang_up]",
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_the_compiler_refuses_does_not_fit(text: str) -> None:
    with pytest.raises(ConfigurationError):
        ivr_flows.compile(text, "main.yaml")
    with pytest.raises(fastjsonschema.JsonSchemaException):
        fits(yaml_text.load(text, "main.yaml").data)


TAKEN = [
    "steps: hang_up",
    "steps: [{id: x, hang_up: busy}]",
    "steps: [{say: [Hello, {en: x}, {play: a.wav}, {text: {en: x, fr: y}, language: all}]}]",
    "steps: [{say: {text: x, barge_in: false, language: en}}]",
    "steps: [{number: 98668}]",
    "steps: [{collect: {name: a, say: x, length: 8, terminator: none, clear: 5}}]",
    "steps: [{queue: {name: a, announce: {say: position, every: 30s}}}]",
    'steps: [{menu: {say: x, "*": [], "#": hang_up, 0: [hang_up]}}]',
    "steps: [{set: {a: 1, b: '{a}'}}]",
    "steps: [{menu: {say: x, say_again: another one, 1: hang_up}}]",
    "steps: [{menu: {say: x, say_again: [another one, {en: y}], 1: hang_up}}]",
    "steps: [{collect: {name: a, say: x, length: 16, confirm: true, check: luhn}}]",
    "steps: [{collect: {name: a, say: x, length: 16, confirm: false, check: [luhn, {range: 1-9}]}}]",
    "steps: [{record: {say: x, box: b, review: true}}, {voicemail: {say: x, review: false}}]",
    "languages: [en]\nanswer: false\ndefaults: {timeout: 2s, invalid: x}\nlimits: {steps: 9}\nsteps: [return]",
]


@pytest.mark.parametrize("text", TAKEN)
def test_what_the_compiler_takes_fits(text: str) -> None:
    ivr_flows.compile(text, "main.yaml")
    fits(yaml_text.load(text, "main.yaml").data)


def test_the_schema_is_plain_and_says_what_things_are() -> None:
    schema: dict[str, Any] = json.loads(json.dumps(reference.schema()))
    assert schema["required"] == ["steps"]
    menu = schema["definitions"]["menu"]
    assert menu["description"].startswith("Asks for ")
    assert menu["properties"]["timeout"]["description"] == (
        "a duration such as 500ms, 5s or 1m30s, 100ms to 5m; 5s where nothing is written"
    )
