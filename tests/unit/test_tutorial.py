"""Every command of docs/tutorial.md, run one after the other in an empty folder, prints what stands below it."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
#: A block of commands, and what they print; where nothing stands below it, they print nothing.
_COMMANDS = re.compile(r"^```sh\n(.*?)^```\n(?:```text\n(.*?)^```\n)?", re.DOTALL | re.MULTILINE)
#: How long it took is another time another.
_TIME = re.compile(r"in [0-9.]+ s\.")
#: A shell ends with each block; the next one goes on where it was.
_LEAVE = '\nstatus=$?; { pwd; echo "$PATH"; } > "$HOME/.left"; exit $status\n'
_TAKES_S = 60


def run(home: Path) -> Iterator[tuple[str, str, int]]:
    """What is to be printed, what was printed, and the exit code, of each block."""
    env, where = os.environ | {"HOME": str(home), "LC_ALL": "C.UTF-8"}, str(ROOT)
    for commands, expected in _COMMANDS.findall(PAGE):
        done = subprocess.run(
            ["bash", "-c", commands + _LEAVE],
            cwd=where,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_TAKES_S,
            check=False,
        )
        where, env["PATH"], *_ = (home / ".left").read_text(encoding="utf-8").splitlines()
        yield _TIME.sub("", expected), _TIME.sub("", done.stdout), done.returncode


def test_its_commands_print_what_it_shows(tmp_path: Path) -> None:
    seen = list(run(tmp_path))
    assert [printed for _, printed, _ in seen] == [expected for expected, _, _ in seen]
    assert [code for *_, code in seen] == [0, 0, 1, 0, 0, 0, 0, 0, 0]
    assert {file.name for file in (tmp_path / "garden").iterdir()} > {"garden.svg", "flow.schema.json"}
