"""`vcc flow check`: what it looks at, and that hostile files are refused at once."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pytest

from vcc.cli import main

CONFIG = Path(__file__).parents[4] / "config"

HOSTILE = {
    "laughs": (
        "a: &a [x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"{new}: &{new} [{', '.join([f'*{old}'] * 8)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
        )
        + "steps: *i\n",
        "flow.yaml:1:4: anchor '&a' is not allowed; expected the value itself",
    ),
    "circle": ("steps: &a [*a]\n", "flow.yaml:1:8: anchor '&a' is not allowed; expected the value itself"),
    "big_text": (
        f"steps: [{{say: {'x' * 1_000_000}}}]\n",
        "flow.yaml:1:1: the file is too big; expected at most 512000 characters",
    ),
    "big_scalar": (
        f"steps: [{{say: {'x' * 100_000}}}]\n",
        "flow.yaml:1:15: the text is too big; expected at most 20000 characters",
    ),
    "big_file": (
        "# " + "x" * 3_000_000,
        "flow.yaml:1:1: this file is too big; at most 2,000,000 bytes",
    ),
    "many_steps": (
        "steps:\n" + "  - hang_up\n" * 10_000,
        "flow.yaml:2002:5: the flow has too many steps; expected at most 2000",
    ),
    "many_nodes": (
        "steps:\n" + "  - set: {a: b}\n" * 13_000,
        "flow.yaml:10001:10: the file is too big; expected at most 50000 keys and values",
    ),
    "deep": ("steps: " + "[" * 10_000, "flow.yaml:1:71: the nesting is too big; expected at most 64 levels"),
    "deep_menus": (
        "steps: " + "[{menu: {say: x, 1: " * 200 + "hang_up" + "}}]" * 200,
        "flow.yaml:1:417: the nesting is too big; expected at most 64 levels",
    ),
    "many_mistakes": ("steps:\n" + "  - hang_upp\n" * 1_999, "flow.yaml:2:5: unknown step 'hang_upp'"),
    "bytes": ("steps: [hang_up]\n# \ud800", "flow.yaml:2:1: byte 0xed is not UTF-8"),
}


@pytest.mark.parametrize(("text", "message"), HOSTILE.values(), ids=HOSTILE)
def test_what_would_cost_much_is_refused_soon(
    text: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "flow.yaml").write_bytes(text.encode("utf-8", "surrogatepass"))
    began = time.process_time()
    assert main(["flow", "check", str(tmp_path)]) == 1
    assert time.process_time() - began < 10.0, "what it costs grows faster than the text: it would take minutes"
    said = capsys.readouterr().out.replace(f"{tmp_path}/", "")
    assert said.startswith(message), said[:300]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CONFIG, tmp_path / "config"))


def test_a_configuration_in_order(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["flow", "check", str(config)]) == 0
    flows = len([*config.glob("flows/*.yaml"), *config.glob("tenants/*/flows/*.yaml")])
    assert capsys.readouterr().out == f"{config} is in order: {flows} flows, 0 warnings.\n"
    assert main(["flow", "check", str(config / "tenants" / "press")]) == 0
    assert "is in order: 2 flows" in capsys.readouterr().out


def test_everything_at_once_across_flows_scripts_queues_and_numbers(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    press = config / "tenants" / "press"
    flow = press / "flows" / "editors.yaml"
    flow.write_text(flow.read_text("utf-8").replace("queue: editorial", "queue: editing"), "utf-8")
    (press / "flows" / "tests" / "editors.yaml").write_text("tests: [{name: a, script: [{say: x}]}]", "utf-8")
    tenant = config / "tenants" / "chess" / "tenant.yaml"
    tenant.write_text(tenant.read_text("utf-8").replace("  98667:", "  98668:"), "utf-8")
    assert main(["flow", "check", str(config)]) == 1
    said = capsys.readouterr().out
    assert "tenants/press/flows/editors.yaml:20:12: there is no queue 'editing'" in said
    assert "tenants/press/flows/tests/editors.yaml:1:29: unknown line 'say'" in said
    assert "98668" in said
    assert main(["flow", "check", str(flow), "--json"]) == 1
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert [(problem["file"], problem["line"]) for problem in problems] == [
        ("tenants/press/flows/editors.yaml", line) for line in (18, 20)
    ]
    assert main(["flow", "check", str(press / "flows" / "main.yaml")]) == 0
    said = capsys.readouterr().out
    assert "main.yaml is in order: 1 flow, 0 warnings." in said
    assert "elsewhere: see 'vcc check'" in said


def test_no_such_path(tmp_path: Path) -> None:
    assert main(["flow", "check", str(tmp_path / "nothing")]) == 2
