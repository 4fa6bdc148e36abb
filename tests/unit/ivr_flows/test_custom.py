"""Steps of other distributions: a tiny one is installed into a folder, and used in a process of its own."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
MODULE = '''
from typing import ClassVar

from ivr_flows.protocol import KeyPressed, TimedOut
from ivr_flows.steps.base import WAIT, Step


class Parity(Step):
    """Goes by the last digit of a variable."""

    kind = "parity"
    branch_names: ClassVar[tuple[str, ...]] = ("odd", "even")
    of: str

    def leads(self, node):
        for branch in self.branch_names:
            yield node.branches.get(branch, node.next)

    def enter(self, run):
        branch = "odd" if run.value(self.of)[-1:] in "13579" else "even"
        return run.node.branches.get(branch, run.node.next)


class Count(Step):
    """Counts keys until none comes for three seconds."""

    kind = "count"
    waits = True

    def gives(self):
        yield "keys"

    def enter(self, run):
        run.state.memory["keys"] = 0
        run.wait("keys", 3.0)
        return WAIT

    bare = True

    def meet(self, run, event):
        if isinstance(event, TimedOut):
            run.state.variables["keys"] = str(run.state.memory["keys"])
            return run.node.next
        run.state.memory["keys"] += isinstance(event, KeyPressed)
        return WAIT


class Bad(Step):
    """Does what `how` says, all of it wrong."""

    kind = "bad"
    how: str

    def enter(self, run):
        if self.how == "raise":
            raise ValueError("personal")
        return {"wait": WAIT, "nowhere": "nowhere"}[self.how]


class Mute(Step):
    """Has no `enter`."""

    kind = "mute"


class Menu(Step):
    """A word of vcc's."""

    kind = "menu"

    def enter(self, run):
        return run.node.next


class Twice(Step):
    """A field that is a branch."""

    kind = "twice"
    branch_names: ClassVar[tuple[str, ...]] = ("on",)
    on: str

    def enter(self, run):
        return run.node.next
