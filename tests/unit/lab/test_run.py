"""The `./run` script: from any folder, in a checkout with a space in its path, and one demo or serve at a time.

It is the real script, in a checkout of its own whose set-up is done: what it would install is there already, and in
place of the demo stand a few lines that say how they were started.
"""

import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PROGRAMS = ("espeak-ng", "sox", "baresip", "sipp", "redis-check-rdb", "debootstrap")
SAY = "import os, sys\nprint('{}', sys.argv[1:], os.getcwd(), flush=True)\n"
WAIT = SAY + "sys.stdin.read()\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose set-up has been done."""
    folder = tmp_path / "my checkout"
    (folder / "tests/lab").mkdir(parents=True)
    shutil.copy(ROOT / "run", folder)
    (folder / "tests/lab/__init__.py").touch()
    for name, text in {"setup": "", "demo": SAY.format("demo"), "serve": WAIT.format("serve")}.items():
        (folder / "tests/lab" / f"{name}.py").write_text(text)
    stamp = f"{folder}\n"
    for name in ("requirements-build.txt", "requirements-dev.txt"):
        (folder / name).write_text(name)
        stamp += f"{sha256(name.encode()).hexdigest()}  {name}\n"
    (folder / ".venv/bin").mkdir(parents=True)
    (folder / ".venv/made-from").write_text(f"{stamp}{folder / '.venv/bin/python'}\n")
    for name, text in {"python": f'exec "{sys.executable}" "$@"', "vcc": 'echo vcc "$@" in "$PWD"; exit 7'}.items():
        program(folder / ".venv/bin" / name, text)
    for name in PROGRAMS:
        program(tmp_path / "bin" / name, "exit 0")
    return folder


def program(file: Path, text: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)


def run(checkout: Path, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [checkout / "run", *arguments],
        cwd=cwd,
        env=environment(checkout),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        stdin=subprocess.DEVNULL,
    )


def environment(checkout: Path) -> dict[str, str]:
    return {**os.environ, "PATH": f"{checkout.parent / 'bin'}:{os.environ['PATH']}"}


def test_what_is_set_up_is_not_set_up_again_and_arguments_arrive(checkout: Path, tmp_path: Path) -> None:
    answer = run(checkout, "demo", "--calls", "2 3", cwd=tmp_path)
    assert answer.stdout == f"demo ['--calls', '2 3'] {checkout}\n"
    assert answer.stderr == ""
    assert answer.returncode == 0


def test_the_command_line_keeps_the_folder_that_it_is_called_in(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(checkout / "run")
    answer = subprocess.run(
        [tmp_path / "link", "vcc", "check", "my config"],
        cwd=tmp_path,
        env=environment(checkout),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert answer.stdout == f"vcc check my config in {tmp_path}\n"
    assert answer.returncode == 7


def test_a_second_one_says_which_runs_already(checkout: Path) -> None:
    serving = subprocess.Popen(
        [checkout / "run", "serve"],
        env=environment(checkout),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert serving.stdin
    assert serving.stdout
    try:
        assert serving.stdout.readline().startswith("serve []")
        for command in ("serve", "demo"):
            answer = run(checkout, command)
            assert answer.returncode == 2
            assert f"./run serve is running already in this checkout: process {serving.pid}, since 20" in answer.stderr
            assert f"kill {serving.pid}" in answer.stderr
    finally:
        serving.communicate(timeout=10)
    assert run(checkout, "demo").returncode == 0


def test_unknown_commands_and_help(checkout: Path) -> None:
    answer = run(checkout, "sevre")
    assert answer.returncode == 2
    assert "there is no command 'sevre'" in answer.stderr
    assert "./run serve" in answer.stderr
    assert "./run serve" in run(checkout).stdout


def test_a_step_that_fails_stops_it(checkout: Path) -> None:
    (checkout / "tests/lab/setup.py").write_text("import sys; print('no mirror', file=sys.stderr); sys.exit(1)")
    answer = run(checkout, "demo")
    assert answer.returncode == 1
    assert "no mirror" in answer.stderr
    assert answer.stdout == ""


def test_nobody_gets_an_asterisk_for_a_demo_on_freeswitch(checkout: Path) -> None:
    (checkout / "tests/lab/setup.py").write_text("import sys; print('no mirror', file=sys.stderr); sys.exit(1)")
    for option in (["--switch", "freeswitch"], ["--switch=freeswitch"]):
        answer = run(checkout, "demo", *option)
        assert (answer.returncode, answer.stderr) == (0, "")
        assert answer.stdout == f"demo {option} {checkout}\n"
    assert run(checkout, "demo", "--switch", "asterisk").returncode == 1
