"""Every example of the reference is a flow, and every field of every step is told there."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

import ivr_flows
from ivr_flows.steps import STEPS

TEXT = (Path(__file__).parents[3] / "docs" / "flow-language.md").read_text(encoding="utf-8")
EXAMPLES = [text for text in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL) if "…" not in text]
SECTIONS = dict(re.findall(r"\n### (\w+)\n(.*?)(?=\n### |\Z)", TEXT, re.DOTALL))

#: What the examples of single steps lead to or read.
AROUND = """
  - menu:
      say: {zh-CN: 菜单, en: Menu}
      1: {goto: example}
      2: {goto: main_menu}
      3: {goto: ask_again}
      4: {goto: ask_pin}
sections:
  example:
    - set: {amount: "5", branch_office: "01065551668", extension: "6001"}
    - collect: {name: order, say: {zh-CN: 订单, en: Order}}
    - collect: {name: agent, say: {zh-CN: 工号, en: Agent}}
    - collect: {name: pin, say: {zh-CN: 密码, en: PIN}, secret: true}
    - menu: {say: {zh-CN: 菜单, en: Menu}, 1: {goto: steps_shown}}
  main_menu: {queue: service}
  ask_again: {queue: service}
  ask_pin: {queue: service}
  steps_shown:
    - menu:
        say: {zh-CN: 菜单, en: Menu}
        1:
"""


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.split("\n")[0] for example in EXAMPLES])
def test_examples_are_right(example: str) -> None:
    text = example
    if "steps:" not in text:
        text = "steps:" + AROUND + textwrap.indent(text, "          ")
    ivr_flows.compile(text, "main.yaml", languages=["zh-CN", "en"])


@pytest.mark.parametrize("kind", STEPS)
def test_every_field_is_told(kind: str) -> None:
    step = STEPS[kind]
    told = SECTIONS[kind] + (SECTIONS["menu"] if step.asks else "")
    fields = [info.alias or name for name, info in step.model_fields.items() if name != step.key_field]
    for name in (*fields, *step.branch_names, *step.branch_maps):
        if not (step.short == name and kind in {"number", "goto", "hang_up", "set", "return"}):
            assert re.search(rf"\b{name}\b", told), f"{kind}: {name}"


def test_defaults_are_told() -> None:
    """The first default of each field in a table, where it is a plain value."""
    for kind in ("menu", "collect", "queue", "action"):
        for name, default in re.findall(r"^\| `(\w+)` \|.*\| `([^`]+)` \|$", SECTIONS[kind], re.MULTILINE):
            field = STEPS[kind].model_fields[name]
            assert str(_plain(field.default)) == default.strip('"'), (kind, name)


def _plain(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "-".join(map(str, value))
    if isinstance(value, float):
        from ivr_flows.fields import shown  # noqa: PLC0415

        return shown(value)
    return value