'''
POINTS = """
[vcc.flow_steps]
parity = our_steps:Parity
count = our_steps:Count
bad = our_steps:Bad
mute = our_steps:Mute
menu = our_steps:Menu
twice = our_steps:Twice
other = our_steps:Parity
gone = our_steps:Gone
nothing = our_steps:WAIT
Loud = our_steps:Parity
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which pip has put the distribution."""
    scratch = tmp_path_factory.mktemp("custom")
    files = {
        "our_steps.py": MODULE,
        "our_steps-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: our-steps\nVersion: 1.0\n",
        "our_steps-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "our_steps-1.0.dist-info/entry_points.txt": POINTS,
    }
    record = "".join(f"{name},sha256={_digest(text)},{len(text.encode())}\n" for name, text in files.items())
    wheel = scratch / "our_steps-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in (files | {"our_steps-1.0.dist-info/RECORD": record}).items():
            archive.writestr(name, text)
    target = scratch / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", target, wheel]
    subprocess.run([*map(str, pip)], check=True, timeout=60)
    return target


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def ask(installed: Path, program: str) -> Any:
    """What a program prints as JSON that has the distribution on its path."""
    text = "import json, ivr_flows\nfrom core.errors import ConfigurationError\n" + textwrap.dedent(program)
    env = os.environ | {"PYTHONPATH": f"{ROOT}:{installed}"}
    done = subprocess.run(
        [sys.executable, "-c", text], check=True, timeout=60, env=env, capture_output=True, text=True, cwd=ROOT
    )
    return json.loads(done.stdout)


def test_a_step_is_read_checked_and_followed(installed: Path) -> None:
    told = ask(
        installed,
        """
        def told(text):
            try:
                ivr_flows.compile(text, "main.yaml")
            except ConfigurationError as error:
                return [str(problem) for problem in error.problems]
        print(json.dumps([
            told("steps: [{parity: {of: caller, odd: hang_up, even: {say: even}}}, {say: after}]"),
            told("steps: [{parity: {of: 5, od: hang_up}}]"),
            told("steps: [{parity: {odd: hang_up}}]"),
            told("steps: [{parity: {of: caller, odd: hang_up, even: hang_up}}, {say: never}]"),
            told("steps: [count, {say: '{keys} {kies}'}]"),
        ]))
        """,
    )
    assert told == [
        None,
        [
            "main.yaml:1:23: of is 5; expected text; put it in quotes",
            "main.yaml:1:26: unknown key 'od' in 'parity'; expected one of even, odd, of; did you mean 'odd'?",
        ],
        ["main.yaml:1:10: 'of' is missing"],
        ["main.yaml:1:62: this step 'say' is never reached; expected a way to it; what stands before it never goes on"],
        ["main.yaml:1:22: nothing sets the variable 'kies'; expected one of argument, caller, keys, language, number, "
         "phone, trunk; did you mean 'keys'?"],
    ]  # fmt: skip


def test_what_cannot_be_used_is_said_where_a_flow_has_it(installed: Path) -> None:
    told = ask(
        installed,
        """
        from ivr_flows.steps import BUILT_IN, STEPS
        try:
            ivr_flows.compile(
                "steps: [{mute: x}, {twice: x}, {other: x}, {gone: x}, {nothing: x}, {Loud: x}]", "main.yaml"
            )
        except ConfigurationError as error:
            print(json.dumps([[str(problem) for problem in error.problems], sorted(set(STEPS) - set(BUILT_IN)),
                              STEPS["menu"].__module__]))
        """,
    )
    assert told == [
        [
            "main.yaml:1:10: the step 'mute' cannot be used; 'our_steps:Mute' has no 'enter'",
            "main.yaml:1:21: the step 'twice' cannot be used; 'on' of 'our_steps:Twice' is a field and a branch",
            "main.yaml:1:33: the step 'other' cannot be used; the kind of 'our_steps:Parity' is not 'other'",
            "main.yaml:1:45: the step 'gone' cannot be used; 'our_steps:Gone' cannot be loaded: AttributeError: "
            "module 'our_steps' has no attribute 'Gone'",
            "main.yaml:1:56: the step 'nothing' cannot be used; 'our_steps:WAIT' is no subclass of "
            "ivr_flows.steps.base.Step",
            "main.yaml:1:70: the step 'Loud' cannot be used; a step's word is a lower-case letter, "
            "then at most 39 of a-z, 0-9, _ and -",
        ],
        ["bad", "count", "parity"],
        "ivr_flows.steps.menu",
    ]


CALL = """
from tests.unit.ivr_flows.caller import Caller, Wait, answered, ends, hangs_up, heard, key, says

def call(text, **how):
    return Caller(ivr_flows.compile(text, "main.yaml"), **how)
"""


@pytest.mark.parametrize("reloading", [False, True], ids=["running", "reloading"])
def test_it_runs_and_waits(installed: Path, reloading: bool) -> None:
    told = ask(
        installed,
        CALL
        + textwrap.dedent(f"""
        caller = call("steps: [{{parity: {{of: caller, even: count}}}}, {{say: '{{keys}}'}}]", reloading={reloading})
        caller >> "12" >> Wait(2.0) >> "3" >> Wait(4.0)
        caller << answered() << says("三")
        print(json.dumps(caller.state.variables))
        """),
    )
    assert told == {"keys": "3"}


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ("raise", "the step 'bad' broke: ValueError"),
        ("wait", "the step 'bad' waits without a time-out"),
        ("nowhere", "the step 'bad' leads nowhere"),
    ],
)
def test_what_it_does_wrong_leads_to_on_error(installed: Path, how: str, error: str) -> None:
    told = ask(
        installed,
        CALL
        + textwrap.dedent(f"""
        caller = call("{{steps: [{{bad: {{how: {how}}}}}], on_error: [{{say: sorry}}]}}")
        caller << answered() << says("sorry")
        print(json.dumps(caller.state.error))
        """),
    )
    assert told == error
