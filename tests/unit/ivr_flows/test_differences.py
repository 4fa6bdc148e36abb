"""What is different between two flows: meaning, not lines."""

from __future__ import annotations

import pytest

from ivr_flows.compiler import compile as compile_flow
from ivr_flows.differences import differences, lines

BASE = """
steps:
  - say: Hello.
  - menu:
      say: Press 1 or 2.
      1: {queue: orders}
      2:
        menu:
          say: Press 3.
          3: {queue: returns}
          9: {goto: back}
      on_failure: {queue: service}
"""


def told(old: str, new: str) -> list[str]:
    return list(lines(differences(compile_flow(old, "main.yaml"), compile_flow(new, "main.yaml"))))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("say: Hello.", "say: Good day.", ['~ say: text: "Hello." -> "Good day."']),
        ("  - say: Hello.\n", "  - say: Closed today.\n  - say: Hello.\n", ['+ say: say {"text": "Closed today."}']),
        ("  - say: Hello.\n", "", ['- say: say {"text": "Hello."}']),
        ("say: Press 3.\n", "say: Press 3.\n          timeout: 8s\n", ['~ menu.2.menu: timeout: nothing -> "8s"']),
        (
            "      1: {queue: orders}\n",
            "      1: {queue: orders}\n      4: {queue: new}\n",
            ["+ menu: branch 4", '+ menu.4.queue: queue {"name": "new"}'],
        ),
        ("          9: {goto: back}\n", "", ["- menu.2.menu: branch 9", '- menu.2.menu.9.goto: goto {"to": "back"}']),
        ("{queue: returns}", "{queue: {name: returns, priority: 70}}",
         ["~ menu.2.menu.3.queue: priority: nothing -> 70"]),
        ("{queue: returns}", "hang_up",
         ['- menu.2.menu.3.queue: queue {"name": "returns"}', "+ menu.2.menu.3.hang_up: hang_up"]),
        ("steps:\n  - say", "limits: {steps: 50}\nsteps:\n  - say", ['~ limits: nothing -> {"steps": 50}']),
        ("say: Hello.", "say:  Hello.   # a greeting", []),
        ("say: Press 3.\n", "say: {en: Press three.}\n", ['~ menu.2.menu: say: "Press 3." -> {"en": "Press three."}']),
    ],
)  # fmt: skip
def test_each_change(old: str, new: str, expected: list[str]) -> None:
    assert old in BASE
    assert told(BASE, BASE.replace(old, new, 1)) == expected


def test_the_same_is_no_difference_and_every_difference_has_its_opposite() -> None:
    other = BASE.replace("Press 3.", "Press 4.").replace("          3:", "          4:")
    assert told(BASE, BASE) == []
    forth, back = told(BASE, other), told(other, BASE)
    assert len(forth) == len(back) == 3
    turned = {"+": "-", "-": "+", "~": "~"}
    assert sorted(line[0] for line in back) == sorted(turned[line[0]] for line in forth)


def test_texts_per_language() -> None:
    assert told("steps: [{say: {en: Bye.}}]", "steps: [{say: {en: Ciao.}}]") == [
        '~ say: text: {"en": "Bye."} -> {"en": "Ciao."}'
    ]


def test_languages_in_another_order_are_a_difference() -> None:
    """They are spoken in the order in which they are written."""
    old = "steps: [{say: {text: {zh-CN: 您好, en: Hello}, language: all}}]"
    new = "steps: [{say: {text: {en: Hello, zh-CN: 您好}, language: all}}]"
    assert len(told(old, new)) == 1


def test_long_values_are_cut() -> None:
    old, new = "steps: [{say: Hello.}]", f"steps: [{{say: {'x' * 1000}}}]"
    (line,) = told(old, new)
    assert len(line) < 250
    assert line.endswith("…")
