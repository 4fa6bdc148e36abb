"""Programs that work, fail, hang, or are not there."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from vcc.programs import ProgramError, run_program

if TYPE_CHECKING:
    from pathlib import Path


def python(text: str) -> tuple[str, ...]:
    return (sys.executable, "-c", text)


async def test_a_program_reads_what_it_is_given(tmp_path: Path) -> None:
    file = tmp_path / "read"
    text = f"import pathlib, sys; pathlib.Path({str(file)!r}).write_text(sys.stdin.read())"
    await run_program(python(text), timeout_s=30, stdin=b"hello")
    assert file.read_text() == "hello"


async def test_the_end_of_what_it_said_is_told_when_it_fails() -> None:
    with pytest.raises(ProgramError, match=r"python.* failed: x+ the reason$"):
        await run_program(python("import sys; print('x' * 1000, 'the reason'); sys.exit(3)"), timeout_s=30)


async def test_one_that_hangs_is_ended() -> None:
    with pytest.raises(ProgramError, match="took longer than 0 s"):
        await run_program(("sleep", "60"), timeout_s=0.05)


async def test_one_that_is_not_there_is_named() -> None:
    with pytest.raises(ProgramError, match="cannot run nosuchprogram: No such file or directory; is it installed"):
        await run_program(("nosuchprogram",), timeout_s=1)
